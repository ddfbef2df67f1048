/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clockwork.c - what machines do by the clock: polls, time, telemetry, push services, standing connections;
 * see benign.h
 *
 * Regular alone says little: here are hundreds of regular pairs, from a minute to a fortnight, with and
 * without jitter, to networks that all call and to some that only one host calls.
 */
#include "tests/eval/benign.h"

#define HOME     OUTSIDE(ACCESS_RESIDENTIAL)
#define HOSTING  OUTSIDE(ACCESS_HOSTING)
#define CDN      OUTSIDE(ACCESS_CDN)
#define BUSINESS OUTSIDE(ACCESS_BUSINESS)
#define TCP      PROTOCOL_TCP
#define UDP      PROTOCOL_UDP

typedef enum WhoAnswers { ANSWER_OWN, ANSWER_COMMON, ANSWER_ALL } WhoAnswers;

/* Something that a host does every so many seconds. */
typedef struct Poll {
    const char *words;
    uint8_t from, to, protocol;
    uint16_t port;
    double every_s, jitter; /* jitter: share of the time between two */
    double out, in, spread;
    uint8_t answers; /* one of its own, one common to all of the role, or all hosts of @to */
    double share;    /* of the role's hosts */
    bool by_day;     /* only while people are there */
} Poll;

static const Poll polls[] = {
    { "time", HOST_ROUTER, HOSTING, UDP, 123, 2048, .01, 48, 48, .01, ANSWER_COMMON, 1, false },
    { "time", HOST_WEB, HOSTING, UDP, 123, 2048, .01, 48, 48, .01, ANSWER_COMMON, .5, false },
    { "time", HOST_APP, HOSTING, UDP, 123, 2048, .01, 48, 48, .01, ANSWER_COMMON, .6, false },
    { "time", HOST_DESK, HOSTING, UDP, 123, 4096, .02, 48, 48, .01, ANSWER_OWN, .3, true },
    { "counters of routers", HOST_MONITOR, HOST_ROUTER, UDP, 161, 600, .005, 900, 6000, .1, ANSWER_ALL, .5,
      false },
    { "counters of web servers", HOST_MONITOR, HOST_WEB, UDP, 161, 1800, .005, 700, 3000, .1, ANSWER_ALL, .5,
      false },
    { "counters of applications", HOST_MONITOR, HOST_APP, UDP, 161, 1800, .005, 700, 3000, .1, ANSWER_ALL, .5,
      false },
    { "are you there", HOST_MONITOR, HOST_PRINTER, PROTOCOL_ICMP, 0, 3600, .01, 168, 168, .01, ANSWER_ALL, .5,
      false },
    { "are you there", HOST_MONITOR, HOST_PLC, PROTOCOL_ICMP, 0, 3600, .01, 168, 168, .01, ANSWER_ALL, .5,
      false },
    { "logs", HOST_ROUTER, HOST_LOGS, UDP, 514, 900, .3, 3000, 0, .5, ANSWER_ALL, 1, false },
    { "logs", HOST_WEB, HOST_LOGS, UDP, 514, 1800, .3, 5000, 0, .5, ANSWER_ALL, 1, false },
    { "who may log in", HOST_ROUTER, HOST_DIRECTORY, TCP, 49, 7200, .3, 900, 700, .2, ANSWER_OWN, 1, false },
    { "an agent", HOST_WEB, HOSTING, TCP, 443, 300, .02, 2400, 1200, .1, ANSWER_COMMON, .25, false },
    { "an agent", HOST_APP, HOSTING, TCP, 443, 600, .1, 2400, 1200, .2, ANSWER_COMMON, .4, false },
    { "a queue is looked at", HOST_APP, BUSINESS, TCP, 443, 900, .01, 1500, 800, .05, ANSWER_OWN, .2, false },
    { "a watcher outside", HOST_MONITOR, HOSTING, TCP, 443, 600, .02, 2400, 1800, .1, ANSWER_OWN, 1, false },
    { "a list of senders", HOST_MAIL, HOSTING, TCP, 443, 3600, .01, 1500, 60000, .3, ANSWER_OWN, 1, false },
    { "certificates", HOST_WEB, CDN, TCP, 80, 21600, .1, 600, 3000, .1, ANSWER_COMMON, .7, false },
    { "the maker's telemetry", HOST_DESK, HOSTING, TCP, 443, 3600, .15, 6000, 1500, .6, ANSWER_COMMON, .7,
      true },
    { "a program asks for updates", HOST_DESK, CDN, TCP, 443, 10800, .2, 1500, 6000, .4, ANSWER_COMMON, .8,
      true },
    { "a gadget asks the weather", HOST_DESK, HOSTING, TCP, 443, 900, .02, 900, 2500, .1, ANSWER_OWN, .06,
      true },
    { "a camera's cloud", HOST_CAMERA, HOSTING, TCP, 443, 600, .05, 1800, 900, .2, ANSWER_COMMON, .5, false },
    { "a camera's owner at home", HOST_CAMERA, HOME, TCP, 8000, 1200, .1, 1800, 900, .3, ANSWER_OWN, .04,
      false },
    { "a printer's maker", HOST_PRINTER, HOSTING, TCP, 443, 28800, .02, 2500, 1500, .2, ANSWER_COMMON, .6,
      false },
    { "values", HOST_HISTORIAN, HOST_PLC, TCP, 102, 3600, .01, 2000, 30000, .1, ANSWER_ALL, 1, false },
    { "a daily report", HOST_DATABASE, BUSINESS, TCP, 443, 86400, .01, 80000, 3000, .3, ANSWER_OWN, .25,
      false },
    { "twice a day", HOST_APP, BUSINESS, TCP, 22, 43200, .02, 30000, 5000, .4, ANSWER_OWN, .3, false },
    { "every ten days", HOST_APP, BUSINESS, TCP, 22, 864000, .01, 200000, 5000, .4, ANSWER_OWN, .25, false },
    { "every ten days", HOST_WEB, HOSTING, TCP, 443, 950400, .01, 100000, 9000, .4, ANSWER_OWN, .2, false },
};

