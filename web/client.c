/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.c - see client.h */
#include "web/client.h"

enum { TICK_MS = 50 }; /* how late a time-out may be noticed, and how long client_free may wait */

typedef struct Question {
    ClientDone done;
    void *user;
    int64_t deadline_ns;
} Question;

struct Client {
    ClientConf conf;
    GThread *reader;       /* NULL without a channel */
    gint stop_reader;      /* atomic */
    GMutex lock;           /* guards what follows */
    GHashTable *questions; /* id -> owned Question */
    uint32_t next_id;
    bool stopped;
    ClientCounters counters;
};

/* Takes the question under @id out of the table; NULL when it is not there (any more). */
static Question *
take_question(Client *self, uint32_t id)
{
    gpointer value = NULL;

    g_hash_table_steal_extended(self->questions, GUINT_TO_POINTER(id), NULL, &value);
    return value;
}

static void
end_question(Question *question, ClientOutcome outcome, unsigned status, GBytes *body)
{
    question->done(question->user, outcome, status, body);
    g_free(question);
}

static void
take_answer(Client *self, const Message *message)
{
    Question *question = NULL;

    g_mutex_lock(&self->lock);
    if (message->type == MESSAGE_ANSWER)
        question = take_question(self, message->id);
    if (question == NULL)
        self->counters.strays++;
    else
        self->counters.answered++;
    g_mutex_unlock(&self->lock);
    if (question != NULL)
        end_question(question, CLIENT_ANSWERED, message->status, message->body);
}

/* Ends every question whose time is over at @now_ns; INT64_MAX ends all. */
static void
end_overdue(Client *self, int64_t now_ns, ClientOutcome outcome)
{
    g_autoptr(GPtrArray) overdue = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->questions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Question *)value)->deadline_ns > now_ns)
            continue;
        g_ptr_array_add(overdue, value);
        g_hash_table_iter_steal(&iter);
        if (outcome == CLIENT_TIMED_OUT)
            self->counters.timed_out++;
    }
    g_mutex_unlock(&self->lock);
    for (guint i = 0; i < overdue->len; i++)
        end_question(overdue->pdata[i], outcome, 0, NULL);
}

static gpointer
read_answers(gpointer user)
{
    Client *self = user;

    while (!g_atomic_int_get(&self->stop_reader)) {
        g_auto(Message) message = { 0 };
        gint64 before = g_get_monotonic_time();
        if (channel_receive(self->conf.channel, &message, TICK_MS))
            take_answer(self, &message);
        else if (g_get_monotonic_time() - before < TICK_MS * 100) /* the peer is gone: do not spin */
            g_usleep(TICK_MS * 1000);
        end_overdue(self, clock_mono(self->conf.clock).ns, CLIENT_TIMED_OUT);
    }
    return NULL;
}

Client *
client_new(const ClientConf *conf)
{
    Client *self = g_new0(Client, 1);

    self->conf = *conf;
    g_mutex_init(&self->lock);
    self->questions = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->next_id = g_random_int();
    if (conf->channel != NULL)
        self->reader = g_thread_new("answers", read_answers, self);
    return self;
}

static bool
is_full(const Client *self)
{
    return self->stopped || self->conf.channel == NULL ||
           g_hash_table_size(self->questions) >= self->conf.max_in_flight;
}

bool
client_ask(Client *self, const char *query, size_t length, int timeout_ms, ClientDone done, void *user)
{
    Question *question = g_new(Question, 1);
    uint32_t id;

    *question = (Question){ .done = done, .user = user };
    question->deadline_ns = clock_mono(self->conf.clock).ns +
                            (int64_t)(timeout_ms > 0 ? timeout_ms : self->conf.timeout_ms) * 1000000;
    g_mutex_lock(&self->lock);
    if (is_full(self)) {
        self->counters.refused++;
        g_mutex_unlock(&self->lock);
        g_free(question);
        return false;
    }
    id = self->next_id++;
    self->counters.asked++;
    g_hash_table_insert(self->questions, GUINT_TO_POINTER(id), question);
    g_mutex_unlock(&self->lock);
    if (channel_send(self->conf.channel, MESSAGE_QUERY, id, 0, query, length, 0))
        return true;

    /* If it is no longer there, it was ended meanwhile, which is its one call-back: report it as asked. */
    g_mutex_lock(&self->lock);
    question = take_question(self, id);
    self->counters.refused += question != NULL;
    g_mutex_unlock(&self->lock);
    if (question == NULL)
        return true;
    g_free(question);
    return false;
}

void
client_stop(Client *self)
{
    g_mutex_lock(&self->lock);
    self->stopped = true;
    g_mutex_unlock(&self->lock);
    end_overdue(self, INT64_MAX, CLIENT_REFUSED);
}

void
client_free(Client *self)
{
    if (self == NULL)
        return;
    client_stop(self);
    g_atomic_int_set(&self->stop_reader, 1);
    g_clear_pointer(&self->reader, g_thread_join);
    g_clear_pointer(&self->questions, g_hash_table_unref);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
client_counters(Client *self, ClientCounters *out)
{
    g_mutex_lock(&self->lock);
    *out = self->counters;
    g_mutex_unlock(&self->lock);
}
