/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decoder.c - see decoder.h: who may send, which format it is, what became of it */
#include "collector/exporter-state.h"
#include "collector/message-start.h"
#include "collector/show.h"
#include "collector/prefix-set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_EXPORTERS = 4096,
    DEFAULT_NEW_PER_MINUTE = 1000,
    DEFAULT_DOMAINS = 256,
    DEFAULT_TEMPLATES = 1024,
    DEFAULT_FIELDS = 1024,
    DEFAULT_TEMPLATE_BYTES = 4 << 20,
    DEFAULT_HELD_BYTES = 1 << 20,
    DEFAULT_CONNECTIONS = 1 << 16,
    TEMPLATE_AGE_MS = 24 * 3600 * 1000, /* three times the slowest refresh that we know of */
    LATE_MS = 2000,
    AGE_EACH_MS = 1000,
    HELD_AGE_MS = 35 * 60 * 1000, /* a firewall (ASA) repeats its templates each 30 minutes */
};

struct Decoder {
    Wire wire;
    DecoderConf conf;
    PrefixSet *allowed;
    ElementModel *own_model;                      /* NULL when the caller lent one */
    ExporterDirectory *directory, *own_directory; /* likewise */
    SocketLoss sockets[DATAGRAM_SOCKETS];
    Exporter *expected[DECODER_AHEAD]; /* ring: who, perhaps, sends next; lent; NULL: nothing to be done */
    uint32_t n_expected;
    IpAddress last_expected;
    int64_t twins_ms; /* when one router under two addresses was looked for last */
    int64_t aged_ms;  /* when decoder_flush looked at ages last */
};

static uint32_t
or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* Of exporters, knowing none yet. */
static void
begin_table(Decoder *self)
{
    const DecoderConf *conf = &self->conf;
    Wire *wire = &self->wire;

    if (conf->directory == NULL)
        self->own_directory = exporter_directory_new(
            wire->limits.exporters, or_default(conf->max_new_exporters_per_minute, DEFAULT_NEW_PER_MINUTE));
    self->directory = conf->directory != NULL ? conf->directory : self->own_directory;
    wire->table = exporter_table_new(&wire->limits, conf->hash_seed, self->directory);
    wire->table->rules = conf->rules;
    wire->table->sampling = conf->sampling_override;
}

Decoder *
decoder_new(const DecoderConf *conf, const DecoderSink *sink)
{
    /* Wire may hold a FlowRecord one day; the batches are aligned by their own allocator. */
    Decoder *self = g_new0(Decoder, 1);
    Wire *wire = &self->wire;

    self->conf = *conf;
    self->allowed = prefix_set_new(conf->allowed, conf->n_allowed);
    wire->limits = (ExporterLimits){
        .exporters = or_default(conf->max_exporters, DEFAULT_EXPORTERS),
        .domains = or_default(conf->max_domains, DEFAULT_DOMAINS),
        .templates = or_default(conf->max_templates, DEFAULT_TEMPLATES),
        .fields = or_default(conf->max_fields, DEFAULT_FIELDS),
        .template_bytes = or_default(conf->max_template_bytes, DEFAULT_TEMPLATE_BYTES),
        .held_bytes = or_default(conf->max_held_bytes, DEFAULT_HELD_BYTES),
        .connections = or_default(conf->max_connections, DEFAULT_CONNECTIONS),
    };
    wire->shuffles = conf->shuffles != SHUFFLE_BEST ? conf->shuffles : shuffle_version_best();
    if (conf->model == NULL)
        self->own_model = element_model_new();
    wire->model = conf->model != NULL ? conf->model : self->own_model;
    begin_table(self);
    wire->sink = *sink;
    if (sink->flows != NULL)
        wire->batch = flow_batch_new();
    else
        wire->scratch = g_aligned_alloc(FLOW_BATCH_MOST, sizeof(FlowRecord), 64);
    for (int i = 0; i < 3; i++) {
        wire->fixed[i] = netflow5_template(wire->model, PROTOCOL_NETFLOW1 + (Protocol)i);
        plan_use_shuffles(&wire->fixed[i]->plan, wire->shuffles);
    }
    uint32_t fields = MAX(wire->limits.fields, (uint32_t)SHOW_VIEWS_MOST);
    wire->definition = (TemplateDefinition){ .fields = g_new0(FieldNumber, wire->limits.fields),
                                             .most_fields = wire->limits.fields };
    wire->at = g_new0(const uint8_t *, fields);
    wire->lengths = g_new0(uint16_t, fields);
    wire->views = g_new0(FieldView, fields);
    wire->lists = g_new0(ListRoom, 1);
    return self;
}

