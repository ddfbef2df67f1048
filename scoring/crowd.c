/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crowd.c - see crowd.h */
#include "scoring/crowd.h"

#include <math.h>

/* Three within a day or so: two and what has faded of a third. */
static const double half_life_s = 2 * 86400, many_lately = 2.5, many_share = 0.25;

bool
crowd_join(Crowd *self, double all, uint32_t at_s)
{
    double after_s = fmax(0, (double)at_s - self->last_s);

    self->lately *= (float)exp2(-after_s / half_life_s);
    bool is_news =
        (double)self->lately < many_lately && (double)self->members < fmax(many_lately, many_share * all);
    self->lately += 1;
    self->members += 1;
    self->last_s = at_s > self->last_s ? at_s : self->last_s;
    return is_news;
}
