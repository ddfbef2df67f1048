/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load.h - datagrams of several routers, built in memory, to be sent as fast as a collector can take them
 *
 * Traffic as a backbone sees it: 8,192 hosts inside 10.0.0.0/19, asked for by Zipf's law, 200,000 outside; so
 * many of a hundred flows are between two hosts that never met in this load, the others between two that did
 * lately, as often as not in the other direction. As hard as it gets, for whatever that share is, each record
 * is a conversation of its own: every flow has a new port, as every connection of a client has, but nobody is
 * answered and nothing lasts; and any router may tell of any flow, by any way.
 *
 * @is_talk makes it like the traces that we know. Of a busy server on the Internet, in two days: 96 % of the
 * conversations are answered, two records each, 17 % of them between two who had not met, most of these its
 * scanners; half of the others are with somebody met within the last 41. (Two desktops, scanned all day: a
 * quarter to a third answered, 1.4 to 1.8 records each.) So flows are followed by their answers, a host's
 * next partner is drawn by how long ago they met, evenly over the powers of two, and each host stands behind
 * one router, whose routes do not change.
 *
 * All datagrams of a load have one size, and those of one exporter stand in runs of @burst, so that the
 * kernel can take a run in one call (UDP_SEGMENT). The same LoadConf gives the same bytes.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { LOAD_MOST_EXPORTERS = 64 };

typedef struct LoadConf {
    const char *format; /* v5 (48 bytes a record), v9 (20 fields, 56 bytes), ipfix (20 fields, 72 bytes) */
    uint32_t exporters, burst;
    uint32_t datagrams;   /* rounded up to whole runs of all exporters */
    uint32_t new_percent; /* flows of a hundred that are between two hosts never seen together */
    bool is_talk;         /* flows are answered, and hosts meet again whom they met lately */
    uint64_t seed;
    int64_t base_ms; /* the exporters' clock at the first datagram */
    double rate;     /* datagrams a second: how their clock goes on */
} LoadConf;

typedef struct Load {
    LoadConf conf;
    uint32_t records_each; /* records in a datagram */
    uint32_t size;         /* bytes of a datagram */
    /* conf.datagrams of them, and then one last of each exporter, which follows its sequence. */
    uint8_t *bytes;
    GBytes *templates[LOAD_MOST_EXPORTERS]; /* to be sent first; NULL where the format has none */
} Load;

/* NULL when there is no such format, or more than LOAD_MOST_EXPORTERS are wanted. */
Load *load_new(const LoadConf *conf);
void load_free(Load *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Load, load_free)

/* Records in a datagram of this format; 0: there is no such format. */
uint32_t load_records_each(const char *format);
/* Whose datagram it is; also of the last ones behind conf.datagrams. */
uint32_t load_exporter(const Load *self, uint32_t index);
