/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch-exporter.c - an exporter falls silent, tells less than its season explains, samples otherwise, or
 * tells other fields than before
 *
 * Whoever has taken a router over may want it to tell less; and what is seen through it is worth less then.
 * Two questions. Has something changed for certain? Silence: windows without a record where at least twenty
 * are usual at the hour. Thinning: a one-sided CUSUM (Page, "Continuous inspection schemes", Biometrika 1954)
 * of the records' residual (gauge.h), less what the other exporters lost at the same time. Sampling: another
 * rate in two windows. Fields: one that all windows had is gone, or one that none had is there. And how often
 * does that happen here? Each such change is an event under a gamma-Poisson rate of the kind over all
 * exporters, the exporter's own past behind it: where routers are restarted every week, silence is dull.
 * While an exporter is silent or thin, assets that it sees neither teach nor have their volumes held against
 * them (Scorer.untaught). The alert is about the exporter's own address, which becomes an asset where it is
 * none. Not seen: who leaves out single conversations.
 */
#include "scoring/detector.h"
#include "scoring/gauge.h"
#include "scoring/story-internal.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>

typedef enum Fault { FAULT_SILENT = 0, FAULT_THIN, FAULT_SAMPLING, FAULT_FIELDS, N_FAULTS } Fault;
enum { WEEK_DAYS = 7, SURE_WINDOWS = 2, FIELDS_MOST = 16, HELD_WINDOWS = 288 };
static const double records_least = 20, records_unit = 10;
static const double slack = 1, certain = 12; /* of the CUSUM, in spreads */
static const double prior_spread = 0.5, common_clip = 4;
static const double rate_prior = 0.5, own_shape = 0.5;

typedef struct Health {
    Gauge records;
    float cusum, residual;
    float events[N_FAULTS];
    uint32_t windows;          /* watched */
    uint32_t sampling, other;  /* the usual rate; another one, and in how many windows */
    uint16_t had[FIELDS_MOST]; /* windows that had the field */
    uint16_t telling;          /* windows with enough records to say so */
    uint8_t others_n, silent_n, missing_n, added_n;
    uint8_t is_silent, is_thin;
    uint16_t held; /* windows until it is taught again */
} Health;

