/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-exporter-list.c - which exporters are on a page, and in what order */
#include "collector/cli/exporter-list.h"

#include <glib.h>
#include <string.h>

static json_t *
exporter(int index, const char *address, const char *name, const char *state, double records)
{
    return json_pack("{s:i,s:s,s:s?,s:s,s:s,s:{s:s},s:{s:f},s:{s:i,s:i},s:{s:n},s:n}", "index", index,
                     "address", address, "name", name, "state", state, "protocol", "ipfix", "vendor", "name",
                     "Nokia SR OS", "rates", "recordsPerSecond", records, "books", "received", index, "bytes",
                     7, "sampling", "rate", "clockSkewSeconds");
}

static json_t *
four(void)
{
    return json_pack(
        "[o,o,o,o]", exporter(0, "192.0.2.1", "core", "ok", 5), exporter(1, "192.0.2.2", NULL, "warning", 50),
        exporter(2, "2001:db8::1", "Access", "silent", 0), exporter(3, "192.0.2.30", "border", "ok", 50));
}

/* The indexes on the page as "2 1 0 3 of 4". */
static void
assert_page(const ExporterQuery *query, const char *wanted)
{
    json_t *all = four(), *page = exporter_list_page(all, query), *each;
    g_autoptr(GString) got = g_string_new(NULL);
    size_t i;

    json_array_foreach(json_object_get(page, "items"), i, each)
        g_string_append_printf(got, "%d ", (int)json_integer_value(json_object_get(each, "index")));
    g_string_append_printf(got, "of %d", (int)json_integer_value(json_object_get(page, "total")));
    g_assert_cmpstr(got->str, ==, wanted);
    json_decref(page);
    json_decref(all);
}

static void
test_orders(void)
{
    assert_page(&(ExporterQuery){ .limit = 9 }, "0 1 2 3 of 4");
    assert_page(&(ExporterQuery){ .sort = "index", .limit = 9 }, "0 1 2 3 of 4");
    assert_page(&(ExporterQuery){ .sort = "state", .limit = 9 }, "2 1 0 3 of 4");
    assert_page(&(ExporterQuery){ .sort = "name", .limit = 9 }, "1 2 3 0 of 4");
    assert_page(&(ExporterQuery){ .sort = "records", .limit = 9 }, "1 3 0 2 of 4");
    assert_page(&(ExporterQuery){ .sort = "nonsense", .limit = 9 }, "0 1 2 3 of 4");
}

static void
test_what_is_asked_for(void)
{
    assert_page(&(ExporterQuery){ .text = "192.0.2.3", .limit = 9 }, "3 of 1");
    assert_page(&(ExporterQuery){ .text = "ACCESS", .limit = 9 }, "2 of 1");
    assert_page(&(ExporterQuery){ .text = "nokia", .limit = 9 }, "0 1 2 3 of 4");
    assert_page(&(ExporterQuery){ .text = "", .limit = 9 }, "0 1 2 3 of 4");
    assert_page(&(ExporterQuery){ .text = "sflow", .limit = 9 }, "of 0");
    assert_page(&(ExporterQuery){ .state = "ok", .limit = 9 }, "0 3 of 2");
    assert_page(&(ExporterQuery){ .state = "ok", .text = "core", .limit = 9 }, "0 of 1");
}

static void
test_pages(void)
{
    assert_page(&(ExporterQuery){ .limit = 3 }, "0 1 2 of 4");
    assert_page(&(ExporterQuery){ .offset = 3, .limit = 3 }, "3 of 4");
    assert_page(&(ExporterQuery){ .offset = 4, .limit = 3 }, "of 4");
    assert_page(&(ExporterQuery){ .offset = UINT32_MAX, .limit = UINT32_MAX }, "of 4");
}

/* One that is large is a page of its own; a list of such does not outgrow a message. */
static void
test_large_ones_end_a_page_early(void)
{
    g_autofree char *long_name = g_strnfill(3 << 20, 'x');
    json_t *all = json_array();

    json_array_append_new(all, exporter(0, "192.0.2.1", long_name, "ok", 0));
    json_array_append_new(all, exporter(1, "192.0.2.2", NULL, "ok", 0));
    for (uint32_t offset = 0; offset < 2; offset++) {
        json_t *page = exporter_list_page(all, &(ExporterQuery){ .offset = offset, .limit = 9 });
        g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==, 1);
        g_assert_cmpint(json_integer_value(json_object_get(page, "total")), ==, 2);
        json_decref(page);
    }
    json_decref(all);
}

static void
test_counts_are_what_metrics_tell(void)
{
    json_t *all = four(), *counts = exporter_list_counts(all), *one = json_array_get(counts, 3);

    g_assert_cmpuint(json_array_size(counts), ==, 4);
    g_assert_cmpstr(json_string_value(json_object_get(one, "address")), ==, "192.0.2.30");
    g_assert_cmpint(json_integer_value(json_object_get(json_object_get(one, "books"), "received")), ==, 3);
    g_assert_null(json_object_get(json_object_get(one, "books"), "bytes"));
    g_assert_true(json_is_null(json_object_get(json_object_get(one, "sampling"), "rate")));
    json_decref(counts);
    json_decref(all);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/exporter-list/orders", test_orders);
    g_test_add_func("/collector/exporter-list/what-is-asked-for", test_what_is_asked_for);
    g_test_add_func("/collector/exporter-list/pages", test_pages);
    g_test_add_func("/collector/exporter-list/large-ones-end-a-page-early", test_large_ones_end_a_page_early);
    g_test_add_func("/collector/exporter-list/counts-are-what-metrics-tell",
                    test_counts_are_what_metrics_tell);
    return g_test_run();
}
