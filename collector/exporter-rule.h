/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter-rule.h - what the operator says of single exporters and of their interfaces
 *
 * Made from the configuration before any datagram is read, and immutable from then on, so that any thread may
 * look at it. Bounded by what the operator wrote.
 */
#pragma once
#include "collector/flow.h"
#include "collector/vendor.h"

typedef enum ClockPolicy {
    CLOCK_TRUST = 0, /* times are taken as they are; a wrong clock is told */
    CLOCK_CORRECT,   /* times are moved by what the clock is off */
} ClockPolicy;

typedef enum PortPolicy {
    PORTS_AUTO = 0, /* one sender, until evidence says that there are several */
    PORTS_SEPARATE, /* each source port is a sender of its own */
    PORTS_TOGETHER, /* one sender, whatever the evidence */
} PortPolicy;

/* A [exporter.NAME]. */
typedef struct ExporterRule {
    char *section;      /* "exporter.NAME", where the operator finds it again; owned */
    char *name;         /* what to call it; owned */
    IpPrefix *prefixes; /* owned */
    size_t n_prefixes;
    uint32_t sampling; /* one in N, whatever the exporter says; 0: it is believed */
    ClockPolicy clock;
    PortPolicy ports;
    Vendor vendor; /* VENDOR_UNKNOWN: judged by evidence */
} ExporterRule;

/* A row of an interfaces file. */
typedef struct InterfaceRule {
    IpPrefix exporter;
    uint32_t index;
    char *name, *description; /* owned; NULL: the exporter's own word holds */
    uint64_t speed;           /* bits per second; 0: not told */
    uint32_t sampling;        /* one in N, whatever the exporter says; 0: it is believed */
} InterfaceRule;

typedef struct ExporterRules ExporterRules;
ExporterRules *exporter_rules_new(void);
void exporter_rules_free(ExporterRules *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExporterRules, exporter_rules_free)

/* Takes the texts and the list in @rule. */
void exporter_rules_add(ExporterRules *self, const ExporterRule *rule);
/* Takes the texts in @row. */
void exporter_rules_add_interface(ExporterRules *self, const InterfaceRule *row);
/* When all are there: puts them in the order in which they are looked for. */
void exporter_rules_seal(ExporterRules *self);

/* Lends the rule with the longest prefix that holds @address. NULL: none, or @self is NULL. */
const ExporterRule *exporter_rules_find(const ExporterRules *self, const IpAddress *address);
/* Lends the rows that hold for @address, by index, those of the longest prefix: index -> InterfaceRule. The
 * caller owns the table. NULL: there are none. */
GHashTable *exporter_rules_interfaces(const ExporterRules *self, const IpAddress *address);
