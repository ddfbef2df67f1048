/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-shuffle.c - all ways to read a record give the same FlowRecord, byte for byte
 *
 * Templates and records are drawn from a seed: elements that we know, that nobody knows and of enterprises,
 * each as often as luck has it, with lengths from nothing to far too long. The measure is SHUFFLE_NONE, the
 * plan's steps, one field at a time; each version that this processor has must agree, and so must the
 * portable ones, which read the masks of those that it has not.
 */
#include "collector/decoder.h"
#include "collector/template.h"
#include "tests/support/generator.h"

#include <string.h>

enum { TEMPLATES = 4000, MESSAGES = 400, FIELDS_MOST = 48, BLOCK = 40, SEED = 20 };

static uint32_t
draw(uint64_t *random, uint32_t below)
{
    return (uint32_t)(generator_random(random) >> 33) % below;
}

static uint16_t
draw_length(uint64_t *random)
{
    static const uint16_t usual[] = { 1, 2, 4, 4, 4, 8, 8, 16 };
    static const uint16_t odd[] = { 0, 3, 5, 6, 7, 9, 10, 12, 15, 17, 31, 64, 127, 128, 129, 300, 1300 };

    if (draw(random, 4) != 0)
        return usual[draw(random, G_N_ELEMENTS(usual))];
    return odd[draw(random, G_N_ELEMENTS(odd))];
}

/* Most elements that a plan knows have numbers below 330. */
static FieldNumber
draw_field(uint64_t *random, bool is_ipfix)
{
    static const uint16_t addresses[] = { 8, 12, 27, 28, 15, 62, 225, 281, 40001 };
    FieldNumber field = { .id = (uint16_t)(1 + draw(random, 330)), .length = draw_length(random) };

    switch (draw(random, 8)) {
    case 0:
        field.id = addresses[draw(random, G_N_ELEMENTS(addresses))];
        field.length = field.id == 8 || field.id == 12 || field.id == 15 || field.id == 225 ? 4 : 16;
        break;
    case 1:
        field.id = (uint16_t)(1 + draw(random, 32)); /* the most frequent ones */
        break;
    case 2:
        field.pen = is_ipfix ? ELEMENT_PEN_REVERSE : 0;
        field.id = (uint16_t)(1 + draw(random, 90));
        break;
    case 3:
        field.pen = is_ipfix ? 1 + draw(random, 50000) : 0;
        field.id = (uint16_t)(20000 + draw(random, 12000));
        break;
    }
    return field;
}

static void
fill(uint64_t *random, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = draw(random, 4) == 0 ? 0 : (uint8_t)draw(random, 256); /* zeros decide who wins a place */
}

/* What one version makes of @n records; the caller owns it. Sentinels stand behind the last one. */
typedef struct Outcome {
    FlowRecord flows[BLOCK + 1];
    PlanExtra extras[BLOCK + 1];
} Outcome;

static Outcome *
run(DecodePlan *plan, ShuffleVersion version, const uint8_t *bytes, uint32_t n)
{
    size_t length = (size_t)n * plan->record_length;
    uint8_t *copy = g_malloc(length + DATAGRAM_SLACK);
    Outcome *out = g_aligned_alloc0(1, sizeof *out, 64);
    FlowRecord blank;

    memset(out, 0xa5, sizeof *out);
    memcpy(copy, bytes, length);
    memset(copy + length, (int)version + 1, DATAGRAM_SLACK); /* what lies behind must not matter */
    plan_use_shuffles(plan, version);
    blank = plan->blank;
    blank.exporter = 0x01020304; /* as the decoder fills it */
    blank.export_ms = INT64_MAX;
    plan_run(plan, copy, n, &blank, out->flows);
    plan_run_extra(plan, copy, n, out->extras);
    g_free(copy);
    return out;
}

static void
compare(const Template *tmpl, ShuffleVersion version, const void *right, const void *other, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const uint8_t *)right)[i] != ((const uint8_t *)other)[i]) {
            for (uint32_t j = 0; j < tmpl->n_fields; j++)
                g_test_message("field %u: %s, %u bytes", j, tmpl->fields[j].element->name,
                               tmpl->fields[j].length);
            g_error("%s: byte %zu of record %zu is %02x, not %02x", shuffle_version_name(version), i % 256,
                    i / 256, ((const uint8_t *)other)[i], ((const uint8_t *)right)[i]);
        }
}

