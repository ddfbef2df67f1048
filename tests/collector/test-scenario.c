/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-scenario.c - the demo's traffic: the same for the same seed, well-formed, and honest about its attack
 */
#include "collector/cli/scenario.h"
#include "collector/decoder.h"

#include <string.h>

typedef struct Listener {
    GChecksum *sum;
    Decoder *decoder;
    uint64_t datagrams;
    int64_t last_ms;
    uint8_t bytes[DATAGRAM_MOST + DATAGRAM_SLACK];
    GHashTable *benign; /* count of the benign records by their text; NULL: not wanted */
    uint64_t to_relay, back_from_relay, slices;
    IpAddress relay;
} Listener;

static bool
listen_to(void *user, const ScenarioDatagram *datagram)
{
    Listener *self = user;
    Datagram one = { .bytes = self->bytes,
                     .length = datagram->length,
                     .source = datagram->exporter,
                     .source_port = datagram->port,
                     .received = datagram->sent };

    g_assert_cmpint(datagram->sent.ms, >=, self->last_ms);
    self->last_ms = datagram->sent.ms;
    self->datagrams++;
    g_checksum_update(self->sum, datagram->bytes, (gssize)datagram->length);
    memcpy(self->bytes, datagram->bytes, datagram->length);
    if (self->decoder != NULL)
        g_assert_true(decoder_datagram(self->decoder, &one));
    return true;
}

