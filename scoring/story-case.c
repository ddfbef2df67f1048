/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story-case.c - the alerts of watches: one story for an asset and a far end, whoever holds what against them
 *
 * A case about a far end joins the story that is open about the same two, be it of a contact or of another
 * watch; so one thing that five detectors see is one alert with five reasons.
 */
#include "scoring/story-internal.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double owed_least = 1; /* decibans more than was told that are worth a word when there is time */

static void
add_case(const Scorer *self, Alert *alert, const Case *one, double decibans)
{
    const Watch *watch = watches[one->watch];

    if (alert->n_contributions == ALERT_CONTRIBUTIONS)
        return;
    AlertContribution *part = &alert->contributions[alert->n_contributions++];
    part->detector = detectors[detector_index(watch->name)].name;
    part->decibans = decibans;
    part->p = (double)one->p;
    watch->explain(self, one, part->reason, sizeof part->reason);
}

void
story_add_shares(const Scorer *self, Alert *alert, uint32_t asset, double said)
{
    CaseShares shares = case_shares(self, asset, &alert->peer, said);

    for (uint32_t i = 0; i < shares.n; i++)
        add_case(self, alert, shares.parts[i], shares.decibans[i]);
}

void
story_add_cases(const Scorer *self, Alert *alert, uint32_t asset, const Case *lead)
{
    const Case *parts[MOST_WATCHES + 1];
    uint32_t n = 0;

    if (!lead->is_service)
        n = case_parts(self, asset, alert->has_peer ? &alert->peer : NULL, parts);
    else
        parts[n++] = lead;
    EvidenceFamily family = (EvidenceFamily)(FAMILY_WATCH + (int)lead->watch);
    for (uint32_t i = 0; i < n; i++)
        add_case(self, alert, parts[i],
                 parts[i] == lead ? budget_shown(&self->budget, family, case_decibans(self, lead))
                                  : case_support(self, parts[i]));
    const Case *door = case_door(self, lead);
    if (door != NULL)
        add_case(self, alert, door, case_support(self, door));
}

uint32_t
story_claims(const Scorer *self, uint32_t asset, const IpAddress *far, NameClaim claims[MOST_WATCHES])
{
    const Case *parts[MOST_WATCHES];
    uint32_t n = 0, n_parts = case_parts(self, asset, far, parts);

    for (uint32_t i = 0; i < n_parts; i++) {
        const Watch *watch = watches[parts[i]->watch];
        EvidenceFamily family = (EvidenceFamily)(FAMILY_WATCH + (int)parts[i]->watch);
        if (!watch->is_prior)
            claims[n++] =
                (NameClaim){ .detector = detector_index(watch->name),
                             .decibans = budget_shown(&self->budget, family, case_decibans(self, parts[i])),
                             .of = parts[i] };
    }
    return n;
}

const NameClaim *
story_best_claim(const NameClaim *claims, uint32_t n)
{
    const NameClaim *best = NULL;
    double most = 0;

    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, claims[i].decibans);
    for (uint32_t i = 0; i < n; i++) {
        NameSays says = detectors[claims[i].detector].says,
                 before = best == NULL ? NAME_NOTHING : detectors[best->detector].says;
        if (claims[i].decibans >= most / 2 &&
            (best == NULL || says > before || (says == before && claims[i].decibans > best->decibans)))
            best = &claims[i];
    }
    return best != NULL || n == 0 ? best : claims; /* nobody says anything: the first */
}

/* The case after which an alert that @lead is the strongest part of is called. */
static const Case *
naming_case(const Scorer *self, const Case *lead)
{
    NameClaim claims[MOST_WATCHES];
    uint32_t n = lead->is_service
                     ? 0
                     : story_claims(self, lead->asset, ip_is_zero(&lead->far) ? NULL : &lead->far, claims);
    const NameClaim *best = story_best_claim(claims, n);

    return best != NULL ? best->of : lead;
}

bool
story_case_instead(const DetectorView *view, const Alert *alert, const char *name, char *out, size_t room)
{
    const Scorer *self = view->scorer;
    uint32_t asset = (uint32_t)(view->asset - self->assets);
    const Case *parts[MOST_WATCHES + 2];
    uint32_t n = case_parts(self, asset, alert->has_peer ? &alert->peer : NULL, parts);
    const Case *door = view->lead != NULL ? case_door(self, view->lead) : NULL;

    if (door != NULL)
        parts[n++] = door;
    if (view->lead != NULL)
        parts[n++] = view->lead;
    for (uint32_t i = n; i-- > 0;) {
        const Watch *watch = watches[parts[i]->watch];
        if (strcmp(watch->name, name) != 0 || watch->instead == NULL)
            continue;
        watch->instead(self, parts[i], out, room);
        return true;
    }
    return false;
}

/* The open story about the same asset and far end; for cases about an asset alone also of the same kind. An
 * incident does not go on with the story of one that was over before it began (case_finish). */
