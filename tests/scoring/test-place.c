/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-place.c - which source wins, and that a mistake in a file is told where it is */
#include "scoring/place.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <string.h>

typedef struct Fixture {
    Scratch *dir;
    PlaceSource sources[4];
    size_t n;
    IpPrefix own[2];
    size_t n_own;
} Fixture;

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = scratch_new("place");
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    for (size_t i = 0; i < self->n; i++)
        g_free(self->sources[i].path);
    scratch_free(self->dir);
}

static void
add_source(Fixture *self, const char *name, PlaceType type, int priority, const char *map, const char *text)
{
    PlaceSource *source = &self->sources[self->n++];

    *source = (PlaceSource){ .name = (char *)name, .type = type, .priority = priority, .map = (char *)map };
    source->path = scratch_write(self->dir, name, text);
}

static PlaceTable *
load(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    PlaceTable *table = place_table_new(self->sources, self->n, self->own, self->n_own, &error);

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
    g_autoptr(PlaceTable) table = place_table_new(self->sources, self->n, self->own, self->n_own, &error);

    g_assert_null(table);
    g_assert_nonnull(error);
    assert_has(error->message, words);
}

#define HEADER "prefix,access,anonymity,asn,as_name,country,confidence\n"

static void
test_attributes_come_from_the_most_specific_prefix(Fixture *self, gconstpointer data)
{
    add_source(self, "a.csv", PLACE_CSV, 50, NULL,
               HEADER "198.18.0.0/16,residential,,64500,Island Broadband,GU,80\n"
                      "198.18.5.0/24,hosting,,,,,\n"
                      "198.18.5.9,,vpn,,,,\n");
    g_autoptr(PlaceTable) table = load(self);
    const Place *place = find(table, "198.18.5.9");

    g_assert_cmpint(place->access, ==, ACCESS_HOSTING);
    g_assert_cmpint(place->confidence, ==, 90);
    g_assert_cmpint(place->anonymity, ==, ANONYMITY_VPN);
    g_assert_cmpuint(place->asn, ==, 64500);
    g_assert_cmpstr(place_as_name(table, place->as_name), ==, "Island Broadband");
    g_assert_cmpstr(place->country, ==, "GU");
    g_assert_cmpstr(place_source_name(table, place->access_source), ==, "a.csv");
    g_assert_cmpint(find(table, "198.18.6.1")->access, ==, ACCESS_RESIDENTIAL);
    g_assert_cmpint(find(table, "198.18.6.1")->anonymity, ==, ANONYMITY_NONE);
}

static void
test_priority_breaks_a_tie(Fixture *self, gconstpointer data)
{
    add_source(self, "strong.csv", PLACE_CSV, 60, NULL, "access,prefix\nmobile,198.18.0.0/16\n");
    add_source(self, "weak.csv", PLACE_CSV, 40, NULL, "prefix,access\n198.18.0.0/16,hosting\n");
    g_autoptr(PlaceTable) table = load(self);

    g_assert_cmpint(find(table, "198.18.0.1")->access, ==, ACCESS_MOBILE);
}

static void
test_of_equal_sources_the_first_wins(Fixture *self, gconstpointer data)
{
    add_source(self, "first.csv", PLACE_CSV, 50, NULL, "prefix,access\n198.18.0.0/16,mobile\n");
    add_source(self, "second.csv", PLACE_CSV, 50, NULL, "prefix,access\n198.18.0.0/16,hosting\n");
    g_autoptr(PlaceTable) table = load(self);

    g_assert_cmpint(find(table, "198.18.0.1")->access, ==, ACCESS_MOBILE);
}

static void
test_a_list_says_one_thing_of_all_its_prefixes(Fixture *self, gconstpointer data)
{
    add_source(self, "pools", PLACE_LIST, 50, "access:residential:75; country:gu",
               "# our neighbours\r\n198.18.7.0/24 # cable\r\n\n2001:db8:7::/48\n198.18.9.9");
    g_autoptr(PlaceTable) table = load(self);

    g_assert_cmpint(find(table, "198.18.7.77")->access, ==, ACCESS_RESIDENTIAL);
    g_assert_cmpint(find(table, "2001:db8:7::1")->confidence, ==, 75);
    g_assert_cmpstr(find(table, "198.18.9.9")->country, ==, "GU");
    g_assert_cmpint(find(table, "198.18.9.8")->access, ==, ACCESS_PRIVATE);
}

static void
test_what_we_monitor_is_own_but_for_the_operators_word(Fixture *self, gconstpointer data)
{
    self->own[0] = prefix_of("203.0.113.0/24");
    self->n_own = 1;
    add_source(self, "pools.csv", PLACE_CSV, 50, NULL,
               "prefix,access\n203.0.113.128/25,residential\n203.0.0.0/16,hosting\n");
    g_autoptr(PlaceTable) table = load(self);

    g_assert_cmpint(find(table, "203.0.113.1")->access, ==, ACCESS_OWN);
    g_assert_cmpint(find(table, "203.0.113.200")->access, ==, ACCESS_RESIDENTIAL);
    g_assert_cmpint(find(table, "203.0.112.1")->access, ==, ACCESS_HOSTING);
}

static void
test_without_any_source_private_blocks_and_resolvers_are_known(Fixture *self, gconstpointer data)
{
    g_autoptr(PlaceTable) table = load(self);

    g_assert_cmpint(find(table, "192.168.1.1")->access, ==, ACCESS_PRIVATE);
    g_assert_cmpint(find(table, "fe80::1")->access, ==, ACCESS_PRIVATE);
    g_assert_cmpint(find(table, "8.8.8.8")->access, ==, ACCESS_HOSTING);
    g_assert_cmpuint(find(table, "8.8.8.8")->asn, ==, 15169);
    g_assert_cmpint(find(table, "45.1.2.3")->access, ==, ACCESS_UNKNOWN);
    g_assert_cmpint(find(table, "2a09::1")->access, ==, ACCESS_UNKNOWN);
}

