/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message-stream-fixture.h - connections to a decoder, without sockets, and the messages that they bring
 */
#pragma once
#include "collector/message-stream.h"
#include "tests/collector/fixture.h"

#define SECONDS UINT32_C(1700000000)

enum { FIRST = 300, SECOND = 301, OPTIONS = 310, DOMAIN = 5 };

/* One or more connections to a decoder. */
typedef struct Wired {
    Fixture base;
    uint8_t *room; /* of MESSAGE_STREAM_ROOM bytes */
    MessageStream streams[2];
} Wired;

static inline void
begin(Wired *self, size_t i, uint16_t port)
{
    const SessionPeer peer = {
        .address = self->base.source, .port = port, .transport = TRANSPORT_TLS, .name = "r1.example.net"
    };
    Refusal why;

    g_assert_true(message_stream_begin(&self->streams[i], self->base.decoder, &peer,
                                       (WallTime){ self->base.now_ms }, &why));
}

static inline void
wired_init(Wired *self)
{
    *self = (Wired){ .room = g_malloc0(MESSAGE_STREAM_ROOM) };
    fixture_init(&self->base);
    begin(self, 0, 40000);
}

static inline void
end(Wired *self, size_t i)
{
    message_stream_end(&self->streams[i], (WallTime){ self->base.now_ms });
}

static inline void
wired_clear(Wired *self)
{
    end(self, 0);
    end(self, 1);
    fixture_clear(&self->base);
    g_free(self->room);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wired, wired_clear)

/* What one read brings. */
static inline MessageStreamEnd
bring(Wired *self, size_t i, const uint8_t *bytes, size_t length)
{
    size_t kept = message_stream_lay_out(&self->streams[i], self->room);

    memcpy(self->room + kept, bytes, length);
    memset(self->room + kept + length, 0xee, DATAGRAM_SLACK); /* what lies behind must not matter */
    MessageStreamEnd result =
        message_stream_take(&self->streams[i], self->room, kept + length, (WallTime){ self->base.now_ms });
    decoder_flush(self->base.decoder, (WallTime){ self->base.now_ms });
    return result;
}

static inline void
bring_pen(Wired *self, size_t i, const Pen *pen)
{
    g_assert_cmpint(bring(self, i, pen->bytes, pen->n), ==, MESSAGE_STREAM_GOES_ON);
}

/* What an id may mean: octets and packets, or packets and octets. */
static const uint16_t octets_packets[] = { 1, 4, 2, 4, 0 }, packets_octets[] = { 2, 4, 1, 4, 0 };

/* A message that announces what @id means. */
static inline void
pen_announce(Pen *pen, uint16_t id, const uint16_t *pairs)
{
    pen_ipfix(pen, SECONDS, 0, DOMAIN);
    pen_template_set(pen, id, pairs);
}

/* A message with the one record 700, 7. */
static inline void
pen_tell(Pen *pen, uint16_t id, uint32_t sequence)
{
    pen_ipfix(pen, SECONDS, sequence, DOMAIN);
    size_t set = pen_set(pen, id);
    pen_put(pen, 700, 4);
    pen_put(pen, 7, 4);
    pen_end(pen, set);
}

/* Stream @i brings one. */

static inline void
announce(Wired *self, size_t i, uint16_t id, const uint16_t *pairs)
{
    Pen pen;

    pen_announce(&pen, id, pairs);
    bring_pen(self, i, &pen);
}

static inline void
tell(Wired *self, size_t i, uint16_t id, uint32_t sequence)
{
    Pen pen;

    pen_tell(&pen, id, sequence);
    bring_pen(self, i, &pen);
}

/* Takes @id back, in a set of kind @set_id (2: templates, 3: options templates). */
static inline void
withdraw(Wired *self, size_t i, uint16_t set_id, uint16_t id)
{
    Pen pen;

    pen_ipfix(&pen, SECONDS, 0, DOMAIN);
    size_t set = pen_set(&pen, set_id);
    pen_put(&pen, id, 2);
    pen_put(&pen, 0, 2);
    pen_end(&pen, set);
    bring_pen(self, i, &pen);
}
