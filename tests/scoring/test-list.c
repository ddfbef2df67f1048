/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-list.c - lists of four kinds are read, and a mistake in one is told where it is */
#include "scoring/list.h"
#include "tests/support/addresses.h"
#include "tests/support/scratch.h"

#include <string.h>

typedef struct Fixture {
    Scratch *dir;
    ListSource source;
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = scratch_new("list");
    self->source = (ListSource){ .name = (char *)"bad", .confidence = 60, .expires_days = 30 };
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    g_free(self->source.path);
    scratch_free(self->dir);
}

static void
write_file(const Fixture *self, const char *name, const char *text)
{
    g_free(scratch_write(self->dir, name, text));
}

static ListTable *
try_load(Fixture *self, ListType type, const char *text, GError **error)
{
    if (text != NULL)
        write_file(self, "list", text);
    self->source.type = type;
    g_free(self->source.path);
    self->source.path = g_build_filename(self->dir, type == LIST_MISP ? NULL : "list", NULL);
    return list_table_new(&self->source, 1, error);
}

static ListTable *
load(Fixture *self, ListType type, const char *text)
{
    g_autoptr(GError) error = NULL;
    ListTable *table = try_load(self, type, text, &error);

    g_assert_no_error(error);
    return table;
}

static const ListEntry *
find(const ListTable *table, const char *text)
{
    IpAddress ip = ip_of(text);

    return list_table_find(table, &ip);
}

static void
refuse(Fixture *self, ListType type, const char *text, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ListTable) table = try_load(self, type, text, &error);

    g_assert_null(table);
    g_assert_nonnull(error);
    if (strstr(error->message, words) == NULL || !g_str_has_prefix(error->message, "[list.bad] "))
        g_error("'%s' does not say '%s'", error->message, words);
}

static void
test_plain(Fixture *self, gconstpointer data)
{
    g_autoptr(ListTable) table = load(self, LIST_PLAIN,
                                      "# bad ones\r\n198.51.100.0/24 # a botnet\n\n203.0.113.7 ; seen\n"
                                      "2001:db8:1::/48\n0.0.0.0/0\n");
    const ListEntry *entry = find(table, "198.51.100.9");

    g_assert_cmpuint(list_table_count(table), ==, 3);
    g_assert_cmpuint(list_table_skipped(table), ==, 1); /* nobody lists everything */
    g_assert_nonnull(entry);
    g_assert_cmpstr(list_note(table, entry->note), ==, "a botnet");
    g_assert_cmpstr(list_name(table, entry->source), ==, "bad");
    g_assert_cmpuint(entry->confidence, ==, 60);
    g_assert_cmpint(entry->seen_ms, >, 1700000000000); /* the file's own time */
    g_assert_cmpint(entry->until_ms - entry->seen_ms, ==, 30 * (int64_t)86400000);
    g_assert_nonnull(find(table, "2001:db8:1::5"));
    g_assert_null(find(table, "198.51.101.1"));
    refuse(self, LIST_PLAIN, "198.51.100.1\nwww.example.org\n", "list:2: 'www.example.org' is no address");
    refuse(self, LIST_PLAIN, "198.51.100.1/24\n", "list:1: ");
}

static void
test_csv(Fixture *self, gconstpointer data)
{
    g_autoptr(ListTable) table =
        load(self, LIST_CSV,
             "note,prefix,seen,confidence\n\"relay, old\",198.51.100.9,2026-01-01,30\n"
             ",198.51.100.0/24,1772582400,\n,203.0.113.1,2026-03-01T06:00:00Z,100\n");

    g_assert_cmpint(find(table, "203.0.113.1")->seen_ms, ==, 1772344800000);
    g_assert_cmpuint(find(table, "203.0.113.1")->confidence, ==, 100);
    /* Of two over one address the one that holds longest, though the other is more specific. */
    g_assert_cmpuint(find(table, "198.51.100.9")->prefix.length, ==, 120);
    refuse(self, LIST_CSV, "prefix,seen\n198.51.100.9,yesterday\n", "list:2: column 'seen': 'yesterday'");
    refuse(self, LIST_CSV, "prefix,confidence\n198.51.100.9,101\n", "list:2: column 'confidence'");
    refuse(self, LIST_CSV, "address\n198.51.100.9\n", "prefix");
}

#define UUID "5f0c1b2a-1111-4c9e-8d0f-000000000001"

