/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c - see files.h */
#include "web/files.h"
#include "web-resources.h"
#include "web/request-private.h"
#ifdef HAVE_CONSOLE
#include "console-resources.h"
#endif

#include <gio/gio.h>
#include <string.h>

enum { NAME_MOST = 128 };

static const char no_console[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Talaya</title>\n"
    "<h1>Talaya</h1>\n<p>The console was not built into this binary (meson option 'console').</p>\n"
    "<p>The API is at <code>/api/v1</code>; <a href=\"/openapi.json\">/openapi.json</a> describes "
    "it.</p>\n</html>\n";

static const Route files_route = { .method = "GET", .pattern = "/{file}", .scope = SCOPE_NONE };

/* Lends the bytes of a compiled-in file; NULL when there is none. */
static GBytes *
find_console_file(const char *name)
{
#ifdef HAVE_CONSOLE
    g_autofree char *path = g_strconcat("/talaya/console", name, NULL);

    return g_resource_lookup_data(console_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
#else
    (void)name;
    return NULL;
#endif
}

static const char *
type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".json", "application/json" },
        { ".map", "application/json" },
        { ".woff2", "font/woff2" },
        { ".webmanifest", "application/manifest+json" },
        { ".ico", "image/x-icon" },
        { ".txt", "text/plain; charset=utf-8" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_suffix(name, types[i].ending))
            return types[i].type;
    return "application/octet-stream";
}

/* "app-1f9a03bc.js": eight or more letters and digits, one digit at least, between '-' and the ending. */
static bool
has_hashed_name(const char *name)
{
    const char *dash = strrchr(name, '-');
    const char *dot = dash == NULL ? NULL : strchr(dash, '.');
    size_t n = 0;
    bool has_digit = false;

    if (dot == NULL)
        return false;
    for (const char *at = dash + 1; at < dot && g_ascii_isalnum(*at); at++, n++)
        has_digit = has_digit || g_ascii_isdigit(*at);
    return n >= 8 && has_digit && dash + 1 + n == dot;
}

/* RFC 9110, 12.5.3, as far as it concerns us: gzip is listed, and not with a weight of zero. */
static bool
takes_gzip(const char *accept)
{
    g_auto(GStrv) parts = accept == NULL ? NULL : g_strsplit(accept, ",", 32);

    for (char **part = parts; part != NULL && *part != NULL; part++) {
        const char *coding = g_strstrip(*part);
        size_t length = strcspn(coding, "; \t");
        if (length != 4 || g_ascii_strncasecmp(coding, "gzip", 4) != 0)
            continue;
        const char *weight = strstr(coding, "q=");
        return weight == NULL || g_ascii_strtod(weight + 2, NULL) > 0;
    }
    return false;
}

static void
reply_file(Request *request, const char *name, GBytes *plain)
{
    g_autoptr(GBytes) bytes = plain; /* a reply below keeps its own reference */
    g_autofree char *gzip_name = g_strconcat(name, ".gz", NULL);
    g_autoptr(GBytes) gzip = find_console_file(gzip_name);
    bool use_gzip = gzip != NULL && takes_gzip(request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING));

    request_reply_bytes(request, 200, g_bytes_ref(use_gzip ? gzip : bytes), type_of(name));
    request_set_page(request);
    request_set_cache(request, has_hashed_name(name) ? "public, max-age=31536000, immutable" : "no-cache");
    if (gzip != NULL)
        request_set_header(request, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    if (use_gzip)
        request_set_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
}

/* The resource's name for a path: itself, or index.html for one that the console routes in the browser. False
 * for the API's own paths and those that hold what no name of a resource holds. */
static bool
name_of(const char *path, char name[NAME_MOST])
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    bool is_api =
        strcmp(path, "/api") == 0 || g_str_has_prefix(path, "/api/") || g_str_has_prefix(path, "/prom/");

    if (is_api || strlen(path) >= NAME_MOST)
        return false;
    if (strchr(path, '.') == NULL) {
        g_strlcpy(name, "/index.html", NAME_MOST);
        return true;
    }
    g_strlcpy(name, path, NAME_MOST);
    return strspn(path, allowed) == strlen(path);
}

RouteMatch
files_find(Request *request, const char *method, char allow[ROUTE_ALLOW])
{
    char name[NAME_MOST];
    GBytes *bytes;

    if (!name_of(request_path(request), name))
        return ROUTE_NO_PATH;
    bytes = find_console_file(name);
    if (bytes == NULL && strchr(name, '.') != NULL && strcmp(name, "/index.html") != 0)
        return ROUTE_NO_PATH;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        g_clear_pointer(&bytes, g_bytes_unref);
        g_strlcpy(allow, "GET, HEAD", ROUTE_ALLOW);
        return ROUTE_NO_METHOD;
    }
    request->route = &files_route;
    if (bytes != NULL) {
        reply_file(request, name, bytes);
    } else {
        request_reply_bytes(request, 200, g_bytes_new_static(no_console, strlen(no_console)),
                            type_of(".html"));
        request_set_cache(request, "no-cache");
    }
    return ROUTE_FOUND;
}

void
files_openapi(Request *request)
{
    GBytes *bytes = g_resource_lookup_data(web_get_resource(), "/talaya/web/openapi.json",
                                           G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

    g_assert(bytes != NULL); /* compiled in */
    request_reply_bytes(request, 200, bytes, "application/json");
    request_set_cache(request, "no-cache");
}
