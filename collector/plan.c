/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan.c - see plan.h */
#include "collector/plan.h"

#include <stddef.h>
#include <string.h>

typedef enum Op {
    OP_U8,
    OP_U16,
    OP_U32,
    OP_U64,
    OP_U8_NONZERO, /* overwrites what a weaker field left only with something */
    OP_COPY2,      /* as on the wire */
    OP_ADDRESS4,
    OP_ADDRESS4_NONZERO,
    OP_ADDRESS6,
    OP_ADDRESS6_NONZERO,
} Op;

/* A place in FlowRecord or PlanExtra that several elements may fill; the one with the lowest rank does. */
typedef struct Target {
    uint32_t pen;
    uint16_t id;
    uint8_t op;
    uint8_t rank;
    uint8_t extra; /* goes to PlanExtra */
    uint8_t stamp; /* StampKind */
    uint16_t to;
} Target;

#define FLOW(member)  0, 0, offsetof(FlowRecord, member)
#define EXTRA(member) 1, 0, offsetof(PlanExtra, member)
#define START(kind)   0, kind, offsetof(FlowRecord, start_ms)
#define END(kind)     0, kind, offsetof(FlowRecord, end_ms)
enum { REVERSE = ELEMENT_PEN_REVERSE };

/*
 * A new field is one line. Rank 1 wins over 2. The total counters (85, 86) are taken where no delta is there:
 * who sends them so (ASA, YAF) starts each record at zero. 23 and 24 are what left after a middlebox: last
 * choice.
 */
