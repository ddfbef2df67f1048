/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * print-memo.h - what was worked out to print one record, kept for the next one
 *
 * Records come in runs of one shape. Which fields repeat others, the text of their keys, where the columns of
 * CSV stand: all that depends on the row of elements alone, and the head of the line on the datagram. Only
 * rows of elements without an enterprise are remembered: what exporters tell of the others may change (see
 * type-info.h). The owner zeroes it. One thread.
 */
#pragma once
#include "collector/record.h"

enum { PRINT_FIELDS_MOST = 64, PRINT_COLUMNS_MOST = 24, PRINT_KEYS = 4096, PRINT_HEAD = 320 };

/* Elements whose names stand in the head of each line: observationDomainId, templateId. */
enum { PRINT_TEMPLATE_ID = 145, PRINT_DOMAIN_ID = 149 };
static inline bool
print_is_in_head(const Element *element)
{
    return element->pen == 0 && (element->id == PRINT_DOMAIN_ID || element->id == PRINT_TEMPLATE_ID);
}

typedef enum PrintHow {
    PRINT_ONE = 0,  /* key and value */
    PRINT_NOTHING,  /* it repeats an earlier field, or stands in the head of the line */
    PRINT_AT_LENGTH /* a list, or a field that others repeat */
} PrintHow;

typedef struct PrintStep {
    uint16_t id; /* of the element, whose enterprise is 0 */
    uint8_t how; /* PrintHow */
    uint8_t key_length;
    uint16_t key_at; /* in @keys: ,"name": */
} PrintStep;

typedef struct PrintMemo {
    uint32_t n_fields; /* 0: nothing is remembered */
    PrintStep steps[PRINT_FIELDS_MOST];
    char keys[PRINT_KEYS];
    bool differs_in_head;               /* an element of the head is among the fields */
    int8_t columns[PRINT_COLUMNS_MOST]; /* of CSV: the field that is shown, or -1 */
    struct {
        RecordView of;   /* the members that the text is made of; the rest means nothing */
        uint32_t length; /* 0: none */
        char text[PRINT_HEAD];
    } head;
} PrintMemo;

/* A column of CSV shows the first of its elements that is there. */
typedef struct PrintColumn {
    const char *name;
    uint16_t ids[5];
} PrintColumn;

/* True when @self fits @record, after this if need be; false when its fields are of no kind to remember. */
bool print_memo_fit(PrintMemo *self, const RecordView *record, const PrintColumn *columns, size_t n_columns);
/* Does the head that is kept say what @record's would? */
bool print_memo_has_head(const PrintMemo *self, const RecordView *record);
/* Keeps @text as the head of @record, if it is not too long. */
void print_memo_keep_head(PrintMemo *self, const RecordView *record, const char *text, size_t length);
