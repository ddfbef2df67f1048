/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-place-mmdb.c - MMDB files of several makers are understood; damaged ones are told, and harm nothing */
#include "scoring/place.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"

#include <string.h>

#include "tests/support/mmdb-writer.h"
#include "tests/support/scratch.h"

typedef struct Fixture {
    Scratch *dir;
    char *path;
    PlaceSource source;
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = scratch_new("mmdb");
    self->path = g_build_filename(self->dir, "feed.mmdb", NULL);
    self->source =
        (PlaceSource){ .name = (char *)"feed", .type = PLACE_MMDB, .path = self->path, .priority = 50 };
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    g_free(self->path);
    scratch_free(self->dir);
}

static void
write_bytes(Fixture *self, GBytes *bytes, gsize length)
{
    gsize size = 0;
    const char *at = g_bytes_get_data(bytes, &size);

    g_assert_true(g_file_set_contents(self->path, at, (gssize)MIN(length, size), NULL));
}

static void
write_all(Fixture *self, MmdbWriter *writer)
{
    g_autoptr(GBytes) bytes = mmdb_writer_finish(writer);

    write_bytes(self, bytes, G_MAXSIZE);
}

static PlaceTable *
load(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    PlaceTable *table = place_table_new(&self->source, 1, NULL, 0, &error);

    g_assert_no_error(error);
    return table;
}

static const Place *
find(const PlaceTable *table, const char *text)
{
    IpAddress ip = ip_of(text);

    return place_table_find(table, &ip);
}

static void
assert_refused(Fixture *self, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(PlaceTable) table = place_table_new(&self->source, 1, NULL, 0, &error);

    g_assert_null(table);
    assert_has(error->message, "feed.mmdb");
    assert_has(error->message, words);
}

