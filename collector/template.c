/* SPDX-License-Identifier: GPL-3.0-or-later */
/* template.c - see template.h */
#include "collector/template.h"

#include <string.h>

enum { FIELDS_MOST = 65536 / 4 }; /* what one datagram can hold */

static uint32_t
find_elements(Template *self, const ElementModel *model, const FieldNumber *fields)
{
    uint32_t n_unknown = 0;

    for (uint32_t i = 0; i < self->n_fields; i++) {
        const Element *element = element_model_find(model, fields[i].pen, fields[i].id);

        self->fields[i] = (FieldSpec){ .element = element, .length = fields[i].length };
        n_unknown += element == NULL;
    }
    return n_unknown;
}

/* What the model does not know gets a name of its own. */
static void
name_unknown(Template *self, const FieldNumber *fields, uint32_t n_unknown)
{
    self->unknown = g_new0(Element, n_unknown);
    for (uint32_t i = 0; i < self->n_fields; i++) {
        if (self->fields[i].element != NULL)
            continue;
        Element *own = &self->unknown[self->n_unknown++];
        *own = (Element){ .pen = fields[i].pen, .id = fields[i].id, .type = ELEMENT_OCTETS };
        own->name = g_strdup_printf("e%uid%u", fields[i].pen, fields[i].id);
        self->fields[i].element = own;
    }
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

static bool
has_length(const FieldNumber *fields, uint32_t n_fields)
{
    for (uint32_t i = 0; i < n_fields; i++)
        if (fields[i].length != 0)
            return true;
    return false;
}

Template *
template_new(const ElementModel *model, uint16_t id, const FieldNumber *fields, uint32_t n_fields,
             uint32_t n_scope, bool is_options)
{
    if (!has_length(fields, n_fields) || n_fields > FIELDS_MOST || n_scope > n_fields)
        return NULL;

    /* The plan holds a FlowRecord, which wants its cache line. */
    Template *self = g_aligned_alloc0(1, sizeof *self + n_fields * sizeof self->fields[0], 64);
    self->refs = 1;
    self->id = id;
    self->is_options = is_options;
    self->n_fields = (uint16_t)n_fields;
    self->n_scope = (uint16_t)n_scope;
    uint32_t n_unknown = find_elements(self, model, fields);
    if (n_unknown > 0)
        name_unknown(self, fields, n_unknown);
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
template_is(const Template *self, const TemplateDefinition *definition)
{
    if (self->id != definition->id || self->is_options != definition->is_options ||
        self->n_fields != definition->n_fields || self->n_scope != definition->n_scope)
        return false;
    for (uint32_t i = 0; i < self->n_fields; i++) {
        const FieldNumber *field = &definition->fields[i];

        if (self->fields[i].length != field->length || self->fields[i].element->id != field->id ||
            self->fields[i].element->pen != field->pen)
            return false;
    }
    return true;
}

/* The masks of its plan are charged for by its fields, whatever they are on this processor: an exporter has
 * the same room on every machine. */
enum { MASK_BYTES_A_FIELD = 40 };

size_t
template_bytes(const Template *self)
{
    return sizeof *self + self->n_fields * (sizeof self->fields[0] + MASK_BYTES_A_FIELD) +
           self->n_unknown * (sizeof(Element) + 32);
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

/* Reads @n fields; false when one of them cannot be. */
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

TemplateResult
template_parse_v9(Cursor *cur, TemplateDefinition *out)
{
    if (cursor_left(cur) < 4 || cursor_is_zero(cur))
        return TEMPLATE_PADDING;
    out->id = cursor_u16(cur);
    out->n_fields = cursor_u16(cur);
    out->n_scope = 0;
    out->is_options = false;

    if (out->id < 256 || cursor_left(cur) < out->n_fields * 4)
        return TEMPLATE_SYNTAX;
    if (out->n_fields > out->most_fields) {
        cursor_take(cur, out->n_fields * 4);
        return TEMPLATE_TOO_LARGE;
    }
    if (!read_v9_fields(cur, out->fields, out->n_fields, 0))
        return TEMPLATE_SYNTAX;
    return has_length(out->fields, out->n_fields) ? TEMPLATE_OK : TEMPLATE_EMPTY;
}

TemplateResult
template_parse_v9_options(Cursor *cur, TemplateDefinition *out)
{
    if (cursor_left(cur) < 4 || cursor_is_zero(cur))
        return TEMPLATE_PADDING;
    out->id = cursor_u16(cur);
    uint32_t scope_bytes = cursor_u16(cur), option_bytes = cursor_u16(cur);
    out->n_scope = scope_bytes / 4;
    out->n_fields = out->n_scope + option_bytes / 4;
    out->is_options = true;

    /* The lengths are in bytes here (RFC 3954 section 6.1). */
    if (cur->failed || out->id < 256 || scope_bytes % 4 != 0 || option_bytes % 4 != 0 ||
        cursor_left(cur) < scope_bytes + option_bytes)
        return TEMPLATE_SYNTAX;
    if (out->n_fields > out->most_fields) {
        cursor_take(cur, out->n_fields * 4);
        return TEMPLATE_TOO_LARGE;
    }
    if (!read_v9_fields(cur, out->fields, out->n_scope, ELEMENT_PEN_V9_SCOPE) ||
        !read_v9_fields(cur, out->fields + out->n_scope, out->n_fields - out->n_scope, 0))
        return TEMPLATE_SYNTAX;
    return has_length(out->fields, out->n_fields) ? TEMPLATE_OK : TEMPLATE_EMPTY;
}

static FieldNumber
read_ipfix_field(Cursor *cur)
{
    uint16_t id = cursor_u16(cur), length = cursor_u16(cur);

    return (FieldNumber){ .pen = id & 0x8000 ? cursor_u32(cur) : 0, .id = id & 0x7fff, .length = length };
}

TemplateResult
template_parse_ipfix(Cursor *cur, bool is_options, TemplateDefinition *out)
{
    if (cursor_left(cur) < 4 || cursor_is_zero(cur))
        return TEMPLATE_PADDING;
    out->id = cursor_u16(cur);
    out->n_fields = cursor_u16(cur);
    out->is_options = is_options;

    if (out->n_fields == 0) /* 2 and 3 mean "all templates" and "all options templates" (RFC 7011 section 8.1)
                             */
        return out->id >= 256 || out->id == 2 || out->id == 3 ? TEMPLATE_WITHDRAWN : TEMPLATE_SYNTAX;
    out->n_scope = is_options ? cursor_u16(cur) : 0;

    if (out->id < 256 || cursor_left(cur) < out->n_fields * 4 || out->n_scope > out->n_fields ||
        (is_options && out->n_scope == 0))
        return TEMPLATE_SYNTAX;
    for (uint32_t i = 0; i < out->n_fields; i++) {
        FieldNumber field = read_ipfix_field(cur);

        if (i < out->most_fields)
            out->fields[i] = field;
    }
    if (cur->failed)
        return TEMPLATE_SYNTAX;
    if (out->n_fields > out->most_fields)
        return TEMPLATE_TOO_LARGE;
    return has_length(out->fields, out->n_fields) ? TEMPLATE_OK : TEMPLATE_EMPTY;
}