static uint32_t
find_story(const Scorer *self, const Case *lead, uint32_t detector)
{
    bool has_far = !ip_is_zero(&lead->far);

    for (uint32_t i = 0; i < self->n_stories; i++) {
        const Story *story = self->stories[i];
        if (story->asset != lead->asset || story->alert.has_peer != has_far ||
            (watches[lead->watch]->is_incident && story->last_ms < lead->first_ms))
            continue;
        if (has_far ? ip_equal(&story->alert.peer, &lead->far)
                    : story->detector == detector && story->service == lead->service)
            return i;
    }
    return NONE;
}

/* What came before it, though nobody can say that it was the reason. */
static void
add_arrivals(const Scorer *self, Alert *alert, const Case *one)
{
    char words[288];

    home_login_words(self, one, words, sizeof words);
    if (words[0] == '\0')
        return;
    size_t length = strlen(alert->summary);
    g_snprintf(alert->summary + length, sizeof alert->summary - length, "; %s", words);
}

static void
fill(Scorer *self, Alert *alert, const Case *lead, double shown)
{
    const ScoredAsset *asset = &self->assets[lead->asset];
    DetectorView view = { .scorer = self, .asset = asset, .role = &self->roles[asset->role], .lead = lead };
    bool has_far = !ip_is_zero(&lead->far);
    uint32_t exporter = lead->flows != NONE ? self->evidence[lead->flows].flow.exporter : 0;

    alert->score = shown;
    alert->threshold = self->budget.threshold;
    alert->port = lead->protocol == CASE_ASPECT ? 0 : lead->service;
    alert->protocol = lead->protocol == CASE_ASPECT ? 0 : lead->protocol;
    story_fill_asset(self, alert, asset);
    if (has_far) {
        story_fill_peer(self, alert, &lead->far, 0);
        story_fill_path(self, alert, lead->asset, lead->path, exporter, lead->first_ms);
    }
    alert->observed = alert->expected_low = alert->expected_high = (double)NAN;
    alert->first_seen_ms = lead->first_ms;
    alert->last_seen_ms = lead->last_ms;
    alert->n_contributions = alert->n_flows = 0;
    story_add_cases(self, alert, lead->asset, lead);
    const Case *named = naming_case(self, lead);
    alert->kind = detectors[detector_index(watches[named->watch]->name)].name;
    watches[named->watch]->explain(self, named, alert->summary, sizeof alert->summary);
    if (watches[named->watch]->is_pivot)
        add_arrivals(self, alert, named);
    story_sort_parts(alert);
    for (uint32_t at = lead->flows; at != NONE && alert->n_flows < ALERT_FLOWS; at = self->evidence[at].next)
        alert->flows[alert->n_flows++] = self->evidence[at].flow;
    story_sort_flows(self, alert);
    story_fill_counterfactual(alert, &view);
}

/* It joins the story of a contact, which speaks for both. */
static void
join_contact(Scorer *self, Story *story, int64_t now_ms)
{
    Contact *contact = &self->contacts[story->contact];

    double said = (double)contact->score * self->budget.discount[FAMILY_CONTACT],
           volume = contact_volume_share(self, contact, said);

    contact->support =
        (float)(volume +
                case_shares(self, contact->asset, &self->peers[contact->peer].address, said + volume).sum);
    story_contact(self, contact, now_ms);
}

/*
 * The id. What comes up again within a month without anybody having judged it is the same alert again: who
 * has an opinion on it has it in one place, and who counts false alarms counts it once.
 */
static void
name_alert(Scorer *self, Alert *alert, Case *lead, int64_t window)
{
    const Case *parts[MOST_WATCHES + 1], *first = lead;
    uint32_t n = lead->is_service ? 0 : case_parts(self, lead->asset, &lead->far, parts);

    for (uint32_t i = 0; i < n; i++)
        if (parts[i]->named_window != 0 &&
            (first->named_window == 0 || parts[i]->named_window < first->named_window))
            first = parts[i];
    if (first->named_window == 0)
        case_named(self, lead, window);
    story_name(alert, watches[first->watch]->name, alert->has_peer ? &alert->peer : NULL,
               first->named_window + lead->service);
}

/* Is there more to say than was said, though not so much that it has to be said at once? What has come since
 * (the next host of a round) counts even where the score cannot grow any more. */
static bool
is_owed(const Scorer *self, const Story *story, const Case *lead, double shown)
{
    return shown >= self->budget.threshold &&
           (shown >= story->told_score + owed_least || lead->last_ms > story->alert.last_seen_ms);
}

bool
story_case(Scorer *self, Case *lead, double shown, int64_t now_ms)
{
    uint32_t detector = detector_index(watches[lead->watch]->name);
    uint32_t index = find_story(self, lead, detector);
    bool opens = index == NONE;

    if (opens)
        index = story_new(self);
    Story *story = self->stories[index];
    if (!opens && story->contact != NONE) {
        join_contact(self, story, now_ms);
        return false;
    }
    story->last_ms = now_ms;
    if (!opens && !story_is_news(self, story, shown, now_ms))
        return is_owed(self, story, lead, shown);
    if (opens) {
        story_opens(self, story, lead->asset, detector, now_ms);
        story->service = lead->service;
    }
    fill(self, &story->alert, lead, shown);
    if (opens)
        name_alert(self, &story->alert, lead, window_number(&self->grid, now_ms));
    story_tell(self, story, now_ms);
    return false;
}
