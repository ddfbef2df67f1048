/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * records.c - the records of a set become FlowRecords: the plan first, then what takes more than one field
 *
 * Times become milliseconds since 1970, the sampling rate is looked up where the ladder says, events are told
 * from traffic. Hot path: what is the same for all records of a set is settled before the loop.
 */
#include "collector/stamp.h"
#include "collector/wire.h"

#include <stddef.h>
#include <string.h>

/*
 * Records: less than 4 KiB of them, for a load is held up by a younger store than the one that it needs when
 * the lowest 12 bits of their addresses are the same, until that has reached the cache.
 */
enum { BLOCK = 21 };

/* What stamps of a set mean. */
typedef struct SetClock {
    int64_t export_ms;
    int64_t boot_ms; /* zero of uptime stamps, if @has_boot */
    uint32_t uptime; /* at the export, modulo 2^32 */
    bool has_boot;
    bool is_guessed;     /* nobody has told @boot_ms */
    bool is_future_boot; /* told, but after the export: the clocks disagree, no wrap can be worked out */
} SetClock;

static int64_t
uptime_to_ms(const SetClock *clock, uint64_t stamp)
{
    if (stamp >= STAMP_UPTIME_MOST) /* eight bytes, and a date instead of an uptime */
        return stamp <= STAMP_LATEST_MS ? (int64_t)stamp : clock->export_ms;
    if (!clock->has_boot)
        return clock->export_ms;
    return stamp_uptime_to_ms(clock->export_ms, clock->boot_ms, (uint32_t)stamp);
}

static int64_t
stamp_to_ms(const SetClock *clock, StampKind kind, uint64_t stamp)
{
    int64_t ms = 0;

    switch (kind) {
    case STAMP_NONE:
        return clock->export_ms;
    case STAMP_UPTIME:
        return uptime_to_ms(clock, stamp);
    case STAMP_SECONDS:
        ms = stamp > STAMP_LATEST_MS          ? 0
             : stamp > STAMP_LATEST_MS / 1000 ? (int64_t)stamp /* milliseconds in fact */
                                              : (int64_t)stamp * 1000;
        break;
    case STAMP_MILLISECONDS:
        ms = stamp > STAMP_LATEST_MS ? 0
             : stamp >= STAMP_SECONDS_LEAST && stamp <= UINT32_MAX
                 ? (int64_t)stamp * 1000 /* seconds in fact */
                 : (int64_t)stamp;
        break;
    case STAMP_NTP:
        ms = stamp_ntp_to_ms(clock->export_ms, stamp);
        break;
    case STAMP_DELTA_US:
        ms = clock->export_ms - (int64_t)MIN(stamp / 1000, (uint64_t)UINT32_MAX);
        break;
    }
    /* Some exporters send 1970 where they have no stamp; that flow was not then. */
    return ms <= 0 ? clock->export_ms : ms;
}

static void
set_boot(SetClock *clock, int64_t init_ms)
{
    clock->has_boot = true;
    clock->boot_ms = init_ms;
    clock->is_future_boot = init_ms > clock->export_ms;
    clock->uptime = (uint32_t)(clock->export_ms - init_ms);
}

static SetClock
set_clock(const Wire *self)
{
    SetClock clock = { .export_ms = self->export_ms };

    if (self->has_uptime) {
        clock.has_boot = true;
        clock.boot_ms = self->export_ms - self->uptime;
        clock.uptime = self->uptime;
    } else if (self->domain->init_ms != 0) {
        set_boot(&clock, self->domain->init_ms);
    } else if (self->domain->boot_ms != 0) {
        set_boot(&clock, self->domain->boot_ms);
        clock.is_guessed = true;
    }
    return clock;
}

/*
 * IPFIX with uptime stamps but without systemInitTimeMilliseconds (MikroTik): no flow ends after its export,
 * so the latest end seen bounds the boot time from above. A bound that is far lower than before is a reboot.
 */
