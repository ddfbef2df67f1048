/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-close.c - what happens when a window closes: contacts, volumes, learning, series, the day
 *
 * Assets are gone through in the order of their first appearance. Two passes for the volumes: the first finds
 * what a whole role does at once (a holiday, a flash crowd, a change of sampling), the second scores what is
 * left. A window in which one of the asset's exporters lost data, or fell silent, does not teach; nor does a
 * window that belongs to an open story.
 */
#include "scoring/detector.h"
#include "scoring/telling.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double persistence_most = 0.95, level_step = 0.3, learn_after = 12, common_least = 8,
                    common_clip = 3;
/* With an alert open about a contact, a little more volume is most likely the same thing. */
static const double same_cause = 10;
static const double rate_step = 0.05, silent_least = 20;
static const double spell_least = 6 /* decibans */, worth_most = 100;

static int
slot_of(int64_t number)
{
    return (int)(number & (WINDOWS_OPEN - 1));
}

/* Exporters that are usually heard in every window and were not in this one, as bits. */
static uint64_t
silent_exporters(const Scorer *self, int64_t number)
{
    uint64_t silent = 0;
    double heard = 0;

    for (uint32_t i = 0; i < self->n_exporters; i++) {
        const ExporterUse *use = &self->exporters[i];
        double flows = use->open[slot_of(number)].flows_in;
        if (use->is_seen && flows == 0 && use->rate >= silent_least)
            silent |= 1ull << (i % 64);
        heard += flows;
    }
    return heard > 0 ? silent : UINT64_MAX; /* nothing at all: it is we who did not listen */
}

typedef struct Measured {
    BaselineBand band;
    double residual; /* less what the last one foretold; NAN: nothing to compare with */
    double raw;
    double x;
    bool is_busy;
} Measured;

static Measured
measure(const Scorer *self, const ScoredAsset *asset, const WindowSums *sums, uint32_t hour)
{
    const Role *role = &self->roles[asset->role];
    Measured out = { .x = baseline_scale(sums->octets_out) };
    double noise = sums->octets_out > 0 ? sqrt((double)sums->variance_out) / sums->octets_out : 0;

    out.band = baseline_look(&asset->octets_out, hour, (double)role->spread);
    out.is_busy = out.band.centre > (double)asset->octets_out.overall;
    double spread = sqrt(out.band.spread * out.band.spread + noise * noise);
    double factor = asset->level_squares > 1 ? (double)(asset->level_products / asset->level_squares) : 0;
    factor = fmin(fmax(factor, 0), persistence_most);
    out.raw = (out.x - out.band.centre) / spread;
    out.residual = out.raw - factor * (double)asset->level;
    return out;
}

/*
 * Residuals hang together: an afternoon is loud as a whole. What the lately loud foretell (a fading mean,
 * times a factor learned per asset) is not counted again, else every long loud spell would look like an
 * attack.
 */
static void
learn_persistence(ScoredAsset *asset, double raw)
{
    double clipped = fmin(fmax(raw, -4), 4), level = (double)asset->level;

    asset->level_products = (float)((double)asset->level_products * 0.998 + clipped * level);
    asset->level_squares = (float)((double)asset->level_squares * 0.998 + level * level);
    asset->level = (float)(level + level_step * (clipped - level));
}

static void
add_recent(Scorer *self, const ScoredAsset *asset, const WindowSums *sums, const BaselineBand *centre,
           int64_t number)
{
    BaselineBand band = *centre;

    if (asset->recent == NONE)
        return;
    baseline_fill(&band);
    self->recent[(size_t)asset->recent * RECENT_WINDOWS + (size_t)(number % RECENT_WINDOWS)] =
        (RecentWindow){ .number = number,
                        .octets_out = (float)sums->octets_out,
                        .octets_in = (float)sums->octets_in,
                        .flows = (float)(sums->flows_in + sums->flows_out),
                        .score = asset->score,
                        .low = (float)band.low,
                        .high = (float)band.high };
}

