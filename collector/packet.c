/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packet.c - see packet.h */
#include "collector/packet.h"
#include "collector/base/cursor.h"

#include <pcap/dlt.h>

enum {
    ETHERTYPE_4 = 0x0800,
    ETHERTYPE_6 = 0x86dd,
    PROTOCOL_UDP = 17,
    IPV6_HOP_BY_HOP = 0,
    IPV6_ROUTING = 43,
    IPV6_FRAGMENT = 44,
    IPV6_DESTINATION = 60,
    MOST_EXTENSIONS = 8,
    MOST_TAGS = 4,
    PENDING = 32,       /* datagrams that wait for fragments */
    WHOLE_MOST = 65536, /* bytes of one */
    BLOCK = 8,          /* fragments begin at multiples of it: RFC 791 section 3.1 */
};

typedef struct Pending {
    IpAddress source, destination;
    uint32_t id;
    uint64_t began; /* the how-manieth fragment; 0: slot is free */
    size_t length;  /* of the whole, known when the last fragment came; else 0 */
    size_t blocks;  /* different ones received */
    uint8_t seen[WHOLE_MOST / BLOCK / 8];
    uint8_t bytes[WHOLE_MOST];
} Pending;

struct PacketReader {
    int link_type;
    uint64_t fragments, unfinished;
    Pending *pending; /* PENDING of them, made when the first fragment comes */
};

typedef struct Layer3 {
    IpAddress source, destination;
    uint8_t protocol;
    bool is_fragment, has_more;
    uint32_t id;
    size_t offset;
    size_t length; /* of the payload, as the header says; more than the cursor has when the capture cut it */
    Cursor payload;
} Layer3;

static bool
is_known(int link_type)
{
    switch (link_type) {
    case DLT_EN10MB:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
    case DLT_NULL:
    case DLT_LOOP:
        return true;
    default:
        return false;
    }
}

PacketReader *
packet_reader_new(int link_type)
{
    if (!is_known(link_type))
        return NULL;
    PacketReader *self = g_new0(PacketReader, 1);
    self->link_type = link_type;
    return self;
}

void
packet_reader_free(PacketReader *self)
{
    if (self == NULL)
        return;
    g_free(self->pending);
    g_free(self);
}

/* Steps over the link header and says which IP follows: 4, 6, or 0 for anything else. */
static unsigned
link_read(int link_type, Cursor *cur)
{
    uint16_t type;

    switch (link_type) {
    case DLT_EN10MB:
        cursor_take(cur, 12);
        type = cursor_u16(cur);
        break;
    case DLT_LINUX_SLL:
        cursor_take(cur, 14);
        type = cursor_u16(cur);
        break;
    case DLT_LINUX_SLL2:
        type = cursor_u16(cur);
        cursor_take(cur, 18);
        break;
    case DLT_NULL: /* the family's number differs from system to system: the IP header knows better */
    case DLT_LOOP:
        cursor_take(cur, 4);
        return cursor_left(cur) == 0 ? 0 : cur->at[0] >> 4;
    default:
        return cursor_left(cur) == 0 ? 0 : cur->at[0] >> 4;
    }
    for (int tags = 0; tags < MOST_TAGS && (type == 0x8100 || type == 0x88a8 || type == 0x9100); tags++) {
        cursor_take(cur, 2);
        type = cursor_u16(cur);
    }
    return type == ETHERTYPE_4 ? 4 : type == ETHERTYPE_6 ? 6 : 0;
}

static bool
ipv4_read(Cursor *cur, Layer3 *out)
{
    Cursor header = *cur;
    uint8_t first = cursor_u8(&header);
    size_t header_length = (size_t)(first & 15) * 4;

    cursor_u8(&header);
    size_t total = cursor_u16(&header);
    out->id = cursor_u16(&header);
    uint16_t fragment = cursor_u16(&header);
    cursor_u8(&header);
    out->protocol = cursor_u8(&header);
    cursor_u16(&header);
    out->source = ip_from_v4(cursor_u32(&header));
    out->destination = ip_from_v4(cursor_u32(&header));
    if (header.failed || first >> 4 != 4 || header_length < 20)
        return false;
    if (total == 0) /* the sender's network card was to fill it in (segmentation offload) */
        total = cursor_left(cur);
    cursor_take(cur, header_length);
    if (cur->failed || total < header_length)
        return false;
    out->length = total - header_length;
    out->has_more = (fragment & 0x2000) != 0;
    out->offset = (size_t)(fragment & 0x1fff) * BLOCK;
    out->is_fragment = out->has_more || out->offset != 0;
    out->payload = cursor_over(cur->at, MIN(cursor_left(cur), out->length));
    return true;
}

