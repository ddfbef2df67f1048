/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * budget.h - the operator's promise: so many false alarms a day for the whole network
 *
 * With A asset-windows a day, evidence of A/budget crosses its threshold at most budget times a day if
 * e-values keep their promise (evidence.h); that is the threshold, in decibans. They keep it as well as the
 * models behind them are right, and models are wrong: so for every family of detectors the highest score of
 * each asset and day is remembered in a histogram that fades over about ten days, its tail is fitted
 * (exponential in decibans), and where that tail would break the budget, the family's evidence is discounted
 * until it does not. All parts of a score get the same discount, so they still add up.
 *
 * Downwards the threshold gives way, by some decibans, where it promises more than it need: to what the tails
 * of the families that every asset feeds allow, once there are tails; and, from the first day on, while less
 * than a tenth of the alerts come that the operator has said he will bear. Bounded, pure arithmetic.
 */
#pragma once
#include <stdint.h>

/* Each watch (watch.h) is a family of its own, behind the first two. */
enum { BUDGET_WATCHES = 28 };
typedef enum EvidenceFamily {
    FAMILY_VOLUME = 0,
    FAMILY_CONTACT,
    FAMILY_WATCH,
    N_FAMILIES = FAMILY_WATCH + BUDGET_WATCHES
} EvidenceFamily;
enum { BUDGET_BINS = 128 };

typedef struct Budget {
    double per_day;
    double windows_per_day;
    double days;                          /* remembered, fading */
    float peaks[N_FAMILIES][BUDGET_BINS]; /* asset-days by their highest score, fading */
    double threshold;                     /* decibans */
    double opened;                        /* alerts, fading as @days */
    double quiet_relief, relief;          /* decibans that few alerts, and all reasons, have lowered it by */
    double discount[N_FAMILIES];          /* 0..1 */
} Budget;

void budget_init(Budget *self, double per_day, double windows_per_day);
/* The highest undiscounted score of one asset and day. */
void budget_peak(Budget *self, EvidenceFamily family, double decibans);
/* An alert has opened; or (@n negative) it was right, or is of a kind that nobody wants to see. */
void budget_alerts(Budget *self, int n);
/* A day of flow time is over; @assets were active in it. */
void budget_day(Budget *self, uint32_t assets);
/* More assets came: the threshold may only wait for the end of the day to fall. */
void budget_assets(Budget *self, uint32_t assets);
/*
 * What a family's evidence about one thing counts for: discounted, and bent where it is more than a little
 * over the threshold, so that it never ends more than 12 dB over it. Whatever a model says, that it is the
 * model which is wrong (a new scanner of the house, a move to another building) is never less likely than
 * some false alarms; only several different questions about the same thing may go further. Bent and not cut
 * off: who reads the highest first must meet the strongest first.
 */
double budget_shown(const Budget *self, EvidenceFamily family, double decibans);
