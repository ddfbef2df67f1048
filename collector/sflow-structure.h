/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sflow-structure.h - the structures of sFlow that are nothing but a row of values, as tables
 *
 * Counters, and what an agent tells beside a sampled packet: each structure is one table of names and XDR
 * types (RFC 4506), by which it is read to be shown. Names are those of sflow.org's definitions. An
 * enterprise's structure that no table knows is shown in hex.
 */
#pragma once
#include "collector/base/cursor.h"
#include "collector/show.h"

/* Shows the counters of structure @tag: enterprise in the upper 20 bits, number in the lower 12. */
void sflow_show_counters(Show *show, uint32_t tag, Cursor cur);
/* The same of a structure beside a sampled packet. */
void sflow_show_beside(Show *show, uint32_t tag, Cursor cur);
