/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ways.c - see ways.h */
#include "tests/eval/ways.h"

enum { INSIDE_IF = 1, PLANT_IF = 3, CORE_VLANS = 100, PLANT_VLANS = 10 };

static const struct {
    uint8_t router;
    uint16_t interface;
    uint32_t next_hop;
} exits[3] = { { ROUTER_WEST, 10, 0xf0c80001 },
               { ROUTER_EAST, 20, 0xf0c80101 },
               { ROUTER_EAST, 21, 0xf0c80201 } };

/* The event that decides about this way, the latest one; those about a single host come before others. */
static const WayEvent *
event_for(const Traffic *traffic, uint32_t host, const FarNetwork *far, uint8_t way, int64_t ms)
{
    const WayEvent *found = NULL;

    for (guint i = 0; i < traffic->way_events->len; i++) {
        const WayEvent *event = &g_array_index(traffic->way_events, WayEvent, i);
        if (ms < event->from_ms || ms >= event->until_ms || (event->host != 0 && event->host != host))
            continue;
        if (event->asn != 0 ? event->asn != far->asn
                            : event->way != way || far->asn * 37 % 100 >= event->share)
            continue;
        if (found == NULL || found->host == 0)
            found = event;
    }
    return found;
}

uint8_t
ways_out(const Traffic *traffic, uint32_t far_address, int64_t ms)
{
    const FarNetwork *far = network_far(traffic->network, far_address);
    const WayEvent *event = event_for(traffic, 0, far, far->way, ms);

    return event != NULL && event->to_way >= 0 ? (uint8_t)event->to_way : far->way;
}

static uint16_t
core_interface(const Host *host)
{
    return host->site == SITE_PLANT ? PLANT_IF : (uint16_t)(CORE_VLANS + (host->address >> 16 & 15));
}

/* Inside @inside, outside @outside; @towards: the inside opened it. */
static uint32_t
ways_outside(const Traffic *traffic, uint32_t inside, uint32_t outside, bool is_a_inside, int64_t ms,
             Way *out)
{
    const FarNetwork *far = network_far(traffic->network, outside);
    const Host *host = network_find(traffic->network, inside);
    uint8_t way = ways_out(traffic, outside, ms);
    const WayEvent *event = event_for(traffic, inside, far, far->way, ms);
    Way border = { .router = exits[way].router,
                   .a_if = INSIDE_IF,
                   .b_if = exits[way].interface,
                   .hop_to_b = exits[way].next_hop,
                   .hop_to_a = 0x0a1f0001u + way,
                   .a_as = OWN_AS,
                   .b_as = far->asn };
    uint32_t n = 1;

    if (event != NULL && event->out_if != 0)
        border.b_if = event->out_if;
    if (event != NULL && event->next_hop != 0)
        border.hop_to_b = event->next_hop;
    out[0] = border;
    if (host != NULL && host->site != SITE_CENTRE) {
        out[1] = (Way){ .router = host->site == SITE_PLANT ? ROUTER_PLANT : ROUTER_CORE,
                        .a_if = host->site == SITE_PLANT ? PLANT_VLANS : core_interface(host),
                        .b_if = INSIDE_IF,
                        .hop_to_b = 0x0a1f0101,
                        .a_as = OWN_AS,
                        .b_as = far->asn };
        n = 2;
    }
    for (uint32_t i = 0; i < n && !is_a_inside; i++)
        out[i] = (Way){ out[i].router,   out[i].b_if, out[i].a_if, out[i].hop_to_b,
                        out[i].hop_to_a, out[i].b_as, out[i].a_as };
    return n;
}

static uint32_t
ways_inside(const Host *a, const Host *b, Way *out)
{
    bool a_plant = a != NULL && a->site == SITE_PLANT, b_plant = b != NULL && b->site == SITE_PLANT;
    uint32_t n = 0;

    if (!a_plant || !b_plant)
        out[n++] = (Way){ .router = ROUTER_CORE,
                          .a_if = a != NULL ? core_interface(a) : INSIDE_IF,
                          .b_if = b != NULL ? core_interface(b) : INSIDE_IF,
                          .hop_to_a = a_plant ? 0x0a1f0201 : 0,
                          .hop_to_b = b_plant ? 0x0a1f0201 : 0 };
    if (a_plant || b_plant)
        out[n++] = (Way){ .router = ROUTER_PLANT,
                          .a_if = a_plant ? PLANT_VLANS + 1 : INSIDE_IF,
                          .b_if = b_plant ? PLANT_VLANS + 2 : INSIDE_IF,
                          .hop_to_a = a_plant ? 0 : 0x0a1f0101,
                          .hop_to_b = b_plant ? 0 : 0x0a1f0101 };
    return n;
}

uint32_t
ways_of(const Traffic *traffic, uint32_t a, uint32_t b, int64_t ms, Way out[WAYS_MOST])
{
    bool a_inside = network_is_inside(a), b_inside = network_is_inside(b);

    if (a_inside && b_inside)
        return ways_inside(network_find(traffic->network, a), network_find(traffic->network, b), out);
    if (a_inside)
        return ways_outside(traffic, a, b, true, ms, out);
    return ways_outside(traffic, b, a, false, ms, out);
}
