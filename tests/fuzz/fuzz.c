/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz.c - see fuzz.h */
#include "tests/fuzz/fuzz.h"
#include "collector/base/cursor.h"
#include "collector/print.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

enum { START_S = 1767225600, DATAGRAMS_MOST = 64, LINES_MOST = 64 };

struct FuzzDecoder {
    Decoder *decoder;
    ShuffleVersion version;
    bool prints;  /* every record */
    TextBuf *out; /* to /dev/null */
    PrintMemo json_memo, csv_memo;
    FuzzDecoder *twin; /* hears the same, and must say the same; NULL: there is none */
    bool is_thorough;  /* what is dear to check is checked too */
    bool has_digest;
    uint8_t slack; /* what lies behind each datagram */
    bool may_be_kept;
    int64_t begin_ms; /* the time when the next input begins */
    uint64_t records_shown, flows, losses;
    uint64_t digest; /* of all flow records */
};

void
fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* The information model and the way to /dev/null are made once a process: they do not change. */
static const ElementModel *
shared_model(void)
{
    static ElementModel *model;

    if (model == NULL)
        model = element_model_new();
    return model;
}

static int
nowhere(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
}

static FuzzCare *
care(void)
{
    static FuzzCare care = { .twin_in = 16, .print_in = 16, .thorough_in = 1024 };

    return &care;
}

void
fuzz_take_care(const FuzzCare *how)
{
    *care() = *how;
}

/* The decoder that hears more inputs than one. */
typedef struct Kept {
    FuzzDecoder *decoder; /* NULL: none yet */
    unsigned left;        /* inputs to be heard, the one in work among them */
} Kept;

static Kept *
kept(void)
{
    static Kept kept;

    return &kept;
}

void
fuzz_keep(unsigned inputs)
{
    FUZZ_CHECK(kept()->decoder == NULL);
    kept()->left = inputs;
}

static FlowBatch *
take_flows(void *user, FlowBatch *batch)
{
    FuzzDecoder *self = user;

    FUZZ_CHECK(batch->n <= FLOW_BATCH_MOST && batch->n_losses <= FLOW_BATCH_LOSSES);
    self->flows += batch->n;
    self->losses += batch->n_losses;
    if (self->has_digest)
        self->digest =
            XXH3_64bits_withSeed(batch->records, batch->n * sizeof batch->records[0], self->digest);
    batch->n = batch->n_losses = 0;
    return batch;
}

