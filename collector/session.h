/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - one connection of an exporter that sends IPFIX over TCP or TLS
 *
 * RFC 7011 calls it a Transport Session. Templates belong to it (section 8) and go when it ends; they may be
 * withdrawn in it (section 8.1), which over UDP they may not; and its messages have a sequence of their own
 * (section 3.1). The decoder opens and ends sessions (decoder.h); what lies in them is private to it. Intake
 * thread only.
 */
#pragma once
#include "collector/base/clock.h"
#include "collector/flow.h"

typedef enum Transport { TRANSPORT_UDP = 0, TRANSPORT_TCP, TRANSPORT_TLS } Transport;
const char *transport_name(Transport transport); /* udp tcp tls */

/* The other end. */
typedef struct SessionPeer {
    IpAddress address;
    uint16_t port;
    Transport transport;
    const char *name; /* what its certificate calls it; borrowed for the call; NULL where it has none */
} SessionPeer;

typedef struct Session Session;
