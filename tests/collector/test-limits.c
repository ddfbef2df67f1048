/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-limits.c - what one datagram, and one exporter, may make us do and keep; see wire.h on work */
#include "tests/collector/fixture.h"

enum { LARGE = 65507 };

/* A datagram as large as UDP has. */
typedef struct Large {
    uint8_t bytes[LARGE];
    size_t n;
} Large;

static void
large_put(Large *self, uint64_t value, unsigned length)
{
    for (unsigned i = length; i-- > 0; value >>= 8)
        self->bytes[self->n + i] = (uint8_t)value;
    self->n += length;
}

static void
large_ipfix(Large *self, uint32_t sequence)
{
    self->n = 0;
    large_put(self, 10, 2);
    large_put(self, LARGE, 2);
    large_put(self, 1700000000, 4);
    large_put(self, sequence, 4);
    large_put(self, 1, 4);
}

/* One set of @id that fills what is left. */
static void
large_fill(Large *self, uint16_t id)
{
    large_put(self, id, 2);
    large_put(self, LARGE - self->n + 2, 2);
    memset(self->bytes + self->n, 6, LARGE - self->n);
    self->n = LARGE;
}

/* As far as it is written. */
static bool
large_send(Large *self, Fixture *to)
{
    self->bytes[2] = (uint8_t)(self->n >> 8);
    self->bytes[3] = (uint8_t)self->n;
    return fixture_send_bytes(to, self->bytes, self->n);
}

/* The protocol, in records of one byte. */
static const uint16_t tiny[] = { 4, 1, 0 };

static void
send_template(Fixture *self, uint16_t id, const uint16_t *pairs)
{
    Pen pen;

    pen_ipfix(&pen, 1700000000, 0, 1);
    pen_template_set(&pen, id, pairs);
    fixture_send(self, &pen);
}

static void
test_a_datagram_of_tiny_records_is_given_up_in_part(void)
{
    g_auto(Fixture) self;
    Large large;

    fixture_init(&self);
    send_template(&self, 256, tiny);
    large_ipfix(&large, 0);
    large_fill(&large, 256);
    g_assert_true(large_send(&large, &self));
    Books books = fixture_books(&self);
    uint32_t sent = LARGE - 16 - 4;
    g_assert_cmpuint(books.malformed[REFUSED_WORK_QUOTA], ==, 1);
    g_assert_cmpuint(books.records, >=, 10000); /* more than anybody sends */
    g_assert_cmpuint(books.records, <=, 20000);
    g_assert_cmpuint(books.records + books.given_up_records, ==, sent);
    /* The place in the sequence is known all the same. */
    large_ipfix(&large, sent);
    large_fill(&large, 256);
    large_send(&large, &self);
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 0);
}

static void
test_a_large_datagram_of_honest_records_is_decoded_whole(void)
{
    static const uint16_t layout[] = { 8, 4, 12, 4,  15, 4, 10, 4, 14, 4, 2, 4,  1, 4,  22, 4, 21,
                                       4, 7, 2,  11, 2,  6, 1,  4, 1,  5, 1, 16, 4, 17, 4,  0 };
    g_auto(Fixture) self;
    Large large;

    fixture_init(&self);
    send_template(&self, 256, layout);
    large_ipfix(&large, 0);
    large_fill(&large, 256);
    large_send(&large, &self);
    g_assert_cmpuint(fixture_books(&self).records, ==, (LARGE - 20) / 51);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_WORK_QUOTA], ==, 0);
}

/* Fields without a length make a record of one byte as dear to read as one of a thousand. */
static void
test_fields_without_length_cost_too(void)
{
    g_auto(Fixture) self;
    Large large;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, 1700000000, 0, 1);
    size_t set = pen_set(&pen, 2);
    pen_put(&pen, 256, 2);
    pen_put(&pen, 512, 2);
    pen_put(&pen, 82 << 16 | 0xffff, 4);
    for (int i = 1; i < 512; i++)
        pen_put(&pen, 210 << 16, 4);
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    large_ipfix(&large, 0);
    large_fill(&large, 256);
    memset(large.bytes + 20, 0, LARGE - 20);
    large_send(&large, &self);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.malformed[REFUSED_WORK_QUOTA], ==, 1);
    g_assert_cmpuint(books.records, <=, 1000);
}

