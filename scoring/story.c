/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.c - alerts in the making: one story per cause, told when it opens and when it changes much
 *
 * A story is about an asset, a kind, and for contacts a far end; further contacts of the same asset into the
 * same AS join it. It is told again when its score has grown by 10 dB, and ends after a day without news.
 * What belongs to an open story does not teach what is normal; when the story ends without a verdict, it
 * does. Bounded: with all places taken, the story with the oldest news goes, and it is counted.
 */
#include "scoring/counterfactual.h"
#include "scoring/story-internal.h"
#include "scoring/watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A story is told again when its score has grown by so much, or when it goes on and the last word of it is so
 * old: whoever looks must see that it has not ended. */
static const double tell_again = 10;
static const int64_t tell_again_ms = 3600000;
static const int64_t day_ms = 86400000, quarantine_ms = 2 * 86400000;

/* What an operator has called an attack is not learned until he says otherwise. */
static void
lift_quarantine(ScoredAsset *asset)
{
    if (asset->quarantine == QUARANTINE_STORY)
        asset->quarantine = 0;
}

static void
drop_story(Scorer *self, uint32_t index)
{
    Story *story = self->stories[index];

    for (uint32_t i = 0; i < self->n_contacts; i++) {
        Contact *contact = &self->contacts[i];
        if (contact->state == CONTACT_FREE || contact->story != index)
            continue;
        if (story_is_aside(story))
            contact_forget(self, contact);
        else
            contact_teach(self, contact);
        contact->story = NONE;
    }
    if (detectors[story->detector].kind == DETECTOR_WINDOW || story->volume > 0)
        lift_quarantine(&self->assets[story->asset]);
    g_free(story);
    self->stories[index] = self->stories[--self->n_stories];
    for (uint32_t i = 0; i < self->n_contacts; i++)
        if (self->contacts[i].state != CONTACT_FREE && self->contacts[i].story == self->n_stories)
            self->contacts[i].story = index;
}

uint32_t
story_new(Scorer *self)
{
    if (self->n_stories == MOST_STORIES) {
        uint32_t oldest = 0;
        for (uint32_t i = 1; i < self->n_stories; i++)
            if (self->stories[i]->last_ms < self->stories[oldest]->last_ms)
                oldest = i;
        self->counters.stories_refused++;
        drop_story(self, oldest);
    }
    self->stories[self->n_stories] = g_new0(Story, 1);
    self->stories[self->n_stories]->contact = NONE;
    return self->n_stories++;
}

void
story_expire(Scorer *self, int64_t now_ms)
{
    for (uint32_t i = self->n_stories; i-- > 0;)
        if (now_ms - self->stories[i]->last_ms > day_ms)
            drop_story(self, i);
}

void
story_name(Alert *alert, const char *kind, const IpAddress *peer, int64_t window)
{
    struct {
        IpAddress asset, peer;
        int64_t window;
        char kind[32];
    } what = { .asset = alert->asset, .window = window };

    if (peer != NULL)
        what.peer = *peer;
    g_strlcpy(what.kind, kind, sizeof what.kind);
    XXH128_hash_t hash = XXH3_128bits(&what, sizeof what);
    g_snprintf(alert->id, sizeof alert->id, "%016" PRIx64, (uint64_t)hash.low64);
}

void
story_fill_asset(const Scorer *self, Alert *alert, const ScoredAsset *asset)
{
    const AssetEntry *entry = asset->entry;

    alert->asset = asset->address;
    g_strlcpy(alert->asset_name, entry != NULL && entry->name != NULL ? entry->name : "",
              sizeof alert->asset_name);
    g_strlcpy(alert->asset_role, self->roles[asset->role].name, sizeof alert->asset_role);
    alert->criticality = entry != NULL ? entry->criticality : 3;
    alert->maturity = scorer_maturity(self, asset);
}

