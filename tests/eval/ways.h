/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ways.h - which routers a conversation passes, by which interfaces and next hops
 *
 * Pure: the answer hangs on the two ends, the time, and the events of Traffic.
 */
#pragma once
#include "tests/eval/traffic.h"

typedef struct Way {
    uint8_t router;
    uint16_t a_if, b_if; /* towards either end */
    uint32_t hop_to_a, hop_to_b, a_as, b_as;
} Way;

enum { WAYS_MOST = 2 };
/* Fills @out; how many routers see it. */
uint32_t ways_of(const Traffic *traffic, uint32_t a, uint32_t b, int64_t ms, Way out[WAYS_MOST]);
/* The way out of an outside address at @ms, as it is without events about a single host. */
uint8_t ways_out(const Traffic *traffic, uint32_t far, int64_t ms);
