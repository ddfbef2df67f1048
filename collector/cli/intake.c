/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intake.c - see intake.h */
#include "collector/cli/intake.h"
#include "collector/base/log.h"
#include "collector/steering.h"

#include <stdatomic.h>
#include <time.h>

enum {
    TICK_MS = 100,
    PUSH_PAUSE_US = 1000,
    EXPORTERS_EVERY_MS = 1000,
    STATE_EVERY_MS = 1000,
    LOAD_EVERY_MS = 1000,
    NOBODY_ASKS_MS = 15000, /* the exporters' objects are not made when nobody has looked for that long */
};

struct Intake {
    IntakeConf conf;
    Clock *clock;
    Decoder *decoder;   /* intake thread */
    Receiver *receiver; /* intake thread, but for receiver_wake */
    GThread *thread;
    atomic_bool should_end;
    int64_t patience_us; /* intake thread: what is left of it */
    atomic_ullong pushed_back_us;
    atomic_llong asked_ms;                    /* when somebody last wanted the exporters' objects */
    int64_t exporters_made_ms, state_made_ms; /* intake thread */
    uint64_t state_datagrams;                 /* that had come when the state was made */
    int64_t load_ns, cpu_ns;                  /* intake thread: when the load was worked out, its time then */
    GMutex lock; /* guards what is below; held for a swap only, never per record */
    json_t *exporters, *refused, *report;
    BooksTotals totals;
    IntakeLoad load;
    GBytes *state;
    uint64_t state_changes;
    uint64_t *socket_drops;
};

/*
 * Over TCP a sender can wait: while we do not read he is slowed down, and nothing is lost. But not for ever,
 * as others wait for this thread too: when the patience is used up, batches are dropped until the first one
 * is taken again.
 */
static FlowBatch *
push(Intake *self, FlowBatch *batch)
{
    FlowBatch *next;

    while ((next = funnel_push(self->conf.funnel, self->conf.lane, batch)) == NULL && self->patience_us > 0) {
        g_usleep(PUSH_PAUSE_US);
        self->patience_us -= PUSH_PAUSE_US;
        atomic_fetch_add(&self->pushed_back_us, PUSH_PAUSE_US);
    }
    if (next != NULL)
        self->patience_us = (int64_t)self->conf.patience_ms * 1000;
    return next;
}

static FlowBatch *
hand_over(void *user, FlowBatch *batch)
{
    Intake *self = user;
    FlowBatch *next = push(self, batch);

    if (next == NULL) {
        decoder_count_queue_full(self->decoder, batch);
        next = batch; /* what it held is lost, and counted */
    }
    next->n = 0;
    next->n_losses = 0;
    return next;
}

static bool
hears(const void *user, const IpAddress *source)
{
    const Intake *self = user;

    return steering_lane(source, self->conf.n_steered) == self->conf.lane;
}

Intake *
intake_new(const IntakeConf *conf)
{
    Intake *self = g_new0(Intake, 1);
    DecoderConf decoder = settings_decoder(conf->settings);
    DecoderSink sink = { .user = self, .flows = hand_over };
    g_autoptr(GError) error = NULL;

    *self = (Intake){ .conf = *conf, .clock = clock_system() };
    decoder.hash_seed = (uint64_t)g_random_int() << 32 | g_random_int();
    decoder.directory = conf->directory;
    decoder.hears = hears;
    decoder.hears_user = self;
    g_mutex_init(&self->lock);
    self->socket_drops = g_new0(uint64_t, conf->n_sockets + 1);
    self->exporters = json_array();
    self->refused = json_array();
    self->report = json_array();
    self->patience_us = (int64_t)conf->patience_ms * 1000;
    self->decoder = decoder_new(&decoder, &sink);
    if (conf->n_steered > 0 && conf->state != NULL && !decoder_restore(self->decoder, conf->state, &error))
        log_error("not all that was kept of the exporters could be read: %s", error->message);
    if (conf->n_steered > 0)
        self->state = decoder_save(self->decoder); /* those that stay silent are not to be forgotten */
    self->receiver = conf->make(conf->user, self->decoder);
    return self;
}

void
intake_free(Intake *self)
{
    if (self == NULL)
        return;
    intake_stop(self);
    receiver_free(self->receiver);
    decoder_free(self->decoder);
    json_decref(self->exporters);
    json_decref(self->refused);
    json_decref(self->report);
    g_clear_pointer(&self->state, g_bytes_unref);
    g_mutex_clear(&self->lock);
    g_free(self->socket_drops);
    g_free(self);
}

static json_t *
make_exporters(const Intake *self, WallTime now)
{
    const ExporterTable *table = decoder_exporters(self->decoder);
    json_t *list = json_array();

    for (uint32_t i = 0; i < exporter_table_count(table); i++)
        json_array_append_new(list, exporter_to_json(exporter_table_get(table, i), now));
    return list;
}

/*
 * What is kept, when it is time; else NULL. What exporters have told is kept soon. Places in their sequences
 * move with each datagram and are kept as often as the baselines are, and at the end: after a crash what had
 * come since then is counted as lost, as it is for the baselines.
 */
static GBytes *
make_state(Intake *self, WallTime now, uint64_t datagrams)
{
    int64_t since = now.ms - self->state_made_ms;
    bool has_news = decoder_has_changed(self->decoder) && since >= STATE_EVERY_MS;
    bool has_moved = datagrams != self->state_datagrams &&
                     since >= self->conf.settings->state.snapshot_every * INT64_C(1000);

    if (self->conf.n_steered == 0 || !(has_news || has_moved))
        return NULL;
    self->state_made_ms = now.ms;
    self->state_datagrams = datagrams;
    return decoder_save(self->decoder);
}

