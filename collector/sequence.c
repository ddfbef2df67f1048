/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sequence.c - see sequence.h */
#include "collector/sequence.h"

#include <string.h>

bool
sequence_confirm(Sequence *self, SequenceGap *out)
{
    while (self->n_gaps > 0) {
        *out = self->gaps[0];
        self->n_gaps--;
        memmove(self->gaps, self->gaps + 1, self->n_gaps * sizeof self->gaps[0]);
        if (out->left > 0)
            return true;
    }
    return false;
}

static void
confirm_oldest(Sequence *self, SequenceNews *news)
{
    SequenceGap gap;

    if (self->n_gaps > 0 && (self->n_gaps == SEQUENCE_GAPS || self->gaps[0].left == 0 ||
                             self->datagrams - self->gaps[0].noted_at > SEQUENCE_WINDOW))
        if (sequence_confirm(self, &gap)) {
            news->confirmed = gap.left;
            news->confirmed_export_ms = gap.export_ms;
        }
}

SequenceNews
sequence_restart(Sequence *self)
{
    SequenceNews news = { 0 };
    SequenceGap gap;

    while (sequence_confirm(self, &gap)) {
        news.confirmed += gap.left;
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
        .from = self->next, .length = gap, .left = gap, .noted_at = self->datagrams, .export_ms = export_ms
    };
}

/* True when the number was expected earlier, so that the place we are at does not move. */
static bool
behind(Sequence *self, uint32_t first, uint32_t units, SequenceNews *news)
{
    for (uint32_t i = 0; i < self->n_gaps; i++) {
        SequenceGap *gap = &self->gaps[i];

        if (first - gap->from < gap->length && gap->left >= units) {
            gap->left -= units;
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
