/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * one-way.h - does so much go one way only, with this service?
 *
 * Some services send because they are asked, some because they are sent to: a web server's visitor, a call, a
 * tunnel and an upload differ in how much comes back. For each service, and for each role that uses it, the
 * ratios of out to in of sums that are large are kept as a histogram in powers of two, what the far ends
 * asked for apart from what the asset sent of itself. The conformal rank of a ratio among its role's is mixed
 * with that of the service, and this one with that of all, by how much each has seen: a mixture of valid
 * p-values, so that what is the most so far is never rarer than one in as many as were seen. It is asked
 * given that the sum is large, so its e-value multiplies with the sum's; half of the stake is kept back, for
 * most answers are dull. In a bounded table of the watch that asks; scoring thread.
 */
#pragma once
#include "scoring/watch.h"

enum { ONE_WAY_TABLE = 1, ONE_WAY_SERVICES = 1 << 12, ONE_WAY_STEPS = 16 };

typedef struct OneWay {
    uint16_t count[ONE_WAY_STEPS]; /* ratios of 1, 2, 4 ... and more; halved when one is full */
} OneWay;

/* The e-value of @sent against @got octets, with the call's service. The watch has ONE_WAY_TABLE. */
double one_way_look(const Scorer *scorer, const WatchState *state, const Watch *watch, const Call *call,
                    double sent, double got);
void one_way_teach(const Scorer *scorer, WatchState *state, const Watch *watch, const Call *call, double sent,
                   double got);
