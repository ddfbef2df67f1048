/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario-export.h - the demo's three routers: they collect records and export them as v9, IPFIX and v5
 *
 * Each has a clock, a sequence and templates of its own. Internal to scenario*.c.
 */
#pragma once
#include "collector/cli/scenario.h"

typedef struct ScenarioFlow {
    IpAddress src, dst, next_hop;
    uint16_t src_port, dst_port;
    uint8_t protocol, tcp_flags, end_reason;
    uint16_t in_if, out_if;
    uint32_t src_as, dst_as, next_as;
    uint64_t octets, packets;
    int64_t start_ms, end_ms;
} ScenarioFlow;

typedef struct ScenarioRouter {
    uint32_t index;
    int64_t boot_ms;
    int64_t announced_ms; /* when templates and options were sent last; 0: never */
    uint32_t sequence;
    GArray *flows; /* ScenarioFlow, of the current minute */
} ScenarioRouter;

void scenario_router_init(ScenarioRouter *self, uint32_t index, int64_t boot_ms, uint32_t sequence);
void scenario_router_clear(ScenarioRouter *self);
/* Exports what was collected, with @now_ms (a full second) as the export time. False when @send said so. */
bool scenario_router_export(ScenarioRouter *self, int64_t now_ms, ScenarioSend send, void *user,
                            ScenarioTotals *totals);
