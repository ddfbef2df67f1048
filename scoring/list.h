/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list.h - addresses that somebody has warned of: plain lists, CSV, MISP feeds, STIX 2.1 bundles
 *
 * A listed address is a hint and no proof: relays move on within weeks, and lists are copied with their
 * mistakes. So an entry keeps where it stands, when it was last said and how far its list may be believed;
 * what it weighs is decided in watch-listed.c. Of entries over one address the one that holds longest counts.
 * Immutable once loaded; may be shared by threads. Bounded: LIST_ENTRIES_MOST over all lists.
 */
#pragma once
#include "collector/flow.h"

enum { LIST_ENTRIES_MOST = 4000000 };

typedef enum ListType { LIST_PLAIN, LIST_CSV, LIST_MISP, LIST_STIX, N_LIST_TYPES } ListType;
const char *list_type_name(ListType type); /* plain csv misp stix */

typedef struct ListSource {
    char *name; /* of the section: [list.NAME] */
    ListType type;
    char *path;            /* of a MISP feed: its folder, with manifest.json in it */
    uint32_t confidence;   /* 1..100; entries may say another */
    uint32_t expires_days; /* after it was last said, an entry counts for nothing */
} ListSource;

typedef struct ListEntry {
    IpPrefix prefix;
    uint8_t confidence; /* 0..100 */
    uint16_t source;    /* index for list_name */
    uint32_t note;      /* index for list_note; 0: none */
    int64_t seen_ms;    /* last said; the file's own time where the entry has none */
    int64_t until_ms;
} ListEntry;

typedef struct ListTable ListTable;
/* Loads all sources. One that cannot be read is an error that names section, file and line. Entries in feeds
 * that are no addresses, patterns that ask for more than an address, and anything wider than a /8 (IPv6: /16)
 * are left out and counted. */
ListTable *list_table_new(const ListSource *sources, size_t n, GError **error);
void list_table_free(ListTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ListTable, list_table_free)

/* Hot path. Lends; NULL: not listed. @self may be NULL. Whether it still holds is for the caller to ask. */
const ListEntry *list_table_find(const ListTable *self, const IpAddress *ip);
size_t list_table_count(const ListTable *self);
/* Left out as no plain addresses, over all sources. */
size_t list_table_skipped(const ListTable *self);
const char *list_name(const ListTable *self, uint16_t source);
const char *list_note(const ListTable *self, uint32_t note); /* "" for 0 */
