/* SPDX-License-Identifier: GPL-3.0-or-later */
/* datagram-store.c - see datagram-store.h */
#include "collector/cli/datagram-store.h"
#include "collector/capture.h"

#include <string.h>

/* Bytes lie one behind the other; the slack behind each is the next one's beginning, or the arena's end. */
typedef struct Stored {
    Datagram datagram; /* without its bytes, which move while the arena grows */
    size_t at;
} Stored;

struct DatagramStore {
    GArray *items; /* of Stored */
    uint8_t *arena;
    size_t used, room;
};

DatagramStore *
datagram_store_new(void)
{
    DatagramStore *self = g_new0(DatagramStore, 1);

    self->items = g_array_new(FALSE, FALSE, sizeof(Stored));
    return self;
}

void
datagram_store_free(DatagramStore *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->items);
    g_free(self->arena);
    g_free(self);
}

static void
append(DatagramStore *self, const Datagram *datagram)
{
    Stored item = { .datagram = *datagram, .at = self->used };

    if (self->used + datagram->length + DATAGRAM_SLACK > self->room) {
        self->room = (self->used + datagram->length + DATAGRAM_SLACK) * 3 / 2;
        self->arena = g_realloc(self->arena, self->room);
    }
    memcpy(self->arena + self->used, datagram->bytes, datagram->length + DATAGRAM_SLACK);
    self->used += datagram->length;
    g_array_append_val(self->items, item);
}

bool
datagram_store_load(DatagramStore *self, const char *path, GError **error)
{
    g_autoptr(Capture) capture = capture_open(path, error);
    Datagram datagram;
    int got = -1;

    while (capture != NULL && (got = capture_next(capture, &datagram, error)) > 0)
        append(self, &datagram);
    return got == 0;
}

size_t
datagram_store_count(const DatagramStore *self)
{
    return self->items->len;
}

size_t
datagram_store_bytes(const DatagramStore *self)
{
    return self->used;
}

Datagram
datagram_store_get(const DatagramStore *self, size_t index)
{
    const Stored *item = &g_array_index(self->items, Stored, index);
    Datagram datagram = item->datagram;

    datagram.bytes = self->arena + item->at;
    return datagram;
}
