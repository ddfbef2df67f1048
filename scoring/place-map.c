/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place-map.c - see place-map.h */
#include "scoring/place-map.h"

#include <gio/gio.h>
#include <string.h>

#include "collector/base/nearest.h"

enum { VALUE_MOST = 256, PATH_MOST = 8 };

typedef enum RuleTarget { TARGET_CLAIM, TARGET_ASN, TARGET_AS_NAME, TARGET_COUNTRY } RuleTarget;

typedef struct PlaceRule {
    char **path;
    char *value; /* NULL: any but an empty one or "false" */
    RuleTarget target;
    PlaceClaim claim; /* of TARGET_CLAIM */
} PlaceRule;

struct PlaceMap {
    GArray *rules; /* PlaceRule */
};

static const struct {
    const char *name, *rules;
} presets[] = {
    { "maxmind-connection-type",
      "connection_type=Cable/DSL -> access:residential:85; connection_type=Dialup -> access:residential:80;"
      "connection_type=Cellular -> access:mobile:90; connection_type=Satellite -> access:satellite:90;"
      "connection_type=Corporate -> access:business:80" },
    { "maxmind-asn", "autonomous_system_number -> asn; autonomous_system_organization -> as_name" },
    { "maxmind-country",
      "country.iso_code -> country; registered_country.iso_code -> country;"
      "traits.user_type=residential -> access:residential:90; traits.user_type=cellular -> access:mobile:90;"
      "traits.user_type=hosting -> access:hosting:90; traits.user_type=content_delivery_network -> "
      "access:cdn:90;"
      "traits.user_type=business -> access:business:85; traits.user_type=government -> access:government:85;"
      "traits.user_type=military -> access:government:85; traits.user_type=college -> access:education:85;"
      "traits.user_type=school -> access:education:85; traits.user_type=library -> access:education:80;"
      "traits.connection_type=Cable/DSL -> access:residential:80; traits.connection_type=Cellular -> "
      "access:mobile:85;"
      "traits.autonomous_system_number -> asn; traits.autonomous_system_organization -> as_name" },
    { "maxmind-anonymous",
      "is_residential_proxy=true -> anonymity:residential_proxy; is_tor_exit_node=true -> anonymity:tor;"
      "is_anonymous_vpn=true -> anonymity:vpn; is_public_proxy=true -> anonymity:public_proxy;"
      "is_hosting_provider=true -> access:hosting:75" },
    { "ipinfo",
      "asn -> asn; as_name -> as_name; name -> as_name; country_code -> country; country -> country;"
      "carrier -> access:mobile:85; is_satellite=true -> access:satellite:85; is_mobile=true -> "
      "access:mobile:85;"
      "is_hosting=true -> access:hosting:80; hosting=true -> access:hosting:80;"
      "type=hosting -> access:hosting:75; type=isp -> access:residential:55; type=business -> "
      "access:business:70;"
      "type=education -> access:education:80; type=government -> access:government:80;"
      "as_type=hosting -> access:hosting:75; as_type=isp -> access:residential:55;"
      "as_type=business -> access:business:70; as_type=education -> access:education:80;"
      "service -> anonymity:residential_proxy; vpn=true -> anonymity:vpn; proxy=true -> "
      "anonymity:public_proxy;"
      "tor=true -> anonymity:tor; relay=true -> anonymity:relay; is_anonymous=true -> anonymity:vpn" },
    { "dbip",
      "autonomous_system_number -> asn; autonomous_system_organization -> as_name; country.iso_code -> "
      "country;"
      "traits.autonomous_system_number -> asn; traits.autonomous_system_organization -> as_name;"
      "traits.user_type=residential -> access:residential:85; traits.user_type=cellular -> access:mobile:85;"
      "traits.user_type=hosting -> access:hosting:85; traits.user_type=business -> access:business:80;"
      "traits.user_type=consumer -> access:residential:80; traits.user_type=corporate -> access:business:80;"
      "traits.connection_type=cable/dsl -> access:residential:75; traits.connection_type=dsl -> "
      "access:residential:75;"
      "traits.connection_type=cable -> access:residential:75; traits.connection_type=fiber -> "
      "access:residential:65;"
      "traits.connection_type=cellular -> access:mobile:80; traits.connection_type=satellite -> "
      "access:satellite:80;"
      "traits.connection_type=corporate -> access:business:75; traits.is_tor_exit_node=true -> anonymity:tor;"
      "traits.is_anonymous_proxy=true -> anonymity:public_proxy" },
    { "ip2location",
      "proxy_type=RES -> anonymity:residential_proxy; proxy_type=TOR -> anonymity:tor;"
      "proxy_type=VPN -> anonymity:vpn; proxy_type=CPN -> anonymity:vpn; proxy_type=PUB -> "
      "anonymity:public_proxy;"
      "proxy_type=WEB -> anonymity:public_proxy; usage_type=ISP -> access:residential:80;"
      "usage_type=MOB -> access:mobile:85; usage_type=ISP/MOB -> access:mobile:70; usage_type=DCH -> "
      "access:hosting:85;"
      "usage_type=CDN -> access:cdn:85; usage_type=COM -> access:business:80; usage_type=ORG -> "
      "access:business:70;"
      "usage_type=EDU -> access:education:85; usage_type=LIB -> access:education:80;"
      "usage_type=GOV -> access:government:85; usage_type=MIL -> access:government:85;"
      "asn -> asn; as -> as_name; autonomous_system_number -> asn; autonomous_system_organization -> as_name;"
      "country.iso_code -> country; country_code -> country" },
};

