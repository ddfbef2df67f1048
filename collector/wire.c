/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c - streams, templates and sets, whatever the format; the records themselves are in records.c. See
 * wire.h */
#include "collector/frame-record.h"
#include "collector/wire.h"

enum { LIVE_MS = 3600 * 1000 }; /* an announcement that is older says nothing of who is there now */
enum { REPEATED_AT_ONCE_MS = 2000 };
#define CLOCK_LEAST_MS (INT64_C(366) * 24 * 3600 * 1000) /* of a clock that counts from 1970 */

/* Senders that are told by their ports, and are gone, make room. */
static Domain *
find_domain(Wire *self, const StreamKey *key)
{
    Domain *domain = exporter_domain(self->exporter, key, self->limits.domains);

    if (domain == NULL && ABS(self->received_ms - self->exporter->retired_ms) < PORT_YIELDS_EACH_MS)
        return NULL;
    if (domain == NULL)
        self->exporter->retired_ms = self->received_ms;
    if (domain == NULL && exporter_retire_ports(self->exporter, self->received_ms - PORT_YIELDS_MS) > 0)
        domain = exporter_domain(self->exporter, key, self->limits.domains);
    return domain;
}

bool
wire_open(Wire *self, Protocol protocol, uint32_t domain, int64_t export_ms)
{
    return wire_open_agent(self, protocol, domain, &(IpAddress){ 0 }, export_ms);
}

bool
wire_open_agent(Wire *self, Protocol protocol, uint32_t domain, const IpAddress *agent, int64_t export_ms)
{
    guint n_known = self->exporter->domains->len;
    const StreamKey key = { .protocol = protocol,
                            .id = domain,
                            .agent = *agent,
                            .session = self->datagram->session,
                            .port = self->datagram->source_port };

    self->domain = find_domain(self, &key);
    if (self->domain == NULL)
        return false;
    self->domain->heard_ms = self->received_ms;
    if (self->exporter->domains->len != n_known)
        self->has_changed = true;
    self->domain->provisional = false;
    self->exporter->protocol = protocol;
    self->header_ms = self->export_ms = export_ms;
    self->has_uptime = false;
    self->flows = self->options = self->templates = self->repeats = 0;
    self->is_whole = true;
    list_room_begin(self->lists, self->datagram->length);
    if (export_ms < CLOCK_LEAST_MS) { /* never set: it cannot be said by how much it is off */
        sight(&self->exporter->quirks.seen[QUIRK_HEADER_1970], 1, self->received_ms);
        self->export_ms = self->received_ms;
    } else if (protocol != PROTOCOL_SFLOW) { /* which has no clock in its header */
        exporter_note_skew(self->exporter, export_ms - self->received_ms);
        exporter_correct_clock(self->exporter);
    }
    return true;
}

static void
note_loss(Wire *self, uint64_t units, int64_t export_ms)
{
    FlowBatch *batch = self->batch;
    bool in_datagrams =
        self->domain->protocol == PROTOCOL_NETFLOW9 || self->domain->protocol == PROTOCOL_SFLOW;

    if (batch == NULL || units == 0)
        return;
    uint32_t records = in_datagrams ? 0 : (uint32_t)MIN(units, UINT32_MAX);
    if (batch->n_losses == FLOW_BATCH_LOSSES) {
        batch->losses[FLOW_BATCH_LOSSES - 1].records += records;
        return;
    }
    batch->losses[batch->n_losses++] = (FlowLoss){ .exporter = self->exporter->number,
                                                   .records = records,
                                                   .export_ms = export_ms - wire_shift_ms(self) };
}

/* Adds, but never to below zero: what is taken back was counted before, whatever a sender claims. */
static void
change_count(uint64_t *count, int64_t by)
{
    *count = by < 0 && (uint64_t)-by > *count ? 0 : *count + (uint64_t)by;
}

static void
apply(Wire *self, const SequenceChange *change)
{
    Books *books = &self->exporter->books;

    if (change->lost > 0)
        sight(&self->exporter->lost, (uint64_t)change->lost, self->received_ms);
    change_count(&books->sequence_lost, change->lost);
    change_count(&self->domain->sequence_lost, change->lost);
    change_count(&books->sequence_resets, change->resets);
    change_count(&books->sequence_reordered, change->reordered);
    change_count(&books->sequence_duplicates, change->duplicates);
    note_loss(self, change->confirmed, change->confirmed_export_ms);
    self->has_changed |= change->unit_changed;
}

