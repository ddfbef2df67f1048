/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peers.c - eval-peers CAPTURE BEGIN-MS JUDGED-MS END-MS: see peers.h */
#include "tests/eval/peers.h"

#include <stdlib.h>
#include <string.h>

#include "collector/base/number-map.h"
#include "collector/capture.h"

enum { STITCH_GAP_MS = 120000 };

typedef struct Reader {
    NumberMap open; /* of the 5-tuple -> index in @talks, plus one */
    GArray *talks;
} Reader;

static uint32_t
v4_of(const IpAddress *ip)
{
    uint32_t word;

    memcpy(&word, ip->bytes + 12, sizeof word);
    return GUINT32_FROM_BE(word);
}

bool
peer_is_inside(uint32_t address)
{
    return address >> 20 == 0x0a1; /* as eval-generate has it */
}

void
peer_print(const char *method, int64_t ms, uint64_t id, double score, uint32_t asset, uint32_t far)
{
    printf("%s\t%" G_GINT64_FORMAT "\t%016" G_GINT64_MODIFIER "x\t%.6f\t%u.%u.%u.%u\t", method, ms, id, score,
           asset >> 24, asset >> 16 & 255, asset >> 8 & 255, asset & 255);
    if (far == 0)
        printf("-\n");
    else
        printf("%u.%u.%u.%u\n", far >> 24, far >> 16 & 255, far >> 8 & 255, far & 255);
}

static uint64_t
key_of(const FlowRecord *flow, bool forward)
{
    uint32_t a = v4_of(&flow->src), b = v4_of(&flow->dst);
    uint64_t ports = forward ? (uint64_t)flow->src_port << 16 | flow->dst_port
                             : (uint64_t)flow->dst_port << 16 | flow->src_port;
    uint64_t ends = forward ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;

    return (ends * UINT64_C(0x9e3779b97f4a7c15)) ^
           ((ports << 8 | flow->protocol) * UINT64_C(0xbf58476d1ce4e5b9));
}

static void
take(Reader *self, const FlowRecord *flow)
{
    bool forward = flow->src_port >= flow->dst_port;
    uint64_t key = key_of(flow, forward);
    uintptr_t at = (uintptr_t)number_map_find(&self->open, key);
    double scale = flow->sampling > 1 ? flow->sampling : 1;
    uint64_t octets = (uint64_t)((double)flow->octets * scale);
    PeerTalk *talk = at != 0 ? &g_array_index(self->talks, PeerTalk, at - 1) : NULL;

    if (talk == NULL || flow->start_ms > talk->last_ms + STITCH_GAP_MS) {
        PeerTalk fresh = { .client = v4_of(forward ? &flow->src : &flow->dst),
                           .server = v4_of(forward ? &flow->dst : &flow->src),
                           .start_ms = flow->start_ms,
                           .last_ms = flow->end_ms,
                           .service = forward ? flow->dst_port : flow->src_port,
                           .protocol = flow->protocol };
        g_array_append_val(self->talks, fresh);
        number_map_put(&self->open, key, GUINT_TO_POINTER(self->talks->len));
        talk = &g_array_index(self->talks, PeerTalk, self->talks->len - 1);
    }
    uint32_t *told_by = &talk->told_by[forward ? 0 : 1];
    if (*told_by != 0 && *told_by != flow->exporter + 1)
        return;
    *told_by = flow->exporter + 1;
    talk->start_ms = MIN(talk->start_ms, flow->start_ms);
    talk->last_ms = MAX(talk->last_ms, flow->end_ms);
    *(forward ? &talk->client_octets : &talk->server_octets) += octets;
}

static FlowBatch *
take_batch(void *user, FlowBatch *batch)
{
    Reader *self = user;

    for (uint32_t i = 0; i < batch->n; i++)
        if (batch->records[i].family == 4)
            take(self, &batch->records[i]);
    batch->n = batch->n_losses = 0;
    return batch;
}

static bool
read_file(Reader *self, const char *path)
{
    DecoderSink sink = { .user = self, .flows = take_batch };
    DecoderConf conf = { .allow_all = true, .hash_seed = 1 };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(path, &error);
    Datagram datagram = { 0 };
    int more = -1;

    while (capture != NULL && (more = capture_next(capture, &datagram, &error)) > 0)
        decoder_datagram(decoder, &datagram);
    if (more < 0) {
        fprintf(stderr, "eval-peers: %s\n", error->message);
        return false;
    }
    decoder_finish(decoder, datagram.received);
    return true;
}

static int
compare_talks(const void *a, const void *b)
{
    const PeerTalk *x = a, *y = b;

    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    return x->client != y->client ? (x->client < y->client ? -1 : 1)
                                  : (x->server > y->server) - (x->server < y->server);
}

int
main(int argc, char **argv)
{
    Reader reader = { .talks = g_array_new(FALSE, FALSE, sizeof(PeerTalk)) };

    if (argc != 5) {
        fprintf(stderr, "usage: eval-peers CAPTURE BEGIN-MS JUDGED-MS END-MS\n");
        return 2;
    }
    number_map_init(&reader.open, 1);
    bool ok = read_file(&reader, argv[1]);
    g_array_sort(reader.talks, compare_talks);
    PeerInput input = { .talks = reader.talks,
                        .begin_ms = g_ascii_strtoll(argv[2], NULL, 10),
                        .judged_ms = g_ascii_strtoll(argv[3], NULL, 10),
                        .end_ms = g_ascii_strtoll(argv[4], NULL, 10) };
    if (ok) {
        peer_newest(&input);
        peer_zscore(&input);
        peer_rita(&input);
    }
    number_map_clear(&reader.open);
    g_array_unref(reader.talks);
    return ok ? 0 : 1;
}