static const Target targets[] = {
    { 0, 8, OP_ADDRESS4, 1, FLOW(src) },
    { 0, 27, OP_ADDRESS6, 2, FLOW(src) },
    { 0, 12, OP_ADDRESS4, 1, FLOW(dst) },
    { 0, 28, OP_ADDRESS6, 2, FLOW(dst) },
    { 0, 1, OP_U64, 1, FLOW(octets) },
    { 0, 231, OP_U64, 2, FLOW(octets) },
    { 0, 85, OP_U64, 3, FLOW(octets) },
    { 0, 352, OP_U64, 4, FLOW(octets) },
    { 0, 23, OP_U64, 5, FLOW(octets) },
    { 0, 2, OP_U64, 1, FLOW(packets) },
    { 0, 298, OP_U64, 2, FLOW(packets) },
    { 0, 86, OP_U64, 3, FLOW(packets) },
    { 0, 24, OP_U64, 5, FLOW(packets) },
    { REVERSE, 1, OP_U64, 1, FLOW(reverse_octets) },
    { 0, 232, OP_U64, 2, FLOW(reverse_octets) },
    { REVERSE, 85, OP_U64, 3, FLOW(reverse_octets) },
    { REVERSE, 2, OP_U64, 1, FLOW(reverse_packets) },
    { 0, 299, OP_U64, 2, FLOW(reverse_packets) },
    { REVERSE, 86, OP_U64, 3, FLOW(reverse_packets) },
    { 0, 152, OP_U64, 1, START(STAMP_MILLISECONDS) },
    { 0, 154, OP_U64, 2, START(STAMP_NTP) },
    { 0, 156, OP_U64, 3, START(STAMP_NTP) },
    { 0, 150, OP_U64, 4, START(STAMP_SECONDS) },
    { 0, 22, OP_U64, 5, START(STAMP_UPTIME) },
    { 0, 158, OP_U64, 6, START(STAMP_DELTA_US) },
    { 0, 153, OP_U64, 1, END(STAMP_MILLISECONDS) },
    { 0, 155, OP_U64, 2, END(STAMP_NTP) },
    { 0, 157, OP_U64, 3, END(STAMP_NTP) },
    { 0, 151, OP_U64, 4, END(STAMP_SECONDS) },
    { 0, 21, OP_U64, 5, END(STAMP_UPTIME) },
    { 0, 159, OP_U64, 6, END(STAMP_DELTA_US) },
    { 0, 7, OP_U16, 1, FLOW(src_port) },
    { 0, 180, OP_U16, 2, FLOW(src_port) },
    { 0, 182, OP_U16, 3, FLOW(src_port) },
    { 0, 11, OP_U16, 1, FLOW(dst_port) },
    { 0, 181, OP_U16, 2, FLOW(dst_port) },
    { 0, 183, OP_U16, 3, FLOW(dst_port) },
    { 0, 4, OP_U8, 1, FLOW(protocol) },
    { 0, 5, OP_U8, 1, FLOW(tos) },
    { 0, 6, OP_U16, 1, FLOW(tcp_flags) },
    { 0, 10, OP_U32, 1, FLOW(in_if) },
    { 0, 252, OP_U32, 2, FLOW(in_if) },
    { 0, 14, OP_U32, 1, FLOW(out_if) },
    { 0, 253, OP_U32, 2, FLOW(out_if) },
    { 0, 16, OP_U32, 1, FLOW(src_as) },
    { 0, 17, OP_U32, 1, FLOW(dst_as) },
    { 0, 9, OP_U8, 1, FLOW(src_mask) },
    { 0, 29, OP_U8, 2, FLOW(src_mask) },
    { 0, 13, OP_U8, 1, FLOW(dst_mask) },
    { 0, 30, OP_U8, 2, FLOW(dst_mask) },
    { 0, 32, OP_COPY2, 1, FLOW(icmp_type) },
    { 0, 139, OP_COPY2, 2, FLOW(icmp_type) },
    { 0, 176, OP_U8, 3, FLOW(icmp_type) },
    { 0, 178, OP_U8, 4, FLOW(icmp_type) },
    { 0, 177, OP_U8, 3, FLOW(icmp_code) },
    { 0, 179, OP_U8, 4, FLOW(icmp_code) },
    { 0, 58, OP_U16, 1, FLOW(vlan) },
    { 0, 243, OP_U16, 2, FLOW(vlan) },
    { 0, 59, OP_U16, 3, FLOW(vlan) },
    { 0, 234, OP_U32, 1, FLOW(in_vrf) },
    { 0, 235, OP_U32, 1, FLOW(out_vrf) },
    { 0, 15, OP_ADDRESS4, 1, FLOW(next_hop) },
    { 0, 62, OP_ADDRESS6, 2, FLOW(next_hop) },
    { 0, 18, OP_ADDRESS4, 1, FLOW(bgp_next_hop) },
    { 0, 63, OP_ADDRESS6, 2, FLOW(bgp_next_hop) },
    { 0, 95, OP_U64, 1, FLOW(application_id) },
    { 0, 136, OP_U8, 1, FLOW(end_reason) },
    { 0, 61, OP_U8, 1, FLOW(direction) },
    { 0, 233, OP_U8, 1, FLOW(event) },
    /* Cisco ASA before 8.4 has its own v9 types; IPFIX has no numbers that high */
    { 0, 40005, OP_U8, 3, FLOW(event) },
    { 0, 148, OP_U64, 1, EXTRA(connection) },
    { 0, 48, OP_U64, 1, EXTRA(sampler) },
    { 0, 302, OP_U64, 2, EXTRA(sampler) },
    { 0, 34, OP_U64, 1, EXTRA(interval) },
    { 0, 50, OP_U64, 2, EXTRA(interval) },
    { 0, 305, OP_U64, 1, EXTRA(packet_interval) },
    { 0, 306, OP_U64, 1, EXTRA(packet_space) },
    { 0, 309, OP_U64, 1, EXTRA(size) },
    { 0, 310, OP_U64, 1, EXTRA(population) },
    { 0, 160, OP_U64, 1, EXTRA(init_ms) },
    { 0, 161, OP_U64, 1, EXTRA(duration_ms) },
    { 0, 162, OP_U64, 1, EXTRA(duration_us) },
    { 0, 239, OP_U64, 1, EXTRA(biflow_direction) },
    { 0, 323, OP_U64, 1, EXTRA(event_ms) },
    { 0, 322, OP_U64, 1, EXTRA(event_s) },
    { 0, 324, OP_U64, 1, EXTRA(event_ntp) },
    { 0, 325, OP_U64, 2, EXTRA(event_ntp) },
    { 0, 230, OP_U64, 1, EXTRA(nat_event) },
};
#undef FLOW
#undef EXTRA
#undef START
#undef END

