/* SPDX-License-Identifier: GPL-3.0-or-later */
/* template.c - see template.h */
#include "collector/template.h"

#include <string.h>

enum { FIELDS_MOST = 65536 / 4 }; /* what one datagram can hold */

static uint32_t
count_unknown(const ElementModel *model, const FieldNumber *fields, uint32_t n_fields)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_fields; i++)
        n += element_model_find(model, fields[i].pen, fields[i].id) == NULL;
    return n;
}

static void
name_fields(Template *self, const ElementModel *model, const FieldNumber *fields)
{
    self->unknown = g_new0(Element, count_unknown(model, fields, self->n_fields));
    for (uint32_t i = 0; i < self->n_fields; i++) {
        const Element *element = element_model_find(model, fields[i].pen, fields[i].id);

        if (element == NULL) {
            Element *own = &self->unknown[self->n_unknown++];

            *own = (Element){ .pen = fields[i].pen, .id = fields[i].id, .type = ELEMENT_OCTETS };
            own->name = g_strdup_printf("e%uid%u", fields[i].pen, fields[i].id);
            element = own;
        }
        self->fields[i] = (FieldSpec){ .element = element, .length = fields[i].length };
    }
}

static uint32_t
hash_fields(const FieldNumber *fields, uint32_t n_fields, uint32_t n_scope)
{
    uint32_t hash = 2166136261u ^ n_scope;

    for (uint32_t i = 0; i < n_fields; i++)
        hash = (hash ^ fields[i].pen ^ ((uint32_t)fields[i].id << 16) ^ fields[i].length) * 16777619u;
    return hash;
}

static bool
has_long_uptime(const Template *self)
{
    for (uint32_t i = 0; i < self->n_fields; i++) {
        const Element *element = self->fields[i].element;

        if (element->pen == 0 && (element->id == 21 || element->id == 22) && self->fields[i].length == 8)
            return true;
    }
    return false;
}

Template *
template_new(const ElementModel *model, uint16_t id, const FieldNumber *fields, uint32_t n_fields,
             uint32_t n_scope, bool is_options)
{
    bool has_length = false;

    for (uint32_t i = 0; i < n_fields; i++)
        has_length |= fields[i].length != 0;
    if (!has_length || n_fields > FIELDS_MOST || n_scope > n_fields)
        return NULL;

    /* The plan holds a FlowRecord, which wants its cache line. */
    Template *self = g_aligned_alloc0(1, sizeof *self + n_fields * sizeof self->fields[0], 64);
    self->refs = 1;
    self->id = id;
    self->is_options = is_options;
    self->n_fields = (uint16_t)n_fields;
    self->n_scope = (uint16_t)n_scope;
    self->hash = hash_fields(fields, n_fields, n_scope);
    name_fields(self, model, fields);
    self->has_long_uptime = has_long_uptime(self);
    plan_compile(&self->plan, self->fields, n_fields);
    self->nested = nested_new(&self->plan, self->fields, n_fields);
    return self;
}

Template *
template_ref(Template *self)
{
    self->refs++;
    return self;
}

void
template_unref(Template *self)
{
    if (self == NULL || --self->refs > 0)
        return;
    for (uint32_t i = 0; i < self->n_unknown; i++)
        g_free((char *)self->unknown[i].name);
    g_free(self->unknown);
    plan_clear(&self->plan);
    g_free(self->nested);
    g_aligned_free(self);
}

bool
template_equal(const Template *a, const Template *b)
{
    if (a->id != b->id || a->hash != b->hash || a->n_fields != b->n_fields || a->n_scope != b->n_scope ||
        a->is_options != b->is_options)
        return false;
    for (uint32_t i = 0; i < a->n_fields; i++)
        if (a->fields[i].length != b->fields[i].length ||
            a->fields[i].element->id != b->fields[i].element->id ||
            a->fields[i].element->pen != b->fields[i].element->pen)
            return false;
    return true;
}

size_t
template_bytes(const Template *self)
{
    return sizeof *self + self->n_fields * sizeof self->fields[0] + self->n_unknown * (sizeof(Element) + 32) +
           plan_bytes(&self->plan);
}

bool
template_walk(const Template *self, Cursor *cur, const uint8_t **at, uint16_t *lengths)
{
    for (uint32_t i = 0; i < self->n_fields; i++) {
        uint16_t length = self->fields[i].length;

        if (length == FIELD_VARIABLE) { /* RFC 7011 section 7 */
            length = cursor_u8(cur);
            if (length == 255)
                length = cursor_u16(cur);
        }
        lengths[i] = length;
        at[i] = cursor_take(cur, length);
    }
    return !cur->failed;
}

