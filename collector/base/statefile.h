/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * statefile.h - a file that is either whole or set aside
 *
 * Layout: 8 bytes magic, u32 version, u32 zero, u64 length of the payload, u64 XXH3 of the payload, the
 * payload; all little-endian. Written beside the old one, fsynced, renamed, directory fsynced, so that a
 * crash leaves the old or the new one, never half of either. What it holds is parsed by its owner with a
 * Cursor: the disk is not trusted more than the network.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Replaces @path atomically. On failure (full disk, say) the old file stays as it was. Any thread. */
bool state_file_write(const char *path, const char magic[8], uint32_t version, const void *bytes,
                      size_t length, GError **error);

/*
 * The payload, which the caller owns. NULL without @error: there is no such file (a first start). NULL with
 * @error: it could not be read, or was damaged or of a newer version; a damaged one has been renamed to
 * @path.bad-N (the message says so), so that the start can go on without it and nothing is lost to an
 * investigation.
 */
GBytes *state_file_read(const char *path, const char magic[8], uint32_t version, GError **error);

/* Takes @folder, which is there, for this process alone: until it ends, or closes the descriptor that is
 * given. -1 with @error when another one has it; where the file system knows no locks, anybody gets it. */
int state_folder_claim(const char *folder, GError **error);

/* Renames @path to the first free @path.bad-N; the new name, or NULL. The caller frees it. */
char *state_file_set_aside(const char *path);
