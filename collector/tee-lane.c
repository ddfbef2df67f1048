/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tee-lane.c - see tee-private.h: one producer, one consumer, one copy */
#include "collector/tee-private.h"

#include <string.h>
#include <unistd.h>

enum { LEAST_BYTES = 1 << 18 }; /* room for a few messages of the largest size */

void
tee_lane_init(TeeLane *self, size_t bytes, atomic_bool *is_sleeping, int wake_fd)
{
    size_t size = LEAST_BYTES;

    while (size * 2 <= bytes)
        size *= 2;
    *self = (TeeLane){ .size = size, .is_sleeping = is_sleeping, .wake_fd = wake_fd };
    self->bytes = g_aligned_alloc(1, size, 64);
}

void
tee_lane_clear(TeeLane *self)
{
    g_clear_pointer(&self->bytes, g_aligned_free);
}

static TeeItem *
item_at(const TeeLane *self, size_t at)
{
    return (TeeItem *)(void *)(self->bytes + (at & (self->size - 1)));
}

static size_t
room_of(size_t length)
{
    return (sizeof(TeeItem) + length + 7) & ~(size_t)7;
}

static bool
has_room(TeeLane *self, size_t bytes)
{
    if (self->next + bytes - self->tail_seen <= self->size)
        return true;
    self->tail_seen = atomic_load_explicit(&self->tail, memory_order_acquire);
    return self->next + bytes - self->tail_seen <= self->size;
}

void
tee_lane_push(TeeLane *self, const uint8_t *bytes, size_t length, size_t each, const IpAddress *source,
              uint16_t port)
{
    size_t room = room_of(length), to_end = self->size - (self->next & (self->size - 1));
    size_t skipped = room > to_end ? to_end : 0; /* an item lies in one piece */

    if (!has_room(self, skipped + room)) {
        atomic_fetch_add_explicit(&self->dropped, each == 0 ? 1 : (length + each - 1) / each,
                                  memory_order_relaxed);
        return;
    }
    if (skipped > 0)
        item_at(self, self->next)->length = TEE_WRAP;
    TeeItem *item = item_at(self, self->next + skipped);
    *item = (TeeItem){ .length = (uint32_t)length, .each = (uint16_t)each, .port = port, .source = *source };
    memcpy(item + 1, bytes, length);
    self->next += skipped + room;
}

void
tee_lane_flush(TeeLane *self)
{
    uint64_t one = 1;

    if (atomic_load_explicit(&self->head, memory_order_relaxed) == self->next)
        return;
    /* Sequentially consistent with the consumer, who says that it sleeps and then looks once more. */
    atomic_store(&self->head, self->next);
    if (atomic_load(self->is_sleeping)) {
        ssize_t ignored = write(self->wake_fd, &one, sizeof one); /* full means: awake already */
        (void)ignored;
    }
}

const TeeItem *
tee_lane_read(const TeeLane *self, size_t *at)
{
    if (*at == atomic_load(&self->head))
        return NULL;
    const TeeItem *item = item_at(self, *at);
    if (item->length == TEE_WRAP) {
        *at += self->size - (*at & (self->size - 1));
        item = item_at(self, *at);
    }
    *at += room_of(item->length);
    return item;
}

void
tee_lane_release(TeeLane *self, size_t at)
{
    atomic_store_explicit(&self->tail, at, memory_order_release);
}
