/* SPDX-License-Identifier: GPL-3.0-or-later */
/* patience.c - see patience.h */
#include "web/patience.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ANSWER_TIMES = 8 }; /* so much longer than its request may it take until an answer is read */

struct PatienceMark {
    int fd;
    gint64 deadline_us; /* 0: none */
    GList link;
};

struct Patience {
    gint64 request_us;
    GThread *thread;
    GMutex lock; /* guards what follows, and every mark */
    GCond stop;
    bool stopping;
    GQueue marks;
};

static void
hang_up_on_the_late(Patience *self, gint64 now_us)
{
    for (GList *at = self->marks.head; at != NULL; at = at->next) {
        PatienceMark *mark = at->data;
        if (mark->deadline_us == 0 || mark->deadline_us > now_us || mark->fd < 0)
            continue;
        shutdown(mark->fd, SHUT_RDWR);
        mark->deadline_us = 0;
    }
}

static gpointer
look_at_the_clock(gpointer user)
{
    Patience *self = user;
    gint64 tick_us = CLAMP(self->request_us / 8, 10 * 1000, 1000 * 1000);

    g_mutex_lock(&self->lock);
    while (!self->stopping) {
        g_cond_wait_until(&self->stop, &self->lock, g_get_monotonic_time() + tick_us);
        hang_up_on_the_late(self, g_get_monotonic_time());
    }
    g_mutex_unlock(&self->lock);
    return NULL;
}

Patience *
patience_new(int request_ms)
{
    Patience *self = g_new0(Patience, 1);

    self->request_us = (gint64)request_ms * 1000;
    g_mutex_init(&self->lock);
    g_cond_init(&self->stop);
    g_queue_init(&self->marks);
    self->thread = g_thread_new("patience", look_at_the_clock, self);
    return self;
}

void
patience_free(Patience *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->stopping = true;
    g_cond_signal(&self->stop);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
    g_cond_clear(&self->stop);
    g_mutex_clear(&self->lock);
    g_free(self);
}

static void
set_deadline(Patience *self, PatienceMark *mark, gint64 deadline_us)
{
    if (mark == NULL)
        return;
    g_mutex_lock(&self->lock);
    mark->deadline_us = deadline_us;
    g_mutex_unlock(&self->lock);
}

PatienceMark *
patience_add(Patience *self, int fd)
{
    PatienceMark *mark = g_new0(PatienceMark, 1);

    *mark = (PatienceMark){ .fd = fd, .deadline_us = g_get_monotonic_time() + self->request_us };
    mark->link.data = mark;
    g_mutex_lock(&self->lock);
    g_queue_push_tail_link(&self->marks, &mark->link);
    g_mutex_unlock(&self->lock);
    return mark;
}

void
patience_request_is_whole(Patience *self, PatienceMark *mark)
{
    set_deadline(self, mark, g_get_monotonic_time() + ANSWER_TIMES * self->request_us);
}

void
patience_request_may_begin(Patience *self, PatienceMark *mark)
{
    set_deadline(self, mark, g_get_monotonic_time() + self->request_us);
}

void
patience_remove(Patience *self, PatienceMark *mark)
{
    if (mark == NULL)
        return;
    g_mutex_lock(&self->lock);
    g_queue_unlink(&self->marks, &mark->link);
    g_mutex_unlock(&self->lock);
    g_free(mark);
}
