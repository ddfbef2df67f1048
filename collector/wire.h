/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h - what the wire formats share: the datagram in work, and the way its sets become records
 *
 * A format's file (netflow5.c, netflow9.c, ipfix.c, sflow.c) knows headers and sets; what a set's bytes mean
 * is known here. All formats have one signature: they take what lies behind nothing (the whole datagram) and
 * return N_REFUSALS, or the reason why they refuse all of it. Parts that are refused are counted with
 * wire_malformed.
 */
#pragma once
#include "collector/decoder.h"
#include "collector/exporter-private.h"
#include "collector/frame.h"
#include "collector/list.h"
#include "collector/work.h"

typedef struct Wire {
    /* for the decoder's life */
    const ElementModel *model; /* borrowed */
    ExporterTable *table;
    DecoderSink sink;
    ExporterLimits limits;
    ShuffleVersion shuffles;       /* that new templates are compiled to */
    FlowBatch *batch;              /* being filled; NULL while nobody wants flows */
    FlowRecord *scratch;           /* stands in for a batch then */
    Template *fixed[3];            /* NetFlow v1, v5, v7 */
    TemplateDefinition definition; /* room for the one in work; its fields are owned */
    const uint8_t **at;            /* room for the fields of one record */
    uint16_t *lengths;
    FieldView *views;
    ListRoom *lists;  /* room for those of the lists in it */
    bool has_changed; /* since the last save */

    /* of the datagram in work */
    Exporter *exporter;
    Domain *domain;
    const Datagram *datagram;
    int64_t received_ms;
    int64_t header_ms; /* @export_ms as it stands in the header, right or wrong */
    int64_t export_ms;
    uint32_t uptime;
    bool has_uptime;             /* @uptime is the header's */
    uint32_t flows, options;     /* records in it */
    uint32_t templates, repeats; /* definitions in it; those of them that were known */
    bool is_whole;               /* every set of it could be read */
    bool is_late;                /* a held set is being decoded */
    int64_t work;                /* that it may still make us do; see wire_may */
} Wire;

Refusal netflow5_decode(Wire *self, Cursor cur); /* v1, v5, v7 */
Refusal netflow9_decode(Wire *self, Cursor cur);
Refusal ipfix_decode(Wire *self, Cursor cur);
Refusal sflow_decode(Wire *self, Cursor cur);
/* NetFlow v1, v5 and v7 as constant templates. The caller owns it. */
Template *netflow5_template(const ElementModel *model, Protocol protocol);

/* Names the stream of the datagram and its clock. False when the exporter may have no more domains. */
bool wire_open(Wire *self, Protocol protocol, uint32_t domain, int64_t export_ms);
/* The same where the datagram names the agent that made it (sFlow). */
bool wire_open_agent(Wire *self, Protocol protocol, uint32_t domain, const IpAddress *agent,
                     int64_t export_ms);
/* The header's uptime: boot time, and reboots. After wire_open. */
void wire_note_uptime(Wire *self, uint32_t uptime);
/* All sets have been read: NetFlow v9's count against what was in them. */
void wire_note_count(Wire *self, uint32_t count);
/* The header's sequence number, when all sets have been read. */
void wire_note_sequence(Wire *self, uint32_t number);
static inline void
wire_malformed(Wire *self, Refusal reason)
{
    self->exporter->books.malformed[reason]++;
    sight(&self->exporter->refused_at[reason], 1, self->received_ms);
}

/* Hands over what is still open of a stream's gaps. */
void wire_confirm_losses(Wire *self, Exporter *exporter, Domain *domain);

/* By which numbers a format's sets are told apart (RFC 3954 section 5, RFC 7011 section 3.3.2), and its way
 * of reading a set of templates. Data sets count from 256 in both. */
typedef struct SetRules {
    uint16_t templates, options_templates;
    bool zeros_end; /* zeros behind the last set are padding, of any size */
    void (*read_templates)(Wire *wire, Cursor set, bool is_options);
} SetRules;
/* Walks the sets to the end of @cur, or to the first that has no good length. The padding, if all is well. */
Cursor wire_sets(Wire *self, Cursor cur, const SetRules *rules);

