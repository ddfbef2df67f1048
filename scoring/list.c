/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list.c - see list.h
 *
 * Here are the table, its bounds and the reading of files; what stands in them is read in list-text.c,
 * list-misp.c and list-stix.c.
 */
#include "scoring/list.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scoring/list-builder.h"
#include "scoring/lpm.h"

enum { FILE_MOST = 256 << 20, NOTE_BYTES = 63, MOST_LISTS = 1000 };
enum { V4_SHORTEST = 96 + 8, V6_SHORTEST = 16 }; /* wider ones would list half of the world */
static const int64_t day_ms = 86400000, latest_ms = (int64_t)1 << 50;

struct ListTable {
    Lpm *lpm;
    GArray *entries;  /* ListEntry; 0 is not used */
    GPtrArray *names; /* of the lists */
    GPtrArray *notes;
    size_t skipped;
};

struct ListBuilder {
    ListTable *table;
    const ListSource *source;
    int64_t file_ms; /* when the file was written */
    GHashTable *note_index;
};

static const char *const type_names[N_LIST_TYPES] = {
    [LIST_PLAIN] = "plain", [LIST_CSV] = "csv", [LIST_MISP] = "misp", [LIST_STIX] = "stix"
};

const char *
list_type_name(ListType type)
{
    return type < N_LIST_TYPES ? type_names[type] : "";
}

/* ---- what the readers write into ---- */

static uint32_t
intern(ListBuilder *self, const char *note)
{
    g_autofree char *valid = g_utf8_make_valid(note != NULL ? note : "", -1);
    gpointer known;

    for (char *at = valid; *at != '\0'; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    if (strlen(valid) > NOTE_BYTES)
        *g_utf8_find_prev_char(valid, valid + NOTE_BYTES + 1) = '\0';
    g_strstrip(valid);
    if (*valid == '\0')
        return 0;
    if (g_hash_table_lookup_extended(self->note_index, valid, NULL, &known))
        return GPOINTER_TO_UINT(known);
    uint32_t index = self->table->notes->len;
    g_ptr_array_add(self->table->notes, g_strdup(valid));
    g_hash_table_insert(self->note_index, g_steal_pointer(&valid), GUINT_TO_POINTER(index));
    return index;
}

bool
list_builder_add(ListBuilder *self, const IpPrefix *prefix, const ListClaim *claim, GError **error)
{
    const ListSource *source = self->source;
    int64_t seen_ms = claim->seen_ms > 0 ? claim->seen_ms : self->file_ms;
    ListEntry entry = { .prefix = *prefix,
                        .confidence = (uint8_t)(claim->confidence < 0 ? (int)source->confidence
                                                                      : MIN(claim->confidence, 100)),
                        .source = (uint16_t)(self->table->names->len - 1),
                        .note = intern(self, claim->note),
                        .seen_ms = seen_ms,
                        .until_ms = seen_ms + (int64_t)source->expires_days * day_ms };

    if (claim->until_ms > 0)
        entry.until_ms = MIN(entry.until_ms, claim->until_ms);
    if (prefix->length < (ip_is_v4(&prefix->address) ? V4_SHORTEST : V6_SHORTEST)) {
        list_builder_skip(self);
        return true;
    }
    if (self->table->entries->len > LIST_ENTRIES_MOST) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "more than %d entries in all lists",
                    LIST_ENTRIES_MOST);
        return false;
    }
    g_array_append_val(self->table->entries, entry);
    return true;
}

void
list_builder_skip(ListBuilder *self)
{
    self->table->skipped++;
}

size_t
list_builder_count(const ListBuilder *self)
{
    return self->table->entries->len - 1;
}

bool
list_parse_time(const char *text, int64_t *ms)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *whole = strlen(text) == 10 ? g_strconcat(text, "T00:00:00", NULL) : g_strdup(text);
    g_autoptr(GDateTime) time = NULL;
    guint64 seconds = 0;

    if (g_ascii_string_to_unsigned(text, 10, 0, (guint64)latest_ms / 1000, &seconds, NULL)) {
        *ms = (int64_t)seconds * 1000;
        return true;
    }
    time = g_date_time_new_from_iso8601(whole, utc);
    if (time == NULL)
        return false;
    *ms = MAX(1, g_date_time_to_unix(time) * 1000);
    return true;
}

static ListTable *
table_new(void)
{
    ListTable *self = g_new0(ListTable, 1);
    const ListEntry nothing = { 0 };

    self->entries = g_array_new(FALSE, FALSE, sizeof(ListEntry));
    self->names = g_ptr_array_new_with_free_func(g_free);
    self->notes = g_ptr_array_new_with_free_func(g_free);
    g_array_append_val(self->entries, nothing);
    g_ptr_array_add(self->notes, g_strdup(""));
    return self;
}

ListBuilder *
list_builder_new(void)
{
    static const ListSource nobody = { .confidence = 50, .expires_days = 30 };
    ListBuilder *self = g_new0(ListBuilder, 1);

    *self = (ListBuilder){ .table = table_new(), .source = &nobody, .file_ms = day_ms };
    self->note_index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_ptr_array_add(self->table->names, g_strdup(""));
    return self;
}

