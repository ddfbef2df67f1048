/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-decode.c - what a record costs in our decoder and in libfixbuf, in one run on one machine
 *
 * Both read the same generated datagrams from memory and fill a struct with the twenty fields of a router's
 * template. libfixbuf has no v5, and translates v9 on sockets of its own only, so it takes part in IPFIX; the
 * ratio of the other rows is to that figure. The rounds take turns, so that a disturbance meets all; the best
 * round counts.
 *
 *   bench-decode [RECORDS [ROUNDS]]
 */
#include "collector/decoder.h"
#include "tests/support/generator.h"

#include <fixbuf/public.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS = 200000, ROUNDS = 10, SEED = 1, INTERNAL_TEMPLATE = 999 };

/* ---- input ---- */

typedef struct Input {
    GeneratedSession *session;
    uint8_t *arena; /* all datagrams, one behind the other, slack behind the last */
    size_t *at;
} Input;

static Input
input_make(const char *shape, uint32_t records)
{
    Input input = { .session = generator_make(shape, SEED, records) };
    size_t used = 0, total = 0;

    for (guint i = 0; i < input.session->datagrams->len; i++)
        total += g_bytes_get_size(input.session->datagrams->pdata[i]);
    input.arena = g_malloc0(total + DATAGRAM_SLACK);
    input.at = g_new0(size_t, input.session->datagrams->len + 1u);
    for (guint i = 0; i < input.session->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(input.session->datagrams->pdata[i], &length);
        memcpy(input.arena + used, bytes, length);
        input.at[i] = used;
        used += length;
        input.at[i + 1] = used;
    }
    return input;
}

static void
input_clear(Input *input)
{
    generated_session_free(input->session);
    g_free(input->arena);
    g_free(input->at);
}

static double
now_ns(void)
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

static double
run_ours(const Input *input, uint64_t *records)
{
    DecoderConf conf = { .allow_all = true, .hash_seed = 1 };
    DecoderSink sink = { .user = records, .flows = count };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);

    double begin = now_ns();
    for (guint i = 0; i < input->session->datagrams->len; i++) {
        Datagram datagram = { .bytes = input->arena + input->at[i],
                              .length = input->at[i + 1] - input->at[i],
                              .source = ip_from_v4(0xc0000201),
                              .source_port = 50000,
                              .received = { 1767225600000 + (int64_t)i } };
        decoder_datagram(decoder, &datagram);
    }
    decoder_flush(decoder, (WallTime){ 1767225700000 });
    return now_ns() - begin;
}

/* ---- libfixbuf ---- */

typedef struct FixbufRecord {
    uint64_t packets, octets, start, end;
    uint32_t src, dst, next_hop, in_if, out_if, src_as, dst_as;
    uint16_t src_port, dst_port, tcp_flags;
    uint8_t protocol, tos, src_mask, dst_mask, direction, end_reason;
    uint8_t padding[8];
} FixbufRecord;

static const fbInfoElementSpec_t fixbuf_fields[] = {
    { (char *)"packetDeltaCount", 8, 0 },
    { (char *)"octetDeltaCount", 8, 0 },
    { (char *)"flowStartMilliseconds", 8, 0 },
    { (char *)"flowEndMilliseconds", 8, 0 },
    { (char *)"sourceIPv4Address", 4, 0 },
    { (char *)"destinationIPv4Address", 4, 0 },
    { (char *)"ipNextHopIPv4Address", 4, 0 },
    { (char *)"ingressInterface", 4, 0 },
    { (char *)"egressInterface", 4, 0 },
    { (char *)"bgpSourceAsNumber", 4, 0 },
    { (char *)"bgpDestinationAsNumber", 4, 0 },
    { (char *)"sourceTransportPort", 2, 0 },
    { (char *)"destinationTransportPort", 2, 0 },
    { (char *)"tcpControlBits", 2, 0 },
    { (char *)"protocolIdentifier", 1, 0 },
    { (char *)"ipClassOfService", 1, 0 },
    { (char *)"sourceIPv4PrefixLength", 1, 0 },
    { (char *)"destinationIPv4PrefixLength", 1, 0 },
    { (char *)"flowDirection", 1, 0 },
    { (char *)"flowEndReason", 1, 0 },
    FB_IESPEC_NULL,
};

