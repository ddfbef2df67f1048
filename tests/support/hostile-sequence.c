/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-sequence.c - sequence numbers that jump, come twice, come late, wrap, or begin anew
 *
 * NetFlow v5, v7 and IPFIX count records, v9 and sFlow datagrams; a place below is in datagrams, and each has
 * two records. What is not there is lost; nobody loses ten million units at once, so that is a new beginning.
 */
#include "tests/support/hostile-private.h"

enum { RECORDS = 2, HUGE_GAP = 10000000 };

static const Protocol protocols[] = { PROTOCOL_NETFLOW5, PROTOCOL_NETFLOW7, PROTOCOL_NETFLOW9, PROTOCOL_IPFIX,
                                      PROTOCOL_SFLOW };

/* How many numbers a datagram takes. */
static uint32_t
step_of(Protocol protocol)
{
    return protocol == PROTOCOL_NETFLOW9 || protocol == PROTOCOL_SFLOW ? 1 : RECORDS;
}

/* A datagram of two records with this number. */
static void
send_at(Hostile *self, uint32_t sequence)
{
    static const TemplateField fields[] = { { 0, 1, 4 } };

    self->sequence = sequence;
    if (self->protocol == PROTOCOL_SFLOW) {
        sflow_open(self, RECORDS);
        sflow_sample(self, 0, 0);
        sflow_sample(self, 0, 0);
    } else if (self->protocol == PROTOCOL_NETFLOW9 || self->protocol == PROTOCOL_IPFIX) {
        message_open(self);
        template_set(self, HOSTILE_TEMPLATE, fields, 1);
        fill_set(self, HOSTILE_TEMPLATE, (size_t)RECORDS * 4);
    } else {
        legacy_open(self, RECORDS);
        put_fill(self, RECORDS * legacy_record(self->protocol));
    }
    expect_records(self, RECORDS);
    message_close(self);
}

/* Steady, a gap of @gap units, steady again. */
static void
gap(Hostile *self, Protocol protocol, uint32_t gap)
{
    uint32_t step = step_of(protocol), from = 1000;

    case_begin(self, protocol, "%s-gap-of-%u", protocol_name(protocol), gap);
    send_at(self, from);
    send_at(self, from + step);
    for (uint32_t i = 0; i < 3; i++)
        send_at(self, from + gap + (2 + i) * step);
    /* Beyond half of all numbers it looks like a step back, and the next one shows that it is a new
     * beginning. */
    if (gap > HUGE_GAP)
        expect(self, "sequenceResets", 1);
    else
        expect(self, "sequenceLost", gap);
    case_end(self);
}

/* Places in datagrams from @from on, and what must be said. */
typedef struct Order {
    const char *name;
    uint32_t from;
    int32_t places[7]; /* up to a negative one */
    uint8_t lost, reordered, duplicates, resets;
} Order;

static const Order orders[] = {
    { "steady-over-the-wrap", UINT32_MAX - 3, { 0, 1, 2, 3, 4, -1 }, 0, 0, 0, 0 },
    { "gap-over-the-wrap", UINT32_MAX - 1, { 0, 1, 3, 4, 5, -1 }, 1, 0, 0, 0 },
    { "twice", 500, { 0, 1, 1, 2, 3, -1 }, 0, 0, 1, 0 },
    { "twice-later", 500, { 0, 1, 2, 3, 1, 4, -1 }, 0, 0, 1, 0 },
    { "twice-each", 500, { 0, 0, 1, 1, 2, -1 }, 0, 0, 2, 0 },
    { "swapped", 500, { 0, 2, 1, 3, 4, -1 }, 0, 1, 0, 0 },
    { "late-by-three", 500, { 0, 2, 3, 4, 1, 5, -1 }, 0, 1, 0, 0 },
    { "swapped-and-a-gap", 500, { 0, 2, 1, 5, 6, -1 }, 2, 1, 0, 0 },
    { "swapped-over-the-wrap", UINT32_MAX, { 0, 2, 1, 3, 4, -1 }, 0, 1, 0, 0 },
    { "begun-anew", 1000, { 700, 701, 0, 1, 2, -1 }, 0, 0, 0, 1 },
    { "begun-anew-at-zero", 0, { 7000, 7001, 0, 1, 2, -1 }, 0, 0, 0, 1 },
    { "first-is-the-largest", UINT32_MAX, { 0, 1, 2, -1 }, 0, 0, 0, 0 },
    { "the-same-always", 42, { 0, 0, 0, -1 }, 0, 0, 2, 0 },
};

static void
in_order(Hostile *self, Protocol protocol, const Order *order)
{
    uint32_t step = step_of(protocol);

    case_begin(self, protocol, "%s-%s", protocol_name(protocol), order->name);
    for (const int32_t *place = order->places; *place >= 0; place++)
        send_at(self, order->from + (uint32_t)*place * step);
    expect(self, "sequenceLost", order->lost * step);
    expect(self, "sequenceReordered", order->reordered);
    expect(self, "sequenceDuplicates", order->duplicates);
    expect(self, "sequenceResets", order->resets);
    case_end(self);
}

/* The header's uptime goes back: the device has started anew, wherever its numbers begin. */
static void
reboot(Hostile *self, Protocol protocol, uint32_t before, uint32_t after, bool is_reboot)
{
    case_begin(self, protocol, "%s-uptime-%u-then-%u", protocol_name(protocol), before, after);
    self->uptime = before;
    send_at(self, 100000);
    self->uptime = after;
    /* What is no reboot goes on with the next number. */
    send_at(self, is_reboot ? 7 : 100000 + step_of(protocol));
    expect(self, "sequenceResets", is_reboot);
    case_end(self);
}

void
hostile_sequence(Hostile *self)
{
    static const uint32_t gaps[] = { 1,
                                     2,
                                     3,
                                     7,
                                     100,
                                     65535,
                                     65536,
                                     1000000,
                                     HUGE_GAP - 1,
                                     HUGE_GAP,
                                     HUGE_GAP + 1,
                                     0x7ffffff0,
                                     0x7fffffff,
                                     0x80000000,
                                     0x80000001,
                                     0xfffffc00 };
    static const struct {
        uint32_t before, after;
        bool is_reboot;
    } uptimes[] = { { 864000000, 1000, true },       { 864000000, 0, true },    { 0xf0000000, 5000, true },
                    { 864000000, 863990000, false }, { 0xffffffff, 0, false },  { 0xfffffc18, 1000, false },
                    { 0, 0xffffffff, false },        { 5000, 864000000, false } };

    for (size_t p = 0; p < G_N_ELEMENTS(protocols); p++) {
        for (size_t i = 0; i < G_N_ELEMENTS(gaps); i++)
            gap(self, protocols[p], gaps[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
            in_order(self, protocols[p], &orders[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(uptimes) && protocols[p] != PROTOCOL_IPFIX; i++)
            reboot(self, protocols[p], uptimes[i].before, uptimes[i].after, uptimes[i].is_reboot);
    }
}
