/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stamp.h - what stamps mean whose numbers wrap: milliseconds since the exporter's start, and NTP's seconds
 *
 * Both are read in the light of the export: a flow lies near it. The rule for every element of time; of those
 * for one end of a flow, the first that is there is taken:
 *
 * - 152, 153: milliseconds since 1970, as they are.
 * - 154, 155, 156, 157: NTP's seconds since 1900 and their binary fraction, of the era that lies near the
 *   export. RFC 7011 section 6.1.9 gives the lowest 11 bits of a stamp of microseconds no meaning: they are
 *   gone when it is rounded down.
 * - 150, 151: seconds since 1970, as they are.
 * - 22, 21: milliseconds since the start, of 32 bits, which wrap after 49.7 days: relative to the uptime in
 *   the header (v5, v9), to 160, or to the latest end that was seen. A start before the boot (0xffffffff)
 * lies just before it.
 * - 158, 159: microseconds before the export.
 * - 160: when the exporter was started, the zero of 21 and 22; of the record, else of options data.
 * - 161, 162: how long the flow was; gives the other end where only one is there.
 * - 323, 324, 325, 322: when it was observed: both ends where neither is there, else the end.
 * - All others (258, 260 to 273, 359, 360) are printed and are no flow's time.
 *
 * 0, what is before 1970 and what is after 9999 is no time: that of the export is taken. A start after its
 * end is brought down to it. The header's seconds last until 2106; who sends 0 there has no clock, and is
 * taken to send at once. sFlow has no stamps: a sample is as old as its arrival.
 */
#pragma once
#include <stdint.h>

#define STAMP_LATEST_MS INT64_C(253402300799999) /* 9999-12-31 */
/* September 2001 in seconds, January 1970 in milliseconds: from here on a small number is the former. */
enum { STAMP_SECONDS_LEAST = 1000000000 };
/* 35 years of milliseconds: no router has run for so long, so that this is a date. */
#define STAMP_UPTIME_MOST (INT64_C(1) << 40)

/*
 * Stamps of uptime have 32 bits and wrap after 49.7 days. The distance to the uptime at the export, modulo
 * 2^32 and signed, is right beyond the wrap too, and for a start just before the boot (0xffffffff).
 */

static inline int64_t
stamp_uptime_to_ms(int64_t export_ms, int64_t boot_ms, uint32_t stamp)
{
    /* An export time without its milliseconds lies before a boot in the same second: that is no disagreement.
     */
    if (boot_ms - export_ms > INT32_MAX) /* the clocks disagree: no wrap can be worked out */
        return boot_ms + stamp;
    return export_ms - (int32_t)((uint32_t)(export_ms - boot_ms) - stamp);
}

#define STAMP_NTP_TO_UNIX_S INT64_C(2208988800) /* 1900 to 1970 */
#define STAMP_NTP_ERA_MS    (INT64_C(1000) << 32)

/*
 * RFC 7011 section 6.1.9: 32 bits of seconds since 1900, 32 bits of their fraction. The seconds begin anew in
 * February 2036 (RFC 5905 section 6): the later era is meant unless that lies more than a
 * day after the export. 0 for no stamp; what is negative was before 1970.
 */
static inline int64_t
stamp_ntp_to_ms(int64_t export_ms, uint64_t stamp)
{
    int64_t ms =
        ((int64_t)(stamp >> 32) - STAMP_NTP_TO_UNIX_S) * 1000 + (int64_t)((stamp & UINT32_MAX) * 1000 >> 32);

    if (stamp == 0)
        return 0;
    return ms + STAMP_NTP_ERA_MS <= export_ms + 24 * 3600 * 1000 ? ms + STAMP_NTP_ERA_MS : ms;
}