IpAddress
story_exporter(const Scorer *self, uint32_t exporter)
{
    return self->exporter_address != NULL ? self->exporter_address(self->exporter_user, exporter)
                                          : (IpAddress){ 0 };
}

/* The way that carries most of the asset's traffic, but for the contact's own. */
static void
fill_usual_path(const Scorer *self, Alert *alert, uint32_t asset, uint32_t own, int64_t first_ms)
{
    const PathUse *usual = NULL;
    char exporter[IP_TEXT], hop[IP_TEXT];
    double all = 0;

    for (uint32_t at = 0; (at = scorer_next_path(self, asset, at)) != NONE; at++) {
        const PathUse *path = &self->paths[at];
        if (at == own || path->first_s >= seconds_of(first_ms) || path->access == ACCESS_OWN ||
            path->access == ACCESS_PRIVATE)
            continue; /* new as well, or no way out */
        all += path->octets;
        if (usual == NULL || path->octets > usual->octets)
            usual = path;
    }
    if (usual == NULL)
        return;
    IpAddress address = story_exporter(self, usual->exporter);
    g_snprintf(alert->path_usual, sizeof alert->path_usual,
               "exporter %s, interface %u, next hop %s, AS %u (%s): %.0f %% of what it sent out",
               ip_text(&address, exporter), usual->out_if,
               ip_is_zero(&usual->next_hop) ? "not known" : ip_text(&usual->next_hop, hop), usual->asn,
               access_class_name((AccessClass)usual->access), 100 * usual->octets / fmax(all, 1));
}

void
story_fill_path(const Scorer *self, Alert *alert, uint32_t asset, uint32_t slot, uint32_t exporter,
                int64_t first_ms)
{
    const PathUse *path = slot == NONE ? NULL : &self->paths[slot];
    bool is_known = path != NULL && path->asset == asset && !path->is_egress;

    alert->has_path = true;
    alert->path_exporter = story_exporter(self, is_known ? path->exporter : exporter);
    alert->path_out_if = is_known ? path->out_if : 0;
    alert->path_next_hop = is_known ? path->next_hop : (IpAddress){ 0 };
    alert->path_next_as = is_known ? path->next_as : 0;
    fill_usual_path(self, alert, asset, slot, first_ms);
}

void
story_fill_peer(const Scorer *self, Alert *alert, const IpAddress *far, uint32_t asn)
{
    const Place *place = place_table_find(self->places, far);
    const char *name = place->as_name != 0 ? place_as_name(self->places, place->as_name) : NULL;
    const char *source = place_source_name(self->places, place->access_source);

    alert->has_peer = true;
    alert->peer = *far;
    alert->peer_asn = asn != 0 ? asn : place->asn;
    g_strlcpy(alert->peer_class, access_class_name((AccessClass)place->access), sizeof alert->peer_class);
    g_strlcpy(alert->peer_country, place->country, sizeof alert->peer_country);
    g_strlcpy(alert->peer_as_name, name != NULL ? name : "", sizeof alert->peer_as_name);
    g_strlcpy(alert->peer_source, source != NULL ? source : "", sizeof alert->peer_source);
}

static void
fill_contributions(Alert *alert, const DetectorView *view, const Finding *findings, double discount)
{
    alert->n_contributions = 0;
    for (uint32_t i = 0; i < n_detectors; i++) {
        const Finding *finding = &findings[i];
        if (!finding->has || (detectors[i].kind == DETECTOR_WINDOW) != (view->contact == NULL))
            continue;
        AlertContribution *part = &alert->contributions[alert->n_contributions++];
        part->detector = detectors[i].name;
        part->decibans = (double)finding->decibans * discount;
        part->p = (double)finding->p;
        detectors[i].explain(view, finding, part->reason, sizeof part->reason);
    }
}

