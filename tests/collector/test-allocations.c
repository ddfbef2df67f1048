/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-allocations.c - decoding records of templates that are known allocates nothing
 *
 * Templates and options data come in the first half of what is sent; the second half is counted. See
 * allocations.h.
 */
#include "collector/decoder.h"
#include "tests/support/allocations.h"
#include "tests/support/generator.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS = 3000, SEED = 5 };

static FlowBatch *
count_flows(void *user, FlowBatch *batch)
{
    *(uint64_t *)user += batch->n;
    return batch;
}

/* All datagrams of the session in one block, each with its slack. */
static uint8_t *
lay_out(const GeneratedSession *session, Datagram *out)
{
    size_t total = 0;

    for (guint i = 0; i < session->datagrams->len; i++)
        total += g_bytes_get_size(session->datagrams->pdata[i]) + DATAGRAM_SLACK;
    uint8_t *block = g_malloc0(total), *at = block;
    for (guint i = 0; i < session->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &length);

        memcpy(at, bytes, length);
        out[i] = (Datagram){ .bytes = at,
                             .length = length,
                             .source = ip_from_v4(0xc0000201),
                             .source_port = 2055,
                             .received = { INT64_C(1767225600000) + i } };
        at += length + DATAGRAM_SLACK;
    }
    return block;
}

static void
assert_no_allocation(const char *shape, ShuffleVersion version)
{
    g_autoptr(GeneratedSession) session = generator_make(shape, SEED, RECORDS);
    uint64_t flows = 0;
    const DecoderConf conf = { .allow_all = true, .shuffles = version };
    const DecoderSink sink = { .user = &flows, .flows = count_flows };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    g_autofree Datagram *datagrams = g_new0(Datagram, session->datagrams->len);
    uint8_t *block = lay_out(session, datagrams);
    AllocationCounter counter;
    guint half = session->datagrams->len / 2;

    g_assert_cmpuint(half, >, 10);
    for (guint i = 0; i < half; i++)
        decoder_datagram(decoder, &datagrams[i]);
    allocation_counter_begin(&counter);
    for (guint i = half; i < session->datagrams->len; i++)
        decoder_datagram(decoder, &datagrams[i]);
    uint64_t n = allocation_counter_end(&counter);
    decoder_flush(decoder, (WallTime){ 0 });
    g_free(block);
    g_assert_cmpuint(flows, ==, session->n_flows);
    g_assert_cmpuint(n, ==, 0);
}

static void
test_known_templates_allocate_nothing(gconstpointer shape)
{
    for (ShuffleVersion version = SHUFFLE_NONE; version < N_SHUFFLE_VERSIONS; version++)
        if (shuffle_version_runs(version))
            assert_no_allocation(shape, version);
}

/* A router that repeats its templates in each datagram is no burden; one that changes them is. */
static void
test_a_repeated_template_allocates_nothing(void)
{
    static const uint8_t v9[] = { 0, 9, 0, 1, 0, 0,  0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0,
                                  0, 1, 0, 0, 0, 16, 1, 0, 0, 2, 0, 8, 0, 4, 0, 1, 0, 4 };
    static const uint8_t ipfix[] = { 0, 10, 0, 42, 0,   0,   0,    1, 0, 0, 0, 0, 0, 0,
                                     0, 1,  0, 3,  0,   26,  1,    1, 0, 3, 0, 1, 0, 10,
                                     0, 4,  0, 82, 255, 255, 0x80, 7, 0, 1, 0, 1, 1, 1 };
    const DecoderConf conf = { .allow_all = true };
    const DecoderSink sink = { 0 };

    for (int is_ipfix = 0; is_ipfix <= 1; is_ipfix++) {
        g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
        uint8_t room[64 + DATAGRAM_SLACK] = { 0 };
        Datagram datagram = { .bytes = room,
                              .length = is_ipfix ? sizeof ipfix : sizeof v9,
                              .source = ip_from_v4(0xc0000201),
                              .received = { INT64_C(1767225600000) } };
        AllocationCounter counter;

        memcpy(room, is_ipfix ? ipfix : v9, datagram.length);
        g_assert_true(decoder_datagram(decoder, &datagram));
        allocation_counter_begin(&counter);
        g_assert_true(decoder_datagram(decoder, &datagram));
        g_assert_cmpuint(allocation_counter_end(&counter), ==, 0);
        room[is_ipfix ? 29 : 35] = 8; /* a longer field */
        allocation_counter_begin(&counter);
        g_assert_true(decoder_datagram(decoder, &datagram));
        g_assert_cmpuint(allocation_counter_end(&counter), >, 0);
    }
}

static void
test_the_counter_counts(void)
{
    AllocationCounter counter;

    allocation_counter_begin(&counter);
    g_autofree char *ours = g_strdup("allocated in a library");
    g_autofree void *aligned = NULL;
    g_assert_cmpint(posix_memalign(&aligned, 64, 64), ==, 0);
    ours = g_realloc(ours, 1000);
    g_assert_cmpuint(allocation_counter_end(&counter), ==, 3);
    g_assert_nonnull(ours);
    g_free(g_strdup("not counted any more"));
    g_assert_cmpuint(counter.n, ==, 3);
}

int
main(int argc, char **argv)
{
    const char *const *shapes = generator_shapes();

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/allocations/the-counter-counts", test_the_counter_counts);
    g_test_add_func("/collector/allocations/a-repeated-template-allocates-nothing",
                    test_a_repeated_template_allocates_nothing);
    for (; *shapes != NULL; shapes++) {
        g_autofree char *name =
            g_strdup_printf("/collector/allocations/%s/known-templates-allocate-nothing", *shapes);
        g_test_add_data_func(name, *shapes, test_known_templates_allocate_nothing);
    }
    return g_test_run();
}
