/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch-volume.h - what the watch of floods, which keeps the paces, asks of those of volumes */
#pragma once
#include "scoring/pace.h"
#include "scoring/watch.h"

/* Stands where the protocol stands in the cases of volumes, so that they are found by nobody who asks for
 * what else is held against the asset: a loud hour is no reason to believe that a new port is odd. */
enum { VOLUME_ALONE = CASE_ASPECT };
bool volume_is_alerted(const Scorer *scorer, const Watch *watch, uint32_t asset);

/* Opinions of volume_in, fan_in, fan_out and ratio about a window that pace_judge has judged. */
void volume_judge(Scorer *scorer, const PacePools *pools, Pace *pace, uint32_t asset, double trust);
/* Which kinds (bits of PaceMeasure) are part of an open alert about the asset and must not teach. */
uint32_t volume_alerted(const Scorer *scorer, const Pace *pace, uint32_t asset);
