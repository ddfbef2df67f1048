/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-decoder.c - who may send, and how much; what was learned survives a restart, and damage */
#include "tests/collector/fixture.h"

#include <gio/gio.h>

static void
pen_session(Pen *pen, uint32_t sequence, uint32_t domain, bool with_template)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 48, 1, 0 };

    pen_v9(pen, 1000, 1700000000, sequence, domain);
    if (with_template)
        pen_template_set(pen, 260, layout);
    size_t set = pen_set(pen, 260);
    pen_ip(pen, "198.51.100.1");
    pen_put(pen, 1000, 4);
    pen_put(pen, 1, 1);
    pen_end(pen, set);
}

static void
pen_rate(Pen *pen)
{
    static const uint16_t options[] = { 1, 4, 48, 1, 34, 4, 0 }; /* scope system; sampler, rate */

    pen_options_template_set(pen, 257, 1, options);
    size_t set = pen_set(pen, 257);
    pen_put(pen, 0, 4);
    pen_put(pen, 1, 1);
    pen_put(pen, 512, 4);
    pen_end(pen, set);
}

static void
test_the_version_word_decides(void)
{
    static const uint8_t nonsense[] = { 0, 6, 0, 1, 0, 0, 0, 0 }, odd[] = { 0, 0, 0, 4, 0, 0, 0, 0 };
    g_auto(Fixture) self;

    fixture_init(&self);
    g_assert_false(fixture_send_bytes(&self, nonsense, sizeof nonsense));
    g_assert_false(fixture_send_bytes(&self, odd, sizeof odd));
    g_assert_false(fixture_send_bytes(&self, "", 0));
    g_assert_false(fixture_send_bytes(&self, "\0\5\0", 3));
    g_assert_false(fixture_send_bytes(&self, "\0\5\0\1\0\0\0", 7));
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.refused[REFUSED_VERSION], ==, 2);
    g_assert_cmpuint(books.refused[REFUSED_TOO_SHORT], ==, 3);
    g_assert_cmpuint(books.datagrams, ==, 5);
    g_assert_cmpuint(books.bytes, ==, 8 + 8 + 0 + 3 + 7);
}

static void
test_whoever_is_expected_may_stay_away(void)
{
    g_auto(Fixture) self;
    BooksTotals totals;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 60; i++) {
        IpAddress expected = ip_from_v4(0x0a000000 + i * 7 % 13); /* some are never heard of */

        decoder_expect(self.decoder, &expected);
        self.source = ip_from_v4(0x0a000000 + i % 10);
        pen_session(&pen, i % 30 / 10, 1, i % 30 < 10);
        g_assert_true(fixture_send(&self, &pen));
        if (i == 29)
            decoder_forget(self.decoder);
    }
    decoder_totals(self.decoder, &totals);
    g_assert_cmpuint(totals.exporters, ==, 10);
    g_assert_cmpuint(totals.all.records, ==, 30);
    g_assert_cmpuint(totals.all.sequence_lost, ==, 0);
}

static void
test_an_empty_list_of_exporters_means_loopback_only(void)
{
    g_auto(Fixture) self;
    const DecoderConf conf = { 0 };
    Pen pen;

    fixture_init_with(&self, &conf);
    pen_session(&pen, 0, 1, true);
    g_assert_false(fixture_send(&self, &pen));
    self.source = ip_from_v4(0x7f000005);
    g_assert_true(fixture_send(&self, &pen));
    g_assert_true(ip_parse("::1", &self.source));
    g_assert_true(fixture_send(&self, &pen));
    g_assert_cmpuint(fixture_books(&self).refused[REFUSED_NOT_ALLOWED], ==, 1);
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self.decoder)), ==, 2);
}

static void
test_only_listed_exporters_are_heard(void)
{
    g_auto(Fixture) self;
    IpPrefix allowed[1];
    Pen pen;

    g_assert_true(ip_prefix_parse("192.0.2.0/24", &allowed[0]));
    const DecoderConf conf = { .allowed = allowed, .n_allowed = 1 };
    fixture_init_with(&self, &conf);
    pen_session(&pen, 0, 1, true);
    g_assert_true(fixture_send(&self, &pen));
    self.source = ip_from_v4(0xc0000301);
    for (int i = 0; i < 3; i++)
        g_assert_false(fixture_send(&self, &pen));
    BooksTotals totals;
    decoder_totals(self.decoder, &totals);
    g_assert_cmpuint(totals.refused_senders, ==, 1);
    json_t *refused = exporter_table_refused_to_json(decoder_exporters(self.decoder));
    assert_has(json_string_value(json_object_get(json_array_get(refused, 0), "hint")), "to exporters= in");
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(refused, 0), "reason")), ==,
                    "not_allowed");
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(refused, 0), "address")), ==,
                    "192.0.3.1");
    g_assert_cmpint(json_integer_value(json_object_get(json_array_get(refused, 0), "datagrams")), ==, 3);
    json_decref(refused);
    g_assert_cmpuint(totals.all.refused[REFUSED_NOT_ALLOWED], ==, 3);
}