static void
test_each_makers_schema_is_known_by_its_type(Fixture *self, gconstpointer data)
{
    static const struct {
        const char *type, *record;
        int access, anonymity;
        uint32_t asn;
        const char *country;
    } cases[] = {
        { "GeoIP2-Connection-Type", "{'connection_type':'Cable/DSL'}", ACCESS_RESIDENTIAL, 0, 0, "" },
        { "GeoIP2-Connection-Type", "{'connection_type':'Cellular'}", ACCESS_MOBILE, 0, 0, "" },
        { "GeoLite2-ASN",
          "{'autonomous_system_number':65551,'autonomous_system_organization':'Reef Hosting'}",
          ACCESS_HOSTING, 0, 65551, "" },
        { "GeoLite2-Country", "{'country':{'iso_code':'GU'}}", ACCESS_UNKNOWN, 0, 0, "GU" },
        { "GeoIP2-Anonymous-IP", "{'is_anonymous':true,'is_residential_proxy':true}", ACCESS_UNKNOWN,
          ANONYMITY_RESIDENTIAL_PROXY, 0, "" },
        { "ipinfo generic_asn_free.mmdb",
          "{'asn':'AS65550','as_name':'X','country_code':'PW','country':'Palau'}", ACCESS_UNKNOWN, 0, 65550,
          "PW" },
        { "DBIP-ISP", "{'traits':{'user_type':'residential','autonomous_system_number':65549}}",
          ACCESS_RESIDENTIAL, 0, 65549, "" },
        { "IP2Proxy-PX11", "{'proxy_type':'RES','usage_type':'ISP'}", ACCESS_RESIDENTIAL,
          ANONYMITY_RESIDENTIAL_PROXY, 0, "" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(MmdbWriter) writer = mmdb_writer_new(cases[i].type, 6, 28);
        g_autofree char *record = g_strdelimit(g_strdup(cases[i].record), "'", '"');
        mmdb_writer_add(writer, "45.1.0.0/16", json_loads(record, 0, NULL));
        write_all(self, writer);
        g_autoptr(PlaceTable) table = load(self);
        const Place *place = find(table, "45.1.2.3");
        g_assert_cmpint(place->access, ==, cases[i].access);
        g_assert_cmpint(place->anonymity, ==, cases[i].anonymity);
        g_assert_cmpuint(place->asn, ==, cases[i].asn);
        g_assert_cmpstr(place->country, ==, cases[i].country);
        g_assert_cmpint(find(table, "45.2.0.0")->access, ==, ACCESS_UNKNOWN);
    }
}

static void
test_records_of_all_widths_and_both_families_are_read(Fixture *self, gconstpointer data)
{
    static const int widths[] = { 24, 28, 32 };

    for (size_t i = 0; i < G_N_ELEMENTS(widths); i++) {
        g_autoptr(MmdbWriter) six = mmdb_writer_new("GeoLite2-ASN", 6, widths[i]);
        mmdb_writer_add(six, "45.1.2.0/24", json_pack("{s:i}", "autonomous_system_number", 64500));
        mmdb_writer_add(six, "2a09:1::/32", json_pack("{s:i}", "autonomous_system_number", 64501));
        mmdb_writer_add(six, "2a09:2::1", json_pack("{s:i}", "autonomous_system_number", 64502));
        write_all(self, six);
        g_autoptr(PlaceTable) table = load(self);
        g_assert_cmpuint(find(table, "45.1.2.255")->asn, ==, 64500);
        g_assert_cmpuint(find(table, "45.1.3.0")->asn, ==, 0);
        g_assert_cmpuint(find(table, "2a09:1:ffff::")->asn, ==, 64501);
        g_assert_cmpuint(find(table, "2a09:2::1")->asn, ==, 64502);
        g_assert_cmpuint(find(table, "2a09:2::2")->asn, ==, 0);

        g_autoptr(MmdbWriter) four = mmdb_writer_new("GeoLite2-ASN", 4, widths[i]);
        mmdb_writer_add(four, "45.1.2.3", json_pack("{s:i}", "autonomous_system_number", 64503));
        write_all(self, four);
        g_autoptr(PlaceTable) v4_table = load(self);
        g_assert_cmpuint(find(v4_table, "45.1.2.3")->asn, ==, 64503);
        g_assert_cmpuint(find(v4_table, "45.1.2.2")->asn, ==, 0);
    }
}

static void
test_ipv4_that_is_reached_twice_is_taken_once(Fixture *self, gconstpointer data)
{
    g_autoptr(MmdbWriter) writer = mmdb_writer_new("GeoLite2-ASN", 6, 24);

    mmdb_writer_add(writer, "45.1.0.0/16", json_pack("{s:i}", "autonomous_system_number", 64500));
    mmdb_writer_alias_v4(writer, "2002::/16");
    write_all(self, writer);
    g_autoptr(PlaceTable) table = load(self);
    g_assert_cmpuint(find(table, "45.1.0.1")->asn, ==, 64500);
    g_assert_cmpuint(find(table, "2002:2d01::")->asn, ==, 0);
}

static void
test_rules_of_the_operator_come_before_the_presets(Fixture *self, gconstpointer data)
{
    g_autoptr(MmdbWriter) writer = mmdb_writer_new("Our-Own", 6, 24);

    mmdb_writer_add(writer, "45.1.0.0/16", json_pack("{s:{s:s}, s:i}", "line", "kind", "Home", "level", 7));
    write_all(self, writer);
    assert_refused(self, "type 'Our-Own' is not known here; say what is in it with preset= or map=");
    self->source.map = (char *)"line.kind=home -> access:residential:66; level=7 -> anonymity:vpn; x -> asn";
    g_autoptr(PlaceTable) table = load(self);
    g_assert_cmpint(find(table, "45.1.0.1")->access, ==, ACCESS_RESIDENTIAL);
    g_assert_cmpint(find(table, "45.1.0.1")->confidence, ==, 66);
    g_assert_cmpint(find(table, "45.1.0.1")->anonymity, ==, ANONYMITY_VPN);
    self->source.map = (char *)"line.kind=home > access:residential";
    assert_refused(self, "has no '->'");
    self->source.map = (char *)"line.kind=home -> access:residental";
    assert_refused(self, "did you mean 'residential'?");
    self->source.map = NULL;
    self->source.preset = (char *)"maxmind-ans";
    assert_refused(self, "did you mean 'maxmind-asn'?");
}

static GBytes *
some_file(void)
{
    g_autoptr(MmdbWriter) writer = mmdb_writer_new("GeoLite2-ASN", 6, 24);

    for (int i = 0; i < 20; i++) {
        g_autofree char *prefix = g_strdup_printf("45.%d.0.0/16", i);
        mmdb_writer_add(writer, prefix,
                        json_pack("{s:i, s:s}", "autonomous_system_number", 64496 + i,
                                  "autonomous_system_organization", "Lagoon Cable"));
    }
    return mmdb_writer_finish(writer);
}

static void
test_a_file_cut_anywhere_is_refused_in_words(Fixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = some_file();

    for (gsize length = 0; length < g_bytes_get_size(bytes); length += 41) {
        g_autoptr(GError) error = NULL;
        write_bytes(self, bytes, length);
        g_autoptr(PlaceTable) table = place_table_new(&self->source, 1, NULL, 0, &error);
        g_assert_null(table);
        assert_has(error->message, "feed.mmdb: ");
    }
}

static void
test_flipped_bytes_never_end_the_process(Fixture *self, gconstpointer data)
{
    g_autoptr(GBytes) bytes = some_file();
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    gsize size = g_bytes_get_size(bytes);

    for (int i = 0; i < 400; i++) {
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(bytes, NULL), size);
        for (int j = 0; j < 3; j++)
            copy[g_rand_int_range(rand, 0, (gint32)size)] = (guint8)g_rand_int(rand);
        g_autoptr(GBytes) damaged = g_bytes_new(copy, size);
        write_bytes(self, damaged, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(PlaceTable) table = place_table_new(&self->source, 1, NULL, 0, &error);
        g_assert_true((table == NULL) == (error != NULL));
    }
}

static void
test_a_tree_whose_branches_meet_again_is_refused(Fixture *self, gconstpointer data)
{
    g_autoptr(MmdbWriter) writer = mmdb_writer_new("GeoLite2-ASN", 6, 24);

    mmdb_writer_add(writer, "2a09::/32", json_pack("{s:i}", "autonomous_system_number", 64500));
    mmdb_writer_tangle(writer, "2a0a::/24");
    mmdb_writer_tangle(writer, "2a0b::/24");
    write_all(self, writer);
    assert_refused(self, "it is damaged");
}

static void
test_what_is_no_mmdb_file_is_refused(Fixture *self, gconstpointer data)
{
    assert_refused(self, "No such file");
    g_assert_true(g_file_set_contents(self->path, "prefix,access\n", -1, NULL));
    assert_refused(self, "this is no MMDB file");
    g_assert_true(g_file_set_contents(self->path, "", 0, NULL));
    assert_refused(self, "this is no MMDB file");
}

#define ADD(name, function)                                                                                  \
    g_test_add("/scoring/place-mmdb/" name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("each-makers-schema-is-known-by-its-type", test_each_makers_schema_is_known_by_its_type);
    ADD("records-of-all-widths-and-both-families-are-read",
        test_records_of_all_widths_and_both_families_are_read);
    ADD("ipv4-that-is-reached-twice-is-taken-once", test_ipv4_that_is_reached_twice_is_taken_once);
    ADD("rules-of-the-operator-come-before-the-presets", test_rules_of_the_operator_come_before_the_presets);
    ADD("a-file-cut-anywhere-is-refused-in-words", test_a_file_cut_anywhere_is_refused_in_words);
    ADD("flipped-bytes-never-end-the-process", test_flipped_bytes_never_end_the_process);
    ADD("a-tree-whose-branches-meet-again-is-refused", test_a_tree_whose_branches_meet_again_is_refused);
    ADD("what-is-no-mmdb-file-is-refused", test_what_is_no_mmdb_file_is_refused);
    return g_test_run();
}
