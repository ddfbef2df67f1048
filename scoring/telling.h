/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * telling.h - calls are told to all watches, in blocks, while the next records are taken
 *
 * What the watches (watch.h) do with a call is a third to a half of all the scoring, and no watch asks what
 * another one did with it: so each may be told of a block by another thread, and none by the one that takes
 * records, which goes on to stitch the next ones together. Alerts are the same with any number of threads,
 * because
 *  - a watch writes to its own state alone, and a block is over for one watch before it hears of the next;
 *  - what a call meets in the scorer's tables is looked up when it is told and comes with the call (call.h);
 *    else the watches read only what stands still while a block goes on: places, lists and configuration,
 *    roles, what assets are but for what each record changes, cases, and what time it is (Scorer.moment);
 *  - what they say (watch_says) and what else has to wait (watch_leaves) is left until the block is over. The
 *    thread that takes records takes it then, in the order of the watches, when the next block is full or a
 *    window closes, which the records alone decide.
 * Whoever is about to change what must stand still waits (telling_rest) or has it all over (telling_settle)
 * first. Between two batches nothing goes on. Bounded: two blocks of TOLD_MOST calls.
 */
#pragma once
#include "scoring/call.h"

typedef struct Telling Telling;

/* @threads: that score, the one that takes records among them; 0 and 1: it alone. */
Telling *telling_new(uint32_t threads);
void telling_free(Telling *self);

/* All by the thread that takes records. */
/* Puts a call into the block; a full one is handed over. */
void telling_add(Scorer *scorer, const CallTold *told);
/* Hands the block over, the one before being settled. */
void telling_flush(Scorer *scorer);
/* Until the watches have been told of all that was handed over. */
void telling_rest(Scorer *scorer);
/* That, and what they had to say is taken; it is now. */
void telling_settle(Scorer *scorer);
