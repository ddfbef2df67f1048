/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pvalues.c - see pvalues.h */
#include "scoring/pvalues.h"

#include <math.h>
#include <string.h>

#include "scoring/detector.h"

/* Of an asset and detector. */
typedef struct Least {
    float p, day_p; /* of those that count as one of @n, and of those that know of how many they are one */
    uint32_t n;
    bool has_day;
} Least;

/* Each by itself, for detectors may be on different threads. */
typedef struct Answers {
    Least *least;
    uint32_t room;
    uint32_t counts[PVALUE_BINS];
} Answers;

struct PValues {
    Answers answers[MOST_DETECTORS];
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
    for (int i = 0; i < MOST_DETECTORS; i++)
        g_free(self->answers[i].least);
    g_free(self);
}

static int
bin_of(double p)
{
    double bin = -PVALUE_BINS_A_DECADE * log10(fmax(p, 1e-12));

    return (int)fmin(PVALUE_BINS - 1, fmax(0, bin));
}

/* One of @of with this p or a smaller one, were they independent (Sidak). */
static double
any_of(double p, double of)
{
    return -expm1(of * log1p(-fmin(p, 1 - 1e-9)));
}

static Least *
least_of(Answers *self, uint32_t asset)
{
    if (asset >= self->room) {
        uint32_t room = MAX(1024, 2 * asset);
        self->least = g_renew(Least, self->least, room);
        memset(self->least + self->room, 0, (room - self->room) * sizeof *self->least);
        self->room = room;
    }
    return &self->least[asset];
}

void
pvalues_note(PValues *self, const char *name, uint32_t asset, double p, double of)
{
    uint32_t detector = self != NULL ? detector_index(name) : NONE;

    if (detector == NONE)
        return;
    Answers *answers = &self->answers[detector];
    Least *least = least_of(answers, asset);
    if (of > 0) {
        least->day_p = (float)fmin(any_of(p, of), least->has_day ? (double)least->day_p : 1);
        least->has_day = true;
    } else {
        least->p = least->n > 0 ? MIN(least->p, (float)p) : (float)p;
        least->n++;
    }
    answers->counts[bin_of(p)]++;
}

/* Of what was asked in the day; both kinds are two questions. */
static double
p_of_day(const Least *least)
{
    double p = least->n > 0 ? any_of((double)least->p, least->n) : 1;

    if (!least->has_day)
        return p;
    return least->n > 0 ? any_of(fmin(p, (double)least->day_p), 2) : (double)least->day_p;
}

void
pvalues_close_day(Scorer *scorer, int64_t day, uint32_t assets)
{
    PValues *self = scorer->pvalues;

    for (uint32_t d = 0; self != NULL && d < n_detectors; d++) {
        Answers *answers = &self->answers[d];
        PValueDay one = { .detector = detectors[d].name, .day = day, .assets = assets };
        memcpy(one.answers, answers->counts, sizeof one.answers);
        for (uint32_t asset = 0; asset < answers->room; asset++) {
            Least *least = &answers->least[asset];
            if (least->n > 0 || least->has_day)
                one.asset_days[bin_of(p_of_day(least))]++;
            *least = (Least){ 0 };
        }
        memset(answers->counts, 0, sizeof answers->counts);
        scorer->sink.pvalues(scorer->sink.user, &one);
    }
}