static void
tell_series(const Scorer *self, const ScoredAsset *asset, const WindowSums *sums, const BaselineBand *centre,
            int64_t number)
{
    BaselineBand band = *centre;

    if (self->sink.sample == NULL || !(asset->in_series || asset->pinned))
        return;
    baseline_fill(&band);
    SeriesSample sample = { .key = { .kind = SERIES_ASSET, .address = asset->address },
                            .time_s = (number + 1) * self->grid.length_ms / 1000,
                            .octets_in = sums->octets_in,
                            .octets_out = sums->octets_out,
                            .packets_in = (double)sums->packets_in,
                            .packets_out = (double)sums->packets_out,
                            .flows_in = sums->flows_in,
                            .flows_out = sums->flows_out,
                            .lost = (double)NAN,
                            .score = (double)asset->score,
                            .expected_low = band.low,
                            .expected_high = band.high };

    self->sink.sample(self->sink.user, &sample);
}

static bool
is_spell(const ScoredAsset *asset)
{
    return (double)asset->volume_evidence >= spell_least;
}

/*
 * An e-value is fair given the past and the hour that all have in common, and there are two things that the
 * baseline does not know. On a day on which everybody does more, the windows of the like are worth more than
 * 1 at the same time (where most are silent, that is no shift of their residuals). And hours hang together:
 * who works early goes on working, so that windows after odd hours are worth more than others. Both are
 * measured; by the larger one, what an hour adds is doubted. The budget is told of the evidence without the
 * doubt: its bar stands where it stood.
 */
static double
doubt_of_hour(const Scorer *self, const ScoredAsset *asset)
{
    double worth = fmax(1, (double)asset->others_worth);

    if (is_spell(asset))
        worth = fmax(worth, 1 + (double)self->roles[asset->role].spell_excess);
    return decibans_of(worth);
}

/* No more than the hour adds. */
static double
doubted(const Scorer *self, const ScoredAsset *asset, double windows)
{
    double added = fmax(0, decibans_of((double)asset->hour_e / windows));

    return (double)asset->volume_doubt + fmin(added, doubt_of_hour(self, asset));
}

static void
learn_worth(const Scorer *self, ScoredAsset *asset, Role *role, double e)
{
    const float spell_step = 1 / 1000.0f;
    double an_hour = fmin(1, 24 / self->windows_per_day);

    e = fmin(e, worth_most);
    asset->worth += (float)((e - (double)asset->worth) * an_hour);
    if (is_spell(asset) && asset->quarantine == 0)
        role->spell_excess += ((float)e - 1 - role->spell_excess) * spell_step;
}

/*
 * The windows of an hour hang together in ways that no model here knows, so their e-values are averaged,
 * which is valid whatever the dependence; hours are multiplied.
 */
static void
add_volume_evidence(const Scorer *self, ScoredAsset *asset, double e, Finding *finding, int64_t number)
{
    uint32_t hour = (uint32_t)(number * self->grid.length_ms / 3600000);

    if (hour != asset->hour) {
        if (asset->hour_windows > 0) {
            double mean = (double)asset->hour_e / asset->hour_windows;
            asset->volume_doubt = (float)doubted(self, asset, asset->hour_windows);
            asset->volume_evidence = (float)fmax(0, cusum_step((double)asset->volume_evidence, mean));
        }
        if (asset->volume_evidence <= 0) {
            asset->volume_doubt = asset->spell_excess = 0;
            asset->spell_since = number;
        }
        asset->hour = hour;
        asset->hour_e = 0;
        asset->hour_windows = 0;
        if (asset->volume_evidence <= 0 || asset->hour_p <= 0)
            asset->hour_p = 1;
    }
    asset->hour_e += (float)e;
    asset->hour_p = MIN(asset->hour_p, finding->p);
    finding->p = asset->hour_p;
    asset->hour_windows += 1;
}

