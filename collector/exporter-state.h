/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter-state.h - what was learned from exporters, as bytes that survive a restart
 *
 * Little-endian, a count before each list, no alignment. Reading trusts nothing: every count is checked
 * against the bytes that are left and against the limits that hold for the network too.
 */
#pragma once
#include "collector/wire.h"

GBytes *exporter_state_save(const ExporterTable *table);
/* The same exporter by exporter, so that a thread can do other things in between: adds the next one to @out,
 * which is empty at first. True: that was the last, and @out is what exporter_state_save gives. */
bool exporter_state_save_next(const ExporterTable *table, GByteArray *out);
/* Several saved states as one; made by exporter_state_save, so they are trusted. */
GBytes *exporter_state_join(GBytes *const *states, size_t n);
/* Adds to @wire's table those whom @is_allowed lets in (NULL: all), marked as provisional. False when the
 * bytes make no sense; what was read up to there is kept. */
bool exporter_state_restore(Wire *wire, GBytes *state,
                            bool (*is_allowed)(const void *user, const IpAddress *ip), const void *user,
                            GError **error);
