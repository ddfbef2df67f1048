/* SPDX-License-Identifier: GPL-3.0-or-later */
/* port-watch.c - see port-watch.h */
#include "collector/port-watch.h"
#include "collector/uptime.h"

#include <glib.h>

enum {
    LIVE_MS = 5 * 60 * 1000, /* a port that was silent for longer may have got another owner */
    NEAR = 1 << 20,          /* one run does not leap farther between two datagrams of a port */
    APART_LEAST = 8,
    APART_TIMES = 4, /* so many times the evidence to the contrary */
    FADES_AT = 64,
};

static int
index_of(const PortWatch *self, uint16_t port)
{
    for (int i = 0; i < PORT_WATCH_MOST; i++)
        if (self->seen[i].port == port)
            return i;
    return -1;
}

static int
oldest(const PortWatch *self)
{
    int at = 0;

    for (int i = 1; i < PORT_WATCH_MOST; i++)
        if (self->seen[i].heard_ms < self->seen[at].heard_ms)
            at = i;
    return at;
}

/* The port was heard before, and @other in between. One run has passed through what the other one sent. */
static void
weigh(PortWatch *self, const PortSeen *own, const PortSeen *other, const PortNews *news)
{
    int32_t from_own = (int32_t)(news->number - own->number);
    int32_t from_other = (int32_t)(news->number - other->number);

    if (from_own <= 0 || from_own > NEAR)
        return; /* it fits neither: a restart, or an old datagram */
    if (from_other > 0 && from_other <= from_own)
        self->n_joint++;
    else
        self->n_apart++;
    if (self->n_joint + self->n_apart > FADES_AT) {
        self->n_joint /= 2;
        self->n_apart /= 2;
    }
}

bool
port_watch_note(PortWatch *self, uint16_t port, const PortNews *news)
{
    PortSeen *last = &self->seen[self->last];
    int at = last->port == port ? (int)self->last : index_of(self, port);

    if (port == 0)
        return false;
    if (at >= 0 && at != (int)self->last && news->now_ms - self->seen[at].heard_ms < LIVE_MS)
        weigh(self, &self->seen[at], last, news);
    if (at < 0)
        at = oldest(self);
    self->seen[at] = (PortSeen){ .port = port,
                                 .has_uptime = news->has_uptime,
                                 .number = news->number,
                                 .uptime = news->uptime,
                                 .heard_ms = news->now_ms };
    self->last = (uint32_t)at;
    return self->n_apart >= APART_LEAST && self->n_apart > APART_TIMES * self->n_joint;
}

bool
port_watch_runs_on(const PortWatch *self, uint16_t port, uint32_t uptime, int64_t now_ms)
{
    int at = index_of(self, port);

    if (port == 0 || at < 0 || at == (int)self->last)
        return false;
    const PortSeen *own = &self->seen[at];
    return own->has_uptime && now_ms - own->heard_ms < LIVE_MS &&
           uptime_fits(own->uptime, uptime, now_ms - own->heard_ms);
}

bool
port_watch_knows(const PortWatch *self, uint16_t port)
{
    return self->seen[self->last].port == port || index_of(self, port) >= 0;
}
