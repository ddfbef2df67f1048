/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.c - see load.h */
#include "tests/bench/load.h"
#include "tests/support/generator.h"

#include <math.h>
#include <string.h>

enum {
    INSIDE = 8192,
    OUTSIDE = 200000,
    ZIPF_SLOTS = 1 << 16,
    RECENT = 1 << 16,  /* pairs that may meet again */
    ANSWER_AFTER = 16, /* flows */
    ANSWERED_PERCENT = 96,
    STRIDE = 7919, /* prime, and no divisor of OUTSIDE: a host's new peers come round after OUTSIDE */
    INSIDE_NET = 0x0a000000,  /* 10.0.0.0 */
    OUTSIDE_NET = 0x2d000000, /* 45.0.0.0 */
    NEXT_HOP = 0x0a640001,
    UPTIME_MS = 10 * 86400 * 1000,
    TEMPLATE_ID = 260,
    MOST_FIELDS = 20,
};

/* What a record says. The order is that of `flow_values`. */
typedef enum Value {
    SRC,
    DST,
    NEXT,
    IN_IF,
    OUT_IF,
    PACKETS,
    OCTETS,
    START,
    END,
    SRC_PORT,
    DST_PORT,
    FLAGS,
    PROTOCOL,
    TOS,
    SRC_AS,
    DST_AS,
    SRC_MASK,
    DST_MASK,
    DIRECTION,
    LAST, /* VLAN or flowEndReason */
    NOTHING,
    N_VALUES
} Value;

typedef struct Field {
    uint16_t id; /* information element, or v9 field type */
    uint8_t length;
    uint8_t value; /* Value */
} Field;

typedef struct Format {
    const char *name;
    uint16_t version, header, records; /* @records of a datagram: below 1,500 bytes of IP */
    bool has_uptime;                   /* START and END count from the exporter's start */
    uint8_t n_fields;
    Field fields[MOST_FIELDS + 1];
} Format;

static const Format formats[] = {
    { "v5", 5, 24, 30, true, 20, { { 8, 4, SRC },       { 12, 4, DST },      { 15, 4, NEXT },
                                   { 10, 2, IN_IF },    { 14, 2, OUT_IF },   { 2, 4, PACKETS },
                                   { 1, 4, OCTETS },    { 22, 4, START },    { 21, 4, END },
                                   { 7, 2, SRC_PORT },  { 11, 2, DST_PORT }, { 0, 1, NOTHING },
                                   { 6, 1, FLAGS },     { 4, 1, PROTOCOL },  { 5, 1, TOS },
                                   { 16, 2, SRC_AS },   { 17, 2, DST_AS },   { 9, 1, SRC_MASK },
                                   { 13, 1, DST_MASK }, { 0, 2, NOTHING } } },
    { "v9", 9, 20, 24, true, 20, { { 8, 4, SRC },        { 12, 4, DST },      { 15, 4, NEXT },
                                   { 10, 4, IN_IF },     { 14, 4, OUT_IF },   { 2, 4, PACKETS },
                                   { 1, 4, OCTETS },     { 22, 4, START },    { 21, 4, END },
                                   { 7, 2, SRC_PORT },   { 11, 2, DST_PORT }, { 6, 1, FLAGS },
                                   { 4, 1, PROTOCOL },   { 5, 1, TOS },       { 16, 4, SRC_AS },
                                   { 17, 4, DST_AS },    { 9, 1, SRC_MASK },  { 13, 1, DST_MASK },
                                   { 61, 1, DIRECTION }, { 58, 2, LAST } } },
    { "ipfix", 10, 16, 19, false, 20, { { 8, 4, SRC },        { 12, 4, DST },      { 15, 4, NEXT },
                                        { 10, 4, IN_IF },     { 14, 4, OUT_IF },   { 2, 8, PACKETS },
                                        { 1, 8, OCTETS },     { 152, 8, START },   { 153, 8, END },
                                        { 7, 2, SRC_PORT },   { 11, 2, DST_PORT }, { 6, 2, FLAGS },
                                        { 4, 1, PROTOCOL },   { 5, 1, TOS },       { 16, 4, SRC_AS },
                                        { 17, 4, DST_AS },    { 9, 1, SRC_MASK },  { 13, 1, DST_MASK },
                                        { 61, 1, DIRECTION }, { 136, 1, LAST } } },
};

