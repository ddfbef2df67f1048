/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-exporter.c - an exporter falls silent, tells less than its season explains, samples otherwise, or
 * tells other fields than before
 *
 * Whoever has taken a router over may want it to tell less; and what is seen through it is worth less then.
 * Two questions. Has something changed for certain? Silence: no record in three windows while forty should
 * have come by the hours that have passed, or by what came in the last one: on a busy day the others must
 * make up for more. Thinning: a one-sided CUSUM (Page, "Continuous inspection schemes", Biometrika
 * 1954) of the records' residual (gauge.h), less what lulls of an hour and more use to come to, less what the
 * other exporters lost at the same time. Sampling:
 * another rate in two windows; then fewer records are no thinning, until a day has shown how many there are.
 * Fields: one that all windows had is gone, or one that none had is there. What others tell instead has moved
 * to other ways (maintenance, a broken line): nothing is missing, and nothing is said. And how often does
 * that happen here? Each such change is an event under a gamma-Poisson rate of the kind over all exporters,
 * the exporter's own past behind it: where routers are restarted every week, silence is dull. While it is
 * silent, how long routers are silent here is asked as well: minutes are a restart, hours a broken line.
 *
 * An outage without an enemy is told as well, once: whoever runs a network must know that he is blind. Each
 * kind of fault is a case of its own and each spell an alert of its own (Watch.is_incident), so that a line
 * that was down last week does not hide that somebody samples away what he does today. A level that has
 * lasted for a day is the usual one from then on.
 *
 * While an exporter is silent or thin, assets that it sees neither teach nor have their volumes held against
 * them (Scorer.untaught), and what is not answered may have been (Call.is_half_seen). The alert is about the
 * exporter's own address, which becomes an asset where it is none. Not seen: who leaves out single
 * conversations.
 */
#include "scoring/detector.h"
#include "scoring/gauge.h"
#include "scoring/story-internal.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

typedef enum Fault { FAULT_SILENT = 0, FAULT_THIN, FAULT_SAMPLING, FAULT_FIELDS, N_FAULTS } Fault;
enum { LAST_STEPS = 8 }; /* of how long one is silent: 1/2, 1, 2, 4 ... hours */
enum { WEEK_DAYS = 7, SURE_WINDOWS = 2, FIELDS_MOST = 16 };
/* The first window without records may have been cut short, and what others tell instead comes with their
 * time-outs. */
enum { SILENT_WINDOWS = 3 };
/* Next hop, AS numbers, prefix lengths, BGP next hop: routers leave them at zero for what stays inside. */
static const uint32_t fields_of_routes = 1u << 0 | 1u << 1 | 1u << 5 | 1u << 10;
static const double records_least = 20, records_unit = 10, silent_records = 40;
static const double slack = 1, certain = 12; /* of the CUSUM, in spreads */
static const double perhaps_moved = 0.25, moved_least = 0.5, moved_most = 2, moved_spreads = 3;
enum { DOUBT_WINDOWS = 6 };            /* that the others' rise is given to become certain */
static const double level_spreads = 2; /* a day further off than this is another level */
static const double prior_spread = 0.5, common_clip = 4;
static const double slow_windows = 12, lull_step = 0.001;
static const double rate_prior = 0.5, own_shape = 0.5;

/* A time of silence. */
typedef struct Spell {
    float decibans, p, before, now; /* as it was told */
    float past;                     /* how many there had been of its kind */
    uint16_t windows;               /* since then */
    uint8_t step;                   /* of LAST_STEPS, that it has come to */
} Spell;

