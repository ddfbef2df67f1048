/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exports.c - see exports.h */
#include "tests/eval/exports.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/capture-writer.h"

enum {
    DATAGRAM_BYTES = 1400,
    ANNOUNCE_MS = 20 * MINUTE_MS,
    TEMPLATE_FLOWS = 256,
    TEMPLATE_SAMPLING = 258,
    TEMPLATE_FEWER = 260,
    DOMAIN = 1,
    COLLECTOR = 0x7f000001,
    PORT = 2055,
    SOURCE_PORT = 50000
};
/* The core's uptime in milliseconds passes 32 bits on the thirteenth day. */
static const int64_t uptime_wrap_ms = INT64_C(1) << 32;

typedef struct Field {
    uint16_t element, length, v9_length; /* 0: not in v9 */
    bool is_extra;                       /* left out of the template with fewer fields */
} Field;

/* In v9 the stamps are 22 and 21, relative to the uptime (RFC 3954 section 8). */
static const Field fields[] = {
    { 8, 4, 4, false },  { 12, 4, 4, false }, { 7, 2, 2, false },  { 11, 2, 2, false },  { 4, 1, 1, false },
    { 10, 4, 2, false }, { 1, 8, 4, false },  { 2, 8, 4, false },  { 152, 8, 0, false }, { 153, 8, 0, false },
    { 22, 0, 4, false }, { 21, 0, 4, false }, { 15, 4, 4, true },  { 14, 4, 2, true },   { 6, 1, 1, true },
    { 16, 4, 4, true },  { 17, 4, 4, true },  { 136, 1, 0, true },
};

typedef struct ExportingRouter {
    uint32_t address, sequence;
    ExportFormat format;
    int64_t boot_ms, announced_ms;
    uint32_t said_sampling;
    bool said_fewer;
} ExportingRouter;

struct Exports {
    CaptureWriter *file;
    const Traffic *traffic;
    ExportingRouter routers[N_ROUTERS];
    uint8_t bytes[2048];
    size_t n, set_at;
    uint64_t records;
};

Exports *
exports_new(const char *path, const Traffic *traffic, const uint32_t addresses[N_ROUTERS],
            const ExportFormat formats[N_ROUTERS])
{
    CaptureWriter *file = capture_writer_open(path);
    int64_t begin_ms = traffic->calendar->begin_ms;

    if (file == NULL)
        return NULL;
    Exports *self = g_new0(Exports, 1);
    self->file = file;
    self->traffic = traffic;
    for (int i = 0; i < N_ROUTERS; i++)
        self->routers[i] =
            (ExportingRouter){ .address = addresses[i],
                               .format = formats[i],
                               .sequence = (uint32_t)draw_hash(traffic->network->seed, 77, (uint64_t)i, 0),
                               .boot_ms = begin_ms - (9 + i) * (int64_t)DAY_MS };
    self->routers[ROUTER_CORE].boot_ms = begin_ms + 12 * (int64_t)DAY_MS + 5 * HOUR_MS - uptime_wrap_ms;
    return self;
}

static void
put(Exports *self, uint64_t value, size_t length)
{
    uint64_t wire = GUINT64_TO_BE(value);

    g_assert(self->n + length <= sizeof self->bytes);
    memcpy(self->bytes + self->n, (const uint8_t *)&wire + (8 - length), length);
    self->n += length;
}

static void
set_at(Exports *self, size_t at, uint16_t value)
{
    uint16_t wire = GUINT16_TO_BE(value);

    memcpy(self->bytes + at, &wire, sizeof wire);
}

static void
open_set(Exports *self, uint16_t id)
{
    self->set_at = self->n;
    put(self, id, 2);
    put(self, 0, 2);
}

static void
close_set(Exports *self)
{
    while ((self->n - self->set_at) % 4 != 0)
        put(self, 0, 1);
    set_at(self, self->set_at + 2, (uint16_t)(self->n - self->set_at));
}

static void
begin(Exports *self, const ExportingRouter *router, int64_t now_ms)
{
    uint32_t sampling = router->said_sampling;

    self->n = 0;
    put(self, router->format, 2);
    put(self, 0, 2);
    if (router->format != EXPORT_IPFIX)
        put(self, (uint64_t)(now_ms - router->boot_ms) & UINT32_MAX, 4);
    put(self, (uint64_t)(now_ms / 1000), 4);
    if (router->format == EXPORT_V5)
        put(self, 0, 4); /* nanoseconds */
    put(self, router->sequence, 4);
    if (router->format == EXPORT_V5) {
        put(self, 0, 2); /* engine */
        put(self, 0x4000u | MIN(sampling, 0x3fff), 2);
    } else {
        put(self, DOMAIN, 4);
    }
}

