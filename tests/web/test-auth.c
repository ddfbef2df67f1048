/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-auth.c - tokens, scopes, and patience with who guesses */
#include "tests/web/fixture.h"
#include "tests/support/assert-has.h"
#include "web/auth.h"

#include <string.h>

typedef struct Desk {
    ManualClock clock;
    Scratch *dir;
    Store *store;
    Auth *auth;
    char *header; /* of a good token */
    IpAddress here;
} Desk;

static void
desk_init(Desk *self)
{
    g_autoptr(GError) error = NULL;

    manual_clock_init(&self->clock, (WallTime){ INT64_C(1767225600000) });
    self->dir = scratch_new("auth");
    g_autofree char *db = g_build_filename(self->dir, "talaya.db", NULL);
    self->store = store_open(db, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *token =
        store_make_token(self->store, "reader", SCOPE_READ, INT64_C(1767225600000) + 3600000, &error);
    g_assert_no_error(error);
    self->header = g_strconcat("Bearer ", token, NULL);
    self->auth = auth_new(&self->clock.clock);
    ip_parse("192.0.2.7", &self->here);
}

static void
desk_clear(Desk *self)
{
    auth_free(self->auth);
    store_free(self->store);
    scratch_free(self->dir);
    g_free(self->header);
}

static AuthAnswer
try(Desk *self, const char *header, const char *from)
{
    IpAddress address = self->here;

    if (from != NULL)
        g_assert_true(ip_parse(from, &address));
    return auth_check(self->auth, self->store, header, &address).answer;
}

static void
test_a_good_token_has_its_scope_and_name(void)
{
    Desk desk;

    desk_init(&desk);
    AuthResult result = auth_check(desk.auth, desk.store, desk.header, &desk.here);
    g_assert_cmpint(result.answer, ==, AUTH_GOOD);
    g_assert_cmpint(result.scope, ==, SCOPE_READ);
    g_assert_cmpstr(result.name, ==, "reader");
    desk_clear(&desk);
}

static void
test_other_headers_are_no_token(void)
{
    Desk desk;

    desk_init(&desk);
    g_assert_cmpint(try(&desk, NULL, NULL), ==, AUTH_NO_TOKEN);
    g_assert_cmpint(try(&desk, "Basic YTpi", NULL), ==, AUTH_NO_TOKEN);
    g_assert_cmpint(try(&desk, "Bearer", NULL), ==, AUTH_NO_TOKEN);
    g_assert_cmpint(try(&desk, "Bearer ", NULL), ==, AUTH_BAD_TOKEN);
    g_assert_cmpint(try(&desk, "Bearer x' or '1'='1", NULL), ==, AUTH_BAD_TOKEN);
    g_assert_cmpint(try(&desk, "Bearer a.\xff", NULL), ==, AUTH_BAD_TOKEN);
    desk_clear(&desk);
}

static void
test_an_expired_token_is_bad(void)
{
    Desk desk;

    desk_init(&desk);
    manual_clock_turn(&desk.clock, 3601000);
    g_assert_cmpint(try(&desk, desk.header, NULL), ==, AUTH_BAD_TOKEN);
    desk_clear(&desk);
}

static void
test_who_guesses_has_to_wait_longer_each_time(void)
{
    Desk desk;

    desk_init(&desk);
    for (int i = 0; i < 5; i++)
        g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_BAD_TOKEN);
    g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_WAIT);
    g_assert_cmpint(try(&desk, "Bearer bad.token", "192.0.2.8"), ==,
                    AUTH_BAD_TOKEN); /* another is not affected */
    manual_clock_turn(&desk.clock, 1000);
    g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_BAD_TOKEN);
    manual_clock_turn(&desk.clock, 1000);
    g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_WAIT);
    manual_clock_turn(&desk.clock, 1000);
    g_assert_cmpint(try(&desk, desk.header, NULL), ==, AUTH_GOOD);
    g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_BAD_TOKEN); /* forgiven: starts anew */
    desk_clear(&desk);
}

static void
test_a_token_known_as_good_is_not_locked_out(void)
{
    Desk desk;

    desk_init(&desk);
    g_assert_cmpint(try(&desk, desk.header, NULL), ==, AUTH_GOOD);
    for (int i = 0; i < 6; i++)
        try(&desk, "Bearer bad.token", NULL);
    g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_WAIT);
    g_assert_cmpint(try(&desk, desk.header, NULL), ==, AUTH_GOOD);
    g_assert_cmpint(try(&desk, "Bearer bad.token", NULL), ==, AUTH_WAIT); /* and does not clear the guesser */
    desk_clear(&desk);
}