/* The volume, where the far end of the contact carries it. */
static void
add_volume(const Scorer *self, Alert *alert, const Contact *contact, DetectorView *view, double own)
{
    static const char words[] = "; most of what was too much went to this far end";
    const Carried *carried = &contact->carried;
    const Detector *volume = &detectors[detector_index("volume_out")];
    Finding finding = { .p = carried->p, .decibans = carried->decibans, .has = true };

    alert->observed = (double)carried->observed;
    alert->expected_low = (double)carried->low;
    alert->expected_high = (double)carried->high;
    if (alert->n_contributions == ALERT_CONTRIBUTIONS)
        return;
    AlertContribution *part = &alert->contributions[alert->n_contributions++];
    part->detector = volume->name;
    part->decibans = contact_volume_share(self, contact, own);
    part->p = (double)carried->p;
    volume->explain(view, &finding, part->reason, sizeof part->reason);
    g_strlcat(part->reason, words, sizeof part->reason);
}

void
story_sort_parts(Alert *alert)
{
    for (uint32_t i = 1; i < alert->n_contributions; i++) /* largest first */
        for (uint32_t j = i; j > 0 && alert->contributions[j].decibans > alert->contributions[j - 1].decibans;
             j--) {
            AlertContribution swap = alert->contributions[j];
            alert->contributions[j] = alert->contributions[j - 1];
            alert->contributions[j - 1] = swap;
        }
}

/* Half a sentence: what would have made this part dull. */
static bool
instead_words(const DetectorView *view, const Alert *alert, const AlertContribution *part, char *out,
              size_t room)
{
    const Detector *detector = &detectors[detector_index(part->detector)];

    if (part->decibans <= 0)
        return false;
    if (detector->kind == DETECTOR_WATCH)
        return story_case_instead(view, alert, part->detector, out, room);
    if (detector->instead == NULL)
        return false;
    detector->instead(view, out, room);
    return true;
}

void
story_fill_counterfactual(Alert *alert, const DetectorView *view)
{
    char instead[ALERT_CONTRIBUTIONS][COUNTERFACTUAL_WORDS];

    for (uint32_t i = 0; i < alert->n_contributions; i++)
        if (!instead_words(view, alert, &alert->contributions[i], instead[i], sizeof instead[i]))
            instead[i][0] = '\0';
    counterfactual_write(alert, instead);
}

static int
by_start(const void *a, const void *b)
{
    const FlowRecord *x = a, *y = b;

    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    if (x->end_ms != y->end_ms)
        return x->end_ms < y->end_ms ? -1 : 1;
    return memcmp(x, y, sizeof *x);
}

void
story_sort_flows(const Scorer *self, Alert *alert)
{
    qsort(alert->flows, alert->n_flows, sizeof alert->flows[0], by_start);
    for (uint32_t i = 0; i < alert->n_flows; i++)
        alert->flow_exporters[i] = story_exporter(self, alert->flows[i].exporter);
}

bool
story_is_news(const Scorer *self, const Story *story, double score, int64_t now_ms)
{
    return score >= story->told_score + tell_again ||
           (score >= self->budget.threshold && now_ms - story->alert.time_ms >= tell_again_ms);
}

/* What an exporter does not tell is no evidence, and whoever reads the alert must know. */
static void
add_doubt(const Scorer *self, Story *story)
{
    static const char words[] =
        " (an exporter that sees it is silent or tells less than usual: what is missing is no evidence)";
    char *summary = story->alert.summary;
    size_t most = sizeof story->alert.summary - sizeof words;

    if ((self->assets[story->asset].exporters & self->ailing) == 0 || strstr(summary, words) != NULL ||
        strcmp(story->alert.kind, watch_exporter_change.name) == 0)
        return;
    size_t at = MIN(strlen(summary), most);
    g_strlcpy(summary + at, words, sizeof words);
}

void
story_opens(Scorer *self, Story *story, uint32_t asset, uint32_t detector, int64_t now_ms)
{
    story->asset = asset;
    story->detector = detector;
    story->opened_ms = now_ms;
    story->is_counted = true;
    budget_alerts(&self->budget, 1);
    self->counters.alerts_opened++;
}

