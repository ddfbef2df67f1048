/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quirk.c - see quirk.h */
#include "collector/quirk.h"
#include "collector/stamp.h"

static const QuirkKind kinds[N_QUIRKS] = {
#define X(id, code, share, least, words, done) [QUIRK_##id] = { code, words, done, SHARE_##share, least },
    QUIRKS(X)
#undef X
};

const QuirkKind *
quirk_kind(Quirk quirk)
{
    return &kinds[quirk];
}

enum {
    FUTURE_MS = 60 * 1000, /* less is two clocks in one box */
    LATE_TIMEOUT = 2,      /* time-outs are checked each minute or so: twice is too long */
    LATE_TIMEOUT_MS = 60 * 1000,
};

static bool
is_absent(StampKind kind, uint64_t raw)
{
    return kind == STAMP_SECONDS || kind == STAMP_MILLISECONDS ? raw == 0
                                                               : kind == STAMP_NTP && raw >> 32 == 0;
}

static bool
has_stamp_of(const DecodePlan *plan, const QuirkView *view, StampKind kind, uint64_t least, uint64_t most)
{
    return (plan->start == kind && view->raw_start >= least && view->raw_start <= most) ||
           (plan->end == kind && view->raw_end >= least && view->raw_end <= most);
}

static bool
is_too_long(const QuirkView *view)
{
    int64_t most_ms = (int64_t)view->active_timeout_s * 1000 * LATE_TIMEOUT + LATE_TIMEOUT_MS;

    return view->active_timeout_s != 0 && view->record->end_ms - view->record->start_ms > most_ms;
}

static bool
is_reversed(const DecodePlan *plan, const QuirkView *view)
{
    if (plan->start != plan->end || plan->start == STAMP_NONE || view->raw_end == 0)
        return false;
    if (plan->start == STAMP_UPTIME) /* modulo 2^32; a start of 0xffffffff is just before the boot */
        return (int32_t)((uint32_t)view->raw_end - (uint32_t)view->raw_start) < -1;
    return plan->start == STAMP_DELTA_US ? view->raw_end > view->raw_start : view->raw_end < view->raw_start;
}

static bool
has_field(const Template *tmpl, uint16_t id)
{
    for (uint32_t i = 0; i < tmpl->n_fields; i++)
        if (tmpl->fields[i].element->pen == 0 && tmpl->fields[i].element->id == id)
            return true;
    return false;
}

void
quirks_look(Quirks *self, const QuirkView *view)
{
    const DecodePlan *plan = &view->tmpl->plan;
    const FlowRecord *record = view->record;
    bool is_flow = record->kind == FLOW_KIND_FLOW;
    const struct {
        Quirk quirk;
        bool is_there;
    } found[] = {
        { QUIRK_NO_STAMP, is_absent(plan->start, view->raw_start) && is_absent(plan->end, view->raw_end) },
        { QUIRK_MS_IN_SECONDS,
          has_stamp_of(plan, view, STAMP_SECONDS, STAMP_LATEST_MS / 1000 + 1, STAMP_LATEST_MS) },
        { QUIRK_SECONDS_IN_MS,
          has_stamp_of(plan, view, STAMP_MILLISECONDS, STAMP_SECONDS_LEAST, UINT32_MAX) },
        { QUIRK_LONG_UPTIME, view->tmpl->has_long_uptime },
        { QUIRK_FUTURE_START, record->start_ms > view->export_ms + FUTURE_MS },
        { QUIRK_REVERSED, is_reversed(plan, view) },
        { QUIRK_LONGER_THAN_TIMEOUT, is_too_long(view) },
        { QUIRK_ZERO_COUNTS, is_flow && record->octets == 0 && record->packets == 0 },
        { QUIRK_ZERO_PACKETS,
          is_flow && record->octets != 0 && record->packets == 0 && has_field(view->tmpl, 2) },
        { QUIRK_NO_OUT_INTERFACE, record->out_if == 0 && has_field(view->tmpl, 14) },
        { QUIRK_V4_IN_V6, plan->family == 6 && ip_is_v4(&record->src) && ip_is_v4(&record->dst) },
    };

    self->looked++;
    for (size_t i = 0; i < G_N_ELEMENTS(found); i++)
        if (found[i].is_there)
            sight(&self->seen[found[i].quirk], 1, view->now_ms);
}

bool
quirk_is_told(const Quirks *self, Quirk quirk, uint64_t datagrams)
{
    uint64_t of = kinds[quirk].share == SHARE_RECORDS ? self->looked : datagrams;
    uint64_t count = self->seen[quirk].count;

    /* A large share of few is no habit yet. */
    if (kinds[quirk].least_per_mille >= 100 && of < 20)
        return false;
    return count > 0 &&
           (kinds[quirk].share == SHARE_NONE || count * 1000 >= of * kinds[quirk].least_per_mille);
}
