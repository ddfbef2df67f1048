/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-state.c - what a state file may hold: the disk is not trusted more than the network
 *
 * The first byte says who reads it. Both must be able to go on after a state that they refused, too.
 */
#include "scoring/scorer.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void
restore_decoder(GBytes *state, const uint8_t *bytes, size_t length)
{
    static const uint8_t data[] = {
        0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 4, 0, 8, 0, 0, 0, 0
    }; /* a data set of template 260 */
    FuzzDecoder *decoder = fuzz_decoder_new(bytes, length, false);
    g_autoptr(GError) error = NULL;

    if (!decoder_restore(fuzz_decoder_get(decoder), state, &error))
        FUZZ_CHECK(error != NULL);
    for (uint32_t exporter = 0; exporter < 3; exporter++)
        fuzz_decoder_feed(decoder, data, sizeof data, exporter, 1767225600000);
    fuzz_decoder_check(decoder, 1767225600000);
    fuzz_decoder_free(decoder);
}

static void
take_alert(void *user, const Alert *alert)
{
    json_t *object = alert_to_json(alert);

    FUZZ_CHECK(object != NULL);
    char *text = json_dumps(object, JSON_COMPACT);
    FUZZ_CHECK(text != NULL);
    free(text);
    json_decref(object);
}

static void
take_sample(void *user, const SeriesSample *sample)
{
}

static IpAddress
exporter_of(void *user, uint32_t index)
{
    return ip_from_v4(0xc0000201);
}

/* A day later than most of what the seeds know. */
static void
score_a_flow(Scorer *scorer)
{
    g_autoptr(FlowBatch) batch = flow_batch_new();
    FlowRecord flow = { .src = ip_from_v4(0xc6120001),
                        .dst = ip_from_v4(0xcb007105),
                        .octets = 4000,
                        .packets = 5,
                        .start_ms = 1767312000000,
                        .end_ms = 1767312001000,
                        .export_ms = 1767312002000,
                        .src_port = 40000,
                        .dst_port = 443,
                        .protocol = 6,
                        .family = 4 };

    batch->n = 1;
    batch->n_losses = 0;
    batch->records[0] = flow;
    scorer_batch(scorer, batch);
    scorer_finish(scorer);
}

static void
check_json(json_t *object)
{
    FUZZ_CHECK(object != NULL);
    char *text = json_dumps(object, JSON_COMPACT);
    FUZZ_CHECK(text != NULL); /* NULL for numbers that are none, and for what is no UTF-8 */
    free(text);
    json_decref(object);
}

static void
restore_scorer(GBytes *state)
{
    IpPrefix prefix = { .address = ip_from_v4(0xc6120000), .length = 111 };
    ScoringConf conf = { .budget = 5,
                         .learn_days = 7,
                         .window_s = 300,
                         .max_assets = 100,
                         .max_peers_per_asset = 100,
                         .max_pairs = 1000,
                         .series_assets = 10,
                         .hash_seed = 1 };
    ScorerSink sink = { .alert = take_alert, .sample = take_sample };
    g_autoptr(AssetTable) assets = asset_table_new(&prefix, 1, NULL, NULL);
    g_autoptr(PlaceTable) places = place_table_new(NULL, 0, &prefix, 1, NULL);
    g_autoptr(Scorer) scorer = scorer_new(&conf, assets, places, &sink);
    g_autoptr(GError) error = NULL;

    scorer_set_exporters(scorer, exporter_of, NULL);
    if (!scorer_restore(scorer, state, &error))
        FUZZ_CHECK(error != NULL);
    score_a_flow(scorer);
    check_json(scorer_status_json(scorer));
    check_json(scorer_assets_json(scorer, NULL, NULL, 0, 10));
    g_autoptr(GBytes) saved = scorer_save(scorer);
    FUZZ_CHECK(saved != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    g_autoptr(GBytes) state = g_bytes_new(bytes + 1, length - 1);
    if (bytes[0] % 2 == 0)
        restore_decoder(state, bytes, length);
    else
        restore_scorer(state);
    return 0;
}
