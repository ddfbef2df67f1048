/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scoring-thread.c - see scoring-thread.h */
#include "collector/cli/scoring-thread.h"
#include "collector/base/log.h"

#include <stdatomic.h>
#include <string.h>

enum {
    IDLE_MS = 50,
    BATCHES_A_TURN = 4, /* then questions are answered, however much waits */
    MOST_WAITING_ALERTS = 10000,
    MOST_WAITING_SAMPLES = 1 << 16,
    RETRY_MS = 1000,
};

typedef struct Question {
    ScorerTask task;
    void *argument;
    json_t *answer;
    bool is_answered;
    GMutex lock;
    GCond answered;
} Question;

struct ScoringThread {
    const Settings *settings; /* borrowed */
    ScoringConf conf;
    Clock *clock;
    Funnel *funnel;  /* borrowed */
    Channel *series; /* borrowed */
    Store *store;    /* scoring thread */
    Scorer *scorer;  /* scoring thread */
    GQueue waiting;  /* scoring thread: owned Alert *, not yet on disk */
    GArray *samples; /* scoring thread: SeriesSample, not yet sent */
    int64_t retry_ns, snapshot_ns;
    GAsyncQueue *questions; /* lent Question * */
    GThread *thread;
    atomic_bool should_end;
    atomic_ullong records, alerts, alerts_waiting, alerts_lost, samples_lost;
    atomic_bool disk_is_full;
    GMutex lock; /* guards @state */
    GBytes *state;
};

/* ---- alerts ---- */

static void
write_waiting(ScoringThread *self)
{
    g_autoptr(GError) error = NULL;
    Alert *alert;

    while ((alert = g_queue_peek_head(&self->waiting)) != NULL) {
        if (!store_put_alert(self->store, alert, &error))
            break;
        g_free(g_queue_pop_head(&self->waiting));
        atomic_fetch_add(&self->alerts, 1);
    }
    bool is_full = alert != NULL;
    if (is_full && !atomic_load(&self->disk_is_full))
        log_error("alerts cannot be written and wait in memory: %s", error->message);
    else if (!is_full && atomic_load(&self->disk_is_full))
        log_note("alerts are written again; none was lost");
    atomic_store(&self->disk_is_full, is_full);
    atomic_store(&self->alerts_waiting, self->waiting.length);
    self->retry_ns = clock_mono(self->clock).ns + (int64_t)RETRY_MS * 1000000;
}

static void
take_alert(void *user, const Alert *alert)
{
    ScoringThread *self = user;

    if (self->waiting.length >= MOST_WAITING_ALERTS) {
        g_free(g_queue_pop_head(&self->waiting));
        atomic_fetch_add(&self->alerts_lost, 1);
    }
    Alert *kept = g_memdup2(alert, sizeof *alert);
    kept->is_demo = self->settings->demo.data;
    g_queue_push_tail(&self->waiting, kept);
    if (!atomic_load(&self->disk_is_full))
        write_waiting(self);
}

/* ---- samples ---- */

static void
send_samples(ScoringThread *self)
{
    guint at = 0;

    while (at < self->samples->len) {
        guint n = MIN(self->samples->len - at, (guint)SERIES_MESSAGE_SAMPLES);
        if (!channel_send(self->series, MESSAGE_SAMPLES, 0, 0,
                          &g_array_index(self->samples, SeriesSample, at), n * sizeof(SeriesSample), 0))
            break; /* its buffer is full: the rest waits here */
        at += n;
    }
    if (at > 0)
        g_array_remove_range(self->samples, 0, at);
}

static void
take_sample(void *user, const SeriesSample *sample)
{
    ScoringThread *self = user;

    if (self->samples->len >= MOST_WAITING_SAMPLES) {
        atomic_fetch_add(&self->samples_lost, 1);
        return;
    }
    g_array_append_val(self->samples, *sample);
}

/* ---- the thread ---- */

static void
answer_questions(ScoringThread *self)
{
    Question *question;

    while ((question = g_async_queue_try_pop(self->questions)) != NULL) {
        json_t *answer = question->task(self->scorer, question->argument);
        g_mutex_lock(&question->lock);
        question->answer = answer;
        question->is_answered = true;
        g_cond_signal(&question->answered);
        g_mutex_unlock(&question->lock);
    }
}

static void
make_snapshot(ScoringThread *self)
{
    GBytes *state = scorer_save(self->scorer);

    g_mutex_lock(&self->lock);
    g_clear_pointer(&self->state, g_bytes_unref);
    self->state = state;
    g_mutex_unlock(&self->lock);
    self->snapshot_ns = clock_mono(self->clock).ns;
}

