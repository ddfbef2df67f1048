/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-server.c - the whole server over loopback: what it serves, and what it says of a wrong request */
#include "tests/web/fixture.h"
#include "tests/support/assert-has.h"

#include <string.h>

static void
test_status_is_what_sense_says(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) answer = fixture_get(&fixture, SCOPE_READ, "/api/v1/status");
    g_assert_cmpint(answer.status, ==, 200);
    json_t *status = http_json(&answer);
    g_assert_cmpint(json_integer_value(json_object_get(json_object_get(status, "alerts"), "new")), ==, 3);
    g_assert_cmpint(json_integer_value(json_object_get(json_object_get(status, "series"), "files")), ==, 1);
    json_decref(status);
}

static void
test_every_reply_carries_the_security_headers(void)
{
    static const char *const targets[] = { "/", "/livez", "/api/v1/status", "/api/v1/nothing", "/%00" };
    static const struct {
        const char *name, *has;
    } wanted[] = { { "X-Content-Type-Options", "nosniff" },
                   { "Referrer-Policy", "no-referrer" },
                   { "Content-Security-Policy", "frame-ancestors 'none'" },
                   { "Content-Security-Policy", "form-action 'none'" },
                   { "Cache-Control", "no-" } };
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_auto(HttpAnswer) answer = fixture_get(&fixture, SCOPE_NONE, targets[i]);
        for (size_t k = 0; k < G_N_ELEMENTS(wanted); k++) {
            g_autofree char *value = http_header(&answer, wanted[k].name);
            g_assert_nonnull(value);
            assert_has(value, wanted[k].has);
        }
        g_autofree char *cors = http_header(&answer, "Access-Control-Allow-Origin");
        g_assert_null(cors);
    }
}

static void
test_the_console_is_served_and_routes_in_the_browser(void)
{
    static const char *const targets[] = { "/", "/index.html", "/alerts", "/assets/203x" };
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_auto(HttpAnswer) answer = fixture_get(&fixture, SCOPE_NONE, targets[i]);
        g_autofree char *type = http_header(&answer, "Content-Type");
        g_assert_cmpint(answer.status, ==, 200);
        g_assert_cmpstr(type, ==, "text/html; charset=utf-8");
        assert_has(answer.body, "<html");
    }
    g_auto(HttpAnswer) missing = fixture_get(&fixture, SCOPE_NONE, "/nothing.js");
    http_assert_problem(&missing, 404, "not-found");
    g_auto(HttpAnswer) changed = fixture_call(&fixture, SCOPE_NONE, "POST", "/", NULL, "{}");
    http_assert_problem(&changed, 405, "method-not-allowed");
}

static void
test_compressed_files_go_to_who_takes_them(void)
{
#ifndef HAVE_CONSOLE
    g_test_skip("the console is not built in");
#else
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) plain = fixture_get(&fixture, SCOPE_NONE, "/app.js");
    g_auto(HttpAnswer) packed =
        fixture_call(&fixture, SCOPE_NONE, "GET", "/app.js", "Accept-Encoding: br, gzip;q=0.5\r\n", NULL);
    g_auto(HttpAnswer) refused =
        fixture_call(&fixture, SCOPE_NONE, "GET", "/app.js", "Accept-Encoding: gzip;q=0\r\n", NULL);
    g_autofree char *encoding = http_header(&packed, "Content-Encoding");
    g_autofree char *none = http_header(&refused, "Content-Encoding");
    g_autofree char *vary = http_header(&plain, "Vary");
    g_autofree char *tag_a = http_header(&plain, "ETag");
    g_autofree char *tag_b = http_header(&packed, "ETag");

    g_assert_cmpstr(encoding, ==, "gzip");
    g_assert_null(none);
    g_assert_cmpstr(vary, ==, "Accept-Encoding");
    g_assert_cmpstr(tag_a, !=, tag_b);
    g_assert_cmpint((guint8)packed.body[0], ==, 0x1f);
#endif
}

static void
test_what_has_not_changed_is_not_sent_again(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) first = fixture_get(&fixture, SCOPE_READ, "/api/v1/exporters");
    g_autofree char *tag = http_header(&first, "ETag");
    g_assert_nonnull(tag);
    g_autofree char *header = g_strdup_printf("If-None-Match: \"x\", W/%s\r\n", tag);
    g_auto(HttpAnswer) second = fixture_call(&fixture, SCOPE_READ, "GET", "/api/v1/exporters", header, NULL);
    g_assert_cmpint(second.status, ==, 304);
    g_assert_cmpuint(second.length, ==, 0);
    g_auto(HttpAnswer) third =
        fixture_call(&fixture, SCOPE_READ, "GET", "/api/v1/exporters", "If-None-Match: \"x\"\r\n", NULL);
    g_assert_cmpint(third.status, ==, 200);
}

