/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-series.c - real RRD files in a folder of the test's own; time is turned by hand */
#include "collector/series.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 300, DAY = 86400 };
static const int64_t start_s = 1767225600; /* 2026-01-01T00:00:00Z, a whole number of steps */

typedef struct Bench {
    Scratch *base;
    char *dir; /* in it; its name has what rrd_graph's language would trip over */
    ManualClock clock;
    SeriesConf conf;
    Series *series;
} Bench;

static void
bench_open(Bench *bench)
{
    g_autoptr(GError) error = NULL;

    bench->series = series_new(&bench->conf, &bench->clock.clock, &error);
    g_assert_no_error(error);
}

static void
set_up(Bench *bench, gconstpointer data)
{
    bench->base = scratch_new("series");
    bench->dir = g_build_filename(bench->base, "a:b c=%d\\e", NULL);
    manual_clock_init(&bench->clock, (WallTime){ (start_s + 14 * DAY) * 1000 });
    bench->conf = (SeriesConf){ .dir = bench->dir, .step_s = STEP, .max_files = 100 };
    bench_open(bench);
}

static void
tear_down(Bench *bench, gconstpointer data)
{
    series_free(bench->series);
    g_free(bench->dir);
    scratch_free(bench->base);
}

static SeriesKey
asset_key(const char *address)
{
    SeriesKey key;

    memset(&key, 0, sizeof key);
    key.kind = SERIES_ASSET;
    ip_parse(address, &key.address);
    return key;
}

/* Slot @i has 300 x (1000 + i) octets out, so 1000 + i a second; the baseline expects 500 to 2000. */
static SeriesSample
sample_at(const SeriesKey *key, int i)
{
    return (SeriesSample){ .key = *key,
                           .time_s = start_s + (int64_t)i * STEP,
                           .octets_in = STEP * 10.0,
                           .octets_out = STEP * (1000.0 + i),
                           .packets_in = STEP,
                           .packets_out = STEP * 2.0,
                           .flows_in = STEP * 0.5,
                           .flows_out = STEP * 0.25,
                           .lost = i == 3 ? NAN : 7,
                           .score = 12.5,
                           .expected_low = STEP * 500.0,
                           .expected_high = STEP * 2000.0 };
}

static void
add_slots(Bench *bench, const SeriesKey *key, int from, int to)
{
    for (int i = from; i < to; i++) {
        SeriesSample sample = sample_at(key, i);
        series_add(bench->series, &sample);
    }
}

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

static GraphRequest
graph_request(const SeriesKey *key)
{
    return (GraphRequest){ .key = *key,
                           .from_s = start_s,
                           .to_s = start_s + DAY,
                           .width = 800,
                           .height = 240,
                           .dark = true,
                           .title = "octets of web-1" };
}

static char *
draw_svg(Bench *bench, const GraphRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) image = series_graph(bench->series, request, &error);
    gsize length;

    g_assert_no_error(error);
    const char *text = g_bytes_get_data(image, &length);
    return g_strndup(text, length);
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
test_the_band_is_drawn_behind_the_line(Bench *bench, gconstpointer data)
{
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 289);
    GraphRequest request = graph_request(&key);
    g_autofree char *svg = draw_svg(bench, &request);
    g_assert_true(g_str_has_prefix(svg, "<?xml"));
    /* #f5b942 is 96.08 %, 72.55 %, 25.88 %: see-through as an area, solid as the line that comes after it. */
    const char *band = strstr(svg, "fill=\"rgb(96.078431%, 72.54902%, 25.882353%)\"");
    if (band == NULL)
        band = strstr(svg, "fill:rgb(96.078431%,72.54902%,25.882353%)");
    g_assert_nonnull(band);
    const char *line = strstr(svg, "stroke:rgb(96.078431%,72.54902%,25.882353%)");
    if (line == NULL)
        line = strstr(svg, "stroke=\"rgb(96.078431%, 72.54902%, 25.882353%)\"");
    g_assert_nonnull(line);
    g_assert_true(band < line);
}

