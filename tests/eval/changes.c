/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * changes.c - what changes, and what the Internet does to anybody; see benign.h
 *
 * Programs are introduced, for one host or for many; a service is set up on another port; a partner moves;
 * the security people scan their own network once a week; backups run at night; strangers sweep through the
 * addresses; a page becomes popular for an evening, and a site has ten times its load for a day. Routers fall
 * silent, or sample for some hours because they are too busy and say so, and ways out change for an hour or
 * for good.
 */
#include "tests/eval/benign.h"

enum { CHANGES = 500, NEWS_MOST = 64, TCP = PROTOCOL_TCP };

static void
plan_way(Traffic *traffic, double from_day, double hours, uint8_t way, int8_t to_way, uint8_t share,
         uint32_t next_hop)
{
    int64_t from_ms = traffic->calendar->begin_ms + (int64_t)(from_day * DAY_MS);
    WayEvent event = { .from_ms = from_ms,
                       .until_ms = hours > 0 ? from_ms + (int64_t)(hours * HOUR_MS) : INT64_MAX,
                       .way = way,
                       .share = share,
                       .to_way = to_way,
                       .next_hop = next_hop };

    g_array_append_val(traffic->way_events, event);
}

static void
plan_fault(Traffic *traffic, RouterFault fault, uint8_t router, double from_day, double hours,
           uint32_t factor)
{
    RouterEvent event = { .router = router, .fault = (uint8_t)fault, .factor = factor };

    event.from_ms = traffic->calendar->begin_ms + (int64_t)(from_day * DAY_MS);
    event.until_ms = event.from_ms + (int64_t)(hours * HOUR_MS);
    g_array_append_val(traffic->router_events, event);
}

/* On one working day a whole site has many times its load: more conversations, and more in each. */
static void
plan_load(Traffic *traffic, double load)
{
    const Calendar *calendar = traffic->calendar;
    Draw draw = draw_from(traffic->network->seed, CHANGES + 8, 0, 0);
    uint32_t judged = calendar->days - calendar->learn_days, day = calendar->learn_days + judged * 3 / 5;

    while (calendar_day_factor(calendar, RHYTHM_OFFICE, day) < 0.5 && day + 1 < calendar->days)
        day++;
    traffic->load = (LoadEvent){ .from_ms = calendar->begin_ms + (int64_t)day * DAY_MS,
                                 .until_ms = calendar->begin_ms + (int64_t)(day + 1) * DAY_MS,
                                 .site = draw_uniform(&draw) < 0.5 ? SITE_CENTRE : SITE_BRANCH,
                                 .times = (uint32_t)fmax(1, sqrt(load)) };
    traffic->load.octets = load / traffic->load.times;
}

void
changes_plan(Traffic *traffic, double load)
{
    double learn = traffic->calendar->learn_days, judged = traffic->calendar->days - learn;

    plan_way(traffic, learn * .3, 0, 1, -1, 50, 0xf0c80102);
    plan_way(traffic, learn * .6, 2, 0, 1, 100, 0);
    plan_way(traffic, learn + judged * .35, 0, 0, -1, 50, 0xf0c80002);
    plan_way(traffic, learn + judged * .65, 2, 0, 1, 100, 0);
    plan_load(traffic, load);
    plan_fault(traffic, FAULT_SILENT, ROUTER_WEST, learn * .4, 3, 0);
    plan_fault(traffic, FAULT_SILENT, ROUTER_EAST, learn + judged * .3, 1.5, 0);
    plan_fault(traffic, FAULT_SAMPLED, ROUTER_WEST, learn * .8, 6, 2);
    plan_fault(traffic, FAULT_SAMPLED, ROUTER_CORE, learn + judged * .8, 12, 4);
}

