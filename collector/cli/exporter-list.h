/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter-list.h - which exporters somebody asked for, a page of them
 *
 * Works on the objects that the intakes have made. Pure: no thread, no clock. A page is bounded by its rows
 * and by its bytes, since a message to the web process is (message.h); one that ends early goes on at the
 * next.
 */
#pragma once
#include <jansson.h>
#include <stdint.h>

/* What may be NULL is not asked for. */
typedef struct ExporterQuery {
    const char *text;  /* part of an address, name, maker or format, whatever the case */
    const char *state; /* "ok", "warning", "silent" */
    const char *sort;  /* "index", "state" (the worst first), "name", "records" (the most first) */
    uint32_t offset, limit;
} ExporterQuery;

/* {items, total} of @all, an array of the API's ExporterSummary in the order of their index. The caller owns
 * it; its items are those of @all. */
json_t *exporter_list_page(const json_t *all, const ExporterQuery *query);

/* Of each only what /metrics tells: {address, state, books, sampling, clockSkewSeconds}. The caller owns it.
 */
json_t *exporter_list_counts(const json_t *all);
