/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake.h - the thread of `sense` that receives and decodes
 *
 * Owns the decoder and the listener. Full batches go out through one ring and come back empty through
 * another; when the scoring does not keep up, batches are dropped here and counted. Others see it through
 * copies that it makes when asked to.
 */
#pragma once
#include <jansson.h>
#include "collector/base/ring.h"
#include "collector/cli/settings.h"

typedef struct Intake Intake;

/* Borrows everything. @state: from an earlier run, or NULL. What is wrong with it is logged, and the rest
 * kept. */
Intake *intake_new(const Settings *settings, const int *sockets, size_t n_sockets, Ring *full, Ring *empty,
                   GBytes *state);
/* Ends the thread if it runs. */
void intake_free(Intake *self);

void intake_start(Intake *self);
/* Ends the thread; the last batch is in the ring then. */
void intake_stop(Intake *self);

/* Address of exporter @index. For the scoring thread: valid for every index in a batch that it has been
 * given. */
IpAddress intake_exporter(void *intake, uint32_t index);

/* The rest may be called by any thread. */
/* Array of the API's Exporter objects, not older than about a second; a new reference. */
json_t *intake_exporters(Intake *self);
/* Array of {address, datagrams}: who was refused because it is no exporter (the first 64); a new reference.
 */
json_t *intake_refused(Intake *self);
void intake_totals(Intake *self, BooksTotals *out);
/* Datagrams that the kernel dropped at socket @index. */
uint64_t intake_socket_drops(Intake *self, size_t index);
/* What is to be kept of the exporters, if it changed since the last call; else NULL. The caller owns it. */
GBytes *intake_take_state(Intake *self);
