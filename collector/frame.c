/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame.c - see frame.h */
#include "collector/frame.h"

enum { TAGS_MOST = 4, LABELS_MOST = 16, EXTENSIONS_MOST = 8 };
enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_MPLS = 0x8847, TYPE_MPLS_MULTICAST = 0x8848 };

static void
transport(Frame *self, Cursor cur)
{
    const uint8_t *at;

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
        break;
    case 1:
    case 58:
        at = cursor_take(&cur, 2);
        self->icmp = at;
        break;
    default:
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
        case 0: /* hop-by-hop, routing, destination options */
        case 43:
        case 60:
            at = cursor_take(&cur, 2);
            if (at == NULL || cursor_take(&cur, 6 + at[1] * 8u) == NULL)
                return;
            break;
        case 44: /* fragment */
            at = cursor_take(&cur, 8);
            if (at == NULL)
                return;
            self->is_fragment = (at[2] | (at[3] & 0xf8)) != 0;
            break;
        case 51: /* authentication */
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

/* Nothing says what MPLS carries but its first half byte. */
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
            ipv4(self, cur);
            ipv6(self, cur);
            return;
        }
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
        self->ethertype = at;
        switch (type) {
        case 0x8100:
        case 0x88a8:
        case 0x9100:
            at = cursor_take(&cur, 2);
            if (self->tag == NULL)
                self->tag = at;
            else if (self->inner_tag == NULL)
                self->inner_tag = at;
            break;
        case TYPE_IPV4:
            ipv4(self, cur);
            return;
        case TYPE_IPV6:
            ipv6(self, cur);
            return;
        case TYPE_MPLS:
        case TYPE_MPLS_MULTICAST:
            mpls(self, cur);
            return;
        default:
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
    case FRAME_IPV4:
        ipv4(self, cur);
        break;
    case FRAME_IPV6:
        ipv6(self, cur);
        break;
    case FRAME_MPLS:
        mpls(self, cur);
        break;
    default:
        break;
    }
}
