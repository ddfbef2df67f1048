/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flowclock.c - see flowclock.h */
#include "scoring/flowclock.h"

static void
set_time(FlowClock *self, uint32_t exporter, int64_t time_ms)
{
    self->now_ms = time_ms;
    self->leader = exporter;
    self->supported = 0;
    self->ahead = self->behind = (ClockClaim){ 0 };
}

/* True when the claim is now about this time; a claim of another time is replaced. */
static bool
join_claim(ClockClaim *claim, uint32_t exporter, int64_t time_ms)
{
    int64_t off = time_ms - claim->last_ms;

    if (claim->votes == 0 || off > FLOW_CLOCK_AGREE_MS || off < -FLOW_CLOCK_AGREE_MS) {
        *claim = (ClockClaim){ .first_ms = time_ms, .last_ms = time_ms, .exporter = exporter, .votes = 1 };
        return false;
    }
    if (time_ms > claim->last_ms) {
        claim->last_ms = time_ms;
        claim->votes++;
    }
    return true;
}

static ClockVerdict
see_ahead(FlowClock *self, uint32_t exporter, int64_t time_ms)
{
    bool joined = join_claim(&self->ahead, exporter, time_ms);
    bool second = joined && exporter != self->ahead.exporter;
    bool alone = self->ahead.votes >= FLOW_CLOCK_VOTES && self->ahead.votes > 10 * self->ahead.others;

    if (!second && !alone) {
        self->future_records++;
        return CLOCK_FUTURE;
    }
    set_time(self, exporter, time_ms);
    self->supported = second;
    self->jumps++;
    return CLOCK_GOOD;
}

static ClockVerdict
see_behind(FlowClock *self, uint32_t exporter, int64_t time_ms)
{
    if (self->supported || exporter == self->leader)
        return CLOCK_GOOD; /* just late */
    if (!join_claim(&self->behind, exporter, time_ms) || exporter == self->behind.exporter)
        return CLOCK_GOOD;
    set_time(self, exporter, time_ms);
    self->supported = 1;
    self->steps_back++;
    return CLOCK_BACK;
}

ClockVerdict
flow_clock_see(FlowClock *self, uint32_t exporter, int64_t time_ms)
{
    if (self->now_ms == 0) {
        set_time(self, exporter, time_ms);
        self->first_ms = time_ms;
        return CLOCK_GOOD;
    }
    if (time_ms > self->now_ms + FLOW_CLOCK_JUMP_MS)
        return see_ahead(self, exporter, time_ms);
    if (time_ms < self->now_ms - FLOW_CLOCK_JUMP_MS)
        return see_behind(self, exporter, time_ms);
    if (exporter != self->leader)
        self->supported = 1;
    if (self->ahead.votes > 0 && exporter != self->ahead.exporter)
        self->ahead.others++;
    if (time_ms > self->now_ms)
        self->now_ms = time_ms;
    return CLOCK_GOOD;
}
