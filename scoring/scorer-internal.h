/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-internal.h - the structs of the scoring thread, shared by scorer*.c, detector*.c and their kin
 *
 * Everything is an array with a fixed number of slots, found through a KeyTable, and referred to by slot
 * number, so that it can be saved as it is and bounded by configuration. Assets stand in the order of their
 * first appearance; every loop goes in that order, which makes the output independent of the hash seed.
 */
#pragma once
#include "scoring/baseline.h"
#include "scoring/budget.h"
#include "scoring/calibrate.h"
#include "scoring/direction.h"
#include "scoring/flowclock.h"
#include "scoring/keyed.h"
#include "scoring/novelty.h"
#include "scoring/scorer.h"
#include "scoring/window.h"

enum {
    NONE = 0xffffffffu,
    MOST_ROLES = 64,
    MOST_CONTACTS = 65536,
    MOST_EVIDENCE = 32768, /* evidence flows kept, over all contacts */
    MOST_STORIES = 1024,
    MOST_PATHS_PER_ASSET = 64,
    MOST_INTERFACES = 16384,
    MOST_EXPORTERS = 16384,
    MOST_RECENT = 2048, /* assets whose last windows are kept for the API */
    RECENT_WINDOWS = 288,
    ROLE_PORTS = 64,
    DURATION_BINS = 14, /* powers of two of a window */
    PREVALENCE_BINS = 5,
    MOST_LARGE = 2048, /* large flows kept as evidence for volumes */
};

/* What an asset did in one open window. */
typedef struct WindowSums {
    double octets_in, octets_out;
    float packets_in, packets_out;
    float variance_out; /* of octets_out, from sampling */
    uint32_t flows_in, flows_out, new_peers;
    uint64_t exporters; /* one bit per exporter, by index modulo 64 */
} WindowSums;

typedef struct RecentWindow {
    int64_t number;
    float octets_out, octets_in, flows, score, low, high;
} RecentWindow;

typedef struct ScoredAsset {
    IpAddress address;
    const AssetEntry *entry; /* borrowed from the inventory; NULL: not in it */
    uint32_t role;
    uint32_t peers, n_peers; /* ring of peers: where the hand stands */
    uint32_t paths, n_paths; /* list of paths, newest first */
    uint32_t recent;         /* block of recent windows, or NONE */
    int64_t first_ms, last_ms;
    int64_t born_window; /* first seen somewhere in it: it does not teach */
    uint64_t exporters;  /* exporters that usually see it */
    bool in_series, pinned;
    uint8_t quarantine;                  /* a volume story is open */
    float octets_rate;                   /* octets a window, fading: for the busiest */
    float score;                         /* of the last closed window, decibans */
    float volume_evidence;               /* e-CUSUM, decibans, before the discount */
    float hour_e, hour_windows;          /* sum of the e-values of this hour so far; how many */
    float hour_p;                        /* smallest p-value since there was no evidence */
    int64_t hour;                        /* number of the hour */
    int64_t home_last, as_last;          /* windows of the last ones that counted */
    float home_evidence, as_evidence;    /* likewise, for new contacts */
    float level;                         /* fading mean of the residuals */
    float level_products, level_squares; /* how far it foretells the next one */
    float peak[N_FAMILIES];              /* today's highest, before the discount */
    uint32_t home_new, as_new, peer_new; /* in the window being closed */
    NoveltyCount novelty;
    ServicePort services[SERVICE_PORTS];
    WindowSums open[WINDOWS_OPEN];
    ResidualSketch residuals;
    Baseline octets_out;
} ScoredAsset;

typedef struct PortTable {
    uint32_t port[ROLE_PORTS]; /* protocol << 16 | port */
    float n[ROLE_PORTS], total;
} PortTable;

typedef struct Role {
    char name[32];
    uint32_t assets;
    float spread; /* mean of its assets' spreads, log1p scale */
    double shift_sum;
    uint32_t shift_n; /* of the window being closed: for the common mode */
    double shift;
    NoveltyPool novelty;
    Share prevalence[2][PREVALENCE_BINS]; /* by home or not: how many new contacts met so few others */
    Share egress;
    Share duration[DURATION_BINS];
    PortTable ports[2]; /* of new contacts, by home or not */
    ResidualSketch residuals;
} Role;

