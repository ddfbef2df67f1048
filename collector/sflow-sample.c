/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sflow-sample.c - sampled packets: a flow sample becomes a FlowRecord of one frame
 *
 * The packet's own outer headers tell the flow; what the agent tells beside it (switch, router, gateway, NAT)
 * fills what a packet cannot know. What a tunnel carries is shown and used for nothing. A discarded packet is
 * shown with its reason and is no traffic.
 */
#include "collector/frame-record.h"
#include "collector/sflow-private.h"

enum {
    RECORD_RAW = 1,
    RECORD_ETHERNET = 2,
    RECORD_IPV4 = 3,
    RECORD_IPV6 = 4,
    RECORD_SWITCH = 1001,
    RECORD_ROUTER = 1002,
    RECORD_GATEWAY = 1003,
    RECORD_NAT = 1007,
    RECORD_NAT_PORTS = 1020,
};
enum { AS_PATH_MOST = 1024, COMMUNITIES_MOST = 256 };

typedef struct Sample {
    FlowRecord *out;
    bool has_frame; /* the raw header was there: what other records repeat of it counts less */
    Frame frame;
    Show show;
} Sample;

static const Element post_priority = { ELEMENT_PEN_SFLOW, 10, ELEMENT_UNSIGNED, "postDot1qPriority" };
static const Element as_path = { ELEMENT_PEN_SFLOW, 11, ELEMENT_UNSIGNED, "bgpAsPath" };
static const Element local_preference = { ELEMENT_PEN_SFLOW, 12, ELEMENT_UNSIGNED, "bgpLocalPreference" };
static const Element sequence_number = { ELEMENT_PEN_SFLOW, 21, ELEMENT_UNSIGNED, "sampleSequenceNumber" };
static const Element discard_reason = { ELEMENT_PEN_SFLOW, 13, ELEMENT_UNSIGNED, "discardReason" };

static uint32_t
load_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

static void
raw_header(Sample *sample, Cursor cur)
{
    Show *show = &sample->show;
    uint32_t protocol = cursor_u32(&cur);
    const uint8_t *frame_length = cursor_take(&cur, 4);
    cursor_u32(&cur); /* bytes stripped: they are in the frame's length */
    uint32_t length = cursor_u32(&cur);

    if (cur.failed || sample->has_frame)
        return;
    frame_parse(&sample->frame, protocol, cursor_sub(&cur, MIN(length, cursor_left(&cur))));
    sample->has_frame = true;
    sample->out->octets = load_u32(frame_length);
    frame_fill(&sample->frame, sample->out);
    show_number(show, 408, protocol, 2);    /* dataLinkFrameType */
    show_bytes(show, 312, frame_length, 4); /* dataLinkFrameSize */
    show_number(show, 410, length, 2);      /* sectionExportedOctets */
    frame_show(&sample->frame, show);
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
    if (!sample->has_frame)
        sample->out->octets = length;
    show_number(&sample->show, 312, length, 4);
    show_bytes(&sample->show, 56, src, 6);
    show_bytes(&sample->show, 80, dst, 6);
    show_number(&sample->show, 256, type, 2);
}

static void
ip_record(Sample *sample, Cursor cur, bool is_v4)
{
    Show *show = &sample->show;
    uint16_t size = is_v4 ? 4 : 16;
    uint32_t length = cursor_u32(&cur), protocol = cursor_u32(&cur);
    const uint8_t *src = cursor_take(&cur, size), *dst = cursor_take(&cur, size);
    uint32_t src_port = cursor_u32(&cur), dst_port = cursor_u32(&cur);
    uint32_t flags = cursor_u32(&cur), tos = cursor_u32(&cur);
    FlowRecord *out = sample->out;

    if (cur.failed)
        return;
    if (!sample->has_frame) {
        frame_put_address(&out->src, src, is_v4);
        frame_put_address(&out->dst, dst, is_v4);
        out->family = is_v4 ? 4 : 6;
        out->octets = length;
        out->protocol = (uint8_t)protocol;
        out->src_port = (uint16_t)src_port;
        out->dst_port = (uint16_t)dst_port;
        out->tcp_flags = (uint16_t)flags;
        out->tos = (uint8_t)tos;
    }
    show_number(show, 224, length, 8);
    show_number(show, 4, protocol, 1);
    show_bytes(show, is_v4 ? 8 : 27, src, size);
    show_bytes(show, is_v4 ? 12 : 28, dst, size);
    show_number(show, 7, src_port, 2);
    show_number(show, 11, dst_port, 2);
    show_number(show, 6, flags, 1);
    show_number(show, 5, tos, 1);
}