void
decoder_free(Decoder *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->wire.table, exporter_table_free);
    g_clear_pointer(&self->own_directory, exporter_directory_free);
    for (int i = 0; i < 3; i++)
        g_clear_pointer(&self->wire.fixed[i], template_unref);
    g_clear_pointer(&self->own_model, element_model_free);
    g_clear_pointer(&self->allowed, prefix_set_free);
    g_clear_pointer(&self->wire.batch, flow_batch_free);
    g_clear_pointer(&self->wire.scratch, g_aligned_free);
    g_free(self->wire.definition.fields);
    g_free(self->wire.at);
    g_free(self->wire.lengths);
    g_free(self->wire.views);
    g_free(self->wire.lists);
    g_free(self);
}

void
decoder_forget(Decoder *self)
{
    Wire *wire = &self->wire;

    g_clear_pointer(&wire->table, exporter_table_free);
    g_clear_pointer(&self->own_directory, exporter_directory_free);
    begin_table(self);
    if (wire->batch != NULL)
        wire->batch->n = wire->batch->n_losses = 0;
    wire->has_changed = false;
    wire->exporter = NULL; /* the rest is of the datagram in work, and there is none */
    wire->domain = NULL;
    wire->datagram = NULL;
    memset(self->sockets, 0, sizeof self->sockets);
    self->twins_ms = self->aged_ms = 0;
    memset(self->expected, 0, sizeof self->expected);
    self->last_expected = (IpAddress){ 0 };
}

static bool
is_allowed(const void *user, const IpAddress *source)
{
    const Decoder *self = user;

    if (self->conf.allow_all)
        return true;
    if (self->conf.n_allowed == 0)
        return ip_is_loopback(source);
    return prefix_set_has(self->allowed, source);
}

static bool
is_restored_here(const void *user, const IpAddress *source)
{
    const Decoder *self = user;
    const DecoderConf *conf = &self->conf;

    return is_allowed(self, source) && (conf->hears == NULL || conf->hears(conf->hears_user, source));
}

typedef Refusal (*DecodeFormat)(Wire *self, Cursor cur);

/* sFlow has a 32-bit version word, all the others one of 16 bits: 00 00 00 05 against 00 05. NULL: none of
 * them. */
static DecodeFormat
format_of(Cursor cur)
{
    static const DecodeFormat formats[] = {
        [1] = netflow5_decode, [5] = netflow5_decode, [7] = netflow5_decode,
        [9] = netflow9_decode, [10] = ipfix_decode,
    };
    uint16_t version = cursor_u16(&cur);

    if (version == 0)
        return cursor_u16(&cur) == 5 ? sflow_decode : NULL;
    return version < G_N_ELEMENTS(formats) ? formats[version] : NULL;
}

static Refusal
decode(Wire *wire, const Datagram *datagram)
{
    Cursor cur = cursor_over(datagram->bytes, datagram->length), start = cur;

    /* The other formats do not say how long they are: in a stream nobody could find the next one. */
    if (datagram->session != NULL && cursor_u16(&start) != MESSAGE_VERSION)
        return REFUSED_STREAM_VERSION;
    if (datagram->length < 4)
        return REFUSED_TOO_SHORT;
    DecodeFormat format = format_of(cur);
    if (format == NULL)
        return REFUSED_VERSION;
    return format(wire, cur);
}