/* A word in metadata's database_type, in lower case; the first that is there decides. */
static const struct {
    const char *word, *preset;
} types[] = {
    { "connection-type", "maxmind-connection-type" },
    { "anonymous", "maxmind-anonymous" },
    { "residential-proxy", "maxmind-anonymous" },
    { "ipinfo", "ipinfo" },
    { "dbip", "dbip" },
    { "db-ip", "dbip" },
    { "ip2location", "ip2location" },
    { "ip2proxy", "ip2location" },
    { "asn", "maxmind-asn" },
    { "isp", "maxmind-asn" },
    { "country", "maxmind-country" },
    { "city", "maxmind-country" },
    { "enterprise", "maxmind-country" },
};

static void
clear_rule(gpointer data)
{
    PlaceRule *rule = data;

    g_strfreev(rule->path);
    g_free(rule->value);
}

static bool
rule_error(const char *text, const char *what, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "map: '%.80s' %s; a rule looks like this: path.in.record=value -> access:residential:90",
                text, what);
    return false;
}

static bool
parse_rule(PlaceMap *self, const char *text, GError **error)
{
    static const struct {
        const char *name;
        RuleTarget target;
    } targets[] = { { "asn", TARGET_ASN }, { "as_name", TARGET_AS_NAME }, { "country", TARGET_COUNTRY } };
    const char *arrow = strstr(text, "->");
    PlaceRule rule = { 0 };

    if (arrow == NULL)
        return rule_error(text, "has no '->'", error);
    g_autofree char *left = g_strstrip(g_strndup(text, (gsize)(arrow - text)));
    g_autofree char *right = g_strstrip(g_strdup(arrow + 2));
    char *equals = strchr(left, '=');
    g_autofree char *value = equals != NULL ? g_strstrip(g_strdup(equals + 1)) : NULL;
    if (equals != NULL)
        *equals = '\0';
    g_strchomp(left);
    if (*left == '\0')
        return rule_error(text, "names no path", error);
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
        if (g_str_equal(right, targets[i].name))
            rule.target = targets[i].target;
    if (rule.target == TARGET_CLAIM && !place_parse_attribute(right, &rule.claim, error)) {
        g_prefix_error(error, "map: ");
        return false;
    }
    rule.path = g_strsplit(left, ".", PATH_MOST);
    rule.value = value == NULL || g_str_equal(value, "*") ? NULL : g_steal_pointer(&value);
    g_array_append_val(self->rules, rule);
    return true;
}

static bool
parse_rules(PlaceMap *self, const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);

    for (char **part = parts; *part != NULL; part++)
        if (*g_strstrip(*part) != '\0' && !parse_rule(self, *part, error))
            return false;
    return true;
}

static const char *
preset_rules(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++)
        if (g_ascii_strcasecmp(presets[i].name, name) == 0)
            return presets[i].rules;
    return NULL;
}

static const char *
preset_of_type(const char *database_type)
{
    g_autofree char *lower = g_ascii_strdown(database_type, -1);

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strstr(lower, types[i].word) != NULL)
            return types[i].preset;
    return NULL;
}

