/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h - what a handler sees of one HTTP request, and how it replies
 *
 * A handler runs on the server's thread and must not block. It either makes one reply, or asks other
 * processes (request_ask) and returns: then the connection sleeps until all answers are there, and the
 * route's @finish makes the reply. The last reply made counts. Everything lent here lives as long as the
 * request.
 */
#pragma once
#include <jansson.h>
#include "web/problem.h"
#include "web/route.h"

typedef enum Peer { PEER_SENSE, PEER_SERIES, N_PEERS } Peer;
enum { REQUEST_ASKS_MOST = 3, REQUEST_BODY_MOST = 64 << 10 };

typedef struct WebContext WebContext; /* web/context.h */
WebContext *request_context(Request *self);

/* The question */
const Route *request_route(const Request *self);
const char *request_path(const Request *self); /* as sent, without the query */
const char *request_arg(const Request *self, const char *name);
const char *request_text(const Request *self, const char *name, const char *fallback);
double request_number(const Request *self, const char *name, double fallback);
int64_t request_time_ms(const Request *self, const char *name, int64_t fallback);
/* The query as it was sent, but for @without's value; what a link to the next page is made of. Caller frees.
 */
char *request_query_without(const Request *self, const char *without);
const char *request_header(const Request *self, const char *name); /* NULL: not sent */
const char *request_actor(const Request *self);                    /* name of the token; "" without one */
const json_t *request_body(const Request *self);                   /* an object; NULL for GET and DELETE */

/* Asks @peer when the handler has returned; takes @query. At most REQUEST_ASKS_MOST. */
void request_ask(Request *self, Peer peer, json_t *query);
/* The same for what the reply can do without. */
void request_ask_within(Request *self, Peer peer, json_t *query, int timeout_ms);
/* The answer to the ask number @index: lends its bytes. NULL: there was none, or not with status 200; the
 * fitting problem has been made the reply. */
GBytes *request_answer(Request *self, unsigned index);
/* The same, parsed; the caller owns it. */
json_t *request_answer_json(Request *self, unsigned index);

/* The reply */
void request_reply_json(Request *self, unsigned status, json_t *object); /* takes */
void request_reply_bytes(Request *self, unsigned status, GBytes *body,
                         const char *type); /* takes @body; @type static */
void request_problem(Request *self, Problem problem, const char *format, ...) G_GNUC_PRINTF(3, 4);
void request_set_header(Request *self, const char *name, const char *value); /* @name static; copies @value */
/* Overrides the tag made from the body's hash; without quotes. */
void request_set_etag(Request *self, const char *tag);
void request_set_cache(Request *self, const char *cache); /* static; default "private, no-cache" */
void request_set_page(Request *self);                     /* the console's content security policy */
/* The open store; NULL: problem made. */
Store *request_store(Request *self);
