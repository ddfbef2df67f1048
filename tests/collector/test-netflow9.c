/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-netflow9.c - NetFlow v9: templates before and behind their data, options, events, shared addresses */
#include "tests/collector/fixture.h"

/* src, dst, octets, packets, source port, protocol, sampler */
static const uint16_t layout[] = { 8, 4, 12, 4, 1, 4, 2, 4, 7, 2, 4, 1, 48, 1, 0 };

static void
pen_layout(Pen *pen, uint16_t id)
{
    pen_template_set(pen, id, layout);
}

static void
pen_record(Pen *pen, uint32_t octets)
{
    pen_ip(pen, "198.51.100.1");
    pen_ip(pen, "203.0.113.2");
    pen_put(pen, octets, 4);
    pen_put(pen, 3, 4);
    pen_put(pen, 1234, 2);
    pen_put(pen, 17, 1);
    pen_put(pen, 1, 1); /* sampler 1 */
}

static void
pen_data(Pen *pen, uint16_t id, uint32_t octets, int n)
{
    size_t set = pen_set(pen, id);

    for (int i = 0; i < n; i++)
        pen_record(pen, octets);
    pen_end(pen, set);
}

static void
test_template_and_data_in_one_datagram(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_layout(&pen, 260);
    pen_data(&pen, 260, 99, 2);
    g_assert_true(fixture_send(&self, &pen));
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.templates, ==, 1);
    g_assert_cmpuint(books.records, ==, 2);
    g_assert_cmpuint(fixture_flow(&self, 1)->octets, ==, 99);
    g_assert_cmpuint(fixture_flow(&self, 1)->domain, ==, 7);
    g_assert_cmpint(fixture_flow(&self, 1)->end_ms, ==,
                    INT64_C(1700000000000)); /* no stamps: the export's time */
    assert_has(self.lines->pdata[0], "\"templateId\":260");
}

static void
test_data_before_its_template_is_decoded_when_that_comes(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_data(&pen, 260, 5, 3);
    fixture_send(&self, &pen);
    g_assert_cmpuint(self.records->len, ==, 0);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "no_template"));
    json_decref(exporter);

    pen_v9(&pen, 61000, 1700000060, 2, 8); /* another domain's template of that id is no help */
    pen_layout(&pen, 260);
    fixture_send(&self, &pen);
    g_assert_cmpuint(self.records->len, ==, 0);
    pen_v9(&pen, 61000, 1700000060, 2, 7);
    pen_layout(&pen, 260);
    fixture_send(&self, &pen);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.missing_template_sets, ==, 1);
    g_assert_cmpuint(books.late_records, ==, 3);
    g_assert_cmpuint(books.records, ==, 0);
    g_assert_cmpint(fixture_flow(&self, 2)->export_ms, ==, INT64_C(1700000000000)); /* of its own datagram */
    exporter = fixture_exporter(&self, 0);
    g_assert_null(finding(exporter, "no_template"));
    json_decref(exporter);
}

static void
test_held_data_is_bounded_and_counted(void)
{
    g_auto(Fixture) self;
    Pen pen;
    const DecoderConf conf = { .allow_all = true, .max_held_bytes = 1000 };

    fixture_init_with(&self, &conf);
    for (uint32_t i = 0; i < 100; i++) {
        pen_v9(&pen, 1000, 1700000000, i, 7);
        pen_data(&pen, 260, i, 5); /* 100 bytes */
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(fixture_books(&self).held_dropped_sets, ==, 90);
    pen_v9(&pen, 1000, 1700000000, 100, 7);
    pen_layout(&pen, 260);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).late_records, ==, 50);
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 90); /* the newest were kept */
}

/* What would not fit if nothing else were held pushes nothing out. */
static void
test_a_set_larger_than_all_that_may_be_held_is_counted(void)
{
    g_auto(Fixture) self;
    Pen pen;
    const DecoderConf conf = { .allow_all = true, .max_held_bytes = 150 };

    fixture_init_with(&self, &conf);
    for (uint32_t i = 0; i < 2; i++) {
        pen_v9(&pen, 1000, 1700000000, i, 7);
        pen_data(&pen, 260, i, i == 0 ? 5 : 10); /* 100 and 200 bytes */
        fixture_send(&self, &pen);
    }
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.missing_template_sets, ==, 2);
    g_assert_cmpuint(books.held_sets, ==, 1);
    g_assert_cmpuint(books.held_dropped_sets, ==, 1);
    pen_v9(&pen, 1000, 1700000000, 2, 7);
    pen_layout(&pen, 260);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).late_records, ==, 5);
}

