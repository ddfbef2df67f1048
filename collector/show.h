/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show.h - gathers the fields of a record that is not on the wire field by field, for `talaya decode`
 *
 * What a sampled packet or an sFlow structure says gets the name of the information element that means the
 * same. The daemon shows nothing: then every call returns at once. Bounded by the caller's array of views, by
 * the room for numbers and by that for names; what is beyond is left out. Lives for one record.
 */
#pragma once
#include "collector/record.h"

enum { SHOW_VIEWS_MOST = 256, SHOW_GROUPS_MOST = 4, SHOW_NUMBERS = 1024, SHOW_UNKNOWN_MOST = 16 };

typedef struct Show {
    const ElementModel *model; /* borrowed */
    FieldView *views;          /* borrowed, SHOW_VIEWS_MOST of them; NULL: nobody looks */
    uint32_t n_views;
    uint32_t n_groups;
    uint32_t n_numbers;
    uint32_t n_unknown;
    FieldGroup groups[SHOW_GROUPS_MOST];
    Element unknown[SHOW_UNKNOWN_MOST];
    char names[SHOW_UNKNOWN_MOST][24];
    uint8_t numbers[SHOW_NUMBERS]; /* values that are not on the wire as such */
} Show;

/* @views may be NULL. */
void show_init(Show *self, const ElementModel *model, FieldView *views);
static inline bool
show_is_wanted(const Show *self)
{
    return self->views != NULL;
}
/* @length bytes at @at, which are lent until the record has been shown; NULL shows nothing. */
void show_element(Show *self, const Element *element, const uint8_t *at, uint16_t length);
/* The same as IANA's element @id. */
void show_bytes(Show *self, uint16_t id, const uint8_t *at, uint16_t length);
void show_number(Show *self, uint16_t id, uint64_t value, uint16_t length);
void show_element_number(Show *self, const Element *element, uint64_t value, uint16_t length);
/* What no table knows: e<PEN>id<NUMBER>, in hex. */
void show_unknown(Show *self, uint32_t pen, uint16_t id, const uint8_t *at, uint16_t length);
/* All that follows is in a group of its own within what came before. False: no more of them. */
bool show_group(Show *self, const char *name);
/* Fills in the fields and groups. */
void show_finish(Show *self, RecordView *view);
