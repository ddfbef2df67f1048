/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place.h - what kind of network an address belongs to
 *
 * Sources: CSV (prefix,access,anonymity,asn,as_name,country,confidence), MMDB of any schema by mapping, and a
 * small built-in table. Per attribute the most specific prefix wins, then the source's priority. All of it is
 * flattened at load into one immutable longest-prefix table, so that a look-up costs a few nanoseconds and no
 * library call.
 */
#pragma once
#include <jansson.h>
#include "collector/flow.h"

/* name in files and API, in words. Order is part of the state file: append only. */
#define ACCESS_CLASSES(X)                                                                                    \
    X(UNKNOWN, "unknown")                                                                                    \
    X(RESIDENTIAL, "residential")                                                                            \
    X(MOBILE, "mobile")                                                                                      \
    X(SATELLITE, "satellite")                                                                                \
    X(BUSINESS, "business")                                                                                  \
    X(HOSTING, "hosting")                                                                                    \
    X(CDN, "cdn")                                                                                            \
    X(EDUCATION, "education")                                                                                \
    X(GOVERNMENT, "government") X(TRANSIT, "transit") X(OWN, "own") X(PRIVATE, "private")
typedef enum AccessClass {
#define X(id, name) ACCESS_##id,
    ACCESS_CLASSES(X)
#undef X
        N_ACCESS_CLASSES
} AccessClass;
const char *access_class_name(AccessClass access);
bool access_class_parse(const char *name, AccessClass *out);
/* All N_ACCESS_CLASSES of them. */
const char *const *access_class_names(void);

#define ANONYMITIES(X)                                                                                       \
    X(NONE, "none")                                                                                          \
    X(RESIDENTIAL_PROXY, "residential_proxy")                                                                \
    X(VPN, "vpn") X(TOR, "tor") X(PUBLIC_PROXY, "public_proxy") X(RELAY, "relay")
typedef enum Anonymity {
#define X(id, name) ANONYMITY_##id,
    ANONYMITIES(X)
#undef X
        N_ANONYMITIES
} Anonymity;
const char *anonymity_name(Anonymity anonymity);
bool anonymity_parse(const char *name, Anonymity *out);
/* All N_ANONYMITIES of them. */
const char *const *anonymity_names(void);

typedef struct Place {
    uint32_t asn;           /* 0: not known */
    uint8_t access;         /* AccessClass */
    uint8_t anonymity;      /* Anonymity */
    uint8_t confidence;     /* 0..100, of access */
    char country[3];        /* ISO 3166 alpha-2, or empty */
    uint16_t access_source; /* index for place_source_name */
    uint32_t as_name;       /* index for place_as_name; 0: none */
} Place;

typedef enum PlaceType { PLACE_CSV, PLACE_MMDB, PLACE_LIST } PlaceType;
typedef struct PlaceSource {
    char *name; /* of the section: [place.NAME] */
    PlaceType type;
    char *path;
    char *preset; /* mmdb: maxmind-connection-type, maxmind-asn, maxmind-country, maxmind-anonymous, ipinfo,
                     dbip, ip2location; NULL: auto */
    char *map;    /* further rules "path.in.record=value -> access:residential:90; ..."; NULL: none */
    int priority; /* higher wins among equal prefix lengths; built-in table has 0, default 50 */
} PlaceSource;

typedef struct PlaceTable PlaceTable;
/* Loads all sources and the built-in table; @own prefixes are class "own". A source that cannot be read is an
 * error that names file and line (CSV) or what is wrong (MMDB). */
PlaceTable *place_table_new(const PlaceSource *sources, size_t n_sources, const IpPrefix *own, size_t n_own,
                            GError **error);
void place_table_free(PlaceTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlaceTable, place_table_free)

/* Hot path: no allocation. Lends; never NULL (unknown places have class unknown). */
const Place *place_table_find(const PlaceTable *self, const IpAddress *ip);
const char *place_source_name(const PlaceTable *self, uint16_t source);
const char *place_as_name(const PlaceTable *self, uint32_t index);

/* {"address","access","anonymity","asn","asName","country","confidence","provenance":[{"attribute","value","source",
 * "type","prefix","priority","won"}...]}: what every source says and which one won. The caller owns it. */
json_t *place_explain_json(const PlaceTable *self, const IpAddress *ip);
