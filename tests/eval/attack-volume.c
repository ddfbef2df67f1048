/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attack-volume.c - data that goes where it should not, and floods; see attack.h */
#include "tests/eval/attack.h"

static const uint8_t stores[] = { HOST_DATABASE, HOST_FILES, HOST_APP, HOST_MAIL, HOST_DESK, N_HOST_ROLES };
static const uint8_t desks[] = { HOST_DESK, N_HOST_ROLES };
static const uint8_t doors[] = { HOST_WEB, HOST_DNS, HOST_MAIL, N_HOST_ROLES };
static const uint8_t weak[] = { HOST_CAMERA, HOST_PRINTER, HOST_DESK, HOST_WEB, N_HOST_ROLES };

void
attack_exfil_burst(Attack *self)
{
    uint32_t asset = attack_victim(self, stores), far = attack_far(self, .3);
    Draw *draw = &self->draw;
    int64_t at = self->start_ms;

    for (int i = 0; i < 3; i++, at += 20 * MINUTE_MS)
        attack_talk(self, asset, far, 443, at, draw_amount(draw, 600, .4), draw_amount(draw, 6e8, .5), 5e6);
}

void
attack_exfil_slow(Attack *self)
{
    uint32_t asset = attack_victim(self, stores), far = attack_far(self, .3);
    Draw *draw = &self->draw;

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(draw, 3600) * 1000))
        attack_talk(self, asset, far, 443, at, draw_amount(draw, 120, .6), draw_amount(draw, 6e6, .6), 6e4);
}

/* One desk draws from the stores what it never needed. */
void
attack_hoarding(Attack *self)
{
    const Network *network = self->traffic->network;
    uint32_t asset = attack_victim(self, desks);
    Draw *draw = &self->draw;

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(draw, 500) * 1000)) {
        uint32_t from = network_host(network, HOST_FILES, draw_below(draw, 99))->address;
        attack_note_far(self, from);
        attack_talk(self, asset, from, 445, at, draw_amount(draw, 200, .6), 2e6,
                    draw_amount(draw, 1.2e8, .7));
    }
}

void
attack_flood_in(Attack *self)
{
    uint32_t asset = attack_victim(self, doors);
    Draw *draw = &self->draw;

    for (int i = 0; i < 1500; i++)
        attack_far(self, .9);
    for (uint32_t n = (uint32_t)(8000 * self->intensity); n > 0; n--) {
        Talk talk = { .a = g_array_index(self->far, uint32_t, draw_below(draw, self->far->len)),
                      .b = asset,
                      .protocol = PROTOCOL_UDP,
                      .b_port = (uint16_t)(1 + draw_below(draw, 60000)),
                      .start_ms = self->start_ms + (int64_t)(draw_uniform(draw) * 600000),
                      .seconds = 5 * draw_uniform(draw),
                      .out_octets = 5e4 + 5e4 * draw_uniform(draw),
                      .unanswered = true,
                      .chance = draw_u64(draw) };
        traffic_add(self->traffic, &talk);
    }
}

void
attack_flood_out(Attack *self)
{
    uint32_t asset = attack_victim(self, weak), far = attack_far(self, .5);
    Draw *draw = &self->draw;

    for (uint32_t n = (uint32_t)(3000 * self->intensity); n > 0; n--) {
        Talk talk = { .a = asset,
                      .b = far,
                      .protocol = PROTOCOL_UDP,
                      .b_port = (uint16_t)(1 + draw_below(draw, 60000)),
                      .start_ms = self->start_ms + (int64_t)(draw_uniform(draw) * 600000),
                      .seconds = 5 * draw_uniform(draw),
                      .out_octets = 2e5 + 3e5 * draw_uniform(draw),
                      .unanswered = true,
                      .chance = draw_u64(draw) };
        traffic_add(self->traffic, &talk);
    }
}
