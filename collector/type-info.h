/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * type-info.h - what an exporter tells of enterprise elements that our model does not know (RFC 5610)
 *
 * Options records name an element and its type. From then on it is printed by that name, in this exporter's
 * records and nobody else's: templates stay as they are, names are looked up when a record is shown. A name
 * comes from the network: it is made an identifier, and one that would be mistaken for something else gets
 * the element's number behind it. What the model knows is never told anew. Bounded by TYPE_INFO_MOST; intake
 * thread.
 */
#pragma once
#include "collector/template.h"

enum { TYPE_INFO_MOST = 1024, TYPE_INFO_NAME_MOST = 64 };

typedef struct TypeInfo TypeInfo;
TypeInfo *type_info_new(void);
void type_info_free(TypeInfo *self);
/* Lends; NULL when nothing was told of it, or @self is NULL. */
const Element *type_info_find(const TypeInfo *self, uint32_t pen, uint16_t id);
/* What is to be printed for a template's @element: what was told of it, or itself. */
static inline const Element *
type_info_name(const TypeInfo *self, const Element *element)
{
    const Element *told = element->pen == 0 ? NULL : type_info_find(self, element->pen, element->id);

    return told != NULL ? told : element;
}
/* @data_type is a number of RFC 5610 section 3.1. True when it is news. */
bool type_info_tell(TypeInfo *self, const ElementModel *model, uint32_t pen, uint16_t id, uint8_t data_type,
                    const char *name, size_t name_length);
/* What one options record tells; true when it is news. */
bool type_info_learn(TypeInfo *self, const ElementModel *model, const Template *tmpl,
                     const uint8_t *const *at, const uint16_t *lengths);

/* For the state file: all that was told, in any order. */
uint32_t type_info_count(const TypeInfo *self);
void type_info_foreach(const TypeInfo *self,
                       void (*each)(void *user, const Element *element, uint8_t data_type), void *user);
