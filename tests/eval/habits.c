/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * habits.c - what people and programs do so many times a day, by a rhythm, as a table; see benign.h
 *
 * Each host has peers that it is used to (by Zipf's law; some are common to all, and each is replaced by
 * another one after some weeks), and now and then one that it never met. A habit may belong to a share of the
 * hosts of a role only; then some servers legitimately call new home lines while their like never do.
 */
#include "tests/eval/benign.h"

typedef struct Habit {
    const char *words;
    uint8_t from, to;
    uint8_t protocol;
    uint16_t port;
    uint8_t rhythm;
    double per_day;     /* of one host inside */
    double out, in;     /* medians of payload octets */
    double spread;      /* sigma of the logarithm */
    double seconds;     /* median */
    double fresh;       /* share with a peer never met before */
    uint16_t peers;     /* that a host is used to */
    uint16_t life_days; /* of a usual peer; 0: for good */
    double together;    /* conversations in a row, on the average */
    double share;       /* of the role's hosts */
    bool unanswered;
} Habit;

#define HOME       OUTSIDE(ACCESS_RESIDENTIAL)
#define MOBILE     OUTSIDE(ACCESS_MOBILE)
#define SATELLITE  OUTSIDE(ACCESS_SATELLITE)
#define HOSTING    OUTSIDE(ACCESS_HOSTING)
#define CDN        OUTSIDE(ACCESS_CDN)
#define BUSINESS   OUTSIDE(ACCESS_BUSINESS)
#define EDUCATION  OUTSIDE(ACCESS_EDUCATION)
#define GOVERNMENT OUTSIDE(ACCESS_GOVERNMENT)
#define TCP        PROTOCOL_TCP
#define UDP        PROTOCOL_UDP

