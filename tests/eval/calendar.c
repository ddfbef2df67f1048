/* SPDX-License-Identifier: GPL-3.0-or-later */
/* calendar.c - see calendar.h */
#include "tests/eval/calendar.h"

static const double hours[N_RHYTHMS][24] = {
    [RHYTHM_FLAT] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
    [RHYTHM_OFFICE] = { .01, .01, .01, .01, .02, .05, .3, 1.4, 2.9, 3.1, 3.0, 2.6,
                        1.5, 2.4, 2.9, 2.8, 2.1, .9,  .3, .15, .1,  .08, .05, .02 },
    [RHYTHM_HOME] = { .4,  .2, .12, .1,  .1,  .2,  .5,  .9,  .9,  .8,  .8,  .9,
                      1.0, .9, .9,  1.0, 1.2, 1.6, 2.0, 2.4, 2.5, 2.2, 1.5, .9 },
    [RHYTHM_NIGHT] = { 2,  3,  4,  4,  3,  2,  .5, .3, .3, .3, .3, .3,
                       .3, .3, .3, .3, .3, .3, .3, .4, .5, .7, 1,  1.5 },
};
/* Saturday, Sunday */
static const double weekend[N_RHYTHMS][2] = { [RHYTHM_FLAT] = { 1, 1 },
                                              [RHYTHM_OFFICE] = { .12, .07 },
                                              [RHYTHM_HOME] = { 1.25, 1.35 },
                                              [RHYTHM_NIGHT] = { 1, 1 } };

double
calendar_day_factor(const Calendar *self, Rhythm rhythm, uint32_t day)
{
    uint32_t weekday = day % 7;

    if (day == self->holiday)
        weekday = 6;
    return weekday < 5 ? 1 : weekend[rhythm][weekday - 5];
}

int64_t
calendar_time(const Calendar *self, Rhythm rhythm, uint32_t day, double at)
{
    const double *by_hour = hours[rhythm];
    double all = 0, place_ahead = day >= self->clock_change ? 2 : 1;
    int hour = 0;

    for (int i = 0; i < 24; i++)
        all += by_hour[i];
    at *= all;
    while (hour < 23 && at >= by_hour[hour])
        at -= by_hour[hour++];
    double local = hour + (at / by_hour[hour] < 1 ? at / by_hour[hour] : 0.999);
    double utc = local - place_ahead; /* the first hours of the place's day belong to the UTC day before */

    if (utc < 0)
        utc += 24;
    return self->begin_ms + (int64_t)day * DAY_MS + (int64_t)(utc * HOUR_MS);
}
