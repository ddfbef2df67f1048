/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-param.c - queries, times, and what is said of a wrong one */
#include "web/param.h"
#include "tests/support/assert-has.h"
#include "web/time-param.h"

#include <string.h>

static const ParamSpec specs[] = {
    { .name = "limit", .kind = PARAM_INT, .min = 1, .max = 500 },
    { .name = "state", .kind = PARAM_CHOICES, .choices = "new|resolved" },
    { .name = "sort", .kind = PARAM_CHOICE, .choices = "time|score" },
    { .name = "since", .kind = PARAM_TIME },
    { .name = "asset", .kind = PARAM_ADDRESS },
    { .name = "query", .kind = PARAM_TEXT, .min = 0, .max = 5 },
    { .name = "minScore", .kind = PARAM_NUMBER, .min = 0, .max = 100 },
    { 0 },
};
static const WallTime now = { INT64_C(1767225600000) }; /* 2026-01-01T00:00:00Z */

static void
check_good(const char *query, const char *name, const char *text)
{
    Params params = { 0 };
    g_autofree char *detail = NULL;

    g_assert_true(params_parse(&params, query, specs, now, &detail));
    g_assert_nonnull(params_find(&params, name));
    g_assert_cmpstr(params_find(&params, name)->text, ==, text);
    params_clear(&params);
}

static void
check_bad(const char *query, const char *words)
{
    Params params = { 0 };
    g_autofree char *detail = NULL;

    g_assert_false(params_parse(&params, query, specs, now, &detail));
    assert_has(detail, words);
    params_clear(&params);
}

static void
test_good_values_are_taken(void)
{
    check_good("limit=500", "limit", "500");
    check_good("&&state=new,resolved&", "state", "new,resolved");
    check_good("sort=%73core", "sort", "score");
    check_good("query=%C3%A4+b", "query", "\xc3\xa4 b");
    check_good("asset=2001:DB8::0:1", "asset", "2001:db8::1");
    check_good("minScore=1.5", "minScore", "1.5");
    check_good("query", "query", "");
}

static void
test_a_wrong_value_is_told_with_its_range(void)
{
    check_bad("limit=0", "from 1 to 500");
    check_bad("limit=501", "from 1 to 500");
    check_bad("limit=1.5", "whole number");
    check_bad("limit=1e2", "whole number");
    check_bad("limit=nan", "whole number");
    check_bad("limit=", "whole number");
    check_bad("minScore=inf", "0 to 100");
    check_bad("state=new,old", "new resolved");
    check_bad("state=", "new resolved");
    check_bad("sort=time,score", "one of: time score");
    check_bad("asset=10.0.0.0/8", "IPv4 or IPv6");
    check_bad("query=abcdef", "0 to 5 characters");
    check_bad("since=yesterday", "RFC 3339");
}

static void
test_an_unknown_parameter_is_named_with_the_known_ones(void)
{
    check_bad("limt=5", "'limt'");
    check_bad("limt=5", "limit, state, sort");
    check_bad("limit=5&limit=6", "more than once");
    check_bad("query=%00", "bad escape");
}

static void
test_times_may_be_relative(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = { { "now", 0 },
                 { "now-6h", -21600000 },
                 { "now-90s", -90000 },
                 { "now-2w", -1209600000 },
                 { "now+5m", 300000 },
                 { "2025-12-31T23:59:59Z", -1000 },
                 { "2026-01-01T02:00:00+02:00", 0 } };
    static const char *const bad[] = { "",
                                       "now-",
                                       "now-6",
                                       "now-6y",
                                       "now-6hh",
                                       "now -6h",
                                       "6h",
                                       "2026-01-01",
                                       "now-99999999999999999999s",
                                       "now-1000000000w",
                                       "1969-12-31T00:00:00Z" };
    WallTime time;

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(time_param_parse(good[i].text, now, &time));
        g_assert_cmpint(time.ms, ==, now.ms + good[i].ms);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(time_param_parse(bad[i], now, &time));
}

static void
test_an_offset_whose_plus_was_not_escaped_is_understood(void)
{
    Params params = { 0 };
    g_autofree char *detail = NULL;

    g_assert_true(params_parse(&params, "since=2026-01-01T02:00:00+02:00", specs, now, &detail));
    g_assert_cmpint(params_find(&params, "since")->time.ms, ==, now.ms);
    params_clear(&params);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/param/good-values-are-taken", test_good_values_are_taken);
    g_test_add_func("/web/param/a-wrong-value-is-told-with-its-range",
                    test_a_wrong_value_is_told_with_its_range);
    g_test_add_func("/web/param/an-unknown-parameter-is-named-with-the-known-ones",
                    test_an_unknown_parameter_is_named_with_the_known_ones);
    g_test_add_func("/web/param/times-may-be-relative", test_times_may_be_relative);
    g_test_add_func("/web/param/an-offset-whose-plus-was-not-escaped-is-understood",
                    test_an_offset_whose_plus_was_not_escaped_is_understood);
    return g_test_run();
}
