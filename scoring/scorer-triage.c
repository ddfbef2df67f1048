/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-triage.c - what operators decided, as the scoring thread knows it: rules that suppress, and verdicts
 *
 * An alert that a rule suppresses, or whose verdict is true_positive, is set aside: what it is about does not
 * become usual, and its scores do not stand among the peaks from which the budget learns how high harmless
 * traffic scores (an attack that goes on for weeks must not make everything else quieter). What each verdict
 * teaches is told at scorer_verdict in scorer.h.
 */
#include "scoring/story-internal.h"
#include "scoring/telling.h"
#include "scoring/watch.h"

#include <string.h>

enum { CHANCE_KNOWN = 200 };

bool
story_is_aside(const Story *story)
{
    return story->alert.state == ALERT_SUPPRESSED || story->alert.verdict == VERDICT_TRUE_POSITIVE;
}

bool
triage_contact_is_aside(const Scorer *self, const Contact *contact)
{
    return contact->story != NONE && story_is_aside(self->stories[contact->story]);
}

static bool
is_volume(const Story *story)
{
    return detectors[story->detector].kind == DETECTOR_WINDOW;
}

bool
triage_volume_is_aside(const Scorer *self, uint32_t asset)
{
    if (!self->assets[asset].quarantine) /* no story */
        return false;
    for (uint32_t i = 0; i < self->n_stories; i++)
        if (self->stories[i]->asset == asset && is_volume(self->stories[i]) &&
            story_is_aside(self->stories[i]))
            return true;
    return false;
}

/* Is this the story of what the case is about? */
static bool
is_story_of(const Story *story, const Case *one)
{
    bool has_far = !ip_is_zero(&one->far);

    if (story->asset != one->asset || story->alert.has_peer != has_far)
        return false;
    if (has_far)
        return ip_equal(&story->alert.peer, &one->far);
    return strcmp(story->alert.kind, watches[one->watch]->name) == 0 &&
           (!one->is_service || story->service == one->service);
}

bool
triage_case_is_aside(const Scorer *self, const Case *one, double raw)
{
    if (raw < 1) /* too little for a peak: not worth the search */
        return false;
    for (uint32_t i = 0; i < self->n_stories; i++)
        if (story_is_aside(self->stories[i]) && is_story_of(self->stories[i], one))
            return true;
    return false;
}

static EvidenceFamily
family_of(uint32_t detector)
{
    if (detectors[detector].kind == DETECTOR_WINDOW)
        return FAMILY_VOLUME;
    for (uint32_t i = 0; i < n_watches; i++)
        if (strcmp(watches[i]->name, detectors[detector].name) == 0)
            return (EvidenceFamily)(FAMILY_WATCH + i);
    return FAMILY_CONTACT;
}

/* Today's peaks were this story's, most likely; what else the asset did today is not known any more. */
static void
take_out_of_budget(Scorer *self, Story *story)
{
    if (story->is_counted)
        budget_alerts(&self->budget, -1);
    story->is_counted = false;
    for (uint32_t i = 0; i < story->alert.n_contributions; i++)
        self->assets[story->asset].peak[family_of(detector_index(story->alert.contributions[i].detector))] =
            0;
}

/* ---- rules ---- */

bool
triage_mark(Scorer *self, Story *story)
{
    AlertSubject subject = alert_subject(&story->alert);
    const Suppression *rule = suppression_set_find(self->suppressions, &subject);
    AlertState was = story->alert.state;

    story->alert.state = rule != NULL ? ALERT_SUPPRESSED : ALERT_NEW;
    g_strlcpy(story->alert.suppression, rule != NULL ? rule->id : "", sizeof story->alert.suppression);
    if (rule != NULL && was != ALERT_SUPPRESSED)
        take_out_of_budget(self, story);
    return was != story->alert.state;
}

void
scorer_set_suppressions(Scorer *self, SuppressionSet *set)
{
    suppression_set_free(self->suppressions);
    self->suppressions = set;
    for (uint32_t i = 0; i < self->n_stories; i++)
        if (triage_mark(self, self->stories[i]))
            story_tell(self, self->stories[i], self->clock.now_ms);
}

/* ---- verdicts ---- */

static bool
is_harmless(AlertVerdict verdict)
{
    return verdict == VERDICT_BENIGN_EXPECTED || verdict == VERDICT_FALSE_POSITIVE;
}

