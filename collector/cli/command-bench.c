/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command-bench.c - `talaya bench`: what a record costs, on this machine and on your own captures
 *
 * The datagrams are read into memory first. Every pass begins with a new decoder, whose making is not timed,
 * so that sequence numbers and templates are what they were in the first. The best pass is reported, for
 * others have been disturbed, and the median, which says by how much.
 */
#include "collector/cli/commands.h"
#include "collector/cli/datagram-store.h"
#include "collector/cli/settings.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PASSES = 10000, MOST_THREADS = 8 };

typedef struct Pass {
    uint64_t records;
    double wall_ns, cpu_ns;
    double all_cpu_ns; /* of all threads, the waiting of helpers for more among it */
    double slowest_ns; /* scoring: the longest that one batch took */
    double finish_ns;  /* and the closing of the windows that are left at the end */
    uint64_t alerts;
    double alert_ns; /* of a hundred alerts 99 were told so soon after the scoring was given the batch */
} Pass;

typedef struct Stopwatch {
    struct timespec wall, cpu, all_cpu;
} Stopwatch;

static Stopwatch
stopwatch_read(void)
{
    Stopwatch now;

    clock_gettime(CLOCK_MONOTONIC, &now.wall);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now.cpu);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now.all_cpu);
    return now;
}

static double
nanoseconds(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) * 1e9 + (double)(to->tv_nsec - from->tv_nsec);
}

static FlowBatch *
count_batch(void *user, FlowBatch *batch)
{
    uint64_t *records = user;

    *records += batch->n;
    batch->n = batch->n_losses = 0;
    return batch;
}

/* What all passes share; borrowed from command_bench. */
typedef struct Bench {
    const DatagramStore *store;
    ElementModel *model;
    AssetTable *assets;
    PlaceTable *places;
    ScoringConf scoring;
} Bench;

/* Times @decoder over all datagrams; @finish ends what is behind it. */
static void
run_decoder(const Bench *self, Decoder *decoder, void (*finish)(void *), void *user, Pass *pass)
{
    size_t n = datagram_store_count(self->store);
    WallTime last = { 0 };

    Stopwatch begin = stopwatch_read();
    for (size_t i = 0; i < n; i++) {
        Datagram datagram = datagram_store_get(self->store, i);
        decoder_datagram(decoder, &datagram);
        last = datagram.received;
    }
    decoder_finish(decoder, last);
    if (finish != NULL)
        finish(user);
    Stopwatch end = stopwatch_read();
    pass->wall_ns = nanoseconds(&begin.wall, &end.wall);
    pass->cpu_ns = nanoseconds(&begin.cpu, &end.cpu);
    pass->all_cpu_ns = nanoseconds(&begin.all_cpu, &end.all_cpu);
}

static Pass
run_decode(const Bench *self)
{
    Pass pass = { 0 };
    DecoderConf conf = { .allow_all = true, .hash_seed = 1, .model = self->model };
    DecoderSink sink = { .user = &pass.records, .flows = count_batch };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);

    run_decoder(self, decoder, NULL, NULL, &pass);
    return pass;
}

typedef struct Scoring {
    Pass pass;
    Scorer *scorer;
    const Decoder *decoder;
    uint64_t samples;
    Stopwatch given; /* when the scoring was given what it works on */
    GArray *delays;  /* of double: nanoseconds from then to each alert */
} Scoring;

static FlowBatch *
score_batch(void *user, FlowBatch *batch)
{
    Scoring *self = user;

    self->given = stopwatch_read();
    scorer_batch(self->scorer, batch);
    Stopwatch end = stopwatch_read();
    self->pass.slowest_ns = MAX(self->pass.slowest_ns, nanoseconds(&self->given.wall, &end.wall));
    return count_batch(&self->pass.records, batch);
}

static void
time_alert(void *user, const Alert *alert)
{
    Scoring *self = user;
    Stopwatch now = stopwatch_read();
    double delay = nanoseconds(&self->given.wall, &now.wall);

    g_array_append_val(self->delays, delay);
}

static void
count_sample(void *user, const SeriesSample *sample)
{
    ((Scoring *)user)->samples++;
}