/* The extension headers up to UDP or a fragment; what is in another order than RFC 8200's is none of ours. */
static bool
ipv6_read_extensions(Layer3 *out)
{
    for (int i = 0; i < MOST_EXTENSIONS; i++) {
        Cursor *cur = &out->payload;
        size_t length = BLOCK;
        uint8_t next;

        if (out->protocol == IPV6_FRAGMENT) {
            next = cursor_u8(cur);
            cursor_u8(cur);
            uint16_t fragment = cursor_u16(cur);
            out->id = cursor_u32(cur);
            out->offset = fragment & 0xfff8u;
            out->has_more = (fragment & 1) != 0;
            out->is_fragment = out->has_more || out->offset != 0;
        } else if (out->protocol == IPV6_HOP_BY_HOP || out->protocol == IPV6_ROUTING ||
                   out->protocol == IPV6_DESTINATION) {
            next = cursor_u8(cur);
            length = ((size_t)cursor_u8(cur) + 1) * BLOCK;
            cursor_take(cur, length - 2);
        } else {
            return true;
        }
        if (cur->failed || out->length < length)
            return false;
        out->length -= length;
        out->protocol = next;
        if (out->is_fragment)
            return true;
    }
    return false;
}

static bool
ipv6_read(Cursor *cur, Layer3 *out)
{
    uint32_t first = cursor_u32(cur);
    out->length = cursor_u16(cur);
    out->protocol = cursor_u8(cur);
    cursor_u8(cur);
    const uint8_t *source = cursor_take(cur, 16), *destination = cursor_take(cur, 16);

    if (cur->failed || first >> 28 != 6)
        return false;
    memcpy(out->source.bytes, source, 16);
    memcpy(out->destination.bytes, destination, 16);
    if (out->length == 0) /* segmentation offload, as above */
        out->length = cursor_left(cur);
    out->payload = cursor_over(cur->at, MIN(cursor_left(cur), out->length));
    return ipv6_read_extensions(out);
}

/* The slot of this datagram; a free one, or the oldest, when it is new. */
static Pending *
pending_find(PacketReader *self, const Layer3 *ip)
{
    if (self->pending == NULL)
        self->pending = g_new0(Pending, PENDING);
    Pending *oldest = &self->pending[0];
    for (size_t i = 0; i < PENDING; i++) {
        Pending *slot = &self->pending[i];
        if (slot->began != 0 && slot->id == ip->id && ip_equal(&slot->source, &ip->source) &&
            ip_equal(&slot->destination, &ip->destination))
            return slot;
        if (slot->began < oldest->began)
            oldest = slot;
    }
    if (oldest->began != 0)
        self->unfinished++;
    *oldest = (Pending){
        .source = ip->source, .destination = ip->destination, .id = ip->id, .began = ++self->fragments
    };
    return oldest;
}

/* True when the datagram is whole; @ip is its payload then. */
static bool
put_together(PacketReader *self, Layer3 *ip)
{
    size_t length = cursor_left(&ip->payload);

    if (length < ip->length || ip->offset + length > WHOLE_MOST || (ip->has_more && length % BLOCK != 0) ||
        length == 0)
        return false;
    Pending *slot = pending_find(self, ip);
    memcpy(slot->bytes + ip->offset, ip->payload.at, length);
    for (size_t block = ip->offset / BLOCK; block * BLOCK < ip->offset + length; block++) {
        uint8_t bit = (uint8_t)(1u << (block % 8));
        if ((slot->seen[block / 8] & bit) == 0) {
            slot->seen[block / 8] |= bit;
            slot->blocks++;
        }
    }
    if (!ip->has_more)
        slot->length = ip->offset + length;
    if (slot->length == 0 || slot->blocks != (slot->length + BLOCK - 1) / BLOCK)
        return false;
    slot->began = 0;
    ip->payload = cursor_over(slot->bytes, slot->length);
    ip->length = slot->length;
    return true;
}

PacketKind
packet_read(PacketReader *self, const uint8_t *frame, size_t length, UdpPacket *out)
{
    Cursor cur = cursor_over(frame, length);
    Layer3 ip = { 0 };
    unsigned version = link_read(self->link_type, &cur);

    if (cur.failed || !(version == 4 ? ipv4_read(&cur, &ip) : version == 6 && ipv6_read(&cur, &ip)) ||
        ip.protocol != PROTOCOL_UDP)
        return PACKET_OTHER;
    if (ip.is_fragment && !put_together(self, &ip))
        return PACKET_FRAGMENT;
    uint16_t source_port = cursor_u16(&ip.payload), destination_port = cursor_u16(&ip.payload);
    size_t udp_length = cursor_u16(&ip.payload);
    cursor_u16(&ip.payload);
    if (ip.payload.failed)
        return PACKET_OTHER;
    if (udp_length < 8 || udp_length > ip.length) /* 0: a jumbogram, RFC 2675; else nonsense: believe IP */
        udp_length = ip.length;
    *out = (UdpPacket){ .source = ip.source,
                        .destination = ip.destination,
                        .source_port = source_port,
                        .destination_port = destination_port,
                        .payload = ip.payload.at,
                        .length = MIN(udp_length - 8, cursor_left(&ip.payload)),
                        .is_cut = udp_length - 8 > cursor_left(&ip.payload) };
    return PACKET_UDP;
}

uint64_t
packet_reader_unfinished(const PacketReader *self)
{
    uint64_t n = self->unfinished;

    for (size_t i = 0; self->pending != NULL && i < PENDING; i++)
        n += self->pending[i].began != 0;
    return n;
}
