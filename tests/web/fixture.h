/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture.h - a real web server on loopback with a real store, and stand-ins for sense and series
 *
 * The stand-ins answer from the examples in web/openapi.json, so that the examples are proven as well. A test
 * changes their mood to see what becomes of a request when another process is slow, broken or gone.
 */
#pragma once
#include <jansson.h>
#include "scoring/store.h"
#include "tests/support/scratch.h"
#include "web/server.h"

typedef enum Mood { MOOD_ANSWERS, MOOD_SILENT, MOOD_NONSENSE, MOOD_REFUSES, MOOD_EMPTY } Mood;

typedef struct StandIn {
    struct Fixture *fixture;
    Channel *channel;
    GThread *thread;
} StandIn;

typedef struct Fixture {
    Scratch *dir;
    char *db;
    json_t *api; /* openapi.json */
    char *tokens[SCOPE_ADMIN + 1];
    Channel *channels[2]; /* the server's ends */
    StandIn stand_ins[2]; /* sense, series */
    gint mood, ending;    /* atomic */
    GMutex lock;
    char *last_query; /* under the lock */
    WebServer *server;
} Fixture;

/* @conf: limits and time-outs to use; the rest is filled in. NULL: a short time-out for answers, else
 * defaults. */
void fixture_init(Fixture *self, const WebConf *conf);
void fixture_clear(Fixture *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)
void fixture_set_mood(Fixture *self, Mood mood);
/* What a stand-in was asked last, parsed; the caller owns it. */
json_t *fixture_last_query(Fixture *self);
/* The id of alert number @i (0..2) in the store. */
const char *fixture_alert_id(unsigned i);

typedef struct HttpAnswer {
    int status; /* 0: the connection ended without an answer */
    char *head; /* status line and headers */
    char *body; /* NUL-terminated */
    gsize length;
} HttpAnswer;
void http_answer_clear(HttpAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpAnswer, http_answer_clear)
/* @headers: lines that end in CRLF each, or NULL. @scope: whose token to send; SCOPE_NONE: none. */
HttpAnswer fixture_call(Fixture *self, TokenScope scope, const char *method, const char *target,
                        const char *headers, const char *body);
HttpAnswer fixture_get(Fixture *self, TokenScope scope, const char *target);
HttpAnswer fixture_send(Fixture *self, const char *bytes, gsize length);
/* A connected socket. */
int fixture_connect(Fixture *self);
HttpAnswer fixture_read(int fd);
/* The value of a header; NULL: not there. The caller frees it. */
char *http_header(const HttpAnswer *answer, const char *name);
json_t *http_json(const HttpAnswer *answer);
/* It is a problem (RFC 9457) with this status, whose type ends in @type. */
void http_assert_problem(const HttpAnswer *answer, int status, const char *type);
