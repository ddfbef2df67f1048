/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection.c - see connection.h */
#include "collector/connection.h"

#include <string.h>
#include <xxhash.h>

enum {
    WAYS = 8,                        /* places that one connection may take */
    FORGOTTEN_MS = 24 * 3600 * 1000, /* nobody will tell of it any more: to be pushed out is no loss */
};

typedef struct Connection {
    uint64_t key; /* 0: free */
    int64_t start_ms, told_ms;
    uint64_t octets, packets, reverse_octets, reverse_packets; /* told so far */
} Connection;

struct ConnectionTable {
    uint64_t seed;
    uint64_t mask; /* of the number of a set */
    Connection sets[][WAYS];
};

ConnectionTable *
connection_table_new(uint32_t connections, uint64_t seed)
{
    uint64_t n_sets = 1;

    while (n_sets * WAYS < connections)
        n_sets *= 2;
    ConnectionTable *self = g_malloc0(sizeof *self + n_sets * sizeof self->sets[0]);
    self->seed = seed;
    self->mask = n_sets - 1;
    return self;
}

void
connection_table_free(ConnectionTable *self)
{
    g_free(self);
}

static uint64_t
key_of(const ConnectionTable *self, const ConnectionEvent *event, const FlowRecord *record)
{
    struct {
        IpAddress src, dst;
        uint64_t id;
        uint32_t exporter, domain, vrf;
        uint16_t src_port, dst_port;
        uint8_t protocol, is_nat, pad[6];
    } key = { .id = event->id,
              .exporter = record->exporter,
              .domain = record->domain,
              .protocol = record->protocol,
              .is_nat = event->is_nat };

    if (event->id == 0) {
        key.src = record->src;
        key.dst = record->dst;
        key.vrf = record->in_vrf;
        key.src_port = record->src_port;
        key.dst_port = record->dst_port;
    }
    return XXH3_64bits_withSeed(&key, sizeof key, self->seed) | 1; /* 0 means free */
}

static Connection *
find(ConnectionTable *self, uint64_t key)
{
    Connection *set = self->sets[key >> 1 & self->mask];

    for (int i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

/* A place for a new connection: a free one, or that of the one of which nothing has been told for longest. */
static Connection *
make(ConnectionTable *self, uint64_t key, int64_t now_ms, Books *books)
{
    Connection *set = self->sets[key >> 1 & self->mask], *oldest = &set[0];

    for (int i = 0; i < WAYS && oldest->key != 0; i++)
        if (set[i].key == 0 || set[i].told_ms < oldest->told_ms)
            oldest = &set[i];
    if (oldest->key != 0 && now_ms - oldest->told_ms < FORGOTTEN_MS)
        books->connections_forgotten++;
    *oldest = (Connection){ .key = key };
    return oldest;
}

/* RFC 8158 section 5.2.1 (natEvent), IANA's registry of firewallEvent. */
static FlowState
state_of(const ConnectionEvent *event, uint8_t code)
{
    static const uint8_t firewall[] = { FLOW_STATE_NONE,   FLOW_STATE_OPENED, FLOW_STATE_CLOSED,
                                        FLOW_STATE_DENIED, FLOW_STATE_OPEN,   FLOW_STATE_OPEN };
    static const uint8_t nat[] = {
        FLOW_STATE_NONE,   FLOW_STATE_OPENED, FLOW_STATE_CLOSED, FLOW_STATE_DENIED, /* no address was left */
        FLOW_STATE_OPENED, FLOW_STATE_CLOSED,                                       /* session of NAT44 */
        FLOW_STATE_OPENED, FLOW_STATE_CLOSED,                                       /* of NAT64 */
        FLOW_STATE_OPENED, FLOW_STATE_CLOSED,                                       /* binding of NAT44 */
        FLOW_STATE_OPENED, FLOW_STATE_CLOSED,                                       /* of NAT64 */
    };

    if (event->is_nat)
        return code < G_N_ELEMENTS(nat) ? (FlowState)nat[code] : FLOW_STATE_NONE;
    return code < G_N_ELEMENTS(firewall) ? (FlowState)firewall[code] : FLOW_STATE_NONE;
}

/* What of a running total is new. One that went back has begun anew. */
static uint64_t
news(uint64_t *told, uint64_t total)
{
    uint64_t added = total >= *told ? total - *told : total;

    *told = total;
    return added;
}

static void
take_news(Connection *known, FlowRecord *record)
{
    record->octets = news(&known->octets, record->octets);
    record->packets = news(&known->packets, record->packets);
    record->reverse_octets = news(&known->reverse_octets, record->reverse_octets);
    record->reverse_packets = news(&known->reverse_packets, record->reverse_packets);
}

/* Traffic is a flow, whatever event stands beside it: firewalls mark every flow. */
static void
settle_kind(FlowRecord *record)
{
    bool has_traffic = record->octets != 0 || record->reverse_octets != 0;

    record->kind = has_traffic ? FLOW_KIND_FLOW : FLOW_KIND_EVENT;
    if (has_traffic)
        record->event = 0;
}

static void
note_known(Connection *known, const ConnectionEvent *event, FlowRecord *record)
{
    bool is_first = known->told_ms == 0;

    if (is_first)
        known->start_ms = record->start_ms;
    if (event->has_totals && event->id != 0) {
        take_news(known, record);
        if (!is_first) /* this piece begins where the one before ended */
            record->start_ms = CLAMP(known->told_ms, record->start_ms, record->end_ms);
        if (record->state == FLOW_STATE_OPEN)
            record->end_reason = 2; /* and it goes on */
    } else if (record->state == FLOW_STATE_CLOSED) {
        record->start_ms = MIN(record->start_ms, known->start_ms);
    }
    known->told_ms = MAX(record->end_ms, 1);
}

void
connection_table_note(ConnectionTable *self, const ConnectionEvent *event, Books *books, FlowRecord *record)
{
    record->state = (uint8_t)state_of(event, record->event);
    if (record->state == FLOW_STATE_OPEN && event->has_totals && event->id == 0) {
        record->kind = FLOW_KIND_EVENT; /* the deletion will tell it again */
        return;
    }
    if (record->state != FLOW_STATE_NONE && record->state != FLOW_STATE_DENIED) {
        uint64_t key = key_of(self, event, record);
        Connection *known = find(self, key);

        if (known == NULL && record->state != FLOW_STATE_CLOSED)
            known = make(self, key, record->end_ms, books);
        if (known != NULL)
            note_known(known, event, record);
        if (known != NULL && record->state == FLOW_STATE_CLOSED)
            known->key = 0;
    }
    settle_kind(record);
}
