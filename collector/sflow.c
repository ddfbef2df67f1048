/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sflow.c - sFlow version 5 datagrams (sflow.org, "sFlow Version 5", July 2004)
 *
 * A flow sample is one packet out of N: it becomes one FlowRecord of one frame. Counter samples and
 * discarded-packet events are counted and stepped over; a discarded packet is no traffic. Each sample and
 * each record in it is left by its own length, whatever was read of it. There is no clock in sFlow, so a
 * sample is as old as its datagram.
 *
 * For printing, what a sample says gets the name of the information element that means the same.
 */
#include "collector/wire.h"
#include "collector/frame.h"

#include <string.h>

enum { FORMAT_FLOW = 1, FORMAT_COUNTERS, FORMAT_FLOW_EXPANDED, FORMAT_COUNTERS_EXPANDED, FORMAT_DISCARD };
enum {
    RECORD_RAW = 1,
    RECORD_ETHERNET = 2,
    RECORD_IPV4 = 3,
    RECORD_IPV6 = 4,
    RECORD_SWITCH = 1001,
    RECORD_ROUTER = 1002,
    RECORD_GATEWAY = 1003,
};
enum { VIEWS_MOST = 56, SCRATCH = 512, AS_PATH_MOST = 1024 };

typedef struct Sample {
    Wire *wire;
    FlowRecord *out;
    bool has_frame; /* the raw header was there: what other records repeat of it counts less */
    uint32_t n_views;
    uint32_t n_scratch;
    uint8_t scratch[SCRATCH]; /* numbers that are not on the wire as such */
} Sample;

/* Shows @length bytes at @at as information element @id; only for printing. */
static void
show(Sample *sample, uint16_t id, const uint8_t *at, uint16_t length)
{
    Wire *wire = sample->wire;

    if (wire->sink.record == NULL || at == NULL || sample->n_views == VIEWS_MOST)
        return;
    const Element *element = element_model_find(wire->model, 0, id);
    if (element != NULL)
        wire->views[sample->n_views++] = (FieldView){ .element = element, .at = at, .length = length };
}