/* The exporter at @address, made when it is new; NULL with @why. */
static Exporter *
find_exporter(Decoder *self, const IpAddress *address, WallTime now, Refusal *why)
{
    Wire *wire = &self->wire;
    Exporter *exporter = exporter_table_find(wire->table, address);

    if (exporter != NULL)
        return exporter;
    *why = REFUSED_NOT_ALLOWED;
    if (!is_allowed(self, address))
        return NULL;
    *why = REFUSED_EXPORTER_QUOTA;
    exporter = exporter_table_add(wire->table, address, now.ms, false);
    if (exporter == NULL)
        return NULL;
    exporter->first_ms = now.ms;
    wire->has_changed = true;
    return exporter;
}

bool
decoder_admits(const Decoder *self, const IpAddress *address)
{
    return is_allowed(self, address);
}

Session *
decoder_begin_session(Decoder *self, const SessionPeer *peer, WallTime now, Refusal *why)
{
    Exporter *exporter = find_exporter(self, &peer->address, now, why);

    return exporter == NULL ? NULL : session_begin(exporter, peer, now.ms);
}

void
decoder_end_session(Decoder *self, Session *session, size_t torn, WallTime now)
{
    Wire *wire = &self->wire;
    Exporter *exporter = session->exporter;

    if (torn > 0) {
        exporter->books.datagrams++;
        exporter->books.bytes += torn;
        exporter->books.refused[REFUSED_TORN]++;
    }
    for (guint i = 0; i < exporter->domains->len; i++) {
        Domain *domain = g_ptr_array_index(exporter->domains, i);

        if (domain->session == session)
            wire_confirm_losses(wire, exporter, domain);
    }
    session_end(session, now.ms);
    wire->domain = NULL; /* it may be one of those that are gone */
}

/* What the datagram's sequence number has shown, weighed against what the kernel counts; see loss.h. */
static void
weigh_loss(Decoder *self, Exporter *exporter, const Datagram *datagram, uint64_t lost_before)
{
    const Wire *wire = &self->wire;
    uint8_t socket = datagram->socket % DATAGRAM_SOCKETS;
    uint64_t since = exporter->socket == socket ? exporter->drops : datagram->drops;
    int64_t lost = (int64_t)(exporter->books.sequence_lost - lost_before);
    bool in_datagrams = wire->domain->sequence.unit == SEQUENCE_DATAGRAMS;

    if (wire->flows > 0)
        typical_note(&exporter->size, wire->flows);
    double size = lost != 0 ? typical_value(&exporter->size) : 0;
    if (lost != 0) {
        int64_t records = in_datagrams ? (int64_t)llround((double)lost * size) : lost;
        uint64_t *sum = &exporter->books.lost_records;
        *sum = records < 0 && (uint64_t)-records > *sum ? 0 : *sum + (uint64_t)records;
    }
    if (!exporter->is_heard && !exporter->is_restored)
        socket_loss_begin(&self->sockets[socket], datagram->drops);
    if (lost > 0 && datagram->drops > since) {
        exporter->lost_here += (uint64_t)lost;
        socket_loss_see(&self->sockets[socket],
                        in_datagrams || size == 0 ? (double)lost : (double)lost / size,
                        datagram->drops - since);
    }
    exporter->drops = datagram->drops;
    exporter->socket = socket;
    exporter->is_heard = true;
}

/* Nothing is unseen that came before the last word of each exporter. */
static void
settle_losses(Decoder *self)
{
    const GPtrArray *exporters = self->wire.table->exporters;
    uint64_t heard[DATAGRAM_SOCKETS];

    memset(heard, 0xff, sizeof heard);
    for (guint i = 0; i < exporters->len; i++) {
        const Exporter *exporter = g_ptr_array_index(exporters, i);
        if (exporter->is_heard)
            heard[exporter->socket] = MIN(heard[exporter->socket], exporter->drops);
    }
    for (size_t i = 0; i < DATAGRAM_SOCKETS; i++)
        if (heard[i] != UINT64_MAX)
            socket_loss_settle(&self->sockets[i], heard[i]);
}

