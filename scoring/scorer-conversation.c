/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-conversation.c - both directions of one 5-tuple, over all its slices, whoever tells of them
 *
 * Exporters cut a long flow into slices at their active time-out, export each direction by itself, and tell
 * of the same packets once for every router on the way. Here the pieces become one again, before anything
 * looks at time or volume. Bounded by its table; what was forgotten begins anew.
 */
#include "scoring/call.h"

enum { STITCH_GAP_MS = 120000, AGAIN_MS = 3600000, CLOCKS_OFF_MS = 5000 };
static const int64_t longest_ms = (int64_t)40 * 86400000; /* a conversation that goes on longer begins anew */

void
scorer_conversation_key(const Scorer *self, const FlowRecord *flow, Work *work)
{
    uint64_t seed = self->conf.hash_seed;
    bool has_ports = flow->protocol != 1 && flow->protocol != 58; /* a ping and its answer are one */
    uint64_t src = keyed_mix(work->address[0], has_ports ? flow->src_port : 0, seed);
    uint64_t dst = keyed_mix(work->address[1], has_ports ? flow->dst_port : 0, seed);

    work->from_low = src <= dst;
    work->conversation_key =
        keyed_key(keyed_mix(MIN(src, dst), MAX(src, dst) ^ ((uint64_t)flow->protocol << 56), seed));
}

static Conversation
new_conversation(const FlowRecord *flow)
{
    return (Conversation){ .begin_ms = MAX(1, flow->start_ms),
                           .first_after = { NONE, NONE },
                           .contact = NONE,
                           .path = NONE,
                           .peer = NONE,
                           .protocol = flow->protocol };
}

/* Is @flow, whose key is that of @talk, the beginning of another conversation? */
static bool
begins_anew(const Conversation *talk, const FlowRecord *flow)
{
    return flow->start_ms > conversation_end_ms(talk) + STITCH_GAP_MS ||
           flow->start_ms > talk->begin_ms + longest_ms;
}

/* Finds or begins the conversation; *@is_new when this is its first record. What makes room is told first. */
static Conversation *
conversation_of(Scorer *self, const Work *work, const FlowRecord *flow, bool *is_new)
{
    uint32_t slot = key_table_find_at(&self->conversation_keys, work->conversation_key, work->conversation);
    bool is_known = slot != KEYED_NONE;

    if (!is_known)
        slot = call_make_room(self, work->conversation_key);
    else if (key_table_chance(&self->conversation_keys, slot) == 0)
        key_table_set_chance(&self->conversation_keys, slot, 1);
    Conversation *talk = &self->conversations[slot];
    *is_new = !is_known || begins_anew(talk, flow);
    if (*is_new) {
        call_begin(self, slot, is_known);
        uint8_t flags = talk->flags & CONVERSATION_OPEN;
        if (is_known && flow->start_ms < conversation_end_ms(talk) + AGAIN_MS)
            flags |= CONVERSATION_AGAIN;
        *talk = new_conversation(flow);
        talk->flags = flags;
    } else {
        call_open(self, slot);
    }
    return talk;
}

/* A short flow, told again by another router whose clock is a little off: the same from end to end. */
static bool
is_echo(const Conversation *talk, const FlowRecord *flow, int side)
{
    int64_t first = flow->start_ms - conversation_first_ms(talk, side);
    int64_t last = flow->end_ms - conversation_last_ms(talk, side);
    float octets = (float)flow->octets * (float)MAX(1, flow->sampling);

    return ABS(first) <= CLOCKS_OFF_MS && ABS(last) <= CLOCKS_OFF_MS && octets == talk->octets[side];
}

/*
 * Is this the same traffic as seen by another router, or by the same one on its way out? Then it is not
 * counted again. The router that told first keeps the conversation until it falls behind.
 */
static bool
is_duplicate(const Conversation *talk, const FlowRecord *flow, int side)
{
    bool is_other = talk->exporter[side] != (uint16_t)flow->exporter;

    if (talk->first_after[side] == NONE)
        return false;
    if (flow->start_ms >= conversation_last_ms(talk, side))
        return is_other && is_echo(talk, flow, side);
    return is_other || (flow->direction == 1 && flow->end_ms == conversation_last_ms(talk, side));
}

