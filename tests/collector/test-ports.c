/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several senders behind one address, and one that uses several ports. */
#include "tests/collector/fixture.h"

enum { SECONDS = 1700000000 };

typedef struct Sender {
    uint16_t port;
    uint32_t sequence, uptime; /* at the fixture's start */
    uint16_t field;            /* what its template 260 has beside the address */
} Sender;

static void
pen_template_of(Pen *pen, const Sender *sender)
{
    const uint16_t layout[] = { 8, 4, sender->field, 4, 0 };

    pen_template_set(pen, 260, layout);
}

/* The next v9 datagram of @sender, with one flow of 1000 octets or packets. */
static void
send_from(Fixture *self, Sender *sender, bool with_template)
{
    Pen pen;

    pen_v9(&pen, sender->uptime + (uint32_t)(self->now_ms - INT64_C(1000) * SECONDS),
           (uint32_t)(self->now_ms / 1000), sender->sequence++, 7);
    if (with_template)
        pen_template_of(&pen, sender);
    size_t set = pen_set(&pen, 260);
    pen_ip(&pen, "198.51.100.1");
    pen_put(&pen, 1000, 4);
    pen_end(&pen, set);
    self->port = sender->port;
    fixture_send(self, &pen);
}

static void
test_two_routers_of_one_model_are_told_apart_by_their_counting(void)
{
    g_auto(Fixture) self;
    Sender a = { 40001, 1000, 86400000, 1 }, b = { 40002, 900000, 500000, 1 };

    fixture_init(&self);
    for (int i = 0; i < 100; i++) {
        send_from(&self, &a, i % 20 == 0);
        self.now_ms += 100;
        send_from(&self, &b, i % 20 == 0);
        self.now_ms += 100;
        if (i % 3 == 0) /* they do not take turns so exactly */
            send_from(&self, &b, false);
    }
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.sequence_lost, ==, 0); /* what was counted before it was known is taken back */
    g_assert_cmpuint(books.records + books.late_records, ==, 234);
    g_assert_cmpuint(self.records->len, ==, 234);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 2);
    g_assert_nonnull(finding(exporter, "shared_address"));
    json_decref(exporter);

    a.sequence += 7; /* and from here on loss is loss */
    send_from(&self, &a, false);
    send_from(&self, &b, false);
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 7);
}

static void
test_routers_that_count_nearly_alike_are_told_apart(void)
{
    g_auto(Fixture) self;
    Sender a = { 40001, 1000, 86400000, 1 }, b = { 40002, 1003, 86401000, 1 };

    fixture_init(&self);
    for (int i = 0; i < 60; i++) {
        send_from(&self, &a, i == 0);
        send_from(&self, &b, i == 0);
        self.now_ms += 100;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 2);
    json_decref(exporter);
}

static void
test_one_router_with_several_sockets_stays_one(void)
{
    g_auto(Fixture) self;
    Sender one = { 40001, 1000, 86400000, 1 };

    fixture_init(&self);
    for (int i = 0; i < 200; i++) {
        one.port = (uint16_t)(40001 + i * 7 % 3);
        if (i % 50 == 10)
            one.sequence += 5; /* loss is no evidence */
        if (i % 40 == 20) {    /* nor is one that was overtaken */
            one.sequence++;
            send_from(&self, &one, false);
            one.sequence -= 2;
            send_from(&self, &one, false);
            one.sequence++;
        }
        send_from(&self, &one, i % 20 == 0);
        self.now_ms += 100;
    }
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 20);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 1);
    g_assert_null(finding(exporter, "shared_address"));
    json_decref(exporter);
}

static void
test_a_router_that_restarts_from_another_port_stays_one(void)
{
    g_auto(Fixture) self;
    Sender one = { 40001, 1000, 86400000, 1 };

    fixture_init(&self);
    for (int restart = 0; restart < 6; restart++) {
        for (int i = 0; i < 20; i++) {
            send_from(&self, &one, i == 0);
            self.now_ms += 1000;
        }
        one.port++;
        one.sequence = 0;
        one.uptime = (uint32_t) - (int32_t)(self.now_ms - INT64_C(1000) * SECONDS + 60000) + 90000;
        self.now_ms += 60000;
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 1);
    json_decref(exporter);
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 0);
}

