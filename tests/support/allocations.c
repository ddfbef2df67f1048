/* SPDX-License-Identifier: GPL-3.0-or-later */
/* allocations.c - see allocations.h */
#include "tests/support/allocations.h"

#include <errno.h>
#include <malloc.h>
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
    self->n = 0;
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

static void
count(void)
{
    char *value = getenv("COUNTED");
    uint64_t n;

    if (value == NULL)
        return;
    memcpy(&n, value, sizeof n);
    n++;
    memcpy(value, &n, sizeof n);
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
