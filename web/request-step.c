/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request-step.c - the life of a request: checks, body, handler, sleep, answer
 *
 * All checks that need no body are made when the headers are there, so that nobody can send a body to an
 * address that will not take it. Sleeping: the connection is suspended before the first question goes out (an
 * answer may come at once, on another thread), and is always resumed, since every question ends in one
 * call-back (client.h).
 */
#include "web/context.h"
#include "web/files.h"
#include "web/request-private.h"
#include "web/uri.h"

#include <netinet/in.h>
#include <string.h>

static IpAddress
client_address(const Request *self)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(self->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *from = info == NULL ? NULL : info->client_addr;
    IpAddress address = { 0 };

    if (from != NULL && from->sa_family == AF_INET)
        address = ip_from_v4(ntohl(((const struct sockaddr_in *)(const void *)from)->sin_addr.s_addr));
    if (from != NULL && from->sa_family == AF_INET6)
        memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    return address;
}

static bool
check_token(Request *self)
{
    IpAddress from = client_address(self);
    const char *header = request_header(self, MHD_HTTP_HEADER_AUTHORIZATION);
    Store *store = header == NULL ? NULL : request_store(self);

    if (header != NULL && store == NULL)
        return false;
    AuthResult result = auth_check(self->context->auth, store, header, &from);
    switch (result.answer) {
    case AUTH_NO_TOKEN:
        request_problem(self, PROBLEM_NO_TOKEN, "send the header 'Authorization: Bearer TOKEN'");
        request_set_header(self, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"talaya\"");
        return false;
    case AUTH_BAD_TOKEN:
        request_problem(self, PROBLEM_BAD_TOKEN, "the token is not known, was revoked, or has expired");
        request_set_header(self, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                           "Bearer realm=\"talaya\", error=\"invalid_token\"");
        return false;
    case AUTH_WAIT: {
        g_autofree char *wait = g_strdup_printf("%u", result.wait_s);
        request_problem(self, PROBLEM_SLOW_DOWN, "too many bad tokens came from your address; wait %s s",
                        wait);
        request_set_header(self, MHD_HTTP_HEADER_RETRY_AFTER, wait);
        return false;
    }
    case AUTH_GOOD:
        break;
    }
    g_strlcpy(self->actor, result.name, sizeof self->actor);
    if (result.scope >= self->route->scope)
        return true;
    request_problem(self, PROBLEM_FORBIDDEN, "this needs a token of scope '%s'; yours has '%s'",
                    token_scope_name(self->route->scope), token_scope_name(result.scope));
    request_set_header(self, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                       "Bearer realm=\"talaya\", error=\"insufficient_scope\"");
    return false;
}

static bool
is_json_type(const char *type)
{
    static const char wanted[] = "application/json";

    if (type == NULL || g_ascii_strncasecmp(type, wanted, strlen(wanted)) != 0)
        return false;
    type += strlen(wanted);
    return type[0] == '\0' || type[0] == ';' || type[0] == ' ';
}

static bool
takes_body(const Route *route)
{
    return strcmp(route->method, "GET") != 0 && strcmp(route->method, "DELETE") != 0;
}

