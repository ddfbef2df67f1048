/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator.c - see generator.h: what all protocols share */
#include "tests/support/generator-private.h"

#include <string.h>

#define MEMBER(name)                                                                                         \
    {                                                                                                        \
#name, offsetof(FlowRecord, name), sizeof(((FlowRecord *)0)->name)                                   \
    }
static const GeneratedMember members[] = {
    MEMBER(src),
    MEMBER(dst),
    MEMBER(octets),
    MEMBER(packets),
    MEMBER(start_ms),
    MEMBER(end_ms),
    MEMBER(sampling),
    MEMBER(in_if),
    MEMBER(out_if),
    MEMBER(src_as),
    MEMBER(dst_as),
    MEMBER(src_port),
    MEMBER(dst_port),
    MEMBER(protocol),
    MEMBER(tos),
    MEMBER(tcp_flags),
    MEMBER(src_mask),
    MEMBER(dst_mask),
    MEMBER(icmp_type),
    MEMBER(icmp_code),
    MEMBER(kind),
    MEMBER(event),
    MEMBER(end_reason),
    MEMBER(direction),
    MEMBER(family),
    MEMBER(vlan),
    MEMBER(in_vrf),
    MEMBER(out_vrf),
    MEMBER(export_ms),
    MEMBER(next_hop),
    MEMBER(bgp_next_hop),
    MEMBER(reverse_octets),
    MEMBER(reverse_packets),
    MEMBER(has_reverse),
    MEMBER(domain),
    MEMBER(has_initiator),
    MEMBER(sampling_source),
    MEMBER(application_id),
};
G_STATIC_ASSERT(G_N_ELEMENTS(members) <= 64);

const GeneratedMember *
generator_members(size_t *n)
{
    *n = G_N_ELEMENTS(members);
    return members;
}

uint64_t
member_bit(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return (uint64_t)1 << i;
    g_error("FlowRecord has no member '%s'", name);
}

uint8_t *
member_of(FlowRecord *flow, const char *name, uint16_t *size)
{
    const GeneratedMember *member = &members[__builtin_ctzll(member_bit(name))];

    *size = member->size;
    return (uint8_t *)flow + member->offset;
}

uint64_t
member_number(FlowRecord *flow, const char *name)
{
    uint64_t value = 0;
    uint16_t size;
    const uint8_t *at = member_of(flow, name, &size);

    if (size <= sizeof value)
        memcpy(&value, at, size); /* little-endian machine, as everywhere in this project */
    return value;
}

/* SplitMix64: one addition and a mix, so that any seed will do. */
uint64_t
generator_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void
put_number(GByteArray *out, uint64_t value, size_t length)
{
    for (size_t i = length; i-- > 0;) {
        uint8_t byte = (uint8_t)(i >= 8 ? 0 : value >> (8 * i));
        g_byte_array_append(out, &byte, 1);
    }
}

void
put_zeros(GByteArray *out, size_t length)
{
    put_number(out, 0, length);
}

static uint32_t
below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)(generator_random(state) % limit);
}

/* Few come often, many seldom: every power of two is as likely as the next. */
static uint32_t
skewed(uint64_t *state, uint32_t bits)
{
    return below(state, 1u << (1 + below(state, bits)));
}

/* Hosts of ours are in 10.0.0.0/8 and 2001:db8:1::/48, those of others in 198.18.0.0/15 and 2001:db8:2::/48.
 */
static IpAddress
random_address(uint64_t *state, int family, bool is_ours)
{
    uint32_t host = 1 + skewed(state, is_ours ? 11 : 16);

    if (family == 4)
        return ip_from_v4((is_ours ? 0x0a000000 : 0xc6120000) + host);
    return (IpAddress){
        { 0x20, 0x01, 0x0d, 0xb8, 0,
          is_ours ? 1 : 2, [13] = (uint8_t)(host >> 16), [14] = (uint8_t)(host >> 8), [15] = (uint8_t)host }
    };
}

static void
random_ports(uint64_t *state, FlowRecord *flow)
{
    static const uint8_t protocols[] = { 6, 6, 6, 17, 17, 1 };
    static const uint16_t services[] = { 22, 53, 80, 123, 443, 3389, 8080 };

    flow->protocol = protocols[below(state, G_N_ELEMENTS(protocols))];
    if (flow->protocol == 1) {
        flow->protocol = flow->family == 6 ? 58 : 1;
        flow->icmp_type = (uint8_t)(flow->family == 6 ? 128 + below(state, 2) : 8 * below(state, 2));
        flow->icmp_code = (uint8_t)below(state, 3);
        return;
    }
    flow->src_port = (uint16_t)(1024 + below(state, 64000));
    flow->dst_port = services[below(state, G_N_ELEMENTS(services))];
    if (flow->protocol == 6)
        flow->tcp_flags = (uint16_t)(2 + below(state, 62));
}