static void
test_held_data_is_given_up_in_time(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_data(&pen, 260, 5, 3);
    fixture_send(&self, &pen);
    decoder_flush(self.decoder, (WallTime){ self.now_ms + 3600 * 1000 });
    g_assert_cmpuint(fixture_books(&self).held_dropped_sets, ==, 1);
}

static void
test_a_redefinition_holds_for_the_sets_behind_it(void)
{
    static const uint16_t other[] = { 1, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_layout(&pen, 260);
    pen_data(&pen, 260, 5, 1);
    pen_template_set(&pen, 260, other);
    size_t set = pen_set(&pen, 260);
    pen_put(&pen, 77, 8);
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 5);
    g_assert_cmpuint(fixture_flow(&self, 1)->octets, ==, 77);
    g_assert_cmpuint(fixture_books(&self).templates, ==, 2);
}

static void
test_zeros_behind_the_last_set_are_padding(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_layout(&pen, 260);
    pen_data(&pen, 260, 5, 1);
    for (int i = 0; i < 100; i++)
        pen_put(&pen, 0, 8);
    fixture_send(&self, &pen);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.records, ==, 1);
    for (int i = 0; i < N_REFUSALS; i++)
        g_assert_cmpuint(books.malformed[i], ==, 0);
}

static void
test_a_set_that_runs_past_its_datagram_is_counted(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_layout(&pen, 260);
    pen_put(&pen, 260, 2);
    pen_put(&pen, 400, 2);
    pen_record(&pen, 5);
    g_assert_true(fixture_send(&self, &pen));
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_SET_LENGTH], ==, 1);
    g_assert_cmpuint(self.records->len, ==, 0);
}

static void
test_a_reserved_set_is_passed_over(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    size_t set = pen_set(&pen, 200);
    pen_put(&pen, 1, 8);
    pen_end(&pen, set);
    pen_layout(&pen, 260);
    pen_data(&pen, 260, 5, 1);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_SET_ID], ==, 1);
    g_assert_cmpuint(fixture_books(&self).records, ==, 1);
}

static void
pen_sampler(Pen *pen, uint32_t sampler, uint32_t rate)
{
    /* scope system; samplerId, samplerRandomInterval, samplerMode */
    static const uint16_t options[] = { 1, 4, 48, 1, 50, 4, 49, 1, 0 };

    pen_options_template_set(pen, 257, 1, options);
    size_t set = pen_set(pen, 257);
    pen_put(pen, 0, 4);
    pen_put(pen, sampler, 1);
    pen_put(pen, rate, 4);
    pen_put(pen, 2, 1);
    pen_put(pen, 0, 2); /* padding */
    pen_end(pen, set);
}

static void
test_a_rate_holds_for_the_sampler_that_the_record_names(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_layout(&pen, 260);
    pen_data(&pen, 260, 5, 1); /* before anything is known */
    pen_sampler(&pen, 2, 333); /* of another sampler */
    pen_data(&pen, 260, 5, 1);
    pen_sampler(&pen, 1, 5000);
    pen_data(&pen, 260, 5, 1);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 0);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling_source, ==, SAMPLING_UNKNOWN);
    g_assert_cmpuint(fixture_flow(&self, 1)->sampling, ==, 0);
    g_assert_cmpuint(fixture_flow(&self, 2)->sampling, ==, 5000);
    g_assert_cmpuint(fixture_flow(&self, 2)->sampling_source, ==, SAMPLING_SAMPLER);
    g_assert_cmpuint(fixture_books(&self).options_records, ==, 2);
    assert_has(self.lines->pdata[1], "\"kind\":\"options\"");

    pen_v9(&pen, 1000, 1700000000, 2, 9); /* a line card that does not say it itself */
    pen_layout(&pen, 260);
    pen_data(&pen, 260, 5, 1);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 3)->sampling, ==, 5000);
}

