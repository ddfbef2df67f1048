/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-csv.c - tables are read strictly, and a mistake is told with its line */
#include "scoring/csv.h"
#include "tests/support/assert-has.h"

#include <string.h>

static const char *const columns[] = { "prefix", "name", "role", NULL };

static bool
begin(CsvReader *csv, const char *text, GError **error)
{
    return csv_begin(csv, "t.csv", text, strlen(text), columns, 3, 1, error);
}

/* All rows as "a|b|c/..."; NULL with @error. */
static char *
read_all(const char *text, GError **error)
{
    g_autofree CsvReader *csv = g_new0(CsvReader, 1);
    g_autoptr(GString) out = g_string_new(NULL);
    CsvResult result;

    if (!begin(csv, text, error))
        return NULL;
    while ((result = csv_next(csv, error)) == CSV_ROW)
        g_string_append_printf(out, "%s|%s|%s/", csv->fields[0], csv->fields[1], csv->fields[2]);
    return result == CSV_END ? g_strdup(out->str) : NULL;
}

static void
test_well_formed_tables_are_read(void)
{
    static const struct {
        const char *text, *rows;
    } cases[] = {
        { "prefix,name,role\na,b,c\n", "a|b|c/" },
        { "prefix,name,role\na,b,c", "a|b|c/" },
        { "\xef\xbb\xbfprefix,name,role\r\na,b,c\r\n", "a|b|c/" },
        { "role,prefix\nc,a\n", "a||c/" },
        { "PREFIX,Name\na,b\n", "a|b|/" },
        { "prefix,name,our remark\na,b,whatever\n", "a|b|/" },
        { "# a comment\n\nprefix,name,role\n  # another, with \"quotes\n \na,b,c\n", "a|b|c/" },
        { "prefix,name,role\n\"a\",\"b, \"\"c\"\"\",\"two\nlines\"\n", "a|b, \"c\"|two\nlines/" },
        { "prefix,name,role\n a , b c ,\t\n", "a|b c|/" },
        { "prefix,name,role\n,,\n", "||/" },
        { "prefix,name,role\n\" a \",,\n", " a ||/" },
        { "prefix\n", "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *rows = read_all(cases[i].text, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(rows, ==, cases[i].rows);
    }
}

static void
test_mistakes_are_told_with_their_line(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "", "t.csv:1: the file is empty" },
        { "# only a comment\n", "t.csv:1: the file is empty" },
        { "name,role\n", "t.csv:1: the header row has no column 'prefix'" },
        { "prefix,nmae\n", "did you mean 'name'?" },
        { "prefix,name,prefix\n", "column 'prefix' comes twice" },
        { "prefix,name\na\n", "t.csv:2: 1 fields, but the header has 2" },
        { "prefix,name\n\n#\na,b,c\n", "t.csv:4: 3 fields, but the header has 2" },
        { "prefix,name\na,\"b\n", "t.csv:2: a quote that is never closed" },
        { "prefix,name\na,\"b\"c\n", "t.csv:2: text behind a closing quote" },
        { "prefix,name\na,b\"c\"\n", "t.csv:2: a quote inside a field" },
        { "prefix,name\na,\xff\xfe\n", "t.csv:2: text that is not UTF-8" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *rows = read_all(cases[i].text, &error);
        g_assert_null(rows);
        g_assert_nonnull(error);
        assert_has(error->message, cases[i].words);
    }
}

static void
test_lines_are_counted_through_quoted_fields(void)
{
    g_autofree CsvReader *csv = g_new0(CsvReader, 1);
    g_autoptr(GError) error = NULL;

    g_assert_true(begin(csv, "prefix,name\na,\"one\ntwo\nthree\"\nb,c\n", &error));
    g_assert_cmpint(csv_next(csv, &error), ==, CSV_ROW);
    g_assert_cmpuint(csv->line, ==, 2);
    g_assert_cmpint(csv_next(csv, &error), ==, CSV_ROW);
    g_assert_cmpuint(csv->line, ==, 5);
}

static void
test_a_row_without_end_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *field = g_strnfill(CSV_ROW_MOST + 10, 'x');
    g_autofree char *plain = g_strdup_printf("prefix\n%s\n", field);
    g_autofree char *quoted = g_strdup_printf("prefix\n\"%s\"\n", field);
    g_autofree char *commas = g_strnfill(100, ',');
    g_autofree char *many = g_strdup_printf("prefix\n%s\n", commas);

    g_assert_null(read_all(plain, &error));
    assert_has(error->message, "t.csv:2: the row is longer than 8 KiB");
    g_clear_error(&error);
    g_assert_null(read_all(quoted, &error));
    assert_has(error->message, "8 KiB");
    g_clear_error(&error);
    g_assert_null(read_all(many, &error));
    assert_has(error->message, "more than 32 columns");
}

static void
test_a_row_of_the_largest_size_is_read_or_refused_but_never_written_past(void)
{
    for (int length = CSV_ROW_MOST - 4; length <= CSV_ROW_MOST + 1; length++) {
        g_autofree char *field = g_strnfill((gsize)length, 'x');
        g_autofree char *text = g_strdup_printf("prefix,name,role\n%s,,\n", field);
        g_autoptr(GError) error = NULL;
        g_autofree char *rows = read_all(text, &error);
        g_assert_true((rows == NULL) == (error != NULL));
    }
}

static void
test_noise_is_refused_or_read_and_nothing_worse(void)
{
    static const char bytes[] = "\",,\n\r\t #ab\xc3\x00\"";
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);

    for (int i = 0; i < 5000; i++) {
        g_autofree CsvReader *csv = g_new0(CsvReader, 1);
        g_autoptr(GError) error = NULL;
        char text[80] = "prefix,name\n";
        size_t n = strlen(text), more = (size_t)g_rand_int_range(rand, 0, 60);
        for (size_t j = 0; j < more; j++)
            text[n + j] = bytes[g_rand_int_range(rand, 0, sizeof bytes - 1)];
        CsvResult result = CSV_BAD;
        if (csv_begin(csv, "t.csv", text, n + more, columns, 3, 1, &error))
            while ((result = csv_next(csv, &error)) == CSV_ROW)
                g_assert_true(g_utf8_validate(csv->fields[1], -1, NULL));
        g_assert_true((result == CSV_BAD) == (error != NULL));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/csv/well-formed-tables-are-read", test_well_formed_tables_are_read);
    g_test_add_func("/scoring/csv/mistakes-are-told-with-their-line", test_mistakes_are_told_with_their_line);
    g_test_add_func("/scoring/csv/lines-are-counted-through-quoted-fields",
                    test_lines_are_counted_through_quoted_fields);
    g_test_add_func("/scoring/csv/a-row-without-end-is-refused", test_a_row_without_end_is_refused);
    g_test_add_func("/scoring/csv/a-row-of-the-largest-size-is-read-or-refused-but-never-written-past",
                    test_a_row_of_the_largest_size_is_read_or_refused_but_never_written_past);
    g_test_add_func("/scoring/csv/noise-is-refused-or-read-and-nothing-worse",
                    test_noise_is_refused_or_read_and_nothing_worse);
    return g_test_run();
}
