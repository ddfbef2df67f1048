/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alert.h - an alert, its life, and its one shape in JSON
 *
 * The same object is a line of `talaya replay`, a row of the store and the body of the API. Its id is made of
 * what it is about (asset, leading detector, peer or path, opening window), so that the same input gives the
 * same ids and a repeat after a crash updates instead of duplicating.
 */
#pragma once
#include <jansson.h>
#include "collector/flow.h"

typedef enum AlertState {
    ALERT_NEW = 0,
    ALERT_IN_PROGRESS, /* somebody looks at it */
    ALERT_SUPPRESSED,
    ALERT_RESOLVED,
    ALERT_ARCHIVED,
    N_ALERT_STATES
} AlertState;
const char *alert_state_name(AlertState state); /* new in_progress suppressed resolved archived */
bool alert_state_parse(const char *name, AlertState *out);

typedef enum AlertVerdict {
    VERDICT_UNKNOWN = 0,
    VERDICT_TRUE_POSITIVE,
    VERDICT_FALSE_POSITIVE,
    VERDICT_BENIGN_EXPECTED,
    N_ALERT_VERDICTS
} AlertVerdict;
const char *
alert_verdict_name(AlertVerdict verdict); /* unknown true_positive false_positive benign_expected */
bool alert_verdict_parse(const char *name, AlertVerdict *out);

enum { ALERT_CONTRIBUTIONS = 24, ALERT_FLOWS = 20, ALERT_REASON = 400 };

/* What one detector adds. The decibans of all contributions add up to the score. */
typedef struct AlertContribution {
    const char *detector;      /* static name from the table of detectors */
    double decibans;           /* 10 log10 of its evidence */
    double p;                  /* calibrated: chance of something at least this odd if all is as before */
    char reason[ALERT_REASON]; /* a sentence with the numbers, for a human */
} AlertContribution;

typedef struct Alert {
    char id[24];          /* hex */
    char group[24];       /* hex; see alert_set_group; empty: none yet */
    char suppression[24]; /* id of the rule that suppresses it (suppression.h); empty: none */
    AlertState state;
    AlertVerdict verdict;
    double score;     /* decibans */
    double threshold; /* decibans at which an alert opens under the budget */
    const char *kind; /* leading detector */
    IpAddress asset;
    char asset_name[64], asset_role[32];
    int criticality; /* 1..5; 3 when the inventory says nothing */
    bool has_peer;
    IpAddress peer;
    char peer_class[24], peer_country[4], peer_as_name[64], peer_source[64];
    uint32_t peer_asn; /* 0: not known */
    uint16_t port;     /* of the service at the far end or, called from outside, at the asset; 0: none */
    uint8_t protocol;  /* IP protocol; 0: none */
    /* The outbound path: exporter, egress interface, next hop or next AS, class and AS of the far end. */
    bool has_path;
    IpAddress path_exporter, path_next_hop;
    uint32_t path_out_if, path_next_as;
    char path_usual[160];                /* in words: what the asset's path was before; empty: not known */
    int64_t first_seen_ms, last_seen_ms; /* flow time */
    int64_t time_ms;                     /* flow time of the opening or change */
    uint32_t n_contributions;
    AlertContribution contributions[ALERT_CONTRIBUTIONS];
    uint32_t n_flows;
    FlowRecord flows[ALERT_FLOWS];         /* evidence, oldest first */
    IpAddress flow_exporters[ALERT_FLOWS]; /* address of each evidence flow's exporter */
    double maturity;                       /* 0..1: how much of its learning the asset's baseline has done */
    double observed, expected_low, expected_high; /* octets out of the window; NAN: does not apply */
    bool is_demo;
    char summary[ALERT_REASON];        /* one sentence: who did what, and why it is odd */
    char counterfactual[ALERT_REASON]; /* what would have had to be different; may be empty */
} Alert;

/* What an alert is about: for rules and verdicts. Texts are lent, and may be NULL where nothing is known. */
typedef struct AlertSubject {
    IpAddress asset, peer;
    bool has_peer;
    const char *asset_name, *peer_class, *kind;
    uint32_t peer_asn;
    uint16_t port;
    uint8_t protocol;
} AlertSubject;
AlertSubject alert_subject(const Alert *self);

/*
 * Alerts of one cause are one group: the same leading detector, opened on the same day (UTC, flow time), and
 * the same far AS; where no AS is known, or the far end lies in our own or a private network, the same far
 * address; where there is no far end, the same asset. So 40 desks that meet one new update service are one
 * group, and an attack never hides in a group of another detector or another network. Fills the group of an
 * alert that has its kind, asset, far end and opening time, unless it has one: it stays for the alert's life.
 */
void alert_set_group(Alert *self);

/* Keys: time, id, group, state, verdict, suppression, score, threshold, asset, assetName, assetRole,
 * criticality, kind, detectors[{name, decibans,p,reason}], peer, peerClass, peerAsn, peerAsName, peerCountry,
 * peerSource, port, protocol, path{exporter,egressInterface, nextHop,nextAs,accessClass,asn,usual},
 * firstSeen, lastSeen, flows[...], maturity, observed, expected{low,high}, summary, counterfactual, demo.
 * null where unknown. The caller owns the object. */
json_t *alert_to_json(const Alert *self);
/* One evidence flow, with raw and scaled counts. */
json_t *flow_to_json(const FlowRecord *flow, const IpAddress *exporter);
