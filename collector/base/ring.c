/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ring.c - see ring.h */
#include "collector/base/ring.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Ring {
    uint32_t mask;
    int wake_fd; /* eventfd: the consumer sleeps on it */
    /* Each side writes its own cache line, so the two cores do not fight over one. */
    _Alignas(64) atomic_uint head; /* producer: next slot to fill */
    _Alignas(64) atomic_uint tail; /* consumer: next slot to empty */
    _Alignas(64) atomic_bool sleeping;
    void **slots;
};

Ring *
ring_new(uint32_t slots)
{
    uint32_t n = 2;

    while (n < slots && n < (1u << 30))
        n <<= 1;
    void *at = NULL;
    if (posix_memalign(&at, 64, sizeof(Ring)) != 0)
        g_error("ring: out of memory");
    Ring *self = at;
    *self = (Ring){ .mask = n - 1, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    g_assert(self->wake_fd >= 0);
    self->slots = g_new0(void *, n);
    return self;
}

void
ring_free(Ring *self)
{
    if (self == NULL)
        return;
    close(self->wake_fd);
    g_free(self->slots);
    free(self);
}

void
ring_wake(Ring *self)
{
    uint64_t one = 1;
    ssize_t ignored = write(self->wake_fd, &one, sizeof one); /* full means: awake already */

    (void)ignored;
}

bool
ring_push(Ring *self, void *item)
{
    uint32_t head = atomic_load_explicit(&self->head, memory_order_relaxed);

    g_assert(item != NULL);
    if (head - atomic_load_explicit(&self->tail, memory_order_acquire) > self->mask)
        return false;
    self->slots[head & self->mask] = item;
    /* Sequentially consistent with the consumer's announcement in ring_wait: one of the two sees the other.
     */
    atomic_store(&self->head, head + 1);
    if (atomic_load(&self->sleeping))
        ring_wake(self);
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

void
ring_wait(Ring *self, int timeout_ms)
{
    struct pollfd fd = { .fd = self->wake_fd, .events = POLLIN };

    atomic_store(&self->sleeping, true);
    if (atomic_load(&self->head) == atomic_load(&self->tail))
        poll(&fd, 1, timeout_ms);
    atomic_store(&self->sleeping, false);

    uint64_t drained;
    ssize_t ignored = read(self->wake_fd, &drained, sizeof drained);
    (void)ignored;
}

uint32_t
ring_depth(const Ring *self)
{
    Ring *ring = (Ring *)self;

    return atomic_load_explicit(&ring->head, memory_order_relaxed) -
           atomic_load_explicit(&ring->tail, memory_order_relaxed);
}
