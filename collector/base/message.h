/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message.h - what the processes of `talaya serve` say to each other
 *
 * Over SOCK_SEQPACKET pairs that the parent makes and keeps, so that a child that died leaves no half message
 * to its successor. Each packet has a header with magic, version, type, id and length; a larger body goes in
 * several packets and is put together again up to MESSAGE_MOST. A message that breaks a rule is refused and
 * counted, and the channel goes on with the next one: the peer may be a process that an attacker has taken
 * over.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum MessageType {
    MESSAGE_QUERY = 1, /* web -> sense, series: JSON {"what": ..., ...}; the answer carries the same id */
    MESSAGE_ANSWER,    /* u16 status (HTTP's), then the body: JSON, or an image */
    MESSAGE_SAMPLES,   /* sense -> series: SeriesSample[], no answer */
    N_MESSAGE_TYPES
} MessageType;
enum { MESSAGE_VERSION = 1, MESSAGE_MOST = 8 << 20, MESSAGE_PACKET = 60 << 10 };

typedef struct Message {
    MessageType type;
    uint32_t id;
    uint16_t status; /* of an answer */
    GBytes *body;    /* owned */
} Message;
void message_clear(Message *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Message, message_clear)

/* One end of a pair. One thread reads; any thread may send (each packet is one call; bodies of more than one
 * packet are kept together by a lock). */
typedef struct Channel Channel;
/* Takes @fd. */
Channel *channel_new(int fd);
void channel_free(Channel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Channel, channel_free)
/* A connected pair of descriptors, close-on-exec, not blocking, with large buffers. */
bool channel_pair(int fds[2], GError **error);
int channel_fd(const Channel *self);

/* Sends a whole message. False, and counted, when the peer does not read (buffer full for @timeout_ms; 0: do
 * not wait at all) or the body is too large. */
bool channel_send(Channel *self, MessageType type, uint32_t id, uint16_t status, const void *body,
                  size_t length, int timeout_ms);
/* Next whole message, waiting up to @timeout_ms (-1: for ever). False: none came. */
bool channel_receive(Channel *self, Message *out, int timeout_ms);

typedef struct ChannelCounters {
    uint64_t sent, received, not_sent, refused;
} ChannelCounters;
void channel_counters(const Channel *self, ChannelCounters *out);
