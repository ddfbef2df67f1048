/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.c - see scenario.h
 *
 * Minute by minute: people and machines open conversations (the tables in scenario-traffic.c), every
 * conversation that lives is cut at the routers' active time-out of a minute, and each router exports what
 * ended in the minute. Memory: the conversations that live, some hundreds.
 */
#include "collector/cli/scenario.h"

#include <math.h>
#include <string.h>

#include "collector/cli/scenario-export.h"
#include "collector/cli/scenario-traffic.h"

enum {
    MINUTE_MS = 60000,
    DAY_MS = 24 * 60 * MINUTE_MS,
    HOUR_MS = 60 * MINUTE_MS,
    TCP = 6,
    OCTETS_MOST = 2000000000, /* of one slice: NetFlow v5 counts in 32 bits */
    ATTACK_BEFORE_END_MS = 10 * HOUR_MS,
    STANDINGS_MOST = 16,
};

/* A conversation that lives. Out: from the one who opened it. */
typedef struct Talk {
    IpAddress a, b;
    uint16_t a_port, b_port;
    uint8_t protocol;
    bool unanswered;
    int64_t start_ms, end_ms, cut_ms; /* @cut_ms: up to there it has been recorded */
    double out_octets, in_octets;     /* over its whole life, evenly */
    uint32_t alive_ms, alive_octets;
    double burst_out, burst_in; /* to come in the next slice */
    ScenarioPath path;
} Talk;

typedef struct Scenario {
    const ScenarioConf *conf;
    uint64_t random[2];
    HostTable hosts;
    int64_t begin_ms, end_ms, now_ms; /* @now_ms: the minute that is being played */
    GArray *talks;
    ScenarioRouter routers[SCENARIO_ROUTERS];
    int64_t standing_until_ms[STANDINGS_MOST];
    uint64_t fresh; /* how many never-met peers there were */
    int64_t attack_ms, attack_until_ms;
    IpAddress attacked, relay;
    ScenarioTotals *totals;
} Scenario;

/* xoroshiro128+: short, and the same everywhere. */
static uint64_t
random_next(Scenario *self)
{
    uint64_t a = self->random[0], b = self->random[1], result = a + b;

    b ^= a;
    self->random[0] = ((a << 24) | (a >> 40)) ^ b ^ (b << 16);
    self->random[1] = (b << 37) | (b >> 27);
    return result;
}

static uint64_t
mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static double
uniform(Scenario *self)
{
    return (double)(random_next(self) >> 11) * 0x1p-53;
}

static uint32_t
below(Scenario *self, uint32_t n)
{
    return (uint32_t)(uniform(self) * n);
}

static double
normal(Scenario *self)
{
    double u = 1.0 - uniform(self), v = uniform(self);

    return sqrt(-2.0 * log(u)) * cos(2.0 * G_PI * v);
}

/* Log-normal with a heavier tail: one in a hundred is many times larger. */
static double
amount(Scenario *self, double median, double spread)
{
    double value = median * exp(spread * normal(self));

    if (spread > 1.0 && uniform(self) < 0.01)
        value *= pow(1.0 - uniform(self), -0.9);
    return MIN(value, 2e10);
}

static uint32_t
poisson(Scenario *self, double mean)
{
    double product = uniform(self), limit = exp(-mean);
    uint32_t n = 0;

    for (; product > limit && n < 1000; n++)
        product *= uniform(self);
    return n;
}

