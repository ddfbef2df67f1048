/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message-stream.h - cuts the bytes of one connection into IPFIX messages and gives them to the decoder
 *
 * TCP knows no messages: a read brings the end of one, some whole ones and the beginning of the next. What
 * comes is read into a room that all connections share, behind what this one kept of the last read; whole
 * messages are decoded where they lie, and only the beginning of the next is copied and kept, at most one
 * message. No I/O here, so that a test can give the bytes as it likes. Intake thread only.
 */
#pragma once
#include "collector/decoder.h"

typedef struct MessageStream {
    Decoder *decoder; /* borrowed */
    Session *session; /* lent by the decoder; NULL: not begun, or over */
    SessionPeer peer; /* its name is the session's */
    uint8_t *kept;    /* owned; the beginning of a message */
    uint32_t n_kept, kept_room;
    uint64_t messages; /* that were whole */
} MessageStream;

enum {
    MESSAGE_STREAM_READ = 256 << 10, /* bytes to read at once */
    MESSAGE_STREAM_ROOM = DATAGRAM_MOST + MESSAGE_STREAM_READ + DATAGRAM_SLACK,
};

/* Begins a session for @peer, which is copied. False with @why when the decoder will not have it. */
bool message_stream_begin(MessageStream *self, Decoder *decoder, const SessionPeer *peer, WallTime now,
                          Refusal *why);
/* Ends it; the beginning of a message that is still kept is counted as torn. Nothing happens when it was not
 * begun. */
void message_stream_end(MessageStream *self, WallTime now);

/* Puts what was kept at the start of @room (of MESSAGE_STREAM_ROOM bytes). How many bytes: read to behind
 * them, at most MESSAGE_STREAM_READ. */
size_t message_stream_lay_out(const MessageStream *self, uint8_t *room);

typedef enum MessageStreamEnd {
    MESSAGE_STREAM_GOES_ON,
    MESSAGE_STREAM_VERSION, /* no IPFIX */
    MESSAGE_STREAM_LENGTH,  /* a length that cannot be */
} MessageStreamEnd;
/* Decodes the whole messages among the @n bytes in @room, and keeps the rest. But for GOES_ON the stream
 * cannot be followed any more, which the decoder has counted: end it. */
MessageStreamEnd message_stream_take(MessageStream *self, const uint8_t *room, size_t n, WallTime now);
/* True while the beginning of a message waits for its end. */
static inline bool
message_stream_is_torn(const MessageStream *self)
{
    return self->n_kept > 0;
}
/* Gives back memory that is not in use. */
void message_stream_trim(MessageStream *self);
