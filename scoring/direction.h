/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * direction.h - who opened a conversation
 *
 * A router exports each direction by itself and often cuts or samples it, so the record's source is not the
 * one who called. Evidence is gathered from every record of the conversation and judged by a ladder,
 * strongest first: the exporter says so; a SYN without ACK; a port that the asset is known to serve; a
 * well-known port on one side; which half began first; an ephemeral port on one side. Where nothing speaks,
 * the answer is "unknown", and what is unknown must never be taken for an outbound connection. Pure
 * arithmetic on the caller's structs.
 */
#pragma once
#include "collector/flow.h"

typedef enum Initiator { INITIATOR_UNKNOWN = 0, INITIATOR_ASSET, INITIATOR_FAR } Initiator;
typedef enum Certainty { CERTAINTY_NONE = 0, CERTAINTY_LIKELY, CERTAINTY_SURE } Certainty;

/* Bits of what was seen; "low" is the side whose (address, port) sorts first. */
enum {
    DIRECTION_LOW_SAID = 1, /* exporter says the low side initiated */
    DIRECTION_HIGH_SAID = 2,
    DIRECTION_LOW_SYN = 4, /* SYN without ACK from the low side, or a bare SYN+ACK from the high side */
    DIRECTION_HIGH_SYN = 8,
    DIRECTION_LOW_BIFLOW = 16, /* source of a biflow record, initiator not said */
    DIRECTION_HIGH_BIFLOW = 32,
    DIRECTION_LOW_SEEN = 64, /* records from this side */
    DIRECTION_HIGH_SEEN = 128,
};

/* What one record adds to the bits. @from_low: its source is the low side. */
uint8_t direction_bits(const FlowRecord *flow, bool from_low);

typedef struct DirectionView {
    uint8_t bits;
    bool asset_is_low;
    bool asset_port_served; /* learned: many others came to this port of the asset */
    uint16_t asset_port, far_port;
    uint8_t protocol;
    int64_t asset_start_ms, far_start_ms; /* first packet of each half; 0: not seen */
} DirectionView;
Initiator direction_judge(const DirectionView *view, Certainty *certainty);

/* A port that services use and clients do not: well-known or registered for a common service. */
bool direction_is_service_port(uint8_t protocol, uint16_t port);

/* The ports an asset serves, learned: a port of its own that three different far ends came to. */
enum { SERVICE_PORTS = 8, SERVICE_SURE = 3 };
typedef struct ServicePort {
    uint16_t port;
    uint8_t protocol;
    uint8_t count;
    uint32_t last_far; /* some bits of the far end's hash */
} ServicePort;
void service_ports_learn(ServicePort ports[SERVICE_PORTS], uint8_t protocol, uint16_t port, uint32_t far);
bool service_ports_has(const ServicePort ports[SERVICE_PORTS], uint8_t protocol, uint16_t port);
