/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-health.c - how well an exporter does: its rates, its clock, what is lost; see exporter-private.h
 */
#include "collector/exporter-private.h"

#include <stdlib.h>
#include <string.h>

void
exporter_rate_changed(Exporter *self, const FlowRecord *last, int64_t now_ms)
{
    if (self->rate != 0 && last->sampling != 0 && last->sampling == self->rate_before &&
        last->sampling != self->rate)
        self->rate_mixed_ms = now_ms;
    if (self->rate != last->sampling) {
        self->rate_before = self->rate;
        self->rate_since_ms = now_ms;
    }
    self->rate = last->sampling;
    self->rate_source = last->sampling_source;
}

bool
exporter_is_rate_mixed(const Exporter *self, int64_t now_ms)
{
    return self->rate_mixed_ms != 0 && now_ms - self->rate_mixed_ms < RATE_MIXED_MS;
}

void
exporter_settle_rate(Exporter *self, int64_t now_ms)
{
    bool is_from_options = self->rate_source == SAMPLING_DOMAIN || self->rate_source == SAMPLING_INTERFACE ||
                           self->rate_source == SAMPLING_SAMPLER;

    if (self->rate == 0 || self->rate == self->rate_settled ||
        now_ms - self->rate_since_ms < RATE_SETTLES_MS || exporter_is_rate_mixed(self, now_ms))
        return;
    if (!is_from_options) /* what options data tells is there already */
        sampling_history_add(&self->sampling_history, &(SamplingChange){ .at_ms = self->rate_since_ms,
                                                                         .rate = self->rate,
                                                                         .before = self->rate_settled,
                                                                         .source = self->rate_source });
    self->rate_settled = self->rate;
}

void
exporter_note_skew(Exporter *self, int64_t ms)
{
    self->skew_ms[self->n_skew++ % SKEW_SAMPLES] = ms;
}

static int
compare_ms(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

bool
exporter_skew(const Exporter *self, int64_t *ms)
{
    int64_t sorted[SKEW_SAMPLES];
    uint32_t n = MIN(self->n_skew, SKEW_SAMPLES);

    if (n == 0) {
        *ms = self->skew_saved_ms;
        return self->has_skew_saved;
    }
    memcpy(sorted, self->skew_ms, n * sizeof sorted[0]);
    qsort(sorted, n, sizeof sorted[0], compare_ms);
    *ms = sorted[n / 2];
    /* A clock that is off is off by the same each time. Samples that disagree are a replay, or a backlog. */
    return sorted[n * 3 / 4] - sorted[n / 4] <= SKEW_AGREES_MS + ABS(*ms) / 20;
}

void
exporter_correct_clock(Exporter *self)
{
    int64_t skew;

    if (self->rule == NULL || self->rule->clock != CLOCK_CORRECT || self->n_skew % SKEW_SAMPLES != 1 ||
        !exporter_skew(self, &skew))
        return;
    if (ABS(skew - self->shift_ms) > SKEW_CORRECTED_MS)
        self->shift_ms = ABS(skew) > SKEW_CORRECTED_MS ? skew : 0;
}

void
exporter_count_given_up(Exporter *self, uint64_t sets)
{
    if (sets == 0)
        return;
    self->books.held_dropped_sets += sets;
    sight(&self->held_dropped, sets, self->last_ms);
}

LossCounts
exporter_count_losses(const Exporter *self)
{
    LossCounts counts = { .datagrams = self->books.decoded };

    for (guint i = 0; i < self->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(self->domains, i);

        if (domain->sequence.unit == SEQUENCE_DATAGRAMS) {
            counts.lost_datagrams += domain->sequence_lost;
        } else {
            counts.lost_records += domain->sequence_lost;
            counts.records += domain->records;
        }
    }
    return counts;
}

void
exporter_look_at_loss(Exporter *self, int64_t now_ms)
{
    self->lost_here = MIN(self->lost_here, self->books.sequence_lost); /* some was found again */
    if (now_ms - self->loss_before[1].at_ms < LATELY_MS && now_ms >= self->loss_before[1].at_ms)
        return;
    self->loss_before[0] = self->loss_before[1];
    self->loss_before[1] = exporter_count_losses(self);
    self->loss_before[1].at_ms = now_ms;
}

void
exporter_note_swapped_rate(Exporter *self, int64_t now_ms)
{
    sight(&self->quirks.seen[QUIRK_SWAPPED_RATE], 1, now_ms);
    vendor_note_swapped_rate(&self->evidence);
}

void
exporter_pace(Exporter *self, int64_t now_ms)
{
    const Books *books = &self->books;
    uint64_t records = books->records + books->late_records;
    int64_t span = now_ms - self->pace.at_ms;

    if (span < RATE_SECONDS * 1000 && span >= 0 && self->pace.at_ms != 0)
        return;
    if (self->pace.at_ms != 0 && span > 0) {
        double seconds = (double)span / 1000;

        self->pace.datagrams_per_s = (double)(books->datagrams - self->pace.datagrams) / seconds;
        self->pace.records_per_s = (double)(records - self->pace.records) / seconds;
        self->pace.octets_per_s = (double)(self->octets - self->pace.octets) / seconds;
    }
    self->pace.at_ms = now_ms;
    self->pace.datagrams = books->datagrams;
    self->pace.records = records;
    self->pace.octets = self->octets;
}