void
story_tell(Scorer *self, Story *story, int64_t now_ms)
{
    story->alert.time_ms = now_ms;
    alert_set_group(&story->alert);
    triage_mark(self, story);
    add_doubt(self, story);
    story->told_score = story->alert.score;
    if (self->sink.alert != NULL)
        self->sink.alert(self->sink.user, &story->alert);
}

/* An open story that this contact belongs to: about the same far end, or of the same kind about its AS. */
static uint32_t
find_story(const Scorer *self, const Contact *contact, uint32_t detector)
{
    for (uint32_t i = 0; i < self->n_stories; i++) {
        const Story *story = self->stories[i];
        if (story->asset != contact->asset || !story->alert.has_peer)
            continue;
        if (ip_equal(&story->alert.peer, &self->peers[contact->peer].address) ||
            (story->detector == detector && contact->asn != 0 && contact->asn == story->alert.peer_asn))
            return i;
    }
    return NONE;
}

static uint32_t
leading(const Contact *contact)
{
    uint32_t lead = NONE;

    for (uint32_t i = 0; i < n_detectors; i++)
        if (detectors[i].kind == DETECTOR_LEAD && contact->findings[i].has &&
            (lead == NONE || contact->findings[i].decibans > contact->findings[lead].decibans))
            lead = i;
    return lead;
}

/* The home line is the headline wherever it carries a good part of the lead. */
static uint32_t
headline(const Contact *contact)
{
    uint32_t home = detector_index("residential_path"), lead = leading(contact);

    if (contact->findings[home].has &&
        contact->findings[home].decibans >= contact->findings[lead].decibans / 2)
        return home;
    return lead;
}

/* What the contact says by itself (@own) gives the alert its name, unless another part has a better one. */
static void
name_contact_alert(const Scorer *self, Alert *alert, const Contact *contact, double own)
{
    NameClaim claims[MOST_CLAIMS] = { { .detector = headline(contact), .decibans = own } };
    uint32_t n = 1;

    if (contact->carried.decibans > 0)
        claims[n++] = (NameClaim){ .detector = detector_index("volume_out"),
                                   .decibans = budget_shown(&self->budget, FAMILY_VOLUME,
                                                            (double)contact->carried.decibans) };
    n += story_claims(self, contact->asset, &alert->peer, &claims[n]);
    const NameClaim *best = story_best_claim(claims, n);
    alert->kind = detectors[best->detector].name;
    for (uint32_t i = 0; best != claims && i < alert->n_contributions; i++)
        if (strcmp(alert->contributions[i].detector, alert->kind) == 0)
            g_strlcpy(alert->summary, alert->contributions[i].reason, sizeof alert->summary);
}

static void
fill_contact_alert(Scorer *self, Alert *alert, const Contact *contact, double shown)
{
    const ScoredAsset *asset = &self->assets[contact->asset];
    double own = (double)contact->score * self->budget.discount[FAMILY_CONTACT];
    const BaselineBand band = { .expected = (double)contact->carried.expected,
                                .low = (double)contact->carried.low,
                                .high = (double)contact->carried.high };
    DetectorView view = { .scorer = self,
                          .asset = asset,
                          .role = &self->roles[asset->role],
                          .contact = contact,
                          .band = &band,
                          .observed = (double)contact->carried.observed };
    char name[80], place[200], far[IP_TEXT];

    alert->score = shown;
    alert->threshold = self->budget.threshold;
    alert->port = contact->service;
    alert->protocol = contact->protocol;
    story_fill_asset(self, alert, asset);
    story_fill_peer(self, alert, &self->peers[contact->peer].address, contact->asn);
    story_fill_path(self, alert, contact->asset, contact->path, contact->first.exporter, contact->first_ms);
    alert->observed = alert->expected_low = alert->expected_high = (double)NAN;
    alert->first_seen_ms = contact->first_ms;
    alert->last_seen_ms = contact->last_ms;
    fill_contributions(alert, &view, contact->findings, self->budget.discount[FAMILY_CONTACT]);
    if (contact->carried.decibans > 0)
        add_volume(self, alert, contact, &view, own);
    story_add_shares(self, alert, contact->asset, own + contact_volume_share(self, contact, own));
    story_sort_parts(alert);
    alert->n_flows = 0;
    for (uint32_t at = contact->evidence; at != NONE && alert->n_flows < ALERT_FLOWS;
         at = self->evidence[at].next)
        alert->flows[alert->n_flows++] = self->evidence[at].flow;
    story_sort_flows(self, alert);
    detector_asset_words(asset, name, sizeof name);
    detector_place_words(&view, place, sizeof place);
    g_snprintf(alert->summary, sizeof alert->summary,
               "%s opened a path to %s in %s%s, which it never did before", name, ip_text(&alert->peer, far),
               place, contact->is_new_egress ? ", by a new way out" : "");
    name_contact_alert(self, alert, contact, own);
    story_fill_counterfactual(alert, &view);
}

