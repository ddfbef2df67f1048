/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * route.h - which handler an address belongs to
 *
 * The whole API is one table (routes.c). A pattern is a path whose {names} each match one segment, which is
 * decoded after splitting, so that "%2F" can never make two segments of one.
 */
#pragma once
#include "scoring/store.h"
#include "web/param.h"

typedef struct Request Request;

typedef struct Route {
    const char *method;               /* GET (also answers HEAD), DELETE; with a body: POST, PATCH */
    const char *pattern;              /* "/api/v1/assets/{address}/series" */
    TokenScope scope;                 /* least scope; SCOPE_NONE: no token is looked at */
    const ParamSpec *params;          /* ends with an empty one; NULL: none */
    void (*handle)(Request *request); /* replies, or asks another process */
    void (*finish)(Request *request); /* when all that was asked is answered; NULL where nothing is asked */
    int detail;                       /* handler's own: one function for several routes */
} Route;

enum { ROUTE_ARGS_MOST = 4, ROUTE_ARG_MOST = 200 };
typedef struct RouteArgs {
    unsigned n;
    struct {
        char name[24];
        char value[ROUTE_ARG_MOST];
    } args[ROUTE_ARGS_MOST];
} RouteArgs;

typedef enum RouteMatch { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD, ROUTE_BAD_ESCAPE } RouteMatch;

#define ROUTE_ALLOW 64
/* Finds the route of @method and the undecoded @path. @allow gets the methods of the path when only the
 * method is wrong. */
RouteMatch route_find(const Route *routes, size_t n_routes, const char *method, const char *path,
                      size_t length, const Route **found, RouteArgs *args, char allow[ROUTE_ALLOW]);
/* Lends the argument; "" when the pattern has none of that name. */
const char *route_arg(const RouteArgs *args, const char *name);
