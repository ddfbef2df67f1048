/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-suppression.c - what a rule is about, as anybody with a token may send it */
#include "scoring/suppression.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* An alert that has all that the rule names. */
static AlertSubject
subject_of(const Suppression *rule)
{
    return (AlertSubject){ .asset = rule->asset.address,
                           .peer = rule->peer.address,
                           .has_peer = true,
                           .asset_name = rule->asset_name,
                           .peer_class = rule->peer_class,
                           .kind = rule->kind,
                           .peer_asn = rule->peer_asn,
                           .port = rule->port,
                           .protocol = rule->protocol };
}

/* What was written is read as the same, and a rule fits what it names, but not what has nothing of it. */
static void
check_rule(const Suppression *rule)
{
    json_t *scope = suppression_scope_to_json(rule);
    AlertSubject all = subject_of(rule), nothing = { .kind = "none" };
    Suppression again;

    FUZZ_CHECK(suppression_parse_scope(scope, &again, NULL));
    json_t *twice = suppression_scope_to_json(&again);
    FUZZ_CHECK(json_equal(scope, twice));
    FUZZ_CHECK(suppression_matches(rule, &all));
    FUZZ_CHECK(suppression_matches(&again, &all));
    FUZZ_CHECK(!suppression_matches(rule, &nothing) || (rule->has_asset && ip_is_zero(&rule->asset.address)));
    json_decref(twice);
    json_decref(scope);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    json_t *scope = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    g_autoptr(GError) error = NULL;
    Suppression rule;

    if (scope == NULL)
        return 0;
    bool good = suppression_parse_scope(scope, &rule, &error);
    FUZZ_CHECK(good == (error == NULL));
    if (good)
        check_rule(&rule);
    json_decref(scope);
    return 0;
}
