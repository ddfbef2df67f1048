/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario-traffic.h - what people and machines of the demo do, as tables
 *
 * A habit is something that happens so many times a day, by a rhythm; a poll is something that a machine does
 * every so many minutes. Internal to scenario*.c.
 */
#pragma once
#include "collector/cli/scenario-network.h"

/* An end of a conversation: a group of hosts, or a kind of network out there. */
enum { OUT_THERE = 100 };
#define OUTSIDE(access)    (OUT_THERE + (access))
#define OUTSIDE_V6(access) (OUT_THERE + 50 + (access))

typedef enum Rhythm { RHYTHM_FLAT, RHYTHM_OFFICE, RHYTHM_HOME, RHYTHM_NIGHT, N_RHYTHMS } Rhythm;

typedef struct Habit {
    const char *words;
    uint8_t from, to;
    uint8_t protocol;
    uint16_t port;
    Rhythm rhythm;
    double per_day;               /* over all hosts of the group */
    double out_octets, in_octets; /* medians; out: from the one who opens */
    double spread;                /* sigma of the logarithm */
    double seconds;               /* median of the duration */
    double fresh;                 /* share of conversations with a peer never met before */
    uint32_t peers;               /* how many usual peers a host has */
    bool unanswered;
} Habit;
const Habit *scenario_habits(size_t *n);

typedef struct Poll {
    const char *words;
    uint8_t from, to;
    uint8_t protocol;
    uint16_t port;
    uint32_t minutes; /* between two of them */
    double out_octets, in_octets;
    bool everyone; /* each of @from asks each of @to, else one that it keeps to */
} Poll;
const Poll *scenario_polls(size_t *n);

/* Connections that stay open all day or all the time, with a sign of life every so often. */
typedef struct Standing {
    const char *words;
    uint8_t from;
    uint8_t index; /* which of the group */
    uint8_t to;
    uint8_t protocol;
    uint16_t port;
    Rhythm rhythm;         /* FLAT: always; OFFICE: opened in the morning, closed in the evening */
    uint32_t alive_s;      /* between two signs of life */
    uint32_t alive_octets; /* each way */
    double per_minute;     /* octets in a usual minute, besides */
    uint32_t hours;        /* how long it holds before it is opened anew; 0: by the rhythm */
    uint32_t moves_days;   /* the far end changes every so many days; 0: never */
} Standing;
const Standing *scenario_standings(size_t *n);

/* How much goes on at @ms, 1 on the average of a week. The island is ten hours ahead of UTC. */
double scenario_rhythm(Rhythm rhythm, int64_t ms);
