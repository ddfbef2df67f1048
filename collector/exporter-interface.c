/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-interface.c - what an exporter tells of its interfaces; see exporter-private.h and interface.h */
#include "collector/exporter-private.h"

/* Lends; makes it when it is new; NULL when there may be no more of them. */
static InterfaceName *
interface_of(Exporter *self, uint32_t index)
{
    InterfaceName *known = g_hash_table_lookup(self->interfaces, GUINT_TO_POINTER(index));

    if (known != NULL || g_hash_table_size(self->interfaces) >= EXPORTER_INTERFACES_MOST)
        return known;
    known = g_new0(InterfaceName, 1);
    g_hash_table_insert(self->interfaces, GUINT_TO_POINTER(index), known);
    return known;
}

void
exporter_count_interface(Exporter *self, uint32_t index, const InterfaceCounters *counters, int64_t now_ms)
{
    InterfaceName *known = interface_of(self, index);

    if (known == NULL)
        return;
    if (known->usage == NULL)
        known->usage = g_new0(InterfaceUsage, 1);
    self->has_usage = true;
    if (counters->speed != 0)
        known->speed = counters->speed;
    interface_usage_note(known->usage, counters, now_ms);
}

void
exporter_sample_interfaces(Exporter *self, const FlowRecord *record)
{
    if (!self->has_usage)
        return;
    const InterfaceName *in = g_hash_table_lookup(self->interfaces, GUINT_TO_POINTER(record->in_if));
    const InterfaceName *out = g_hash_table_lookup(self->interfaces, GUINT_TO_POINTER(record->out_if));
    double octets = (double)record->octets * MAX(record->sampling, 1u);

    if (in != NULL && in->usage != NULL)
        in->usage->in_sampled += octets;
    if (out != NULL && out->usage != NULL)
        out->usage->out_sampled += octets;
}

void
exporter_name_interface(Exporter *self, uint32_t index, const char *name, const char *description)
{
    InterfaceName *known = interface_of(self, index);

    if (known == NULL)
        return;
    if (name != NULL && *name != '\0') {
        g_free(known->name);
        known->name = exporter_clean_name(name);
    }
    if (description != NULL && *description != '\0') {
        g_free(known->description);
        known->description = exporter_clean_name(description);
    }
}
