/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intakes.h - all intakes of `sense`, seen as one
 *
 * Makes one for each thread that hears the UDP sockets, and one for all connections over TCP and TLS; starts,
 * stops and adds up. A sender is heard by one of them, so what they tell is joined without anything being
 * counted twice.
 */
#pragma once
#include "collector/cli/board.h"
#include "collector/cli/intake.h"
#include "collector/stream.h"

typedef struct Intakes Intakes;

/* The sockets as ChildArgs has them: @n_each for each of @n_listen places, the first @n_threads in use. */
typedef struct IntakeSockets {
    const int *fds;
    size_t n_listen, n_each, n_threads;
    uint32_t before[BOARD_SOCKETS]; /* for each place: how many threads shared it before */
    const StreamConf *streams;      /* connections, for a thread of their own; borrowed; NULL: none */
    Tee *tee;                       /* borrowed; NULL: nothing is sent on */
} IntakeSockets;
/* @fds: @n sockets in the order of @board. */
IntakeSockets intake_sockets(const Board *board, const int *fds, size_t n);

/* Borrows everything but @sockets, whose numbers must live until intakes_start. @state: from an earlier run
 * with however many intakes, or NULL. */
Intakes *intakes_new(const Settings *settings, const IntakeSockets *sockets, Funnel *funnel, GBytes *state);
/* Ends the threads if they run. */
void intakes_free(Intakes *self);

/* How many lanes a funnel for them must have. */
size_t intakes_lanes(size_t n_threads, bool has_streams);

/* Decodes first what waits at sockets since before their number changed, each datagram in the intake that
 * hears its sender now. Then starts the threads. */
void intakes_start(Intakes *self);
/* Ends the threads; their last batches are in the funnel then. */
void intakes_stop(Intakes *self);

/* Address of the exporter with @number. For the scoring thread: valid for every number in a batch that it has
 * been given. */
IpAddress intakes_exporter(void *intakes, uint32_t number);

/* The rest is for the control thread. */
/* Array of the API's ExporterSummary objects, in the order of their numbers and as a rule not older than some
 * seconds; a new reference. NULL: the first list is not whole yet. */
json_t *intakes_exporters(Intakes *self);
/* The API's Exporter with @number; NULL when there is none. False: a thread had no time to tell. The caller
 * owns it. */
bool intakes_exporter_json(Intakes *self, uint32_t number, json_t **out);
/* Array of {address, datagrams, reason}: who was refused because it is no exporter, 64 at most, those with
 * most datagrams first; a new reference. */
json_t *intakes_refused(Intakes *self);
/* The places to listen at for TCP and TLS (openapi.json, Streams); a new reference. */
json_t *intakes_streams(Intakes *self);
void intakes_totals(Intakes *self, BooksTotals *out);
/* How many there are, and the load of one; also against the mean of those with its kind of receiver: 1 is its
 * fair share, 0 stands for all of them idle. */
size_t intakes_count(const Intakes *self);
double intakes_load(Intakes *self, size_t index, IntakeLoad *out);
/* Datagrams that the kernel dropped at the sockets of the place to listen at @index. */
uint64_t intakes_socket_drops(Intakes *self, size_t index);
/* What is to be kept of the exporters, if it changed since the last call; else NULL. The caller owns it. */
GBytes *intakes_take_state(Intakes *self);
