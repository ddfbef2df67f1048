/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-suppressions.c - rules over HTTP: made, tried, listed, deleted, and refused in words */
#include "tests/web/fixture.h"

#include <string.h>

#define RULES "/api/v1/suppressions"

static json_t *
call(Fixture *self, TokenScope scope, const char *method, const char *target, const char *body, int wanted)
{
    g_auto(HttpAnswer) answer = fixture_call(self, scope, method, target, NULL, body);

    if (answer.status != wanted)
        g_error("%s %s answers %d: %s", method, target, answer.status, answer.body);
    return http_json(&answer);
}

static json_int_t
number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void
test_a_rule_is_made_listed_and_deleted(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) made =
        fixture_call(&fixture, SCOPE_TRIAGE, "POST", RULES, NULL,
                     "{\"peerAsn\":64511,\"port\":443,\"reason\":\"\\u00fcber <b>Nacht</b>\",\"expires\":"
                     "\"now+2d\"}");
    g_assert_cmpint(made.status, ==, 201);
    g_autofree char *place = http_header(&made, "Location");
    json_t *rule = http_json(&made);
    g_assert_cmpstr(json_string_value(json_object_get(rule, "author")), ==, "triager");
    g_assert_cmpstr(json_string_value(json_object_get(rule, "reason")), ==,
                    "\xc3\xbc"
                    "ber <b>Nacht</b>");
    g_assert_true(json_is_true(json_object_get(rule, "active")));
    json_t *again = call(&fixture, SCOPE_READ, "GET", place, NULL, 200);
    g_assert_true(json_equal(rule, again));
    json_decref(again);
    json_t *list = call(&fixture, SCOPE_READ, "GET", RULES, NULL, 200);
    g_assert_cmpint(number_of(list, "active"), ==, 2); /* the fixture has one */
    json_decref(list);
    json_decref(call(&fixture, SCOPE_READ, "DELETE", place, NULL, 403));
    json_t *was = call(&fixture, SCOPE_TRIAGE, "DELETE", place, NULL, 200);
    g_assert_cmpint(number_of(was, "port"), ==, 443);
    json_decref(was);
    json_decref(call(&fixture, SCOPE_READ, "GET", place, NULL, 404));
    json_decref(call(&fixture, SCOPE_TRIAGE, "DELETE", place, NULL, 404));
    json_decref(rule);
}

static void
test_what_a_rule_suppresses_leaves_the_open_ones(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    json_t *preview = call(&fixture, SCOPE_TRIAGE, "POST", RULES "/preview",
                           "{\"asset\":\"203.0.113.0/24\",\"peerClass\":\"residential\"}", 200);
    g_assert_cmpint(number_of(preview, "matched"), ==, 3);
    g_assert_cmpint(number_of(preview, "alerts"), ==, 3);
    g_assert_cmpuint(json_array_size(json_object_get(preview, "items")), ==, 3);
    json_decref(preview);
    json_decref(call(&fixture, SCOPE_READ, "POST", RULES "/preview", "{\"port\":443}", 403));
    json_t *before = call(&fixture, SCOPE_READ, "GET", "/api/v1/alerts?state=new", NULL, 200);
    g_assert_cmpint(number_of(before, "total"), ==, 3); /* a preview changes nothing */
    json_decref(before);
    json_decref(call(&fixture, SCOPE_TRIAGE, "POST", RULES,
                     "{\"asset\":\"203.0.113.0/24\",\"reason\":\"a test\",\"expires\":\"now+1h\"}", 201));
    json_t *after = call(&fixture, SCOPE_READ, "GET", "/api/v1/alerts?state=suppressed", NULL, 200);
    g_assert_cmpint(number_of(after, "total"), ==, 3);
    json_decref(after);
}

static void
test_a_bad_rule_is_refused_in_words(void)
{
    static const struct {
        const char *target, *body, *word;
    } cases[] = {
        { RULES, "{\"reason\":\"a test\",\"expires\":\"now+1d\"}", "suppress everything" },
        { RULES, "{\"port\":443,\"expires\":\"now+1d\"}", "'reason'" },
        { RULES, "{\"port\":443,\"reason\":\"  \",\"expires\":\"now+1d\"}", "'reason'" },
        { RULES, "{\"port\":443,\"reason\":7,\"expires\":\"now+1d\"}", "'reason'" },
        { RULES, "{\"port\":443,\"reason\":\"a test\"}", "'expires'" },
        { RULES, "{\"port\":443,\"reason\":\"a test\",\"expires\":\"now-1d\"}", "'expires'" },
        { RULES, "{\"port\":443,\"reason\":\"a test\",\"expires\":\"soon\"}", "'expires'" },
        { RULES, "{\"port\":443,\"reason\":\"a test\",\"expires\":\"now+60w\"}", "year" },
        { RULES, "{\"ports\":443,\"reason\":\"a test\",\"expires\":\"now+1d\"}", "'ports'" },
        { RULES, "{\"asset\":\"billing-db\",\"reason\":\"a test\",\"expires\":\"now+1d\"}", "assetName" },
        { RULES "/preview", "{}", "suppress everything" },
        { RULES "/preview", "{\"port\":443,\"days\":0}", "'days'" },
        { RULES "/preview", "{\"port\":443,\"days\":\"90\"}", "'days'" },
        { RULES "/preview", "{\"port\":443,\"reason\":\"a test\"}", "'reason'" },
    };
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        json_t *problem = call(&fixture, SCOPE_TRIAGE, "POST", cases[i].target, cases[i].body, 400);
        const char *detail = json_string_value(json_object_get(problem, "detail"));
        g_assert_cmpstr(json_string_value(json_object_get(problem, "type")), ==,
                        "urn:talaya:problem:bad-body");
        if (strstr(detail, cases[i].word) == NULL)
            g_error("%s is refused with: %s", cases[i].body, detail);
        json_decref(problem);
    }
    json_t *list = call(&fixture, SCOPE_READ, "GET", RULES, NULL, 200);
    g_assert_cmpint(number_of(list, "active"), ==, 1);
    json_decref(list);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/suppressions/a-rule-is-made-listed-and-deleted",
                    test_a_rule_is_made_listed_and_deleted);
    g_test_add_func("/web/suppressions/what-a-rule-suppresses-leaves-the-open-ones",
                    test_what_a_rule_suppresses_leaves_the_open_ones);
    g_test_add_func("/web/suppressions/a-bad-rule-is-refused-in-words", test_a_bad_rule_is_refused_in_words);
    return g_test_run();
}