/* The hours that are over, and what this one is worth already if nothing more comes. */
static double
volume_score(const Scorer *self, const ScoredAsset *asset)
{
    double windows = fmax(1, self->windows_per_day / 24);

    return (double)asset->volume_evidence + fmax(0, decibans_of((double)asset->hour_e / windows));
}

/*
 * An e-value is worth 1 on average while all is as before. Where the model is a little wrong, it is worth
 * more, and over many hours a little more than 1 becomes certainty. So what it has been worth is measured,
 * for the role and for the asset, and divided out. Single windows count up to 20 dB, so that an attack does
 * not teach that attacks are usual.
 */
static double
volume_e(ScoredAsset *asset, Role *role, double decibans, bool is_busy)
{
    const float role_step = 1 / 20000.0f, own_step = 1 / 2000.0f, most = 100;
    double e = e_of_decibans(decibans);
    double excess = fmax(0, fmax((double)role->excess[is_busy], (double)asset->excess));

    if (asset->quarantine == 0) {
        float above = MIN((float)e, most) - 1;
        role->excess[is_busy] += (above - role->excess[is_busy]) * role_step;
        asset->excess += (above - asset->excess) * own_step;
    }
    return e / (1 + excess);
}

/*
 * Where a new far end carries what is too much, that is what is odd about the new far end. It must go on: in
 * the hour in which the contact begins, that it is new and that more is sent are one and the same event. But
 * what would be told by itself (@is_told) is told there.
 */
static bool
is_carried(Scorer *self, const ScoredAsset *asset, double fair, bool is_told, const Finding *finding,
           double observed, const BaselineBand *band, int64_t number)
{
    Contact *contact = fair > 0 && (is_told || is_spell(asset)) ? contact_carrier(self, asset) : NULL;
    Carried carried = { .decibans = (float)fair,
                        .p = finding->p,
                        .observed = (float)observed,
                        .expected = (float)band->expected,
                        .low = (float)band->low,
                        .high = (float)band->high };

    return contact != NULL && contact_carries(self, contact, &carried, number);
}

/* Evidence fades slowly: what is left of what a path carried is not told anew when the path is over. */
static bool
is_aftermath(const Scorer *self, uint32_t index, double fair)
{
    double taken = story_volume_taken(self, index);

    return taken > 0 && fair < taken + same_cause;
}

static void
tell_volume(Scorer *self, uint32_t index, double fair, bool is_told, const Finding *finding, double observed,
            BaselineBand band, int64_t number)
{
    baseline_fill(&band);
    /* Told when it shows: an alert that names a dull window would explain nothing. */
    if (observed > band.high &&
        !is_carried(self, &self->assets[index], fair, is_told, finding, observed, &band, number) && is_told)
        story_volume(self, index, fair, finding, observed, &band, number);
}

static void
learn_residual(ScoredAsset *asset, Role *role, bool is_busy, double residual)
{
    own_sketch_add(&asset->residuals[is_busy], residual);
    sketch_add(&role->residuals[is_busy], residual);
}

