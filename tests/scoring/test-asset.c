/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-asset.c - which addresses are ours, and what the inventory says of them */
#include "scoring/asset.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <string.h>

typedef struct Fixture {
    Scratch *dir;
    char *path;
    IpPrefix prefixes[2];
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = scratch_new("asset");
    self->prefixes[0] = prefix_of("203.0.113.0/24");
    self->prefixes[1] = prefix_of("2001:db8::/32");
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    g_free(self->path);
    scratch_free(self->dir);
}

static AssetTable *
load(Fixture *self, const char *text, GError **error)
{
    g_free(self->path);
    self->path = scratch_write(self->dir, "assets.csv", text);
    return asset_table_new(self->prefixes, G_N_ELEMENTS(self->prefixes), self->path, error);
}

static const AssetEntry *
find(const AssetTable *table, const char *text)
{
    IpAddress ip = ip_of(text);

    return asset_table_find(table, &ip);
}

static bool
has(const AssetTable *table, const char *text)
{
    IpAddress ip = ip_of(text);

    return asset_table_has(table, &ip);
}

static void
test_what_is_monitored_is_ours(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(AssetTable) table = asset_table_new(self->prefixes, 2, NULL, &error);

    g_assert_no_error(error);
    g_assert_true(has(table, "203.0.113.255"));
    g_assert_true(has(table, "2001:db8:ffff::1"));
    g_assert_false(has(table, "203.0.114.0"));
    g_assert_false(has(table, "2001:db9::"));
    g_assert_null(find(table, "203.0.113.1"));
    g_assert_cmpuint(asset_table_count(table), ==, 0);
}

static void
test_the_most_specific_entry_is_the_assets(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(AssetTable) table = load(self,
                                       "prefix,name,role,criticality,tags\n"
                                       "203.0.113.0/24,net,,,\n"
                                       "203.0.113.40,\"monitor, old\",server,5,pinned dmz\n"
                                       "2001:db8:1::/48,six,client,1,unpinned;dmz\n",
                                       &error);
    g_assert_no_error(error);
    const AssetEntry *entry = find(table, "203.0.113.40");
    g_assert_true(entry->is_pinned);
    g_assert_false(find(table, "203.0.113.41")->is_pinned);
    g_assert_false(find(table, "2001:db8:1::9")->is_pinned);
    g_assert_cmpstr(entry->name, ==, "monitor, old");
    g_assert_cmpint(entry->criticality, ==, 5);
    g_assert_cmpstr(entry->tags, ==, "pinned dmz");
    g_assert_cmpstr(find(table, "203.0.113.41")->name, ==, "net");
    g_assert_cmpint(find(table, "203.0.113.41")->criticality, ==, 3);
    g_assert_cmpstr(find(table, "2001:db8:1::9")->role, ==, "client");
    g_assert_null(find(table, "2001:db8:2::9"));
    g_assert_cmpuint(asset_table_count(table), ==, 3);
}

static void
test_mistakes_are_told_where_they_are(Fixture *self, gconstpointer data)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "prefix,criticality\n203.0.113.1,6\n", ":2: column 'criticality': '6' is no number from 1 to 5" },
        { "prefix,criticality\n203.0.113.1,high\n", ":2: column 'criticality'" },
        { "prefix,name\n203.0.113.1/24,x\n",
          ":2: column 'prefix': '203.0.113.1/24' is no address or prefix" },
        { "prefix,name\n203.0.113.1,a\n203.0.113.1,b\n", "203.0.113.1/32 is there twice, as 'a' and as 'b'" },
        { "name,role\nx,y\n", ":1: the header row has no column 'prefix'" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(load(self, cases[i].text, &error));
        g_assert_nonnull(error);
        assert_has(error->message, self->path);
        assert_has(error->message, cases[i].words);
    }
}

static void
test_a_missing_inventory_is_named(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(asset_table_new(self->prefixes, 2, "/nonexistent/assets.csv", &error));
    assert_has(error->message, "/nonexistent/assets.csv");
}

#define ADD(name, function) g_test_add("/scoring/asset/" name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("what-is-monitored-is-ours", test_what_is_monitored_is_ours);
    ADD("the-most-specific-entry-is-the-assets", test_the_most_specific_entry_is_the_assets);
    ADD("mistakes-are-told-where-they-are", test_mistakes_are_told_where_they_are);
    ADD("a-missing-inventory-is-named", test_a_missing_inventory_is_named);
    return g_test_run();
}
