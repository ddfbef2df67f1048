/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window.h - which windows are open, and how a flow's bytes spread over them
 *
 * Windows are slots of flow time, numbered from 1970. A few are open at a time, so that records may come late
 * by one window; a flow that lasted longer than the open windows gives them all of its bytes, since no byte
 * may be lost, evenly over the part of its life that is still open. Pure arithmetic.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { WINDOWS_OPEN = 4 }; /* a power of two: slot = number % WINDOWS_OPEN */

typedef struct WindowGrid {
    int64_t length_ms;
    int64_t first; /* number of the oldest open window; 0: nothing yet */
} WindowGrid;

static inline int64_t
window_number(const WindowGrid *self, int64_t time_ms)
{
    int64_t into_ms = time_ms - self->first * self->length_ms;

    if (into_ms >= 0 && into_ms <= UINT32_MAX) /* most are: dividing 32 bits takes a third of the time */
        return self->first + (uint32_t)into_ms / (uint32_t)self->length_ms;
    return time_ms / self->length_ms;
}
/* The oldest window that should stay open at flow time @now_ms. */
int64_t window_oldest_wanted(const WindowGrid *self, int64_t now_ms);

typedef struct WindowSpread {
    int64_t from, to;           /* numbers of open windows */
    double share[WINDOWS_OPEN]; /* of window from + i; they add up to 1 */
} WindowSpread;
/* False when the flow lies wholly before the open windows. A flow beyond them is put into the last one. */
bool window_spread(const WindowGrid *self, int64_t start_ms, int64_t end_ms, WindowSpread *out);
