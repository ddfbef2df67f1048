/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exports.h - records become datagrams in a pcap file: NetFlow v5, v9 and IPFIX, with options
 *
 * Each router has a sequence, an uptime and templates of its own; one's uptime wraps in the judged time. The
 * sampling rate is told in options data (in the header in v5). Datagrams of all routers stand in one file, in
 * the order of their time.
 */
#pragma once
#include "tests/eval/traffic.h"

typedef enum ExportFormat { EXPORT_V5 = 5, EXPORT_V9 = 9, EXPORT_IPFIX = 10 } ExportFormat;

typedef struct Exports Exports;
/* @addresses and @formats: of each router. NULL when the file cannot be made. */
Exports *exports_new(const char *path, const Traffic *traffic, const uint32_t addresses[N_ROUTERS],
                     const ExportFormat formats[N_ROUTERS]);
/* Takes what was exported before @until_ms from the routers and writes it. */
void exports_write(Exports *self, Traffic *traffic, int64_t until_ms);
uint64_t exports_records(const Exports *self);
/* False: not all could be written. */
bool exports_close(Exports *self);
