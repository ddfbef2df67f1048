/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-scorer.c - the whole scoring on a small made-up network: what it finds, and what it leaves alone */
#include "tests/scoring/synthetic.h"

#include <math.h>
#include <string.h>

typedef struct Heard {
    GString *lines;
    GPtrArray *alerts; /* one for each id, as first told */
    uint32_t samples;
} Heard;

static void
hear_alert(void *user, const Alert *alert)
{
    Heard *self = user;
    json_t *json = alert_to_json(alert);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    double sum = 0;

    g_assert_nonnull(text);
    g_string_append(self->lines, text);
    g_string_append_c(self->lines, '\n');
    free(text);
    json_decref(json);
    for (uint32_t i = 0; i < alert->n_contributions; i++)
        sum += alert->contributions[i].decibans;
    g_assert_cmpfloat(fabs(sum - alert->score), <, 0.05); /* the parts add up to the whole */
    g_assert_cmpfloat(alert->score, >=, alert->threshold - 1e-6);
    for (uint32_t i = 0; i < self->alerts->len; i++)
        if (strcmp(((Alert *)self->alerts->pdata[i])->id, alert->id) == 0)
            return;
    g_ptr_array_add(self->alerts, g_memdup2(alert, sizeof *alert));
}

static void
hear_sample(void *user, const SeriesSample *sample)
{
    Heard *self = user;

    g_assert_cmpfloat(sample->octets_out, >=, 0);
    g_assert_cmpint(sample->time_s % 300, ==, 0);
    self->samples++;
}

typedef struct World {
    Synthetic *network;
    Scorer *scorer;
    ScoringConf conf;
    ScorerSink sink;
    Heard heard;
} World;

static World *
world_new(uint64_t seed, uint64_t hash_seed)
{
    World *self = g_new0(World, 1);

    self->network = synthetic_new(seed);
    self->heard = (Heard){ .lines = g_string_new(NULL), .alerts = g_ptr_array_new_with_free_func(g_free) };
    self->conf = (ScoringConf){ .budget = 5,
                                .learn_days = 7,
                                .window_s = 300,
                                .max_pairs = 1 << 17,
                                .series_assets = 10,
                                .hash_seed = hash_seed };
    self->sink = (ScorerSink){ .user = &self->heard, .alert = hear_alert, .sample = hear_sample };
    self->scorer = scorer_new(&self->conf, synthetic_assets(self->network), synthetic_places(self->network),
                              &self->sink);
    return self;
}