enum { PEER_CALLED = 1, PEER_CALLS_US = 2, PEER_KNOWN = 4, PEER_PINNED = 8 };
typedef struct Peer {
    IpAddress address;
    uint32_t asset, next, previous;
    uint32_t contact; /* being watched, or NONE */
    uint32_t first_s, last_s;
    uint32_t flows, asn;
    float octets_out, octets_in;
    uint16_t services[4];
    uint8_t flags, access;
    uint16_t spare;
    uint32_t last_window; /* low bits of the number */
} Peer;

typedef struct PathUse {
    IpAddress next_hop;
    uint32_t asset, next;
    uint32_t exporter, out_if, next_as, asn;
    uint32_t first_s, last_s;
    uint32_t flows;
    uint8_t access, initiated;
    uint16_t spare;
    double octets;
} PathUse;

/* An asset calls into an AS or block: exact distinct counts without a sketch. */
typedef struct Affinity {
    uint32_t asset, group;
    uint32_t last_s, contacts;
} Affinity;
/* How many assets call into an AS, or a block of addresses; once for all, once for each role. */
typedef struct FleetGroup {
    uint32_t assets, contacts;
} FleetGroup;

enum { CONVERSATION_ASSET_LOW = 1, CONVERSATION_ASSET_HIGH = 2, CONVERSATION_COUNTED = 4 };
/* Both directions of one 5-tuple; [0] is from the side that sorts low. One cache line. */
typedef struct Conversation {
    int64_t first_ms[2], last_ms[2];
    uint32_t exporter[2];
    uint32_t contact;
    uint32_t path; /* of the latest record from an asset */
    uint32_t last_window;
    uint16_t slices;
    uint8_t bits, flags;
} Conversation;

/* A finding of one detector about one thing; see detector.h. */
typedef struct Finding {
    float p, decibans;
    bool has;
} Finding;
enum { MOST_DETECTORS = 24 };

typedef enum ContactState { CONTACT_FREE = 0, CONTACT_PENDING, CONTACT_LIVE, CONTACT_DROPPED } ContactState;
/* A first call of an asset to a far end, from its first record until it has been quiet for long. */
typedef struct Contact {
    FlowRecord first;
    uint32_t asset, peer, path, next_free;
    uint8_t state, initiator, certainty, protocol;
    uint16_t service; /* port at the far end */
    uint8_t access, anonymity;
    bool is_home, is_new_as, is_new_egress, knows_egress, is_judged, is_taught;
    bool is_early; /* on the asset's first day, when all is new that was always there: tells nothing of new
                      contacts */
    uint8_t confidence;
    uint8_t duration_bin;
    uint32_t asn, others_as, others_role, others_block; /* assets that called there before */
    int64_t first_ms, last_ms, opened_window, last_window;
    uint32_t active_windows, flows;
    double octets_out, octets_in;
    uint32_t evidence, n_evidence; /* ring of evidence flows */
    uint32_t story;
    double own_home, own_as, own_days, p_home, p_as; /* as they were at the first contact, for the reasons */
    double lead_home, lead_as;                       /* decibans */
    Finding findings[MOST_DETECTORS];
    float score; /* before the discount */
} Contact;

typedef struct Evidence {
    FlowRecord flow;
    uint32_t next;
} Evidence;

typedef struct Story {
    Alert alert;
    uint32_t contact; /* NONE: about the asset as a whole */
    uint32_t asset, detector;
    int64_t opened_ms, last_ms;
    double told_score;
    bool in_use, taught;
} Story;

typedef struct TrafficSums {
    double octets_in, octets_out, packets_in, packets_out, flows_in, flows_out, lost;
} TrafficSums;
typedef struct Interface {
    uint32_t exporter, if_index;
    int64_t last_window;
    TrafficSums open[WINDOWS_OPEN];
} Interface;
typedef struct ExporterUse {
    TrafficSums open[WINDOWS_OPEN];
    double rate; /* records a window, fading */
    int64_t last_window;
    bool is_seen;
} ExporterUse;

typedef struct ScorerCounters {
    uint64_t records, scored, events, no_asset, late, future, duplicates, slices, odd_times, no_address;
    uint64_t assets_refused, contacts, contacts_dropped, contacts_refused, direction_unknown,
        evidence_refused;
    uint64_t peers_evicted, windows_closed, alerts_opened, interfaces_refused, stories_refused;
} ScorerCounters;

/* What a batch's records are worked on with; one per record. */
typedef struct Work {
    uint64_t conversation_key, peer_key[2];
    uint32_t asset[2]; /* of source, destination; NONE */
    bool from_low, is_ours[2];
} Work;

