/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attack.c - see attack.h */
#include "tests/eval/attack.h"

#include <string.h>

const AttackKind attack_kinds[] = {
    { "residential_path", 24, true, attack_residential_path },
    { "quiet_long", 30, true, attack_quiet_long },
    { "beacon_fixed", 48, true, attack_beacon_fixed },
    { "beacon_jitter", 72, true, attack_beacon_jitter },
    { "beacon_sparse", 192, true, attack_beacon_sparse },
    { "relay", 24, true, attack_relay },
    { "new_service", 24, true, attack_new_service },
    { "admin_edge", 8, false, attack_admin_edge },
    { "ot_edge", 8, false, attack_ot_edge },
    { "home_login", 50, false, attack_home_login },
    { "spray", 120, true, attack_spray },
    { "scan_fast", 1, false, attack_scan_fast },
    { "scan_slow", 96, true, attack_scan_slow },
    { "scan_bots", 24, false, attack_scan_bots },
    { "router_endpoint", 12, true, attack_router_endpoint },
    { "egress_change", 36, false, attack_egress_change },
    { "exfil_burst", 2, false, attack_exfil_burst },
    { "exfil_slow", 120, true, attack_exfil_slow },
    { "hoarding", 4, false, attack_hoarding },
    { "awakened", 14, false, attack_awakened },
    { "listed", 24, true, attack_listed },
    { "exporter_silent", 6, false, attack_exporter_silent },
    { "exporter_thinned", 24, false, attack_exporter_thinned },
    { "exporter_template", 24, false, attack_exporter_template },
    { "flood_in", .25, false, attack_flood_in },
    { "flood_out", .25, false, attack_flood_out },
};
const uint32_t n_attack_kinds = G_N_ELEMENTS(attack_kinds);

enum { ATTACKS = 900 };

static bool
has_host(const GArray *hosts, uint32_t address)
{
    for (guint i = 0; i < hosts->len; i++)
        if (g_array_index(hosts, uint32_t, i) == address)
            return true;
    return false;
}

void
attack_note_asset(Attack *self, uint32_t address)
{
    if (!has_host(self->assets, address))
        g_array_append_val(self->assets, address);
}

void
attack_note_far(Attack *self, uint32_t address)
{
    if (!has_host(self->far, address))
        g_array_append_val(self->far, address);
}

uint32_t
attack_victim(Attack *self, const uint8_t *roles)
{
    const Network *network = self->traffic->network;
    uint32_t n = 0, address = 0;

    while (roles[n] != N_HOST_ROLES)
        n++;
    for (int tries = 0; tries < 100; tries++) {
        HostRole role = (HostRole)roles[draw_below(&self->draw, n)];
        address = network_host(network, role, draw_below(&self->draw, network->count[role]))->address;
        if (!has_host(self->used, address))
            break;
    }
    g_array_append_val(self->used, address);
    attack_note_asset(self, address);
    return address;
}

uint32_t
attack_far(Attack *self, double home)
{
    bool is_home = draw_uniform(&self->draw) < home;
    uint32_t address = network_far_address(
        self->traffic->network, is_home ? ACCESS_RESIDENTIAL : ACCESS_HOSTING, draw_u64(&self->draw));

    attack_note_far(self, address);
    return address;
}

double
attack_strength(const Attack *self, int64_t ms)
{
    double days = (double)(ms - self->start_ms) / DAY_MS;

    return self->timing == ATTACK_RAMP ? self->intensity * MIN(1, 0.05 * (days + 1)) : self->intensity;
}

void
attack_talk(Attack *self, uint32_t a, uint32_t b, uint16_t port, int64_t ms, double seconds, double out,
            double in)
{
    double strength = attack_strength(self, ms);
    Talk talk = { .a = a,
                  .b = b,
                  .protocol = PROTOCOL_TCP,
                  .b_port = port,
                  .start_ms = ms,
                  .seconds = seconds,
                  .out_octets = out * MAX(1, strength),
                  .in_octets = in * MAX(1, strength),
                  .chance = draw_u64(&self->draw) };

    if (ms >= self->start_ms && ms < self->until_ms && draw_uniform(&self->draw) < strength)
        traffic_add(self->traffic, &talk);
}