static void
test_head_is_get_without_a_body(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) answer = fixture_call(&fixture, SCOPE_READ, "HEAD", "/api/v1/exporters", NULL, NULL);
    g_autofree char *length = http_header(&answer, "Content-Length");
    g_assert_cmpint(answer.status, ==, 200);
    g_assert_cmpuint(answer.length, ==, 0);
    g_assert_cmpstr(length, !=, "0");
}

static void
test_wrong_requests_are_told_what_is_wrong(void)
{
    static const struct {
        const char *method, *target;
        int status;
        const char *type;
    } table[] = {
        { "GET", "/api/v1/nothing", 404, "not-found" },
        { "GET", "/api", 404, "not-found" },
        { "GET", "/api/v1/../../etc/passwd", 404, "not-found" },
        { "GET", "/..%2f..%2fetc/passwd", 404, "not-found" },
        { "GET", "/%2e%2e/app.js", 404, "not-found" },
        { "GET", "/a%00.js", 400, "bad-target" },
        { "GET", "/%c0%ae%c0%ae/x", 400, "bad-target" },
        { "GET", "/api/v1/alerts/%0d%0aX:y", 400, "bad-target" },
        { "DELETE", "/api/v1/alerts/abc", 405, "method-not-allowed" },
        { "OPTIONS", "/api/v1/status", 405, "method-not-allowed" },
        { "GET", "/api/v1/alerts?stat=new", 400, "bad-parameter" },
        { "GET", "/api/v1/alerts?limit=501", 400, "bad-parameter" },
        { "GET", "/api/v1/alerts?cursor=%27;drop", 400, "bad-parameter" },
        { "GET", "/api/v1/assets?cursor=o0", 400, "bad-parameter" },
        { "GET", "/api/v1/status?x=1", 400, "bad-parameter" },
        { "GET", "/api/v1/alerts/none", 404, "not-found" },
        { "GET", "/api/v1/assets/10.0.0.256", 404, "not-found" },
        { "GET", "/api/v1/assets/192.0.2.99", 404, "not-found" },
        { "GET", "/api/v1/exporters/-1", 404, "not-found" },
        { "GET", "/api/v1/exporters/5", 404, "not-found" },
        { "GET", "/api/v1/classify/x", 404, "not-found" },
        { "GET", "/api/v1/graphs/asset/..%5cx.svg", 404, "not-found" },
        { "GET", "/api/v1/graphs/host/192.0.2.1.svg", 404, "not-found" },
        { "GET", "/api/v1/graphs/asset/192.0.2.1.svg?width=20000", 400, "bad-parameter" },
        { "GET", "/api/v1/graphs/asset/192.0.2.1.svg?from=now&to=now-1h", 400, "bad-parameter" },
        { "GET", "/api/v1/graphs/asset/192.0.2.1.svg?from=now-401d", 400, "bad-parameter" },
    };
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        g_test_message("%s %s", table[i].method, table[i].target);
        g_auto(HttpAnswer) answer =
            fixture_call(&fixture, SCOPE_READ, table[i].method, table[i].target, NULL, NULL);
        http_assert_problem(&answer, table[i].status, table[i].type);
    }
}

static void
test_a_wrong_method_is_told_the_right_ones(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) answer = fixture_call(&fixture, SCOPE_READ, "PUT", "/api/v1/alerts/abc", NULL, NULL);
    g_autofree char *allow = http_header(&answer, "Allow");
    g_assert_cmpint(answer.status, ==, 405);
    g_assert_cmpstr(allow, ==, "GET, HEAD, PATCH");
}

