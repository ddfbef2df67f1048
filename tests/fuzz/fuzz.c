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

enum { START_S = 1767225600, DATAGRAMS_MOST = 64 };

struct FuzzDecoder {
    Decoder *decoder;
    TextBuf *out; /* to /dev/null */
    uint64_t records_shown, flows;
};

void
fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

static FlowBatch *
take_flows(void *user, FlowBatch *batch)
{
    FuzzDecoder *self = user;

    FUZZ_CHECK(batch->n <= FLOW_BATCH_MOST && batch->n_losses <= FLOW_BATCH_LOSSES);
    self->flows += batch->n;
    batch->n = batch->n_losses = 0;
    return batch;
}

static void
print_both(void *user, const RecordView *record)
{
    FuzzDecoder *self = user;

    print_record_json(self->out, record);
    print_record_csv(self->out, record);
    self->records_shown++;
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

FuzzDecoder *
fuzz_decoder_new(void)
{
    FuzzDecoder *self = g_new0(FuzzDecoder, 1);
    DecoderConf conf = { .allow_all = true,
                         .hash_seed = 1,
                         .model = shared_model(),
                         .max_exporters = 6,
                         .max_templates = 64,
                         .max_fields = 200,
                         .max_template_bytes = 1 << 16,
                         .max_held_bytes = 1 << 14,
                         .max_domains = 8 };
    DecoderSink sink = { .user = self, .flows = take_flows, .record = print_both };

    self->out = g_new(TextBuf, 1);
    textbuf_init(self->out, nowhere());
    self->decoder = decoder_new(&conf, &sink);
    return self;
}

void
fuzz_decoder_free(FuzzDecoder *self)
{
    decoder_free(self->decoder);
    g_free(self->out);
    g_free(self);
}

Decoder *
fuzz_decoder_get(FuzzDecoder *self)
{
    return self->decoder;
}

void
fuzz_decoder_feed(FuzzDecoder *self, const uint8_t *bytes, size_t length, uint32_t exporter, int64_t time_ms)
{
    size_t used = MIN(length, (size_t)DATAGRAM_MOST);
    g_autofree uint8_t *room = g_malloc(used + DATAGRAM_SLACK);

    if (used > 0)
        memcpy(room, bytes, used);
    memset(room + used, 0xa5, DATAGRAM_SLACK); /* must not show in any result */
    Datagram datagram = { .bytes = room,
                          .length = used,
                          .source = ip_from_v4(0xc0000200u + exporter),
                          .source_port = (uint16_t)(40000 + exporter),
                          .received = { time_ms } };
    decoder_datagram(self->decoder, &datagram);
}

static void
check_books(const Books *books)
{
    uint64_t refused = 0;

    for (size_t i = 0; i < N_REFUSALS; i++)
        refused += books->refused[i];
    FUZZ_CHECK(books->datagrams == books->decoded + refused);
}

void
fuzz_decoder_check(FuzzDecoder *self, int64_t time_ms)
{
    const ExporterTable *table = decoder_exporters(self->decoder);
    WallTime now = { time_ms };
    BooksTotals totals;

    decoder_flush(self->decoder, now);
    decoder_totals(self->decoder, &totals);
    check_books(&totals.all);
    FUZZ_CHECK(totals.all.records + totals.all.late_records == self->flows);
    for (uint32_t i = 0; i < exporter_table_count(table); i++) {
        json_t *object = exporter_to_json(exporter_table_get(table, i), now);
        check_books(exporter_books(exporter_table_get(table, i)));
        FUZZ_CHECK(object != NULL);
        char *text = json_dumps(object, JSON_COMPACT); /* NULL for what is no UTF-8 */
        FUZZ_CHECK(text != NULL);
        free(text);
        json_decref(object);
    }
    g_autoptr(GBytes) state = decoder_save(self->decoder);
    FuzzDecoder *second = fuzz_decoder_new();
    FUZZ_CHECK(decoder_restore(second->decoder, state, NULL));
    fuzz_decoder_free(second);
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
    int64_t now_ms = (int64_t)START_S * 1000;
    const uint8_t *at;
    size_t n;
    uint8_t control;

    for (int i = 0; i < DATAGRAMS_MOST && next_datagram(&cur, &control, &at, &n); i++) {
        unsigned pause = control >> 3; /* 0 to 15: seconds; from there on in steps of ten minutes */
        now_ms += (int64_t)(pause < 16 ? pause : (pause - 15) * 600) * 1000;
        if (pause >= 16)
            decoder_flush(self->decoder, (WallTime){ now_ms });
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
    FuzzDecoder *decoder = fuzz_decoder_new();
    const uint8_t *at;
    uint8_t control;
    size_t n;

    while (next_datagram(&cur, &control, &at, &n))
        set_version(protocol, copy + (at - copy), n);
    fuzz_decoder_session(decoder, copy, length);
    fuzz_decoder_free(decoder);
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
