/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp.h - what a stamp of milliseconds since the exporter's start means
 *
 * The stamps have 32 bits and wrap after 49.7 days. A stamp lies near the export, so its distance to the
 * uptime at the export, modulo 2^32 and signed, is right beyond the wrap too, and for a start just before the
 * boot (0xffffffff).
 */
#pragma once
#include <stdint.h>

static inline int64_t
stamp_uptime_to_ms(int64_t export_ms, int64_t boot_ms, uint32_t stamp)
{
    /* An export time without its milliseconds lies before a boot in the same second: that is no disagreement.
     */
    if (boot_ms - export_ms > INT32_MAX) /* the clocks disagree: no wrap can be worked out */
        return boot_ms + stamp;
    return export_ms - (int32_t)((uint32_t)(export_ms - boot_ms) - stamp);
}