typedef struct Health {
    Gauge records;
    float cusum, residual;
    float slow, slow_square;            /* mean residual of about an hour, and what its square uses to be */
    float missed;                       /* records that should have come since the last one */
    float others_rise, others_variance; /* in this time, beyond what they told more just before */
    float others_before;                /* in a window */
    float off_sum;                      /* of what the windows of this day were off the gauge */
    float events[N_FAULTS];
    Spell silence;
    uint32_t windows;          /* watched */
    uint32_t sampling, other;  /* the usual rate; another one, and in how many windows */
    uint16_t had[FIELDS_MOST]; /* windows that had the field */
    uint16_t telling;          /* windows with enough records to say so */
    uint16_t off_n;            /* windows in @off_sum */
    uint16_t silent_n;         /* windows without a record since the last one */
    uint8_t others_n, missing_n, added_n;
    uint8_t is_silent, is_thin;
    uint8_t is_moved;    /* the others tell what it does not */
    uint8_t is_told;     /* its silence was, and is not over */
    uint8_t is_settling; /* it samples otherwise, and how much it tells is not known yet */
} Health;

/* What an exporter told in a window, and what the others did. */
typedef struct Told {
    double records, usual, spread, x, centre;
    double due;    /* by the hour, or by what it told in the last one where that was more */
    double common; /* mean loss of the others, in spreads */
    double others_rise, others_variance; /* records that they told more than usual */
} Told;

/* Of all exporters in a window: what they told more than usual, and by how much that scatters. */
typedef struct Others {
    double rise, variance, drops, counted;
} Others;

typedef struct Plain {
    double events[N_FAULTS], windows; /* of all exporters */
    Share lasts[LAST_STEPS];          /* silences that came so far, and that lasted on to the next step */
} Plain;

static int
slot_of(int64_t number)
{
    return (int)(number & (WINDOWS_OPEN - 1));
}

static CountModel
model_of(const Plain *plain, const Health *health, Fault fault)
{
    double rate = (plain->events[fault] + rate_prior) / (plain->windows + 1);
    double own = (double)health->events[fault];
    CountModel model = { .shape = own_shape + own };

    model.mean = model.shape / (own_shape / rate + health->windows);
    return model;
}

/* In one window. Half of the stake on it each window is a fair bet that pays 0.5 / chance when it comes. */
static double
chance_of_one(const CountModel *model)
{
    return fmax(1e-9, 1 - pow(1 + model->mean / model->shape, -model->shape));
}

/* The alert is about its address. */
static uint32_t
asset_of(Scorer *scorer, uint32_t exporter)
{
    IpAddress address = story_exporter(scorer, exporter);

    if (ip_is_zero(&address))
        return NONE;
    uint32_t asset = scorer_find_asset(scorer, &address);
    return asset != NONE ? asset : scorer_asset(scorer, &address, scorer->moment.now_ms);
}

/* The threshold counts a test for each asset and window; exporters are fewer, so that each may stake more and
 * the promise is kept (budget.h). */
static double
few_bonus(const Scorer *scorer)
{
    uint32_t exporters = 0;

    for (uint32_t i = 0; i < scorer->n_exporters; i++)
        exporters += scorer->exporters[i].is_seen;
    return decibans_of(fmax(1, (double)scorer->n_assets / fmax(1, exporters)));
}

/* Assets that it sees; @only: that nobody else does. */
static uint32_t
assets_behind(const Scorer *scorer, uint32_t exporter, bool only)
{
    uint64_t bit = 1ull << (exporter % 64);
    uint32_t n = 0;

    for (uint32_t i = 0; i < scorer->n_assets; i++)
        n += only ? scorer->assets[i].exporters == bit : (scorer->assets[i].exporters & bit) != 0;
    return n;
}

static void
tell(Scorer *scorer, const Health *health, uint32_t exporter, Fault fault, const Spell *spell)
{
    uint32_t asset = asset_of(scorer, exporter);
    double hours = spell->windows * 24 / scorer->windows_per_day;
    Opinion opinion = { .watch = &watch_exporter_change,
                        .asset = asset,
                        .p = (double)spell->p,
                        .decibans = (double)spell->decibans,
                        .service = (uint16_t)fault,
                        .protocol = CASE_ASPECT,
                        .is_service = true,
                        .at_ms = scorer->grid.first * scorer->grid.length_ms - 1,
                        .numbers = { (double)fault, (double)spell->before, (double)spell->now,
                                     (double)spell->past, health->windows / scorer->windows_per_day,
                                     assets_behind(scorer, exporter, false),
                                     assets_behind(scorer, exporter, true), hours } };

    if (asset != NONE)
        case_take(scorer, &opinion);
}

