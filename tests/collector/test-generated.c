/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-generated.c - what the generator wrote is what the decoder reads, for every shape of export
 *
 * Compared are the members of the FlowRecord and, element by element, the bytes that `talaya decode` prints
 * from.
 */
#include "collector/decoder.h"
#include "tests/support/generator.h"

#include <string.h>

enum { RECORDS = 300, ARRIVED_MS = 7 };

typedef struct Watch {
    const GeneratedSession *session;
    guint next;      /* record that is expected next, options records included */
    guint next_flow; /* the same among the flows */
    FlowBatch *batch;
} Watch;

static const GeneratedRecord *
record_at(const Watch *watch, guint index)
{
    g_assert_cmpuint(index, <, watch->session->records->len);
    return &g_array_index(watch->session->records, GeneratedRecord, index);
}

static const FieldView *
find_view(const RecordView *view, const GeneratedField *field)
{
    for (uint32_t i = 0; i < view->n_fields; i++)
        if (view->fields[i].element->id == field->id && view->fields[i].element->pen == field->pen)
            return &view->fields[i];
    return NULL;
}

/* Templated protocols keep their fields in order, those without a byte left out; in the others they are
 * looked up by their element. */
static void
compare_fields(const Watch *watch, const GeneratedRecord *record, const RecordView *view)
{
    const GeneratedSession *session = watch->session;
    bool is_in_order = record->template_id != 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < record->n_fields; i++) {
        const GeneratedField *field =
            &g_array_index(session->fields, GeneratedField, record->first_field + i);
        if (field->length == 0)
            continue;
        g_assert_cmpuint(n, <, view->n_fields);
        const FieldView *got = is_in_order ? &view->fields[n++] : find_view(view, field);
        g_assert_nonnull(got);
        if (i >= record->n_scope) { /* v9's scope types are no elements */
            g_assert_cmpuint(got->element->id, ==, field->id);
            g_assert_cmpuint(got->element->pen, ==, field->pen);
        }
        g_assert_cmpuint(got->length, ==, field->length);
        g_assert_cmpint(memcmp(got->at, session->values->data + field->at, field->length), ==, 0);
    }
    if (is_in_order)
        g_assert_cmpuint(view->n_fields, ==, n);
}

static void
see_record(void *user, const RecordView *view)
{
    Watch *watch = user;

    if (view->kind == RECORD_COUNTERS) /* they stand between the flow samples, as in real datagrams */
        return;
    const GeneratedRecord *record = record_at(watch, watch->next++);
    g_assert_cmpint(view->protocol, ==, watch->session->protocol);
    g_assert_cmpuint(view->template_id, ==, record->template_id);
    g_assert_cmpuint(view->domain, ==, watch->session->domain);
    g_assert_true((view->kind == RECORD_OPTIONS) == record->is_options);
    g_assert_cmpuint(view->n_scope, ==, record->n_scope);
    compare_fields(watch, record, view);
}

static void
compare_flow(const Watch *watch, const GeneratedRecord *record, const FlowRecord *flow)
{
    size_t n;
    const GeneratedMember *members = generator_members(&n);

    for (size_t i = 0; i < n; i++) {
        const GeneratedMember *member = &members[i];
        const uint8_t *want = (const uint8_t *)&record->flow + member->offset;
        const uint8_t *got = (const uint8_t *)flow + member->offset;
        if ((record->members >> i & 1) == 0 || memcmp(want, got, member->size) == 0)
            continue;
        uint64_t want_number = 0, got_number = 0;
        memcpy(&want_number, want, MIN(member->size, sizeof want_number));
        memcpy(&got_number, got, MIN(member->size, sizeof got_number));
        g_test_message("%s, template %u: %s is %" G_GUINT64_FORMAT " (0x%" G_GINT64_MODIFIER
                       "x), not %" G_GUINT64_FORMAT " (0x%" G_GINT64_MODIFIER "x)",
                       watch->session->shape, record->template_id, member->name, got_number, got_number,
                       want_number, want_number);
        g_test_fail();
    }
}

static FlowBatch *
see_flows(void *user, FlowBatch *batch)
{
    Watch *watch = user;

    for (uint32_t i = 0; i < batch->n; i++) {
        while (record_at(watch, watch->next_flow)->is_options)
            watch->next_flow++;
        compare_flow(watch, record_at(watch, watch->next_flow++), &batch->records[i]);
    }
    g_assert_cmpuint(batch->n_losses, ==, 0);
    batch->n = 0;
    return batch;
}

static void
feed(Decoder *decoder, const GeneratedSession *session)
{
    for (guint i = 0; i < session->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &length);
        g_autofree uint8_t *room = g_malloc0(length + DATAGRAM_SLACK);
        memcpy(room, bytes, length);
        Datagram datagram = { .bytes = room,
                              .length = length,
                              .source = ip_from_v4(0xc0000201),
                              .source_port = 50000,
                              .received = { 1767225600000 + (int64_t)i * 1000 + ARRIVED_MS } };
        g_assert_true(decoder_datagram(decoder, &datagram));
    }
}

static void
test_shape(gconstpointer data)
{
    g_autoptr(GeneratedSession) session = generator_make(data, 2026, RECORDS);
    Watch watch = { .session = session };
    DecoderConf conf = { .allow_all = true, .hash_seed = 1 };
    DecoderSink sink = { .user = &watch, .flows = see_flows, .record = see_record };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    BooksTotals totals;

    feed(decoder, session);
    decoder_flush(decoder, (WallTime){ 1767226600000 });
    while (watch.next_flow < session->records->len && record_at(&watch, watch.next_flow)->is_options)
        watch.next_flow++;
    g_assert_cmpuint(watch.next, ==, session->records->len);
    g_assert_cmpuint(watch.next_flow, ==, session->records->len);
    decoder_totals(decoder, &totals);
    g_assert_cmpuint(totals.all.datagrams, ==, session->datagrams->len);
    g_assert_cmpuint(totals.all.decoded, ==, session->datagrams->len);
    g_assert_cmpuint(totals.all.records, ==, session->n_flows);
    g_assert_cmpuint(totals.all.options_records, ==, session->n_options_records);
    g_assert_cmpuint(totals.all.templates, ==, session->n_templates);
    g_assert_cmpuint(totals.all.options_templates, ==, session->n_options_templates);
    g_assert_cmpuint(totals.all.sequence_lost, ==, 0);
    for (size_t i = 0; i < N_REFUSALS; i++)
        g_assert_cmpuint(totals.all.malformed[i], ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *shape = generator_shapes(); *shape != NULL; shape++) {
        g_autofree char *path = g_strdup_printf("/collector/generated/%s-is-read-as-it-was-written", *shape);
        g_test_add_data_func(path, *shape, test_shape);
    }
    return g_test_run();
}