static void
test_the_operator_has_the_last_word_on_sampling(void)
{
    g_auto(Fixture) self;
    Pen pen;
    const DecoderConf conf = { .allow_all = true, .sampling_override = 64 };

    fixture_init_with(&self, &conf);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_layout(&pen, 260);
    pen_sampler(&pen, 1, 5000);
    pen_data(&pen, 260, 5, 1);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 64);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling_source, ==, SAMPLING_OPERATOR);
}

static void
test_interfaces_get_their_names(void)
{
    static const uint16_t options[] = { 2, 4, 82, 8, 83, 8, 0 }; /* scope interface; name, description */
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_options_template_set(&pen, 256, 1, options);
    size_t set = pen_set(&pen, 256);
    pen_put(&pen, 17, 4);
    pen_bytes(&pen, "Gi0/1\0\0\0", 8);
    pen_bytes(&pen,
              "up\xff"
              "link\0",
              8); /* a byte that is no UTF-8 */
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *interface = json_array_get(json_object_get(exporter, "interfaces"), 0);
    g_assert_cmpint(json_integer_value(json_object_get(interface, "index")), ==, 17);
    g_assert_cmpstr(json_string_value(json_object_get(interface, "name")), ==, "Gi0/1");
    g_assert_cmpstr(json_string_value(json_object_get(interface, "description")), ==, "up\xef\xbf\xbdlink");
    json_decref(exporter);
    assert_has(self.lines->pdata[0], "\"interfaceDescription\":\"up\xef\xbf\xbdlink\"");
}

static void
test_an_update_of_a_firewall_is_an_event_and_the_deletion_a_flow(void)
{
    static const uint16_t nsel[] = { 8, 4, 12, 4, 233, 1, 231, 4, 232, 4, 323, 8, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_template_set(&pen, 263, nsel);
    size_t set = pen_set(&pen, 263);
    for (int i = 0; i < 3; i++) {
        static const uint8_t events[] = { 1, 5, 2 }; /* created, updated, deleted */
        pen_ip(&pen, "198.51.100.1");
        pen_ip(&pen, "203.0.113.2");
        pen_put(&pen, events[i], 1);
        pen_put(&pen, i == 0 ? 0 : 81, 4);
        pen_put(&pen, i == 0 ? 0 : 6207, 4);
        pen_put(&pen, UINT64_C(1699999999000), 8);
    }
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->kind, ==, FLOW_KIND_EVENT);
    g_assert_cmpuint(fixture_flow(&self, 0)->event, ==, 1);
    g_assert_cmpuint(fixture_flow(&self, 1)->kind, ==, FLOW_KIND_EVENT);
    g_assert_cmpuint(fixture_flow(&self, 2)->kind, ==, FLOW_KIND_FLOW);
    g_assert_cmpuint(fixture_flow(&self, 2)->octets, ==, 81);
    g_assert_cmpuint(fixture_flow(&self, 2)->reverse_octets, ==, 6207);
    g_assert_cmpuint(fixture_flow(&self, 2)->has_initiator, ==, 1);
    g_assert_cmpint(fixture_flow(&self, 2)->end_ms, ==, INT64_C(1699999999000));
}

static void
test_the_sequence_counts_datagrams(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 3; i++) {
        pen_v9(&pen, 1000, 1700000000, i == 2 ? 6 : i, 7);
        pen_layout(&pen, 260);
        pen_data(&pen, 260, 5, 4);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 4);
    decoder_flush(self.decoder, (WallTime){ self.now_ms + 3000 });
    g_assert_cmpuint(g_array_index(self.losses, FlowLoss, 0).records, ==, 0); /* not known in records */
}

/* Announces template 260 as @pairs from @port. */
static void
announce(Fixture *self, uint16_t port, const uint16_t *pairs)
{
    Pen pen;

    self->port = port;
    pen_v9(&pen, 1000, 1700000000, 1, 7);
    pen_template_set(&pen, 260, pairs);
    fixture_send(self, &pen);
}

