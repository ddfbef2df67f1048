/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - datagrams out of files
 *
 * pcap and pcapng (through libpcap), a single raw datagram (.dat, .bin), RFC 5655 IPFIX files (messages back
 * to back). The content decides, not the name. Raw datagrams and IPFIX files have no sender and no time of
 * arrival: they count as sent by 127.0.0.1, received at 0.
 */
#pragma once
#include "collector/decoder.h"

typedef struct Capture Capture;

/* NULL with @error: cannot be read, is empty, or is a folder. */
Capture *capture_open(const char *path, GError **error);
void capture_close(Capture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Capture, capture_close)

/* 1: @out is the next UDP datagram, lent until the next call; 0: the end; -1: @error, the file is damaged or
 * cut short here (what came before was good). */
int capture_next(Capture *self, Datagram *out, GError **error);

/* Packets that were no whole UDP datagram: other protocols, fragments, cut by the snap length. */
uint64_t capture_skipped(const Capture *self);