/* It comes back to a port that it had a moment ago: its counting fits neither port, and says nothing. */
static void
test_a_router_that_keeps_restarting_on_two_ports_stays_one(void)
{
    g_auto(Fixture) self;
    Sender one = { 40001, 0, 0, 1 };

    fixture_init(&self);
    for (int restart = 0; restart < 40; restart++) {
        one.port = (uint16_t)(40001 + restart % 2);
        one.sequence = (uint32_t)(1000 - restart * 20);
        one.uptime = (uint32_t) - (int32_t)(self.now_ms - INT64_C(1000) * SECONDS) + 90000;
        for (int i = 0; i < 5; i++) {
            send_from(&self, &one, i == 0);
            self.now_ms += 100;
        }
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 1);
    g_assert_null(finding(exporter, "shared_address"));
    json_decref(exporter);
}

static void
test_contradicting_templates_are_kept_apart_with_all_that_was_held(void)
{
    g_auto(Fixture) self;
    Sender a = { 40001, 10, 86400000, 1 }, b = { 40002, 700, 500000, 2 };

    fixture_init(&self);
    for (int i = 0; i < 40; i++) {
        send_from(&self, &a, i % 4 == 0);
        send_from(&self, &b, i % 4 == 0);
        self.now_ms += 100;
    }
    uint32_t wrong = 0, octets = 0, packets = 0;
    for (guint i = 20; i < self.records->len; i++) { /* once it is known */
        octets += fixture_flow(&self, i)->octets == 1000;
        packets += fixture_flow(&self, i)->packets == 1000;
        wrong += fixture_flow(&self, i)->octets == fixture_flow(&self, i)->packets;
    }
    g_assert_cmpuint(self.records->len, ==, 80);
    g_assert_cmpuint(wrong, ==, 0);
    g_assert_cmpuint(octets, ==, 30);
    g_assert_cmpuint(packets, ==, 30);
}

/* Rules for 192.0.2.1 with @ports. */
static ExporterRules *
rules_with(PortPolicy ports)
{
    ExporterRules *rules = exporter_rules_new();
    ExporterRule rule = { .section = g_strdup("exporter.it"),
                          .name = g_strdup("it"),
                          .prefixes = g_new(IpPrefix, 1),
                          .n_prefixes = 1,
                          .ports = ports };

    rule.prefixes[0] = prefix_of("192.0.2.1");
    exporter_rules_add(rules, &rule);
    exporter_rules_seal(rules);
    return rules;
}

static void
domains_are(PortPolicy ports, uint16_t field_b, size_t n)
{
    g_autoptr(ExporterRules) rules = rules_with(ports);
    const DecoderConf conf = { .allow_all = true, .rules = rules };
    g_auto(Fixture) self;
    Sender a = { 40001, 1000, 86400000, 1 }, b = { 40002, 900000, 500000, field_b };

    fixture_init_with(&self, &conf);
    for (int i = 0; i < 50; i++) {
        send_from(&self, &a, i % 10 == 0);
        send_from(&self, &b, i % 10 == 0);
        self.now_ms += 100;
        if (i == 0) {
            json_t *at_once = fixture_exporter(&self, 0);
            g_assert_cmpuint(json_array_size(json_object_get(at_once, "domains")), ==,
                             ports == PORTS_SEPARATE ? 2 : 1);
            json_decref(at_once);
        }
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, n);
    json_decref(exporter);
}

static void
test_the_operator_decides_over_the_evidence(void)
{
    domains_are(PORTS_AUTO, 1, 2);
    domains_are(PORTS_AUTO, 2, 2);
    domains_are(PORTS_TOGETHER, 1, 1);
    domains_are(PORTS_TOGETHER, 2, 1);
    domains_are(PORTS_SEPARATE, 1, 2);
}

