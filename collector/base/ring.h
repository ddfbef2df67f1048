/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h - hands pointers from one thread to one other, without a lock
 *
 * One producer, one consumer. The slots are fixed at birth; a full ring refuses, and the producer counts what
 * it could not give away. The consumer sleeps in ring_wait, or, when it empties several rings, in the
 * Sleeper that they share (sleeper.h).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <glib.h>
#include "collector/base/sleeper.h"

typedef struct Ring Ring;

/* @slots is rounded up to a power of two. */
Ring *ring_new(uint32_t slots);
/* One of several rings with the same consumer, who sleeps in @sleeper (borrowed) and not in ring_wait. */
Ring *ring_new_of_many(uint32_t slots, Sleeper *sleeper);
/* What is still in the ring is not freed: the ring does not know what it carries. */
void ring_free(Ring *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ring, ring_free)

/* Producer: takes @item (not NULL) and returns true, or returns false when the ring is full. */
bool ring_push(Ring *self, void *item);
/* Consumer: gives the oldest item, or NULL when there is none. */
void *ring_pop(Ring *self);
/* Consumer: sleeps until there is an item, ring_wake was called, or @timeout_ms passed (-1: for ever). */
void ring_wait(Ring *self, int timeout_ms);
/* Any thread: ends one ring_wait. */
void ring_wake(Ring *self);
/* Any thread: about how many items wait. */
uint32_t ring_depth(const Ring *self);