/* The address number @number of all networks of a kind: spread by weight, the same for the same number. */
static IpAddress
outside_address(unsigned end, uint64_t number, bool called_on)
{
    size_t n = 0;
    const ScenarioNetwork *networks = scenario_networks(&n);
    bool v6 = end >= OUTSIDE_V6(0);
    unsigned access = end - (v6 ? (unsigned)OUTSIDE_V6(0) : OUT_THERE), total = 0;
    IpPrefix prefix = { 0 };

    for (int pass = 0; pass < 2; pass++) {
        unsigned pick = total == 0 ? 0 : (unsigned)(mix(number) % total);
        for (size_t i = 0; i < n; i++) {
            const ScenarioNetwork *network = &networks[i];
            if (network->access != access || (network->comes_only && called_on) ||
                !ip_prefix_parse(network->prefix, &prefix) || ip_is_v4(&prefix.address) == v6)
                continue;
            if (pass == 0)
                total += network->weight;
            else if (pick < network->weight)
                break;
            else
                pick -= network->weight;
        }
    }
    uint64_t host = mix(number ^ UINT64_C(0x5bd1e995));
    for (unsigned bit = 127; bit >= prefix.length && bit >= 64; bit--, host >>= 1)
        if (host & 1)
            prefix.address.bytes[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
    return prefix.address;
}

/* Somebody out there whom @host may know: usual peers, the first ones most usual, or one never met before. */
static IpAddress
outside_peer(Scenario *self, const Habit *habit, unsigned end, uint64_t host, bool called_on)
{
    if (uniform(self) < habit->fresh)
        return outside_address(end, mix(self->conf->seed ^ 0xf4e5 ^ ++self->fresh << 20), called_on);
    double u = uniform(self);
    uint64_t rank = (uint64_t)(u * u * habit->peers);
    uint64_t circle = called_on ? host + 1 : 0; /* customers are the same ones for all of a group */
    return outside_address(end, mix(self->conf->seed + circle * 7919 + end) + rank * 104729, called_on);
}

static const IpAddress *
inside_host(Scenario *self, unsigned group, uint32_t *index)
{
    *index = self->hosts.first[group] + below(self, self->hosts.count[group]);
    return &self->hosts.address[*index];
}

static bool
west_is_down(const Scenario *self)
{
    int64_t hour = (self->now_ms - self->begin_ms) / HOUR_MS;

    return (hour >= 3 * 24 + 5 && hour < 3 * 24 + 8) ||
           hour == 9 * 24 + 16; /* a fault, and maintenance at night */
}

static Talk *
open_talk(Scenario *self, const IpAddress *a, const IpAddress *b, uint8_t protocol, uint16_t port,
          double seconds)
{
    Talk talk = { .a = *a, .b = *b, .protocol = protocol, .b_port = port };

    talk.start_ms = talk.cut_ms = self->now_ms + below(self, MINUTE_MS);
    talk.end_ms = talk.start_ms + (int64_t)(CLAMP(seconds, 0.02, 36 * 3600.0) * 1000.0);
    talk.a_port = protocol == 1 ? 0 : (uint16_t)(32768 + below(self, 28000));
    talk.path = scenario_path(a, b, west_is_down(self));
    g_array_append_val(self->talks, talk);
    return &g_array_index(self->talks, Talk, self->talks->len - 1);
}

static void
play_habit(Scenario *self, const Habit *habit)
{
    double rate = habit->per_day / (24 * 60) * scenario_rhythm(habit->rhythm, self->now_ms);

    for (uint32_t n = poisson(self, rate); n > 0; n--) {
        IpAddress a, b;
        uint32_t host = 0;
        bool from_outside = habit->from >= OUT_THERE, to_outside = habit->to >= OUT_THERE;
        if (!from_outside)
            a = *inside_host(self, habit->from, &host);
        if (!to_outside) {
            uint32_t server;
            b = *inside_host(self, habit->to, &server);
        } else {
            b = outside_peer(self, habit, habit->to, host, true);
        }
        if (from_outside)
            a = outside_peer(self, habit, habit->from, 0, false);
        double out = amount(self, habit->out_octets, habit->spread),
               in = amount(self, habit->in_octets, habit->spread);
        double seconds = amount(self, habit->seconds, 0.8);
        seconds = MAX(seconds, (out + in) / 6e6); /* nobody is faster than 48 Mbit/s */
        Talk *talk = open_talk(self, &a, &b, habit->protocol, habit->port, seconds);
        talk->out_octets = out;
        talk->in_octets = habit->unanswered ? 0 : in;
        talk->unanswered = habit->unanswered;
    }
}

static void
poll_one(Scenario *self, const Poll *poll, uint32_t host, const IpAddress *target)
{
    Talk *talk =
        open_talk(self, &self->hosts.address[host], target, poll->protocol, poll->port, 0.2 + uniform(self));

    talk->out_octets = poll->out_octets * (0.95 + 0.1 * uniform(self));
    talk->in_octets = poll->in_octets * (0.95 + 0.1 * uniform(self));
    talk->unanswered = poll->in_octets == 0;
}

static void
play_poll(Scenario *self, const Poll *poll, uint32_t number)
{
    int64_t minute = self->now_ms / MINUTE_MS;

    for (uint32_t i = 0; i < self->hosts.count[poll->from]; i++) {
        uint32_t host = self->hosts.first[poll->from] + i;
        if ((minute + host * 7 + number * 3) % poll->minutes != 0)
            continue;
        if (poll->to >= OUT_THERE) {
            IpAddress target = outside_address(poll->to, mix(self->conf->seed + host * 31 + number), true);
            poll_one(self, poll, host, &target);
            continue;
        }
        for (uint32_t j = 0; j < self->hosts.count[poll->to]; j++)
            if (poll->everyone || j == 0)
                poll_one(self, poll, host, &self->hosts.address[self->hosts.first[poll->to] + j]);
    }
}

static void
play_standing(Scenario *self, const Standing *standing, uint32_t number)
{
    bool day = standing->rhythm == RHYTHM_FLAT || scenario_rhythm(standing->rhythm, self->now_ms) > 1.0;

    if (!day || self->now_ms < self->standing_until_ms[number])
        return;
    uint64_t circle = standing->moves_days == 0
                          ? 0
                          : (uint64_t)((self->now_ms - self->begin_ms) / DAY_MS / standing->moves_days);
    IpAddress far = outside_address(standing->to, mix(self->conf->seed + number * 977 + circle * 13), true);
    const IpAddress *near = &self->hosts.address[self->hosts.first[standing->from] + standing->index];
    double hours = standing->hours != 0 ? standing->hours * (0.5 + uniform(self)) : 8.0 + 2 * uniform(self);
    Talk *talk = open_talk(self, near, &far, standing->protocol, standing->port, hours * 3600.0);

    talk->alive_ms = standing->alive_s * 1000;
    talk->alive_octets = standing->alive_octets;
    talk->out_octets = standing->per_minute * hours * 60 * 0.3;
    talk->in_octets = standing->per_minute * hours * 60 * 0.7;
    /* Opened anew some seconds or minutes later. */
    self->standing_until_ms[number] = talk->end_ms + below(self, 6 * MINUTE_MS);
}

/* Every night each server sends its changes to the backup host, and that one a copy to a hoster. */
static void
play_backups(Scenario *self)
{
    static const uint8_t groups[] = { GROUP_WEB, GROUP_MAIL, GROUP_FILES, GROUP_DATABASE, GROUP_BILLING };
    const IpAddress *store = &self->hosts.address[self->hosts.first[GROUP_BACKUP]];
    int64_t minute = self->now_ms / MINUTE_MS % (24 * 60);

    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        for (uint32_t j = 0; j < self->hosts.count[groups[i]]; j++) {
            if (minute != 16 * 60 + (int64_t)(i * 12 + j * 3)) /* from two in the night on the island */
                continue;
            Talk *talk = open_talk(self, &self->hosts.address[self->hosts.first[groups[i]] + j], store, TCP,
                                   873, amount(self, 500, 0.4));
            talk->out_octets = amount(self, 1.2e9, 0.5);
            talk->in_octets = talk->out_octets * 0.012;
        }
    }
    if (minute == 17 * 60 + 30) {
        IpAddress hoster = outside_address(OUTSIDE(ACCESS_HOSTING), mix(self->conf->seed + 4242), true);
        Talk *talk = open_talk(self, store, &hoster, TCP, 22, amount(self, 2400, 0.3));
        talk->out_octets = amount(self, 3e9, 0.4);
        talk->in_octets = talk->out_octets * 0.015;
    }
}

