/* SPDX-License-Identifier: GPL-3.0-or-later */
/* calibrate.c - see calibrate.h */
#include "scoring/calibrate.h"

#include <math.h>

/* Bins: 48 of a quarter from -4 to 8, then 16 that grow by 2^(1/4), up to 128. */
enum { LINEAR_BINS = 48, QUARTERS = 4 };
static const double first_edge = -4, bin_width = 0.25, linear_end = 8;
static const double tail_share = 0.05, tail_least = 20, tail_most = 820,
                    atom_factor = 3; /* where the Pareto tail begins */
static const double shape_prior = 0.15, shape_trust = 60, shape_most = 0.5;
static const double own_trust = 600; /* windows after which own and role weigh alike */
static const double p_least = 1e-9;
static const double hill_prior = 1, hill_trust = 10, group_trust = 300;

static double
bin_edge(int bin)
{
    /* linear_end * 2^(i/4) */
    static const double grown[SKETCH_BINS - LINEAR_BINS + 1] = {
        8,  9.5136569200217682, 11.313708498984761, 13.454342644059432,
        16, 19.027313840043536, 22.627416997969522, 26.908685288118864,
        32, 38.054627680087073, 45.254833995939045, 53.817370576237728,
        64, 76.109255360174146, 90.509667991878089, 107.63474115247546,
        128
    };

    return bin <= LINEAR_BINS ? first_edge + bin_width * bin : grown[bin - LINEAR_BINS];
}

static int
bin_of(double residual)
{
    if (!(residual > first_edge))
        return 0;
    if (residual < linear_end)
        return (int)((residual - first_edge) / bin_width);
    int bin = LINEAR_BINS + (int)(4 * log2(residual / linear_end));

    return bin < SKETCH_BINS ? bin : SKETCH_BINS - 1;
}

void
sketch_add(ResidualSketch *self, double residual)
{
    self->count[bin_of(residual)] += 1;
    self->n += 1;
    if (self->n < SKETCH_MOST)
        return;
    for (int i = 0; i < SKETCH_BINS; i++)
        self->count[i] /= 2;
    self->n /= 2;
}

void
own_sketch_add(OwnSketch *self, double residual)
{
    int bin = bin_of(residual);

    self->n += 1;
    if (self->n < SKETCH_MOST) {
        self->count[bin] = (uint16_t)(self->count[bin] + QUARTERS);
        return;
    }
    for (int i = 0; i < SKETCH_BINS; i++) { /* the new one is halved with the others */
        uint32_t count = self->count[i] + (i == bin ? QUARTERS : 0u);
        self->count[i] = (uint16_t)((count + (count >> 1 & 1)) / 2); /* to even: neither up nor down */
    }
    self->n /= 2;
}

/* As one of the usual size. */
static ResidualSketch
widened(const OwnSketch *self)
{
    ResidualSketch wide = { .n = self->n };

    for (int i = 0; i < SKETCH_BINS; i++)
        wide.count[i] = (float)self->count[i] / QUARTERS;
    return wide;
}

void
sketch_count(ResidualSketch *self, double residual)
{
    sketch_count_part(self, residual, 1);
}

void
sketch_count_part(ResidualSketch *self, double residual, double part)
{
    self->count[bin_of(residual)] += (float)part;
    self->n += (float)part;
}

void
sketch_count_both(ResidualSketch *a, ResidualSketch *b, double residual)
{
    int bin = bin_of(residual);

    a->count[bin] += 1;
    b->count[bin] += 1;
    a->n += 1;
    b->n += 1;
}

void
sketch_fade(ResidualSketch *self, double keep)
{
    for (int i = 0; i < SKETCH_BINS; i++)
        self->count[i] *= (float)keep;
    self->n *= (float)keep;
}

/* The first bin of the tail, and how many residuals lie in it and above. */
static int
tail_from(const ResidualSketch *self, double *in_tail)
{
    double above = 0, want = fmin(fmax(tail_least, tail_share * (double)self->n), tail_most);
    int bin = SKETCH_BINS - 1;

    for (; bin > 0; bin--) {
        above += (double)self->count[bin];
        if (above >= want)
            break;
    }
    /* Equal ones (nothing came, most of the time) are no tail: what lies above them is. */
    if (above > atom_factor * want && bin + 1 < SKETCH_BINS)
        above -= (double)self->count[bin++];
    *in_tail = above;
    return bin;
}