static void
count(Exporter *exporter, const Datagram *datagram)
{
    Session *session = datagram->session;

    exporter->books.datagrams++;
    exporter->books.bytes += datagram->length;
    exporter->last_ms = datagram->received.ms;
    exporter->transport = TRANSPORT_UDP;
    if (session == NULL) {
        if (datagram->length > FRAGMENT_OCTETS) {
            sight(&exporter->big, 1, datagram->received.ms);
            exporter->biggest = MAX(exporter->biggest, (uint32_t)datagram->length);
        }
        return;
    }
    exporter->transport = session->transport;
    session->messages++;
    session->bytes += datagram->length;
}

static void
refuse(Exporter *exporter, Refusal reason, int64_t now_ms)
{
    exporter->books.refused[reason]++;
    sight(&exporter->refused_at[reason], 1, now_ms);
}

void
decoder_expect(Decoder *self, const IpAddress *source)
{
    uint32_t turn = self->n_expected++;

    /* One step for each of those who are on their way. */
    exporter_fetch_all(self->expected[(turn + 1) % DECODER_AHEAD]);
    exporter_fetch_template(self->expected[(turn + 2) % DECODER_AHEAD]);
    exporter_fetch_domain(self->expected[(turn + 3) % DECODER_AHEAD]);
    self->expected[turn % DECODER_AHEAD] = NULL;
    if (ip_equal(source, &self->last_expected)) /* all is there */
        return;
    self->last_expected = *source;
    self->expected[turn % DECODER_AHEAD] = exporter_fetch(self->wire.table, source);
}

bool
decoder_datagram(Decoder *self, const Datagram *datagram)
{
    Wire *wire = &self->wire;
    Session *session = datagram->session;
    Refusal why = N_REFUSALS;
    Exporter *exporter = session != NULL ? session->exporter
                                         : find_exporter(self, &datagram->source, datagram->received, &why);

    if (exporter == NULL) {
        exporter_table_refuse(wire->table, &datagram->source, datagram->length, why);
        return false;
    }
    count(exporter, datagram);
    wire->exporter = exporter;
    wire->datagram = datagram;
    wire->received_ms = datagram->received.ms;
    wire->work = WORK_DATAGRAM;

    uint64_t lost_before = exporter->books.sequence_lost;
    Refusal refused = decode(wire, datagram);
    if (refused == N_REFUSALS) {
        exporter->books.decoded++;
        weigh_loss(self, exporter, datagram, lost_before);
        if (wire->repeats > 0 && wire->flows > 0)
            sight(&exporter->quirks.seen[QUIRK_TEMPLATE_EACH], 1, datagram->received.ms);
    } else {
        refuse(exporter, refused, datagram->received.ms);
    }
    if (wire->table->due.length > 0)
        wire_decode_due(wire, 0);
    return refused == N_REFUSALS;
}

static void
age_exporter(Wire *wire, Exporter *exporter, WallTime now)
{
    exporter_count_given_up(exporter, held_store_expire(&exporter->held, now.ms - HELD_AGE_MS));
    exporter_pace(exporter, now.ms);
    exporter_settle_rate(exporter, now.ms);
    exporter_retire_ports(exporter, now.ms - PORT_SILENT_MS);
    exporter_look_at_loss(exporter, now.ms);
    for (guint i = 0; i < exporter->domains->len; i++) {
        Domain *domain = g_ptr_array_index(exporter->domains, i);

        /* Nothing has come for a while: what is missing is not just late. */
        if (now.ms - exporter->last_ms > LATE_MS)
            wire_confirm_losses(wire, exporter, domain);
        /* Over TCP they live as long as the session: the life times of RFC 7011 section 8.4 are UDP's. */
        if (domain->session != NULL)
            continue;
        if (template_cache_expire(&domain->templates, now.ms - TEMPLATE_AGE_MS) > 0)
            wire->has_changed = true;
    }
}

void
decoder_flush(Decoder *self, WallTime now)
{
    Wire *wire = &self->wire;
    int64_t since = now.ms - self->aged_ms;

    if (since >= AGE_EACH_MS || since < 0) {
        self->aged_ms = now.ms;
        for (guint i = 0; i < wire->table->exporters->len; i++)
            age_exporter(wire, g_ptr_array_index(wire->table->exporters, i), now);
        if (now.ms - self->twins_ms >= TWIN_EACH_MS || now.ms < self->twins_ms) {
            self->twins_ms = now.ms;
            exporter_twins_look(wire->table, now.ms);
        }
    }
    settle_losses(self);
    wire->work = WORK_FLUSH;
    wire_decode_due(wire, 0);
    wire_flush(wire);
}

