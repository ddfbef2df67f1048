/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * detector.h - the frame: a detector is one file and one line in the table of detector.c
 *
 * A detector looks and does not touch: it gets a view of what happened and fills a finding, a p-value under
 * "as before" and the evidence in decibans; words are made only when an alert is written. Three kinds:
 *  - WINDOW: asks about an asset's closed window; a story of its own.
 *  - LEAD: asks how odd a first contact is. All leads answer about the same contact, so their e-values are
 * averaged with fixed weights (valid under any dependence).
 *  - SUPPORT: asks a further question given that the contact happened; its evidence multiplies.
 *  - WATCH: follows conversations over time and holds cases against assets; only its name stands here, the
 *    rest in watch.h.
 */
#pragma once
#include "scoring/scorer-internal.h"

typedef struct DetectorView {
    const Scorer *scorer;
    const ScoredAsset *asset;
    const Role *role;
    const Contact *contact; /* LEAD, SUPPORT */
    /* WINDOW */
    const BaselineBand *band;
    double observed, residual; /* octets out; calibrated residual */
    bool is_busy;              /* this hour of the week is one of the asset's busy ones */
    const struct Case *lead;   /* WATCH: the case that the alert is about */
} DetectorView;

typedef enum DetectorKind { DETECTOR_WINDOW, DETECTOR_LEAD, DETECTOR_SUPPORT, DETECTOR_WATCH } DetectorKind;

/*
 * What the name alone tells whoever reads it. An alert is called by the part that tells most among those that
 * carry at least half as much as the strongest: that a host calls home by the clock is better news than that
 * it never called there before, and that better than that it stands out somehow.
 */
typedef enum NameSays {
    NAME_NOTHING, /* of what happened: it stands out, it is on a list */
    NAME_VAGUE,   /* something is new or more than usual */
    NAME_APT,     /* which sort of traffic it is */
    NAME_PATH,    /* where it goes, and that nothing of the kind went there */
    NAME_EXACT    /* what is being done */
} NameSays;

typedef struct Detector {
    const char *name;
    DetectorKind kind;
    double weight; /* LEAD: share of the stake; they add up to 1 */
    NameSays says;
    /* False: the question does not apply. But for WATCH it sets the decibans, at full trust. */
    bool (*look)(const DetectorView *view, Finding *out);
    /* A sentence with the numbers. */
    void (*explain)(const DetectorView *view, const Finding *finding, char *out, size_t room);
    /* Half a sentence: what would have made it dull ("the far end had been ..."); NULL: nothing to say. */
    void (*instead)(const DetectorView *view, char *out, size_t room);
} Detector;

extern const Detector detectors[];
extern const uint32_t n_detectors;
/* Position in the table. */
uint32_t detector_index(const char *name);

/* Asks every LEAD and SUPPORT detector about a contact; fills its findings and the score, before the
 * discount.
 * @trust (0..1): how far the past may be believed; what is left of the stake stays in the pocket. */
double detectors_score_contact(const DetectorView *view, Contact *contact, double trust);

/* "AS 64500 Example Cable (residential, confidence 90)", and the like. */
void detector_place_words(const DetectorView *view, char *out, size_t room);
/* "1.2 GB", and the like. */
void detector_octets_words(double octets, char out[32]);
/* "100 %", "0.048 %": a share of 0 to 1, as exact as is of use. */
void detector_share_words(double share, char out[16]);
/* "one in 594" windows; beyond what any past can show, "rarer than one in ten million". */
void detector_rarity_words(double p, char out[40]);
/* Its name in the inventory, with the address where others have it too; without one the address. */
void detector_asset_words(const ScoredAsset *asset, char *out, size_t room);
/* "role "server"", or where neither the inventory nor behaviour tells one "unknown role". */
void detector_role_words(const Scorer *scorer, const ScoredAsset *asset, char *out, size_t room);

bool volume_out_look(const DetectorView *view, Finding *out);
void volume_out_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void volume_out_instead(const DetectorView *view, char *out, size_t room);
bool new_peer_look(const DetectorView *view, Finding *out);
void new_peer_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void new_peer_instead(const DetectorView *view, char *out, size_t room);
bool residential_path_look(const DetectorView *view, Finding *out);
void residential_path_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void residential_path_instead(const DetectorView *view, char *out, size_t room);
bool fleet_rarity_look(const DetectorView *view, Finding *out);
void fleet_rarity_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void fleet_rarity_instead(const DetectorView *view, char *out, size_t room);
bool new_egress_look(const DetectorView *view, Finding *out);
void new_egress_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void new_egress_instead(const DetectorView *view, char *out, size_t room);
bool odd_port_look(const DetectorView *view, Finding *out);
void odd_port_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void odd_port_instead(const DetectorView *view, char *out, size_t room);
bool quiet_long_look(const DetectorView *view, Finding *out);
void quiet_long_explain(const DetectorView *view, const Finding *finding, char *out, size_t room);
void quiet_long_instead(const DetectorView *view, char *out, size_t room);