/* A connection that stays open, with a sign of life every so often. */
typedef struct Standing {
    const char *words;
    uint8_t from, to, protocol;
    uint16_t port;
    double alive_s;
    uint32_t alive_octets;
    double out_hour, in_hour; /* payload besides */
    double hours;             /* how long before it is opened anew */
    uint32_t life_days;       /* then the other end moves; 0: never */
    double share;
    bool by_day, all;
} Standing;

static const Standing standings[] = {
    { "push", HOST_DESK, HOSTING, TCP, 5223, 540, 90, 2e3, 8e3, 9, 30, .15, true, false },
    { "a chat", HOST_DESK, HOSTING, TCP, 443, 55, 88, 3e4, 9e4, 8, 20, .04, true, false },
    { "remote support waits", HOST_DESK, HOSTING, TCP, 5938, 120, 60, 1e3, 1e3, 9, 0, .05, true, false },
    { "messages of the shop", HOST_APP, HOSTING, TCP, 5671, 30, 94, 2e4, 2e4, 60, 6, .12, false, false },
    { "a gateway of staff", HOST_VPN, HOME, UDP, 4500, 20, 110, 5e5, 2e6, 30, 5, 1, false, false },
    { "a tunnel to a partner", HOST_VPN, BUSINESS, UDP, 4500, 20, 110, 2e6, 2e6, 90, 0, .6, false, false },
    { "control of machines", HOST_SCADA, HOST_PLC, TCP, 502, 30, 80, 4e4, 9e4, 200, 0, 1, false, true },
    { "neighbours speak BGP", HOST_ROUTER, HOSTING, TCP, 179, 60, 59, 4e3, 4e4, 400, 0, .25, false, false },
};

