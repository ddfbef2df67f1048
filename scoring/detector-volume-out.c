/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector-volume-out.c - an asset sends more than its hour of the week explains
 *
 * The residual of the window against the seasonal baseline, less what the last residual already foretold and
 * what the whole role does at the same time, ranked among past residuals of hours like this one: where most
 * windows are silent and the others are not, an hour of work would else look odd from beginning to end.
 * Evidence accumulates over windows: one loud window or many slightly loud ones.
 */
#include "scoring/detector.h"

#include <stdio.h>

bool
volume_out_look(const DetectorView *view, Finding *out)
{
    double p = calibrated_p(&view->asset->residuals[view->is_busy], &view->role->residuals[view->is_busy],
                            view->residual);

    out->p = (float)p;
    out->decibans = (float)decibans_of(e_of_small_p(p));
    return view->asset->octets_out.n > 0;
}

void
volume_out_explain(const DetectorView *view, const Finding *finding, char *out, size_t room)
{
    char name[80], sent[32], expected[32], high[32], rarity[40];

    detector_asset_words(view->asset, name, sizeof name);
    detector_octets_words(view->observed, sent);
    detector_octets_words(view->band->expected, expected);
    detector_octets_words(view->band->high, high);
    detector_rarity_words((double)finding->p, rarity);
    g_snprintf(out, room,
               "%s sent %s in a window where %s is usual at this hour of the week and %s is the upper end; "
               "the oddest window of this spell is %s, and evidence adds up by the hour",
               name, sent, expected, high, rarity);
}

void
volume_out_instead(const DetectorView *view, char *out, size_t room)
{
    char sent[32], high[32];

    detector_octets_words(view->observed, sent);
    detector_octets_words(view->band->high, high);
    g_snprintf(out, room, "no more than %s in such a window, instead of %s", high, sent);
}
