/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attack-inside.c - intruders that come in, pass through, look round and go on; see attack.h */
#include "tests/eval/attack.h"

static const uint8_t footholds[] = { HOST_DESK, HOST_DESK, HOST_WEB, HOST_APP, HOST_FILES, N_HOST_ROLES };
static const uint8_t open_servers[] = { HOST_WEB, HOST_APP, HOST_MAIL, HOST_FILES, N_HOST_ROLES };
static const uint8_t gates[] = { HOST_VPN, HOST_JUMP, N_HOST_ROLES };
static const uint8_t admin_targets[] = { HOST_WEB,       HOST_APP,    HOST_DATABASE, HOST_FILES,
                                         HOST_DIRECTORY, HOST_BACKUP, HOST_DESK,     N_HOST_ROLES };
static const uint8_t machines[] = { HOST_PLC, HOST_PLC, HOST_SCADA, N_HOST_ROLES };
static const uint16_t admin_ports[] = { 22, 3389, 445, 5985, 135 };
static const uint16_t machine_ports[] = { 502, 102, 20000, 2404, 44818 };

/* A target that is no victim of its own; an alert may be about it as well. */
static uint32_t
target(Attack *self, const uint8_t *roles)
{
    const Network *network = self->traffic->network;
    uint32_t n = 0;

    while (roles[n] != N_HOST_ROLES)
        n++;
    HostRole role = (HostRole)roles[draw_below(&self->draw, n)];
    uint32_t address = network_host(network, role, draw_below(&self->draw, network->count[role]))->address;
    attack_note_asset(self, address);
    attack_note_far(self, address);
    return address;
}

/* Bytes in at one side, out at the other, with padding; clocks and ways make them a little late. */
void
attack_relay(Attack *self)
{
    uint32_t asset = attack_victim(self, open_servers), from = attack_far(self, 1), to = attack_far(self, .5);
    uint16_t port_in =
        draw_uniform(&self->draw) < .5 ? 443 : (uint16_t)(30000 + draw_below(&self->draw, 20000));
    Draw *draw = &self->draw;

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(draw, 700) * 1000)) {
        double seconds = draw_amount(draw, 60, 1), out = draw_amount(draw, 3e4, 1.3),
               in = draw_amount(draw, 2e5, 1.3);
        double padding = 1 + 0.3 * draw_uniform(draw);
        attack_talk(self, from, asset, port_in, at, seconds, out, in);
        attack_talk(self, asset, to, 443, at + 50 + draw_below(draw, 900),
                    seconds * (1 + .02 * draw_uniform(draw)), out * padding, in / padding);
    }
}

/* A port proxy: something new listens, and there is a leg behind it. */
void
attack_new_service(Attack *self)
{
    static const uint16_t legs[] = { 3389, 445, 22 };
    uint32_t asset = attack_victim(self, open_servers), from = attack_far(self, .6),
             inner = target(self, admin_targets);
    uint16_t port = (uint16_t)(20000 + draw_below(&self->draw, 25000)),
             leg = legs[draw_below(&self->draw, 3)];
    Draw *draw = &self->draw;

    for (int64_t at = self->start_ms; at < self->until_ms;
         at += (int64_t)(draw_exponential(draw, 1500) * 1000)) {
        double seconds = draw_amount(draw, 200, 1), out = draw_amount(draw, 4e4, 1.2),
               in = draw_amount(draw, 4e5, 1.2);
        attack_talk(self, from, asset, port, at, seconds, out, in);
        attack_talk(self, asset, inner, leg, at + 5 + draw_below(draw, 80), seconds, out, in);
    }
}

static void
move_on(Attack *self, uint32_t from, const uint8_t *roles, const uint16_t *ports, uint32_t n_ports,
        uint32_t most)
{
    Draw *draw = &self->draw;
    uint16_t port = ports[draw_below(draw, n_ports)];
    int64_t at = self->start_ms;

    for (uint32_t n = 3 + draw_below(draw, most); n > 0; n--) {
        uint32_t to = target(self, roles);
        if (to != from)
            attack_talk(self, from, to, port, at, draw_amount(draw, 200, .8), draw_amount(draw, 6e4, 1),
                        draw_amount(draw, 2e5, 1));
        at += (int64_t)(draw_exponential(draw, 1500) * 1000);
    }
    self->until_ms = MIN(self->until_ms, at);
}

void
attack_admin_edge(Attack *self)
{
    move_on(self, attack_victim(self, footholds), admin_targets, admin_ports, G_N_ELEMENTS(admin_ports), 9);
}

void
attack_ot_edge(Attack *self)
{
    move_on(self, attack_victim(self, footholds), machines, machine_ports, G_N_ELEMENTS(machine_ports), 4);
}

