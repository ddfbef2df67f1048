/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rhythm.c - see rhythm.h */
#include "scoring/rhythm.h"
#include "scoring/evidence.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { GRID = 4, BEATS_MOST = 2, FREQUENCIES = GRID * BEATS_MOST * RHYTHM_MOST + 1 };
static const double own_turn_least = 0.75;
static const double octave_share = 0.85; /* of R^2; an eighth of a turn off, between two steps, leaves 95 % */
static const double coherence_least = 0.9;
static const double resolution_s = 1; /* of routers' clocks */
static const double excess_least_s =
    5; /* where gaps are shorter than that beyond the dead time, clocks' steps show */

/* ---- phase ---- */

typedef struct Phase {
    double square, frequency; /* R^2 at the best one */
    uint32_t asked;
} Phase;

/* All starts as arrows: where they point at the first frequency, and by how much they turn from one to the
 * next. */
typedef struct Arrows {
    double x[RHYTHM_MOST], y[RHYTHM_MOST], turn_x[RHYTHM_MOST], turn_y[RHYTHM_MOST];
} Arrows;

static double
turn(Arrows *arrows, uint32_t n)
{
    double x = 0, y = 0;

    for (uint32_t i = 0; i < n; i++) {
        double before = arrows->x[i];
        x += arrows->x[i];
        y += arrows->y[i];
        arrows->x[i] = before * arrows->turn_x[i] - arrows->y[i] * arrows->turn_y[i];
        arrows->y[i] = before * arrows->turn_y[i] + arrows->y[i] * arrows->turn_x[i];
    }
    return (x * x + y * y) / n;
}

/*
 * What a clock turns in step with, its double does as well, and may by chance fit a little better. Twice as
 * fast is said only where the clock itself leaves much of it unexplained, for the pace tells services apart.
 */
static uint32_t
octave_below(const double squares[FREQUENCIES], uint32_t best, uint32_t from)
{
    uint32_t half = best / 2;

    for (uint32_t k = half; k <= half + 1; k++)
        if (k >= from && squares[k] >= octave_share * squares[best])
            return k;
    return best;
}

static Phase
best_phase(const double *starts, uint32_t n)
{
    double span = starts[n - 1] - starts[0], step = 1 / (GRID * span), squares[FREQUENCIES] = { 0 };
    uint32_t from = (uint32_t)(GRID * own_turn_least * n), until = GRID * BEATS_MOST * n, best = from;
    Arrows arrows;

    for (uint32_t i = 0; i < n; i++) {
        double angle = 2 * G_PI * step * (starts[i] - starts[0]);
        arrows.x[i] = cos(from * angle);
        arrows.y[i] = sin(from * angle);
        arrows.turn_x[i] = cos(angle);
        arrows.turn_y[i] = sin(angle);
    }
    for (uint32_t k = from; k <= until; k++) {
        squares[k] = turn(&arrows, n);
        best = squares[k] > squares[best] ? k : best;
    }
    best = octave_below(squares, best, from);
    return (Phase){ squares[best], best * step, until - from + 1 };
}

/* The share of the starts that have a turn of the clock to themselves; bunches have not. */
static double
own_turns(const double *starts, uint32_t n, double frequency)
{
    double x = 0, y = 0, last = -1e18;
    uint32_t turns = 0;

    for (uint32_t i = 0; i < n; i++) {
        x += cos(2 * G_PI * frequency * (starts[i] - starts[0]));
        y += sin(2 * G_PI * frequency * (starts[i] - starts[0]));
    }
    double offset = atan2(y, x) / (2 * G_PI);
    for (uint32_t i = 0; i < n; i++) {
        double number = round(frequency * (starts[i] - starts[0]) - offset);
        turns += number > last;
        last = number;
    }
    return (double)turns / n;
}

/* ---- gaps ---- */

static int
shorter(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Chance that @m uniform numbers add up to @sum or less, at most. */
static double
uniform_sum_p(double sum, uint32_t m)
{
    double mean = sum / m, low = 1e-3, high = 1e6;

    if (mean >= 0.5)
        return 1;
    for (int i = 0; i < 60; i++) { /* where the tilted mean 1/l - 1/(e^l - 1) is the one seen */
        double tilt = sqrt(low * high);
        if (1 / tilt - 1 / expm1(fmin(tilt, 700)) > mean)
            low = tilt;
        else
            high = tilt;
    }
    double chernoff = low * sum + m * log(-expm1(-low) / low);
    double corner = m * log(fmax(sum, 1e-12)) - log_gamma(m + 1.0);

    return exp(fmin(0, fmin(chernoff, corner)));
}

static double
gaps_p(const double *gaps, uint32_t n)
{
    uint32_t kept = n - n / 8;
    double total = 0, weighed = 0, before = 0;

    for (uint32_t i = 0; i < kept; i++) {
        double excess = fmax(0, gaps[i] - RHYTHM_DEAD_S), spacing = (n - i) * (excess - before);
        total += spacing;
        weighed += i * spacing;
        before = excess;
    }
    if (total < excess_least_s * kept)
        return 1;
    return uniform_sum_p(weighed / total, kept - 1);
}

/* Standard deviation of the gaps that count, by the median. */
static double
gaps_spread(const double *gaps, uint32_t n)
{
    uint32_t kept = n - n / 8;
    double sum = 0, squares = 0;

    for (uint32_t i = 0; i < kept; i++) {
        sum += gaps[i];
        squares += gaps[i] * gaps[i];
    }
    double mean = sum / kept;
    return sqrt(fmax(0, squares / kept - mean * mean)) / fmax(resolution_s, gaps[n / 2]);
}

Rhythm
rhythm_of(const double *starts, uint32_t n)
{
    double gaps[RHYTHM_MOST];
    Rhythm out = { .p = 1 };

    if (n < RHYTHM_LEAST || n > RHYTHM_MOST || !(starts[n - 1] - starts[0] > n * resolution_s))
        return out;
    for (uint32_t i = 0; i + 1 < n; i++)
        gaps[i] = starts[i + 1] - starts[i];
    qsort(gaps, n - 1, sizeof *gaps, shorter);
    double by_gaps = gaps_p(gaps, n - 1);
    Phase phase = best_phase(starts, n);
    double coherence = fmin(1, sqrt(phase.square / n));
    bool is_clock = coherence >= coherence_least && own_turns(starts, n, phase.frequency) >= own_turn_least;
    double by_phase = is_clock ? fmin(1, phase.asked * exp(-phase.square)) : 1;

    out.p = fmin(1, 2 * fmin(by_gaps, by_phase));
    out.period_s = by_phase < by_gaps ? 1 / phase.frequency : gaps[(n - 1) / 2];
    out.spread =
        by_phase < by_gaps ? sqrt(-2 * log(fmax(coherence, 1e-9))) / (2 * G_PI) : gaps_spread(gaps, n - 1);
    return out;
}
