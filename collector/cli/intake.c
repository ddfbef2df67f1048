/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intake.c - see intake.h */
#include "collector/cli/intake.h"
#include "collector/base/log.h"
#include "collector/decoder.h"
#include "collector/listener.h"

#include <stdatomic.h>
#include <string.h>

enum {
    TICK_MS = 100,
    EXPORTERS_EVERY_MS = 1000,
    STATE_EVERY_MS = 1000,
    NOBODY_ASKS_MS = 15000, /* the exporters' objects are not made when nobody has looked for that long */
};

struct Intake {
    const Settings *settings; /* borrowed */
    Clock *clock;
    Ring *full, *empty; /* borrowed: to and from the scoring thread */
    uint32_t batches, most_batches;
    Decoder *decoder;     /* intake thread */
    Listener *listener;   /* intake thread */
    IpAddress *addresses; /* written by the intake thread before a batch that names them is pushed */
    uint32_t n_addresses;
    GThread *thread;
    atomic_bool should_end;
    atomic_llong asked_ms; /* when somebody last wanted the exporters' objects */
    size_t n_sockets;
    int64_t exporters_made_ms, state_made_ms; /* intake thread */
    GMutex lock; /* guards what is below; held for a swap only, never per record */
    json_t *exporters, *refused;
    BooksTotals totals;
    GBytes *state;
    uint64_t *socket_drops;
};

/* Copies the addresses of exporters that are new since the last batch. */
static void
learn_addresses(Intake *self)
{
    const ExporterTable *table = decoder_exporters(self->decoder);
    uint32_t n = MIN(exporter_table_count(table), (uint32_t)self->settings->collector.max_exporters);

    for (; self->n_addresses < n; self->n_addresses++)
        self->addresses[self->n_addresses] = exporter_address(exporter_table_get(table, self->n_addresses));
}

static FlowBatch *
hand_over(void *user, FlowBatch *batch)
{
    Intake *self = user;

    learn_addresses(self);
    FlowBatch *next = ring_pop(self->empty);
    if (next == NULL && self->batches < self->most_batches) {
        next = flow_batch_new();
        self->batches++;
    }
    if (next == NULL || !ring_push(self->full, batch)) {
        decoder_count_queue_full(self->decoder, batch);
        if (next != NULL)
            flow_batch_free(next), self->batches--;
        next = batch; /* what it held is lost, and counted */
    }
    next->n = 0;
    next->n_losses = 0;
    return next;
}

Intake *
intake_new(const Settings *settings, const int *sockets, size_t n_sockets, Ring *full, Ring *empty,
           GBytes *state)
{
    Intake *self = g_new0(Intake, 1);
    DecoderConf conf = settings_decoder(settings);
    DecoderSink sink = { .user = self, .flows = hand_over };
    g_autoptr(GError) error = NULL;

    *self = (Intake){ .settings = settings,
                      .clock = clock_system(),
                      .full = full,
                      .empty = empty,
                      .most_batches = (uint32_t)settings->collector.queue,
                      .n_sockets = n_sockets };
    conf.hash_seed = (uint64_t)g_random_int() << 32 | g_random_int();
    g_mutex_init(&self->lock);
    self->addresses = g_new0(IpAddress, (gsize)settings->collector.max_exporters);
    self->socket_drops = g_new0(uint64_t, n_sockets + 1);
    self->exporters = json_array();
    self->refused = json_array();
    self->decoder = decoder_new(&conf, &sink);
    if (state != NULL && !decoder_restore(self->decoder, state, &error))
        log_error("not all that was kept of the exporters could be read: %s", error->message);
    self->listener = listener_new(sockets, n_sockets, self->decoder);
    return self;
}

void
intake_free(Intake *self)
{
    if (self == NULL)
        return;
    intake_stop(self);
    listener_free(self->listener);
    decoder_free(self->decoder);
    json_decref(self->exporters);
    json_decref(self->refused);
    g_clear_pointer(&self->state, g_bytes_unref);
    g_mutex_clear(&self->lock);
    g_free(self->addresses);
    g_free(self->socket_drops);
    g_free(self);
}

