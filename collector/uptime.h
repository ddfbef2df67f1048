/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uptime.h - what an exporter's uptime counter says: it runs on, it has wrapped, or the exporter was rebooted
 *
 * The counter has 32 bits of milliseconds and so begins anew after 49.7 days. Whether a number fits the one
 * before is judged by the time that has passed, by the exporter's clock or by ours: the one may be set, the
 * other stands still while a capture is played. Pure arithmetic.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct Uptime {
    bool known;
    uint32_t wraps;                 /* since the start, as far as we have seen */
    uint32_t last;                  /* milliseconds, modulo 2^32 */
    int64_t export_ms, received_ms; /* of the header that said it: its clock, ours */
} Uptime;

typedef enum UptimeNews {
    UPTIME_RUNS,
    UPTIME_WRAPPED,   /* and runs on */
    UPTIME_OVERTAKEN, /* an older datagram that came late; nothing is noted */
    UPTIME_REBOOTED,
} UptimeNews;

UptimeNews uptime_note(Uptime *self, uint32_t uptime, int64_t export_ms, int64_t received_ms);
/* When it was started, by its own clock. */
int64_t uptime_boot_ms(const Uptime *self);
/* Does @uptime, @passed_ms after @before, belong to one run? */
bool uptime_fits(uint32_t before, uint32_t uptime, int64_t passed_ms);
