/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-triage.c - what operators decide reaches the score: rules that suppress, and verdicts */
#include "tests/scoring/synthetic.h"
#include "tests/support/addresses.h"

#include <string.h>

typedef struct World {
    Synthetic *network;
    Scorer *scorer;
    ScoringConf conf;
    ScorerSink sink;
    GPtrArray *told; /* Alert *, each time that one was told */
} World;

static void
hear(void *user, const Alert *alert)
{
    World *self = user;

    g_ptr_array_add(self->told, g_memdup2(alert, sizeof *alert));
}

static World *
world_new(uint64_t seed)
{
    World *self = g_new0(World, 1);

    self->network = synthetic_new(seed);
    self->told = g_ptr_array_new_with_free_func(g_free);
    self->conf = (ScoringConf){
        .budget = 5, .learn_days = 7, .window_s = 300, .max_pairs = 1 << 17, .hash_seed = seed
    };
    self->sink = (ScorerSink){ .user = self, .alert = hear };
    self->scorer = scorer_new(&self->conf, synthetic_assets(self->network), synthetic_places(self->network),
                              &self->sink);
    return self;
}

static void
world_free(World *self)
{
    scorer_free(self->scorer);
    synthetic_free(self->network);
    g_ptr_array_unref(self->told);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* The latest word on an alert about this asset and far end; NULL: none. */
static const Alert *
latest(const World *self, uint32_t asset, const char *far)
{
    IpAddress address = synthetic_address(asset), peer;

    for (guint i = self->told->len; i-- > 0;) {
        const Alert *alert = self->told->pdata[i];
        bool is_peer = far == NULL ? !alert->has_peer
                                   : alert->has_peer && ip_parse(far, &peer) && ip_equal(&alert->peer, &peer);
        if (is_peer && ip_equal(&alert->asset, &address))
            return alert;
    }
    return NULL;
}

static void
set_rules(World *self, const char *const *scopes)
{
    Suppression rules[4];
    size_t n = 0;

    for (; scopes[n] != NULL; n++) {
        json_t *scope = json_loads(scopes[n], 0, NULL);
        g_assert_true(suppression_parse_scope(scope, &rules[n], NULL));
        g_snprintf(rules[n].id, sizeof rules[n].id, "rule-%zu", n);
        json_decref(scope);
    }
    scorer_set_suppressions(self->scorer, suppression_set_new(rules, n));
}

static const char *const none[] = { NULL };
static const char far[] = "45.1.2.3";
static const SyntheticAttack attack = { .asset = 6, .far = far, .day = 8.3, .hours = 8, .port = 8443 };

/* A number of the API about the attacked asset. */
static double
shown_of_asset(const World *self, const char *key)
{
    IpAddress address = synthetic_address(attack.asset);
    json_t *asset = scorer_asset_json(self->scorer, &address);
    double value = json_number_value(json_object_get(asset, key));

    g_assert_nonnull(asset);
    json_decref(asset);
    return value;
}

static void
test_a_suppressed_alert_is_so_from_the_start(void)
{
    static const char *const rules[] = { "{\"port\":22}", "{\"peer\":\"45.1.0.0/16\",\"port\":8443}", NULL };
    g_autoptr(World) world = world_new(91);

    synthetic_attack(world->network, &attack);
    set_rules(world, rules);
    synthetic_run(world->network, world->scorer, 0, 8.5);
    const Alert *alert = latest(world, attack.asset, far);
    g_assert_nonnull(alert);
    for (guint i = 0; i < world->told->len; i++) {
        const Alert *each = world->told->pdata[i];
        if (strcmp(each->id, alert->id) == 0)
            g_assert_cmpint(each->state, ==, ALERT_SUPPRESSED);
    }
    g_assert_cmpstr(alert->suppression, ==, "rule-1");
    g_assert_cmpuint(alert->port, ==, 8443);
    g_assert_cmpfloat(alert->score, >=, alert->threshold); /* it is scored all the same */
    /* not only the list: it is no part of what the asset's page shows */
    g_assert_cmpfloat(shown_of_asset(world, "score"), <, alert->threshold);
    g_assert_cmpfloat(shown_of_asset(world, "openAlerts"), ==, 0);
}

static void
test_when_its_rule_ends_it_is_new_at_once(void)
{
    static const char *const rules[] = { "{\"peerClass\":\"residential\"}", NULL };
    g_autoptr(World) world = world_new(91);

    synthetic_attack(world->network, &attack);
    set_rules(world, rules);
    synthetic_run(world->network, world->scorer, 0, 8.5);
    guint before = world->told->len;
    set_rules(world, none); /* as when it has expired */
    const Alert *alert = latest(world, attack.asset, far);
    g_assert_cmpuint(world->told->len, ==, before + 1);
    g_assert_cmpint(alert->state, ==, ALERT_NEW);
    g_assert_cmpstr(alert->suppression, ==, "");
    set_rules(world, rules); /* and a new rule takes hold of an open alert */
    g_assert_cmpint(latest(world, attack.asset, far)->state, ==, ALERT_SUPPRESSED);
    set_rules(world, rules); /* nothing has changed, nothing is told */
    g_assert_cmpuint(world->told->len, ==, before + 2);
}

/* The same intruder comes back two days later: what was suppressed did not become usual. */
static void
test_what_was_suppressed_did_not_teach(void)
{
    static const char *const rules[] = { "{\"peer\":\"45.1.2.3\"}", NULL };
    const SyntheticAttack again = { .asset = 6, .far = far, .day = 11.6, .hours = 6, .port = 8443 };

    for (int is_suppressed = 0; is_suppressed < 2; is_suppressed++) {
        g_autoptr(World) world = world_new(91);
        synthetic_attack(world->network, &attack);
        synthetic_attack(world->network, &again);
        if (is_suppressed)
            set_rules(world, rules);
        synthetic_run(world->network, world->scorer, 0, 11);
        g_autofree char *first = g_strdup(latest(world, attack.asset, far)->id);
        set_rules(world, none);
        g_ptr_array_set_size(world->told, 0);
        synthetic_run(world->network, world->scorer, 11, 12);
        const Alert *alert = latest(world, attack.asset, far);
        if (is_suppressed) {
            g_assert_nonnull(alert);
            g_assert_cmpint(alert->state, ==, ALERT_NEW);
            g_assert_cmpstr(alert->id, !=, first);
        } else {
            g_assert_null(alert); /* known from the first time: so the test tells the two apart */
        }
    }
}

static double
discount_of_contacts(const World *self)
{
    json_t *status = scorer_status_json(self->scorer);
    json_t *discounts = json_object_get(json_object_get(status, "budget"), "discounts");
    double value = json_number_value(json_object_get(discounts, "contact"));

    json_decref(status);
    return value;
}

/* One attack a day, for days: unjudged they look like harmless traffic that scores high, and the budget makes
 * contacts count for less. */
static double
discount_after(bool are_suppressed)
{
    static const char *const rules[] = { "{\"peer\":\"45.0.0.0/8\"}", NULL };
    g_autoptr(World) world = world_new(93);
    static const char *const fars[] = { "45.1.2.3", "45.2.2.3", "45.3.2.3", "45.4.2.3" };

    for (uint32_t i = 0; i < 24; i++) {
        uint32_t row = i / 6;
        SyntheticAttack one = {
            .asset = i % 12, .far = fars[row], .day = 8.2 + row, .hours = 10, .port = 8443
        };
        synthetic_attack(world->network, &one);
    }
    if (are_suppressed)
        set_rules(world, rules);
    synthetic_run(world->network, world->scorer, 0, 13);
    g_assert_nonnull(latest(world, 1, fars[0]));
    return discount_of_contacts(world);
}

static void
test_what_is_suppressed_does_not_count_towards_the_budget(void)
{
    double with = discount_after(true), without = discount_after(false);

    g_test_message("discount %.3f with them suppressed, %.3f without", with, without);
    g_assert_cmpfloat(with, >, without);
}

static void
give_verdict(World *self, AlertVerdict verdict)
{
    AlertSubject about = { .asset = synthetic_address(attack.asset), .has_peer = true };

    about.peer = ip_of(far);
    scorer_verdict(self->scorer, &about, verdict);
}

/* Is the far end, met again, worth an alert? */
static bool
is_told_again(AlertVerdict first, AlertVerdict last)
{
    const SyntheticAttack again = { .asset = 6, .far = far, .day = 11.6, .hours = 6, .port = 8443 };
    g_autoptr(World) world = world_new(91);

    synthetic_attack(world->network, &attack);
    synthetic_attack(world->network, &again);
    synthetic_run(world->network, world->scorer, 0, 8.45);
    g_assert_nonnull(latest(world, attack.asset, far));
    give_verdict(world, first);
    synthetic_run(world->network, world->scorer, 8.45, 11);
    give_verdict(world, last);
    g_ptr_array_set_size(world->told, 0);
    synthetic_run(world->network, world->scorer, 11, 12);
    return latest(world, attack.asset, far) != NULL;
}

static void
test_what_a_verdict_says_of_the_far_end(void)
{
    static const struct {
        AlertVerdict first, last;
        bool is_told_again;
    } cases[] = {
        { VERDICT_UNKNOWN, VERDICT_UNKNOWN, false }, /* met once, it is no news */
        { VERDICT_TRUE_POSITIVE, VERDICT_TRUE_POSITIVE, true },
        { VERDICT_UNKNOWN, VERDICT_TRUE_POSITIVE, true }, /* found out three days later */
        { VERDICT_BENIGN_EXPECTED, VERDICT_BENIGN_EXPECTED, false },
        { VERDICT_FALSE_POSITIVE, VERDICT_FALSE_POSITIVE, false },
        { VERDICT_BENIGN_EXPECTED, VERDICT_UNKNOWN, true }, /* taken back */
        { VERDICT_TRUE_POSITIVE, VERDICT_FALSE_POSITIVE, false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s, then %s", alert_verdict_name(cases[i].first), alert_verdict_name(cases[i].last));
        g_assert_cmpint(is_told_again(cases[i].first, cases[i].last), ==, cases[i].is_told_again);
    }
}

/* After a crash the baselines may not know the far end that the verdict was about. */
static void
test_a_verdict_on_an_unknown_far_end_holds_when_it_comes(void)
{
    g_autoptr(World) world = world_new(91);

    synthetic_attack(world->network, &attack);
    synthetic_run(world->network, world->scorer, 0, 8.2);
    give_verdict(world, VERDICT_BENIGN_EXPECTED);
    synthetic_run(world->network, world->scorer, 8.2, 9);
    g_assert_null(latest(world, attack.asset, far));
}

static void
test_a_verdict_on_nothing_open_holds_up_no_learning(void)
{
    g_autoptr(World) world = world_new(92);
    AlertSubject about = { .asset = synthetic_address(40), .kind = "volume_out" };

    synthetic_run(world->network, world->scorer, 0, 2);
    g_autoptr(GBytes) before = scorer_save(world->scorer);
    scorer_verdict(world->scorer, &about, VERDICT_TRUE_POSITIVE);
    scorer_verdict(world->scorer, &about, VERDICT_UNKNOWN);
    g_autoptr(GBytes) after = scorer_save(world->scorer);
    g_assert_true(g_bytes_equal(before, after));
}

#define ADD(name, function) g_test_add_func("/scoring/triage/" name, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-suppressed-alert-is-so-from-the-start", test_a_suppressed_alert_is_so_from_the_start);
    ADD("when-its-rule-ends-it-is-new-at-once", test_when_its_rule_ends_it_is_new_at_once);
    ADD("what-was-suppressed-did-not-teach", test_what_was_suppressed_did_not_teach);
    ADD("what-is-suppressed-does-not-count-towards-the-budget",
        test_what_is_suppressed_does_not_count_towards_the_budget);
    ADD("what-a-verdict-says-of-the-far-end", test_what_a_verdict_says_of_the_far_end);
    ADD("a-verdict-on-an-unknown-far-end-holds-when-it-comes",
        test_a_verdict_on_an_unknown_far_end_holds_when_it_comes);
    ADD("a-verdict-on-nothing-open-holds-up-no-learning",
        test_a_verdict_on_nothing_open_holds_up_no_learning);
    return g_test_run();
}