typedef struct Pair {
    uint32_t inside, outside; /* addresses */
} Pair;

typedef struct Builder {
    const Format *format;
    const LoadConf *conf;
    uint64_t random;
    uint16_t zipf[ZIPF_SLOTS]; /* host number, each as often as its share says */
    uint32_t met[INSIDE];      /* how many peers a host has got so far */
    Pair recent[RECENT];
    uint32_t n_pairs;
    uint32_t exporter; /* in work */
    uint32_t n_drawn;
    uint64_t asked[ANSWER_AFTER][N_VALUES]; /* ring of flows that wait for their answer */
    uint32_t sequence[LOAD_MOST_EXPORTERS]; /* in the protocol's own unit */
} Builder;

static uint8_t *
put(uint8_t *at, uint64_t value, size_t length)
{
    for (size_t i = length; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
    return at + length;
}

static uint32_t
below(Builder *self, uint32_t limit)
{
    return (uint32_t)(((generator_random(&self->random) >> 32) * limit) >> 32);
}

/* ---- who talks to whom ---- */

static void
fill_zipf(Builder *self)
{
    double sum = 0, so_far = 0;
    uint32_t slot = 0;

    for (uint32_t host = 0; host < INSIDE; host++)
        sum += 1.0 / (host + 1);
    for (uint32_t host = 0; host < INSIDE; host++) {
        so_far += 1.0 / (host + 1);
        while (slot < ZIPF_SLOTS && slot < so_far / sum * ZIPF_SLOTS)
            self->zipf[slot++] = (uint16_t)host;
    }
    while (slot < ZIPF_SLOTS)
        self->zipf[slot++] = INSIDE - 1;
}

/* A host and the one outside that it met as number @met. */
static Pair
pair_of(uint32_t host, uint32_t met)
{
    uint64_t peer = ((uint64_t)met * STRIDE + (uint64_t)host * 24571) % OUTSIDE;

    return (Pair){ INSIDE_NET + host, OUTSIDE_NET + (uint32_t)peer * 61 };
}

/* One that stands behind the exporter in work, where that makes a difference. */
static uint32_t
draw_host(Builder *self)
{
    uint32_t host = self->zipf[below(self, ZIPF_SLOTS)];

    while (self->conf->is_talk && host % self->conf->exporters != self->exporter)
        host = self->zipf[below(self, ZIPF_SLOTS)];
    return host;
}

static Pair
new_pair(Builder *self)
{
    uint32_t host = draw_host(self);
    Pair pair = pair_of(host, self->met[host]++);

    self->recent[self->n_pairs++ % RECENT] = pair;
    return pair;
}

static Pair
old_pair(Builder *self)
{
    if (!self->conf->is_talk)
        return self->recent[below(self, MIN(self->n_pairs, (uint32_t)RECENT))];
    uint32_t host = draw_host(self), met = self->met[host];
    if (met == 0)
        return new_pair(self);
    return pair_of(host, met - (uint32_t)exp2(log2(met) * below(self, 1 << 16) / 65536));
}

static void
draw_flow(Builder *self, int64_t export_ms, uint64_t values[N_VALUES])
{
    static const uint16_t ports[] = { 443, 443, 443, 443, 80, 53, 22, 123, 993, 8443 };
    bool is_new = self->n_pairs == 0 || below(self, 100) < self->conf->new_percent;
    Pair pair = is_new ? new_pair(self) : old_pair(self);
    uint16_t service = ports[below(self, G_N_ELEMENTS(ports))], own = (uint16_t)(32768 + below(self, 28000));
    bool is_outbound = is_new ? below(self, 10) < 7 : below(self, 2) == 0;
    uint32_t packets = 1 + below(self, 1u << (1 + below(self, 8)));
    uint32_t inner_if = self->conf->is_talk ? pair.inside % 16 : below(self, 16), as = pair.outside % 4096;
    uint32_t outer_if = self->conf->is_talk ? as % 2 : below(self, 2);
    int64_t end_ms = export_ms - below(self, 15000), start_ms = end_ms - below(self, 20000);
    int64_t boot_ms = self->format->has_uptime ? self->conf->base_ms - UPTIME_MS : 0;

    memset(values, 0, N_VALUES * sizeof *values);
    values[SRC] = is_outbound ? pair.inside : pair.outside;
    values[DST] = is_outbound ? pair.outside : pair.inside;
    values[NEXT] = NEXT_HOP + (self->conf->is_talk ? as % 4 : below(self, 4));
    values[IN_IF] = is_outbound ? 1 + inner_if : 101 + outer_if;
    values[OUT_IF] = is_outbound ? 101 + outer_if : 1 + inner_if;
    values[PACKETS] = packets;
    values[OCTETS] = (uint64_t)packets * (40 + below(self, 1400));
    values[START] = (uint64_t)(start_ms - boot_ms);
    values[END] = (uint64_t)(end_ms - boot_ms);
    values[SRC_PORT] = is_outbound ? own : service;
    values[DST_PORT] = is_outbound ? service : own;
    values[PROTOCOL] = service == 53 || service == 123 ? 17 : 6;
    values[FLAGS] = values[PROTOCOL] == 6 ? 0x1b : 0;
    values[SRC_AS] = is_outbound ? 64500 : 1000 + as;
    values[DST_AS] = is_outbound ? 1000 + as : 64500;
    values[SRC_MASK] = values[DST_MASK] = 19;
    values[LAST] = 1;
}

/* The other direction of @asked. */
static void
draw_answer(Builder *self, const uint64_t asked[N_VALUES], uint64_t values[N_VALUES])
{
    static const Value swapped[][2] = {
        { SRC, DST }, { IN_IF, OUT_IF }, { SRC_PORT, DST_PORT }, { SRC_AS, DST_AS }
    };
    uint32_t packets = 1 + below(self, 1u << (1 + below(self, 8)));

    memcpy(values, asked, N_VALUES * sizeof *values);
    for (size_t i = 0; i < G_N_ELEMENTS(swapped); i++) {
        values[swapped[i][0]] = asked[swapped[i][1]];
        values[swapped[i][1]] = asked[swapped[i][0]];
    }
    values[PACKETS] = packets;
    values[OCTETS] = (uint64_t)packets * (40 + below(self, 1400));
    values[START] = MIN(asked[START] + 1 + below(self, 50), asked[END]);
}

static void
draw_record(Builder *self, int64_t export_ms, uint64_t values[N_VALUES])
{
    uint32_t number = self->n_drawn++, at = number / 2 % ANSWER_AFTER;
    bool is_warm = number > 2 * ANSWER_AFTER, is_ask = number % 2 == 0;

    if (self->conf->is_talk && is_warm && !is_ask && below(self, 100) < ANSWERED_PERCENT) {
        draw_answer(self, self->asked[(at + 1) % ANSWER_AFTER], values); /* the oldest */
        return;
    }
    draw_flow(self, export_ms, values);
    if (is_ask)
        memcpy(self->asked[at], values, sizeof self->asked[at]);
}

/* ---- bytes ---- */

static uint32_t
datagram_size(const Format *format)
{
    uint32_t record = 0;

    for (uint8_t i = 0; i < format->n_fields; i++)
        record += format->fields[i].length;
    return format->header + (format->version == 5 ? 0 : 4u) + format->records * record;
}

/* @count: of records, as v5 and v9 say it; @advance: by how much the sequence goes on. */
static uint8_t *
put_header(Builder *self, uint8_t *at, uint32_t exporter, uint32_t size, uint32_t count, int64_t export_ms)
{
    const Format *format = self->format;
    uint64_t uptime_ms = (uint64_t)(export_ms - self->conf->base_ms + UPTIME_MS);

    at = put(at, format->version, 2);
    at = put(at, format->version == 10 ? size : count, 2);
    if (format->version != 10)
        at = put(at, uptime_ms, 4);
    at = put(at, (uint64_t)(export_ms / 1000), 4);
    if (format->version == 5)
        at = put(at, (uint64_t)(export_ms % 1000) * 1000000, 4);
    at = put(at, self->sequence[exporter], 4);
    if (format->version == 5)
        return put(at, 0, 4); /* engine, sampling */
    return put(at, 1, 4);     /* source id, observation domain */
}

static void
put_datagram(Builder *self, uint8_t *at, uint32_t exporter, uint32_t size, int64_t export_ms)
{
    const Format *format = self->format;
    uint64_t values[N_VALUES];

    self->exporter = exporter;
    at = put_header(self, at, exporter, size, format->records, export_ms);
    if (format->version != 5)
        at = put(put(at, TEMPLATE_ID, 2), size - format->header, 2);
    for (uint16_t i = 0; i < format->records; i++) {
        draw_record(self, export_ms, values);
        for (uint8_t f = 0; f < format->n_fields; f++)
            at = put(at, values[format->fields[f].value], format->fields[f].length);
    }
    self->sequence[exporter] += format->version == 9 ? 1 : format->records;
}

static GBytes *
make_template(Builder *self, uint32_t exporter)
{
    const Format *format = self->format;
    uint32_t set = 8u + 4u * format->n_fields, size = format->header + set;
    uint8_t *bytes, *at;

    if (format->version == 5)
        return NULL;
    bytes = g_malloc(size);
    at = put_header(self, bytes, exporter, size, 1, self->conf->base_ms);
    at = put(put(at, format->version == 9 ? 0 : 2, 2), set, 2);
    at = put(put(at, TEMPLATE_ID, 2), format->n_fields, 2);
    for (uint8_t f = 0; f < format->n_fields; f++)
        at = put(put(at, format->fields[f].id, 2), format->fields[f].length, 2);
    self->sequence[exporter] += format->version == 9 ? 1 : 0;
    return g_bytes_new_take(bytes, size);
}

static const Format *
find_format(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

uint32_t
load_records_each(const char *name)
{
    const Format *format = find_format(name);

    return format != NULL ? format->records : 0;
}

uint32_t
load_exporter(const Load *self, uint32_t index)
{
    return index < self->conf.datagrams ? index / self->conf.burst % self->conf.exporters
                                        : index - self->conf.datagrams;
}

Load *
load_new(const LoadConf *conf)
{
    const Format *format = find_format(conf->format);

    if (format == NULL || conf->exporters == 0 || conf->exporters > LOAD_MOST_EXPORTERS || conf->burst == 0)
        return NULL;
    Load *self = g_new0(Load, 1);
    self->conf = *conf;
    self->records_each = format->records;
    self->size = datagram_size(format);
    uint32_t round = conf->burst * conf->exporters;
    self->conf.datagrams = (conf->datagrams + round - 1) / round * round;
    uint32_t n = self->conf.datagrams + conf->exporters;
    self->bytes = g_malloc((gsize)n * self->size);

    g_autofree Builder *builder = g_new0(Builder, 1);
    builder->format = format;
    builder->conf = &self->conf;
    builder->random = conf->seed;
    fill_zipf(builder);
    for (uint32_t i = 0; i < conf->exporters; i++)
        self->templates[i] = make_template(builder, i);
    for (uint32_t i = 0; i < n; i++)
        put_datagram(builder, self->bytes + (gsize)i * self->size, load_exporter(self, i), self->size,
                     conf->base_ms + (int64_t)(i * 1000.0 / conf->rate));
    return self;
}

void
load_free(Load *self)
{
    if (self == NULL)
        return;
    for (uint32_t i = 0; i < self->conf.exporters; i++)
        g_clear_pointer(&self->templates[i], g_bytes_unref);
    g_free(self->bytes);
    g_free(self);
}
