/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flowclock.h - what time it is in the flows
 *
 * The watermark: the latest time that the exporters agree on. It only looks at what the datagrams say, so the
 * same input gives the same time, live or in a replay. One exporter whose clock runs ahead must not close
 * everybody's windows: a jump of more than six hours needs a second exporter, or a row of datagrams that are
 * consistent while nobody else still speaks from before the jump. If the very first exporter was the one that
 * is wrong, two others that agree step the clock back. No clock of this machine is read here. Bounded: a
 * fixed struct.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { FLOW_CLOCK_JUMP_MS = 6 * 3600 * 1000, FLOW_CLOCK_AGREE_MS = 3600 * 1000, FLOW_CLOCK_VOTES = 4 };

typedef enum ClockVerdict {
    CLOCK_GOOD = 0,
    CLOCK_FUTURE, /* too far ahead, not confirmed: the record is not to be used */
    CLOCK_BACK,   /* the clock was just stepped back: open windows mean nothing */
} ClockVerdict;

/* Somebody whose time does not fit, and who agrees. */
typedef struct ClockClaim {
    int64_t first_ms, last_ms; /* time claimed by the first and the latest datagram */
    uint32_t exporter;
    uint32_t votes;  /* datagrams with a time of their own */
    uint32_t others; /* datagrams of other exporters that contradict, since the claim began */
} ClockClaim;

typedef struct FlowClock {
    int64_t now_ms; /* 0: nothing seen yet */
    int64_t first_ms;
    uint32_t leader;    /* exporter that set the time by itself */
    uint32_t supported; /* another exporter has agreed since */
    ClockClaim ahead, behind;
    uint64_t future_records, steps_back, jumps;
} FlowClock;

/* One look per record or datagram: @time_ms is what the exporter's header says (its flows, where it says
 * nothing). */
ClockVerdict flow_clock_see(FlowClock *self, uint32_t exporter, int64_t time_ms);
