/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h - asks another process of ours and brings its answer back
 *
 * Any thread asks; a reader thread of its own takes answers from the channel, matches them by id and calls
 * back. Every question ends in exactly one call-back: answered, timed out, or stopped. Bounded by the number
 * of questions in flight. Ids begin at a random number, so that an answer meant for a web process that died
 * is not taken for ours (the parent keeps the channel over a restart).
 */
#pragma once
#include "collector/base/clock.h"
#include "collector/base/message.h"

typedef enum ClientOutcome { CLIENT_ANSWERED, CLIENT_TIMED_OUT, CLIENT_REFUSED } ClientOutcome;

/* Called once, on the reader's thread or inside client_stop. @status and @body (may be empty; lent) count
 * only when answered. Must not call back into the client. */
typedef void (*ClientDone)(void *user, ClientOutcome outcome, unsigned status, GBytes *body);

typedef struct ClientConf {
    Channel *channel; /* borrowed; NULL: there is no such process, everything is refused */
    Clock *clock;     /* borrowed */
    int timeout_ms;   /* for one answer */
    unsigned max_in_flight;
} ClientConf;

typedef struct Client Client;
Client *client_new(const ClientConf *conf);
/* @timeout_ms: 0 for the client's own. False, and no call-back, when too much is in flight, the peer does not
 * read, or the client was stopped. */
bool client_ask(Client *self, const char *query, size_t length, int timeout_ms, ClientDone done, void *user);
/* Ends all questions as refused; from here on nothing is asked. */
void client_stop(Client *self);
void client_free(Client *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)

typedef struct ClientCounters {
    uint64_t asked, answered, timed_out, refused, strays; /* strays: answers nobody waited for */
} ClientCounters;
void client_counters(Client *self, ClientCounters *out);
