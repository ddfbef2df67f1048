/* SPDX-License-Identifier: GPL-3.0-or-later */
/* story-internal.h - what story.c (contacts, volumes) and story-case.c (cases of watches) have in common */
#pragma once
#include "scoring/case.h"
#include "scoring/detector.h"

/* A place for one more; its index. */
uint32_t story_new(Scorer *self);
/* The id: made of asset, kind, far end (NULL: none) and opening window. */
void story_name(Alert *alert, const char *kind, const IpAddress *peer, int64_t window);
void story_fill_asset(const Scorer *self, Alert *alert, const ScoredAsset *asset);
void story_fill_peer(const Scorer *self, Alert *alert, const IpAddress *far, uint32_t asn);
/* @slot: of the way out, or NONE; then @exporter is all that is known. */
void story_fill_path(const Scorer *self, Alert *alert, uint32_t asset, uint32_t slot, uint32_t exporter,
                     int64_t first_ms);
void story_fill_counterfactual(Alert *alert, const DetectorView *view);
void story_sort_parts(Alert *alert); /* largest first */
void story_sort_flows(const Scorer *self, Alert *alert);
IpAddress story_exporter(const Scorer *self, uint32_t exporter);
bool story_is_news(const Scorer *self, const Story *story, double score, int64_t now_ms);
/* It begins: whose it is, and one more for the budget. */
void story_opens(Scorer *self, Story *story, uint32_t asset, uint32_t detector, int64_t now_ms);
void story_tell(Scorer *self, Story *story, int64_t now_ms);

/* story-case.c */
/* A part of an alert that could give it its name, with all that it says by itself, after the discount. */
typedef struct NameClaim {
    uint32_t detector;
    double decibans;
    const Case *of; /* NULL: no case */
} NameClaim;
enum { MOST_CLAIMS = MOST_WATCHES + 2 };
/* Those of the cases about @asset and @far (NULL: the asset as a whole), but for prior odds; how many. */
uint32_t story_claims(const Scorer *self, uint32_t asset, const IpAddress *far,
                      NameClaim claims[MOST_WATCHES]);
/* The one that tells most (NameSays) among those that carry at least half as much as the strongest. */
const NameClaim *story_best_claim(const NameClaim *claims, uint32_t n);
/* Adds the cases about the far end of a contact that says @said by itself as contributions. */
void story_add_shares(const Scorer *self, Alert *alert, uint32_t asset, double said);
/* Adds the cases about the alert's asset and far end as contributions; @lead in full, the others with half of
 * their stake kept back. */
void story_add_cases(const Scorer *self, Alert *alert, uint32_t asset, const Case *lead);
/* What would have made the case of watch @name dull; false: nothing to say. */
bool story_case_instead(const DetectorView *view, const Alert *alert, const char *name, char *out,
                        size_t room);