static void
extended_switch(Sample *sample, Cursor cur)
{
    const uint8_t *in = cursor_take(&cur, 4), *in_priority = cursor_take(&cur, 4);
    const uint8_t *out = cursor_take(&cur, 4), *out_priority = cursor_take(&cur, 4);

    if (cur.failed)
        return;
    sample->out->vlan = (uint16_t)load_u32(in);
    show_bytes(&sample->show, 58, in, 4); /* vlanId */
    show_bytes(&sample->show, 244, in_priority, 4);
    show_bytes(&sample->show, 59, out, 4); /* postVlanId */
    show_element(&sample->show, &post_priority, out_priority, 4);
}

static void
extended_router(Sample *sample, Cursor cur)
{
    bool is_v4;
    const uint8_t *next_hop = sflow_take_address(&cur, &is_v4);
    const uint8_t *src_mask = cursor_take(&cur, 4), *dst_mask = cursor_take(&cur, 4);
    bool is_v6 = sample->out->family == 6;

    if (cur.failed)
        return;
    if (next_hop != NULL) {
        frame_put_address(&sample->out->next_hop, next_hop, is_v4);
        show_bytes(&sample->show, is_v4 ? 15 : 62, next_hop, is_v4 ? 4 : 16);
    }
    sample->out->src_mask = src_mask[3];
    sample->out->dst_mask = dst_mask[3];
    show_bytes(&sample->show, is_v6 ? 29 : 9, src_mask + 3, 1);
    show_bytes(&sample->show, is_v6 ? 30 : 13, dst_mask + 3, 1);
}

/* The AS path: segments of sequences or sets. The first number is the next hop's, the last the destination's.
 */
typedef struct AsPath {
    const uint8_t *first, *last;
    uint32_t n;
} AsPath;

static AsPath
take_as_path(Cursor *cur, Show *show)
{
    uint32_t n_segments = cursor_u32(cur);
    AsPath path = { 0 };

    for (uint32_t i = 0; i < n_segments && !cur->failed && path.n < AS_PATH_MOST; i++) {
        cursor_u32(cur); /* sequence or set */
        uint32_t n = cursor_u32(cur);

        for (uint32_t j = 0; j < n && path.n < AS_PATH_MOST; j++, path.n++) {
            const uint8_t *as = cursor_take(cur, 4);

            if (as == NULL)
                return path;
            path.first = path.first == NULL ? as : path.first;
            path.last = as;
            show_element(show, &as_path, as, 4);
        }
    }
    return path;
}

static void
show_communities(Show *show, Cursor cur)
{
    uint32_t n = cursor_u32(&cur);

    for (uint32_t i = 0; i < MIN(n, (uint32_t)COMMUNITIES_MOST) && cursor_left(&cur) >= 4; i++)
        show_bytes(show, 483, cursor_take(&cur, 4), 4); /* bgpCommunity */
    show_element(show, &local_preference, cursor_take(&cur, 4), 4);
}

static void
extended_gateway(Sample *sample, Cursor cur)
{
    bool is_v4;
    const uint8_t *next_hop = sflow_take_address(&cur, &is_v4);
    const uint8_t *router_as = cursor_take(&cur, 4);
    const uint8_t *src_as = cursor_take(&cur, 4), *src_peer_as = cursor_take(&cur, 4);
    Show *show = &sample->show;

    if (cur.failed)
        return;
    AsPath path = take_as_path(&cur, show);
    if (next_hop != NULL) {
        frame_put_address(&sample->out->bgp_next_hop, next_hop, is_v4);
        show_bytes(show, is_v4 ? 18 : 63, next_hop, is_v4 ? 4 : 16);
    }
    sample->out->src_as = load_u32(src_as);
    show_bytes(show, 16, src_as, 4);
    show_bytes(show, 129, src_peer_as, 4); /* bgpPrevAdjacentAsNumber */
    if (path.last == NULL)                 /* an empty path: the destination is in the router's own AS */
        path.last = router_as;
    sample->out->dst_as = load_u32(path.last);
    show_bytes(show, 17, path.last, 4);
    show_bytes(show, 128, path.first, 4); /* bgpNextAdjacentAsNumber */
    if (!cur.failed)
        show_communities(show, cur);
}

static void
nat_address(Show *show, Cursor *cur, uint16_t id4, uint16_t id6)
{
    bool is_v4;
    const uint8_t *at = sflow_take_address(cur, &is_v4);

    if (at != NULL)
        show_bytes(show, is_v4 ? id4 : id6, at, is_v4 ? 4 : 16);
}

/* The addresses as they are on the other side of the translation. */
static void
extended_nat(Show *show, Cursor cur)
{
    nat_address(show, &cur, 225, 281);
    nat_address(show, &cur, 226, 282);
}

