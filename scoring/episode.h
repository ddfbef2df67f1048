/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * episode.h - how odd it is that a rare thing happens to an asset, and then happens again; for watches
 *
 * An episode begins with an event after a time without any, and goes on with further ones. How often an asset
 * has one is the gamma-Poisson model of rate.h. How far episodes go is learned as well, without a formula for
 * the tail: of those that came to step n, which share came to step n + 1, by the asset itself, its role and
 * the fleet (each leaning on the next).
 *
 * All of the stake is on what comes: an episode that has come to step n is worth 1 / (the chance that one
 * begins in this window, and comes so far). Given that it has come to n, it goes on with chance c and is
 * worth 1/c times as much, or ends and is worth nothing; so its worth is a martingale that begins with 1, and
 * exceeds a with a chance of at most 1/a a window (Ville; evidence.h). Many events at once, as when a program
 * is set up, are one episode and not many surprises. Evidence fades by half in two days while nothing is
 * added: a part of a gain may be given up at any time. In the time of learning all is new that comes once a
 * week, and the rates of older days are not yet known; so the evidence is raised to the power of the time
 * that has been learned (a tempered bet is a fair one, by Jensen). Cannot see: what an asset has done from
 * its first day.
 */
#pragma once
#include "scoring/rate.h"

enum { EPISODE_STEPS = 16 };

/* One for each asset that has had any; in a table of the watch. */
typedef struct Episode {
    float before;         /* how many there had been when this one began */
    float begun;          /* how many there were */
    float could, went_on; /* steps that might have had a further one; that had */
    float events;         /* of this one */
    float decibans, p;    /* of this one: its evidence; the chance of one that comes so far, in a day */
    float answers;        /* product of the chances that further questions about it were answered with */
    uint32_t last_s;      /* flow time of the latest event */
    uint16_t taught_day;  /* the last one on which it taught the pools; a busy asset does not rule them */
    uint8_t step;         /* of this one; 0: none yet */
    uint8_t n_answers;    /* how many */
    uint8_t teaches;      /* this one: no alert was open so far */
} Episode;
typedef struct EpisodePools {
    RatePools begins;
    Share on[MOST_ROLES][EPISODE_STEPS], fleet_on[EPISODE_STEPS];
} EpisodePools;

/* A window of all assets has passed; once a window. */
void episode_window(EpisodePools *pools, const Scorer *scorer);
/* Has it been quiet for so long that the next event begins another one? */
bool episode_is_over(const Episode *self, int64_t at_ms, double quiet_days);
/* The first event of a new one. @idle_days: see rate_model. @is_alerted: it does not teach. */
void episode_begin(Episode *self, EpisodePools *pools, const Scorer *scorer, uint32_t asset, double idle_days,
                   bool is_alerted, int64_t at_ms);
/* Likewise, where what is expected is not the asset's own rate (a stranger has none): @model, of a window.
 * The caller teaches it. */
void episode_begin_under(Episode *self, EpisodePools *pools, const Scorer *scorer, uint32_t asset,
                         const CountModel *model, bool is_alerted, int64_t at_ms);
/* A further event. Steps are the 1st, 2nd, 3rd, 4th, 6th, 8th, 12th, ... event; true: it came to the next. */
bool episode_go_on(Episode *self, EpisodePools *pools, const Scorer *scorer, uint32_t asset, bool is_alerted,
                   int64_t at_ms);
/* What it comes to by now, where as many days have been learned from. */
double episode_decibans(const Episode *self, const Scorer *scorer, double days);
/* The chance of one that is as odd in all that was asked. */
double episode_p(const Episode *self);
/* A further question about this one was answered with an e-value, and a p-value. */
void episode_weigh(Episode *self, double e, double p);