void
wire_confirm_losses(Wire *self, Exporter *exporter, Domain *domain)
{
    SequenceGap gap;

    self->exporter = exporter;
    self->domain = domain;
    while (sequence_stream_confirm(&domain->sequence, &gap))
        note_loss(self, gap.length, gap.export_ms);
}

static void
restart_sequence(Wire *self)
{
    SequenceChange change = sequence_stream_restart(&self->domain->sequence);

    apply(self, &change);
}

static void
note_reboot(Wire *self)
{
    restart_sequence(self);
    self->domain->reboots++;
    self->domain->rebooted_ms = self->received_ms;
    self->has_changed = true;
}

void
wire_note_uptime(Wire *self, uint32_t uptime)
{
    Domain *domain = self->domain;
    UptimeNews news = uptime_note(&domain->uptime, uptime, self->export_ms, self->received_ms);

    /* Of two senders behind one address each has its own uptime: taking turns is no reboot. */
    if (news == UPTIME_REBOOTED &&
        !port_watch_runs_on(&domain->ports, self->datagram->source_port, uptime, self->received_ms))
        note_reboot(self);
    self->has_uptime = true;
    self->uptime = uptime;
    if (news != UPTIME_OVERTAKEN)
        domain->boot_ms = uptime_boot_ms(&domain->uptime);
}

/* Two senders behind one address, whose sequence numbers were taken for one run: what seemed lost was not. */
static void
note_ports(Wire *self, uint32_t number)
{
    Domain *domain = self->domain;
    const PortNews news = {
        .number = number, .uptime = self->uptime, .has_uptime = self->has_uptime, .now_ms = self->received_ms
    };

    if (domain->port != 0 || exporter_ports(self->exporter) != PORTS_AUTO)
        return;
    if (!port_watch_knows(&domain->ports, self->datagram->source_port))
        domain->lost_before_ports = domain->sequence_lost;
    if (!port_watch_note(&domain->ports, self->datagram->source_port, &news))
        return;
    restart_sequence(self);
    change_count(&self->exporter->books.sequence_lost,
                 -(int64_t)(domain->sequence_lost - domain->lost_before_ports));
    domain->sequence_lost = domain->lost_before_ports;
    domain_split(self->exporter, domain, self->datagram->source_port, SPLIT_SEQUENCE);
    self->has_changed = true;
}

void
wire_note_count(Wire *self, uint32_t count)
{
    Quirks *quirks = &self->exporter->quirks;

    if (self->is_whole && count != self->flows + self->options + self->templates)
        sight(&quirks->seen[QUIRK_V9_COUNT], 1, self->received_ms);
}

void
wire_note_sequence(Wire *self, uint32_t number)
{
    const SequenceMessage message = { .number = number,
                                      .flows = self->flows,
                                      .options = self->options,
                                      .is_whole = self->is_whole,
                                      .export_ms = self->export_ms };
    note_ports(self, number);
    if (sequence_stream_step(&self->domain->sequence, &message))
        return;
    SequenceChange change = sequence_stream_note(&self->domain->sequence, &message);

    apply(self, &change);
}

/* Decodes a set that came before its template, in the light of the headers that it came with. */
static void
decode_late(Wire *self, const HeldSet *set)
{
    self->exporter = set->exporter;
    self->domain = set->domain;
    self->export_ms = set->export_ms;
    self->header_ms = set->header_ms;
    self->received_ms = set->received_ms;
    self->uptime = set->uptime;
    self->has_uptime = set->has_uptime;
    self->is_late = true;
    list_room_begin(self->lists, set->length);
    Cursor bytes = cursor_over(set->bytes, set->length);
    wire_records(self, set->tmpl, &bytes);
}

void
wire_decode_due(Wire *self, int64_t left)
{
    GQueue *due = &self->table->due;
    Wire saved = *self;

    while (due->length > 0 && self->work > left) {
        HeldSet *set = g_queue_pop_head_link(due)->data;

        decode_late(self, set);
        held_set_free(set);
    }
    saved.work = self->work;
    saved.batch = self->batch;
    saved.has_changed = self->has_changed;
    *self = saved;
}

