/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-alert.c - the one shape of an alert in JSON */
#include "scoring/alert.h"
#include "tests/support/addresses.h"

#include <math.h>
#include <string.h>

static Alert *
some_alert(void)
{
    Alert *alert = g_new0(Alert, 1);

    *alert = (Alert){ .id = "00ff00ff00ff00ff",
                      .score = 41.239,
                      .threshold = 33,
                      .kind = "new-path",
                      .criticality = 5,
                      .has_peer = true,
                      .peer_class = "residential",
                      .peer_asn = 65551,
                      .has_path = true,
                      .path_out_if = 7,
                      .first_seen_ms = 1772323200000,
                      .last_seen_ms = 1772323500000,
                      .time_ms = 1772323500000,
                      .n_contributions = 1,
                      .n_flows = 1,
                      .maturity = 0.5,
                      .observed = NAN,
                      .expected_low = NAN,
                      .expected_high = NAN,
                      .asset_name = "monitor" };
    alert->asset = ip_of("203.0.113.40");
    alert->peer = ip_of("198.18.7.9");
    alert->path_exporter = ip_of("127.66.0.2");
    alert->flow_exporters[0] = ip_of("127.66.0.2");
    alert->contributions[0] =
        (AlertContribution){ .detector = "new-path", .decibans = 41.239, .p = 7.94321e-5 };
    strcpy(alert->contributions[0].reason, "never before");
    alert->flows[0] = (FlowRecord){ .src = alert->asset,
                                    .dst = alert->peer,
                                    .octets = 1000,
                                    .packets = 3,
                                    .sampling = 100,
                                    .start_ms = 1772323200000,
                                    .end_ms = 1772323205000,
                                    .protocol = 6,
                                    .dst_port = 8443 };
    return alert;
}

static const char *
text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void
test_an_alert_has_the_agreed_keys(void)
{
    static const char *const keys[] = {
        "time",       "id",        "group",          "suppression", "port",      "protocol",   "state",
        "verdict",    "score",     "threshold",      "asset",       "assetName", "assetRole",  "criticality",
        "kind",       "detectors", "peer",           "peerClass",   "peerAsn",   "peerAsName", "peerCountry",
        "peerSource", "path",      "firstSeen",      "lastSeen",    "flows",     "maturity",   "observed",
        "expected",   "summary",   "counterfactual", "demo",
    };
    g_autofree Alert *alert = some_alert();
    json_t *json = alert_to_json(alert);

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (json_object_get(json, keys[i]) == NULL)
            g_error("no key '%s'", keys[i]);
    g_assert_cmpuint(json_object_size(json), ==, G_N_ELEMENTS(keys));
    g_assert_cmpstr(text_of(json, "state"), ==, "new");
    g_assert_cmpstr(text_of(json, "firstSeen"), ==, "2026-03-01T00:00:00.000Z");
    g_assert_cmpfloat_with_epsilon(json_real_value(json_object_get(json, "score")), 41.24, 1e-9);
    g_assert_true(json_is_null(json_object_get(json, "assetRole")));
    g_assert_true(json_is_null(json_object_get(json, "observed")));
    g_assert_true(json_is_null(json_object_get(json, "expected")));
    json_decref(json);
}

static void
test_alerts_of_one_cause_are_one_group(void)
{
    g_autofree Alert *one = some_alert(), *other = some_alert();

    alert_set_group(one);
    other->asset = ip_of("203.0.113.41");
    other->peer = ip_of("198.18.99.1");
    other->time_ms += 3600000;
    alert_set_group(other);
    g_assert_cmpuint(strlen(one->group), ==, 16);
    g_assert_cmpstr(one->group, ==, other->group); /* another asset and address, the same network and day */
    other->kind = "something-else";
    alert_set_group(other);
    g_assert_cmpstr(one->group, ==, other->group); /* it stays for the alert's life */
}

static void
test_another_cause_is_another_group(void)
{
    g_autofree Alert *one = some_alert();

    alert_set_group(one);
    for (int what = 0; what < 6; what++) {
        g_autofree Alert *other = some_alert();
        if (what == 0)
            other->kind = "new_peer";
        else if (what == 1)
            other->peer_asn++;
        else if (what == 2)
            other->time_ms += 86400000;
        else if (what == 3)
            other->peer_asn = 0; /* the address is all that is known */
        else if (what == 4)
            other->has_peer = false;
        else
            strcpy(other->peer_class, "own"); /* our own AS is no cause */
        alert_set_group(other);
        g_assert_cmpstr(one->group, !=, other->group);
    }
}

