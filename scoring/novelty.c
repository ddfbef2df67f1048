/* SPDX-License-Identifier: GPL-3.0-or-later */
/* novelty.c - see novelty.h */
#include "scoring/novelty.h"

#include <math.h>

static const double age_days[NOVELTY_AGES - 1] = { 1.0 / 24, 0.25, 1, 3, 7 };
static const double fleet_trust = 2000;   /* windows of a role that weigh as much as the fleet's rate */
static const double age_trust_days = 0.5; /* of all assets at an age that weigh as much as the age before */
enum { AGE_OF_A_DAY = 3 };
static const double shape_most = 0.5, shape_least = 0.05, own_most_days = 60, share_trust = 20,
                    share_most = 4000;

int
novelty_age(double windows, double windows_per_day)
{
    int age = 0;

    while (age < NOVELTY_AGES - 1 && windows >= age_days[age] * windows_per_day)
        age++;
    return age;
}

/* Events, and windows in which they came. */
typedef struct Past {
    double events, windows;
} Past;

/*
 * What is known of assets at this age; an age that nobody has reached yet is like the one before. Those who
 * came together reach an age together, at midnight or before a weekend, and what it has not seen yet is no
 * sign that it is rare: so from a day on each leans on the age before, by as much as is known after half a
 * day.
 */
static Past
past_at(const NoveltyPool *pool, NoveltyGroup group, int age, double windows_per_day)
{
    double trust = age_trust_days * windows_per_day * fmax(1, pool->assets);
    int one = age < AGE_OF_A_DAY ? age : AGE_OF_A_DAY - 1;
    Past past = { pool->events[one][group], pool->windows[one] };

    while (++one <= age) {
        double part = fmin(1, trust / fmax(1, past.windows));
        past.events = pool->events[one][group] + part * past.events;
        past.windows = pool->windows[one] + part * past.windows;
    }
    return past;
}

/* Events a window, the next of them by the rule of succession. */
static double
pool_rate(const NoveltyPool *role, const NoveltyPool *fleet, NoveltyGroup group, int age,
          double windows_per_day)
{
    while (age > 0 && fleet->windows[age] < 100)
        age--;
    Past all = past_at(fleet, group, age, windows_per_day), like = past_at(role, group, age, windows_per_day);
    double rate = (all.events + 1) / (all.windows + 1);

    return (like.events + fleet_trust * rate) / (like.windows + fleet_trust);
}

/*
 * How uneven the assets of the role are. With rate r and exposure w, a gamma of shape s leaves a share
 * (1 + r w / s)^-s of the assets without any event; the shape that explains the share seen is taken.
 */
static double
pool_shape(const NoveltyPool *role, const NoveltyPool *fleet, NoveltyGroup group, double expected)
{
    const NoveltyPool *pool = role->assets >= 8 ? role : fleet;
    double zero = (pool->assets - pool->assets_with[group] + 1.0) / (pool->assets + 2.0);
    double low = shape_least, high = shape_most, least = -log(zero);

    for (int i = 0; i < 12; i++) {
        double shape = (low + high) / 2;
        if (shape * log(1 + expected / shape) < least)
            low = shape; /* too many zeros: more even */
        else
            high = shape;
    }
    return (low + high) / 2;
}

CountModel
novelty_model(const NoveltyCount *own, const NoveltyPool *role, const NoveltyPool *fleet, NoveltyGroup group,
              double windows_per_day)
{
    double windows = (double)own->windows;
    double rate = pool_rate(role, fleet, group, novelty_age(windows, windows_per_day), windows_per_day);
    double shape = pool_shape(role, fleet, group, rate * windows);
    double prior_windows = fmin(shape / rate, 1e9);
    CountModel model = { .shape = shape + (double)own->events[group] };

    model.mean = model.shape / (prior_windows + windows);
    return model;
}

void
novelty_teach_window(NoveltyCount *own, NoveltyPool *role, NoveltyPool *fleet, double windows_per_day)
{
    int age = novelty_age((double)own->windows, windows_per_day);

    if (own->windows == 0) {
        role->assets++;
        fleet->assets++;
    }
    role->windows[age] += 1;
    fleet->windows[age] += 1;
    own->windows += 1;
    if ((double)own->windows > own_most_days * windows_per_day) {
        own->windows /= 2;
        for (int g = 0; g < N_NOVELTY_GROUPS; g++)
            own->events[g] /= 2;
    }
}

void
novelty_teach_events(NoveltyCount *own, NoveltyPool *role, NoveltyPool *fleet, NoveltyGroup group,
                     double events, double windows_per_day)
{
    int age = novelty_age((double)own->windows, windows_per_day);

    if (own->events[group] == 0) {
        role->assets_with[group]++;
        fleet->assets_with[group]++;
    }
    own->events[group] += (float)events;
    role->events[age][group] += events;
    fleet->events[age][group] += events;
}

double
share_lean(const Share *self, double behind)
{
    double mean = ((double)self->with + share_trust * behind) / ((double)self->of + share_trust);

    /* Who has seen none yet may only say that it is rarer here once enough has been seen. */
    return fmax(mean, fmin(behind, 1 / ((double)self->of + 1)));
}

double
share_p(const Share *role, const Share *fleet)
{
    return share_lean(role, ((double)fleet->with + 1) / ((double)fleet->of + 2));
}

void
share_teach(Share *self, bool with)
{
    self->of += 1;
    self->with += with ? 1 : 0;
    if (self->of < (float)share_most)
        return;
    self->of /= 2;
    self->with /= 2;
}
