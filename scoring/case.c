/* SPDX-License-Identifier: GPL-3.0-or-later */
/* case.c - see case.h */
#include "scoring/watch.h"

#include <math.h>
#include <string.h>

enum { CHANCE_TOUCHED = 2, CHANCE_IN_ALERT = 200 };
static const int64_t alerted_ms = 86400000, remembered_ms = 30 * (int64_t)86400000,
                     forgiven_ms = 90 * (int64_t)86400000;
static const double day_ms = 86400e3;
/* Of the stake, for each watch: the average of bets is a bet whatever their dependence (evidence.h), so that
 * many watches do not make many times the false alarms of one. */
static const double watch_stake = 0.1;
static const float told_keep = 0.95F;  /* a day */
static const double support_most = 20; /* decibans */
static const double twice = 3;
static const double prior_least = 12, prior_short = 3;
static const IpAddress nobody = { { 0 } };

void
cases_init(Scorer *self)
{
    key_table_init(&self->case_keys, MOST_CASES);
    self->cases = keyed_items_new(key_table_slots(&self->case_keys), sizeof *self->cases);
    self->touched = g_new(uint32_t, key_table_slots(&self->case_keys));
}

void
cases_clear(Scorer *self)
{
    key_table_clear(&self->case_keys);
    g_aligned_free(self->cases);
    g_free(self->touched);
}

/*
 * The watch is no part of the hash and stands in bits by which no line is chosen, so that all that is held
 * against the same two lies in the same two lines of the table: what speaks for an alert is asked for each
 * contact in each window.
 */
enum { WATCH_SHIFT = 56, WATCH_BITS = 5 };
static const uint64_t watch_mask = ((1ull << WATCH_BITS) - 1) << WATCH_SHIFT;
G_STATIC_ASSERT(MOST_WATCHES < 1 << WATCH_BITS);
G_STATIC_ASSERT(MOST_CASES <= 1 << 20); /* the other line is chosen by bits from 36 on */

/* But for the watch. */
static uint64_t
pair_key(const Scorer *self, uint32_t asset, const IpAddress *far, uint32_t service)
{
    return watch_key(self, asset, service, 0, far != NULL ? far : &nobody) & ~watch_mask;
}

static uint64_t
case_key(const Scorer *self, uint32_t watch, uint32_t asset, const IpAddress *far, uint32_t service)
{
    return pair_key(self, asset, far, service) | (uint64_t)(watch + 1) << WATCH_SHIFT;
}

static uint32_t
service_of(uint16_t service, uint8_t protocol)
{
    return (uint32_t)protocol << 16 | service;
}

static Case *
find(const Scorer *self, uint32_t watch, uint32_t asset, const IpAddress *far, uint32_t service)
{
    uint32_t slot = key_table_find(&self->case_keys, case_key(self, watch, asset, far, service));

    return slot == KEYED_NONE ? NULL : &self->cases[slot];
}

const Case *
case_find(const Scorer *self, const Watch *watch, uint32_t asset, const IpAddress *far, uint16_t service,
          uint8_t protocol)
{
    return find(self, watch_index(watch), asset, far, service_of(service, protocol));
}

bool
case_is_alerted(const Scorer *self, const Watch *watch, uint32_t asset, const IpAddress *far)
{
    const Case *one = find(self, watch_index(watch), asset, far, 0);

    return one != NULL && one->alerted_until_ms > self->moment.now_ms;
}

static double
memory_ms(const Watch *watch)
{
    return fmax(1, watch->memory_days) * day_ms;
}

static bool
is_forgotten(const Case *one, int64_t now_ms)
{
    return (double)(now_ms - one->last_ms) > memory_ms(watches[one->watch]);
}

/* The watches (bits) that hold something under @pair, and where: in one line or, once that is full, both. */
static uint32_t
find_all(const Scorer *self, uint64_t pair, uint32_t slots[1 << WATCH_BITS])
{
    const KeyTable *keys = &self->case_keys;
    uint32_t line = key_table_line(keys, pair), found = 0;

    for (int i = 0; i < 2; i++, line = key_table_other_line(keys, pair)) {
        for (uint32_t slot = line * KEYED_WAYS; slot < (line + 1) * KEYED_WAYS; slot++) {
            uint64_t word = keys->words[slot];
            uint32_t watch = (uint32_t)((word & watch_mask) >> WATCH_SHIFT);
            if (((word ^ pair) & ~watch_mask) > KEYED_CHANCE_MOST || word == 0)
                continue;
            slots[watch] = slot;
            found |= 1u << watch;
        }
        if (!key_table_is_full(keys, line))
            break;
    }
    return found;
}