static void
test_the_path_is_null_without_one(void)
{
    g_autofree Alert *alert = some_alert();
    json_t *json = alert_to_json(alert);
    json_t *path = json_object_get(json, "path");

    g_assert_cmpstr(text_of(path, "exporter"), ==, "127.66.0.2");
    g_assert_cmpint((int)json_integer_value(json_object_get(path, "egressInterface")), ==, 7);
    g_assert_true(json_is_null(json_object_get(path, "nextHop")));
    g_assert_cmpstr(text_of(path, "accessClass"), ==, "residential");
    json_decref(json);
    alert->has_path = alert->has_peer = false;
    json = alert_to_json(alert);
    g_assert_true(json_is_null(json_object_get(json, "path")));
    g_assert_true(json_is_null(json_object_get(json, "peer")));
    json_decref(json);
}

static void
test_counts_of_a_flow_are_raw_and_scaled(void)
{
    g_autofree Alert *alert = some_alert();
    json_t *json = flow_to_json(&alert->flows[0], &alert->flow_exporters[0]);

    g_assert_cmpint(json_integer_value(json_object_get(json, "octets")), ==, 1000);
    g_assert_cmpint(json_integer_value(json_object_get(json, "octetsScaled")), ==, 100000);
    g_assert_true(json_is_true(json_object_get(json, "samplingKnown")));
    g_assert_true(json_is_null(json_object_get(json, "reverseOctets")));
    json_decref(json);
    alert->flows[0].sampling = 0;
    alert->flows[0].octets = UINT64_MAX;
    json = flow_to_json(&alert->flows[0], &alert->flow_exporters[0]);
    g_assert_true(json_is_false(json_object_get(json, "samplingKnown")));
    g_assert_true(json_is_null(json_object_get(json, "sampling")));
    g_assert_cmpint(json_integer_value(json_object_get(json, "octets")), ==, G_MAXINT64);
    json_decref(json);
}

static void
test_text_that_is_not_utf8_loses_no_alert(void)
{
    g_autofree Alert *alert = some_alert();

    strcpy(alert->peer_as_name, "K\xf6ln Kabel");
    strcpy(alert->summary, "cut \xc3");
    json_t *json = alert_to_json(alert);
    g_assert_nonnull(text_of(json, "peerAsName"));
    g_assert_true(g_str_has_prefix(text_of(json, "summary"), "cut "));
    char *line = json_dumps(json, JSON_COMPACT);
    g_assert_nonnull(line);
    free(line);
    json_decref(json);
}

static void
test_states_and_verdicts_are_read_as_they_are_written(void)
{
    for (int i = 0; i < N_ALERT_STATES; i++) {
        AlertState state;
        g_assert_true(alert_state_parse(alert_state_name((AlertState)i), &state));
        g_assert_cmpint(state, ==, i);
    }
    for (int i = 0; i < N_ALERT_VERDICTS; i++) {
        AlertVerdict verdict;
        g_assert_true(alert_verdict_parse(alert_verdict_name((AlertVerdict)i), &verdict));
        g_assert_cmpint(verdict, ==, i);
    }
    AlertState state;
    g_assert_false(alert_state_parse("open", &state));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/alert/an-alert-has-the-agreed-keys", test_an_alert_has_the_agreed_keys);
    g_test_add_func("/scoring/alert/alerts-of-one-cause-are-one-group",
                    test_alerts_of_one_cause_are_one_group);
    g_test_add_func("/scoring/alert/another-cause-is-another-group", test_another_cause_is_another_group);
    g_test_add_func("/scoring/alert/the-path-is-null-without-one", test_the_path_is_null_without_one);
    g_test_add_func("/scoring/alert/counts-of-a-flow-are-raw-and-scaled",
                    test_counts_of_a_flow_are_raw_and_scaled);
    g_test_add_func("/scoring/alert/text-that-is-not-utf8-loses-no-alert",
                    test_text_that_is_not_utf8_loses_no_alert);
    g_test_add_func("/scoring/alert/states-and-verdicts-are-read-as-they-are-written",
                    test_states_and_verdicts_are_read_as_they_are_written);
    return g_test_run();
}
