/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uptime.c - see uptime.h */
#include "collector/uptime.h"

#include <glib.h>

enum {
    OVERTAKEN_MS = 60 * 1000,      /* a datagram that was overtaken is not older than that */
    HEADER_IS_COARSE_MS = 2000,    /* export times are whole seconds */
    TOLERANCE_MS = 10 * 1000,      /* of the two clocks against each other... */
    TOLERANCE_SHARE = 50,          /* ...and a fiftieth of what has passed */
    NEAR_WRAP_MS = 60 * 60 * 1000, /* so near to it, begun anew means wrapped, whatever the clocks say */
};

bool
uptime_fits(uint32_t before, uint32_t uptime, int64_t passed_ms)
{
    if (passed_ms < 0)
        return false;
    int64_t off = (int32_t)(uptime - before - (uint32_t)passed_ms);
    return ABS(off) <= TOLERANCE_MS + passed_ms / TOLERANCE_SHARE;
}

static UptimeNews
judge(const Uptime *self, uint32_t uptime, int64_t exported_ms, int64_t received_ms)
{
    int32_t back = (int32_t)(self->last - uptime);
    bool is_lower = uptime < self->last;

    if (back > 0 && back <= OVERTAKEN_MS && exported_ms <= HEADER_IS_COARSE_MS)
        return UPTIME_OVERTAKEN;
    if (uptime_fits(self->last, uptime, exported_ms) || uptime_fits(self->last, uptime, received_ms))
        return is_lower && back < 0 ? UPTIME_WRAPPED : UPTIME_RUNS;
    if (is_lower && self->last > UINT32_MAX - NEAR_WRAP_MS && uptime < NEAR_WRAP_MS)
        return UPTIME_WRAPPED;
    /* Forward, but not by what has passed: it was rebooted if it can have started since, else a clock was
     * set. */
    if (is_lower || uptime <= MAX(exported_ms, received_ms) + TOLERANCE_MS)
        return UPTIME_REBOOTED;
    return UPTIME_RUNS;
}

UptimeNews
uptime_note(Uptime *self, uint32_t uptime, int64_t export_ms, int64_t received_ms)
{
    UptimeNews news = self->known
                          ? judge(self, uptime, export_ms - self->export_ms, received_ms - self->received_ms)
                          : UPTIME_RUNS;

    if (news == UPTIME_OVERTAKEN)
        return news;
    *self = (Uptime){ .known = true,
                      .last = uptime,
                      .wraps = news == UPTIME_REBOOTED ? 0 : self->wraps + (news == UPTIME_WRAPPED),
                      .export_ms = export_ms,
                      .received_ms = received_ms };
    return news;
}

int64_t
uptime_boot_ms(const Uptime *self)
{
    return self->export_ms - (((int64_t)self->wraps << 32) + self->last);
}
