/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * finding.h - one thing that is known to be so with an exporter: how grave, since when, how often, and the
 * way out of it
 */
#pragma once
#include <jansson.h>
#include "collector/flow.h"
#include "collector/remedy.h"
#include "collector/sighting.h"

typedef enum Severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR } Severity;

typedef struct Finding {
    Severity severity;
    const char *code; /* for programs; static */
    const char *fix;  /* in general words; static; NULL: nothing is to be done */
    Remedy remedy;    /* and on the vendor's router */
    Sighting when;    /* count 0: it is a state, not a number of events; times 0: not known */
} Finding;

/* Those of one exporter. */
typedef struct Findings {
    GArray *list; /* of findings with their texts */
    Vendor vendor;
    int64_t now_ms;
    Severity worst;
} Findings;
void findings_init(Findings *self, Vendor vendor, WallTime now);
void findings_clear(Findings *self);
/* Copies @finding; the text says it for people. */
void findings_add(Findings *self, const Finding *finding, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* What was a trouble once but has not been seen for an hour is worth a word, not a warning. */
Severity findings_fade(const Findings *self, Severity severity, const Sighting *when);
/* [{severity, code, text, fix, commands, since, last, count}], the gravest first; the caller owns it. */
json_t *findings_to_json(Findings *self);
/* A distance in time as one number and its unit, "90 s"; the caller frees it. */
char *distance_words(int64_t ms);