static void
guess_boot(Wire *self, SetClock *clock, const FlowRecord *records, uint32_t n)
{
    Domain *domain = self->domain;
    uint32_t latest = 0;

    for (uint32_t i = 0; i < n; i++)
        if ((uint32_t)records[i].end_ms != UINT32_MAX)
            latest = MAX(latest, (uint32_t)records[i].end_ms);
    int64_t bound = clock->export_ms - latest;
    if (domain->boot_ms == 0 || bound < domain->boot_ms || bound > domain->boot_ms + 600 * 1000)
        domain->boot_ms = bound;
    set_boot(clock, domain->boot_ms);
    clock->is_guessed = true;
}

static void
finish_times(const DecodePlan *plan, const SetClock *clock, FlowRecord *records, uint32_t n)
{
    StampKind start = plan->start, end = plan->end;

    for (uint32_t i = 0; i < n; i++) {
        FlowRecord *record = &records[i];
        int64_t from = stamp_to_ms(clock, start, (uint64_t)record->start_ms);
        int64_t to = stamp_to_ms(clock, end, (uint64_t)record->end_ms);

        if (start == STAMP_NONE)
            from = to;
        if (end == STAMP_NONE)
            to = from;
        record->start_ms = MIN(from, to); /* a clock that was set back in between makes no negative flow */
        record->end_ms = to;
    }
}

static void
shift_times(FlowRecord *records, uint32_t n, int64_t shift_ms)
{
    for (uint32_t i = 0; i < n; i++) {
        records[i].start_ms -= shift_ms;
        records[i].end_ms -= shift_ms;
    }
}

/* The ports of ICMP are none: NetFlow puts type and code in the destination's where no field is there for
 * them. */
static inline void
finish_icmp(FlowRecord *record, bool has_icmp)
{
    if (record->protocol != 1 && record->protocol != 58)
        return;
    if (!has_icmp) {
        record->icmp_type = (uint8_t)(record->dst_port >> 8);
        record->icmp_code = (uint8_t)record->dst_port;
    }
    record->src_port = record->dst_port = 0;
}

static inline void
finish_family(FlowRecord *record)
{
    bool src_v4 = ip_is_v4(&record->src) || ip_is_zero(&record->src);
    bool dst_v4 = ip_is_v4(&record->dst) || ip_is_zero(&record->dst);

    record->family = src_v4 && dst_v4 ? 4 : 6;
}

/* A template for IPv6 that is used for IPv4 too: ::ffff:192.0.2.1 is what we have for IPv4 anyway. */
static void
find_families(FlowRecord *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        finish_family(&records[i]);
}

static uint64_t
finish(const DecodePlan *plan, FlowRecord *records, uint32_t n)
{
    uint64_t octets = 0;

    for (uint32_t i = 0; i < n; i++)
        finish_icmp(&records[i], plan->has_icmp);
    if (plan->family == 255)
        for (uint32_t i = 0; i < n; i++)
            finish_family(&records[i]);
    for (uint32_t i = 0; i < n; i++)
        if (records[i].kind == FLOW_KIND_FLOW)
            octets += records[i].octets + records[i].reverse_octets;
    return octets;
}

/* What is before February 1970, or out of all reason, is looked at more closely. */
static inline int64_t
plain_milliseconds(const SetClock *clock, int64_t stamp)
{
    const uint64_t least = UINT64_C(1) << 32;

    if (G_LIKELY((uint64_t)stamp - least <= STAMP_LATEST_MS - least))
        return stamp;
    return stamp_to_ms(clock, STAMP_MILLISECONDS, (uint64_t)stamp);
}

/*
 * What nearly every router sends: both stamps are of the same plain kind, there is one family and no event.
 * All of it then goes in one pass, whose choices are made where it is called: this is compiled once for each
 * of them.
 */
