/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sequence.c - see sequence.h */
#include "collector/sequence.h"

#include <string.h>

static void
drop_gap(Sequence *self, uint32_t i)
{
    self->n_gaps--;
    memmove(&self->gaps[i], &self->gaps[i + 1], (self->n_gaps - i) * sizeof self->gaps[0]);
}

bool
sequence_confirm(Sequence *self, SequenceGap *out)
{
    if (self->n_gaps == 0)
        return false;
    *out = self->gaps[0];
    drop_gap(self, 0);
    return true;
}

/* What is missing there is final. */
static void
confirm_gap(Sequence *self, uint32_t i, SequenceNews *news)
{
    news->confirmed += self->gaps[i].length;
    news->confirmed_export_ms = self->gaps[i].export_ms;
    drop_gap(self, i);
}

static void
confirm_oldest(Sequence *self, SequenceNews *news)
{
    if (self->n_gaps == SEQUENCE_GAPS ||
        (self->n_gaps > 0 && self->datagrams - self->gaps[0].noted_at > SEQUENCE_WINDOW))
        confirm_gap(self, 0, news);
}

SequenceNews
sequence_restart(Sequence *self)
{
    SequenceNews news = { 0 };
    SequenceGap gap;

    while (sequence_confirm(self, &gap)) {
        news.confirmed += gap.length;
        news.confirmed_export_ms = gap.export_ms;
    }
    self->known = self->behind_known = false;
    return news;
}

static void
ahead(Sequence *self, uint32_t gap, int64_t export_ms, SequenceNews *news)
{
    if (gap > SEQUENCE_HUGE_GAP) { /* no network loses that much at once */
        *news = sequence_restart(self);
        news->reset = true;
        return;
    }
    news->lost = gap;
    self->gaps[self->n_gaps++] = (SequenceGap){
        .from = self->next, .length = gap, .noted_at = self->datagrams, .export_ms = export_ms
    };
}

/* @units from @first on have come after all: what is left of gap @i are the parts before and behind them, so
 * that the same datagram, doubled, is not found in it again. */
static void
fill_gap(Sequence *self, uint32_t i, uint32_t first, uint32_t units)
{
    SequenceGap *gap = &self->gaps[i];
    uint32_t before = first - gap->from, behind = gap->length - before - units;
    SequenceGap rest = *gap;

    rest.from = first + units;
    rest.length = behind;
    gap->length = before;
    if (behind > 0) { /* there is room for one more: confirm_oldest has seen to it */
        memmove(&self->gaps[i + 2], &self->gaps[i + 1], (self->n_gaps - i - 1) * sizeof rest);
        self->gaps[i + 1] = rest;
        self->n_gaps++;
    }
    if (before == 0)
        drop_gap(self, i);
}

/* True when the number was expected earlier, so that the place we are at does not move. */
static bool
behind(Sequence *self, uint32_t first, uint32_t units, SequenceNews *news)
{
    for (uint32_t i = 0; i < self->n_gaps; i++) {
        const SequenceGap *gap = &self->gaps[i];
        uint32_t at = first - gap->from;

        if (at < gap->length && gap->length - at >= units) {
            fill_gap(self, i, first, units);
            news->lost = -(int64_t)units;
            news->reordered = true;
            return true;
        }
    }
    if (self->behind_known && first == self->behind_next) {
        *news = sequence_restart(self);
        news->reset = news->not_duplicate = true;
        return false;
    }
    news->duplicate = true;
    self->behind_next = first + units;
    return true;
}

SequenceNews
sequence_note(Sequence *self, uint32_t first, uint32_t units, bool units_known, int64_t export_ms)
{
    SequenceNews news = { 0 };
    int32_t distance = (int32_t)(first - self->next);

    self->datagrams++;
    confirm_oldest(self, &news);
    if (self->known && distance > 0) {
        ahead(self, (uint32_t)distance, export_ms, &news);
    } else if (self->known && distance < 0) {
        if (behind(self, first, units, &news)) {
            self->behind_known = news.duplicate && units_known;
            return news;
        }
    }
    self->behind_known = false;
    self->known = units_known;
    self->next = first + units;
    return news;
}
