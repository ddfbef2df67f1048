/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator-private.h - what the files of the generator share */
#pragma once
#include "tests/support/generator.h"

enum {
    GENERATOR_EXPORT_S = 1767225600, /* 2026-01-01T00:00:00Z: when the first datagram is sent */
    GENERATOR_UPTIME_MS = 864000000, /* ten days after the start of the device */
    GENERATOR_PAYLOAD = 1400,
    VARIABLE = 65535,
    MOST_TEMPLATE_FIELDS = 48,
};

/* As a device has it. */
typedef struct TemplateSpec {
    uint16_t id;
    uint8_t n_scope; /* not 0: an options template, whose first fields are its scope */
    /* "8/4 29305.1/4 82/v": elements and their lengths; "v" is variable, before a dot stands the enterprise
     */
    const char *fields;
} TemplateSpec;

/* The same, read. */
typedef struct TemplateField {
    uint32_t pen;
    uint16_t id, length;
} TemplateField;

typedef struct TemplateShape {
    uint16_t id;
    uint8_t n_scope, n_fields;
    TemplateField fields[MOST_TEMPLATE_FIELDS];
} TemplateShape;

typedef struct Shape {
    const char *name;
    Protocol protocol;
    uint32_t domain;
    const TemplateSpec *templates; /* options templates first, NULL for protocols without templates */
    uint8_t n_templates;
    uint32_t sampling; /* what flow records are sampled at, when options data says it; 0: nothing does */
    SamplingSource sampling_source;
} Shape;
const Shape *shape_find(const char *name);

/* Big-endian, the lowest @length bytes of @value. */
void put_number(GByteArray *out, uint64_t value, size_t length);
void put_zeros(GByteArray *out, size_t length);
/* A flow with every member filled, as of @export_ms; numbers fit into 32 bits, counters too. */
FlowRecord random_flow(uint64_t *state, int family, int64_t export_ms);
/* The bit of a member of FlowRecord, for GeneratedRecord.members. */
uint64_t member_bit(const char *name);
/* Where it is in @flow, and its size. */
uint8_t *member_of(FlowRecord *flow, const char *name, uint16_t *size);
/* What it is, if it is a number: 0 for addresses. */
uint64_t member_number(FlowRecord *flow, const char *name);

GeneratedSession *session_new(const Shape *shape, uint16_t port);
/* Begins a record; its fields follow. */
GeneratedRecord *session_add_record(GeneratedSession *self, uint16_t template_id, bool is_options);
void session_add_field(GeneratedSession *self, GeneratedRecord *record, uint32_t pen, uint16_t id,
                       const uint8_t *bytes, size_t length);
void session_add_datagram(GeneratedSession *self, GByteArray *bytes);

/* One per family of protocols. */
GeneratedSession *make_legacy(const Shape *shape, uint64_t seed, uint32_t records);    /* v1, v5, v7 */
GeneratedSession *make_templated(const Shape *shape, uint64_t seed, uint32_t records); /* v9, IPFIX */
GeneratedSession *make_sflow(const Shape *shape, uint64_t seed, uint32_t records);
