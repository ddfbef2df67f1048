/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-private.h - the pen that all classes of hostile datagrams are written with
 *
 * A case is begun, written and ended; what the books must say is noted on the way. Counts that are not
 * mentioned must be zero.
 */
#pragma once
#include "tests/support/capture-writer.h"
#include "tests/support/generator-private.h"
#include "tests/support/hostile.h"

enum {
    HOSTILE_SECONDS = GENERATOR_EXPORT_S, /* when each case begins, by the exporter's clock and by ours */
    HOSTILE_UPTIME_MS = GENERATOR_UPTIME_MS,
    HOSTILE_TEMPLATE = 256,
    HOSTILE_FILL = 0xaa, /* bytes that mean nothing; as a set header they run past any datagram */
};

typedef struct Hostile {
    HostileTaker take;
    void *user;
    const char *class_name;
    /* of the case in work */
    char *name;
    FILE *file; /* in memory: @bytes, @length */
    char *bytes;
    size_t length;
    CaptureWriter *capture;
    GArray *expected; /* of Expected */
    /* of the datagram in work; the writer of a case may change all of these */
    Protocol protocol;
    GByteArray *out;
    size_t set_at;
    uint32_t source, domain, seconds, uptime, sequence;
    uint16_t port;
    int64_t now_ms;
    uint32_t units;    /* records in it, as IPFIX counts them */
    bool keeps_length; /* the IPFIX header's length stays as written */
} Hostile;

/* Everything is as at the start of the world: exporter 192.0.2.1, domain 1, sequence 0. */
void case_begin(Hostile *self, Protocol protocol, const char *format, ...) G_GNUC_PRINTF(3, 4);
void case_end(Hostile *self);
/* Adds @n to what the count @key of the books must be; "last.MEMBER": what the last flow record must hold. */
void expect(Hostile *self, const char *key, int64_t n);
/* Flow and options records that must come out; they move IPFIX's sequence on. */
void expect_records(Hostile *self, uint32_t n);
void expect_options(Hostile *self, uint32_t n);

/* Begins a datagram with its header (NetFlow v9, IPFIX; the others have their own below). */
void message_open(Hostile *self);
/* Ends it: fills in IPFIX's length, adds it to the capture, and steps on a second and a sequence number. */
void message_close(Hostile *self);
void put(Hostile *self, uint64_t value, size_t length);
void put_fill(Hostile *self, size_t n); /* bytes of no meaning, none of them zero */
void patch(Hostile *self, size_t at, uint64_t value, size_t length);

/* A set of NetFlow v9 or IPFIX, its length filled in at the end. */
void set_open(Hostile *self, uint16_t id);
void set_close(Hostile *self);
/* The ids of template sets, which differ. */
uint16_t templates_id(const Hostile *self);
uint16_t options_templates_id(const Hostile *self);
void put_template(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n);
void put_options_template(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n,
                          uint32_t n_scope);
/* A whole set with one of them; counts it. */
void template_set(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n);
void options_template_set(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n,
                          uint32_t n_scope);
/* A data set of @n bytes without meaning. */
void fill_set(Hostile *self, uint16_t id, size_t n);

/* "netflow9" or "ipfix", for names of cases. */
#define BOTH(protocol) (Protocol protocol = PROTOCOL_NETFLOW9; protocol <= PROTOCOL_IPFIX; protocol++)
/* The header of NetFlow v1, v5 or v7. */
void legacy_open(Hostile *self, uint32_t count);
size_t legacy_header(Protocol protocol);
size_t legacy_record(Protocol protocol);
/* The header of an sFlow datagram with an IPv4 agent: 28 bytes; its samples follow. */
void sflow_open(Hostile *self, uint32_t n_samples);
/* The head of a flow sample, one in 100: 40 bytes; its records, of @length bytes in all, follow. */
void sflow_sample(Hostile *self, size_t length, uint32_t n_records);
/* The head of a record with a packet's header: 24 bytes; @padded bytes follow, said to hold @claimed. */
void sflow_header(Hostile *self, uint32_t kind, uint32_t claimed, size_t padded);

typedef void (*HostileWriter)(Hostile *self);
void hostile_zero_length(Hostile *self);
void hostile_option_sums(Hostile *self);
void hostile_scopes(Hostile *self);
void hostile_fields(Hostile *self);
void hostile_variable(Hostile *self);
void hostile_replaced(Hostile *self);
void hostile_one_id(Hostile *self);
void hostile_two_exporters(Hostile *self);
void hostile_withdrawals(Hostile *self);
void hostile_sequence(Hostile *self);
void hostile_set_length(Hostile *self);
void hostile_truncated(Hostile *self);
void hostile_trailing(Hostile *self);
void hostile_sampling(Hostile *self);
void hostile_times(Hostile *self);
void hostile_floods(Hostile *self);
void hostile_frames(Hostile *self);
void hostile_lists(Hostile *self);
