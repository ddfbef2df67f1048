/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tiers.c - conversations that bring others about: balancers, applications, mail that is passed on, staff
 * that come in through the gate; see benign.h
 *
 * What goes in comes out again at the same time with about the same bytes, and a log-in from a home line is
 * followed by connections inside: neither says anything by itself.
 */
#include "tests/eval/benign.h"

enum { TIERS = 400, TCP = PROTOCOL_TCP, UDP = PROTOCOL_UDP };

static void
visit(Traffic *traffic, uint32_t balancer, uint32_t day, Draw *draw)
{
    const Network *network = traffic->network;
    uint64_t line =
        draw_uniform(draw) < 0.3 ? draw_u64(draw) : draw_hash(network->seed, TIERS, draw_below(draw, 300), 0);
    Talk talk = { .a = network_far_address(
                      network, draw_uniform(draw) < .75 ? ACCESS_RESIDENTIAL : ACCESS_MOBILE, line),
                  .b = balancer,
                  .protocol = TCP,
                  .b_port = 443,
                  .start_ms = calendar_time(traffic->calendar, RHYTHM_HOME, day, draw_uniform(draw)),
                  .seconds = draw_amount(draw, 5, 1),
                  .out_octets = draw_amount(draw, 2e3, 1),
                  .in_octets = draw_amount(draw, 4e4, 1.5),
                  .chance = draw_u64(draw) };
    traffic_add_usual(traffic, &talk);

    uint32_t web = network_host(network, HOST_WEB, draw_below(draw, 1000))->address;
    talk.a = balancer, talk.b = web, talk.chance = draw_u64(draw);
    talk.start_ms += 2 + draw_below(draw, 20);
    talk.out_octets *= 1 + 0.03 * draw_uniform(draw);
    talk.in_octets *= 1 - 0.03 * draw_uniform(draw);
    traffic_add_usual(traffic, &talk);
    if (draw_uniform(draw) > 0.5)
        return;
    uint32_t app = network_host(network, HOST_APP, draw_below(draw, 1000))->address;
    talk.a = web, talk.b = app, talk.b_port = 8080, talk.chance = draw_u64(draw);
    talk.start_ms += 5 + draw_below(draw, 60);
    talk.in_octets *= 0.2 + 0.8 * draw_uniform(draw);
    traffic_add_usual(traffic, &talk);
    if (draw_uniform(draw) > 0.4)
        return;
    /* A database moves to another host one day. */
    uint32_t moved = day >= traffic->calendar->learn_days + 5 && app % 3 == 0;
    talk.a = app, talk.b = network_host(network, HOST_DATABASE, app % 7 + moved)->address;
    talk.b_port = 5432, talk.chance = draw_u64(draw);
    talk.start_ms += 2 + draw_below(draw, 30);
    talk.in_octets *= 0.9 + 0.2 * draw_uniform(draw);
    traffic_add_usual(traffic, &talk);
}

/* Mail for people who have it sent on. */
static void
forward(Traffic *traffic, uint32_t mail, uint32_t day, Draw *draw)
{
    const Network *network = traffic->network;
    uint64_t from = draw_hash(network->seed, TIERS, 1, draw_below(draw, 60));
    Talk talk = { .a = network_far_address(network, ACCESS_HOSTING, from),
                  .b = mail,
                  .protocol = TCP,
                  .b_port = 25,
                  .start_ms = calendar_time(traffic->calendar, RHYTHM_OFFICE, day, draw_uniform(draw)),
                  .seconds = draw_amount(draw, 3, .7),
                  .out_octets = draw_amount(draw, 3e4, 1.5),
                  .in_octets = 1200,
                  .chance = draw_u64(draw) };
    traffic_add_usual(traffic, &talk);
    talk.a = mail;
    talk.b = network_far_address(network, ACCESS_HOSTING,
                                 draw_hash(network->seed, TIERS, 2, draw_below(draw, 25)));
    talk.start_ms += (int64_t)(talk.seconds * 1000) + draw_below(draw, 3000);
    talk.out_octets *= 1.02;
    talk.chance = draw_u64(draw);
    traffic_add_usual(traffic, &talk);
}

