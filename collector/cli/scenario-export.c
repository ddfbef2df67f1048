/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario-export.c - see scenario-export.h
 *
 * The encoders are written for the demo's own records only: fixed templates, whole datagrams of at most 1,400
 * bytes.
 */
#include "collector/cli/scenario-export.h"

#include <string.h>

#include "collector/cli/scenario-network.h"

enum {
    DATAGRAM_BYTES = 1400,
    ANNOUNCE_EVERY_MS = 30 * 60 * 1000,
    TEMPLATE_V4 = 256,
    TEMPLATE_V6 = 257,
    TEMPLATE_SAMPLING = 258,
    TEMPLATE_INTERFACE = 259,
    V9_NAME_BYTES = 16,
    V9_DESCRIPTION_BYTES = 24,
    VARIABLE = 65535,
    EXPORTER_NET = 0x7f420000, /* 127.66.0.0 */
    DOMAIN = 7,
};

typedef struct Field {
    uint16_t id, length;
} Field;

/* NetFlow v9, RFC 3954 section 8: stamps relative to the boot of the router. */
static const Field v9_v4[] = { { 8, 4 }, { 12, 4 }, { 15, 4 }, { 7, 2 },  { 11, 2 }, { 4, 1 },
                               { 6, 1 }, { 10, 2 }, { 14, 2 }, { 16, 4 }, { 17, 4 }, { 1, 4 },
                               { 2, 4 }, { 22, 4 }, { 21, 4 }, { 136, 1 } };
static const Field v9_v6[] = { { 27, 16 }, { 28, 16 }, { 62, 16 }, { 7, 2 },  { 11, 2 }, { 4, 1 },
                               { 6, 1 },   { 10, 2 },  { 14, 2 },  { 16, 4 }, { 17, 4 }, { 1, 4 },
                               { 2, 4 },   { 22, 4 },  { 21, 4 },  { 136, 1 } };
/* IPFIX: stamps in milliseconds since 1970, and the next AS on the way. */
static const Field ipfix_v4[] = { { 8, 4 }, { 12, 4 }, { 15, 4 },  { 7, 2 },   { 11, 2 }, { 4, 1 },
                                  { 6, 1 }, { 10, 4 }, { 14, 4 },  { 16, 4 },  { 17, 4 }, { 128, 4 },
                                  { 1, 8 }, { 2, 8 },  { 152, 8 }, { 153, 8 }, { 136, 1 } };
static const Field ipfix_v6[] = { { 27, 16 }, { 28, 16 }, { 62, 16 }, { 7, 2 },   { 11, 2 }, { 4, 1 },
                                  { 6, 1 },   { 10, 4 },  { 14, 4 },  { 16, 4 },  { 17, 4 }, { 128, 4 },
                                  { 1, 8 },   { 2, 8 },   { 152, 8 }, { 153, 8 }, { 136, 1 } };

typedef struct Writer {
    uint8_t bytes[2048];
    size_t n;
    size_t set_at; /* where the open set begins */
    uint16_t records;
} Writer;

static void
put(Writer *self, const void *bytes, size_t length)
{
    g_assert(self->n + length <= sizeof self->bytes);
    memcpy(self->bytes + self->n, bytes, length);
    self->n += length;
}

/* The low @length bytes of @value, in network order. */
static void
put_number(Writer *self, uint64_t value, size_t length)
{
    uint64_t wire = GUINT64_TO_BE(value);

    put(self, (const uint8_t *)&wire + (8 - length), length);
}

static void
put_ip(Writer *self, const IpAddress *ip, size_t length)
{
    put(self, ip->bytes + (16 - length), length);
}

static void
put_padded(Writer *self, const char *text, size_t length)
{
    char field[64] = { 0 };

    g_strlcpy(field, text, length);
    put(self, field, length);
}

static void
set_number_at(Writer *self, size_t at, uint16_t value)
{
    uint16_t wire = GUINT16_TO_BE(value);

    memcpy(self->bytes + at, &wire, sizeof wire);
}

static void
open_set(Writer *self, uint16_t id)
{
    self->set_at = self->n;
    put_number(self, id, 2);
    put_number(self, 0, 2);
}