/* @records: template, options and data records; @data: those that the sequence of v5 and IPFIX counts. */
static void
send(Exports *self, uint32_t number, int64_t now_ms, uint32_t records, uint32_t data)
{
    ExportingRouter *router = &self->routers[number];

    set_at(self, 2, router->format == EXPORT_IPFIX ? (uint16_t)self->n : (uint16_t)records);
    router->sequence += router->format == EXPORT_V9 ? 1 : data;
    capture_writer_add(self->file, now_ms + 1000 + (int64_t)number * 10, router->address,
                       (uint16_t)(SOURCE_PORT + number), COLLECTOR, PORT, self->bytes, self->n);
}

static uint16_t
field_length(const Field *field, ExportFormat format)
{
    return format == EXPORT_V9 ? field->v9_length : field->length;
}

static void
put_template(Exports *self, ExportFormat format, bool fewer)
{
    uint16_t n = 0;
    size_t count_at = self->n + 2;

    put(self, fewer ? TEMPLATE_FEWER : TEMPLATE_FLOWS, 2);
    put(self, 0, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        uint16_t length = field_length(&fields[i], format);
        if (length == 0 || (fewer && fields[i].is_extra))
            continue;
        put(self, fields[i].element, 2);
        put(self, length, 2);
        n++;
    }
    set_at(self, count_at, n);
}

static void
announce(Exports *self, uint32_t number, int64_t now_ms)
{
    static const uint16_t v9_sampling[] = { TEMPLATE_SAMPLING, 4, 8, 1, 4, 34, 4, 35, 1 };
    static const uint16_t ipfix_sampling[] = { TEMPLATE_SAMPLING, 2, 1, 149, 4, 34, 4 };
    ExportingRouter *router = &self->routers[number];
    bool is_v9 = router->format == EXPORT_V9;
    uint32_t sampling = traffic_sampling(self->traffic, number, now_ms);
    bool fewer = traffic_has_fault(self->traffic, number, now_ms, FAULT_TEMPLATE);
    bool is_news = sampling != router->said_sampling || fewer != router->said_fewer;

    if (!is_news && router->announced_ms != 0 && now_ms - router->announced_ms < ANNOUNCE_MS)
        return;
    router->announced_ms = now_ms;
    router->said_sampling = sampling;
    router->said_fewer = fewer;
    if (router->format == EXPORT_V5)
        return;
    begin(self, router, now_ms);
    open_set(self, is_v9 ? 0 : 2);
    put_template(self, router->format, fewer);
    close_set(self);
    open_set(self, is_v9 ? 1 : 3);
    for (size_t i = 0; i < (is_v9 ? G_N_ELEMENTS(v9_sampling) : G_N_ELEMENTS(ipfix_sampling)); i++)
        put(self, is_v9 ? v9_sampling[i] : ipfix_sampling[i], 2);
    close_set(self);
    open_set(self, TEMPLATE_SAMPLING);
    put(self, is_v9 ? 0 : DOMAIN, 4);
    put(self, sampling, 4);
    if (is_v9)
        put(self, 2, 1); /* random */
    close_set(self);
    send(self, number, now_ms, 3, 1);
}

static uint64_t
value_of(const EvalRecord *record, const ExportingRouter *router, uint16_t element)
{
    switch (element) {
    case 8:
        return record->src;
    case 12:
        return record->dst;
    case 7:
        return record->src_port;
    case 11:
        return record->dst_port;
    case 4:
        return record->protocol;
    case 6:
        return record->tcp_flags;
    case 10:
        return record->in_if;
    case 14:
        return record->out_if;
    case 15:
        return record->next_hop;
    case 16:
        return record->src_as;
    case 17:
        return record->dst_as;
    case 1:
        return record->octets;
    case 2:
        return record->packets;
    case 136:
        return record->end_reason;
    case 152:
        return (uint64_t)record->start_ms;
    case 153:
        return (uint64_t)record->end_ms;
    case 22:
        return (uint64_t)(record->start_ms - router->boot_ms);
    case 21:
        return (uint64_t)(record->end_ms - router->boot_ms);
    default:
        return 0;
    }
}

