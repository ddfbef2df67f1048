/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nearest.c - see nearest.h */
#include "collector/base/nearest.h"

#include <glib.h>
#include <string.h>

enum { WORD_MOST = 48 };

/* Optimal string alignment: insert, delete, replace, and swap of neighbours cost one each. Three rows are
 * enough. */
static unsigned
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MOST + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    for (unsigned j = 0; j <= b_length; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        char x = g_ascii_tolower(a[i - 1]);
        now[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            char y = g_ascii_tolower(b[j - 1]);
            unsigned best = last[j - 1] + (x != y);
            best = MIN(best, last[j] + 1);
            best = MIN(best, now[j - 1] + 1);
            if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && g_ascii_tolower(a[i - 2]) == y)
                best = MIN(best, before[j - 2] + 1);
            now[j] = best;
        }
        unsigned *turn = before;
        before = last;
        last = now;
        now = turn;
    }
    return last[b_length];
}

const char *
nearest_name(const char *word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    unsigned best = (unsigned)CLAMP(length / 3, 1, 3) + 1;

    if (length == 0 || length > WORD_MOST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_length = strlen(names[i]);
        unsigned d = name_length > WORD_MOST ? best : distance(word, length, names[i], name_length);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
