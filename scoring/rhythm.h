/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rhythm.h - are these moments a clock's? Two tests, each with an exact null or a bound that holds
 *
 * The null hypothesis is a Poisson process, the most even of what people make: browsing comes in bunches,
 * for which the p-values are too large rather than too small.
 *
 *  - Phase: a clock that keeps its phase, even where up to half of its beats are missing. Rayleigh's test
 *    (Mardia and Jupp, "Directional Statistics", 2000, 6.3.1): with R^2 = |sum exp(2 pi i f t)|^2 / n the
 *    chance of R^2 >= x is about exp(-x). It is asked for every frequency from three turns in four starts to
 *    two a start, in steps of a quarter of the resolution 1/span, so that none falls between; the number
 *    asked multiplies the p-value (Bonferroni). Even steps of frequency take the place of a grid of periods:
 *    they follow the pair's own pace, and all phases turn on by one complex product a step. Bunches have a
 *    phase as well; so three of four starts must have a turn to themselves, and within a turn they must
 *    cohere (mean resultant of 0.9), which eight hours of a day do not.
 *  - Gaps: a clock that sleeps, with jitter, between one beat and the next, and so loses its phase. Gini's
 *    statistic on the normalised spacings of the gaps (Gail and Gastwirth, "A scale-free goodness-of-fit test
 *    for the exponential distribution based on the Gini statistic", JRSS B 1978): under the null it is the
 *    mean of so many independent uniform numbers, whose lower tail is bounded by Chernoff and by s^m / m!.
 *    The longest eighth of the gaps is left out, which the statistic allows for (censoring): nights, and
 * beats that were not seen, do no harm.
 *
 * Starts closer together than RHYTHM_DEAD_S are one (a page opens several connections at once); exponential
 * gaps have no memory, so what is left of a gap beyond it is exponential again. Pure arithmetic, no
 * allocation; some ten microseconds for 32 starts.
 */
#pragma once
#include <stdint.h>

enum { RHYTHM_MOST = 32, RHYTHM_LEAST = 8, RHYTHM_DEAD_S = 5 };

typedef struct Rhythm {
    double p;        /* of both tests together */
    double period_s; /* of the test that speaks louder: of the clock, or the median gap */
    double spread;   /* share of the period by which it is off: standard deviation */
} Rhythm;
/* @starts: seconds, ascending, @n of them from RHYTHM_LEAST to RHYTHM_MOST. */
Rhythm rhythm_of(const double *starts, uint32_t n);
