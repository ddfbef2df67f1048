/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-internal.h - the structs of the scoring thread, shared by scorer*.c, detector*.c and their kin
 *
 * Everything is an array with a fixed number of slots, found through a KeyTable, and referred to by slot
 * number, so that it can be saved as it is and bounded by configuration. Assets stand in the order of their
 * first appearance; every loop goes in that order, which makes the output independent of the hash seed.
 */
#pragma once
#include "collector/base/cursor.h"
#include "scoring/baseline.h"
#include "scoring/budget.h"
#include "scoring/calibrate.h"
#include "scoring/direction.h"
#include "scoring/flowclock.h"
#include "scoring/keyed.h"
#include "scoring/list.h"
#include "scoring/novelty.h"
#include "scoring/scorer.h"
#include "scoring/window.h"

enum {
    NONE = 0xffffffffu,
    MOST_ROLES = 64,
    MOST_CONTACTS = 65536,
    MOST_EVIDENCE = 32768, /* evidence flows kept, over all contacts */
    MOST_STORIES = 1024,
    PATHS_SHARE = 64, /* new ones of one asset in a window; further ones displace nobody else's */
    MOST_INTERFACES = 16384,
    MOST_EXPORTERS = 16384,
    MOST_RECENT = 2048, /* assets whose last windows are kept for the API */
    RECENT_WINDOWS = 288,
    WAYS = 4,
    ROLE_PORTS = 64,
    DURATION_BINS = 14, /* powers of two of a window */
    PREVALENCE_BINS = 5,
    MOST_LARGE = 2048, /* large flows kept as evidence for volumes */
};

/* What an asset did in one open window; one cache line. */
typedef struct WindowSums {
    double octets_in, octets_out;
    float packets_in, packets_out;
    float variance_out; /* of octets_out, from sampling */
    uint32_t flows_in, flows_out, new_peers;
    uint64_t exporters; /* one bit per exporter, by index modulo 64 */
} __attribute__((aligned(64))) WindowSums;

typedef struct RecentWindow {
    int64_t number;
    float octets_out, octets_in, flows, score, low, high;
} RecentWindow;

/* Why an asset's volume is not learned: an alert is open about it; an operator has called one an attack. */
enum { QUARANTINE_STORY = 1, QUARANTINE_TOLD };

/* What every record touches comes first, in cache lines of its own: line 0, the open windows, the services.
 */