static void
test_a_png_has_the_size_asked_for(Bench *bench, gconstpointer data)
{
    static const uint8_t magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    SeriesKey key = asset_key("203.0.113.9");
    g_autoptr(GError) error = NULL;
    gsize length;

    add_slots(bench, &key, 1, 289);
    GraphRequest request = graph_request(&key);
    request.format = GRAPH_PNG;
    g_autoptr(GBytes) image = series_graph(bench->series, &request, &error);
    g_assert_no_error(error);
    const uint8_t *bytes = g_bytes_get_data(image, &length);
    g_assert_cmpuint(length, >, 1000);
    g_assert_true(memcmp(bytes, magic, sizeof magic) == 0);
    g_assert_cmpint((bytes[18] << 8) | bytes[19], ==, 800); /* IHDR: width, height */
    g_assert_cmpint((bytes[22] << 8) | bytes[23], ==, 240);
    const char *keep = g_getenv("TALAYA_TEST_KEEP"); /* a folder: to look at what was drawn */
    if (keep != NULL) {
        g_autofree char *path = g_build_filename(keep, "series.png", NULL);
        g_file_set_contents(path, (const char *)bytes, (gssize)length, NULL);
    }
}

static void
test_every_metric_size_and_theme_is_drawn(Bench *bench, gconstpointer data)
{
    static const uint32_t sizes[][2] = {
        { 100, 60 }, { 2000, 1000 }, { 320, 140 }, { 100, 1000 }, { 2000, 60 }
    };
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 20);
    for (unsigned i = 0; i < 4 * G_N_ELEMENTS(sizes); i++) {
        GraphRequest request = graph_request(&key);
        request.metric = (GraphMetric)(i % 4);
        request.dark = i % 2 == 0;
        request.width = sizes[i / 4][0];
        request.height = sizes[i / 4][1];
        g_autofree char *svg = draw_svg(bench, &request);
        assert_has(svg, "</svg>");
    }
}

static void
test_graphs_too_large_or_too_long_are_refused(Bench *bench, gconstpointer data)
{
    static const struct {
        uint32_t width, height;
        int64_t from_s, to_s;
    } wrong[] = { { 20000, 240, 0, DAY },        { 800, 20000, 0, DAY },      { 99, 240, 0, DAY },
                  { 800, 59, 0, DAY },           { 800, 240, 5, 5 },          { 800, 240, DAY, 0 },
                  { 800, 240, -401LL * DAY, 0 }, { 800, 240, -3000000000, 0 } };
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 20);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        GraphRequest request = graph_request(&key);
        request.width = wrong[i].width;
        request.height = wrong[i].height;
        request.from_s = start_s + wrong[i].from_s;
        request.to_s = start_s + wrong[i].to_s;
        g_assert_null(series_graph(bench->series, &request, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_a_hostile_title_is_only_text(Bench *bench, gconstpointer data)
{
    static const char *const titles[] = { "",
                                          "a:b\\:c",
                                          "DEF:x=/etc/passwd:x:AVERAGE",
                                          "--imgformat=PDF",
                                          "<script>alert(1)</script>",
                                          "%s%n%lf",
                                          "\xff\xfe\x80 no utf-8",
                                          "line\nfeed\ttab\x01",
                                          "\xe2\x80\xae right to left" };
    SeriesKey key = asset_key("203.0.113.9");

    add_slots(bench, &key, 1, 20);
    for (size_t i = 0; i < G_N_ELEMENTS(titles); i++) {
        GraphRequest request = graph_request(&key);
        memset(request.title, 'x', sizeof request.title); /* no NUL at the end of the longest */
        memcpy(request.title, titles[i], strlen(titles[i]) + (i % 2));
        g_autofree char *svg = draw_svg(bench, &request);
        assert_has(svg, "</svg>");
        assert_lacks(svg, "<script");
    }
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("TZ", "UTC", TRUE);
#define ADD(name, function) g_test_add("/collector/series/" name, Bench, NULL, set_up, function, tear_down)
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
    ADD("the-band-is-drawn-behind-the-line", test_the_band_is_drawn_behind_the_line);
    ADD("a-png-has-the-size-asked-for", test_a_png_has_the_size_asked_for);
    ADD("every-metric-size-and-theme-is-drawn", test_every_metric_size_and_theme_is_drawn);
    ADD("graphs-too-large-or-too-long-are-refused", test_graphs_too_large_or_too_long_are_refused);
    ADD("a-hostile-title-is-only-text", test_a_hostile_title_is_only_text);
    ADD("an-unknown-series-is-not-found", test_an_unknown_series_is_not_found);
    ADD("a-full-disk-pauses-writing-and-loses-nothing", test_a_full_disk_pauses_writing_and_loses_nothing);
#undef ADD
    return g_test_run();
}