static void
test_an_interface_graph_is_asked_for_by_parsed_parts(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) answer =
        fixture_get(&fixture, SCOPE_READ,
                    "/api/v1/graphs/interface/2001:DB8::1-7.svg?metric=flows&theme=dark&title=%3Cscript%3E");
    g_autofree char *type = http_header(&answer, "Content-Type");
    json_t *query = fixture_last_query(&fixture);

    g_assert_cmpint(answer.status, ==, 200);
    g_assert_cmpstr(type, ==, "image/svg+xml");
    g_assert_cmpstr(json_string_value(json_object_get(query, "address")), ==, "2001:db8::1");
    g_assert_cmpint(json_integer_value(json_object_get(query, "ifIndex")), ==, 7);
    g_assert_cmpstr(json_string_value(json_object_get(query, "title")), ==, "<script>");
    g_assert_true(json_is_true(json_object_get(query, "dark")));
    json_decref(query);
}

static void
test_lists_come_page_by_page(void)
{
    static const char *const lists[] = { "/api/v1/alerts?limit=2&sort=score", "/api/v1/assets?limit=2" };
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_auto(HttpAnswer) first = fixture_get(&fixture, SCOPE_READ, lists[i]);
        g_autofree char *link = http_header(&first, "Link");
        json_t *page = http_json(&first);
        g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==, 2);
        g_assert_cmpint(json_integer_value(json_object_get(page, "total")), ==, 3);
        g_assert_nonnull(link);
        g_auto(GStrv) parts = g_strsplit_set(link, "<>", 3);
        g_auto(HttpAnswer) second = fixture_get(&fixture, SCOPE_READ, parts[1]);
        g_autofree char *no_link = http_header(&second, "Link");
        json_t *rest = http_json(&second);
        g_assert_cmpuint(json_array_size(json_object_get(rest, "items")), ==, 1);
        g_assert_true(json_is_null(json_object_get(rest, "next")));
        g_assert_null(no_link);
        json_decref(page);
        json_decref(rest);
    }
}

static void
test_a_decision_changes_the_alert_under_the_tokens_name(void)
{
    g_autofree char *target = g_strconcat("/api/v1/alerts/", fixture_alert_id(0), NULL);
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) answer = fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target, NULL,
                                             "{\"state\":\"in_progress\",\"note\":\"<b>looking</b>\"}");
    g_assert_cmpint(answer.status, ==, 200);
    json_t *alert = http_json(&answer);
    json_t *query = fixture_last_query(&fixture);
    g_assert_cmpstr(json_string_value(json_object_get(alert, "state")), ==, "in_progress");
    g_assert_cmpstr(json_string_value(json_object_get(query, "actor")), ==, "triager");
    json_decref(alert);
    json_decref(query);
}

static void
test_a_decision_on_what_was_changed_meanwhile_is_refused(void)
{
    g_autofree char *target = g_strconcat("/api/v1/alerts/", fixture_alert_id(1), NULL);
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) read = fixture_get(&fixture, SCOPE_READ, target);
    g_autofree char *tag = http_header(&read, "ETag");
    g_autofree char *if_match = g_strdup_printf("If-Match: %s\r\n", tag);
    g_auto(HttpAnswer) first =
        fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target, if_match, "{\"verdict\":\"true_positive\"}");
    g_assert_cmpint(first.status, ==, 200);
    g_autofree char *new_tag = http_header(&first, "ETag");
    g_assert_cmpstr(new_tag, !=, tag);
    g_auto(HttpAnswer) second =
        fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target, if_match, "{\"verdict\":\"false_positive\"}");
    http_assert_problem(&second, 412, "changed-meanwhile");
}

static void
test_a_decision_is_checked_key_by_key(void)
{
    static const struct {
        const char *ending, *body, *words;
    } table[] = {
        { "", "", "empty" },
        { "", "{", "line 1" },
        { "", "[]", "object" },
        { "", "{}", "nothing" },
        { "", "{\"state\":\"new\",\"state\":\"resolved\"}", "duplicate" },
        { "", "{\"state\":\"closed\"}", "in_progress" },
        { "", "{\"state\":1}", "one of" },
        { "", "{\"verdict\":\"maybe\"}", "benign_expected" },
        { "", "{\"stat\":\"new\"}", "'stat'" },
        { "", "{\"actor\":\"boss\"}", "state, verdict, note" },
        { "", "{\"note\":\"\xff\"}", "decode byte" },
        { "", "{\"note\":\"a\\u0000b\"}", "line 1" },
        { "/state", "{\"verdict\":\"unknown\"}", "state, note" },
        { "/verdict", "{\"state\":\"new\"}", "verdict, note" },
    };
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *target = g_strconcat("/api/v1/alerts/", fixture_alert_id(0), table[i].ending, NULL);
        const char *method = table[i].ending[0] == '\0' ? "PATCH" : "POST";
        g_test_message("body %u", (unsigned)i);
        g_auto(HttpAnswer) answer = fixture_call(&fixture, SCOPE_TRIAGE, method, target, NULL, table[i].body);
        http_assert_problem(&answer, 400, "bad-body");
        assert_has(answer.body, table[i].words);
    }
}