static void
test_misp(Fixture *self, gconstpointer data)
{
    write_file(self, "manifest.json",
               "{\"" UUID "\": {\"info\": \"campaign\", \"timestamp\": \"1772323200\"}}");
    write_file(
        self, UUID ".json",
        "{\"Event\": {\"info\": \"campaign\", \"timestamp\": \"1772323200\", \"Attribute\": ["
        "{\"type\": \"ip-dst\", \"to_ids\": true, \"value\": \"198.51.100.1\", \"timestamp\": "
        "\"1772400000\"},"
        "{\"type\": \"ip-src|port\", \"to_ids\": true, \"value\": \"198.51.100.2|443\"},"
        "{\"type\": \"ip-dst\", \"to_ids\": false, \"value\": \"198.51.100.3\"},"
        "{\"type\": \"ip-dst\", \"to_ids\": true, \"value\": \"not one\"},"
        "{\"type\": \"domain\", \"to_ids\": true, \"value\": \"example.org\"}],"
        "\"Object\": [{\"Attribute\": [{\"type\": \"domain|ip\", \"to_ids\": true, \"comment\": \"panel\","
        "\"value\": \"example.org|2001:db8::7\"}]}]}}");
    g_autoptr(ListTable) table = load(self, LIST_MISP, NULL);
    g_assert_cmpuint(list_table_count(table), ==, 3);
    g_assert_cmpuint(list_table_skipped(table), ==, 1);
    g_assert_cmpint(find(table, "198.51.100.1")->seen_ms, ==, 1772400000000);
    g_assert_cmpint(find(table, "198.51.100.2")->seen_ms, ==, 1772323200000);
    g_assert_cmpstr(list_note(table, find(table, "198.51.100.2")->note), ==, "campaign");
    g_assert_cmpstr(list_note(table, find(table, "2001:db8::7")->note), ==, "panel");
    g_assert_null(find(table, "198.51.100.3"));
}

static void
test_misp_mistakes(Fixture *self, gconstpointer data)
{
    refuse(self, LIST_MISP, NULL, "manifest.json");
    write_file(self, "manifest.json", "{\"../../etc/passwd\": {}}");
    refuse(self, LIST_MISP, NULL, "is no event's UUID");
    write_file(self, "manifest.json", "{\"" UUID "\":\n {},}");
    refuse(self, LIST_MISP, NULL, "manifest.json:2:");
    write_file(self, "manifest.json", "{\"" UUID "\": {}}");
    refuse(self, LIST_MISP, NULL, UUID ".json");
    write_file(self, UUID ".json", "{}");
    refuse(self, LIST_MISP, NULL, "has no object \"Event\"");
}

static void
test_stix(Fixture *self, gconstpointer data)
{
    g_autoptr(ListTable) table =
        load(self, LIST_STIX,
             "{\"type\": \"bundle\", \"id\": \"bundle--1\", \"objects\": ["
             "{\"type\": \"indicator\", \"pattern_type\": \"stix\", \"name\": \"relay\", \"confidence\": 95,"
             "\"valid_from\": \"2026-03-01T00:00:00.000Z\", \"valid_until\": \"2026-03-11T00:00:00Z\","
             "\"pattern\": \"[ipv4-addr:value = '198.51.100.1' OR ipv6-addr:value IN ('2001:db8::1', "
             "'2001:db8::2')]"
             " OR [ipv4-addr:value ISSUBSET '203.0.113.0/24']\"},"
             "{\"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value = '192.0.2.1' AND domain-name:value "
             "= 'x']\"},"
             "{\"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value != '192.0.2.2']\"},"
             "{\"type\": \"indicator\", \"pattern\": \"[ipv4-addr:value = '192.0.2.3'\"},"
             "{\"type\": \"indicator\", \"revoked\": true, \"pattern\": \"[ipv4-addr:value = '192.0.2.4']\"},"
             "{\"type\": \"ipv4-addr\", \"value\": \"192.0.2.5\"}]}");

    g_assert_cmpuint(list_table_count(table), ==, 4);
    g_assert_cmpuint(list_table_skipped(table), ==, 3);
    const ListEntry *entry = find(table, "203.0.113.200");
    g_assert_cmpuint(entry->confidence, ==, 95);
    g_assert_cmpint(entry->until_ms - entry->seen_ms, ==, 10 * (int64_t)86400000);
    g_assert_nonnull(find(table, "2001:db8::2"));
    for (int i = 1; i <= 5; i++) {
        g_autofree char *other = g_strdup_printf("192.0.2.%d", i);
        g_assert_null(find(table, other));
    }
    refuse(self, LIST_STIX, "{\"type\": \"report\"}", "is no STIX bundle");
    refuse(self, LIST_STIX, "{\"type\": \"bundle\",\n \"objects\": [}", "list:2:");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/scoring/list/" name, Fixture, NULL, set_up, test, tear_down)
    ADD("plain-lists-are-read-and-mistakes-told", test_plain);
    ADD("tables-with-times-are-read-and-mistakes-told", test_csv);
    ADD("a-misp-feed-is-read", test_misp);
    ADD("a-misp-feed-cannot-lead-elsewhere-and-mistakes-are-told", test_misp_mistakes);
    ADD("a-stix-bundle-is-read", test_stix);
#undef ADD
    return g_test_run();
}
