/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quirk.h - what exporters do otherwise than the standards say, found by evidence
 *
 * A quirk is never switched on by hand: it is seen in the datagrams, allowed for where that is safe, and told
 * on the exporter's page, because other collectors may not allow for it. What is in records is looked for in
 * one record of every few blocks, so that it costs nothing worth measuring.
 */
#pragma once
#include "collector/flow.h"
#include "collector/sighting.h"
#include "collector/template.h"

/* What a quirk's count is a share of. */
typedef enum QuirkShare { SHARE_NONE, SHARE_RECORDS, SHARE_DATAGRAMS } QuirkShare;

/*
 * id, code, share of, so many per mille to be told, in words, what is done about it or can be.
 * A new quirk is one more line here, evidence in quirk.c or where the bytes are read, and one more test.
 */
#define QUIRKS(X)                                                                                            \
    X(SWAPPED_RATE, "swapped_rate", NONE, 0,                                                                 \
      "It sends its sampling rate with the bytes the wrong way round", "This is allowed for.")               \
    X(LONG_UPTIME, "long_uptime", NONE, 0, "Its stamps of uptime have eight bytes instead of four",          \
      "This is allowed for.")                                                                                \
    X(NO_STAMP, "stamps_1970", RECORDS, 0, "Records have 1970 where the time of the flow should be",         \
      "The time of the export is taken instead.")                                                            \
    X(HEADER_1970, "header_1970", DATAGRAMS, 0, "Its datagrams are dated 1970: its clock was never set",     \
      "The time of arrival is taken instead; let it take its time from an NTP server.")                      \
    X(MS_IN_SECONDS, "milliseconds_in_seconds", RECORDS, 0,                                                  \
      "It sends milliseconds in fields that have seconds", "This is allowed for.")                           \
    X(SECONDS_IN_MS, "seconds_in_milliseconds", RECORDS, 0,                                                  \
      "It sends seconds in fields that have milliseconds", "This is allowed for.")                           \
    X(FUTURE_START, "future_start", RECORDS, 5, "Flows begin after the datagram that reports them was sent", \
      "Their times are taken as they are. Its parts (line cards, modules) may have clocks of their own.")    \
    X(REVERSED, "reversed_times", RECORDS, 5, "Flows end before they begin",                                 \
      "The earlier time is taken for the beginning.")                                                        \
    X(LONGER_THAN_TIMEOUT, "longer_than_timeout", RECORDS, 5,                                                \
      "Flows are longer than the active time-out that it tells",                                             \
      "Their traffic is spread over their whole life.")                                                      \
    X(ZERO_COUNTS, "zero_counts", RECORDS, 5, "Records have neither octets nor packets",                     \
      "They count as contacts, not as traffic.")                                                             \
    X(ZERO_PACKETS, "zero_packets", RECORDS, 5, "Records have octets but no packets", NULL)                  \
    X(NO_OUT_INTERFACE, "no_output_interface", RECORDS, 10,                                                  \
      "Records have 0 for the interface where the traffic left",                                             \
      "Mostly this is traffic that the router dropped, or that was meant for itself.")                       \
    X(V4_IN_V6, "ipv4_in_ipv6", RECORDS, 0, "It sends IPv4 addresses in fields for IPv6",                    \
      "They are taken for what they are.")                                                                   \
    X(PADDING, "padding", DATAGRAMS, 5, "It fills its datagrams up with zeros", "This is allowed for.")      \
    X(V9_COUNT, "v9_count", DATAGRAMS, 10,                                                                   \
      "The count in its headers is not that of its records and templates (RFC 3954 section 5.1)",            \
      "The count is not used.")                                                                              \
    X(TEMPLATE_EACH, "template_each_datagram", DATAGRAMS, 500, "It repeats its templates in every datagram", \
      "This costs bandwidth and nothing else.")                                                              \
    X(NO_BOOT_TIME, "no_boot_time", NONE, 0,                                                                 \
      "Its IPFIX has stamps of uptime, but it never tells when it was started",                              \
      "The start is worked out from the latest stamps; times are right to a few seconds.")

typedef enum Quirk {
#define X(id, code, share, least, words, done) QUIRK_##id,
    QUIRKS(X)
#undef X
        N_QUIRKS
} Quirk;

typedef struct QuirkKind {
    const char *code, *words, *done; /* @done may be NULL */
    QuirkShare share;
    uint32_t least_per_mille;
} QuirkKind;
const QuirkKind *quirk_kind(Quirk quirk);

/* What was found of one exporter. */
typedef struct Quirks {
    uint32_t turns;            /* blocks that went by */
    uint64_t looked;           /* records looked at */
    uint64_t datagrams_before; /* the exporter's, before the restart */
    Sighting seen[N_QUIRKS];
} Quirks;

/* A block of records went by: is it one to look at? */
static inline bool
quirks_turn(Quirks *self)
{
    return (self->turns++ & 7) == 0;
}

/* A record before and after its times were worked out. */
typedef struct QuirkView {
    const Template *tmpl;
    const FlowRecord *record;
    uint64_t raw_start, raw_end; /* as on the wire */
    int64_t export_ms, now_ms;
    uint32_t active_timeout_s; /* as the exporter tells it; 0: it does not */
} QuirkView;
void quirks_look(Quirks *self, const QuirkView *view);

/* Often enough to be told; @datagrams is how many the exporter has sent. */
bool quirk_is_told(const Quirks *self, Quirk quirk, uint64_t datagrams);
