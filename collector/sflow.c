/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sflow.c - sFlow version 5 datagrams (sflow.org, "sFlow Version 5", July 2004)
 *
 * Each sample and each record in it is left by its own length, whatever was read of it. There is no clock in
 * sFlow, so a sample is as old as its datagram. The samples themselves are in sflow-sample.c (packets) and
 * sflow-counters.c.
 */
#include "collector/frame-record.h"
#include "collector/sflow-private.h"

enum { FORMAT_FLOW = 1, FORMAT_COUNTERS, FORMAT_FLOW_EXPANDED, FORMAT_COUNTERS_EXPANDED, FORMAT_DISCARD };

const uint8_t *
sflow_take_address(Cursor *cur, bool *is_v4)
{
    uint32_t type = cursor_u32(cur);

    *is_v4 = type == 1;
    if (type != 1 && type != 2)
        return NULL;
    return cursor_take(cur, type == 1 ? 4 : 16);
}

static void
one_sample(Wire *self, uint32_t tag, Cursor cur)
{
    switch (tag) {
    case FORMAT_FLOW:
    case FORMAT_FLOW_EXPANDED:
        sflow_flow_sample(self, cur, tag == FORMAT_FLOW_EXPANDED);
        break;
    case FORMAT_COUNTERS:
    case FORMAT_COUNTERS_EXPANDED:
        sflow_counter_sample(self, cur, tag == FORMAT_COUNTERS_EXPANDED);
        break;
    case FORMAT_DISCARD:
        sflow_discard_sample(self, cur);
        break;
    default: /* a vendor's: its length leads behind it */
        break;
    }
}

/* The agent's address, which it may not know itself (type 0): zeros. */
static bool
take_agent(Cursor *cur, IpAddress *agent)
{
    Cursor at = *cur;
    bool is_v4, is_unknown = cursor_u32(&at) == 0;
    const uint8_t *address = sflow_take_address(cur, &is_v4);

    *agent = (IpAddress){ 0 };
    if (address != NULL)
        frame_put_address(agent, address, is_v4);
    return address != NULL || is_unknown;
}

void
sflow_show_agent(Show *show, const IpAddress *agent)
{
    bool is_v4 = ip_is_v4(agent);

    if (!ip_is_zero(agent))
        show_bytes(show, is_v4 ? 130 : 131, agent->bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
}

Refusal
sflow_decode(Wire *self, Cursor cur)
{
    IpAddress agent;

    cursor_u32(&cur);
    bool has_agent = take_agent(&cur, &agent);
    uint32_t sub_agent = cursor_u32(&cur), sequence = cursor_u32(&cur);
    uint32_t uptime = cursor_u32(&cur), n_samples = cursor_u32(&cur);

    if (!has_agent || cur.failed)
        return REFUSED_TOO_SHORT;
    if (!wire_open_agent(self, PROTOCOL_SFLOW, sub_agent, &agent, self->received_ms))
        return REFUSED_DOMAIN_QUOTA;
    wire_note_uptime(self, uptime);
    wire_note_sequence(self, sequence);

    for (uint32_t i = 0; i < n_samples && wire_may(self, WORK_SAMPLE); i++) {
        if (cursor_left(&cur) < 8) {
            wire_malformed(self, REFUSED_HEADER_COUNT);
            break;
        }
        uint32_t tag = cursor_u32(&cur), length = cursor_u32(&cur);
        if (length > cursor_left(&cur)) {
            wire_malformed(self, REFUSED_SET_LENGTH);
            break;
        }
        one_sample(self, tag, cursor_sub(&cur, length));
    }
    return N_REFUSALS;
}
