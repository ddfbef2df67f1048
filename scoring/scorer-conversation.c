/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-conversation.c - both directions of one 5-tuple, over all its slices, whoever tells of them
 *
 * Exporters cut a long flow into slices at their active time-out, export each direction by itself, and tell
 * of the same packets once for every router on the way. Here the pieces become one again, before anything
 * looks at time or volume. Bounded by its table; what was forgotten begins anew.
 */
#include "scoring/scorer-internal.h"

enum { STITCH_GAP_MS = 120000 };

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

/* Finds or begins the conversation; *@is_new when this is its first record. */
static Conversation *
conversation_of(Scorer *self, const Work *work, int64_t start_ms, bool *is_new)
{
    uint32_t slot = key_table_find_at(&self->conversation_keys, work->conversation_key, work->conversation);
    bool is_known = slot != KEYED_NONE;

    if (!is_known)
        key_table_put(&self->conversation_keys, work->conversation_key, 1, &slot);
    else if (key_table_chance(&self->conversation_keys, slot) == 0)
        key_table_set_chance(&self->conversation_keys, slot, 1);
    Conversation *talk = &self->conversations[slot];
    *is_new = !is_known || start_ms > MAX(talk->last_ms[0], talk->last_ms[1]) + STITCH_GAP_MS;
    if (*is_new)
        *talk = (Conversation){ .contact = NONE, .path = NONE };
    return talk;
}

/*
 * Is this the same traffic as seen by another router, or by the same one on its way out? Then it is not
 * counted again. The router that told first keeps the conversation until it falls behind.
 */
static bool
is_duplicate(const Conversation *talk, const FlowRecord *flow, int side)
{
    if (talk->last_ms[side] == 0 || flow->start_ms >= talk->last_ms[side])
        return false;
    if (talk->exporter[side] != flow->exporter)
        return true;
    return flow->direction == 1 && flow->end_ms == talk->last_ms[side];
}

bool
scorer_conversation_add(Scorer *self, const Work *work, const FlowRecord *flow, Conversation **at,
                        bool *is_new)
{
    Conversation *talk = *at = conversation_of(self, work, flow->start_ms, is_new);
    int side = work->from_low ? 0 : 1;
    bool duplicate = is_duplicate(talk, flow, side);

    talk->bits |= direction_bits(flow, side == 0);
    if (talk->first_ms[side] == 0 || flow->start_ms < talk->first_ms[side])
        talk->first_ms[side] = MAX(1, flow->start_ms);
    if (duplicate) {
        self->counters.duplicates++;
        return true;
    }
    if (talk->last_ms[side] != 0) {
        talk->slices++;
        self->counters.slices++;
    }
    talk->exporter[side] = flow->exporter;
    talk->last_ms[side] = MAX(talk->last_ms[side], flow->end_ms);
    return false;
}