static void
take(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, Fault fault, double before, double now)
{
    CountModel model = model_of(plain, health, fault), day = model;

    day.mean *= scorer->windows_per_day;
    Spell spell = { .decibans = (float)(decibans_of(0.5 / chance_of_one(&model)) + few_bonus(scorer)),
                    .p = (float)count_mid_p(&day, 1),
                    .before = (float)before,
                    .now = (float)now,
                    .past = health->events[fault] };
    tell(scorer, health, exporter, fault, &spell);
    health->events[fault] += 1;
    plain->events[fault] += 1;
    if (fault != FAULT_SILENT)
        return;
    health->silence = spell;
    plain->lasts[0].of += 1;
}

/*
 * It lasts. Restarts take minutes, broken lines hours, so how long routers are silent here is asked at each
 * doubling, all of the stake on its going on (episode.h); this one is left out of those that could. Fewer
 * records than before say nothing by going on: harmless ones come to stay.
 */
static void
go_on(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter)
{
    Spell *spell = &health->silence;
    double half_hour = fmax(1, scorer->windows_per_day / 48);

    spell->windows = (uint16_t)MIN(spell->windows + 1, UINT16_MAX);
    if (spell->step >= LAST_STEPS || spell->windows < ldexp(half_hour, spell->step))
        return;
    Share *share = &plain->lasts[spell->step++];
    double chance = fmin(1, ((double)share->with + 1) / (fmax(0, (double)share->of - 1) + 2));
    spell->decibans += (float)decibans_of(1 / chance);
    spell->p *= (float)chance;
    share->with += 1;
    if (spell->step < LAST_STEPS)
        plain->lasts[spell->step].of += 1;
    tell(scorer, health, exporter, FAULT_SILENT, spell);
}

/* A new level begins to be measured. */
static void
begin_level(Health *health)
{
    health->off_sum = 0;
    health->off_n = 0;
}

/* Since it fell silent: do the others tell so much more that it makes up for it? *@perhaps: they may. */
static bool
has_moved(const Health *health, bool *perhaps)
{
    double rise = (double)health->others_rise, missed = (double)health->missed;

    *perhaps = rise >= perhaps_moved * missed && rise <= moved_most * missed;
    return *perhaps && rise >= moved_least * missed &&
           rise >= moved_spreads * sqrt((double)health->others_variance);
}

static void
look_at_silence(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, const Told *told)
{
    bool perhaps_has;

    /* Over is what was told when it tells as before, and not with a record now and then, nor with the rest of
     * the window in which it came back. */
    if (health->is_told && told->records >= told->usual / 2) {
        case_finish(scorer, &watch_exporter_change, asset_of(scorer, exporter), NULL, FAULT_SILENT,
                    CASE_ASPECT);
        health->is_told = false;
    }
    if (told->records > 0) {
        health->silent_n = 0;
        health->missed = health->others_rise = health->others_variance = 0;
        health->is_silent = health->is_moved = false;
        health->others_before += (float)((told->others_rise - (double)health->others_before) / slow_windows);
        return;
    }
    health->silent_n = (uint16_t)MIN(health->silent_n + 1, UINT16_MAX);
    health->missed = (float)fmin((double)health->missed + told->due, 1e9);
    health->others_rise =
        (float)fmin((double)health->others_rise + told->others_rise - (double)health->others_before, 1e9);
    health->others_variance = (float)fmin((double)health->others_variance + told->others_variance, 1e18);
    health->is_moved = has_moved(health, &perhaps_has);
    if (health->is_silent)
        go_on(scorer, plain, health, exporter);
    if (health->silent_n < SILENT_WINDOWS || (double)health->missed < silent_records || health->is_silent ||
        health->is_moved || (perhaps_has && health->silent_n < DOUBT_WINDOWS))
        return;
    take(scorer, plain, health, exporter, FAULT_SILENT, told->usual, 0);
    health->is_silent = health->is_told = true;
}