static uint32_t
answering(const Traffic *traffic, uint8_t to, uint8_t answers, uint64_t kind, uint32_t host, uint64_t age)
{
    const Network *network = traffic->network;

    return end_address(network, to,
                       draw_hash(network->seed, kind, answers == ANSWER_COMMON ? host % 3 : host, age));
}

/* One host's polls of one target on one day. */
static void
add_polls(Traffic *traffic, const Poll *poll, uint32_t from, uint32_t to, uint64_t kind, uint32_t day)
{
    const Calendar *calendar = traffic->calendar;
    int64_t from_ms = calendar->begin_ms + (int64_t)day * DAY_MS, until_ms = from_ms + DAY_MS;
    int64_t every_ms = (int64_t)(poll->every_s * 1000);
    int64_t phase_ms = (int64_t)(draw_hash(traffic->network->seed, kind, from, to) % (uint64_t)every_ms);
    int64_t number = (from_ms - phase_ms) / every_ms;

    for (int64_t at = number * every_ms + phase_ms; at < until_ms; at += every_ms, number++) {
        Draw draw = draw_from(traffic->network->seed, kind, (uint64_t)from << 32 | to, (uint64_t)number);
        int64_t ms = at + (int64_t)(poll->jitter * (double)every_ms * draw_uniform(&draw));
        int64_t whole_hours = (ms - from_ms) / HOUR_MS;
        double hour = (double)whole_hours;
        if (at < from_ms || (poll->by_day && (hour < 6 || hour >= 16)) || draw_uniform(&draw) < 0.01)
            continue;
        Talk talk = { .a = from,
                      .b = to,
                      .protocol = poll->protocol,
                      .b_port = poll->port,
                      .a_port = poll->port == 123 ? 123 : 0,
                      .start_ms = ms,
                      .seconds = draw_amount(&draw, 0.3, 0.6),
                      .out_octets = draw_amount(&draw, poll->out, poll->spread),
                      .in_octets = draw_amount(&draw, poll->in, poll->spread),
                      .unanswered = poll->in <= 0,
                      .chance = draw_u64(&draw) };
        traffic_add(traffic, &talk);
    }
}

static void
poll_day(Traffic *traffic, uint32_t number, uint32_t day)
{
    const Network *network = traffic->network;
    const Poll *poll = &polls[number];
    uint64_t kind = 200 + number;

    if (poll->by_day && calendar_day_factor(traffic->calendar, RHYTHM_OFFICE, day) < 0.5)
        return;
    for (uint32_t i = 0; i < network->count[poll->from]; i++) {
        uint32_t host = network->hosts[network->first[poll->from] + i].address;
        if (draw_unit(draw_hash(network->seed, kind, 1, i)) >= poll->share && !(i == 0 && poll->share >= .2))
            continue;
        if (poll->answers != ANSWER_ALL) {
            /* A few move to another address in the judged time. */
            uint64_t move = draw_hash(network->seed, kind, 2, host) % 400;
            uint32_t to = answering(traffic, poll->to, poll->answers, kind, host, move < day ? 1 : 0);
            add_polls(traffic, poll, host, to, kind, day);
            continue;
        }
        for (uint32_t j = 0; j < network->count[poll->to]; j++)
            add_polls(traffic, poll, host, network->hosts[network->first[poll->to] + j].address, kind, day);
    }
}

