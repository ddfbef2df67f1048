/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attack-router.c - intruders in the routers themselves, and in what those tell; see attack.h */
#include "tests/eval/attack.h"

static const uint8_t routers[] = { HOST_ROUTER, N_HOST_ROLES };
static const uint8_t callers[] = { HOST_MAIL, HOST_DNS, HOST_APP, N_HOST_ROLES };

/* Packets copied through a tunnel. */
static void
keep_tunnel(Attack *self, uint32_t asset)
{
    Talk talk = { .a = asset,
                  .b = attack_far(self, .3),
                  .protocol = PROTOCOL_GRE,
                  .start_ms = self->start_ms,
                  .seconds = (double)(self->until_ms - self->start_ms) / 1000,
                  .out_octets = 3e8 * self->intensity,
                  .in_octets = 3e6,
                  .chance = draw_u64(&self->draw) };

    traffic_add(self->traffic, &talk);
}

/* A second shell on a high port. */
static void
log_in(Attack *self, uint32_t asset)
{
    uint32_t from = attack_far(self, .7);
    uint16_t port = (uint16_t)(50000 + draw_below(&self->draw, 9000));

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(&self->draw, 5000) * 1000))
        attack_talk(self, from, asset, port, at, draw_amount(&self->draw, 400, .7), 3e4, 2e5);
}

/* Configurations are sent away. */
static void
send_away(Attack *self, uint32_t asset)
{
    uint32_t to = attack_far(self, .5);

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(&self->draw, 9000) * 1000)) {
        Talk talk = { .a = asset,
                      .b = to,
                      .protocol = PROTOCOL_UDP,
                      .b_port = 69,
                      .start_ms = at,
                      .seconds = 20,
                      .out_octets = draw_amount(&self->draw, 9e4, .5),
                      .in_octets = 4e3,
                      .chance = draw_u64(&self->draw) };
        traffic_add(self->traffic, &talk);
    }
}

/* Who may log in is asked elsewhere. */
static void
ask_elsewhere(Attack *self, uint32_t asset)
{
    const Network *network = self->traffic->network;
    uint32_t to = network_host(network, HOST_APP, draw_below(&self->draw, 99))->address;

    attack_note_asset(self, to);
    attack_note_far(self, to);
    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(&self->draw, 4000) * 1000))
        attack_talk(self, asset, to, 49, at, .3, draw_amount(&self->draw, 900, .2),
                    draw_amount(&self->draw, 700, .2));
}

void
attack_router_endpoint(Attack *self)
{
    static void (*const ways[])(Attack * attack, uint32_t asset) = { keep_tunnel, log_in, send_away,
                                                                     ask_elsewhere };
    uint32_t asset = attack_victim(self, routers);

    ways[draw_below(&self->draw, G_N_ELEMENTS(ways))](self, asset);
}

/* What an asset sends into the busiest hoster leaves by another interface. */
void
attack_egress_change(Attack *self)
{
    const Network *network = self->traffic->network;
    const FarNetwork *far = NULL;

    for (size_t i = 0; i < FAR_NETWORKS; i++)
        if (network->far[i].access == ACCESS_HOSTING && (far == NULL || network->far[i].weight > far->weight))
            far = &network->far[i];
    WayEvent event = { .from_ms = self->start_ms,
                       .until_ms = self->until_ms,
                       .host = attack_victim(self, callers),
                       .asn = far->asn,
                       .to_way = -1,
                       .out_if = 77,
                       .next_hop = 0xf0c90001 };
    self->far_network = far->base;
    g_array_append_val(self->traffic->way_events, event);
}

static void
fault(Attack *self, RouterFault what, uint32_t factor)
{
    const Network *network = self->traffic->network;
    /* The plant's v5 has no templates. */
    RouterEvent event = { .from_ms = self->start_ms,
                          .until_ms = self->until_ms,
                          .router = (uint8_t)draw_below(&self->draw, ROUTER_PLANT),
                          .fault = (uint8_t)what,
                          .factor = factor };

    self->exporter = network_host(network, HOST_ROUTER, event.router)->address;
    attack_note_asset(self, self->exporter);
    g_array_append_val(self->traffic->router_events, event);
}

void
attack_exporter_silent(Attack *self)
{
    fault(self, FAULT_SILENT, 0);
}

void
attack_exporter_thinned(Attack *self)
{
    fault(self, FAULT_THINNED, (uint32_t)(1 + 4 * self->intensity));
}

void
attack_exporter_template(Attack *self)
{
    fault(self, FAULT_TEMPLATE, 0);
}
