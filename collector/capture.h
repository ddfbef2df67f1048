/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - gives the datagrams in a file, whatever kind of file it is
 *
 * pcap and pcapng (through libpcap), an IPFIX file (RFC 5655: messages back to back), or a raw datagram. The
 * kind is told by the first bytes, not by the name. Nothing here decodes. Memory is one datagram, and a table
 * of fragments where there are some. One thread.
 */
#pragma once
#include "collector/decoder.h"

typedef struct Capture Capture;

/* NULL with @error, which names the file, when it cannot be read or is no capture. */
Capture *capture_open(const char *path, GError **error);
void capture_close(Capture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Capture, capture_close)

/*
 * 1: one more datagram; lent until the next call, with DATAGRAM_SLACK bytes behind it. 0: the end.
 * -1 with @error: the file is damaged or cut short here; what came before it was sound.
 * From raw datagrams and IPFIX files the sender is 127.0.0.1 and @received 0, for nobody knows.
 */
int capture_next(Capture *self, Datagram *out, GError **error);

typedef struct CaptureCounters {
    uint64_t datagrams;
    uint64_t other;     /* packets that are not UDP over IP */
    uint64_t fragments; /* parts of datagrams that never became whole */
    uint64_t
        cut; /* datagrams that the capture holds the beginning of only (snap length); given as they are */
} CaptureCounters;
void capture_counters(const Capture *self, CaptureCounters *out);
/* What of the file was given in part or not at all, for its user; NULL: it was given whole. The caller owns
 * it. To be asked at the end. */
char *capture_shortcomings(const Capture *self);

/* Port that the last datagram was sent to; 0 when the file does not say. */
uint16_t capture_destination_port(const Capture *self);
