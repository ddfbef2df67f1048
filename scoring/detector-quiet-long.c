/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-quiet-long.c - the contact goes on and on, and moves little
 *
 * A reverse proxy keeps one connection for hours and speaks rarely. How many new contacts of the role lasted
 * at least this long is counted; the longer it goes on, the rarer it gets, so one quiet connection gains
 * evidence by the hour. The p-value only falls as the contact ages and is one for its whole life, so looking
 * at it every window costs nothing. A transfer that is large is not quiet and is left to the volume.
 */
#include "scoring/detector.h"

#include <stdio.h>

static const double quiet_octets = 3e6; /* a window */

static bool
is_quiet(const Contact *contact)
{
    return (contact->octets_out + contact->octets_in) / MAX(1, contact->active_windows) < quiet_octets;
}

bool
quiet_long_look(const DetectorView *view, Finding *out)
{
    const Contact *contact = view->contact;

    out->p = is_quiet(contact) ? (float)fleet_duration_p(view->scorer, view->role, contact) : 1;
    return true;
}

void
quiet_long_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    const Contact *contact = view->contact;
    double minutes = (double)(contact->last_ms - contact->first_ms) / 60e3;

    g_snprintf(
        out, room,
        "it has gone on for %.0f %s with %.0f kB out and %.0f kB in; %.2g %% of the role's new contacts last "
        "this long",
        minutes < 120 ? minutes : minutes / 60, minutes < 120 ? "minutes" : "hours",
        contact->octets_out / 1000, contact->octets_in / 1000, 100 * (double)finding->p);
}

void
quiet_long_instead(const DetectorView *view, char *out, size_t room)
{
    g_strlcpy(out, "a short contact", room);
}