static bool
refuse_template(Wire *self, TemplateResult result)
{
    switch (result) {
    case TEMPLATE_EMPTY:
        wire_malformed(self, REFUSED_TEMPLATE_EMPTY);
        return true;
    case TEMPLATE_TOO_LARGE:
        wire_malformed(self, REFUSED_TEMPLATE_QUOTA);
        return true;
    case TEMPLATE_PADDING:
        return false;
    default:
        wire_malformed(self, REFUSED_TEMPLATE_SYNTAX);
        return false;
    }
}

/*
 * A restarted router changes its templates and its port once. When the ports take turns, two boxes share the
 * address and the domain, and each would be read with the other's templates: from here on each has a domain
 * of its own.
 */
static void
note_port_conflict(const Wire *self, uint16_t before, uint16_t now)
{
    Domain *domain = self->domain;

    if (before == 0 || now == 0 || before == now || domain->port != 0 ||
        exporter_ports(self->exporter) != PORTS_AUTO || ++domain->port_conflicts < 2)
        return;
    domain_split(self->exporter, domain, now, SPLIT_TEMPLATES);
}

bool
wire_withdraw(Wire *self)
{
    enum { ALL_TEMPLATES = 2, ALL_OPTIONS_TEMPLATES = 3 };
    TemplateCache *templates = &self->domain->templates;
    bool is_options = self->definition.is_options;
    uint16_t id = self->definition.id;
    uint32_t n;

    if (self->domain->session == NULL) {
        wire_malformed(self, REFUSED_WITHDRAWAL);
        return true;
    }
    bool is_all = id == (is_options ? ALL_OPTIONS_TEMPLATES : ALL_TEMPLATES);
    if (!wire_may(self, WORK_WITHDRAWAL + (is_all ? templates->n_slots * WORK_TEMPLATE_SLOT : 0)))
        return false;
    if (is_all)
        n = template_cache_drop_kind(templates, is_options);
    else if ((n = template_cache_drop(templates, id, is_options)) == 0)
        wire_malformed(self, REFUSED_WITHDRAWAL_UNKNOWN);
    self->exporter->books.withdrawals += n;
    self->domain->has_withdrawn |= n > 0;
    return true;
}

/* Most announcements are of what is known: some routers send all they have with every datagram. */
static bool
repeat_template(Wire *self, Template *known)
{
    int64_t since_ms = self->received_ms - known->heard_ms;

    if (!wire_may(self, WORK_TEMPLATE_KNOWN + (int64_t)known->n_fields * WORK_FIELD))
        return false;
    known->heard_ms = self->received_ms;
    known->port = self->datagram->source_port;
    known->provisional = false;
    self->repeats++;
    if (since_ms > REPEATED_AT_ONCE_MS)
        self->exporter->template_gap_ms = since_ms;
    return true;
}

/* One that is new, or says something else than before. NULL when there is no work left for it. */
static Template *
compile_template(Wire *self)
{
    const TemplateDefinition *definition = &self->definition;

    if (!wire_may(self, WORK_TEMPLATE + (int64_t)definition->n_fields * WORK_FIELD_COMPILED))
        return NULL;
    Template *tmpl = template_new(self->model, definition->id, definition->fields, definition->n_fields,
                                  definition->n_scope, definition->is_options);
    self->work -= (int64_t)tmpl->n_unknown * WORK_FIELD_NAMED;
    tmpl->port = self->datagram->source_port;
    if (!tmpl->is_options)
        plan_use_shuffles(&tmpl->plan, self->shuffles);
    return tmpl;
}

/* The port that announced it last, where that says anything of who is there now; else 0. */
static uint16_t
live_port(const Wire *self, const Template *known)
{
    return known != NULL && self->received_ms - known->heard_ms < LIVE_MS ? known->port : 0;
}

