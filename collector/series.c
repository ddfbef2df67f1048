/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.c - see series.h; which sample goes into which file, and when nothing is written
 *
 * Memory: one entry a series that was touched, at most max_files, each with at most QUEUE_MOST samples.
 */
#include "collector/series-private.h"
#include "collector/series-file.h"
#include "collector/base/log.h"
#include "collector/base/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <xxhash.h>

enum {
    QUEUE_MOST = 32,       /* samples of one series that wait; when the disk is full, the oldest go */
    WRITE_MOST_MS = 200,   /* a queue may be long, but whoever asks for a graph shall not wait for it */
    SPARE_BYTES = 4 << 20, /* what must come free after a write failed for want of space */
    MOST_STEP_S = 86400,
};

typedef struct Entry {
    SeriesKey key;
    int64_t last_s; /* newest sample in the file or the queue; 0: none */
    bool has_file;
    bool is_queued; /* is in Series.queued */
    uint32_t n;
    SeriesSample *samples; /* owned; NULL while there is none */
} Entry;

struct Series {
    char *dir;
    uint32_t step_s, max_files;
    uint64_t min_free_bytes, needed_bytes; /* as configured; as a failed write taught, 0 when it did not */
    Clock *clock;                          /* borrowed */
    SeriesShape shape;
    GHashTable *entries; /* Entry (owned), which is its own key */
    GPtrArray *queued;   /* of Entry (borrowed): those with samples that wait */
    SeriesCounters counters;
    LogLimit damaged_limit, failed_limit, full_limit;
};

static guint
entry_hash(gconstpointer key)
{
    return (guint)XXH3_64bits(key, sizeof(SeriesKey));
}

static gboolean
entry_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(SeriesKey)) == 0;
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->samples);
    g_free(entry);
}

/* DIR/NN/XXXXXXXXXXXXXXXX.rrd: 16 hex digits of the key's hash, the first two of them as folder. */
static char *
path_of(const Series *self, const SeriesKey *key)
{
    uint64_t hash = XXH3_64bits(key, sizeof *key);

    return g_strdup_printf("%s/%02x/%016" G_GINT64_MODIFIER "x.rrd", self->dir, (unsigned)(hash >> 56), hash);
}

static uint64_t
free_bytes(const Series *self)
{
    struct statvfs st;

    return statvfs(self->dir, &st) == 0 ? (uint64_t)st.f_bavail * st.f_frsize : 0;
}

/* Counts the files there are, and removes what a killed process left half made. */
static uint32_t
count_files(const char *dir)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < 256; i++) {
        g_autofree char *sub = g_strdup_printf("%s/%02x", dir, i);
        g_autoptr(GDir) folder = g_dir_open(sub, 0, NULL);
        for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
            g_autofree char *path = g_build_filename(sub, name, NULL);
            if (g_str_has_suffix(name, ".rrd"))
                n++;
            else if (strstr(name, ".bad-") == NULL)
                unlink(path);
        }
    }
    return n;
}

Series *
series_new(const SeriesConf *conf, Clock *clock, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (conf->step_s == 0 || conf->step_s > MOST_STEP_S) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "a series needs a step of 1 to %d seconds", MOST_STEP_S);
        return NULL;
    }
    if (g_mkdir_with_parents(conf->dir, 0700) != 0 || access(conf->dir, W_OK | X_OK) != 0) {
        int code = errno;
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                    "cannot use folder '%s' for series: %s", conf->dir, g_strerror(code));
        return NULL;
    }
    Series *self = g_new0(Series, 1);
    *self = (Series){ .dir = g_strdup(conf->dir),
                      .step_s = conf->step_s,
                      .max_files = conf->max_files,
                      .min_free_bytes = conf->min_free_bytes,
                      .clock = clock };
    self->entries = g_hash_table_new_full(entry_hash, entry_equal, entry_free, NULL);
    self->queued = g_ptr_array_new();
    self->counters.files = count_files(self->dir);
    if (!series_shape_learn(&self->shape, self->dir, self->step_s,
                            &failure)) /* tried again before the first write */
        log_warn("series: %s", failure->message);
    return self;
}

void
series_free(Series *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->queued);
    g_hash_table_unref(self->entries);
    series_shape_clear(&self->shape);
    g_free(self->dir);
    g_free(self);
}

uint32_t
series_step(const Series *self)
{
    return self->step_s;
}

