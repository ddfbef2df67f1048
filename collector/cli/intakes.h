/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intakes.h - all intakes of `sense`, seen as one
 *
 * Makes one for each thread that hears the UDP sockets, and starts, stops and adds up. A sender is heard by
 * one of them, so what they tell is joined without anything being counted twice.
 */
#pragma once
#include "collector/cli/intake.h"

typedef struct Intakes Intakes;

/*
 * @sockets: for each of the @n_listen places to listen at, @n_threads sockets behind each other. Borrows
 * everything. @state: from an earlier run with however many intakes, or NULL.
 */
Intakes *intakes_new(const Settings *settings, const int *sockets, size_t n_listen, size_t n_threads,
                     Funnel *funnel, GBytes *state);
/* Ends the threads if they run. */
void intakes_free(Intakes *self);

/* How many lanes a funnel for them must have. */
size_t intakes_lanes(size_t n_threads);

void intakes_start(Intakes *self);
/* Ends the threads; their last batches are in the funnel then. */
void intakes_stop(Intakes *self);

/* Address of the exporter with @number. For the scoring thread: valid for every number in a batch that it has
 * been given. */
IpAddress intakes_exporter(void *intakes, uint32_t number);

/* The rest is for the control thread. */
/* Array of the API's Exporter objects, not older than about a second; a new reference. */
json_t *intakes_exporters(Intakes *self);
/* Array of {address, datagrams}: who was refused because it is no exporter; a new reference. */
json_t *intakes_refused(Intakes *self);
void intakes_totals(Intakes *self, BooksTotals *out);
/* Datagrams that the kernel dropped at the sockets of the place to listen at @index. */
uint64_t intakes_socket_drops(Intakes *self, size_t index);
/* What is to be kept of the exporters, if it changed since the last call; else NULL. The caller owns it. */
GBytes *intakes_take_state(Intakes *self);