static bool
check_upload(Request *self)
{
    const char *length = request_header(self, MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (length != NULL && g_ascii_strtoull(length, NULL, 10) > REQUEST_BODY_MOST) {
        request_problem(self, PROBLEM_BODY_SIZE, "a body may have at most %d bytes", REQUEST_BODY_MOST);
        return false;
    }
    if (!takes_body(self->route) || is_json_type(request_header(self, MHD_HTTP_HEADER_CONTENT_TYPE)))
        return true;
    request_problem(self, PROBLEM_MEDIA_TYPE, "send JSON, with 'Content-Type: application/json'");
    return false;
}

static bool
split_target(Request *self)
{
    const char *path;
    size_t length;

    if (strlen(self->target) > URI_MOST) {
        request_problem(self, PROBLEM_TARGET_SIZE, "path and query may have at most %d bytes", URI_MOST);
        return false;
    }
    if (uri_split(self->target, &path, &length, &self->query)) {
        g_autofree char *decoded = g_malloc(length + 1);
        self->path = g_strndup(path, length);
        if (uri_decode(path, length, false, decoded))
            return true;
    }
    request_problem(self, PROBLEM_BAD_TARGET,
                    "the path has a bad escape, a control character, or is not UTF-8");
    return false;
}

static bool
find_route(Request *self, const char *method)
{
    const WebContext *context = self->context;
    char allow[ROUTE_ALLOW];
    RouteMatch match = route_find(context->routes, context->n_routes, method, self->path, strlen(self->path),
                                  &self->route, &self->args, allow);

    if (match == ROUTE_NO_PATH)
        match = files_find(self, method, allow);
    switch (match) {
    case ROUTE_FOUND:
        return true;
    case ROUTE_NO_PATH:
        request_problem(self, PROBLEM_NOT_FOUND,
                        "there is nothing at this address; /openapi.json lists what there is");
        return false;
    case ROUTE_NO_METHOD:
        request_problem(self, PROBLEM_METHOD, "%s does not fit here; use %s", method, allow);
        request_set_header(self, MHD_HTTP_HEADER_ALLOW, allow);
        return false;
    case ROUTE_BAD_ESCAPE:
        request_problem(self, PROBLEM_BAD_TARGET, "the path has a bad escape");
        return false;
    }
    return false;
}

static void
check_head(Request *self, const char *method)
{
    g_autofree char *detail = NULL;

    self->method = strcmp(method, "HEAD") == 0 ? "HEAD" : "";
    if (!split_target(self) || !find_route(self, method) || self->reply.made)
        return;
    if (self->route->scope != SCOPE_NONE && !check_token(self))
        return;
    if (!check_upload(self))
        return;
    if (!params_parse(&self->params, self->query, self->route->params, clock_wall(self->context->clock),
                      &detail))
        request_problem(self, PROBLEM_BAD_PARAMETER, "%s", detail);
}

static void
take_upload(Request *self, const char *bytes, size_t length)
{
    if (self->upload == NULL)
        self->upload = g_byte_array_new();
    if (self->upload->len + length > REQUEST_BODY_MOST)
        self->upload_too_large = true;
    else if (!self->upload_too_large)
        g_byte_array_append(self->upload, (const guint8 *)bytes, (guint)length);
}

/* Depth is bounded by jansson (2048) and size by us. */
static bool
parse_upload(Request *self)
{
    json_error_t error;

    if (self->upload_too_large) {
        request_problem(self, PROBLEM_BODY_SIZE, "a body may have at most %d bytes", REQUEST_BODY_MOST);
        return false;
    }
    if (!takes_body(self->route))
        return true;
    if (self->upload == NULL) {
        request_problem(self, PROBLEM_BAD_BODY, "the body is empty; a JSON object is wanted");
        return false;
    }
    self->body =
        json_loadb((const char *)self->upload->data, self->upload->len, JSON_REJECT_DUPLICATES, &error);
    if (self->body == NULL)
        request_problem(self, PROBLEM_BAD_BODY, "line %d, column %d: %s", error.line, error.column,
                        error.text);
    else if (!json_is_object(self->body))
        request_problem(self, PROBLEM_BAD_BODY, "the body must be a JSON object");
    return json_is_object(self->body);
}

/* Who takes @pending to zero wakes the connection, and must not touch the request after it. */
static void
one_less_pending(Request *self)
{
    struct MHD_Connection *connection = self->connection;

    if (g_atomic_int_dec_and_test(&self->pending))
        MHD_resume_connection(connection);
}

static void
take_answer(void *user, ClientOutcome outcome, unsigned status, GBytes *body)
{
    Ask *ask = user;

    ask->outcome = outcome;
    ask->status = status;
    ask->body = body == NULL ? NULL : g_bytes_ref(body);
    one_less_pending(ask->request);
}

static void
send_asks(Request *self)
{
    self->phase = PHASE_WAIT;
    g_atomic_int_set(&self->pending,
                     (gint)self->n_asks + 1); /* one more, so that it stays above zero in here */
    MHD_suspend_connection(self->connection);
    for (unsigned i = 0; i < self->n_asks; i++) {
        Ask *ask = &self->asks[i];
        if (!client_ask(self->context->peers[ask->peer], ask->query, strlen(ask->query), ask->timeout_ms,
                        take_answer, ask))
            take_answer(ask, CLIENT_REFUSED, 0, NULL);
    }
    one_less_pending(self);
}

static enum MHD_Result
finish(Request *self)
{
    self->phase = PHASE_DONE;
    if (!self->reply.made)
        request_problem(self, PROBLEM_INTERNAL, "no reply was made");
    return request_queue(self);
}

static enum MHD_Result
run(Request *self)
{
    if (!parse_upload(self))
        return finish(self);
    self->route->handle(self);
    if (self->reply.made || self->n_asks == 0)
        return finish(self);
    send_asks(self);
    return MHD_YES;
}

enum MHD_Result
request_step(Request *self, const char *method, const char *upload, size_t *upload_size)
{
    switch (self->phase) {
    case PHASE_HEAD:
        self->context->requests++;
        check_head(self, method);
        if (self->reply.made)
            return finish(self);
        self->phase = PHASE_BODY;
        return MHD_YES;
    case PHASE_BODY:
        if (*upload_size == 0)
            return run(self);
        take_upload(self, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    case PHASE_WAIT:
        if (g_atomic_int_get(&self->pending) > 0)
            return MHD_YES;
        self->route->finish(self);
        return finish(self);
    case PHASE_DONE:
        break;
    }
    return MHD_NO;
}
