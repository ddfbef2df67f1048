/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list-builder.h - what the readers of lists (list-*.c) write into while a ListTable is made
 *
 * Readers take bytes, which are not trusted, and the name that their messages begin with. Internal to list*.c
 * and its fuzz target.
 */
#pragma once
#include "scoring/list.h"

typedef struct ListBuilder ListBuilder;

/* A builder without a table behind it, for the fuzz target. */
ListBuilder *list_builder_new(void);
void list_builder_free(ListBuilder *self);
size_t list_builder_count(const ListBuilder *self);

typedef struct ListClaim {
    int64_t seen_ms, until_ms; /* 0: not said */
    const char *note;          /* borrowed; NULL: none */
    int confidence;            /* below 0: not said */
} ListClaim;

/* False with @error when there are too many. What is too wide is counted as skipped. */
bool list_builder_add(ListBuilder *self, const IpPrefix *prefix, const ListClaim *claim, GError **error);
/* What stands there is no address: counted. */
void list_builder_skip(ListBuilder *self);

bool list_read_plain(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error);
bool list_read_csv(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error);
bool list_read_stix(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error);
/* One event of a MISP feed. */
bool list_read_misp(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error);
/* The names of the events in a manifest; NULL with @error. */
GPtrArray *list_read_misp_manifest(const char *name, const char *bytes, size_t length, GError **error);

/* "2026-03-01", "2026-03-01T12:00:00Z" or seconds since 1970; false: none of these. */
bool list_parse_time(const char *text, int64_t *ms);
