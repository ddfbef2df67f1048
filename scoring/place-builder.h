/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place-builder.h - what the readers of places (place-*.c) write into while a PlaceTable is made
 *
 * A source makes claims; a claim says one or more attributes and holds for the prefixes that it is added
 * under. Sources are read weakest first, so that of two claims for one prefix the later one wins. Internal to
 * place-*.c.
 */
#pragma once
#include "scoring/place.h"

enum { PLACE_HAS_ACCESS = 1, PLACE_HAS_ANONYMITY = 2, PLACE_HAS_ASN = 4, PLACE_HAS_COUNTRY = 8 };

typedef struct PlaceClaim {
    uint32_t asn;
    uint32_t as_name; /* from place_builder_as_name; 0: none; goes with the asn */
    uint16_t source;
    uint8_t has; /* which of the attributes are said */
    uint8_t access, confidence, anonymity;
    char country[3];
} PlaceClaim;

typedef struct PlaceBuilder PlaceBuilder;

/* Interns a name of an AS; makes it valid UTF-8 and cuts it at 63 bytes. 0 for an empty one. */
uint32_t place_builder_as_name(PlaceBuilder *self, const char *name);
/* Adds a claim of the source being read (its number is filled in here); gives the claim's number. */
uint32_t place_builder_claim(PlaceBuilder *self, PlaceClaim claim);
void place_builder_add(PlaceBuilder *self, const IpPrefix *prefix, uint32_t claim);

/* The readers. */
bool place_read_csv(PlaceBuilder *builder, const PlaceSource *source, GError **error);
bool place_read_list(PlaceBuilder *builder, const PlaceSource *source, GError **error);
bool place_read_mmdb(PlaceBuilder *builder, const PlaceSource *source, GError **error);
void place_read_builtin(PlaceBuilder *builder);

/* What a name or number of an AS suggests, at low confidence; false when it suggests nothing. */
bool place_guess_access(uint32_t asn, const char *as_name, uint8_t *access, uint8_t *confidence);
/* "access:residential:90", "anonymity:vpn", "asn:64500", "country:GU": adds what it says to @claim. False
 * when it is none of these, with @error. */
bool place_parse_attribute(const char *text, PlaceClaim *claim, GError **error);
/* "US" or "us" -> "US"; false when it is no pair of letters. */
bool place_parse_country(const char *text, char out[3]);
bool place_parse_asn(const char *text, uint32_t *out);