static void
score_volume(Scorer *self, uint32_t index, const Measured *measured, const WindowSums *sums, int64_t number,
             double residual)
{
    ScoredAsset *asset = &self->assets[index];
    DetectorView view = { .scorer = self,
                          .asset = asset,
                          .role = &self->roles[asset->role],
                          .observed = sums->octets_out,
                          .residual = residual,
                          .is_busy = measured->is_busy };
    Finding finding = { 0 };

    if (asset->octets_out.n < learn_after || !volume_out_look(&view, &finding))
        return;
    double trust = scorer_maturity(self, asset);
    pvalues_note(self->pvalues, "volume_out", index, (double)finding.p, 0);
    double e =
        trust * volume_e(asset, &self->roles[asset->role], (double)finding.decibans, measured->is_busy) +
        (1 - trust);
    add_volume_evidence(self, asset, e, &finding, number);
    learn_worth(self, asset, &self->roles[asset->role], e);
    asset->spell_excess += (float)fmax(0, sums->octets_out - baseline_expected(&measured->band));
    double raw = volume_score(self, asset);
    double fair = raw - doubted(self, asset, fmax(1, self->windows_per_day / 24));
    double shown = budget_shown(&self->budget, FAMILY_VOLUME, fair);
    double wanted = self->budget.threshold + (story_has_contact(self, index) ? same_cause : 0);
    bool is_told = shown >= wanted && !is_aftermath(self, index, fair);
    bool was_free = asset->quarantine == 0;
    if (trust >= 0.3 && (is_told || (fair > 0 && is_spell(asset))))
        tell_volume(self, index, fair, is_told, &finding, sums->octets_out, measured->band, number);
    /* What is told does not teach, but that it came does, once: else what comes every few days (an
     * administrator on a router that but answers polls) would be told each time as if it never had. */
    if (was_free && asset->quarantine != 0)
        learn_residual(asset, &self->roles[asset->role], measured->is_busy, residual);
    if (triage_volume_is_aside(self, index))
        return;
    asset->peak[FAMILY_VOLUME] = (float)fmax((double)asset->peak[FAMILY_VOLUME], raw);
    asset->score = (float)fmax((double)asset->score, shown);
}

static void
learn_volume(Scorer *self, ScoredAsset *asset, const Measured *measured, uint32_t hour, double residual)
{
    Role *role = &self->roles[asset->role];

    if (asset->octets_out.n >= learn_after)
        learn_residual(asset, role, measured->is_busy, residual);
    baseline_teach(&asset->octets_out, hour, measured->x, (double)role->spread);
    role->spread += (asset->octets_out.spread - role->spread) * 0.001f;
}

static void
close_asset(Scorer *self, uint32_t index, const Measured *measured, double shift, int64_t number,
            uint64_t untaught)
{
    ScoredAsset *asset = &self->assets[index];
    WindowSums *sums = &asset->open[slot_of(number)];
    uint32_t hour = baseline_hour_of_week(number * self->grid.length_ms);
    double residual = measured->residual - shift;
    double an_hour = fmin(1, 24 / self->windows_per_day);

    asset->rise += (float)((shift * measured->band.spread - (double)asset->rise) * an_hour);
    score_volume(self, index, measured, sums, number, residual);
    if ((asset->exporters & untaught) == 0 && !asset->quarantine && number > asset->born_window)
        learn_volume(self, asset, measured, hour, residual);
    learn_persistence(asset, measured->raw);
    novelty_teach_window(&asset->novelty, &self->roles[asset->role].novelty, &self->fleet.novelty,
                         self->windows_per_day);
    asset->octets_rate +=
        (float)rate_step * ((float)sums->octets_out + (float)sums->octets_in - asset->octets_rate);
    watches_asset(self, index, sums, number);
    add_recent(self, asset, sums, &measured->band, number);
    tell_series(self, asset, sums, &measured->band, number);
    *sums = (WindowSums){ 0 };
}

/*
 * What assets of one role that the same exporters see do at once: a site's busy day lifts them all, and the
 * mean of the whole role would take away the half of it. By hash, so that exporters and roles may be many.
 */
enum { SITES = 1024 };
typedef struct SiteShift {
    double sum, worth;
    uint32_t n;
} SiteShift;

static SiteShift *
site_of(SiteShift sites[SITES], const ScoredAsset *asset)
{
    return &sites[keyed_mix(asset->exporters, asset->role, 1) % SITES];
}

static double
mean_shift(double sum, uint32_t n)
{
    return n >= common_least ? fmax(0, sum / n) : 0;
}

static double
common_shift(const Role *role)
{
    return mean_shift(role->shift_sum, role->shift_n);
}

