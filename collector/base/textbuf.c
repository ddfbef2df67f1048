/* SPDX-License-Identifier: GPL-3.0-or-later */
/* textbuf.c - see textbuf.h */
#include "collector/base/textbuf.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

static const char digits_of_hex[] = "0123456789abcdef";
/* All numbers of two digits: dividing by 100 gives two of them for the price of one. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

void
textbuf_init(TextBuf *self, int fd)
{
    self->fd = fd;
    self->failed = false;
    self->n = 0;
    self->second = INT64_MIN; /* no second that is ever asked for */
}

static void
write_out(TextBuf *self, const char *from, size_t length)
{
    while (length > 0 && !self->failed) {
        ssize_t n = write(self->fd, from, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            self->failed = true;
            break;
        }
        from += n;
        length -= (size_t)n;
    }
}

bool
textbuf_finish(TextBuf *self)
{
    write_out(self, self->bytes, self->n);
    self->n = 0;
    return !self->failed;
}

void
textbuf_bytes_slow(TextBuf *self, const void *bytes, size_t length)
{
    textbuf_finish(self);
    if (length > TEXTBUF_SIZE) {
        write_out(self, bytes, length);
        return;
    }
    memcpy(self->bytes, bytes, length);
    self->n = length;
}

void
textbuf_unsigned(TextBuf *self, uint64_t value)
{
    char text[20];
    size_t at = sizeof text;

    for (; value >= 100; value /= 100)
        memcpy(text + (at -= 2), pairs + 2 * (value % 100), 2);
    if (value >= 10)
        memcpy(text + (at -= 2), pairs + 2 * value, 2);
    else
        text[--at] = (char)('0' + value);
    textbuf_bytes(self, text + at, sizeof text - at);
}

void
textbuf_ipv4(TextBuf *self, const uint8_t *address)
{
    char text[16];
    size_t n = 0;

    for (int i = 0; i < 4; i++) {
        unsigned value = address[i];

        if (value >= 100) {
            text[n++] = (char)('0' + value / 100);
            value %= 100;
            memcpy(text + n, pairs + 2 * value, 2);
            n += 2;
        } else if (value >= 10) {
            memcpy(text + n, pairs + 2 * value, 2);
            n += 2;
        } else {
            text[n++] = (char)('0' + value);
        }
        text[n++] = '.';
    }
    textbuf_bytes(self, text, n - 1);
}

void
textbuf_signed(TextBuf *self, int64_t value)
{
    if (value < 0)
        textbuf_char(self, '-');
    textbuf_unsigned(self, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
textbuf_hex(TextBuf *self, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char pair[2] = { digits_of_hex[bytes[i] >> 4], digits_of_hex[bytes[i] & 15] };

        textbuf_bytes(self, pair, sizeof pair);
    }
}

void
textbuf_mac(TextBuf *self, const uint8_t *mac)
{
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            textbuf_char(self, ':');
        textbuf_hex(self, mac + i, 1);
    }
}

/* The last @width digits of @value. */
static void
padded(char *to, uint64_t value, unsigned width)
{
    for (unsigned i = width; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
}

/* Days since 1970 to a date, in the civil calendar: years begin in March, so that the leap day is the last
 * one. */
static void
put_date(char to[10], int64_t days)
{
    days += 719468; /* 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month + 2) / 5 + 1;

    month = month < 10 ? month + 3 : month - 9;
    padded(to, (uint64_t)(year_of_era + era * 400 + (month <= 2)), 4);
    padded(to + 5, (uint64_t)month, 2);
    padded(to + 8, (uint64_t)day, 2);
}

static void
put_second(char to[TEXTBUF_SECOND], int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    memcpy(to, "0000-00-00T00:00:00.", TEXTBUF_SECOND);
    put_date(to, days);
    padded(to + 11, (uint64_t)rest / 3600, 2);
    padded(to + 14, (uint64_t)rest / 60 % 60, 2);
    padded(to + 17, (uint64_t)rest % 60, 2);
}

void
textbuf_time(TextBuf *self, int64_t seconds, uint32_t fraction, unsigned digits)
{
    char text[TEXTBUF_SECOND + 10];

    seconds = CLAMP(seconds, INT64_C(-62167219200), INT64_C(253402300799)); /* the years 0000 to 9999 */
    if (seconds != self->second) {
        put_second(self->second_text, seconds);
        self->second = seconds;
    }
    memcpy(text, self->second_text, TEXTBUF_SECOND);
    padded(text + TEXTBUF_SECOND, fraction, digits);
    text[TEXTBUF_SECOND + digits] = 'Z';
    textbuf_bytes(self, text, TEXTBUF_SECOND + digits + 1);
}

static void
json_char(TextBuf *self, unsigned char c)
{
    static const char escapes[128] = { ['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r' };

    if (c < 0x80 && escapes[c] != '\0') {
        textbuf_char(self, '\\');
        textbuf_char(self, escapes[c]);
    } else if (c < 0x20 || c == 0x7f) {
        textbuf_text(self, "\\u00");
        textbuf_hex(self, &c, 1);
    } else {
        textbuf_char(self, (char)c);
    }
}

void
textbuf_json_string(TextBuf *self, const char *text, size_t length)
{
    const char *end = text + length;

    textbuf_char(self, '"');
    while (text < end) {
        const char *valid_to;

        g_utf8_validate_len(text, (gsize)(end - text), &valid_to); /* stops at a NUL too */
        for (; text < valid_to; text++)
            json_char(self, (unsigned char)*text);
        if (text == end)
            break;
        if (*text == '\0')
            json_char(self, 0);
        else
            textbuf_text(self, "\xef\xbf\xbd");
        text++;
    }
    textbuf_char(self, '"');
}
