/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h - the frame for detectors that follow conversations: one file and one row in watch.c for each
 *
 * A watch is told of every conversation of every asset (call.h), once when it began, once an hour while it
 * lasts and once when it ended, and of every asset's and every window's close. Who called whom, whether there
 * was an answer and the like is asked for all watches at once: each states what a conversation must have
 * (`needs`), and hears of no other. What it finds odd it says (watch_says; case_take when a window closes,
 * case.h): who, with whom, a p-value, evidence in decibans, and up to eight numbers. Cases add up over time
 * and become alerts; only then is a watch asked for words.
 *
 * A watch keeps what it has learned in one plain struct and in up to five bounded tables, which the frame
 * makes, saves and restores; no pointers in them. Whatever is read from there after a restart may be wrong
 * and must be checked where it is used (an asset's index against n_assets). Nothing of it allocates or locks.
 *
 * Conversations come in blocks, each watch gets the whole block, in its order: what a watch looks up is
 * waited for much longer than it is worked on, so before each block it says what that will be (`wants`), and
 * it is fetched for all at once. Watches may be told on different threads while records go on (telling.h): of
 * a call they hear all at once, in no order, and of a scorer's they may read what stands still meanwhile;
 * what they find odd is taken when the block is over (watch_says). `asset`, `window` and the words are the
 * scoring thread's, one watch after the other.
 *
 * Statistical duty: evidence of one window is an e-value given what went before (evidence.h), so that
 * products of it are fair; a p-value asked over and over again about the same thing is replaced, not
 * multiplied (Opinion.accumulates). What belongs to an open alert must not be learned (case_is_alerted).
 */
#pragma once
#include "scoring/call.h"
#include "scoring/case.h"

enum { WATCH_ITEM_MOST = 256, WANTS_MOST = 3 };

/* What a block of calls will make a watch look up. */
typedef struct Wanted {
    uint64_t key;
    uint32_t table;
    bool is_made; /* when it is not there */
} Wanted;
typedef struct WantList {
    uint32_t n;
    Wanted items[TOLD_MOST * WANTS_MOST];
} WantList;

/* One too many is left out: it is a hint. */
static inline void
want_some(WantList *list, Wanted wanted)
{
    if (list->n < G_N_ELEMENTS(list->items))
        list->items[list->n++] = wanted;
}
static inline void
want(WantList *list, uint32_t table, uint64_t key)
{
    want_some(list, (Wanted){ key, table, true });
}
/* Likewise, of what is not made. */
static inline void
want_if_there(WantList *list, uint32_t table, uint64_t key)
{
    want_some(list, (Wanted){ key, table, false });
}

typedef struct WatchTableSize {
    size_t item;   /* octets of one item, up to WATCH_ITEM_MOST; 0: a set, keys and nothing more */
    size_t head;   /* octets that are zeroed when an item is new; 0: all. What is behind them may be anything
                      until the watch has written it: fewer cache lines for items that stay short */
    uint32_t most; /* items; 0: no table */
    bool is_per_pair; /* @most is a divisor of the configured max-pairs instead */
} WatchTableSize;

struct Watch {
    const char *name;   /* as in alerts; that of its row in detector.c */
    double memory_days; /* a case that nobody touched for so long begins anew; at least 1 */
    bool is_prior;      /* it tells prior odds, not a bet: added whole to what else is held, never leads */
    bool is_incident;   /* what comes again after it was over is another alert; a verdict is about that one */
    bool needs_no_past; /* what it holds does not rest on what was learned here: believed from the first hour
                         */
    bool names_caller; /* its cases are about the asset as a whole, and their third is who has called it: they
                          support what is held against the two (case_door) */
    bool is_pivot;     /* who has come in goes on like that: told with who has logged in just before */
    bool weighs_octets; /* it asks how much was sent, as the volume does: the two are told once */
    uint8_t needs; /* CALL_... that a conversation must have, all of them, or the watch does not hear of it */
    size_t note;   /* octets of what is left to `settle` */
    size_t plain;  /* octets of the plain struct */
    size_t per_asset; /* octets kept for each asset, by its index; see watch_of_asset */
    WatchTableSize tables[WATCH_TABLES];
    /* Each may be NULL. @state: this watch's own. */
    /* Lists what one of the next three will look up first, at most WANTS_MOST for a call. A hint that changes
     * no result. */
    void (*wants)(const Scorer *scorer, const WatchState *state, const Call *call, WantList *list);
    /* One that is both `began` and `ended` is called once for what is told as both. */
    void (*began)(const Scorer *scorer, WatchState *state, const Call *call);
    void (*lasts)(const Scorer *scorer, WatchState *state, const Call *call); /* once an hour, sums so far */
    void (*ended)(const Scorer *scorer, WatchState *state, const Call *call);
    /* Fetches what `settle` will look up for a note, before the first one is settled: what it needs for all,
     * then (@step 1) what is found by that. */
    void (*foresee)(const Scorer *scorer, const WatchState *state, const void *note, int step);
    /* The block is over: what was left (watch_leaves), one by one. It may look at the scorer's tables. */
    void (*settle)(const Scorer *scorer, WatchState *state, const void *note);
    /* An asset's window has closed, before its sums are cleared. Only assets that were seen in the last day.
     */
    void (*asset)(Scorer *scorer, WatchState *state, uint32_t asset, const WindowSums *sums, int64_t number);
    /* The window has closed; after all of the above, before exporters' and interfaces' sums are cleared. */
    void (*window)(Scorer *scorer, WatchState *state, int64_t number);
    /* A sentence with the numbers; why this is odd. */
    void (*explain)(const Scorer *scorer, const Case *one, char *out, size_t room);
    /* Half a sentence: what would have made it dull ("a fourth host that answers"). */
    void (*instead)(const Scorer *scorer, const Case *one, char *out, size_t room);
};

extern const Watch *const watches[];
extern const uint32_t n_watches;
/* Its position in the row. */
uint32_t watch_index(const Watch *watch);

void watches_init(Scorer *self);
void watches_clear(Scorer *self);
/* Takes what the watch in that position has said and left. */
void watch_settle(Scorer *self, uint32_t index);
void watches_asset(Scorer *self, uint32_t asset, const WindowSums *sums, int64_t number);
void watches_window(Scorer *self, int64_t number);
/* Changes with the size of anything that a watch keeps. */
uint32_t watches_layout(void);
void watches_save(const Scorer *self, GByteArray *to);
bool watches_restore(Scorer *self, Cursor *from);

/* An opinion about a call that is being told of, for when the block is over; copied, but for its call. */
typedef struct WatchSaid {
    Opinion opinion;
    IpAddress far, third;
} WatchSaid;
void watch_says(WatchState *state, const Opinion *opinion);
/* Copies a note for `settle`, which may point to the call: that is kept until then. */
void watch_leaves(WatchState *state, const void *note);
/* How much of an item is written when it is new. */
static inline size_t
watch_table_head(const WatchTableSize *size)
{
    return size->head > 0 ? size->head : size->item;
}

/*
 * An item of table @which for @key (made with watch_key), zeroed (its head, see above) when new; made when it
 * is not there.
 * @chance: how long it stays when the table is full (keyed.h). *@is_new may be NULL.
 */
void *watch_item(WatchState *state, int which, const Watch *watch, uint64_t key, uint8_t chance,
                 bool *is_new);
/* Puts @key into a set; true: it was not there. */
bool watch_add(WatchState *state, int which, uint64_t key, uint8_t chance);
/* Notes with a set that what @key says was glimpsed (call_is_glimpse). True, once a day: on an earlier day as
 * well. */
bool watch_glimpsed_again(const Scorer *scorer, WatchState *state, int which, uint64_t key, const Call *call);
/* NULL: not there. */
void *watch_find(const WatchState *state, int which, const Watch *watch, uint64_t key);
/* What is kept of an asset; zeroed when it is new. */
void *watch_of_asset(const WatchState *state, const Watch *watch, uint32_t asset);
/* Calls in a row that the asset made by the clock there, as far as watch-beacon.c has found; 0: none. */
uint32_t beacon_beats(const Scorer *scorer, uint32_t asset, const IpAddress *far, uint16_t service,
                      uint8_t protocol);
/* Half a sentence: who, but for whom the case names already, logged in from a home line that was unknown
 * there, to whichever asset, in the half hour before it; as far as watch-home-login.c has found. Empty:
 * nobody. */
void home_login_words(const Scorer *scorer, const Case *one, char *out, size_t room);
/* A key of three numbers and, where there is one, an address. */
uint64_t watch_key(const Scorer *scorer, uint32_t a, uint32_t b, uint32_t c, const IpAddress *address);

/* The watches' rows; one file each. */
extern const Watch watch_admin_edge;
extern const Watch watch_awakened;
extern const Watch watch_beacon;
extern const Watch watch_fast_beacon;
extern const Watch watch_home_login;
extern const Watch watch_listed;
extern const Watch watch_new_service;
extern const Watch watch_relay;
extern const Watch watch_router_endpoint;
extern const Watch watch_scan;
extern const Watch watch_spray;
extern const Watch watch_standing;
extern const Watch watch_tunnel;
extern const Watch watch_flood;
extern const Watch watch_volume_in;
extern const Watch watch_fan_in;
extern const Watch watch_fan_out;
extern const Watch watch_ratio;
extern const Watch watch_slow_exfiltration;
extern const Watch watch_hoarding;
extern const Watch watch_egress_change;
extern const Watch watch_exporter_change;
