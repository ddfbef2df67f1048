/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request-private.h - a request's inside, and its life as server.c drives it
 *
 * Phases: HEAD (line and headers are there) -> BODY -> WAIT (asleep while other processes answer) -> DONE.
 * While a request waits, the reader threads of the clients write its answers; @pending is the gate between
 * them: who takes it to zero wakes the connection and touches the request no more.
 */
#pragma once
#include <microhttpd.h>
#include "web/client.h"
#include "web/request.h"

typedef enum RequestPhase { PHASE_HEAD, PHASE_BODY, PHASE_WAIT, PHASE_DONE } RequestPhase;

typedef struct Ask {
    Request *request;
    Peer peer;
    char *query;    /* owned */
    int timeout_ms; /* 0: the client's own */
    ClientOutcome outcome;
    unsigned status;
    GBytes *body; /* owned */
} Ask;

typedef struct ReplyHeader {
    const char *name;
    char *value;
} ReplyHeader;

typedef struct Reply {
    bool made;
    unsigned status;
    GBytes *body;
    const char *type, *cache;
    char etag[72]; /* with quotes; empty: none yet */
    bool is_page;
    unsigned n_headers;
    ReplyHeader headers[6];
} Reply;

struct Request {
    WebContext *context;
    struct MHD_Connection *connection;
    RequestPhase phase;
    char *target;
    const char *method;
    char *path;
    const char *query;
    const Route *route;
    RouteArgs args;
    Params params;
    char actor[64];
    GByteArray *upload; /* NULL until the first byte */
    bool upload_too_large;
    json_t *body;
    unsigned n_asks;
    Ask asks[REQUEST_ASKS_MOST];
    gint pending; /* atomic */
    Reply reply;
};

/* @target is copied: the request line as it was sent. Never NULL. */
Request *request_new(WebContext *context, struct MHD_Connection *connection, const char *target);
void request_free(Request *self);
/* Called by libmicrohttpd's access handler, again and again, until a reply is queued. */
enum MHD_Result request_step(Request *self, const char *method, const char *upload, size_t *upload_size);
/* Hands the reply to libmicrohttpd (reply.c). */
enum MHD_Result request_queue(Request *self);
