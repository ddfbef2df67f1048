/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sequence-unit.c - see sequence-unit.h */
#include "collector/sequence-unit.h"

/* Where a message begins and how much it has, in units of @unit. */
static inline uint32_t
first_of(SequenceUnit unit, const SequenceMessage *message)
{
    return unit == SEQUENCE_FLOWS_INCLUDED ? message->number - message->flows : message->number;
}

static inline uint32_t
units_of(SequenceUnit unit, const SequenceMessage *message)
{
    return unit == SEQUENCE_DATAGRAMS ? 1
                                      : message->flows + (unit == SEQUENCE_RECORDS ? message->options : 0);
}

static inline bool
is_followed(const SequenceStream *self, int unit)
{
    return unit == (int)self->unit || !(self->is_sure || (self->resting >> unit & 1) != 0);
}

bool
sequence_stream_step(SequenceStream *self, const SequenceMessage *message)
{
    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++)
        if (is_followed(self, unit) &&
            (!message->is_whole ||
             !sequence_is_next(&self->readings[unit].sequence, first_of((SequenceUnit)unit, message))))
            return false;
    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++)
        if (is_followed(self, unit))
            sequence_step(&self->readings[unit].sequence, units_of((SequenceUnit)unit, message));
    return true;
}

static SequenceNews
read_as(SequenceUnit unit, Sequence *sequence, const SequenceMessage *message)
{
    bool is_whole = unit == SEQUENCE_DATAGRAMS || message->is_whole;

    if (unit == SEQUENCE_FLOWS_INCLUDED && !is_whole) { /* where it began is not known either */
        sequence->known = false;
        return (SequenceNews){ 0 };
    }
    return sequence_note(sequence, first_of(unit, message), units_of(unit, message), is_whole,
                         message->export_ms);
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

/* After a message that surprised the reading that is believed, or did not. */
static void
rest_or_resume(SequenceStream *self, bool is_surprised)
{
    uint32_t believed = self->readings[self->unit].surprises;

    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
        SequenceReading *reading = &self->readings[unit];

        if ((self->resting >> unit & 1) != 0 && is_surprised) {
            self->resting &= (uint8_t) ~(1u << unit);
            reading->sequence.known = reading->sequence.behind_known = false;
            reading->sequence.n_gaps = 0;
        } else if (!is_surprised && reading->surprises >= believed + SEQUENCE_HOPELESS) {
            self->resting |= (uint8_t)(1u << unit);
        }
    }
}

SequenceChange
sequence_stream_note(SequenceStream *self, const SequenceMessage *message)
{
    const SequenceReading *believed = &self->readings[self->unit];
    uint32_t surprises = believed->surprises;
    int64_t lost = believed->lost, resets = believed->resets, reordered = believed->reordered,
            duplicates = believed->duplicates;
    SequenceChange change = { 0 };

    for (int unit = 0; unit < N_SEQUENCE_UNITS; unit++) {
        if (!is_followed(self, unit))
            continue;
        SequenceNews news = read_as((SequenceUnit)unit, &self->readings[unit].sequence, message);
        count(&self->readings[unit], &news);
        if (unit == (int)self->unit) {
            change.confirmed = news.confirmed;
            change.confirmed_export_ms = news.confirmed_export_ms;
        }
    }
    rest_or_resume(self, believed->surprises != surprises);
    SequenceUnit best = self->is_sure ? self->unit : best_unit(self);
    if (best != self->unit) {
        self->unit = best;
        change.unit_changed = true;
        change.confirmed = 0;
    }
    const SequenceReading *now = &self->readings[self->unit];
    change.lost = now->lost - lost;
    change.resets = now->resets - resets;
    change.reordered = now->reordered - reordered;
    change.duplicates = now->duplicates - duplicates;
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
