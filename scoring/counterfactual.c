/* SPDX-License-Identifier: GPL-3.0-or-later */
/* counterfactual.c - see counterfactual.h */
#include "scoring/counterfactual.h"

#include <math.h>

enum { NAMED_MOST = 3 }; /* more would be read by nobody */

typedef char Words[COUNTERFACTUAL_WORDS];

static bool
has_words(const Alert *alert, Words *instead, uint32_t i)
{
    return alert->contributions[i].decibans > 0 && instead[i][0] != '\0';
}

static double
without(const Alert *alert, uint32_t i)
{
    return alert->score - alert->contributions[i].decibans;
}

/* A score is shown as it is told elsewhere: the last digit must not say "33, below 33", nor "-0". */
static void
add_score(GString *text, double decibans, double threshold)
{
    bool is_close = fabs(decibans - threshold) < 1;

    if (!is_close && fabs(decibans) < 0.5)
        decibans = 0;
    g_string_append_printf(text, is_close ? "%.1f dB" : "%.0f dB", decibans);
}

/* "A (12 dB) or B (28 dB)": things that would each have sufficed, or not. Returns how many there are. */
static uint32_t
list_singles(const Alert *alert, Words *instead, bool sufficing, GString *out)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < alert->n_contributions; i++) {
        double left = without(alert, i);
        if (!has_words(alert, instead, i) || (left < alert->threshold) != sufficing)
            continue;
        if (n++ >= NAMED_MOST)
            continue;
        g_string_append_printf(out, "%s%s (", n > 1 ? ", or " : "", instead[i]);
        add_score(out, left, alert->threshold);
        g_string_append_c(out, ')');
    }
    return n;
}

/* No single thing would have sufficed: takes away the largest, then the next, until it is below. */
static void
write_together(const Alert *alert, Words *instead, GString *out)
{
    double left = alert->score;
    uint32_t n = 0;

    for (uint32_t i = 0; i < alert->n_contributions && left >= alert->threshold && n < 2 * NAMED_MOST; i++) {
        if (!has_words(alert, instead, i))
            continue;
        g_string_append_printf(out, "%s%s", n == 0 ? "No single thing would have sufficed. With " : " and ",
                               instead[i]);
        left -= alert->contributions[i].decibans;
        n++;
    }
    if (n == 0)
        return;
    g_string_append(out, ", it would have scored ");
    add_score(out, left, alert->threshold);
    g_string_append_printf(out, ", %s the threshold of %.1f dB.",
                           left < alert->threshold ? "below" : "still above", alert->threshold);
}

void
counterfactual_write(Alert *alert, Words *instead)
{
    g_autoptr(GString) text = g_string_new(NULL), singles = g_string_new(NULL);

    if (list_singles(alert, instead, true, singles) > 0) {
        g_string_append_printf(text, "It would not have reached the threshold of %.1f dB with %s.",
                               alert->threshold, singles->str);
        g_string_truncate(singles, 0);
        if (list_singles(alert, instead, false, singles) > 0)
            g_string_append_printf(text, " Not enough alone: %s.", singles->str);
    } else {
        write_together(alert, instead, text);
    }
    if (text->len == 0)
        g_string_append_printf(text, "With %.1f dB less it would not have reached the threshold of %.1f dB.",
                               fmax(0.1, alert->score - alert->threshold), alert->threshold);
    g_strlcpy(alert->counterfactual, text->str, sizeof alert->counterfactual);
}
