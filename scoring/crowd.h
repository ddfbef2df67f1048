/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crowd.h - how many have taken something up, and whether it is still news when one more does; for watches
 *
 * A service moves, a program is rolled out, a new poller is set up: then many assets do the same new thing
 * within days, and only the first of them tells anything. One Crowd for each such thing, in a table of the
 * watch. Pure arithmetic.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct Crowd {
    float members; /* who have ever taken it up */
    float lately;  /* the same, fading by half in two days */
    uint32_t last_s;
} Crowd;

/* One more at flow time @at_s, of @all who might. False: no news, for three have done so within days, or a
 * quarter of all ever. */
bool crowd_join(Crowd *self, double all, uint32_t at_s);
