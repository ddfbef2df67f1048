/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch-volume.h - what the watch of floods, which keeps the paces, asks of those of volumes */
#pragma once
#include "scoring/pace.h"

/* Opinions of volume_in, fan_in, fan_out and ratio about a window that pace_judge has judged. */
void volume_judge(Scorer *scorer, const PacePools *pools, Pace *pace, uint32_t asset, double trust);
/* Which kinds (bits of PaceMeasure) are part of an open alert about the asset and must not teach. */
uint32_t volume_alerted(const Scorer *scorer, const Pace *pace, uint32_t asset);
