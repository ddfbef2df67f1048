/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame-private.h - what frame.c and frame-tunnel.c share */
#pragma once
#include "collector/frame.h"

enum {
    FRAME_TYPE_IPV4 = 0x0800,
    FRAME_TYPE_IPV6 = 0x86dd,
    FRAME_TYPE_MPLS = 0x8847,
    FRAME_TYPE_MPLS_MULTICAST = 0x8848,
    FRAME_TYPE_PPPOE = 0x8864,
};

/* What lies behind an IP header whose protocol has no ports, and behind a UDP header: a tunnel, perhaps. */
void frame_ip_tunnel(Frame *self, Cursor cur);
void frame_udp_tunnel(Frame *self, Cursor cur);
/* Nothing, when the tunnel's header is cut. */
void frame_set_tunnel(Frame *self, FrameTunnel tunnel, uint32_t id, uint32_t protocol, Cursor cur);