static void
put_v5(Exports *self, const ExportingRouter *router, const EvalRecord *record)
{
    put(self, record->src, 4);
    put(self, record->dst, 4);
    put(self, record->next_hop, 4);
    put(self, record->in_if, 2);
    put(self, record->out_if, 2);
    put(self, record->packets, 4);
    put(self, MIN(record->octets, UINT32_MAX), 4);
    put(self, (uint64_t)(record->start_ms - router->boot_ms), 4);
    put(self, (uint64_t)(record->end_ms - router->boot_ms), 4);
    put(self, record->src_port, 2);
    put(self, record->dst_port, 2);
    put(self, 0, 1);
    put(self, record->tcp_flags, 1);
    put(self, record->protocol, 1);
    put(self, 0, 1); /* TOS */
    put(self, record->src_as & 0xffff, 2);
    put(self, record->dst_as & 0xffff, 2);
    put(self, 0, 4); /* masks, padding */
}

static void
put_record(Exports *self, const ExportingRouter *router, const EvalRecord *record)
{
    if (router->format == EXPORT_V5) {
        put_v5(self, router, record);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (!(router->said_fewer && fields[i].is_extra))
            put(self, value_of(record, router, fields[i].element), field_length(&fields[i], router->format));
}

/* Records of one router that it exports at the same moment. */
static void
write_tick(Exports *self, uint32_t number, const EvalRecord *records, guint n)
{
    const ExportingRouter *router = &self->routers[number];
    guint most = router->format == EXPORT_V5 ? 28 : router->format == EXPORT_V9 ? 26 : 17;

    announce(self, number, records[0].export_ms);
    for (guint i = 0; i < n; i += most) {
        guint some = MIN(most, n - i);
        begin(self, router, records[0].export_ms);
        if (router->format != EXPORT_V5)
            open_set(self, router->said_fewer ? TEMPLATE_FEWER : TEMPLATE_FLOWS);
        for (guint j = 0; j < some; j++)
            put_record(self, router, &records[i + j]);
        if (router->format != EXPORT_V5)
            close_set(self);
        send(self, number, records[0].export_ms, some, some);
    }
    self->records += n;
}

/* By what tells records apart, so that the order does not hang on who made them. */
static int
compare_records(const void *a, const void *b)
{
    const EvalRecord *x = a, *y = b;
    const int64_t left[] = { x->export_ms, x->end_ms, x->src, x->dst, x->src_port, x->dst_port, x->start_ms };
    const int64_t right[] = {
        y->export_ms, y->end_ms, y->src, y->dst, y->src_port, y->dst_port, y->start_ms
    };

    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/* Takes out of @waiting what goes before @until_ms, sorted. */
static GArray *
take_due(GArray *waiting, int64_t until_ms)
{
    GArray *due = g_array_new(FALSE, FALSE, sizeof(EvalRecord));
    guint kept = 0;

    for (guint i = 0; i < waiting->len; i++) {
        const EvalRecord *record = &g_array_index(waiting, EvalRecord, i);
        if (record->export_ms < until_ms)
            g_array_append_vals(due, record, 1);
        else
            g_array_index(waiting, EvalRecord, kept++) = *record;
    }
    g_array_set_size(waiting, kept);
    g_array_sort(due, compare_records);
    return due;
}

void
exports_write(Exports *self, Traffic *traffic, int64_t until_ms)
{
    GArray *due[N_ROUTERS];
    guint at[N_ROUTERS] = { 0 };

    for (int i = 0; i < N_ROUTERS; i++)
        due[i] = take_due(traffic->routers[i].waiting, until_ms);
    while (true) {
        int64_t tick = INT64_MAX;
        for (int i = 0; i < N_ROUTERS; i++)
            if (at[i] < due[i]->len)
                tick = MIN(tick, g_array_index(due[i], EvalRecord, at[i]).export_ms);
        if (tick == INT64_MAX)
            break;
        for (uint32_t i = 0; i < N_ROUTERS; i++) {
            guint n = 0;
            while (at[i] + n < due[i]->len && g_array_index(due[i], EvalRecord, at[i] + n).export_ms == tick)
                n++;
            if (n > 0)
                write_tick(self, i, &g_array_index(due[i], EvalRecord, at[i]), n);
            at[i] += n;
        }
    }
    for (int i = 0; i < N_ROUTERS; i++)
        g_array_unref(due[i]);
}

uint64_t
exports_records(const Exports *self)
{
    return self->records;
}

bool
exports_close(Exports *self)
{
    bool ok = capture_writer_close(self->file);

    g_free(self);
    return ok;
}
