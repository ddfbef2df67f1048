/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place-csv.c - places from an operator's own files: CSV tables and plain lists of prefixes
 *
 * Runs at load only. Messages name file, line and column; the first mistake ends the reading.
 */
#include <gio/gio.h>
#include <string.h>

#include "collector/base/nearest.h"
#include "scoring/csv.h"
#include "scoring/place-builder.h"
#include "scoring/prefix-reader.h"

enum { CONFIDENCE_USUAL = 90 };

static const char *const columns[] = { "prefix",  "access",  "anonymity",  "asn",
                                       "as_name", "country", "confidence", NULL };
enum {
    COLUMN_PREFIX,
    COLUMN_ACCESS,
    COLUMN_ANONYMITY,
    COLUMN_ASN,
    COLUMN_AS_NAME,
    COLUMN_COUNTRY,
    COLUMN_CONFIDENCE,
    N_COLUMNS
};

static bool
parse_number(const char *text, uint64_t most, uint32_t *out)
{
    char *end = NULL;

    if (!g_ascii_isdigit(*text))
        return false;
    guint64 value = g_ascii_strtoull(text, &end, 10);
    if (*end != '\0' || value > most)
        return false;
    *out = (uint32_t)value;
    return true;
}

bool
place_parse_asn(const char *text, uint32_t *out)
{
    return parse_number(g_ascii_strncasecmp(text, "AS", 2) == 0 ? text + 2 : text, UINT32_MAX, out);
}

bool
place_parse_country(const char *text, char out[3])
{
    if (!g_ascii_isalpha(text[0]) || !g_ascii_isalpha(text[1]) || text[2] != '\0')
        return false;
    out[0] = g_ascii_toupper(text[0]);
    out[1] = g_ascii_toupper(text[1]);
    out[2] = '\0';
    return true;
}

static bool
read_access(const CsvReader *csv, PlaceClaim *claim, GError **error)
{
    const char *access = csv->fields[COLUMN_ACCESS], *confidence = csv->fields[COLUMN_CONFIDENCE];
    uint32_t percent = CONFIDENCE_USUAL;
    AccessClass class;

    if (*confidence != '\0' && !parse_number(confidence, 100, &percent))
        return csv_error(csv, COLUMN_CONFIDENCE, error, "'%.16s' is no number from 0 to 100", confidence);
    if (*access == '\0')
        return true;
    if (!access_class_parse(access, &class))
        return csv_error_name(csv, COLUMN_ACCESS, "access class", access_class_names(), N_ACCESS_CLASSES,
                              error);
    claim->access = (uint8_t) class;
    claim->confidence = (uint8_t)percent;
    claim->has |= PLACE_HAS_ACCESS;
    return true;
}

static bool
read_anonymity(const CsvReader *csv, PlaceClaim *claim, GError **error)
{
    const char *text = csv->fields[COLUMN_ANONYMITY];
    Anonymity anonymity;

    if (*text == '\0')
        return true;
    if (!anonymity_parse(text, &anonymity))
        return csv_error_name(csv, COLUMN_ANONYMITY, "kind of anonymity", anonymity_names(), N_ANONYMITIES,
                              error);
    claim->anonymity = (uint8_t)anonymity;
    claim->has |= PLACE_HAS_ANONYMITY;
    return true;
}

static bool
read_row(PlaceBuilder *builder, const CsvReader *csv, GError **error)
{
    const char *const *fields = csv->fields;
    PlaceClaim claim = { 0 };
    IpPrefix prefix;

    if (!ip_prefix_parse(fields[COLUMN_PREFIX], &prefix))
        return csv_error(csv, COLUMN_PREFIX, error,
                         "'%.64s' is no address or prefix such as 192.0.2.0/24 (host bits must be zero)",
                         fields[COLUMN_PREFIX]);
    if (!read_access(csv, &claim, error) || !read_anonymity(csv, &claim, error))
        return false;
    if (*fields[COLUMN_ASN] != '\0') {
        if (!place_parse_asn(fields[COLUMN_ASN], &claim.asn))
            return csv_error(csv, COLUMN_ASN, error, "'%.16s' is no AS number", fields[COLUMN_ASN]);
        claim.as_name = place_builder_as_name(builder, fields[COLUMN_AS_NAME]);
        claim.has |= PLACE_HAS_ASN;
    } else if (*fields[COLUMN_AS_NAME] != '\0') {
        return csv_error(csv, COLUMN_AS_NAME, error, "a name needs its number in the column 'asn'");
    }
    if (*fields[COLUMN_COUNTRY] != '\0') {
        if (!place_parse_country(fields[COLUMN_COUNTRY], claim.country))
            return csv_error(csv, COLUMN_COUNTRY, error, "'%.16s' is no country code of two letters",
                             fields[COLUMN_COUNTRY]);
        claim.has |= PLACE_HAS_COUNTRY;
    }
    place_builder_add(builder, &prefix, place_builder_claim(builder, claim));
    return true;
}

