/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * textbuf.h - writes text to a file without printf: numbers, hex, times, JSON strings
 *
 * One buffer of fixed size; what does not fit is written out first, so that nothing a record holds is too
 * long. A failed write is remembered and told by textbuf_finish. One thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXTBUF_SIZE = 64 << 10 };

typedef struct TextBuf {
    int fd;
    bool failed;
    size_t n;
    char bytes[TEXTBUF_SIZE];
} TextBuf;

void textbuf_init(TextBuf *self, int fd);
/* Writes out what is there. False when this or an earlier write failed. */
bool textbuf_finish(TextBuf *self);

void textbuf_bytes(TextBuf *self, const void *bytes, size_t length);
void textbuf_text(TextBuf *self, const char *text);
static inline void
textbuf_char(TextBuf *self, char c)
{
    textbuf_bytes(self, &c, 1);
}
void textbuf_unsigned(TextBuf *self, uint64_t value);
void textbuf_signed(TextBuf *self, int64_t value);
void textbuf_hex(TextBuf *self, const uint8_t *bytes, size_t length);
/* Six bytes as aa:bb:cc:dd:ee:ff. */
void textbuf_mac(TextBuf *self, const uint8_t *mac);
/* RFC 3339 UTC; @fraction in units of 10^-@digits seconds, 3, 6 or 9 digits. */
void textbuf_time(TextBuf *self, int64_t seconds, uint32_t fraction, unsigned digits);
/* A quoted JSON string of any bytes: what is no UTF-8 becomes U+FFFD. */
void textbuf_json_string(TextBuf *self, const char *text, size_t length);
