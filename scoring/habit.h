/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * habit.h - what an asset keeps up with a far network, and how odd it is that it takes it up; for watches
 *
 * A beacon, a tunnel and a log-in from home have in common that most of what looks like them is harmless:
 * push services, telemetry, polls, staff at home. What looks like one is called a habit here, of an asset
 * with a far network (its AS, and in it the block, /24 or /48). Two questions make it odd or dull, and no
 * list does:
 *  - how often do this asset and its role take up such a habit with a network, or with another block of a
 *    known one (gamma-Poisson, rate.h)? What was there in the asset's first two days is not new; it is asked
 *    the other question only, so that who was there before us can be seen all the same;
 *  - how many others keep it up with the same network, and what share of all such habits is kept up with so
 *    few (a ladder)? Sharing is what tells a service from a secret (prevalence, as RITA and others use it).
 * To take up what several others have, or seem about to have (a program is rolled out, a service moves: whose
 * habit is found first is an accident), is counted apart: it is common, and must not make common what nobody
 * else does.
 * Given the first the second is a further question, so their e-values multiply. That two are new to each
 * other is asked by contacts and by other watches as well, so the first is what overlaps (Opinion.overlap).
 *
 * A ladder is such a share for any graded feature: steps 0, the rarest, to 7. One asset teaches at most four
 * times a day. Bounded by the watch's tables; scoring thread.
 */
#pragma once
#include "scoring/rate.h"
#include "scoring/watch.h"

enum { LADDER_STEPS = 8, HABIT_BORN_DAYS = 2, HABIT_VARIANTS = 2, HABIT_SHARED = 3 };
typedef struct Ladder {
    Share role[MOST_ROLES][LADDER_STEPS], fleet[LADDER_STEPS];
} Ladder;
/* The share of the role's that stood on @step or a lower one. */
double ladder_p(const Ladder *self, const Scorer *scorer, uint32_t asset, int step);
/*
 * With half of this step alone. Steps are few, and a bet on the p-value of a whole step wins less than it
 * may: by a calibrator that is convex, as all of evidence.h are, the mid-p is worth no more on average than
 * the p-values between the steps, which is 1 (Jensen).
 */
double ladder_mid_p(const Ladder *self, const Scorer *scorer, uint32_t asset, int step);
void ladder_teach(Ladder *self, const Scorer *scorer, uint32_t asset, int step);
/* One that was taught to stand on the last step goes down to @step, one by one: for what grows with time. */
void ladder_descend(Ladder *self, const Scorer *scorer, uint32_t asset, int step);

/* How odd it is that so few others have something to do with a far network, by a ladder of such counts. */
typedef struct CrowdView {
    int step;
    double p, mid_p; /* of this step or a lower one; and with the half of this one alone, for steps are few */
    double decibans;
} CrowdView;
CrowdView crowd_look(const Ladder *self, const Scorer *scorer, uint32_t asset, uint32_t others_as,
                     uint32_t others_block);

typedef enum HabitNews { HABIT_NEW_NETWORK = 0, HABIT_NEW_BLOCK, HABIT_KNOWN } HabitNews;
/* In the watch's plain struct. */
typedef struct Habits {
    RatePools pools[HABIT_VARIANTS][2][2]; /* by HabitNews, and by whether it is shared */
    Ladder crowd;
} Habits;
/* In a table of the watch. */
typedef struct HabitItem {
    float events[HABIT_VARIANTS][2][2]; /* of an asset, as in Habits */
    uint32_t assets;                    /* of a network: how many */
    uint32_t blocks;                    /* of an asset: how many it was remembered with */
    uint16_t day;                       /* of an asset: when it taught last */
    uint16_t taught;                    /* and how often on that day */
} HabitItem;

/* Whose: every call needs them. */
typedef struct HabitBook {
    const Scorer *scorer;
    WatchState *state;
    const Watch *watch;
    int table;
    Habits *habits;
    uint32_t variant; /* below HABIT_VARIANTS: kinds that are counted apart, as one is much more common */
    uint32_t of;      /* protocol << 16 | port: the habits of a service by itself; 0: those of the asset */
    uint32_t callers; /* others that seem to begin the same there; 0 where the watch does not know */
} HabitBook;

typedef struct HabitView {
    HabitNews news;
    bool is_born;                     /* it was there in the asset's first days */
    bool is_shared;                   /* HABIT_SHARED others have it with the block, or begin to */
    double own, days;                 /* new ones of this kind before, in so many days */
    uint32_t others_as, others_block; /* assets with the same habit there */
    CrowdView crowd;
    double rate_p, rate_decibans; /* of one more; 1 and 0 when it is not new */
} HabitView;

/* @since_ms: when it began, as far as is known. */
HabitView habit_look(const HabitBook *book, const Call *call, int64_t since_ms);
/* It is kept up: remembers it, and teaches what @view asked. Again and again for as long as it is kept up. */
void habit_keep(const HabitBook *book, const Call *call, const HabitView *view);
/* How many the asset, or its service, has taken up. */
double habit_events(const HabitBook *book, uint32_t asset, HabitNews news);
/* It took up one that is not worth remembering: counted, and taught, and no more. */
void habit_note(const HabitBook *book, uint32_t asset, HabitNews news);
/* May the asset teach once more today? */
bool habit_may_teach(const HabitBook *book, uint32_t asset);
/* Once a window. */
void habit_window(Habits *self, const Scorer *scorer);
/* "no other asset does so with AS 64500", "3 others with the same block of AS 64500"... */
void habit_crowd_words(uint32_t asn, double others_as, double others_block, char *out, size_t room);
