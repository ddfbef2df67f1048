/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pvalues.h - counts what p-values the detectors answer, so that somebody can check them on clean traffic
 *
 * A p-value keeps its word when a share of at most a of the answers is a or less. Two counts for each
 * detector and day of flow time: of the answers as they come, and of the smallest one of each asset in the
 * day, allowed for how many questions that day stands for (Sidak); the latter is what an operator meets. Dull
 * answers count as well, so whoever tells only odd ones notes them when he asks. Kept only where a sink wants
 * it (`talaya replay --pvalues`): sixteen octets for each asset and detector. Of one detector on one thread
 * at a time, the day's end on the scoring thread.
 */
#pragma once
#include <stdint.h>

enum { PVALUE_BINS = 33, PVALUE_BINS_A_DECADE = 4 };

/* One detector, one day. Bin i has p in (10^(-(i + 1) / 4), 10^(-i / 4)]; the last one all below. */
typedef struct PValueDay {
    const char *detector;
    int64_t day; /* since 1970 */
    uint32_t assets;
    uint32_t answers[PVALUE_BINS];
    uint32_t
        asset_days[PVALUE_BINS]; /* assets without an answer are not in it; they stand in @assets alone */
} PValueDay;

typedef struct Scorer Scorer;
typedef struct PValues PValues;
PValues *pvalues_new(void);
void pvalues_free(PValues *self);
/*
 * The detector of that name has answered @p about an asset. @of: one of how many such questions in a day this
 * is, asked aloud or not; 0: of as many as are noted. @self may be NULL.
 */
void pvalues_note(PValues *self, const char *name, uint32_t asset, double p, double of);
/* Day @day is over, @assets were active in it: tells the sink, and begins anew. */
void pvalues_close_day(Scorer *scorer, int64_t day, uint32_t assets);
