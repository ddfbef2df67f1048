/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attack-outside.c - intruders that keep a connection to somewhere outside; see attack.h */
#include "tests/eval/attack.h"

static const uint8_t servers[] = { HOST_WEB,       HOST_APP,       HOST_DATABASE, HOST_FILES,
                                   HOST_DIRECTORY, HOST_HISTORIAN, HOST_LOGS,     N_HOST_ROLES };
static const uint8_t anybody[] = { HOST_DESK,  HOST_DESK,      HOST_WEB,    HOST_APP,
                                   HOST_FILES, HOST_DIRECTORY, HOST_CAMERA, N_HOST_ROLES };
/* Where FRP, Earthworm and their like call (8080, 8443, 8043, 8000, 10443, 7000). */
static const uint16_t odd_ports[] = { 443, 443, 8443, 8080, 8000, 8043, 10443, 7000 };

static uint16_t
odd_port(Attack *self)
{
    return odd_ports[draw_below(&self->draw, G_N_ELEMENTS(odd_ports))];
}

void
attack_residential_path(Attack *self)
{
    uint32_t asset = attack_victim(self, servers), far = attack_far(self, 1);
    uint16_t port = odd_port(self);
    Draw *draw = &self->draw;

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(draw, 900) * 1000))
        attack_talk(self, asset, far, port, at, draw_amount(draw, 30, 1), draw_amount(draw, 2e4, 1.2),
                    draw_amount(draw, 6e3, 1));
}

void
attack_quiet_long(Attack *self)
{
    uint32_t asset = attack_victim(self, servers), far = attack_far(self, .6);
    uint16_t port = odd_port(self);
    Draw *draw = &self->draw;

    for (int64_t at = self->start_ms; at < self->until_ms;) {
        double seconds = MIN(draw_amount(draw, 9 * 3600, .4), (double)(self->until_ms - at) / 1000);
        Talk talk = { .a = asset,
                      .b = far,
                      .protocol = PROTOCOL_TCP,
                      .b_port = port,
                      .start_ms = at,
                      .seconds = seconds,
                      .alive_s = 30,
                      .alive_octets = 60,
                      .bursts = (uint32_t)(seconds / 3600) + 1,
                      .chance = draw_u64(draw) };
        talk.out_octets = 3e4 * attack_strength(self, at) * talk.bursts;
        talk.in_octets = 4e3 * attack_strength(self, at) * talk.bursts;
        traffic_add(self->traffic, &talk);
        at += (int64_t)((seconds + draw_exponential(draw, 60)) * 1000);
    }
}

/* Calls every @period seconds less up to @jitter of it; @by_phase: on a clock that does not drift. */
static void
beacon(Attack *self, double period, double jitter, bool by_phase)
{
    uint32_t asset = attack_victim(self, anybody), far = attack_far(self, .3);
    uint16_t port = odd_port(self);
    Draw *draw = &self->draw;
    double size = draw_amount(draw, 700, .4), answer = draw_amount(draw, 400, .4), at = 0;

    for (uint32_t n = 0; at * 1000 < (double)(self->until_ms - self->start_ms); n++) {
        int64_t ms = self->start_ms + (int64_t)(at * 1000);
        bool has_work = draw_uniform(draw) < 0.03;
        attack_talk(self, asset, far, port, ms, draw_amount(draw, .4, .5),
                    has_work ? draw_amount(draw, 3e4, 1) : size * (1 + .03 * draw_normal(draw)),
                    has_work ? draw_amount(draw, 9e3, 1) : answer);
        at = by_phase ? (n + 1) * period + jitter * period * (draw_uniform(draw) - .5)
                      : at + period * (1 - jitter * draw_uniform(draw));
    }
}

void
attack_beacon_fixed(Attack *self)
{
    double period = exp(log(60) + draw_uniform(&self->draw) * log(15));

    beacon(self, period, 0.05 * draw_uniform(&self->draw), true);
}

void
attack_beacon_jitter(Attack *self)
{
    double period = 300 + 1500 * draw_uniform(&self->draw);

    beacon(self, period, 0.2 + 0.3 * draw_uniform(&self->draw), false);
}

void
attack_beacon_sparse(Attack *self)
{
    uint32_t a_day = 1 + draw_below(&self->draw, 4);

    beacon(self, 86400.0 / a_day, 600.0 / 86400 * a_day, true);
}

/* A pair that met when the records began, and long after meets again. */
void
attack_awakened(Attack *self)
{
    uint32_t asset = attack_victim(self, servers), far = attack_far(self, .5);
    uint16_t port = odd_port(self);
    Draw *draw = &self->draw;
    int64_t before = self->start_ms;

    self->start_ms = self->traffic->calendar->begin_ms;
    for (int i = 0; i < 10; i++)
        attack_talk(self, asset, far, port, self->start_ms + (int64_t)(draw_uniform(draw) * 1.5 * DAY_MS),
                    draw_amount(draw, 60, 1), draw_amount(draw, 2e4, 1.2), draw_amount(draw, 6e3, 1));
    self->start_ms = before;
    for (int64_t at = before; at < self->until_ms; at += (int64_t)(draw_exponential(draw, 5000) * 1000))
        attack_talk(self, asset, far, port, at, draw_amount(draw, 60, 1), draw_amount(draw, 2e4, 1.2),
                    draw_amount(draw, 6e3, 1));
}

void
attack_listed(Attack *self)
{
    uint32_t asset = attack_victim(self, anybody), far = attack_far(self, .4);
    Draw *draw = &self->draw;

    g_string_append_printf(self->listed, "%u.%u.%u.%u\n", far >> 24, far >> 16 & 255, far >> 8 & 255,
                           far & 255);
    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(draw, 9000) * 1000))
        attack_talk(self, asset, far, 443, at, draw_amount(draw, 20, 1), draw_amount(draw, 5e3, 1),
                    draw_amount(draw, 2e4, 1));
}
