/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api-suppressions.c - rules that suppress alerts: the list, one, what one would have done, making, deleting
 *
 * Read, and tried on the past, in the store; made and deleted by sense, the only process that writes it. A
 * rule is checked here first, so that whoever wrote it is told which key is wrong.
 */
#include "web/context.h"
#include "web/routes.h"
#include "web/time-param.h"

#include <gio/gio.h>
#include <string.h>

enum { PREVIEW_DAYS = 90, PREVIEW_DAYS_MOST = 400, REASON_LEAST = 3 };

static int64_t
now_ms(Request *request)
{
    return clock_wall(request_context(request)->clock).ms;
}

static void
store_failed(Request *request, const GError *error)
{
    request_problem(request, PROBLEM_UNAVAILABLE, "the store cannot be read now: %s",
                    error == NULL ? "no reason was given" : error->message);
}

void
suppressions_handle(Request *request)
{
    g_autoptr(GError) error = NULL;
    Store *store = request_store(request);
    json_t *list = store != NULL ? store_suppressions_json(store, now_ms(request), &error) : NULL;

    if (list != NULL)
        request_reply_json(request, 200, list);
    else if (store != NULL)
        store_failed(request, error);
}

void
suppression_handle(Request *request)
{
    g_autoptr(GError) error = NULL;
    const char *id = request_arg(request, "id");
    Store *store = request_store(request);
    json_t *rule = store != NULL ? store_suppression_json(store, id, now_ms(request), &error) : NULL;

    if (rule != NULL)
        request_reply_json(request, 200, rule);
    else if (error != NULL)
        store_failed(request, error);
    else if (store != NULL)
        request_problem(request, PROBLEM_NOT_FOUND, "there is no rule '%.64s'", id);
}

/* The body without the keys that are not its scope. The caller owns it. */
static json_t *
scope_of(const json_t *body, const char *const *others)
{
    json_t *scope = json_copy((json_t *)body);

    for (; *others != NULL; others++)
        json_object_del(scope, *others);
    return scope;
}

/* Takes @scope. False: problem made. */
static bool
check_scope(Request *request, json_t *scope, Suppression *rule)
{
    g_autoptr(GError) error = NULL;
    bool good = suppression_parse_scope(scope, rule, &error);

    if (!good)
        request_problem(request, PROBLEM_BAD_BODY, "%s", error->message);
    json_decref(scope);
    return good;
}

void
suppression_preview_handle(Request *request)
{
    static const char *const others[] = { "days", NULL };
    const json_t *body = request_body(request), *days = json_object_get(body, "days");
    json_int_t wanted = json_is_integer(days) ? json_integer_value(days) : PREVIEW_DAYS;
    g_autoptr(GError) error = NULL;
    Suppression rule;

    if ((days != NULL && !json_is_integer(days)) || wanted < 1 || wanted > PREVIEW_DAYS_MOST) {
        request_problem(request, PROBLEM_BAD_BODY, "'days' must be a whole number, 1 to %d",
                        PREVIEW_DAYS_MOST);
        return;
    }
    if (!check_scope(request, scope_of(body, others), &rule))
        return;
    Store *store = request_store(request);
    json_t *preview =
        store != NULL ? store_preview_suppression(store, &rule, (uint32_t)wanted, &error) : NULL;
    if (preview != NULL)
        request_reply_json(request, 200, preview);
    else if (store != NULL)
        store_failed(request, error);
}

static bool
check_reason(Request *request, const char *reason)
{
    g_autofree char *words = reason == NULL ? NULL : g_strstrip(g_strdup(reason));

    if (words != NULL && g_utf8_strlen(words, -1) >= REASON_LEAST && strlen(reason) <= SUPPRESSION_REASON)
        return true;
    request_problem(request, PROBLEM_BAD_BODY,
                    "'reason' must say, in %d to %d bytes, why these alerts need not be raised", REASON_LEAST,
                    SUPPRESSION_REASON);
    return false;
}

static bool
check_expiry(Request *request, const char *text, WallTime *out)
{
    if (text != NULL && time_param_parse(text, clock_wall(request_context(request)->clock), out) &&
        out->ms > now_ms(request))
        return true;
    request_problem(request, PROBLEM_BAD_BODY,
                    "'expires' must be a time to come, at most a year from now: " TIME_PARAM_WORDS
                    ", such as now+7d");
    return false;
}

void
suppression_make_handle(Request *request)
{
    static const char *const others[] = { "reason", "expires", NULL };
    const json_t *body = request_body(request);
    const char *reason = json_string_value(json_object_get(body, "reason"));
    WallTime expires;
    Suppression rule;

    if (!check_scope(request, scope_of(body, others), &rule) || !check_reason(request, reason) ||
        !check_expiry(request, json_string_value(json_object_get(body, "expires")), &expires))
        return;
    request_ask(request, PEER_SENSE,
                json_pack("{s:s, s:s, s:s, s:I, s:o}", "what", "suppress", "actor", request_actor(request),
                          "reason", reason, "expires", (json_int_t)expires.ms, "scope",
                          suppression_scope_to_json(&rule)));
}

void
suppression_make_finish(Request *request)
{
    json_t *rule = request_answer_json(request, 0);

    if (rule == NULL)
        return;
    g_autofree char *place =
        g_strdup_printf("%s/%s", request_path(request), json_string_value(json_object_get(rule, "id")));
    request_reply_json(request, 201, rule);
    request_set_header(request, "Location", place);
}

void
suppression_delete_handle(Request *request)
{
    request_ask(request, PEER_SENSE,
                json_pack("{s:s, s:s, s:s}", "what", "unsuppress", "id", request_arg(request, "id"), "actor",
                          request_actor(request)));
}
