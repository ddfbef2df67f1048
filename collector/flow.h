/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow.h - FlowRecord and FlowBatch: the vocabulary of every room
 *
 * A FlowRecord is what a router said about one flow, brought into one shape whatever the protocol was: fixed
 * size, three cache lines, both address families as 16 bytes (IPv4 as ::ffff:a.b.c.d). The first two lines
 * hold what the scoring reads for every record. Field names follow the IANA information elements. No member
 * crosses a multiple of 16 bytes, and those that stand side by side on the wire do so here: that is what
 * makes decoding cheap (shuffle.h). Writing it is most of what decoding costs, so what nobody reads has no
 * place in it: record.h has all that was on the wire.
 *
 * A batch has one owner at a time: an intake thread fills it, a ring carries it, the scoring thread returns
 * it.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "collector/base/clock.h"

typedef struct IpAddress {
    uint8_t bytes[16]; /* network order; IPv4 is mapped: ::ffff:a.b.c.d */
} IpAddress;

typedef enum FlowKind {
    FLOW_KIND_FLOW = 0, /* traffic */
    FLOW_KIND_EVENT,    /* NSEL or NAT log: something happened to a connection; not to be added to traffic */
} FlowKind;

/* What became of a connection, as a firewall or a translator tells it. */
typedef enum FlowState {
    FLOW_STATE_NONE = 0, /* nobody has told */
    FLOW_STATE_OPENED,
    FLOW_STATE_OPEN, /* it goes on */
    FLOW_STATE_CLOSED,
    FLOW_STATE_DENIED,
} FlowState;

/* Where the sampling rate of a record comes from, weakest first; a stronger one wins. */
typedef enum SamplingSource {
    SAMPLING_UNKNOWN = 0,
    SAMPLING_HEADER,    /* v5 header */
    SAMPLING_DOMAIN,    /* options data of the whole observation domain */
    SAMPLING_INTERFACE, /* options data scoped to an interface */
    SAMPLING_SAMPLER,   /* options data of the sampler or selector that the record names */
    SAMPLING_RECORD,    /* a field of the record itself; sFlow's sample */
    SAMPLING_OPERATOR,  /* configuration */
} SamplingSource;

typedef struct FlowRecord {
    /* line 0 */
    IpAddress src, dst;       /* sourceIPv4/6Address, destinationIPv4/6Address */
    uint64_t octets, packets; /* as exported, not scaled by sampling */
    int64_t start_ms, end_ms; /* first and last packet, milliseconds since 1970 UTC */
    /* line 1: its first half is what nearly every template has, its second half what a set has in common */
    uint32_t in_if, out_if;
    uint32_t src_as, dst_as;
    uint16_t src_port, dst_port;
    uint16_t tcp_flags;
    uint8_t protocol, tos;
    uint8_t src_mask, dst_mask;
    uint8_t icmp_type, icmp_code;
    uint8_t
        end_reason;    /* flowEndReason: 1 idle, 2 active time-out, 3 end, 4 forced, 5 resources; 0 unknown */
    uint8_t direction; /* flowDirection: 0 ingress, 1 egress, 255 not said */
    uint16_t vlan;
    uint32_t exporter;       /* index of the exporter in the decoder's table */
    uint32_t domain;         /* observationDomainId, v9 source id, v5 engine, sFlow sub-agent */
    uint32_t sampling;       /* one in N packets; 0: unknown, treat as 1 and say so */
    uint8_t sampling_source; /* SamplingSource */
    uint8_t family;          /* 4 or 6; 0: no addresses in the record */
    uint8_t kind;            /* FlowKind */
    uint8_t event;           /* firewallEvent or natEvent of an event, 0 of a flow */
    int64_t export_ms;       /* the exporter's clock in the datagram's header */
    uint8_t has_reverse;     /* the record is a biflow: the reverse counters mean something */
    uint8_t has_initiator;   /* src is the initiator because the exporter says so (biflowDirection,
                                initiatorOctets) */
    uint8_t state;           /* FlowState, of a connection whose events were told */
    uint8_t pad1[5];
    /* line 2 */
    IpAddress next_hop;
    uint32_t in_vrf, out_vrf;
    uint64_t application_id;
    IpAddress bgp_next_hop;
    uint64_t reverse_octets, reverse_packets; /* RFC 5103 biflow, or responderOctets; 0 where there is none */
} __attribute__((aligned(64))) FlowRecord;
G_STATIC_ASSERT(sizeof(FlowRecord) == 192);

/* Records known to be lost by an exporter (a gap in its sequence), so that scoring does not learn from the
 * hole. */
typedef struct FlowLoss {
    uint32_t exporter;
    uint32_t records; /* 0: the exporter counts datagrams, not records, and at least one is missing */
    int64_t export_ms;
} FlowLoss;

enum { FLOW_BATCH_MOST = 1024, FLOW_BATCH_LOSSES = 64 };

typedef struct FlowBatch {
    uint32_t n;        /* records in use */
    uint32_t n_losses; /* losses in use; when full, the last one absorbs */
    FlowLoss losses[FLOW_BATCH_LOSSES];
    FlowRecord records[FLOW_BATCH_MOST];
} FlowBatch;

FlowBatch *flow_batch_new(void); /* aligned to 64; contents of records are not cleared */
void flow_batch_free(FlowBatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FlowBatch, flow_batch_free)

/* Addresses */
static inline bool
ip_is_v4(const IpAddress *ip)
{
    static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

    return __builtin_memcmp(ip->bytes, prefix, sizeof prefix) == 0;
}
static inline bool
ip_equal(const IpAddress *a, const IpAddress *b)
{
    return __builtin_memcmp(a, b, sizeof *a) == 0;
}
bool ip_is_zero(const IpAddress *ip);     /* :: or ::ffff:0.0.0.0 */
bool ip_is_loopback(const IpAddress *ip); /* 127.0.0.0/8 or ::1 */
IpAddress ip_from_v4(uint32_t host_order);
/* Reads dotted quad or RFC 4291 text; false when it is neither. */
bool ip_parse(const char *text, IpAddress *out);
/* RFC 5952; IPv4 as dotted quad. Fills @out, returns it. */
#define IP_TEXT 46
char *ip_text(const IpAddress *ip, char out[IP_TEXT]);

/* An address block. @length counts from the 128-bit form: 192.0.2.0/24 has 120. */
typedef struct IpPrefix {
    IpAddress address;
    uint8_t length;
} IpPrefix;
/* Reads "192.0.2.0/24", "2001:db8::/32" or a lone address; host bits must be zero. */
bool ip_prefix_parse(const char *text, IpPrefix *out);
bool ip_prefix_has(const IpPrefix *prefix, const IpAddress *ip);
#define IP_PREFIX_TEXT 50
char *ip_prefix_text(const IpPrefix *prefix, char out[IP_PREFIX_TEXT]);