int64_t
series_now(const Series *self)
{
    return clock_wall(self->clock).ms / 1000;
}

void
series_counters(const Series *self, SeriesCounters *out)
{
    *out = self->counters;
}

static void
set_aside(Series *self, const char *path, const char *why)
{
    g_autofree char *aside = state_file_set_aside(path);

    if (aside == NULL)
        unlink(path);
    if (self->counters.files > 0)
        self->counters.files--;
    self->counters.set_aside++;
    log_limited(&self->damaged_limit, LOG_LEVEL_WARN,
                "series: '%s' is damaged (%s); %s%s, a new one is begun", path, why,
                aside != NULL ? "set aside as " : "removed", aside != NULL ? aside : "");
}

/* Whether there is a good file at @path; a damaged one is set aside first. */
static bool
has_good_file(Series *self, const char *path, int64_t *last_s)
{
    const char *why;

    switch (series_file_check(&self->shape, path, series_now(self), last_s, &why)) {
    case SERIES_FILE_GOOD:
        return true;
    case SERIES_FILE_DAMAGED:
        set_aside(self, path, why);
        *last_s = 0;
        return false;
    case SERIES_FILE_NONE:
    default:
        return false;
    }
}

/* The entry of @key, made if there is none yet; NULL when there are too many. */
static Entry *
entry_of(Series *self, const SeriesKey *key)
{
    Entry *entry = g_hash_table_lookup(self->entries, key);

    if (entry != NULL)
        return entry;
    if (g_hash_table_size(self->entries) >= self->max_files)
        return NULL;
    g_autofree char *path = path_of(self, key);
    int64_t last_s = 0;
    bool has_file = has_good_file(self, path, &last_s);
    if (!has_file && self->counters.files >= self->max_files)
        return NULL;
    entry = g_new0(Entry, 1);
    *entry = (Entry){ .key = *key, .last_s = last_s, .has_file = has_file };
    g_hash_table_add(self->entries, entry);
    return entry;
}

/* A line for people who look into the folder; the program itself never reads it. */
static void
note_name(const Series *self, const char *path, const SeriesKey *key)
{
    static const char *const kinds[] = { "", "exporter", "interface", "asset" };
    g_autofree char *index = g_build_filename(self->dir, "index.tsv", NULL);
    char address[IP_TEXT];
    FILE *file = fopen(index, "ae");

    if (file == NULL)
        return;
    fprintf(file, "%s\t%s\t%s\t%u\n", path + strlen(self->dir) + 1, kinds[key->kind],
            ip_text(&key->address, address), key->if_index);
    fclose(file);
}

static void
pause_writing(Series *self, uint64_t free_now)
{
    if (!self->counters.paused)
        log_warn("series: the disk of '%s' is nearly full (%" G_GUINT64_FORMAT
                 " MiB free); history is not written "
                 "until there is room, all else goes on",
                 self->dir, free_now >> 20);
    self->counters.paused = true;
}

/* Looks at the disk; says it when that changes what we do. */
static bool
may_write(Series *self)
{
    uint64_t free_now = free_bytes(self);

    if (free_now < MAX(self->min_free_bytes, self->needed_bytes)) {
        pause_writing(self, free_now);
        return false;
    }
    if (self->counters.paused)
        log_note("series: the disk of '%s' has room again; history is written", self->dir);
    self->counters.paused = false;
    self->needed_bytes = 0;
    return true;
}

/* Whether a failure of librrd was for want of space: then we wait, and lose nothing. */
static bool
disk_is_full(Series *self)
{
    uint64_t free_now = free_bytes(self), file = self->shape.size > 0 ? (uint64_t)self->shape.size : 1 << 20;

    if (free_now >= self->min_free_bytes + 2 * file)
        return false;
    self->needed_bytes = free_now + SPARE_BYTES;
    pause_writing(self, free_now);
    return true;
}

static bool
entry_make_file(Series *self, Entry *entry, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (self->counters.files >= self->max_files) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%u series are the most allowed",
                    self->max_files);
        return false;
    }
    if (disk_is_full(self)) { /* looked at first, since librrd writes into a map of the new file */
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "no room for '%s'", path);
        return false;
    }
    if (self->shape.size == 0 && !series_shape_learn(&self->shape, self->dir, self->step_s, error))
        return false;
    g_mkdir(folder, 0700);
    if (!series_file_create(path, self->step_s, entry->samples[0].time_s - self->step_s, error))
        return false;
    entry->has_file = true;
    self->counters.files++;
    note_name(self, path, &entry->key);
    return true;
}