static void
put_template(Wire *self, Template *tmpl, uint16_t port_before)
{
    TemplatePut put;
    g_autoptr(Template) kept = template_ref(tmpl);

    put = template_cache_put(&self->domain->templates, tmpl, self->received_ms);
    if (put == TEMPLATE_PUT_FULL) {
        wire_malformed(self, REFUSED_TEMPLATE_QUOTA);
        return;
    }
    vendor_note_template(&self->exporter->evidence, self->domain->protocol, kept);
    self->has_changed = true;
    if (put == TEMPLATE_PUT_CHANGED) {
        sight(&self->exporter->redefined, 1, self->received_ms);
        if (self->domain->session != NULL) /* RFC 7011 section 8.1; over UDP it is how templates change */
            wire_malformed(self, REFUSED_REDEFINED);
        note_port_conflict(self, port_before, kept->port);
    }
    if (self->domain->held_sets > 0)
        held_store_release(&self->exporter->held, self->domain, kept);
    if (self->table->due.length > 0)
        wire_decode_due(self, WORK_DATAGRAM / 2); /* the sets behind it shall have their share */
}

bool
wire_template(Wire *self, TemplateResult result)
{
    const TemplateDefinition *definition = &self->definition;
    Books *books = &self->exporter->books;

    if (result != TEMPLATE_OK)
        return refuse_template(self, result);
    if (definition->is_options)
        books->options_templates++;
    else
        books->templates++;
    self->templates++;
    Template *known = template_cache_find(&self->domain->templates, definition->id);
    if (known != NULL && template_is(known, definition))
        return repeat_template(self, known);
    uint16_t port_before = live_port(self, known);
    Template *tmpl = compile_template(self);
    if (tmpl == NULL)
        return false;
    put_template(self, tmpl, port_before);
    return true;
}

static void
hold(Wire *self, uint16_t id, const Cursor *set)
{
    HeldSet *held = held_set_new(set->at, (uint32_t)cursor_left(set));
    Books *books = &self->exporter->books;
    uint32_t n_given_up;

    self->work -= WORK_HELD_SET;
    held->exporter = self->exporter;
    held->domain = self->domain;
    held->id = id;
    held->has_uptime = self->has_uptime;
    held->uptime = self->uptime;
    held->export_ms = self->export_ms;
    held->header_ms = self->header_ms;
    held->received_ms = self->received_ms;
    if (held_store_put(&self->exporter->held, held, self->limits.held_bytes, &n_given_up))
        books->held_sets++;
    else
        n_given_up++;
    exporter_count_given_up(self->exporter, n_given_up);
}

void
wire_data_set(Wire *self, uint16_t id, const Cursor *set)
{
    Template *known = template_cache_find(&self->domain->templates, id);

    if (known == NULL) {
        self->exporter->books.missing_template_sets++;
        self->is_whole = false; /* nobody knows how many records it has */
        if (self->domain->has_withdrawn)
            wire_malformed(self, REFUSED_WITHDRAWN);
        else
            hold(self, id, set);
        return;
    }
    if (cursor_left(set) == 0)
        return;
    g_autoptr(Template) tmpl = template_ref(known);
    tmpl->used_ms = self->received_ms;
    wire_records(self, tmpl, set);
}

FlowRecord *
wire_room(Wire *self, uint32_t wanted, uint32_t *n)
{
    if (self->batch == NULL) {
        *n = MIN(wanted, FLOW_BATCH_MOST);
        return self->scratch;
    }
    *n = MIN(wanted, FLOW_BATCH_MOST - self->batch->n); /* it is never full: see wire_filled */
    return &self->batch->records[self->batch->n];
}

void
wire_filled(Wire *self, uint32_t n)
{
    if (self->batch == NULL)
        return;
    self->batch->n += n;
    if (self->batch->n == FLOW_BATCH_MOST)
        wire_flush(self);
}

void
wire_flush(Wire *self)
{
    if (self->batch == NULL || (self->batch->n == 0 && self->batch->n_losses == 0))
        return;
    self->batch = self->sink.flows(self->sink.user, self->batch);
    self->batch->n = 0;
    self->batch->n_losses = 0;
}

void
wire_fill_blank(const Wire *self, FlowRecord *blank)
{
    blank->exporter = self->exporter->number;
    blank->domain = self->domain->id;
    blank->export_ms = self->export_ms - wire_shift_ms(self);
}
