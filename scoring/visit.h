/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * visit.h - how many new ways inside an asset takes after somebody has logged in to it, and how odd so many
 * are; for watches
 *
 * A gate (a VPN, a jump host) is logged in to all day, and each log-in is followed by contacts with hosts
 * inside: those tell nothing. Staff know what they want, though, and go the same ways every day; a stranger
 * does not, and tries others. So of each visit it is counted how many ways inside (another asset and a
 * service) the asset took within half an hour of it that it had never taken. The null hypothesis is that this
 * visit is like the others to the same gate, and as few are known yet, to others of its role. A share of the
 * stake is bet on each step (1, 2, 3, 4, 6, 8 ways or more) at the odds of the visits so far, so the bet is
 * worth 1 on the average while visits are as they were, and those of one guest multiply. Nobody's visits come
 * to be odd for falling into a busy hour of the gate's more often than others' do.
 *
 * What is new gets rarer the longer a gate is known: in the first two days nothing is learned, and what was
 * learned fades by half in a month, as rates do (rate.h). A guest's own visits do not make the next of his
 * usual: what he has taught is left out. Cannot see: a stranger who goes where staff go. Pure arithmetic.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { VISIT_STEPS = 6, VISITS_OPEN = 8, VISIT_S = 1800 };

/* Visits, and how many of them came to each step. */
typedef struct VisitTail {
    float of, with[VISIT_STEPS];
} VisitTail;
typedef struct Visit {
    uint64_t guest; /* of the caller's choice; 0: the place is free */
    uint32_t begin_s;
    uint32_t edges; /* new ways so far */
} Visit;
/* One for each asset that is logged in to; in a table of the watch. Times are flow time in seconds. */
typedef struct Gate {
    Visit open[VISITS_OPEN];
    VisitTail past;
    uint32_t faded_s;     /* up to when it was */
    uint16_t day, taught; /* how often it taught others on that day */
} Gate;

/* Follows a visit of @guest that began at @at_s, since when @edges new ways have been taken; if he is not
 * being followed already, and there is a place. */
void visit_begin(Gate *self, uint64_t guest, uint32_t at_s, uint32_t edges);
/* The asset takes a new way at @at_s. */
void visit_note_edge(Gate *self, uint32_t at_s);
/* Can nothing that belongs to it come any more? */
bool visit_is_over(const Visit *self, uint32_t now_s);
/* Who is asked about, whom he is compared with, and what he has taught them. */
typedef struct VisitQuestion {
    const Gate *gate;
    const VisitTail *role, *fleet;
    const VisitTail *own;
} VisitQuestion;
/* What a visit with so many new ways is worth, an e-value. *@p, which may be NULL: the share of visits that
 * come so far. */
double visit_e(const VisitQuestion *question, uint32_t edges, double *p);
/* It is over: teaches the gate, and four times a day its role and the fleet; @own, which may be NULL, keeps
 * what the guest has taught. */
void visit_teach(Gate *self, const Visit *visit, VisitTail *role, VisitTail *fleet, VisitTail *own);
