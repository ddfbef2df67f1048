/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suppression.h - rules by which operators keep alerts from being raised, for a time
 *
 * A rule names what it is about (asset, far end, its network, service, detector); everything that it names
 * must fit. What it fits is scored all the same, and its alerts are kept in the state `suppressed`: they can
 * be looked at, and when the rule ends they are there at once. They neither teach nor count towards the
 * budget. Parsing and matching alone, for the store, the scorer and the API; no I/O, no clock.
 */
#pragma once
#include <jansson.h>
#include "scoring/alert.h"

enum { SUPPRESSIONS_MOST = 256, SUPPRESSION_ID = 24, SUPPRESSION_REASON = 500 };

typedef struct Suppression {
    char id[SUPPRESSION_ID]; /* hex; the store makes it */
    /* What it is about; an empty text, a zero or a false leaves it open. */
    bool has_asset, has_peer;
    IpPrefix asset, peer;
    char asset_name[64]; /* of the inventory, whatever its case */
    uint32_t peer_asn;
    char peer_class[24];
    uint16_t port;    /* of the service */
    uint8_t protocol; /* IP protocol */
    char kind[32];    /* leading detector */
    /* Who made it, and until when it holds: by the clock on the wall, as all deeds of operators. */
    int64_t created_ms, expires_ms;
    char author[64];
    char reason[SUPPRESSION_REASON + 1];
} Suppression;

/*
 * Reads what a rule is about from the keys asset, peer (an address or a prefix), assetName, peerAsn,
 * peerClass, port, protocol, kind; null leaves one open. The rest of @out is zero. False, with a sentence for
 * whoever wrote it, on any other key or a bad value, and when it is about nothing, which would be everything.
 */
bool suppression_parse_scope(const json_t *scope, Suppression *out, GError **error);
/* All keys, null where open. The caller owns it. */
json_t *suppression_scope_to_json(const Suppression *self);
/* {id, the keys of its scope, reason, author, created, expires}. The caller owns it. */
json_t *suppression_to_json(const Suppression *self);

bool suppression_matches(const Suppression *self, const AlertSubject *subject);

/* The rules in force at one moment. */
typedef struct SuppressionSet SuppressionSet;
/* Copies @rules, SUPPRESSIONS_MOST of them at most. */
SuppressionSet *suppression_set_new(const Suppression *rules, size_t n);
void suppression_set_free(SuppressionSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SuppressionSet, suppression_set_free)
size_t suppression_set_size(const SuppressionSet *self); /* NULL has none */
/* Lends the first rule that fits; NULL: none, or @self is NULL. */
const Suppression *suppression_set_find(const SuppressionSet *self, const AlertSubject *subject);
