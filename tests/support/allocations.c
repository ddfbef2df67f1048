/* SPDX-License-Identifier: GPL-3.0-or-later */
/* allocations.c - see allocations.h */
#include "tests/support/allocations.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* libc's own, under the names that it keeps for those who replace them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void
allocation_counter_begin(AllocationCounter *self)
{
    memcpy(self->name, "COUNTED=", sizeof self->name);
    self->n = self->is_paused = 0;
    putenv(self->name);
    self->n = 0; /* putenv may have made room for it */
}

uint64_t
allocation_counter_end(AllocationCounter *self)
{
    uint64_t n = self->n;

    unsetenv("COUNTED");
    return n;
}

/* The counter that putenv keeps: its value is what stands behind the name. */
static AllocationCounter *
counter_now(void)
{
    char *value = getenv("COUNTED");

    return value == NULL ? NULL : (AllocationCounter *)(void *)(value - sizeof "COUNTED=" + 1);
}

static void
set_paused(bool is_paused)
{
    AllocationCounter *counter = counter_now();

    if (counter != NULL)
        counter->is_paused = is_paused;
}

void
allocation_counter_pause(void)
{
    set_paused(true);
}

void
allocation_counter_resume(void)
{
    set_paused(false);
}

static void
count(void)
{
    AllocationCounter *counter = counter_now();

    if (counter != NULL && !counter->is_paused)
        counter->n++;
}

void *
malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *
realloc(void *at, size_t size)
{
    count();
    return __libc_realloc(at, size);
}

void *
memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
    count();
    *out = __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}
