/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-volume.c - more than its hour explains, by the hour: received, sent by received, far ends never met
 *
 * As volume_out does it (detector-volume-out.c, scorer-close.c), for the measures of pace.h: the e-values of
 * an hour's windows are averaged, which is fair whatever their dependence; those of hours are multiplied
 * (e-CUSUM, evidence.h). Old hours count by a power that goes down to nothing (for t in [0, 1] the mean of
 * e^t is one at most where that of e is: Jensen), else who is a little louder than the role for weeks would
 * be an attack in the end; and a spell is one look, worth no more than its oddest window as the oddest of a
 * day. Null hypothesis: the window is like those of this hour, less what the last one and the role foretell.
 * Found: a worm's or scan's contacts, a server that is suddenly asked by many, an asset that turns from
 * receiver to sender. Not seen: what stays within what is usual for the asset.
 */
#include "scoring/daily.h"
#include "scoring/detector.h"
#include "scoring/watch-volume.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

typedef enum VolumeUnit { IN_OCTETS, IN_ENDS, IN_RATIO } VolumeUnit;
/* The words: "NAME received 3 GB ...". */
static const struct {
    const Watch *watch;
    PaceMeasure measure;
    VolumeUnit unit;
    const char *did, *what;
} kinds[PACE_SLOW] = {
    { &watch_volume_in, PACE_OCTETS_IN, IN_OCTETS, "received", "" },
    { &watch_fan_in, PACE_NEW_IN, IN_ENDS, "was called by", " far ends that it had never met" },
    { &watch_fan_out, PACE_NEW_OUT, IN_ENDS, "called", " far ends that it had never met" },
    { &watch_ratio, PACE_RATIO, IN_RATIO, "sent", " times what it received" },
};
static const double keep = 0.944; /* of a spell's evidence, by the hour: half in twelve */
static const double odd_p = 0.02, worth = 3,
                    quiet = 0.9; /* @quiet: what e_of_small_p gives for dull windows */

/* What the windows of the hour are worth on average; those that are still to come, nothing. */
static double
hour_of(const Scorer *scorer, const PaceSpell *spell)
{
    return fmax((double)spell->hour_e, 1e-6) / fmax(1, scorer->windows_per_day / 24);
}

/*
 * Hours of one spell hang together as well: a loud afternoon is loud as a whole, and is one look. So all of
 * it is worth no more than its oddest window as the oddest one of a day, which is a test that a day makes
 * once (daily_bonus).
 */
static double
spell_of(const Scorer *scorer, const PaceSpell *spell)
{
    double sum = (double)spell->evidence + fmax(0, decibans_of(hour_of(scorer, spell)));
    double p_day = -expm1(scorer->windows_per_day * log1p(-fmin((double)spell->p, 0.5)));

    return fmin(sum, decibans_of(e_of_p(p_day)) + daily_bonus(scorer));
}

/* The hour is over, and joins the spell. */
static void
end_hour(const Scorer *scorer, PaceSpell *spell, uint32_t now_s)
{
    double e = hour_of(scorer, spell);

    spell->evidence = (float)fmax(0, cusum_step(keep * (double)spell->evidence, e));
    spell->hour_e = 0;
    if (spell->evidence > 0)
        return;
    spell->p = 1;
    spell->since_s = now_s;
}

static void
take(Scorer *scorer, const Pace *pace, const PaceSpell *spell, uint32_t asset, int kind, double decibans)
{
    int64_t end_ms = (pace->window + 1) * scorer->grid.length_ms - 1;
    int measure = (int)kinds[kind].measure;
    Opinion opinion = {
        .watch = kinds[kind].watch,
        .asset = asset,
        .is_service = true,
        .protocol = VOLUME_ALONE, /* alone: a flood looks at the same octets, and would count them twice */
        .is_noted = true,
        .p = (double)spell->p,
        .decibans = decibans,
        .at_ms = end_ms,
        .numbers = { kind, (double)pace->value[measure], pace_usual(scorer, pace, measure),
                     (seconds_of(end_ms) - (double)spell->since_s) / 3600 }
    };

    case_take(scorer, &opinion);
}