static void
test_any_template_is_read_alike(gconstpointer data)
{
    ShuffleVersion version = (ShuffleVersion)GPOINTER_TO_UINT(data);
    g_autoptr(ElementModel) model = element_model_new();
    uint64_t random = SEED;
    uint32_t n_shuffled = 0;

    for (int i = 0; i < TEMPLATES; i++) {
        FieldNumber fields[FIELDS_MOST];
        uint32_t n_fields = 1 + draw(&random, FIELDS_MOST), n = 1 + draw(&random, BLOCK);

        for (uint32_t j = 0; j < n_fields; j++)
            fields[j] = draw_field(&random, i % 2 == 0);
        g_autoptr(Template) tmpl = template_new(model, 300, fields, n_fields, 0, false);
        if (tmpl == NULL) /* all of its fields have no length */
            continue;
        g_autofree uint8_t *bytes = g_malloc((size_t)n * tmpl->plan.record_length);
        fill(&random, bytes, (size_t)n * tmpl->plan.record_length);
        Outcome *right = run(&tmpl->plan, SHUFFLE_NONE, bytes, n);
        Outcome *other = run(&tmpl->plan, version, bytes, n);

        n_shuffled += tmpl->plan.shuffle != NULL;
        compare(tmpl, version, right->flows, other->flows, sizeof right->flows);
        compare(tmpl, version, right->extras, other->extras, sizeof right->extras);
        g_aligned_free(right);
        g_aligned_free(other);
    }
    g_assert_cmpuint(n_shuffled, >,
                     TEMPLATES * 9 / 10); /* it was no comparison of the steps with themselves */
}

/* The same through the whole decoder: sets, options data, variable lengths, times, sampling, events. */

typedef struct Taken {
    GArray *flows;
    Books books;
} Taken;

static FlowBatch *
keep(void *user, FlowBatch *batch)
{
    g_array_append_vals(user, batch->records, batch->n);
    return batch;
}

static Taken
decode(GPtrArray *datagrams, ShuffleVersion version)
{
    Taken taken = { .flows = g_array_new(FALSE, FALSE, sizeof(FlowRecord)) };
    const DecoderConf conf = { .allow_all = true, .shuffles = version };
    const DecoderSink sink = { .user = taken.flows, .flows = keep };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    BooksTotals totals;

    for (guint i = 0; i < datagrams->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(datagrams->pdata[i], &size);
        g_autofree uint8_t *copy = g_malloc(size + DATAGRAM_SLACK);
        Datagram datagram = { .bytes = copy,
                              .length = size,
                              .source = ip_from_v4(0xc0000201),
                              .received = { INT64_C(1700000000000) + i } };

        memcpy(copy, bytes, size);
        memset(copy + size, (int)version + 1, DATAGRAM_SLACK);
        decoder_datagram(decoder, &datagram);
    }
    decoder_flush(decoder, (WallTime){ INT64_C(1700000000000) });
    decoder_totals(decoder, &totals);
    taken.books = totals.all;
    return taken;
}

static void
assert_read_alike(GPtrArray *datagrams, guint n_at_least)
{
    Taken right = decode(datagrams, SHUFFLE_NONE);

    g_assert_cmpuint(right.flows->len, >=, n_at_least);
    for (ShuffleVersion version = SHUFFLE_NONE + 1; version < N_SHUFFLE_VERSIONS; version++) {
        if (!shuffle_version_runs(version))
            continue;
        Taken other = decode(datagrams, version);

        g_assert_cmpuint(right.flows->len, ==, other.flows->len);
        for (guint i = 0; i < right.flows->len; i++)
            g_assert_true(memcmp(&g_array_index(right.flows, FlowRecord, i),
                                 &g_array_index(other.flows, FlowRecord, i), sizeof(FlowRecord)) == 0);
        g_assert_true(memcmp(&right.books, &other.books, sizeof right.books) == 0);
        g_array_unref(other.flows);
    }
    g_array_unref(right.flows);
}

static void
test_a_shape_is_read_alike(gconstpointer shape)
{
    g_autoptr(GeneratedSession) session = generator_make(shape, SEED, 300);

    assert_read_alike(session->datagrams, session->n_flows);
}

typedef struct Message {
    GByteArray *bytes;
    uint64_t *random;
    uint32_t n_records;
} Message;

