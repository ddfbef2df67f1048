/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw.h - chance that can be repeated: each source of traffic has its own stream, named by numbers
 *
 * A stream depends on the seed and on what it is for (which host, which day, which habit), never on what was
 * drawn elsewhere before. So an attack more or less changes nothing of anybody else's day. Pure arithmetic.
 */
#pragma once
#include <math.h>
#include <stdint.h>

typedef struct Draw {
    uint64_t state;
} Draw;

static inline uint64_t
draw_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t
draw_hash(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
    return draw_mix(draw_mix(draw_mix(draw_mix(seed) ^ a) ^ b) ^ c);
}

static inline Draw
draw_from(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
    return (Draw){ draw_hash(seed, a, b, c) };
}

static inline uint64_t
draw_u64(Draw *self)
{
    self->state += UINT64_C(0x9e3779b97f4a7c15);
    return draw_mix(self->state);
}

/* [0, 1) */
static inline double
draw_unit(uint64_t hash)
{
    return (double)(hash >> 11) * 0x1p-53;
}

static inline double
draw_uniform(Draw *self)
{
    return draw_unit(draw_u64(self));
}

/* 0 .. n-1; 0 when @n is 0. */
static inline uint32_t
draw_below(Draw *self, uint32_t n)
{
    return (uint32_t)(draw_uniform(self) * n);
}

static inline double
draw_normal(Draw *self)
{
    return sqrt(-2 * log(1 - draw_uniform(self))) * cos(6.283185307179586 * draw_uniform(self));
}

/* Log-normal; one in two hundred is from a far heavier tail. */
static inline double
draw_amount(Draw *self, double median, double spread)
{
    double amount = median * exp(spread * draw_normal(self));

    if (draw_uniform(self) < 0.005)
        amount *= pow(1 - draw_uniform(self), -0.8);
    return amount;
}

static inline double
draw_exponential(Draw *self, double mean)
{
    return -mean * log(1 - draw_uniform(self));
}

uint32_t draw_poisson(Draw *self, double mean);
