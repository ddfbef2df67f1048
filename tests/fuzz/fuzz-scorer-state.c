/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-scorer-state.c - what a scorer's state file may hold: the disk is not trusted more than the network
 *
 * It must be able to go on after a state that it refused, too. Slow, for a scorer's tables take megabytes
 * each time.
 */
#include "scoring/scorer.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

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
take_alert(void *user, const Alert *alert)
{
    check_json(alert_to_json(alert));
}

static void
take_sample(void *user, const SeriesSample *sample)
{
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
restore(GBytes *state)
{
    ScorerSink sink = { .alert = take_alert, .sample = take_sample };
    g_autoptr(Scorer) scorer = fuzz_scorer_new(&sink);
    g_autoptr(GError) error = NULL;

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
    g_autoptr(GBytes) state = g_bytes_new(bytes, length);

    restore(state);
    return 0;
}