static void
world_free(World *self)
{
    scorer_free(self->scorer);
    synthetic_free(self->network);
    g_string_free(self->heard.lines, TRUE);
    g_ptr_array_unref(self->heard.alerts);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static const Alert *
find_alert(const World *self, const char *kind, uint32_t asset)
{
    IpAddress address = synthetic_address(asset);

    for (uint32_t i = 0; i < self->heard.alerts->len; i++) {
        const Alert *alert = self->heard.alerts->pdata[i];
        if (strcmp(alert->kind, kind) == 0 && ip_equal(&alert->asset, &address))
            return alert;
    }
    return NULL;
}

/*
 * Three networks, twelve clean days each: home users come in all day, mail goes out to new home lines. The
 * promise is five false alarms a day; a tenth of that is asked here.
 */
static void
test_clean_traffic_stays_within_the_budget(void)
{
    uint32_t alarms = 0;

    for (uint64_t seed = 21; seed < 24; seed++) {
        g_autoptr(World) world = world_new(seed, seed);
        synthetic_run(world->network, world->scorer, 0, 12);
        scorer_finish(world->scorer);
        alarms += world->heard.alerts->len;
        for (uint32_t i = 0; i < SYNTHETIC_DESK;
             i++) /* answers to home users are no calls; mail is used to it */
            g_assert_null(find_alert(world, "residential_path", i));
    }
    g_test_message("%u alerts in 36 days", alarms);
    g_assert_cmpuint(alarms, <, 18);
}

static void
test_a_quiet_connection_to_a_home_line_is_found(void)
{
    for (uint64_t seed = 31; seed < 34; seed++) {
        g_autoptr(World) world = world_new(seed, seed);
        const SyntheticAttack attack = {
            .asset = (uint32_t)(seed % 5) + 2, .far = "45.7.9.77", .day = 11.3, .hours = 10, .port = 8443
        };
        IpAddress far;
        synthetic_attack(world->network, &attack);
        synthetic_run(world->network, world->scorer, 0, 12);
        scorer_finish(world->scorer);
        const Alert *alert = find_alert(world, "residential_path", attack.asset);
        g_assert_nonnull(alert);
        ip_parse(attack.far, &far);
        g_assert_true(alert->has_peer && ip_equal(&alert->peer, &far));
        g_assert_cmpstr(alert->peer_class, ==, "residential");
        g_assert_cmpuint(alert->peer_asn, ==, 64507);
        g_assert_cmpuint(alert->n_flows, >, 0);
        g_assert_nonnull(strstr(alert->contributions[0].reason, "45.7.9.77"));
        g_assert_cmpstr(alert->path_usual, !=, "");
        g_assert_cmpfloat(alert->maturity, >, 0.9);
    }
}

static void
test_a_new_way_out_is_named(void)
{
    g_autoptr(World) world = world_new(41, 1);
    const SyntheticAttack attack = {
        .asset = 4, .far = "45.3.1.1", .day = 10.4, .hours = 6, .port = 8443, .new_egress = true
    };

    synthetic_attack(world->network, &attack);
    synthetic_run(world->network, world->scorer, 0, 11);
    scorer_finish(world->scorer);
    const Alert *alert = find_alert(world, "residential_path", 4);
    g_assert_nonnull(alert);
    g_assert_cmpuint(alert->path_out_if, ==, 7);
    bool named = false;
    for (uint32_t i = 0; i < alert->n_contributions; i++)
        named |= strcmp(alert->contributions[i].detector, "new_egress") == 0 &&
                 alert->contributions[i].decibans > 3;
    g_assert_true(named);
}

static void
test_an_exfiltration_is_found(void)
{
    g_autoptr(World) world = world_new(51, 1);
    const SyntheticAttack attack = {
        .asset = 40, .far = "50.1.80.0", .day = 10.4, .hours = 5, .port = 443, .exfiltrate = 1e8
    };

    synthetic_attack(world->network, &attack);
    synthetic_run(world->network, world->scorer, 0, 11);
    scorer_finish(world->scorer);
    const Alert *alert = find_alert(world, "volume_out", 40);
    g_assert_nonnull(alert);
    g_assert_cmpfloat(alert->observed, >, alert->expected_high);
    g_assert_cmpuint(alert->n_flows, >, 0);
    g_test_message("%s", alert->summary);
    g_assert_nonnull(strstr(alert->summary, "went to 50.1.80.0"));
}

static void
test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed(void)
{
    GString *first = NULL;

    for (uint64_t hash_seed = 1; hash_seed < 3; hash_seed++) {
        g_autoptr(World) world = world_new(61, hash_seed * 7919);
        const SyntheticAttack attack = {
            .asset = 5, .far = "45.1.2.3", .day = 8.3, .hours = 6, .port = 8443
        };
        synthetic_attack(world->network, &attack);
        synthetic_run(world->network, world->scorer, 0, 9);
        scorer_finish(world->scorer);
        g_assert_cmpuint(world->heard.alerts->len, >, 0);
        g_assert_cmpuint(world->heard.samples, >, 0);
        if (first == NULL)
            first = g_string_new(world->heard.lines->str);
        else
            g_assert_cmpstr(first->str, ==, world->heard.lines->str);
    }
    g_string_free(first, TRUE);
}

static void
restart(World *world)
{
    g_autoptr(GBytes) state = scorer_save(world->scorer);
    g_autoptr(GError) error = NULL;

    scorer_free(world->scorer);
    world->conf.hash_seed += 5;
    world->scorer = scorer_new(&world->conf, synthetic_assets(world->network),
                               synthetic_places(world->network), &world->sink);
    g_assert_true(scorer_restore(world->scorer, state, &error));
    g_assert_no_error(error);
}

static void
test_a_restart_changes_nothing(void)
{
    GString *first = NULL;

    for (int restarts = 0; restarts < 2; restarts++) {
        g_autoptr(World) world = world_new(71, 11);
        const SyntheticAttack attack = {
            .asset = 5, .far = "45.1.2.3", .day = 8.3, .hours = 6, .port = 8443
        };
        synthetic_attack(world->network, &attack);
        synthetic_run(world->network, world->scorer, 0, 8.32); /* in the middle of the attack */
        if (restarts > 0)
            restart(world);
        synthetic_run(world->network, world->scorer, 8.32, 9);
        scorer_finish(world->scorer);
        if (first == NULL)
            first = g_string_new(world->heard.lines->str);
        else
            g_assert_cmpstr(first->str, ==, world->heard.lines->str);
    }
    g_assert_cmpuint(first->len, >, 0);
    g_string_free(first, TRUE);
}

/* Damage that a checksum would have caught must still not harm. */
static void
test_a_damaged_state_is_refused_or_harmless(void)
{
    g_autoptr(World) world = world_new(81, 3);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    int refused = 0;

    synthetic_run(world->network, world->scorer, 0, 1.2);
    g_autoptr(GBytes) state = scorer_save(world->scorer);
    gsize length;
    const uint8_t *bytes = g_bytes_get_data(state, &length);
    for (int i = 0; i < 60; i++) {
        uint8_t *copy = g_memdup2(bytes, length);
        gsize cut = i % 3 == 0 ? (gsize)g_rand_double_range(random, 0, (double)length) : length;
        for (int k = 0; k < 20; k++)
            copy[(gsize)g_rand_double_range(random, 0, (double)length)] = (uint8_t)g_rand_int(random);
        g_autoptr(GBytes) damaged = g_bytes_new_take(copy, cut);
        g_autoptr(GError) error = NULL;
        g_autoptr(Scorer) scorer = scorer_new(&world->conf, synthetic_assets(world->network),
                                              synthetic_places(world->network), NULL);
        refused += !scorer_restore(scorer, damaged, &error);
        json_decref(scorer_assets_json(scorer, NULL, "score", 0, 10));
        json_decref(scorer_status_json(scorer));
        scorer_finish(scorer);
    }
    g_assert_cmpint(refused, >=, 20);
}

static void
test_a_verdict_makes_a_peer_known(void)
{
    g_autoptr(World) world = world_new(91, 3);
    const SyntheticAttack attacks[] = {
        { .asset = 6, .far = "45.1.2.3", .day = 8.3, .hours = 2, .port = 8443 },
        { .asset = 6, .far = "45.1.2.3", .day = 10.6, .hours = 6, .port = 8443 },
    };
    AlertSubject about = { .asset = synthetic_address(6), .has_peer = true };

    synthetic_attack(world->network, &attacks[0]);
    synthetic_attack(world->network, &attacks[1]);
    synthetic_run(world->network, world->scorer, 0, 8.5);
    g_assert_nonnull(find_alert(world, "residential_path", 6));
    ip_parse("45.1.2.3", &about.peer);
    scorer_verdict(world->scorer, &about, VERDICT_BENIGN_EXPECTED);
    g_string_truncate(world->heard.lines, 0);
    synthetic_run(world->network, world->scorer, 8.5, 11);
    scorer_finish(world->scorer);
    g_assert_null(strstr(world->heard.lines->str, "45.1.2.3"));
}

static void
test_the_api_tells_what_was_learned(void)
{
    g_autoptr(World) world = world_new(92, 3);
    IpAddress address = synthetic_address(40), stranger;
    json_t *peers, *paths;

    synthetic_run(world->network, world->scorer, 0, 2);
    json_t *asset = scorer_asset_json(world->scorer, &address);
    g_assert_nonnull(asset);
    g_assert_cmpstr(json_string_value(json_object_get(asset, "name")), ==, "monitor-40");
    peers = json_object_get(asset, "peers");
    paths = json_object_get(asset, "paths");
    g_assert_cmpuint(json_array_size(peers), >=, 6);
    g_assert_cmpuint(json_array_size(paths), >=, 1);
    g_assert_cmpuint(json_array_size(json_object_get(json_object_get(asset, "baseline"), "week")), ==, 168);
    g_assert_cmpuint(json_array_size(json_object_get(asset, "recent")), >, 200);
    json_decref(asset);
    ip_parse("10.20.9.9", &stranger);
    g_assert_null(scorer_asset_json(world->scorer, &stranger));
    json_t *page = scorer_assets_json(world->scorer, "monitor", "name", 1, 2);
    g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==, 2);
    g_assert_cmpint(json_integer_value(json_object_get(page, "total")), ==,
                    SYNTHETIC_ASSETS - SYNTHETIC_MONITOR);
    json_decref(page);
}

