/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list.c - see list.h */
#include "collector/list.h"

void
list_room_begin(ListRoom *self, size_t datagram_length)
{
    self->used = 0;
    self->budget = (uint32_t)datagram_length * LIST_FIELDS_PER_BYTE + LIST_FIELDS_LEAST;
}

const char *
list_semantic_name(uint8_t semantic)
{
    static const char *const names[] = { "noneOf", "exactlyOneOf", "oneOrMoreOf", "allOf", "ordered" };

    return semantic < G_N_ELEMENTS(names) ? names[semantic] : "undefined";
}

void
list_enter(ListRoom *self, const ListRecord *record)
{
    self->used += record->n_fields;
}

void
list_leave(ListRoom *self, const ListRecord *record)
{
    self->used -= record->n_fields;
}

static const Element *
find_element(List *self, uint32_t pen, uint16_t id)
{
    const Element *known = element_model_find(self->scope->model, pen, id);

    if (known == NULL)
        known = type_info_find(self->scope->told, pen, id);
    if (known != NULL)
        return known;
    g_snprintf(self->name, sizeof self->name, "e%uid%u", pen, id);
    self->unknown = (Element){ .pen = pen, .id = id, .type = ELEMENT_OCTETS, .name = self->name };
    return &self->unknown;
}

/* RFC 6313 section 4.5.1: a field specifier as in a template, then its values. */
static void
open_basic(List *self)
{
    uint16_t id = cursor_u16(&self->cur);

    self->item.length = cursor_u16(&self->cur);
    self->item.element = find_element(self, id & 0x8000 ? cursor_u32(&self->cur) : 0, id & 0x7fff);
    if (self->item.length == 0 && cursor_left(&self->cur) > 0) /* how many would there be? */
        self->cur.failed = true;
}

static void
use_template(List *self, uint16_t id)
{
    self->template_id = id;
    self->tmpl = template_cache_find(self->scope->templates, id);
}

/* RFC 6313 section 4.5.3: the next template's records, behind their id and their length, which counts itself.
 */
static void
open_group(List *self)
{
    uint16_t id = cursor_u16(&self->rest), length = cursor_u16(&self->rest);

    if (length < 4) {
        self->rest.failed = true;
        self->cur = self->rest;
        return;
    }
    use_template(self, id);
    self->cur = cursor_sub(&self->rest, length - 4u);
}

static void
open_kind(List *self)
{
    if (self->type == ELEMENT_BASIC_LIST) {
        open_basic(self);
    } else if (self->type == ELEMENT_RECORD_LIST) {
        use_template(self, cursor_u16(&self->cur));
    } else {
        self->rest = self->cur;
        self->cur = cursor_over(NULL, 0);
    }
}

static ListStep
next_value(List *self, ListRecord *out)
{
    uint16_t length = self->item.length;

    if (length == FIELD_VARIABLE) { /* RFC 7011 section 7 */
        length = cursor_u8(&self->cur);
        if (length == 255)
            length = cursor_u16(&self->cur);
    }
    out->at[0] = cursor_take(&self->cur, length);
    out->lengths[0] = length;
    if (self->cur.failed)
        return LIST_SYNTAX;
    out->n_fields = 1;
    out->fields = &self->item;
    return LIST_RECORD;
}

/* All records of a template that is not known are one field without a name. */
static ListStep
next_unknown(List *self, ListRecord *out)
{
    out->lengths[0] = (uint16_t)cursor_left(&self->cur);
    out->at[0] = cursor_take(&self->cur, out->lengths[0]);
    out->template_id = self->template_id;
    out->n_fields = 1;
    return LIST_UNKNOWN;
}

static ListStep
next_record(List *self, ListRecord *out)
{
    out->tmpl = self->tmpl;
    out->template_id = self->template_id;
    out->n_fields = self->tmpl->n_fields;
    out->fields = self->tmpl->fields;
    return template_walk(self->tmpl, &self->cur, out->at, out->lengths) ? LIST_RECORD : LIST_SYNTAX;
}

ListStep
list_next(List *self, ListRecord *out)
{
    ListRoom *room = self->scope->room;

    while (cursor_left(&self->cur) == 0 && cursor_left(&self->rest) > 0 && !self->rest.failed)
        open_group(self);
    if (self->cur.failed || self->rest.failed)
        return LIST_SYNTAX;
    if (cursor_left(&self->cur) == 0)
        return LIST_END;

    uint32_t n = self->tmpl != NULL ? self->tmpl->n_fields : 1;
    if (!self->is_checked) {
        if (n > LIST_ROOM - room->used || n > room->budget)
            return LIST_WORK;
        room->budget -= n;
    }
    *out = (ListRecord){ .at = room->at + room->used, .lengths = room->lengths + room->used };
    if (self->type == ELEMENT_BASIC_LIST)
        return next_value(self, out);
    return self->tmpl == NULL ? next_unknown(self, out) : next_record(self, out);
}

ListStep
list_open(List *self, const ListScope *scope, const Element *element, const uint8_t *at, uint16_t length)
{
    ListRecord record;
    ListStep step;

    *self = (List){ .scope = scope, .type = element->type, .cur = cursor_over(at, length) };
    self->semantic = cursor_u8(&self->cur);
    open_kind(self);
    List check = *self; /* whose element may be @self's: nobody looks at it here */
    do
        step = list_next(&check, &record);
    while (step == LIST_RECORD || step == LIST_UNKNOWN);
    self->is_checked = step == LIST_END;
    return self->is_checked ? LIST_RECORD : step;
}