void
case_fetch(const Scorer *self, uint32_t asset, const IpAddress *far)
{
    key_table_prefetch(&self->case_keys, pair_key(self, asset, far, 0));
}

uint32_t
case_parts(const Scorer *self, uint32_t asset, const IpAddress *far, const Case *parts[MOST_WATCHES])
{
    uint32_t n = 0, slots[1 << WATCH_BITS];

    /* In the order of the watches. */
    for (uint32_t found = find_all(self, pair_key(self, asset, far, 0), slots); found != 0;
         found &= found - 1) {
        const Case *one = &self->cases[slots[__builtin_ctz(found)]];
        if (one->evidence > 0 && one->forgiven_until_ms <= self->moment.now_ms &&
            !is_forgotten(one, self->moment.now_ms))
            parts[n++] = one;
    }
    return n;
}

const Case *
case_door(const Scorer *self, const Case *one)
{
    for (uint32_t i = 0; !ip_is_zero(&one->far) && i < n_watches; i++) {
        const Case *door = watches[i]->names_caller ? find(self, i, one->asset, NULL, 0) : NULL;
        if (door != NULL && ip_equal(&door->third, &one->far) && door->evidence > 0 &&
            door->forgiven_until_ms <= self->moment.now_ms && !is_forgotten(door, self->moment.now_ms))
            return door;
    }
    return NULL;
}

/* Is it what the verdict is about? About a far end it is about whatever is held against the two. */
static bool
is_meant(const Case *one, const IpAddress *far, const char *kind, uint16_t port)
{
    if (!ip_equal(&one->far, far != NULL ? far : &nobody))
        return false;
    return far != NULL || (kind != NULL && strcmp(watches[one->watch]->name, kind) == 0 &&
                           (!one->is_service || port == 0 || one->service == port));
}

void
case_forgive(Scorer *self, uint32_t asset, const IpAddress *far, const char *kind, uint16_t port,
             bool forgives)
{
    for (uint32_t slot = 0; slot < key_table_slots(&self->case_keys); slot++) {
        Case *one = &self->cases[slot];
        if (!key_table_has(&self->case_keys, slot) || one->asset != asset || !is_meant(one, far, kind, port))
            continue;
        int64_t lasts_ms = watches[one->watch]->is_incident ? alerted_ms : forgiven_ms;
        one->forgiven_until_ms = forgives ? self->moment.now_ms + lasts_ms : 0;
        if (!forgives)
            continue;
        one->evidence = 0;
        one->alerted_until_ms = 0;
        key_table_set_chance(&self->case_keys, slot, CHANCE_IN_ALERT);
    }
}

/* ---- an opinion comes in ---- */

static void
drop_flows(Scorer *self, Case *one)
{
    scorer_free_evidence(self, one->flows);
    one->flows = NONE;
    one->n_flows = 0;
}

/* The first half of the places keeps how it began, the other half how it goes on. */
static void
keep_flow(Scorer *self, Case *one, const Call *call)
{
    uint32_t at = one->flows;

    if (one->n_flows < CASE_FLOWS) {
        uint32_t fresh = scorer_take_evidence(self);
        if (fresh == NONE)
            return;
        self->evidence[fresh].next = one->flows;
        one->flows = at = fresh;
        one->n_flows++;
    } else {
        for (uint32_t i = one->n_opinions % (CASE_FLOWS / 2); i > 0; i--)
            at = self->evidence[at].next; /* the latest come first */
    }
    self->evidence[at].flow = call_as_flow(self, call);
}

static void
begin(Scorer *self, Case *one, const Opinion *opinion, int64_t at_ms)
{
    int64_t forgiven = one->forgiven_until_ms;
    bool is_remembered = one->alerted_until_ms + remembered_ms > at_ms;
    int64_t named = is_remembered && !opinion->watch->is_incident ? one->named_window : 0,
            alerted = is_remembered ? one->alerted_until_ms : 0;
    float peak = one->peak, before = one->before;
    int64_t peaked = one->peak_ms;

    drop_flows(self, one);
    *one = (Case){ .asset = opinion->asset,
                   .watch = watch_index(opinion->watch),
                   .far = opinion->far != NULL ? *opinion->far : nobody,
                   .service = opinion->service,
                   .protocol = opinion->protocol,
                   .is_service = opinion->is_service,
                   .p = 1,
                   .first_ms = at_ms,
                   .flows = NONE,
                   .path = NONE,
                   .alerted_until_ms = alerted,
                   .named_window = named,
                   .before = before,
                   .peak = peak,
                   .peak_ms = peaked,
                   .forgiven_until_ms = forgiven };
}

