/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h - a template compiled into the steps that turn its records into FlowRecords
 *
 * Made when the template arrives; running it looks nothing up. The steps run one after the other over a whole
 * block of records ("column by column"), so that the choice of what to do is made once per field and block,
 * not once per field and record. Where all fields have a fixed length, most steps only move bytes, and
 * plan_use_shuffles turns those into permutations (shuffle.h); the few that look at what they move follow
 * behind. The outcome is the same, byte for byte.
 *
 * Every load takes 8 to 64 bytes, whatever the field's length: the caller guarantees DATAGRAM_SLACK readable
 * bytes behind the last record. Running a plan allocates nothing and counts nothing.
 */
#pragma once
#include "collector/element.h"
#include "collector/flow.h"
#include "collector/shuffle.h"

/* A field as the template gives it. */
typedef struct FieldSpec {
    const Element *element;
    uint16_t length; /* FIELD_VARIABLE: each record says */
} FieldSpec;
enum { FIELD_VARIABLE = 65535 };

/* What the stamps that were stored in start_ms and end_ms mean until plan_finish has been there. */
typedef enum StampKind {
    STAMP_NONE = 0,
    STAMP_UPTIME, /* 32 bits of milliseconds since the exporter's start */
    STAMP_SECONDS,
    STAMP_MILLISECONDS,
    STAMP_NTP,      /* micro- and nanoseconds: 32 bits since 1900, 32 bits of fraction */
    STAMP_DELTA_US, /* microseconds before the export */
} StampKind;

typedef struct PlanStep {
    uint8_t op;
    uint8_t shift;  /* of an integer: 64 - 8 * length */
    uint16_t field; /* index in the template */
    uint16_t from;  /* offset in the record; of fixed templates only */
    uint16_t to;    /* offset in FlowRecord, or in PlanExtra */
} PlanStep;

enum { PLAN_STEPS_MOST = 64 };

typedef struct DecodePlan {
    uint32_t record_length; /* 0: variable */
    uint32_t least_length;  /* of a variable record */
    uint16_t n_moves;       /* steps that a shuffle can do, at the front */
    uint16_t n_steps;       /* into FlowRecord */
    uint16_t n_extra;       /* into PlanExtra, behind them in @steps; shuffles can do all of them */
    uint8_t start, end;     /* StampKind */
    uint8_t family;         /* 4 or 6; 0: no address in the template; 255: look at each record */
    bool has_icmp;          /* the record has type and code; else they may be in the destination port */
    bool has_reverse, has_initiator;
    bool is_event;      /* firewallEvent or natEvent is in the template */
    bool totals_at_end; /* NSEL: an update's counters come again in the deletion, with what was added */
    bool has_sampler, has_rate;
    bool has_details; /* extra fields beyond sampler and rate */
    Shuffle *shuffle; /* owned: does the moves; NULL: the steps do */
    Shuffle *extra_shuffle;
    FlowRecord blank; /* what every record starts from; 0 where each record of a fixed template has its own */
    PlanStep steps[PLAN_STEPS_MOST];
} DecodePlan;

/* What a FlowRecord has no room for but is needed to fill one. */
typedef struct PlanExtra {
    uint64_t connection;                    /* flowId; only of events */
    uint64_t sampler;                       /* samplerId or selectorId */
    uint64_t interval;                      /* samplingInterval, samplerRandomInterval */
    uint64_t packet_interval, packet_space; /* RFC 5476: sampled, then passed over */
    uint64_t size, population;
    uint64_t init_ms; /* systemInitTimeMilliseconds of the record itself */
    uint64_t duration_ms, duration_us;
    uint64_t biflow_direction;
    uint64_t event_ms;           /* observationTimeMilliseconds, */
    uint64_t event_s, event_ntp; /* ...Seconds, ...Microseconds or ...Nanoseconds */
    uint64_t nat_event;
} __attribute__((aligned(64))) PlanExtra;

/* Fills @self from @n_fields fields; plan_clear frees what is in it. Fields that no step knows are passed
 * over by length. */
void plan_compile(DecodePlan *self, const FieldSpec *fields, uint32_t n_fields);
void plan_clear(DecodePlan *self);
/* Has the moves of a fixed template done by @version from here on, where there are any. */
void plan_use_shuffles(DecodePlan *self, ShuffleVersion version);
/* Fixed templates: @n records from @bytes into @out, which starts from @blank: the plan's, with more in it
 * that is no field of the template. */
void plan_run(const DecodePlan *self, const uint8_t *bytes, uint32_t n, const FlowRecord *blank,
              FlowRecord *out);
/* The same for the extra steps. */
void plan_run_extra(const DecodePlan *self, const uint8_t *bytes, uint32_t n, PlanExtra *out);
/* Variable templates: one record whose fields lie at @at with @lengths. @extra may be NULL. */
void plan_run_fields(const DecodePlan *self, const uint8_t *const *at, const uint16_t *lengths,
                     const FlowRecord *blank, FlowRecord *out, PlanExtra *extra);

/* One in how many, from what the record says; 0 when it says nothing. */
uint32_t plan_extra_rate(const PlanExtra *extra);
/* MikroTik sends its samplingInterval with the bytes the wrong way round: nobody samples one in 16 million.
 */
bool plan_is_swapped_rate(const PlanExtra *extra);
