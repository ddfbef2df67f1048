/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sflow-counters.c - counter samples: shown by name, and the interface's own counters told to the exporter
 *
 * An interface counts every packet, and flow samples are one in N: the exporter's table of interfaces keeps
 * both side by side (interface.h), so that a wrong sampling rate shows.
 */
#include "collector/sflow-private.h"

enum { COUNTERS_GENERIC = 1, COUNTERS_PORT_NAME = 1005 };

static const Element sequence_number = { ELEMENT_PEN_SFLOW, 21, ELEMENT_UNSIGNED, "sampleSequenceNumber" };
static const Element source_class = { ELEMENT_PEN_SFLOW, 20, ELEMENT_UNSIGNED, "sourceIdClass" };

/* The generic counters of an interface: sFlow version 5, "if_counters". */
static void
learn_generic(Wire *wire, Cursor cur)
{
    InterfaceCounters counters = { 0 };
    uint32_t index = cursor_u32(&cur);

    cursor_u32(&cur); /* type */
    counters.speed = cursor_u64(&cur);
    cursor_u32(&cur); /* direction */
    uint32_t status = cursor_u32(&cur);
    counters.in_octets = cursor_u64(&cur);
    cursor_take(&cur, 6 * 4);
    counters.out_octets = cursor_u64(&cur);
    if (cur.failed)
        return;
    counters.is_up_admin = (status & 1) != 0;
    counters.is_up = (status & 2) != 0;
    if (!exporter_count_interface(wire->exporter, index, &counters, wire->received_ms))
        wire_malformed(wire, REFUSED_NAME_QUOTA);
}

static void
learn_port_name(Wire *wire, uint32_t index, Cursor cur)
{
    char name[EXPORTER_NAME_MOST + 1];
    uint32_t length = cursor_u32(&cur);

    length = MIN(length, (uint32_t)EXPORTER_NAME_MOST);
    const uint8_t *at = cursor_take(&cur, length);
    if (at == NULL)
        return;
    memcpy(name, at, length);
    name[length] = '\0';
    if (!exporter_name_interface(wire->exporter, index, name, NULL))
        wire_malformed(wire, REFUSED_NAME_QUOTA);
}

static void
one_structure(Wire *wire, Show *show, uint32_t tag, uint32_t source, Cursor cur)
{
    if (tag == COUNTERS_GENERIC)
        learn_generic(wire, cur);
    else if (tag == COUNTERS_PORT_NAME)
        learn_port_name(wire, source, cur);
    sflow_show_counters(show, tag, cur);
}

void
sflow_counter_sample(Wire *wire, Cursor cur, bool is_expanded)
{
    const uint8_t *sequence = cursor_take(&cur, 4);
    uint32_t class = is_expanded ? cursor_u32(&cur) : 0, source = cursor_u32(&cur);
    uint32_t n_structures = cursor_u32(&cur);
    RecordView view = { .kind = RECORD_COUNTERS };
    Show show;

    wire->exporter->books.counter_samples++;
    if (cur.failed) {
        wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
        return;
    }
    if (!is_expanded) {
        class = source >> 24;
        source &= 0xffffff;
    }
    show_init(&show, wire->model, wire->sink.record == NULL ? NULL : wire->views);
    sflow_show_agent(&show, &wire->domain->agent);
    show_element(&show, &sequence_number, sequence, 4);
    show_element_number(&show, &source_class, class, 4);
    show_number(&show, 138, source, 4); /* observationPointId */
    for (uint32_t i = 0; i < n_structures && cursor_left(&cur) >= 8 && wire_may(wire, WORK_COUNTERS); i++) {
        uint32_t tag = cursor_u32(&cur), length = cursor_u32(&cur);

        if (length > cursor_left(&cur)) {
            wire_malformed(wire, REFUSED_SAMPLE_SYNTAX);
            break;
        }
        one_structure(wire, &show, tag, source, cursor_sub(&cur, length));
    }
    if (!show_is_wanted(&show))
        return;
    show_finish(&show, &view);
    wire_show_view(wire, &view);
}
