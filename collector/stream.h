/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h - receives IPFIX over TCP and TLS (RFC 7011 sections 10.4 and 11)
 *
 * The receiver of an intake of its own: one thread serves all connections with epoll, and decodes what each
 * read brings where it lies. The parent binds and listens, `sense` accepts. A sender who is on the list of
 * exporters may still be up to no good (section 11.4), so everything is bounded: connections, of all together
 * and of one address, how often an address may come back, the time for a handshake, for a message that has
 * begun, and without any; what a connection can make us keep is one message. Why connections were refused or
 * ended is counted, with who it was last. When the scoring does not keep up the thread waits in
 * decoder_datagram (see intake.h); then nothing is read, and TCP slows the exporters down.
 */
#pragma once
#include "collector/receiver.h"
#include "collector/tls.h"

/* Makes a listening socket: fills @fd, which the caller closes. False with @error, which names address and
 * port. */
bool stream_listen(const char *address, uint16_t port, int *fd, GError **error);

typedef struct StreamPlace {
    int fd; /* listening; borrowed */
    Transport transport;
    const char *name; /* "tls:192.0.2.1:4740", for reports; borrowed */
} StreamPlace;

typedef struct StreamConf {
    const StreamPlace *places; /* copied */
    size_t n_places;
    const Tls *tls; /* borrowed; NULL when no place speaks TLS */
    uint32_t max_connections, max_per_address;
    uint32_t max_new_per_minute; /* from one address */
    uint32_t handshake_ms, message_ms, idle_ms;
    Clock *clock; /* borrowed; NULL: the machine's */
} StreamConf;

typedef struct Stream Stream;

/* Borrows @decoder. */
Stream *stream_new(const StreamConf *conf, Decoder *decoder);
/* Ends all connections. */
void stream_free(Stream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stream, stream_free)
/* The same object as an intake sees it. */
Receiver *stream_receiver(Stream *self);

/* Waits up to @timeout_ms, serves who has sent something, and flushes the decoder each 100 ms. How many
 * messages. */
size_t stream_run_once(Stream *self, int timeout_ms);
/* Decodes what the kernel has received for us already, then ends all connections in good manners. */
void stream_finish(Stream *self);

/* Array with an object for each place: connections, messages, and why they ended (web/openapi.json,
 * StreamListener). The thread that runs it; the caller owns it. */
json_t *stream_report(const Stream *self);
