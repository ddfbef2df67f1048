/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api-alerts.c - alerts: the list, one, its flows, and what an operator decides
 *
 * Read from the store; decided by sense, the only process that writes it. A decision is checked here first,
 * key by key, so that a typing error is told and not ignored.
 */
#include "web/context.h"
#include "web/page.h"
#include "web/routes.h"

#include <gio/gio.h>
#include <string.h>

enum { DEFAULT_LIMIT = 50, NOTE_MOST = 2000, ID_MOST = 23 };

static void
store_failed(Request *request, const GError *error)
{
    request_problem(request, PROBLEM_UNAVAILABLE, "the store cannot be read now: %s",
                    error == NULL ? "no reason was given" : error->message);
}

void
alerts_handle(Request *request)
{
    g_autoptr(GError) error = NULL;
    Store *store = request_store(request);
    AlertQuery query = {
        .state = request_text(request, "state", NULL),
        .verdict = request_text(request, "verdict", NULL),
        .kind = request_text(request, "kind", NULL),
        .asset = request_text(request, "asset", NULL),
        .peer_class = request_text(request, "class", NULL),
        .min_score = request_number(request, "minScore", 0),
        .since_ms = request_time_ms(request, "since", 0),
        .until_ms = request_time_ms(request, "until", 0),
        .cursor = request_text(request, "cursor", NULL),
        .sort = request_text(request, "sort", "time"),
        .group = request_text(request, "group", NULL),
        .fold = request_text(request, "fold", NULL) != NULL,
        .limit = (uint32_t)request_number(request, "limit", DEFAULT_LIMIT),
    };

    if (store == NULL)
        return;
    json_t *page = store_alerts_json(store, &query, &error);
    if (page != NULL)
        page_reply(request, page);
    else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
        request_problem(request, PROBLEM_BAD_PARAMETER, "%s", error->message);
    else
        store_failed(request, error);
}

/* The alert in the path; NULL: problem made. The caller owns it. */
static json_t *
find_alert(Request *request)
{
    g_autoptr(GError) error = NULL;
    const char *id = request_arg(request, "id");
    Store *store = request_store(request);
    json_t *alert = NULL;

    if (store == NULL)
        return NULL;
    if (strlen(id) <= ID_MOST && strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz-") == strlen(id))
        alert = store_alert_json(store, id, &error);
    if (alert != NULL)
        return alert;
    if (error != NULL)
        store_failed(request, error);
    else
        request_problem(request, PROBLEM_NOT_FOUND, "there is no alert '%.64s'", id);
    return NULL;
}

static void
reply_alert(Request *request, json_t *alert)
{
    g_autofree char *etag = g_strdup(json_string_value(json_object_get(alert, "etag")));

    request_reply_json(request, 200, alert);
    if (etag != NULL)
        request_set_etag(request, etag);
}

void
alert_handle(Request *request)
{
    json_t *alert = find_alert(request);

    if (alert != NULL)
        reply_alert(request, alert);
}

void
alert_flows_handle(Request *request)
{
    json_t *alert = find_alert(request);

    if (alert == NULL)
        return;
    json_t *flows = json_object_get(alert, "flows");
    request_reply_json(request, 200,
                       json_pack("{s:o}", "items", flows == NULL ? json_array() : json_incref(flows)));
    json_decref(alert);
}

static bool
is_state(const char *name)
{
    AlertState state;

    return alert_state_parse(name, &state);
}

static bool
is_verdict(const char *name)
{
    AlertVerdict verdict;

    return alert_verdict_parse(name, &verdict);
}

static bool
is_note(const char *text)
{
    return g_utf8_strlen(text, -1) <= NOTE_MOST;
}

typedef struct DecideKey {
    const char *name;
    int bit;
    bool (*is_good)(const char *text);
    const char *words;
} DecideKey;

static const DecideKey decide_keys[] = {
    { "state", DECIDE_STATE, is_state, "one of: new in_progress suppressed resolved archived" },
    { "verdict", DECIDE_VERDICT, is_verdict, "one of: unknown true_positive false_positive benign_expected" },
    { "note", DECIDE_NOTE, is_note, "a text of at most 2000 characters" },
};

static const DecideKey *
find_key(const char *name, int allowed)
{
    for (size_t i = 0; i < G_N_ELEMENTS(decide_keys); i++)
        if ((decide_keys[i].bit & allowed) != 0 && strcmp(decide_keys[i].name, name) == 0)
            return &decide_keys[i];
    return NULL;
}

static void
unknown_key(Request *request, const char *name, int allowed)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(decide_keys); i++)
        if ((decide_keys[i].bit & allowed) != 0)
            g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", decide_keys[i].name);
    request_problem(request, PROBLEM_BAD_BODY, "there is no key '%.64s' here; known are %s", name,
                    known->str);
}

/* True when every key is known and every value good; else problem made. */
static bool
check_decision(Request *request, const json_t *body, int allowed)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)body, name, value)
    {
        const DecideKey *key = find_key(name, allowed);
        if (key == NULL) {
            unknown_key(request, name, allowed);
            return false;
        }
        if (!json_is_string(value) || !key->is_good(json_string_value(value))) {
            request_problem(request, PROBLEM_BAD_BODY, "'%s' must be %s", key->name, key->words);
            return false;
        }
    }
    if (json_object_size(body) > 0)
        return true;
    request_problem(request, PROBLEM_BAD_BODY, "the body decides nothing");
    return false;
}

/* RFC 9110, 13.1.1: strong comparison; without the header anything goes. */
static bool
check_if_match(Request *request, const json_t *alert)
{
    const char *wanted = request_header(request, "If-Match");
    const char *etag = json_string_value(json_object_get(alert, "etag"));
    g_autofree char *quoted = g_strdup_printf("\"%s\"", etag == NULL ? "" : etag);
    g_auto(GStrv) tags = wanted == NULL ? NULL : g_strsplit(wanted, ",", 16);

    if (wanted == NULL)
        return true;
    for (char **tag = tags; *tag != NULL; tag++)
        if (strcmp(g_strstrip(*tag), quoted) == 0 || strcmp(*tag, "*") == 0)
            return true;
    request_problem(request, PROBLEM_CHANGED, "the alert was changed since you read it; read it again");
    return false;
}

void
alert_decide_handle(Request *request)
{
    const json_t *body = request_body(request);

    if (!check_decision(request, body, request_route(request)->detail))
        return;
    json_t *alert = find_alert(request);
    if (alert == NULL)
        return;
    if (check_if_match(request, alert)) {
        json_t *query = json_pack("{s:s, s:s, s:s}", "what", "decide", "id", request_arg(request, "id"),
                                  "actor", request_actor(request));
        json_object_update(query, (json_t *)body); /* its keys were checked: none of them is one of ours */
        request_ask(request, PEER_SENSE, query);
    }
    json_decref(alert);
}

void
alert_decide_finish(Request *request)
{
    if (request_answer(request, 0) == NULL)
        return;
    json_t *alert = find_alert(request);
    if (alert != NULL)
        reply_alert(request, alert);
}
