/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evidence.h - p-values become e-values; evidence adds up; decibans
 *
 * The method. An e-value is a bet against "as before": a number that is 1 or less on average while nothing
 * has changed, so that it exceeds 1/a with a chance of at most a (Markov), and that of a whole day's running
 * product too (Ville). Bets multiply when each is fair given what went before, and may be averaged whatever
 * their dependence (Vovk and Wang, "E-values: calibration, combination and applications", Annals of
 * Statistics 2021; Shafer, "Testing by betting", JRSS A 2021). Four ways lead to an e-value here:
 *  - a p-value through the calibrator e = (1 - p + p ln p) / (p ln(p)^2), the mixture of all k p^(k-1) (same
 * paper);
 *  - a count through a likelihood ratio: what came, under "more of it than before", by what came under the
 * past;
 *  - for long runs of windows, where a small misfit of the model would add up, a bet on the small p-values
 * alone: a tenth of the stake is lost when p > 1/50, and what is won below it goes through the calibrator at
 * 50 p;
 *  - a bet that is kept half in the pocket, 1/2 + e/2, where a question often has a dull answer.
 * Over windows evidence accumulates as an e-detector, here the e-CUSUM M = max(M, 1) e, whose mean time
 * between false alarms at threshold A is at least A windows (Shin, Ramdas and Rinaldo, "E-detectors", NEJSDS
 * 2024).
 *
 * In the chain of one story (a contact) each contribution asks its question given the answers before: how
 * rare is such a contact for this asset; given one, how rare is this network in the fleet; given that, this
 * way out, this port, this duration. So their decibans, 10 log10 e, add up to the score. Pure arithmetic.
 */
#pragma once
#include <stdint.h>

enum { DECIBANS_MOST = 120 };

double decibans_of(double e);
/* Of x > 0, on any thread. */
double log_gamma(double x);
double e_of_decibans(double decibans);
/* The calibrator; 0.5 at p = 1, finite at any p > 0. */
double e_of_p(double p);
/* A bet on p below 1/50 only; loses half a deciban otherwise. */
double e_of_small_p(double p);
/* One of the k p^(k-1) alone, the one that wins most at p = 1/20000: for a question that is asked once and
 * not added up, and that is heard only where the answer is about as rare. */
double e_of_rare_p(double p);
/* Half of the stake is kept back: at worst 3 dB are lost. */
double e_hedged(double p);
/* One step of the e-CUSUM, in decibans. */
double cusum_step(double before_decibans, double e);

/* What a count should be: gamma-Poisson, so that what is not known of the rate widens it. */
typedef struct CountModel {
    double shape; /* pseudo-events behind the rate */
    double mean;  /* expected in one window */
} CountModel;
/* Mid-p of @count or more. */
double count_mid_p(const CountModel *model, uint32_t count);
/*
 * The e-value of @count against "more of it than before": one more a day, an hour or a window, mixed. The
 * slow bet costs next to nothing while nothing comes and is fit to be accumulated; the other ones win more
 * when one comes. What comes in clusters (new far ends: an outing, a file shared) is bet to come as unevenly
 * as the past; what is judged one by one is bet on to come by chance alone, on top of the past (BET_ONE), for
 * who is after something does not share the unevenness of a role where a few do it all.
 */
typedef enum CountBet { BET_SLOW = 0, BET_NOW, BET_ONE } CountBet;
double count_e(const CountModel *model, uint32_t count, double windows_per_day, CountBet bet);