static const Target *
target_of(const Element *element)
{
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
        if (targets[i].id == element->id && targets[i].pen == element->pen)
            return &targets[i];
    return NULL;
}

static bool
length_fits(const Target *target, uint16_t length)
{
    switch (target->op) {
    case OP_COPY2:
        return length == 2;
    case OP_ADDRESS4:
        return length == 4;
    case OP_ADDRESS6:
        return length == 16;
    default:
        return length > 0;
    }
}

static bool
same_place(const Target *a, const Target *b)
{
    return a->to == b->to && a->extra == b->extra;
}

/* Both families in one template: the unused one is zero (Cisco IOS XR), so the other shall win. */
static bool
may_stand_beside(const Target *target)
{
    return !target->extra &&
           (target->op == OP_ADDRESS4 || target->op == OP_ADDRESS6 ||
            target->to == offsetof(FlowRecord, src_mask) || target->to == offsetof(FlowRecord, dst_mask));
}

typedef struct Found {
    const Target *target;
    uint16_t field;
    uint32_t from;
    uint16_t length;
} Found;

static void
add_step(DecodePlan *self, const Found *found, bool is_over)
{
    const Target *target = found->target;
    uint32_t from = found->from, length = found->length;
    uint8_t op = target->op;

    if (self->n_steps + self->n_extra >= PLAN_STEPS_MOST || from > UINT16_MAX - 16)
        return;
    if (op <= OP_U64 && length > 8 && length != FIELD_VARIABLE) { /* an integer's low bytes are its last */
        from += length - 8;
        length = 8;
    }
    if (is_over)
        op = op == OP_ADDRESS4   ? OP_ADDRESS4_NONZERO
             : op == OP_ADDRESS6 ? OP_ADDRESS6_NONZERO
                                 : OP_U8_NONZERO;
    self->steps[self->n_steps + self->n_extra] = (PlanStep){
        .op = op,
        .shift = (uint8_t)(length <= 8 ? 64 - 8 * length : 0),
        .field = found->field,
        .from = (uint16_t)from,
        .to = target->to,
    };
    if (target->extra)
        self->n_extra++;
    else
        self->n_steps++;
    if (!target->extra && !is_over)
        self->n_moves++;
    if (target->stamp != STAMP_NONE && target->to == offsetof(FlowRecord, start_ms))
        self->start = target->stamp;
    if (target->stamp != STAMP_NONE && target->to == offsetof(FlowRecord, end_ms))
        self->end = target->stamp;
}

/* Keeps for each place the best field, and of repeated ones the first: the outer header (RFC 7011 section 8).
 */
static uint32_t
choose(const FieldSpec *fields, uint32_t n_fields, Found *found)
{
    uint32_t n = 0, from = 0;

    for (uint32_t i = 0; i < n_fields; i++) {
        const Target *target = target_of(fields[i].element);
        uint32_t at = from, j;

        /* Behind a variable field this means nothing and is not used, but it must not seem out of range. */
        from += fields[i].length == FIELD_VARIABLE ? 0u : fields[i].length;
        if (target == NULL || !length_fits(target, fields[i].length))
            continue;
        Found mine = { .target = target, .field = (uint16_t)i, .from = at, .length = fields[i].length };
        for (j = 0; j < n; j++)
            if (same_place(found[j].target, target) &&
                (!may_stand_beside(target) || found[j].target == target))
                break;
        if (j == n && n < PLAN_STEPS_MOST)
            found[n++] = mine;
        else if (j < n && target->rank < found[j].target->rank)
            found[j] = mine;
    }
    return n;
}