typedef struct ScoredAsset {
    IpAddress address;
    int64_t last_ms;
    uint64_t exporters; /* exporters that usually see it */
    uint32_t n_peers;
    float octets_rate; /* octets a window, fading: for the busiest */
    uint16_t role;
    uint16_t new_paths; /* since the last close of a window */
    bool in_series, pinned;
    bool is_exporter;              /* an exporter has this address */
    bool is_router;                /* it has spoken with another asset by a protocol of routers */
    uint8_t quarantine;            /* QUARANTINE_...; 0: none */
    uint8_t seems;                 /* what it looked like an hour ago; see scorer-role.c */
    float calls_made, calls_taken; /* answered conversations, fading over days */
    uint32_t ways_out[WAYS];       /* hashes of the last ones used, known to be in the table of paths */
    /* What the window's close begins with. */
    float score;                         /* of the last closed window, decibans */
    float volume_evidence;               /* e-CUSUM, decibans, before the discount */
    uint32_t home_new, as_new, peer_new; /* in the window being closed */
    float home_evidence, as_evidence;    /* e-CUSUMs of new contacts */
    int64_t home_last, as_last;          /* windows of the last ones that counted */
    uint32_t contacts_today;             /* that have been taught (contact_teach) */
    uint32_t hour;                       /* number of the hour of @hour_e */
    WindowSums open[WINDOWS_OPEN];
    ServicePort services[SERVICE_PORTS];
    /* the rest is for the window's close */
    const AssetEntry *entry; /* borrowed from the inventory; NULL: not in it */
    int64_t first_ms;
    int64_t born_window;                 /* first seen somewhere in it: it does not teach */
    uint32_t recent;                     /* block of recent windows, or NONE */
    float hour_e;                        /* sum of the e-values of this hour so far */
    float hour_p;                        /* smallest p-value since there was no evidence */
    uint16_t hour_windows;               /* how many e-values */
    uint8_t home_lasted[DURATION_BINS];  /* new contacts with home lines, seen in so many windows; fading */
    float level;                         /* fading mean of the residuals */
    float level_products, level_squares; /* how far it foretells the next one */
    float rise;             /* by how much its like send more than usual, log scale, fading mean of an hour */
    float peak[N_FAMILIES]; /* of each family, today's highest, before the discount */
    float told[BUDGET_WATCHES]; /* alerts that a watch has led; half as many after a fortnight */
    NoveltyCount novelty;
    OwnSketch residuals[2];    /* in hours that are usually quiet, and in busy ones */
    float excess;              /* how much more than 1 the windows' e-values have been worth on average */
    float worth, others_worth; /* what they are worth this hour, fading mean; likewise those of its like */
    float volume_doubt;        /* of the evidence, decibans that the like and the spell explain */
    uint32_t carrier;          /* contact that was sent most of @spell_excess, or NONE */
    int64_t spell_since;       /* window in which the evidence began to add up */
    float spell_excess;        /* octets sent since, over what was to be expected */
    Baseline octets_out;
} ScoredAsset;
/* There may be a million of them: with what the watches keep of each (watch.h), that is 3.5 KB. */
G_STATIC_ASSERT(sizeof(ScoredAsset) <= 31 * 64);

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
    Share duration[2][DURATION_BINS]; /* by home or not: seen in so many windows */
    PortTable ports[2];               /* of new contacts, by home or not */
    ResidualSketch residuals[2];      /* like an asset's */
    float excess[2];
    float spell_excess; /* likewise, of windows after hours that were odd */
} Role;

/* @flags. CALLS_US: by other ports than its own. The services that the peer, or the asset to it, has
 * answered: PEER_ANSWERED << their places. */
enum { PEER_CALLED = 1, PEER_CALLS_US = 2, PEER_KNOWN = 4, PEER_HOME = 8, PEER_ANSWERED = 16 };
enum { CHANCE_ALERTED = 200 }; /* of a peer in an alert: a scan must not push it out */
/* One cache line. */
typedef struct Peer {
    IpAddress address;
    uint32_t asset;
    uint32_t contact; /* being watched, or NONE */
    uint32_t first_s, last_s;
    uint32_t flows, asn;
    float octets_out, octets_in;
    uint16_t services[4];
    uint8_t flags;
    uint8_t access : 5;
    uint8_t longest : 2, is_udp : 1; /* watch-standing.c: how long a conversation went on; one was by UDP */
    uint16_t slept_hours;            /* how long it had been silent when its latest conversation began */
    uint32_t woke_s; /* when a silence of a week or more ended last (watch-awakened.c); 0: never */
} Peer;
G_STATIC_ASSERT(sizeof(Peer) == 64);

/*
 * One cache line. The table holds two kinds: an asset's ways to a network (all of the key), and its ways out
 * (exporter, interface and next hop alone), which tell when a way was first used whatever lay behind it.
 */
typedef struct PathUse {
    IpAddress next_hop;
    uint32_t asset;
    uint32_t exporter, out_if, next_as, asn;
    uint32_t first_s, last_s;
    uint32_t flows;
    double octets;
    uint8_t access, initiated;
    bool is_egress; /* of the second kind: nothing but @first_s is kept of it */
    uint8_t spare[5];
} PathUse;
G_STATIC_ASSERT(sizeof(PathUse) == 64);

/* An asset calls into an AS or block: exact distinct counts without a sketch. */
typedef struct Affinity {
    uint32_t asset, group;
    uint32_t last_s, contacts;
} Affinity;
/* How many assets call into an AS, or a block of addresses; once for all, once for each role. */
typedef struct FleetGroup {
    uint32_t assets, contacts;
} FleetGroup;

