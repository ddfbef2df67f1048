/* SPDX-License-Identifier: GPL-3.0-or-later */
/* route.c - see route.h */
#include "web/route.h"
#include "web/uri.h"

#include <string.h>

/* One segment of both; steps both over it. */
static RouteMatch
match_segment(const char **pattern, const char **path, const char *end, RouteArgs *args)
{
    size_t want = strcspn(*pattern, "/");
    const char *slash = memchr(*path, '/', (size_t)(end - *path));
    size_t have = slash == NULL ? (size_t)(end - *path) : (size_t)(slash - *path);
    char decoded[ROUTE_ARG_MOST];
    const char *name = *pattern;

    if (have >= sizeof decoded)
        return ROUTE_NO_PATH;
    if (!uri_decode(*path, have, false, decoded))
        return ROUTE_BAD_ESCAPE;
    *pattern += want;
    *path += have;
    if (name[0] != '{') {
        bool is_same = strlen(decoded) == want && memcmp(decoded, name, want) == 0;
        return is_same ? ROUTE_FOUND : ROUTE_NO_PATH;
    }
    if (decoded[0] == '\0' || strchr(decoded, '/') != NULL)
        return ROUTE_NO_PATH;
    g_assert(args->n < ROUTE_ARGS_MOST && want - 2 < sizeof args->args[0].name); /* our own table */
    memcpy(args->args[args->n].name, name + 1, want - 2);
    args->args[args->n].name[want - 2] = '\0';
    g_strlcpy(args->args[args->n++].value, decoded, ROUTE_ARG_MOST);
    return ROUTE_FOUND;
}

static RouteMatch
match_path(const char *pattern, const char *path, size_t length, RouteArgs *args)
{
    const char *end = path + length;

    *args = (RouteArgs){ 0 };
    while (*pattern == '/' && path < end && *path == '/') {
        pattern++;
        path++;
        RouteMatch match = match_segment(&pattern, &path, end, args);
        if (match != ROUTE_FOUND)
            return match;
    }
    return *pattern == '\0' && path == end ? ROUTE_FOUND : ROUTE_NO_PATH;
}

static void
add_allowed(char allow[ROUTE_ALLOW], const char *method)
{
    if (strstr(allow, method) != NULL)
        return;
    if (allow[0] != '\0')
        g_strlcat(allow, ", ", ROUTE_ALLOW);
    g_strlcat(allow, method, ROUTE_ALLOW);
    if (strcmp(method, "GET") == 0)
        g_strlcat(allow, ", HEAD", ROUTE_ALLOW);
}

RouteMatch
route_find(const Route *routes, size_t n_routes, const char *method, const char *path, size_t length,
           const Route **found, RouteArgs *args, char allow[ROUTE_ALLOW])
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    allow[0] = '\0';
    for (size_t i = 0; i < n_routes; i++) {
        RouteMatch match = match_path(routes[i].pattern, path, length, args);
        if (match == ROUTE_BAD_ESCAPE)
            return match;
        if (match != ROUTE_FOUND)
            continue;
        if (strcmp(routes[i].method, wanted) == 0) {
            *found = &routes[i];
            return ROUTE_FOUND;
        }
        add_allowed(allow, routes[i].method);
    }
    return allow[0] == '\0' ? ROUTE_NO_PATH : ROUTE_NO_METHOD;
}

const char *
route_arg(const RouteArgs *args, const char *name)
{
    for (unsigned i = 0; i < args->n; i++)
        if (strcmp(args->args[i].name, name) == 0)
            return args->args[i].value;
    return "";
}
