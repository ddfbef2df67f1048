/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-server-clients.c - the whole server and those who make it wait: slow, greedy and hostile clients, and
 * processes that do not answer */
#include "tests/web/fixture.h"
#include "tests/support/assert-has.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A body whose length is not announced cannot be refused by its header. */
static void
test_a_chunked_body_is_bounded_too(void)
{
    g_auto(Fixture) fixture;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *chunk = g_strnfill(4096, ' ');

    fixture_init(&fixture, NULL);
    g_string_printf(text,
                    "PATCH /api/v1/alerts/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n",
                    fixture_alert_id(0), fixture.tokens[SCOPE_TRIAGE]);
    for (int i = 0; i < 20; i++)
        g_string_append_printf(text, "1000\r\n%s\r\n", chunk);
    g_string_append(text, "0\r\n\r\n");
    g_auto(HttpAnswer) answer = fixture_send(&fixture, text->str, text->len);
    http_assert_problem(&answer, 413, "body-too-large");
}

static void
test_a_process_that_does_not_answer_is_a_503(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, &(WebConf){ .answer_ms = 150 });
    fixture_set_mood(&fixture, MOOD_SILENT);
    g_auto(HttpAnswer) silent = fixture_get(&fixture, SCOPE_READ, "/api/v1/exporters");
    g_autofree char *retry = http_header(&silent, "Retry-After");
    http_assert_problem(&silent, 503, "unavailable");
    assert_has(silent.body, "'sense'");
    g_assert_cmpstr(retry, ==, "2");
    g_auto(HttpAnswer) unready = fixture_get(&fixture, SCOPE_NONE, "/readyz");
    g_assert_cmpint(unready.status, ==, 503);
    g_auto(HttpAnswer) live = fixture_get(&fixture, SCOPE_NONE, "/livez");
    g_assert_cmpint(live.status, ==, 200);
    fixture_set_mood(&fixture, MOOD_NONSENSE);
    g_auto(HttpAnswer) nonsense = fixture_get(&fixture, SCOPE_READ, "/api/v1/status");
    http_assert_problem(&nonsense, 500, "internal");
    fixture_set_mood(&fixture, MOOD_REFUSES);
    g_auto(HttpAnswer) odd = fixture_get(&fixture, SCOPE_READ, "/api/v1/status");
    http_assert_problem(&odd, 500, "internal");
    fixture_set_mood(&fixture, MOOD_EMPTY);
    g_auto(HttpAnswer) empty = fixture_get(&fixture, SCOPE_READ, "/api/v1/exporters");
    http_assert_problem(&empty, 500, "internal");
    fixture_set_mood(&fixture, MOOD_ANSWERS);
    g_auto(HttpAnswer) ready = fixture_get(&fixture, SCOPE_NONE, "/readyz");
    g_assert_cmpint(ready.status, ==, 200);
}

static void
ask_status(Fixture *fixture, int fd)
{
    g_autofree char *text =
        g_strdup_printf("GET /api/v1/exporters HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
                        fixture->tokens[SCOPE_READ]);

    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (gssize)strlen(text));
}

static void
test_a_slow_answer_delays_nobody_else(void)
{
    g_auto(Fixture) fixture;
    int fds[20];

    fixture_init(&fixture, &(WebConf){ .answer_ms = 3000 });
    fixture_set_mood(&fixture, MOOD_SILENT);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = fixture_connect(&fixture);
        ask_status(&fixture, fds[i]);
    }
    gint64 before = g_get_monotonic_time();
    g_auto(HttpAnswer) alerts = fixture_get(&fixture, SCOPE_READ, "/api/v1/alerts");
    g_assert_cmpint(alerts.status, ==, 200);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 2 * G_TIME_SPAN_SECOND);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]); /* clients that hang up while they sleep */
    /* The fixture's end is a stop with sleepers: it must neither hang nor abort. */
}

static void
test_a_client_that_sends_too_slowly_is_hung_up_on(void)
{
    static const char head[] = "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    g_auto(Fixture) fixture;
    bool ended = false;

    fixture_init(&fixture, &(WebConf){ .answer_ms = 400, .request_ms = 400 });
    int fd = fixture_connect(&fixture);
    g_assert_cmpint(send(fd, head, strlen(head), MSG_NOSIGNAL), >, 0);
    for (int i = 0; i < 100 && !ended; i++) { /* a byte each 20 ms: never idle */
        g_usleep(20000);
        ended = send(fd, "a", 1, MSG_NOSIGNAL) != 1;
    }
    g_assert_true(ended);
    close(fd);
}

static void
test_one_address_has_a_limit_of_connections(void)
{
    g_auto(Fixture) fixture;
    int fds[8];
    unsigned refused = 0;

    fixture_init(&fixture, &(WebConf){ .answer_ms = 400, .max_per_address = 4 });
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = fixture_connect(&fixture);
        ask_status(&fixture, fds[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        g_auto(HttpAnswer) answer = fixture_read(fds[i]);
        refused += answer.status == 0;
        g_assert_true(answer.status == 0 || answer.status == 200);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
    g_assert_cmpuint(refused, ==, 4);
}

static void
test_requests_that_are_no_http_do_no_harm(void)
{
    static const char *const texts[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET / HTTP/1.1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "PATCH /api/v1/alerts/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "PATCH /api/v1/alerts/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "PATCH /api/v1/alerts/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    };
    g_autofree char *long_path = g_strnfill(20000, 'a');
    g_autofree char *long_request =
        g_strdup_printf("GET /%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", long_path);
    g_auto(Fixture) fixture;

    fixture_init(&fixture, &(WebConf){ .answer_ms = 400, .request_ms = 500 });
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        int fd = fixture_connect(&fixture);
        g_assert_cmpint(send(fd, texts[i], strlen(texts[i]), MSG_NOSIGNAL), >, 0);
        shutdown(fd, SHUT_WR);
        g_auto(HttpAnswer) answer = fixture_read(fd);
        g_test_message("request %u: %d", (unsigned)i, answer.status);
        g_assert_cmpint(answer.status, !=, 200);
        close(fd);
    }
    g_auto(HttpAnswer) too_long = fixture_send(&fixture, long_request, strlen(long_request));
    g_assert_cmpint(too_long.status, ==, 414);
    g_auto(HttpAnswer) live = fixture_get(&fixture, SCOPE_NONE, "/livez");
    g_assert_cmpint(live.status, ==, 200);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/server-clients/a-chunked-body-is-bounded-too", test_a_chunked_body_is_bounded_too);
    g_test_add_func("/web/server-clients/a-process-that-does-not-answer-is-a-503",
                    test_a_process_that_does_not_answer_is_a_503);
    g_test_add_func("/web/server-clients/a-slow-answer-delays-nobody-else",
                    test_a_slow_answer_delays_nobody_else);
    g_test_add_func("/web/server-clients/a-client-that-sends-too-slowly-is-hung-up-on",
                    test_a_client_that_sends_too_slowly_is_hung_up_on);
    g_test_add_func("/web/server-clients/one-address-has-a-limit-of-connections",
                    test_one_address_has_a_limit_of_connections);
    g_test_add_func("/web/server-clients/requests-that-are-no-http-do-no-harm",
                    test_requests_that_are_no_http_do_no_harm);
    return g_test_run();
}