enum {
    CONVERSATION_PEER_LOW = 1, /* @peer is that of the low side: the low side is the asset */
    CONVERSATION_OPEN = 2,     /* stands in the ledger (call.h) */
    CONVERSATION_TOLD = 4,     /* that it began */
    CONVERSATION_RESET = 8,    /* a TCP RST was seen */
    CONVERSATION_ENDED = 16,   /* a TCP FIN was seen */
    CONVERSATION_AGAIN = 32,   /* the same ports spoke within the hour before it began */
    CONVERSATION_SAMPLED = 64, /* a record of it was sampled */
    CONVERSATION_AMPLE = 128,  /* so many of its packets were seen that they are no handshake */
};
/* Both directions of one 5-tuple; [0] is from the low side, which is the one with the lower hash. One cache
 * line: times are milliseconds after the beginning, and counts stop at their largest value. */
typedef struct Conversation {
    int64_t begin_ms;                       /* first packet of either half */
    uint32_t first_after[2], last_after[2]; /* each half's first and last packet; first NONE: not seen */
    float octets[2];                        /* scaled by sampling */
    uint32_t contact;
    uint32_t path; /* of the latest record from an asset */
    uint32_t peer; /* slot of that of the asset that was found first, or NONE */
    uint32_t peer_tag : 24,
        last_window : 8; /* whether it still stands there; low bits of a window's number */
    uint16_t exporter[2];
    uint16_t port[2];
    uint16_t packets[2]; /* scaled */
    uint8_t slices, bits, flags, protocol;
} __attribute__((aligned(64))) Conversation;
G_STATIC_ASSERT(sizeof(Conversation) == 64);
/* 0: that half was not seen. */
static inline int64_t
conversation_first_ms(const Conversation *self, int side)
{
    return self->first_after[side] == NONE ? 0 : self->begin_ms + self->first_after[side];
}
static inline int64_t
conversation_last_ms(const Conversation *self, int side)
{
    return self->first_after[side] == NONE ? 0 : self->begin_ms + self->last_after[side];
}
static inline int64_t
conversation_end_ms(const Conversation *self)
{
    return MAX(conversation_last_ms(self, 0), conversation_last_ms(self, 1));
}

/* A finding of one detector about one thing; see detector.h. */
typedef struct Finding {
    float p, decibans;
    bool has;
} Finding;
enum { MOST_DETECTORS = 40 };

typedef enum ContactState { CONTACT_FREE = 0, CONTACT_PENDING, CONTACT_LIVE, CONTACT_DROPPED } ContactState;
/* A first call of an asset to a far end, from its first record until it has been quiet for long. */
/* That the asset sent too much while most of it went to a contact's far end; see contact_carries. */
typedef struct Carried {
    float decibans; /* what the volume says by itself, less doubt; 0: nothing */
    float p, observed, expected, low, high;
} Carried;

typedef struct Contact {
    /* In one cache line what each window's close asks of each contact: there may be tens of thousands. */
    uint8_t state, initiator, certainty, protocol;
    bool is_home, is_judged, is_taught;
    bool is_early; /* on the asset's first day, when all is new that was always there: tells nothing of new
                      contacts */
    bool counts;   /* among the durations of its role: one of the asset's first ones today */
    uint8_t duration_bin;
    uint16_t service; /* port at the far end */
    uint32_t asset, peer, path, story;
    uint32_t active_windows, flows, asn;
    int64_t opened_window, last_window;
    double octets_out;

    double octets_in;
    int64_t first_ms, last_ms;
    uint32_t evidence, n_evidence; /* ring of evidence flows */
    uint32_t next_free;
    uint8_t access, anonymity, confidence;
    bool is_new_as, is_new_egress, knows_egress;
    uint32_t others_as, others_role, others_block; /* assets that called there before */
    float score;                                   /* before the discount */
    float support; /* what the volume and cases (case.h) about the same far end add */
    Carried carried;
    double own_home, own_as, own_days, p_home, p_as; /* as they were at the first contact, for the reasons */
    double lead_home, lead_as;                       /* decibans */
    Finding findings[MOST_DETECTORS];
    FlowRecord first;
} __attribute__((aligned(64))) Contact;
G_STATIC_ASSERT(offsetof(Contact, octets_in) == 64);

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
    uint16_t service; /* of a case about a service alone */
    bool in_use, taught;
    bool is_counted; /* among the alerts that the budget knows of */
    float volume;    /* decibans of what the asset sends too much, as far as it is told here; 0: not */
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
    double rate;                     /* records a window, fading */
    uint32_t sampling[WINDOWS_OPEN]; /* of the latest record */
    uint32_t outside[WINDOWS_OPEN];  /* records of which an end is not ours */
    uint32_t fields[WINDOWS_OPEN];   /* one bit for each kind of field that a record had; scorer-traffic.c */
    int64_t last_window;
    bool is_seen;
} ExporterUse;

