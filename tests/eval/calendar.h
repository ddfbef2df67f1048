/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calendar.h - how much goes on at an hour: office hours, evenings, weekends, a holiday, a clock change
 *
 * The place is an hour ahead of UTC, two once the clocks have been changed. Pure arithmetic.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef enum Rhythm { RHYTHM_FLAT, RHYTHM_OFFICE, RHYTHM_HOME, RHYTHM_NIGHT, N_RHYTHMS } Rhythm;

enum { DAY_MS = 86400000, HOUR_MS = 3600000, MINUTE_MS = 60000 };

typedef struct Calendar {
    int64_t begin_ms;      /* midnight UTC of the first day, a Monday */
    uint32_t days;         /* in all */
    uint32_t learn_days;   /* never judged */
    uint32_t holiday;      /* a weekday on which offices stay closed */
    uint32_t clock_change; /* from this day on it is two hours */
} Calendar;

/* A day's work beside an average day. */
double calendar_day_factor(const Calendar *self, Rhythm rhythm, uint32_t day);
/* A time of that day, by the rhythm: @at in [0, 1) is where in the day's work. */
int64_t calendar_time(const Calendar *self, Rhythm rhythm, uint32_t day, double at);
static inline int64_t
calendar_judged_ms(const Calendar *self)
{
    return self->begin_ms + (int64_t)self->learn_days * DAY_MS;
}
static inline int64_t
calendar_end_ms(const Calendar *self)
{
    return self->begin_ms + (int64_t)self->days * DAY_MS;
}