/* Of the asset's like: of its role, or of those of its role at its site where they do more. */
static double
shift_of(const Scorer *self, SiteShift sites[SITES], const ScoredAsset *asset)
{
    const Role *role = &self->roles[asset->role];
    const SiteShift *site = site_of(sites, asset);

    return fmax(role->shift_n >= common_least ? role->shift : self->fleet.shift,
                mean_shift(site->sum, site->n));
}

/* What the e-values of the asset's like are worth this hour, without its own: of its role at its site, or of
 * @all where those are few; 0: nobody knows. Two may be odd for reasons of their own: that excuses nobody. */
static double
others_worth(SiteShift sites[SITES], const SiteShift *all, const ScoredAsset *asset)
{
    const SiteShift *like = site_of(sites, asset);

    if (like->n <= common_least)
        like = all;
    double worth = like->worth - (double)asset->worth - 2 * worth_most;
    return like->n > common_least ? fmax(0, worth) / (like->n - 1) : 0;
}

static void
close_assets(Scorer *self, int64_t number)
{
    uint64_t untaught = self->lossy[slot_of(number)] | self->ailing | silent_exporters(self, number);
    self->untaught = untaught;
    uint32_t hour = baseline_hour_of_week(number * self->grid.length_ms);
    g_autofree Measured *measured = g_new(Measured, MAX(1, self->n_assets));
    SiteShift sites[SITES] = { 0 }, all = { 0 };

    for (uint32_t r = 0; r < self->n_roles; r++)
        self->roles[r].shift_sum = self->roles[r].shift_n = 0;
    self->fleet.shift_sum = self->fleet.shift_n = 0;
    for (uint32_t i = 0; i < self->n_assets; i++) {
        ScoredAsset *asset = &self->assets[i];
        Role *role = &self->roles[asset->role];
        measured[i] = measure(self, asset, &asset->open[slot_of(number)], hour);
        if (asset->octets_out.n < learn_after)
            continue;
        double clipped = fmin(fmax(measured[i].residual, -common_clip), common_clip);
        role->shift_sum += clipped;
        role->shift_n++;
        SiteShift *site = site_of(sites, asset);
        site->sum += clipped;
        site->worth += (double)asset->worth;
        site->n++;
        all.worth += (double)asset->worth;
        all.n++;
        self->fleet.shift_sum += clipped;
        self->fleet.shift_n++;
    }
    for (uint32_t r = 0; r < self->n_roles; r++)
        self->roles[r].shift = common_shift(&self->roles[r]);
    self->fleet.shift = common_shift(&self->fleet);
    for (uint32_t i = 0; i < self->n_assets; i++)
        self->assets[i].others_worth = (float)others_worth(sites, &all, &self->assets[i]);
    for (uint32_t i = 0; i < self->n_assets; i++)
        close_asset(self, i, &measured[i], shift_of(self, sites, &self->assets[i]), number, untaught);
}

static void
tell_traffic(const Scorer *self, SeriesKey key, const TrafficSums *sums, int64_t number)
{
    SeriesSample sample = { .key = key,
                            .time_s = (number + 1) * self->grid.length_ms / 1000,
                            .octets_in = sums->octets_in,
                            .octets_out = sums->octets_out,
                            .packets_in = sums->packets_in,
                            .packets_out = sums->packets_out,
                            .flows_in = sums->flows_in,
                            .flows_out = sums->flows_out,
                            .lost = sums->lost,
                            .score = (double)NAN,
                            .expected_low = (double)NAN,
                            .expected_high = (double)NAN };

    if (self->sink.sample != NULL)
        self->sink.sample(self->sink.user, &sample);
}

static IpAddress
exporter_address(const Scorer *self, uint32_t exporter)
{
    return self->exporter_address != NULL ? self->exporter_address(self->exporter_user, exporter)
                                          : (IpAddress){ 0 };
}

