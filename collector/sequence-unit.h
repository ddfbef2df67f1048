/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sequence-unit.h - finds out by evidence what an exporter's sequence numbers count
 *
 * The standards say it (v5 and IPFIX count records before this message, v9 and sFlow count datagrams), but
 * exporters differ: softflowd's IPFIX counts this message's own flows in, and leaves options out. So each
 * stream is followed under every reading at once. The standard's is believed until another one has had
 * SEQUENCE_ODD_MORE fewer surprises; then the books are set to what that one has seen from the start. Real
 * loss surprises all readings alike. A reading that is SEQUENCE_HOPELESS surprises behind rests until the one
 * that is believed is surprised again: in a stream that goes on as it should, most messages cost one
 * comparison.
 */
#pragma once
#include "collector/sequence.h"

typedef enum SequenceUnit {
    SEQUENCE_DATAGRAMS = 0,
    SEQUENCE_RECORDS,        /* flows and options before this message */
    SEQUENCE_FLOWS,          /* flows before this message */
    SEQUENCE_FLOWS_INCLUDED, /* flows up to the end of this message */
    N_SEQUENCE_UNITS
} SequenceUnit;

enum { SEQUENCE_ODD_MORE = 3, SEQUENCE_HOPELESS = 8 };

/* What one reading has seen. */
typedef struct SequenceReading {
    uint32_t surprises;
    int64_t lost, resets, reordered, duplicates;
    Sequence sequence;
} SequenceReading;

typedef struct SequenceStream {
    SequenceUnit unit; /* believed; set it before the first message */
    bool is_sure;      /* no other reading is tried */
    uint8_t resting;   /* of the readings, one bit each */
    SequenceReading readings[N_SEQUENCE_UNITS];
} SequenceStream;

typedef struct SequenceMessage {
    uint32_t number;
    uint32_t flows, options; /* records in it */
    bool is_whole;           /* false: it has sets that could not be read */
    int64_t export_ms;
} SequenceMessage;

/* How the counts change; any may be negative, when something was late or another reading is believed now. */
typedef struct SequenceChange {
    int64_t lost, resets, reordered, duplicates;
    uint32_t confirmed; /* loss that is final */
    int64_t confirmed_export_ms;
    bool unit_changed;
} SequenceChange;

/* True when @message is the one that was expected, and has been noted; else sequence_stream_note is to be
 * asked. */
bool sequence_stream_step(SequenceStream *self, const SequenceMessage *message);
SequenceChange sequence_stream_note(SequenceStream *self, const SequenceMessage *message);
/* The exporter has started anew. */
SequenceChange sequence_stream_restart(SequenceStream *self);
/* Gives what is open, oldest first, as final; false when there is none. */
bool sequence_stream_confirm(SequenceStream *self, SequenceGap *out);
