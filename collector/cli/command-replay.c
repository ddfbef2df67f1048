/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command-replay.c - `talaya replay`: captures go the whole way, in flow time, as fast as it goes
 *
 * Decoder and scorer run in one thread; nothing looks at a clock, and the hash seed is fixed, so the same
 * input gives the same lines, byte for byte. Alerts are lines of JSON on stdout. With --state they are stored
 * as well, the baselines are read before and kept after, and a later `talaya serve` on the same folder goes
 * on from there; the rules that suppress alerts, as they are in force at the start, hold for the whole
 * replay.
 */
#include "collector/base/statefile.h"
#include "collector/capture.h"
#include "collector/cli/commands.h"
#include "collector/cli/settings.h"
#include "scoring/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { REPLAY_SEED = 1, STATE_VERSION = 1 };
/* As sense.c has it. */
static const char baselines_magic[8] = { 'T', 'A', 'L', 'B', 'A', 'S', 'E', '1' };

typedef struct Replay {
    Settings *settings;
    Scorer *scorer;
    Decoder *decoder;
    Store *store; /* NULL without --state */
    int claim;    /* of the state folder, until the end of the process */
    bool wants_summary;
    bool by_flow_end; /* the exporters' clock is not believed */
    FILE *pvalues;    /* NULL: not wanted */
    WallTime last;
    uint64_t alerts, datagrams, records;
    GError *error; /* the first failure of the store */
} Replay;

static void
print_alert(void *user, const Alert *lent)
{
    Replay *self = user;
    g_autofree Alert *alert = g_memdup2(lent, sizeof *lent);

    alert->is_demo = self->settings->demo.data;
    json_t *json = alert_to_json(alert);
    if (json != NULL) {
        json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
        putchar('\n');
        json_decref(json);
    }
    self->alerts++;
    if (self->store != NULL && self->error == NULL)
        store_put_alert(self->store, alert, &self->error);
}

static void
print_counts(FILE *file, const char *name, const uint32_t counts[PVALUE_BINS])
{
    fprintf(file, ",\"%s\":[", name);
    for (int i = 0; i < PVALUE_BINS; i++)
        fprintf(file, "%s%u", i > 0 ? "," : "", counts[i]);
    fputc(']', file);
}

static void
print_pvalues(void *user, const PValueDay *one)
{
    const Replay *self = user;
    char day[WALL_TIME_TEXT];

    wall_time_text((WallTime){ one->day * 86400000 }, day);
    fprintf(self->pvalues, "{\"day\":\"%.10s\",\"detector\":\"%s\",\"assets\":%u", day, one->detector,
            one->assets);
    print_counts(self->pvalues, "answers", one->answers);
    print_counts(self->pvalues, "assetDays", one->asset_days);
    fprintf(self->pvalues, "}\n");
}

/* nfreplay's header stands still at the day before its file begins (NetFlow v9), or is an hour ahead (v5): by
 * it a week would lie in one window, or all of it be late. A flow was exported soon after its end. */
static void
take_end_for_export(FlowBatch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++)
        if (batch->records[i].end_ms > 0)
            batch->records[i].export_ms = batch->records[i].end_ms;
}

static FlowBatch *
score_batch(void *user, FlowBatch *batch)
{
    Replay *self = user;

    if (self->by_flow_end)
        take_end_for_export(batch);
    if (batch->n > 0 || batch->n_losses > 0)
        scorer_batch(self->scorer, batch);
    self->records += batch->n;
    batch->n = batch->n_losses = 0;
    return batch;
}

static IpAddress
address_of(void *user, uint32_t index)
{
    Replay *self = user;
    const Exporter *exporter = exporter_table_get(decoder_exporters(self->decoder), index);

    return exporter != NULL ? exporter_address(exporter) : (IpAddress){ 0 };
}

/* False, with a message, when the file could not be read to its end; what came before counts. */
static bool
replay_file(Replay *self, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(path, &error);
    Datagram datagram;
    int more = -1;

    while (capture != NULL && (more = capture_next(capture, &datagram, &error)) > 0) {
        decoder_datagram(self->decoder, &datagram);
        self->datagrams++;
        self->last = datagram.received;
    }
    if (more < 0)
        fprintf(stderr, "talaya replay: %s\n", error->message);
    g_autofree char *shortcomings = capture == NULL ? NULL : capture_shortcomings(capture);
    if (shortcomings != NULL)
        fprintf(stderr, "talaya replay: %s\n", shortcomings);
    return more == 0;
}

static bool
open_state(Replay *self, const char *state_dir)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *alerts = settings_state_path(self->settings, state_dir, "talaya.db");
    g_autofree char *baselines = settings_state_path(self->settings, state_dir, "baselines");
    g_autofree char *notice = NULL;

    g_mkdir_with_parents(state_dir, 0750);
    self->claim = state_folder_claim(state_dir, &error); /* a daemon would write over what is learned here */
    if (self->claim < 0) {
        fprintf(stderr, "talaya replay: %s\n", error->message);
        return false;
    }
    self->store = store_open(alerts, &notice, &error);
    if (notice != NULL)
        fprintf(stderr, "talaya replay: %s\n", notice);
    if (self->store == NULL) {
        fprintf(stderr, "talaya replay: %s\n", error->message);
        return false;
    }
    g_autoptr(GBytes) state = state_file_read(baselines, baselines_magic, STATE_VERSION, &error);
    if (error == NULL && state != NULL)
        scorer_restore(self->scorer, state, &error);
    if (error != NULL)
        fprintf(stderr, "talaya replay: %s; learning begins anew\n", error->message);
    return true;
}

