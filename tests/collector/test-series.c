/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-series.c - samples become rows of real RRD files, which may be damaged, vanish or find the disk full
 */
#include "tests/collector/series-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static SeriesCounters
counters(const Bench *bench)
{
    SeriesCounters is;

    series_counters(bench->series, &is);
    return is;
}

/* The only file below the folder whose name ends so; the caller frees it. */
static char *
find_file(const char *dir, const char *suffix)
{
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);

    for (const char *name; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            char *found = find_file(path, suffix);
            if (found != NULL)
                return found;
        } else if (g_str_has_suffix(name, suffix)) {
            return g_steal_pointer(&path);
        }
    }
    return NULL;
}

static json_t *
fetch(Bench *bench, const SeriesKey *key, int from, int to, uint32_t points)
{
    g_autoptr(GError) error = NULL;
    json_t *result = series_fetch(bench->series, key, start_s + (int64_t)from * STEP,
                                  start_s + (int64_t)to * STEP, points, &error);

    g_assert_no_error(error);
    g_assert_nonnull(result);
    return result;
}

static double
value_at(const json_t *result, size_t row, const char *name)
{
    return json_number_value(json_object_get(json_array_get(json_object_get(result, "rows"), row), name));
}

static void
test_what_was_added_is_read_back_as_rates(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 11);
    series_write(bench->series);
    json_t *result = fetch(bench, &key, 0, 10, 1000);
    g_assert_cmpint(json_integer_value(json_object_get(result, "step")), ==, STEP);
    const json_t *first = json_array_get(json_object_get(result, "rows"), 0);
    g_assert_cmpstr(json_string_value(json_object_get(first, "time")), ==, "2026-01-01T00:05:00.000Z");
    for (int i = 0; i < 10; i++)
        g_assert_cmpfloat_with_epsilon(value_at(result, (size_t)i, "octetsOut"), 1001 + i, 1e-6);
    g_assert_cmpfloat_with_epsilon(value_at(result, 0, "octetsIn"), 10, 1e-9);
    g_assert_cmpfloat_with_epsilon(value_at(result, 0, "flowsIn"), 0.5, 1e-9);
    g_assert_cmpfloat_with_epsilon(value_at(result, 0, "lost"), 7, 1e-9);
    g_assert_cmpfloat_with_epsilon(value_at(result, 0, "score"), 12.5, 1e-9);
    g_assert_cmpfloat_with_epsilon(value_at(result, 0, "expectedHigh"), 2000, 1e-9);
    g_assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(result, "rows"), 2), "lost"))); /* NAN came */
    json_decref(result);
    g_assert_cmpuint(counters(bench).written, ==, 10);
}

static void
test_a_missing_slot_stays_unknown(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 4);
    add_slots(bench, &key, 5, 8);
    json_t *result = fetch(bench, &key, 0, 7, 1000); /* no series_write: a reader sees what is queued */
    const json_t *rows = json_object_get(result, "rows");
    g_assert_true(json_is_null(json_object_get(json_array_get(rows, 3), "octetsOut")));
    g_assert_cmpfloat_with_epsilon(value_at(result, 2, "octetsOut"), 1003, 1e-6);
    g_assert_cmpfloat_with_epsilon(value_at(result, 5, "octetsOut"), 1006, 1e-6);
    json_decref(result);
}

static void
test_two_weeks_of_history_come_in_as_many_points_as_asked(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("2001:db8::1");

    add_slots(bench, &key, 1, 14 * 288 + 1);
    series_write(bench->series);
    g_assert_cmpuint(counters(bench).written, ==, 14 * 288);
    json_t *result = fetch(bench, &key, 0, 14 * 288, 100);
    size_t n = json_array_size(json_object_get(result, "rows"));
    g_assert_cmpuint(n, <=, 100);
    g_assert_cmpuint(n, >=, 50);
    json_decref(result);
}

static void
test_files_are_whole_and_named_by_a_hash(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");
    struct stat st;

    add_slots(bench, &key, 1, 3);
    series_write(bench->series);
    g_autofree char *path = find_file(bench->dir, ".rrd");
    g_assert_nonnull(path);
    g_assert_true(g_regex_match_simple("/[0-9a-f]{2}/[0-9a-f]{16}\\.rrd$", path, 0, 0));
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_blocks * 512, >=, st.st_size); /* no holes: no SIGBUS on a full disk */
    g_autofree char *half = find_file(bench->dir, ".new");
    g_assert_null(half);
}

