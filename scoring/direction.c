/* SPDX-License-Identifier: GPL-3.0-or-later */
/* direction.c - see direction.h */
#include "scoring/direction.h"

enum {
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_ACK = 0x10,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_ICMP6 = 58
};
enum {
    EPHEMERAL_FROM = 32768,
    ETHERNET_IP = 44818,
    ICMP_ECHO = 8,
    ICMP_ECHO_REPLY = 0,
    ICMP6_ECHO = 128,
    ICMP6_ECHO_REPLY = 129
};

/* From 1024 to EPHEMERAL_FROM; ports that something listens on and that systems do not hand out to clients.
 * Sorted. */
static const uint16_t service_ports[] = {
    1080, 1194, 1433, 1521, 1701, 1723, 1812, 1813, 1883, 2049,  2055,  2083,  2087,  2222,  2404, 3000, 3128,
    3268, 3306, 3389, 3478, 4343, 4443, 4500, 4739, 5000, 5060,  5061,  5222,  5223,  5228,  5432, 5671, 5672,
    5900, 5985, 5986, 6343, 6379, 6443, 6514, 6881, 7000, 7547,  8000,  8008,  8043,  8080,  8081, 8088, 8089,
    8443, 8883, 8888, 9000, 9090, 9100, 9200, 9418, 9443, 10051, 10443, 11211, 19302, 20000, 27017
};

static uint8_t
icmp_bits(const FlowRecord *flow, bool from_low)
{
    uint8_t type = flow->icmp_type != 0 ? flow->icmp_type : (uint8_t)(flow->dst_port >> 8);
    uint8_t ask = flow->protocol == PROTOCOL_ICMP ? ICMP_ECHO : ICMP6_ECHO;
    uint8_t reply = flow->protocol == PROTOCOL_ICMP ? ICMP_ECHO_REPLY : ICMP6_ECHO_REPLY;

    if (type == ask)
        return from_low ? DIRECTION_LOW_SYN : DIRECTION_HIGH_SYN;
    if (type == reply)
        return from_low ? DIRECTION_HIGH_SYN : DIRECTION_LOW_SYN;
    return 0;
}

uint8_t
direction_bits(const FlowRecord *flow, bool from_low)
{
    uint8_t bits = from_low ? DIRECTION_LOW_SEEN : DIRECTION_HIGH_SEEN;

    if (flow->has_initiator)
        bits |= from_low ? DIRECTION_LOW_SAID : DIRECTION_HIGH_SAID;
    else if (flow->has_reverse)
        bits |= from_low ? DIRECTION_LOW_BIFLOW : DIRECTION_HIGH_BIFLOW;
    if (flow->protocol == PROTOCOL_ICMP || flow->protocol == PROTOCOL_ICMP6)
        return bits | icmp_bits(flow, from_low);
    if (flow->protocol != PROTOCOL_TCP || (flow->tcp_flags & TCP_SYN) == 0)
        return bits;
    if ((flow->tcp_flags & TCP_ACK) == 0)
        return bits | (from_low ? DIRECTION_LOW_SYN : DIRECTION_HIGH_SYN);
    /* The bare answer to a SYN: only a server sends a first packet like this (seen with sampling, or in
     * scans). */
    if ((flow->tcp_flags & 0x3f) == (TCP_SYN | TCP_ACK) && flow->packets == 1)
        return bits | (from_low ? DIRECTION_HIGH_SYN : DIRECTION_LOW_SYN);
    return bits;
}

