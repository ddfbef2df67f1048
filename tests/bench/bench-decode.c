/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-decode.c - what a record costs in our decoder, in each of its versions, and in libfixbuf, in one run
 *
 * All read the same datagrams from memory (load.h: 19 to 30 records each) and fill a struct with the twenty
 * fields of a router's template, of one exporter and of a thousand that take turns, with twice the
 * records. The first of each exporter, its template among them, are not timed. libfixbuf reads IPFIX of one
 * exporter out of a buffer, which is the best that it can do; many exporters it keeps apart in its listener
 * only. It has no v5: the ratio of those rows is to IPFIX. The rounds take turns, so that a disturbance meets
 * all; the best round counts.
 *
 *   bench-decode [RECORDS [ROUNDS [VERSION [EXPORTERS [FORMAT]]]]]
 *
 * The last three leave those rows alone, for a profiler.
 */
#include "tests/bench/decode-input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS = 200000, ROUNDS = 10, SEED = 1, MANY = 1000, MANY_TIMES = 2, ROWS_MOST = 64, INPUTS = 6 };
#define BASE_MS INT64_C(1767225600000)

/* ---- input ---- */

static void
put_datagram(Input *input, const void *bytes, size_t length)
{
    memcpy(input->arena + input->at[input->n], bytes, length);
    input->at[input->n + 1] = input->at[input->n] + length;
    input->n++;
}

static Input
input_make(const char *format, uint32_t n_exporters, uint32_t records)
{
    const LoadConf conf = { .format = format,
                            .exporters = 1,
                            .burst = 1,
                            .datagrams = WARM + records / 24 / n_exporters,
                            .new_percent = 60,
                            .seed = SEED,
                            .base_ms = BASE_MS,
                            .rate = 1000 };
    g_autoptr(Load) load = load_new(&conf);
    Input input = { .format = format, .n_exporters = n_exporters };
    size_t n = load->conf.datagrams, template_size = 0;
    const void *template =
        load->templates[0] == NULL ? NULL : g_bytes_get_data(load->templates[0], &template_size);

    input.arena = g_malloc0((n * load->size + template_size) * n_exporters + DATAGRAM_SLACK);
    input.at = g_new0(size_t, (n + 1) * n_exporters + 1);
    for (uint32_t j = 0; j < n_exporters && template != NULL; j++)
        put_datagram(&input, template, template_size);
    for (size_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n_exporters; j++)
            put_datagram(&input, load->bytes + i * load->size, load->size);
    input.n_warm = WARM * n_exporters;
    input.n_records = (uint64_t)n * load->records_each * n_exporters;
    return input;
}

static void
input_clear(Input *input)
{
    g_free(input->arena);
    g_free(input->at);
}

double
bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- ours ---- */

static FlowBatch *
count(void *user, FlowBatch *batch)
{
    *(uint64_t *)user += batch->n;
    batch->n = batch->n_losses = 0;
    return batch;
}

static Datagram
datagram_of(const Input *input, uint32_t i)
{
    return (Datagram){ .bytes = input->arena + input->at[i],
                       .length = input->at[i + 1] - input->at[i],
                       .source = input_source(input, i),
                       .source_port = 50000,
                       .received = { BASE_MS + (int64_t)(i / input->n_exporters) } };
}

static Run
run_ours(const Input *input, ShuffleVersion version)
{
    Run run = { 0 };
    DecoderConf conf = {
        .allow_all = true, .hash_seed = 1, .shuffles = version, .max_new_exporters_per_minute = MANY
    };
    DecoderSink sink = { .user = &run.records, .flows = count };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    uint32_t i = 0;

    for (; i < input->n_warm; i++) {
        Datagram datagram = datagram_of(input, i);
        decoder_datagram(decoder, &datagram);
    }
    decoder_flush(decoder, (WallTime){ BASE_MS });
    uint64_t before = run.records;
    double begin = bench_now_ns();
    for (; i < input->n; i++) {
        Datagram datagram = datagram_of(input, i);
        IpAddress later = input_source(input, i + DECODER_AHEAD);

        decoder_expect(decoder, &later); /* as the listener does with what one call has brought */
        decoder_datagram(decoder, &datagram);
    }
    decoder_flush(decoder, (WallTime){ BASE_MS + 1 });
    run.ns = bench_now_ns() - begin;
    run.timed = run.records - before;
    return run;
}

/* ---- the table ---- */

typedef struct Row {
    const char *what;
    ShuffleVersion version;         /* ours, when @run is NULL */
    Run (*run)(const Input *input); /* libfixbuf */
    const Input *input;
    double *spent; /* ns a record, of each round */
    uint64_t records, timed;
} Row;