static void
close_set(Writer *self)
{
    while ((self->n - self->set_at) % 4 != 0)
        put_number(self, 0, 1);
    set_number_at(self, self->set_at + 2, (uint16_t)(self->n - self->set_at));
}

static bool
is_ipfix(const ScenarioRouter *self)
{
    return self->index == 1;
}

static bool
is_v5(const ScenarioRouter *self)
{
    return self->index == 2;
}

static void
begin_datagram(const ScenarioRouter *self, Writer *to, int64_t now_ms)
{
    uint64_t uptime = (uint64_t)(now_ms - self->boot_ms), seconds = (uint64_t)(now_ms / 1000);

    to->n = to->records = 0;
    if (is_ipfix(self)) { /* RFC 7011 section 3.1 */
        put_number(to, 10, 2);
        put_number(to, 0, 2);
        put_number(to, seconds, 4);
        put_number(to, self->sequence, 4);
        put_number(to, DOMAIN, 4);
        return;
    }
    put_number(to, is_v5(self) ? 5 : 9, 2);
    put_number(to, 0, 2);
    put_number(to, uptime, 4);
    put_number(to, seconds, 4);
    if (is_v5(self))
        put_number(to, 0, 4); /* nanoseconds */
    put_number(to, self->sequence, 4);
    if (is_v5(self)) {
        put_number(to, 0, 2);      /* engine */
        put_number(to, 0x4001, 2); /* sampling: every packet */
    } else {
        put_number(to, DOMAIN, 4);
    }
}

/* @data_records: what the sequence of IPFIX and v5 counts; v9 counts datagrams. */
static bool
end_datagram(ScenarioRouter *self, Writer *to, int64_t now_ms, uint32_t data_records, ScenarioSend send,
             void *user, ScenarioTotals *totals)
{
    ScenarioDatagram datagram = { .bytes = to->bytes,
                                  .length = to->n,
                                  .router = self->index,
                                  .exporter = ip_from_v4(EXPORTER_NET + 1 + self->index),
                                  .port = (uint16_t)(50000 + self->index),
                                  .sent = { now_ms } };

    set_number_at(to, 2, is_ipfix(self) ? (uint16_t)to->n : to->records);
    self->sequence += is_ipfix(self) || is_v5(self) ? data_records : 1;
    totals->datagrams++;
    totals->bytes += to->n;
    return send(user, &datagram);
}

static void
put_template(Writer *to, uint16_t id, const Field *fields, size_t n)
{
    put_number(to, id, 2);
    put_number(to, n, 2);
    for (size_t i = 0; i < n; i++) {
        put_number(to, fields[i].id, 2);
        put_number(to, fields[i].length, 2);
    }
    to->records++;
}

static void
announce_v9(Writer *to)
{
    size_t n = 0;
    const ScenarioInterface *interfaces = scenario_interfaces(&n);
    static const uint16_t sampling[] = { TEMPLATE_SAMPLING, 4, 8, 1, 4, 34, 4, 35, 1 };
    static const uint16_t interface[] = { TEMPLATE_INTERFACE,  4, 8, 2, 4, 82, V9_NAME_BYTES, 83,
                                          V9_DESCRIPTION_BYTES };

    open_set(to, 0);
    put_template(to, TEMPLATE_V4, v9_v4, G_N_ELEMENTS(v9_v4));
    put_template(to, TEMPLATE_V6, v9_v6, G_N_ELEMENTS(v9_v6));
    close_set(to);
    open_set(to, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(sampling); i++)
        put_number(to, sampling[i], 2);
    for (size_t i = 0; i < G_N_ELEMENTS(interface); i++)
        put_number(to, interface[i], 2);
    close_set(to);
    to->records = (uint16_t)(to->records + 2);
    open_set(to, TEMPLATE_SAMPLING);
    put_number(to, 0, 4); /* scope: the system */
    put_number(to, 1, 4); /* one in one */
    put_number(to, 1, 1); /* deterministic */
    close_set(to);
    to->records++;
    open_set(to, TEMPLATE_INTERFACE);
    for (size_t i = 0; i < n; i++) {
        if (interfaces[i].router != 0)
            continue;
        put_number(to, interfaces[i].index, 4);
        put_padded(to, interfaces[i].name, V9_NAME_BYTES);
        put_padded(to, interfaces[i].description, V9_DESCRIPTION_BYTES);
        to->records++;
    }
    close_set(to);
}

