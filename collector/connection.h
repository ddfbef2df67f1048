/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.h - what firewalls and translators say of one connection, event by event, becomes flows that add
 * up
 *
 * A Cisco ASA tells of a connection when it is made, while it lasts (an update) and when it is deleted; the
 * counters of an update and of the deletion are those since the beginning. With the connection's id at hand
 * (flowId), each update becomes a flow of what was added since the one before, and the deletion one of the
 * rest; the pieces are marked as slices of a longer flow (flowEndReason 2). Without an id only the deletion
 * is a flow. Who tells deltas, as Juniper, Fortinet and Palo Alto do, needs no sums; nor does a translator
 * that logs without counters: its events stay events, and the last one knows when the session began.
 *
 * The table has a fixed number of places, made when the first event comes. What a crowd pushes out is
 * counted; it is not saved over a restart. Intake thread.
 */
#pragma once
#include "collector/exporter.h"
#include "collector/flow.h"

typedef struct ConnectionTable ConnectionTable;
/* For @connections, rounded up to a power of two. @seed keys the hash: who sends cannot choose which
 * connections meet. */
ConnectionTable *connection_table_new(uint32_t connections, uint64_t seed);
void connection_table_free(ConnectionTable *self);

typedef struct ConnectionEvent {
    uint64_t id;     /* flowId; 0: not told, then the addresses and ports tell */
    bool is_nat;     /* the event is a natEvent, else a firewallEvent */
    bool has_totals; /* counters run from the beginning of the connection */
} ConnectionEvent;

/*
 * Settles the kind, state, event, times and counters of @record, which has an event. @books counts what was
 * pushed out.
 */
void connection_table_note(ConnectionTable *self, const ConnectionEvent *event, Books *books,
                           FlowRecord *record);
