/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decode-input.h - what bench-decode's decoders read, and the other decoder. See bench-decode.c */
#pragma once
#include "collector/decoder.h"
#include "tests/bench/load.h"

enum { WARM = 12 };

/* Datagrams in memory, of @n_exporters in turn; each sends the same ones. Slack stands behind the last. */
typedef struct Input {
    const char *format; /* v5, v9, ipfix */
    uint32_t n_exporters;
    uint32_t n;         /* datagrams */
    uint32_t n_warm;    /* those of them that are not timed: the first WARM of each exporter */
    uint64_t n_records; /* in all of them */
    uint8_t *arena;
    size_t *at; /* where each begins; one more, for the end */
} Input;

static inline IpAddress
input_source(const Input *self, uint32_t datagram)
{
    return ip_from_v4(0x0a000001 + datagram % self->n_exporters);
}

/* Decodes datagrams, the first of each exporter first: those make what is known of it. Says what the others
 * took, in nanoseconds of processor time, and how many records were in them and in all. */
typedef struct Run {
    double ns;
    uint64_t timed, records;
} Run;

double bench_now_ns(void);
/* libfixbuf with the messages in a buffer: one exporter, IPFIX. */
Run fixbuf_run_buffer(const Input *input);
/* libfixbuf with its own listener, under which the socket is replaced by memory: any number of exporters. */
Run fixbuf_run_listener(const Input *input);
