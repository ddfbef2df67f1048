/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * benign.h - what goes on in the network when nothing is wrong
 *
 * Made to be hard: much of it has each single mark of an attack. Split by idea: habits (what people and
 * programs do by the hour), clockwork (polls, time, telemetry, push, standing connections), tiers (balancers
 * and applications that pass matching bytes on), and changes (news, migrations, maintenance, background noise
 * of the Internet). Each adds the conversations that begin on one day.
 */
#pragma once
#include "tests/eval/traffic.h"

void habits_add_day(Traffic *traffic, uint32_t day);
void clockwork_add_day(Traffic *traffic, uint32_t day);
void tiers_add_day(Traffic *traffic, uint32_t day);
void changes_add_day(Traffic *traffic, uint32_t day);
/* What is known from the start: outages, hours of sampling, ways that change for good, a day with @load times
 * as much (1: none). */
void changes_plan(Traffic *traffic, double load);

static inline void
benign_add_day(Traffic *traffic, uint32_t day)
{
    habits_add_day(traffic, day);
    clockwork_add_day(traffic, day);
    tiers_add_day(traffic, day);
    changes_add_day(traffic, day);
}

/* An end of a conversation: a HostRole, or a class of network out there. */
enum { OUT_THERE = 64 };
#define OUTSIDE(access) (OUT_THERE + (access))

/* An address for the end @end, the same for the same @hash. */
static inline uint32_t
end_address(const Network *network, uint8_t end, uint64_t hash)
{
    if (end >= OUT_THERE)
        return network_far_address(network, (AccessClass)(end - OUT_THERE), hash);
    return network_host(network, (HostRole)end, (uint32_t)(hash >> 33))->address;
}