static void
test_the_name_of_a_network_is_a_weak_hint(Fixture *self, gconstpointer data)
{
    add_source(self, "asn.csv", PLACE_CSV, 50, NULL,
               "prefix,asn,as_name\n45.1.0.0/16,65551,Lagoon Cable TV\n45.2.0.0/16,AS65550,Reef Cloud Ltd\n"
               "45.3.0.0/16,65549,Someone\n");
    g_autoptr(PlaceTable) table = load(self);

    g_assert_cmpint(find(table, "45.1.0.1")->access, ==, ACCESS_RESIDENTIAL);
    g_assert_cmpint(find(table, "45.1.0.1")->confidence, <=, 50);
    g_assert_cmpint(find(table, "45.2.0.1")->access, ==, ACCESS_HOSTING);
    g_assert_cmpint(find(table, "45.3.0.1")->access, ==, ACCESS_UNKNOWN);
}

static void
test_mistakes_are_told_where_they_are(Fixture *self, gconstpointer data)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "prefix,access\n198.18.0.0/16,residental\n",
          ".csv:2: column 'access': 'residental' is no access class; did you mean 'residential'?" },
        { "prefix,access\n\n# x\n198.18.0.1/16,mobile\n", ".csv:4: column 'prefix': '198.18.0.1/16' is no" },
        { "prefix,asn\n198.18.0.0/16,ASX\n", ".csv:2: column 'asn': 'ASX' is no AS number" },
        { "prefix,country\n198.18.0.0/16,Guam\n", ".csv:2: column 'country': 'Guam' is no country code" },
        { "prefix,access,confidence\n198.18.0.0/16,mobile,101\n",
          ".csv:2: column 'confidence': '101' is no number" },
        { "prefix,anonymity\n198.18.0.0/16,vnp\n", "did you mean 'vpn'?" },
        { "prefix,acess\n", ".csv:1: no column 'acess' is known; did you mean 'access'?" },
        { "198.18.0.0/16,mobile\n", ".csv:1: the header row has no column 'prefix'" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        add_source(self, "bad.csv", PLACE_CSV, 50, NULL, cases[i].text);
        assert_refused(self, cases[i].words);
        g_free(self->sources[--self->n].path);
    }
}

static void
test_a_list_with_a_bad_line_or_no_map_is_refused(Fixture *self, gconstpointer data)
{
    add_source(self, "pools", PLACE_LIST, 50, "access:residential", "198.18.0.0/16\nfoo\n");
    assert_refused(self, "pools:2: 'foo' is no address or prefix");
    self->sources[0].map = NULL;
    assert_refused(self, "[place.pools] a list needs to be told what its prefixes are");
    self->sources[0].map = (char *)"access:residental";
    assert_refused(self, "did you mean 'residential'?");
}

static void
test_the_explanation_names_winners_and_losers(Fixture *self, gconstpointer data)
{
    IpAddress ip = ip_of("198.18.0.9");

    add_source(self, "a.csv", PLACE_CSV, 50, NULL, "prefix,access,country\n198.18.0.0/16,residential,GU\n");
    add_source(self, "b.csv", PLACE_CSV, 40, NULL, "prefix,access,country\n198.18.0.0/16,hosting,PW\n");
    g_autoptr(PlaceTable) table = load(self);
    json_t *json = place_explain_json(table, &ip);

    g_assert_nonnull(json);
    g_assert_cmpstr(json_string_value(json_object_get(json, "access")), ==, "residential");
    g_assert_true(json_is_null(json_object_get(json, "asn")));
    json_t *rows = json_object_get(json, "provenance");
    g_assert_cmpint((int)json_array_size(rows), ==, 5); /* two by each file, and 198.18.0.0/15 is special */
    json_t *first = json_array_get(rows, 0), *last = json_array_get(rows, 4);
    g_assert_cmpstr(json_string_value(json_object_get(first, "source")), ==, "a.csv");
    g_assert_cmpstr(json_string_value(json_object_get(first, "prefix")), ==, "198.18.0.0/16");
    g_assert_true(json_is_true(json_object_get(first, "won")));
    g_assert_cmpstr(json_string_value(json_object_get(last, "source")), ==, "builtin");
    g_assert_true(json_is_false(json_object_get(last, "won")));
    json_decref(json);
}

#define ADD(name, function) g_test_add("/scoring/place/" name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("attributes-come-from-the-most-specific-prefix", test_attributes_come_from_the_most_specific_prefix);
    ADD("priority-breaks-a-tie", test_priority_breaks_a_tie);
    ADD("of-equal-sources-the-first-wins", test_of_equal_sources_the_first_wins);
    ADD("a-list-says-one-thing-of-all-its-prefixes", test_a_list_says_one_thing_of_all_its_prefixes);
    ADD("what-we-monitor-is-own-but-for-the-operators-word",
        test_what_we_monitor_is_own_but_for_the_operators_word);
    ADD("without-any-source-private-blocks-and-resolvers-are-known",
        test_without_any_source_private_blocks_and_resolvers_are_known);
    ADD("the-name-of-a-network-is-a-weak-hint", test_the_name_of_a_network_is_a_weak_hint);
    ADD("mistakes-are-told-where-they-are", test_mistakes_are_told_where_they_are);
    ADD("a-list-with-a-bad-line-or-no-map-is-refused", test_a_list_with_a_bad_line_or_no_map_is_refused);
    ADD("the-explanation-names-winners-and-losers", test_the_explanation_names_winners_and_losers);
    return g_test_run();
}
