/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sflow-pen.h - writes sFlow datagrams, with what fixture.h has for all formats */
#pragma once
#include "tests/collector/fixture.h"

static inline void
pen_sflow_of(Pen *pen, const char *agent, uint32_t sequence, uint32_t n_samples)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 5, 4);
    if (agent == NULL) {
        pen_put(pen, 0, 4); /* it does not know its address */
    } else {
        pen_put(pen, strchr(agent, ':') == NULL ? 1 : 2, 4);
        pen_ip(pen, agent);
    }
    pen_put(pen, 3, 4); /* sub-agent */
    pen_put(pen, sequence, 4);
    pen_put(pen, 60000, 4);
    pen_put(pen, n_samples, 4);
}

static inline void
pen_sflow(Pen *pen, uint32_t sequence, uint32_t n_samples)
{
    pen_sflow_of(pen, "192.0.2.9", sequence, n_samples);
}

/* Opens a sample or a record in it; pen_close fills in the length. */
static inline size_t
pen_open(Pen *pen, uint32_t tag)
{
    pen_put(pen, tag, 4);
    pen_put(pen, 0, 4);
    return pen->n;
}

static inline void
pen_close(Pen *pen, size_t at)
{
    size_t length = pen->n - at;

    for (unsigned i = 0; i < 4; i++)
        pen->bytes[at - 1 - i] = (uint8_t)(length >> (8 * i));
}

static inline size_t
pen_sample(Pen *pen, uint32_t rate, uint32_t in, uint32_t out, uint32_t n_records)
{
    size_t at = pen_open(pen, 1);

    pen_put(pen, 77, 4);         /* sequence */
    pen_put(pen, 0x00000011, 4); /* source: interface 17 */
    pen_put(pen, rate, 4);
    pen_put(pen, 99000, 4); /* pool */
    pen_put(pen, 2, 4);     /* drops */
    pen_put(pen, in, 4);
    pen_put(pen, out, 4);
    pen_put(pen, n_records, 4);
    return at;
}

static inline size_t
pen_raw(Pen *pen, uint32_t protocol, uint32_t frame, uint32_t length)
{
    size_t at = pen_open(pen, 1);

    pen_put(pen, protocol, 4);
    pen_put(pen, frame, 4);
    pen_put(pen, 4, 4);
    pen_put(pen, length, 4);
    return at;
}

/* IPv4 and TCP or UDP: 20 + 14 bytes. */
static inline void
pen_ipv4(Pen *pen, uint8_t protocol)
{
    pen_put(pen, 0x45, 1);
    pen_put(pen, 0xb8, 1);
    pen_put(pen, 1486, 2);
    pen_put(pen, 0, 4);
    pen_put(pen, 61, 1);
    pen_put(pen, protocol, 1);
    pen_put(pen, 0, 2);
    pen_ip(pen, "198.51.100.1");
    pen_ip(pen, "203.0.113.2");
    pen_put(pen, 443, 2);
    pen_put(pen, 50000, 2);
    pen_put(pen, 0, 8);
    pen_put(pen, 0x50, 1);
    pen_put(pen, 0x12, 1);
}
