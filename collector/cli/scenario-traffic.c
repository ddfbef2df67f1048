/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario-traffic.c - see scenario-traffic.h */
#include "collector/cli/scenario-traffic.h"

enum { TCP = 6, UDP = 17, ICMP = 1, HOURS_AHEAD = 10 };

#define HOME       OUTSIDE(ACCESS_RESIDENTIAL)
#define MOBILE     OUTSIDE(ACCESS_MOBILE)
#define HOSTING    OUTSIDE(ACCESS_HOSTING)
#define CDN        OUTSIDE(ACCESS_CDN)
#define BUSINESS   OUTSIDE(ACCESS_BUSINESS)
#define EDUCATION  OUTSIDE(ACCESS_EDUCATION)
#define GOVERNMENT OUTSIDE(ACCESS_GOVERNMENT)

static const Habit habits[] = {
    /* words, from, to, protocol, port, rhythm, a day, octets out and in, spread, seconds, fresh, peers */
    { "customers read the web site", HOME, GROUP_WEB, TCP, 443, RHYTHM_HOME, 1900, 3e3, 5e4, 1.3, 6, .10,
      900 },
    { "customers on the road", MOBILE, GROUP_WEB, TCP, 443, RHYTHM_HOME, 450, 3e3, 4e4, 1.3, 8, .15, 500 },
    { "customers over IPv6", OUTSIDE_V6(ACCESS_RESIDENTIAL), GROUP_WEB6, TCP, 443, RHYTHM_HOME, 250, 3e3, 5e4,
      1.3, 6, .1, 400 },
    { "customers fetch mail", HOME, GROUP_MAIL, TCP, 993, RHYTHM_HOME, 420, 2e3, 1.5e4, 1.2, 20, .04, 600 },
    { "customers send mail", HOME, GROUP_MAIL, TCP, 587, RHYTHM_HOME, 130, 3e4, 2e3, 1.4, 4, .04, 400 },
    { "customers see how the network does", HOME, GROUP_MONITOR, TCP, 443, RHYTHM_OFFICE, 14, 3e3, 8e4, 1.0,
      40, .06, 12 },
    { "offices read the web site", BUSINESS, GROUP_WEB, TCP, 443, RHYTHM_OFFICE, 160, 3e3, 4e4, 1.2, 6, .06,
      120 },
    { "mail comes in", HOSTING, GROUP_MAIL, TCP, 25, RHYTHM_OFFICE, 280, 2e4, 1.5e3, 1.5, 3, .08, 150 },
    { "mail comes in over IPv6", OUTSIDE_V6(ACCESS_HOSTING), GROUP_MAIL6, TCP, 25, RHYTHM_OFFICE, 60, 2e4,
      1.5e3, 1.5, 3, .08, 60 },
    { "mail goes out", GROUP_MAIL, HOSTING, TCP, 25, RHYTHM_OFFICE, 190, 2.5e4, 1.5e3, 1.5, 3, .05, 90 },
    { "mail to companies", GROUP_MAIL, BUSINESS, TCP, 25, RHYTHM_OFFICE, 60, 2.5e4, 1.5e3, 1.5, 3, .05, 50 },
    { "mail to people who run their own server at home", GROUP_MAIL, HOME, TCP, 25, RHYTHM_OFFICE, 5, 2e4,
      1.5e3, 1.4, 4, .22, 14 },
    { "staff at home", HOME, GROUP_VPN, UDP, 4500, RHYTHM_HOME, 9, 2e6, 9e6, 1.0, 4500, .06, 18 },
    { "staff from the office", GROUP_DESKS, GROUP_JUMP, TCP, 22, RHYTHM_OFFICE, 10, 4e4, 1.5e5, 1.0, 500, 0,
      1 },
    { "looking at a router", GROUP_JUMP, GROUP_ROUTERS, TCP, 22, RHYTHM_OFFICE, 9, 1e4, 8e4, 1.0, 300, 0, 3 },
    { "looking at a server", GROUP_JUMP, GROUP_WEB, TCP, 22, RHYTHM_OFFICE, 7, 1e4, 6e4, 1.0, 240, 0, 3 },
    { "network management", GROUP_MANAGEMENT, GROUP_ROUTERS, TCP, 830, RHYTHM_FLAT, 24, 5e3, 4e4, .8, 5, 0,
      3 },
    { "names for the offices", GROUP_DESKS, GROUP_DNS, UDP, 53, RHYTHM_OFFICE, 1000, 70, 160, .4, .1, 0, 2 },
    { "names looked up for others", GROUP_DNS, HOSTING, UDP, 53, RHYTHM_HOME, 700, 75, 190, .5, .1, .04,
      130 },
    { "names looked up at content networks", GROUP_DNS, CDN, UDP, 53, RHYTHM_HOME, 350, 75, 210, .5, .1, .02,
      50 },
    { "names looked up at a home server", GROUP_DNS, HOME, UDP, 53, RHYTHM_HOME, 5, 75, 190, .5, .1, .15,
      10 },
    { "names asked by customers", HOME, GROUP_DNS, UDP, 53, RHYTHM_HOME, 600, 70, 160, .4, .1, .03, 900 },
    { "browsing", GROUP_DESKS, CDN, TCP, 443, RHYTHM_OFFICE, 900, 4e3, 1e5, 1.6, 15, .05, 40 },
    { "working in the cloud", GROUP_DESKS, HOSTING, TCP, 443, RHYTHM_OFFICE, 700, 8e3, 6e4, 1.6, 30, .06,
      40 },
    { "sites of companies", GROUP_DESKS, BUSINESS, TCP, 443, RHYTHM_OFFICE, 130, 4e3, 6e4, 1.4, 10, .10, 20 },
    { "sites of the university", GROUP_DESKS, EDUCATION, TCP, 443, RHYTHM_OFFICE, 25, 4e3, 6e4, 1.4, 10, .1,
      8 },
    { "forms of the government", GROUP_DESKS, GOVERNMENT, TCP, 443, RHYTHM_OFFICE, 40, 2e4, 6e4, 1.2, 20, .03,
      8 },
    { "calls to people at home", GROUP_DESKS, HOME, UDP, 3478, RHYTHM_OFFICE, 11, 3e6, 4e6, 1.3, 400, .35,
      12 },
    { "remote help for a customer", GROUP_DESKS, HOME, TCP, 8443, RHYTHM_OFFICE, 4, 2e5, 4e6, 1.2, 500, .5,
      8 },
    { "files", GROUP_DESKS, GROUP_FILES, TCP, 445, RHYTHM_OFFICE, 420, 3e4, 3e5, 1.8, 60, 0, 1 },
    { "intranet", GROUP_DESKS, GROUP_INTRANET, TCP, 443, RHYTHM_OFFICE, 420, 4e3, 5e4, 1.2, 12, 0, 1 },
    { "reading mail", GROUP_DESKS, GROUP_MAIL, TCP, 993, RHYTHM_OFFICE, 420, 3e3, 4e4, 1.4, 25, 0, 2 },
    { "printing", GROUP_DESKS, GROUP_PRINTERS, TCP, 9100, RHYTHM_OFFICE, 70, 4e5, 1e3, 1.1, 8, 0, 2 },
    { "the intranet's data", GROUP_INTRANET, GROUP_DATABASE, TCP, 5432, RHYTHM_OFFICE, 260, 2e4, 2e5, 1.2, 30,
      0, 1 },
    { "bills", GROUP_BILLING, GROUP_DATABASE, TCP, 5432, RHYTHM_FLAT, 90, 2e4, 3e5, 1.3, 20, 0, 1 },
    { "payments", GROUP_BILLING, BUSINESS, TCP, 443, RHYTHM_HOME, 60, 5e3, 4e3, .6, 3, .002, 3 },
    { "alarms to telephones", GROUP_MONITOR, BUSINESS, TCP, 443, RHYTHM_FLAT, 6, 4e3, 3e3, .5, 2, .01, 2 },
    { "updates of servers", GROUP_WEB, CDN, TCP, 443, RHYTHM_NIGHT, 10, 5e3, 2e6, 1.6, 20, .03, 6 },
    { "updates of mail servers", GROUP_MAIL, CDN, TCP, 443, RHYTHM_NIGHT, 7, 5e3, 2e6, 1.6, 20, .03, 6 },
    { "updates of the monitor", GROUP_MONITOR, CDN, TCP, 443, RHYTHM_NIGHT, 4, 5e3, 2e6, 1.6, 20, .04, 6 },
    { "updates of the file server", GROUP_FILES, CDN, TCP, 443, RHYTHM_NIGHT, 4, 5e3, 2e6, 1.6, 20, .03, 6 },
    { "plug-ins of the monitor", GROUP_MONITOR, HOSTING, TCP, 443, RHYTHM_OFFICE, 5, 6e3, 3e5, 1.5, 10, .06,
      5 },
    { "calls of web pages to partners", GROUP_WEB, HOSTING, TCP, 443, RHYTHM_HOME, 220, 3e3, 9e3, 1.1, 2, .01,
      14 },
    { "web pages tell a customer's gateway", GROUP_WEB, HOME, TCP, 8443, RHYTHM_HOME, 3, 4e3, 3e3, .9, 2, .25,
      10 },
    { "scanners in clouds", HOSTING, GROUP_WEB, TCP, 22, RHYTHM_FLAT, 120, 44, 0, .1, .1, .7, 100, true },
    { "scanners at home", HOME, GROUP_MAIL, TCP, 23, RHYTHM_FLAT, 90, 44, 0, .1, .1, .9, 100, true },
    { "scanners of names", HOSTING, GROUP_DNS, UDP, 53, RHYTHM_FLAT, 60, 64, 0, .1, .1, .7, 100, true },
    { "scanners of the VPN", HOME, GROUP_VPN, TCP, 443, RHYTHM_FLAT, 50, 44, 0, .1, .1, .9, 100, true },
    { "scanners of the monitor", HOSTING, GROUP_MONITOR, TCP, 8080, RHYTHM_FLAT, 30, 44, 0, .1, .1, .8, 60,
      true },
};

