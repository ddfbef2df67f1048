/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.c - see window.h */
#include "scoring/window.h"

int64_t
window_oldest_wanted(const WindowGrid *self, int64_t now_ms)
{
    return window_number(self, now_ms - self->length_ms);
}

bool
window_spread(const WindowGrid *self, int64_t start_ms, int64_t end_ms, WindowSpread *out)
{
    int64_t first = self->first, last = first + WINDOWS_OPEN - 1;
    int64_t from = window_number(self, start_ms), to = window_number(self, end_ms);

    if (to < first)
        return false;
    if (to > last)
        to = last;
    if (from > to)
        from = to;
    if (from < first)
        from = first;
    out->from = from;
    out->to = to;
    if (from == to) {
        out->share[0] = 1;
        return true;
    }
    int64_t open = from * self->length_ms, begin = start_ms > open ? start_ms : open;
    int64_t beyond = (to + 1) * self->length_ms, end = end_ms < beyond ? end_ms : beyond;
    double life = (double)(end - begin);

    for (int64_t i = from; i <= to; i++) {
        int64_t a = i * self->length_ms, b = a + self->length_ms;
        a = a > begin ? a : begin;
        b = b < end ? b : end;
        out->share[i - from] = life > 0 ? (double)(b - a) / life : 1.0 / (double)(to - from + 1);
    }
    return true;
}
