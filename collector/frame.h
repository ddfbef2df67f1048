/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - finds the headers in the first bytes of a packet, as sFlow samples carry them
 *
 * Ethernet, 802.1Q and QinQ tags, MPLS, IPv4, IPv6 with its extension headers, then ports, flags or ICMP's
 * type. A sampled header may end anywhere: what lies beyond is NULL. Lends pointers into the bytes; nothing
 * is copied.
 */
#pragma once
#include <stdbool.h>
#include "collector/base/cursor.h"

enum { FRAME_ETHERNET = 1, FRAME_IPV4 = 11, FRAME_IPV6 = 12, FRAME_MPLS = 13 }; /* sFlow's header_protocol */

typedef struct Frame {
    const uint8_t *dst_mac, *src_mac, *ethertype;
    const uint8_t *tag, *inner_tag; /* TCI: priority, DEI, VLAN id */
    const uint8_t *mpls;            /* the outermost label stack entry */
    uint32_t n_mpls;
    uint8_t version;  /* 4, 6; 0: no IP header found */
    bool is_fragment; /* not the first one: there are no ports in it */
    uint8_t protocol;
    const uint8_t *ip; /* the whole header starts here */
    const uint8_t *tos, *length, *ttl, *src, *dst;
    const uint8_t *ports;     /* two of two bytes */
    const uint8_t *tcp_flags; /* one byte */
    const uint8_t *icmp;      /* type and code */
} Frame;

void frame_parse(Frame *self, uint32_t header_protocol, Cursor cur);
