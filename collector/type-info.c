/* SPDX-License-Identifier: GPL-3.0-or-later */
/* type-info.c - see type-info.h */
#include "collector/type-info.h"

#include <string.h>

typedef struct Told {
    Element element; /* its name is owned */
    uint8_t data_type;
} Told;

struct TypeInfo {
    GHashTable *by_key;  /* pen << 16 | id -> owned Told */
    GHashTable *by_name; /* of its element, lent -> the same Told */
};

/* RFC 5610 section 3.1, and the lists that RFC 6313 section 11.1 added */
static const ElementType types[] = {
    ELEMENT_OCTETS,       ELEMENT_UNSIGNED,     ELEMENT_UNSIGNED,    ELEMENT_UNSIGNED, ELEMENT_UNSIGNED,
    ELEMENT_SIGNED,       ELEMENT_SIGNED,       ELEMENT_SIGNED,      ELEMENT_SIGNED,   ELEMENT_FLOAT,
    ELEMENT_FLOAT,        ELEMENT_BOOLEAN,      ELEMENT_MAC,         ELEMENT_STRING,   ELEMENT_SECONDS,
    ELEMENT_MILLISECONDS, ELEMENT_MICROSECONDS, ELEMENT_NANOSECONDS, ELEMENT_IPV4,     ELEMENT_IPV6,
    ELEMENT_BASIC_LIST,   ELEMENT_RECORD_LIST,  ELEMENT_MULTI_LIST,
};

static gpointer
key_of(uint32_t pen, uint16_t id)
{
    return GSIZE_TO_POINTER(((gsize)pen << 16) | id);
}

static void
told_free(gpointer at)
{
    Told *self = at;

    g_free((char *)self->element.name);
    g_free(self);
}

TypeInfo *
type_info_new(void)
{
    TypeInfo *self = g_new0(TypeInfo, 1);

    self->by_key = g_hash_table_new_full(NULL, NULL, NULL, told_free);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

void
type_info_free(TypeInfo *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->by_name, g_hash_table_unref);
    g_clear_pointer(&self->by_key, g_hash_table_unref);
    g_free(self);
}

const Element *
type_info_find(const TypeInfo *self, uint32_t pen, uint16_t id)
{
    const Told *told = self == NULL ? NULL : g_hash_table_lookup(self->by_key, key_of(pen, id));

    return told == NULL ? NULL : &told->element;
}

/* Only an enterprise may tell of its own elements (RFC 5610 section 3), and the numbers that we made up are
 * none. */
static bool
may_be_told(const ElementModel *model, uint32_t pen, uint16_t id)
{
    return pen != 0 && pen != ELEMENT_PEN_REVERSE && pen < ELEMENT_PEN_SFLOW &&
           element_model_find(model, pen, id) == NULL;
}

/* Keys that decode prints itself. */
static bool
is_reserved(const char *name)
{
    static const char *const keys[] = { "exporter", "protocol", "exportTime", "kind",   "frame",
                                        "inner",    "semantic", "records",    "unknown" };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(name, keys[i]) == 0)
            return true;
    return false;
}

/* An identifier made of what was sent; NULL when there is nothing in it. The caller owns it. */
static char *
clean_name(const char *name, size_t length)
{
    length = strnlen(name, MIN(length, (size_t)TYPE_INFO_NAME_MOST));
    char *out = g_strndup(name, length);

    for (char *at = out; *at != '\0'; at++)
        if (!g_ascii_isalnum(*at))
            *at = '_';
    if (!g_ascii_isalpha(out[0]))
        g_clear_pointer(&out, g_free);
    return out;
}

static bool
is_taken(const TypeInfo *self, uint32_t pen, uint16_t id, const char *name)
{
    const Told *other = g_hash_table_lookup(self->by_name, name);

    return other != NULL && (other->element.pen != pen || other->element.id != id);
}

