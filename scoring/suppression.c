/* SPDX-License-Identifier: GPL-3.0-or-later */
/* suppression.c - see suppression.h; a further thing that a rule can name is one more line in the table */
#include "scoring/suppression.h"

#include <gio/gio.h>
#include <string.h>

#include "scoring/detector.h"

struct SuppressionSet {
    size_t n;
    Suppression rules[];
};

/* ---- the scope in JSON ---- */

static bool
take_prefix(const json_t *value, IpPrefix *out, bool *has)
{
    const char *text = json_string_value(value);

    *has = text != NULL && ip_prefix_parse(text, out);
    /* A rule for all addresses (::/0 or 0.0.0.0/0) is one that leaves them open, and shall say so. */
    *has = *has && !(ip_is_zero(&out->address) && (out->length == 0 || out->length == 96));
    return *has;
}

static bool
take_asset(const json_t *value, Suppression *out)
{
    return take_prefix(value, &out->asset, &out->has_asset);
}

static bool
take_peer(const json_t *value, Suppression *out)
{
    return take_prefix(value, &out->peer, &out->has_peer);
}

static bool
take_asset_name(const json_t *value, Suppression *out)
{
    const char *text = json_string_value(value);

    return text != NULL && *text != '\0' &&
           g_strlcpy(out->asset_name, text, sizeof out->asset_name) < sizeof out->asset_name;
}

static bool
take_peer_class(const json_t *value, Suppression *out)
{
    const char *text = json_string_value(value);
    AccessClass access;

    return text != NULL && access_class_parse(text, &access) &&
           g_strlcpy(out->peer_class, text, sizeof out->peer_class) < sizeof out->peer_class;
}

static bool
take_kind(const json_t *value, Suppression *out)
{
    const char *text = json_string_value(value);
    uint32_t index = text != NULL ? detector_index(text) : NONE;

    /* Supporting detectors lead no alert. */
    return index != NONE && detectors[index].kind != DETECTOR_SUPPORT &&
           g_strlcpy(out->kind, text, sizeof out->kind) < sizeof out->kind;
}

static bool
take_number(const json_t *value, json_int_t most, json_int_t *out)
{
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 1 && *out <= most;
}

static bool
take_peer_asn(const json_t *value, Suppression *out)
{
    json_int_t number;
    bool good = take_number(value, UINT32_MAX, &number);

    out->peer_asn = good ? (uint32_t)number : 0;
    return good;
}

static bool
take_port(const json_t *value, Suppression *out)
{
    json_int_t number;
    bool good = take_number(value, UINT16_MAX, &number);

    out->port = good ? (uint16_t)number : 0;
    return good;
}

static bool
take_protocol(const json_t *value, Suppression *out)
{
    json_int_t number;
    bool good = take_number(value, UINT8_MAX, &number);

    out->protocol = good ? (uint8_t)number : 0;
    return good;
}

static json_t *
prefix_json(const IpPrefix *prefix)
{
    char text[IP_PREFIX_TEXT];

    return json_string(ip_prefix_text(prefix, text));
}

static json_t *
give_asset(const Suppression *self)
{
    return self->has_asset ? prefix_json(&self->asset) : json_null();
}

static json_t *
give_peer(const Suppression *self)
{
    return self->has_peer ? prefix_json(&self->peer) : json_null();
}

static json_t *
text_json(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    return *text == '\0' ? json_null() : json_string(valid);
}

static json_t *
give_asset_name(const Suppression *self)
{
    return text_json(self->asset_name);
}

static json_t *
give_peer_class(const Suppression *self)
{
    return text_json(self->peer_class);
}

static json_t *
give_kind(const Suppression *self)
{
    return text_json(self->kind);
}

static json_t *
give_peer_asn(const Suppression *self)
{
    return self->peer_asn == 0 ? json_null() : json_integer(self->peer_asn);
}

static json_t *
give_port(const Suppression *self)
{
    return self->port == 0 ? json_null() : json_integer(self->port);
}

static json_t *
give_protocol(const Suppression *self)
{
    return self->protocol == 0 ? json_null() : json_integer(self->protocol);
}

typedef struct ScopeKey {
    const char *name;
    bool (*take)(const json_t *value, Suppression *out);
    json_t *(*give)(const Suppression *self);
    const char *words; /* what a good value is */
} ScopeKey;