static void
test_a_flood_of_exporters_is_bounded(void)
{
    g_auto(Fixture) self;
    const DecoderConf conf = { .allow_all = true, .max_exporters = 20, .max_new_exporters_per_minute = 8 };
    Pen pen;

    fixture_init_with(&self, &conf);
    pen_session(&pen, 0, 1, true);
    for (uint32_t i = 0; i < 100; i++) {
        self.source = ip_from_v4(0x0a000000 + i);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self.decoder)), ==, 8);
    for (uint32_t i = 0; i < 100; i++) {
        self.now_ms += 10000;
        self.source = ip_from_v4(0x0b000000 + i);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self.decoder)), ==, 20);
    g_assert_cmpuint(fixture_books(&self).refused[REFUSED_EXPORTER_QUOTA], ==, 180);
}

static void
test_a_flood_of_domains_is_bounded(void)
{
    g_auto(Fixture) self;
    const DecoderConf conf = { .allow_all = true, .max_domains = 10 };
    Pen pen;

    fixture_init_with(&self, &conf);
    for (uint32_t i = 0; i < 50; i++) {
        pen_session(&pen, 0, i, true);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(fixture_books(&self).refused[REFUSED_DOMAIN_QUOTA], ==, 40);
    pen_session(&pen, 1, 3, false); /* those that are known go on */
    g_assert_true(fixture_send(&self, &pen));
}

static void
test_a_flood_of_templates_is_bounded(void)
{
    static const uint16_t layout[] = { 8, 4, 0 };
    g_auto(Fixture) self;
    const DecoderConf conf = { .allow_all = true, .max_templates = 5 };
    Pen pen;

    fixture_init_with(&self, &conf);
    for (uint16_t i = 0; i < 30; i++) {
        pen_v9(&pen, 1000, 1700000000, i, 1);
        pen_template_set(&pen, (uint16_t)(256 + i), layout);
        fixture_send(&self, &pen);
    }
    g_assert_cmpuint(fixture_books(&self).templates, ==, 30); /* definitions received */
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_TEMPLATE_QUOTA], ==, 25);
}

static void
test_full_batches_are_handed_over(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_session(&pen, 0, 1, true);
    g_autofree uint8_t *copy = g_malloc(pen.n + DATAGRAM_SLACK);
    memcpy(copy, pen.bytes, pen.n);
    Datagram datagram = {
        .bytes = copy, .length = pen.n, .source = self.source, .received = { self.now_ms }
    };
    for (int i = 0; i < FLOW_BATCH_MOST + 10; i++)
        decoder_datagram(self.decoder, &datagram);
    g_assert_cmpuint(self.records->len, ==, FLOW_BATCH_MOST);
    decoder_flush(self.decoder, (WallTime){ self.now_ms });
    g_assert_cmpuint(self.records->len, ==, FLOW_BATCH_MOST + 10);
}

static void
test_what_the_queue_could_not_take_is_in_the_books(void)
{
    g_auto(Fixture) self;
    g_autoptr(FlowBatch) batch = flow_batch_new();
    Pen pen;

    fixture_init(&self);
    pen_session(&pen, 0, 1, true);
    fixture_send(&self, &pen);
    batch->n = 3;
    for (int i = 0; i < 3; i++)
        batch->records[i] = (FlowRecord){ .exporter = i == 2 ? 99 : 0 }; /* 99 is nobody */
    decoder_count_queue_full(self.decoder, batch);
    decoder_count_kernel_drops(self.decoder, 0, 7);
    BooksTotals totals;
    decoder_totals(self.decoder, &totals);
    g_assert_cmpuint(totals.all.queue_full_records, ==, 2);
    g_assert_cmpuint(totals.kernel_drops, ==, 7);
}

/* A decoder that has learned something, and its state. */
static GBytes *
learned_state(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_session(&pen, 41, 1, true);
    pen_rate(&pen);
    fixture_send(&self, &pen);
    g_assert_true(decoder_has_changed(self.decoder));
    GBytes *state = decoder_save(self.decoder);
    g_assert_false(decoder_has_changed(self.decoder));
    pen_session(&pen, 42, 1, true); /* a repetition is nothing new */
    fixture_send(&self, &pen);
    g_assert_false(decoder_has_changed(self.decoder));
    return state;
}