static inline __attribute__((always_inline)) uint64_t
finish_plain(const SetClock *clock, StampKind kind, bool has_icmp, FlowRecord *records, uint32_t n)
{
    const SetClock here = *clock; /* a store into a record might change the other */
    uint64_t octets = 0;

    for (FlowRecord *record = records; record < records + n; record++) {
        int64_t from = record->start_ms, to = record->end_ms;

        if (kind == STAMP_UPTIME) {
            from = here.export_ms - (int32_t)(here.uptime - (uint32_t)from);
            to = here.export_ms - (int32_t)(here.uptime - (uint32_t)to);
        } else {
            from = plain_milliseconds(clock, from);
            to = plain_milliseconds(clock, to);
        }
        record->start_ms = MIN(from, to);
        record->end_ms = to;
        finish_icmp(record, has_icmp);
        octets += record->octets + record->reverse_octets;
    }
    return octets;
}

/* True when the set is of that kind; then it is done, and @octets is what was in it. */
static bool
try_finish_plain(const DecodePlan *plan, const SetClock *clock, FlowRecord *records, uint32_t n,
                 uint64_t *octets)
{
    bool is_uptime = plan->start == STAMP_UPTIME && clock->has_boot && !clock->is_future_boot;

    if (plan->start != plan->end || !(is_uptime || plan->start == STAMP_MILLISECONDS) ||
        plan->family == 255 || plan->is_event)
        return false;
    if (is_uptime)
        *octets = plan->has_icmp ? finish_plain(clock, STAMP_UPTIME, true, records, n)
                                 : finish_plain(clock, STAMP_UPTIME, false, records, n);
    else
        *octets = plan->has_icmp ? finish_plain(clock, STAMP_MILLISECONDS, true, records, n)
                                 : finish_plain(clock, STAMP_MILLISECONDS, false, records, n);
    return true;
}

/* Sampling */

typedef struct SetSampling {
    uint32_t rate;
    uint8_t source;
    bool per_interface;
    bool per_sampler;
    bool per_record;
    bool per_operator; /* the operator has told rates of interfaces */
} SetSampling;

static SetSampling
set_sampling(const Wire *self, const DecodePlan *plan)
{
    const Domain *domain = self->domain;
    const Sampling *all = &self->exporter->sampling;
    SetSampling out = { 0 };

    out.per_operator = self->exporter->operator_interfaces.n != 0;
    if (self->exporter->operator_rate != 0) {
        out.rate = self->exporter->operator_rate;
        out.source = SAMPLING_OPERATOR;
        return out;
    }
    if (domain->sampling.domain.rate != 0 || (domain->header_rate == 0 && all->domain.rate != 0)) {
        const TimedRate *told = domain->sampling.domain.rate != 0 ? &domain->sampling.domain : &all->domain;

        out.rate = timed_rate_at(told, self->export_ms);
        out.source = SAMPLING_DOMAIN;
    } else if (domain->header_rate != 0) {
        out.rate = domain->header_rate;
        out.source = SAMPLING_HEADER;
    }
    out.per_record = plan->has_rate;
    out.per_sampler = plan->has_sampler && all->samplers.n != 0;
    out.per_interface = all->interfaces.n != 0;
    return out;
}

/* The ladder for one record; @extra may be NULL. */
static void
sample(const Wire *self, const SetSampling *set, const PlanExtra *extra, FlowRecord *record)
{
    const Sampling *ours = &self->domain->sampling, *all = &self->exporter->sampling;
    int64_t at_ms = self->export_ms;
    uint32_t rate = 0;

    if (set->per_operator && (rate = wire_operator_rate(self, record)) != 0) {
        record->sampling_source = SAMPLING_OPERATOR;
    } else if (set->per_record && extra != NULL && (rate = plan_extra_rate(extra)) != 0) {
        record->sampling_source = SAMPLING_RECORD;
        if (plan_is_swapped_rate(extra))
            exporter_note_swapped_rate(self->exporter, self->received_ms);
    } else if (set->per_sampler && extra != NULL &&
               ((rate = rate_map_at(&ours->samplers, extra->sampler, at_ms)) != 0 ||
                (rate = rate_map_at(&all->samplers, extra->sampler, at_ms)) != 0)) {
        record->sampling_source = SAMPLING_SAMPLER;
    } else if (set->per_interface) {
        uint32_t interface = record->direction == 1 ? record->out_if : record->in_if;

        if ((rate = rate_map_at(&ours->interfaces, interface, at_ms)) != 0 ||
            (rate = rate_map_at(&all->interfaces, interface, at_ms)) != 0)
            record->sampling_source = SAMPLING_INTERFACE;
    }
    if (rate != 0)
        record->sampling = rate;
}