static void
put(Message *self, uint64_t value, uint32_t length)
{
    for (uint32_t i = length; i-- > 0;) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        g_byte_array_append(self->bytes, &byte, 1);
    }
}

static void
put_record(Message *self, const FieldNumber *fields, uint32_t n_fields)
{
    for (uint32_t i = 0; i < n_fields; i++) {
        uint32_t length = fields[i].length;
        uint8_t value[1300];

        if (length == FIELD_VARIABLE) {
            length = draw(self->random, 20);
            put(self, length, 1);
        }
        fill(self->random, value, length);
        g_byte_array_append(self->bytes, value, length);
    }
    self->n_records++;
}

/* An IPFIX message with a template of its own and some records of it. */
static GBytes *
draw_message(Message *self, bool is_options, bool is_variable)
{
    uint32_t n_fields = 1 + draw(self->random, 12), n_records = 1 + draw(self->random, 6);
    FieldNumber fields[12];
    guint begin;

    self->bytes = g_byte_array_new();
    put(self, 10, 2);
    put(self, 0, 2); /* the length, when it is known */
    put(self, 1700000000, 4);
    put(self, self->n_records, 4);
    put(self, 7, 4);
    begin = self->bytes->len;
    put(self, is_options ? 3 : 2, 2);
    put(self, 0, 2);
    put(self, 300, 2);
    put(self, n_fields, 2);
    if (is_options)
        put(self, 1, 2);
    for (uint32_t i = 0; i < n_fields; i++) {
        fields[i] = draw_field(self->random, true);
        if (is_variable && draw(self->random, 3) == 0)
            fields[i].length = FIELD_VARIABLE;
        put(self, fields[i].id | (fields[i].pen != 0 ? 0x8000u : 0), 2);
        put(self, fields[i].length, 2);
        if (fields[i].pen != 0)
            put(self, fields[i].pen, 4);
    }
    self->bytes->data[begin + 3] = (uint8_t)(self->bytes->len - begin);
    begin = self->bytes->len;
    put(self, 300, 2);
    put(self, 0, 2);
    for (uint32_t i = 0; i < n_records; i++)
        put_record(self, fields, n_fields);
    self->bytes->data[begin + 2] = (uint8_t)((self->bytes->len - begin) >> 8);
    self->bytes->data[begin + 3] = (uint8_t)(self->bytes->len - begin);
    self->bytes->data[2] = (uint8_t)(self->bytes->len >> 8);
    self->bytes->data[3] = (uint8_t)self->bytes->len;
    return g_byte_array_free_to_bytes(self->bytes);
}

static void
test_any_message_is_read_alike(void)
{
    g_autoptr(GPtrArray) datagrams = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    uint64_t random = SEED;
    Message message = { .random = &random };

    for (int i = 0; i < MESSAGES; i++)
        g_ptr_array_add(datagrams, draw_message(&message, i % 8 == 0, i % 3 == 0));
    assert_read_alike(datagrams, MESSAGES);
}

static void
test_the_best_version_runs_here(void)
{
    g_assert_true(shuffle_version_runs(shuffle_version_best()));
    g_assert_null(shuffle_new(&(ShuffleMap){ .size = 64 }, SHUFFLE_NONE));
#if defined(__x86_64__) || defined(__aarch64__)
    g_assert_cmpint(shuffle_version_best(), !=, SHUFFLE_NONE);
#endif
}

int
main(int argc, char **argv)
{
    const char *const *shapes = generator_shapes();

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/shuffle/the-best-version-runs-here", test_the_best_version_runs_here);
    for (ShuffleVersion version = SHUFFLE_NONE + 1; version < N_SHUFFLE_VERSIONS; version++) {
        g_autofree char *name = g_strdup_printf("/collector/shuffle/%s/any-template-is-read-alike",
                                                shuffle_version_name(version));

        if (shuffle_version_runs(version))
            g_test_add_data_func(name, GUINT_TO_POINTER(version), test_any_template_is_read_alike);
    }
    for (; *shapes != NULL; shapes++) {
        g_autofree char *name = g_strdup_printf("/collector/shuffle/%s/is-read-alike-by-all", *shapes);
        g_test_add_data_func(name, *shapes, test_a_shape_is_read_alike);
    }
    g_test_add_func("/collector/shuffle/any-message-is-read-alike-by-all", test_any_message_is_read_alike);
    return g_test_run();
}
