/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-fleet-rarity.c - nobody else calls into this network
 *
 * Given that an asset made a new contact: how often does such a contact go to a network that so few others
 * use?
 */
#include "scoring/detector.h"

#include <stdio.h>

static double
share_of(const DetectorView *view, int bin)
{
    return fleet_prevalence_share(view->scorer, view->role, view->contact->is_home, bin);
}

bool
fleet_rarity_look(const DetectorView *view, Finding *out)
{
    const Contact *contact = view->contact;

    if (!contact->is_new_as)
        return false;
    int bin = fleet_prevalence_bin(contact->others_as);
    /* The mid-p: bins are few, and a bet on it is fair, as the calibrator is convex (habit.h). */
    out->p = (float)(share_of(view, bin) + share_of(view, bin - 1)) / 2;
    out->decibans = (float)decibans_of(e_hedged((double)out->p));
    return true;
}

void
fleet_rarity_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    const Scorer *scorer = view->scorer;
    double days = (double)(contact->first_ms - scorer->clock.first_ms) / 86400e3;
    char what[32], share[16];

    if (contact->asn != 0)
        g_snprintf(what, sizeof what, "AS %u", contact->asn);
    else
        g_strlcpy(what, "this block of addresses", sizeof what);
    detector_share_words(share_of(view, fleet_prevalence_bin(contact->others_as)), share);
    g_snprintf(
        out, room,
        "%u of %u other assets called into %s in %.1f days (%u of the same role); %s of new contacts of "
        "this kind go to networks that are so rare here",
        contact->others_as, scorer->n_assets - 1, what, days, contact->others_role, share);
}

void
fleet_rarity_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a network that eight or more other assets call", room);
}