void
story_contact(Scorer *self, Contact *contact, int64_t now_ms)
{
    double shown = (double)contact->score * self->budget.discount[FAMILY_CONTACT] + (double)contact->support;
    uint32_t detector = headline(contact);
    bool opens = false;

    if (contact->story == NONE) {
        contact->story = find_story(self, contact, detector);
        if (contact->story == NONE) {
            contact->story = story_new(self);
            opens = true;
        }
        key_table_set_chance(&self->peer_keys, contact->peer, CHANCE_ALERTED);
    }
    Story *story = self->stories[contact->story];
    uint32_t index = (uint32_t)(contact - self->contacts);
    story->last_ms = now_ms;
    if (opens) {
        story_opens(self, story, contact->asset, detector, now_ms);
        story->contact = index;
    } else if (!story_is_news(self, story, shown, now_ms)) {
        return;
    }
    story->contact = index;
    fill_contact_alert(self, &story->alert, contact, shown);
    if (opens)
        story_name(&story->alert, detectors[detector].name, &story->alert.peer, contact->opened_window);
    story_tell(self, story, now_ms);
}

void
story_takes_volume(Scorer *self, const Contact *contact, int64_t now_ms)
{
    Story *story = self->stories[contact->story];
    ScoredAsset *asset = &self->assets[contact->asset];

    if (story->volume <= 0)
        asset->quarantine = MAX(asset->quarantine, QUARANTINE_STORY);
    else if (now_ms - story->opened_ms > quarantine_ms) /* as in story_volume */
        lift_quarantine(asset);
    story->volume = MAX(story->volume, contact->carried.decibans);
}

double
story_volume_taken(const Scorer *self, uint32_t asset)
{
    double most = 0;

    for (uint32_t i = 0; i < self->n_stories; i++)
        if (self->stories[i]->asset == asset)
            most = fmax(most, (double)self->stories[i]->volume);
    return most;
}

/* The largest flows that the asset sent lately. */
static void
fill_large_flows(const Scorer *self, Alert *alert, const ScoredAsset *asset, int64_t from_ms)
{
    alert->n_flows = 0;
    for (uint32_t i = 0; i < MOST_LARGE; i++) {
        const FlowRecord *flow = &self->large[i];
        uint32_t least = 0;
        if (flow->octets == 0 || flow->end_ms < from_ms || !ip_equal(&flow->src, &asset->address))
            continue;
        if (alert->n_flows < ALERT_FLOWS) {
            alert->flows[alert->n_flows++] = *flow;
            continue;
        }
        for (uint32_t j = 1; j < ALERT_FLOWS; j++)
            if (alert->flows[j].octets < alert->flows[least].octets)
                least = j;
        if (alert->flows[least].octets < flow->octets)
            alert->flows[least] = *flow;
    }
    story_sort_flows(self, alert);
}

