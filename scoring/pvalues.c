/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pvalues.c - see pvalues.h */
#include "scoring/pvalues.h"

#include <math.h>
#include <string.h>

#include "scoring/detector.h"

typedef struct Least {
    float p, of; /* of: questions of the day; 0: nothing was asked */
} Least;

struct PValues {
    Least *least; /* of each asset and detector */
    uint32_t room;
    uint32_t answers[MOST_DETECTORS][PVALUE_BINS];
};

PValues *
pvalues_new(void)
{
    return g_new0(PValues, 1);
}

void
pvalues_free(PValues *self)
{
    if (self == NULL)
        return;
    g_free(self->least);
    g_free(self);
}

static int
bin_of(double p)
{
    double bin = -PVALUE_BINS_A_DECADE * log10(fmax(p, 1e-12));

    return (int)fmin(PVALUE_BINS - 1, fmax(0, bin));
}

void
pvalues_note(PValues *self, const char *name, uint32_t asset, double p, double of)
{
    uint32_t detector = self != NULL ? detector_index(name) : NONE;

    if (detector == NONE)
        return;
    if (asset >= self->room) {
        uint32_t room = MAX(1024, 2 * asset);
        self->least = g_renew(Least, self->least, (size_t)room * MOST_DETECTORS);
        memset(self->least + (size_t)self->room * MOST_DETECTORS, 0,
               (size_t)(room - self->room) * MOST_DETECTORS * sizeof *self->least);
        self->room = room;
    }
    Least *least = &self->least[(size_t)asset * MOST_DETECTORS + detector];
    least->p = least->of > 0 ? MIN(least->p, (float)p) : (float)p;
    least->of = of > 0 ? (float)of : least->of + 1;
    self->answers[detector][bin_of(p)]++;
}

void
pvalues_close_day(Scorer *scorer, int64_t day, uint32_t assets)
{
    PValues *self = scorer->pvalues;

    for (uint32_t d = 0; self != NULL && d < n_detectors; d++) {
        PValueDay one = { .detector = detectors[d].name, .day = day, .assets = assets };
        memcpy(one.answers, self->answers[d], sizeof one.answers);
        for (uint32_t asset = 0; asset < self->room; asset++) {
            Least *least = &self->least[(size_t)asset * MOST_DETECTORS + d];
            if (least->of > 0)
                one.asset_days[bin_of(
                    -expm1((double)least->of * log1p(-fmin((double)least->p, 1 - 1e-9))))]++;
            *least = (Least){ 0 };
        }
        memset(self->answers[d], 0, sizeof self->answers[d]);
        scorer->sink.pvalues(scorer->sink.user, &one);
    }
}
