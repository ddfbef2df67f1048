/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h - how much an asset does in a window, by nine measures, and how odd that is
 *
 * Each asset has a gauge (gauge.h) for each measure. A window is judged in two passes: the first takes every
 * asset's residuals and what the assets of a role have in common (a holiday, a flash crowd, a change of
 * sampling), the second takes that away and asks how rare what is left is among the residuals of all assets
 * of the role so far (calibrate.h: conformal rank, Pareto tail), leaning on the fleet's while the role has
 * shown few. An asset to which it happened before is told as often as it did; so what the pools hold are the
 * odd windows of those to whom it had not. Kept by the watch of floods
 * (watch-flood.c), which speaks for the others (watch-volume.c) too, so that all share one struct. Scoring
 * thread.
 */
#pragma once
#include "scoring/gauge.h"
#include "scoring/scorer-internal.h"

typedef enum PaceMeasure {
    PACE_OCTETS_IN = 0,
    PACE_PACKETS_IN,
    PACE_FLOWS_IN,
    PACE_NEW_IN, /* far ends that called for the first time */
    PACE_OCTETS_OUT,
    PACE_PACKETS_OUT,
    PACE_FLOWS_OUT,
    PACE_NEW_OUT, /* far ends that were called for the first time */
    PACE_RATIO,   /* octets out by octets in, of about an hour */
    N_PACE_MEASURES,
    /* What several say together. */
    PACE_FLOOD_IN = N_PACE_MEASURES,
    PACE_FLOOD_OUT,
    N_PACE_KINDS
} PaceMeasure;
enum { PACE_SLOW = 4 };

/* Evidence that adds up by the hour, as of volume_out (scorer-close.c). */
typedef struct PaceSpell {
    float evidence;   /* of the hours that are over, decibans */
    float hour_e;     /* sum of this hour's e-values */
    float p;          /* smallest of the spell */
    uint32_t since_s; /* when it began */
} PaceSpell;

typedef struct Pace {
    Gauge gauges[N_PACE_MEASURES];
    float value[N_PACE_MEASURES];    /* of the window being closed, in its own unit */
    float residual[N_PACE_MEASURES]; /* likewise; after the second pass less all that was foretold */
    PaceSpell spells[PACE_SLOW];
    float hour_out, hour_in;  /* octets of a window, fading means of an hour */
    uint32_t new_in, new_out; /* counted as conversations begin */
    uint32_t hour;            /* number of the hour that the spells are in */
    int64_t window;           /* for which the first pass was made */
} Pace;

typedef struct PacePool {
    ResidualSketch residuals[N_PACE_KINDS];
    float spread[N_PACE_MEASURES]; /* mean of its assets' */
    float products[N_PACE_MEASURES], squares[N_PACE_MEASURES];
    double shift_sum[N_PACE_MEASURES];
    uint32_t shift_n;
} PacePool;
typedef struct PacePools {
    PacePool role[MOST_ROLES], fleet;
} PacePools;

/* Before the first pass; the pools fade with a half-life of a week. */
void pace_begin(PacePools *pools, const Scorer *scorer);
/* First pass. */
void pace_measure(PacePools *pools, const Scorer *scorer, Pace *pace, uint32_t asset, const WindowSums *sums,
                  int64_t number);
/* Between the passes. */
void pace_share_out(PacePools *pools, const Scorer *scorer);
/* Second pass: what was foretold is taken from the residuals. False: too young to be judged. */
bool pace_judge(const PacePools *pools, const Scorer *scorer, Pace *pace, uint32_t asset);
/* How odd, after the second pass; 1 for what is not odd at all. @kind may be PACE_FLOOD_*. */
double pace_p(const PacePools *pools, const Scorer *scorer, const Pace *pace, uint32_t asset, int kind);
/* Teaches the window; what is @alerted (bits by kind) does not. */
void pace_teach(PacePools *pools, const Scorer *scorer, Pace *pace, uint32_t asset, int64_t number,
                uint32_t alerted);
/* What is usual at this hour, in the measure's unit. */
double pace_usual(const Scorer *scorer, const Pace *pace, int measure);