/* For the exporter's page: the rate of the last record stands for all, unless they differ. */
static inline void
note_rate(Exporter *exporter, const FlowRecord *last, int64_t now_ms)
{
    if (exporter->rate == last->sampling && exporter->rate_source == last->sampling_source)
        return;
    exporter_rate_changed(exporter, last, now_ms);
}

/* When the record was observed; the export where it does not say. */
static int64_t
observed_ms(const SetClock *clock, const PlanExtra *extra)
{
    if (extra->event_ms != 0)
        return stamp_to_ms(clock, STAMP_MILLISECONDS, extra->event_ms);
    if (extra->event_ntp != 0)
        return stamp_to_ms(clock, STAMP_NTP, extra->event_ntp);
    return stamp_to_ms(clock, STAMP_SECONDS, extra->event_s);
}

/* What the extra fields of a record say besides its sampling. */
static void
use_extra(const PlanExtra *extra, const DecodePlan *plan, SetClock clock, FlowRecord *record)
{
    if (record->event == 0)
        record->event = (uint8_t)extra->nat_event;
    if (extra->biflow_direction == 1)
        record->has_initiator = 1;
    if (extra->init_ms != 0 && extra->init_ms < STAMP_LATEST_MS) {
        set_boot(&clock, (int64_t)extra->init_ms);
        finish_times(plan, &clock, record, 1);
    } else {
        finish_times(plan, &clock, record, 1);
    }
    bool is_observed = (extra->event_ms | extra->event_ntp | extra->event_s) != 0;
    int64_t event_ms = observed_ms(&clock, extra);
    int64_t duration = (int64_t)MIN(extra->duration_ms + extra->duration_us / 1000, (uint64_t)UINT32_MAX);

    if (plan->start == STAMP_NONE && plan->end == STAMP_NONE)
        record->start_ms = record->end_ms = event_ms;
    else if (plan->end == STAMP_NONE && duration != 0)
        record->end_ms = record->start_ms + duration;
    else if (plan->start == STAMP_NONE && duration != 0)
        record->start_ms = record->end_ms - duration;
    else if (plan->end == STAMP_NONE && is_observed)
        record->end_ms = MAX(record->start_ms, event_ms);
}

typedef struct SetJob {
    Wire *wire;
    const Template *tmpl;
    SetClock clock;
    SetSampling sampling;
    int64_t shift_ms;
    FlowRecord blank;
} SetJob;

/* @value as a member of @size bytes at @offset of a record, in the word of eight bytes that it is part of. */
static inline uint64_t
in_word(uint64_t value, size_t offset, size_t size)
{
    return value << 8 * (G_BYTE_ORDER == G_BIG_ENDIAN ? 8 - size - offset % 8 : offset % 8);
}

#define IN_WORD(member, value)                                                                               \
    in_word(value, offsetof(FlowRecord, member), sizeof(((FlowRecord *)NULL)->member))

static inline uint64_t
word_at(const FlowRecord *record, size_t offset)
{
    uint64_t word;

    memcpy(&word, (const uint8_t *)record + offset, sizeof word);
    return word;
}

/* What all records of a set share, over what the template gives; two words at a time, as shuffle_run wants
 * it. */
