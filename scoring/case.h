/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * case.h - what a watch holds against an asset, or an asset and a far end, adding up over time
 *
 * A case is (watch, asset, far end or none, service or none). Each opinion of the watch adds its evidence to
 * the case's e-CUSUM (evidence.h), or replaces it where the same question is asked again. When a window
 * closes, cases that were touched in it are weighed: the strongest case about one asset and far end counts in
 * full, further ones of other watches with half of their stake kept back, for they look at the same
 * conversations; the sum, less the family's discount (budget.h), is compared with the threshold of the
 * budget, and what crosses it becomes an alert with every case as a contribution. What nobody touches for the
 * watch's memory fades away. Bounded: in a full table the least chance goes, and it is counted.
 */
#pragma once
#include "scoring/call.h"

typedef struct Watch Watch;

/* Stands where the protocol stands in a case that is about one aspect of an asset, and not about a service;
 * which aspect, says the number of the service. Alerts name neither. */
enum { CASE_ASPECT = 255 };
enum { CASE_NUMBERS = 8, CASE_FLOWS = 8, MOST_CASES = 1 << 16 };

typedef struct Case {
    uint32_t asset, watch; /* indices */
    IpAddress far;         /* zero: about the asset as a whole */
    IpAddress third;       /* whom the words name besides (a relay's other end, a new service's caller); zero:
                              nobody */
    uint16_t service;      /* of the latest opinion */
    uint8_t protocol;
    bool is_service; /* the case is about this service alone */
    bool is_owed;    /* its alert has not told all yet */
    float evidence;  /* decibans, before the discount */
    float
        overlap;  /* how much of it others who look at the same two say as well (that they are new, mostly) */
    float p;      /* the smallest since the evidence was last nil */
    float before; /* alerts that the watch had led about the asset before this one (case_named) */
    float peak;   /* the highest that the budget was told of (note_peak in case.c) */
    float numbers[CASE_NUMBERS];
    uint32_t n_opinions;
    int64_t first_ms, last_ms; /* flow time of the first and the latest opinion */
    int64_t window;            /* in which the latest opinion came; the oldest open one, plus one */
    int64_t alerted_until_ms;  /* it is part of an open alert until then; 0: never was */
    int64_t named_window;      /* in which the alert that it led opened; 0: it led none lately */
    int64_t forgiven_until_ms; /* a verdict has said that it is harmless */
    int64_t peak_ms;           /* when the budget was told; 0: never */
    uint32_t flows, n_flows;   /* chain in the pool of evidence */
    uint32_t path;             /* of the latest call, or NONE */
} Case;

typedef struct Opinion {
    const Watch *watch;
    uint32_t asset;
    const IpAddress *far;   /* NULL: about the asset as a whole */
    const IpAddress *third; /* NULL: nobody */
    uint16_t service;       /* with @protocol; 0: none */
    uint8_t protocol;
    bool is_service;  /* opinions about other services are another case */
    bool accumulates; /* the evidence is added; else it replaces what is there, if it is higher */
    bool is_noted;    /* its p-value, when it was asked for (pvalues.h) */
    double p, decibans;
    double overlap; /* how much of them another watch or a contact says as well; see case_support */
    double numbers[CASE_NUMBERS]; /* for the words */
    int64_t at_ms;                /* flow time; 0: that of the call */
    const Call *call;             /* evidence, and where the far end's place is taken from; NULL: none */
} Opinion;

void case_take(Scorer *self, const Opinion *opinion);
/* What an incident (Watch.is_incident) was about is over: should it come again, it is another one, with an
 * alert of its own. Nothing happens where there is no case. @far may be NULL. */
void case_finish(Scorer *self, const Watch *watch, uint32_t asset, const IpAddress *far, uint16_t service,
                 uint8_t protocol);
/* The case, or NULL. */
const Case *case_find(const Scorer *self, const Watch *watch, uint32_t asset, const IpAddress *far,
                      uint16_t service, uint8_t protocol);
/* Is it part of an open alert? Then it must not teach. @far may be NULL. */
bool case_is_alerted(const Scorer *self, const Watch *watch, uint32_t asset, const IpAddress *far);
/* A verdict: what is held against the asset and this far end, or (@far NULL) what the watch @kind holds
 * against the asset and the service of @port (0: any), is dropped, and nothing is held against them for
 * ninety days (Watch.is_incident: for a day).
 * @forgives false takes it back. */
void case_forgive(Scorer *self, uint32_t asset, const IpAddress *far, const char *kind, uint16_t port,
                  bool forgives);
/* The cases about this asset and far end (NULL: the asset as a whole) that have evidence; returns how many.
 */
uint32_t case_parts(const Scorer *self, uint32_t asset, const IpAddress *far,
                    const Case *parts[MOST_WATCHES]);
/* The case about its asset as a whole that its far end has caused (Watch.names_caller): who comes in by a new
 * door is told with the door. NULL: there is none. */
const Case *case_door(const Scorer *self, const Case *one);
/* Fetches where those stand, some steps before they are asked for. */
void case_fetch(const Scorer *self, uint32_t asset, const IpAddress *far);
/* Would it be an alert by itself, if the past could be believed already? */
bool case_would_alert(const Scorer *self, const Case *one);
/* Its evidence, with the watch's share of the stake and as far as the past may be believed yet; before the
 * discount. What was said more than a day ago, and is in no alert, counts as its support (below) alone. */
double case_decibans(const Scorer *self, const Case *one);
/* It has led to an alert of its own, in @window. */
void case_named(Scorer *self, Case *one, int64_t window);
/* Once a day. */
void case_close_day(ScoredAsset *asset);
/* What it adds to a stronger case about the same: what does not overlap, half of the stake kept back, after
 * the discount. */
double case_support(const Scorer *self, const Case *one);
/* What those add that ask how much was sent. */
double case_octets_support(const Scorer *self, uint32_t asset, const IpAddress *far);
/*
 * What all cases about this asset and far end add to what a contact says (@said, after the discount): the
 * support of each; or, if that comes to more, one of them speaks in full in the place of the contact, whose
 * question overlaps with its own. The larger of bets on the same is not told twice.
 */
typedef struct CaseShares {
    const Case *parts[MOST_WATCHES];
    double decibans[MOST_WATCHES], sum;
    uint32_t n;
} CaseShares;
CaseShares case_shares(const Scorer *self, uint32_t asset, const IpAddress *far, double said);
/* Weighs what was touched in the window; after the watches have been told of its close. */
void case_close_window(Scorer *self, int64_t number);

void cases_init(Scorer *self);
void cases_clear(Scorer *self);
void case_save(const Scorer *self, GByteArray *to);
bool case_restore(Scorer *self, Cursor *from);