/* A program that somebody, or everybody, begins to use on some day and that calls its maker by the clock. */
static void
play_news(Traffic *traffic, uint32_t number, uint32_t day)
{
    const Network *network = traffic->network;
    Draw draw = draw_from(network->seed, CHANGES, number, 0);
    uint32_t first_day = draw_below(&draw, traffic->calendar->days);
    bool is_common = draw_uniform(&draw) < 0.6, is_desk = draw_uniform(&draw) < 0.7;
    HostRole role = is_desk ? HOST_DESK : draw_uniform(&draw) < .5 ? HOST_APP : HOST_WEB;
    AccessClass access = draw_uniform(&draw) < 0.7 ? ACCESS_HOSTING : ACCESS_BUSINESS;
    uint32_t to = network_far_address(network, access, draw_u64(&draw));
    double every_s = exp(log(300) + draw_uniform(&draw) * log(36)), jitter = 0.4 * draw_uniform(&draw);
    double octets = draw_amount(&draw, 2000, .8), share = is_common ? 0.05 + 0.3 * draw_uniform(&draw) : 0;

    if (day < first_day)
        return;
    uint32_t only = draw_below(&draw, network->count[role]);
    for (uint32_t i = 0; i < network->count[role]; i++) {
        uint64_t chance = draw_hash(network->seed, CHANGES, number, i + 1);
        if (is_common ? draw_unit(chance) >= share || day < first_day + chance % 3 : i != only)
            continue;
        int64_t at = traffic->calendar->begin_ms + (int64_t)day * DAY_MS + (is_desk ? 7 * HOUR_MS : 0);
        int64_t until = at + (is_desk ? 8 * HOUR_MS : DAY_MS);
        Draw times = draw_from(network->seed, CHANGES + 1, chance, day);
        if (is_desk && calendar_day_factor(traffic->calendar, RHYTHM_OFFICE, day) < 0.5)
            continue;
        for (at += (int64_t)(draw_uniform(&times) * every_s * 1000); at < until;
             at += (int64_t)(every_s * 1000 * (1 - jitter * draw_uniform(&times)))) {
            Talk talk = { .a = network->hosts[network->first[role] + i].address,
                          .b = to,
                          .protocol = TCP,
                          .b_port = 443,
                          .start_ms = at,
                          .seconds = draw_amount(&times, 0.5, .6),
                          .out_octets = draw_amount(&times, octets, .3),
                          .in_octets = draw_amount(&times, 1500, .3),
                          .chance = draw_u64(&times) };
            traffic_add(traffic, &talk);
        }
    }
}

/* A service on another port of a server, which people begin to use. */
static void
play_deployment(Traffic *traffic, uint32_t number, uint32_t day)
{
    static const uint16_t ports[] = { 8443, 3000, 9090, 9200, 6379, 8081 };
    const Network *network = traffic->network;
    Draw draw = draw_from(network->seed, CHANGES + 2, number, 0);
    uint32_t first_day = draw_below(&draw, traffic->calendar->days);
    uint32_t server =
        network_host(network, draw_uniform(&draw) < .5 ? HOST_APP : HOST_WEB, draw_below(&draw, 999))
            ->address;
    uint16_t port = ports[draw_below(&draw, G_N_ELEMENTS(ports))];
    uint32_t users = 1 + draw_below(&draw, 12);

    if (day < first_day)
        return;
    Draw times = draw_from(network->seed, CHANGES + 3, number, day);
    for (uint32_t n = draw_poisson(&times, 6 * calendar_day_factor(traffic->calendar, RHYTHM_OFFICE, day));
         n > 0; n--) {
        Talk talk = {
            .a = network_host(network, HOST_DESK, (number * 31 + draw_below(&times, users)))->address,
            .b = server,
            .protocol = TCP,
            .b_port = port,
            .start_ms = calendar_time(traffic->calendar, RHYTHM_OFFICE, day, draw_uniform(&times)),
            .seconds = draw_amount(&times, 20, 1),
            .out_octets = draw_amount(&times, 4e3, 1),
            .in_octets = draw_amount(&times, 5e4, 1.3),
            .chance = draw_u64(&times)
        };
        traffic_add(traffic, &talk);
    }
}

/* What strangers may speak to; our own people get further. */
static bool
is_open(const Host *host, uint16_t port)
{
    return (host->role == HOST_WEB || host->role == HOST_BALANCER) && (port == 443 || port == 80);
}

/* Every target of a sweep, in their order, from one source. */
static void
sweep(Traffic *traffic, uint32_t from, uint16_t port, int64_t start_ms, double gap_s, HostRole last,
      Draw *draw)
{
    const Network *network = traffic->network;
    double at = 0;

    for (uint32_t i = 0; i < network->first[last]; i++) {
        Talk talk = { .a = from,
                      .b = network->hosts[i].address,
                      .protocol = TCP,
                      .b_port = port,
                      .start_ms = start_ms + (int64_t)(at * 1000),
                      .unanswered = network_is_inside(from) ? draw_uniform(draw) >= 0.3
                                                            : !is_open(&network->hosts[i], port),
                      .seconds = 0.05,
                      .chance = draw_u64(draw) };
        traffic_add(traffic, &talk);
        at += draw_exponential(draw, gap_s);
    }
}