static void
test_ports_that_are_gone_make_room(void)
{
    g_autoptr(ExporterRules) rules = rules_with(PORTS_SEPARATE);
    const DecoderConf conf = { .allow_all = true, .rules = rules, .max_domains = 4 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init_with(&self, &conf);
    for (uint16_t i = 0; i < 50; i++) { /* a NAT box that gives a new port every two minutes */
        Sender one = { (uint16_t)(40000 + i), 1, 86400000, 1 };

        send_from(&self, &one, false); /* its data is held, and given up with it */
        send_from(&self, &one, true);
        self.now_ms += 120 * 1000;
    }
    g_assert_cmpuint(fixture_books(&self).refused[REFUSED_DOMAIN_QUOTA], ==, 0);
    g_assert_cmpuint(self.records->len, ==, 100);
    self.now_ms += 2 * 3600 * 1000;
    pen_v9(&pen, 1, (uint32_t)(self.now_ms / 1000), 1, 8);
    self.port = 1;
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 1);
    json_decref(exporter);
}

static void
test_who_was_told_apart_stays_so_over_a_restart(void)
{
    g_auto(Fixture) before, after;
    Sender a = { 40001, 1000, 86400000, 1 }, b = { 40002, 900000, 500000, 1 };

    fixture_init(&before);
    fixture_init(&after);
    for (int i = 0; i < 50; i++) {
        send_from(&before, &a, i == 0);
        send_from(&before, &b, i == 0);
        before.now_ms += 100;
    }
    g_autoptr(GBytes) state = decoder_save(before.decoder);
    g_assert_true(decoder_restore(after.decoder, state, NULL));
    after.now_ms = before.now_ms;
    send_from(&after, &a, false); /* nothing is held, nothing seems lost */
    send_from(&after, &b, false);
    g_assert_cmpuint(after.records->len, ==, 2);
    g_assert_cmpuint(fixture_books(&after).sequence_lost, ==, 0);
    json_t *exporter = fixture_exporter(&after, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 2);
    json_decref(exporter);
}

/* The operator has changed his mind since: what was learned of each port is read as one. */
static void
test_who_shall_be_together_is_so_after_a_restart(void)
{
    g_autoptr(ExporterRules) rules = rules_with(PORTS_TOGETHER);
    const DecoderConf conf = { .allow_all = true, .rules = rules };
    g_auto(Fixture) before, after;
    Sender a = { 40001, 1000, 86400000, 1 }, b = { 40002, 900000, 500000, 1 };

    fixture_init(&before);
    for (int i = 0; i < 50; i++) {
        send_from(&before, &a, i == 0);
        send_from(&before, &b, i == 0);
        before.now_ms += 100;
    }
    g_autoptr(GBytes) state = decoder_save(before.decoder);
    fixture_init_with(&after, &conf);
    g_assert_true(decoder_restore(after.decoder, state, NULL));
    json_t *exporter = fixture_exporter(&after, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, 1);
    json_decref(exporter);
    after.now_ms = before.now_ms;
    send_from(&after, &a, false); /* the template is there */
    g_assert_cmpuint(after.records->len, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/ports/two-routers-of-one-model-are-told-apart-by-their-counting",
                    test_two_routers_of_one_model_are_told_apart_by_their_counting);
    g_test_add_func("/collector/ports/routers-that-count-nearly-alike-are-told-apart",
                    test_routers_that_count_nearly_alike_are_told_apart);
    g_test_add_func("/collector/ports/one-router-with-several-sockets-stays-one",
                    test_one_router_with_several_sockets_stays_one);
    g_test_add_func("/collector/ports/a-router-that-restarts-from-another-port-stays-one",
                    test_a_router_that_restarts_from_another_port_stays_one);
    g_test_add_func("/collector/ports/a-router-that-keeps-restarting-on-two-ports-stays-one",
                    test_a_router_that_keeps_restarting_on_two_ports_stays_one);
    g_test_add_func("/collector/ports/contradicting-templates-are-kept-apart-with-all-that-was-held",
                    test_contradicting_templates_are_kept_apart_with_all_that_was_held);
    g_test_add_func("/collector/ports/the-operator-decides-over-the-evidence",
                    test_the_operator_decides_over_the_evidence);
    g_test_add_func("/collector/ports/ports-that-are-gone-make-room", test_ports_that_are_gone_make_room);
    g_test_add_func("/collector/ports/who-was-told-apart-stays-so-over-a-restart",
                    test_who_was_told_apart_stays_so_over_a_restart);
    g_test_add_func("/collector/ports/who-shall-be-together-is-so-after-a-restart",
                    test_who_shall_be_together_is_so_after_a_restart);
    return g_test_run();
}
