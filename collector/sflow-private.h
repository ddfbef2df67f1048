/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sflow-private.h - what the files of sFlow share: sflow.c is the datagram, the others a kind of sample each
 */
#pragma once
#include "collector/wire.h"
#include "collector/sflow-structure.h"

/* Samples without their tag and length. What they contradict themselves in is counted. */
void sflow_flow_sample(Wire *wire, Cursor cur, bool is_expanded);
void sflow_counter_sample(Wire *wire, Cursor cur, bool is_expanded);
void sflow_discard_sample(Wire *wire, Cursor cur);

/* exporterIPv4Address or exporterIPv6Address: the sender may be but a proxy of it. Lends @agent. */
void sflow_show_agent(Show *show, const IpAddress *agent);

/* An address with its type before it; NULL when there is none, or the bytes are cut. */
const uint8_t *sflow_take_address(Cursor *cur, bool *is_v4);
