/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-fleet-rarity.c - nobody else calls into this network
 *
 * Given that an asset made a new contact: how often does such a contact go to a network that so few others
 * use?
 */
#include "scoring/detector.h"

#include <stdio.h>

bool
fleet_rarity_look(const DetectorView *view, Finding *out)
{
    const Contact *contact = view->contact;

    if (!contact->is_new_as)
        return false;
    out->p = (float)fleet_prevalence_p(view->scorer, view->role, contact->is_home, contact->others_as);
    out->decibans = (float)decibans_of(e_hedged((double)out->p));
    return true;
}

void
fleet_rarity_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    const Scorer *scorer = view->scorer;
    double days = (double)(contact->first_ms - scorer->clock.first_ms) / 86400e3;
    char what[32];

    if (contact->asn != 0)
        g_snprintf(what, sizeof what, "AS %u", contact->asn);
    else
        g_strlcpy(what, "this block of addresses", sizeof what);
    g_snprintf(
        out, room,
        "%u of %u other assets called into %s in %.1f days (%u of the same role); %.1f %% of new contacts of "
        "this kind go to networks that are so rare here",
        contact->others_as, scorer->n_assets - 1, what, days, contact->others_role, 100 * (double)finding->p);
}

void
fleet_rarity_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a network that eight or more other assets call", room);
}