static void
note_traits(DecodePlan *self, const Found *found, uint32_t n)
{
    bool v4 = false, v6 = false, has_delta = false;

    for (uint32_t i = 0; i < n; i++) {
        const Target *target = found[i].target;
        bool address = !target->extra &&
                       (target->to == offsetof(FlowRecord, src) || target->to == offsetof(FlowRecord, dst));

        v4 |= address && target->op == OP_ADDRESS4;
        v6 |= address && target->op == OP_ADDRESS6;
        self->has_icmp |= !target->extra && target->to == offsetof(FlowRecord, icmp_type);
        self->has_reverse |= !target->extra && (target->to == offsetof(FlowRecord, reverse_octets) ||
                                                target->to == offsetof(FlowRecord, reverse_packets));
        self->has_initiator |= target->pen == 0 && (target->id == 231 || target->id == 232 ||
                                                    target->id == 298 || target->id == 299);
        has_delta |= target->pen == 0 && target->id == 1;
        self->is_event |= target->pen == 0 && (target->id == 233 || target->id == 230 || target->id == 40005);
        self->has_details |= target->extra && target->to > offsetof(PlanExtra, population);
        self->has_sampler |= target->extra && target->to == offsetof(PlanExtra, sampler);
        self->has_rate |= target->extra && target->to >= offsetof(PlanExtra, interval) &&
                          target->to <= offsetof(PlanExtra, population);
    }
    self->totals_at_end = self->is_event && self->has_initiator && !has_delta;
    self->family = v4 && v6 ? 255 : v4 ? 4 : v6 ? 6 : 0;
}

/* The bytes that a step fills, counted from its destination. */
static void
step_bytes(const PlanStep *step, uint32_t *first, uint32_t *n)
{
    static const uint8_t sizes[] = { [OP_U8] = 1,    [OP_U16] = 2,      [OP_U32] = 4,      [OP_U64] = 8,
                                     [OP_COPY2] = 2, [OP_ADDRESS4] = 4, [OP_ADDRESS6] = 16 };

    *first = step->op == OP_ADDRESS4 ? 12 : 0;
    *n = sizes[step->op];
}

/*
 * IPv4 addresses are stored behind the prefix ::ffff:, which is the same in all records: it is in the blank.
 * What each record of a fixed template has itself is not, for shuffles add to the blank. (In a variable one a
 * field may be there with no bytes, and then it has not been said.)
 */
static void
fill_blank(DecodePlan *self)
{
    self->blank = (FlowRecord){ .direction = 255, .family = self->family };
    for (uint32_t i = 0; i < self->n_steps; i++)
        if (self->steps[i].op == OP_ADDRESS4)
            memset((uint8_t *)&self->blank + self->steps[i].to + 10, 0xff, 2);
    self->blank.has_reverse = self->has_reverse;
    self->blank.has_initiator = self->has_initiator;
    for (uint32_t i = 0; i < self->n_moves && self->record_length != 0; i++) {
        uint32_t first, n;

        step_bytes(&self->steps[i], &first, &n);
        memset((uint8_t *)&self->blank + self->steps[i].to + first, 0, n);
    }
}

/* The order of steps: what only moves bytes, what looks at them before it does, what goes to PlanExtra. */
typedef enum Turn { TURN_MOVES, TURN_OVER, TURN_EXTRA } Turn;

void
plan_compile(DecodePlan *self, const FieldSpec *fields, uint32_t n_fields)
{
    Found found[PLAN_STEPS_MOST];
    bool variable = false;
    uint32_t length = 0;

    *self = (DecodePlan){ 0 };
    for (uint32_t i = 0; i < n_fields; i++) {
        bool is_variable = fields[i].length == FIELD_VARIABLE;

        variable |= is_variable;
        length += is_variable ? 1 : fields[i].length;
    }
    self->record_length = variable ? 0 : length;
    self->least_length = length;

    uint32_t n = choose(fields, n_fields, found);
    for (Turn turn = TURN_MOVES; turn <= TURN_EXTRA; turn++)
        for (uint32_t i = 0; i < n; i++) {
            bool is_over = false;

            for (uint32_t j = 0; j < i; j++)
                is_over |= same_place(found[j].target, found[i].target);
            if (turn == (found[i].target->extra ? TURN_EXTRA : is_over ? TURN_OVER : TURN_MOVES))
                add_step(self, &found[i], is_over);
        }
    note_traits(self, found, n);
    fill_blank(self);
}

