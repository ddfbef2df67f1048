/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-suppression.c - rules say what they are about, refuse nonsense in words, and fit what they name */
#include "scoring/suppression.h"
#include "tests/support/addresses.h"

#include <gio/gio.h>
#include <string.h>

static Suppression
rule_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    json_t *scope = json_loads(text, 0, NULL);
    Suppression rule;

    g_assert_nonnull(scope);
    g_assert_true(suppression_parse_scope(scope, &rule, &error));
    g_assert_no_error(error);
    json_decref(scope);
    return rule;
}

/* The sentence with which @text is refused; the caller frees it. */
static char *
refusal_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    json_t *scope = json_loads(text, 0, NULL);
    Suppression rule;

    g_assert_nonnull(scope);
    g_assert_false(suppression_parse_scope(scope, &rule, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    json_decref(scope);
    return g_strdup(error->message);
}

static AlertSubject
desk_calls_home(void)
{
    AlertSubject subject = { .has_peer = true,
                             .asset_name = "billing-db",
                             .peer_class = "residential",
                             .kind = "residential_path",
                             .peer_asn = 64511,
                             .port = 8443,
                             .protocol = 6 };

    subject.asset = ip_of("203.0.113.25");
    subject.peer = ip_of("198.51.100.77");
    return subject;
}

static void
test_a_rule_fits_by_each_thing_that_it_names(void)
{
    static const struct {
        const char *scope;
        bool fits;
    } cases[] = {
        { "{\"asset\":\"203.0.113.25\"}", true },
        { "{\"asset\":\"203.0.113.0/24\"}", true },
        { "{\"asset\":\"203.0.113.26\"}", false },
        { "{\"assetName\":\"Billing-DB\"}", true },
        { "{\"assetName\":\"billing\"}", false },
        { "{\"peer\":\"198.51.100.0/25\"}", true },
        { "{\"peer\":\"198.51.100.128/25\"}", false },
        { "{\"peer\":\"2001:db8::/32\"}", false },
        { "{\"peerAsn\":64511}", true },
        { "{\"peerAsn\":64512}", false },
        { "{\"peerClass\":\"residential\"}", true },
        { "{\"peerClass\":\"mobile\"}", false },
        { "{\"port\":8443}", true },
        { "{\"port\":443}", false },
        { "{\"protocol\":6}", true },
        { "{\"protocol\":17}", false },
        { "{\"kind\":\"residential_path\"}", true },
        { "{\"kind\":\"volume_out\"}", false },
        { "{\"asset\":\"203.0.113.25\",\"port\":8443,\"kind\":\"residential_path\",\"peer\":null}", true },
        { "{\"asset\":\"203.0.113.25\",\"port\":8443,\"kind\":\"volume_out\"}", false },
    };
    AlertSubject subject = desk_calls_home();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Suppression rule = rule_of(cases[i].scope);
        g_test_message("%s", cases[i].scope);
        g_assert_cmpint(suppression_matches(&rule, &subject), ==, cases[i].fits);
    }
}

/* An alert about an asset alone has none of these, and a rule that names one is not about it. */
static void
test_what_has_no_far_end_fits_no_rule_about_one(void)
{
    static const char *const scopes[] = { "{\"peer\":\"198.51.100.77\"}", "{\"peerAsn\":64511}",
                                          "{\"peerClass\":\"residential\"}", "{\"port\":8443}",
                                          "{\"protocol\":6}" };
    AlertSubject subject = { .kind = "volume_out" };

    for (size_t i = 0; i < G_N_ELEMENTS(scopes); i++) {
        Suppression rule = rule_of(scopes[i]);
        g_assert_false(suppression_matches(&rule, &subject));
    }
}

static void
test_nonsense_is_refused_in_words(void)
{
    static const struct {
        const char *scope, *word;
    } cases[] = {
        { "{}", "suppress everything" },
        { "{\"asset\":null}", "suppress everything" },
        { "{\"asset\":\"billing-db\"}", "assetName" },
        { "{\"asset\":\"203.0.113.25/24\"}", "'asset'" }, /* host bits */
        { "{\"asset\":\"0.0.0.0/0\"}", "'asset'" },
        { "{\"asset\":\"::/0\"}", "'asset'" },
        { "{\"peer\":7}", "'peer'" },
        { "{\"peerAsn\":0}", "'peerAsn'" },
        { "{\"peerAsn\":4294967296}", "'peerAsn'" },
        { "{\"peerAsn\":\"64511\"}", "'peerAsn'" },
        { "{\"peerClass\":\"home\"}", "residential" },
        { "{\"port\":65536}", "'port'" },
        { "{\"protocol\":256}", "'protocol'" },
        { "{\"kind\":\"Residential path\"}", "'kind'" },
        { "{\"kind\":\"\"}", "'kind'" },
        { "{\"assets\":\"203.0.113.25\"}", "no 'assets'" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *why = refusal_of(cases[i].scope);
        if (strstr(why, cases[i].word) == NULL)
            g_error("%s is refused with: %s", cases[i].scope, why);
    }
}

static void
test_a_scope_is_written_as_it_is_read(void)
{
    static const char whole[] =
        "{\"asset\":\"203.0.113.0/24\",\"assetName\":\"billing-db\",\"kind\":\"new_peer\",\"peer\":"
        "\"2001:db8::/32\",\"peerAsn\":4294967295,\"peerClass\":\"hosting\",\"port\":443,\"protocol\":17}";
    Suppression rule = rule_of(whole);
    json_t *json = suppression_scope_to_json(&rule);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

    g_assert_cmpstr(text, ==, whole);
    free(text);
    json_decref(json);
}

static void
test_the_first_rule_that_fits_is_found(void)
{
    Suppression rules[3] = { rule_of("{\"port\":1}"), rule_of("{\"port\":8443}"),
                             rule_of("{\"protocol\":6}") };
    AlertSubject subject = desk_calls_home(), other = { .kind = "volume_out" };

    g_strlcpy(rules[1].id, "second", sizeof rules[1].id);
    g_autoptr(SuppressionSet) set = suppression_set_new(rules, G_N_ELEMENTS(rules));
    g_assert_cmpuint(suppression_set_size(set), ==, 3);
    g_assert_cmpstr(suppression_set_find(set, &subject)->id, ==, "second");
    g_assert_null(suppression_set_find(set, &other));
    g_assert_null(suppression_set_find(NULL, &subject));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/suppression/a-rule-fits-by-each-thing-that-it-names",
                    test_a_rule_fits_by_each_thing_that_it_names);
    g_test_add_func("/scoring/suppression/what-has-no-far-end-fits-no-rule-about-one",
                    test_what_has_no_far_end_fits_no_rule_about_one);
    g_test_add_func("/scoring/suppression/nonsense-is-refused-in-words", test_nonsense_is_refused_in_words);
    g_test_add_func("/scoring/suppression/a-scope-is-written-as-it-is-read",
                    test_a_scope_is_written_as_it_is_read);
    g_test_add_func("/scoring/suppression/the-first-rule-that-fits-is-found",
                    test_the_first_rule_that_fits_is_found);
    return g_test_run();
}