bool
place_read_csv(PlaceBuilder *builder, const PlaceSource *source, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    CsvReader csv;
    CsvResult result;

    if (!g_file_get_contents(source->path, &bytes, &length, error))
        return false;
    if (!csv_begin(&csv, source->path, bytes, length, columns, N_COLUMNS, 1, error))
        return false;
    while ((result = csv_next(&csv, error)) == CSV_ROW)
        if (!read_row(builder, &csv, error))
            return false;
    return result == CSV_END;
}

static bool
attribute_error(GError **error, const char *what, const char *value, const char *const *names, size_t n)
{
    const char *near = nearest_name(value, names, n);

    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%.64s' is no %s%s%s%s", value, what,
                near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    return false;
}

static bool
parse_access_attribute(char *const *parts, PlaceClaim *claim, GError **error)
{
    uint32_t percent = CONFIDENCE_USUAL;
    AccessClass access;

    if (!access_class_parse(parts[1], &access))
        return attribute_error(error, "access class", parts[1], access_class_names(), N_ACCESS_CLASSES);
    if (parts[2] != NULL && !parse_number(parts[2], 100, &percent))
        return attribute_error(error, "confidence from 0 to 100", parts[2], NULL, 0);
    claim->access = (uint8_t)access;
    claim->confidence = (uint8_t)percent;
    claim->has |= PLACE_HAS_ACCESS;
    return true;
}

bool
place_parse_attribute(const char *text, PlaceClaim *claim, GError **error)
{
    static const char *const kinds[] = { "access", "anonymity", "asn", "country" };
    g_auto(GStrv) parts = g_strsplit(text, ":", 3);
    Anonymity anonymity;

    if (parts[0] == NULL || parts[1] == NULL)
        return attribute_error(error, "attribute such as access:residential:90", text, NULL, 0);
    if (g_str_equal(parts[0], "access"))
        return parse_access_attribute(parts, claim, error);
    if (g_str_equal(parts[0], "anonymity")) {
        if (!anonymity_parse(parts[1], &anonymity))
            return attribute_error(error, "kind of anonymity", parts[1], anonymity_names(), N_ANONYMITIES);
        claim->anonymity = (uint8_t)anonymity;
        claim->has |= PLACE_HAS_ANONYMITY;
        return true;
    }
    if (g_str_equal(parts[0], "asn")) {
        claim->has |= PLACE_HAS_ASN;
        return place_parse_asn(parts[1], &claim->asn) ||
               attribute_error(error, "AS number", parts[1], NULL, 0);
    }
    if (g_str_equal(parts[0], "country")) {
        claim->has |= PLACE_HAS_COUNTRY;
        return place_parse_country(parts[1], claim->country) ||
               attribute_error(error, "country code of two letters", parts[1], NULL, 0);
    }
    return attribute_error(error, "attribute", parts[0], kinds, G_N_ELEMENTS(kinds));
}

/* What a whole list says of its prefixes: "access:residential:90; country:GU". */
static bool
parse_list_map(const char *map, PlaceClaim *claim, GError **error)
{
    g_auto(GStrv) rules = g_strsplit(map != NULL ? map : "", ";", -1);

    for (char **rule = rules; *rule != NULL; rule++) {
        const char *text = g_strstrip(*rule);
        if (g_str_has_prefix(text, "->"))
            text = g_strstrip(*rule + 2);
        if (*text != '\0' && !place_parse_attribute(text, claim, error)) {
            g_prefix_error(error, "map: ");
            return false;
        }
    }
    if (claim->has != 0)
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "a list needs to be told what its prefixes are: map=access:residential:90");
    return false;
}

bool
place_read_list(PlaceBuilder *builder, const PlaceSource *source, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    PlaceClaim claim = { 0 };

    if (!parse_list_map(source->map, &claim, error) ||
        !g_file_get_contents(source->path, &bytes, &length, error))
        return false;
    uint32_t number = place_builder_claim(builder, claim);
    PrefixReader reader = prefix_reader_over(source->path, bytes, length);
    PrefixResult result;
    while ((result = prefix_reader_next(&reader, error)) == PREFIX_LINE)
        place_builder_add(builder, &reader.prefix, number);
    return result == PREFIX_END;
}