static const Habit habits[] = {
    /* words, from, to, protocol, port, rhythm, a day, out, in, spread, seconds, fresh, peers, life, row,
       share */
    { "people read the site", HOME, HOST_WEB, TCP, 443, RHYTHM_HOME, 60, 2e3, 4e4, 1.5, 6, .3, 400, 9, 2, 1 },
    { "people on the road", MOBILE, HOST_WEB, TCP, 443, RHYTHM_HOME, 18, 2e3, 3e4, 1.5, 8, .4, 200, 5, 1.5,
      1 },
    { "people on ships and farms", SATELLITE, HOST_WEB, TCP, 443, RHYTHM_HOME, 2, 2e3, 3e4, 1.4, 12, .2, 20,
      20, 1, 1 },
    { "offices read the site", BUSINESS, HOST_WEB, TCP, 443, RHYTHM_OFFICE, 14, 3e3, 4e4, 1.4, 6, .15, 60, 40,
      2, 1 },
    { "robots read the site", HOSTING, HOST_WEB, TCP, 443, RHYTHM_FLAT, 12, 1e3, 3e4, 1.2, 3, .2, 30, 15, 3,
      1 },
    { "people fetch mail", HOME, HOST_MAIL, TCP, 993, RHYTHM_HOME, 110, 2e3, 1.5e4, 1.3, 20, .06, 200, 12, 1,
      1 },
    { "people send mail", HOME, HOST_MAIL, TCP, 587, RHYTHM_HOME, 25, 3e4, 2e3, 1.6, 4, .06, 150, 12, 1, 1 },
    { "mail comes in", HOSTING, HOST_MAIL, TCP, 25, RHYTHM_OFFICE, 70, 2e4, 1.5e3, 1.6, 3, .15, 80, 0, 1, 1 },
    { "mail goes out", HOST_MAIL, HOSTING, TCP, 25, RHYTHM_OFFICE, 55, 2.5e4, 1.5e3, 1.6, 3, .06, 70, 0, 1,
      1 },
    { "mail to firms", HOST_MAIL, BUSINESS, TCP, 25, RHYTHM_OFFICE, 18, 2.5e4, 1.5e3, 1.6, 3, .08, 60, 0, 1,
      1 },
    { "mail to people's own servers", HOST_MAIL, HOME, TCP, 25, RHYTHM_OFFICE, 4, 2e4, 1.5e3, 1.5, 4, .25, 14,
      30, 1, 1 },
    { "logs in from home", HOME, HOST_JUMP, TCP, 22, RHYTHM_HOME, 1.2, 4e4, 2e5, 1.1, 900, .04, 6, 20, 1, 1 },
    { "names", HOST_DESK, HOST_DNS, UDP, 53, RHYTHM_OFFICE, 16, 70, 180, .5, .05, 0, 2, 0, 2, 1 },
    { "names for servers", HOST_APP, HOST_DNS, UDP, 53, RHYTHM_FLAT, 10, 70, 180, .5, .05, 0, 2, 0, 2, 1 },
    { "names asked outside", HOST_DNS, HOSTING, UDP, 53, RHYTHM_HOME, 160, 75, 220, .5, .1, .08, 120, 0, 1,
      1 },
    { "names at content networks", HOST_DNS, CDN, UDP, 53, RHYTHM_HOME, 80, 75, 220, .5, .1, .04, 40, 0, 1,
      1 },
    { "names at people's own servers", HOST_DNS, HOME, UDP, 53, RHYTHM_HOME, 4, 75, 190, .5, .1, .2, 10, 40,
      1, 1 },
    { "browsing", HOST_DESK, CDN, TCP, 443, RHYTHM_OFFICE, 16, 3e3, 8e4, 1.8, 15, .12, 40, 40, 3, 1 },
    { "work in the cloud", HOST_DESK, HOSTING, TCP, 443, RHYTHM_OFFICE, 12, 8e3, 6e4, 1.8, 40, .14, 40, 40, 2,
      1 },
    { "sites of firms", HOST_DESK, BUSINESS, TCP, 443, RHYTHM_OFFICE, 4, 4e3, 5e4, 1.5, 10, .25, 25, 60, 2,
      1 },
    { "the university", HOST_DESK, EDUCATION, TCP, 443, RHYTHM_OFFICE, .6, 4e3, 6e4, 1.5, 10, .2, 8, 0, 1,
      .4 },
    { "forms of the government", HOST_DESK, GOVERNMENT, TCP, 443, RHYTHM_OFFICE, .8, 3e4, 6e4, 1.4, 20, .1, 8,
      0, 1, .5 },
    { "calls to people at home", HOST_DESK, HOME, UDP, 3478, RHYTHM_OFFICE, .8, 3e6, 4e6, 1.3, 400, .5, 12,
      20, 1, .35 },
    { "help for people at home", HOST_DESK, HOME, TCP, 8443, RHYTHM_OFFICE, 1.5, 2e5, 3e6, 1.3, 600, .6, 8,
      20, 1, .06 },
    { "files", HOST_DESK, HOST_FILES, TCP, 445, RHYTHM_OFFICE, 6, 3e4, 3e5, 2, 120, 0, 2, 0, 1, 1 },
    { "log-ins", HOST_DESK, HOST_DIRECTORY, TCP, 88, RHYTHM_OFFICE, 3, 3e3, 3e3, .6, .2, 0, 2, 0, 2, 1 },
    { "directory", HOST_DESK, HOST_DIRECTORY, TCP, 389, RHYTHM_OFFICE, 2, 4e3, 2e4, .9, 4, 0, 2, 0, 1, 1 },
    { "reading mail", HOST_DESK, HOST_MAIL, TCP, 993, RHYTHM_OFFICE, 5, 3e3, 4e4, 1.5, 30, 0, 1, 0, 1, 1 },
    { "printing", HOST_DESK, HOST_PRINTER, TCP, 9100, RHYTHM_OFFICE, .8, 4e5, 1e3, 1.3, 8, .02, 2, 0, 1, .8 },
    { "desk helps desk", HOST_DESK, HOST_DESK, TCP, 3389, RHYTHM_OFFICE, 3, 2e5, 2e6, 1.2, 500, .5, 20, 10, 1,
      .04 },
    { "looks at cameras", HOST_DESK, HOST_CAMERA, TCP, 554, RHYTHM_OFFICE, 1, 1e4, 2e7, 1, 300, .05, 3, 0, 1,
      .05 },
    { "to the jump host", HOST_DESK, HOST_JUMP, TCP, 22, RHYTHM_OFFICE, 3, 4e4, 2e5, 1.1, 700, 0, 2, 0, 1,
      .06 },
    { "looks at servers", HOST_JUMP, HOST_WEB, TCP, 22, RHYTHM_OFFICE, 5, 1e4, 6e4, 1.1, 240, .1, 4, 0, 1,
      1 },
    { "looks at applications", HOST_JUMP, HOST_APP, TCP, 22, RHYTHM_OFFICE, 4, 1e4, 6e4, 1.1, 240, .1, 4, 0,
      1, 1 },
    { "looks at databases", HOST_JUMP, HOST_DATABASE, TCP, 22, RHYTHM_OFFICE, 2, 1e4, 6e4, 1.1, 240, .08, 3,
      0, 1, 1 },
    { "looks at routers", HOST_JUMP, HOST_ROUTER, TCP, 22, RHYTHM_OFFICE, 4, 1e4, 8e4, 1.1, 300, .05, 6, 0, 1,
      1 },
    { "looks at Windows servers", HOST_JUMP, HOST_DIRECTORY, TCP, 3389, RHYTHM_OFFICE, 2, 1e5, 1e6, 1.1, 600,
      0, 2, 0, 1, 1 },
    { "engineers at a plc", HOST_DESK, HOST_PLC, TCP, 102, RHYTHM_OFFICE, .4, 3e4, 2e5, 1, 500, .05, 4, 0, 1,
      .012 },
    { "updates of servers", HOST_WEB, CDN, TCP, 443, RHYTHM_NIGHT, 3, 5e3, 1e6, 1.8, 20, .2, 6, 30, 2, 1 },
    { "updates of applications", HOST_APP, CDN, TCP, 443, RHYTHM_NIGHT, 3, 5e3, 1e6, 1.8, 20, .2, 6, 30, 2,
      1 },
    { "updates of databases", HOST_DATABASE, CDN, TCP, 443, RHYTHM_NIGHT, 1.5, 5e3, 1e6, 1.8, 20, .2, 4, 30,
      2, 1 },
    { "updates of stores", HOST_FILES, CDN, TCP, 443, RHYTHM_NIGHT, 2, 5e3, 1e6, 1.8, 20, .25, 4, 30, 2, 1 },
    { "updates of directories", HOST_DIRECTORY, CDN, TCP, 443, RHYTHM_NIGHT, 2, 5e3, 1e6, 1.8, 20, .25, 4, 30,
      2, 1 },
    { "updates of logs", HOST_LOGS, CDN, TCP, 443, RHYTHM_NIGHT, 1.5, 5e3, 1e6, 1.8, 20, .25, 4, 30, 2, 1 },
    { "updates of the historian", HOST_HISTORIAN, CDN, TCP, 443, RHYTHM_NIGHT, .7, 5e3, 1e6, 1.8, 20, .2, 4,
      30, 2, 1 },
    { "updates of mail", HOST_MAIL, CDN, TCP, 443, RHYTHM_NIGHT, 2, 5e3, 1e6, 1.8, 20, .2, 6, 30, 2, 1 },
    { "firmware", HOST_CAMERA, CDN, TCP, 443, RHYTHM_NIGHT, .3, 3e3, 3e6, 1.5, 60, .4, 3, 30, 2, 1 },
    { "firmware", HOST_PRINTER, CDN, TCP, 443, RHYTHM_NIGHT, .2, 3e3, 3e6, 1.5, 60, .4, 3, 30, 2, 1 },
    { "licences", HOST_DATABASE, HOSTING, TCP, 443, RHYTHM_OFFICE, .3, 4e3, 9e3, 1, 4, .25, 3, 40, 1, .7 },
    { "licences", HOST_FILES, HOSTING, TCP, 443, RHYTHM_OFFICE, .3, 4e3, 9e3, 1, 4, .25, 3, 40, 1, .7 },
    { "licences", HOST_DIRECTORY, HOSTING, TCP, 443, RHYTHM_OFFICE, .4, 4e3, 9e3, 1, 4, .25, 3, 40, 1, .7 },
    { "licences", HOST_LOGS, HOSTING, TCP, 443, RHYTHM_OFFICE, .3, 4e3, 9e3, 1, 4, .25, 3, 40, 1, 1 },
    { "updates of desks", HOST_DESK, CDN, TCP, 443, RHYTHM_OFFICE, .7, 6e3, 6e6, 1.6, 60, .05, 4, 60, 2, 1 },
    { "pages ask partners", HOST_APP, HOSTING, TCP, 443, RHYTHM_HOME, 30, 3e3, 9e3, 1.3, 2, .008, 14, 0, 1,
      1 },
    { "payments", HOST_APP, BUSINESS, TCP, 443, RHYTHM_HOME, 12, 5e3, 4e3, .8, 3, .004, 3, 0, 1, .4 },
    { "tells people's gateways", HOST_APP, HOME, TCP, 8443, RHYTHM_HOME, 4, 4e3, 3e3, 1.1, 3, .25, 10, 20, 1,
      .25 },
    { "looks after people's boxes", HOST_MONITOR, HOME, TCP, 7547, RHYTHM_FLAT, 30, 2e3, 4e3, .8, 3, .08, 60,
      30, 1, .5 },
    { "alarms", HOST_MONITOR, BUSINESS, TCP, 443, RHYTHM_FLAT, 4, 4e3, 3e3, .6, 2, .01, 2, 0, 1, 1 },
    { "pictures go out", HOST_WEB, CDN, TCP, 443, RHYTHM_OFFICE, .7, 3e7, 1e5, 1.5, 60, 0, 2, 0, 1, .3 },
    { "odd jobs on an application", HOST_APP, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.1, 1e4, 4e5, 2, 60, 1, 1, 0,
      1, 1 },
    { "odd jobs on a web server", HOST_WEB, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.08, 1e4, 4e5, 2, 60, 1, 1, 0,
      1, 1 },
    { "odd jobs on a database", HOST_DATABASE, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.05, 1e4, 4e5, 2, 60, 1, 1,
      0, 1, 1 },
    { "odd jobs on a store", HOST_FILES, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.06, 1e4, 4e5, 2, 60, 1, 1, 0, 1,
      1 },
    { "odd jobs on a directory", HOST_DIRECTORY, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.06, 1e4, 4e5, 2, 60, 1,
      1, 0, 1, 1 },
    { "odd jobs on a log server", HOST_LOGS, HOSTING, TCP, 8080, RHYTHM_OFFICE, 0.05, 1e4, 4e5, 2, 60, 1, 1,
      0, 1, 1 },
    { "odd jobs on a mail server", HOST_MAIL, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.08, 1e4, 4e5, 2, 60, 1, 1,
      0, 1, 1 },
    { "odd jobs on the monitor", HOST_MONITOR, HOSTING, TCP, 8443, RHYTHM_OFFICE, 0.12, 1e4, 4e5, 2, 60, 1, 1,
      0, 1, 1 },
    { "odd jobs on the jump host", HOST_JUMP, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.2, 1e4, 4e5, 2, 60, 1, 1, 0,
      1, 1 },
    { "odd jobs on a backup", HOST_BACKUP, HOSTING, TCP, 443, RHYTHM_OFFICE, 0.04, 1e4, 4e5, 2, 60, 1, 1, 0,
      1, 1 },
    { "a partner is tried", HOST_APP, BUSINESS, TCP, 443, RHYTHM_OFFICE, .06, 1e4, 9e4, 1.6, 30, 1, 1, 0, 3,
      1 },
    { "an administrator's own line", HOST_WEB, HOME, TCP, 22, RHYTHM_HOME, .012, 4e4, 6e4, 1.4, 300, 1, 1, 0,
      2, 1 },
    { "an administrator's own line", HOST_APP, HOME, TCP, 443, RHYTHM_HOME, .012, 4e4, 6e4, 1.4, 300, 1, 1, 0,
      2, 1 },
    { "looks at stores", HOST_JUMP, HOST_FILES, TCP, 3389, RHYTHM_OFFICE, 1, 1e5, 1e6, 1.1, 600, .1, 2, 0, 1,
      1 },
    { "looks at logs", HOST_JUMP, HOST_LOGS, TCP, 22, RHYTHM_OFFICE, 1.5, 1e4, 6e4, 1.1, 240, .1, 2, 0, 1,
      1 },
    { "servers ask servers", HOST_APP, HOST_WEB, TCP, 443, RHYTHM_FLAT, 1, 4e3, 4e4, 1.3, 3, .15, 3, 0, 1,
      .5 },
    { "servers copy to servers", HOST_WEB, HOST_FILES, TCP, 445, RHYTHM_NIGHT, 1, 4e6, 4e4, 1.5, 60, .05, 1,
      0, 1, .4 },
    { "a server is moved by hand", HOST_DATABASE, HOST_DATABASE, TCP, 22, RHYTHM_OFFICE, .03, 4e7, 4e4, 1.5,
      300, 1, 1, 0, 1, 1 },
    { "a maker's hot line", HOST_CAMERA, HOSTING, TCP, 443, RHYTHM_FLAT, .5, 4e3, 4e3, 1, 5, .01, 2, 0, 1,
      .6 },
    { "scanners in clouds", HOSTING, HOST_WEB, TCP, 22, RHYTHM_FLAT, 8, 0, 0, .1, .1, .8, 60, 4, 1, 1, true },
    { "scanners at home", HOME, HOST_MAIL, TCP, 23, RHYTHM_FLAT, 12, 0, 0, .1, .1, .9, 60, 4, 1, 1, true },
    { "scanners of the gate", HOME, HOST_VPN, TCP, 443, RHYTHM_FLAT, 14, 0, 0, .1, .1, .9, 60, 4, 1, 1,
      true },
    { "guessers at the gate", HOSTING, HOST_JUMP, TCP, 22, RHYTHM_FLAT, 15, 1.5e3, 2e3, .3, 3, .5, 20, 3, 3,
      1 },
    { "scanners of names", HOSTING, HOST_DNS, UDP, 53, RHYTHM_FLAT, 9, 60, 0, .1, .1, .8, 60, 4, 1, 1, true },
    { "scanners of routers", HOSTING, HOST_ROUTER, TCP, 22, RHYTHM_FLAT, 6, 0, 0, .1, .1, .8, 60, 4, 1, 1,
      true },
};

