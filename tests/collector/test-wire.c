/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-wire.c - bounds and rules that all formats share */
#include "tests/collector/fixture.h"

#define SECONDS UINT32_C(1700000000)
#define MS      INT64_C(1700000000000)

static void
pen_v5(Pen *pen, uint16_t count, uint16_t engine)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 5, 2);
    pen_put(pen, count, 2);
    pen_put(pen, 1000, 4);
    pen_put(pen, SECONDS, 4);
    pen_put(pen, 0, 4);
    pen_put(pen, 0, 4);
    pen_put(pen, engine, 2);
    pen_put(pen, 0, 2);
    for (unsigned i = 0; i < count * 48u; i++)
        pen_put(pen, 1, 1);
}

/* One flow sample without records. */
static void
pen_sflow(Pen *pen, uint32_t sub_agent)
{
    *pen = (Pen){ 0 };
    const uint32_t words[] = { 5, 1, 0xc0000201, sub_agent, 1, 1000, 1, 1, 32, 1, 1, 100, 0, 0, 1, 2, 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        pen_put(pen, words[i], 4);
}

static void
test_no_format_opens_more_domains_than_there_may_be(void)
{
    const DecoderConf conf = { .allow_all = true, .max_domains = 1 };
    g_auto(Fixture) self, agents;
    Pen pen;

    fixture_init_with(&self, &conf);
    fixture_init_with(&agents, &conf);
    pen_v5(&pen, 1, 1);
    g_assert_true(fixture_send(&self, &pen));
    pen_v5(&pen, 1, 2);
    g_assert_false(fixture_send(&self, &pen));
    pen_sflow(&pen, 1);
    g_assert_true(fixture_send(&agents, &pen));
    pen_sflow(&pen, 2);
    g_assert_false(fixture_send(&agents, &pen));
    g_assert_cmpuint(fixture_books(&self).refused[REFUSED_DOMAIN_QUOTA], ==, 1);
    g_assert_cmpuint(fixture_books(&agents).refused[REFUSED_DOMAIN_QUOTA], ==, 1);
    decoder_free(NULL);
}

static void
count_record(void *user, const RecordView *record)
{
    ++*(unsigned *)user;
}

static void
test_records_are_shown_where_nobody_wants_flows(void)
{
    unsigned n = 0;
    const DecoderConf conf = { .allow_all = true };
    const DecoderSink sink = { .user = &n, .record = count_record };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    Pen pen;

    pen_v5(&pen, 30, 0);
    Datagram datagram = {
        .bytes = pen.bytes, .length = pen.n, .source = ip_from_v4(0xc0000201), .received = { MS }
    };
    g_assert_true(decoder_datagram(decoder, &datagram));
    decoder_flush(decoder, (WallTime){ MS });
    g_assert_cmpuint(n, ==, 30);
}

static void
test_more_losses_than_a_batch_has_room_for_are_added_up(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 300; i++) { /* without a flush between */
        pen_v9(&pen, 1000 + i, SECONDS, i * 2, 1);
        Datagram datagram = {
            .bytes = pen.bytes, .length = pen.n, .source = self.source, .received = { self.now_ms }
        };
        g_assert_true(decoder_datagram(self.decoder, &datagram));
    }
    decoder_flush(self.decoder, (WallTime){ self.now_ms });
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 299);
    g_assert_cmpuint(self.losses->len, ==, FLOW_BATCH_LOSSES);
}

static const uint16_t rate_of_interface[] = { 10, 4, 34, 4,
                                              0 }; /* scope ingressInterface; samplingInterval */

static void
test_a_rate_of_an_interface_holds_for_its_flows(void)
{
    static const uint16_t pairs[] = { 10, 4, 14, 4, 61, 1, 153, 8, 161, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    pen_options_template_set(&pen, 257, 1, rate_of_interface);
    size_t set = pen_set(&pen, 257);
    pen_put(&pen, 7, 4);
    pen_put(&pen, 500, 4);
    pen_end(&pen, set);
    pen_template_set(&pen, 300, pairs);
    set = pen_set(&pen, 300);
    for (int i = 0; i < 3; i++) { /* in by 7; out by 7; egress of 7 that came in by another */
        pen_put(&pen, i == 0 ? 7 : 1, 4);
        pen_put(&pen, i == 0 ? 1 : 7, 4);
        pen_put(&pen, i == 2, 1);
        pen_put(&pen, (uint64_t)MS, 8);
        pen_put(&pen, 2500, 4);
    }
    pen_end(&pen, set);
    g_assert_true(fixture_send(&self, &pen));
    static const uint32_t rates[] = { 500, 0, 500 };
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpuint(fixture_flow(&self, i)->sampling, ==, rates[i]);
        g_assert_cmpuint(fixture_flow(&self, i)->sampling_source, ==,
                         rates[i] != 0 ? SAMPLING_INTERFACE : SAMPLING_UNKNOWN);
        g_assert_cmpint(fixture_flow(&self, i)->start_ms, ==,
                        MS - 2500); /* the end and the duration say it */
    }
}

static void
test_the_operators_rate_beats_that_of_a_sample(void)
{
    const DecoderConf conf = { .allow_all = true, .sampling_override = 77 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init_with(&self, &conf);
    pen_sflow(&pen, 1);
    g_assert_true(fixture_send(&self, &pen));
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 77);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling_source, ==, SAMPLING_OPERATOR);
}