static void
fill_blank(SetJob *job)
{
    typedef uint64_t Words __attribute__((vector_size(16)));
    const FlowRecord *plain = &job->tmpl->plan.blank;
    const Wire *wire = job->wire;
    uint64_t sampling = IN_WORD(sampling, (uint64_t)job->sampling.rate) |
                        IN_WORD(sampling_source, (uint64_t)job->sampling.source);
    const Words who = {
        IN_WORD(exporter, (uint64_t)wire->exporter->number) | IN_WORD(domain, (uint64_t)wire->domain->id),
        word_at(plain, offsetof(FlowRecord, sampling)) | sampling,
    };
    const Words when = { (uint64_t)(wire->export_ms - job->shift_ms),
                         word_at(plain, offsetof(FlowRecord, has_reverse)) };

    job->blank = *plain;
    memcpy(&job->blank.exporter, &who, sizeof who);
    memcpy(&job->blank.export_ms, &when, sizeof when);
}
G_STATIC_ASSERT(offsetof(FlowRecord, exporter) % 16 == 0 && offsetof(FlowRecord, domain) % 8 == 4 &&
                offsetof(FlowRecord, sampling_source) - offsetof(FlowRecord, sampling) == 4 &&
                offsetof(FlowRecord, sampling) % 16 == 8 && offsetof(FlowRecord, export_ms) % 16 == 0 &&
                offsetof(FlowRecord, has_reverse) % 16 == 8);

static void
job_init(SetJob *job, Wire *wire, const Template *tmpl)
{
    job->wire = wire;
    job->tmpl = tmpl;
    job->clock = set_clock(wire);
    job->sampling = set_sampling(wire, &tmpl->plan);
    job->shift_ms = wire_shift_ms(wire);
    fill_blank(job);
}

/* IPFIX has no uptime in its header: the start is told in options data, or in the records, or not at all. */
static void
find_boot(SetJob *job, const FlowRecord *records, const PlanExtra *extras, uint32_t n)
{
    uint64_t told = extras == NULL ? 0 : extras[n - 1].init_ms;

    if (told != 0 && told < STAMP_LATEST_MS) {
        job->wire->domain->boot_ms = (int64_t)told;
        set_boot(&job->clock, (int64_t)told);
        job->clock.is_guessed = false;
        return;
    }
    guess_boot(job->wire, &job->clock, records, n);
    sight(&job->wire->exporter->quirks.seen[QUIRK_NO_BOOT_TIME], n, job->wire->received_ms);
}

/* After the plan: @n records whose stamps are raw. @extras has one for each, or is NULL. The octets of them
 * that are traffic. */
static uint64_t
finish_block(SetJob *job, FlowRecord *records, const PlanExtra *extras, uint32_t n)
{
    const DecodePlan *plan = &job->tmpl->plan;
    bool has_details = extras != NULL && plan->has_details;
    uint64_t octets;

    if (plan->end == STAMP_UPTIME && !job->wire->has_uptime && job->wire->domain->init_ms == 0)
        find_boot(job, records, extras, n);
    if (has_details || job->tmpl->has_long_uptime ||
        !try_finish_plain(plan, &job->clock, records, n, &octets)) {
        for (uint32_t i = 0; has_details && i < n; i++)
            use_extra(&extras[i], plan, job->clock, &records[i]);
        if (!has_details)
            finish_times(plan, &job->clock, records, n);
        octets = finish(plan, records, n);
    }
    if (job->shift_ms != 0)
        shift_times(records, n, job->shift_ms);
    return octets;
}

/* Tells traffic from events, which become flows that add up. The octets of those that are traffic. */
static uint64_t
merge_events(SetJob *job, FlowRecord *records, const PlanExtra *extras, uint32_t n)
{
    ExporterTable *table = job->wire->table;
    uint64_t octets = 0;

    if (table->connections == NULL)
        table->connections = connection_table_new(table->limits.connections, table->seed);
    for (uint32_t i = 0; i < n; i++) {
        const PlanExtra *extra = extras == NULL ? NULL : &extras[i];
        const ConnectionEvent event = {
            .id = extra == NULL ? 0 : extra->connection,
            .is_nat = extra != NULL && extra->nat_event != 0 && records[i].event == (uint8_t)extra->nat_event,
            .has_totals = job->tmpl->plan.totals_at_end,
        };

        if (records[i].event != 0)
            connection_table_note(table->connections, &event, &job->wire->exporter->books, &records[i]);
        if (records[i].kind == FLOW_KIND_FLOW)
            octets += records[i].octets + records[i].reverse_octets;
    }
    return octets;
}