static bool
take_rules(Replay *self)
{
    g_autoptr(GError) error = NULL;
    int64_t next_ms;
    SuppressionSet *rules = store_suppressions(self->store, clock_wall(clock_system()).ms, &next_ms, &error);

    if (error != NULL)
        fprintf(stderr, "talaya replay: %s\n", error->message);
    scorer_set_suppressions(self->scorer, rules);
    return error == NULL;
}

static bool
keep_state(Replay *self, const char *state_dir)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = settings_state_path(self->settings, state_dir, "baselines");
    g_autoptr(GBytes) state = scorer_save(self->scorer);

    state_file_write(path, baselines_magic, STATE_VERSION, g_bytes_get_data(state, NULL),
                     g_bytes_get_size(state), &error);
    if (error == NULL)
        error = g_steal_pointer(&self->error);
    if (error != NULL)
        fprintf(stderr, "talaya replay: %s\n", error->message);
    return error == NULL;
}

static void
print_summary(const Scorer *scorer)
{
    json_t *status = scorer_status_json(scorer);

    json_dumpf(status, stderr, JSON_COMPACT | JSON_REAL_PRECISION(9));
    fputc('\n', stderr);
    json_decref(status);
}

static int
replay(Replay *self, const char *state_dir, char **files)
{
    bool whole = true;
    g_autoptr(GError) error = NULL;
    g_autoptr(AssetTable) assets = settings_assets(self->settings, &error);
    g_autoptr(PlaceTable) places = assets == NULL ? NULL : settings_places(self->settings, &error);

    g_autoptr(ListTable) lists = places == NULL ? NULL : settings_lists(self->settings, &error);
    if (lists == NULL) {
        fprintf(stderr, "talaya replay: %s\n", error->message);
        return EXIT_FAILED;
    }
    ScoringConf scoring = settings_scoring(self->settings);
    DecoderConf decoding = settings_decoder(self->settings);
    ScorerSink alerts = { .user = self,
                          .alert = print_alert,
                          .pvalues = self->pvalues != NULL ? print_pvalues : NULL };
    DecoderSink flows = { .user = self, .flows = score_batch };
    scoring.hash_seed = decoding.hash_seed = REPLAY_SEED;
    decoding.allow_all = true; /* files named here are wanted */
    g_autoptr(Scorer) scorer = scorer_new(&scoring, assets, places, &alerts);
    g_autoptr(Decoder) decoder = decoder_new(&decoding, &flows);
    self->scorer = scorer;
    self->decoder = decoder;
    scorer_set_exporters(scorer, address_of, self);
    scorer_set_lists(scorer, lists);
    if (state_dir != NULL && (!open_state(self, state_dir) || !take_rules(self)))
        return EXIT_FAILED;
    for (char **file = files; *file != NULL; file++)
        whole = replay_file(self, *file) && whole;
    decoder_finish(decoder, self->last);
    scorer_finish(scorer);
    BooksTotals totals;
    decoder_totals(decoder, &totals);
    if (totals.all.datagrams > 0 && totals.all.decoded == 0)
        fprintf(stderr, "talaya replay: nothing in these files is NetFlow, IPFIX or sFlow\n");
    if (state_dir != NULL)
        whole = keep_state(self, state_dir) && whole;
    if (self->wants_summary)
        print_summary(scorer);
    store_free(self->store);
    return whole ? EXIT_DONE : EXIT_FAILED;
}

int
command_replay(int argc, char **argv)
{
    g_autofree char *config = NULL, *state_dir = NULL, *pvalues = NULL;
    g_auto(GStrv) files = NULL;
    gboolean summary = FALSE, by_flow_end = FALSE;
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "The configuration (required)", "FILE" },
        { "state", 's', 0, G_OPTION_ARG_FILENAME, &state_dir, "Keep alerts and baselines in DIR", "DIR" },
        { "summary", 0, 0, G_OPTION_ARG_NONE, &summary, "Print the scorer's counters on stderr at the end",
          NULL },
        { "by-flow-end", 0, 0, G_OPTION_ARG_NONE, &by_flow_end,
          "Take the end of a flow for the time of its export: for nfreplay and others whose clock is wrong",
          NULL },
        { "pvalues", 0, 0, G_OPTION_ARG_FILENAME, &pvalues,
          "Count what p-values each detector answered, by day, a line of JSON each", "FILE" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, "FILE..." },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- score captures in flow time");
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context,
                                 "Decodes and scores captures (pcap, pcapng, raw datagrams, RFC 5655) in "
                                 "the order given, and prints a line of JSON when an alert opens or "
                                 "changes much.");
    g_option_context_set_description(context,
                                     "Example:\n  talaya replay --config talaya.conf week1.pcap week2.pcap "
                                     "| jq -r '.summary'\n");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "talaya replay: %s\n", error->message);
        return EXIT_USAGE;
    }
    if (config == NULL || files == NULL) {
        fprintf(stderr, "talaya replay: %s; 'talaya replay --help' tells how\n",
                config == NULL ? "--config is missing" : "no FILE given");
        return EXIT_USAGE;
    }
    Replay self = { .settings = settings_load(config, &error),
                    .wants_summary = summary,
                    .by_flow_end = by_flow_end };
    if (self.settings == NULL) {
        fprintf(stderr, "talaya replay: %s\n", error->message);
        return EXIT_FAILED;
    }
    if (pvalues != NULL && (self.pvalues = fopen(pvalues, "we")) == NULL) {
        fprintf(stderr, "talaya replay: %s: %s\n", pvalues, g_strerror(errno));
        settings_free(self.settings);
        return EXIT_FAILED;
    }
    int status = replay(&self, state_dir, files);
    if (self.pvalues != NULL && fclose(self.pvalues) != 0) {
        fprintf(stderr, "talaya replay: %s: %s\n", pvalues, g_strerror(errno));
        status = EXIT_FAILED;
    }
    settings_free(self.settings);
    return status;
}
