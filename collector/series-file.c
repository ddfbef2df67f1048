/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series-file.c - see series-file.h */
#include "collector/series-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <math.h>
#include <rrd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const source_names[N_SOURCES] = {
#define X(id, name) [SOURCE_##id] = name,
    SERIES_SOURCES(X)
#undef X
};

/* How long what is kept: the slots themselves for 15 days, hours for 3 months, days for 3 years. A slot has
 * one value, so its average is its maximum, and only the coarser archives keep both. */
typedef struct Archive {
    const char *function;
    uint32_t row_s; /* 0: one slot */
    uint32_t keep_s;
} Archive;
enum { HOUR = 3600, DAY = 86400 };
static const Archive archives[] = {
    { "AVERAGE", 0, 15 * DAY },      { "AVERAGE", HOUR, 93 * DAY }, { "MAX", HOUR, 93 * DAY },
    { "AVERAGE", DAY, 1100U * DAY }, { "MAX", DAY, 1100U * DAY },
};
enum { N_ARCHIVES = G_N_ELEMENTS(archives) };

/* The sizes of librrd's own structs in a file of this machine (rrdtool's file format version 3): the head,
 * and one definition of a source or an archive. series_shape_learn looks whether they hold before it builds
 * upon them. */
enum { RRD_HEAD_SIZE = 128, RRD_DEFINITION_SIZE = 120 };

void
series_file_error(GError **error, const char *verb, const char *path)
{
    const char *words = rrd_test_error() ? rrd_get_error() : "librrd gave no reason";

    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot %s '%s': %s", verb, path, words);
    rrd_clear_error();
}

static void
set_errno_error(GError **error, const char *verb, const char *path, int code)
{
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot %s '%s': %s", verb, path,
                g_strerror(code));
}

static uint32_t
archive_slots(const Archive *archive, uint32_t step_s)
{
    return archive->row_s <= step_s ? 1 : archive->row_s / step_s;
}

static uint32_t
archive_rows(const Archive *archive, uint32_t step_s)
{
    return archive->keep_s / (archive_slots(archive, step_s) * step_s) + 1;
}

/*
 * A heartbeat of less than two slots: when a slot is missing, its time is unknown. With the usual two slots
 * librrd would spread the next slot's rate over the hole and count that traffic twice.
 */
static GPtrArray *
file_definition(uint32_t step_s)
{
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < N_SOURCES; i++)
        g_ptr_array_add(args, g_strdup_printf("DS:%s:GAUGE:%u:U:U", source_names[i], step_s + step_s / 2));
    for (size_t i = 0; i < N_ARCHIVES; i++)
        g_ptr_array_add(args, g_strdup_printf("RRA:%s:0.5:%u:%u", archives[i].function,
                                              archive_slots(&archives[i], step_s),
                                              archive_rows(&archives[i], step_s)));
    return args;
}

/* librrd maps what it made. Blocks that are not there yet would be missed in the middle of an update, as
 * SIGBUS. */
static bool
file_allocate(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    int code = 0;

    if (fd < 0) {
        set_errno_error(error, "open", path, errno);
        return false;
    }
    if (fstat(fd, &st) != 0)
        code = errno;
    else
        code = posix_fallocate(fd, 0, st.st_size);
    close(fd);
    if (code != 0)
        set_errno_error(error, "allocate", path, code);
    return code == 0;
}

/* No fsync: after a power cut an empty file is found damaged and begun again, and history is not worth more.
 */
bool
series_file_create(const char *path, uint32_t step_s, int64_t start_s, GError **error)
{
    g_autofree char *beside = g_strconcat(path, ".new", NULL);
    g_autoptr(GPtrArray) args = file_definition(step_s);

    rrd_clear_error();
    unlink(beside);
    if (rrd_create_r(beside, step_s, (time_t)start_s, (int)args->len, (const char **)args->pdata) != 0) {
        series_file_error(error, "create", path);
        unlink(beside);
        return false;
    }
    bool whole = file_allocate(beside, error);
    if (whole && rename(beside, path) != 0) {
        set_errno_error(error, "name", path, errno);
        whole = false;
    }
    if (!whole)
        unlink(beside);
    return whole;
}

static bool
read_at(int fd, void *to, size_t length, size_t offset)
{
    return pread(fd, to, length, (off_t)offset) == (ssize_t)length;
}

static bool
shape_read(SeriesShape *self, const char *path, uint32_t step_s, int64_t start_s)
{
    size_t rows = 0;
    struct stat st;
    int64_t last_s = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    for (size_t i = 0; i < N_ARCHIVES; i++)
        rows += archive_rows(&archives[i], step_s);
    bool ok = fstat(fd, &st) == 0 && (size_t)st.st_size > rows * N_SOURCES * sizeof(double);
    if (ok) {
        self->size = st.st_size;
        self->header_length = (size_t)st.st_size - rows * N_SOURCES * sizeof(double);
        self->fixed_length = RRD_HEAD_SIZE + (N_SOURCES + N_ARCHIVES) * RRD_DEFINITION_SIZE;
        self->fixed = g_malloc(self->fixed_length);
        ok = self->fixed_length < self->header_length && read_at(fd, self->fixed, self->fixed_length, 0) &&
             read_at(fd, &last_s, sizeof last_s, self->fixed_length);
        if (ok && last_s != start_s)
            self->fixed_length = 0; /* another machine's layout: only sizes are compared */
    }
    close(fd);
    return ok;
}

