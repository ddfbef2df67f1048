/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ring.c - see ring.h */
#include "collector/base/ring.h"

#include <stdlib.h>

struct Ring {
    uint32_t mask;
    Sleeper *sleeper; /* where the consumer sleeps: @own, or borrowed */
    /* Each side writes its own cache line, so the two cores do not fight over one. */
    _Alignas(64) atomic_uint head; /* producer: next slot to fill */
    _Alignas(64) atomic_uint tail; /* consumer: next slot to empty */
    _Alignas(64) Sleeper own;      /* unless one is borrowed */
    void **slots;
};

Ring *
ring_new_of_many(uint32_t slots, Sleeper *sleeper)
{
    uint32_t n = 2;

    while (n < slots && n < (1u << 30))
        n <<= 1;
    void *at = NULL;
    if (posix_memalign(&at, 64, sizeof(Ring)) != 0)
        g_error("ring: out of memory");
    Ring *self = at;
    *self = (Ring){ .mask = n - 1, .sleeper = sleeper };
    self->slots = g_new0(void *, n);
    return self;
}

Ring *
ring_new(uint32_t slots)
{
    Ring *self = ring_new_of_many(slots, NULL);

    self->sleeper = &self->own;
    sleeper_init(&self->own);
    return self;
}

void
ring_free(Ring *self)
{
    if (self == NULL)
        return;
    if (self->sleeper == &self->own)
        sleeper_clear(&self->own);
    g_free(self->slots);
    free(self);
}

void
ring_wake(Ring *self)
{
    sleeper_wake(self->sleeper);
}

bool
ring_push(Ring *self, void *item)
{
    uint32_t head = atomic_load_explicit(&self->head, memory_order_relaxed);

    g_assert(item != NULL);
    if (head - atomic_load_explicit(&self->tail, memory_order_acquire) > self->mask)
        return false;
    self->slots[head & self->mask] = item;
    atomic_store(&self->head, head + 1); /* sequentially consistent: see sleeper_sleep */
    sleeper_nudge(self->sleeper);
    return true;
}

void *
ring_pop(Ring *self)
{
    uint32_t tail = atomic_load_explicit(&self->tail, memory_order_relaxed);

    if (atomic_load_explicit(&self->head, memory_order_acquire) == tail)
        return NULL;
    void *item = self->slots[tail & self->mask];
    atomic_store_explicit(&self->tail, tail + 1, memory_order_release);
    return item;
}

static bool
has_items(const void *user)
{
    return ring_depth(user) > 0;
}

void
ring_wait(Ring *self, int timeout_ms)
{
    sleeper_sleep(self->sleeper, has_items, self, timeout_ms);
}

uint32_t
ring_depth(const Ring *self)
{
    Ring *ring = (Ring *)self;

    return atomic_load(&ring->head) - atomic_load(&ring->tail);
}