static fBuf_t *
fixbuf_new(fbInfoModel_t *model)
{
    fbSession_t *session = fbSessionAlloc(model);
    fbTemplate_t *internal = fbTemplateAlloc(model);
    g_autoptr(GError) error = NULL;

    if (!fbTemplateAppendSpecArray(internal, (fbInfoElementSpec_t *)fixbuf_fields, ~0u, &error) ||
        fbSessionAddTemplate(session, TRUE, INTERNAL_TEMPLATE, internal, &error) == 0)
        g_error("libfixbuf: %s", error->message);
    fBuf_t *buffer = fBufAllocForCollection(session, NULL);
    fBufSetAutomaticMode(buffer, FALSE);
    return buffer;
}

static double
run_fixbuf(const Input *input, uint64_t *records)
{
    fbInfoModel_t *model = fbInfoModelAlloc();
    fBuf_t *buffer = fixbuf_new(model);
    FixbufRecord record;

    double begin = now_ns();
    for (guint i = 0; i < input->session->datagrams->len; i++) {
        GError *error = NULL;
        size_t length = sizeof record - sizeof record.padding;
        fBufSetBuffer(buffer, input->arena + input->at[i], input->at[i + 1] - input->at[i]);
        if (i == 0 && !fBufSetInternalTemplate(buffer, INTERNAL_TEMPLATE, &error))
            g_error("libfixbuf: %s", error->message);
        while (fBufNext(buffer, (uint8_t *)&record, &length, &error))
            (*records)++;
        g_clear_error(&error); /* the end of the message */
    }
    double spent = now_ns() - begin;
    fBufFree(buffer);
    fbInfoModelFree(model);
    return spent;
}

/* ---- the table ---- */

typedef struct Row {
    const char *what, *shape;
    double (*run)(const Input *input, uint64_t *records);
    Input input;
    double *spent;
    uint64_t records;
} Row;

static int
by_size(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static void
measure(Row *rows, size_t n_rows, size_t rounds)
{
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < n_rows; i++) {
            rows[i].records = 0;
            rows[i].spent[round] = rows[i].run(&rows[i].input, &rows[i].records);
        }
    for (size_t i = 0; i < n_rows; i++)
        qsort(rows[i].spent, rounds, sizeof(double), by_size);
}

int
main(int argc, char **argv)
{
    Row rows[] = { { .what = "talaya, NetFlow v5", .shape = "netflow5", .run = run_ours },
                   { .what = "talaya, NetFlow v9", .shape = "router-v9", .run = run_ours },
                   { .what = "talaya, IPFIX", .shape = "router-ipfix", .run = run_ours },
                   { .what = "libfixbuf, IPFIX", .shape = "router-ipfix", .run = run_fixbuf } };
    const size_t n_rows = G_N_ELEMENTS(rows);
    uint32_t records = argc > 1 ? (uint32_t)g_ascii_strtoull(argv[1], NULL, 10) : RECORDS;
    size_t rounds = argc > 2 ? (size_t)g_ascii_strtoull(argv[2], NULL, 10) : ROUNDS;
    bool is_whole = true;

    if (records == 0 || rounds == 0) {
        fputs("usage: bench-decode [RECORDS [ROUNDS]]\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < n_rows; i++) {
        rows[i].input = input_make(rows[i].shape, records);
        rows[i].spent = g_new0(double, rounds);
    }
    measure(rows, n_rows, rounds);
    double fixbuf = rows[n_rows - 1].spent[0] / (double)rows[n_rows - 1].records;
    printf("%-20s %10s %12s %12s %12s %16s\n", "decoder", "records", "ns/record", "median", "records/s",
           "libfixbuf/this");
    for (size_t i = 0; i < n_rows; i++) {
        double n = (double)MAX(rows[i].records, 1u), best = rows[i].spent[0] / n;
        printf("%-20s %10" G_GUINT64_FORMAT " %12.1f %12.1f %12.3g %15.1fx\n", rows[i].what, rows[i].records,
               best, rows[i].spent[rounds / 2] / n, 1e9 / best, fixbuf / best);
        is_whole &= rows[i].records == records;
        input_clear(&rows[i].input);
        g_free(rows[i].spent);
    }
    if (!is_whole)
        fputs("bench-decode: a decoder did not give all records\n", stderr);
    return is_whole ? 0 : 1;
}