static size_t
list_rows(Row *rows, const Input *inputs)
{
    size_t n = 0;

    for (ShuffleVersion version = SHUFFLE_NONE; version <= SHUFFLE_NEON; version++)
        for (size_t i = 0; i < INPUTS && shuffle_version_runs(version); i++)
            rows[n++] = (Row){ shuffle_version_name(version), version, NULL, &inputs[i] };
    for (size_t i = 0; i < INPUTS; i++) {
        if (inputs[i].arena[1] == 10 && inputs[i].n_exporters == 1)
            rows[n++] = (Row){ "libfixbuf", SHUFFLE_NONE, fixbuf_run_buffer, &inputs[i] };
        if (inputs[i].arena[1] >= 9)
            rows[n++] = (Row){ "its listener", SHUFFLE_NONE, fixbuf_run_listener, &inputs[i] };
    }
    return n;
}

static size_t
keep_rows(Row *rows, size_t n_rows, const char *what, uint32_t n_exporters, const char *format)
{
    size_t n = 0;

    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(rows[i].what, what) == 0 &&
            (n_exporters == 0 || rows[i].input->n_exporters == n_exporters) &&
            (format == NULL || strcmp(rows[i].input->format, format) == 0))
            rows[n++] = rows[i];
    return n;
}

static int
by_size(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static void
measure(Row *rows, size_t n_rows, size_t rounds)
{
    for (size_t i = 0; i < n_rows; i++)
        rows[i].spent = g_new0(double, rounds);
    for (size_t round = 0; round < rounds; round++)
        for (Row *row = rows; row < rows + n_rows; row++) {
            Run run = row->run != NULL ? row->run(row->input) : run_ours(row->input, row->version);

            row->records = run.records;
            row->timed = run.timed;
            row->spent[round] = run.ns / (double)MAX(run.timed, 1u);
        }
    for (size_t i = 0; i < n_rows; i++)
        qsort(rows[i].spent, rounds, sizeof(double), by_size);
}

/* libfixbuf's best with as many exporters. */
static double
measure_of(const Row *rows, size_t n_rows, const Input *input)
{
    double best = 0;

    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].run != NULL && rows[i].input->n_exporters == input->n_exporters &&
            rows[i].input->arena[1] == 10 && (best == 0 || rows[i].spent[0] < best))
            best = rows[i].spent[0];
    return best;
}

static bool
print(const Row *rows, size_t n_rows, size_t rounds)
{
    bool is_whole = true;

    printf("%-14s %-8s %10s %10s %12s %12s %12s %16s\n", "decoder", "format", "exporters", "records",
           "ns/record", "median", "records/s", "libfixbuf/this");
    for (size_t i = 0; i < n_rows; i++) {
        const Row *row = &rows[i];
        double best = row->spent[0];

        printf("%-14s %-8s %10u %10" G_GUINT64_FORMAT " %12.1f %12.1f %12.3g %15.1fx\n", row->what,
               row->input->format, row->input->n_exporters, row->timed, best, row->spent[rounds / 2],
               1e9 / best, measure_of(rows, n_rows, row->input) / best);
        if (row->records != row->input->n_records) {
            fprintf(stderr, "bench-decode: %s gave %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " records\n",
                    row->what, row->records, row->input->n_records);
            is_whole = false;
        }
    }
    return is_whole;
}

int
main(int argc, char **argv)
{
    static const char *const formats[] = { "v5", "v9", "ipfix" };
    uint32_t records = argc > 1 ? (uint32_t)g_ascii_strtoull(argv[1], NULL, 10) : RECORDS;
    size_t rounds = argc > 2 ? (size_t)g_ascii_strtoull(argv[2], NULL, 10) : ROUNDS;
    Input inputs[INPUTS];
    Row rows[ROWS_MOST];

    if (records == 0 || rounds == 0) {
        fputs("usage: bench-decode [RECORDS [ROUNDS]]\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < INPUTS; i++)
        inputs[i] = input_make(formats[i % 3], i < 3 ? 1 : MANY, i < 3 ? records : MANY_TIMES * records);
    size_t n_rows = list_rows(rows, inputs);
    if (argc > 3)
        n_rows =
            keep_rows(rows, n_rows, argv[3], argc > 4 ? (uint32_t)g_ascii_strtoull(argv[4], NULL, 10) : 0,
                      argc > 5 ? argv[5] : NULL);
    measure(rows, n_rows, rounds);
    bool is_whole = print(rows, n_rows, rounds);
    for (size_t i = 0; i < n_rows; i++)
        g_free(rows[i].spent);
    for (size_t i = 0; i < INPUTS; i++)
        input_clear(&inputs[i]);
    return is_whole ? 0 : 1;
}
