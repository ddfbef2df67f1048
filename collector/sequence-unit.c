/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sequence-unit.c - see sequence-unit.h */
#include "collector/sequence-unit.h"

static SequenceNews
read_as(SequenceUnit unit, Sequence *sequence, const SequenceMessage *message)
{
    uint32_t flows = message->flows, first = message->number;

    switch (unit) {
    case SEQUENCE_RECORDS:
        return sequence_note(sequence, first, flows + message->options, message->is_whole,
                             message->export_ms);
    case SEQUENCE_FLOWS:
        return sequence_note(sequence, first, flows, message->is_whole, message->export_ms);
    case SEQUENCE_FLOWS_INCLUDED:
        if (!message->is_whole) { /* where it began is not known either */
            sequence->known = false;
            return (SequenceNews){ 0 };
        }
        return sequence_note(sequence, first - flows, flows, true, message->export_ms);
    default:
        return sequence_note(sequence, first, 1, true, message->export_ms);
    }
}

static void
count(SequenceReading *reading, const SequenceNews *news)
{
    reading->lost += news->lost;
    reading->resets += news->reset;
    reading->reordered += news->reordered;
    reading->duplicates += news->duplicate;
    reading->duplicates -= news->not_duplicate;
    reading->surprises += news->lost > 0 || news->reset || news->duplicate;
}

static SequenceUnit
best_unit(const SequenceStream *self)
{
    SequenceUnit best = self->unit;

    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++)
        if (self->readings[unit].surprises + SEQUENCE_ODD_MORE <= self->readings[self->unit].surprises &&
            self->readings[unit].surprises < self->readings[best].surprises)
            best = (SequenceUnit)unit;
    return best;
}

SequenceChange
sequence_stream_note(SequenceStream *self, const SequenceMessage *message)
{
    const SequenceReading before = self->readings[self->unit];
    SequenceChange change = { 0 };

    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
        if (self->is_sure && unit != (int)self->unit)
            continue;
        SequenceNews news = read_as((SequenceUnit)unit, &self->readings[unit].sequence, message);
        count(&self->readings[unit], &news);
        if (unit == (int)self->unit) {
            change.confirmed = news.confirmed;
            change.confirmed_export_ms = news.confirmed_export_ms;
        }
    }
    SequenceUnit best = self->is_sure ? self->unit : best_unit(self);
    if (best != self->unit) {
        self->unit = best;
        change.unit_changed = true;
        change.confirmed = 0;
    }
    const SequenceReading *now = &self->readings[self->unit];
    change.lost = now->lost - before.lost;
    change.resets = now->resets - before.resets;
    change.reordered = now->reordered - before.reordered;
    change.duplicates = now->duplicates - before.duplicates;
    return change;
}

SequenceChange
sequence_stream_restart(SequenceStream *self)
{
    SequenceChange change = { .resets = 1 };

    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
        SequenceNews news = sequence_restart(&self->readings[unit].sequence);

        self->readings[unit].resets++;
        if (unit == (int)self->unit) {
            change.confirmed = news.confirmed;
            change.confirmed_export_ms = news.confirmed_export_ms;
        }
    }
    return change;
}

bool
sequence_stream_confirm(SequenceStream *self, SequenceGap *out)
{
    return sequence_confirm(&self->readings[self->unit].sequence, out);
}