static void
look_at_rate(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, const Told *told)
{
    double lulls = sqrt((double)health->slow_square);
    double drop = -(double)health->residual - fmax(0, told->common) - slack - lulls;

    /* A window without records is the business of silence; a lull under which the others rise, of nobody. */
    if (told->records <= 0 || health->is_settling || told->usual < records_least)
        return;
    health->cusum = (float)fmin(fmax(0, (double)health->cusum + fmin(drop, 2 * certain / 3)), 2 * certain);
    if ((double)health->cusum >= certain && !health->is_thin) {
        take(scorer, plain, health, exporter, FAULT_THIN, told->usual, told->records);
        health->is_thin = true;
        begin_level(health);
    }
    if ((double)health->cusum < certain / 4)
        health->is_thin = false;
}

/* What has been more, or less, for a day than the gauge and all others say, is what is usual from now on. */
static void
look_at_level(const Scorer *scorer, Health *health, const Told *told)
{
    if (told->records <= 0)
        return;
    health->off_sum += (float)(told->x - told->centre + fmax(0, told->common) * told->spread);
    if (++health->off_n < scorer->windows_per_day)
        return;
    double off = (double)health->off_sum / health->off_n;
    begin_level(health);
    if (health->is_settling || fabs(off) > level_spreads * told->spread) {
        gauge_shift(&health->records, off);
        health->cusum = 0;
    }
    health->is_thin = health->is_settling = false;
}

static void
look_at_sampling(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, uint32_t sampling)
{
    if (health->sampling == 0)
        health->sampling = sampling;
    if (sampling == health->sampling || sampling == 0) {
        health->others_n = 0;
        return;
    }
    health->others_n = (uint8_t)(sampling == health->other ? MIN(health->others_n + 1, 255) : 1);
    health->other = sampling;
    if (health->others_n < SURE_WINDOWS)
        return;
    take(scorer, plain, health, exporter, FAULT_SAMPLING, health->sampling, sampling);
    health->sampling = sampling;
    health->others_n = 0;
    health->is_settling = true;
    health->is_thin = false;
    health->cusum = 0;
    begin_level(health);
}

static uint32_t
always_told(const Health *health)
{
    uint32_t bits = 0;

    for (int i = 0; i < FIELDS_MOST; i++)
        bits |= (uint32_t)(health->telling > 0 && health->had[i] == health->telling) << i;
    return bits;
}

/* Fields that were always there and are gone, or never and are there: bits. In an hour in which nobody leaves
 * the house (@outside: records that do), there is nothing to tell of the ways out. */
static void
look_at_fields(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, uint32_t fields,
               double outside)
{
    uint32_t missing = 0, added = 0;
    bool is_judged = health->telling >= scorer->windows_per_day;

    if (outside < records_least)
        fields |= always_told(health) & fields_of_routes;

    for (int i = 0; i < FIELDS_MOST; i++) {
        bool has = (fields >> i & 1) != 0;
        missing |= (uint32_t)(health->had[i] == health->telling && !has) << i;
        added |= (uint32_t)(health->had[i] == 0 && has) << i;
    }
    health->missing_n = (uint8_t)(missing != 0 ? MIN(health->missing_n + 1, 255) : 0);
    health->added_n = (uint8_t)(added != 0 ? MIN(health->added_n + 1, 255) : 0);
    if (is_judged && (missing | added) != 0) {
        if (health->missing_n < SURE_WINDOWS && health->added_n < SURE_WINDOWS)
            return; /* one window may have been odd: it does not teach */
        take(scorer, plain, health, exporter, FAULT_FIELDS, missing, added);
        health->telling = health->missing_n = health->added_n = 0;
    }
    if (health->telling == 0 || health->telling == UINT16_MAX) { /* learned anew from here */
        for (int i = 0; i < FIELDS_MOST; i++)
            health->had[i] = 0;
        health->telling = 0;
    }
    for (int i = 0; i < FIELDS_MOST; i++)
        health->had[i] = (uint16_t)(health->had[i] + ((fields >> i & 1) != 0));
    health->telling++;
}

