/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * textbuf.h - writes text to a file without printf: numbers, hex, times, addresses, JSON strings
 *
 * One buffer of fixed size; what does not fit is written out first, so that nothing a record holds is too
 * long. A failed write is remembered and told by textbuf_finish. One thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TEXTBUF_SIZE = 64 << 10, TEXTBUF_SECOND = 20 };

typedef struct TextBuf {
    int fd;
    bool failed;
    size_t n;
    int64_t second;                   /* what @second_text says; the stamps of records crowd together */
    char second_text[TEXTBUF_SECOND]; /* "2026-01-31T23:59:59." */
    char bytes[TEXTBUF_SIZE];
} TextBuf;

void textbuf_init(TextBuf *self, int fd);
/* Writes out what is there. False when this or an earlier write failed. */
bool textbuf_finish(TextBuf *self);

/* For what does not fit the buffer any more. */
void textbuf_bytes_slow(TextBuf *self, const void *bytes, size_t length);
static inline void
textbuf_bytes(TextBuf *self, const void *bytes, size_t length)
{
    if (length > TEXTBUF_SIZE - self->n) {
        textbuf_bytes_slow(self, bytes, length);
        return;
    }
    /* Of a copy that it knows to be short GCC makes a `rep movsq`, which took 40 % of all the time of
     * `decode`; it is not to know. */
    if (!__builtin_constant_p(length))
        __asm__("" : "+r"(length));
    memcpy(self->bytes + self->n, bytes, length);
    self->n += length;
}
/* Makes room for @length bytes behind each other. */
static inline void
textbuf_reserve(TextBuf *self, size_t length)
{
    if (length > TEXTBUF_SIZE - self->n)
        textbuf_finish(self);
}
static inline void
textbuf_text(TextBuf *self, const char *text)
{
    textbuf_bytes(self, text, strlen(text));
}
static inline void
textbuf_char(TextBuf *self, char c)
{
    textbuf_bytes(self, &c, 1);
}
void textbuf_unsigned(TextBuf *self, uint64_t value);
/* Dotted quad of four bytes in network order. */
void textbuf_ipv4(TextBuf *self, const uint8_t *address);
void textbuf_signed(TextBuf *self, int64_t value);
void textbuf_hex(TextBuf *self, const uint8_t *bytes, size_t length);
/* Six bytes as aa:bb:cc:dd:ee:ff. */
void textbuf_mac(TextBuf *self, const uint8_t *mac);
/* RFC 3339 UTC; @fraction in units of 10^-@digits seconds, 3, 6 or 9 digits. */
void textbuf_time(TextBuf *self, int64_t seconds, uint32_t fraction, unsigned digits);
/* A quoted JSON string of any bytes: what is no UTF-8 becomes U+FFFD. */
void textbuf_json_string(TextBuf *self, const char *text, size_t length);
