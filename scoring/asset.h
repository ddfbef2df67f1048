/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * asset.h - which addresses are ours, and what the inventory says of them
 *
 * From [assets] prefixes= and the inventory CSV (prefix,name,role,criticality,tags). Immutable once loaded;
 * may be shared by threads. The longest prefix wins.
 */
#pragma once
#include "collector/flow.h"

typedef struct AssetEntry {
    IpPrefix prefix;
    char *name;      /* may be empty */
    char *role;      /* server, client, network, ot, ...; may be empty */
    int criticality; /* 1..5 */
    char *tags;      /* words with blanks, commas or semicolons between them; may be empty */
    bool is_pinned;  /* has the tag "pinned": keeps a series */
} AssetEntry;

typedef struct AssetTable AssetTable;
/* @prefixes: the monitored ones. @inventory_path may be NULL. On a bad line: NULL and @error with file and
 * line. */
AssetTable *asset_table_new(const IpPrefix *prefixes, size_t n, const char *inventory_path, GError **error);
void asset_table_free(AssetTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AssetTable, asset_table_free)

/* Is this address inside the monitored prefixes? On the hot path: no allocation. */
bool asset_table_has(const AssetTable *self, const IpAddress *ip);
/* Lends the most specific inventory entry, or NULL. */
const AssetEntry *asset_table_find(const AssetTable *self, const IpAddress *ip);
size_t asset_table_count(const AssetTable *self); /* inventory entries */