/* What parsing a template into @definition came to: counts it, compiles it when it is news, and decodes what
 * waited for it. False: the rest of the set is unreadable, or there is no work left for it. */
bool wire_template(Wire *self, TemplateResult result);
/* @definition is the withdrawal of a template, or of all of its kind: takes it back in a session (RFC 7011
 * section 8.1), counts it as refused where datagrams may have been overtaken (section 8.4). False: there is
 * no work left for more of them. */
bool wire_withdraw(Wire *self);
/* Sets are lent, for a copy is loaded in other pieces than its members were just stored in: that waits until
 * all stores have reached the cache, those of a datagram's records among them. */

/* A data set of @id: decodes it, or keeps it for later when its template is not known. */
void wire_data_set(Wire *self, uint16_t id, const Cursor *set);
/* The records of a set whose template is known. How many they were. */
uint32_t wire_records(Wire *self, Template *tmpl, const Cursor *set);

/*
 * What lies in a record's fields. The lists are checked, and what is wrong with them counted; a packet's
 * first bytes are read. @out, whose own fields are complete, takes of them what it lacks; NULL: nothing is
 * filled.
 */
void wire_nested(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths,
                 FlowRecord *out);
/* The packet in a record of a template with a section. False when there is none in this record. */
bool wire_section(const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths, Frame *frame);
/* One record within another: what its fields say, with times and sampling, counted nowhere. */
void wire_inner_record(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths,
                       FlowRecord *out);
ListScope wire_list_scope(const Wire *self);
/* Spends @units. False when there is nothing left: the caller gives up the part in hand, which is counted
 * here. */
static inline bool
wire_may(Wire *self, int64_t units)
{
    if (self->work <= 0) {
        self->is_whole = false;
        wire_malformed(self, REFUSED_WORK_QUOTA);
        return false;
    }
    self->work -= units;
    return true;
}
/* Decodes held sets whose template has come, oldest first, until no more than @left is left to spend. */
void wire_decode_due(Wire *self, int64_t left);

/* Room for up to @wanted records behind each other; @n says how many there are. */
FlowRecord *wire_room(Wire *self, uint32_t wanted, uint32_t *n);
/* The first @n of that room are filled. */
void wire_filled(Wire *self, uint32_t n);
/* Hands the batch over, filled or not. */
void wire_flush(Wire *self);
/* What all records of the datagram share, over what the template gives. */
void wire_fill_blank(const Wire *self, FlowRecord *blank);
/* Shows a record of options data, or a flow, to the sink, field by field: they are in @at and @lengths.
 * @has_boot: it is told when uptimes began, so that times may be derived from them. */
void wire_show_options(Wire *self, const Template *tmpl);
void wire_show_flow(Wire *self, const Template *tmpl, bool has_boot, const FlowRecord *record);
/* The same for one whose fields have fixed lengths: its @bytes are not cut yet. */
void wire_show_fixed(Wire *self, const Template *tmpl, bool has_boot, const FlowRecord *record,
                     const uint8_t *bytes);
/* Shows a record whose fields, kind and template are in @view; the rest of it is filled in here. */
void wire_show_view(Wire *self, RecordView *view);

/* How far times of this stream are moved back: what its clock is ahead, where the operator wants that
 * corrected. sFlow's times are ours. */
static inline int64_t
wire_shift_ms(const Wire *self)
{
    return self->domain->protocol == PROTOCOL_SFLOW ? 0 : self->exporter->shift_ms;
}

/* The operator's rate for a record of this exporter; 0: he has said none. */
static inline uint32_t
wire_operator_rate(const Wire *self, const FlowRecord *record)
{
    const RateMap *rates = &self->exporter->operator_interfaces;
    uint32_t rate =
        rates->n == 0 ? 0 : rate_map_at(rates, record->direction == 1 ? record->out_if : record->in_if, 0);

    return rate != 0 ? rate : self->exporter->operator_rate;
}

/* Learns from a record of options data. */
void options_learn(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths);