static void
send_number(Fixture *self, uint16_t port, uint64_t value)
{
    Pen pen;

    self->port = port;
    pen_v9(&pen, 1000, 1700000000, 2, 7);
    size_t set = pen_set(&pen, 260);
    pen_put(&pen, value, 8);
    pen_end(&pen, set);
    fixture_send(self, &pen);
}

static void
test_two_boxes_behind_one_address_are_kept_apart(void)
{
    static const uint16_t octets[] = { 1, 8, 0 }, packets[] = { 2, 8, 0 };
    g_auto(Fixture) self;

    fixture_init(&self);
    announce(&self, 1111, octets);
    announce(&self, 2222, packets);
    announce(&self, 1111, octets); /* they take turns: no restart does that */
    announce(&self, 2222, packets);
    send_number(&self, 1111, 5);
    send_number(&self, 2222, 6);
    send_number(&self, 1111, 7);
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 5);
    g_assert_cmpuint(fixture_flow(&self, 1)->packets, ==, 6);
    g_assert_cmpuint(fixture_flow(&self, 2)->octets, ==, 7);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "shared_address"));
    json_decref(exporter);
}

static void
test_a_router_that_comes_back_from_another_port_is_the_same(void)
{
    static const uint16_t octets[] = { 1, 8, 0 }, packets[] = { 2, 8, 0 };
    g_auto(Fixture) self;

    fixture_init(&self);
    announce(&self, 1111, octets);
    send_number(&self, 2222, 5); /* restarted, and its template has not come again */
    announce(&self, 2222, packets);
    send_number(&self, 2222, 6);
    g_assert_cmpuint(fixture_flow(&self, 0)->octets, ==, 5);
    g_assert_cmpuint(fixture_flow(&self, 1)->packets, ==, 6);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_null(finding(exporter, "shared_address"));
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/netflow9/template-and-data-in-one-datagram",
                    test_template_and_data_in_one_datagram);
    g_test_add_func("/collector/netflow9/data-before-its-template-is-decoded-when-that-comes",
                    test_data_before_its_template_is_decoded_when_that_comes);
    g_test_add_func("/collector/netflow9/held-data-is-bounded-and-counted",
                    test_held_data_is_bounded_and_counted);
    g_test_add_func("/collector/netflow9/a-set-larger-than-all-that-may-be-held-is-counted",
                    test_a_set_larger_than_all_that_may_be_held_is_counted);
    g_test_add_func("/collector/netflow9/held-data-is-given-up-in-time", test_held_data_is_given_up_in_time);
    g_test_add_func("/collector/netflow9/a-redefinition-holds-for-the-sets-behind-it",
                    test_a_redefinition_holds_for_the_sets_behind_it);
    g_test_add_func("/collector/netflow9/zeros-behind-the-last-set-are-padding",
                    test_zeros_behind_the_last_set_are_padding);
    g_test_add_func("/collector/netflow9/a-set-that-runs-past-its-datagram-is-counted",
                    test_a_set_that_runs_past_its_datagram_is_counted);
    g_test_add_func("/collector/netflow9/a-reserved-set-is-passed-over", test_a_reserved_set_is_passed_over);
    g_test_add_func("/collector/netflow9/a-rate-holds-for-the-sampler-that-the-record-names",
                    test_a_rate_holds_for_the_sampler_that_the_record_names);
    g_test_add_func("/collector/netflow9/the-operator-has-the-last-word-on-sampling",
                    test_the_operator_has_the_last_word_on_sampling);
    g_test_add_func("/collector/netflow9/interfaces-get-their-names", test_interfaces_get_their_names);
    g_test_add_func("/collector/netflow9/an-update-of-a-firewall-is-an-event-and-the-deletion-a-flow",
                    test_an_update_of_a_firewall_is_an_event_and_the_deletion_a_flow);
    g_test_add_func("/collector/netflow9/two-boxes-behind-one-address-are-kept-apart",
                    test_two_boxes_behind_one_address_are_kept_apart);
    g_test_add_func("/collector/netflow9/a-router-that-comes-back-from-another-port-is-the-same",
                    test_a_router_that_comes_back_from_another_port_is_the_same);
    g_test_add_func("/collector/netflow9/the-sequence-counts-datagrams", test_the_sequence_counts_datagrams);
    return g_test_run();
}
