/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-list.c - see exporter-list.h */
#include "collector/cli/exporter-list.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum { PAGE_BYTES = 2 << 20 };

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static bool
has_text(const char *text, const char *lower)
{
    g_autofree char *own = g_utf8_strdown(text, -1);

    return strstr(own, lower) != NULL;
}

static bool
matches(const json_t *one, const char *state, const char *lower)
{
    if (state != NULL && strcmp(text_of(one, "state"), state) != 0)
        return false;
    return lower == NULL || has_text(text_of(one, "address"), lower) ||
           has_text(text_of(one, "name"), lower) || has_text(text_of(one, "protocol"), lower) ||
           has_text(text_of(json_object_get(one, "vendor"), "name"), lower);
}

/* ---- orders; where two are alike, the lower index comes first ---- */

static gint
compare_index(gconstpointer a, gconstpointer b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "index"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "index"));

    return (x > y) - (x < y);
}

/* Silent ones see nothing at all, so they come before those that something is wrong with. */
static int
badness(const json_t *one)
{
    const char *state = text_of(one, "state");

    return strcmp(state, "silent") == 0 ? 2 : strcmp(state, "ok") != 0;
}

static gint
compare_state(gconstpointer a, gconstpointer b)
{
    int x = badness(*(json_t *const *)a), y = badness(*(json_t *const *)b);

    return x != y ? y - x : compare_index(a, b);
}

static const char *
name_of(const json_t *one)
{
    const char *name = text_of(one, "name");

    return name[0] != '\0' ? name : text_of(one, "address");
}

static gint
compare_name(gconstpointer a, gconstpointer b)
{
    int order = g_ascii_strcasecmp(name_of(*(json_t *const *)a), name_of(*(json_t *const *)b));

    return order != 0 ? order : compare_index(a, b);
}

static double
records_of(const json_t *one)
{
    return json_number_value(json_object_get(json_object_get(one, "rates"), "recordsPerSecond"));
}

static gint
compare_records(gconstpointer a, gconstpointer b)
{
    double x = records_of(*(json_t *const *)a), y = records_of(*(json_t *const *)b);

    return x > y ? -1 : x < y ? 1 : compare_index(a, b);
}

static const struct {
    const char *name;
    GCompareFunc compare;
} orders[] = {
    { "index", compare_index },
    { "state", compare_state },
    { "name", compare_name },
    { "records", compare_records },
};

static GCompareFunc
order_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(orders); i++)
        if (strcmp(orders[i].name, name) == 0)
            return orders[i].compare;
    return compare_index;
}

/* ---- pages ---- */

static json_t *
cut(const GPtrArray *found, uint32_t offset, uint32_t limit)
{
    json_t *items = json_array();
    size_t bytes = 0;

    for (uint64_t i = offset; i < found->len && i < (uint64_t)offset + limit; i++) {
        bytes += json_dumpb(found->pdata[i], NULL, 0, JSON_COMPACT);
        if (bytes > PAGE_BYTES && json_array_size(items) > 0)
            break;
        json_array_append(items, found->pdata[i]);
    }
    return items;
}

json_t *
exporter_list_page(const json_t *all, const ExporterQuery *query)
{
    bool has_query = query->text != NULL && query->text[0] != '\0';
    g_autofree char *lower = has_query ? g_utf8_strdown(query->text, -1) : NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    json_t *each;
    size_t i;

    json_array_foreach((json_t *)all, i, each) if (matches(each, query->state, lower))
        g_ptr_array_add(found, each);
    g_ptr_array_sort(found, order_of(query->sort));
    return json_pack("{s:o,s:I}", "items", cut(found, query->offset, query->limit), "total",
                     (json_int_t)found->len);
}

json_t *
exporter_list_counts(const json_t *all)
{
    static const char *const counts[] = { "received", "records", "sequenceLost", "missingTemplateSets" };
    json_t *items = json_array(), *each;
    size_t i;

    json_array_foreach((json_t *)all, i, each)
    {
        json_t *books = json_object(), *from = json_object_get(each, "books");
        for (size_t k = 0; k < G_N_ELEMENTS(counts); k++)
            json_object_set(books, counts[k], json_object_get(from, counts[k]));
        json_t *rate = json_object_get(json_object_get(each, "sampling"), "rate");
        json_array_append_new(
            items, json_pack("{s:O,s:O,s:o,s:{s:O},s:O}", "address", json_object_get(each, "address"),
                             "state", json_object_get(each, "state"), "books", books, "sampling", "rate",
                             rate, "clockSkewSeconds", json_object_get(each, "clockSkewSeconds")));
    }
    return items;
}
