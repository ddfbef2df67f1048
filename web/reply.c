/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reply.c - makes libmicrohttpd's response of a reply: tags, caching, and the headers that every reply
 * carries
 *
 * No reply allows another origin to read it (no CORS), to frame it, or to guess its type.
 */
#include "web/request-private.h"

#include <string.h>
#include <xxhash.h>

static const char policy_api[] =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
static const char policy_page[] = "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                                  "connect-src 'self'; frame-ancestors 'none'; "
                                  "base-uri 'none'; form-action 'none'; object-src 'none'";

static void
make_etag(Reply *reply)
{
    gsize length;
    const void *bytes = g_bytes_get_data(reply->body, &length);
    XXH128_hash_t hash = XXH3_128bits(bytes, length);

    g_snprintf(reply->etag, sizeof reply->etag, "\"%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x\"",
               (guint64)hash.high64, (guint64)hash.low64);
}

/* RFC 9110, 13.1.2: a list of tags, compared weakly; "*" fits any. */
static bool
is_in_tags(const char *list, const char *etag)
{
    size_t length = strlen(etag);

    for (const char *at = list; at != NULL && *at != '\0';) {
        at += strspn(at, " \t,");
        if (*at == '*')
            return true;
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        if (strncmp(at, etag, length) == 0 && strchr(" \t,", at[length]) != NULL)
            return true;
        at = strchr(at, ',');
    }
    return false;
}

static bool
is_unchanged(Request *self)
{
    const char *wanted = request_header(self, MHD_HTTP_HEADER_IF_NONE_MATCH);

    return self->reply.status == MHD_HTTP_OK && wanted != NULL && strcmp(self->route->method, "GET") == 0 &&
           is_in_tags(wanted, self->reply.etag);
}

static struct MHD_Response *
make_response(Reply *reply)
{
    gsize length = 0;
    const void *bytes = g_bytes_get_data(reply->body, &length);

    return MHD_create_response_from_buffer_with_free_callback_cls(
        length, (void *)(bytes == NULL ? "" : bytes), (MHD_ContentReaderFreeCallback)g_bytes_unref,
        g_bytes_ref(reply->body));
}

static void
add_headers(struct MHD_Response *response, const Reply *reply)
{
    const struct {
        const char *name, *value;
    } fixed[] = {
        { MHD_HTTP_HEADER_CACHE_CONTROL, reply->cache },
        { "Content-Security-Policy", reply->is_page ? policy_page : policy_api },
        { "X-Content-Type-Options", "nosniff" },
        { "Referrer-Policy", "no-referrer" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
        MHD_add_response_header(response, fixed[i].name, fixed[i].value);
    if (reply->etag[0] != '\0')
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, reply->etag);
    for (unsigned i = 0; i < reply->n_headers; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
}

enum MHD_Result
request_queue(Request *self)
{
    Reply *reply = &self->reply;

    if (reply->status == MHD_HTTP_OK && reply->etag[0] == '\0' && strcmp(self->route->method, "GET") == 0)
        make_etag(reply);
    bool unchanged = is_unchanged(self);
    struct MHD_Response *response =
        unchanged ? MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT)
                  : make_response(reply);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, reply);
    if (!unchanged)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    enum MHD_Result result =
        MHD_queue_response(self->connection, unchanged ? MHD_HTTP_NOT_MODIFIED : reply->status, response);
    MHD_destroy_response(response);
    return result;
}