/* Which of the router's neighbours an address is behind: always the same one. */
static uint32_t
neighbour_of(const IpAddress *ip)
{
    return ((uint32_t)ip->bytes[14] * 31u + (ip->bytes[15] >> 4) * 7u + ip->bytes[12]) % 24;
}

static IpAddress
router_address(int family, uint32_t neighbour)
{
    if (family == 4)
        return ip_from_v4(0xc613ff00u + neighbour + 1);
    return (IpAddress){ { 0x20, 0x01, 0x0d, 0xb8, 0, 3, [15] = (uint8_t)(neighbour + 1) } };
}

/* Interfaces, next hops and AS numbers follow from the addresses, as in a network that stands still. */
static void
find_way(FlowRecord *flow)
{
    uint32_t from = neighbour_of(&flow->src), to = neighbour_of(&flow->dst);

    flow->in_if = 10 + from;
    flow->out_if = 10 + to;
    flow->src_as = 64512 + from * 3;
    flow->dst_as = 64512 + to * 3;
    flow->next_hop = router_address(flow->family, to);
    flow->bgp_next_hop = router_address(flow->family, 24 + to);
}

FlowRecord
random_flow(uint64_t *state, int family, int64_t export_ms)
{
    FlowRecord flow = { .family = (uint8_t)family, .export_ms = export_ms, .direction = 255 };

    bool is_outward = below(state, 2) == 0;
    flow.src = random_address(state, family, is_outward);
    flow.dst = random_address(state, family, !is_outward);
    random_ports(state, &flow);
    flow.packets = 1 + below(state, 20000);
    flow.octets = flow.packets * (40 + below(state, 1400));
    flow.reverse_packets = 1 + below(state, 20000);
    flow.reverse_octets = flow.reverse_packets * (40 + below(state, 1400));
    flow.end_ms = export_ms - (int64_t)below(state, 15000) - 1;
    flow.start_ms = flow.end_ms - (int64_t)below(state, 60000);
    flow.tos = (uint8_t)(below(state, 64) << 2);
    flow.src_mask = (uint8_t)(family == 4 ? 8 + below(state, 25) : 32 + below(state, 33));
    flow.dst_mask = (uint8_t)(family == 4 ? 8 + below(state, 25) : 32 + below(state, 33));
    flow.end_reason = (uint8_t)(1 + below(state, 5));
    flow.vlan = (uint16_t)(1 + below(state, 4094));
    flow.in_vrf = 1 + below(state, 60);
    flow.out_vrf = 1 + below(state, 60);
    find_way(&flow);
    flow.application_id = 0x03000000u + below(state, 0xffff);
    return flow;
}

GeneratedSession *
session_new(const Shape *shape, uint16_t port)
{
    GeneratedSession *self = g_new0(GeneratedSession, 1);

    *self = (GeneratedSession){
        .shape = shape->name, .protocol = shape->protocol, .domain = shape->domain, .port = port
    };
    self->datagrams = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    self->records = g_array_new(FALSE, TRUE, sizeof(GeneratedRecord));
    self->fields = g_array_new(FALSE, TRUE, sizeof(GeneratedField));
    self->values = g_byte_array_new();
    return self;
}

void
generated_session_free(GeneratedSession *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->datagrams);
    g_array_unref(self->records);
    g_array_unref(self->fields);
    g_byte_array_unref(self->values);
    g_free(self);
}

GeneratedRecord *
session_add_record(GeneratedSession *self, uint16_t template_id, bool is_options)
{
    GeneratedRecord record = { .template_id = template_id,
                               .is_options = is_options,
                               .first_field = self->fields->len };

    if (is_options)
        self->n_options_records++;
    else
        self->n_flows++;
    g_array_append_val(self->records, record);
    return &g_array_index(self->records, GeneratedRecord, self->records->len - 1);
}

void
session_add_field(GeneratedSession *self, GeneratedRecord *record, uint32_t pen, uint16_t id,
                  const uint8_t *bytes, size_t length)
{
    GeneratedField field = { .pen = pen, .id = id, .length = (uint16_t)length, .at = self->values->len };

    g_byte_array_append(self->values, bytes, (guint)length);
    g_array_append_val(self->fields, field);
    record->n_fields++;
}

void
session_add_datagram(GeneratedSession *self, GByteArray *bytes)
{
    g_ptr_array_add(self->datagrams, g_byte_array_free_to_bytes(bytes));
}

GeneratedSession *
generator_make(const char *name, uint64_t seed, uint32_t records)
{
    const Shape *shape = shape_find(name);

    if (shape == NULL)
        return NULL;
    switch (shape->protocol) {
    case PROTOCOL_NETFLOW9:
    case PROTOCOL_IPFIX:
        return make_templated(shape, seed, records);
    case PROTOCOL_SFLOW:
        return make_sflow(shape, seed, records);
    default:
        return make_legacy(shape, seed, records);
    }
}