typedef struct ScorerCounters {
    uint64_t records, scored, events, no_asset, late, future, duplicates, slices, odd_times, no_address;
    uint64_t assets_refused, contacts, contacts_dropped, contacts_refused, direction_unknown,
        evidence_refused;
    uint64_t calls, calls_forgotten, cases_evicted;
    uint64_t peers_evicted, paths_evicted, windows_closed, alerts_opened, interfaces_refused, stories_refused;
} ScorerCounters;

/* What a watch (watch.h) has learned, and what it has left to be done when a block is over (telling.h). */
enum { MOST_WATCHES = BUDGET_WATCHES, WATCH_TABLES = 5 };
typedef struct WatchState {
    void *plain, *assets;
    KeyTable keys[WATCH_TABLES];
    void *items[WATCH_TABLES];
    GArray *said, *notes; /* no part of the state: empty whenever that is saved */
} WatchState;
/* What time it is for watches and cases: that of the flow clock when the latest block was handed to them, or
 * when the window that is being closed was. */
typedef struct Moment {
    int64_t now_ms, first_ms;
} Moment;
struct Case;

/* Of the ledger: a conversation's slot, and the flow time before which there is nothing to tell of it. */
typedef struct Due {
    uint32_t slot, at_s;
} Due;

/* A record of the block in work: its keys, and where they stood when the block was prepared. */
typedef struct Work {
    uint64_t address[2], asset_key[2], peer_key[2]; /* hashes; [0] of the source, [1] of the destination */
    uint64_t conversation_key;
    uint64_t path_key;                              /* of the source; 0: the conversation's will do */
    uint64_t egress_key;                            /* of a new path, where its way out has to be looked up */
    uint32_t conversation, asset[2], peer[2], path; /* slots, assets: index; NONE: not there yet */
    bool from_low, is_ours[2];
} Work;
/* Records that are prepared together: enough to wait for memory but once, and few enough that little of what
 * was fetched has left the first-level cache when its turn comes. */
enum { BLOCK = 96 };
enum { PARTED = 256 };

/* The interfaces seen last, found without hashing. */
enum { INTERFACE_MEMOS = 64 };
typedef struct InterfaceMemo {
    uint32_t exporter, if_index;
    uint32_t index; /* + 1; 0: empty */
} InterfaceMemo;

struct Scorer {
    ScoringConf conf;
    const AssetTable *inventory;
    const PlaceTable *places;
    const ListTable *lists; /* NULL: none */
    ScorerSink sink;
    ExporterAddress exporter_address;
    void *exporter_user;

    Moment moment;
    WindowGrid grid;
    int64_t born_window; /* the first one, heard in part */
    double windows_per_day;
    int64_t day; /* number of the flow day */
    Budget budget;
    SuppressionSet *suppressions; /* owned; NULL: none; no part of the state */
    uint64_t lossy[WINDOWS_OPEN]; /* exporters that lost data, one bit each */
    uint64_t ailing;              /* exporters that are silent or thin (watch-exporter.c) */
    uint64_t untaught; /* exporters whose assets teach nothing in the window that is being closed */

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
    uint32_t n_contacts, used_contacts, free_contact;
    Evidence *evidence;
    uint32_t free_evidence, n_evidence;
    Story **stories;
    uint32_t n_stories;
    FlowRecord *large;    /* ring */
    RecentWindow *recent; /* blocks of RECENT_WINDOWS */
    uint32_t n_recent;

