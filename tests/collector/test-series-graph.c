/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-series-graph.c - graphs are drawn as asked for, in bounds, whatever the title holds */
#include "tests/collector/series-fixture.h"

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

#define ADD(name, function)                                                                                  \
    g_test_add("/collector/series-graph/" name, Bench, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("TZ", "UTC", TRUE);
    ADD("the-band-is-drawn-behind-the-line", test_the_band_is_drawn_behind_the_line);
    ADD("a-png-has-the-size-asked-for", test_a_png_has_the_size_asked_for);
    ADD("every-metric-size-and-theme-is-drawn", test_every_metric_size_and_theme_is_drawn);
    ADD("graphs-too-large-or-too-long-are-refused", test_graphs_too_large_or_too_long_are_refused);
    ADD("a-hostile-title-is-only-text", test_a_hostile_title_is_only_text);
    return g_test_run();
}
