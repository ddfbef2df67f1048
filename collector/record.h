/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h - one data record as it was on the wire, element by element, for `talaya decode`
 *
 * The daemon never makes these; only printing does. A view lends everything and lives for one call.
 */
#pragma once
#include "collector/element.h"
#include "collector/flow.h"

typedef enum Protocol {
    PROTOCOL_NONE = 0,
    PROTOCOL_NETFLOW1,
    PROTOCOL_NETFLOW5,
    PROTOCOL_NETFLOW7,
    PROTOCOL_NETFLOW9,
    PROTOCOL_IPFIX,
    PROTOCOL_SFLOW,
} Protocol;
const char *protocol_name(Protocol protocol); /* netflow1 netflow5 netflow7 netflow9 ipfix sflow */

typedef struct FieldView {
    const Element
        *element; /* from the information model; never NULL (unknown ones are made when the template comes) */
    const uint8_t *at; /* network order, as on the wire */
    uint16_t length;
} FieldView;

typedef enum RecordKind {
    RECORD_FLOW = 0,
    RECORD_OPTIONS,
    RECORD_COUNTERS, /* sFlow counter sample */
    RECORD_DISCARD,  /* sFlow discarded packet: no traffic */
    N_RECORD_KINDS
} RecordKind;
const char *record_kind_name(RecordKind kind); /* flow options counters discard */

/* Fields that are not the record's own but lie within it, as the headers of a tunnelled packet do. Each group
 * is part of the one before it, the first of the record. */
typedef struct FieldGroup {
    const char *name;
    uint32_t first, n_fields; /* in RecordView.fields, behind its n_fields */
} FieldGroup;

/* When a flow was, as it is scored, where the record tells it only by other things: uptimes, distances to the
 * export, a duration. Milliseconds since 1970; 0: it says it itself, or not at all. */
typedef struct DerivedTimes {
    int64_t start_ms, end_ms;
} DerivedTimes;

typedef struct ListScope ListScope; /* list.h */

typedef struct RecordView {
    Protocol protocol;
    IpAddress exporter;
    uint32_t domain;
    uint16_t template_id; /* 0: the protocol has none */
    RecordKind kind;
    WallTime export_time;
    DerivedTimes derived;
    const FieldView *fields;
    uint32_t n_fields;
    uint32_t n_scope; /* the first @n_scope fields are an options record's scope */
    const FieldGroup *groups;
    uint32_t n_groups;
    const ListScope *lists; /* what the lists among the fields are made of */
} RecordView;
