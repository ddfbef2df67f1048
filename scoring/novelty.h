/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * novelty.h - how often an asset meets something new, and so how odd one more is
 *
 * Three kinds of new: a far address never called before, one in an AS (or, where none is known, a /24 or /48)
 * never called before, one that is a home line never called before. Per asset: events and windows. Per role,
 * and for the whole fleet: events, windows and assets by the age of the asset, since everything is new to the
 * young; the shape of the prior follows how uneven the role is (a few assets do it all: then zero means
 * more). That makes an empirical-Bayes gamma-Poisson model of the next window. Pure arithmetic on structs of
 * fixed size.
 */
#pragma once
#include <stdbool.h>
#include "scoring/evidence.h"

typedef enum NoveltyGroup { NOVELTY_PEER = 0, NOVELTY_AS, NOVELTY_HOME, N_NOVELTY_GROUPS } NoveltyGroup;
enum { NOVELTY_AGES = 6 };

typedef struct NoveltyCount {
    float events[N_NOVELTY_GROUPS];
    float windows;
} NoveltyCount;

typedef struct NoveltyPool {
    double events[NOVELTY_AGES][N_NOVELTY_GROUPS];
    double windows[NOVELTY_AGES];
    uint32_t assets, assets_with[N_NOVELTY_GROUPS];
} NoveltyPool;

/* Which row of a pool an asset stands in that has been seen for @windows windows. */
int novelty_age(double windows, double windows_per_day);
/* The next window of an asset with @own past, in @role, in @fleet. */
CountModel novelty_model(const NoveltyCount *own, const NoveltyPool *role, const NoveltyPool *fleet,
                         NoveltyGroup group, double windows_per_day);
void novelty_teach_window(NoveltyCount *own, NoveltyPool *role, NoveltyPool *fleet, double windows_per_day);
void novelty_teach_events(NoveltyCount *own, NoveltyPool *role, NoveltyPool *fleet, NoveltyGroup group,
                          double events, double windows_per_day);

/* Which share of new contacts had this feature: about (count + 1) / (n + 2), the role's leaning on the
 * fleet's. */
typedef struct Share {
    float with, of;
} Share;
double share_p(const Share *role, const Share *fleet);
/* Likewise, leaning on what is known of a wider circle. */
double share_lean(const Share *self, double behind);
void share_teach(Share *self, bool with);
