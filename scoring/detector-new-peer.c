/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-new-peer.c - an asset calls a far end, or a whole network, that it never called before
 *
 * The evidence is about new networks (AS, or /24 and /48 where no AS is known): how often this asset and its
 * role meet one. A new address in a network that the asset knows is hardly evidence.
 */
#include "scoring/detector.h"

#include <stdio.h>

bool
new_peer_look(const DetectorView *view, Finding *out)
{
    const Contact *contact = view->contact;

    out->p = contact->is_new_as ? (float)contact->p_as : 1;
    out->decibans = contact->is_new_as ? (float)contact->lead_as : (float)decibans_of(e_of_p(1));
    return true;
}

void
new_peer_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    char name[80], far[IP_TEXT], place[200];

    detector_asset_words(view->asset, name, sizeof name);
    detector_place_words(view, place, sizeof place);
    ip_text(&view->scorer->peers[contact->peer].address, far);
    if (contact->is_new_as)
        g_snprintf(out, room,
                   "%s had never called into %s, where %s is; it met %.0f new networks in %.1f days", name,
                   place, far, contact->own_as, contact->own_days);
    else
        g_snprintf(out, room, "%s is a new far end for %s, in %s, a network it has called before", far, name,
                   place);
}

void
new_peer_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a network that the asset already calls", room);
}