static void
put_addresses(FILE *file, const GArray *addresses)
{
    for (guint i = 0; i < addresses->len; i++) {
        uint32_t ip = g_array_index(addresses, uint32_t, i);
        fprintf(file, "%s%u.%u.%u.%u", i > 0 ? "," : "", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    }
}

static void
put_truth(FILE *file, const AttackKind *kind, const Attack *attack)
{
    fprintf(file, "%s\t%" G_GINT64_FORMAT "\t%" G_GINT64_FORMAT "\t", kind->name, attack->start_ms,
            attack->until_ms);
    put_addresses(file, attack->assets);
    fputc('\t', file);
    put_addresses(file, attack->far);
    if (attack->far_network != 0)
        fprintf(file, "%s%u.%u.%u.0/19", attack->far->len > 0 ? "," : "", attack->far_network >> 24,
                attack->far_network >> 16 & 255, attack->far_network >> 8 & 255);
    fprintf(file, "\t%u.%u.%u.%u\n", attack->exporter >> 24, attack->exporter >> 16 & 255,
            attack->exporter >> 8 & 255, attack->exporter & 255);
}

static void
set_time(Attack *self, const AttackKind *kind, const AttackConf *conf)
{
    const Calendar *calendar = self->traffic->calendar;
    int64_t judged_ms = calendar_judged_ms(calendar), end_ms = calendar_end_ms(calendar);
    double room = MAX(0, (double)(end_ms - judged_ms) / HOUR_MS - kind->hours - 3);
    double at = conf->at_hours >= 0 ? MIN(conf->at_hours, room) : draw_uniform(&self->draw) * room;

    self->start_ms = judged_ms + (int64_t)((at + 1) * HOUR_MS);
    self->until_ms = MIN(end_ms, self->start_ms + (int64_t)(kind->hours * HOUR_MS));
    if (conf->timing == ATTACK_JUDGED)
        return;
    self->start_ms = calendar->begin_ms;
    self->until_ms = end_ms;
}

static void
play(Traffic *traffic, const AttackConf *conf, uint32_t number, uint32_t again, GArray *used, FILE *truth,
     GString *listed)
{
    const AttackKind *kind = &attack_kinds[number];
    Attack attack = { .traffic = traffic,
                      .draw = draw_from(traffic->network->seed, ATTACKS, number, again),
                      .intensity = conf->intensity,
                      .timing = conf->timing,
                      .assets = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                      .far = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                      .used = used,
                      .listed = listed };

    set_time(&attack, kind, conf);
    kind->play(&attack);
    put_truth(truth, kind, &attack);
    g_array_unref(attack.assets);
    g_array_unref(attack.far);
}

static bool
is_wanted(const AttackConf *conf, char **names, const AttackKind *kind)
{
    if (strcmp(conf->which, "on") == 0)
        return conf->timing == ATTACK_JUDGED || kind->is_lasting;
    return g_strv_contains((const char *const *)names, kind->name);
}

/* Harmless, but true: who says that a router was silent then, or sampled otherwise, is not wrong. */
static void
put_outages(const Traffic *traffic, FILE *file)
{
    for (guint i = 0; i < traffic->router_events->len; i++) {
        const RouterEvent *event = &g_array_index(traffic->router_events, RouterEvent, i);
        uint32_t ip = network_host(traffic->network, HOST_ROUTER, event->router)->address;
        fprintf(file, "(outage)\t%" G_GINT64_FORMAT "\t%" G_GINT64_FORMAT "\t%u.%u.%u.%u\t\t\n",
                event->from_ms, event->until_ms, ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    }
}

bool
attacks_play(Traffic *traffic, const AttackConf *conf, FILE *truth, GString *listed)
{
    g_auto(GStrv) names = g_strsplit(conf->which, ",", 0);
    g_autoptr(GArray) used = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint32_t played = 0;

    fprintf(truth, "kind\tstart\tend\tassets\tfar\texporter\n");
    put_outages(traffic, truth);
    if (strcmp(conf->which, "off") == 0)
        return true;
    for (uint32_t i = 0; i < n_attack_kinds; i++) {
        if (!is_wanted(conf, names, &attack_kinds[i]))
            continue;
        for (uint32_t again = 0; again < conf->each; again++)
            play(traffic, conf, i, again, used, truth, listed);
        played++;
    }
    return strcmp(conf->which, "on") == 0 || played == g_strv_length(names);
}
