/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-rule.c - see exporter-rule.h */
#include "collector/exporter-rule.h"

struct ExporterRules {
    GArray *rules;      /* ExporterRule */
    GArray *interfaces; /* InterfaceRule, once sealed those of the shortest prefix first */
};

static void
rule_clear(gpointer at)
{
    ExporterRule *rule = at;

    g_free(rule->section);
    g_free(rule->name);
    g_free(rule->prefixes);
}

static void
interface_clear(gpointer at)
{
    InterfaceRule *row = at;

    g_free(row->name);
    g_free(row->description);
}

ExporterRules *
exporter_rules_new(void)
{
    ExporterRules *self = g_new0(ExporterRules, 1);

    self->rules = g_array_new(FALSE, FALSE, sizeof(ExporterRule));
    g_array_set_clear_func(self->rules, rule_clear);
    self->interfaces = g_array_new(FALSE, FALSE, sizeof(InterfaceRule));
    g_array_set_clear_func(self->interfaces, interface_clear);
    return self;
}

void
exporter_rules_free(ExporterRules *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->rules, g_array_unref);
    g_clear_pointer(&self->interfaces, g_array_unref);
    g_free(self);
}

void
exporter_rules_add(ExporterRules *self, const ExporterRule *rule)
{
    g_array_append_vals(self->rules, rule, 1);
}

void
exporter_rules_add_interface(ExporterRules *self, const InterfaceRule *row)
{
    g_array_append_vals(self->interfaces, row, 1);
}

static int
compare_rows(const void *a, const void *b)
{
    return ((const InterfaceRule *)a)->exporter.length - ((const InterfaceRule *)b)->exporter.length;
}

void
exporter_rules_seal(ExporterRules *self)
{
    g_array_sort(self->interfaces, compare_rows);
}

const ExporterRule *
exporter_rules_find(const ExporterRules *self, const IpAddress *address)
{
    const ExporterRule *best = NULL;
    int best_length = -1;

    for (guint i = 0; self != NULL && i < self->rules->len; i++) {
        const ExporterRule *rule = &g_array_index(self->rules, ExporterRule, i);

        for (size_t j = 0; j < rule->n_prefixes; j++)
            if (rule->prefixes[j].length > best_length && ip_prefix_has(&rule->prefixes[j], address)) {
                best = rule;
                best_length = rule->prefixes[j].length;
            }
    }
    return best;
}

GHashTable *
exporter_rules_interfaces(const ExporterRules *self, const IpAddress *address)
{
    GHashTable *found = NULL;

    for (guint i = 0; self != NULL && i < self->interfaces->len; i++) {
        const InterfaceRule *row = &g_array_index(self->interfaces, InterfaceRule, i);

        if (!ip_prefix_has(&row->exporter, address))
            continue;
        if (found == NULL)
            found = g_hash_table_new(NULL, NULL);
        g_hash_table_insert(found, GUINT_TO_POINTER(row->index), (gpointer)row);
    }
    return found;
}
