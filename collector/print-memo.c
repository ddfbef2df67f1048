/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print-memo.c - see print-memo.h */
#include "collector/print-memo.h"

#include <string.h>

static bool
is_same_row(const PrintMemo *self, const RecordView *record)
{
    if (self->n_fields == 0 || self->n_fields != record->n_fields)
        return false;
    for (uint32_t i = 0; i < record->n_fields; i++)
        if (record->fields[i].element->id != self->steps[i].id || record->fields[i].element->pen != 0)
            return false;
    return true;
}

static int8_t
find(const RecordView *record, uint16_t id)
{
    for (uint32_t i = 0; i < record->n_fields; i++)
        if (record->fields[i].element->id == id)
            return (int8_t)i;
    return -1;
}

static PrintHow
how_of(const RecordView *record, uint32_t i)
{
    const Element *element = record->fields[i].element;

    if (print_is_in_head(element) || find(record, element->id) < (int8_t)i)
        return PRINT_NOTHING;
    for (uint32_t j = i + 1; j < record->n_fields; j++)
        if (record->fields[j].element->id == element->id)
            return PRINT_AT_LENGTH;
    return element_type_is_list(element->type) ? PRINT_AT_LENGTH : PRINT_ONE;
}

/* False when the texts of the keys have no room. */
static bool
learn_steps(PrintMemo *self, const RecordView *record)
{
    uint16_t used = 0;

    for (uint32_t i = 0; i < record->n_fields; i++) {
        const char *name = record->fields[i].element->name;
        size_t length = strlen(name) + 4;

        if (length > UINT8_MAX || used + length > PRINT_KEYS)
            return false;
        self->steps[i] = (PrintStep){ .id = record->fields[i].element->id,
                                      .how = (uint8_t)how_of(record, i),
                                      .key_length = (uint8_t)length,
                                      .key_at = used };
        memcpy(self->keys + used, ",\"", 2);
        memcpy(self->keys + used + 2, name, length - 4);
        memcpy(self->keys + used + length - 2, "\":", 2);
        used = (uint16_t)(used + length);
    }
    return true;
}

static void
learn_places(PrintMemo *self, const RecordView *record, const PrintColumn *columns, size_t n_columns)
{
    self->differs_in_head = find(record, PRINT_DOMAIN_ID) >= 0 || find(record, PRINT_TEMPLATE_ID) >= 0;
    for (size_t c = 0; c < n_columns; c++) {
        self->columns[c] = -1;
        for (size_t i = 0; i < G_N_ELEMENTS(columns->ids) && columns[c].ids[i] != 0 && self->columns[c] < 0;
             i++)
            self->columns[c] = find(record, columns[c].ids[i]);
    }
}

bool
print_memo_fit(PrintMemo *self, const RecordView *record, const PrintColumn *columns, size_t n_columns)
{
    if (is_same_row(self, record))
        return true;
    self->n_fields = 0;
    if (record->n_fields == 0 || record->n_fields > PRINT_FIELDS_MOST || n_columns > PRINT_COLUMNS_MOST)
        return false;
    for (uint32_t i = 0; i < record->n_fields; i++)
        if (record->fields[i].element->pen != 0)
            return false;
    if (!learn_steps(self, record))
        return false;
    learn_places(self, record, columns, n_columns);
    self->n_fields = record->n_fields;
    return true;
}

bool
print_memo_has_head(const PrintMemo *self, const RecordView *record)
{
    const RecordView *of = &self->head.of;

    return self->head.length > 0 && of->export_time.ms == record->export_time.ms &&
           of->template_id == record->template_id && of->domain == record->domain &&
           of->protocol == record->protocol && of->kind == record->kind &&
           ip_equal(&of->exporter, &record->exporter);
}

void
print_memo_keep_head(PrintMemo *self, const RecordView *record, const char *text, size_t length)
{
    if (length > PRINT_HEAD)
        return;
    self->head.of = *record;
    self->head.length = (uint32_t)length;
    memcpy(self->head.text, text, length);
}
