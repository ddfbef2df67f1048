/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message-start.h - where an IPFIX message ends, told by its beginning
 *
 * The header has the length of the whole message (RFC 7011 section 3.1), so that messages can stand back to
 * back: in files (RFC 5655) and in TCP and TLS (RFC 7011 section 10.4). When a start is not sound, nobody can
 * find the next message either.
 */
#pragma once
#include "collector/base/cursor.h"

enum { MESSAGE_START = 4, MESSAGE_HEADER = 16, MESSAGE_VERSION = 10, MESSAGE_MOST = 65535 };

typedef enum MessageStart {
    MESSAGE_START_SOUND,
    MESSAGE_START_SHORT,   /* not even the length is there yet */
    MESSAGE_START_VERSION, /* another protocol */
    MESSAGE_START_LENGTH,  /* shorter than its own header */
} MessageStart;

/* Fills @length, that of the whole message, when the start is sound. */
static inline MessageStart
message_start_read(const uint8_t *bytes, size_t n, size_t *length)
{
    Cursor cur = cursor_over(bytes, n);
    uint16_t version = cursor_u16(&cur);

    if (n >= 2 && version != MESSAGE_VERSION)
        return MESSAGE_START_VERSION;
    *length = cursor_u16(&cur);
    if (cur.failed)
        return MESSAGE_START_SHORT;
    return *length < MESSAGE_HEADER ? MESSAGE_START_LENGTH : MESSAGE_START_SOUND;
}