/* True when a batch was there to score. */
static bool
score_some(ScoringThread *self)
{
    FlowBatch *batch = NULL;
    size_t lane;

    for (int i = 0; i < BATCHES_A_TURN && (batch = funnel_pop(self->funnel, &lane)) != NULL; i++) {
        scorer_batch(self->scorer, batch);
        atomic_fetch_add_explicit(&self->records, batch->n, memory_order_relaxed);
        funnel_return(self->funnel, lane, batch);
    }
    return batch != NULL;
}

static gpointer
scoring_main(gpointer data)
{
    ScoringThread *self = data;
    int64_t every_ns = self->settings->state.snapshot_every * 1000000000;

    self->snapshot_ns = clock_mono(self->clock).ns;
    while (!atomic_load(&self->should_end)) {
        bool more = score_some(self);
        answer_questions(self);
        if (self->samples->len > 0)
            send_samples(self);
        int64_t now_ns = clock_mono(self->clock).ns;
        if (self->waiting.length > 0 && now_ns >= self->retry_ns)
            write_waiting(self);
        if (now_ns - self->snapshot_ns >= every_ns)
            make_snapshot(self);
        if (!more)
            funnel_wait(self->funnel, IDLE_MS);
    }
    while (score_some(self))
        continue;
    answer_questions(self);
    send_samples(self);
    write_waiting(self);
    make_snapshot(self);
    return NULL;
}

/* ---- life ---- */

ScoringThread *
scoring_thread_new(const Settings *settings, const AssetTable *assets, const PlaceTable *places,
                   Funnel *funnel, Channel *series, Store *store, GBytes *state)
{
    ScoringThread *self = g_new0(ScoringThread, 1);
    ScorerSink sink = { .user = self, .alert = take_alert, .sample = take_sample };
    g_autoptr(GError) error = NULL;

    *self = (ScoringThread){ .settings = settings,
                             .conf = settings_scoring(settings),
                             .clock = clock_system(),
                             .funnel = funnel,
                             .series = series,
                             .store = store };
    self->conf.hash_seed = (uint64_t)g_random_int() << 32 | g_random_int();
    self->samples = g_array_new(FALSE, FALSE, sizeof(SeriesSample));
    self->questions = g_async_queue_new();
    g_queue_init(&self->waiting);
    g_mutex_init(&self->lock);
    self->scorer = scorer_new(&self->conf, assets, places, &sink);
    if (state != NULL && !scorer_restore(self->scorer, state, &error))
        log_error("the baselines could not be read and are learned anew: %s", error->message);
    return self;
}

void
scoring_thread_lists(ScoringThread *self, const ListTable *lists)
{
    scorer_set_lists(self->scorer, lists);
}

void
scoring_thread_free(ScoringThread *self)
{
    if (self == NULL)
        return;
    scoring_thread_stop(self);
    scorer_free(self->scorer);
    store_free(self->store);
    g_queue_clear_full(&self->waiting, g_free);
    g_array_unref(self->samples);
    g_async_queue_unref(self->questions);
    g_clear_pointer(&self->state, g_bytes_unref);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
scoring_thread_start(ScoringThread *self, ExporterAddress exporters, void *user)
{
    scorer_set_exporters(self->scorer, exporters, user);
    self->thread = g_thread_new("scoring", scoring_main, self);
}

void
scoring_thread_stop(ScoringThread *self)
{
    atomic_store(&self->should_end, true);
    funnel_wake(self->funnel);
    if (self->thread != NULL)
        g_thread_join(g_steal_pointer(&self->thread));
}

json_t *
scoring_thread_ask(ScoringThread *self, ScorerTask task, void *argument)
{
    Question question = { .task = task, .argument = argument };

    g_mutex_init(&question.lock);
    g_cond_init(&question.answered);
    g_async_queue_push(self->questions, &question);
    funnel_wake(self->funnel);
    g_mutex_lock(&question.lock);
    while (!question.is_answered)
        g_cond_wait(&question.answered, &question.lock);
    g_mutex_unlock(&question.lock);
    g_cond_clear(&question.answered);
    g_mutex_clear(&question.lock);
    return question.answer;
}

GBytes *
scoring_thread_take_state(ScoringThread *self)
{
    g_mutex_lock(&self->lock);
    GBytes *state = g_steal_pointer(&self->state);
    g_mutex_unlock(&self->lock);
    return state;
}

void
scoring_thread_counters(ScoringThread *self, ScoringCounters *out)
{
    *out = (ScoringCounters){ .records = atomic_load(&self->records),
                              .alerts = atomic_load(&self->alerts),
                              .alerts_waiting = atomic_load(&self->alerts_waiting),
                              .alerts_lost = atomic_load(&self->alerts_lost),
                              .samples_lost = atomic_load(&self->samples_lost),
                              .disk_is_full = atomic_load(&self->disk_is_full) };
}
