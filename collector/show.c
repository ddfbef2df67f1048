/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show.c - see show.h */
#include "collector/show.h"

const char *
record_kind_name(RecordKind kind)
{
    static const char *const kinds[N_RECORD_KINDS] = { "flow", "options", "counters", "discard" };

    return kinds[kind];
}

void
show_init(Show *self, const ElementModel *model, FieldView *views)
{
    self->model = model;
    self->views = views;
    self->n_views = self->n_groups = self->n_numbers = self->n_unknown = 0;
}

void
show_element(Show *self, const Element *element, const uint8_t *at, uint16_t length)
{
    if (self->views == NULL || at == NULL || self->n_views == SHOW_VIEWS_MOST)
        return;
    self->views[self->n_views++] = (FieldView){ .element = element, .at = at, .length = length };
}

void
show_bytes(Show *self, uint16_t id, const uint8_t *at, uint16_t length)
{
    if (self->views != NULL)
        show_element(self, element_model_find(self->model, 0, id), at, length);
}

void
show_element_number(Show *self, const Element *element, uint64_t value, uint16_t length)
{
    uint8_t *at = self->numbers + self->n_numbers;

    if (self->views == NULL || self->n_numbers + length > SHOW_NUMBERS)
        return;
    for (uint32_t i = length; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
    self->n_numbers += length;
    show_element(self, element, at, length);
}

void
show_number(Show *self, uint16_t id, uint64_t value, uint16_t length)
{
    if (self->views != NULL)
        show_element_number(self, element_model_find(self->model, 0, id), value, length);
}

void
show_unknown(Show *self, uint32_t pen, uint16_t id, const uint8_t *at, uint16_t length)
{
    if (self->views == NULL || length == 0 || self->n_unknown == SHOW_UNKNOWN_MOST)
        return;
    Element *element = &self->unknown[self->n_unknown];
    char *name = self->names[self->n_unknown++];

    g_snprintf(name, sizeof self->names[0], "e%uid%u", pen, id);
    *element = (Element){ .pen = pen, .id = id, .type = ELEMENT_OCTETS, .name = name };
    show_element(self, element, at, length);
}

static void
close_group(Show *self)
{
    if (self->n_groups > 0) {
        FieldGroup *last = &self->groups[self->n_groups - 1];

        last->n_fields = self->n_views - last->first;
    }
}

bool
show_group(Show *self, const char *name)
{
    if (self->views == NULL || self->n_groups == SHOW_GROUPS_MOST)
        return false;
    close_group(self);
    self->groups[self->n_groups++] = (FieldGroup){ .name = name, .first = self->n_views };
    return true;
}

void
show_finish(Show *self, RecordView *view)
{
    close_group(self);
    view->fields = self->views;
    view->n_fields = self->n_groups > 0 ? self->groups[0].first : self->n_views;
    view->groups = self->groups;
    view->n_groups = self->n_groups;
}