static void
extended_nat_ports(Show *show, Cursor cur)
{
    uint32_t src = cursor_u32(&cur), dst = cursor_u32(&cur);

    if (cur.failed)
        return;
    show_number(show, 227, src, 2);
    show_number(show, 228, dst, 2);
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
    case RECORD_NAT:
        extended_nat(&sample->show, cur);
        break;
    case RECORD_NAT_PORTS:
        extended_nat_ports(&sample->show, cur);
        break;
    default:
        sflow_show_beside(&sample->show, tag, cur);
        break;
    }
}

/* Each of a sample's @n records, by its own length. */
static void
flow_records(Sample *sample, Wire *wire, Cursor cur, uint32_t n)
{
    for (uint32_t i = 0; i < n && cursor_left(&cur) >= 8 && wire_may(wire, WORK_SAMPLE_RECORD); i++) {
        uint32_t tag = cursor_u32(&cur), length = cursor_u32(&cur);

        if (length > cursor_left(&cur)) {
            wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
            break;
        }
        flow_record(sample, tag, cursor_sub(&cur, length));
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
    Show *show = &sample->show;
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
    show_bytes(show, 319, sequence, 4); /* selectorIdTotalPktsSelected: it counts the samples */
    show_number(show, 138, is_expanded ? source : source & 0xffffff, 4); /* observationPointId */
    show_number(show, 34, rate, 4);                                      /* samplingInterval */
    show_bytes(show, 318, pool, 4);                                      /* selectorIdTotalPktsObserved */
    show_bytes(show, 135, drops, 4);                                     /* droppedPacketTotalCount */
    show_number(show, 10, in, 4);
    show_number(show, 14, egress, 4);
    return true;
}

static void
sample_init(Sample *sample, Wire *wire, FlowRecord *out)
{
    *out = (FlowRecord){ .packets = 1, .direction = 255, .sampling_source = SAMPLING_RECORD };
    wire_fill_blank(wire, out);
    out->start_ms = out->end_ms = wire->export_ms;
    sample->out = out;
    sample->has_frame = false;
    show_init(&sample->show, wire->model, wire->sink.record == NULL ? NULL : wire->views);
    sflow_show_agent(&sample->show, &wire->domain->agent);
}

static void
sample_show(Sample *sample, Wire *wire, RecordKind kind)
{
    RecordView view = { .kind = kind };

    if (!show_is_wanted(&sample->show))
        return;
    if (sample->has_frame)
        frame_show_inner(&sample->frame, &sample->show);
    show_finish(&sample->show, &view);
    wire_show_view(wire, &view);
}

void
sflow_flow_sample(Wire *wire, Cursor cur, bool is_expanded)
{
    uint32_t n_room, n_records;
    FlowRecord *out = wire_room(wire, 1, &n_room);
    Sample sample;

    sample_init(&sample, wire, out);
    if (!sample_head(&sample, &cur, is_expanded, &n_records)) {
        wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
        return;
    }
    flow_records(&sample, wire, cur, n_records);
    uint32_t operator_rate = wire_operator_rate(wire, out);
    if (operator_rate != 0) {
        out->sampling = operator_rate;
        out->sampling_source = SAMPLING_OPERATOR;
    } else if (out->sampling == 0) {
        out->sampling_source = SAMPLING_UNKNOWN;
    }
    show_number(&sample.show, 1, out->octets, 8);
    show_number(&sample.show, 2, 1, 8);
    wire->exporter->octets += out->octets;
    wire->exporter->books.records++;
    wire->domain->records++;
    if (wire->exporter->rate != out->sampling || wire->exporter->rate_source != out->sampling_source)
        exporter_rate_changed(wire->exporter, out, wire->received_ms);
    exporter_sample_interfaces(wire->exporter, out);
    sample_show(&sample, wire, RECORD_FLOW);
    wire_filled(wire, 1);
}

/* sflow.org, "sFlow Discarded Packet Notification": nothing was sampled, every packet is told. */
void
sflow_discard_sample(Wire *wire, Cursor cur)
{
    FlowRecord out; /* of no use but to read the packet into */
    Sample sample;

    wire->exporter->books.discard_samples++;
    sample_init(&sample, wire, &out);
    Show *show = &sample.show;
    show_element(show, &sequence_number, cursor_take(&cur, 4), 4);
    cursor_u32(&cur); /* class of the source */
    show_bytes(show, 138, cursor_take(&cur, 4), 4);
    show_bytes(show, 135, cursor_take(&cur, 4), 4);
    show_bytes(show, 10, cursor_take(&cur, 4), 4);
    show_bytes(show, 14, cursor_take(&cur, 4), 4);
    show_element(show, &discard_reason, cursor_take(&cur, 4), 4);
    uint32_t n_records = cursor_u32(&cur);
    if (cur.failed) {
        wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
        return;
    }
    flow_records(&sample, wire, cur, n_records);
    sample_show(&sample, wire, RECORD_DISCARD);
}