/* One line, each key once. A line beyond the buffer is left out. */
static void
check_line(FuzzDecoder *self, const RecordView *record)
{
    textbuf_init(self->out, -1);
    print_record_json(self->out, &self->json_memo, record);
    if (!self->out->failed) {
        json_t *line = json_loadb(self->out->bytes, self->out->n,
                                  JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
        FUZZ_CHECK(line != NULL);
        FUZZ_CHECK(memchr(self->out->bytes, '\n', self->out->n) == self->out->bytes + self->out->n - 1);
        json_decref(line);
    }
    textbuf_init(self->out, nowhere());
}

static void
print_both(void *user, const RecordView *record)
{
    FuzzDecoder *self = user;

    print_record_json(self->out, &self->json_memo, record);
    print_record_csv(self->out, &self->csv_memo, record);
    if (self->is_thorough && self->records_shown < LINES_MOST)
        check_line(self, record);
    self->records_shown++;
}

/*
 * Decoders are used again, since a new one costs more than most inputs: all that was learned is forgotten, so
 * that a finding comes back from its input alone. Of each version there are a few, with and without printing.
 */
static GQueue *
pool_of(ShuffleVersion version, bool prints)
{
    static GQueue pools[N_SHUFFLE_VERSIONS][2];

    return &pools[version][prints];
}

static FuzzDecoder *
make(ShuffleVersion version, bool prints)
{
    FuzzDecoder *self = g_new0(FuzzDecoder, 1);
    DecoderConf conf = { .allow_all = true,
                         .hash_seed = 1,
                         .model = shared_model(),
                         .shuffles = version,
                         .max_exporters = 6,
                         .max_templates = 64,
                         .max_fields = 200,
                         .max_template_bytes = 1 << 16,
                         .max_held_bytes = 1 << 14,
                         .max_domains = 8,
                         .max_connections = 64 };
    DecoderSink sink = { .user = self, .flows = take_flows, .record = prints ? print_both : NULL };

    self->version = version;
    self->prints = prints;
    self->out = g_new(TextBuf, 1);
    self->decoder = decoder_new(&conf, &sink);
    return self;
}

static FuzzDecoder *
decoder_of(ShuffleVersion version, bool prints)
{
    FuzzDecoder *self = g_queue_pop_head(pool_of(version, prints));

    if (self == NULL)
        self = make(version, prints);
    textbuf_init(self->out, nowhere());
    self->is_thorough = self->has_digest = false;
    self->slack = 0xa5;
    self->begin_ms = (int64_t)START_S * 1000;
    self->records_shown = self->flows = self->losses = self->digest = 0;
    return self;
}

/* Other inputs after that in work. */
static bool
hears_more(const FuzzDecoder *self)
{
    return self->may_be_kept && kept()->left > 1;
}

/* Forgets what it was told; it is used again. */
static void
give_back(FuzzDecoder *self)
{
    decoder_forget(self->decoder);
    g_queue_push_head(pool_of(self->version, self->prints), self);
}

FuzzDecoder *
fuzz_decoder_new(const uint8_t *bytes, size_t length, unsigned may)
{
    if ((may & FUZZ_KEEP) != 0 && kept()->decoder != NULL)
        return kept()->decoder;
    uint64_t draw = XXH3_64bits(bytes, length);
    bool is_thorough = draw % care()->thorough_in < MAX(kept()->left, 1u); /* as often for an input */
    FuzzDecoder *self = decoder_of(SHUFFLE_BEST, is_thorough || (draw >> 16) % care()->print_in == 0);

    self->is_thorough = is_thorough;
    self->may_be_kept = (may & FUZZ_KEEP) != 0;
    if ((may & FUZZ_TWIN) == 0 || (draw >> 32) % care()->twin_in != 0)
        return self;
    ShuffleVersion version = SHUFFLE_NONE + XXH3_64bits_withSeed(bytes, length, 1) % (N_SHUFFLE_VERSIONS - 1);
    self->twin = decoder_of(shuffle_version_runs(version) ? version : SHUFFLE_NONE, false);
    self->twin->slack = 0x5a;
    self->twin->has_digest = self->has_digest = true;
    return self;
}

void
fuzz_decoder_free(FuzzDecoder *self)
{
    if (hears_more(self)) {
        kept()->decoder = self;
        kept()->left--;
        return;
    }
    *kept() = (Kept){ 0 };
    g_clear_pointer(&self->twin, give_back);
    give_back(self);
}

int64_t
fuzz_decoder_begin_ms(const FuzzDecoder *self)
{
    return self->begin_ms;
}

Decoder *
fuzz_decoder_get(FuzzDecoder *self)
{
    return self->decoder;
}

static void
feed(FuzzDecoder *self, const uint8_t *bytes, size_t length, uint32_t exporter, int64_t time_ms)
{
    g_autofree uint8_t *room = g_malloc(length + DATAGRAM_SLACK);

    if (length > 0)
        memcpy(room, bytes, length);
    memset(room + length, self->slack, DATAGRAM_SLACK); /* must not show in any result */
    Datagram datagram = { .bytes = room,
                          .length = length,
                          .source = ip_from_v4(0xc0000200u + exporter),
                          .source_port = (uint16_t)(40000 + exporter),
                          .received = { time_ms } };
    decoder_datagram(self->decoder, &datagram);
}

void
fuzz_decoder_feed(FuzzDecoder *self, const uint8_t *bytes, size_t length, uint32_t exporter, int64_t time_ms)
{
    size_t used = MIN(length, (size_t)DATAGRAM_MOST);

    feed(self, bytes, used, exporter, time_ms);
    if (self->twin != NULL)
        feed(self->twin, bytes, used, exporter, time_ms);
}

static void
flush(FuzzDecoder *self, int64_t time_ms)
{
    decoder_flush(self->decoder, (WallTime){ time_ms });
    if (self->twin != NULL)
        decoder_flush(self->twin->decoder, (WallTime){ time_ms });
}

static void
check_books(const Books *books)
{
    uint64_t refused = 0;

    for (size_t i = 0; i < N_REFUSALS; i++)
        refused += books->refused[i];
    FUZZ_CHECK(books->datagrams == books->decoded + refused);
}

/* What is written for people and programs about each exporter. */
static void
check_exporters(FuzzDecoder *self, WallTime now)
{
    const ExporterTable *table = decoder_exporters(self->decoder);

    for (uint32_t i = 0; i < exporter_table_count(table); i++) {
        json_t *object = exporter_to_json(exporter_table_get(table, i), now);
        check_books(exporter_books(exporter_table_get(table, i)));
        FUZZ_CHECK(object != NULL);
        char *text = json_dumps(object, JSON_COMPACT); /* NULL for what is no UTF-8 */
        FUZZ_CHECK(text != NULL);
        free(text);
        json_decref(object);
    }
}

/* What is saved can be restored, and what is saved then is the same again: the second time to the byte, for a
 * list may stand in another order once. */
static void
check_state(FuzzDecoder *self)
{
    g_autoptr(GBytes) first = decoder_save(self->decoder);
    FuzzDecoder *second = decoder_of(SHUFFLE_BEST, false), *third = decoder_of(SHUFFLE_BEST, false);

    FUZZ_CHECK(decoder_restore(second->decoder, first, NULL));
    g_autoptr(GBytes) again = decoder_save(second->decoder);
    FUZZ_CHECK(g_bytes_get_size(again) == g_bytes_get_size(first));
    FUZZ_CHECK(decoder_restore(third->decoder, again, NULL));
    g_autoptr(GBytes) last = decoder_save(third->decoder);
    FUZZ_CHECK(g_bytes_get_size(last) == g_bytes_get_size(first));
    give_back(second);
    give_back(third);
}

/* However the fields are moved, and whatever lies behind a datagram, the records are the same. */
static void
check_twin(const FuzzDecoder *self)
{
    BooksTotals ours, its;

    decoder_totals(self->decoder, &ours);
    decoder_totals(self->twin->decoder, &its);
    FUZZ_CHECK(self->flows == self->twin->flows && self->losses == self->twin->losses);
    FUZZ_CHECK(self->digest == self->twin->digest);
    FUZZ_CHECK(memcmp(&ours.all, &its.all, sizeof ours.all) == 0);
}

void
fuzz_decoder_check(FuzzDecoder *self, int64_t time_ms)
{
    BooksTotals totals;

    self->begin_ms = time_ms;
    if (hears_more(self))
        return;
    flush(self, time_ms);
    decoder_totals(self->decoder, &totals);
    check_books(&totals.all);
    FUZZ_CHECK(totals.all.records + totals.all.late_records == self->flows);
    if (self->twin != NULL)
        check_twin(self);
    if (self->is_thorough) {
        check_exporters(self, (WallTime){ time_ms });
        check_state(self);
    }
}

/* Steps to the next datagram of a session; false at its end. */
static bool
next_datagram(Cursor *cur, uint8_t *control, const uint8_t **bytes, size_t *length)
{
    if (cursor_left(cur) < 3)
        return false;
    *control = cursor_u8(cur);
    size_t wanted = cursor_u16(cur);
    *length = MIN(wanted, cursor_left(cur));
    *bytes = cursor_take(cur, *length);
    return true;
}

void
fuzz_decoder_session(FuzzDecoder *self, const uint8_t *bytes, size_t length)
{
    Cursor cur = cursor_over(bytes, length);
    int64_t now_ms = self->begin_ms;
    const uint8_t *at;
    size_t n;
    uint8_t control;

    for (int i = 0; i < DATAGRAMS_MOST && next_datagram(&cur, &control, &at, &n); i++) {
        unsigned pause = control >> 3; /* 0 to 15: seconds; from there on in steps of ten minutes */
        now_ms += (int64_t)(pause < 16 ? pause : (pause - 15) * 600) * 1000;
        if (pause >= 16)
            flush(self, now_ms);
        fuzz_decoder_feed(self, at, n, control & 7, now_ms);
    }
    fuzz_decoder_check(self, now_ms + 1000);
}

static void
set_version(FuzzProtocol protocol, uint8_t *bytes, size_t length)
{
    static const uint8_t old_versions[] = { 5, 1, 7, 5 };
    static const uint8_t versions[] = { [FUZZ_NETFLOW9] = 9, [FUZZ_IPFIX] = 10 };

    if (protocol == FUZZ_SFLOW) {
        if (length >= 4)
            memcpy(bytes, (const uint8_t[]){ 0, 0, 0, 5 }, 4);
    } else if (length >= 2) {
        bytes[1] = protocol == FUZZ_NETFLOW5 ? old_versions[bytes[1] & 3] : versions[protocol];
        bytes[0] = 0;
    }
}

void
fuzz_protocol(FuzzProtocol protocol, const uint8_t *bytes, size_t length)
{
    g_autofree uint8_t *copy = g_memdup2(bytes, length);
    Cursor cur = cursor_over(copy, length);
    FuzzDecoder *decoder = fuzz_decoder_new(bytes, length, FUZZ_TWIN | FUZZ_KEEP);
    const uint8_t *at;
    uint8_t control;
    size_t n;

    while (next_datagram(&cur, &control, &at, &n))
        set_version(protocol, copy + (at - copy), n);
    fuzz_decoder_session(decoder, copy, length);
    fuzz_decoder_free(decoder);
}

static IpAddress
exporter_of(void *user, uint32_t index)
{
    return ip_from_v4(0xc0000201);
}

Scorer *
fuzz_scorer_new(const ScorerSink *sink)
{
    static const IpPrefix ours = { .address = { .bytes = { [10] = 0xff, 0xff, 198, 18 } }, .length = 111 };
    static const ScoringConf conf = { .budget = 5,
                                      .learn_days = 4,
                                      .window_s = 300,
                                      .max_assets = 100,
                                      .max_peers_per_asset = 100,
                                      .max_pairs = 1000,
                                      .series_assets = 10,
                                      .hash_seed = 1 };
    static AssetTable *assets;
    static PlaceTable *places;

    if (assets == NULL) {
        assets = asset_table_new(&ours, 1, NULL, NULL);
        places = place_table_new(NULL, 0, &ours, 1, NULL);
    }
    Scorer *scorer = scorer_new(&conf, assets, places, sink);
    scorer_set_exporters(scorer, exporter_of, NULL);
    return scorer;
}

FuzzFile
fuzz_file_open(const uint8_t *bytes, size_t length)
{
    FuzzFile file = { .fd = memfd_create("fuzz", MFD_CLOEXEC) };

    FUZZ_CHECK(file.fd >= 0 && write(file.fd, bytes, length) == (ssize_t)length);
    g_snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

void
fuzz_file_close(FuzzFile *self)
{
    close(self->fd);
}