/* Strangers, and on Sundays our own security people. */
static void
play_sweeps(Traffic *traffic, uint32_t day)
{
    static const uint16_t ports[] = { 22, 23, 80, 443, 445, 3389, 8080, 8443, 5900, 6379 };
    const Network *network = traffic->network;
    Draw draw = draw_from(network->seed, CHANGES + 4, day, 0);
    int64_t day_ms = traffic->calendar->begin_ms + (int64_t)day * DAY_MS;

    for (uint32_t n = draw_poisson(&draw, 2.5); n > 0; n--) {
        AccessClass access = draw_uniform(&draw) < .5 ? ACCESS_HOSTING : ACCESS_RESIDENTIAL;
        uint32_t from = network_far_address(network, access, draw_u64(&draw));
        double gap_s = draw_uniform(&draw) < .7 ? 1 : 300;
        sweep(traffic, from, ports[draw_below(&draw, 10)],
              day_ms + (int64_t)(draw_uniform(&draw) * .7 * DAY_MS), gap_s, HOST_FILES, &draw);
    }
    if (day % 7 != 6)
        return;
    for (uint32_t i = 0; i < 6; i++)
        sweep(traffic, network_host(network, HOST_MONITOR, 1)->address, ports[i],
              day_ms + HOUR_MS * (2 + (int64_t)i), 5, HOST_CAMERA, &draw);
}

/* Each night every server to the backup, and that one to a hoster. */
static void
play_backups(Traffic *traffic, uint32_t day)
{
    static const HostRole roles[] = {
        HOST_WEB, HOST_APP, HOST_DATABASE, HOST_MAIL, HOST_FILES, HOST_DIRECTORY
    };
    const Network *network = traffic->network;
    uint32_t store = network_host(network, HOST_BACKUP, 0)->address, number = 0;
    int64_t night_ms = traffic->calendar->begin_ms + (int64_t)day * DAY_MS + HOUR_MS;
    Draw draw = draw_from(network->seed, CHANGES + 5, day, 0);
    Talk talk = { .b = store, .protocol = TCP, .b_port = 873 };

    for (size_t r = 0; r < G_N_ELEMENTS(roles); r++)
        for (uint32_t i = 0; i < network->count[roles[r]]; i++, number++) {
            talk.a = network_host(network, roles[r], i)->address;
            talk.start_ms = night_ms + (int64_t)number * 90000 + draw_below(&draw, 20000);
            talk.seconds = draw_amount(&draw, 300, .5);
            talk.out_octets = draw_amount(&draw, 4e8, .8);
            talk.in_octets = talk.out_octets * 0.01;
            talk.chance = draw_u64(&draw);
            traffic_add_usual(traffic, &talk);
        }
    talk.a = store;
    talk.b = network_far_address(network, ACCESS_HOSTING, draw_hash(network->seed, CHANGES + 6, 0, 0));
    talk.b_port = 22;
    talk.start_ms = night_ms + 4 * HOUR_MS;
    talk.out_octets = draw_amount(&draw, 3e9, .5);
    talk.in_octets = talk.out_octets * 0.01;
    talk.seconds = draw_amount(&draw, 3000, .3);
    traffic_add_usual(traffic, &talk);
}

/* An evening on which everybody wants to see one page. */
static void
play_crowd(Traffic *traffic, uint32_t day)
{
    const Calendar *calendar = traffic->calendar;
    const Network *network = traffic->network;
    Draw draw = draw_from(network->seed, CHANGES + 7, day, 0);

    if (day != calendar->learn_days + (calendar->days - calendar->learn_days) / 2)
        return;
    for (uint32_t n = 100 * network->count[HOST_WEB]; n > 0; n--) {
        Talk talk = { .a = network_far_address(network, ACCESS_RESIDENTIAL, draw_u64(&draw)),
                      .b = network_host(network, HOST_WEB, draw_below(&draw, 999))->address,
                      .protocol = TCP,
                      .b_port = 443,
                      .start_ms = calendar->begin_ms + (int64_t)day * DAY_MS + 18 * HOUR_MS +
                                  (int64_t)(draw_uniform(&draw) * 3 * HOUR_MS),
                      .seconds = draw_amount(&draw, 6, .8),
                      .out_octets = draw_amount(&draw, 2e3, 1),
                      .in_octets = draw_amount(&draw, 9e4, 1.2),
                      .chance = draw_u64(&draw) };
        traffic_add_usual(traffic, &talk);
    }
}

void
changes_add_day(Traffic *traffic, uint32_t day)
{
    uint32_t news = MIN(NEWS_MOST, traffic->network->n_hosts * traffic->calendar->days / 800);

    for (uint32_t i = 0; i < news; i++)
        play_news(traffic, i, day);
    for (uint32_t i = 0; i < news / 3; i++)
        play_deployment(traffic, i, day);
    play_sweeps(traffic, day);
    play_backups(traffic, day);
    play_crowd(traffic, day);
}
