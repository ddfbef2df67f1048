/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-watch-standing.c - who was there from the first record on is told of if none of its like does the same
 */
#include "scoring/watch.h"
#include "tests/scoring/stage.h"
#include "tests/support/scratch.h"

enum { DESKS = 110, SERVERS = 12, DAYS = 11 };

static void
call(Stage *stage, double day, const char *caller, const char *callee, uint16_t port)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 20,
                               .caller = caller,
                               .callee = callee,
                               .port = port,
                               .sent = 5000 + 9000 * stage_uniform(stage),
                               .got = 40000,
                               .out_if = 3 });
}

/* Desks and servers keep up this and that; the first @odd servers call a home line on an odd port, from the
 * first day on. */
static void
play_day(Stage *stage, int day, int desks, int odd)
{
    static const uint16_t ports[] = { 443, 443, 993, 443, 22, 8080 };
    char own[32], far[32];

    for (int part = 0; part < 2; part++) {
        double at = day + 0.2 + 0.4 * part;
        for (int i = 0; i < desks + SERVERS; i++) {
            bool is_desk = i < desks;
            g_snprintf(own, sizeof own, "10.1.%d.%d", is_desk, 10 + (is_desk ? i : i - desks));
            for (int service = 0; service < 3; service++) {
                /* Of some networks many know, of others few; and so with ports. */
                g_snprintf(far, sizeof far, "50.%d.0.9", 10 + (i * i * (service + 1)) % (5 << i % 5));
                call(stage, at, own, far, ports[i % (2 + service * 2)]);
            }
            if (!is_desk && i - desks < odd)
                call(stage, at, own, "45.1.0.9", 8443);
            at += 1e-4;
        }
        stage_until(stage, at + 0.01);
    }
}

static const Case *
case_of(Stage *stage, const char *asset)
{
    return stage_case(stage, &watch_standing, asset, "45.1.0.9");
}

static void
test_one_that_was_always_there_is_told_of(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < DAYS; day++) {
        play_day(stage, day, DESKS, 1);
        if (day == 6)
            stage_restart(stage);
    }
    const Alert *alert = stage_told(stage, "standing", "10.1.0.10", "45.1.0.9");
    const AlertContribution *part = stage_part(alert, "standing");
    g_assert_cmpfloat(part->p, <, 0.01);
    assert_has(
        part->reason,
        "has called 45.1.0.9 (AS 64501, residential, its block known to 0 others) on port 8443/tcp for");
    assert_has(part->reason,
               "of its role 0.11 % keep up something with home lines that few others know; all");
    assert_has(alert->counterfactual, "others of the 22 of its role that keep up something with home lines");
}

/* What half of the role does is what the role does. */
static void
test_what_the_role_does_is_dull(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < DAYS; day++)
        play_day(stage, day, DESKS, SERVERS / 2);
    for (int i = 0; i < SERVERS / 2; i++) {
        char server[32];
        g_snprintf(server, sizeof server, "10.1.0.%d", 10 + i);
        g_assert_null(stage_find(stage, "standing", server, "45.1.0.9"));
    }
}

/* Among a few dozen a rank says too little. */
static void
test_a_small_network_says_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();

    for (int day = 0; day < DAYS; day++)
        play_day(stage, day, 60, 1);
    g_assert_null(case_of(stage, "10.1.0.10"));
}

/* One alone is odder than one of two, and the evidence says by how much; neither lends to others what the
 * question may spend for being asked once a day. */
static void
test_evidence_grows_with_how_odd_it_is(void)
{
    double evidence[2];

    for (int odd = 1; odd <= 2; odd++) {
        g_autoptr(Stage) stage = stage_new();
        for (int day = 0; day < DAYS; day++)
            play_day(stage, day, DESKS, odd);
        const Case *one = case_of(stage, "10.1.0.10");
        evidence[odd - 1] = (double)one->evidence;
        g_test_message("one of %d: %.1f dB", odd, evidence[odd - 1]);
        g_assert_cmpfloat((double)one->overlap, >, 24);
    }
    g_assert_cmpfloat(evidence[0], >, evidence[1] + 3);
    g_assert_cmpfloat(evidence[1], >, 30);
}

