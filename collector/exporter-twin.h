/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter-twin.h - one router that is seen under two addresses
 *
 * It exports from two source addresses, or somebody sends its datagrams on: both were started in the same
 * moment, name the same domain, and their sequence numbers keep together over minutes while they run on. Two
 * routers that were switched on together do not do that. Intake thread; only exporters that one intake hears
 * are compared.
 */
#pragma once
#include <stdint.h>
#include "collector/flow.h"

enum { TWIN_EACH_MS = 60 * 1000, TWIN_SURE = 3 };

/* What is kept for each exporter. */
typedef struct TwinWatch {
    IpAddress other; /* the one it keeps together with */
    uint32_t number; /* its own sequence, when it was looked at last */
    uint32_t times;  /* that it was so; TWIN_SURE and more: it is the same router */
} TwinWatch;

typedef struct ExporterTable ExporterTable;
/* Looks at all of them; call it each TWIN_EACH_MS. */
void exporter_twins_look(ExporterTable *table, int64_t now_ms);
