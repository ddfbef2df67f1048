/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire-show.c - a record as it was on the wire, for those who print it; the daemon never does. See wire.h */
#include "collector/frame-record.h"
#include "collector/wire.h"

void
wire_show_view(Wire *self, RecordView *view)
{
    const Domain *domain = self->domain;

    view->protocol = domain->protocol;
    view->exporter = self->exporter->address;
    view->domain = domain->id;
    view->export_time.ms = self->header_ms;
    self->sink.record(self->sink.user, view);
}

/* The fields are in @at and @lengths. */
static void
show(Wire *self, const Template *tmpl, const DerivedTimes *derived)
{
    const uint8_t *const *at = self->at;
    const uint16_t *lengths = self->lengths;
    RecordView view = { .template_id = tmpl->id,
                        .kind = tmpl->is_options ? RECORD_OPTIONS : RECORD_FLOW,
                        .derived = *derived };
    ListScope scope = wire_list_scope(self);
    Frame frame;
    Show out;

    show_init(&out, self->model, self->views);
    for (uint32_t i = 0; i < tmpl->n_fields; i++) {
        if (lengths[i] == 0)
            continue;
        view.n_scope += i < tmpl->n_scope;
        self->views[out.n_views++] =
            (FieldView){ .element = tmpl->fields[i].element, .at = at[i], .length = lengths[i] };
    }
    if (wire_section(tmpl, at, lengths, &frame) && show_group(&out, "frame")) {
        frame_show(&frame, &out);
        frame_show_inner(&frame, &out);
    }
    show_finish(&out, &view);
    view.lists = &scope;
    wire_show_view(self, &view);
}

void
wire_show_options(Wire *self, const Template *tmpl)
{
    show(self, tmpl, &(DerivedTimes){ 0 });
}

/* @kind and @ms are of one end of a flow, the others of the other one. */
static int64_t
derived_ms(StampKind kind, bool has_boot, int64_t ms, StampKind other, int64_t other_ms)
{
    switch (kind) {
    case STAMP_UPTIME:
        return has_boot ? ms : 0;
    case STAMP_DELTA_US:
        return ms;
    case STAMP_NONE:
        return other == STAMP_NONE || ms == other_ms ? 0 : ms; /* by a duration */
    default:
        return 0;
    }
}

void
wire_show_flow(Wire *self, const Template *tmpl, bool has_boot, const FlowRecord *record)
{
    StampKind start = tmpl->plan.start, end = tmpl->plan.end;
    const DerivedTimes derived = {
        .start_ms = derived_ms(start, has_boot, record->start_ms, end, record->end_ms),
        .end_ms = derived_ms(end, has_boot, record->end_ms, start, record->start_ms),
    };

    show(self, tmpl, &derived);
}

void
wire_show_fixed(Wire *self, const Template *tmpl, bool has_boot, const FlowRecord *record,
                const uint8_t *bytes)
{
    for (uint32_t i = 0; i < tmpl->n_fields; i++) {
        self->at[i] = bytes;
        self->lengths[i] = tmpl->fields[i].length;
        bytes += self->lengths[i];
    }
    wire_show_flow(self, tmpl, has_boot, record);
}
