/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calibrate.h - a residual becomes a p-value that can be trusted
 *
 * How odd a residual is, is asked of the past residuals themselves and not of a bell curve: conformal rank
 * (Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005): p = (number at least as large
 * + 1) / (n + 1). Ranks end at 1/(n+1); beyond the 95th percentile the excesses are fitted by a generalised
 * Pareto tail (Pickands; the streaming use is SPOT, Siffer et al., KDD 2017), its shape held back towards a
 * heavy one while data are few. An asset's own sketch and that of its role are mixed: a mixture of valid
 * p-values by fixed weights stays valid up to the weights, and the young asset borrows from its peers.
 *
 * A sketch is a histogram of fixed size (bounded, mergeable, 260 bytes); counts are halved when full, so it
 * forgets. An asset's own fits in half of that: its counts are whole numbers, halved every few weeks at most,
 * so they are kept in quarters in 16 bits, which is exact until the third time and within an eighth of one
 * residual at each further.
 */
#pragma once
#include <stdint.h>

enum { SKETCH_BINS = 64, SKETCH_MOST = 16384 };

typedef struct ResidualSketch {
    float count[SKETCH_BINS];
    float n;
} ResidualSketch;

typedef struct OwnSketch {
    uint16_t count[SKETCH_BINS]; /* in quarters */
    float n;
} OwnSketch;

void sketch_add(ResidualSketch *self, double residual);
void own_sketch_add(OwnSketch *self, double residual);
/* For pools of many assets, where a sketch that halves itself would remember an hour: counts without
 * forgetting, and forgets by a factor (0..1) when it is told to. */
void sketch_count(ResidualSketch *self, double residual);
/* In a role's pool and the fleet's. */
void sketch_count_both(ResidualSketch *a, ResidualSketch *b, double residual);
/* Counts as a part (0..1) of one. */
void sketch_count_part(ResidualSketch *self, double residual, double part);
void sketch_fade(ResidualSketch *self, double keep);
/* Chance of a residual at least this large, were it like those before; 1 when nothing is known. Where most
 * are equal (nothing came), the tail is that of the others, and as long as they are few there is none. */
double sketch_upper_p(const ResidualSketch *self, double residual);
/* The same for pools: beyond the oddest residual so far the tail is drawn on by a formula, and believed half
 * of the way (in decibans), since loads and habits change. */
double sketch_tempered_p(const ResidualSketch *self, double residual);
/*
 * For amounts on a logarithmic scale, most of which may be nil, of a @group (a role) within a @whole (all of
 * them; the group counts there too). The tail of a logarithm is drawn on as an exponential one, which is a
 * Pareto tail of the amount itself, by Hill's estimator (Annals of Statistics 3, 1975): a generalised one
 * would be Pareto a second time and call nothing odd. The group's tail leans on the whole's, and one as steep
 * as x^-1 is what both begin with. Tempered like the above, by how many the whole has seen.
 */
double sketch_amount_p(const ResidualSketch *group, const ResidualSketch *whole, double value);
/* The asset's own answer and its role's, weighed by how much the asset has seen. */
double calibrated_p(const OwnSketch *own, const ResidualSketch *role, double residual);
