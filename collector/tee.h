/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tee.h - sends every datagram on, unchanged, to other collectors
 *
 * A thread that receives copies each datagram once into the ring of its lane; when that is full the datagram
 * is not sent on, and counted. One thread empties the rings and sends to all destinations without ever
 * waiting for one of them: what a socket does not take at once is dropped for that destination, and counted
 * there. So no destination, slow or dead, holds up another one or the intake. Memory: the rings, of the size
 * asked for.
 *
 * A destination may be sent to with the exporter's own address and port as the sender, so that it tells the
 * exporters apart as before. That takes a raw socket, which somebody with CAP_NET_RAW has opened.
 */
#pragma once
#include <jansson.h>
#include <netinet/in.h>
#include "collector/flow.h"

enum { TEE_MOST = 8 };

typedef struct TeeTarget {
    char *name;
    char *to; /* as the operator wrote it */
    struct sockaddr_storage address;
    bool keep_source;
    IpPrefix *exporters; /* whose datagrams; none: everybody's */
    size_t n_exporters;
} TeeTarget;

/* Raw sockets for keep_source; -1: none. */
typedef struct TeeRaw {
    int v4, v6;
} TeeRaw;

typedef struct TeeConf {
    const TeeTarget *targets; /* borrowed */
    size_t n_targets;
    size_t n_lanes;
    size_t queue_bytes; /* of all lanes together */
    TeeRaw raw;         /* borrowed */
} TeeConf;

/* Opens raw sockets: IPv4 and, where the machine has it, IPv6. False with @error. */
bool tee_open_raw(TeeRaw *raw, GError **error);

typedef struct Tee Tee;
typedef struct TeeLane TeeLane;

/* Opens a socket for each destination; before a process takes that right from itself. NULL with @error. */
Tee *tee_new(const TeeConf *conf, GError **error);
/* Ends the thread if it runs. */
void tee_free(Tee *self);
void tee_start(Tee *self);
/* Sends what is in the rings still, and ends the thread. */
void tee_stop(Tee *self);

/* Lends lane @index; one thread at a time may push into it. */
TeeLane *tee_lane(Tee *self, size_t index);
/* Copies a message: one datagram, or several of @each bytes (the last may be shorter) that the kernel has
 * joined. The same thread calls tee_lane_flush after some. */
void tee_lane_push(TeeLane *self, const uint8_t *bytes, size_t length, size_t each, const IpAddress *source,
                   uint16_t port);
/* What was pushed may be sent. */
void tee_lane_flush(TeeLane *self);

/* Array of the API's Tee objects, with what is wrong in words. Any thread; the caller owns it. */
json_t *tee_to_json(Tee *self);