/* Method of moments for the generalised Pareto, shape held back towards a heavy tail while data are few. */
static double
pareto_tail(const ResidualSketch *self, int from, double in_tail, double excess)
{
    double sum = 0, squares = 0, edge = bin_edge(from);

    for (int i = from; i < SKETCH_BINS; i++) {
        double middle = (bin_edge(i) + bin_edge(i + 1)) / 2 - edge;
        sum += (double)self->count[i] * middle;
        squares += (double)self->count[i] * middle * middle;
    }
    double mean = fmax(sum / in_tail, 0.1);
    double variance = fmax(squares / in_tail - mean * mean, 1e-6);
    double shape = 0.5 * (1 - mean * mean / variance);
    shape =
        (fmin(fmax(shape, 0), shape_most) * in_tail + shape_prior * shape_trust) / (in_tail + shape_trust);
    double scale = mean * (1 - shape);

    return pow(1 + shape * excess / scale, -1 / shape);
}

double
sketch_upper_p(const ResidualSketch *self, double residual)
{
    double above = 0, in_tail;
    int bin = bin_of(residual);

    if (self->n < 2 * (float)tail_least)
        return 1;
    int from = tail_from(self, &in_tail);
    if (bin > from && in_tail >= tail_least) {
        double tail = pareto_tail(self, from, in_tail, residual - bin_edge(from));
        return fmax(p_least, (in_tail + 1) / ((double)self->n + 1) * tail);
    }
    for (int i = bin + 1; i < SKETCH_BINS; i++)
        above += (double)self->count[i];
    return (above + (double)self->count[bin] / 2 + 1) / ((double)self->n + 1); /* mid-rank within the bin */
}

double
sketch_tempered_p(const ResidualSketch *self, double residual)
{
    double p = sketch_upper_p(self, residual), seen = 1 / ((double)self->n + 1);

    return p < seen ? sqrt(p * seen) : p;
}

/* Where the tail of amounts begins: what is nil, or nearly, is never part of it. */
static int
amount_tail_from(const ResidualSketch *self, double *in_tail)
{
    const int least = bin_of(bin_width);
    double above = 0, want = fmax(tail_least, tail_share * (double)self->n);
    int bin = SKETCH_BINS;

    while (bin > least && above < want)
        above += (double)self->count[--bin];
    *in_tail = above;
    return bin;
}

/* Hill's estimate: the mean excess in the tail. @prior weighs as much as @hill_trust excesses. */
static double
hill(const ResidualSketch *self, int from, double in_tail, double prior)
{
    double sum = hill_trust * prior;

    for (int i = from; i < SKETCH_BINS; i++)
        sum += (double)self->count[i] * ((bin_edge(i) + bin_edge(i + 1)) / 2 - bin_edge(from));
    return sum / (in_tail + hill_trust);
}

static double
amount_p(const ResidualSketch *self, double value, double prior, double *mean)
{
    double in_tail, above = 0;
    int from = amount_tail_from(self, &in_tail), bin = bin_of(value);

    *mean = hill(self, from, in_tail, prior);
    if (bin >= from)
        return (in_tail + 1) / ((double)self->n + 1) * exp(-(value - bin_edge(from)) / *mean);
    for (int i = bin + 1; i < SKETCH_BINS; i++)
        above += (double)self->count[i];
    return (above + (double)self->count[bin] / 2 + 1) / ((double)self->n + 1);
}

double
sketch_amount_p(const ResidualSketch *group, const ResidualSketch *whole, double value)
{
    double mean, seen = 1 / ((double)whole->n + 1);

    if ((double)whole->n < 2 * tail_least)
        return 1;
    double all = amount_p(whole, value, hill_prior, &mean), own = amount_p(group, value, mean, &mean);
    double weight = (double)group->n / ((double)group->n + group_trust);
    double p = fmax(p_least, weight * own + (1 - weight) * all);

    return p < seen ? sqrt(p * seen) : p;
}

double
calibrated_p(const OwnSketch *own, const ResidualSketch *role, double residual)
{
    double p_role = sketch_upper_p(role, residual);

    if (own->n < 2 * (float)tail_least)
        return fmin(1, p_role);
    ResidualSketch wide = widened(own);
    double weight = (double)own->n / ((double)own->n + own_trust);
    return fmin(1, weight * sketch_upper_p(&wide, residual) + (1 - weight) * p_role);
}