typedef struct Plain {
    double events[N_FAULTS], windows; /* of all exporters */
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
    return asset != NONE ? asset : scorer_asset(scorer, &address, scorer->clock.now_ms);
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

static void
take(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, Fault fault, double before, double now)
{
    CountModel model = model_of(plain, health, fault), day = model;
    uint32_t asset = asset_of(scorer, exporter);

    day.mean *= scorer->windows_per_day;
    Opinion opinion = { .watch = &watch_exporter_change,
                        .asset = asset,
                        .p = count_mid_p(&day, 1),
                        .decibans = decibans_of(0.5 / chance_of_one(&model)) + few_bonus(scorer),
                        .at_ms = scorer->grid.first * scorer->grid.length_ms - 1,
                        .numbers = { (double)fault, before, now, (double)health->events[fault],
                                     health->windows / scorer->windows_per_day, exporter } };

    if (asset != NONE)
        case_take(scorer, &opinion);
    health->events[fault] += 1;
    plain->events[fault] += 1;
}

static void
look_at_silence(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, double records, double usual)
{
    if (records > 0 || usual < records_least) {
        health->silent_n = 0;
        health->is_silent = records <= 0 && health->is_silent;
        return;
    }
    if (health->silent_n < SURE_WINDOWS && ++health->silent_n == SURE_WINDOWS && !health->is_silent) {
        take(scorer, plain, health, exporter, FAULT_SILENT, usual, 0);
        health->is_silent = true;
    }
}

static void
look_at_rate(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, double records, double usual,
             double common)
{
    double drop = -(double)health->residual - fmax(0, common) - slack;

    if (health->is_silent || usual < records_least)
        return;
    health->cusum = (float)fmin(fmax(0, (double)health->cusum + fmin(drop, 2 * certain / 3)), 2 * certain);
    if ((double)health->cusum >= certain && !health->is_thin) {
        take(scorer, plain, health, exporter, FAULT_THIN, usual, records);
        health->is_thin = true;
        health->held = HELD_WINDOWS;
    }
    if ((double)health->cusum < certain / 4 || health->held == 0)
        health->is_thin = false;
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
}

/* Fields that were always there and are gone, or never and are there: bits. */
static void
look_at_fields(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, uint32_t fields)
{
    uint32_t missing = 0, added = 0;
    bool is_judged = health->telling >= scorer->windows_per_day;

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

static void
look(Scorer *scorer, Plain *plain, Health *health, uint32_t exporter, int64_t number, double common)
{
    const ExporterUse *use = &scorer->exporters[exporter];
    uint32_t hour = baseline_hour_of_week(number * scorer->grid.length_ms);
    double records = use->open[slot_of(number)].flows_in;
    double x = log1p(records / records_unit);
    double usual = records_unit * expm1(gauge_look(&health->records, hour, 0, prior_spread).centre);

    if (health->records.windows >= scorer->windows_per_day) {
        look_at_silence(scorer, plain, health, exporter, records, usual);
        /* A night of the week may be quieter than the first ones were. */
        if (health->records.windows >= WEEK_DAYS * scorer->windows_per_day)
            look_at_rate(scorer, plain, health, exporter, records, usual, common);
    }
    if (records >= records_least) {
        look_at_sampling(scorer, plain, health, exporter, use->sampling[slot_of(number)]);
        look_at_fields(scorer, plain, health, exporter, use->fields[slot_of(number)]);
    }
    health->windows++;
    health->held = (uint16_t)MAX(0, health->held - 1);
    if (health->is_silent || health->is_thin || health->silent_n > 0)
        scorer->ailing |= 1ull << (exporter % 64);
    else
        gauge_teach(&health->records, hour, x, 0, prior_spread, scorer->windows_per_day / 24);
}

/* What all exporters lose at once is no fault of one: the mean of the others. */
static void
window(Scorer *scorer, WatchState *state, int64_t number)
{
    Plain *plain = state->plain;
    uint32_t hour = baseline_hour_of_week(number * scorer->grid.length_ms), n = 0, seen = 0;
    double heard = 0, drops = 0;

    scorer->ailing = 0;
    for (uint32_t i = 0; i < scorer->n_exporters; i++)
        heard += scorer->exporters[i].open[slot_of(number)].flows_in;
    if (heard <= 0) /* it is we who did not listen */
        return;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < scorer->n_exporters; i++) {
            if (!scorer->exporters[i].is_seen)
                continue;
            Health *health =
                watch_item(state, 0, &watch_exporter_change, watch_key(scorer, i, 0, 4, NULL), 9, NULL);
            if (pass == 0) {
                double x = log1p(scorer->exporters[i].open[slot_of(number)].flows_in / records_unit);
                health->residual = (float)gauge_look(&health->records, hour, x, prior_spread).residual;
                bool counts = health->records.windows >= GAUGE_LEAST;
                drops += counts ? fmin(fmax(-(double)health->residual, -common_clip), common_clip) : 0;
                n += counts;
                seen++;
                continue;
            }
            double own = fmin(fmax(-(double)health->residual, -common_clip), common_clip);
            look(scorer, plain, health, i, number, n > 1 ? (drops - own) / (n - 1) : 0);
        }
    plain->windows += seen;
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
    char name[80], words[160];
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
            "told %.0f records in the window, where %.0f are usual at this hour, window after window, while "
            "others told as many as ever",
            now, before);
        break;
    case FAULT_SAMPLING:
        g_snprintf(words, sizeof words, "takes one packet in %.0f, which was one in %.0f before", now,
                   before);
        break;
    default:
        g_strlcpy(words, "tells", sizeof words);
        fields_words((uint32_t)before, (uint32_t)now, words + 5, sizeof words - 5);
    }
    g_snprintf(
        out, room,
        "the exporter %s %s; that happened to it %.0f times before in %.1f days. What is seen through it is "
        "worth less for now",
        name, words, (double)one->numbers[3], (double)one->numbers[4]);
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
                                      .plain = sizeof(Plain),
                                      .tables = { { .item = sizeof(Health), .most = MOST_EXPORTERS } },
                                      .window = window,
                                      .explain = explain,
                                      .instead = instead };
