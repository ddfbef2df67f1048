/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-private.h - what stream.c keeps of its places and connections, for it and for stream-json.c */
#pragma once
#include "collector/address-load.h"
#include "collector/message-stream.h"
#include "collector/stream.h"

/* What epoll gives back. */
typedef enum StreamWatchKind { WATCH_WAKE, WATCH_PLACE, WATCH_CONNECTION } StreamWatchKind;
typedef struct StreamWatch {
    StreamWatchKind kind;
} StreamWatch;

typedef struct StreamEndCount {
    uint64_t n;
    IpAddress last;
    int64_t last_ms; /* our clock */
} StreamEndCount;

typedef struct StreamPlaceState {
    StreamWatch watch; /* first, so that the two can be cast */
    StreamPlace place;
    uint32_t connections; /* open now */
    uint64_t accepted;    /* since the start; those refused at once are not among them */
    uint64_t messages, bytes;
    StreamEndCount ends[N_STREAM_ENDS];
} StreamPlaceState;

typedef struct StreamConnection {
    StreamWatch watch; /* first */
    StreamPlaceState *place;
    guint index; /* in Stream.connections */
    int fd;      /* owned */
    IpAddress address;
    uint16_t port;
    TlsConnection *tls; /* NULL: plain TCP */
    bool is_up;         /* no handshake, or done with it */
    bool wants_write;
    MessageStream messages;
    int64_t begun_ns, heard_ns;
    int64_t torn_ns; /* since when the beginning of a message waits for its end; 0: none does */
} StreamConnection;

struct Stream {
    Receiver receiver; /* first, so that the two can be cast */
    StreamConf conf;
    Decoder *decoder; /* borrowed */
    Clock *clock;
    int epoll, wake; /* owned */
    StreamWatch wake_watch;
    StreamPlaceState *places;
    GPtrArray *connections; /* owned StreamConnection */
    AddressLoad *load;
    uint32_t accepts_left; /* until the next tick */
    bool is_resting;       /* nobody is accepted until the next tick */
    int64_t ticked_ns, looked_ns;
    uint8_t *room; /* of MESSAGE_STREAM_ROOM bytes */
};
