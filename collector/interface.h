/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interface.h - what an interface says of itself in counter samples, beside what the flow samples make of it
 *
 * Counters count every packet, samples one in N: where the two disagree for long, the sampling rate is wrong,
 * or somebody forgot an interface. Intake thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* As told in one counter sample; totals since some start. */
typedef struct InterfaceCounters {
    uint64_t speed; /* bits a second; 0: not said */
    uint64_t in_octets, out_octets;
    bool is_up_admin, is_up;
} InterfaceCounters;

typedef struct InterfaceUsage {
    InterfaceCounters last;
    int64_t at_ms; /* our clock, when it came; 0: never */
    bool has_rates;
    double in_octets_per_s, out_octets_per_s;   /* by the counters, between the last two */
    double in_sampled_per_s, out_sampled_per_s; /* by the samples in the same time, scaled */
    double in_sampled, out_sampled;             /* octets since @at_ms */
} InterfaceUsage;

/* A counter that went back has been reset: there is no rate then. */
void interface_usage_note(InterfaceUsage *self, const InterfaceCounters *counters, int64_t now_ms);