static void
complete(SetJob *job, FlowRecord *records, const PlanExtra *extras, uint32_t n)
{
    const DecodePlan *plan = &job->tmpl->plan;
    FlowRecord *last = &records[n - 1];
    Exporter *exporter = job->wire->exporter;
    bool is_looked_at = quirks_turn(&exporter->quirks);
    QuirkView view = { 0 };

    if (is_looked_at)
        view = (QuirkView){ .tmpl = job->tmpl,
                            .record = last,
                            .raw_start = (uint64_t)last->start_ms,
                            .raw_end = (uint64_t)last->end_ms,
                            .export_ms = job->blank.export_ms,
                            .now_ms = job->wire->received_ms,
                            .active_timeout_s = exporter->active_timeout_s };
    uint64_t octets = finish_block(job, records, extras, n);

    if (plan->is_event)
        octets = merge_events(job, records, extras, n);
    if (job->sampling.per_interface || job->sampling.per_record || job->sampling.per_sampler ||
        job->sampling.per_operator)
        for (uint32_t i = 0; i < n; i++)
            sample(job->wire, &job->sampling, extras == NULL ? NULL : &extras[i], &records[i]);
    exporter->octets += octets;
    note_rate(exporter, last, job->wire->received_ms);
    if (is_looked_at)
        quirks_look(&exporter->quirks, &view);
    if (plan->family == 6 && exporter->quirks.seen[QUIRK_V4_IN_V6].count != 0)
        find_families(records, n);
}

void
wire_inner_record(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths,
                  FlowRecord *out)
{
    PlanExtra extra = { 0 };
    SetJob job;

    job_init(&job, self, tmpl);
    plan_run_fields(&tmpl->plan, at, lengths, &job.blank, out, &extra);
    finish_block(&job, out, tmpl->plan.n_extra > 0 ? &extra : NULL, 1);
}

/* It is told when the uptimes of its records began. */
static bool
has_told_boot(const SetJob *job)
{
    return job->clock.has_boot && !job->clock.is_guessed;
}

/* How many of @n records of a fixed template there is work for. The others are given up; but that there were
 * so many keeps the place in the sequence. */
static uint32_t
affordable(Wire *wire, const DecodePlan *plan, uint32_t n)
{
    int64_t price =
        WORK_RECORD + (plan->n_steps + plan->n_extra) * WORK_STEP + (plan->is_event ? WORK_EVENT : 0);
    int64_t most = wire->work <= 0 ? 0 : (wire->work + price - 1) / price;

    if (n > most) {
        wire_malformed(wire, REFUSED_WORK_QUOTA);
        wire->exporter->books.given_up_records += n - (uint64_t)most;
        wire->flows += n - (uint32_t)most;
        n = (uint32_t)most;
    }
    wire->work -= n * price;
    return n;
}

/* Of @left records, as many as the next block has: two of a size rather than a full one and a few. */
static uint32_t
block_of(uint32_t left)
{
    return left <= BLOCK ? left : MIN((left + 1) / 2, BLOCK);
}

static uint32_t
fixed_records(SetJob *job, Cursor set)
{
    const DecodePlan *plan = &job->tmpl->plan;
    uint32_t total = affordable(job->wire, plan, (uint32_t)cursor_left(&set) / plan->record_length);
    uint32_t left = total, n;
    PlanExtra extras[BLOCK];

    while (left > 0) {
        const uint8_t *bytes = set.at;
        FlowRecord *out = wire_room(job->wire, block_of(left), &n);

        cursor_take(&set, (size_t)n * plan->record_length);
        plan_run(plan, bytes, n, &job->blank, out);
        if (plan->n_extra > 0)
            plan_run_extra(plan, bytes, n, extras);
        complete(job, out, plan->n_extra > 0 ? extras : NULL, n);
        if (job->wire->sink.record != NULL)
            for (uint32_t i = 0; i < n; i++)
                wire_show_fixed(job->wire, job->tmpl, has_told_boot(job), &out[i],
                                bytes + (size_t)i * plan->record_length);
        wire_filled(job->wire, n);
        left -= n;
    }
    return total;
}

