/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.h - the only way to read bytes that came from the network or from a file
 *
 * A cursor walks over bytes it does not own. A read past the end returns zero and sets @failed,
 * which stays set, so that a parser may read a whole header and look once. Nothing here allocates.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Cursor {
    const uint8_t *at;  /* next byte to read */
    const uint8_t *end; /* one past the last byte */
    bool failed;        /* something was asked that was not there */
} Cursor;

/* Lends: @bytes must outlive the cursor. */
static inline Cursor
cursor_over(const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    return (Cursor){ .at = from, .end = length == 0 ? from : from + length };
}

static inline size_t
cursor_left(const Cursor *self)
{
    return (size_t)(self->end - self->at);
}

/* Lends the next @length bytes and steps over them; NULL, and failed, if they are not there. */
static inline const uint8_t *
cursor_take(Cursor *self, size_t length)
{
    const uint8_t *at = self->at;

    if (self->failed || cursor_left(self) < length) {
        self->failed = true;
        return NULL;
    }
    self->at += length;
    return at;
}

/* A cursor over the next @length bytes, which this one steps over. Both fail if they are not there. */
static inline Cursor
cursor_sub(Cursor *self, size_t length)
{
    const uint8_t *at = cursor_take(self, length);

    if (at == NULL)
        return (Cursor){ .at = self->end, .end = self->end, .failed = true };
    return cursor_over(at, length);
}

/* Big-endian ("network order"), as every export protocol has it. */
static inline uint8_t
cursor_u8(Cursor *self)
{
    const uint8_t *at = cursor_take(self, 1);

    return at == NULL ? 0 : at[0];
}

static inline uint16_t
cursor_u16(Cursor *self)
{
    const uint8_t *at = cursor_take(self, 2);
    uint16_t value;

    if (at == NULL)
        return 0;
    memcpy(&value, at, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t
cursor_u32(Cursor *self)
{
    const uint8_t *at = cursor_take(self, 4);
    uint32_t value;

    if (at == NULL)
        return 0;
    memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t
cursor_u64(Cursor *self)
{
    const uint8_t *at = cursor_take(self, 8);
    uint64_t value;

    if (at == NULL)
        return 0;
    memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}

/* All bytes that are left are zero; true when none are. */
static inline bool
cursor_is_zero(const Cursor *self)
{
    for (const uint8_t *at = self->at; at < self->end; at++)
        if (*at != 0)
            return false;
    return true;
}
