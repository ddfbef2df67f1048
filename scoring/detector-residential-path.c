/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-residential-path.c - a new outbound path to a home network
 *
 * Intruders come and go through taken-over home routers, so that their traffic looks like a neighbour's line.
 * The class alone says nothing: home users come in all day, and a mail server calls new home lines every day.
 * The question is how often this asset, and those of its role, have ever called a home line that was new to
 * them, and how sure the place table is of the class. Replies to home users are not calls (direction.h); what
 * is not known to be a call never gets here.
 */
#include "scoring/detector.h"

#include <stdio.h>

bool
residential_path_look(const DetectorView *view, Finding *out)
{
    const Contact *contact = view->contact;
    double sure = contact->confidence / 100.0;

    if (!contact->is_home)
        return false;
    out->p = (float)contact->p_home;
    /* If the table is wrong about the class, there is no bet. */
    out->decibans = (float)decibans_of(sure * e_of_decibans(contact->lead_home) + (1 - sure));
    return true;
}

void
residential_path_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    char name[80], far[IP_TEXT], place[200];

    detector_asset_words(view->asset, name, sizeof name);
    detector_place_words(view, place, sizeof place);
    ip_text(&view->scorer->peers[contact->peer].address, far);
    g_snprintf(out, room,
               "%s in %s was never called by %s before; %s called %.0f new home lines in %.1f days; %u of %u "
               "assets of "
               "its role ever called one",
               far, place, name, name, contact->own_home, contact->own_days,
               view->role->novelty.assets_with[NOVELTY_HOME], view->role->novelty.assets);
}

void
residential_path_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a far end that is no home line", room);
}
