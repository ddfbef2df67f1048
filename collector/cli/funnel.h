/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * funnel.h - the batches of several intakes on their way to the one thread that scores
 *
 * Each intake has a lane: a ring for full batches one way and a ring for empty ones back, so that no lane
 * ever waits for another. The scoring thread takes from the lanes in turn. Bounded: @slots batches in all
 * lanes together, shared out evenly, so that an intake that is flooded cannot take the room of the others.
 */
#pragma once
#include "collector/flow.h"

typedef struct Funnel Funnel;

Funnel *funnel_new(size_t n_lanes, uint32_t slots);
/* Frees the batches that are in it. When no thread uses it any more. */
void funnel_free(Funnel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Funnel, funnel_free)

/* The producer of @lane: takes @batch and gives an empty one. NULL: the lane is full, and @batch stays the
 * caller's. */
FlowBatch *funnel_push(Funnel *self, size_t lane, FlowBatch *batch);

/* The consumer: the next batch, and the @lane that it belongs to; NULL when there is none. */
FlowBatch *funnel_pop(Funnel *self, size_t *lane);
/* The consumer: takes a batch back. */
void funnel_return(Funnel *self, size_t lane, FlowBatch *batch);
/* The consumer: sleeps until there is a batch, funnel_wake was called or @timeout_ms passed; where batches
 * come thick, some milliseconds in any case, so that the next look finds several. */
void funnel_wait(Funnel *self, int timeout_ms);
/* Any thread: ends one funnel_wait. */
void funnel_wake(Funnel *self);
