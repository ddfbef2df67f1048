/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-one-way.c - how odd a ratio of out to in is among those of the same service, asked or sent */
#include "scoring/one-way.h"

#include "scoring/evidence.h"

enum { SUMS = 2000 };
static const double sent = 5e7;
static const Watch watch = {
    .name = "test", .tables = { [ONE_WAY_TABLE] = { .item = sizeof(OneWay), .most = ONE_WAY_SERVICES } }
};

typedef struct Bench {
    Scorer *scorer;
    WatchState state;
    ScoredAsset asset;
} Bench;

static void
bench_init(Bench *self)
{
    *self = (Bench){ .scorer = g_new0(Scorer, 1) };
    self->scorer->assets = &self->asset;
    key_table_init(&self->state.keys[ONE_WAY_TABLE], ONE_WAY_SERVICES);
    self->state.items[ONE_WAY_TABLE] =
        keyed_items_new(key_table_slots(&self->state.keys[ONE_WAY_TABLE]), sizeof(OneWay));
}

static void
bench_clear(Bench *self)
{
    key_table_clear(&self->state.keys[ONE_WAY_TABLE]);
    g_aligned_free(self->state.items[ONE_WAY_TABLE]);
    g_free(self->scorer);
}

/* Visitors fetch eight to 128 times what they send, all as often. */
static void
play_visitors(Bench *self, const Call *call)
{
    for (int i = 0; i < SUMS; i++)
        one_way_teach(self->scorer, &self->state, &watch, call, sent, sent / (double)(10 << i % 5));
}

/* Whatever nobody had before, the next one has with a chance of one in as many as there were, and one more:
 * that the role and the service say so both, and all services too, makes it no rarer. */
static void
test_the_highest_ratio_so_far_is_one_among_many(void)
{
    Call call = { .initiator = INITIATOR_FAR, .protocol = 6, .service = 443 };
    Bench bench;

    bench_init(&bench);
    play_visitors(&bench, &call);
    double usual = one_way_look(bench.scorer, &bench.state, &watch, &call, sent, sent / 20),
           highest = one_way_look(bench.scorer, &bench.state, &watch, &call, sent, 500);
    g_test_message("e-values: %g as usual, %g for the highest", usual, highest);
    g_assert_cmpfloat(usual, <, 1);
    g_assert_cmpfloat(highest, >, 5);
    g_assert_cmpfloat(highest, <=, e_hedged(1.0 / (SUMS + 1)));
    bench_clear(&bench);
}

/* What visitors fetch by a service says nothing of what the asset itself sends by it. */
static void
test_who_asked_is_told_apart(void)
{
    Call asked = { .initiator = INITIATOR_FAR, .protocol = 6, .service = 443 }, own = asked;
    Bench bench;

    own.initiator = INITIATOR_ASSET;
    bench_init(&bench);
    play_visitors(&bench, &asked);
    for (int i = 0; i < SUMS / 10; i++)
        one_way_teach(bench.scorer, &bench.state, &watch, &own, sent, sent / 3);
    double of_visitors = one_way_look(bench.scorer, &bench.state, &watch, &asked, sent, sent / 50),
           of_own = one_way_look(bench.scorer, &bench.state, &watch, &own, sent, sent / 50);
    g_test_message("e-values: %g among visits, %g among own calls", of_visitors, of_own);
    g_assert_cmpfloat(of_visitors, <, 1);
    g_assert_cmpfloat(of_own, >, 1.5);
    bench_clear(&bench);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/one-way/the-highest-ratio-so-far-is-one-among-many",
                    test_the_highest_ratio_so_far_is_one_among_many);
    g_test_add_func("/scoring/one-way/who-asked-is-told-apart", test_who_asked_is_told_apart);
    return g_test_run();
}
