/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame-record.h - what the headers of a sampled packet mean: in a FlowRecord, and by their names
 *
 * Intake thread; nothing is kept, nothing allocated.
 */
#pragma once
#include "collector/frame.h"
#include "collector/show.h"

/* The outer headers; what is not there leaves @out as it is. Octets are not among them: a frame that was
 * sampled has its length beside it. */
void frame_fill(const Frame *self, FlowRecord *out);
void frame_show(const Frame *self, Show *show);
/* What tunnels carry, one group named "inner" in the other; shown only. */
void frame_show_inner(const Frame *self, Show *show);
/* Of the IP packet, by its own header; 0: there is none. */
uint32_t frame_ip_octets(const Frame *self);

/* An address as on the wire; 4 bytes or 16. */
void frame_put_address(IpAddress *to, const uint8_t *at, bool is_v4);
