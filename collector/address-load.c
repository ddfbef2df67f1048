/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address-load.c - see address-load.h */
#include "collector/address-load.h"

#include <glib.h>
#include <xxhash.h>

#define MINUTE_NS (INT64_C(60) * 1000000000)

typedef struct Load {
    IpAddress address; /* first: the key */
    uint32_t open, in_minute;
} Load;

struct AddressLoad {
    uint32_t max_open, max_new;
    GHashTable *loads; /* owned Load, by its address */
    int64_t minute;    /* that @in_minute counts in */
};

static guint
hash(gconstpointer at)
{
    return (guint)XXH3_64bits(at, sizeof(IpAddress));
}

static gboolean
is_equal(gconstpointer a, gconstpointer b)
{
    return ip_equal(a, b);
}

AddressLoad *
address_load_new(uint32_t max_open, uint32_t max_new_per_minute)
{
    AddressLoad *self = g_new0(AddressLoad, 1);

    *self = (AddressLoad){ .max_open = max_open, .max_new = max_new_per_minute };
    self->loads = g_hash_table_new_full(hash, is_equal, NULL, g_free);
    return self;
}

void
address_load_free(AddressLoad *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->loads);
    g_free(self);
}

static gboolean
begin_minute(gpointer key, gpointer value, gpointer user)
{
    Load *load = value;

    load->in_minute = 0;
    return load->open == 0;
}

AddressLoadAnswer
address_load_come(AddressLoad *self, const IpAddress *address, int64_t now_ns)
{
    if (now_ns / MINUTE_NS != self->minute) {
        self->minute = now_ns / MINUTE_NS;
        g_hash_table_foreach_remove(self->loads, begin_minute, NULL);
    }
    Load *load = g_hash_table_lookup(self->loads, address);
    if (load == NULL) {
        load = g_new0(Load, 1);
        load->address = *address;
        g_hash_table_insert(self->loads, load, load);
    }
    if (load->in_minute >= self->max_new)
        return ADDRESS_LOAD_TOO_OFTEN;
    load->in_minute++;
    if (load->open >= self->max_open)
        return ADDRESS_LOAD_TOO_MANY;
    load->open++;
    return ADDRESS_LOAD_WELCOME;
}

void
address_load_go(AddressLoad *self, const IpAddress *address)
{
    Load *load = g_hash_table_lookup(self->loads, address);

    if (load != NULL && load->open > 0)
        load->open--;
}

uint32_t
address_load_size(const AddressLoad *self)
{
    return g_hash_table_size(self->loads);
}
