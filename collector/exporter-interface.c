/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-interface.c - what an exporter tells of its interfaces; see exporter-private.h and interface.h */
#include "collector/exporter-private.h"

/* Lends; makes it when it is new; NULL when there may be no more of them. */
static InterfaceName *
interface_of(Exporter *self, uint32_t index)
{
    gpointer key = exporter_name_key(self, index);
    InterfaceName *known = g_hash_table_lookup(self->interfaces, key);

    if (known != NULL)
        return known;
    if (g_hash_table_size(self->interfaces) >= EXPORTER_INTERFACES_MOST ||
        !told_budget_take(&self->told, sizeof *known + sizeof *known->usage + 96))
        return NULL;
    known = g_new0(InterfaceName, 1);
    g_hash_table_insert(self->interfaces, key, known);
    return known;
}

bool
exporter_count_interface(Exporter *self, uint32_t index, const InterfaceCounters *counters, int64_t now_ms)
{
    if (self->has_agents)
        return true;
    InterfaceName *known = interface_of(self, index);
    if (known == NULL)
        return false;
    if (known->usage == NULL)
        known->usage = g_new0(InterfaceUsage, 1);
    self->has_usage = true;
    if (counters->speed != 0)
        known->speed = counters->speed;
    interface_usage_note(known->usage, counters, now_ms);
    return true;
}

void
exporter_sample_interfaces(Exporter *self, const FlowRecord *record)
{
    if (!self->has_usage)
        return;
    const InterfaceName *in = g_hash_table_lookup(self->interfaces, exporter_name_key(self, record->in_if));
    const InterfaceName *out = g_hash_table_lookup(self->interfaces, exporter_name_key(self, record->out_if));
    double octets = (double)record->octets * MAX(record->sampling, 1u);

    if (in != NULL && in->usage != NULL)
        in->usage->in_sampled += octets;
    if (out != NULL && out->usage != NULL)
        out->usage->out_sampled += octets;
}

void
exporter_mix_interfaces(Exporter *self)
{
    GHashTableIter iter;
    gpointer value;

    self->has_usage = false;
    g_hash_table_iter_init(&iter, self->interfaces);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_clear_pointer(&((InterfaceName *)value)->usage, g_free);
}

/* A new name may tell the vendor. */
static bool
rename_interface(Exporter *self, char **slot, const char *name)
{
    const char *before = *slot;
    bool has_room = exporter_rename(self, slot, name);

    if (*slot != before)
        vendor_note_interface(&self->evidence, *slot);
    return has_room;
}

bool
exporter_name_interface(Exporter *self, uint32_t index, const char *name, const char *description)
{
    InterfaceName *known = interface_of(self, index);

    if (known == NULL)
        return false;
    bool has_room = rename_interface(self, &known->name, name);
    return rename_interface(self, &known->description, description) && has_room; /* IOS XR's is the name */
}