bool
series_shape_learn(SeriesShape *self, const char *dir, uint32_t step_s, GError **error)
{
    enum { SOME_TIME = 1000000000 };
    g_autofree char *path = g_build_filename(dir, "shape.rrd", NULL);

    series_shape_clear(self);
    if (!series_file_create(path, step_s, SOME_TIME, error))
        return false;
    bool ok = shape_read(self, path, step_s, SOME_TIME);
    if (!ok) {
        series_shape_clear(self);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot read back '%s'", path);
    }
    unlink(path);
    return ok;
}

void
series_shape_clear(SeriesShape *self)
{
    g_free(self->fixed);
    *self = (SeriesShape){ 0 };
}

/* A row pointer beyond its archive would make librrd write elsewhere. */
static bool
row_pointers_fit(int fd, const SeriesShape *shape)
{
    uint64_t rows[N_ARCHIVES], counts[N_ARCHIVES];

    if (!read_at(fd, rows, sizeof rows, shape->header_length - sizeof rows))
        return false;
    for (size_t i = 0; i < N_ARCHIVES;
         i++) { /* an archive's definition: 20 bytes of name, padding, row count */
        size_t at = RRD_HEAD_SIZE + (N_SOURCES + i) * RRD_DEFINITION_SIZE + 24;
        memcpy(&counts[i], shape->fixed + at, sizeof counts[i]);
        if (rows[i] >= counts[i])
            return false;
    }
    return true;
}

static const char *
what_is_wrong(int fd, const SeriesShape *shape, int64_t now_s, int64_t *last_s)
{
    struct stat st;
    g_autofree uint8_t *fixed = g_malloc(shape->fixed_length + 1);

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return "not a file";
    if (st.st_size != shape->size)
        return "of another size than its kind";
    if (shape->fixed_length == 0)
        return NULL;
    if (!read_at(fd, fixed, shape->fixed_length, 0) || memcmp(fixed, shape->fixed, shape->fixed_length) != 0)
        return "its header is not that of its kind";
    if (!read_at(fd, last_s, sizeof *last_s, shape->fixed_length) || *last_s <= 0)
        return "no time of a last update";
    if (*last_s > now_s + DAY)
        return "its last update lies in the future";
    return row_pointers_fit(fd, shape) ? NULL : "a pointer that leads out of it";
}

SeriesFileState
series_file_check(const SeriesShape *shape, const char *path, int64_t now_s, int64_t *last_s,
                  const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    *last_s = 0;
    *why = NULL;
    if (fd < 0 && errno == ENOENT)
        return SERIES_FILE_NONE;
    if (fd < 0)
        *why = "cannot be opened";
    else if (shape->size != 0)
        *why = what_is_wrong(fd, shape, now_s, last_s);
    if (fd >= 0)
        close(fd);
    if (*why == NULL && *last_s == 0) {
        rrd_clear_error();
        *last_s = (int64_t)rrd_last_r(path);
        if (*last_s <= 0)
            *why = "librrd cannot read it";
        rrd_clear_error();
    }
    return *why == NULL ? SERIES_FILE_GOOD : SERIES_FILE_DAMAGED;
}

static void
append_value(GString *line, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_c(line, ':');
    g_string_append(line, isfinite(value) ? g_ascii_formatd(text, sizeof text, "%.10g", value) : "U");
}

static char *
sample_text(const SeriesSample *sample, uint32_t step_s)
{
    GString *line = g_string_sized_new(192);
    const double rates[] = { sample->octets_in,   sample->octets_out, sample->packets_in,
                             sample->packets_out, sample->flows_in,   sample->flows_out };

    g_string_append_printf(line, "%" G_GINT64_FORMAT, sample->time_s);
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++)
        append_value(line, rates[i] / step_s);
    append_value(line, sample->lost);
    append_value(line, sample->score);
    append_value(line, sample->expected_low / step_s);
    append_value(line, sample->expected_high / step_s);
    return g_string_free(line, FALSE);
}

bool
series_file_update(const char *path, uint32_t step_s, const SeriesSample *samples, uint32_t n, GError **error)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < n; i++)
        g_ptr_array_add(args, sample_text(&samples[i], step_s));
    rrd_clear_error();
    if (rrd_update_r(path, NULL, (int)args->len, (const char **)args->pdata) == 0)
        return true;
    series_file_error(error, "update", path);
    return false;
}