static const Poll polls[] = {
    { "time", GROUP_ROUTERS, EDUCATION, UDP, 123, 34, 76, 76, false },
    { "time", GROUP_WEB, EDUCATION, UDP, 123, 34, 76, 76, false },
    { "time", GROUP_MAIL, HOSTING, UDP, 123, 34, 76, 76, false },
    { "time", GROUP_DNS, EDUCATION, UDP, 123, 34, 76, 76, false },
    { "time", GROUP_MONITOR, EDUCATION, UDP, 123, 17, 76, 76, false },
    { "time", GROUP_VPN, HOSTING, UDP, 123, 34, 76, 76, false },
    { "counters", GROUP_MONITOR, GROUP_ROUTERS, UDP, 161, 5, 900, 6000, true },
    { "counters", GROUP_MONITOR, GROUP_WEB, UDP, 161, 15, 700, 3000, true },
    { "counters", GROUP_MONITOR, GROUP_MAIL, UDP, 161, 15, 700, 3000, true },
    { "counters", GROUP_MONITOR, GROUP_DNS, UDP, 161, 15, 700, 3000, true },
    { "counters", GROUP_MONITOR, GROUP_FILES, UDP, 161, 15, 700, 3000, true },
    { "counters", GROUP_MONITOR, GROUP_DATABASE, UDP, 161, 15, 700, 3000, true },
    { "are you there", GROUP_MONITOR, GROUP_PRINTERS, ICMP, 0x0800, 30, 252, 252, true },
    { "state to a watcher outside", GROUP_MONITOR, HOSTING, TCP, 443, 10, 2400, 1800, false },
    { "logs", GROUP_ROUTERS, GROUP_SYSLOG, UDP, 514, 10, 4000, 0, true },
    { "logs", GROUP_WEB, GROUP_SYSLOG, UDP, 514, 15, 6000, 0, true },
    { "logs", GROUP_MAIL, GROUP_SYSLOG, UDP, 514, 15, 6000, 0, true },
    { "who may log in", GROUP_ROUTERS, GROUP_MANAGEMENT, TCP, 49, 45, 900, 700, true },
    { "list of bad senders", GROUP_MAIL, HOSTING, TCP, 443, 60, 1500, 60000, false },
};