/* Lulls last for hours: how far off the mean of about an hour uses to be. */
static void
learn_lulls(Health *health)
{
    double step = fmax(lull_step, 1.0 / (health->records.windows + 1));

    health->slow += (health->residual - health->slow) / (float)slow_windows;
    health->slow_square += (float)step * (health->slow * health->slow - health->slow_square);
}

static void
look(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, int64_t number, const Told *told)
{
    const ExporterUse *use = &scorer->exporters[exporter];
    uint32_t hour = baseline_hour_of_week(number * scorer->grid.length_ms);

    if (health->records.windows >= scorer->windows_per_day) {
        look_at_silence(scorer, plain, health, exporter, told);
        look_at_level(scorer, health, told);
        /* A night of the week may be quieter than the first ones were. */
        if (health->records.windows >= WEEK_DAYS * scorer->windows_per_day)
            look_at_rate(scorer, plain, health, exporter, told);
    }
    if (told->records >= records_least) {
        look_at_sampling(scorer, plain, health, exporter, use->sampling[slot_of(number)]);
        look_at_fields(scorer, plain, health, exporter, use->fields[slot_of(number)],
                       (double)use->outside[slot_of(number)]);
    }
    health->windows++;
    /* Silent for a week it is gone, and what it saw has to be learned without it. */
    if (health->is_thin || (health->silent_n > 0 && !health->is_moved &&
                            health->silent_n <= WEEK_DAYS * scorer->windows_per_day)) {
        scorer->ailing |= 1ull << (exporter % 64);
    } else if (health->silent_n == 0 && !health->is_settling) {
        gauge_teach(&health->records, hour, told->x, 0, prior_spread, scorer->windows_per_day / 24);
        learn_lulls(health);
    }
}

static Health *
health_of(const Scorer *scorer, WatchState *state, uint32_t exporter)
{
    return watch_item(state, 0, &watch_exporter_change, watch_key(scorer, exporter, 0, 4, NULL), 9, NULL);
}

static double
clipped(double drop)
{
    return fmin(fmax(drop, -common_clip), common_clip);
}

static Told
told_by(const Scorer *scorer, Health *health, uint32_t exporter, int64_t number)
{
    uint32_t hour = baseline_hour_of_week(number * scorer->grid.length_ms);
    Told told = { .records = scorer->exporters[exporter].open[slot_of(number)].flows_in };

    told.x = log1p(told.records / records_unit);
    GaugeView view = gauge_look(&health->records, hour, told.x, prior_spread);
    health->residual = (float)view.residual;
    told.centre = view.centre;
    told.spread = view.spread;
    told.usual = records_unit * expm1(view.centre);
    told.due = records_unit * expm1(view.centre + fmax(0, (double)health->slow) * view.spread);
    return told;
}

static double
variance_of(const Told *told)
{
    double records = told->spread * (told->usual + records_unit);

    return records * records;
}

static void
add_told(Others *all, const Health *health, const Told *told)
{
    if (health->records.windows < GAUGE_LEAST)
        return;
    all->drops += clipped(-(double)health->residual);
    all->counted++;
    all->rise += told->records - told->usual;
    all->variance += variance_of(told);
}

static void
compare(Told *told, const Health *health, const Others *all)
{
    double others = all->counted - 1;

    told->others_rise = all->rise - (told->records - told->usual);
    told->others_variance = fmax(0, all->variance - variance_of(told));
    if (others <= 0)
        return;
    told->common = (all->drops - clipped(-(double)health->residual)) / others;
}