/* What was never there before and is nothing bad: services that are introduced while the days go by. */
static void
play_news(Scenario *self)
{
    static const struct {
        uint32_t day, hour;
        uint8_t group, to;
        uint16_t port;
        uint32_t every_minutes;
    } news[] = {
        { 8, 1, GROUP_MAIL, OUTSIDE(ACCESS_HOSTING), 443, 25 }, /* a filter for mail, from the ninth day on */
        { 9, 23, GROUP_MONITOR, OUTSIDE(ACCESS_HOSTING), 443, 30 },    /* another watcher outside */
        { 11, 2, GROUP_BILLING, OUTSIDE(ACCESS_BUSINESS), 8443, 120 }, /* a second bank */
        { 12, 4, GROUP_WEB, OUTSIDE(ACCESS_CDN), 443, 40 },            /* another origin for pictures */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(news); i++) {
        int64_t since =
            self->now_ms - self->begin_ms - (int64_t)news[i].day * DAY_MS - (int64_t)news[i].hour * HOUR_MS;
        if (since < 0 || since / MINUTE_MS % news[i].every_minutes != 0)
            continue;
        IpAddress far = outside_address(news[i].to, mix(self->conf->seed + 31337 + i), true);
        Talk *talk = open_talk(self, &self->hosts.address[self->hosts.first[news[i].group]], &far, TCP,
                               news[i].port, amount(self, 3, 0.8));
        talk->out_octets = amount(self, 6e3, 0.8);
        talk->in_octets = amount(self, 9e3, 0.8);
    }
}

/*
 * The intruder: the monitor keeps one TCP connection to a home line, with a sign of life twice a minute. A
 * few times an hour somebody works through it: a little comes in, more goes out. The line is cut now and
 * then, as home lines are, and the connection comes back.
 */
