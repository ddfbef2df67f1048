/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sleeper.c - see sleeper.h */
#include "collector/base/sleeper.h"

#include <glib.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

void
sleeper_init(Sleeper *self)
{
    *self = (Sleeper){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    g_assert(self->fd >= 0);
}

void
sleeper_clear(Sleeper *self)
{
    close(self->fd);
    self->fd = -1;
}

void
sleeper_wake(Sleeper *self)
{
    uint64_t one = 1;
    ssize_t ignored = write(self->fd, &one, sizeof one); /* full means: awake already */

    (void)ignored;
}

void
sleeper_sleep(Sleeper *self, bool (*is_there)(const void *user), const void *user, int timeout_ms)
{
    struct pollfd fd = { .fd = self->fd, .events = POLLIN };
    uint64_t drained;

    /* Announced before the last look, and both sequentially consistent: either we see what was handed over,
     * or who hands it over sees that we sleep. */
    atomic_store(&self->sleeping, true);
    if (!is_there(user))
        poll(&fd, 1, timeout_ms);
    atomic_store(&self->sleeping, false);
    ssize_t ignored = read(self->fd, &drained, sizeof drained);
    (void)ignored;
}