/* Where the half's first and last packet lie; the conversation may begin earlier than was known. */
static void
stretch(Conversation *talk, const FlowRecord *flow, int side)
{
    int64_t start_ms = MAX(1, flow->start_ms), earlier = talk->begin_ms - start_ms;

    if (earlier > 0 && earlier < longest_ms) {
        for (int i = 0; i < 2; i++)
            if (talk->first_after[i] != NONE) {
                talk->first_after[i] += (uint32_t)earlier;
                talk->last_after[i] += (uint32_t)earlier;
            }
        talk->begin_ms = start_ms;
    }
    uint32_t after = (uint32_t)MAX(0, start_ms - talk->begin_ms);
    talk->first_after[side] = MIN(talk->first_after[side], after);
}

/*
 * Sampled packets are scaled, so one stands for hundreds, though it may be all that there was: of millions of
 * probes some are seen twice. How many must have been seen, both ways together, so that less than one
 * handshake in 10,000 (three packets each way) shows as many: those of C(6, n) / rate^n.
 */
static uint32_t
ample_packets(uint32_t sampling)
{
    static const struct {
        uint32_t rate, packets;
    } rows[] = { { 60, 3 }, { 20, 4 }, { 9, 5 }, { 5, 6 } };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (sampling >= rows[i].rate)
            return rows[i].packets;
    return 7;
}

/* Counts stop at their largest value, which at such rates says that both halves were seen. */
static bool
is_ample(const Conversation *talk, uint32_t sampling)
{
    uint64_t needed = (uint64_t)ample_packets(sampling) * MAX(1, sampling);

    return (uint64_t)talk->packets[0] + talk->packets[1] >= MIN(needed, 2 * (uint64_t)UINT16_MAX);
}

static void
add_counts(Conversation *talk, int side, uint64_t octets, uint64_t packets, uint32_t sampling)
{
    uint64_t scale = MAX(1, sampling);

    talk->octets[side] += (float)octets * (float)scale;
    talk->packets[side] = (uint16_t)MIN(UINT16_MAX, talk->packets[side] + MIN(UINT16_MAX, packets) * scale);
}

bool
scorer_conversation_add(Scorer *self, const Work *work, const FlowRecord *flow, Conversation **at,
                        bool *is_new)
{
    Conversation *talk = *at = conversation_of(self, work, flow, is_new);
    int side = work->from_low ? 0 : 1;
    bool duplicate = is_duplicate(talk, flow, side);
    bool is_first = talk->first_after[side] == NONE;

    talk->bits |= direction_bits(flow, side == 0);
    talk->port[side] = flow->src_port;
    talk->port[1 - side] = flow->dst_port;
    stretch(talk, flow, side);
    if (duplicate) {
        self->counters.duplicates++;
        return true;
    }
    if (!is_first) {
        talk->slices = (uint8_t)MIN(UINT8_MAX, talk->slices + 1);
        self->counters.slices++;
    }
    talk->flags |= ((flow->tcp_flags & 4) != 0 ? CONVERSATION_RESET : 0) |
                   ((flow->tcp_flags & 1) != 0 ? CONVERSATION_ENDED : 0) |
                   (flow->sampling > 1 ? CONVERSATION_SAMPLED : 0);
    add_counts(talk, side, flow->octets, flow->packets, flow->sampling);
    add_counts(talk, 1 - side, flow->reverse_octets, flow->reverse_packets, flow->sampling);
    talk->flags |= is_ample(talk, flow->sampling) ? CONVERSATION_AMPLE : 0;
    talk->exporter[side] = (uint16_t)flow->exporter;
    uint32_t end_after = (uint32_t)MIN(UINT32_MAX, MAX(0, flow->end_ms - talk->begin_ms));
    talk->last_after[side] = is_first ? end_after : MAX(talk->last_after[side], end_after);
    return false;
}