static void
play_attack(Scenario *self)
{
    if (self->attack_ms == 0 || self->now_ms < self->attack_ms)
        return;
    if (self->now_ms >= self->attack_until_ms) {
        Talk *talk = open_talk(self, &self->attacked, &self->relay, TCP, 8443, amount(self, 7200, 0.5));
        talk->alive_ms = 30000;
        talk->alive_octets = 118;
        self->attack_until_ms = talk->end_ms + below(self, 2 * MINUTE_MS);
    }
    if (uniform(self) >= 0.03)
        return;
    for (guint i = 0; i < self->talks->len; i++) {
        Talk *talk = &g_array_index(self->talks, Talk, i);
        if (talk->alive_octets == 118 && ip_equal(&talk->b, &self->relay)) {
            talk->burst_in = amount(self, 6e3, 0.9);
            talk->burst_out = amount(self, 4e5, 1.3);
        }
    }
}

/* Signs of life of a talk in (from, to]. */
static int64_t
signs(const Talk *talk, int64_t from, int64_t to)
{
    if (talk->alive_ms == 0)
        return 0;
    return (to - talk->start_ms) / talk->alive_ms - (from - talk->start_ms) / talk->alive_ms;
}

static uint8_t
flags_of(const Talk *talk, int64_t from, int64_t to)
{
    uint8_t flags = 0x18;

    if (talk->protocol != TCP)
        return 0;
    if (talk->unanswered)
        return 0x02;
    if (from == talk->start_ms)
        flags |= 0x02;
    if (to == talk->end_ms)
        flags |= 0x01;
    return flags;
}

static void
record(Scenario *self, const Talk *talk, bool back, int64_t from, int64_t to, double octets, int64_t alive)
{
    const ScenarioPath *path = &talk->path;
    double payload = CLAMP(octets, 0, OCTETS_MOST);
    uint64_t packets = (uint64_t)(payload / 900) + (uint64_t)alive + (alive == 0 || payload >= 1 ? 1 : 0);
    ScenarioFlow flow;

    if (talk->protocol == TCP && !talk->unanswered && from == talk->start_ms)
        packets += 3;              /* the handshake and its like */
    memset(&flow, 0, sizeof flow); /* the bytes of it are compared */
    flow.src = back ? talk->b : talk->a;
    flow.dst = back ? talk->a : talk->b;
    flow.src_port = back ? talk->b_port : talk->a_port;
    flow.dst_port = back ? talk->a_port : talk->b_port;
    if (talk->protocol == 1) { /* an ICMP type and code stand where a port would */
        flow.src_port = 0;
        flow.dst_port = back ? 0 : 0x0800;
    }
    flow.protocol = talk->protocol;
    flow.tcp_flags = flags_of(talk, from, to);
    flow.end_reason = to < talk->end_ms ? 2 : talk->protocol == TCP ? 3 : 1;
    flow.in_if = back ? path->out_if : path->in_if;
    flow.out_if = back ? path->in_if : path->out_if;
    flow.next_hop = back ? path->back_next_hop : path->next_hop;
    if (ip_is_zero(&flow.next_hop))
        flow.next_hop = ip_from_v4(0);
    if (!ip_is_v4(&flow.src) && ip_is_v4(&flow.next_hop))
        flow.next_hop = (IpAddress){ 0 }; /* the next hop of IPv6 is not told */
    flow.src_as = back ? path->dst_as : path->src_as;
    flow.dst_as = back ? path->src_as : path->dst_as;
    flow.next_as = flow.dst_as == OWN_AS ? 0 : path->next_as;
    flow.packets = packets;
    flow.octets = MAX((uint64_t)payload + (uint64_t)alive * talk->alive_octets, packets * 40);
    flow.start_ms = from;
    flow.end_ms = to;
    g_array_append_val(self->routers[path->router].flows, flow);
}

/* One slice of a talk, both ways. */
static void
cut(Scenario *self, Talk *talk, int64_t to)
{
    int64_t from = talk->cut_ms, life = MAX(talk->end_ms - talk->start_ms, 1);
    double share = (double)(to - from) / (double)life;
    int64_t alive = signs(talk, from, to);
    double out = talk->out_octets * share + talk->burst_out, in = talk->in_octets * share + talk->burst_in;

    talk->cut_ms = to;
    talk->burst_out = talk->burst_in = 0;
    if (talk->alive_ms != 0 && out + in > 0 && share < 1) { /* what goes on besides comes in uneven pieces */
        /* Not from the common source: a talk more or less must not change the rest. */
        double unevenness = 0.3 + 1.4 * (double)(mix((uint64_t)(talk->start_ms ^ to)) >> 11) * 0x1p-53;
        out *= unevenness;
        in *= unevenness;
    }
    record(self, talk, false, from, to, out, alive);
    if (!talk->unanswered)
        record(self, talk, true, MIN(from + 4, to), to, in, alive);
}

