/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame-tunnel.c - where the packet begins that a tunnel carries
 *
 * Nothing but a port number or a protocol number says that these bytes are a tunnel's: they are shown, and
 * trusted for nothing.
 */
#include "collector/frame-private.h"

const char *
frame_tunnel_name(FrameTunnel tunnel)
{
    static const char *const names[N_TUNNELS] = { "none",   "ip",    "gre",     "erspan", "vxlan",
                                                  "geneve", "gtp-u", "etherip", "mpls",   "pseudowire" };

    return names[tunnel];
}

void
frame_set_tunnel(Frame *self, FrameTunnel tunnel, uint32_t id, uint32_t protocol, Cursor cur)
{
    if (cur.failed)
        return;
    self->tunnel = tunnel;
    self->tunnel_id = id;
    self->inner_protocol = protocol;
    self->inner = cur;
}

/* What an Ethernet type names, as the first thing within a tunnel. */
static uint32_t
protocol_of_type(unsigned type)
{
    switch (type) {
    case FRAME_TYPE_IPV4:
        return FRAME_IPV4;
    case FRAME_TYPE_IPV6:
        return FRAME_IPV6;
    case FRAME_TYPE_MPLS:
    case FRAME_TYPE_MPLS_MULTICAST:
        return FRAME_MPLS;
    case 0x6558: /* transparent Ethernet bridging */
        return FRAME_ETHERNET;
    case 0x880b: /* PPP */
        return FRAME_PPP;
    default:
        return FRAME_NONE;
    }
}

/* RFC 2784, RFC 2890; version 1 is PPTP's: RFC 2637 section 4.1. */
static void
gre(Frame *self, Cursor cur)
{
    unsigned flags = cursor_u16(&cur), type = cursor_u16(&cur);
    uint32_t key = 0;

    if (flags & 0x4000) /* source routes: RFC 1701, which nobody uses */
        return;
    if (flags & 0x8000)
        cursor_u32(&cur); /* checksum */
    if (flags & 0x2000)
        key = cursor_u32(&cur);
    if (flags & 0x1000)
        cursor_u32(&cur); /* sequence */
    if (flags & 0x0080)
        cursor_u32(&cur); /* acknowledgement */
    if (type == 0x88be) { /* ERSPAN: type I has no header, type II one of 8 bytes */
        if (flags & 0x1000)
            cursor_take(&cur, 8);
        frame_set_tunnel(self, TUNNEL_ERSPAN, key, FRAME_ETHERNET, cur);
    } else if (type == 0x22eb) { /* type III: 12 bytes, and 8 more when the last bit says so */
        const uint8_t *header = cursor_take(&cur, 12);

        if (header != NULL && header[11] & 1)
            cursor_take(&cur, 8);
        frame_set_tunnel(self, TUNNEL_ERSPAN, key, FRAME_ETHERNET, cur);
    } else {
        frame_set_tunnel(self, TUNNEL_GRE, key, protocol_of_type(type), cur);
    }
}

void
frame_ip_tunnel(Frame *self, Cursor cur)
{
    switch (self->protocol) {
    case 4:
        frame_set_tunnel(self, TUNNEL_IP, 0, FRAME_IPV4, cur);
        break;
    case 41:
        frame_set_tunnel(self, TUNNEL_IP, 0, FRAME_IPV6, cur);
        break;
    case 47:
        gre(self, cur);
        break;
    case 97: /* RFC 3378 */
        cursor_take(&cur, 2);
        frame_set_tunnel(self, TUNNEL_ETHERIP, 0, FRAME_ETHERNET, cur);
        break;
    case 137: /* RFC 4023 */
        frame_set_tunnel(self, TUNNEL_MPLS, 0, FRAME_MPLS, cur);
        break;
    case 143: /* RFC 8986: Ethernet behind a segment routing header */
        frame_set_tunnel(self, TUNNEL_IP, 0, FRAME_ETHERNET, cur);
        break;
    default:
        break;
    }
}

/* RFC 7348; the generic extension names what it carries (draft-ietf-nvo3-vxlan-gpe). */
static void
vxlan(Frame *self, Cursor cur, bool is_generic)
{
    static const uint8_t protocols[] = { FRAME_NONE,     FRAME_IPV4, FRAME_IPV6,
                                         FRAME_ETHERNET, FRAME_NONE, FRAME_MPLS };
    uint32_t head = cursor_u32(&cur), vni = cursor_u32(&cur) >> 8, next = head & 0xff;

    if ((head & 0x08000000) == 0) /* no VNI: no VXLAN */
        return;
    frame_set_tunnel(self, TUNNEL_VXLAN, vni,
                     !is_generic               ? FRAME_ETHERNET
                     : next < sizeof protocols ? protocols[next]
                                               : FRAME_NONE,
                     cur);
}

/* RFC 8926 section 3.4 */
static void
geneve(Frame *self, Cursor cur)
{
    uint32_t head = cursor_u32(&cur), vni = cursor_u32(&cur) >> 8;

    if (head >> 30 != 0)
        return;
    cursor_take(&cur, (head >> 24 & 0x3f) * 4);
    frame_set_tunnel(self, TUNNEL_GENEVE, vni, protocol_of_type(head & 0xffff), cur);
}

/* 3GPP TS 29.281 section 5: version 1, a G-PDU, then extension headers that say their length in words. */
static void
gtpu(Frame *self, Cursor cur)
{
    uint32_t head = cursor_u32(&cur), teid = cursor_u32(&cur);
    unsigned flags = head >> 24, next = 0;

    if ((flags & 0xf0) != 0x30 || (head >> 16 & 0xff) != 0xff)
        return;
    if (flags & 7) {
        cursor_take(&cur, 3);
        next = cursor_u8(&cur);
    }
    while (next != 0 && (flags & 4) != 0 && !cur.failed) {
        unsigned words = cursor_u8(&cur);

        cursor_take(&cur, words == 0 ? SIZE_MAX : words * 4 - 2);
        next = cursor_u8(&cur);
    }
    frame_set_tunnel(self, TUNNEL_GTPU, teid, FRAME_IP, cur);
}

void
frame_udp_tunnel(Frame *self, Cursor cur)
{
    switch ((unsigned)self->ports[2] << 8 | self->ports[3]) {
    case 4789:
    case 8472: /* Linux' own, before there was a number */
        vxlan(self, cur, false);
        break;
    case 4790:
        vxlan(self, cur, true);
        break;
    case 6081:
        geneve(self, cur);
        break;
    case 2152:
        gtpu(self, cur);
        break;
    case 4754: /* RFC 8086 */
        gre(self, cur);
        break;
    case 6635: /* RFC 7510 */
        frame_set_tunnel(self, TUNNEL_MPLS, 0, FRAME_MPLS, cur);
        break;
    default:
        break;
    }
}
