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
    SLICE_US = 2000,    /* so long datagrams wait while lists and states of exporters are made, ... */
    SLICE_PAUSE_MS = 5, /* ... and so long they are taken before the next slice */
    ONE_PATIENCE_MS = 400,
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
    atomic_bool is_asked;      /* somebody wants the exporters' objects */
    atomic_llong made_ns;      /* when the last list of them was whole, by the steady clock; 0: never */
    json_t *making;            /* intake thread: the list that is being made, or NULL */
    GByteArray *saving;        /* intake thread: the state that is being made, or NULL */
    int64_t slice_ns;          /* intake thread: when the last slice of either ended */
    int64_t state_made_ns;     /* intake thread */
    uint64_t state_datagrams;  /* that had come when the state was made */
    int64_t load_ns, cpu_ns;   /* intake thread: when the load was worked out, its time then */
    atomic_bool is_one_wanted; /* one exporter, with all that there is to tell */
    GMutex lock;               /* guards what is below; held for a swap only, never per record */
    GCond one_made;
    uint32_t one_number;
    json_t *one, *fresh, *exporters, *refused, *report; /* fresh: newer than exporters; NULL: taken */
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
    g_cond_init(&self->one_made);
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
    json_decref(self->making);
    g_clear_pointer(&self->saving, g_byte_array_unref);
    json_decref(self->one);
    json_decref(self->fresh);
    json_decref(self->exporters);
    json_decref(self->refused);
    json_decref(self->report);
    g_clear_pointer(&self->state, g_bytes_unref);
    g_cond_clear(&self->one_made);
    g_mutex_clear(&self->lock);
    g_free(self->socket_drops);
    g_free(self);
}

/* A step of the wall clock must not make any of this stand still, so it goes by the steady one. */
static int64_t
passed_ms(const Intake *self, int64_t since_ns)
{
    return since_ns == 0 ? INT64_MAX : (clock_mono(self->clock).ns - since_ns) / 1000000;
}

/* Lends the list with some more exporters in it; NULL while it is not whole, and when nobody asks. */
static json_t *
make_some_exporters(Intake *self, int64_t until_ns)
{
    const ExporterTable *table = decoder_exporters(self->decoder);

    if (self->making == NULL &&
        (!atomic_load(&self->is_asked) || passed_ms(self, atomic_load(&self->made_ns)) < EXPORTERS_EVERY_MS))
        return NULL;
    if (self->making == NULL)
        self->making = json_array();
    atomic_store(&self->is_asked, false);
    for (size_t i = json_array_size(self->making); i < exporter_table_count(table); i++) {
        const Exporter *exporter = exporter_table_get(table, (uint32_t)i);
        json_array_append_new(self->making, exporter_summary_to_json(exporter, clock_wall(self->clock)));
        if (clock_mono(self->clock).ns >= until_ns)
            break;
    }
    return json_array_size(self->making) >= exporter_table_count(table) ? self->making : NULL;
}

/* When it is whole, the list goes to those who asked. */
static void
publish_exporters(Intake *self, int64_t until_ns)
{
    json_t *exporters = make_some_exporters(self, until_ns);

    if (exporters == NULL)
        return;
    json_t *refused = exporter_table_refused_to_json(decoder_exporters(self->decoder));
    json_t *report = receiver_report(self->receiver);
    g_mutex_lock(&self->lock);
    json_t *old[] = { self->fresh, self->refused, self->report };
    self->fresh = exporters;
    self->refused = refused;
    self->report = report;
    g_mutex_unlock(&self->lock);
    self->making = NULL;
    atomic_store(&self->made_ns, clock_mono(self->clock).ns);
    for (size_t i = 0; i < G_N_ELEMENTS(old); i++)
        json_decref(old[i]);
}

/* The one exporter that somebody waits for, if it is heard here. */
static void
publish_one(Intake *self)
{
    const ExporterTable *table = decoder_exporters(self->decoder);
    json_t *one = NULL;

    g_mutex_lock(&self->lock);
    uint32_t number = self->one_number;
    g_mutex_unlock(&self->lock);
    for (uint32_t i = 0; one == NULL && i < exporter_table_count(table); i++) {
        const Exporter *exporter = exporter_table_get(table, i);
        if (exporter_number(exporter) == number)
            one = exporter_to_json(exporter, clock_wall(self->clock));
    }
    g_mutex_lock(&self->lock);
    json_decref(self->one);
    self->one = one;
    atomic_store(&self->is_one_wanted, false);
    g_cond_signal(&self->one_made);
    g_mutex_unlock(&self->lock);
}

/*
 * Begins to make what is kept, when it is time. What exporters have told is kept soon. Places in their
 * sequences move with each datagram and are kept as often as the baselines are, and at the end: after a crash
 * what had come since then is counted as lost, as it is for the baselines.
 */