static void
show_number(Sample *sample, uint16_t id, uint64_t value, uint16_t length)
{
    uint8_t *at = sample->scratch + sample->n_scratch;

    if (sample->wire->sink.record == NULL || sample->n_scratch + length > SCRATCH)
        return;
    for (uint32_t i = length; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
    sample->n_scratch += length;
    show(sample, id, at, length);
}

static uint16_t
load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void
put_address(IpAddress *to, const uint8_t *at, bool is_v4)
{
    if (!is_v4) {
        memcpy(to->bytes, at, 16);
        return;
    }
    memset(to->bytes, 0, 10);
    memset(to->bytes + 10, 0xff, 2);
    memcpy(to->bytes + 12, at, 4);
}

/* An address with its type before it; NULL when there is none, or the sample is cut. */
static const uint8_t *
take_address(Cursor *cur, bool *is_v4)
{
    uint32_t type = cursor_u32(cur);

    *is_v4 = type == 1;
    if (type != 1 && type != 2)
        return NULL;
    return cursor_take(cur, type == 1 ? 4 : 16);
}

static void
use_tag(Sample *sample, const Frame *frame)
{
    if (frame->tag != NULL) {
        uint16_t tci = load_u16(frame->tag);

        if (sample->out->vlan == 0)
            sample->out->vlan = tci & 0xfff;
        show_number(sample, 243, tci & 0xfff, 2); /* dot1qVlanId */
        show_number(sample, 244, tci >> 13, 1);   /* dot1qPriority */
    }
    if (frame->inner_tag != NULL) {
        uint16_t tci = load_u16(frame->inner_tag);

        show_number(sample, 245, tci & 0xfff, 2); /* dot1qCustomerVlanId */
        show_number(sample, 246, tci >> 13, 1);
    }
}

static void
use_transport(Sample *sample, const Frame *frame)
{
    FlowRecord *out = sample->out;

    if (frame->ports != NULL) {
        out->src_port = load_u16(frame->ports);
        out->dst_port = load_u16(frame->ports + 2);
        show(sample, 7, frame->ports, 2);
        show(sample, 11, frame->ports + 2, 2);
    }
    if (frame->tcp_flags != NULL) {
        out->tcp_flags = *frame->tcp_flags;
        show(sample, 6, frame->tcp_flags, 1);
    }
    if (frame->icmp != NULL) {
        out->icmp_type = frame->icmp[0];
        out->icmp_code = frame->icmp[1];
        show(sample, frame->version == 4 ? 32 : 139, frame->icmp, 2);
    }
}

static void
use_frame(Sample *sample, const Frame *frame)
{
    FlowRecord *out = sample->out;
    bool is_v4 = frame->version == 4;
    uint16_t size = is_v4 ? 4 : 16;

    if (frame->dst_mac != NULL)
        memcpy(out->dst_mac, frame->dst_mac, 6);
    if (frame->src_mac != NULL)
        memcpy(out->src_mac, frame->src_mac, 6);
    show(sample, 80, frame->dst_mac, 6);
    show(sample, 56, frame->src_mac, 6);
    use_tag(sample, frame);
    show(sample, 256, frame->ethertype, 2);
    if (frame->mpls != NULL) {
        show(sample, 70, frame->mpls, 3); /* mplsTopLabelStackSection */
        show_number(sample, 202, frame->n_mpls, 4);
    }
    if (frame->version == 0)
        return;
    out->family = frame->version;
    out->protocol = frame->protocol;
    out->tos = is_v4 ? *frame->tos : (uint8_t)(load_u16(frame->ip) >> 4);
    put_address(&out->src, frame->src, is_v4);
    put_address(&out->dst, frame->dst, is_v4);
    show_number(sample, 60, frame->version, 1);
    show_number(sample, 5, out->tos, 1);
    show_number(sample, 224, load_u16(frame->length) + (is_v4 ? 0u : 40u), 8); /* ipTotalLength */
    show(sample, 192, frame->ttl, 1);
    show_number(sample, 4, frame->protocol, 1);
    show(sample, is_v4 ? 8 : 27, frame->src, size);
    show(sample, is_v4 ? 12 : 28, frame->dst, size);
    use_transport(sample, frame);
}

static void
raw_header(Sample *sample, Cursor cur)
{
    uint32_t protocol = cursor_u32(&cur);
    const uint8_t *frame_length = cursor_take(&cur, 4);
    cursor_u32(&cur); /* bytes stripped: they are in the frame's length */
    uint32_t length = cursor_u32(&cur);
    Frame frame;

    if (cur.failed)
        return;
    Cursor header = cursor_sub(&cur, MIN(length, cursor_left(&cur)));
    frame_parse(&frame, protocol, header);
    sample->has_frame = true;
    uint32_t octets = ((uint32_t)load_u16(frame_length) << 16) | load_u16(frame_length + 2);
    sample->out->octets = octets;
    show_number(sample, 408, protocol, 2); /* dataLinkFrameType */
    show(sample, 312, frame_length, 4);    /* dataLinkFrameSize */
    show_number(sample, 410, length, 2);   /* sectionExportedOctets */
    use_frame(sample, &frame);
}

static void
ethernet_frame(Sample *sample, Cursor cur)
{
    uint32_t length = cursor_u32(&cur);
    const uint8_t *src = cursor_take(&cur, 6);
    cursor_take(&cur, 2); /* XDR rounds up to four bytes */
    const uint8_t *dst = cursor_take(&cur, 6);
    cursor_take(&cur, 2);
    uint32_t type = cursor_u32(&cur);

    if (cur.failed)
        return;
    if (!sample->has_frame) {
        sample->out->octets = length;
        memcpy(sample->out->src_mac, src, 6);
        memcpy(sample->out->dst_mac, dst, 6);
    }
    show_number(sample, 312, length, 4);
    show(sample, 56, src, 6);
    show(sample, 80, dst, 6);
    show_number(sample, 256, type, 2);
}

static void
ip_record(Sample *sample, Cursor cur, bool is_v4)
{
    uint16_t size = is_v4 ? 4 : 16;
    uint32_t length = cursor_u32(&cur), protocol = cursor_u32(&cur);
    const uint8_t *src = cursor_take(&cur, size), *dst = cursor_take(&cur, size);
    uint32_t src_port = cursor_u32(&cur), dst_port = cursor_u32(&cur);
    uint32_t flags = cursor_u32(&cur), tos = cursor_u32(&cur);
    FlowRecord *out = sample->out;

    if (cur.failed)
        return;
    if (!sample->has_frame) {
        put_address(&out->src, src, is_v4);
        put_address(&out->dst, dst, is_v4);
        out->family = is_v4 ? 4 : 6;
        out->octets = length;
        out->protocol = (uint8_t)protocol;
        out->src_port = (uint16_t)src_port;
        out->dst_port = (uint16_t)dst_port;
        out->tcp_flags = (uint16_t)flags;
        out->tos = (uint8_t)tos;
    }
    show_number(sample, 224, length, 8);
    show_number(sample, 4, protocol, 1);
    show(sample, is_v4 ? 8 : 27, src, size);
    show(sample, is_v4 ? 12 : 28, dst, size);
    show_number(sample, 7, src_port, 2);
    show_number(sample, 11, dst_port, 2);
    show_number(sample, 6, flags, 1);
    show_number(sample, 5, tos, 1);
}

static void
extended_switch(Sample *sample, Cursor cur)
{
    const uint8_t *in = cursor_take(&cur, 4), *in_priority = cursor_take(&cur, 4);
    const uint8_t *out = cursor_take(&cur, 4);

    if (cur.failed)
        return;
    sample->out->vlan = load_u16(in + 2);
    show(sample, 58, in, 4); /* vlanId */
    show(sample, 244, in_priority, 4);
    show(sample, 59, out, 4); /* postVlanId */
}

static void
extended_router(Sample *sample, Cursor cur)
{
    bool is_v4;
    const uint8_t *next_hop = take_address(&cur, &is_v4);
    const uint8_t *src_mask = cursor_take(&cur, 4), *dst_mask = cursor_take(&cur, 4);

    if (cur.failed)
        return;
    if (next_hop != NULL) {
        put_address(&sample->out->next_hop, next_hop, is_v4);
        show(sample, is_v4 ? 15 : 62, next_hop, is_v4 ? 4 : 16);
    }
    sample->out->src_mask = src_mask[3];
    sample->out->dst_mask = dst_mask[3];
    show(sample, sample->out->family == 6 ? 29 : 9, src_mask + 3, 1);
    show(sample, sample->out->family == 6 ? 30 : 13, dst_mask + 3, 1);
}

static void
extended_gateway(Sample *sample, Cursor cur)
{
    bool is_v4;
    const uint8_t *next_hop = take_address(&cur, &is_v4);
    const uint8_t *router_as = cursor_take(&cur, 4);
    const uint8_t *src_as = cursor_take(&cur, 4), *src_peer_as = cursor_take(&cur, 4);
    uint32_t n_segments = cursor_u32(&cur), n_path = 0;
    const uint8_t *first = NULL, *last = NULL;

    for (uint32_t i = 0; i < n_segments && !cur.failed && n_path < AS_PATH_MOST; i++) {
        cursor_u32(&cur); /* sequence or set */
        uint32_t n = cursor_u32(&cur);

        for (uint32_t j = 0; j < n && !cur.failed && n_path < AS_PATH_MOST; j++, n_path++) {
            const uint8_t *as = cursor_take(&cur, 4);

            first = first == NULL ? as : first;
            last = as == NULL ? last : as;
        }
    }
    if (router_as == NULL || src_as == NULL || src_peer_as == NULL)
        return;
    if (next_hop != NULL) {
        put_address(&sample->out->bgp_next_hop, next_hop, is_v4);
        show(sample, is_v4 ? 18 : 63, next_hop, is_v4 ? 4 : 16);
    }
    memcpy(&sample->out->src_as, src_as, 4);
    sample->out->src_as = __builtin_bswap32(sample->out->src_as);
    show(sample, 16, src_as, 4);
    show(sample, 129, src_peer_as, 4); /* bgpPrevAdjacentAsNumber */
    if (last == NULL)                  /* an empty path: the destination is in the router's own AS */
        last = router_as;
    memcpy(&sample->out->dst_as, last, 4);
    sample->out->dst_as = __builtin_bswap32(sample->out->dst_as);
    show(sample, 17, last, 4);
    show(sample, 128, first, 4); /* bgpNextAdjacentAsNumber */
}

static void
flow_record(Sample *sample, uint32_t tag, Cursor cur)
{
    switch (tag) { /* the enterprise is in the upper 20 bits: 0 for all of these */
    case RECORD_RAW:
        raw_header(sample, cur);
        break;
    case RECORD_ETHERNET:
        ethernet_frame(sample, cur);
        break;
    case RECORD_IPV4:
    case RECORD_IPV6:
        ip_record(sample, cur, tag == RECORD_IPV4);
        break;
    case RECORD_SWITCH:
        extended_switch(sample, cur);
        break;
    case RECORD_ROUTER:
        extended_router(sample, cur);
        break;
    case RECORD_GATEWAY:
        extended_gateway(sample, cur);
        break;
    default:
        break;
    }
}

/* An interface: what the upper two bits (or the expanded format) call something else is no interface. */
static uint32_t
interface_of(uint32_t format, uint32_t value)
{
    return format != 0 || value == 0x3fffffff ? 0 : value;
}

/* The fixed head of a flow sample. False when it is cut short. */
static bool
sample_head(Sample *sample, Cursor *cur, bool is_expanded, uint32_t *n_records)
{
    FlowRecord *out = sample->out;
    const uint8_t *sequence = cursor_take(cur, 4);

    if (is_expanded)
        cursor_u32(cur); /* class of the source: an interface, a VLAN, a part */
    uint32_t source = cursor_u32(cur);
    uint32_t rate = cursor_u32(cur);
    const uint8_t *pool = cursor_take(cur, 4), *drops = cursor_take(cur, 4);
    uint32_t in_format = is_expanded ? cursor_u32(cur) : 0, in = cursor_u32(cur);
    uint32_t out_format = is_expanded ? cursor_u32(cur) : 0, egress = cursor_u32(cur);
    *n_records = cursor_u32(cur);

    if (cur->failed)
        return false;
    out->sampling = rate;
    out->in_if = is_expanded ? interface_of(in_format, in) : interface_of(in >> 30, in & 0x3fffffff);
    out->out_if =
        is_expanded ? interface_of(out_format, egress) : interface_of(egress >> 30, egress & 0x3fffffff);
    show(sample, 319, sequence, 4); /* selectorIdTotalPktsSelected: it counts the samples */
    show_number(sample, 138, is_expanded ? source : source & 0xffffff, 4); /* observationPointId */
    show_number(sample, 34, rate, 4);                                      /* samplingInterval */
    show(sample, 318, pool, 4);                                            /* selectorIdTotalPktsObserved */
    show(sample, 135, drops, 4);                                           /* droppedPacketTotalCount */
    show_number(sample, 10, in, 4);
    show_number(sample, 14, egress, 4);
    return true;
}

static void
flow_sample(Wire *wire, Cursor cur, bool is_expanded)
{
    uint32_t n_room, n_records;
    FlowRecord *out = wire_room(wire, 1, &n_room);
    Sample sample = { .wire = wire, .out = out };

    *out = (FlowRecord){ .packets = 1, .direction = 255, .sampling_source = SAMPLING_RECORD };
    wire_fill_blank(wire, out);
    out->start_ms = out->end_ms = wire->export_ms;
    if (!sample_head(&sample, &cur, is_expanded, &n_records)) {
        wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
        return;
    }
    for (uint32_t i = 0; i < n_records && cursor_left(&cur) >= 8; i++) {
        uint32_t tag = cursor_u32(&cur), length = cursor_u32(&cur);

        if (length > cursor_left(&cur)) {
            wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
            break;
        }
        flow_record(&sample, tag, cursor_sub(&cur, length));
    }
    uint32_t operator_rate = wire_operator_rate(wire, out);
    if (operator_rate != 0) {
        out->sampling = operator_rate;
        out->sampling_source = SAMPLING_OPERATOR;
    } else if (out->sampling == 0) {
        out->sampling_source = SAMPLING_UNKNOWN;
    }
    show_number(&sample, 1, out->octets, 8);
    show_number(&sample, 2, 1, 8);
    wire->exporter->octets += out->octets;
    wire->exporter->books.records++;
    wire->domain->records++;
    if (wire->exporter->rate != out->sampling || wire->exporter->rate_source != out->sampling_source)
        exporter_rate_changed(wire->exporter, out);
    if (wire->sink.record != NULL)
        wire_show_views(wire, 0, sample.n_views, 0, false, false);
    wire_filled(wire, 1);
}

static void
one_sample(Wire *self, uint32_t tag, Cursor cur)
{
    Books *books = &self->exporter->books;

    switch (tag) {
    case FORMAT_FLOW:
    case FORMAT_FLOW_EXPANDED:
        flow_sample(self, cur, tag == FORMAT_FLOW_EXPANDED);
        break;
    case FORMAT_COUNTERS:
    case FORMAT_COUNTERS_EXPANDED:
        books->counter_samples++;
        break;
    case FORMAT_DISCARD:
        books->discard_samples++;
        break;
    default: /* a vendor's: its length leads behind it */
        break;
    }
}

Refusal
sflow_decode(Wire *self, Cursor cur)
{
    bool is_v4;

    cursor_u32(&cur);
    const uint8_t *agent = take_address(&cur, &is_v4);
    uint32_t sub_agent = cursor_u32(&cur), sequence = cursor_u32(&cur);
    uint32_t uptime = cursor_u32(&cur), n_samples = cursor_u32(&cur);

    if (agent == NULL || cur.failed)
        return REFUSED_TOO_SHORT;
    if (!wire_open(self, PROTOCOL_SFLOW, sub_agent, self->received_ms))
        return REFUSED_DOMAIN_QUOTA;
    wire_note_uptime(self, uptime);
    wire_note_sequence(self, sequence);

    for (uint32_t i = 0; i < n_samples; i++) {
        if (cursor_left(&cur) < 8) {
            wire_malformed(self, REFUSED_HEADER_COUNT);
            break;
        }
        uint32_t tag = cursor_u32(&cur), length = cursor_u32(&cur);
        if (length > cursor_left(&cur)) {
            wire_malformed(self, REFUSED_SET_LENGTH);
            break;
        }
        one_sample(self, tag, cursor_sub(&cur, length));
    }
    return N_REFUSALS;
}