/* Whatever the model got right, was right: planned or hostile, it was a change. */
static bool
tells_of_change(AlertVerdict verdict)
{
    return verdict == VERDICT_BENIGN_EXPECTED || verdict == VERDICT_TRUE_POSITIVE;
}

static bool
is_meant(const Story *story, uint32_t asset, const AlertSubject *about)
{
    if (story->asset != asset || story->alert.has_peer != about->has_peer)
        return false;
    if (about->has_peer)
        return ip_equal(&story->alert.peer, &about->peer);
    return about->kind != NULL && strcmp(story->alert.kind, about->kind) == 0 &&
           story->alert.port == about->port;
}

/* The story's alert bears the verdict from here on. True when there is such a story. */
static bool
mark_stories(Scorer *self, uint32_t asset, const AlertSubject *about, AlertVerdict verdict)
{
    bool has = false;

    for (uint32_t i = 0; i < self->n_stories; i++) {
        Story *story = self->stories[i];
        if (!is_meant(story, asset, about))
            continue;
        story->alert.verdict = verdict;
        if (tells_of_change(verdict))
            take_out_of_budget(self, story);
        has = true;
    }
    return has;
}

static void
judge_volume(ScoredAsset *asset, bool has_story, AlertVerdict verdict)
{
    if (is_harmless(verdict)) {
        asset->quarantine = 0;
        asset->volume_evidence = asset->hour_e = 0;
    } else if (has_story) {
        asset->quarantine = QUARANTINE_TOLD;
    }
}

/* From here on no contact with this far end is new. */
static void
make_known(Scorer *self, uint32_t asset, Peer *peer, uint32_t slot)
{
    peer->flags |= PEER_KNOWN;
    key_table_set_chance(&self->peer_keys, slot, CHANCE_KNOWN);
    if (peer->contact == NONE)
        return;
    contact_teach(self, &self->contacts[peer->contact]);
    self->assets[asset].home_evidence = self->assets[asset].as_evidence = 0;
    contact_release(self, peer->contact);
}

void
contact_forget(Scorer *self, Contact *contact)
{
    contact->is_taught = true; /* there is nothing more to teach */
    self->peers[contact->peer].flags &= (uint8_t)~PEER_CALLED;
}

static void
judge_peer(Scorer *self, uint32_t asset, const IpAddress *far, AlertVerdict verdict)
{
    uint32_t slot = scorer_find_peer(self, asset, far);
    bool is_new;

    /* What was learned may be older than the verdict, after a crash: then the peer is made. */
    if (slot == NONE && is_harmless(verdict))
        slot = scorer_peer(self, asset, far, scorer_peer_key(self, asset, scorer_address_hash(self, far)),
                           NONE, self->clock.now_ms, &is_new);
    if (slot == NONE)
        return;
    Peer *peer = &self->peers[slot];
    if (is_harmless(verdict))
        make_known(self, asset, peer, slot);
    else if (peer->contact == NONE && (verdict == VERDICT_TRUE_POSITIVE || (peer->flags & PEER_KNOWN) != 0))
        peer->flags &= (uint8_t) ~(PEER_KNOWN | PEER_CALLED); /* it is new again */
}

void
scorer_verdict(Scorer *self, const AlertSubject *about, AlertVerdict verdict)
{
    telling_settle(self); /* what was said before the verdict */
    uint32_t asset = scorer_find_asset(self, &about->asset);
    uint32_t detector = about->kind != NULL ? detector_index(about->kind) : NONE;

    if (asset == NONE)
        return;
    bool has_story = mark_stories(self, asset, about, verdict);
    if (verdict == VERDICT_TRUE_POSITIVE && detector != NONE && family_of(detector) >= FAMILY_WATCH)
        self->assets[asset].told[family_of(detector) - FAMILY_WATCH] = 0; /* the next may be one, too */
    case_forgive(self, asset, about->has_peer ? &about->peer : NULL, about->kind, about->port,
                 is_harmless(verdict));
    if (about->has_peer)
        judge_peer(self, asset, &about->peer, verdict);
    else if (detector != NONE && detectors[detector].kind == DETECTOR_WINDOW)
        judge_volume(&self->assets[asset], has_story, verdict);
}
