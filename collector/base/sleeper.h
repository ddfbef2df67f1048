/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sleeper.h - lets one thread sleep until one of many others has something for it
 *
 * A waker writes to an eventfd, but only when the sleeper has said that it is about to sleep: handing over
 * costs no system call while the other side is busy. Embedded,
 * best on a cache line of its own; the thread that sleeps owns it.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

typedef struct Sleeper {
    atomic_bool sleeping;
    int fd;
} Sleeper;

void sleeper_init(Sleeper *self);
void sleeper_clear(Sleeper *self);

/* The one thread that sleeps: until @is_there says so, one wakes it, or @timeout_ms passed (-1: for ever). */
void sleeper_sleep(Sleeper *self, bool (*is_there)(const void *user), const void *user, int timeout_ms);
/* Any thread: ends one sleep, also one that has not begun. */
void sleeper_wake(Sleeper *self);
/* Any thread, after it made something visible with a sequentially consistent store: ends a sleep if there is
 * one. */
static inline void
sleeper_nudge(Sleeper *self)
{
    if (atomic_load(&self->sleeping))
        sleeper_wake(self);
}