static bool
is_zero(const Cursor *cur)
{
    for (const uint8_t *at = cur->at; at < cur->end; at++)
        if (*at != 0)
            return false;
    return true;
}

static uint32_t
walked_records(SetJob *job, Cursor set)
{
    Wire *wire = job->wire;
    const DecodePlan *plan = &job->tmpl->plan;
    int64_t price = WORK_VARIABLE_RECORD + job->tmpl->n_fields * WORK_FIELD +
                    (plan->n_steps + plan->n_extra) * WORK_STEP + (plan->is_event ? WORK_EVENT : 0);
    uint32_t total = 0, n;

    while (cursor_left(&set) >= plan->least_length && wire_may(wire, price)) {
        Cursor before = set;
        PlanExtra extra = { 0 };

        if (!template_walk(job->tmpl, &set, wire->at, wire->lengths)) {
            if (!is_zero(&before))
                wire_malformed(wire, REFUSED_RECORD_LENGTH);
            break;
        }
        FlowRecord *out = wire_room(wire, 1, &n);
        plan_run_fields(plan, wire->at, wire->lengths, &job->blank, out, &extra);
        complete(job, out, plan->n_extra > 0 ? &extra : NULL, 1);
        if (job->tmpl->nested != NULL)
            wire_nested(wire, job->tmpl, wire->at, wire->lengths, out);
        if (wire->sink.record != NULL)
            wire_show_flow(wire, job->tmpl, has_told_boot(job), out);
        wire_filled(wire, 1);
        total++;
    }
    return total;
}

static uint32_t
options_records(Wire *self, const Template *tmpl, Cursor set)
{
    uint32_t total = 0;

    while (cursor_left(&set) >= tmpl->plan.least_length &&
           wire_may(self, WORK_OPTIONS_RECORD + tmpl->n_fields * WORK_FIELD)) {
        Cursor before = set;

        if (!template_walk(tmpl, &set, self->at, self->lengths)) {
            if (!is_zero(&before))
                wire_malformed(self, REFUSED_RECORD_LENGTH);
            break;
        }
        options_learn(self, tmpl, self->at, self->lengths);
        self->has_changed |= exporter_learn_types(self->exporter, self->model, tmpl, self->at, self->lengths);
        if (tmpl->nested != NULL)
            wire_nested(self, tmpl, self->at, self->lengths, NULL);
        if (self->sink.record != NULL)
            wire_show_options(self, tmpl);
        total++;
    }
    return total;
}

uint32_t
wire_records(Wire *self, Template *tmpl, const Cursor *set)
{
    Books *books = &self->exporter->books;
    SetJob job;
    uint32_t n;

    if (cursor_left(set) < tmpl->plan.least_length) {
        if (!is_zero(set))
            wire_malformed(self, REFUSED_RECORD_LENGTH);
        return 0;
    }
    if (tmpl->is_options) {
        n = options_records(self, tmpl, *set);
        books->options_records += n;
        self->options += n;
        return n;
    }
    job_init(&job, self, tmpl);
    /* What holds more than values is walked record by record, whether its fields are of fixed length or not.
     */
    bool is_plain = tmpl->plan.record_length != 0 && tmpl->nested == NULL;
    n = is_plain ? fixed_records(&job, *set) : walked_records(&job, *set);
    self->domain->records += n;
    self->flows += n;
    if (self->is_late)
        books->late_records += n;
    else
        books->records += n;
    return n;
}