/* Thousands of sets with one record each, in both formats that have sets. */
static void
test_sets_cost_too(void)
{
    for (int is_ipfix = 0; is_ipfix <= 1; is_ipfix++) {
        g_auto(Fixture) self;
        Large large;

        fixture_init(&self);
        large_ipfix(&large, 0);
        if (!is_ipfix) {
            large.bytes[1] = 9;
            large_put(&large, 1, 4); /* the header is longer */
        }
        large_put(&large, (uint64_t)(is_ipfix ? 2 : 0) << 16 | 12, 4);
        large_put(&large, 256 << 16 | 1, 4);
        large_put(&large, 4 << 16 | 1, 4);
        while (large.n + 5 <= LARGE) {
            large_put(&large, 256 << 16 | 5, 4);
            large_put(&large, 6, 1);
        }
        g_assert_true(large_send(&large, &self)); /* v9's count is wrong then: nobody believes it */
        g_assert_cmpuint(fixture_books(&self).records, >=, 5000);
        g_assert_cmpuint(fixture_books(&self).records, <, LARGE / 5 - 10);
        uint64_t refused = fixture_books(&self).malformed[REFUSED_WORK_QUOTA];
        g_assert_cmpuint(refused, >=, 1); /* the sets that are left, */
        g_assert_cmpuint(refused, <=, 2); /* and perhaps the record of the last one */
    }
}

/* One record, but in its list there are as many as in a datagram of tiny ones, and each looks like a flow. */
static void
test_the_records_of_a_list_cost_too(void)
{
    g_auto(Fixture) self;
    Large large;

    fixture_init(&self);
    send_template(&self, 256, (const uint16_t[]){ 292, 65535, 0 });
    send_template(&self, 257, tiny);
    for (int is_short = 0; is_short <= 1; is_short++) {
        uint16_t n = is_short ? 500 : LARGE - 16 - 10;

        large_ipfix(&large, (uint32_t)is_short);
        large_put(&large, 256, 2);
        large_put(&large, 10u + n, 2);
        large_put(&large, 255, 1);
        large_put(&large, 3u + n, 2);
        large_put(&large, 3, 1);
        large_put(&large, 257, 2);
        memset(large.bytes + large.n, 6, n);
        large.n += n;
        g_assert_true(large_send(&large, &self));
    }
    decoder_flush(self.decoder, (WallTime){ self.now_ms });
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_WORK_QUOTA], ==, 1);
    g_assert_cmpuint(self.records->len, ==, 2); /* what was read of the list is used */
    g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 6);
    g_assert_cmpuint(fixture_flow(&self, 1)->protocol, ==, 6);
}

/* A router may repeat all that it has in one datagram; half as many that are new are too much. */
static void
test_what_is_known_costs_little(void)
{
    enum { KNOWN = 500 };
    const DecoderConf conf = { .allow_all = true, .max_templates = 65535, .max_template_bytes = 64 << 20 };
    g_auto(Fixture) self;
    Large large;

    fixture_init_with(&self, &conf);
    for (uint32_t is_new = 0; is_new <= 1; is_new++) {
        uint64_t before = fixture_books(&self).templates;
        uint32_t n = (LARGE - 20) / 8;

        large_ipfix(&large, 0);
        large_put(&large, 2, 2);
        large_put(&large, 4 + n * 8, 2);
        for (uint32_t i = 0; i < n; i++) {
            large_put(&large, 256 + (is_new && i % 2 == 0 ? KNOWN + i : i % KNOWN), 2);
            large_put(&large, 1, 2);
            large_put(&large, 4 << 16 | 1, 4);
        }
        g_assert_true(large_send(&large, &self));
        uint64_t read = fixture_books(&self).templates - before;
        if (is_new)
            g_assert_cmpuint(read, <, n / 2);
        else
            g_assert_cmpuint(read, ==, n);
        g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_WORK_QUOTA], ==, is_new);
    }
}