/* A series goes on for a day after its exporter or interface was last heard. */
static void
close_traffic(Scorer *self, int64_t number)
{
    int slot = slot_of(number);
    double gone = self->windows_per_day;

    for (uint32_t i = 0; i < self->n_exporters; i++) {
        ExporterUse *use = &self->exporters[i];
        if (!use->is_seen)
            continue;
        use->rate += 0.01 * (use->open[slot].flows_in - use->rate);
        if ((double)(number - use->last_window) <= gone)
            tell_traffic(self, (SeriesKey){ .kind = SERIES_EXPORTER, .address = exporter_address(self, i) },
                         &use->open[slot], number);
        use->open[slot] = (TrafficSums){ 0 };
        use->sampling[slot] = use->fields[slot] = use->outside[slot] = 0;
    }
    for (uint32_t i = 0; i < self->n_interfaces; i++) {
        Interface *interface = &self->interfaces[i];
        if ((double)(number - interface->last_window) <= gone)
            tell_traffic(self,
                         (SeriesKey){ .kind = SERIES_INTERFACE,
                                      .if_index = interface->if_index,
                                      .address = exporter_address(self, interface->exporter) },
                         &interface->open[slot], number);
        interface->open[slot] = (TrafficSums){ 0 };
    }
}

static int
louder(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return x < y ? 1 : x > y ? -1 : 0;
}

/* Once an hour: which assets are among the busiest. */
static void
choose_series(Scorer *self)
{
    uint32_t n = self->n_assets, most = self->conf.series_assets, chosen = 0;
    g_autofree float *rates = g_new(float, MAX(1, n));

    for (uint32_t i = 0; i < n; i++)
        rates[i] = self->assets[i].octets_rate;
    qsort(rates, n, sizeof *rates, louder);
    float least = n == 0 || most == 0 ? INFINITY : rates[MIN(most, n) - 1];
    for (uint32_t i = 0; i < n; i++) {
        self->assets[i].in_series = self->assets[i].octets_rate >= least && chosen < most;
        chosen += self->assets[i].in_series;
    }
}

static void
close_day(Scorer *self, int64_t day)
{
    uint32_t active = 0;

    for (uint32_t i = 0; i < self->n_assets; i++) {
        ScoredAsset *asset = &self->assets[i];
        active += asset->last_ms >= (day - 1) * 86400000;
        for (int f = 0; f < N_FAMILIES; f++) {
            budget_peak(&self->budget, (EvidenceFamily)f, (double)asset->peak[f]);
            asset->peak[f] = 0;
        }
        asset->contacts_today = 0;
        case_close_day(asset);
    }
    if (self->day != 0)
        budget_day(&self->budget, active);
    pvalues_close_day(self, self->day, active);
    self->day = day;
}

static void
close_window(Scorer *self, int64_t number)
{
    int64_t start_ms = number * self->grid.length_ms;

    if (start_ms / 86400000 != self->day)
        close_day(self, start_ms / 86400000);
    if (number % 12 == 0) {
        choose_series(self);
        scorer_learn_roles(self);
    }
    for (uint32_t i = 0; i < self->n_assets; i++)
        self->assets[i].score = 0;
    call_close_window(self, number);
    contact_close_window(self, number);
    close_assets(self, number);
    watches_window(self, number);
    case_close_window(self, number);
    close_traffic(self, number);
    story_expire(self, (number + 1) * self->grid.length_ms);
    self->lossy[slot_of(number)] = 0;
    self->counters.windows_closed++;
}

/* After a long silence of everything there is nothing to score or learn in the empty windows. */
void
scorer_close_until(Scorer *self, int64_t oldest_wanted)
{
    int64_t most = self->grid.first + (int64_t)(2 * self->windows_per_day);

    telling_settle(self);
    if (self->grid.first == 0) {
        /* The window before is not waited for: it was not heard from its beginning, nor was this one. */
        self->grid.first = self->born_window = oldest_wanted + 1;
        return;
    }
    while (self->grid.first < oldest_wanted && self->grid.first < most)
        close_window(self, self->grid.first++);
    if (self->grid.first < oldest_wanted)
        self->grid.first = oldest_wanted;
}
