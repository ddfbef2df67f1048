/* SPDX-License-Identifier: GPL-3.0-or-later */
/* routes.h - the table of everything that can be asked, and the handlers in it (one api-*.c per resource) */
#pragma once
#include "web/request.h"

/* Lends the table. */
const Route *routes_table(size_t *n);

void status_handle(Request *request);
void status_finish(Request *request);
void live_handle(Request *request);
void ready_handle(Request *request);
void ready_finish(Request *request);
void metrics_handle(Request *request);
void metrics_finish(Request *request);
void exporters_handle(Request *request);
void exporter_handle(Request *request);
void assets_handle(Request *request);
void asset_handle(Request *request);
void asset_series_handle(Request *request);
void classify_handle(Request *request);
void alerts_handle(Request *request);
void alert_handle(Request *request);
void alert_flows_handle(Request *request);
/* The route's @detail: which keys its body may have. */
enum { DECIDE_STATE = 1, DECIDE_VERDICT = 2, DECIDE_NOTE = 4 };
void alert_decide_handle(Request *request);
void alert_decide_finish(Request *request);
void suppressions_handle(Request *request);
void suppression_handle(Request *request);
void suppression_preview_handle(Request *request);
void suppression_make_handle(Request *request);
void suppression_make_finish(Request *request);
void suppression_delete_handle(Request *request);
void graph_handle(Request *request);
void graph_finish(Request *request);
/* The answer of the other process is the reply, as JSON. */
void pass_answer(Request *request);
