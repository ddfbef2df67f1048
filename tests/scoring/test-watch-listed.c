/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-listed.c - a list lifts what else is held against a pair, by a little, and alone says nothing */
#include "tests/scoring/stage.h"
#include "tests/support/scratch.h"

/* A table of one CSV list that names @prefix, last said on 1 February 2026 (day 27 of the stage). */
static ListTable *
one_entry(const char *prefix, uint32_t expires_days)
{
    g_autofree char *text = g_strdup_printf("prefix,seen,note\n%s,2026-02-01,relay box\n", prefix);
    g_autoptr(Scratch) dir = scratch_new("listed");
    g_autofree char *path = scratch_write(dir, "watchlist", text);
    g_autoptr(GError) error = NULL;
    ListSource source = { .name = (char *)"watchlist",
                          .type = LIST_CSV,
                          .path = path,
                          .confidence = 80,
                          .expires_days = expires_days };
    ListTable *lists = list_table_new(&source, 1, &error);
    g_assert_no_error(error);
    return lists;
}

/* A pair speaks again after a month: the score with @lists. */
static const Alert *
play_awakened(Stage *stage, const ListTable *lists, bool restarts)
{
    scorer_set_lists(stage_scorer(stage), lists);
    stage_nightly(stage, 0, 3, "50.4.0.9");
    stage_nightly(stage, 3, 40, "50.5.0.9");
    if (restarts) {
        stage_restart(stage);
        scorer_set_lists(stage_scorer(stage), lists);
    }
    stage_nightly(stage, 40, 41, "50.4.0.9");
    stage_until(stage, 41);
    const Alert *alert = stage_told(stage, "awakened", "10.1.0.3", "50.4.0.9");
    return alert;
}

static void
test_a_listed_far_end_lifts_what_else_is_held(gconstpointer restarts)
{
    g_autoptr(Stage) without = stage_new(), with = stage_new();
    g_autoptr(ListTable) lists = one_entry("50.4.0.0/24", 90);
    const Alert *plain = play_awakened(without, NULL, restarts != NULL);
    const Alert *lifted = play_awakened(with, lists, restarts != NULL);
    const AlertContribution *part = stage_part(lifted, "listed");

    g_assert_null(stage_part(plain, "listed"));
    g_assert_nonnull(part);
    g_test_message("%.1f dB, with a list %.1f: %s | %s", plain->score, lifted->score, part->reason,
                   lifted->counterfactual);
    g_assert_cmpfloat(lifted->score, >, plain->score + 8);
    g_assert_cmpfloat(part->decibans, <=, 12.01);
    g_assert_cmpfloat_with_epsilon(lifted->score, plain->score + part->decibans, 0.1);
    assert_has(part->reason, "'watchlist'");
    assert_has(part->reason, "50.4.0.0/24");
    assert_has(part->reason, "relay box");
    assert_has(part->reason, "13 days before");
    assert_has(lifted->counterfactual, "stands on no list");
}

/* A server takes up with somebody new who is listed: where nobody ever did, that is worth more than the word
 * of the list, and yet something else must speak for it at two to one. */
static void
test_a_new_listed_far_end_weighs_by_how_rare_that_is(void)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(ListTable) lists = one_entry("45.4.0.0/24", 90);

    scorer_set_lists(stage_scorer(stage), lists);
    stage_nightly(stage, 0, 40, "50.5.0.9");
    stage_nightly(stage, 40, 41, "45.4.0.9");
    stage_until(stage, 41);
    const Alert *alert = stage_told(stage, "listed", "10.1.0.3", "45.4.0.9");
    const AlertContribution *part = stage_part(alert, "listed");
    g_assert_cmpstr(alert->kind, !=, "listed");
    g_assert_cmpfloat(part->decibans, >, 12.01);
    g_assert_cmpfloat(part->decibans, <=, alert->threshold - 2.99);
    assert_has(part->reason, "had met 0 others on lists");
}

/* Everybody takes up with listed ones all the time: no more than the word of the list. */
static void
test_a_list_that_all_meet_weighs_little(void)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(ListTable) lists = one_entry("45.0.0.0/8", 365);
    char far[32];

    scorer_set_lists(stage_scorer(stage), lists);
    for (int day = 0; day < 40; day++) {
        g_snprintf(far, sizeof far, "45.%d.0.9", 10 + day);
        stage_nightly(stage, day, day + 1, far);
    }
    stage_nightly(stage, 40, 41, "45.4.0.9");
    stage_until(stage, 41);
    for (uint32_t i = 0; i < stage_alerts(stage); i++) {
        const AlertContribution *part = stage_part(stage_alert(stage, i), "listed");
        if (part != NULL && stage_alert(stage, i)->last_seen_ms > INT64_C(86400000) * 20)
            g_test_message("%.1f dB: %s", part->decibans, part->reason);
    }
    g_assert_null(stage_find(stage, "listed", "10.1.0.3", "45.4.0.9"));
}

static void
test_what_has_expired_says_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(ListTable) lists = one_entry("50.4.0.9", 7);

    g_assert_null(stage_part(play_awakened(stage, lists, false), "listed"));
}

static void
test_a_list_alone_never_alerts(void)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(ListTable) lists = one_entry("50.0.0.0/8", 365);

    scorer_set_lists(stage_scorer(stage), lists);
    stage_nightly(stage, 0, 40, "50.4.0.9"); /* all are listed, every night */
    stage_until(stage, 41);
    g_assert_null(stage_find(stage, "listed", "10.1.0.3", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/scoring/watch-listed/a-listed-far-end-lifts-what-else-is-held", NULL,
                         test_a_listed_far_end_lifts_what_else_is_held);
    g_test_add_data_func("/scoring/watch-listed/it-does-so-after-a-restart", "restart",
                         test_a_listed_far_end_lifts_what_else_is_held);
    g_test_add_func("/scoring/watch-listed/a-new-listed-far-end-weighs-by-how-rare-that-is",
                    test_a_new_listed_far_end_weighs_by_how_rare_that_is);
    g_test_add_func("/scoring/watch-listed/a-list-that-all-meet-weighs-little",
                    test_a_list_that_all_meet_weighs_little);
    g_test_add_func("/scoring/watch-listed/what-has-expired-says-nothing",
                    test_what_has_expired_says_nothing);
    g_test_add_func("/scoring/watch-listed/a-list-alone-never-alerts", test_a_list_alone_never_alerts);
    return g_test_run();
}