/* What all exporters lose at once is no fault of one: the mean of the others. */
static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;
    Others all = { 0 };
    double heard = 0;

    scorer->ailing = 0;
    for (uint32_t i = 0; i < scorer->n_exporters; i++)
        heard += scorer->exporters[i].open[slot_of(number)].flows_in;
    if (heard <= 0) /* it is we who did not listen */
        return;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < scorer->n_exporters; i++) {
            if (!scorer->exporters[i].is_seen)
                continue;
            Health *health = health_of(scorer, state, i);
            Told told = told_by(scorer, health, i, number);
            if (pass == 0) {
                add_told(&all, health, &told);
                plain->windows++;
                continue;
            }
            compare(&told, health, &all);
            look(scorer, plain, health, i, number, &told);
        }
}

static void
fields_words(uint32_t missing, uint32_t added, char *out, size_t room)
{
    /* As the bits of ExporterUse.fields. */
    static const char *const names[FIELDS_MOST] = { "next hop",
                                                    "AS numbers",
                                                    "TCP flags",
                                                    "ingress interface",
                                                    "egress interface",
                                                    "prefix lengths",
                                                    "VLAN",
                                                    "reverse counters",
                                                    "type of service",
                                                    "MAC addresses",
                                                    "BGP next hop",
                                                    "end reason",
                                                    "direction",
                                                    "VRF",
                                                    "NAT addresses",
                                                    "application" };
    GString *text = g_string_new(NULL);

    for (int kind = 0; kind < 2; kind++)
        for (int i = 0, n = 0; i < FIELDS_MOST; i++)
            if (((kind == 0 ? missing : added) >> i & 1) != 0)
                g_string_append_printf(text, "%s%s",
                                       n++ > 0     ? ", "
                                       : kind == 0 ? " no longer "
                                                   : " newly ",
                                       names[i]);
    g_strlcpy(out, text->str, room);
    g_string_free(text, TRUE);
}

static void
explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    char name[80], words[160], lasts[60] = "";
    double before = (double)one->numbers[1], now = (double)one->numbers[2];

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    switch ((int)one->numbers[0]) {
    case FAULT_SILENT:
        g_snprintf(words, sizeof words, "told nothing, where %.0f records a window are usual at this hour",
                   before);
        break;
    case FAULT_THIN:
        g_snprintf(
            words, sizeof words,
            "told %.0f records in the window, where %.0f are usual at this hour, window after window%s", now,
            before, scorer->n_exporters > 1 ? ", while others told as many as ever" : "");
        break;
    case FAULT_SAMPLING:
        g_snprintf(words, sizeof words, "takes one packet in %.0f, which was one in %.0f before", now,
                   before);
        break;
    default:
        g_strlcpy(words, "tells", sizeof words);
        fields_words((uint32_t)before, (uint32_t)now, words + 5, sizeof words - 5);
    }
    if (one->numbers[7] > 0)
        g_snprintf(lasts, sizeof lasts, "; it has lasted for %.2g hours", (double)one->numbers[7]);
    g_snprintf(
        out, room,
        "the exporter %s %s%s; that happened to it %.0f times before in %.1f days. It sees %.0f assets, "
        "%.0f of "
        "them alone: what they seem to leave off meanwhile is no evidence",
        name, words, lasts, (double)one->numbers[3], (double)one->numbers[4], (double)one->numbers[5],
        (double)one->numbers[6]);
}

static void
instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    static const char *const words[N_FAULTS] = { "records as at this hour on other days",
                                                 "as many records as on other days",
                                                 "the sampling rate of before", "the fields of before" };

    (void)scorer;
    g_strlcpy(out, words[CLAMP((int)one->numbers[0], 0, N_FAULTS - 1)], room);
}

const Watch watch_exporter_change = { .name = "exporter_change",
                                      .memory_days = 1,
                                      .is_incident = true,
                                      .plain = sizeof(Plain),
                                      .tables = { { .item = sizeof(Health), .most = MOST_EXPORTERS } },
                                      .window = window,
                                      .explain = explain,
                                      .instead = instead };
