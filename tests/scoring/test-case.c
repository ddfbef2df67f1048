/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-case.c - what all watches hold against the same two is found, in their order, and nothing else */
#include "scoring/watch.h"
#include "tests/support/addresses.h"

#include <math.h>

enum { PAIRS = 6000, ASSETS = 20, NOW_S = 1700000000 };

typedef struct Fixture {
    AssetTable *inventory;
    PlaceTable *places;
    Scorer *scorer;
} Fixture;

static void
set_up(Fixture *self, const void *data)
{
    ScoringConf conf = { .budget = 5, .learn_days = 7, .max_assets = ASSETS, .hash_seed = 7 };
    IpPrefix own = prefix_of("10.0.0.0/8");

    (void)data;
    self->inventory = asset_table_new(&own, 1, NULL, NULL);
    self->places = place_table_new(NULL, 0, &own, 1, NULL);
    self->scorer = scorer_new(&conf, self->inventory, self->places, NULL);
    self->scorer->clock.now_ms = NOW_S * (int64_t)1000;
    for (uint32_t i = 0; i < ASSETS; i++) {
        IpAddress address = ip_from_v4(0x0a000001 + i);
        g_assert_cmpuint(scorer_asset(self->scorer, &address, self->scorer->clock.now_ms), ==, i);
    }
}

static void
tear_down(Fixture *self, const void *data)
{
    (void)data;
    scorer_free(self->scorer);
    place_table_free(self->places);
    asset_table_free(self->inventory);
}

static IpAddress
far_of(uint32_t pair)
{
    return ip_from_v4(0x2d000000 + pair / ASSETS);
}

static void
hold(Fixture *self, uint32_t watch, uint32_t pair, bool is_service)
{
    IpAddress far = far_of(pair);
    Opinion opinion = { .watch = watches[watch],
                        .asset = pair % ASSETS,
                        .far = &far,
                        .service = 443,
                        .protocol = 6,
                        .is_service = is_service,
                        .p = 1e-6,
                        .decibans = 10 + watch,
                        .at_ms = self->scorer->clock.now_ms };

    case_take(self->scorer, &opinion);
}

static bool
holds(uint32_t watch, uint32_t pair)
{
    return keyed_mix(pair, watch, 3) % 8 == 0;
}

/* With so many that lines are full and some stand in their other one. */
static void
test_all_parts_are_found_in_the_order_of_the_watches(Fixture *self, const void *data)
{
    (void)data;
    for (uint32_t watch = n_watches; watch-- > 0;)
        for (uint32_t pair = 0; pair < PAIRS; pair++)
            if (holds(watch, pair))
                hold(self, watch, pair, false);
    g_assert_cmpuint(self->scorer->counters.cases_evicted, ==, 0);
    for (uint32_t pair = 0; pair < PAIRS; pair++) {
        const Case *parts[MOST_WATCHES];
        IpAddress far = far_of(pair);
        uint32_t n = case_parts(self->scorer, pair % ASSETS, &far, parts), at = 0;
        for (uint32_t watch = 0; watch < n_watches; watch++) {
            const Case *one = case_find(self->scorer, watches[watch], pair % ASSETS, &far, 0, 0);
            g_assert_true(holds(watch, pair) == (one != NULL));
            if (one == NULL)
                continue;
            g_assert_cmpuint(at, <, n);
            g_assert_true(parts[at++] == one);
            g_assert_cmpuint(one->watch, ==, watch);
            g_assert_true(ip_equal(&one->far, &far));
        }
        g_assert_cmpuint(at, ==, n);
    }
}

static void
test_a_case_about_a_service_is_no_part(Fixture *self, const void *data)
{
    const Case *parts[MOST_WATCHES];
    IpAddress far = far_of(0);

    (void)data;
    hold(self, 2, 0, true);
    g_assert_cmpuint(case_parts(self->scorer, 0, &far, parts), ==, 0);
    g_assert_nonnull(case_find(self->scorer, watches[2], 0, &far, 443, 6));
    hold(self, 2, 0, false);
    g_assert_cmpuint(case_parts(self->scorer, 0, &far, parts), ==, 1);
    g_assert_false(parts[0]->is_service);
    g_assert_cmpuint(case_parts(self->scorer, 0, NULL, parts), ==, 0);
}

/* A bet that did not suffice on its day, and whose stake rested on that day alone (Opinion.overlap), is no
 * alert when the threshold gives way a week later: it says what it adds to others. In an alert it stays what
 * it was. */
static void
test_what_is_days_old_is_one_thing_among_others(Fixture *self, const void *data)
{
    Moment *moment = &self->scorer->moment;
    IpAddress far = far_of(0);
    Opinion opinion = { .watch = &watch_slow_exfiltration,
                        .asset = 0,
                        .far = &far,
                        .p = 1e-6,
                        .decibans = 45,
                        .overlap = 25,
                        .at_ms = self->scorer->clock.now_ms };

    (void)data;
    moment->now_ms = self->scorer->clock.now_ms;
    case_take(self->scorer, &opinion);
    Case *one = (Case *)case_find(self->scorer, &watch_slow_exfiltration, 0, &far, 0, 0);
    g_assert_cmpfloat(case_decibans(self->scorer, one), >, 30);
    moment->now_ms += (int64_t)86400000 * 3;
    g_assert_cmpfloat(case_decibans(self->scorer, one), <, 12);
    g_assert_cmpfloat(fabs(case_decibans(self->scorer, one) - case_support(self->scorer, one)), <, 1e-9);
    one->alerted_until_ms = moment->now_ms + 1;
    g_assert_cmpfloat(case_decibans(self->scorer, one), >, 30);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/scoring/case/all-parts-are-found-in-the-order-of-the-watches", Fixture, NULL, set_up,
               test_all_parts_are_found_in_the_order_of_the_watches, tear_down);
    g_test_add("/scoring/case/a-case-about-a-service-is-no-part", Fixture, NULL, set_up,
               test_a_case_about_a_service_is_no_part, tear_down);
    g_test_add("/scoring/case/what-is-days-old-is-one-thing-among-others", Fixture, NULL, set_up,
               test_what_is_days_old_is_one_thing_among_others, tear_down);
    return g_test_run();
}
