/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list.h - structured data (RFC 6313): the lists that lie in a field of a record
 *
 * A basicList holds values of one element, a subTemplateList records of one template, a subTemplateMultiList
 * records of several. Each may hold lists again: callers stop at LIST_DEPTH_MOST, and what all of a
 * datagram's lists cost is bounded by its length (ListRoom). A list is checked to its end before anything of
 * it is used. Intake thread; nothing is allocated but the room, once.
 */
#pragma once
#include "collector/record.h"
#include "collector/template-cache.h"
#include "collector/type-info.h"

enum {
    LIST_DEPTH_MOST = 4,
    LIST_ROOM = 2048, /* fields of the records that are open at once, one in the other */
    LIST_FIELDS_PER_BYTE =
        8, /* what may be checked for each byte of a datagram, on each level, and again to print */
    LIST_FIELDS_LEAST = 4096,
};

/* Where the fields of the records in work stand; innermost last. */
typedef struct ListRoom {
    uint32_t budget; /* fields that may still be checked for this datagram */
    uint32_t used;
    const uint8_t *at[LIST_ROOM];
    uint16_t lengths[LIST_ROOM];
} ListRoom;
void list_room_begin(ListRoom *self, size_t datagram_length);

/* What a list's names and templates mean. Everything is borrowed. */
struct ListScope {
    const ElementModel *model;
    const TypeInfo *told;     /* by the exporter; may be NULL */
    TemplateCache *templates; /* of the observation domain */
    ListRoom *room;
};

typedef enum ListStep {
    LIST_END,
    LIST_RECORD,
    LIST_UNKNOWN, /* records whose template has not been told */
    LIST_SYNTAX,  /* it contradicts itself; nothing of it is to be used */
    LIST_WORK,    /* it costs more to read than its bytes are worth */
} ListStep;

/* One record of a list, or one value of a basicList. Lent until the next list_next. */
typedef struct ListRecord {
    const Template *tmpl; /* NULL: a basicList's value, or unknown */
    uint16_t template_id; /* 0: a basicList's value */
    uint32_t n_fields;
    const FieldSpec *fields; /* NULL: unknown */
    const uint8_t **at;      /* of an unknown one: all bytes of its kind, as one field */
    uint16_t *lengths;
} ListRecord;

typedef struct List {
    const ListScope *scope;
    ElementType type;
    bool is_checked; /* to its end: nothing is wrong with it */
    uint8_t semantic;
    uint16_t template_id;
    Template *tmpl; /* borrowed: no template changes while a list is read */
    FieldSpec item; /* of a basicList */
    Element unknown;
    char name[24];
    Cursor cur;  /* the records of one template, or the values */
    Cursor rest; /* of a subTemplateMultiList: what follows for other templates */
} List;

/* Opens the list in a field of a list's type, checked to its end. Anything but LIST_RECORD: why not. */
ListStep list_open(List *self, const ListScope *scope, const Element *element, const uint8_t *at,
                   uint16_t length);
/* LIST_RECORD or LIST_UNKNOWN while there is one, then LIST_END. */
ListStep list_next(List *self, ListRecord *out);
/* While a record's own lists are read, its fields stay. */
void list_enter(ListRoom *self, const ListRecord *record);
void list_leave(ListRoom *self, const ListRecord *record);

/* RFC 6313 section 4.7: noneOf, exactlyOneOf, oneOrMoreOf, allOf, ordered; else undefined. */
const char *list_semantic_name(uint8_t semantic);