/* Gives the number of data records: the options records. */
static uint32_t
announce_ipfix(Writer *to)
{
    size_t n = 0;
    const ScenarioInterface *interfaces = scenario_interfaces(&n);
    static const uint16_t sampling[] = { TEMPLATE_SAMPLING, 2, 1, 149, 4, 34, 4 };
    static const uint16_t interface[] = { TEMPLATE_INTERFACE, 3, 1, 10, 4, 82, VARIABLE, 83, VARIABLE };
    uint32_t records = 1;

    open_set(to, 2);
    put_template(to, TEMPLATE_V4, ipfix_v4, G_N_ELEMENTS(ipfix_v4));
    put_template(to, TEMPLATE_V6, ipfix_v6, G_N_ELEMENTS(ipfix_v6));
    close_set(to);
    open_set(to, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(sampling); i++)
        put_number(to, sampling[i], 2);
    for (size_t i = 0; i < G_N_ELEMENTS(interface); i++)
        put_number(to, interface[i], 2);
    close_set(to);
    open_set(to, TEMPLATE_SAMPLING);
    put_number(to, DOMAIN, 4);
    put_number(to, 1, 4);
    close_set(to);
    open_set(to, TEMPLATE_INTERFACE);
    for (size_t i = 0; i < n; i++) {
        if (interfaces[i].router != 1)
            continue;
        put_number(to, interfaces[i].index, 4);
        put_number(to, strlen(interfaces[i].name), 1);
        put(to, interfaces[i].name, strlen(interfaces[i].name));
        put_number(to, strlen(interfaces[i].description), 1);
        put(to, interfaces[i].description, strlen(interfaces[i].description));
        records++;
    }
    /* A record here has at least six bytes, so up to three bytes of padding are none (RFC 7011
     * section 3.3.1). */
    close_set(to);
    return records;
}

static bool
announce(ScenarioRouter *self, int64_t now_ms, ScenarioSend send, void *user, ScenarioTotals *totals)
{
    Writer to;
    uint32_t records = 0;

    if (is_v5(self) || (self->announced_ms != 0 && now_ms - self->announced_ms < ANNOUNCE_EVERY_MS))
        return true;
    self->announced_ms = now_ms;
    begin_datagram(self, &to, now_ms);
    if (is_ipfix(self))
        records = announce_ipfix(&to);
    else
        announce_v9(&to);
    return end_datagram(self, &to, now_ms, records, send, user, totals);
}

static void
put_v5(const ScenarioRouter *self, Writer *to, const ScenarioFlow *flow)
{
    put_ip(to, &flow->src, 4);
    put_ip(to, &flow->dst, 4);
    put_ip(to, &flow->next_hop, 4);
    put_number(to, flow->in_if, 2);
    put_number(to, flow->out_if, 2);
    put_number(to, flow->packets, 4);
    put_number(to, flow->octets, 4);
    put_number(to, (uint64_t)(flow->start_ms - self->boot_ms), 4);
    put_number(to, (uint64_t)(flow->end_ms - self->boot_ms), 4);
    put_number(to, flow->src_port, 2);
    put_number(to, flow->dst_port, 2);
    put_number(to, 0, 1);
    put_number(to, flow->tcp_flags, 1);
    put_number(to, flow->protocol, 1);
    put_number(to, 0, 1 + 2 + 2 + 1); /* TOS, AS numbers (all inside), ... */
    put_number(to, 0, 1 + 2);         /* ... masks, padding */
}

