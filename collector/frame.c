/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame.c - see frame.h */
#include "collector/frame.h"
#include "collector/frame-private.h"

enum { TAGS_MOST = 4, LABELS_MOST = 16, EXTENSIONS_MOST = 8 };
enum { TYPE_LEAST = 0x0600 }; /* below it is a length: IEEE 802.3 */

static void
transport(Frame *self, Cursor cur)
{
    switch (self->protocol) {
    case 6:
        self->ports = cursor_take(&cur, 4);
        cursor_take(&cur, 9);
        self->tcp_flags = cursor_take(&cur, 1);
        break;
    case 17:
    case 33:  /* DCCP */
    case 132: /* SCTP */
    case 136: /* UDP-Lite */
        self->ports = cursor_take(&cur, 4);
        cursor_take(&cur, 4);
        if (self->protocol == 17 && !cur.failed)
            frame_udp_tunnel(self, cur);
        break;
    case 1:
    case 58:
        self->icmp = cursor_take(&cur, 2);
        break;
    default:
        frame_ip_tunnel(self, cur);
        break;
    }
}

static void
ipv4(Frame *self, Cursor cur)
{
    const uint8_t *at = cursor_take(&cur, 20);

    if (at == NULL || at[0] >> 4 != 4 || (at[0] & 15) < 5)
        return;
    self->version = 4;
    self->ip = at;
    self->tos = at + 1;
    self->length = at + 2;
    self->ttl = at + 8;
    self->protocol = at[9];
    self->src = at + 12;
    self->dst = at + 16;
    self->is_fragment = ((at[6] & 0x1f) | at[7]) != 0;
    self->has_more = (at[6] & 0x20) != 0;
    cursor_take(&cur, (at[0] & 15u) * 4 - 20);
    if (!self->is_fragment)
        transport(self, cur);
}

/* Steps over the extension headers (RFC 8200 section 4) to the one that has ports. */
static void
ipv6_extensions(Frame *self, Cursor cur)
{
    for (int i = 0; i < EXTENSIONS_MOST; i++) {
        const uint8_t *at;

        switch (self->protocol) {
        case 0: /* hop-by-hop, routing, destination options, mobility, HIP, shim6 */
        case 43:
        case 60:
        case 135:
        case 139:
        case 140:
            at = cursor_take(&cur, 2);
            if (at == NULL || cursor_take(&cur, 6 + at[1] * 8u) == NULL)
                return;
            break;
        case 44: /* fragment */
            at = cursor_take(&cur, 8);
            if (at == NULL)
                return;
            self->is_fragment = (at[2] | (at[3] & 0xf8)) != 0;
            self->has_more = (at[3] & 1) != 0;
            break;
        case 51: /* authentication: RFC 4302 section 2.2 counts words but two */
            at = cursor_take(&cur, 2);
            if (at == NULL || cursor_take(&cur, at[1] * 4u + 6) == NULL)
                return;
            break;
        default:
            if (!self->is_fragment)
                transport(self, cur);
            return;
        }
        self->protocol = at[0];
        if (self->is_fragment) /* what follows the fragment header is in the middle of something */
            return;
    }
}

static void
ipv6(Frame *self, Cursor cur)
{
    const uint8_t *at = cursor_take(&cur, 40);

    if (at == NULL || at[0] >> 4 != 6)
        return;
    self->version = 6;
    self->ip = at;
    self->length = at + 4;
    self->protocol = at[6];
    self->ttl = at + 7;
    self->src = at + 8;
    self->dst = at + 24;
    ipv6_extensions(self, cur);
}

/* Nothing says what MPLS carries but its first half byte: 4, 6, or the control word of a pseudowire (RFC 4385
 * section 3). */
static void
mpls_payload(Frame *self, Cursor cur)
{
    uint8_t first = cursor_left(&cur) == 0 ? 0xff : cur.at[0] >> 4;

    if (first == 4) {
        ipv4(self, cur);
    } else if (first == 6) {
        ipv6(self, cur);
    } else if (first == 0) {
        cursor_take(&cur, 4);
        frame_set_tunnel(self, TUNNEL_PSEUDOWIRE, 0, FRAME_ETHERNET, cur);
    }
}

static void
mpls(Frame *self, Cursor cur)
{
    for (int i = 0; i < LABELS_MOST; i++) {
        const uint8_t *label = cursor_take(&cur, 4);

        if (label == NULL)
            return;
        if (self->n_mpls++ == 0)
            self->mpls = label;
        if (label[2] & 1) { /* bottom of the stack */
            mpls_payload(self, cur);
            return;
        }
    }
}

static void
ppp(Frame *self, Cursor cur)
{
    unsigned type = cursor_u16(&cur);

    if (type == 0xff03) /* address and control: RFC 1662 section 3.1 */
        type = cursor_u16(&cur);
    if (type == 0x0021)
        ipv4(self, cur);
    else if (type == 0x0057)
        ipv6(self, cur);
    else if (type == 0x0281)
        mpls(self, cur);
}

/* RFC 1042: the type of Ethernet II, behind the header of IEEE 802.2. */
static bool
snap(Cursor *cur)
{
    static const uint8_t header[6] = { 0xaa, 0xaa, 0x03 };
    const uint8_t *at = cursor_take(cur, sizeof header);

    return at != NULL && memcmp(at, header, sizeof header) == 0;
}

static void
layer3(Frame *self, unsigned type, Cursor cur)
{
    switch (type) {
    case FRAME_TYPE_IPV4:
        ipv4(self, cur);
        break;
    case FRAME_TYPE_IPV6:
        ipv6(self, cur);
        break;
    case FRAME_TYPE_MPLS:
    case FRAME_TYPE_MPLS_MULTICAST:
        mpls(self, cur);
        break;
    case FRAME_TYPE_PPPOE: /* RFC 2516 section 4: version, code, session, length */
        cursor_take(&cur, 6);
        ppp(self, cur);
        break;
    default:
        break;
    }
}

static void
ethernet(Frame *self, Cursor cur)
{
    self->dst_mac = cursor_take(&cur, 6);
    self->src_mac = cursor_take(&cur, 6);
    for (int i = 0; i <= TAGS_MOST; i++) {
        const uint8_t *at = cursor_take(&cur, 2);

        if (at == NULL)
            return;
        unsigned type = (unsigned)at[0] << 8 | at[1];
        self->ethertype = type < TYPE_LEAST ? NULL : at;
        if (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
            at = cursor_take(&cur, 2);
            if (self->tag == NULL)
                self->tag = at;
            else if (self->inner_tag == NULL)
                self->inner_tag = at;
        } else if (type < TYPE_LEAST) {
            if (!snap(&cur))
                return;
        } else {
            layer3(self, type, cur);
            return;
        }
    }
}

void
frame_parse(Frame *self, uint32_t header_protocol, Cursor cur)
{
    *self = (Frame){ 0 };
    switch (header_protocol) {
    case FRAME_ETHERNET:
        ethernet(self, cur);
        break;
    case FRAME_PPP:
    case FRAME_POS:
        ppp(self, cur);
        break;
    case FRAME_IPV4:
        ipv4(self, cur);
        break;
    case FRAME_IPV6:
        ipv6(self, cur);
        break;
    case FRAME_MPLS:
        mpls(self, cur);
        break;
    case FRAME_IP:
        if (cursor_left(&cur) > 0 && cur.at[0] >> 4 == 4)
            ipv4(self, cur);
        else
            ipv6(self, cur);
        break;
    default:
        break;
    }
}
