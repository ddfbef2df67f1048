/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - finds the headers in the first bytes of a packet, as sFlow samples and packet sections carry them
 *
 * Ethernet, 802.1Q and QinQ tags, LLC/SNAP, PPPoE and PPP, MPLS, IPv4, IPv6 with its extension headers, then
 * ports, flags or ICMP's type. These are the outer headers, which the network has routed by. What a tunnel
 * carries (IP in IP, GRE, ERSPAN, VXLAN, Geneve, GTP-U, EtherIP, MPLS in UDP, pseudowires) is anybody's word:
 * it is only said where it begins, for a second frame_parse. A sampled header may end anywhere: what lies
 * beyond is NULL. Lends pointers into the bytes; nothing is copied.
 */
#pragma once
#include <stdbool.h>
#include "collector/base/cursor.h"

/* sFlow's header_protocol */
enum {
    FRAME_NONE = 0,
    FRAME_ETHERNET = 1,
    FRAME_PPP = 7,
    FRAME_IPV4 = 11,
    FRAME_IPV6 = 12,
    FRAME_MPLS = 13,
    FRAME_POS = 14, /* PPP in HDLC-like framing: RFC 1662, RFC 2615 */
    FRAME_IP = 256, /* ours: IPv4 or IPv6, as its first half byte says */
};

typedef enum FrameTunnel {
    TUNNEL_NONE = 0,
    TUNNEL_IP,
    TUNNEL_GRE,
    TUNNEL_ERSPAN,
    TUNNEL_VXLAN,
    TUNNEL_GENEVE,
    TUNNEL_GTPU,
    TUNNEL_ETHERIP,
    TUNNEL_MPLS,
    TUNNEL_PSEUDOWIRE,
    N_TUNNELS
} FrameTunnel;
const char *frame_tunnel_name(FrameTunnel tunnel);

typedef struct Frame {
    const uint8_t *dst_mac, *src_mac, *ethertype;
    const uint8_t *tag, *inner_tag; /* TCI: priority, DEI, VLAN id */
    const uint8_t *mpls;            /* the outermost label stack entry */
    uint32_t n_mpls;
    uint8_t version;  /* 4, 6; 0: no IP header found */
    bool is_fragment; /* not the first one: there are no ports in it */
    bool has_more;    /* nor is it the last one */
    uint8_t protocol;
    const uint8_t *ip; /* the whole header starts here */
    const uint8_t *tos, *length, *ttl, *src, *dst;
    const uint8_t *ports;     /* two of two bytes */
    const uint8_t *tcp_flags; /* one byte */
    const uint8_t *icmp;      /* type and code */
    FrameTunnel tunnel;
    uint32_t tunnel_id;      /* VNI, key, TEID, session; 0: none */
    uint32_t inner_protocol; /* FRAME_...: what @inner begins with; FRAME_NONE: nothing known */
    Cursor inner;
} Frame;

void frame_parse(Frame *self, uint32_t header_protocol, Cursor cur);