static bool
unknown_preset(const char *preset, GError **error)
{
    const char *names[G_N_ELEMENTS(presets) + 1] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(presets); i++)
        names[i] = presets[i].name;
    const char *near = nearest_name(preset, names, G_N_ELEMENTS(presets));
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "no preset '%.64s' is known; %s%s%sthere are: %s", preset,
                near != NULL ? "did you mean '" : "", near != NULL ? near : "", near != NULL ? "'? " : "",
                all);
    return false;
}

PlaceMap *
place_map_new(const char *preset, const char *map, const char *database_type, GError **error)
{
    g_autoptr(PlaceMap) self = g_new0(PlaceMap, 1);
    const char *name = preset != NULL ? preset : preset_of_type(database_type);

    self->rules = g_array_new(FALSE, FALSE, sizeof(PlaceRule));
    g_array_set_clear_func(self->rules, clear_rule);
    if (map != NULL && !parse_rules(self, map, error))
        return NULL;
    if (name != NULL && preset_rules(name) == NULL) {
        unknown_preset(name, error);
        return NULL;
    }
    if (name != NULL && !parse_rules(self, preset_rules(name), error))
        return NULL;
    if (self->rules->len > 0)
        return g_steal_pointer(&self);
    g_autofree char *type = g_utf8_make_valid(database_type, -1);
    g_set_error(
        error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the database's type '%.64s' is not known here; say what is in it with preset= or map=", type);
    return NULL;
}

void
place_map_free(PlaceMap *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->rules, g_array_unref);
    g_free(self);
}

static uint8_t
attribute_of(const PlaceRule *rule)
{
    static const uint8_t of_target[] = {
        [TARGET_ASN] = PLACE_HAS_ASN, [TARGET_AS_NAME] = 0, [TARGET_COUNTRY] = PLACE_HAS_COUNTRY
    };

    return rule->target == TARGET_CLAIM ? rule->claim.has : of_target[rule->target];
}

static bool
fits(const PlaceRule *rule, const char *text)
{
    if (rule->value != NULL)
        return g_ascii_strcasecmp(rule->value, text) == 0;
    return *text != '\0' && g_ascii_strcasecmp(text, "false") != 0;
}

static void
take_value(const PlaceRule *rule, PlaceBuilder *builder, const char *text, PlaceClaim *claim)
{
    char country[3];

    if (rule->target == TARGET_ASN && place_parse_asn(text, &claim->asn))
        claim->has |= PLACE_HAS_ASN;
    if (rule->target == TARGET_AS_NAME && claim->as_name == 0)
        claim->as_name = place_builder_as_name(builder, text);
    if (rule->target == TARGET_COUNTRY && place_parse_country(text, country)) {
        memcpy(claim->country, country, sizeof country);
        claim->has |= PLACE_HAS_COUNTRY;
    }
    if (rule->target != TARGET_CLAIM)
        return;
    claim->has |= rule->claim.has;
    if (rule->claim.has & PLACE_HAS_ACCESS) {
        claim->access = rule->claim.access;
        claim->confidence = rule->claim.confidence;
    }
    if (rule->claim.has & PLACE_HAS_ANONYMITY)
        claim->anonymity = rule->claim.anonymity;
    if (rule->claim.has & PLACE_HAS_ASN)
        claim->asn = rule->claim.asn;
    if (rule->claim.has & PLACE_HAS_COUNTRY)
        memcpy(claim->country, rule->claim.country, sizeof claim->country);
}

bool
place_map_apply(const PlaceMap *self, PlaceBuilder *builder, PlaceMapLookup lookup, void *record,
                PlaceClaim *claim)
{
    char text[VALUE_MOST];

    for (guint i = 0; i < self->rules->len; i++) {
        const PlaceRule *rule = &g_array_index(self->rules, PlaceRule, i);
        if (attribute_of(rule) != 0 && (claim->has & attribute_of(rule)) == attribute_of(rule))
            continue;
        int found = lookup(record, (const char *const *)rule->path, text, sizeof text);
        if (found < 0)
            return false;
        if (found > 0 && fits(rule, text))
            take_value(rule, builder, text, claim);
    }
    if (!(claim->has & PLACE_HAS_ASN)) /* a name goes with its number */
        claim->as_name = 0;
    return true;
}
