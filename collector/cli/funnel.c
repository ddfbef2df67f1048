/* SPDX-License-Identifier: GPL-3.0-or-later */
/* funnel.c - see funnel.h */
#include "collector/cli/funnel.h"
#include "collector/base/ring.h"

enum {
    LEAST_SLOTS = 4,
    /* Being woken costs both sides more than a batch does. Where two or more are to be expected in a tick,
     * the consumer sleeps for one and then looks. A lane must hold what comes meanwhile. */
    TICK_US = 4000,
    TICK_SLOTS = 64,
};

typedef struct Lane {
    Ring *full, *empty;
    uint32_t batches, most; /* made; may be made. Producer */
    FlowBatch **idle;       /* a stack of those that came back. Producer */
    uint32_t n_idle;
} Lane;

struct Funnel {
    Sleeper sleeper; /* of the consumer */
    size_t n, turn;  /* consumer: the lane to look at first */
    bool may_tick;
    uint32_t taken;    /* consumer: batches since it waited last, */
    int64_t waited_us; /* which was then */
    Lane *lanes;
};

Funnel *
funnel_new(size_t n_lanes, uint32_t slots)
{
    Funnel *self = g_new0(Funnel, 1);
    uint32_t each = (uint32_t)MAX((slots + n_lanes - 1) / n_lanes, (size_t)LEAST_SLOTS);

    sleeper_init(&self->sleeper);
    self->n = n_lanes;
    self->may_tick = each >= TICK_SLOTS;
    self->lanes = g_new0(Lane, n_lanes);
    for (size_t i = 0; i < n_lanes; i++)
        self->lanes[i] = (Lane){ .full = ring_new_of_many(each, &self->sleeper),
                                 .empty = ring_new(each * 2),
                                 .idle = g_new(FlowBatch *, each),
                                 .most = each };
    return self;
}

static void
ring_empty(Ring *ring)
{
    for (FlowBatch *batch; (batch = ring_pop(ring)) != NULL;)
        flow_batch_free(batch);
    ring_free(ring);
}

void
funnel_free(Funnel *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->n; i++) {
        ring_empty(self->lanes[i].full);
        ring_empty(self->lanes[i].empty);
        for (uint32_t j = 0; j < self->lanes[i].n_idle; j++)
            flow_batch_free(self->lanes[i].idle[j]);
        g_free(self->lanes[i].idle);
    }
    sleeper_clear(&self->sleeper);
    g_free(self->lanes);
    g_free(self);
}

/*
 * The one that came back last: its lines are still in the cache. After a burst there are many batches; were
 * they used in turn, each would come from memory for ever.
 */
static FlowBatch *
take_idle(Lane *lane)
{
    FlowBatch *batch;

    while (lane->n_idle < lane->most && (batch = ring_pop(lane->empty)) != NULL)
        lane->idle[lane->n_idle++] = batch;
    return lane->n_idle > 0 ? lane->idle[--lane->n_idle] : NULL;
}

FlowBatch *
funnel_push(Funnel *self, size_t lane, FlowBatch *batch)
{
    Lane *to = &self->lanes[lane];
    FlowBatch *next = take_idle(to);

    if (next == NULL && to->batches < to->most) {
        next = flow_batch_new();
        to->batches++;
    }
    if (next == NULL || ring_push(to->full, batch))
        return next;
    to->idle[to->n_idle++] = next;
    return NULL;
}

FlowBatch *
funnel_pop(Funnel *self, size_t *lane)
{
    for (size_t i = 0; i < self->n; i++) {
        *lane = (self->turn + i) % self->n;
        FlowBatch *batch = ring_pop(self->lanes[*lane].full);
        if (batch != NULL) {
            self->turn = *lane + 1;
            self->taken++;
            return batch;
        }
    }
    return NULL;
}

void
funnel_return(Funnel *self, size_t lane, FlowBatch *batch)
{
    if (!ring_push(self->lanes[lane].empty, batch))
        flow_batch_free(batch);
}

static bool
has_batches(const void *user)
{
    const Funnel *self = user;

    for (size_t i = 0; i < self->n; i++)
        if (ring_depth(self->lanes[i].full) > 0)
            return true;
    return false;
}

void
funnel_wait(Funnel *self, int timeout_ms)
{
    int64_t now_us = g_get_monotonic_time();
    bool is_dense = self->may_tick && (now_us - self->waited_us) * 2 <= (int64_t)self->taken * TICK_US;

    self->waited_us = now_us;
    self->taken = 0;
    if (is_dense)
        g_usleep(TICK_US);
    if (!is_dense || !has_batches(self))
        sleeper_sleep(&self->sleeper, has_batches, self, timeout_ms);
}

void
funnel_wake(Funnel *self)
{
    sleeper_wake(&self->sleeper);
}