/* @clean, or with the element's number behind it where it would be mistaken; never longer than a name may be,
 * so that it is restored as it was saved. NULL when another has that too. Takes @clean; the caller owns the
 * result. */
static char *
own_name(const TypeInfo *self, const ElementModel *model, uint32_t pen, uint16_t id, char *clean)
{
    if (!is_taken(self, pen, id, clean) && !is_reserved(clean) && element_model_by_name(model, clean) == NULL)
        return clean;
    g_autofree char *number = g_strdup_printf("_e%uid%u", pen, id);
    char *out = g_strdup_printf("%.*s%s", TYPE_INFO_NAME_MOST - (int)strlen(number), clean, number);

    g_free(clean);
    if (is_taken(self, pen, id, out))
        g_clear_pointer(&out, g_free);
    return out;
}

bool
type_info_tell(TypeInfo *self, const ElementModel *model, uint32_t pen, uint16_t id, uint8_t data_type,
               const char *name, size_t name_length)
{
    Told *known = g_hash_table_lookup(self->by_key, key_of(pen, id));

    if (!may_be_told(model, pen, id) || data_type >= G_N_ELEMENTS(types) ||
        (known == NULL && g_hash_table_size(self->by_key) >= TYPE_INFO_MOST))
        return false;
    char *clean = clean_name(name, name_length);
    if (clean == NULL)
        return false;
    clean = own_name(self, model, pen, id, clean);
    if (clean == NULL)
        return false;
    if (known != NULL && known->data_type == data_type && strcmp(known->element.name, clean) == 0) {
        g_free(clean);
        return false;
    }
    if (known != NULL)
        g_hash_table_remove(self->by_name, known->element.name);
    Told *told = g_new0(Told, 1);
    told->element = (Element){ .pen = pen, .id = id, .type = types[data_type], .name = clean };
    told->data_type = data_type;
    g_hash_table_replace(self->by_key, key_of(pen, id), told);
    g_hash_table_replace(self->by_name, (gpointer)told->element.name, told);
    return true;
}

static uint64_t
number(const uint8_t *at, uint16_t length)
{
    uint64_t value = 0;

    for (uint16_t i = 0; i < length; i++)
        value = value << 8 | at[i];
    return value;
}

bool
type_info_learn(TypeInfo *self, const ElementModel *model, const Template *tmpl, const uint8_t *const *at,
                const uint16_t *lengths)
{
    uint64_t id = 0, pen = 0, data_type = UINT64_MAX;
    const uint8_t *name = NULL;
    uint16_t name_length = 0;

    for (uint32_t i = 0; i < tmpl->n_fields; i++) {
        const Element *element = tmpl->fields[i].element;

        if (element->pen != 0 || lengths[i] == 0)
            continue;
        if (element->id == 303) /* informationElementId */
            id = number(at[i], lengths[i]) & 0x7fff;
        else if (element->id == 346) /* privateEnterpriseNumber */
            pen = number(at[i], lengths[i]);
        else if (element->id == 339) /* informationElementDataType */
            data_type = number(at[i], lengths[i]);
        else if (element->id == 341) { /* informationElementName */
            name = at[i];
            name_length = lengths[i];
        }
    }
    return name != NULL && pen <= UINT32_MAX && data_type <= UINT8_MAX &&
           type_info_tell(self, model, (uint32_t)pen, (uint16_t)id, (uint8_t)data_type, (const char *)name,
                          name_length);
}

uint32_t
type_info_count(const TypeInfo *self)
{
    return self == NULL ? 0 : g_hash_table_size(self->by_key);
}

void
type_info_foreach(const TypeInfo *self, void (*each)(void *user, const Element *element, uint8_t data_type),
                  void *user)
{
    GHashTableIter iter;
    gpointer value;

    if (self == NULL)
        return;
    g_hash_table_iter_init(&iter, self->by_key);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        each(user, &((const Told *)value)->element, ((const Told *)value)->data_type);
}
