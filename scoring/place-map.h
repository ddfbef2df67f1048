/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place-map.h - rules that turn the record of a foreign database into a claim about a place
 *
 * A rule reads "path.in.record=value -> access:residential:90"; without "=value" any value will do, and the
 * targets "asn", "as_name" and "country" take the value itself. Of each attribute the first rule that fits
 * has it. Presets are rules for the databases that are known here. Internal to place-*.c.
 */
#pragma once
#include "scoring/place-builder.h"

typedef struct PlaceMap PlaceMap;
/* Rules of @preset behind those of @map; either may be NULL. @database_type finds the preset when both are
 * NULL, or when there is no @preset: then only if it is known. NULL with @error when a rule makes no sense,
 * or there is none. */
PlaceMap *place_map_new(const char *preset, const char *map, const char *database_type, GError **error);
void place_map_free(PlaceMap *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlaceMap, place_map_free)

/* Looks a value up in a record, as text: 1 and @text filled, 0 there is none, -1 the record is damaged. */
typedef int (*PlaceMapLookup)(void *record, const char *const *path, char *text, size_t size);
/* Fills @claim; false when the record is damaged. */
bool place_map_apply(const PlaceMap *self, PlaceBuilder *builder, PlaceMapLookup lookup, void *record,
                     PlaceClaim *claim);