static void
test_times_that_would_block_a_file_are_refused(Bench *bench, gconstpointer data)
{
    static const int64_t times[] = { 10, 0, -5, 315532799, 4102444800, INT64_MAX };
    SeriesKey key = asset_key("203.0.113.9");
    SeriesSample sample = sample_at(&key, 1);

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        sample.time_s = times[i];
        series_add(bench->series, &sample);
    }
    sample.time_s = bench->clock.wall.ms / 1000 + 301;
    series_add(bench->series, &sample);
    g_assert_cmpuint(counters(bench).refused_time, ==, 7);
    add_slots(bench, &key, 5, 6);
    add_slots(bench, &key, 5, 6); /* the same again */
    add_slots(bench, &key, 4, 5); /* one before it */
    series_write(bench->series);
    g_assert_cmpuint(counters(bench).refused_time, ==, 9);
    g_assert_cmpuint(counters(bench).written, ==, 1);
}

static void
test_a_restart_goes_on_where_the_file_ends(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 5);
    series_write(bench->series);
    series_free(bench->series);
    bench_open(bench);
    g_assert_cmpuint(counters(bench).files, ==, 1);
    add_slots(bench, &key, 3, 8);
    g_assert_cmpuint(counters(bench).refused_time, ==, 2);
    json_t *result = fetch(bench, &key, 0, 7, 1000);
    for (size_t i = 0; i < 7; i++)
        g_assert_cmpfloat_with_epsilon(value_at(result, i, "octetsOut"), 1001.0 + (double)i, 1e-6);
    json_decref(result);
    g_assert_cmpuint(counters(bench).set_aside, ==, 0);
}

typedef enum Damage { CUT_SHORT, EMPTY, OTHER_HEADER, FAR_FUTURE, WILD_POINTER, N_DAMAGES } Damage;
static const struct {
    const char *test;
    Damage damage;
} damages[] = {
    { "/collector/series/a-file-cut-short-is-set-aside-and-begun-anew", CUT_SHORT },
    { "/collector/series/an-empty-file-is-set-aside-and-begun-anew", EMPTY },
    { "/collector/series/a-file-with-another-header-is-set-aside-and-begun-anew", OTHER_HEADER },
    { "/collector/series/a-file-of-the-far-future-is-set-aside-and-begun-anew", FAR_FUTURE },
    { "/collector/series/a-file-with-a-wild-pointer-is-set-aside-and-begun-anew", WILD_POINTER },
};

static void
damage_file(const char *path, Damage damage)
{
    static const uint8_t ones[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f };
    /* 10 sources and 5 archives: definitions end at 128 + 15 x 120; then the time of the last update (16), 10
     * x 112 of prepared sources, 50 x 80 of prepared rows, 5 pointers */
    static const off_t fixed = 128 + 15 * 120, pointers = 128 + 15 * 120 + 16 + 10 * 112 + 50 * 80;
    static const off_t at[N_DAMAGES] = {
        [OTHER_HEADER] = 20, [FAR_FUTURE] = fixed, [WILD_POINTER] = pointers + 8
    };
    int fd = open(path, O_RDWR);
    struct stat st;

    g_assert_cmpint(fstat(fd, &st), ==, 0);
    if (damage == CUT_SHORT || damage == EMPTY)
        g_assert_cmpint(ftruncate(fd, damage == EMPTY ? 0 : st.st_size / 2), ==, 0);
    else
        g_assert_cmpint(pwrite(fd, ones, sizeof ones, at[damage]), ==, sizeof ones);
    close(fd);
}

static void
test_a_damaged_file_is_set_aside_and_begun_anew(Bench *bench, gconstpointer data)
{
    const Damage *damage = data;
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 5);
    series_write(bench->series);
    series_free(bench->series);
    g_autofree char *path = find_file(bench->dir, ".rrd");
    damage_file(path, *damage);
    bench_open(bench);
    add_slots(bench, &key, 5, 9);
    series_write(bench->series);
    g_autofree char *aside = find_file(bench->dir, ".bad-1");
    g_assert_nonnull(aside);
    g_assert_cmpuint(counters(bench).set_aside, ==, 1);
    g_assert_cmpuint(counters(bench).written, ==, 4);
    json_t *result = fetch(bench, &key, 4, 8, 1000);
    g_assert_cmpfloat_with_epsilon(value_at(result, 0, "octetsOut"), 1005, 1e-6);
    json_decref(result);
}

