/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic.h - conversations become what routers see of them: ways, slices, sampling, outages
 *
 * Four routers, each with its own time-outs: two borders, the core, and the plant, whose clock knows seconds
 * only. A conversation is cut into slices by the active and the inactive time-out, each direction is a record
 * of its own, and some conversations pass two routers. All chance here hangs on the record itself, so that
 * what is added elsewhere changes nothing. Records wait, by router, until exports.h takes them.
 */
#pragma once
#include "tests/eval/calendar.h"
#include "tests/eval/network.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_GRE = 47 };
enum { N_ROUTERS = 4, ROUTER_WEST = 0, ROUTER_EAST, ROUTER_CORE, ROUTER_PLANT };

typedef struct EvalRecord {
    int64_t start_ms, end_ms, export_ms;
    uint64_t octets;
    uint32_t src, dst, next_hop;
    uint32_t src_as, dst_as;
    uint32_t packets;
    uint16_t src_port, dst_port, in_if, out_if;
    uint8_t protocol, tcp_flags, end_reason, router;
} EvalRecord;

/* A conversation. @a opened it. Octets are those of the payload, spread over its duration. */
typedef struct Talk {
    uint32_t a, b;
    uint16_t a_port, b_port; /* a_port 0: any */
    uint8_t protocol;
    bool unanswered;
    int64_t start_ms;
    double seconds;
    double out_octets, in_octets;
    double alive_s; /* a sign of life so often and silence between; 0: traffic all the time */
    uint32_t alive_octets;
    uint32_t bursts; /* the octets go in so many pieces; only with @alive_s */
    uint64_t chance; /* what its details hang on */
} Talk;

/* From @from_ms to @until_ms a router does not do as usual. */
typedef enum RouterFault {
    FAULT_SILENT,  /* exports nothing */
    FAULT_THINNED, /* tells of one flow in @factor */
    FAULT_SAMPLED, /* samples @factor times fewer packets, and says so */
    FAULT_TEMPLATE /* its template has fewer fields */
} RouterFault;

typedef struct RouterEvent {
    int64_t from_ms, until_ms;
    uint8_t router, fault;
    uint32_t factor;
} RouterEvent;

/* Traffic from @host (0: any) into the network @asn (0: any, of @way) leaves otherwise from @from_ms on. */
typedef struct WayEvent {
    int64_t from_ms, until_ms;
    uint32_t host, asn;
    uint8_t way;
    uint8_t share;   /* percent of the networks */
    int8_t to_way;   /* -1: the same one */
    uint16_t out_if; /* 0: as before */
    uint32_t next_hop;
} WayEvent;

/* A load that is higher for a while: so much more of what the hosts of @site do, by conversations and by
 * octets in each. */
typedef struct LoadEvent {
    int64_t from_ms, until_ms;
    uint8_t site; /* N_SITES: all */
    uint32_t times;
    double octets;
} LoadEvent;

typedef struct Router {
    GArray *waiting; /* EvalRecord */
    uint32_t active_s, inactive_s, clock_ms;
} Router;

typedef struct Traffic {
    const Network *network;
    const Calendar *calendar;
    uint32_t sampling; /* one in N packets, on every router; 1: all */
    Router routers[N_ROUTERS];
    GArray *router_events, *way_events;
    LoadEvent load; /* zero: none; of what traffic_add_usual adds */
    uint64_t talks;
} Traffic;

void traffic_init(Traffic *self, const Network *network, const Calendar *calendar, uint32_t sampling);
void traffic_clear(Traffic *self);
void traffic_add(Traffic *self, const Talk *talk);
/* What is there every day, and so more on a day with a higher load. */
void traffic_add_usual(Traffic *self, const Talk *talk);
/* One in how many packets @router samples at @ms; @says: what it announces. */
uint32_t traffic_sampling(const Traffic *self, uint32_t router, int64_t ms);
bool traffic_has_fault(const Traffic *self, uint32_t router, int64_t ms, RouterFault fault);