static void
test_templates_of_v9_know_no_variable_length_and_have_a_bound(void)
{
    static const uint16_t variable[] = { 8, 4, 82, 65535, 0 };
    const DecoderConf conf = { .allow_all = true, .max_fields = 2 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init_with(&self, &conf);
    pen_v9(&pen, 1000, SECONDS, 0, 1);
    pen_template_set(&pen, 300, variable);
    pen_options_template_set(&pen, 301, 1, (const uint16_t[]){ 1, 4, 34, 4, 35, 1, 0 });
    g_assert_true(fixture_send(&self, &pen));
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_TEMPLATE_SYNTAX], ==, 1);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_TEMPLATE_QUOTA], ==, 1);
}

static void
test_a_state_of_more_domains_than_there_may_be_is_refused(void)
{
    const DecoderConf conf = { .allow_all = true, .max_domains = 1 };
    g_auto(Fixture) self, small;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) empty = g_bytes_new(NULL, 0);
    Pen pen;

    fixture_init(&self);
    fixture_init_with(&small, &conf);
    for (uint16_t engine = 0; engine < 3; engine++) {
        pen_v5(&pen, 1, engine);
        fixture_send(&self, &pen);
    }
    g_autoptr(GBytes) saved = decoder_save(self.decoder);
    g_assert_false(decoder_restore(small.decoder, saved, &error));
    g_assert_nonnull(error);
    g_assert_true(decoder_restore(small.decoder, empty, NULL)); /* a first start */
}

static void
test_rates_of_more_interfaces_than_there_may_be_are_counted(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t from = 1; from <= 2800; from += 400) {
        pen_ipfix(&pen, SECONDS, from - 1, 5);
        pen_options_template_set(&pen, 257, 1, rate_of_interface);
        size_t set = pen_set(&pen, 257);
        for (uint32_t interface = from; interface < from + 400; interface++) {
            pen_put(&pen, interface, 4);
            pen_put(&pen, 500, 4);
        }
        pen_end(&pen, set);
        g_assert_true(fixture_send(&self, &pen));
    }
    g_assert_cmpuint(fixture_books(&self).options_records, ==, 2800);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_NAME_QUOTA], >=, 2800 - 2048);
}

/* Counter samples of interfaces @from and on, each with @record, @n_words long, which begins with the
 * interface's index if it is no name. */
static void
pen_counters(Pen *pen, uint32_t sequence, uint32_t from, uint32_t count, uint32_t record, uint32_t n_words)
{
    *pen = (Pen){ 0 };
    const uint32_t head[] = { 5, 1, 0xc0000201, 1, sequence, 1000 + sequence, count };

    for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
        pen_put(pen, head[i], 4);
    for (uint32_t index = from; index < from + count; index++) {
        const uint32_t sample[] = { 2, 12 + 8 + n_words * 4, 1, index, 1, record, n_words * 4 };

        for (size_t i = 0; i < G_N_ELEMENTS(sample); i++)
            pen_put(pen, sample[i], 4);
        for (uint32_t i = 0; i < n_words; i++)
            pen_put(pen, record == 1 && i == 0 ? index : i == 0 ? 4 : 0x61616161, 4);
    }
}

static void
test_counters_and_names_of_more_interfaces_than_there_may_be_are_counted(void)
{
    static const struct {
        uint32_t record, n_words;
    } kinds[] = { { 1, 22 }, { 1005, 2 } };

    for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        g_auto(Fixture) self;
        uint32_t sequence = 0;
        Pen pen;

        fixture_init(&self);
        for (uint32_t from = 1; from <= 4500; from += 30) {
            pen_counters(&pen, ++sequence, from, 30, kinds[kind].record, kinds[kind].n_words);
            g_assert_true(fixture_send(&self, &pen));
        }
        g_assert_cmpuint(fixture_books(&self).counter_samples, ==, 4500);
        g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_NAME_QUOTA], >, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/wire/no-format-opens-more-domains-than-there-may-be",
                    test_no_format_opens_more_domains_than_there_may_be);
    g_test_add_func("/collector/wire/records-are-shown-where-nobody-wants-flows",
                    test_records_are_shown_where_nobody_wants_flows);
    g_test_add_func("/collector/wire/more-losses-than-a-batch-has-room-for-are-added-up",
                    test_more_losses_than_a_batch_has_room_for_are_added_up);
    g_test_add_func("/collector/wire/a-rate-of-an-interface-holds-for-its-flows",
                    test_a_rate_of_an_interface_holds_for_its_flows);
    g_test_add_func("/collector/wire/the-operators-rate-beats-that-of-a-sample",
                    test_the_operators_rate_beats_that_of_a_sample);
    g_test_add_func("/collector/wire/templates-of-v9-know-no-variable-length-and-have-a-bound",
                    test_templates_of_v9_know_no_variable_length_and_have_a_bound);
    g_test_add_func("/collector/wire/a-state-of-more-domains-than-there-may-be-is-refused",
                    test_a_state_of_more_domains_than_there_may_be_is_refused);
    g_test_add_func("/collector/wire/rates-of-more-interfaces-than-there-may-be-are-counted",
                    test_rates_of_more_interfaces_than_there_may_be_are_counted);
    g_test_add_func("/collector/wire/counters-and-names-of-more-interfaces-than-there-may-be-are-counted",
                    test_counters_and_names_of_more_interfaces_than_there_may_be_are_counted);
    return g_test_run();
}
