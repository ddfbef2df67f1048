/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake.h - a thread of `sense` that receives and decodes
 *
 * Owns its decoder and its receiver (collector/receiver.h). Full batches go out through a lane of the funnel;
 * when the scoring does not keep up, batches are dropped here and counted. Others see it through copies that
 * it makes when asked to. There may be several, see intakes.h: each hears other senders.
 */
#pragma once
#include <jansson.h>
#include "collector/cli/funnel.h"
#include "collector/cli/settings.h"
#include "collector/receiver.h"

typedef struct Intake Intake;

typedef struct IntakeConf {
    const Settings *settings;     /* borrowed */
    ExporterDirectory *directory; /* borrowed: the numbers of exporters, over all intakes */
    Funnel *funnel;               /* borrowed */
    size_t lane;                  /* of the funnel; also which senders it hears, of @n_steered (steering.h) */
    uint32_t n_steered;           /* 0: senders come to it in another way, and nothing is kept of them */
    uint32_t patience_ms; /* how long a full lane is waited for before a batch is dropped; 0: not at all */
    size_t n_sockets;     /* that drops are asked for; see Receiver */
    GBytes *state; /* of all intakes, from an earlier run, or NULL: what this one will hear is restored */
    /* Makes the receiver that feeds @decoder. */
    Receiver *(*make)(void *user, Decoder *decoder);
    void *user;
} IntakeConf;

/* Copies @conf, borrows what it points to. What is wrong with the state is logged, and the rest kept. */
Intake *intake_new(const IntakeConf *conf);
/* Ends the thread if it runs. */
void intake_free(Intake *self);

/* Lends; for the thread that owns the intake, before intake_start. */
Decoder *intake_decoder(Intake *self);
void intake_start(Intake *self);
/* Ends the thread; the last batch is in the funnel then. */
void intake_stop(Intake *self);

/* The rest may be called by any thread. */
/* Says that somebody wants the exporters: a fresh list is begun, unless there is one. It is made in small
 * pieces between datagrams, so with thousands of exporters it takes a second or two. */
void intake_ask_exporters(Intake *self);
/* How old the list is; INT64_MAX: there is none yet. */
int64_t intake_exporters_age_ms(Intake *self);
/* Array of the API's ExporterSummary objects; a new reference. Not to be changed: others have it too. */
json_t *intake_exporters(Intake *self);
/* The API's Exporter with @number, made now: a new reference in @out, NULL when it is not heard here. Waits
 * for the intake's thread for 400 ms at most; false: it had no time. One caller at a time. */
bool intake_exporter(Intake *self, uint32_t number, json_t **out);
/* Array of {address, datagrams, reason}: who was refused because it is no exporter (the heaviest 64);
 * likewise. */
json_t *intake_refused(Intake *self);
/* What its receiver has to tell of itself (receiver.h), not older than about a second; likewise. */
json_t *intake_report(Intake *self);
/* For how long its senders were made to wait, because the scoring did not keep up. */
double intake_pushed_back_s(Intake *self);
void intake_totals(Intake *self, BooksTotals *out);
/* How much it has to do, over the last some seconds. */
typedef struct IntakeLoad {
    const char *kind; /* of its receiver; static */
    uint64_t datagrams, records;
    double datagrams_per_s, records_per_s;
    double busy; /* share of one processor that its thread takes, 0 to 1 */
} IntakeLoad;
void intake_load(Intake *self, IntakeLoad *out);
/* Datagrams that the kernel dropped at socket @index. */
uint64_t intake_socket_drops(Intake *self, size_t index);
/* What is to be kept of the exporters, as it was when it changed last, and how often it has changed; NULL:
 * not yet, or nothing is kept of them. The caller owns it. */
GBytes *intake_state(Intake *self, uint64_t *changes);
