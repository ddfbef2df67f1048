/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mmdb-writer.h - makes small MMDB files for tests: any prefixes, any records
 *
 * After the public description of the format (MaxMind DB File Format, version 2.0). Prefixes must not lie
 * inside each other: the tree has a record at one depth only.
 */
#pragma once
#include <glib.h>
#include <jansson.h>

typedef struct MmdbWriter MmdbWriter;
/* @ip_version 4 or 6, @record_bits 24, 28 or 32. */
MmdbWriter *mmdb_writer_new(const char *database_type, int ip_version, int record_bits);
void mmdb_writer_free(MmdbWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MmdbWriter, mmdb_writer_free)
/* Takes @record: objects, strings, integers, booleans, reals. */
void mmdb_writer_add(MmdbWriter *self, const char *prefix, json_t *record);
/* Lets @prefix point at the root of IPv4, as the writers of real files do with 2002::/16. */
void mmdb_writer_alias_v4(MmdbWriter *self, const char *prefix);
/* Lets the left side of the deepest node on the way to @prefix point back at the root: a damaged tree. */
void mmdb_writer_tangle(MmdbWriter *self, const char *prefix);
GBytes *mmdb_writer_finish(MmdbWriter *self);