static void
test_a_file_that_vanishes_is_made_again(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 5);
    series_write(bench->series);
    g_autofree char *path = find_file(bench->dir, ".rrd");
    unlink(path);
    add_slots(bench, &key, 5, 7);
    series_write(bench->series);
    g_assert_cmpuint(counters(bench).written, ==, 6);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
test_series_beyond_the_limit_are_refused(Bench *bench, gconstpointer data)
{
    series_free(bench->series);
    bench->conf.max_files = 3;
    bench_open(bench);
    for (int i = 1; i <= 5; i++) {
        g_autofree char *text = g_strdup_printf("203.0.113.%d", i);
        SeriesKey key = asset_key(text);
        add_slots(bench, &key, 1, 3);
    }
    series_write(bench->series);
    g_assert_cmpuint(counters(bench).files, ==, 3);
    g_assert_cmpuint(counters(bench).refused_full, ==, 4);
    g_assert_cmpuint(counters(bench).written, ==, 6);
}

static void
test_an_unknown_series_is_not_found(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");
    g_autoptr(GError) error = NULL, graph_error = NULL;

    GraphRequest request = graph_request(&key);
    g_assert_null(series_fetch(bench->series, &key, start_s, start_s + DAY, 10, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_assert_null(series_graph(bench->series, &request, &graph_error));
    g_assert_error(graph_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_assert_cmpuint(counters(bench).files, ==, 0);
}

/* A small disk of its own that is filled to the last byte. */
static void
fill_disk(const char *dir, const char *name)
{
    static const char block[65536];
    g_autofree char *path = g_build_filename(dir, name, NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    for (size_t size = sizeof block; size > 0; size = size > 1 ? size / 2 : 0)
        while (write(fd, block, size) == (ssize_t)size)
            ;
    close(fd);
}

static void
test_a_full_disk_pauses_writing_and_loses_nothing(Bench *bench, gconstpointer data)
{
    SeriesKey first = asset_key("203.0.113.1"), second = asset_key("203.0.113.2");

    if (mount("none", bench->dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=0700") != 0) {
        g_test_skip("needs the right to mount a small tmpfs");
        return;
    }
    series_free(bench->series);
    bench_open(bench);
    add_slots(bench, &first, 1, 5);
    series_write(bench->series);
    fill_disk(bench->dir, "ballast");
    add_slots(bench, &first, 5, 9);
    add_slots(bench, &second, 5, 9);
    series_write(bench->series);
    g_assert_cmpuint(counters(bench).failed, ==, 0);
    g_assert_true(counters(bench).paused);
    g_autofree char *ballast = g_build_filename(bench->dir, "ballast", NULL);
    unlink(ballast);
    series_write(bench->series);
    g_assert_false(counters(bench).paused);
    g_assert_cmpuint(counters(bench).written, ==, 12);
    g_assert_cmpuint(counters(bench).failed, ==, 0);
    json_t *result = fetch(bench, &second, 4, 8, 100);
    g_assert_cmpfloat_with_epsilon(value_at(result, 3, "octetsOut"), 1008, 1e-6);
    json_decref(result);
    g_assert_cmpint(umount2(bench->dir, MNT_DETACH), ==, 0);
}

#define ADD(name, function) g_test_add("/collector/series/" name, Bench, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("TZ", "UTC", TRUE);
    ADD("what-was-added-is-read-back-as-rates", test_what_was_added_is_read_back_as_rates);
    ADD("a-missing-slot-stays-unknown", test_a_missing_slot_stays_unknown);
    ADD("two-weeks-of-history-come-in-as-many-points-as-asked",
        test_two_weeks_of_history_come_in_as_many_points_as_asked);
    ADD("files-are-whole-and-named-by-a-hash", test_files_are_whole_and_named_by_a_hash);
    ADD("times-that-would-block-a-file-are-refused", test_times_that_would_block_a_file_are_refused);
    ADD("a-restart-goes-on-where-the-file-ends", test_a_restart_goes_on_where_the_file_ends);
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++)
        g_test_add(damages[i].test, Bench, &damages[i].damage, set_up,
                   test_a_damaged_file_is_set_aside_and_begun_anew, tear_down);
    ADD("a-file-that-vanishes-is-made-again", test_a_file_that_vanishes_is_made_again);
    ADD("series-beyond-the-limit-are-refused", test_series_beyond_the_limit_are_refused);
    ADD("an-unknown-series-is-not-found", test_an_unknown_series_is_not_found);
    ADD("a-full-disk-pauses-writing-and-loses-nothing", test_a_full_disk_pauses_writing_and_loses_nothing);
    return g_test_run();
}
