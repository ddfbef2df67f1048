/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generator.h - makes export datagrams in the shape of the vendors' templates, and says what each record
 * holds
 *
 * A shape names a device and its protocol. The values are drawn from a seed: the same shape, seed and number
 * give the same bytes everywhere. Beside the datagrams stand the records that a correct decoder gets out of
 * them: every element with its bytes as on the wire, and the members of a FlowRecord that follow from them.
 * For tests, fuzzing seeds and benchmarks; nothing here is in the product.
 */
#pragma once
#include "collector/flow.h"
#include "collector/record.h"

typedef struct GeneratedField {
    uint32_t pen;
    uint16_t id;     /* information element, or v9 field type; of a v9 scope field its scope type */
    uint16_t length; /* in this record */
    uint32_t at;     /* where its bytes begin in GeneratedSession.values */
} GeneratedField;

typedef struct GeneratedRecord {
    uint16_t template_id; /* 0: the protocol has none */
    bool is_options;
    uint32_t first_field, n_fields, n_scope; /* in GeneratedSession.fields */
    uint64_t members; /* bit i: member i of generator_members is known and stands in @flow */
    FlowRecord flow;
} GeneratedRecord;

typedef struct GeneratedSession {
    const char *shape;
    Protocol protocol;
    uint32_t domain;
    uint16_t port;        /* where such datagrams are sent: 2055, 4739, 6343 */
    GPtrArray *datagrams; /* of GBytes, in order */
    GArray *records;      /* of GeneratedRecord, in order; options records among them */
    GArray *fields;       /* of GeneratedField */
    GByteArray *values;
    uint32_t n_flows, n_options_records, n_templates, n_options_templates;
} GeneratedSession;

/* Names of all shapes, NULL-terminated. */
const char *const *generator_shapes(void);
/* @records flow records of @shape. NULL when there is no such shape. */
GeneratedSession *generator_make(const char *shape, uint64_t seed, uint32_t records);
void generated_session_free(GeneratedSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GeneratedSession, generated_session_free)

/* A member of FlowRecord that a test may compare. */
typedef struct GeneratedMember {
    const char *name;
    uint16_t offset, size;
} GeneratedMember;
const GeneratedMember *generator_members(size_t *n);

/* Numbers for anybody who needs some: the state advances with each call. */
uint64_t generator_random(uint64_t *state);