static Case *
take_case(Scorer *self, const Opinion *opinion, int64_t at_ms)
{
    uint32_t service = opinion->is_service ? service_of(opinion->service, opinion->protocol) : 0, slot;
    uint64_t key = case_key(self, watch_index(opinion->watch), opinion->asset, opinion->far, service);
    KeyPut put = key_table_put(&self->case_keys, key, CHANCE_TOUCHED, &slot);
    Case *one = &self->cases[slot];

    if (put == KEY_ADDED)
        *one = (Case){ .flows = NONE };
    if (put == KEY_REPLACED) {
        self->counters.cases_evicted++;
        one->forgiven_until_ms = one->alerted_until_ms = one->named_window = one->peak_ms = 0;
    }
    if (put != KEY_FOUND || (double)(at_ms - one->last_ms) > memory_ms(opinion->watch) ||
        (one->evidence <= 0 && one->alerted_until_ms <= self->moment.now_ms))
        begin(self, one, opinion, at_ms);
    if (one->window != self->grid.first + 1 && self->n_touched < key_table_slots(&self->case_keys)) {
        one->window = self->grid.first + 1;
        self->touched[self->n_touched++] = slot;
    }
    return one;
}

void
case_take(Scorer *self, const Opinion *opinion)
{
    const Call *call = opinion->call;
    int64_t at_ms = opinion->at_ms != 0 ? opinion->at_ms : call != NULL ? call->end_ms : self->moment.now_ms;
    Case *one = take_case(self, opinion, at_ms);

    if (!opinion->watch->is_prior && !opinion->is_noted)
        pvalues_note(self->pvalues, opinion->watch->name, opinion->asset, opinion->p, 1);
    one->n_opinions++;
    one->last_ms = MAX(one->last_ms, at_ms);
    one->first_ms = call != NULL ? MIN(one->first_ms, call->begin_ms) : one->first_ms;
    if (opinion->accumulates)
        one->evidence = (float)fmax(0, cusum_step((double)one->evidence, e_of_decibans(opinion->decibans)));
    else if (fmin(opinion->decibans, DECIBANS_MOST) >= (double)one->evidence) {
        one->evidence = (float)fmin(opinion->decibans, DECIBANS_MOST);
        one->overlap = (float)fmin(fmax(0, opinion->overlap), DECIBANS_MOST);
    }
    one->p = MIN(one->p, (float)opinion->p);
    for (int i = 0; i < CASE_NUMBERS; i++)
        one->numbers[i] = (float)opinion->numbers[i];
    one->third = opinion->third != NULL ? *opinion->third : nobody;
    one->service = opinion->service;
    one->protocol = opinion->protocol;
    if (one->alerted_until_ms > at_ms)
        one->alerted_until_ms = MAX(one->alerted_until_ms, at_ms + alerted_ms);
    if (call == NULL)
        return;
    if (opinion->far != NULL && call->path != NONE)
        one->path = call->path;
    if (one->evidence > 0)
        keep_flow(self, one, call);
}

void
case_finish(Scorer *self, const Watch *watch, uint32_t asset, const IpAddress *far, uint16_t service,
            uint8_t protocol)
{
    Case *one = find(self, watch_index(watch), asset, far, service_of(service, protocol));

    if (one == NULL)
        return;
    one->evidence = 0;
    one->alerted_until_ms = 0;
}

/* ---- what a window's opinions come to ---- */

/*
 * What a watch tells of one asset again and again, of one far end after the other (a new balancer, a gateway
 * for guests), has one reason mostly, and what is alerted does not teach: so the first one has all of the
 * stake, and the k-th a k-th.
 */
static double
told_before(const Scorer *self, const Case *one)
{
    double told = (double)(one->named_window != 0 ? one->before : self->assets[one->asset].told[one->watch]);

    return watches[one->watch]->is_incident ? 0 : fmax(0, told);
}

void
case_named(Scorer *self, Case *one, int64_t window)
{
    float *told = &self->assets[one->asset].told[one->watch];

    one->before = *told;
    one->named_window = window;
    *told += 1;
}

void
case_close_day(ScoredAsset *asset)
{
    for (uint32_t i = 0; i < n_watches; i++)
        asset->told[i] *= told_keep;
}

/* @evidence of a watch, with its share of the stake. */
static double
staked(const Scorer *self, const Case *one, double evidence)
{
    const Watch *watch = watches[one->watch];
    double days = (double)(self->moment.now_ms - self->moment.first_ms) / day_ms;
    double past = watch->needs_no_past ? 1 : fmin(1, days / fmax(1, self->conf.learn_days));
    double trust = watch_stake * past / (1 + told_before(self, one));

    return decibans_of(trust * e_of_decibans(evidence) + (1 - trust));
}