void
decoder_finish(Decoder *self, WallTime now)
{
    do
        decoder_flush(self, now);
    while (self->wire.table->due.length > 0);
}

void
decoder_count_kernel_drops(Decoder *self, uint8_t socket, uint64_t fresh)
{
    socket_loss_add(&self->sockets[socket % DATAGRAM_SOCKETS], fresh);
}

void
decoder_count_joined(Decoder *self, uint8_t socket, uint32_t datagrams)
{
    typical_note(&self->sockets[socket % DATAGRAM_SOCKETS].joined, datagrams);
}

uint64_t
decoder_socket_drops(const Decoder *self, uint8_t socket)
{
    return self->sockets[socket % DATAGRAM_SOCKETS].datagrams;
}

void
decoder_count_queue_full(Decoder *self, const FlowBatch *dropped)
{
    for (uint32_t i = 0, n; i < dropped->n; i += n) {
        uint32_t number = dropped->records[i].exporter;
        IpAddress address = exporter_directory_address(self->directory, number);
        Exporter *exporter = exporter_table_find(self->wire.table, &address);

        for (n = 1; i + n < dropped->n && dropped->records[i + n].exporter == number; n++)
            continue;
        if (exporter == NULL)
            continue;
        exporter->books.queue_full_records += n;
        sight(&exporter->queue_full, n, exporter->last_ms);
    }
}

const ExporterTable *
decoder_exporters(const Decoder *self)
{
    return self->wire.table;
}

/* Records in a datagram that comes to @socket: the exporters' usual numbers, by how much they send. */
static double
usual_records(const Decoder *self, uint8_t socket)
{
    const GPtrArray *exporters = self->wire.table->exporters;
    double records = 0, datagrams = 0;

    for (guint i = 0; i < exporters->len; i++) {
        const Exporter *exporter = g_ptr_array_index(exporters, i);
        if (!exporter->is_heard || exporter->socket != socket || exporter->size.n == 0)
            continue;
        datagrams += (double)exporter->books.datagrams;
        records += (double)exporter->books.datagrams * typical_value(&exporter->size);
    }
    return datagrams > 0 ? records / datagrams : 0;
}

static void
add_drops(const Decoder *self, BooksTotals *out)
{
    for (int i = 0; i < DATAGRAM_SOCKETS; i++) {
        const SocketLoss *socket = &self->sockets[i];
        double unseen = socket_loss_unseen(socket);

        out->kernel_drops += socket->datagrams;
        if (unseen == 0)
            continue;
        out->unseen_drops += (uint64_t)llround(unseen);
        out->unseen_records += (uint64_t)llround(unseen * usual_records(self, (uint8_t)i));
    }
}

void
decoder_totals(const Decoder *self, BooksTotals *out)
{
    const ExporterTable *table = self->wire.table;

    *out = (BooksTotals){ .all = table->refused,
                          .exporters = table->exporters->len,
                          .refused_senders = refused_senders_count(&table->refused_senders) };
    for (guint i = 0; i < table->exporters->len; i++)
        books_add(&out->all, exporter_books(g_ptr_array_index(table->exporters, i)));
    add_drops(self, out);
}

GBytes *
decoder_save(Decoder *self)
{
    self->wire.has_changed = false;
    return exporter_state_save(self->wire.table);
}

bool
decoder_save_next(Decoder *self, GByteArray *out)
{
    if (out->len == 0)
        self->wire.has_changed = false; /* what changes from here on may be missing in @out */
    return exporter_state_save_next(self->wire.table, out);
}

GBytes *
decoder_join_states(GBytes *const *states, size_t n)
{
    return exporter_state_join(states, n);
}

bool
decoder_restore(Decoder *self, GBytes *state, GError **error)
{
    return exporter_state_restore(&self->wire, state, is_restored_here, self, error);
}

bool
decoder_has_changed(const Decoder *self)
{
    return self->wire.has_changed;
}