/* Names the far end that the half and more of it went to, where the largest flows tell of one. */
static void
add_far_words(Alert *alert)
{
    const IpAddress *most = NULL;
    double most_octets = 0;
    char far[IP_TEXT], sent[32];
    size_t length = strlen(alert->summary);

    for (uint32_t i = 0; i < alert->n_flows; i++) {
        double octets = 0;
        for (uint32_t j = 0; j < alert->n_flows; j++)
            if (ip_equal(&alert->flows[j].dst, &alert->flows[i].dst))
                octets += (double)alert->flows[j].octets * fmax(1, alert->flows[j].sampling);
        if (octets > most_octets) {
            most_octets = octets;
            most = &alert->flows[i].dst;
        }
    }
    if (most == NULL || most_octets < alert->observed / 2)
        return;
    detector_octets_words(most_octets, sent);
    g_snprintf(alert->summary + length, sizeof alert->summary - length,
               "; in its largest flows of late %s went to %s", sent, ip_text(most, far));
}

bool
story_has_contact(const Scorer *self, uint32_t asset)
{
    for (uint32_t i = 0; i < self->n_stories; i++)
        if (self->stories[i]->asset == asset && self->stories[i]->alert.has_peer &&
            self->stories[i]->alert.state != ALERT_SUPPRESSED)
            return true;
    return false;
}

static uint32_t
volume_story(Scorer *self, uint32_t asset, uint32_t detector, bool *opens)
{
    for (uint32_t i = 0; i < self->n_stories; i++)
        if (self->stories[i]->asset == asset && self->stories[i]->detector == detector)
            return i;
    *opens = true;
    return story_new(self);
}

void
story_volume(Scorer *self, uint32_t asset_index, double raw, const Finding *finding, double observed,
             const BaselineBand *band, int64_t number)
{
    static const char name[] = "volume_out";
    ScoredAsset *asset = &self->assets[asset_index];
    int64_t end_ms = (number + 1) * self->grid.length_ms;
    uint32_t detector = detector_index(name);
    bool opens = false;
    uint32_t index = volume_story(self, asset_index, detector, &opens);
    Story *story = self->stories[index];
    double shown = budget_shown(&self->budget, FAMILY_VOLUME, raw);

    story->last_ms = end_ms;
    /* Nobody has called it an attack: a level that stays is learned, or it would be told of for ever. */
    if (!opens && end_ms - story->opened_ms > quarantine_ms)
        lift_quarantine(asset);
    if (!opens && !story_is_news(self, story, shown, end_ms))
        return;
    Finding findings[MOST_DETECTORS] = { 0 };
    DetectorView view = {
        .scorer = self, .asset = asset, .role = &self->roles[asset->role], .band = band, .observed = observed
    };
    Alert *alert = &story->alert;
    findings[detector] = *finding;
    findings[detector].has = true;
    findings[detector].decibans = (float)raw;
    alert->kind = detectors[detector].name;
    alert->score = shown;
    alert->threshold = self->budget.threshold;
    story_fill_asset(self, alert, asset);
    alert->observed = observed;
    alert->expected_low = band->low;
    alert->expected_high = band->high;
    alert->last_seen_ms = end_ms;
    fill_contributions(alert, &view, findings, shown / fmax(raw, 1e-3));
    story_sort_parts(alert);
    fill_large_flows(self, alert, asset, end_ms - 3 * self->grid.length_ms);
    g_strlcpy(alert->summary, alert->contributions[0].reason, sizeof alert->summary);
    add_far_words(alert);
    story_fill_counterfactual(alert, &view);
    if (opens) {
        story_opens(self, story, asset_index, detector, end_ms);
        alert->first_seen_ms = number * self->grid.length_ms;
        asset->quarantine = MAX(asset->quarantine, QUARANTINE_STORY);
        story_name(alert, name, NULL, number);
    }
    story_tell(self, story, end_ms);
}
