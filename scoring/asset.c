/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asset.c - see asset.h */
#include "scoring/asset.h"

#include <string.h>

#include "scoring/csv.h"
#include "scoring/lpm.h"

enum { CRITICALITY_USUAL = 3 };

struct AssetTable {
    Lpm *monitored;
    Lpm *inventory;  /* value: index into @entries, plus 1 */
    GArray *entries; /* AssetEntry */
};

static const char *const columns[] = { "prefix", "name", "role", "criticality", "tags", NULL };
enum { COLUMN_PREFIX, COLUMN_NAME, COLUMN_ROLE, COLUMN_CRITICALITY, COLUMN_TAGS, N_COLUMNS };

static void
clear_entry(gpointer data)
{
    AssetEntry *entry = data;

    g_free(entry->name);
    g_free(entry->role);
    g_free(entry->tags);
}

static bool
has_tag(const char *tags, const char *wanted)
{
    g_auto(GStrv) words = g_strsplit_set(tags, " ,;", -1);

    return g_strv_contains((const char *const *)words, wanted);
}

static bool
read_entry(const CsvReader *csv, AssetEntry *entry, GError **error)
{
    const char *criticality = csv->fields[COLUMN_CRITICALITY];

    if (!ip_prefix_parse(csv->fields[COLUMN_PREFIX], &entry->prefix))
        return csv_error(csv, COLUMN_PREFIX, error,
                         "'%.64s' is no address or prefix such as 192.0.2.0/24 (host bits must be zero)",
                         csv->fields[COLUMN_PREFIX]);
    entry->criticality = CRITICALITY_USUAL;
    if (*criticality != '\0') {
        if (criticality[0] < '1' || criticality[0] > '5' || criticality[1] != '\0')
            return csv_error(csv, COLUMN_CRITICALITY, error, "'%.16s' is no number from 1 to 5", criticality);
        entry->criticality = criticality[0] - '0';
    }
    entry->name = g_strdup(csv->fields[COLUMN_NAME]);
    entry->role = g_strdup(csv->fields[COLUMN_ROLE]);
    entry->tags = g_strdup(csv->fields[COLUMN_TAGS]);
    entry->is_pinned = has_tag(entry->tags, "pinned");
    return true;
}

static bool
read_inventory(AssetTable *self, GArray *lpm_entries, const char *path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    CsvReader csv;
    CsvResult result;

    if (!g_file_get_contents(path, &bytes, &length, error))
        return false;
    if (!csv_begin(&csv, path, bytes, length, columns, N_COLUMNS, 1, error))
        return false;
    while ((result = csv_next(&csv, error)) == CSV_ROW) {
        AssetEntry entry = { 0 };
        if (!read_entry(&csv, &entry, error))
            return false;
        g_array_append_val(self->entries, entry);
        LpmEntry lpm_entry = { .prefix = entry.prefix, .value = self->entries->len };
        g_array_append_val(lpm_entries, lpm_entry);
    }
    return result == CSV_END;
}

/* Two rows of one prefix: an operator must hear of it, since only one of them could hold. */
static bool
has_no_twins(const AssetTable *self, const GArray *sorted, const char *path, GError **error)
{
    const LpmEntry *entries = (const LpmEntry *)(const void *)sorted->data;
    char text[IP_PREFIX_TEXT];

    for (guint i = 1; i < sorted->len; i++) {
        if (entries[i].prefix.length != entries[i - 1].prefix.length ||
            !ip_equal(&entries[i].prefix.address, &entries[i - 1].prefix.address))
            continue;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s is there twice, as '%s' and as '%s'",
                    path, ip_prefix_text(&entries[i].prefix, text),
                    g_array_index(self->entries, AssetEntry, entries[i - 1].value - 1).name,
                    g_array_index(self->entries, AssetEntry, entries[i].value - 1).name);
        return false;
    }
    return true;
}

AssetTable *
asset_table_new(const IpPrefix *prefixes, size_t n, const char *inventory_path, GError **error)
{
    g_autoptr(AssetTable) self = g_new0(AssetTable, 1);
    g_autoptr(GArray) monitored = g_array_new(FALSE, FALSE, sizeof(LpmEntry));
    g_autoptr(GArray) inventory = g_array_new(FALSE, FALSE, sizeof(LpmEntry));

    self->entries = g_array_new(FALSE, FALSE, sizeof(AssetEntry));
    g_array_set_clear_func(self->entries, clear_entry);
    for (size_t i = 0; i < n; i++) {
        LpmEntry entry = { .prefix = prefixes[i], .value = 1 };
        g_array_append_val(monitored, entry);
    }
    self->monitored = lpm_new((LpmEntry *)(void *)monitored->data, monitored->len, NULL, NULL);
    if (inventory_path != NULL && !read_inventory(self, inventory, inventory_path, error))
        return NULL;
    self->inventory = lpm_new((LpmEntry *)(void *)inventory->data, inventory->len, NULL, NULL);
    if (!has_no_twins(self, inventory, inventory_path, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
asset_table_free(AssetTable *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->monitored, lpm_free);
    g_clear_pointer(&self->inventory, lpm_free);
    g_clear_pointer(&self->entries, g_array_unref);
    g_free(self);
}

bool
asset_table_has(const AssetTable *self, const IpAddress *ip)
{
    return lpm_find(self->monitored, ip) != 0;
}

const AssetEntry *
asset_table_find(const AssetTable *self, const IpAddress *ip)
{
    uint32_t value = lpm_find(self->inventory, ip);

    return value == 0 ? NULL : &g_array_index(self->entries, AssetEntry, value - 1);
}

size_t
asset_table_count(const AssetTable *self)
{
    return self->entries->len;
}
