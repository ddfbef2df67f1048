/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-prefix-reader.c - prefixes and notes of a plain list; a line that makes no sense is told where it is
 */
#include "scoring/prefix-reader.h"

#include <string.h>

static PrefixReader
reader_of(const char *text)
{
    return prefix_reader_over("list", text, strlen(text));
}

/* The next prefix is that of @text. */
static void
assert_next(PrefixReader *reader, const char *text, const char *note)
{
    g_autoptr(GError) error = NULL;
    IpPrefix wanted;

    g_assert_true(ip_prefix_parse(text, &wanted));
    g_assert_cmpint(prefix_reader_next(reader, &error), ==, PREFIX_LINE);
    g_assert_no_error(error);
    g_assert_true(ip_equal(&reader->prefix.address, &wanted.address));
    g_assert_cmpuint(reader->prefix.length, ==, wanted.length);
    g_assert_cmpstr(reader->note, ==, note);
}

static void
assert_refused(PrefixReader *reader, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(prefix_reader_next(reader, &error), ==, PREFIX_BAD);
    g_assert_cmpstr(error->message, ==, words);
}

static void
test_a_line_is_a_prefix_and_a_note(void)
{
    PrefixReader reader =
        reader_of("198.51.100.0/24 # a botnet\r\n\n# of all\n  2001:db8::1;x#y\n203.0.113.7");

    assert_next(&reader, "198.51.100.0/24", " a botnet\r");
    assert_next(&reader, "2001:db8::1", "x#y");
    g_assert_cmpuint(reader.line, ==, 4);
    assert_next(&reader, "203.0.113.7", NULL);
    g_assert_cmpint(prefix_reader_next(&reader, NULL), ==, PREFIX_END);
    g_assert_cmpint(prefix_reader_next(&reader, NULL), ==, PREFIX_END);
}

static void
test_a_mistake_is_told_with_its_line(void)
{
    PrefixReader reader = reader_of("198.51.100.1\n\n198.51.100.1/24\n"), odd = reader_of("a\xff\n");

    assert_next(&reader, "198.51.100.1", NULL);
    assert_refused(&reader, "list:3: '198.51.100.1/24' is no address or prefix");
    assert_refused(&odd, "list:1: 'a\xef\xbf\xbd' is no address or prefix");
}

/* Of a long line the beginning is kept: enough for a note, not for what should be a prefix and goes on. */
static void
test_a_long_line_is_cut_or_refused(void)
{
    g_autofree char *long_text = g_strnfill(2 * PREFIX_LINE_MOST, 'n');
    g_autofree char *blanks = g_strnfill(2 * PREFIX_LINE_MOST, ' ');
    g_autofree char *text = g_strdup_printf("198.51.100.1 #%s\n198.51.100.2\n", long_text);
    g_autofree char *hidden = g_strconcat("198.51.100.1", blanks, "/8\n", NULL);
    PrefixReader reader = reader_of(text), bad = reader_of(hidden), blank = reader_of(blanks);

    g_assert_cmpint(prefix_reader_next(&reader, NULL), ==, PREFIX_LINE);
    g_assert_cmpuint(strlen(reader.note), ==, PREFIX_LINE_MOST - 1 - strlen("198.51.100.1 #"));
    assert_next(&reader, "198.51.100.2", NULL);
    assert_refused(&bad, "list:1: '198.51.100.1' is no address or prefix");
    assert_refused(&blank, "list:1: '' is no address or prefix");
}

#define ADD(name, function) g_test_add_func("/scoring/prefix-reader/" name, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-line-is-a-prefix-and-a-note", test_a_line_is_a_prefix_and_a_note);
    ADD("a-mistake-is-told-with-its-line", test_a_mistake_is_told_with_its_line);
    ADD("a-long-line-is-cut-or-refused", test_a_long_line_is_cut_or_refused);
    return g_test_run();
}