/* A biflow from a stranger to 10.20.8.@host, with so many packets back. */
static FlowRecord
probe_of(uint8_t host, uint64_t answers)
{
    const int64_t at_ms = 1700000000000 + host * 1000;
    FlowRecord flow = { .src_port = 40000,
                        .dst_port = 22,
                        .protocol = 6,
                        .tcp_flags = 2,
                        .octets = 44,
                        .packets = 1,
                        .has_reverse = 1,
                        .reverse_packets = answers,
                        .reverse_octets = answers * 44,
                        .start_ms = at_ms,
                        .end_ms = at_ms,
                        .export_ms = at_ms,
                        .direction = 255,
                        .sampling = 1,
                        .family = 4 };
    char dst[] = "10.20.8.000";

    g_snprintf(dst, sizeof dst, "10.20.8.%u", host);
    g_assert_true(ip_parse("50.1.2.3", &flow.src));
    g_assert_true(ip_parse(dst, &flow.dst));
    return flow;
}

static void
test_a_scan_of_biflows_makes_nobody_an_asset_but_who_answers(void)
{
    g_autoptr(World) world = world_new(92, 3);
    FlowBatch *batch = flow_batch_new();

    batch->n = batch->n_losses = 0;
    for (uint8_t host = 1; host <= 100; host++)
        batch->records[batch->n++] = probe_of(host, host == 50 ? 1 : 0);
    scorer_batch(world->scorer, batch);
    flow_batch_free(batch);
    json_t *page = scorer_assets_json(world->scorer, NULL, "name", 1, 0);
    g_assert_cmpint(json_integer_value(json_object_get(page, "total")), ==, 1);
    json_decref(page);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/scorer/clean-traffic-stays-within-the-budget",
                    test_clean_traffic_stays_within_the_budget);
    g_test_add_func("/scoring/scorer/a-quiet-connection-to-a-home-line-is-found",
                    test_a_quiet_connection_to_a_home_line_is_found);
    g_test_add_func("/scoring/scorer/a-new-way-out-is-named", test_a_new_way_out_is_named);
    g_test_add_func("/scoring/scorer/an-exfiltration-is-found", test_an_exfiltration_is_found);
    g_test_add_func("/scoring/scorer/the-same-input-gives-the-same-bytes-whatever-the-hash-seed",
                    test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed);
    g_test_add_func("/scoring/scorer/a-restart-changes-nothing", test_a_restart_changes_nothing);
    g_test_add_func("/scoring/scorer/a-damaged-state-is-refused-or-harmless",
                    test_a_damaged_state_is_refused_or_harmless);
    g_test_add_func("/scoring/scorer/a-verdict-makes-a-peer-known", test_a_verdict_makes_a_peer_known);
    g_test_add_func("/scoring/scorer/the-api-tells-what-was-learned", test_the_api_tells_what_was_learned);
    g_test_add_func("/scoring/scorer/a-scan-of-biflows-makes-nobody-an-asset-but-who-answers",
                    test_a_scan_of_biflows_makes_nobody_an_asset_but_who_answers);
    return g_test_run();
}