    Due *ledger; /* conversations that go on, in the order of arrival; see call.h */
    uint32_t ledger_room;
    Conversation *parted;    /* whose places were needed, and who are still to be told of */
    struct Telling *telling; /* calls for the watches (telling.h) */
    WatchState watch_states[MOST_WATCHES];
    KeyTable case_keys;
    struct Case *cases;
    uint32_t *touched; /* slots of cases with an opinion in this window */
    uint32_t n_touched;

    PValues *pvalues; /* NULL: nobody wants to know; no part of the state */
    Work *work;       /* of a block */

    uint8_t apart[64]; /* what each record writes: not in one cache line with what helpers read (telling.h) */
    FlowClock clock;
    uint32_t heard_exporter; /* whose header time was looked at last, and was good */
    int64_t heard_ms;
    ScorerCounters counters;
    uint32_t next_large;
    uint32_t n_ledger;
    uint32_t ledger_at, ledger_kept; /* how far the sweep has come, and how many before there stay */
    uint32_t since_step;             /* records */
    uint32_t n_parted;
    InterfaceMemo memos[INTERFACE_MEMOS];
};

static inline uint32_t
seconds_of(int64_t ms)
{
    return ms <= 0 ? 0 : (uint32_t)(ms / 1000);
}

/* scorer.c */
void scorer_reset(Scorer *self); /* forgets all that was learned */

/* scorer-asset.c */
/* What all keys with an address in them begin with. */
static inline uint64_t
scorer_address_hash(const Scorer *self, const IpAddress *address)
{
    uint64_t words[2];

    __builtin_memcpy(words, address, sizeof words);
    return keyed_mix(words[0], words[1], self->conf.hash_seed);
}
static inline uint64_t
scorer_asset_key(const Scorer *self, const IpAddress *address)
{
    return keyed_key(scorer_address_hash(self, address));
}
uint32_t scorer_asset(Scorer *self, const IpAddress *address, int64_t now_ms); /* makes it; NONE when full */
uint32_t scorer_find_asset(const Scorer *self, const IpAddress *address);
double scorer_maturity(const Scorer *self, const ScoredAsset *asset);
uint32_t scorer_role(Scorer *self, const char *name);
void scorer_assets_room(Scorer *self, uint32_t n); /* for so many at least */

/* scorer-role.c */
void scorer_learn_roles(Scorer *self); /* once an hour */
/* Does its role come from behaviour, and not from the inventory? */
bool scorer_role_is_learned(const Scorer *self, const ScoredAsset *asset);

/* scorer-traffic.c: exporters and their interfaces */
void scorer_add_traffic(Scorer *self, const FlowRecord *flow, bool is_inside, int64_t number);
void scorer_take_loss(Scorer *self, const FlowLoss *loss);

/* scorer-conversation.c: both directions of one 5-tuple, over all its slices, whoever tells of them */
/* Fills the key, from the hashes of the addresses. */
void scorer_conversation_key(const Scorer *self, const FlowRecord *flow, Work *work);
/* Adds a record. *@is_new: it is the first of its conversation; true when it is a duplicate. */
bool scorer_conversation_add(Scorer *self, const Work *work, const FlowRecord *flow, Conversation **talk,
                             bool *is_new);