static void
begin_state(Intake *self, uint64_t datagrams)
{
    int64_t since = passed_ms(self, self->state_made_ns);
    bool has_news = decoder_has_changed(self->decoder) && since >= STATE_EVERY_MS;
    bool has_moved = datagrams != self->state_datagrams &&
                     since >= self->conf.settings->state.snapshot_every * INT64_C(1000);

    if (self->conf.n_steered == 0 || self->saving != NULL || !(has_news || has_moved))
        return;
    self->state_datagrams = datagrams;
    self->saving = g_byte_array_new();
}

/* Adds to what is kept for as long as there is time; when it is whole, others may have it. */
static void
publish_state(Intake *self, int64_t until_ns)
{
    bool is_whole = false;

    while (!is_whole && clock_mono(self->clock).ns < until_ns)
        is_whole = decoder_save_next(self->decoder, self->saving);
    if (!is_whole)
        return;
    GBytes *state = g_byte_array_free_to_bytes(g_steal_pointer(&self->saving));
    self->state_made_ns = clock_mono(self->clock).ns;
    g_mutex_lock(&self->lock);
    GBytes *old = self->state;
    self->state = state;
    self->state_changes++;
    g_mutex_unlock(&self->lock);
    g_clear_pointer(&old, g_bytes_unref);
}

/* What takes long with thousands of exporters, a bit at a time. */
static void
take_slice(Intake *self)
{
    int64_t now_ns = clock_mono(self->clock).ns, until_ns = now_ns + INT64_C(1000) * SLICE_US;

    if (now_ns - self->slice_ns < INT64_C(1000000) * SLICE_PAUSE_MS)
        return;
    if (self->saving != NULL)
        publish_state(self, until_ns);
    else
        publish_exporters(self, until_ns);
    self->slice_ns = clock_mono(self->clock).ns;
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
    BooksTotals totals;

    decoder_totals(self->decoder, &totals);
    begin_state(self, totals.all.datagrams);
    g_mutex_lock(&self->lock);
    self->totals = totals;
    work_out_load(self, &totals.all, &self->load);
    for (size_t i = 0; i < self->conf.n_sockets; i++)
        self->socket_drops[i] = receiver_drops(self->receiver, i);
    g_mutex_unlock(&self->lock);
}

static gpointer
intake_main(gpointer data)
{
    Intake *self = data;
    int64_t published_ns = 0;

    while (!atomic_load(&self->should_end)) {
        bool is_at_it = self->making != NULL || self->saving != NULL;
        receiver_run_once(self->receiver, is_at_it ? SLICE_PAUSE_MS : TICK_MS);
        int64_t now_ns = clock_mono(self->clock).ns;
        take_slice(self);
        if (atomic_load(&self->is_one_wanted))
            publish_one(self);
        if (now_ns - published_ns >= (int64_t)TICK_MS * 1000000) {
            published_ns = now_ns;
            publish(self);
        }
    }
    receiver_finish(self->receiver);
    decoder_finish(self->decoder, clock_wall(self->clock));
    if (self->saving != NULL)
        self->state_datagrams = UINT64_MAX; /* it was begun and nobody has got it: anew */
    g_clear_pointer(&self->saving, g_byte_array_unref);
    self->state_made_ns = 0;
    publish(self);
    if (self->saving != NULL)
        publish_state(self, INT64_MAX);
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

/* Those who look let go of the old list: with thousands of exporters that takes as long as to make one, and
 * the intake's thread has no time for it. */
static void
take_fresh(Intake *self)
{
    json_t *old = NULL;

    g_mutex_lock(&self->lock);
    if (self->fresh != NULL) {
        old = self->exporters;
        self->exporters = g_steal_pointer(&self->fresh);
    }
    g_mutex_unlock(&self->lock);
    json_decref(old);
}

void
intake_ask_exporters(Intake *self)
{
    take_fresh(self);
    atomic_store(&self->is_asked, true);
    receiver_wake(self->receiver);
}

int64_t
intake_exporters_age_ms(Intake *self)
{
    return passed_ms(self, atomic_load(&self->made_ns));
}

bool
intake_exporter(Intake *self, uint32_t number, json_t **out)
{
    gint64 until = g_get_monotonic_time() + ONE_PATIENCE_MS * 1000;

    g_mutex_lock(&self->lock);
    self->one_number = number;
    atomic_store(&self->is_one_wanted, true);
    receiver_wake(self->receiver);
    while (atomic_load(&self->is_one_wanted) && g_cond_wait_until(&self->one_made, &self->lock, until))
        continue;
    bool is_made = !atomic_exchange(&self->is_one_wanted, false);
    *out = g_steal_pointer(&self->one);
    g_mutex_unlock(&self->lock);
    return is_made;
}

json_t *
intake_exporters(Intake *self)
{
    take_fresh(self);
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