static void
test_a_whole_v6_subscriber_waits(void)
{
    Desk desk;

    desk_init(&desk);
    for (int i = 0; i < 5; i++)
        try(&desk, "Bearer bad.token", "2001:db8::1");
    g_assert_cmpint(try(&desk, "Bearer bad.token", "2001:db8::2"), ==, AUTH_WAIT);
    g_assert_cmpint(try(&desk, "Bearer bad.token", "2001:db8:0:1::2"), ==, AUTH_BAD_TOKEN);
    desk_clear(&desk);
}

static void
test_many_addresses_do_not_grow_the_table(void)
{
    Desk desk;

    desk_init(&desk);
    for (unsigned i = 0; i < 3000; i++) {
        IpAddress address = ip_from_v4(0x0a000000 + i);
        auth_check(desk.auth, desk.store, "Bearer bad.token", &address);
    }
    g_assert_cmpint(try(&desk, desk.header, NULL), ==, AUTH_GOOD);
    desk_clear(&desk);
}

static int
status_of(Fixture *fixture, TokenScope scope, const char *method, const char *target, const char *headers,
          const char *body)
{
    g_auto(HttpAnswer) answer = fixture_call(fixture, scope, method, target, headers, body);

    return answer.status;
}

static void
test_scopes_open_what_they_should(void)
{
    g_autofree char *alert = g_strconcat("/api/v1/alerts/", fixture_alert_id(0), NULL);
    static const char body[] = "{\"note\":\"x\"}";
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_assert_cmpint(status_of(&fixture, SCOPE_NONE, "GET", alert, NULL, NULL), ==, 401);
    g_assert_cmpint(status_of(&fixture, SCOPE_READ, "GET", alert, NULL, NULL), ==, 200);
    g_assert_cmpint(status_of(&fixture, SCOPE_READ, "PATCH", alert, NULL, body), ==, 403);
    g_assert_cmpint(status_of(&fixture, SCOPE_TRIAGE, "PATCH", alert, NULL, body), ==, 200);
    g_assert_cmpint(status_of(&fixture, SCOPE_ADMIN, "PATCH", alert, NULL, body), ==, 200);
    g_assert_cmpint(status_of(&fixture, SCOPE_NONE, "GET", "/metrics", NULL, NULL), ==, 200);
}

static void
test_a_refusal_says_how_to_log_in(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, NULL);
    g_auto(HttpAnswer) none = fixture_get(&fixture, SCOPE_NONE, "/api/v1/status");
    g_autofree char *how = http_header(&none, "WWW-Authenticate");
    g_assert_cmpstr(how, ==, "Bearer realm=\"talaya\"");
    for (int i = 0; i < 5; i++) {
        g_auto(HttpAnswer) bad = fixture_call(&fixture, SCOPE_NONE, "GET", "/api/v1/status",
                                              "Authorization: Bearer no.no\r\n", NULL);
        g_autofree char *why = http_header(&bad, "WWW-Authenticate");
        g_assert_cmpint(bad.status, ==, 401);
        assert_has(why, "invalid_token");
    }
    g_auto(HttpAnswer) wait =
        fixture_call(&fixture, SCOPE_NONE, "GET", "/api/v1/status", "Authorization: Bearer no.no\r\n", NULL);
    g_autofree char *retry = http_header(&wait, "Retry-After");
    g_assert_cmpint(wait.status, ==, 429);
    g_assert_nonnull(retry);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/auth/a-good-token-has-its-scope-and-name",
                    test_a_good_token_has_its_scope_and_name);
    g_test_add_func("/web/auth/other-headers-are-no-token", test_other_headers_are_no_token);
    g_test_add_func("/web/auth/an-expired-token-is-bad", test_an_expired_token_is_bad);
    g_test_add_func("/web/auth/who-guesses-has-to-wait-longer-each-time",
                    test_who_guesses_has_to_wait_longer_each_time);
    g_test_add_func("/web/auth/a-token-known-as-good-is-not-locked-out",
                    test_a_token_known_as_good_is_not_locked_out);
    g_test_add_func("/web/auth/a-whole-v6-subscriber-waits", test_a_whole_v6_subscriber_waits);
    g_test_add_func("/web/auth/many-addresses-do-not-grow-the-table",
                    test_many_addresses_do_not_grow_the_table);
    g_test_add_func("/web/auth/scopes-open-what-they-should", test_scopes_open_what_they_should);
    g_test_add_func("/web/auth/a-refusal-says-how-to-log-in", test_a_refusal_says_how_to_log_in);
    return g_test_run();
}