/* Shuffles */

static void
map_move(const PlanStep *step, ShuffleMap *map)
{
    uint32_t first, n, length = 8 - step->shift / 8u;

    step_bytes(step, &first, &n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *from = &map->from[step->to + first + (G_BYTE_ORDER == G_BIG_ENDIAN ? n - 1 - i : i)];

        if (step->op > OP_U64)
            map->from[step->to + first + i] = step->from + i;
        else /* a number: its last byte on the wire is its lowest */
            *from = i < length ? step->from + length - 1 - i : SHUFFLE_CONSTANT;
    }
}

static Shuffle *
shuffle_of(const PlanStep *steps, uint32_t n, uint32_t size, ShuffleVersion version)
{
    ShuffleMap map = { .size = size };

    for (uint32_t i = 0; i < size; i++)
        map.from[i] = SHUFFLE_CONSTANT;
    for (uint32_t i = 0; i < n; i++)
        map_move(&steps[i], &map);
    return shuffle_new(&map, version);
}

void
plan_use_shuffles(DecodePlan *self, ShuffleVersion version)
{
    plan_clear(self);
    if (self->record_length == 0)
        return;
    self->shuffle = shuffle_of(self->steps, self->n_moves, sizeof(FlowRecord), version);
    if (self->n_extra > 0)
        self->extra_shuffle =
            shuffle_of(self->steps + self->n_steps, self->n_extra, sizeof(PlanExtra), version);
}

void
plan_clear(DecodePlan *self)
{
    g_clear_pointer(&self->shuffle, shuffle_free);
    g_clear_pointer(&self->extra_shuffle, shuffle_free);
}

/* Steps */

static inline uint64_t
load_be(const uint8_t *at, unsigned shift)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value) >> shift;
}

static inline uint16_t
load_u16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t
load_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

/* One field of @n records; @in and @out step from record to record. */
#define COLUMN(body)                                                                                         \
    for (uint32_t i = 0; i < n; i++, in += in_stride, out += out_stride) {                                   \
        body                                                                                                 \
    }                                                                                                        \
    break
#define COLUMN_FROM(type, load) COLUMN(type value = (type)(load); memcpy(out, &value, sizeof value);)
/* Nearly all fields have 1, 2, 4 or 8 bytes: those go without a shift, which costs as much as the rest. */
#define COLUMN_OF(type)                                                                                      \
    switch (shift) {                                                                                         \
    case 56:                                                                                                 \
        COLUMN_FROM(type, *in);                                                                              \
    case 48:                                                                                                 \
        COLUMN_FROM(type, load_u16(in));                                                                     \
    case 32:                                                                                                 \
        COLUMN_FROM(type, load_u32(in));                                                                     \
    case 0:                                                                                                  \
        COLUMN_FROM(type, load_be(in, 0));                                                                   \
    default:                                                                                                 \
        COLUMN_FROM(type, load_be(in, shift));                                                               \
    }                                                                                                        \
    break

static inline bool
any_bits(const uint8_t *at, size_t length)
{
    uint64_t a, b = 0;

    if (length == 4)
        return (at[0] | at[1] | at[2] | at[3]) != 0;
    memcpy(&a, at, 8);
    memcpy(&b, at + 8, 8);
    return (a | b) != 0;
}