/* Exporter by exporter it is what it is in one go, and what changes in between is news for the next. */
static void
test_a_state_can_be_made_in_pieces(void)
{
    g_autoptr(GByteArray) pieces = g_byte_array_new();
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    g_assert_true(decoder_save_next(self.decoder, pieces)); /* nobody has sent yet */
    g_byte_array_set_size(pieces, 0);
    for (uint32_t i = 0; i < 3; i++) {
        pen_session(&pen, 41, 1, true);
        self.source = ip_from_v4(0x7f000001 + i);
        fixture_send(&self, &pen);
    }
    g_assert_true(decoder_has_changed(self.decoder));
    g_assert_false(decoder_save_next(self.decoder, pieces));
    g_assert_false(decoder_has_changed(self.decoder));
    g_assert_false(decoder_save_next(self.decoder, pieces));
    g_assert_true(decoder_save_next(self.decoder, pieces));
    g_autoptr(GBytes) whole = decoder_save(self.decoder);
    g_autoptr(GBytes) joined = g_byte_array_free_to_bytes(g_steal_pointer(&pieces));
    g_assert_true(g_bytes_equal(joined, whole));
}

static void
test_what_was_learned_survives_a_restart(void)
{
    g_autoptr(GBytes) state = learned_state();
    g_autoptr(GError) error = NULL;
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    g_assert_true(decoder_restore(self.decoder, state, &error));
    g_assert_no_error(error);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "provisional"));
    json_decref(exporter);

    pen_session(&pen, 45, 1, false); /* data alone; three datagrams were lost while we were away */
    fixture_send(&self, &pen);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.records, ==, 1);
    g_assert_cmpuint(books.missing_template_sets, ==, 0);
    g_assert_cmpuint(books.sequence_lost, ==, 3);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 512);
    exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "provisional")); /* the template has not been confirmed */
    json_decref(exporter);

    pen_session(&pen, 46, 1, true);
    pen_rate(&pen);
    fixture_send(&self, &pen);
    exporter = fixture_exporter(&self, 0);
    g_assert_null(finding(exporter, "provisional"));
    json_decref(exporter);
}

static void
test_state_of_those_who_may_not_send_any_more_is_left_out(void)
{
    g_autoptr(GBytes) state = learned_state();
    g_auto(Fixture) self;
    const DecoderConf conf = { 0 }; /* loopback only */

    fixture_init_with(&self, &conf);
    g_assert_true(decoder_restore(self.decoder, state, NULL));
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self.decoder)), ==, 0);
}

static void
test_state_cut_anywhere_is_refused_with_a_reason(void)
{
    g_autoptr(GBytes) state = learned_state();

    for (gsize length = 1; length < g_bytes_get_size(state); length++) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(state, 0, length);
        g_autoptr(GError) error = NULL;
        g_auto(Fixture) self;

        fixture_init(&self);
        g_assert_false(decoder_restore(self.decoder, cut, &error));
        g_assert_nonnull(error);
    }
}