/* What waits is decoded in parts, and the parts are one after the other in the books. */
static void
test_what_waits_is_decoded_piece_by_piece(void)
{
    enum { SETS = 12, SET_BYTES = 8000 };
    g_auto(Fixture) self;
    Large large;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < SETS; i++) {
        large_ipfix(&large, i);
        large_put(&large, 256, 2);
        large_put(&large, 4 + SET_BYTES, 2);
        memset(large.bytes + large.n, 6, SET_BYTES);
        large.n += SET_BYTES;
        large_send(&large, &self);
    }
    g_assert_cmpuint(fixture_books(&self).held_sets, ==, SETS);
    pen_ipfix(&pen, 1700000000, 0, 1);
    pen_template_set(&pen, 256, tiny);
    g_autofree uint8_t *copy = g_malloc0(pen.n + DATAGRAM_SLACK);
    memcpy(copy, pen.bytes, pen.n);
    const Datagram datagram = {
        .bytes = copy, .length = pen.n, .source = self.source, .received = { self.now_ms }
    };
    g_assert_true(decoder_datagram(self.decoder, &datagram));
    uint64_t at_once = fixture_books(&self).late_records;
    g_assert_cmpuint(at_once, >, 0);
    g_assert_cmpuint(at_once, <, SETS * SET_BYTES / 2);
    decoder_flush(self.decoder, (WallTime){ self.now_ms });
    g_assert_cmpuint(fixture_books(&self).late_records, >, at_once);
    decoder_finish(self.decoder, (WallTime){ self.now_ms });
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.late_records + books.given_up_records, ==, SETS * SET_BYTES);
    g_assert_cmpuint(books.held_dropped_sets, ==, 0);
}

/* A set is decoded with the template that it waited for, though another one came before there was time. */
static void
test_a_due_set_keeps_its_template(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, 1700000000, 0, 1);
    size_t set = pen_set(&pen, 300);
    pen_put(&pen, 17, 1);
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    pen_ipfix(&pen, 1700000000, 1, 1);
    set = pen_set(&pen, 2);
    pen_template(&pen, 300, (const uint16_t[]){ 4, 1, 0 });
    pen_template(&pen, 300, (const uint16_t[]){ 5, 1, 0 });
    pen_end(&pen, set);
    fixture_send(&self, &pen);
    g_assert_cmpuint(self.records->len, ==, 1);
    g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 17);
    g_assert_cmpuint(fixture_flow(&self, 0)->tos, ==, 0);
}

/* Names are counted in bytes: 65,000 long ones do not fit, and what does not is counted. */
static void
test_names_have_a_bound(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, 1700000000, 0, 1);
    pen_options_template_set(&pen, 256, 1, (const uint16_t[]){ 10, 4, 82, 250, 0 });
    fixture_send(&self, &pen);
    for (uint32_t i = 0; i < 500; i++) {
        pen_ipfix(&pen, 1700000000, i * 10, 1);
        size_t set = pen_set(&pen, 256);
        for (uint32_t j = 0; j < 10; j++) {
            pen_put(&pen, i * 10 + j, 4);
            for (int k = 0; k < 250; k++)
                pen_put(&pen, 'a' + j, 1);
        }
        pen_end(&pen, set);
        fixture_send(&self, &pen);
    }
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "interfaces")), ==, 4096);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_NAME_QUOTA], ==, 5000 - 4096);
    g_assert_nonnull(finding(exporter, "name_quota"));
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/limits/a-datagram-of-tiny-records-is-given-up-in-part",
                    test_a_datagram_of_tiny_records_is_given_up_in_part);
    g_test_add_func("/collector/limits/a-large-datagram-of-honest-records-is-decoded-whole",
                    test_a_large_datagram_of_honest_records_is_decoded_whole);
    g_test_add_func("/collector/limits/fields-without-length-cost-too", test_fields_without_length_cost_too);
    g_test_add_func("/collector/limits/sets-cost-too", test_sets_cost_too);
    g_test_add_func("/collector/limits/the-records-of-a-list-cost-too", test_the_records_of_a_list_cost_too);
    g_test_add_func("/collector/limits/what-is-known-costs-little", test_what_is_known_costs_little);
    g_test_add_func("/collector/limits/what-waits-is-decoded-piece-by-piece",
                    test_what_waits_is_decoded_piece_by_piece);
    g_test_add_func("/collector/limits/a-due-set-keeps-its-template", test_a_due_set_keeps_its_template);
    g_test_add_func("/collector/limits/names-have-a-bound", test_names_have_a_bound);
    return g_test_run();
}