static void
column(const PlanStep *step, unsigned shift, const uint8_t *in, size_t in_stride, uint8_t *out,
       size_t out_stride, uint32_t n)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

    switch ((Op)step->op) {
    case OP_U8:
        COLUMN_OF(uint8_t);
    case OP_U16:
        COLUMN_OF(uint16_t);
    case OP_U32:
        COLUMN_OF(uint32_t);
    case OP_U64:
        COLUMN_OF(uint64_t);
    case OP_U8_NONZERO:
        COLUMN(uint8_t value = (uint8_t)load_be(in, shift); if (value != 0) *out = value;);
    case OP_COPY2:
        COLUMN(memcpy(out, in, 2););
    case OP_ADDRESS4:
        COLUMN(memcpy(out + 12, in, 4););
    case OP_ADDRESS4_NONZERO:
        COLUMN(if (any_bits(in, 4)) {
            memcpy(out, mapped, 12);
            memcpy(out + 12, in, 4);
        });
    case OP_ADDRESS6:
        COLUMN(memcpy(out, in, 16););
    case OP_ADDRESS6_NONZERO:
        COLUMN(if (any_bits(in, 16)) memcpy(out, in, 16););
    }
}

void
plan_run(const DecodePlan *self, const uint8_t *bytes, uint32_t n, const FlowRecord *blank, FlowRecord *out)
{
    uint32_t first = 0;

    if (self->shuffle != NULL) {
        shuffle_run(self->shuffle, bytes, self->record_length, n, blank, out);
        first = self->n_moves;
    } else {
        for (uint32_t i = 0; i < n; i++)
            out[i] = *blank;
    }
    for (uint32_t i = first; i < self->n_steps; i++) {
        const PlanStep *step = &self->steps[i];

        column(step, step->shift, bytes + step->from, self->record_length, (uint8_t *)out + step->to,
               sizeof *out, n);
    }
}

void
plan_run_extra(const DecodePlan *self, const uint8_t *bytes, uint32_t n, PlanExtra *out)
{
    static const PlanExtra blank;

    if (self->extra_shuffle != NULL) {
        shuffle_run(self->extra_shuffle, bytes, self->record_length, n, &blank, out);
        return;
    }
    memset(out, 0, n * sizeof *out);
    for (uint32_t i = self->n_steps; i < (uint32_t)self->n_steps + self->n_extra; i++) {
        const PlanStep *step = &self->steps[i];

        column(step, step->shift, bytes + step->from, self->record_length, (uint8_t *)out + step->to,
               sizeof *out, n);
    }
}

/* A field of a variable template: its length is only known now. */
static void
field(const PlanStep *step, const uint8_t *at, uint16_t length, uint8_t *out)
{
    if (length == 0)
        return;
    if (length > 8 && step->op <= OP_U64) {
        at += length - 8;
        length = 8;
    }
    column(step, length <= 8 ? 64u - 8u * length : 0, at, 0, out, 0, 1);
}

void
plan_run_fields(const DecodePlan *self, const uint8_t *const *at, const uint16_t *lengths,
                const FlowRecord *blank, FlowRecord *out, PlanExtra *extra)
{
    uint32_t n = self->n_steps + (extra == NULL ? 0u : self->n_extra);

    *out = *blank;
    for (uint32_t i = 0; i < n; i++) {
        const PlanStep *step = &self->steps[i];
        uint8_t *to = (uint8_t *)(i < self->n_steps ? (void *)out : (void *)extra) + step->to;

        field(step, at[step->field], lengths[step->field], to);
    }
}

/* Rounded. Wider than 64 bits: a sender may give each of the numbers eight bytes. */
static uint32_t
ratio(unsigned __int128 of, uint64_t in)
{
    unsigned __int128 rate = in == 0 ? 0 : (of + in / 2) / in;

    return rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
}

bool
plan_is_swapped_rate(const PlanExtra *extra)
{
    return extra->interval >= 1 << 24 && extra->interval <= UINT32_MAX && (extra->interval & 0xffff) == 0;
}

uint32_t
plan_extra_rate(const PlanExtra *extra)
{
    if (plan_is_swapped_rate(extra))
        return __builtin_bswap32((uint32_t)extra->interval);
    if (extra->interval != 0)
        return ratio(extra->interval, 1);
    if (extra->packet_interval != 0)
        return ratio((unsigned __int128)extra->packet_interval + extra->packet_space, extra->packet_interval);
    return ratio(extra->population, extra->size);
}
