/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message-stream.c - see message-stream.h */
#include "collector/message-stream.h"
#include "collector/message-start.h"

#include <string.h>

enum { KEPT_LEAST = 2048 };

bool
message_stream_begin(MessageStream *self, Decoder *decoder, const SessionPeer *peer, WallTime now,
                     Refusal *why)
{
    *self = (MessageStream){ .decoder = decoder, .peer = *peer };
    self->peer.name = NULL;
    self->session = decoder_begin_session(decoder, peer, now, why);
    return self->session != NULL;
}

void
message_stream_end(MessageStream *self, WallTime now)
{
    if (self->session != NULL)
        decoder_end_session(self->decoder, g_steal_pointer(&self->session), self->n_kept, now);
    self->n_kept = 0;
    message_stream_trim(self);
}

size_t
message_stream_lay_out(const MessageStream *self, uint8_t *room)
{
    if (self->n_kept > 0)
        memcpy(room, self->kept, self->n_kept);
    return self->n_kept;
}

/* Grows in powers of two up to the longest message, and shrinks in message_stream_trim only: a busy
 * connection tears a message at each read. */
static void
keep(MessageStream *self, const uint8_t *bytes, size_t n)
{
    if (n > self->kept_room) {
        self->kept_room = MAX(self->kept_room, (uint32_t)KEPT_LEAST);
        while (self->kept_room < n)
            self->kept_room *= 2;
        g_free(self->kept);
        self->kept = g_malloc(self->kept_room);
    }
    if (n > 0)
        memcpy(self->kept, bytes, n);
    self->n_kept = (uint32_t)n;
}

static void
give(const MessageStream *self, const uint8_t *bytes, size_t length, WallTime now)
{
    decoder_datagram(self->decoder, &(Datagram){ .bytes = bytes,
                                                 .length = length,
                                                 .source = self->peer.address,
                                                 .source_port = self->peer.port,
                                                 .received = now,
                                                 .session = self->session });
}

/* Nothing behind an unsound start can be read: it and all that follows is one refusal, made by the decoder,
 * whose books then have every byte. */
static MessageStreamEnd
give_up(MessageStream *self, MessageStart start, const uint8_t *bytes, size_t n, WallTime now)
{
    give(self, bytes, n, now);
    self->n_kept = 0;
    return start == MESSAGE_START_VERSION ? MESSAGE_STREAM_VERSION : MESSAGE_STREAM_LENGTH;
}

MessageStreamEnd
message_stream_take(MessageStream *self, const uint8_t *room, size_t n, WallTime now)
{
    size_t length = 0;

    for (;;) {
        MessageStart start = message_start_read(room, n, &length);
        if (start == MESSAGE_START_VERSION || start == MESSAGE_START_LENGTH)
            return give_up(self, start, room, n, now);
        if (start == MESSAGE_START_SHORT || length > n)
            break;
        give(self, room, length, now);
        self->messages++;
        room += length;
        n -= length;
    }
    keep(self, room, n);
    return MESSAGE_STREAM_GOES_ON;
}

void
message_stream_trim(MessageStream *self)
{
    if (self->n_kept > 0)
        return;
    g_clear_pointer(&self->kept, g_free);
    self->kept_room = 0;
}
