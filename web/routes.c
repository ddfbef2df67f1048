/* SPDX-License-Identifier: GPL-3.0-or-later */
/* routes.c - see routes.h; a new address is one more line here, and one more path in openapi.json */
#include "web/routes.h"
#include "web/files.h"
#include "web/page.h"

#define CURSOR                                                                                               \
    {                                                                                                        \
        .name = "cursor", .kind = PARAM_TEXT, .min = 1, .max = 200                                           \
    }
#define LIMIT                                                                                                \
    {                                                                                                        \
        .name = "limit", .kind = PARAM_INT, .min = 1, .max = 500                                             \
    }
#define FROM                                                                                                 \
    {                                                                                                        \
        .name = "from", .kind = PARAM_TIME                                                                   \
    }
#define TO                                                                                                   \
    {                                                                                                        \
        .name = "to", .kind = PARAM_TIME                                                                     \
    }

static const ParamSpec exporters_params[] = {
    { .name = "query", .kind = PARAM_TEXT, .min = 0, .max = 100 },
    { .name = "state", .kind = PARAM_CHOICE, .choices = "ok|warning|silent" },
    { .name = "sort", .kind = PARAM_CHOICE, .choices = "index|state|name|records" },
    CURSOR,
    LIMIT,
    { 0 },
};

static const ParamSpec assets_params[] = {
    { .name = "query", .kind = PARAM_TEXT, .min = 0, .max = 100 },
    { .name = "sort", .kind = PARAM_CHOICE, .choices = "score|octets|name|lastSeen" },
    CURSOR,
    LIMIT,
    { 0 },
};

static const ParamSpec series_params[] = {
    FROM,
    TO,
    { .name = "points", .kind = PARAM_INT, .min = 1, .max = 5000 },
    { 0 },
};

static const ParamSpec alerts_params[] = {
    { .name = "state", .kind = PARAM_CHOICES, .choices = "new|in_progress|suppressed|resolved|archived" },
    { .name = "verdict",
      .kind = PARAM_CHOICES,
      .choices = "unknown|true_positive|false_positive|benign_expected" },
    { .name = "kind", .kind = PARAM_TEXT, .min = 1, .max = 64 },
    { .name = "asset", .kind = PARAM_ADDRESS },
    { .name = "class", .kind = PARAM_TEXT, .min = 1, .max = 32 },
    { .name = "minScore", .kind = PARAM_NUMBER, .min = 0, .max = 100000 },
    { .name = "since", .kind = PARAM_TIME },
    { .name = "until", .kind = PARAM_TIME },
    { .name = "sort", .kind = PARAM_CHOICE, .choices = "time|score" },
    { .name = "group", .kind = PARAM_TEXT, .min = 1, .max = 23 },
    { .name = "fold", .kind = PARAM_CHOICE, .choices = "group" },
    CURSOR,
    LIMIT,
    { 0 },
};

static const ParamSpec graph_params[] = {
    FROM,
    TO,
    { .name = "metric", .kind = PARAM_CHOICE, .choices = "octets|packets|flows|score" },
    { .name = "width", .kind = PARAM_INT, .min = 100, .max = 2000 },
    { .name = "height", .kind = PARAM_INT, .min = 60, .max = 1000 },
    { .name = "theme", .kind = PARAM_CHOICE, .choices = "dark|light" },
    { .name = "title", .kind = PARAM_TEXT, .min = 0, .max = 79 },
    { 0 },
};

#define API "/api/v1"
static const Route routes[] = {
    { "GET", "/livez", SCOPE_NONE, NULL, live_handle, NULL, 0 },
    { "GET", "/readyz", SCOPE_NONE, NULL, ready_handle, ready_finish, 0 },
    { "GET", "/metrics", SCOPE_NONE, NULL, metrics_handle, metrics_finish, 0 },
    { "GET", "/openapi.json", SCOPE_NONE, NULL, files_openapi, NULL, 0 },
    { "GET", API "/openapi.json", SCOPE_NONE, NULL, files_openapi, NULL, 0 },
    { "GET", API "/status", SCOPE_READ, NULL, status_handle, status_finish, 0 },
    { "GET", API "/exporters", SCOPE_READ, exporters_params, exporters_handle, page_finish, 0 },
    { "GET", API "/exporters/{index}", SCOPE_READ, NULL, exporter_handle, pass_answer, 0 },
    { "GET", API "/assets", SCOPE_READ, assets_params, assets_handle, page_finish, 0 },
    { "GET", API "/assets/{address}", SCOPE_READ, NULL, asset_handle, pass_answer, 0 },
    { "GET", API "/assets/{address}/series", SCOPE_READ, series_params, asset_series_handle, pass_answer, 0 },
    { "GET", API "/alerts", SCOPE_READ, alerts_params, alerts_handle, NULL, 0 },
    { "GET", API "/alerts/{id}", SCOPE_READ, NULL, alert_handle, NULL, 0 },
    { "PATCH", API "/alerts/{id}", SCOPE_TRIAGE, NULL, alert_decide_handle, alert_decide_finish,
      DECIDE_STATE | DECIDE_VERDICT | DECIDE_NOTE },
    { "POST", API "/alerts/{id}/state", SCOPE_TRIAGE, NULL, alert_decide_handle, alert_decide_finish,
      DECIDE_STATE | DECIDE_NOTE },
    { "POST", API "/alerts/{id}/verdict", SCOPE_TRIAGE, NULL, alert_decide_handle, alert_decide_finish,
      DECIDE_VERDICT | DECIDE_NOTE },
    { "GET", API "/alerts/{id}/flows", SCOPE_READ, NULL, alert_flows_handle, NULL, 0 },
    { "GET", API "/suppressions", SCOPE_READ, NULL, suppressions_handle, NULL, 0 },
    { "POST", API "/suppressions", SCOPE_TRIAGE, NULL, suppression_make_handle, suppression_make_finish, 0 },
    { "POST", API "/suppressions/preview", SCOPE_TRIAGE, NULL, suppression_preview_handle, NULL, 0 },
    { "GET", API "/suppressions/{id}", SCOPE_READ, NULL, suppression_handle, NULL, 0 },
    { "DELETE", API "/suppressions/{id}", SCOPE_TRIAGE, NULL, suppression_delete_handle, pass_answer, 0 },
    { "GET", API "/classify/{address}", SCOPE_READ, NULL, classify_handle, pass_answer, 0 },
    { "GET", API "/graphs/{kind}/{file}", SCOPE_READ, graph_params, graph_handle, graph_finish, 0 },
};

const Route *
routes_table(size_t *n)
{
    *n = G_N_ELEMENTS(routes);
    return routes;
}
