/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-route.c - which handler an address belongs to */
#include "web/route.h"

#include <string.h>

static const Route routes[] = {
    { .method = "GET", .pattern = "/things" },
    { .method = "GET", .pattern = "/things/{id}" },
    { .method = "PATCH", .pattern = "/things/{id}" },
    { .method = "GET", .pattern = "/things/{id}/parts/{part}" },
};

static RouteMatch
find(const char *method, const char *path, int *index, RouteArgs *args, char allow[ROUTE_ALLOW])
{
    const Route *found = NULL;
    RouteMatch match =
        route_find(routes, G_N_ELEMENTS(routes), method, path, strlen(path), &found, args, allow);

    *index = found == NULL ? -1 : (int)(found - routes);
    return match;
}

static void
test_a_path_finds_its_route(void)
{
    static const struct {
        const char *method, *path;
        int index;
    } table[] = { { "GET", "/things", 0 },
                  { "GET", "/things/7", 1 },
                  { "HEAD", "/things/7", 1 },
                  { "PATCH", "/things/7", 2 },
                  { "GET", "/things/7/parts/a.svg", 3 },
                  { "GET", "/thing%73", 0 } };
    char allow[ROUTE_ALLOW];
    RouteArgs args;
    int index;

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        g_assert_cmpint(find(table[i].method, table[i].path, &index, &args, allow), ==, ROUTE_FOUND);
        g_assert_cmpint(index, ==, table[i].index);
    }
    g_assert_cmpint(find("GET", "/things/%C3%A4/parts/x%20y", &index, &args, allow), ==, ROUTE_FOUND);
    g_assert_cmpstr(route_arg(&args, "id"), ==, "\xc3\xa4");
    g_assert_cmpstr(route_arg(&args, "part"), ==, "x y");
    g_assert_cmpstr(route_arg(&args, "other"), ==, "");
}

static void
test_what_is_not_in_the_table_has_no_route(void)
{
    static const char *const paths[] = {
        "/",         "/thing",      "/things/",          "/things/7/",
        "/things//", "//things",    "/things/7/parts",   "/things/7/parts/a/b",
        "/THINGS",   "/things/%2F", "/things/a%2Fparts", "/things/../x"
    };
    char allow[ROUTE_ALLOW];
    RouteArgs args;
    int index;

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        g_assert_cmpint(find("GET", paths[i], &index, &args, allow), ==, ROUTE_NO_PATH);
}

static void
test_a_wrong_method_is_told_the_right_ones(void)
{
    char allow[ROUTE_ALLOW];
    RouteArgs args;
    int index;

    g_assert_cmpint(find("DELETE", "/things/7", &index, &args, allow), ==, ROUTE_NO_METHOD);
    g_assert_cmpstr(allow, ==, "GET, HEAD, PATCH");
    g_assert_cmpint(find("get", "/things", &index, &args, allow), ==, ROUTE_NO_METHOD);
    g_assert_cmpstr(allow, ==, "GET, HEAD");
}

static void
test_a_segment_that_is_too_long_has_no_route(void)
{
    g_autofree char *segment = g_strnfill(3992, 'a');
    g_autofree char *path = g_strconcat("/things/", segment, NULL);
    char allow[ROUTE_ALLOW];
    RouteArgs args;
    int index;

    g_assert_cmpint(find("GET", path, &index, &args, allow), ==, ROUTE_NO_PATH);
}

static void
test_a_bad_escape_is_told_apart(void)
{
    char allow[ROUTE_ALLOW];
    RouteArgs args;
    int index;

    g_assert_cmpint(find("GET", "/things/%00", &index, &args, allow), ==, ROUTE_BAD_ESCAPE);
    g_assert_cmpint(find("GET", "/things/%", &index, &args, allow), ==, ROUTE_BAD_ESCAPE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/route/a-path-finds-its-route", test_a_path_finds_its_route);
    g_test_add_func("/web/route/what-is-not-in-the-table-has-no-route",
                    test_what_is_not_in_the_table_has_no_route);
    g_test_add_func("/web/route/a-wrong-method-is-told-the-right-ones",
                    test_a_wrong_method_is_told_the_right_ones);
    g_test_add_func("/web/route/a-segment-that-is-too-long-has-no-route",
                    test_a_segment_that_is_too_long_has_no_route);
    g_test_add_func("/web/route/a-bad-escape-is-told-apart", test_a_bad_escape_is_told_apart);
    return g_test_run();
}
