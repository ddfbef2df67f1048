/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-allocations.c - scoring a record of what is known by now allocates nothing
 *
 * A made-up network is learned for some days; then all calls of scorer_batch are counted (see allocations.h)
 * for one more. The end of a window, each five minutes, is in it, and may make room for what is judged there.
 */
#include "tests/scoring/synthetic.h"
#include "tests/support/allocations.h"

enum { WINDOWS = 24 * 3600 / 300 }; /* in a day */

/* The linker puts this in the place of scorer_batch: --wrap. */
void __real_scorer_batch(Scorer *self, const FlowBatch *batch);
void __wrap_scorer_batch(Scorer *self, const FlowBatch *batch);

void
__wrap_scorer_batch(Scorer *self, const FlowBatch *batch)
{
    allocation_counter_resume();
    __real_scorer_batch(self, batch);
    allocation_counter_pause();
}

static void
ignore_sample(void *user, const SeriesSample *sample)
{
    *(uint32_t *)user += 1;
}

static void
test_records_of_a_known_network_allocate_nothing(void)
{
    Synthetic *network = synthetic_new(3);
    uint32_t samples = 0;
    const ScoringConf conf = { .budget = 5,
                               .learn_days = 7,
                               .window_s = 300,
                               .max_pairs = 1 << 17,
                               .series_assets = 10,
                               .hash_seed = 1 };
    const ScorerSink sink = { .user = &samples, .sample = ignore_sample };
    g_autoptr(Scorer) scorer = scorer_new(&conf, synthetic_assets(network), synthetic_places(network), &sink);
    AllocationCounter counter;

    synthetic_run(network, scorer, 0, 4);
    uint64_t before = synthetic_records(network);
    allocation_counter_begin(&counter);
    allocation_counter_pause();
    synthetic_run(network, scorer, 4, 5);
    uint64_t n = allocation_counter_end(&counter);

    g_test_message("%" G_GUINT64_FORMAT " allocations for %" G_GUINT64_FORMAT " records", n,
                   synthetic_records(network) - before);
    g_assert_cmpuint(samples, >, 0);
    g_assert_cmpuint(n, <=, 2 * WINDOWS);
    g_assert_cmpuint(synthetic_records(network) - before, >, 100 * WINDOWS); /* they had none */
    synthetic_free(network);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/allocations/records-of-a-known-network-allocate-nothing",
                    test_records_of_a_known_network_allocate_nothing);
    return g_test_run();
}
