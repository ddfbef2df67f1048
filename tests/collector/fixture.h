/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture.h - a decoder whose output a test can look at, and a pen to write datagrams with
 *
 * Bytes are written big-endian, as on the wire. The clock is the test's: see Fixture.now_ms.
 */
#pragma once
#include "collector/decoder.h"
#include "collector/print.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"

#include <string.h>
#include <unistd.h>

/* The pen: a datagram in work. */
typedef struct Pen {
    uint8_t bytes[4096];
    size_t n;
} Pen;

static inline void
pen_put(Pen *pen, uint64_t value, unsigned length)
{
    g_assert_cmpuint(pen->n + length + DATAGRAM_SLACK, <=, sizeof pen->bytes);
    for (unsigned i = length; i-- > 0; value >>= 8)
        pen->bytes[pen->n + i] = (uint8_t)value;
    pen->n += length;
}

static inline void
pen_bytes(Pen *pen, const void *bytes, size_t length)
{
    g_assert_cmpuint(pen->n + length + DATAGRAM_SLACK, <=, sizeof pen->bytes);
    memcpy(pen->bytes + pen->n, bytes, length);
    pen->n += length;
}

static inline void
pen_ip(Pen *pen, const char *text)
{
    IpAddress ip = ip_of(text);

    if (strchr(text, ':') != NULL)
        pen_bytes(pen, ip.bytes, 16);
    else
        pen_bytes(pen, ip.bytes + 12, 4);
}

/* v9 header: 20 bytes. */
static inline void
pen_v9(Pen *pen, uint32_t uptime, uint32_t seconds, uint32_t sequence, uint32_t source_id)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 9, 2);
    pen_put(pen, 1, 2); /* count: nobody believes it */
    pen_put(pen, uptime, 4);
    pen_put(pen, seconds, 4);
    pen_put(pen, sequence, 4);
    pen_put(pen, source_id, 4);
}

/* IPFIX header: 16 bytes; its length grows with each set. */
static inline void
pen_ipfix(Pen *pen, uint32_t seconds, uint32_t sequence, uint32_t domain)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 10, 2);
    pen_put(pen, 0, 2);
    pen_put(pen, seconds, 4);
    pen_put(pen, sequence, 4);
    pen_put(pen, domain, 4);
}

static inline bool
pen_is_ipfix(const Pen *pen)
{
    return pen->bytes[1] == 10;
}

/* Begins a set. */
static inline size_t
pen_set(Pen *pen, uint16_t id)
{
    size_t at = pen->n;

    pen_put(pen, id, 2);
    pen_put(pen, 0, 2);
    return at;
}

/* The two bytes @at say how long what began at @from has become. */
static inline void
pen_length(Pen *pen, size_t at, size_t from)
{
    size_t length = pen->n - from;

    pen->bytes[at] = (uint8_t)(length >> 8);
    pen->bytes[at + 1] = (uint8_t)length;
}

/* Ends the set that began at @at. */
static inline void
pen_end(Pen *pen, size_t at)
{
    pen_length(pen, at + 2, at);
    if (pen_is_ipfix(pen))
        pen_length(pen, 2, 0);
}

static inline unsigned
pairs_count(const uint16_t *pairs)
{
    unsigned n = 0;

    while (pairs[2 * n] != 0)
        n++;
    return n;
}

static inline void
pen_pairs(Pen *pen, const uint16_t *pairs)
{
    for (; pairs[0] != 0; pairs += 2) {
        pen_put(pen, pairs[0], 2);
        pen_put(pen, pairs[1], 2);
    }
}

/* A template record: id, then pairs of element and length, ended by a 0. */
static inline void
pen_template(Pen *pen, uint16_t id, const uint16_t *pairs)
{
    pen_put(pen, id, 2);
    pen_put(pen, pairs_count(pairs), 2);
    pen_pairs(pen, pairs);
}

/* A set with a template, of the kind that the header's version has. */
static inline void
pen_template_set(Pen *pen, uint16_t id, const uint16_t *pairs)
{
    size_t set = pen_set(pen, pen_is_ipfix(pen) ? 2 : 0);

    pen_template(pen, id, pairs);
    pen_end(pen, set);
}

/* A set with an options template; the first @n_scopes of @pairs are the scope. */
static inline void
pen_options_template_set(Pen *pen, uint16_t id, unsigned n_scopes, const uint16_t *pairs)
{
    size_t set = pen_set(pen, pen_is_ipfix(pen) ? 3 : 1);
    unsigned n = pairs_count(pairs);

    pen_put(pen, id, 2);
    pen_put(pen, pen_is_ipfix(pen) ? n : 4 * n_scopes, 2); /* v9: bytes of the scope, bytes of the rest */
    pen_put(pen, pen_is_ipfix(pen) ? n_scopes : 4 * (n - n_scopes), 2);
    pen_pairs(pen, pairs);
    pen_end(pen, set);
}