static IpAddress
exporter_of(void *user, uint32_t index)
{
    const Exporter *exporter = exporter_table_get(decoder_exporters(((Scoring *)user)->decoder), index);

    return exporter != NULL ? exporter_address(exporter) : (IpAddress){ 0 };
}

static void
finish_scoring(void *user)
{
    Scoring *self = user;

    self->given = stopwatch_read();
    scorer_finish(self->scorer);
    Stopwatch end = stopwatch_read();
    self->pass.finish_ns = nanoseconds(&self->given.wall, &end.wall);
}

static int
by_length(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return difference < 0 ? -1 : difference > 0;
}

static void
note_alerts(Pass *pass, GArray *delays)
{
    pass->alerts = delays->len;
    if (delays->len == 0)
        return;
    g_array_sort(delays, by_length);
    pass->alert_ns = g_array_index(delays, double, (delays->len - 1) * 99 / 100);
}

/* The whole way on one core: bytes, records, windows, alerts. */
static Pass
run_score(const Bench *self)
{
    g_autoptr(GArray) delays = g_array_new(FALSE, FALSE, sizeof(double));
    Scoring scoring = { .delays = delays };
    ScorerSink scorer_sink = { .user = &scoring, .alert = time_alert, .sample = count_sample };
    g_autoptr(Scorer) scorer = scorer_new(&self->scoring, self->assets, self->places, &scorer_sink);
    DecoderConf conf = { .allow_all = true, .hash_seed = 1, .model = self->model };
    DecoderSink sink = { .user = &scoring, .flows = score_batch };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);

    scoring.scorer = scorer;
    scoring.decoder = decoder;
    scorer_set_exporters(scorer, exporter_of, &scoring);
    run_decoder(self, decoder, finish_scoring, &scoring, &scoring.pass);
    note_alerts(&scoring.pass, delays);
    return scoring.pass;
}

typedef struct Stage {
    const char *name;
    Pass (*run)(const Bench *self);
} Stage;
static const Stage stages[] = {
    { "decode", run_decode },
    { "score", run_score },
};

static uint64_t
resident_bytes(void)
{
    unsigned long pages = 0;
    char line[256];
    const char *second; /* the number after the first */
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    if (fgets(line, sizeof line, file) != NULL && (second = strchr(line, ' ')) != NULL)
        pages = strtoul(second, NULL, 10);
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int
by_wall(const void *a, const void *b)
{
    double difference = ((const Pass *)a)->wall_ns - ((const Pass *)b)->wall_ns;

    return difference < 0 ? -1 : difference > 0;
}

static int
bench(const Bench *self, const Stage *stage, size_t repeat)
{
    g_autofree Pass *passes = g_new0(Pass, repeat);

    for (size_t i = 0; i < repeat; i++)
        passes[i] = stage->run(self);
    qsort(passes, repeat, sizeof *passes, by_wall);
    const Pass *best = &passes[0], *median = &passes[repeat / 2];
    if (best->records == 0) {
        fputs("talaya bench: there is no flow record in these files\n", stderr);
        return EXIT_FAILED;
    }
    double records = (double)best->records;
    json_t *result =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:I}", "stage", stage->name, "records",
                  (json_int_t)best->records, "datagrams", (json_int_t)datagram_store_count(self->store),
                  "bytes", (json_int_t)datagram_store_bytes(self->store), "repeat", (json_int_t)repeat,
                  "ns_per_record", best->wall_ns / records, "median_ns_per_record", median->wall_ns / records,
                  "cpu_ns_per_record", best->cpu_ns / records, "flows_per_s", records * 1e9 / best->wall_ns,
                  "rss_bytes", (json_int_t)resident_bytes());
    if (best->slowest_ns > 0) { /* a batch in which a window closed */
        json_object_set_new(result, "threads", json_integer(MAX(1, self->scoring.threads)));
        json_object_set_new(result, "all_cpu_ns_per_record", json_real(best->all_cpu_ns / records));
        json_object_set_new(result, "slowest_batch_ms", json_real(best->slowest_ns / 1e6));
        json_object_set_new(result, "finish_ms", json_real(best->finish_ns / 1e6));
        json_object_set_new(result, "alerts", json_integer((json_int_t)best->alerts));
        json_object_set_new(result, "alert_p99_ms", json_real(best->alert_ns / 1e6));
    }
    json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(result);
    return EXIT_DONE;
}