static void
test_bodies_have_a_type_and_a_size(void)
{
    g_autofree char *target = g_strconcat("/api/v1/alerts/", fixture_alert_id(0), NULL);
    g_autofree char *large = g_strnfill(70000, ' ');
    g_autofree char *note = g_strnfill(2001, 'n');
    g_autofree char *long_note = g_strdup_printf("{\"note\":\"%s\"}", note);
    g_autofree char *deep = g_strnfill(60000, '[');
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) a = fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target, NULL, large);
    http_assert_problem(&a, 413, "body-too-large");
    g_auto(HttpAnswer) b = fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target,
                                        "Content-Type: text/plain\r\nContent-Length: 2\r\n", NULL);
    http_assert_problem(&b, 415, "media-type");
    g_auto(HttpAnswer) c = fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target, NULL, long_note);
    http_assert_problem(&c, 400, "bad-body");
    g_auto(HttpAnswer) d = fixture_call(&fixture, SCOPE_TRIAGE, "PATCH", target, NULL, deep);
    http_assert_problem(&d, 400, "bad-body");
}

static void
test_metrics_are_prometheus_text(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) answer = fixture_get(&fixture, SCOPE_NONE, "/metrics");
    g_assert_cmpint(answer.status, ==, 200);
    assert_has(answer.body, "\ntalaya_datagrams_received_total 120034\n");
    assert_has(answer.body, "\ntalaya_datagrams_refused_total{reason=\"not_allowed\"} 3\n");
    assert_has(answer.body, "\ntalaya_exporter_up{exporter=\"192.0.2.1\"} 1\n");
    g_auto(GStrv) lines = g_strsplit(answer.body, "\n", -1);
    for (char **line = lines; **line != '\0'; line++)
        g_assert_true(g_regex_match_simple(
            "^(# (HELP|TYPE) talaya_[a-z_]+ .+|talaya_[a-z_]+(\\{[a-z_]+=\"[^\"]*\"\\})? "
            "[-0-9.e+]+)$",
            *line, 0, 0));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/server/status-is-what-sense-says", test_status_is_what_sense_says);
    g_test_add_func("/web/server/every-reply-carries-the-security-headers",
                    test_every_reply_carries_the_security_headers);
    g_test_add_func("/web/server/the-console-is-served-and-routes-in-the-browser",
                    test_the_console_is_served_and_routes_in_the_browser);
    g_test_add_func("/web/server/compressed-files-go-to-who-takes-them",
                    test_compressed_files_go_to_who_takes_them);
    g_test_add_func("/web/server/what-has-not-changed-is-not-sent-again",
                    test_what_has_not_changed_is_not_sent_again);
    g_test_add_func("/web/server/head-is-get-without-a-body", test_head_is_get_without_a_body);
    g_test_add_func("/web/server/wrong-requests-are-told-what-is-wrong",
                    test_wrong_requests_are_told_what_is_wrong);
    g_test_add_func("/web/server/a-wrong-method-is-told-the-right-ones",
                    test_a_wrong_method_is_told_the_right_ones);
    g_test_add_func("/web/server/an-interface-graph-is-asked-for-by-parsed-parts",
                    test_an_interface_graph_is_asked_for_by_parsed_parts);
    g_test_add_func("/web/server/lists-come-page-by-page", test_lists_come_page_by_page);
    g_test_add_func("/web/server/a-decision-changes-the-alert-under-the-tokens-name",
                    test_a_decision_changes_the_alert_under_the_tokens_name);
    g_test_add_func("/web/server/a-decision-on-what-was-changed-meanwhile-is-refused",
                    test_a_decision_on_what_was_changed_meanwhile_is_refused);
    g_test_add_func("/web/server/a-decision-is-checked-key-by-key", test_a_decision_is_checked_key_by_key);
    g_test_add_func("/web/server/bodies-have-a-type-and-a-size", test_bodies_have_a_type_and_a_size);
    g_test_add_func("/web/server/metrics-are-prometheus-text", test_metrics_are_prometheus_text);
    return g_test_run();
}
