/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture-writer.h - wraps datagrams into a pcap file, for tests (Ethernet, IPv4, UDP) */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct CaptureWriter CaptureWriter;
CaptureWriter *capture_writer_open(const char *path); /* NULL when it cannot be written; errno says why */
CaptureWriter *capture_writer_to(FILE *file);         /* takes @file: an open_memstream, say */
bool capture_writer_close(CaptureWriter *self);       /* false when not all could be written */

/* @source and @destination are IPv4 addresses in host order. */
void capture_writer_add(CaptureWriter *self, int64_t time_ms, uint32_t source, uint16_t source_port,
                        uint32_t destination, uint16_t destination_port, const void *bytes, size_t length);
/* A whole Ethernet frame. */
void capture_writer_add_frame(CaptureWriter *self, int64_t time_ms, const void *bytes, size_t length);