/* Everything up to the end of the minute that is played. */
static void
cut_talks(Scenario *self)
{
    int64_t until = self->now_ms + MINUTE_MS;

    for (guint i = 0; i < self->talks->len;) {
        Talk *talk = &g_array_index(self->talks, Talk, i);
        int64_t next;
        while ((next = MIN(talk->cut_ms + MINUTE_MS, talk->end_ms)) <= until && talk->cut_ms < talk->end_ms)
            cut(self, talk, next);
        if (talk->cut_ms >= talk->end_ms)
            g_array_remove_index_fast(self->talks, i);
        else
            i++;
    }
}

static bool
play_minute(Scenario *self, ScenarioSend send, void *user)
{
    size_t n = 0;
    const Habit *habits = scenario_habits(&n);

    for (size_t i = 0; i < n; i++)
        play_habit(self, &habits[i]);
    const Poll *polls = scenario_polls(&n);
    for (size_t i = 0; i < n; i++)
        play_poll(self, &polls[i], (uint32_t)i);
    const Standing *standings = scenario_standings(&n);
    for (size_t i = 0; i < MIN(n, (size_t)STANDINGS_MOST); i++)
        play_standing(self, &standings[i], (uint32_t)i);
    play_backups(self);
    play_news(self);
    cut_talks(self);
    for (uint32_t i = 0; i < SCENARIO_ROUTERS; i++)
        if (!scenario_router_export(&self->routers[i], self->now_ms + MINUTE_MS + (i + 1) * 1000, send, user,
                                    self->totals))
            return false;
    return true;
}

/* The attack draws from a source of its own, so that without it everything else stays the same, byte for
 * byte. */
static void
play_attack_apart(Scenario *self, uint64_t apart[2])
{
    uint64_t kept[2] = { self->random[0], self->random[1] };

    memcpy(self->random, apart, sizeof self->random);
    play_attack(self);
    memcpy(apart, self->random, sizeof self->random);
    memcpy(self->random, kept, sizeof self->random);
}

static void
begin(Scenario *self)
{
    uint64_t seed = self->conf->seed;

    self->end_ms = self->conf->end.ms / MINUTE_MS * MINUTE_MS;
    self->begin_ms = self->end_ms - (int64_t)CLAMP(self->conf->days, 1u, 60u) * DAY_MS;
    self->random[0] = mix(seed + UINT64_C(0x9e3779b97f4a7c15));
    self->random[1] = mix(seed + UINT64_C(0x3c6ef372fe94f82a)) | 1;
    host_table_init(&self->hosts);
    self->talks = g_array_new(FALSE, FALSE, sizeof(Talk));
    for (uint32_t i = 0; i < SCENARIO_ROUTERS; i++)
        scenario_router_init(&self->routers[i], i, self->begin_ms - (int64_t)(9 + i) * DAY_MS,
                             (uint32_t)(mix(seed + i) & 0xffff));
    self->attacked = self->hosts.address[self->hosts.first[GROUP_MONITOR]];
    self->relay = ip_from_v4(0xc612e000u | (uint32_t)(mix(seed + 99) & 0x1fff)); /* 198.18.224.0/19 */
    if (self->conf->attack)
        self->attack_ms = self->end_ms - ATTACK_BEFORE_END_MS + (int64_t)(mix(seed + 98) % 90) * MINUTE_MS;
}

bool
scenario_play(const ScenarioConf *conf, ScenarioSend send, void *user, ScenarioTotals *totals)
{
    Scenario *self = g_new0(Scenario, 1);
    uint64_t apart[2] = { mix(conf->seed + 1), mix(conf->seed + 2) | 1 };
    bool going = true;

    *totals = (ScenarioTotals){ 0 };
    self->conf = conf;
    self->totals = totals;
    begin(self);
    for (self->now_ms = self->begin_ms; going && self->now_ms < self->end_ms; self->now_ms += MINUTE_MS) {
        play_attack_apart(self, apart);
        going = play_minute(self, send, user);
    }
    totals->begin.ms = self->begin_ms;
    totals->end.ms = self->end_ms;
    totals->attack_begin.ms = self->attack_ms;
    totals->attacked = self->attacked;
    totals->relay = self->relay;
    for (uint32_t i = 0; i < SCENARIO_ROUTERS; i++)
        scenario_router_clear(&self->routers[i]);
    g_array_unref(self->talks);
    g_free(self);
    return going;
}
