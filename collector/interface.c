/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interface.c - see interface.h */
#include "collector/interface.h"

enum { LEAST_MS = 1000 }; /* counters of one datagram, sent twice, make no rate */

void
interface_usage_note(InterfaceUsage *self, const InterfaceCounters *counters, int64_t now_ms)
{
    int64_t span_ms = now_ms - self->at_ms;
    bool went_on = self->at_ms != 0 && counters->in_octets >= self->last.in_octets &&
                   counters->out_octets >= self->last.out_octets;

    if (went_on && span_ms >= 0 && span_ms < LEAST_MS)
        return;
    self->has_rates = went_on && span_ms >= LEAST_MS;
    if (self->has_rates) {
        double seconds = (double)span_ms / 1000;

        self->in_octets_per_s = (double)(counters->in_octets - self->last.in_octets) / seconds;
        self->out_octets_per_s = (double)(counters->out_octets - self->last.out_octets) / seconds;
        self->in_sampled_per_s = self->in_sampled / seconds;
        self->out_sampled_per_s = self->out_sampled / seconds;
    }
    self->last = *counters;
    self->at_ms = now_ms;
    self->in_sampled = self->out_sampled = 0;
}