/* Somebody with a stolen account, from a home line of the region, and what he does once he is in. */
void
attack_home_login(Attack *self)
{
    uint32_t gate = attack_victim(self, gates), from = attack_far(self, 1);
    bool is_tunnel = network_find(self->traffic->network, gate)->role == HOST_VPN;
    Draw *draw = &self->draw;

    for (int visit = 0; visit < 3; visit++) {
        int64_t at = self->start_ms + visit * (int64_t)DAY_MS + (int64_t)(draw_uniform(draw) * HOUR_MS);
        double seconds = draw_amount(draw, 3600, .4);
        Talk talk = { .a = from,
                      .b = gate,
                      .protocol = is_tunnel ? PROTOCOL_UDP : PROTOCOL_TCP,
                      .b_port = is_tunnel ? 4500 : 22,
                      .start_ms = at,
                      .seconds = seconds,
                      .alive_s = 20,
                      .alive_octets = 90,
                      .bursts = 40,
                      .out_octets = 1e6,
                      .in_octets = 6e6,
                      .chance = draw_u64(draw) };
        traffic_add(self->traffic, &talk);
        uint16_t port = admin_ports[draw_below(draw, 4)];
        for (uint32_t n = (uint32_t)((3 + draw_below(draw, 4)) * self->intensity) + 1; n > 0; n--)
            attack_talk(self, gate, target(self, admin_targets), port,
                        at + (int64_t)(draw_exponential(draw, 300) * 1000), draw_amount(draw, 300, .8),
                        draw_amount(draw, 6e4, 1), draw_amount(draw, 3e5, 1));
    }
}

/* From each of a thousand homes one try a day or two. */
void
attack_spray(Attack *self)
{
    static const uint8_t doors[] = { HOST_VPN, HOST_MAIL, N_HOST_ROLES };
    uint32_t asset = attack_victim(self, doors);
    uint16_t port = network_find(self->traffic->network, asset)->role == HOST_MAIL ? 993 : 443;
    Draw *draw = &self->draw;
    double days = (double)(self->until_ms - self->start_ms) / DAY_MS;

    for (uint32_t n = (uint32_t)(250 * self->intensity * days); n > 0; n--) {
        uint32_t from = attack_far(self, 1);
        int64_t at = self->start_ms + (int64_t)(draw_uniform(draw) * days * DAY_MS);
        for (uint32_t tries = 1 + draw_below(draw, 2); tries > 0;
             tries--, at += 2000 + draw_below(draw, 9000))
            attack_talk(self, from, asset, port, at, draw_amount(draw, 1, .4), draw_amount(draw, 1200, .15),
                        draw_amount(draw, 2600, .15));
    }
}

/* One host tries many, most of whom do not answer. */
static void
scan(Attack *self, uint32_t targets, double gap_s)
{
    const Network *network = self->traffic->network;
    uint32_t from = attack_victim(self, footholds);
    Draw *draw = &self->draw;
    uint16_t port = admin_ports[draw_below(draw, G_N_ELEMENTS(admin_ports))];
    int64_t at = self->start_ms;

    for (uint32_t n = 0; n < targets * self->intensity && at < self->until_ms; n++) {
        bool exists = draw_uniform(draw) < .4;
        Talk talk = { .a = from,
                      .b = exists ? network->hosts[draw_below(draw, network->n_hosts)].address
                                  : 0x0a180000u + draw_below(draw, 4000) + 600,
                      .protocol = PROTOCOL_TCP,
                      .b_port = port,
                      .start_ms = at,
                      .seconds = .05,
                      .unanswered = !exists || draw_uniform(draw) < .6,
                      .chance = draw_u64(draw) };
        attack_note_far(self, talk.b);
        traffic_add(self->traffic, &talk);
        at += (int64_t)(draw_exponential(draw, gap_s) * 1000);
    }
}

void
attack_scan_fast(Attack *self)
{
    scan(self, 150, 2);
}

void
attack_scan_slow(Attack *self)
{
    scan(self, 120, 2700);
}

/* Bots of one herd share the work, and their source port. */
void
attack_scan_bots(Attack *self)
{
    static const uint16_t ports[] = { 22, 23, 80, 443, 8080, 8443, 8888 };
    const Network *network = self->traffic->network;
    Draw *draw = &self->draw;
    uint32_t exposed = network->first[HOST_FILES];

    for (uint32_t i = 0; i < exposed; i++)
        attack_note_asset(self, network->hosts[i].address);
    for (uint32_t bot = 0; bot < 60 * self->intensity; bot++) {
        uint32_t from = attack_far(self, 1);
        for (int probe = 0; probe < 20; probe++) {
            Talk talk = { .a = from,
                          .b = network->hosts[draw_below(draw, exposed)].address,
                          .a_port = 19000,
                          .protocol = PROTOCOL_TCP,
                          .b_port = ports[draw_below(draw, G_N_ELEMENTS(ports))],
                          .start_ms = self->start_ms + (int64_t)(draw_uniform(draw) *
                                                                 (double)(self->until_ms - self->start_ms)),
                          .seconds = .05,
                          .unanswered = true,
                          .chance = draw_u64(draw) };
            traffic_add(self->traffic, &talk);
        }
    }
}
