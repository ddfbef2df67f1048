/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port-watch.h - do the source ports of a stream carry one run of sequence numbers, or each its own?
 *
 * A router that restarts comes back from another port and never returns to the old one; one that sends from
 * several sockets counts through all of them. Two routers behind one NAT address take turns, and each counts,
 * and runs, for itself. Templates need not tell: two of one model have the same. Pure arithmetic; fixed size.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { PORT_WATCH_MOST = 4 };

typedef struct PortSeen {
    uint16_t port; /* 0: free */
    bool has_uptime;
    uint32_t number, uptime; /* of its last datagram */
    int64_t heard_ms;
} PortSeen;

typedef struct PortWatch {
    PortSeen seen[PORT_WATCH_MOST];
    uint32_t last;             /* index of the one heard last */
    uint32_t n_apart, n_joint; /* evidence for either, the old fading */
} PortWatch;

typedef struct PortNews {
    uint32_t number, uptime;
    bool has_uptime;
    int64_t now_ms;
} PortNews;

/* A datagram from @port. True when by now evidence has it that the ports are senders of their own. */
bool port_watch_note(PortWatch *self, uint16_t port, const PortNews *news);
/* This uptime goes on from the last one of the same port, after another port was heard in between. */
bool port_watch_runs_on(const PortWatch *self, uint16_t port, uint32_t uptime, int64_t now_ms);
bool port_watch_knows(const PortWatch *self, uint16_t port);