/* Whom host @inside talks to: one of those it is used to, or somebody new. */
static uint32_t
choose_peer(const Network *network, const Habit *habit, uint32_t number, uint32_t inside, uint32_t day,
            Draw *draw)
{
    uint8_t other = habit->from >= OUT_THERE ? habit->from : habit->to;

    if (draw_uniform(draw) < habit->fresh)
        return end_address(network, other, draw_u64(draw));
    uint32_t rank = (uint32_t)(pow(habit->peers, draw_uniform(draw)) - 0.999); /* about Zipf's law */
    uint64_t kind = draw_hash(network->seed, 40 + number, inside, rank);
    bool is_common = other >= OUT_THERE && habit->from < OUT_THERE && draw_unit(kind) < 0.6;
    uint32_t life = habit->life_days;
    uint64_t age = life == 0 ? 0 : (day + kind % life) / life;

    return end_address(network, other,
                       draw_hash(network->seed, 50 + number, is_common ? 0 : inside, rank * 4096u + age));
}

static void
add_talks(Traffic *traffic, const Habit *habit, uint32_t number, uint32_t inside, uint32_t day, Draw *draw)
{
    uint32_t peer = choose_peer(traffic->network, habit, number, inside, day, draw);
    int64_t at_ms = calendar_time(traffic->calendar, (Rhythm)habit->rhythm, day, draw_uniform(draw));
    uint32_t n = 1;

    while (habit->together > 1 && draw_uniform(draw) < 1 - 1 / habit->together && n < 20)
        n++;
    if (peer == inside)
        return;
    for (uint32_t i = 0; i < n; i++) {
        Talk talk = { .a = habit->from >= OUT_THERE ? peer : inside,
                      .b = habit->from >= OUT_THERE ? inside : peer,
                      .protocol = habit->protocol,
                      .b_port = habit->port,
                      .unanswered = habit->unanswered,
                      .start_ms = at_ms,
                      .seconds = draw_amount(draw, habit->seconds, 0.8),
                      .out_octets = draw_amount(draw, habit->out, habit->spread),
                      .in_octets = draw_amount(draw, habit->in, habit->spread),
                      .chance = draw_u64(draw) };
        talk.seconds = MIN(talk.seconds, 12 * 3600);
        traffic_add_usual(traffic, &talk);
        at_ms += (int64_t)(draw_exponential(draw, 20) * 1000);
    }
}

void
habits_add_day(Traffic *traffic, uint32_t day)
{
    const Network *network = traffic->network;

    for (uint32_t number = 0; number < G_N_ELEMENTS(habits); number++) {
        const Habit *habit = &habits[number];
        uint8_t role = habit->from >= OUT_THERE ? habit->to : habit->from;
        double factor = calendar_day_factor(traffic->calendar, (Rhythm)habit->rhythm, day);
        for (uint32_t i = 0; i < network->count[role]; i++) {
            const Host *host = &network->hosts[network->first[role] + i];
            if (draw_unit(draw_hash(network->seed, 30, number, i)) >= habit->share &&
                !(i == 0 && habit->share >= .2))
                continue;
            Draw draw = draw_from(network->seed, 60 + number, host->address, day);
            double day_mood = exp(0.25 * draw_normal(&draw));
            uint32_t n = draw_poisson(&draw, habit->per_day * factor * host->activity * day_mood /
                                                 MAX(1, habit->together));
            for (uint32_t j = 0; j < n; j++)
                add_talks(traffic, habit, number, host->address, day, &draw);
        }
    }
}