/* The count lies: what follows the last exporter is nothing. */
static void
test_state_that_counts_too_many_is_refused(void)
{
    enum { COUNT_AT = 4 }; /* behind the layout; the lowest byte first */
    g_autoptr(GBytes) state = learned_state();
    gsize size;
    uint8_t *copy = g_memdup2(g_bytes_get_data(state, &size), g_bytes_get_size(state));
    g_autoptr(GError) error = NULL;
    g_auto(Fixture) self;

    g_assert_cmpuint(copy[COUNT_AT], ==, 1);
    copy[COUNT_AT] = 2;
    g_autoptr(GBytes) bad = g_bytes_new_take(copy, size);
    fixture_init(&self);
    g_assert_false(decoder_restore(self.decoder, bad, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* Nothing was ever released that wrote another layout. */
static void
test_state_of_another_layout_is_refused(void)
{
    g_autoptr(GBytes) state = learned_state();
    gsize size;
    uint8_t *copy = g_memdup2(g_bytes_get_data(state, &size), g_bytes_get_size(state));
    g_autoptr(GError) error = NULL;
    g_auto(Fixture) self;

    copy[0]--;
    g_autoptr(GBytes) old = g_bytes_new_take(copy, size);
    fixture_init(&self);
    g_assert_false(decoder_restore(self.decoder, old, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_state_with_any_byte_changed_harms_nothing(void)
{
    g_autoptr(GBytes) state = learned_state();
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(state, &size);

    for (gsize i = 0; i < size; i++) {
        uint8_t *copy = g_memdup2(bytes, size);
        copy[i] ^= 0xff;
        g_autoptr(GBytes) bad = g_bytes_new_take(copy, size);
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        decoder_restore(self.decoder, bad, NULL);
        pen_session(&pen, 45, 1, false);
        fixture_send(&self, &pen);
        fixture_books(&self);
    }
}

static void
test_a_datagram_cut_anywhere_harms_nothing(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_session(&pen, 0, 1, true);
    pen_rate(&pen);
    for (size_t length = 0; length <= pen.n; length++)
        fixture_send_bytes(&self, pen.bytes, length);
    g_assert_cmpuint(fixture_books(&self).datagrams, ==, pen.n + 1);
}

static void
test_a_decoder_that_forgets_is_as_new(void)
{
    static const uint16_t pairs[] = { 1, 4, 0 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_v9(&pen, 1000, 1700000000, 0, 1);
    pen_template_set(&pen, 300, pairs);
    fixture_send(&self, &pen);
    g_autoptr(GBytes) known = decoder_save(self.decoder);
    decoder_forget(self.decoder);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.datagrams + books.templates, ==, 0);
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self.decoder)), ==, 0);
    fixture_send(&self, &pen);
    g_autoptr(GBytes) again = decoder_save(self.decoder);
    g_assert_true(g_bytes_equal(known, again));
}

static void
test_a_name_that_is_no_text_is_the_same_after_a_restart(void)
{
    static const uint16_t options[] = { 2, 4, 82, 255, 0 }; /* scope interface; its name, of 255 bytes */
    g_auto(Fixture) self, second;
    Pen pen;

    fixture_init(&self);
    fixture_init(&second);
    pen_v9(&pen, 1000, 1700000000, 0, 1);
    pen_options_template_set(&pen, 300, 1, options);
    size_t set = pen_set(&pen, 300);
    pen_put(&pen, 7, 4);
    for (int i = 0; i < 255; i++)
        pen_put(&pen, 0xaa, 1); /* begins no character of UTF-8 */
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    g_autoptr(GBytes) saved = decoder_save(self.decoder);
    g_assert_true(decoder_restore(second.decoder, saved, NULL));
    g_autoptr(GBytes) again = decoder_save(second.decoder);
    g_assert_cmpuint(g_bytes_get_size(again), ==, g_bytes_get_size(saved));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/decoder/whoever-is-expected-may-stay-away",
                    test_whoever_is_expected_may_stay_away);
    g_test_add_func("/collector/decoder/state-that-counts-too-many-is-refused",
                    test_state_that_counts_too_many_is_refused);
    g_test_add_func("/collector/decoder/state-of-another-layout-is-refused",
                    test_state_of_another_layout_is_refused);
    g_test_add_func("/collector/decoder/a-state-can-be-made-in-pieces", test_a_state_can_be_made_in_pieces);
    g_test_add_func("/collector/decoder/the-version-word-decides", test_the_version_word_decides);
    g_test_add_func("/collector/decoder/an-empty-list-of-exporters-means-loopback-only",
                    test_an_empty_list_of_exporters_means_loopback_only);
    g_test_add_func("/collector/decoder/only-listed-exporters-are-heard",
                    test_only_listed_exporters_are_heard);
    g_test_add_func("/collector/decoder/a-flood-of-exporters-is-bounded",
                    test_a_flood_of_exporters_is_bounded);
    g_test_add_func("/collector/decoder/a-flood-of-domains-is-bounded", test_a_flood_of_domains_is_bounded);
    g_test_add_func("/collector/decoder/a-flood-of-templates-is-bounded",
                    test_a_flood_of_templates_is_bounded);
    g_test_add_func("/collector/decoder/full-batches-are-handed-over", test_full_batches_are_handed_over);
    g_test_add_func("/collector/decoder/what-the-queue-could-not-take-is-in-the-books",
                    test_what_the_queue_could_not_take_is_in_the_books);
    g_test_add_func("/collector/decoder/what-was-learned-survives-a-restart",
                    test_what_was_learned_survives_a_restart);
    g_test_add_func("/collector/decoder/state-of-those-who-may-not-send-any-more-is-left-out",
                    test_state_of_those_who_may_not_send_any_more_is_left_out);
    g_test_add_func("/collector/decoder/state-cut-anywhere-is-refused-with-a-reason",
                    test_state_cut_anywhere_is_refused_with_a_reason);
    g_test_add_func("/collector/decoder/state-with-any-byte-changed-harms-nothing",
                    test_state_with_any_byte_changed_harms_nothing);
    g_test_add_func("/collector/decoder/a-datagram-cut-anywhere-harms-nothing",
                    test_a_datagram_cut_anywhere_harms_nothing);
    g_test_add_func("/collector/decoder/a-decoder-that-forgets-is-as-new",
                    test_a_decoder_that_forgets_is_as_new);
    g_test_add_func("/collector/decoder/a-name-that-is-no-text-is-the-same-after-a-restart",
                    test_a_name_that_is_no_text_is_the_same_after_a_restart);
    return g_test_run();
}
