/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.h - two weeks of a small regional network, for `talaya demo` and for tests
 *
 * An island telecom: some sixty hosts, three routers that export NetFlow v9, IPFIX and NetFlow v5, and a
 * pretend Internet made of documentation and benchmark addresses. People come and go by the hour and the day
 * of the week, meet new peers, back up at night; machines poll and keep connections open. In the last hours
 * one server, which was taken over, begins to keep a connection to a home line. The generator is pure: the
 * same seed gives the same bytes; it reads no clock and knows nothing of how Talaya scores.
 */
#pragma once
#include "collector/flow.h"

typedef struct ScenarioConf {
    uint64_t seed;
    uint32_t days; /* 1..60 */
    WallTime end;  /* cut to a full minute */
    bool attack;
} ScenarioConf;

typedef struct ScenarioDatagram {
    const uint8_t *bytes; /* lent for the call */
    size_t length;
    uint32_t router;    /* 0..SCENARIO_ROUTERS-1 */
    IpAddress exporter; /* 127.66.0.1 and up */
    uint16_t port;      /* the exporter's */
    WallTime sent;      /* flow time */
} ScenarioDatagram;
enum { SCENARIO_ROUTERS = 3 };

/* False ends the scenario. */
typedef bool (*ScenarioSend)(void *user, const ScenarioDatagram *datagram);

typedef struct ScenarioTotals {
    uint64_t datagrams, records, bytes; /* flow records; options records are not counted */
    WallTime begin, end, attack_begin;  /* attack_begin.ms 0: there was none */
    IpAddress attacked, relay;
} ScenarioTotals;

/* Plays the whole scenario; datagrams come in the order of their time. Fills @totals. False when @send ended
 * it. */
bool scenario_play(const ScenarioConf *conf, ScenarioSend send, void *user, ScenarioTotals *totals);

/* The files that fit it; the caller frees the text. */
char *scenario_config_text(void);
char *scenario_assets_text(void);
char *scenario_places_text(void);