/* The file may have been damaged or removed under us: looked at, and begun anew once. */
static bool
entry_update(Series *self, Entry *entry, const char *path, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int64_t last_s = 0;

    if (entry->has_file) {
        if (access(path, F_OK) == 0 &&
            series_file_update(path, self->step_s, entry->samples, entry->n, &failure))
            return true;
        if (has_good_file(self, path, &last_s)) {
            if (failure != NULL)
                g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        entry->has_file = false;
    }
    return entry_make_file(self, entry, path, error) &&
           series_file_update(path, self->step_s, entry->samples, entry->n, error);
}

/* Writes what waits for @entry. False when it has to go on waiting. */
static bool
entry_write(Series *self, Entry *entry)
{
    g_autoptr(GError) error = NULL;

    if (entry->n == 0)
        return true;
    g_autofree char *path = path_of(self, &entry->key);
    if (entry_update(self, entry, path, &error)) {
        self->counters.written += entry->n;
    } else {
        if (disk_is_full(self))
            return false;
        self->counters.failed += entry->n;
        log_limited(&self->failed_limit, LOG_LEVEL_WARN, "series: %s", error != NULL ? error->message : path);
    }
    entry->n = 0;
    return true;
}

static bool
is_sane(const SeriesSample *sample)
{
    return sample->key.kind >= SERIES_EXPORTER && sample->key.kind <= SERIES_ASSET;
}

/* Room for one more: the queue is written at once, or the disk is full and the oldest sample goes. */
static void
entry_make_room(Series *self, Entry *entry)
{
    if (entry->n < QUEUE_MOST || (!self->counters.paused && entry_write(self, entry)))
        return;
    memmove(entry->samples, entry->samples + 1, (QUEUE_MOST - 1) * sizeof entry->samples[0]);
    entry->n--;
    self->counters.failed++;
}

void
series_add(Series *self, const SeriesSample *sample)
{
    self->counters.samples++;
    if (!is_sane(sample)) {
        self->counters.failed++;
        return;
    }
    if (sample->time_s < SERIES_OLDEST_S || sample->time_s > series_now(self) + SERIES_AHEAD_S) {
        self->counters.refused_time++;
        return;
    }
    Entry *entry = entry_of(self, &sample->key);
    if (entry == NULL) {
        self->counters.refused_full++;
        log_limited(&self->full_limit, LOG_LEVEL_WARN,
                    "series: %u files are the most allowed; more are refused", self->max_files);
        return;
    }
    if (sample->time_s <= entry->last_s) {
        self->counters.refused_time++;
        return;
    }
    entry_make_room(self, entry);
    if (entry->samples == NULL)
        entry->samples = g_new(SeriesSample, QUEUE_MOST);
    entry->samples[entry->n++] = *sample;
    entry->last_s = sample->time_s;
    if (!entry->is_queued)
        g_ptr_array_add(self->queued, entry);
    entry->is_queued = true;
}

void
series_write(Series *self)
{
    int64_t until_ns = clock_mono(self->clock).ns + (int64_t)WRITE_MOST_MS * 1000000;
    guint done = 0;

    if (self->queued->len == 0 && !self->counters.paused)
        return;
    if (!may_write(self))
        return;
    while (done < self->queued->len && clock_mono(self->clock).ns < until_ns) {
        Entry *entry = self->queued->pdata[done];
        if (!entry_write(self, entry))
            break;
        g_clear_pointer(&entry->samples, g_free);
        entry->is_queued = false;
        done++;
    }
    g_ptr_array_remove_range(self->queued, 0, done);
}

char *
series_readable_path(Series *self, const SeriesKey *key, GError **error)
{
    g_autofree char *path = path_of(self, key);
    Entry *entry = g_hash_table_lookup(self->entries, key);
    int64_t last_s = 0;

    if (entry != NULL && entry->n > 0 && !self->counters.paused)
        entry_write(self, entry); /* stays listed in @queued, with nothing left to write */
    bool has_file = has_good_file(self, path, &last_s);
    if (entry != NULL)
        entry->has_file = has_file;
    if (has_file)
        return g_steal_pointer(&path);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no such series");
    return NULL;
}