bool
case_would_alert(const Scorer *self, const Case *one)
{
    EvidenceFamily family = (EvidenceFamily)(FAMILY_WATCH + (int)one->watch);
    double decibans = decibans_of(watch_stake * e_of_decibans((double)one->evidence) + (1 - watch_stake));

    return budget_shown(&self->budget, family, decibans) >= self->budget.threshold;
}

/*
 * What did not suffice on the day on which it was said is not told by itself a week later, because the
 * threshold gave way or more has been learned since: by then it is one thing among others.
 */
static bool
is_over(const Scorer *self, const Case *one)
{
    int64_t now_ms = self->moment.now_ms;

    return (double)(now_ms - one->last_ms) > day_ms && one->alerted_until_ms <= now_ms;
}

double
case_decibans(const Scorer *self, const Case *one)
{
    if (watches[one->watch]->is_prior)
        return (double)one->evidence;
    return is_over(self, one) ? case_support(self, one) : staked(self, one, (double)one->evidence);
}

double
case_support(const Scorer *self, const Case *one)
{
    if (watches[one->watch]->is_prior) /* something else must speak for it at two to one */
        return fmin((double)one->evidence, fmax(prior_least, self->budget.threshold - prior_short));
    double e = e_of_decibans(staked(self, one, fmax(0, (double)one->evidence - (double)one->overlap)));
    double support =
        fmax(0, decibans_of(0.5 + 0.5 * e)) * self->budget.discount[FAMILY_WATCH + (int)one->watch];

    return fmin(support, support_most);
}

double
case_octets_support(const Scorer *self, uint32_t asset, const IpAddress *far)
{
    const Case *parts[MOST_WATCHES];
    uint32_t n = case_parts(self, asset, far, parts);
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        if (watches[parts[i]->watch]->weighs_octets)
            sum += case_support(self, parts[i]);
    return sum;
}

CaseShares
case_shares(const Scorer *self, uint32_t asset, const IpAddress *far, double said)
{
    CaseShares out = { .n = 0 };
    uint32_t speaker = NONE;
    double most = 0;

    out.n = case_parts(self, asset, far, out.parts);
    for (uint32_t i = 0; i < out.n; i++) {
        const Case *one = out.parts[i];
        EvidenceFamily family = (EvidenceFamily)(FAMILY_WATCH + (int)one->watch);
        double full = budget_shown(&self->budget, family, case_decibans(self, one));
        out.decibans[i] = case_support(self, one);
        out.sum += out.decibans[i];
        double more = full - out.decibans[i] - fmax(0, said);
        if (!watches[one->watch]->is_prior && more > most) {
            most = more;
            speaker = i;
        }
    }
    if (speaker != NONE) {
        out.decibans[speaker] += most;
        out.sum += most;
    }
    return out;
}

/* Does @one come before @other, which is about the same? What is not over does, then what is stronger. */
static bool
is_before(const Scorer *self, const Case *one, const Case *other)
{
    bool over = is_over(self, one);

    if (over != is_over(self, other))
        return !over;
    return one->evidence > other->evidence || (one->evidence == other->evidence && one->watch < other->watch);
}

/* Is this the strongest case about its asset and far end? Prior odds never are. */
static bool
leads(const Scorer *self, const Case *one, const Case *parts[], uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (parts[i] != one && !watches[parts[i]->watch]->is_prior && is_before(self, parts[i], one))
            return false;
    return true;
}

/* It becomes an alert, or goes on being one. What is not told yet is weighed again when the next window
 * closes, though nothing more may come: the last word on a burst is how large it became. */
static void
raise_case(Scorer *self, Case *one, double shown, int64_t end_ms)
{
    if (one->alerted_until_ms == 0)
        key_table_set_chance(&self->case_keys, (uint32_t)(one - self->cases), CHANCE_IN_ALERT);
    one->alerted_until_ms = end_ms + alerted_ms;
    one->is_owed = story_case(self, one, shown, end_ms);
}

/*
 * The budget counts alerts, and what goes on or comes up again within a month is one alert (name_alert in
 * story-case.c). So a case is a peak on the day on which it became so high, and none on the days after: a
 * habit that is looked at for a fortnight would stand for fourteen false alarms. It is one again when it has
 * doubled since.
 */
static void
note_peak(Scorer *self, Case *one, double raw, int64_t end_ms)
{
    float *peak = &self->assets[one->asset].peak[FAMILY_WATCH + one->watch];
    bool is_told =
        one->peak_ms != 0 && one->peak_ms + remembered_ms > end_ms && raw < (double)one->peak + twice;

    if (is_told)
        return;
    one->peak = (float)raw;
    one->peak_ms = end_ms;
    *peak = MAX(*peak, (float)raw);
}