static const Standing standings[] = {
    { "a gateway of staff at home", GROUP_VPN, 0, HOME, UDP, 4500, RHYTHM_FLAT, 20, 130, 900, 30, 6 },
    { "another gateway of staff at home", GROUP_VPN, 0, HOME, UDP, 4500, RHYTHM_OFFICE, 20, 130, 4000, 0, 5 },
    { "messages of the web shop", GROUP_WEB, 1, HOSTING, TCP, 5671, RHYTHM_FLAT, 30, 94, 300, 60, 0 },
    { "a chat", GROUP_DESKS, 3, HOSTING, TCP, 443, RHYTHM_OFFICE, 45, 88, 1200, 0, 0 },
    { "a chat", GROUP_DESKS, 11, HOSTING, TCP, 443, RHYTHM_OFFICE, 45, 88, 900, 0, 0 },
    { "a radio", GROUP_DESKS, 17, CDN, TCP, 443, RHYTHM_OFFICE, 60, 60, 960000, 0, 2 },
    { "a camera at home", GROUP_DESKS, 22, HOME, TCP, 8443, RHYTHM_OFFICE, 30, 110, 9000, 0, 0 },
};

const Habit *
scenario_habits(size_t *n)
{
    *n = G_N_ELEMENTS(habits);
    return habits;
}

