/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attack.h - intruders: one function for each kind, in a table; what they did goes into a file of truths
 *
 * Their chance is a stream of their own. Their addresses come from the same networks as those of the harmless
 * neighbours. An attack begins at random in the judged time, or, for the tests of poisoning, with the first
 * record, at full strength or growing by a twentieth a day.
 */
#pragma once
#include <stdio.h>
#include "tests/eval/traffic.h"

typedef enum AttackTiming { ATTACK_JUDGED, ATTACK_FROM_START, ATTACK_RAMP } AttackTiming;

typedef struct Attack {
    Traffic *traffic;
    Draw draw;
    double intensity;
    AttackTiming timing;
    int64_t start_ms, until_ms;
    GArray *assets, *far; /* uint32_t: whom an alert may be about, and whom it may name as the other end */
    uint32_t far_network; /* base of a /19 that it may name besides; 0: none */
    GArray *used;         /* hosts that an attack has already, over all attacks */
    GString *listed;      /* lines of a list of known bad addresses */
    uint32_t exporter;    /* address; 0: none in particular */
} Attack;

typedef struct AttackKind {
    const char *name;
    double hours;    /* how long it goes on */
    bool is_lasting; /* makes sense from the first record on */
    void (*play)(Attack *self);
} AttackKind;

extern const AttackKind attack_kinds[];
extern const uint32_t n_attack_kinds;

typedef struct AttackConf {
    const char *which; /* "on" (all), "off", or names with commas between */
    double intensity;
    uint32_t each;   /* so many of every kind */
    double at_hours; /* into the judged time; below 0: at random */
    AttackTiming timing;
} AttackConf;

/* Plays all that is wanted; truths go to @truth (with a header), list lines to @listed. False: a name is
 * unknown. */
bool attacks_play(Traffic *traffic, const AttackConf *conf, FILE *truth, GString *listed);

/* For the kinds. A host of one of the roles (ends with N_HOST_ROLES) that no attack has; it is the asset. */
uint32_t attack_victim(Attack *self, const uint8_t *roles);
/* An address out there, with the chance @home of a home line, else at a hoster; noted as the other end. */
uint32_t attack_far(Attack *self, double home);
void attack_note_asset(Attack *self, uint32_t address);
void attack_note_far(Attack *self, uint32_t address);
/* How strong it is at @ms: the intensity, less while it grows. */
double attack_strength(const Attack *self, int64_t ms);
/* Adds a TCP conversation, or leaves it out by the strength where that is below 1. */
void attack_talk(Attack *self, uint32_t a, uint32_t b, uint16_t port, int64_t ms, double seconds, double out,
                 double in);

void attack_residential_path(Attack *self);
void attack_quiet_long(Attack *self);
void attack_beacon_fixed(Attack *self);
void attack_beacon_jitter(Attack *self);
void attack_beacon_sparse(Attack *self);
void attack_awakened(Attack *self);
void attack_listed(Attack *self);
void attack_relay(Attack *self);
void attack_new_service(Attack *self);
void attack_admin_edge(Attack *self);
void attack_ot_edge(Attack *self);
void attack_home_login(Attack *self);
void attack_spray(Attack *self);
void attack_scan_fast(Attack *self);
void attack_scan_slow(Attack *self);
void attack_scan_bots(Attack *self);
void attack_router_endpoint(Attack *self);
void attack_egress_change(Attack *self);
void attack_exporter_silent(Attack *self);
void attack_exporter_thinned(Attack *self);
void attack_exporter_template(Attack *self);
void attack_exfil_burst(Attack *self);
void attack_exfil_slow(Attack *self);
void attack_hoarding(Attack *self);
void attack_flood_in(Attack *self);
void attack_flood_out(Attack *self);
