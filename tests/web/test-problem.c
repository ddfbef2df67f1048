/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-problem.c - errors as RFC 9457 wants them, whatever the client sent */
#include <jansson.h>
#include "web/problem.h"

static void
test_a_problem_names_status_type_and_place(void)
{
    g_autofree char *text = problem_text(PROBLEM_NOT_FOUND, "/x", "no");
    json_t *object = json_loads(text, 0, NULL);

    g_assert_nonnull(object);
    g_assert_cmpint(json_integer_value(json_object_get(object, "status")), ==, 404);
    g_assert_cmpstr(json_string_value(json_object_get(object, "type")), ==, "urn:talaya:problem:not-found");
    g_assert_cmpstr(json_string_value(json_object_get(object, "instance")), ==, "/x");
    json_decref(object);
}

static void
test_bytes_that_are_no_text_do_no_harm(void)
{
    g_autofree char *text = problem_text(PROBLEM_BAD_TARGET, "/\xff\"\n", "\xc3(<script>");
    json_t *object = json_loads(text, 0, NULL);

    g_assert_nonnull(object);
    g_assert_nonnull(json_object_get(object, "detail"));
    json_decref(object);
}

static void
test_another_process_cannot_invent_a_status(void)
{
    g_assert_cmpint(problem_status(problem_of_status(404)), ==, 404);
    g_assert_cmpint(problem_status(problem_of_status(200)), ==, 500);
    g_assert_cmpint(problem_status(problem_of_status(65535)), ==, 500);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/problem/names-status-type-and-place", test_a_problem_names_status_type_and_place);
    g_test_add_func("/web/problem/bytes-that-are-no-text-do-no-harm", test_bytes_that_are_no_text_do_no_harm);
    g_test_add_func("/web/problem/another-process-cannot-invent-a-status",
                    test_another_process_cannot_invent_a_status);
    return g_test_run();
}