/* A record without its exporter's sequence: what must not change when the attack is left out. */
static void
count_record(Listener *self, const FlowRecord *record)
{
    uint64_t parts[] = { record->octets,           record->packets,  (uint64_t)record->start_ms,
                         (uint64_t)record->end_ms, record->src_port, record->dst_port };
    uint64_t hash = 0;

    if (ip_equal(&record->dst, &self->relay) || ip_equal(&record->src, &self->relay)) {
        self->to_relay += ip_equal(&record->dst, &self->relay);
        self->back_from_relay += ip_equal(&record->src, &self->relay);
        self->slices += record->end_reason == 2;
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
    for (size_t i = 0; i < 16; i++)
        hash = (hash ^ record->src.bytes[i] ^ (uint64_t)record->dst.bytes[i] << 8) *
               UINT64_C(0xbf58476d1ce4e5b9);
    gpointer key = GSIZE_TO_POINTER(hash), count = g_hash_table_lookup(self->benign, key);
    g_hash_table_insert(self->benign, key, GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
}

static FlowBatch *
take_flows(void *user, FlowBatch *batch)
{
    Listener *self = user;

    for (uint32_t i = 0; i < batch->n; i++)
        count_record(self, &batch->records[i]);
    batch->n = batch->n_losses = 0;
    return batch;
}

static ScenarioConf
conf_of(uint64_t seed, uint32_t days, bool attack)
{
    ScenarioConf conf = { .seed = seed, .days = days, .attack = attack };

    g_assert_true(wall_time_parse("2026-03-01T00:00:00Z", &conf.end));
    return conf;
}

static char *
checksum_of(const ScenarioConf *conf)
{
    g_autofree Listener *listener = g_new0(Listener, 1);
    ScenarioTotals totals;

    listener->sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_assert_true(scenario_play(conf, listen_to, listener, &totals));
    g_assert_cmpuint(totals.datagrams, ==, listener->datagrams);
    char *text = g_strdup(g_checksum_get_string(listener->sum));
    g_checksum_free(listener->sum);
    return text;
}

static void
test_the_same_seed_gives_the_same_bytes(void)
{
    ScenarioConf conf = conf_of(7, 2, true), other = conf_of(8, 2, true);
    g_autofree char *first = checksum_of(&conf), *again = checksum_of(&conf),
                    *different = checksum_of(&other);

    g_assert_cmpstr(first, ==, again);
    g_assert_cmpstr(first, !=, different);
}

/* Decodes @conf's datagrams; gives the count of each benign record. */
static GHashTable *
decode(const ScenarioConf *conf, Listener *listener, ScenarioTotals *totals, const IpAddress *relay)
{
    DecoderConf decoder_conf = { .allow_all = true, .hash_seed = 1 };
    DecoderSink sink = { .user = listener, .flows = take_flows };
    BooksTotals books;

    *listener = (Listener){ .relay = *relay, .benign = g_hash_table_new(NULL, NULL) };
    listener->sum = g_checksum_new(G_CHECKSUM_SHA256);
    listener->decoder = decoder_new(&decoder_conf, &sink);
    g_assert_true(scenario_play(conf, listen_to, listener, totals));
    decoder_flush(listener->decoder, totals->end);
    decoder_totals(listener->decoder, &books);
    g_assert_cmpuint(books.all.decoded, ==, books.all.datagrams);
    g_assert_cmpuint(books.all.records, ==, totals->records);
    g_assert_cmpuint(books.all.sequence_lost, ==, 0);
    g_assert_cmpuint(books.all.missing_template_sets, ==, 0);
    for (int i = 0; i < N_REFUSALS; i++)
        g_assert_cmpuint(books.all.malformed[i], ==, 0);
    decoder_free(listener->decoder);
    g_checksum_free(listener->sum);
    return listener->benign;
}

static void
test_every_record_is_decoded_and_the_benign_ones_are_the_same_without_the_attack(void)
{
    g_autofree Listener *listener = g_new0(Listener, 1);
    ScenarioConf with = conf_of(3, 2, true), without = conf_of(3, 2, false);
    ScenarioTotals totals;
    IpAddress relay = { 0 };

    g_hash_table_unref(decode(&without, listener, &totals, &relay));
    g_assert_cmpint(totals.attack_begin.ms, ==, 0);
    relay = totals.relay;
    g_autoptr(GHashTable) quiet = decode(&without, listener, &totals, &relay);
    g_assert_cmpuint(listener->to_relay, ==, 0);
    g_autoptr(GHashTable) attacked = decode(&with, listener, &totals, &relay);
    g_assert_cmpint(totals.end.ms - totals.attack_begin.ms, >=, 6 * 3600 * 1000);
    g_assert_cmpint(totals.end.ms - totals.attack_begin.ms, <, 24 * 3600 * 1000);
    g_assert_cmpuint(listener->to_relay, >, 300);
    g_assert_cmpuint(listener->back_from_relay, ==, listener->to_relay);
    g_assert_cmpuint(listener->slices, >,
                     listener->to_relay); /* of both ways: nearly all are cut by the time-out */

    GHashTableIter iter;
    gpointer key, count;
    g_assert_cmpuint(g_hash_table_size(quiet), ==, g_hash_table_size(attacked));
    g_hash_table_iter_init(&iter, quiet);
    while (g_hash_table_iter_next(&iter, &key, &count))
        g_assert_true(g_hash_table_lookup(attacked, key) == count);
}

static void
test_the_whole_fortnight_is_of_a_size_to_play(void)
{
    g_autofree Listener *listener = g_new0(Listener, 1);
    ScenarioConf conf = conf_of(1, 14, true);
    ScenarioTotals totals;

    listener->sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_assert_true(scenario_play(&conf, listen_to, listener, &totals));
    g_checksum_free(listener->sum);
    g_assert_cmpuint(totals.records, >, 300000);
    g_assert_cmpuint(totals.records, <, 700000);
    g_assert_cmpint(totals.end.ms - totals.begin.ms, ==, INT64_C(14) * 24 * 3600 * 1000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/scenario/the-same-seed-gives-the-same-bytes",
                    test_the_same_seed_gives_the_same_bytes);
    g_test_add_func(
        "/collector/scenario/every-record-is-decoded-and-the-benign-ones-are-the-same-without-the-attack",
        test_every_record_is_decoded_and_the_benign_ones_are_the_same_without_the_attack);
    g_test_add_func("/collector/scenario/the-whole-fortnight-is-of-a-size-to-play",
                    test_the_whole_fortnight_is_of_a_size_to_play);
    return g_test_run();
}
