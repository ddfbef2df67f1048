/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-quiet-long.c - the contact goes on and on, and moves little
 *
 * A reverse proxy keeps one connection for hours and speaks rarely; a way out through somebody's router is
 * used again and again. How many of the role's new contacts were seen in at least as many windows is counted
 * (those with home lines apart, for they are waited for longer, and the asset's own speak first; of each
 * asset eight a day, so that a busy one does not say what is usual for all); the more windows, the rarer, so
 * one quiet connection gains evidence by the hour. The bet is on a way that is kept in use: the share of such
 * ways that would come so far by the share of the role's contacts that do. While a contact goes on, that
 * ratio of survival functions is a martingale that begins with one, so asking it anew in every window costs
 * nothing. It counts for 16:1 at most, as a word from outside does (watch-listed.c): how long the contacts of
 * one asset last is known only roughly from those of others, and what goes on by the clock or for hours is
 * also what other questions ask for. A transfer that is large is not quiet and is left to the volume.
 */
#include "scoring/detector.h"

#include <math.h>
#include <stdio.h>

static const double quiet_octets = 3e6; /* a window */
/* Of ways that are kept in use, the share that is bet to be seen in 1, 2, 4, ... windows. */
static const double used_share[DURATION_BINS] = { 1,    0.95, 0.9,  0.8,  0.7,  0.6,  0.5,
                                                  0.35, 0.25, 0.15, 0.08, 0.04, 0.02, 0.01 };
static const double use_stake = 0.9, odds_most = 15.85; /* 12 dB */

static bool
is_quiet(const Contact *contact)
{
    return (contact->octets_out + contact->octets_in) / MAX(1, contact->active_windows) < quiet_octets;
}

bool
quiet_long_look(const DetectorView *view, Finding *out)
{
    const Contact *contact = view->contact;
    bool quiet = is_quiet(contact);
    double p = quiet ? fleet_duration_p(view->scorer, view->role, contact) : 1;
    double used = 1 - use_stake + use_stake * used_share[contact->duration_bin] / p;

    out->p = (float)p;
    out->decibans = (float)decibans_of(quiet ? fmin(odds_most, used) : e_hedged(1));
    return true;
}

void
quiet_long_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    double minutes = (double)(contact->last_ms - contact->first_ms) / 60e3;
    char sent[32], got[32], share[16], rarity[80];

    detector_octets_words(contact->octets_out, sent);
    detector_octets_words(contact->octets_in, got);
    detector_share_words((double)finding->p, share);
    g_snprintf(rarity, sizeof rarity, "%s of the role's new contacts%s are seen in so many", share,
               contact->is_home ? " with home lines" : "");
    g_snprintf(out, room, "it has gone on for %.0f %s, in %u windows, with %s out and %s in; %s",
               minutes < 120 ? minutes : minutes / 60, minutes < 120 ? "minutes" : "hours",
               contact->active_windows, sent, got,
               is_quiet(contact) ? rarity : "it is no longer a quiet one");
}

void
quiet_long_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a short contact", room);
}
