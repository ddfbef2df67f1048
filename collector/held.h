/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * held.h - data sets that came before their template, and wait for it
 *
 * Each exporter has a store: in the order of age, because the oldest is given up when a bound is met, and in
 * buckets by domain and template id under a keyed hash, so that no choice of ids makes finding one slow. Once
 * its template is there a set is due: it moves to the table's queue and is decoded as far as there is work
 * left for the datagram in hand, the rest a little later; so a template that sets a megabyte free holds up
 * nobody. Intake thread only.
 */
#pragma once
#include "collector/template.h"

typedef struct Domain Domain;
typedef struct Exporter Exporter;

enum { HELD_SETS_MOST = 256, HELD_BUCKETS = 64 };

typedef struct HeldSet {
    GList by_age, by_id; /* links; @data is the set */
    Exporter *exporter;  /* borrowed, as the domain */
    Domain *domain;
    Template *tmpl; /* owned; NULL until it has come */
    uint16_t id;
    bool has_uptime;
    uint32_t uptime;
    uint32_t length;
    int64_t export_ms, header_ms, received_ms; /* @header_ms: as it stands there, right or wrong */
    uint8_t bytes[];                           /* with DATAGRAM_SLACK behind them */
} HeldSet;

typedef struct HeldStore {
    GQueue waiting; /* HeldSet, oldest first */
    GQueue buckets[HELD_BUCKETS];
    size_t bytes;      /* of data, those that are due included */
    size_t *all_bytes; /* borrowed: memory of all exporters' held sets */
    GQueue *due;       /* borrowed: of all exporters, in the order in which their templates came */
    uint64_t seed;
} HeldStore;

void held_store_init(HeldStore *self, size_t *all_bytes, GQueue *due, uint64_t seed);
void held_store_clear(HeldStore *self);

/* A copy of the set's bytes; the caller fills in the rest. */
HeldSet *held_set_new(const uint8_t *bytes, uint32_t length);
/* Takes @set, and gives up older ones beyond @most_bytes: @n_given_up says how many. False when @set could
 * not be kept at all, and is freed. */
bool held_store_put(HeldStore *self, HeldSet *set, size_t most_bytes, uint32_t *n_given_up);
/* Those of @domain and @tmpl's id are due. */
void held_store_release(HeldStore *self, const Domain *domain, Template *tmpl);
/* Frees a set that is waiting no more. */
void held_set_free(HeldSet *set);
/* Gives up what waits, or is due, for domains that are about to go; how many sets. */
uint32_t held_store_forget(HeldStore *self, bool (*is_going)(const Domain *domain, const void *user),
                           const void *user);
/* Gives up what is older; how many sets. */
uint32_t held_store_expire(HeldStore *self, int64_t before_ms);
