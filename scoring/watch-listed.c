/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-listed.c - the far end stands on a list that the operator has named (list.h)
 *
 * Not a bet against "as before", as all other watches are, but a word from outside: prior odds. They are
 * given once for a pair, however often it speaks, and lift what else is held against the pair; at full
 * confidence and freshly said by 12 dB (16:1), which lies below the lowest threshold that there is (budget.c,
 * 20 dB), so that a list alone never alerts. Entries age: addresses that relays use are given up within
 * weeks, so their weight falls in a straight line until they expire. The null hypothesis is that of whatever
 * it is added to; what it cannot see is whether the list is right. That many assets talk to a listed address
 * speaks against the list, and is seen where it counts, in the prevalence that the other watches look at.
 */
#include "scoring/detector.h"
#include "scoring/list.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

static const double odds_most = 15.85; /* 12 dB */

static double
days_between(int64_t from_ms, int64_t to_ms)
{
    return (double)(to_ms - from_ms) / 86400e3;
}

static void
began(Scorer *scorer, WatchState *state, const Call *call)
{
    const ListEntry *entry = list_table_find(scorer->lists, &call->far);

    (void)state;
    if (entry == NULL || entry->until_ms <= call->begin_ms || call->far_asset != NONE)
        return;
    double life = days_between(entry->seen_ms, entry->until_ms);
    double left = fmin(1, days_between(call->begin_ms, entry->until_ms) / fmax(life, 1e-3));
    double odds = 1 + (odds_most - 1) * left * entry->confidence / 100;
    Opinion opinion = { .watch = &watch_listed,
                        .asset = call->asset,
                        .far = &call->far,
                        .service = call->service,
                        .protocol = call->protocol,
                        .p = 1 / odds,
                        .decibans = decibans_of(odds),
                        .numbers = { entry->confidence, fmax(0, days_between(entry->seen_ms, call->begin_ms)),
                                     call->initiator == INITIATOR_ASSET },
                        .call = call };

    case_take(scorer, &opinion);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    const ListEntry *entry = list_table_find(scorer->lists, &one->far);
    char far[IP_TEXT], prefix[IP_PREFIX_TEXT] = "";

    ip_text(&one->far, far);
    if (entry == NULL) {
        g_snprintf(out, room, "%s stood on a list that has since been taken away", far);
        return;
    }
    const char *note = list_note(scorer->lists, entry->note);
    g_snprintf(out, room,
               "%s stands on the list '%s' (entry %s%s%s%s, last said %.0f days before, confidence %.0f of "
               "100); a list alone never alerts",
               far, list_name(scorer->lists, entry->source), ip_prefix_text(&entry->prefix, prefix),
               *note != '\0' ? ", \"" : "", note, *note != '\0' ? "\"" : "", (double)one->numbers[1],
               (double)one->numbers[0]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    (void)scorer;
    (void)one;
    g_strlcpy(out, "a far end that stands on no list", room);
}

const Watch watch_listed = { .name = "listed",
                             .memory_days = 7,
                             .is_prior = true,
                             .began = began,
                             .explain = explain,
                             .instead = instead };
