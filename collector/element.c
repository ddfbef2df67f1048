/* SPDX-License-Identifier: GPL-3.0-or-later */
/* element.c - see element.h; the only file that asks libfixbuf what it knows */
#include "collector/element.h"

#include <fixbuf/public.h>

struct ElementModel {
    GHashTable *by_key;  /* pen << 16 | id -> Element, lent from @elements */
    GHashTable *by_name; /* the same by name */
    GPtrArray *elements; /* owned */
};

/* What libfixbuf calls a type, and what we do with it. */
static const ElementType types[] = {
    [FB_OCTET_ARRAY] = ELEMENT_OCTETS,
    [FB_UINT_8] = ELEMENT_UNSIGNED,
    [FB_UINT_16] = ELEMENT_UNSIGNED,
    [FB_UINT_32] = ELEMENT_UNSIGNED,
    [FB_UINT_64] = ELEMENT_UNSIGNED,
    [FB_INT_8] = ELEMENT_SIGNED,
    [FB_INT_16] = ELEMENT_SIGNED,
    [FB_INT_32] = ELEMENT_SIGNED,
    [FB_INT_64] = ELEMENT_SIGNED,
    [FB_FLOAT_32] = ELEMENT_FLOAT,
    [FB_FLOAT_64] = ELEMENT_FLOAT,
    [FB_BOOL] = ELEMENT_BOOLEAN,
    [FB_MAC_ADDR] = ELEMENT_MAC,
    [FB_STRING] = ELEMENT_STRING,
    [FB_DT_SEC] = ELEMENT_SECONDS,
    [FB_DT_MILSEC] = ELEMENT_MILLISECONDS,
    [FB_DT_MICROSEC] = ELEMENT_MICROSECONDS,
    [FB_DT_NANOSEC] = ELEMENT_NANOSECONDS,
    [FB_IP4_ADDR] = ELEMENT_IPV4,
    [FB_IP6_ADDR] = ELEMENT_IPV6,
    [FB_BASIC_LIST] = ELEMENT_BASIC_LIST,
    [FB_SUB_TMPL_LIST] = ELEMENT_RECORD_LIST,
    [FB_SUB_TMPL_MULTI_LIST] = ELEMENT_MULTI_LIST,
};

/*
 * NetFlow v9's scope types are no information elements (RFC 3954 section 6.1), and its vendors count their
 * field types beyond 32767 without an enterprise number. We give them a place of their own, so that a scope
 * "System" is never taken for octetDeltaCount.
 */
static const Element own_elements[] = {
    { ELEMENT_PEN_V9_SCOPE, 1, ELEMENT_OCTETS, "scopeSystem" },
    { ELEMENT_PEN_V9_SCOPE, 2, ELEMENT_UNSIGNED, "scopeInterface" },
    { ELEMENT_PEN_V9_SCOPE, 3, ELEMENT_UNSIGNED, "scopeLineCard" },
    { ELEMENT_PEN_V9_SCOPE, 4, ELEMENT_OCTETS, "scopeCache" },
    { ELEMENT_PEN_V9_SCOPE, 5, ELEMENT_UNSIGNED, "scopeTemplate" },
};

static gpointer
key_of(uint32_t pen, uint16_t id)
{
    return GSIZE_TO_POINTER(((gsize)pen << 16) | id);
}

static void
element_free(gpointer at)
{
    Element *element = at;

    g_free((char *)element->name);
    g_free(element);
}

static void
add(ElementModel *self, uint32_t pen, uint16_t id, ElementType type, const char *name)
{
    Element *element = g_new(Element, 1);

    *element = (Element){ .pen = pen, .id = id, .type = type, .name = g_strdup(name) };
    g_ptr_array_add(self->elements, element);
    g_hash_table_replace(self->by_key, key_of(pen, id), element);
    g_hash_table_replace(self->by_name, (gpointer)element->name, element);
}

ElementModel *
element_model_new(void)
{
    ElementModel *self = g_new0(ElementModel, 1);
    fbInfoModel_t *model = fbInfoModelAlloc();
    fbInfoModelIter_t iter;
    const fbInfoElement_t *each;

    *self = (ElementModel){
        .by_key = g_hash_table_new(g_direct_hash, g_direct_equal),
        .by_name = g_hash_table_new(g_str_hash, g_str_equal),
        .elements = g_ptr_array_new_with_free_func(element_free),
    };
    fbInfoModelIterInit(&iter, model);
    while ((each = fbInfoModelIterNext(&iter)) != NULL)
        add(self, each->ent, each->num, each->type < G_N_ELEMENTS(types) ? types[each->type] : ELEMENT_OCTETS,
            each->ref.name);
    fbInfoModelFree(model);
    for (size_t i = 0; i < G_N_ELEMENTS(own_elements); i++)
        add(self, own_elements[i].pen, own_elements[i].id, own_elements[i].type, own_elements[i].name);
    return self;
}

void
element_model_free(ElementModel *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->by_key, g_hash_table_unref);
    g_clear_pointer(&self->by_name, g_hash_table_unref);
    g_clear_pointer(&self->elements, g_ptr_array_unref);
    g_free(self);
}

const Element *
element_model_find(const ElementModel *self, uint32_t pen, uint16_t id)
{
    return g_hash_table_lookup(self->by_key, key_of(pen, id));
}

const Element *
element_model_by_name(const ElementModel *self, const char *name)
{
    return g_hash_table_lookup(self->by_name, name);
}
