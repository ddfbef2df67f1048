/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frame-record.c - see frame-record.h */
#include "collector/frame-record.h"

static const Element tunnel_type = { ELEMENT_PEN_SFLOW, 1, ELEMENT_STRING, "tunnelType" };
static const Element tunnel_id = { ELEMENT_PEN_SFLOW, 2, ELEMENT_UNSIGNED, "tunnelId" };

static uint16_t
load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

void
frame_put_address(IpAddress *to, const uint8_t *at, bool is_v4)
{
    if (!is_v4) {
        memcpy(to->bytes, at, 16);
        return;
    }
    memset(to->bytes, 0, 10);
    memset(to->bytes + 10, 0xff, 2);
    memcpy(to->bytes + 12, at, 4);
}

uint32_t
frame_ip_octets(const Frame *self)
{
    if (self->version == 0)
        return 0;
    return load_u16(self->length) + (self->version == 4 ? 0u : 40u);
}

static uint8_t
traffic_class(const Frame *self)
{
    return self->version == 4 ? *self->tos : (uint8_t)(load_u16(self->ip) >> 4);
}

void
frame_fill(const Frame *self, FlowRecord *out)
{
    if (self->tag != NULL && out->vlan == 0)
        out->vlan = load_u16(self->tag) & 0xfff;
    if (self->version == 0)
        return;
    out->family = self->version;
    out->protocol = self->protocol;
    out->tos = traffic_class(self);
    frame_put_address(&out->src, self->src, self->version == 4);
    frame_put_address(&out->dst, self->dst, self->version == 4);
    if (self->ports != NULL) {
        out->src_port = load_u16(self->ports);
        out->dst_port = load_u16(self->ports + 2);
    }
    if (self->tcp_flags != NULL)
        out->tcp_flags = *self->tcp_flags;
    if (self->icmp != NULL) {
        out->icmp_type = self->icmp[0];
        out->icmp_code = self->icmp[1];
    }
}

static void
show_link(const Frame *self, Show *show)
{
    show_bytes(show, 80, self->dst_mac, 6);
    show_bytes(show, 56, self->src_mac, 6);
    if (self->tag != NULL) {
        show_number(show, 243, load_u16(self->tag) & 0xfff, 2); /* dot1qVlanId */
        show_number(show, 244, load_u16(self->tag) >> 13, 1);   /* dot1qPriority */
    }
    if (self->inner_tag != NULL) {
        show_number(show, 245, load_u16(self->inner_tag) & 0xfff, 2); /* dot1qCustomerVlanId */
        show_number(show, 246, load_u16(self->inner_tag) >> 13, 1);
    }
    show_bytes(show, 256, self->ethertype, 2);
    if (self->mpls != NULL) {
        show_bytes(show, 70, self->mpls, 3); /* mplsTopLabelStackSection */
        show_number(show, 202, self->n_mpls, 4);
    }
}

static void
show_fragment(const Frame *self, Show *show)
{
    if (self->version != 4 || !(self->is_fragment || self->has_more))
        return;
    show_bytes(show, 54, self->ip + 4, 2);                     /* fragmentIdentification */
    show_number(show, 88, load_u16(self->ip + 6) & 0x1fff, 2); /* fragmentOffset, in units of 8 */
    show_number(show, 197, (uint8_t)(self->ip[6] & 0xe0), 1);  /* fragmentFlags */
}

void
frame_show(const Frame *self, Show *show)
{
    bool is_v4 = self->version == 4;
    uint16_t size = is_v4 ? 4 : 16;

    if (!show_is_wanted(show))
        return;
    show_link(self, show);
    if (self->version == 0)
        return;
    show_number(show, 60, self->version, 1);
    show_number(show, 5, traffic_class(self), 1);
    show_number(show, 224, frame_ip_octets(self), 8); /* ipTotalLength */
    show_bytes(show, 192, self->ttl, 1);
    show_number(show, 4, self->protocol, 1);
    show_bytes(show, is_v4 ? 8 : 27, self->src, size);
    show_bytes(show, is_v4 ? 12 : 28, self->dst, size);
    show_fragment(self, show);
    if (self->ports != NULL) {
        show_bytes(show, 7, self->ports, 2);
        show_bytes(show, 11, self->ports + 2, 2);
    }
    show_bytes(show, 6, self->tcp_flags, 1);
    show_bytes(show, is_v4 ? 32 : 139, self->icmp, 2);
}

void
frame_show_inner(const Frame *self, Show *show)
{
    Frame outer = *self, inner;

    while (outer.tunnel != TUNNEL_NONE && show_group(show, "inner")) {
        const char *name = frame_tunnel_name(outer.tunnel);

        show_element(show, &tunnel_type, (const uint8_t *)name, (uint16_t)strlen(name));
        if (outer.tunnel_id != 0)
            show_element_number(show, &tunnel_id, outer.tunnel_id, 4);
        frame_parse(&inner, outer.inner_protocol, outer.inner);
        frame_show(&inner, show);
        outer = inner;
    }
}
