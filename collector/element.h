/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * element.h - information elements: number -> name, type, and where it goes in a FlowRecord
 *
 * Names and types come from libfixbuf's information model (the IANA registry and the enterprise elements that
 * it knows), read once at start; nothing is typed in here but which elements a FlowRecord has room for.
 * NetFlow v9's field types are the first 127 elements and a few of their own (RFC 3954 section 8; RFC 7011
 * keeps the numbers).
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ElementType {
    ELEMENT_OCTETS = 0, /* printed in hex; unknown elements too */
    ELEMENT_UNSIGNED,
    ELEMENT_SIGNED,
    ELEMENT_FLOAT,
    ELEMENT_BOOLEAN,
    ELEMENT_MAC,
    ELEMENT_STRING,
    ELEMENT_IPV4,
    ELEMENT_IPV6,
    ELEMENT_SECONDS,
    ELEMENT_MILLISECONDS,
    ELEMENT_MICROSECONDS, /* NTP format */
    ELEMENT_NANOSECONDS,  /* NTP format */
    ELEMENT_BASIC_LIST,   /* RFC 6313: values of one element, */
    ELEMENT_RECORD_LIST,  /* records of one template (subTemplateList), */
    ELEMENT_MULTI_LIST,   /* records of several (subTemplateMultiList) */
} ElementType;
static inline bool
element_type_is_list(ElementType type)
{
    return type >= ELEMENT_BASIC_LIST;
}

typedef struct Element {
    uint32_t pen; /* private enterprise number; 0: IANA. Reverse elements (RFC 5103) are of PEN 29305. */
    uint16_t id;
    ElementType type;
    const char *name; /* as registered; reverse...; e<PEN>id<NUMBER> for the unknown */
} Element;

enum {
    ELEMENT_PEN_REVERSE = 29305,            /* RFC 5103 */
    ELEMENT_PEN_V9_SCOPE = G_MAXUINT32 - 1, /* ours, never on the wire: NetFlow v9's scope types */
    ELEMENT_PEN_SFLOW = G_MAXUINT32 - 2,    /* likewise: what sFlow tells and IANA has no element for */
};

/* The model: immutable once made, may be shared by threads. */
typedef struct ElementModel ElementModel;
ElementModel *element_model_new(void);
void element_model_free(ElementModel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ElementModel, element_model_free)
/* Lends; NULL when the model does not know it. @pen 29305 gives the reverse element of @id. */
const Element *element_model_find(const ElementModel *self, uint32_t pen, uint16_t id);
/* By name; NULL when there is none. */
const Element *element_model_by_name(const ElementModel *self, const char *name);
