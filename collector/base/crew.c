/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crew.c - see crew.h */
#include "collector/base/crew.h"

#include <stdatomic.h>
#include <stdbool.h>

enum {
    LINE = 64,
    LOOKS = 2000, /* some 50 microseconds: about what lies between two lists under full load */
};

struct Crew {
    /* Owner's; written before @left is. */
    CrewJob job;
    void *user;
    uint32_t n;
    _Alignas(LINE) atomic_uint left;   /* jobs that nobody has taken */
    _Alignas(LINE) atomic_uint undone; /* that are not done */
    _Alignas(LINE) atomic_uint asleep; /* helpers */
    atomic_bool is_over;
    GMutex lock; /* for going to sleep alone */
    GCond come;
    uint32_t n_helpers;
    GThread **helpers;
};

static inline void
pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Takes a job and does it; false: there is none. */
static bool
do_one(Crew *self)
{
    uint32_t left = atomic_load(&self->left);

    do {
        if (left == 0)
            return false;
    } while (!atomic_compare_exchange_weak(&self->left, &left, left - 1));
    self->job(self->user, self->n - left);
    atomic_fetch_sub(&self->undone, 1);
    return true;
}

static bool
has_come(const Crew *self)
{
    return atomic_load(&self->left) > 0 || atomic_load(&self->is_over);
}

/*
 * Until there is something to do. That one sleeps is said before the last look, and both are sequentially
 * consistent, as is what the owner does: either we see his list, or he sees that we sleep.
 */
static void
wait_for_jobs(Crew *self)
{
    for (int i = 0; i < LOOKS; i++) {
        if (has_come(self))
            return;
        pause_a_little();
    }
    g_mutex_lock(&self->lock);
    atomic_fetch_add(&self->asleep, 1);
    while (!has_come(self))
        g_cond_wait(&self->come, &self->lock);
    atomic_fetch_sub(&self->asleep, 1);
    g_mutex_unlock(&self->lock);
}

static gpointer
help(gpointer data)
{
    Crew *self = data;

    while (!atomic_load(&self->is_over)) {
        if (!do_one(self))
            wait_for_jobs(self);
    }
    return NULL;
}

static void
wake(Crew *self)
{
    if (atomic_load(&self->asleep) == 0)
        return;
    g_mutex_lock(&self->lock);
    g_cond_broadcast(&self->come);
    g_mutex_unlock(&self->lock);
}

Crew *
crew_new(uint32_t helpers)
{
    Crew *self = g_aligned_alloc0(1, sizeof *self, LINE);

    g_mutex_init(&self->lock);
    g_cond_init(&self->come);
    self->n_helpers = helpers;
    self->helpers = g_new(GThread *, helpers);
    for (uint32_t i = 0; i < helpers; i++)
        self->helpers[i] = g_thread_new("scoring helper", help, self);
    return self;
}

void
crew_free(Crew *self)
{
    if (self == NULL)
        return;
    crew_end(self);
    atomic_store(&self->is_over, true);
    wake(self);
    for (uint32_t i = 0; i < self->n_helpers; i++)
        g_thread_join(self->helpers[i]);
    g_free(self->helpers);
    g_cond_clear(&self->come);
    g_mutex_clear(&self->lock);
    g_aligned_free(self);
}

void
crew_begin(Crew *self, CrewJob job, void *user, uint32_t n)
{
    g_assert(atomic_load(&self->undone) == 0);
    if (self->n_helpers == 0) {
        for (uint32_t i = 0; i < n; i++)
            job(user, i);
        return;
    }
    self->job = job;
    self->user = user;
    self->n = n;
    atomic_store(&self->undone, n);
    atomic_store(&self->left, n);
    wake(self);
}

void
crew_end(Crew *self)
{
    while (do_one(self))
        continue;
    for (uint32_t i = 1; atomic_load(&self->undone) > 0; i++) {
        if (i % LOOKS == 0)
            g_thread_yield(); /* a helper has to wait for a processor itself */
        else
            pause_a_little();
    }
}