/* False: a stronger case about the same two speaks for it. */
static bool
weigh(Scorer *self, Case *one, int64_t end_ms)
{
    ScoredAsset *asset = &self->assets[one->asset];
    const Case *parts[MOST_WATCHES];
    int family = FAMILY_WATCH + (int)one->watch;
    bool has_far = !ip_is_zero(&one->far);
    double raw = case_decibans(self, one), support = 0;

    if (one->evidence <= 0 || one->forgiven_until_ms > self->moment.now_ms)
        return true;
    uint32_t n = one->is_service ? 0 : case_parts(self, one->asset, has_far ? &one->far : NULL, parts);
    for (uint32_t i = 0; i < n; i++)
        if (parts[i] != one)
            support += case_support(self, parts[i]);
    const Case *door = case_door(self, one);
    support += door != NULL ? case_support(self, door) : 0;
    double shown = budget_shown(&self->budget, (EvidenceFamily)family, raw) + support;
    bool has_lead = leads(self, one, parts, n);
    bool is_old =
        watches[one->watch]->needs_no_past || (double)(self->moment.now_ms - self->moment.first_ms) >= day_ms;
    if (has_lead && is_old && (shown >= self->budget.threshold || one->alerted_until_ms > end_ms))
        raise_case(self, one, shown, end_ms);
    if (triage_case_is_aside(self, one, raw))
        return has_lead;
    note_peak(self, one, raw, end_ms);
    if (has_lead)
        asset->score = (float)fmax((double)asset->score, shown);
    return has_lead;
}

/* What adds to it has changed: the case that leads is weighed anew, though nothing came for itself. */
static void
weigh_leader(Scorer *self, const Case *one, int64_t end_ms)
{
    const Case *parts[MOST_WATCHES];
    uint32_t n = case_parts(self, one->asset, ip_is_zero(&one->far) ? NULL : &one->far, parts);

    for (uint32_t i = 0; i < n; i++)
        if (!watches[parts[i]->watch]->is_prior && leads(self, parts[i], parts, n))
            weigh(self, &self->cases[parts[i] - self->cases], end_ms);
}

void
case_close_window(Scorer *self, int64_t number)
{
    int64_t end_ms = (number + 1) * self->grid.length_ms;
    uint32_t n = 0;

    for (uint32_t i = 0; i < self->n_touched; i++) {
        Case *one = &self->cases[self->touched[i]];
        one->is_owed = false;
        if (watches[one->watch]->is_prior || !weigh(self, one, end_ms))
            weigh_leader(self, one, end_ms);
        if (!one->is_owed)
            continue;
        one->window = self->grid.first + 1; /* as if touched in the one that is open now */
        self->touched[n++] = self->touched[i];
    }
    self->n_touched = n;
}

/* ---- kept over a restart ---- */

void
case_save(const Scorer *self, GByteArray *to)
{
    scorer_put_table(to, &self->case_keys, self->cases, sizeof *self->cases);
}

static bool
is_sane(const Scorer *self, Case *one)
{
    const PathUse *path = one->path < key_table_slots(&self->path_keys) ? &self->paths[one->path] : NULL;

    if (path == NULL || path->asset != one->asset)
        one->path = NONE;
    one->is_service = *(const uint8_t *)&one->is_service & 1;
    one->is_owed = false;
    const int64_t limit = (int64_t)1 << 50;
    bool sane = one->first_ms >= 0 && one->first_ms < limit && one->last_ms >= 0 && one->last_ms < limit &&
                one->alerted_until_ms < limit && one->forgiven_until_ms < limit &&
                one->asset < self->n_assets && one->watch < n_watches && isfinite(one->evidence) &&
                one->evidence <= DECIBANS_MOST && isfinite(one->overlap) && isfinite(one->p) &&
                isfinite(one->peak) && isfinite(one->before) && one->peak_ms < limit &&
                one->n_flows <= CASE_FLOWS;
    for (int i = 0; i < CASE_NUMBERS; i++)
        sane = sane && isfinite(one->numbers[i]);
    return sane;
}

bool
case_restore(Scorer *self, Cursor *from)
{
    if (!scorer_take_table(from, &self->case_keys, self->cases, sizeof *self->cases))
        return false;
    for (uint32_t slot = 0; slot < key_table_slots(&self->case_keys); slot++)
        if (key_table_has(&self->case_keys, slot) && !is_sane(self, &self->cases[slot]))
            return false;
    return true;
}