bool
direction_is_service_port(uint8_t protocol, uint16_t port)
{
    size_t low = 0, high = G_N_ELEMENTS(service_ports);

    if (port < 1024)
        return port != 0;
    if (port >= EPHEMERAL_FROM) /* of the two ports of most conversations one: not worth a search */
        return port == ETHERNET_IP;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (service_ports[middle] == port)
            return true;
        if (service_ports[middle] < port)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* What two opposed bits say: exactly one of them set decides. */
static Initiator
by_bits(const DirectionView *view, uint8_t low_bit, uint8_t high_bit)
{
    bool low = (view->bits & low_bit) != 0, high = (view->bits & high_bit) != 0;

    if (low == high)
        return INITIATOR_UNKNOWN;
    return low == view->asset_is_low ? INITIATOR_ASSET : INITIATOR_FAR;
}

/* One true: that side answers, so the other one called. */
static Initiator
by_answer(bool asset_answers, bool far_answers)
{
    if (asset_answers == far_answers)
        return INITIATOR_UNKNOWN;
    return asset_answers ? INITIATOR_FAR : INITIATOR_ASSET;
}

static Initiator
by_first_packet(const DirectionView *view)
{
    if (view->asset_start_ms == 0 || view->far_start_ms == 0 || view->asset_start_ms == view->far_start_ms)
        return INITIATOR_UNKNOWN;
    return view->asset_start_ms < view->far_start_ms ? INITIATOR_ASSET : INITIATOR_FAR;
}

Initiator
direction_judge(const DirectionView *view, Certainty *certainty)
{
    Initiator said = by_bits(view, DIRECTION_LOW_SAID, DIRECTION_HIGH_SAID);

    *certainty = CERTAINTY_SURE;
    if (said != INITIATOR_UNKNOWN)
        return said;
    said = by_bits(view, DIRECTION_LOW_SYN, DIRECTION_HIGH_SYN);
    if (said != INITIATOR_UNKNOWN)
        return said;
    *certainty = CERTAINTY_LIKELY;
    bool asset_service = direction_is_service_port(view->protocol, view->asset_port);
    bool far_service = direction_is_service_port(view->protocol, view->far_port);
    /* Beside a service's port one that systems hand out to clients is a client's: EtherNet/IP's is the only
     * such, and among the polls of a day some come from it by chance. */
    if (asset_service && far_service) {
        asset_service = view->asset_port < EPHEMERAL_FROM;
        far_service = view->far_port < EPHEMERAL_FROM;
    }
    /* Clients use any port above 1023, those of some services among them. */
    if (view->asset_port_served && (view->far_port >= 1024 || !far_service))
        return INITIATOR_FAR;
    said = by_answer(asset_service, far_service);
    if (said != INITIATOR_UNKNOWN)
        return said;
    said = by_bits(view, DIRECTION_LOW_BIFLOW, DIRECTION_HIGH_BIFLOW);
    if (said != INITIATOR_UNKNOWN)
        return said;
    said = by_first_packet(view);
    if (said != INITIATOR_UNKNOWN)
        return said;
    said = by_answer(view->asset_port < EPHEMERAL_FROM, view->far_port < EPHEMERAL_FROM);
    if (said != INITIATOR_UNKNOWN && view->asset_port != 0 && view->far_port != 0)
        return said;
    *certainty = CERTAINTY_NONE;
    return INITIATOR_UNKNOWN;
}

bool
service_ports_has(const ServicePort ports[SERVICE_PORTS], uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; i < SERVICE_PORTS; i++)
        if (ports[i].port == port && ports[i].protocol == protocol)
            return ports[i].count >= SERVICE_SURE;
    return false;
}

void
service_ports_learn(ServicePort ports[SERVICE_PORTS], uint8_t protocol, uint16_t port, uint32_t far)
{
    size_t least = 0;

    for (size_t i = 0; i < SERVICE_PORTS; i++) {
        if (ports[i].port == port && ports[i].protocol == protocol) {
            if (ports[i].last_far != far && ports[i].count < UINT8_MAX)
                ports[i].count++;
            ports[i].last_far = far;
            return;
        }
        if (ports[i].count < ports[least].count)
            least = i;
    }
    /* A port used once or twice (a client's own) makes way; a service that is proven loses a little at a
     * time. */
    if (ports[least].count < SERVICE_SURE)
        ports[least] = (ServicePort){ .port = port, .protocol = protocol, .count = 1, .last_far = far };
    else
        ports[least].count--;
}
