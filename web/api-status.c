/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api-status.c - how the whole thing is: status for people, livez and readyz for machines */
#include "web/context.h"
#include "web/routes.h"

#include <string.h>

void
pass_answer(Request *request)
{
    GBytes *body = request_answer(request, 0);

    if (body != NULL)
        request_reply_bytes(request, 200, g_bytes_ref(body), "application/json");
}

enum {
    SERIES_STATUS_MS = 300
}; /* status is looked at every other second: it does not wait long for a detail */

void
status_handle(Request *request)
{
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "status"));
    request_ask_within(request, PEER_SERIES, json_pack("{s:s}", "what", "counters"), SERIES_STATUS_MS);
}

/* The counts of alerts come from the store, which holds what earlier runs found as well. */
void
status_finish(Request *request)
{
    const char *why = NULL;
    json_t *series = request_answer_json(request, 1);
    json_t *status = request_answer_json(request, 0); /* last: what it says of a failure is the reply */

    if (status == NULL) {
        json_decref(series);
        return;
    }
    if (series != NULL)
        json_object_set_new(status, "series", series);
    Store *store = reader_store(request_context(request)->reader, &why);
    json_t *counts = store == NULL ? NULL : store_counts_json(store, NULL);
    if (counts != NULL)
        json_object_set_new(status, "alerts", counts);
    request_reply_json(request, 200, status);
}

void
live_handle(Request *request)
{
    request_reply_json(request, 200, json_pack("{s:s}", "status", "alive"));
    request_set_cache(request, "no-store");
}

void
ready_handle(Request *request)
{
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "status"));
}

static void
add_check(json_t *checks, const char *name, bool good, const char *hint)
{
    json_array_append_new(checks, json_pack("{s:s, s:s, s:s?}", "name", name, "status",
                                            good ? "ok" : "failing", "hint", good ? NULL : hint));
}

void
ready_finish(Request *request)
{
    const char *why = NULL;
    json_t *checks = json_array();
    bool has_sense = request_answer(request, 0) != NULL;
    bool has_store = reader_store(request_context(request)->reader, &why) != NULL;
    bool is_ready = has_sense && has_store;

    add_check(checks, "sense", has_sense,
              "the process that collects and scores does not answer; see the log");
    add_check(checks, "store", has_store, "the store of alerts cannot be read; see the log");
    request_reply_json(request, is_ready ? 200 : 503,
                       json_pack("{s:s, s:o}", "status", is_ready ? "ready" : "not ready", "checks", checks));
    request_set_cache(request, "no-store");
}
