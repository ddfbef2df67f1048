/* SPDX-License-Identifier: GPL-3.0-or-later */
/* draw.c - see draw.h */
#include "tests/eval/draw.h"

uint32_t
draw_poisson(Draw *self, double mean)
{
    if (mean > 30) { /* near enough, and quick */
        double n = mean + sqrt(mean) * draw_normal(self) + 0.5;
        return n < 0 ? 0 : (uint32_t)n;
    }
    uint32_t n = 0;
    double product = draw_uniform(self), least = exp(-mean);
    while (product > least) {
        product *= draw_uniform(self);
        n++;
    }
    return n;
}
