/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter-directory.h - the numbers of exporters, over all decoders of a process
 *
 * Several decoders work side by side, each with a table of its own; FlowRecord.exporter must nevertheless say
 * one thing. A decoder asks here when an exporter is new to it, under a lock, and never again. A number is
 * stable for the life of the process. Bounded: how many exporters there may be, and how many new ones in a
 * minute, is counted here for all together.
 */
#pragma once
#include "collector/flow.h"

typedef struct ExporterDirectory ExporterDirectory;

ExporterDirectory *exporter_directory_new(uint32_t most, uint32_t most_new_per_minute);
void exporter_directory_free(ExporterDirectory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExporterDirectory, exporter_directory_free)

/* Any thread. Fills @number; false when there may be no more exporters now. One that is @restored does not
 * count for the rate of new ones. */
bool exporter_directory_add(ExporterDirectory *self, const IpAddress *address, int64_t now_ms, bool restored,
                            uint32_t *number);
/* Any thread that has learned the number through something that orders memory (a ring, a lock). All zero when
 * there is none with @number. */
IpAddress exporter_directory_address(const ExporterDirectory *self, uint32_t number);
