/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synthetic.h - a small made-up network for tests of the scoring: seeded, with attacks to be switched on
 *
 * Made to be unlike the demo: other addresses, roles and habits. Home users come in to the web servers all
 * day and are answered (often only the answer is exported); mail servers call new home lines every day; desks
 * meet new networks by the hour; some connections are long and quiet and harmless.
 */
#pragma once
#include "scoring/scorer.h"

typedef struct SyntheticAttack {
    uint32_t asset;  /* index of the asset; see the roles below */
    const char *far; /* "45.7.9.77" */
    double day;      /* when it begins, in days */
    double hours;
    uint16_t port;
    bool new_egress;
    double exfiltrate; /* octets in every window; 0: quiet */
} SyntheticAttack;

enum {
    SYNTHETIC_WEB = 0,
    SYNTHETIC_MAIL = 12,
    SYNTHETIC_DESK = 14,
    SYNTHETIC_MONITOR = 38,
    SYNTHETIC_ASSETS = 44
};

typedef struct Synthetic Synthetic;
Synthetic *synthetic_new(uint64_t seed);
void synthetic_free(Synthetic *self);
const AssetTable *synthetic_assets(const Synthetic *self);
const PlaceTable *synthetic_places(const Synthetic *self);
IpAddress synthetic_address(uint32_t asset);
void synthetic_attack(Synthetic *self, const SyntheticAttack *attack);
/* Makes windows from day @from to day @to and scores them. */
void synthetic_run(Synthetic *self, Scorer *scorer, double from, double to);
uint64_t synthetic_records(const Synthetic *self);