/* scorer-peer.c */
/* @far: scorer_address_hash of the far end. */
static inline uint64_t
scorer_peer_key(const Scorer *self, uint32_t asset, uint64_t far)
{
    return keyed_key(keyed_mix(far, asset, self->conf.hash_seed));
}
/* Of a key: tells the peers that may stand in one slot apart, but for one in 16 million. */
static inline uint32_t
scorer_peer_tag(uint64_t key)
{
    return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40); /* multiplicative hashing: Knuth, TAOCP 3, 6.4 */
}
/* Is it this one, that once was in @slot (NONE: it was not)? */
bool scorer_is_peer(const Scorer *self, uint32_t slot, uint32_t asset, const IpAddress *far);
/* Makes it when it is new. @key: scorer_peer_key; @hint: where it was a moment ago, or NONE. */
uint32_t scorer_peer(Scorer *self, uint32_t asset, const IpAddress *far, uint64_t key, uint32_t hint,
                     int64_t now_ms, bool *is_new);
uint32_t scorer_find_peer(const Scorer *self, uint32_t asset, const IpAddress *far);
/* The asset's next peer at or behind @slot; NONE: no more. Reads the whole table: not for each record. */
uint32_t scorer_next_peer(const Scorer *self, uint32_t asset, uint32_t slot);
bool scorer_is_home(const Place *place);

/* scorer-path.c: by which ways an asset's traffic leaves */
typedef struct PathKey {
    IpAddress next_hop;
    uint32_t asset, exporter, out_if, next_as, asn, access;
} PathKey;
/* The way of @flow, which leaves @asset for a far end in @asn and of class @access. */
static inline PathKey
scorer_path_key(uint32_t asset, const FlowRecord *flow, uint32_t asn, uint8_t access)
{
    return (PathKey){ .next_hop = flow->next_hop,
                      .asset = asset,
                      .exporter = flow->exporter,
                      .out_if = flow->out_if,
                      .next_as = flow->dst_as,
                      .asn = asn != 0 ? asn : flow->dst_as,
                      .access = access };
}
static inline uint64_t
scorer_path_hash(const Scorer *self, const PathKey *key)
{
    uint64_t seed = self->conf.hash_seed, hash = scorer_address_hash(self, &key->next_hop);

    hash = keyed_mix(hash ^ ((uint64_t)key->exporter << 32 | key->out_if),
                     (uint64_t)key->asset << 32 | key->next_as, seed);
    return keyed_key(keyed_mix(hash, (uint64_t)key->access << 32 | key->asn, seed));
}
/* Is it this one? Most records leave by the same way as the one before of their conversation. */
bool scorer_is_path(const Scorer *self, uint32_t slot, const PathKey *key);
/* Finds or makes it. @hint: the path of the record before, or NONE. */
uint32_t scorer_path(Scorer *self, const PathKey *key, const FlowRecord *flow, uint32_t hint);
/* The key of @flow's way out, if it is none of the last ones that the asset used; else 0. */
uint64_t scorer_new_egress_key(const Scorer *self, uint32_t asset, const FlowRecord *flow);
/* A hash of exporter, interface and next hop, whoever's path it is; never 0. */
uint32_t scorer_way(const Scorer *self, const PathUse *path);
/* When the asset first left by the exporter, interface and next hop of this path; 0: not known. */
uint32_t scorer_egress_first_s(const Scorer *self, const PathUse *path);
/* Fetches what the last one will look up: the line with the key, and when that has come (@has_key) what is
 * behind it; @path may be NULL. */
void scorer_egress_fetch(const Scorer *self, const PathUse *path, bool has_key);
/* Like scorer_next_peer, for paths to networks. */
uint32_t scorer_next_path(const Scorer *self, uint32_t asset, uint32_t slot);

/* scorer-fleet.c: who calls whom */
typedef struct FleetView {
    uint32_t others_as, others_role, others_block; /* assets that called into it before, this one left out */
    bool is_new_as;
} FleetView;
/* Fetches the cache lines in which the next two will look: those with the keys, and when these have come
 * (@has_keys) those behind them. */
