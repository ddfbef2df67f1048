/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-textbuf.c - numbers, times and strings of any bytes become JSON */
#include "collector/base/textbuf.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

/* What is in the buffer, which must hold all. */
static const char *
text_of(TextBuf *buf)
{
    buf->bytes[buf->n] = '\0';
    return buf->bytes;
}

static void
test_numbers(void)
{
    g_autofree TextBuf *buf = g_new0(TextBuf, 1);

    textbuf_init(buf, -1);
    textbuf_unsigned(buf, 0);
    textbuf_char(buf, ' ');
    textbuf_unsigned(buf, UINT64_MAX);
    textbuf_char(buf, ' ');
    textbuf_signed(buf, INT64_MIN);
    textbuf_char(buf, ' ');
    textbuf_hex(buf, (const uint8_t[]){ 0, 0xab, 0xff }, 3);
    g_assert_cmpstr(text_of(buf), ==, "0 18446744073709551615 -9223372036854775808 00abff");
}

static void
test_times(void)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } times[] = {
        { 0, "1970-01-01T00:00:00.000Z" },          { -1, "1969-12-31T23:59:59.000Z" },
        { 951782400, "2000-02-29T00:00:00.000Z" },  { 1709251199, "2024-02-29T23:59:59.000Z" },
        { 4107542400, "2100-03-01T00:00:00.000Z" }, { INT64_MAX, "9999-12-31T23:59:59.000Z" },
        { INT64_MIN, "0000-01-01T00:00:00.000Z" },
    };
    g_autofree TextBuf *buf = g_new0(TextBuf, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        textbuf_init(buf, -1);
        textbuf_time(buf, times[i].seconds, 0, 3);
        g_assert_cmpstr(text_of(buf), ==, times[i].text);
    }
    textbuf_init(buf, -1);
    textbuf_time(buf, 1, 42, 6);
    g_assert_cmpstr(text_of(buf), ==, "1970-01-01T00:00:01.000042Z");
}

static void
test_strings_of_any_bytes_are_json(void)
{
    static const char bytes[] = "a\"\\\n\x01\xc3\xa9\xff\0z\xc3";
    g_autofree TextBuf *buf = g_new0(TextBuf, 1);

    textbuf_init(buf, -1);
    textbuf_json_string(buf, bytes, sizeof bytes - 1);
    g_assert_cmpstr(text_of(buf), ==, "\"a\\\"\\\\\\n\\u0001\xc3\xa9\xef\xbf\xbd\\u0000z\xef\xbf\xbd\"");
}

static void
test_more_than_the_buffer_holds_is_written_in_order(void)
{
    g_autofree TextBuf *buf = g_new0(TextBuf, 1);
    g_autofree char *big = g_malloc(TEXTBUF_SIZE + 5);
    g_autofree char *path = NULL;
    g_autofree char *all = NULL;
    gsize length;
    int fd = g_file_open_tmp("textbuf-XXXXXX", &path, NULL);

    memset(big, 'x', TEXTBUF_SIZE + 5);
    textbuf_init(buf, fd);
    textbuf_char(buf, '<');
    textbuf_bytes(buf, big, TEXTBUF_SIZE + 5);
    textbuf_char(buf, '>');
    g_assert_true(textbuf_finish(buf));
    close(fd);
    g_assert_true(g_file_get_contents(path, &all, &length, NULL));
    unlink(path);
    g_assert_cmpuint(length, ==, TEXTBUF_SIZE + 7);
    g_assert_cmpint(all[0], ==, '<');
    g_assert_cmpint(all[1], ==, 'x');
    g_assert_cmpint(all[length - 1], ==, '>');
}

static void
test_a_failed_write_is_told(void)
{
    g_autofree TextBuf *buf = g_new0(TextBuf, 1);
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    if (fd < 0) {
        g_test_skip("no /dev/full here");
        return;
    }
    textbuf_init(buf, fd);
    textbuf_text(buf, "lost");
    g_assert_false(textbuf_finish(buf));
    close(fd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/textbuf/numbers", test_numbers);
    g_test_add_func("/base/textbuf/times", test_times);
    g_test_add_func("/base/textbuf/strings-of-any-bytes-are-json", test_strings_of_any_bytes_are_json);
    g_test_add_func("/base/textbuf/more-than-the-buffer-holds-is-written-in-order",
                    test_more_than_the_buffer_holds_is_written_in_order);
    g_test_add_func("/base/textbuf/a-failed-write-is-told", test_a_failed_write_is_told);
    return g_test_run();
}