void
volume_judge(Scorer *scorer, const PacePools *pools, Pace *pace, uint32_t asset, double trust)
{
    uint32_t start_s = seconds_of(pace->window * scorer->grid.length_ms);
    bool is_new_hour = start_s / 3600 != pace->hour;

    pace->hour = start_s / 3600;
    for (int i = 0; i < PACE_SLOW; i++) {
        PaceSpell *spell = &pace->spells[i];
        if (is_new_hour)
            end_hour(scorer, spell, start_s);
        double p = pace_p(pools, scorer, pace, asset, (int)kinds[i].measure);
        pvalues_note(scorer->pvalues, kinds[i].watch->name, asset, p, 0);
        double e = p > odd_p ? quiet : e_of_small_p(p);
        spell->hour_e += (float)(trust * e + 1 - trust);
        spell->p = fminf(spell->p > 0 ? spell->p : 1, (float)p);
        if (p > odd_p)
            continue;
        double sum = spell_of(scorer, spell);
        if (sum > worth)
            take(scorer, pace, spell, asset, i, sum);
    }
}

bool
volume_is_alerted(const Scorer *scorer, const Watch *watch, uint32_t asset)
{
    const Case *one = case_find(scorer, watch, asset, NULL, 0, VOLUME_ALONE);

    return one != NULL && one->alerted_until_ms > scorer->moment.now_ms;
}

uint32_t
volume_alerted(const Scorer *scorer, const Pace *pace, uint32_t asset)
{
    const uint32_t in =
        1u << PACE_OCTETS_IN | 1u << PACE_PACKETS_IN | 1u << PACE_FLOWS_IN | 1u << PACE_NEW_IN;
    uint32_t bits = 0;
    bool is_loud = false;

    for (int m = 0; m < N_PACE_MEASURES; m++)
        is_loud |= pace->residual[m] > 2;
    if (!is_loud) /* what is usual may teach whatever is open */
        return 0;
    if (volume_is_alerted(scorer, &watch_flood, asset))
        bits |= in | in << PACE_OCTETS_OUT | 1u << PACE_FLOOD_IN | 1u << PACE_FLOOD_OUT;
    for (int i = 0; i < PACE_SLOW; i++)
        if (pace->residual[kinds[i].measure] > 2 && volume_is_alerted(scorer, kinds[i].watch, asset))
            bits |= 1u << kinds[i].measure;
    return bits;
}

static void
amount_words(VolumeUnit unit, double value, char out[32])
{
    if (unit == IN_OCTETS)
        detector_octets_words(value, out);
    else
        g_snprintf(out, 32, unit == IN_ENDS ? "%.0f" : "%.2g",
                   unit == IN_RATIO ? exp(fmin(value, 80)) : value);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    int kind = CLAMP((int)one->numbers[0], 0, PACE_SLOW - 1);
    char name[80], value[32], usual[32], span[32] = "about an hour", rarity[40];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    if (kinds[kind].unit != IN_RATIO)
        g_snprintf(span, sizeof span, "%u s", scorer->conf.window_s);
    amount_words(kinds[kind].unit, (double)one->numbers[1], value);
    amount_words(kinds[kind].unit, (double)one->numbers[2], usual);
    detector_rarity_words((double)one->p, rarity);
    g_snprintf(
        out, room,
        "%s %s %s%s within %s, where %s is usual at this hour; the spell began %.1f hours before, and its "
        "oddest window is %s",
        name, kinds[kind].did, value, kinds[kind].what, span, usual, (double)one->numbers[3], rarity);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    int kind = CLAMP((int)one->numbers[0], 0, PACE_SLOW - 1);
    char usual[32];

    (void)scorer;
    amount_words(kinds[kind].unit, (double)one->numbers[2], usual);
    g_snprintf(out, room, "about %s%s, as usual at this hour", usual, kinds[kind].what);
}

#define ROW(row, called)                                                                                     \
    const Watch row = { .name = called, .memory_days = 1, .explain = explain, .instead = instead }
ROW(watch_volume_in, "volume_in");
ROW(watch_fan_in, "fan_in");
ROW(watch_fan_out, "fan_out");
ROW(watch_ratio, "ratio");