static json_t *
make_exporters(const Intake *self, WallTime now)
{
    const ExporterTable *table = decoder_exporters(self->decoder);
    json_t *list = json_array();

    for (uint32_t i = 0; i < exporter_table_count(table); i++)
        json_array_append_new(list, exporter_to_json(exporter_table_get(table, i), i, now));
    return list;
}

static void
publish(Intake *self)
{
    WallTime now = clock_wall(self->clock);
    json_t *exporters = NULL, *refused = NULL;
    GBytes *state = NULL;
    BooksTotals totals;

    decoder_totals(self->decoder, &totals);
    if (now.ms - self->exporters_made_ms >= EXPORTERS_EVERY_MS &&
        now.ms - atomic_load(&self->asked_ms) < NOBODY_ASKS_MS) {
        self->exporters_made_ms = now.ms;
        exporters = make_exporters(self, now);
        refused = exporter_table_refused_to_json(decoder_exporters(self->decoder));
    }
    if (now.ms - self->state_made_ms >= STATE_EVERY_MS && decoder_has_changed(self->decoder)) {
        self->state_made_ms = now.ms;
        state = decoder_save(self->decoder);
    }
    g_mutex_lock(&self->lock);
    self->totals = totals;
    for (size_t i = 0; i < self->n_sockets; i++)
        self->socket_drops[i] = listener_socket_drops(self->listener, i);
    if (exporters != NULL) {
        json_decref(self->exporters);
        self->exporters = exporters;
        json_decref(self->refused);
        self->refused = refused;
    }
    if (state != NULL) {
        g_clear_pointer(&self->state, g_bytes_unref);
        self->state = state;
    }
    g_mutex_unlock(&self->lock);
}

static gpointer
intake_main(gpointer data)
{
    Intake *self = data;
    int64_t published_ns = 0;

    while (!atomic_load(&self->should_end)) {
        listener_run_once(self->listener, TICK_MS);
        int64_t now_ns = clock_mono(self->clock).ns;
        if (now_ns - published_ns >= (int64_t)TICK_MS * 1000000) {
            published_ns = now_ns;
            publish(self);
        }
    }
    decoder_flush(self->decoder, clock_wall(self->clock));
    self->state_made_ms = 0;
    publish(self);
    return NULL;
}

void
intake_start(Intake *self)
{
    self->thread = g_thread_new("intake", intake_main, self);
}

void
intake_stop(Intake *self)
{
    atomic_store(&self->should_end, true);
    if (self->thread != NULL)
        g_thread_join(g_steal_pointer(&self->thread));
}

IpAddress
intake_exporter(void *intake, uint32_t index)
{
    const Intake *self = intake;

    return index < (uint32_t)self->settings->collector.max_exporters ? self->addresses[index]
                                                                     : (IpAddress){ 0 };
}

json_t *
intake_exporters(Intake *self)
{
    int64_t before = atomic_exchange(&self->asked_ms, clock_wall(self->clock).ms);

    if (clock_wall(self->clock).ms - before >= NOBODY_ASKS_MS)
        g_usleep(2 * TICK_MS * 1000); /* the first to ask for a while waits for a fresh one */
    g_mutex_lock(&self->lock);
    json_t *list = json_incref(self->exporters);
    g_mutex_unlock(&self->lock);
    return list;
}

json_t *
intake_refused(Intake *self)
{
    g_mutex_lock(&self->lock);
    json_t *list = json_incref(self->refused);
    g_mutex_unlock(&self->lock);
    return list;
}

void
intake_totals(Intake *self, BooksTotals *out)
{
    g_mutex_lock(&self->lock);
    *out = self->totals;
    g_mutex_unlock(&self->lock);
}

uint64_t
intake_socket_drops(Intake *self, size_t index)
{
    g_mutex_lock(&self->lock);
    uint64_t drops = index < self->n_sockets ? self->socket_drops[index] : 0;
    g_mutex_unlock(&self->lock);
    return drops;
}

GBytes *
intake_take_state(Intake *self)
{
    g_mutex_lock(&self->lock);
    GBytes *state = g_steal_pointer(&self->state);
    g_mutex_unlock(&self->lock);
    return state;
}