/* What is odd on one day is noted, and what is odd day after day is told of: the days add up. */
static void
test_days_add_up(void)
{
    g_autoptr(Stage) stage = stage_new();
    float before = 0;
    int grown = 0;

    for (int day = 0; day < DAYS; day++) {
        play_day(stage, day, DESKS, 1);
        const Case *one = case_of(stage, "10.1.0.10");
        if (one == NULL)
            continue;
        if (one->n_opinions == 1)
            g_assert_cmpfloat((double)one->evidence, <, 24);
        grown += one->evidence > before;
        before = one->evidence;
    }
    g_assert_cmpint(grown, >=, 4);
    g_assert_cmpfloat((double)before, >, 40);
}

/* The odd one is looked for anew once it was called harmless. */
static void
test_a_verdict_ends_it(void)
{
    g_autoptr(Stage) stage = stage_new();
    IpAddress own = ip_of("10.1.0.10"), far = ip_of("45.1.0.9");

    for (int day = 0; day < DAYS; day++)
        play_day(stage, day, DESKS, 1);
    Scorer *scorer = stage_scorer(stage);
    case_forgive(scorer, scorer_find_asset(scorer, &own), &far, NULL, 0, true);
    uint32_t opinions = case_of(stage, "10.1.0.10")->n_opinions;
    for (int day = DAYS; day < DAYS + 3; day++)
        play_day(stage, day, DESKS, 1);
    g_assert_cmpuint(case_of(stage, "10.1.0.10")->n_opinions, ==, opinions);
}

/* A list that names @prefix. */
static ListTable *
list_of(const char *prefix)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Scratch) dir = scratch_new("standing");
    g_autofree char *text = g_strdup_printf("prefix,seen\n%s,2026-01-05\n", prefix);
    g_autofree char *path = scratch_write(dir, "list", text);
    ListSource source = {
        .name = (char *)"bad", .type = LIST_CSV, .path = path, .confidence = 90, .expires_days = 90
    };

    ListTable *lists = list_table_new(&source, 1, &error);
    g_assert_no_error(error);
    return lists;
}

/* A desk calls a far end in a network that all know, as harmlessly as can be. */
static const Case *
play_listed(Stage *stage, const ListTable *lists)
{
    scorer_set_lists(stage_scorer(stage), lists);
    for (int day = 0; day < DAYS; day++) {
        play_day(stage, day, DESKS, 0);
        call(stage, day + 0.7, "10.1.1.20", "50.10.0.77", 443);
        stage_until(stage, day + 0.72);
    }
    return stage_case(stage, &watch_standing, "10.1.1.20", "50.10.0.77");
}

/* Alone of all it keeps up something with a far end that stands on a list: the list and the crowd are two. */
static void
test_one_that_keeps_up_a_listed_end_is_told_of(void)
{
    g_autoptr(Stage) plain = stage_new();
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(ListTable) lists = list_of("50.10.0.77/32");

    g_assert_null(play_listed(plain, NULL));
    const Case *one = play_listed(stage, lists);
    g_assert_nonnull(one);
    g_assert_cmpfloat((double)one->p, <, 0.01);
    const Alert *alert = stage_told(stage, "standing", "10.1.1.20", "50.10.0.77");
    g_assert_nonnull(stage_part(alert, "listed"));
    assert_has(stage_part(alert, "standing")->reason, "of these that stand on a list");
}

/* A list that names whom everybody calls says nothing. */
static void
test_a_list_of_all_says_nothing(void)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(ListTable) lists = list_of("50.0.0.0/8");

    g_assert_null(play_listed(stage, lists));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/standing/one-that-was-always-there-is-told-of",
                    test_one_that_was_always_there_is_told_of);
    g_test_add_func("/scoring/standing/what-the-role-does-is-dull", test_what_the_role_does_is_dull);
    g_test_add_func("/scoring/standing/days-add-up", test_days_add_up);
    g_test_add_func("/scoring/standing/a-small-network-says-nothing", test_a_small_network_says_nothing);
    g_test_add_func("/scoring/standing/evidence-grows-with-how-odd-it-is",
                    test_evidence_grows_with_how_odd_it_is);
    g_test_add_func("/scoring/standing/a-verdict-ends-it", test_a_verdict_ends_it);
    g_test_add_func("/scoring/standing/one-that-keeps-up-a-listed-end-is-told-of",
                    test_one_that_keeps_up_a_listed_end_is_told_of);
    g_test_add_func("/scoring/standing/a-list-of-all-says-nothing", test_a_list_of_all_says_nothing);
    return g_test_run();
}