static void
put_templated(const ScenarioRouter *self, Writer *to, const ScenarioFlow *flow)
{
    size_t address = ip_is_v4(&flow->src) ? 4 : 16, counter = is_ipfix(self) ? 8 : 4,
           interface = is_ipfix(self) ? 4 : 2;
    uint64_t zero = is_ipfix(self) ? 0 : (uint64_t)self->boot_ms;

    put_ip(to, &flow->src, address);
    put_ip(to, &flow->dst, address);
    put_ip(to, &flow->next_hop, address);
    put_number(to, flow->src_port, 2);
    put_number(to, flow->dst_port, 2);
    put_number(to, flow->protocol, 1);
    put_number(to, flow->tcp_flags, 1);
    put_number(to, flow->in_if, interface);
    put_number(to, flow->out_if, interface);
    put_number(to, flow->src_as, 4);
    put_number(to, flow->dst_as, 4);
    if (is_ipfix(self))
        put_number(to, flow->next_as, 4);
    put_number(to, flow->octets, counter);
    put_number(to, flow->packets, counter);
    put_number(to, (uint64_t)flow->start_ms - zero, is_ipfix(self) ? 8 : 4);
    put_number(to, (uint64_t)flow->end_ms - zero, is_ipfix(self) ? 8 : 4);
    put_number(to, flow->end_reason, 1);
}

/* How many records of @template fit, counting 96 bytes for one of IPv4 and IPFIX, the largest of that family.
 */
static uint32_t
most_in_datagram(const ScenarioRouter *self, bool v6)
{
    if (is_v5(self))
        return 24;
    return (DATAGRAM_BYTES - 24u) / (v6 ? 112u : is_ipfix(self) ? 80u : 56u);
}

/* By family and end; then by what tells flows apart, so that the order hangs on no padding. The sort is
 * stable. */
static int
compare_flows(gconstpointer a, gconstpointer b)
{
    const ScenarioFlow *x = a, *y = b;

    if (ip_is_v4(&x->src) != ip_is_v4(&y->src))
        return ip_is_v4(&x->src) ? -1 : 1;
    if (x->end_ms != y->end_ms)
        return x->end_ms < y->end_ms ? -1 : 1;
    int order = memcmp(x->src.bytes, y->src.bytes, sizeof x->src.bytes);
    if (order == 0)
        order = memcmp(x->dst.bytes, y->dst.bytes, sizeof x->dst.bytes);
    if (order == 0)
        order = (int)x->src_port - (int)y->src_port;
    return order != 0 ? order : (int)x->dst_port - (int)y->dst_port;
}

bool
scenario_router_export(ScenarioRouter *self, int64_t now_ms, ScenarioSend send, void *user,
                       ScenarioTotals *totals)
{
    Writer to;

    if (!announce(self, now_ms, send, user, totals))
        return false;
    g_array_sort(self->flows, compare_flows);
    for (guint i = 0; i < self->flows->len;) {
        bool v6 = !ip_is_v4(&g_array_index(self->flows, ScenarioFlow, i).src);
        uint32_t n = 0, most = most_in_datagram(self, v6);
        begin_datagram(self, &to, now_ms);
        if (!is_v5(self))
            open_set(&to, v6 ? TEMPLATE_V6 : TEMPLATE_V4);
        for (; n < most && i < self->flows->len; n++, i++) {
            const ScenarioFlow *flow = &g_array_index(self->flows, ScenarioFlow, i);
            if (v6 == ip_is_v4(&flow->src))
                break;
            if (is_v5(self))
                put_v5(self, &to, flow);
            else
                put_templated(self, &to, flow);
        }
        if (!is_v5(self))
            close_set(&to);
        to.records = (uint16_t)n;
        totals->records += n;
        if (!end_datagram(self, &to, now_ms, n, send, user, totals))
            return false;
    }
    g_array_set_size(self->flows, 0);
    return true;
}

void
scenario_router_init(ScenarioRouter *self, uint32_t index, int64_t boot_ms, uint32_t sequence)
{
    *self = (ScenarioRouter){ .index = index, .boot_ms = boot_ms, .sequence = sequence };
    self->flows = g_array_new(FALSE, TRUE, sizeof(ScenarioFlow));
}

void
scenario_router_clear(ScenarioRouter *self)
{
    g_clear_pointer(&self->flows, g_array_unref);
}