static uint32_t
target_inside(const Network *network, uint64_t staff, Draw *draw, uint16_t *port)
{
    double kind = draw_uniform(draw);

    if (kind < .4) {
        *port = 3389; /* his own desk */
        return network_host(network, HOST_DESK, (uint32_t)(staff >> 8))->address;
    }
    *port = kind < .7 ? 445 : 443;
    return kind < .7 ? network_host(network, HOST_FILES, draw_below(draw, 9))->address
                     : network_host(network, HOST_APP, draw_below(draw, 9))->address;
}

/* Somebody of the staff comes in from home, from the road now and then, and goes on inside. */
static void
come_in(Traffic *traffic, uint32_t gate, uint32_t day, Draw *draw)
{
    const Network *network = traffic->network;
    uint64_t staff = draw_hash(network->seed, TIERS + 1, gate, draw_below(draw, 18));
    bool on_the_road = draw_uniform(draw) < 0.12;
    uint64_t line = on_the_road ? draw_u64(draw) : draw_hash(staff, (day + staff % 12) / 12, 0, 0);
    double hours = MIN(9, draw_amount(draw, 1.2, .9));
    Talk talk = { .a = network_far_address(network, on_the_road ? ACCESS_MOBILE : ACCESS_RESIDENTIAL, line),
                  .b = gate,
                  .protocol = UDP,
                  .b_port = 4500,
                  .start_ms = calendar_time(traffic->calendar, RHYTHM_OFFICE, day, draw_uniform(draw)),
                  .seconds = hours * 3600,
                  .alive_s = 20,
                  .alive_octets = 90,
                  .bursts = (uint32_t)(hours * 60) + 1,
                  .out_octets = draw_amount(draw, 3e6, 1.1),
                  .in_octets = draw_amount(draw, 2e7, 1.1),
                  .chance = draw_u64(draw) };
    traffic_add_usual(traffic, &talk);
    for (uint32_t i = draw_below(draw, 4); i > 0; i--) {
        Talk inner = { .a = gate,
                       .protocol = TCP,
                       .start_ms = talk.start_ms + (int64_t)(draw_exponential(draw, 400) * 1000),
                       .seconds = draw_amount(draw, 600, 1),
                       .out_octets = draw_amount(draw, 1e5, 1.2),
                       .in_octets = draw_amount(draw, 2e6, 1.2),
                       .chance = draw_u64(draw) };
        inner.b = target_inside(network, staff, draw, &inner.b_port);
        traffic_add_usual(traffic, &inner);
    }
}

typedef void (*Act)(Traffic *traffic, uint32_t host, uint32_t day, Draw *draw);

static void
act(Traffic *traffic, Act what, HostRole role, Rhythm rhythm, double per_day, uint32_t day)
{
    const Network *network = traffic->network;
    double factor = calendar_day_factor(traffic->calendar, rhythm, day);

    for (uint32_t i = 0; i < network->count[role]; i++) {
        const Host *host = &network->hosts[network->first[role] + i];
        Draw draw = draw_from(network->seed, TIERS + role, i, day);
        for (uint32_t n = draw_poisson(&draw, per_day * factor * host->activity); n > 0; n--)
            what(traffic, host->address, day, &draw);
    }
}

void
tiers_add_day(Traffic *traffic, uint32_t day)
{
    const Network *network = traffic->network;

    act(traffic, visit, HOST_BALANCER, RHYTHM_HOME,
        40.0 * network->count[HOST_WEB] / network->count[HOST_BALANCER], day);
    act(traffic, forward, HOST_MAIL, RHYTHM_OFFICE, 12, day);
    act(traffic, come_in, HOST_VPN, RHYTHM_OFFICE, 9, day);
}
