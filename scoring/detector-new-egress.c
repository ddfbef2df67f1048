/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-new-egress.c - the contact leaves the network by a way that the asset never used
 *
 * The way out is exporter, egress interface and next hop. Where records carry neither interface nor next hop,
 * the question does not apply.
 */
#include "scoring/detector.h"

#include <stdio.h>

bool
new_egress_look(const DetectorView *view, Finding *out)
{
    if (!view->contact->knows_egress)
        return false;
    out->p = view->contact->is_new_egress
                 ? (float)share_p(&view->role->egress, &view->scorer->fleet.egress) / 2
                 : 1;
    /* The mid-p: a bet on it is fair, as the calibrator is convex (habit.h). */
    out->decibans = (float)decibans_of(e_hedged((double)out->p));
    return true;
}

void
new_egress_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    const PathUse *path = contact_path(view->scorer, contact);
    uint32_t out_if = path == NULL ? 0 : path->out_if;
    char share[16];

    detector_share_words(2 * (double)finding->p, share);
    if (!contact->is_new_egress)
        g_snprintf(out, room, "it leaves by a way that the asset uses (interface %u)", out_if);
    else
        g_snprintf(out, room,
                   "it leaves by a way that the asset never used (interface %u); %s of new contacts do so",
                   out_if, share);
}

void
new_egress_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "the usual way out", room);
}
