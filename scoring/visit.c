/* SPDX-License-Identifier: GPL-3.0-or-later */
/* visit.c - see visit.h */
#include "scoring/visit.h"

#include <math.h>
#include <stddef.h>

enum { TEACH_A_DAY = 4, DAY_S = 86400, LATE_S = 900 };
static const uint32_t edges_of_step[VISIT_STEPS] = { 1, 2, 3, 4, 6, 8 };
/* One new way is what staff take as well; who looks round takes several. */
static const double stakes[VISIT_STEPS] = { 0.06, 0.06, 0.12, 0.12, 0.12, 0.12 };
static const double kept_back = 0.4; /* most visits are followed by nothing */
/* How many visits of the fleet weigh as much as what is known of the role, and of the role for the gate. */
static const double fleet_visits = 8, role_visits = 4, visits_most = 4000;
static const double half_life_s = 30 * DAY_S;

static uint32_t
clamp_u32(double x)
{
    return x < 0 ? 0 : x > UINT32_MAX ? UINT32_MAX : (uint32_t)x;
}

static bool
is_within(const Visit *self, uint32_t at_s)
{
    return at_s + 1 >= self->begin_s && (double)at_s < (double)self->begin_s + VISIT_S;
}

bool
visit_is_over(const Visit *self, uint32_t now_s)
{
    return self->guest != 0 && clamp_u32((double)self->begin_s + VISIT_S + LATE_S) < now_s;
}

void
visit_begin(Gate *self, uint64_t guest, uint32_t at_s, uint32_t edges)
{
    Visit *place = NULL;

    for (int i = 0; i < VISITS_OPEN; i++) {
        if (self->open[i].guest == guest)
            return;
        if (self->open[i].guest == 0)
            place = &self->open[i];
    }
    if (place != NULL)
        *place = (Visit){ .guest = guest, .begin_s = at_s, .edges = edges };
}

void
visit_note_edge(Gate *self, uint32_t at_s)
{
    for (int i = 0; i < VISITS_OPEN; i++)
        if (self->open[i].guest != 0 && is_within(&self->open[i], at_s))
            self->open[i].edges++;
}

/* The chance that a visit comes to @step; half a visit more, as what a gate has not seen yet may be a task
 * that nobody had so far (Krichevsky and Trofimov). */
static double
chance(const VisitQuestion *ask, int step)
{
    const VisitTail *gate = &ask->gate->past, *role = ask->role, *fleet = ask->fleet;
    double with = fmax(0, (double)gate->with[step] - (double)ask->own->with[step]);
    double of = fmax(with, (double)gate->of - (double)ask->own->of);
    double all = ((double)fleet->with[step] + 1) / ((double)fleet->of + 2);
    double like = ((double)role->with[step] + fleet_visits * all) / ((double)role->of + fleet_visits);

    return (with + 0.5 + role_visits * like) / (of + 1 + role_visits);
}

double
visit_e(const VisitQuestion *question, uint32_t edges, double *p)
{
    double e = kept_back;

    if (p != NULL)
        *p = 1;
    for (int i = 0; i < VISIT_STEPS && edges >= edges_of_step[i]; i++) {
        double reached = fmin(1, fmax(1e-4, chance(question, i)));
        e += stakes[i] / reached;
        if (p != NULL)
            *p = reached;
    }
    return e;
}

static void
scale(VisitTail *tail, double by)
{
    tail->of *= (float)by;
    for (int i = 0; i < VISIT_STEPS; i++)
        tail->with[i] *= (float)by;
}

static void
teach(VisitTail *tail, uint32_t edges)
{
    tail->of += 1;
    for (int i = 0; i < VISIT_STEPS; i++)
        tail->with[i] += edges >= edges_of_step[i];
    if ((double)tail->of > visits_most)
        scale(tail, 0.5);
}

void
visit_teach(Gate *self, const Visit *visit, VisitTail *role, VisitTail *fleet, VisitTail *own)
{
    uint16_t day = (uint16_t)(visit->begin_s / DAY_S);

    if (self->faded_s != 0 && visit->begin_s > self->faded_s)
        scale(&self->past, exp2(-(double)(visit->begin_s - self->faded_s) / half_life_s));
    self->faded_s = visit->begin_s > self->faded_s ? visit->begin_s : self->faded_s;
    teach(&self->past, visit->edges);
    if (own != NULL)
        teach(own, visit->edges);
    if (self->day != day) {
        self->day = day;
        self->taught = 0;
    }
    if (self->taught++ >= TEACH_A_DAY)
        return;
    teach(role, visit->edges);
    teach(fleet, visit->edges);
}