/* Reads @n fields of @size bytes each beginning with the element's number; false when they are not all there.
 */
static bool
read_v9_fields(Cursor *cur, FieldNumber *out, uint32_t n, uint32_t pen)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i].pen = pen;
        out[i].id = cursor_u16(cur);
        out[i].length = cursor_u16(cur);
        if (out[i].length == FIELD_VARIABLE) /* v9 has no variable length: no record could have this */
            cur->failed = true;
    }
    return !cur->failed;
}

static TemplateResult
finish(Template *tmpl, Template **out)
{
    if (tmpl == NULL)
        return TEMPLATE_EMPTY;
    *out = tmpl;
    return TEMPLATE_OK;
}

TemplateResult
template_parse_v9(Cursor *cur, const ElementModel *model, const TemplateLimits *limits, Template **out)
{
    if (cursor_left(cur) < 4 || cursor_is_zero(cur))
        return TEMPLATE_PADDING;
    uint16_t id = cursor_u16(cur);
    uint32_t n_fields = cursor_u16(cur);

    if (id < 256 || cursor_left(cur) < n_fields * 4)
        return TEMPLATE_SYNTAX;
    if (n_fields == 0)
        return TEMPLATE_EMPTY;
    if (n_fields > limits->fields) {
        cursor_take(cur, n_fields * 4);
        return TEMPLATE_TOO_LARGE;
    }
    g_autofree FieldNumber *fields = g_new0(FieldNumber, n_fields);
    if (!read_v9_fields(cur, fields, n_fields, 0))
        return TEMPLATE_SYNTAX;
    return finish(template_new(model, id, fields, n_fields, 0, false), out);
}

TemplateResult
template_parse_v9_options(Cursor *cur, const ElementModel *model, const TemplateLimits *limits,
                          Template **out)
{
    if (cursor_left(cur) < 4 || cursor_is_zero(cur))
        return TEMPLATE_PADDING;
    uint16_t id = cursor_u16(cur);
    uint32_t scope_bytes = cursor_u16(cur), option_bytes = cursor_u16(cur);
    uint32_t n_scope = scope_bytes / 4, n_fields = n_scope + option_bytes / 4;

    /* The lengths are in bytes here (RFC 3954 section 6.1). */
    if (cur->failed || id < 256 || scope_bytes % 4 != 0 || option_bytes % 4 != 0 ||
        cursor_left(cur) < scope_bytes + option_bytes)
        return TEMPLATE_SYNTAX;
    if (n_fields == 0)
        return TEMPLATE_EMPTY;
    if (n_fields > limits->fields) {
        cursor_take(cur, n_fields * 4);
        return TEMPLATE_TOO_LARGE;
    }
    g_autofree FieldNumber *fields = g_new0(FieldNumber, n_fields);
    if (!read_v9_fields(cur, fields, n_scope, ELEMENT_PEN_V9_SCOPE) ||
        !read_v9_fields(cur, fields + n_scope, n_fields - n_scope, 0))
        return TEMPLATE_SYNTAX;
    return finish(template_new(model, id, fields, n_fields, n_scope, true), out);
}

static void
read_ipfix_field(Cursor *cur, FieldNumber *out)
{
    uint16_t id = cursor_u16(cur);

    out->length = cursor_u16(cur);
    out->pen = id & 0x8000 ? cursor_u32(cur) : 0;
    out->id = id & 0x7fff;
}

TemplateResult
template_parse_ipfix(Cursor *cur, const ElementModel *model, const TemplateLimits *limits, bool is_options,
                     Template **out)
{
    if (cursor_left(cur) < 4 || cursor_is_zero(cur))
        return TEMPLATE_PADDING;
    uint16_t id = cursor_u16(cur);
    uint32_t n_fields = cursor_u16(cur);

    if (n_fields == 0) /* 2 and 3 mean "all templates" and "all options templates" (RFC 7011 section 8.1) */
        return id >= 256 || id == 2 || id == 3 ? TEMPLATE_WITHDRAWN : TEMPLATE_SYNTAX;
    uint32_t n_scope = is_options ? cursor_u16(cur) : 0;

    if (id < 256 || cursor_left(cur) < n_fields * 4 || n_scope > n_fields || (is_options && n_scope == 0))
        return TEMPLATE_SYNTAX;
    g_autofree FieldNumber *fields = g_new0(FieldNumber, n_fields);
    for (uint32_t i = 0; i < n_fields; i++)
        read_ipfix_field(cur, &fields[i]);
    if (cur->failed)
        return TEMPLATE_SYNTAX;
    if (n_fields > limits->fields)
        return TEMPLATE_TOO_LARGE;
    return finish(template_new(model, id, fields, n_fields, n_scope, is_options), out);
}