const Poll *
scenario_polls(size_t *n)
{
    *n = G_N_ELEMENTS(polls);
    return polls;
}

const Standing *
scenario_standings(size_t *n)
{
    *n = G_N_ELEMENTS(standings);
    return standings;
}

/* Per hour of the day at the place; a day's mean is about 1. */
static const double
    rhythms[N_RHYTHMS][24] = {
        [RHYTHM_FLAT] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
        [RHYTHM_OFFICE] = { .02, .02, .02, .02, .02, .05, .3, 1.4, 2.9, 3.1, 3.0, 2.7,
                            1.6, 2.5, 2.9, 2.8, 2.1, .8,  .3, .15, .1,  .08, .05, .03 },
        [RHYTHM_HOME] = { .4,  .2, .12, .1,  .1,  .2,  .5,  .9,  .9,  .8,  .8,  .9,
                          1.0, .9, .9,  1.0, 1.2, 1.6, 2.0, 2.4, 2.5, 2.2, 1.5, .9 },
        [RHYTHM_NIGHT] = { 2,  3,  4,  4,  3,  2,  .5, .3, .3, .3, .3, .3,
                           .3, .3, .3, .3, .3, .3, .3, .3, .3, .4, .5, 1 },
    };

double
scenario_rhythm(Rhythm rhythm, int64_t ms)
{
    int64_t minute = ms / 60000 + HOURS_AHEAD * 60;
    int64_t day = minute / (24 * 60);
    int hour = (int)(minute / 60 % 24), next = (hour + 1) % 24;
    bool weekend = (day + 4) % 7 == 6 || (day + 4) % 7 == 0; /* the first of January 1970 was a Thursday */
    double part = (double)(minute % 60) / 60.0;
    double now = rhythms[rhythm][hour] * (1 - part) + rhythms[rhythm][next] * part;

    if (rhythm == RHYTHM_OFFICE && weekend)
        return now * 0.12;
    if (rhythm == RHYTHM_HOME && weekend)
        return now * 1.25;
    return now;
}
