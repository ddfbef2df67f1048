/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.h - what a template id means: its fields, and the plan made of them
 *
 * Parsing only reads what a template says (TemplateDefinition), in room that is the caller's: routers repeat
 * themselves each minute or in every datagram, and what is known already is not compiled again. A Template is
 * immutable once made and reference-counted, so that a redefinition does not pull it from under the set that
 * is being decoded.
 */
#pragma once
#include "collector/base/cursor.h"
#include "collector/nested.h"
#include "collector/plan.h"

typedef struct Template {
    gint refs;
    uint16_t id;
    bool is_options;
    bool provisional;     /* restored from disk, not yet heard again */
    bool has_long_uptime; /* stamps of uptime have eight bytes */
    uint16_t n_fields;
    uint16_t n_scope;
    uint16_t port;    /* of who announced it last */
    int64_t used_ms;  /* our clock, last data set that was read with it */
    int64_t heard_ms; /* our clock, last time it was announced */
    Nested *nested;   /* owned; NULL: the fields hold nothing but values */
    DecodePlan plan;
    uint32_t n_unknown;
    Element *unknown; /* owned; the elements that the model does not know */
    FieldSpec fields[];
} Template;

/* A field by number, as it stands in a template or in a state file. */
typedef struct FieldNumber {
    uint32_t pen;
    uint16_t id;
    uint16_t length;
} FieldNumber;

/* What a template says of itself. */
typedef struct TemplateDefinition {
    FieldNumber *fields;  /* borrowed room */
    uint32_t most_fields; /* of it: what a sender can make us keep is bounded by the caller */
    uint32_t n_fields, n_scope;
    uint16_t id;
    bool is_options;
} TemplateDefinition;

typedef enum TemplateResult {
    TEMPLATE_OK = 0,
    TEMPLATE_SYNTAX,
    TEMPLATE_EMPTY,     /* its records would have no length */
    TEMPLATE_TOO_LARGE, /* more fields than the limit; stepped over, so that the next one can be read */
    TEMPLATE_WITHDRAWN, /* IPFIX: field count 0 */
    TEMPLATE_PADDING,   /* no template here, only the padding behind the last one */
} TemplateResult;

/* A template as a set announces it, into @out whose room is there; it is whole on TEMPLATE_OK. */
TemplateResult template_parse_v9(Cursor *cur, TemplateDefinition *out);
TemplateResult template_parse_v9_options(Cursor *cur, TemplateDefinition *out);
TemplateResult template_parse_ipfix(Cursor *cur, bool is_options, TemplateDefinition *out);

/* Compiles @fields. NULL when the records would have no length. The caller owns it. */
Template *template_new(const ElementModel *model, uint16_t id, const FieldNumber *fields, uint32_t n_fields,
                       uint32_t n_scope, bool is_options);
Template *template_ref(Template *self);
void template_unref(Template *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Template, template_unref)

/* Same id, same fields, same scope. */
bool template_is(const Template *self, const TemplateDefinition *definition);
size_t template_bytes(const Template *self);

/*
 * Finds the fields of the record at @cur, which is stepped over. @at and @lengths have room for n_fields.
 * False when the record runs past its end.
 */
bool template_walk(const Template *self, Cursor *cur, const uint8_t **at, uint16_t *lengths);