static const ScopeKey scope_keys[] = {
    { "asset", take_asset, give_asset,
      "an address or a prefix without host bits, such as 203.0.113.0/24 (for a name there is assetName)" },
    { "assetName", take_asset_name, give_asset_name, "a name of the inventory, of at most 63 bytes" },
    { "peer", take_peer, give_peer, "an address or a prefix without host bits, such as 198.51.100.0/24" },
    { "peerAsn", take_peer_asn, give_peer_asn, "the number of an AS, 1 to 4294967295" },
    { "peerClass", take_peer_class, give_peer_class,
      "one of: unknown residential mobile satellite business hosting cdn education government transit own "
      "private" },
    { "port", take_port, give_port, "the port of the service, 1 to 65535" },
    { "protocol", take_protocol, give_protocol, "the number of an IP protocol, 1 to 255 (TCP 6, UDP 17)" },
    { "kind", take_kind, give_kind, "the name of a detector that leads alerts, such as residential_path" },
};

static bool
take_key(const char *name, const json_t *value, Suppression *out, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(scope_keys); i++) {
        const ScopeKey *key = &scope_keys[i];
        if (strcmp(key->name, name) != 0)
            continue;
        if (key->take(value, out))
            return true;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' must be %s", name, key->words);
        return false;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "a rule knows no '%.40s'; it may name asset, assetName, peer, peerAsn, peerClass, port, "
                "protocol, kind",
                name);
    return false;
}

bool
suppression_parse_scope(const json_t *scope, Suppression *out, GError **error)
{
    const char *name;
    json_t *value;
    bool is_about_something = false;

    *out = (Suppression){ 0 };
    json_object_foreach((json_t *)scope, name, value)
    {
        if (json_is_null(value))
            continue;
        if (!take_key(name, value, out, error))
            return false;
        is_about_something = true;
    }
    if (is_about_something)
        return true;
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                        "the rule is about nothing, and so would suppress everything; name at least one of "
                        "asset, assetName, peer, peerAsn, peerClass, port, protocol, kind");
    return false;
}

json_t *
suppression_scope_to_json(const Suppression *self)
{
    json_t *scope = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(scope_keys); i++)
        json_object_set_new(scope, scope_keys[i].name, scope_keys[i].give(self));
    return scope;
}

json_t *
suppression_to_json(const Suppression *self)
{
    char created[WALL_TIME_TEXT], expires[WALL_TIME_TEXT];
    json_t *json = suppression_scope_to_json(self);

    json_object_set_new(json, "id", json_string(self->id));
    json_object_set_new(json, "reason", text_json(self->reason));
    json_object_set_new(json, "author", text_json(self->author));
    json_object_set_new(json, "created",
                        json_string(wall_time_text((WallTime){ self->created_ms }, created)));
    json_object_set_new(json, "expires",
                        json_string(wall_time_text((WallTime){ self->expires_ms }, expires)));
    return json;
}

/* ---- matching ---- */

/* An open text fits all. */
static bool
fits(const char *wanted, const char *text)
{
    return *wanted == '\0' || (text != NULL && g_ascii_strcasecmp(wanted, text) == 0);
}

bool
suppression_matches(const Suppression *self, const AlertSubject *subject)
{
    if (self->has_asset && !ip_prefix_has(&self->asset, &subject->asset))
        return false;
    if (self->has_peer && (!subject->has_peer || !ip_prefix_has(&self->peer, &subject->peer)))
        return false;
    return (self->peer_asn == 0 || self->peer_asn == subject->peer_asn) &&
           (self->port == 0 || self->port == subject->port) &&
           (self->protocol == 0 || self->protocol == subject->protocol) && fits(self->kind, subject->kind) &&
           fits(self->peer_class, subject->peer_class) && fits(self->asset_name, subject->asset_name);
}

SuppressionSet *
suppression_set_new(const Suppression *rules, size_t n)
{
    size_t kept = MIN(n, (size_t)SUPPRESSIONS_MOST);
    SuppressionSet *self = g_malloc0(sizeof *self + kept * sizeof *rules);

    self->n = kept;
    for (size_t i = 0; i < kept; i++)
        self->rules[i] = rules[i];
    return self;
}

void
suppression_set_free(SuppressionSet *self)
{
    g_free(self);
}

size_t
suppression_set_size(const SuppressionSet *self)
{
    return self == NULL ? 0 : self->n;
}

const Suppression *
suppression_set_find(const SuppressionSet *self, const AlertSubject *subject)
{
    for (size_t i = 0; i < suppression_set_size(self); i++)
        if (suppression_matches(&self->rules[i], subject))
            return &self->rules[i];
    return NULL;
}
