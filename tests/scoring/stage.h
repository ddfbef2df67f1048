/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stage.h - a scorer on a stage: what a test plays before it, conversation by conversation, and what it says
 *
 * For tests of watches. 10.1.0.0/16 are the assets: 10.1.0.x are servers, 10.1.1.x desks, 10.1.2.x network
 * equipment, 10.1.3.x controllers (roles "server", "desk", "network", "ot"); 45.i.0.0/16 are home lines (AS
 * 64500 + i), 50.i.0.0/16 and 2001:db8:50ii::/48 (in hexadecimal) hosting (AS 65000 + i); 2001:db8:1::/48 are
 * servers too; all else is unknown. Time is in days since a Monday, 0 h;
 * what is played must go forward in time, late by a window at most. Windows are 300 s, the budget is 5 a day
 * and as much rings, so that few alerts do not lower the threshold; learning takes 7 days.
 */
#pragma once
#include "scoring/case.h"
#include "scoring/scorer.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"

typedef struct Stage Stage;

Stage *stage_new(void);
void stage_free(Stage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

typedef struct Talk {
    double day, seconds; /* when it begins, and how long it lasts */
    const char *caller, *callee;
    uint16_t port, caller_port; /* @caller_port 0: one that counts up */
    uint8_t protocol;           /* 0: TCP */
    double sent, got;           /* octets from the caller, to the caller; 0 @got: no answer */
    uint32_t exporter, out_if;  /* of the caller's half */
    const char *next_hop;       /* of it; NULL: not told */
    uint32_t sampling;          /* one packet in so many is seen; 0: all */
    uint8_t
        flags; /* of the caller's half; 0: SYN, ACK, PSH, FIN (no answer: SYN); without FIN in both or none */
} Talk;
/* Nor do short tails: it is what the budget promises all the time. */
void stage_forget_tails(Stage *self);
/* Exports both halves of it, with packets of 500 octets. */
void stage_talk(Stage *self, const Talk *talk);
/* A server updates itself, by HTTPS, from @far. */
void stage_update(Stage *self, double day, const char *server, const char *far);
/* 10.1.0.3 does so every night from day @from to day @to. */
void stage_nightly(Stage *self, int from, int to, const char *far);
/* Time passes until @day; a monitor polls every server every five minutes, so that windows close. */
void stage_until(Stage *self, double day);
/* Saves and restores the scorer, as a restart does. */
void stage_restart(Stage *self);

/* Alerts as last told, by order of opening. */
uint32_t stage_alerts(const Stage *self);
const Alert *stage_alert(const Stage *self, uint32_t index);
/* Of the detector's answers on days that are over, the share that is one in a hundred or rarer. */
double stage_odd_share(const Stage *self, const char *detector);
/* The first of this kind (any contribution counts) about this asset, and far end if it is not NULL; or NULL.
 * What it says goes to the test's log. */
const Alert *stage_find(const Stage *self, const char *detector, const char *asset, const char *far);
/* The same, which must be there: if not, all that was told is shown. */
const Alert *stage_told(const Stage *self, const char *detector, const char *asset, const char *far);
/* How many have a contribution of this detector, whoever they are about. */
uint32_t stage_count(const Stage *self, const char *detector);
/* The contribution of a detector; NULL: none. */
const AlertContribution *stage_part(const Alert *alert, const char *detector);
Scorer *stage_scorer(Stage *self);
/* What @watch holds against an asset and a far end (NULL: the asset as a whole); NULL: nothing. */
const Case *stage_case(Stage *self, const Watch *watch, const char *asset, const char *far);
/* Repeatable random numbers, 0 <= u < 1. */
double stage_uniform(Stage *self);