struct Scorer {
    ScoringConf conf;
    const AssetTable *inventory;
    const PlaceTable *places;
    ScorerSink sink;
    ExporterAddress exporter_address;
    void *exporter_user;

    FlowClock clock;
    WindowGrid grid;
    int64_t born_window; /* the first one, heard in part */
    double windows_per_day;
    int64_t day; /* number of the flow day */
    Budget budget;
    ScorerCounters counters;
    uint64_t lossy[WINDOWS_OPEN]; /* exporters that lost data, one bit each */

    KeyTable asset_keys;
    uint32_t *asset_slots; /* slot of the key table -> asset */
    ScoredAsset *assets;
    uint32_t n_assets, asset_room;

    Role roles[MOST_ROLES];
    uint32_t n_roles;
    Role fleet;

    KeyTable conversation_keys, peer_keys, path_keys, affinity_keys, group_keys, interface_keys;
    Conversation *conversations;
    Peer *peers;
    PathUse *paths;
    Affinity *affinities;
    FleetGroup *groups;
    uint32_t *interface_slots;
    Interface *interfaces;
    uint32_t n_interfaces;
    ExporterUse *exporters;
    uint32_t n_exporters;

    Contact *contacts;
    uint32_t n_contacts, free_contact, contact_room;
    Evidence *evidence;
    uint32_t free_evidence, n_evidence, evidence_room;
    Story **stories;
    uint32_t n_stories;
    FlowRecord *large; /* ring */
    uint32_t next_large;
    RecentWindow *recent; /* blocks of RECENT_WINDOWS */
    uint32_t n_recent;

    Work *work;
};

static inline uint32_t
seconds_of(int64_t ms)
{
    return ms <= 0 ? 0 : (uint32_t)(ms / 1000);
}

/* scorer.c */
void scorer_reset(Scorer *self); /* forgets all that was learned */

/* scorer-asset.c */
uint32_t scorer_asset(Scorer *self, const IpAddress *address, int64_t now_ms); /* makes it; NONE when full */
uint32_t scorer_find_asset(const Scorer *self, const IpAddress *address);
double scorer_maturity(const Scorer *self, const ScoredAsset *asset);
uint32_t scorer_role(Scorer *self, const char *name);

/* scorer-peer.c */
/* @key: scorer_peer_key, made beforehand. */
uint32_t scorer_peer(Scorer *self, uint32_t asset, const IpAddress *far, uint64_t key, int64_t now_ms,
                     bool *is_new);
uint64_t scorer_peer_key(const Scorer *self, uint32_t asset, const IpAddress *far);
uint32_t scorer_find_peer(const Scorer *self, uint32_t asset, const IpAddress *far);
uint32_t scorer_path(Scorer *self, uint32_t asset, const FlowRecord *flow, const Peer *peer, int64_t now_ms);
bool scorer_is_home(const Place *place);

/* scorer-fleet.c: who calls whom */
typedef struct FleetView {
    uint32_t others_as, others_role, others_block; /* assets that called into it before, this one left out */
    bool is_new_as;
} FleetView;
FleetView fleet_look(const Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far);
void fleet_teach(Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far);
int fleet_prevalence_bin(uint32_t others);
double fleet_prevalence_p(const Scorer *self, const Role *role, bool is_home, uint32_t others);
void fleet_teach_contact(Scorer *self, const ScoredAsset *asset, const Contact *contact);
double fleet_port_p(const Scorer *self, const Role *role, const Contact *contact);
double fleet_duration_p(const Scorer *self, const Role *role, const Contact *contact);

/* contact.c */
uint32_t contact_open(Scorer *self, uint32_t asset, uint32_t peer, const FlowRecord *flow);
void contact_add_flow(Scorer *self, Contact *contact, const FlowRecord *flow);
void contact_release(Scorer *self, uint32_t index);
void contact_close_window(Scorer *self, int64_t number);

void contact_teach(Scorer *self, Contact *contact); /* once */

/* story.c */
void story_contact(Scorer *self, Contact *contact, int64_t now_ms);
void story_volume(Scorer *self, uint32_t asset, double raw, const Finding *finding, double observed,
                  const BaselineBand *band, int64_t number);
/* Is an alert about a far end open for this asset? */
bool story_has_contact(const Scorer *self, uint32_t asset);
void story_expire(Scorer *self, int64_t now_ms);

/* scorer-close.c */
void scorer_close_until(Scorer *self, int64_t oldest_wanted);
