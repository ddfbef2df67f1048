/* SPDX-License-Identifier: GPL-3.0-or-later */
/* request.c - see request.h */
#include "web/context.h"
#include "web/request-private.h"

#include <stdarg.h>
#include <string.h>

WebContext *
request_context(Request *self)
{
    return self->context;
}

const Route *
request_route(const Request *self)
{
    return self->route;
}

const char *
request_path(const Request *self)
{
    return self->path == NULL ? "/" : self->path;
}

const char *
request_arg(const Request *self, const char *name)
{
    return route_arg(&self->args, name);
}

const char *
request_text(const Request *self, const char *name, const char *fallback)
{
    const ParamValue *value = params_find(&self->params, name);

    return value == NULL ? fallback : value->text;
}

double
request_number(const Request *self, const char *name, double fallback)
{
    const ParamValue *value = params_find(&self->params, name);

    return value == NULL ? fallback : value->number;
}

int64_t
request_time_ms(const Request *self, const char *name, int64_t fallback)
{
    const ParamValue *value = params_find(&self->params, name);

    return value == NULL ? fallback : value->time.ms;
}

char *
request_query_without(const Request *self, const char *without)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < self->params.n; i++) {
        const ParamValue *value = &self->params.values[i];
        if (strcmp(value->spec->name, without) == 0)
            continue;
        g_autofree char *escaped = g_uri_escape_string(value->text, NULL, FALSE);
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "&" : "", value->spec->name, escaped);
    }
    return g_string_free(text, FALSE);
}

const char *
request_header(const Request *self, const char *name)
{
    return MHD_lookup_connection_value(self->connection, MHD_HEADER_KIND, name);
}

const char *
request_actor(const Request *self)
{
    return self->actor;
}

const json_t *
request_body(const Request *self)
{
    return self->body;
}

void
request_ask(Request *self, Peer peer, json_t *query)
{
    request_ask_within(self, peer, query, 0);
}

void
request_ask_within(Request *self, Peer peer, json_t *query, int timeout_ms)
{
    g_assert(self->n_asks < REQUEST_ASKS_MOST); /* our own handlers */
    Ask *ask = &self->asks[self->n_asks++];

    *ask = (Ask){
        .request = self, .peer = peer, .timeout_ms = timeout_ms, .query = json_dumps(query, JSON_COMPACT)
    };
    json_decref(query);
}

/* What the other process says is wrong, in its own words if there are any. */
static void
answer_problem(Request *self, const Ask *ask)
{
    gsize length = 0;
    const char *bytes = ask->body == NULL ? NULL : g_bytes_get_data(ask->body, &length);
    json_t *object = bytes == NULL ? NULL : json_loadb(bytes, length, 0, NULL);
    const char *words = NULL;

    json_unpack(object, "{s?s, s?s}", "error", &words, "detail", &words);
    if (words == NULL)
        words = ask->status == 404 ? "nothing is known of it" : "no reason was given";
    request_problem(self, problem_of_status(ask->status), "%s", words);
    json_decref(object);
}

GBytes *
request_answer(Request *self, unsigned index)
{
    const Ask *ask = &self->asks[index];

    switch (ask->outcome) {
    case CLIENT_TIMED_OUT:
        request_problem(self, PROBLEM_UNAVAILABLE, "the process '%s' did not answer in time",
                        peer_name(ask->peer));
        request_set_header(self, "Retry-After", "2");
        return NULL;
    case CLIENT_REFUSED:
        request_problem(self, PROBLEM_UNAVAILABLE, "the process '%s' cannot be asked now",
                        peer_name(ask->peer));
        request_set_header(self, "Retry-After", "2");
        return NULL;
    case CLIENT_ANSWERED:
        break;
    }
    if (ask->status == 200 && ask->body != NULL && g_bytes_get_size(ask->body) > 0)
        return ask->body;
    answer_problem(self, ask);
    return NULL;
}

json_t *
request_answer_json(Request *self, unsigned index)
{
    GBytes *body = request_answer(self, index);
    gsize length;

    if (body == NULL)
        return NULL;
    const char *bytes = g_bytes_get_data(body, &length);
    json_t *object = json_loadb(bytes == NULL ? "" : bytes, length, 0, NULL);
    if (object == NULL)
        request_problem(self, PROBLEM_INTERNAL, "the process '%s' gave an answer that is not JSON",
                        peer_name(self->asks[index].peer));
    return object;
}

static void
clear_reply(Reply *reply)
{
    g_clear_pointer(&reply->body, g_bytes_unref);
    for (unsigned i = 0; i < reply->n_headers; i++)
        g_free(reply->headers[i].value);
    *reply = (Reply){ 0 };
}

void
request_reply_bytes(Request *self, unsigned status, GBytes *body, const char *type)
{
    clear_reply(&self->reply);
    self->reply = (Reply){ .made = true, .status = status, .body = body, .type = type };
    self->reply.cache = status < 400 ? "private, no-cache" : "no-store";
}

void
request_reply_json(Request *self, unsigned status, json_t *object)
{
    char *text =
        json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12)); /* 41.24, not 41.240000000000002 */

    json_decref(object);
    if (text == NULL) {
        request_problem(self, PROBLEM_INTERNAL, "the answer could not be written as JSON");
        return;
    }
    request_reply_bytes(self, status, g_bytes_new_take(text, strlen(text)), "application/json");
}

void
request_problem(Request *self, Problem problem, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    char *text = problem_text(problem, request_path(self), detail);
    if (text == NULL)
        text = g_strdup("{}");
    request_reply_bytes(self, problem_status(problem), g_bytes_new_take(text, strlen(text)),
                        "application/problem+json");
}

void
request_set_header(Request *self, const char *name, const char *value)
{
    Reply *reply = &self->reply;

    g_assert(reply->n_headers < G_N_ELEMENTS(reply->headers)); /* our own handlers */
    reply->headers[reply->n_headers++] = (ReplyHeader){ .name = name, .value = g_strdup(value) };
}

void
request_set_etag(Request *self, const char *tag)
{
    g_snprintf(self->reply.etag, sizeof self->reply.etag, "\"%s\"", tag);
}

void
request_set_cache(Request *self, const char *cache)
{
    self->reply.cache = cache;
}

void
request_set_page(Request *self)
{
    self->reply.is_page = true;
}

Store *
request_store(Request *self)
{
    const char *why = NULL;
    Store *store = reader_store(self->context->reader, &why);

    if (store == NULL)
        request_problem(self, PROBLEM_UNAVAILABLE, "%s", why == NULL ? "the store cannot be read now" : why);
    return store;
}

Request *
request_new(WebContext *context, struct MHD_Connection *connection, const char *target)
{
    Request *self = g_new0(Request, 1);

    self->context = context;
    self->connection = connection;
    self->target = g_strdup(target);
    return self;
}

void
request_free(Request *self)
{
    if (self == NULL)
        return;
    clear_reply(&self->reply);
    for (unsigned i = 0; i < self->n_asks; i++) {
        g_free(self->asks[i].query);
        g_clear_pointer(&self->asks[i].body, g_bytes_unref);
    }
    params_clear(&self->params);
    g_clear_pointer(&self->upload, g_byte_array_unref);
    json_decref(self->body);
    g_free(self->path);
    g_free(self->target);
    g_free(self);
}