/* Opened when the last one ended; which of them begin on this day follows from their length. */
static void
stand(Traffic *traffic, const Standing *standing, uint32_t from, uint32_t to, uint64_t kind, uint32_t day)
{
    const Calendar *calendar = traffic->calendar;
    int64_t day_ms = calendar->begin_ms + (int64_t)day * DAY_MS;
    double length_ms = standing->hours * HOUR_MS;
    int64_t at = (int64_t)(draw_unit(draw_hash(traffic->network->seed, kind, from, to)) * length_ms) -
                 (int64_t)length_ms + calendar->begin_ms;

    for (uint64_t number = 0; at < day_ms + DAY_MS; number++) {
        Draw draw = draw_from(traffic->network->seed, kind, (uint64_t)from << 32 | to, number);
        double hours = standing->hours * (0.5 + draw_uniform(&draw));
        int64_t start = MAX(at, calendar->begin_ms);
        int64_t end = at + (int64_t)(hours * HOUR_MS);
        at = end + (int64_t)(draw_exponential(&draw, 40) * 1000);
        if (start < day_ms || end <= start || start >= day_ms + DAY_MS)
            continue;
        Talk talk = { .a = from,
                      .b = to,
                      .protocol = standing->protocol,
                      .b_port = standing->port,
                      .start_ms = start,
                      .seconds = (double)(end - start) / 1000,
                      .alive_s = standing->alive_s,
                      .alive_octets = standing->alive_octets,
                      .bursts = (uint32_t)((double)(end - start) / HOUR_MS * 3) + 1,
                      .chance = draw_u64(&draw) };
        talk.out_octets = standing->out_hour * talk.seconds / 3600;
        talk.in_octets = standing->in_hour * talk.seconds / 3600;
        traffic_add(traffic, &talk);
    }
}

static void
stand_by_day(Traffic *traffic, const Standing *standing, uint32_t from, uint32_t to, uint64_t kind,
             uint32_t day)
{
    const Calendar *calendar = traffic->calendar;
    Draw draw = draw_from(traffic->network->seed, kind, (uint64_t)from << 32 | to, day);
    double start_hour = 6 + 1.5 * draw_uniform(&draw),
           hours = standing->hours * (0.8 + 0.3 * draw_uniform(&draw));

    if (calendar_day_factor(calendar, RHYTHM_OFFICE, day) < 0.5 || draw_uniform(&draw) < 0.1)
        return;
    Talk talk = { .a = from,
                  .b = to,
                  .protocol = standing->protocol,
                  .b_port = standing->port,
                  .start_ms = calendar->begin_ms + (int64_t)day * DAY_MS + (int64_t)(start_hour * HOUR_MS),
                  .seconds = hours * 3600,
                  .alive_s = standing->alive_s,
                  .alive_octets = standing->alive_octets,
                  .bursts = (uint32_t)(hours * 4),
                  .out_octets = standing->out_hour * hours,
                  .in_octets = standing->in_hour * hours,
                  .chance = draw_u64(&draw) };
    traffic_add(traffic, &talk);
}

static void
standing_day(Traffic *traffic, uint32_t number, uint32_t day)
{
    const Network *network = traffic->network;
    const Standing *standing = &standings[number];
    uint64_t kind = 300 + number;

    for (uint32_t i = 0; i < network->count[standing->from]; i++) {
        uint32_t host = network->hosts[network->first[standing->from] + i].address;
        if (draw_unit(draw_hash(network->seed, kind, 1, i)) >= standing->share &&
            !(i == 0 && standing->share >= .1))
            continue;
        uint64_t age =
            standing->life_days == 0 ? 0 : (day + host % standing->life_days) / standing->life_days;
        uint32_t to = answering(traffic, standing->to, ANSWER_OWN, kind, host, age);
        for (uint32_t j = 0; j < network->count[standing->to % N_HOST_ROLES] && standing->all; j++) {
            uint32_t target = network->hosts[network->first[standing->to] + j].address;
            if (target % network->count[standing->from] == i)
                stand(traffic, standing, host, target, kind, day);
        }
        if (!standing->all)
            (standing->by_day ? stand_by_day : stand)(traffic, standing, host, to, kind, day);
    }
}

void
clockwork_add_day(Traffic *traffic, uint32_t day)
{
    for (uint32_t i = 0; i < G_N_ELEMENTS(polls); i++)
        poll_day(traffic, i, day);
    for (uint32_t i = 0; i < G_N_ELEMENTS(standings); i++)
        standing_day(traffic, i, day);
}
