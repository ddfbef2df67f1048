/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * allocations.h - counts what a piece of the program allocates, libraries included
 *
 * A program that is linked with allocations.c has its allocator: it counts, and hands on to libc's. It gets
 * no argument of ours, so it finds the counter in the environment, for putenv keeps the very bytes that it is
 * given. One counter at a time; one thread.
 */
#pragma once
#include <stdint.h>

typedef struct AllocationCounter {
    char name[8]; /* "COUNTED=" */
    uint64_t n;
    uint64_t is_paused;
} AllocationCounter;

/* @self is lent until the end. */
void allocation_counter_begin(AllocationCounter *self);
/* Between these two nothing is counted; of no effect while no counter is there. */
void allocation_counter_pause(void);
void allocation_counter_resume(void);
/* How many calls for memory there were in between. */
uint64_t allocation_counter_end(AllocationCounter *self);
