/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-path.c - a server's path to a home line: the longer it goes on and the more it carries, the more it
 * says */
#include "scoring/detector.h"
#include "tests/scoring/stage.h"

#include <string.h>

enum { SERVERS = 24, BEGINS = 20 };
static const char victim[] = "10.1.0.4", home[] = "45.4.0.9";

static void
talk(Stage *stage, double day, const char *caller, const char *callee, uint16_t port, double sent)
{
    stage_talk(stage, &(Talk){ .day = day,
                               .seconds = 20,
                               .caller = caller,
                               .callee = callee,
                               .port = port,
                               .sent = sent,
                               .got = 6000,
                               .out_if = 3 });
}

/* For a quarter of an hour: every server asks a vendor once an hour, and now and then somewhere new for a
 * minute; one in twenty of those is a home line. */
static void
play_servers(Stage *stage, double day)
{
    for (int i = 1; i <= SERVERS; i++) {
        char server[32], far[32];
        g_snprintf(server, sizeof server, "10.1.0.%d", i);
        if (stage_uniform(stage) < 0.25)
            talk(stage, day, server, "50.1.0.1", 443, 3000 + 3000 * stage_uniform(stage));
        g_snprintf(far, sizeof far, "%d.%d.1.%d", stage_uniform(stage) < 0.05 ? 45 : 50, 10 + i,
                   1 + (int)(200 * stage_uniform(stage)));
        if (stage_uniform(stage) < 0.01)
            talk(stage, day, server, far, 443, 4000);
    }
}

/* From day BEGINS on the victim calls its home line for @hours, four times an hour on average. */
static const Alert *
play(Stage *stage, double hours, uint16_t port, double sent)
{
    const double step = 1 / 96.0;

    for (double day = 0; day < BEGINS + 2; day += step) {
        play_servers(stage, day);
        if (day >= BEGINS && day < BEGINS + hours / 24 && (day == BEGINS || stage_uniform(stage) < 0.6))
            talk(stage, day + step * 0.9 * stage_uniform(stage), victim, home, port, sent);
        stage_until(stage, day + step);
    }
    const Alert *alert = stage_find(stage, "residential_path", victim, home);
    for (uint32_t i = 0; i < stage_alerts(stage); i++)
        g_test_message("%.1f of %.1f: %s", stage_alert(stage, i)->score, stage_alert(stage, i)->threshold,
                       stage_alert(stage, i)->summary);
    for (uint32_t i = 0; alert != NULL && i < alert->n_contributions; i++)
        g_test_message("%s %.1f: %s", alert->contributions[i].detector, alert->contributions[i].decibans,
                       alert->contributions[i].reason);
    return alert;
}

static void
test_a_path_that_goes_on_with_pauses_gains(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Alert *alert = play(stage, 24, 443, 5000);

    g_assert_nonnull(alert);
    g_assert_cmpstr(alert->kind, ==, "residential_path");
    const AlertContribution *part = stage_part(alert, "quiet_long");
    g_assert_cmpfloat(part->decibans, >, 8);
    assert_has(part->reason, "hours");
}

/* Asked again in each window, it is counted among the contacts of its role since the first. */
static void
test_an_odd_port_does_not_vouch_for_itself(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Alert *alert = play(stage, 24, 4444, 5000);

    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "odd_port");
    g_assert_cmpfloat(part->p, <, 0.05); /* 0.065 if it did */
}

static void
test_a_single_call_does_not(void)
{
    g_autoptr(Stage) stage = stage_new();

    g_assert_null(play(stage, 0.2, 443, 5000));
}

static const Contact *
contact_with(Stage *stage, const char *far)
{
    const Scorer *scorer = stage_scorer(stage);
    IpAddress address = ip_of(far);

    for (uint32_t i = 0; i < scorer->n_contacts; i++) {
        const Contact *contact = &scorer->contacts[i];
        if (contact->state == CONTACT_LIVE && contact->peer != NONE &&
            ip_equal(&scorer->peers[contact->peer].address, &address))
            return contact;
    }
    g_error("no contact with %s", far);
}

/* A gateway takes up a new home line every other day and keeps it for two days; then the victim does the
 * like. */
static void
test_who_always_keeps_home_lines_is_less_odd(void)
{
    g_autoptr(Stage) stage = stage_new();
    const double step = 1 / 96.0;

    for (double day = 0; day < BEGINS; day += step) {
        char far[IP_TEXT];
        play_servers(stage, day);
        g_snprintf(far, sizeof far, "45.200.0.%d", (int)(day / 2));
        talk(stage, day, "10.1.0.7", far, 4500, 4000);
        if (day >= BEGINS - 2)
            talk(stage, day, victim, home, 4500, 4000);
        stage_until(stage, day + step);
    }
    const Contact *usual = contact_with(stage, "45.200.0.9"), *odd = contact_with(stage, home);
    const Scorer *scorer = stage_scorer(stage);
    const Role *role = &scorer->roles[scorer->assets[odd->asset].role];
    g_assert_cmpuint(usual->duration_bin, ==, odd->duration_bin);
    g_assert_cmpfloat(fleet_duration_p(scorer, role, usual), >, 1.5 * fleet_duration_p(scorer, role, odd));
}

/* The volume is told with the path that carries it, and not by itself. */
static void
test_what_a_path_carries_belongs_to_its_story(void)
{
    g_autoptr(Stage) stage = stage_new();
    const Alert *alert = play(stage, 12, 443, 200000);

    g_assert_nonnull(alert);
    const AlertContribution *part = stage_part(alert, "volume_out");
    g_assert_nonnull(part);
    assert_has(part->reason, "most of what was too much went to this far end");
    g_assert_cmpfloat(alert->observed, >, alert->expected_high);
    for (uint32_t i = 0; i < stage_alerts(stage); i++) {
        const Alert *other = stage_alert(stage, i);
        char asset[IP_TEXT];
        g_test_message("%s about %s and %s", other->kind, ip_text(&other->asset, asset),
                       other->has_peer ? "a far end" : "nobody");
        if (other->has_peer || strcmp(ip_text(&other->asset, asset), victim) != 0)
            continue;
        g_assert_cmpstr(other->kind, !=, "volume_out");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/path/one-that-goes-on-with-pauses-gains",
                    test_a_path_that_goes_on_with_pauses_gains);
    g_test_add_func("/scoring/path/an-odd-port-does-not-vouch-for-itself",
                    test_an_odd_port_does_not_vouch_for_itself);
    g_test_add_func("/scoring/path/a-single-call-does-not", test_a_single_call_does_not);
    g_test_add_func("/scoring/path/who-always-keeps-home-lines-is-less-odd",
                    test_who_always_keeps_home_lines_is_less_odd);
    g_test_add_func("/scoring/path/what-it-carries-belongs-to-its-story",
                    test_what_a_path_carries_belongs_to_its_story);
    return g_test_run();
}