static int64_t
thread_time_ns(void)
{
    struct timespec time = { 0 };

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Half of what was, half of what is now: the mean of some seconds. */
static double
mixed(double before, double now)
{
    return (before + now) / 2;
}

static void
work_out_load(Intake *self, const Books *books, IntakeLoad *load)
{
    int64_t now_ns = clock_mono(self->clock).ns, passed_ns = now_ns - self->load_ns;

    if (passed_ns < (int64_t)LOAD_EVERY_MS * 1000000)
        return;
    int64_t cpu_ns = thread_time_ns();
    uint64_t records = books->records + books->late_records;
    double seconds = (double)passed_ns / 1e9;
    if (self->load_ns != 0) {
        load->busy = mixed(load->busy, (double)(cpu_ns - self->cpu_ns) / (double)passed_ns);
        load->records_per_s = mixed(load->records_per_s, (double)(records - load->records) / seconds);
        load->datagrams_per_s =
            mixed(load->datagrams_per_s, (double)(books->datagrams - load->datagrams) / seconds);
    }
    load->records = records;
    load->datagrams = books->datagrams;
    self->load_ns = now_ns;
    self->cpu_ns = cpu_ns;
}

static void
publish(Intake *self)
{
    WallTime now = clock_wall(self->clock);
    json_t *exporters = NULL, *refused = NULL, *report = NULL;
    BooksTotals totals;

    decoder_totals(self->decoder, &totals);
    if (now.ms - self->exporters_made_ms >= EXPORTERS_EVERY_MS &&
        now.ms - atomic_load(&self->asked_ms) < NOBODY_ASKS_MS) {
        self->exporters_made_ms = now.ms;
        exporters = make_exporters(self, now);
        refused = exporter_table_refused_to_json(decoder_exporters(self->decoder));
        report = receiver_report(self->receiver);
    }
    GBytes *state = make_state(self, now, totals.all.datagrams);
    g_mutex_lock(&self->lock);
    self->totals = totals;
    work_out_load(self, &totals.all, &self->load);
    for (size_t i = 0; i < self->conf.n_sockets; i++)
        self->socket_drops[i] = receiver_drops(self->receiver, i);
    if (exporters != NULL) {
        json_decref(self->exporters);
        self->exporters = exporters;
        json_decref(self->refused);
        self->refused = refused;
        json_decref(self->report);
        self->report = report;
    }
    if (state != NULL) {
        g_clear_pointer(&self->state, g_bytes_unref);
        self->state = state;
        self->state_changes++;
    }
    g_mutex_unlock(&self->lock);
}

static gpointer
intake_main(gpointer data)
{
    Intake *self = data;
    int64_t published_ns = 0;

    while (!atomic_load(&self->should_end)) {
        receiver_run_once(self->receiver, TICK_MS);
        int64_t now_ns = clock_mono(self->clock).ns;
        if (now_ns - published_ns >= (int64_t)TICK_MS * 1000000) {
            published_ns = now_ns;
            publish(self);
        }
    }
    receiver_finish(self->receiver);
    decoder_finish(self->decoder, clock_wall(self->clock));
    self->state_made_ms = 0;
    publish(self);
    return NULL;
}

Decoder *
intake_decoder(Intake *self)
{
    return self->decoder;
}

void
intake_start(Intake *self)
{
    g_autofree char *name = g_strdup_printf("intake-%zu", self->conf.lane);

    self->thread = g_thread_new(name, intake_main, self);
}

void
intake_stop(Intake *self)
{
    atomic_store(&self->should_end, true);
    receiver_wake(self->receiver);
    if (self->thread != NULL)
        g_thread_join(g_steal_pointer(&self->thread));
}

bool
intake_ask_exporters(Intake *self)
{
    int64_t now_ms = clock_wall(self->clock).ms;

    return now_ms - atomic_exchange(&self->asked_ms, now_ms) >= NOBODY_ASKS_MS;
}

json_t *
intake_exporters(Intake *self)
{
    g_mutex_lock(&self->lock);
    json_t *list = json_incref(self->exporters);
    g_mutex_unlock(&self->lock);
    return list;
}

json_t *
intake_report(Intake *self)
{
    g_mutex_lock(&self->lock);
    json_t *list = json_incref(self->report);
    g_mutex_unlock(&self->lock);
    return list;
}

double
intake_pushed_back_s(Intake *self)
{
    return (double)atomic_load(&self->pushed_back_us) / 1e6;
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

void
intake_load(Intake *self, IntakeLoad *out)
{
    g_mutex_lock(&self->lock);
    *out = self->load;
    g_mutex_unlock(&self->lock);
    out->kind = self->receiver->type->name;
}

uint64_t
intake_socket_drops(Intake *self, size_t index)
{
    g_mutex_lock(&self->lock);
    uint64_t drops = index < self->conf.n_sockets ? self->socket_drops[index] : 0;
    g_mutex_unlock(&self->lock);
    return drops;
}

GBytes *
intake_state(Intake *self, uint64_t *changes)
{
    g_mutex_lock(&self->lock);
    GBytes *state = self->state != NULL ? g_bytes_ref(self->state) : NULL;
    *changes = self->state_changes;
    g_mutex_unlock(&self->lock);
    return state;
}