void
list_builder_free(ListBuilder *self)
{
    g_hash_table_unref(self->note_index);
    list_table_free(self->table);
    g_free(self);
}

/* ---- files ---- */

/* Its bytes, and when it was written. */
static char *
read_file(const char *path, gsize *length, int64_t *written_ms, GError **error)
{
    GStatBuf info;
    char *bytes = NULL;

    if (g_stat(path, &info) == 0) {
        if (info.st_size > FILE_MOST) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s: larger than %d MB", path,
                        FILE_MOST >> 20);
            return NULL;
        }
        *written_ms = (int64_t)info.st_mtime * 1000;
    }
    if (!g_file_get_contents(path, &bytes, length, error))
        return NULL;
    return bytes;
}

typedef bool (*Reader)(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error);

static bool
read_one(ListBuilder *self, const char *path, Reader reader, GError **error)
{
    gsize length = 0;
    g_autofree char *bytes = read_file(path, &length, &self->file_ms, error);

    return bytes != NULL && reader(self, path, bytes, length, error);
}

/* The folder of a feed: the manifest names the events, each of which is a file. */
static bool
read_feed(ListBuilder *self, const char *folder, GError **error)
{
    g_autofree char *manifest = g_build_filename(folder, "manifest.json", NULL);
    gsize length = 0;
    g_autofree char *bytes = read_file(manifest, &length, &self->file_ms, error);
    g_autoptr(GPtrArray) events =
        bytes != NULL ? list_read_misp_manifest(manifest, bytes, length, error) : NULL;

    if (events == NULL)
        return false;
    for (guint i = 0; i < events->len; i++) {
        g_autofree char *file = g_strconcat(events->pdata[i], ".json", NULL);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        if (!read_one(self, path, list_read_misp, error))
            return false;
    }
    return true;
}

static bool
read_source(ListBuilder *self, const ListSource *source, GError **error)
{
    static const Reader readers[N_LIST_TYPES] = {
        [LIST_PLAIN] = list_read_plain, [LIST_CSV] = list_read_csv, [LIST_STIX] = list_read_stix
    };

    self->source = source;
    g_ptr_array_add(self->table->names, g_strdup(source->name));
    if (source->type == LIST_MISP ? read_feed(self, source->path, error)
                                  : read_one(self, source->path, readers[source->type], error))
        return true;
    g_prefix_error(error, "[list.%s] ", source->name);
    return false;
}

/* ---- the table ---- */

/* LpmMerge: the one that holds longest, of these the one that is believed most, of these the first. */
static uint32_t
longest(void *user, const uint32_t *values, size_t n)
{
    const ListTable *self = user;
    uint32_t best = values[0];

    for (size_t i = 1; i < n; i++) {
        const ListEntry *one = &g_array_index(self->entries, ListEntry, values[i]);
        const ListEntry *other = &g_array_index(self->entries, ListEntry, best);
        if (one->until_ms != other->until_ms ? one->until_ms > other->until_ms
                                             : one->confidence > other->confidence)
            best = values[i];
    }
    return best;
}

ListTable *
list_table_new(const ListSource *sources, size_t n, GError **error)
{
    g_autoptr(ListTable) self = table_new();
    g_autoptr(GHashTable) note_index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ListBuilder builder = { .table = self, .note_index = note_index };

    if (n > MOST_LISTS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "more than %d lists", MOST_LISTS);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (!read_source(&builder, &sources[i], error))
            return NULL;
    g_autofree LpmEntry *entries = g_new0(LpmEntry, self->entries->len);
    for (uint32_t i = 1; i < self->entries->len; i++)
        entries[i - 1] =
            (LpmEntry){ .prefix = g_array_index(self->entries, ListEntry, i).prefix, .value = i };
    if (self->entries->len > 1)
        self->lpm = lpm_new(entries, self->entries->len - 1, longest, self);
    return g_steal_pointer(&self);
}

void
list_table_free(ListTable *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->lpm, lpm_free);
    g_array_unref(self->entries);
    g_ptr_array_unref(self->names);
    g_ptr_array_unref(self->notes);
    g_free(self);
}

const ListEntry *
list_table_find(const ListTable *self, const IpAddress *ip)
{
    if (self == NULL || self->lpm == NULL)
        return NULL;
    uint32_t index = lpm_find(self->lpm, ip);
    return index == 0 ? NULL : &g_array_index(self->entries, ListEntry, index);
}

size_t
list_table_count(const ListTable *self)
{
    return self->entries->len - 1;
}

size_t
list_table_skipped(const ListTable *self)
{
    return self->skipped;
}

const char *
list_name(const ListTable *self, uint16_t source)
{
    return source < self->names->len ? self->names->pdata[source] : "";
}

const char *
list_note(const ListTable *self, uint32_t note)
{
    return note < self->notes->len ? self->notes->pdata[note] : "";
}