typedef struct Fixture {
    Decoder *decoder;
    GArray *records;  /* FlowRecord */
    GArray *losses;   /* FlowLoss */
    GPtrArray *lines; /* NDJSON of each record shown */
    IpAddress source;
    int64_t now_ms;
    uint16_t port;  /* of the sender */
    uint64_t drops; /* that the kernel has counted at the socket */
} Fixture;

static inline FlowBatch *
fixture_flows(void *user, FlowBatch *batch)
{
    Fixture *self = user;

    g_array_append_vals(self->records, batch->records, batch->n);
    g_array_append_vals(self->losses, batch->losses, batch->n_losses);
    return batch;
}

static inline void
fixture_record(void *user, const RecordView *record)
{
    Fixture *self = user;
    TextBuf *text = g_new0(TextBuf, 1);

    textbuf_init(text, -1); /* nothing is written: the line stays in the buffer */
    print_record_json(text, NULL, record);
    g_assert_cmpuint(text->n, >, 1);
    g_ptr_array_add(self->lines, g_strndup(text->bytes, text->n - 1));
    g_free(text);
}

static inline void
fixture_init_with(Fixture *self, const DecoderConf *conf)
{
    const DecoderSink sink = { .user = self, .flows = fixture_flows, .record = fixture_record };

    *self = (Fixture){ .now_ms = INT64_C(1700000000000) };
    self->records = g_array_new(FALSE, FALSE, sizeof(FlowRecord));
    self->losses = g_array_new(FALSE, FALSE, sizeof(FlowLoss));
    self->lines = g_ptr_array_new_with_free_func(g_free);
    self->source = ip_from_v4(0xc0000201); /* 192.0.2.1 */
    self->decoder = decoder_new(conf, &sink);
}

static inline void
fixture_init(Fixture *self)
{
    const DecoderConf conf = { .allow_all = true };

    fixture_init_with(self, &conf);
}

static inline void
fixture_clear(Fixture *self)
{
    decoder_free(self->decoder);
    g_array_unref(self->records);
    g_array_unref(self->losses);
    g_ptr_array_unref(self->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static inline bool
fixture_send_bytes(Fixture *self, const void *bytes, size_t length)
{
    g_autofree uint8_t *copy = g_malloc(length + DATAGRAM_SLACK);
    Datagram datagram = { .bytes = copy,
                          .length = length,
                          .source = self->source,
                          .source_port = self->port,
                          .drops = self->drops,
                          .received = { self->now_ms } };

    memset(copy + length, 0xee, DATAGRAM_SLACK); /* what lies behind must not matter */
    memcpy(copy, bytes, length);
    bool taken = decoder_datagram(self->decoder, &datagram);
    decoder_flush(self->decoder, (WallTime){ self->now_ms });
    return taken;
}

static inline bool
fixture_send(Fixture *self, const Pen *pen)
{
    return fixture_send_bytes(self, pen->bytes, pen->n);
}

/* Ends the set that began at @set, and sends the datagram. */
static inline void
fixture_end(Fixture *self, Pen *pen, size_t set)
{
    pen_end(pen, set);
    g_assert_true(fixture_send(self, pen));
}

static inline Books
fixture_books(const Fixture *self)
{
    BooksTotals totals;
    uint64_t refused = 0;

    decoder_totals(self->decoder, &totals);
    for (int i = 0; i < N_REFUSALS; i++)
        refused += totals.all.refused[i];
    g_assert_cmpuint(totals.all.datagrams, ==, totals.all.decoded + refused); /* always */
    return totals.all;
}

static inline const FlowRecord *
fixture_flow(const Fixture *self, guint i)
{
    g_assert_cmpuint(i, <, self->records->len);
    return &g_array_index(self->records, FlowRecord, i);
}

static inline void
assert_ip(const IpAddress *ip, const char *text)
{
    char buffer[IP_TEXT];

    g_assert_cmpstr(ip_text(ip, buffer), ==, text);
}

/* The exporter as the API shows it; the caller owns it. */
static inline json_t *
fixture_exporter(const Fixture *self, uint32_t index)
{
    const Exporter *exporter = exporter_table_get(decoder_exporters(self->decoder), index);

    g_assert_nonnull(exporter);
    return exporter_to_json(exporter, (WallTime){ self->now_ms });
}

/* Lends; NULL when it is no text. */
static inline const char *
text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The finding with @code; NULL when there is none. */
static inline const json_t *
finding(const json_t *exporter, const char *code)
{
    size_t i;
    json_t *each;

    json_array_foreach(json_object_get(exporter, "diagnosis"), i,
                       each) if (strcmp(json_string_value(json_object_get(each, "code")), code) ==
                                 0) return each;
    return NULL;
}
