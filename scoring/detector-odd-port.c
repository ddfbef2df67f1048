/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-odd-port.c - a port that new contacts of this role do not go to
 */
#include "scoring/detector.h"

#include <stdio.h>

bool
odd_port_look(const DetectorView *view, Finding *out)
{
    out->p = (float)fleet_port_p(view->scorer, view->role, view->contact);
    out->decibans = (float)decibans_of(e_hedged((double)out->p));
    return true;
}

void
odd_port_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    char share[16];

    detector_share_words((double)finding->p, share);
    g_snprintf(out, room,
               "port %u (protocol %u): %s of the role's new contacts of this kind go to ports this rare "
               "or rarer",
               contact->service, contact->protocol, share);
}

void
odd_port_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a port usual for its role", room);
}