void fleet_fetch(const Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far, bool has_keys);
FleetView fleet_look(const Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far);
void fleet_teach(Scorer *self, uint32_t asset, uint32_t asn, const IpAddress *far);
int fleet_prevalence_bin(uint32_t others);
/* Of new contacts, the share that met as few others as those of @bin or fewer. */
double fleet_prevalence_share(const Scorer *self, const Role *role, bool is_home, int bin);
void fleet_teach_contact(Scorer *self, ScoredAsset *asset, const Contact *contact);
/* A contact that was taught has come to its @duration_bin. */
void fleet_lasts(Scorer *self, const Contact *contact);
double fleet_port_p(const Scorer *self, const Role *role, const Contact *contact);
double fleet_duration_p(const Scorer *self, const Role *role, const Contact *contact);

/* contact.c */
/* The path of its first record out; NULL: not known, or forgotten since. */
static inline const PathUse *
contact_path(const Scorer *self, const Contact *contact)
{
    const PathUse *path = contact->path == NONE ? NULL : &self->paths[contact->path];

    return path != NULL && path->asset == contact->asset && !path->is_egress ? path : NULL;
}
/* Is there a place for a contact with @peer? The last eighth of them is kept for home lines. */
bool contact_has_room(const Scorer *self, const Peer *peer);
uint32_t contact_open(Scorer *self, uint32_t asset, uint32_t peer, const FlowRecord *flow);
void contact_add_flow(Scorer *self, Contact *contact, const FlowRecord *flow);
void contact_release(Scorer *self, uint32_t index);
void contact_close_window(Scorer *self, int64_t number);
/* The contact to whose far end the half and more of what the asset sends too much goes; NULL: none. To be
 * asked when the window's contacts have been closed. */
Contact *contact_carrier(const Scorer *self, const ScoredAsset *asset);
/* @contact carries what the asset sends too much: the volume is part of its story. True: it is told there. */
bool contact_carries(Scorer *self, Contact *contact, const Carried *carried, int64_t number);
/* What the volume adds to what the contact says by itself (@said, after the discount): half of the stake kept
 * back; or in full, in the contact's place, where that comes to more; less what cases say of the same octets.
 */
double contact_volume_share(const Scorer *self, const Contact *contact, double said);

void contact_teach(Scorer *self, Contact *contact); /* once */
/* The pool of evidence: a piece (NONE: none left), and a chain of them back. */
uint32_t scorer_take_evidence(Scorer *self);
void scorer_free_evidence(Scorer *self, uint32_t chain);

/* story.c */
void story_contact(Scorer *self, Contact *contact, int64_t now_ms);
void story_volume(Scorer *self, uint32_t asset, double raw, const Finding *finding, double observed,
                  const BaselineBand *band, int64_t number);
/* True: there is more to tell than was told last, and it was told too lately. */
bool story_case(Scorer *self, struct Case *lead, double shown, int64_t now_ms);
/* The volume of the contact's asset belongs to its story. */
void story_takes_volume(Scorer *self, const Contact *contact, int64_t now_ms);
/* What the asset's volume says, as far as the story of a contact tells of it; decibans. */
double story_volume_taken(const Scorer *self, uint32_t asset);
/* Is an alert about a far end open for this asset, but for suppressed ones? */
bool story_has_contact(const Scorer *self, uint32_t asset);
void story_expire(Scorer *self, int64_t now_ms);

/* scorer-state.c, for the watches and cases: the used slots of a table, and back */
void scorer_put_table(GByteArray *to, const KeyTable *keys, const void *items, size_t size);
bool scorer_take_table(Cursor *from, KeyTable *keys, void *items, size_t size);

/* scorer-triage.c */
/* Suppressed, or a true positive: it neither teaches nor counts towards the budget. */
bool story_is_aside(const Story *story);
bool triage_contact_is_aside(const Scorer *self, const Contact *contact);
bool triage_volume_is_aside(const Scorer *self, uint32_t asset);
/* @raw: its decibans before the discount. */
bool triage_case_is_aside(const Scorer *self, const struct Case *one, double raw);
/* Lets the rules say whether the story is suppressed; true when that has changed. */
bool triage_mark(Scorer *self, Story *story);
/* The far end of a contact that is over is as new as before it. */
void contact_forget(Scorer *self, Contact *contact);

/* scorer-close.c */
void scorer_close_until(Scorer *self, int64_t oldest_wanted);
