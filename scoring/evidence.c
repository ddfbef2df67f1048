/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evidence.c - see evidence.h */
#include "scoring/evidence.h"

#include <math.h>

double
decibans_of(double e)
{
    if (!(e > 0))
        return -DECIBANS_MOST;
    return fmin(DECIBANS_MOST, fmax(-DECIBANS_MOST, 10 * log10(e)));
}

double
e_of_decibans(double decibans)
{
    return pow(10, decibans / 10);
}

double
e_of_p(double p)
{
    if (!(p < 1))
        return 0.5;
    p = fmax(p, 1e-12);
    double l = log(p);

    if (l > -1e-3)
        return 0.5; /* the limit at 1; the formula cancels there */
    return (1 - p + p * l) / (p * l * l);
}

double
e_of_small_p(double p)
{
    const double small = 0.02, dull = 0.9, prize = (1 - dull * (1 - small)) / small;

    return p > small ? dull : prize * e_of_p(p / small);
}

double
e_of_rare_p(double p)
{
    const double k = 0.1; /* 1 / ln(20000) */

    return k * pow(fmax(p, 1e-12), k - 1);
}

double
e_hedged(double p)
{
    return 0.5 + 0.5 * e_of_p(p);
}

double
cusum_step(double before_decibans, double e)
{
    return fmin(DECIBANS_MOST, fmax(before_decibans, 0) + decibans_of(e));
}

double
log_gamma(double x)
{
    int sign; /* which lgamma writes where all threads may */

    return lgamma_r(x, &sign);
}

static double
log_pmf(double shape, double mean, double count)
{
    return log_gamma(shape + count) - log_gamma(shape) - log_gamma(count + 1) +
           shape * log(shape / (shape + mean)) + count * log(mean / (shape + mean));
}

double
count_mid_p(const CountModel *model, uint32_t count)
{
    double below = 0, at = exp(log_pmf(model->shape, model->mean, count));

    if (count == 0)
        return 1 - at / 2;
    if (count > 200 || model->mean > 100) { /* far out: the sum is not worth it */
        double deviation = sqrt(model->mean + model->mean * model->mean / model->shape);
        return fmax(1e-12, 0.5 * erfc(((double)count - model->mean) / (deviation * M_SQRT2)));
    }
    for (uint32_t i = 0; i < count; i++)
        below += exp(log_pmf(model->shape, model->mean, i));
    double p = 1 - below - at / 2;

    /* Where the sum has eaten all digits, the first term of the tail is the tail. */
    return p > 1e-9 ? p : fmax(1e-12, at / 2);
}

/* @count is what comes by the past and, on top of it, by chance with a mean of @more. */
static double
pmf_with_more(const CountModel *model, double more, uint32_t count)
{
    double sum = 0, extra = exp(-more);

    for (uint32_t k = 0; k <= count; k++) {
        sum += extra * exp(log_pmf(model->shape, model->mean, count - k));
        extra *= more / (k + 1);
    }
    return sum;
}

double
count_e(const CountModel *model, uint32_t count, double windows_per_day, CountBet bet)
{
    static const double stakes[][3] = {
        [BET_SLOW] = { 0.9, 0.1, 0 }, [BET_NOW] = { 0.5, 0.3, 0.2 }, [BET_ONE] = { 0.5, 0.3, 0.2 }
    };
    const double more[3] = { 1 / windows_per_day, 24 / windows_per_day, 1 };
    double null = log_pmf(model->shape, model->mean, count), e = 0;

    for (int i = 0; i < 3; i++)
        if (stakes[bet][i] > 0)
            e += stakes[bet][i] * (bet == BET_ONE
                                       ? pmf_with_more(model, more[i], count) / exp(null)
                                       : exp(log_pmf(model->shape, model->mean + more[i], count) - null));
    return e;
}