static const Stage *
find_stage(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(stages); i++)
        if (strcmp(stages[i].name, name) == 0)
            return &stages[i];
    return NULL;
}

/* The assets: those of the configuration, or else whatever has a private address. */
static bool
prepare(Bench *self, const Settings *settings, GError **error)
{
    static const char *const private[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7" };
    IpPrefix prefixes[G_N_ELEMENTS(private)];

    self->model = element_model_new();
    if (settings != NULL) {
        self->scoring = settings_scoring(settings);
        self->assets = settings_assets(settings, error);
        self->places = self->assets != NULL ? settings_places(settings, error) : NULL;
        return self->places != NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(private); i++)
        ip_prefix_parse(private[i], &prefixes[i]);
    self->scoring = (ScoringConf){ .budget = 5,
                                   .learn_days = 2,
                                   .window_s = 300,
                                   .max_assets = 100000,
                                   .max_peers_per_asset = 1024,
                                   .max_pairs = 1000000,
                                   .series_assets = 200,
                                   .hash_seed = 1 };
    self->assets = asset_table_new(prefixes, G_N_ELEMENTS(prefixes), NULL, error);
    self->places = place_table_new(NULL, 0, prefixes, G_N_ELEMENTS(prefixes), error);
    return self->assets != NULL && self->places != NULL;
}

static int
load_and_bench(const char *config, const Stage *stage, size_t repeat, uint32_t threads, char **files,
               GError **error)
{
    g_autoptr(Settings) settings = config != NULL ? settings_load(config, error) : NULL;
    g_autoptr(DatagramStore) store = datagram_store_new();
    Bench self = { .store = store };
    bool is_ready = (config == NULL || settings != NULL) && prepare(&self, settings, error);

    if (threads > 0)
        self.scoring.threads = threads;

    for (; is_ready && *files != NULL; files++)
        is_ready = datagram_store_load(store, *files, error);
    int status = is_ready ? bench(&self, stage, repeat) : EXIT_FAILED;
    element_model_free(self.model);
    asset_table_free(self.assets);
    place_table_free(self.places);
    return status;
}

int
command_bench(int argc, char **argv)
{
    g_autofree char *name = NULL, *config = NULL;
    gint repeat = 10, threads = 0;
    const GOptionEntry entries[] = {
        { "stage", 's', 0, G_OPTION_ARG_STRING, &name,
          "decode: bytes become flow records (default); score: and flow records become alerts", "STAGE" },
        { "repeat", 'r', 0, G_OPTION_ARG_INT, &repeat, "so many passes; the best one counts (default 10)",
          "N" },
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config,
          "for score: whose assets and places (default: private addresses are assets)", "FILE" },
        { "threads", 't', 0, G_OPTION_ARG_INT, &threads,
          "for score: that score (default: as the configuration says, without one 1)", "N" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE...");
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context, "Measures what one record costs, from memory. Prints one "
                                          "JSON object.");
    g_option_context_set_description(context,
                                     "Example:\n  talaya bench --stage decode --repeat 20 routers.pcap\n\n"
                                     "Exit status: 0 measured, 1 a file could not be read or holds no "
                                     "records, 2 wrong usage.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool is_parsed = g_option_context_parse(context, &argc, &argv, &error);
    const Stage *stage = find_stage(name != NULL ? name : "decode");
    if (!is_parsed || argc < 2 || stage == NULL || repeat < 1 || repeat > MOST_PASSES || threads < 0 ||
        threads > MOST_THREADS) {
        fprintf(stderr, "talaya bench: %s\n",
                error != NULL   ? error->message
                : stage == NULL ? "--stage is decode or score"
                                : "at least one FILE is wanted, --repeat from 1 to 10000, --threads up to 8; "
                                  "see --help");
        return EXIT_USAGE;
    }
    int status = load_and_bench(config, stage, (size_t)repeat, (uint32_t)threads, argv + 1, &error);
    if (error != NULL)
        fprintf(stderr, "talaya bench: %s\n", error->message);
    return status;
}
