/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series-graph.c - draws a series as SVG or PNG; see series_graph in series.h
 *
 * rrd_graph_v takes its orders as an argument vector with a little language in it. Nothing that came from
 * outside gets into that language: the only free text is the title, which is an argument of its own and is
 * cleaned first. Bounded by the caps on width, height and span (20,000 x 20,000 pixels would take 1.6 GB).
 */
#include "collector/series-private.h"
#include "collector/series-file.h"

#include <gio/gio.h>
#include <rrd.h>
#include <stdarg.h>
#include <string.h>

/* librrd 1.7.2 loses some hundred bytes of names a graph, and fontconfig its caches at the end: not ours to
 * find. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
const char *
__lsan_default_suppressions(void) /* fontconfig runs in a thread of pango's own */
{
    return "leak:libfontconfig\n";
}
#else
#define __lsan_disable() (void)0
#define __lsan_enable()  (void)0
#endif

enum {
    WIDTH_LEAST = 100,
    WIDTH_MOST = 2000,
    HEIGHT_LEAST = 60,
    HEIGHT_MOST = 1000,
    HEIGHT_FOR_TEXT = 140, /* below: the curve alone */
    SPAN_MOST_S = 400 * 86400,
    IMAGE_MOST = 6 << 20,
};

/* What is drawn for a metric: one or two lines, and the band behind the second. */
typedef struct Drawing {
    const char *unit;
    const char *first, *first_words;   /* data source, legend */
    const char *second, *second_words; /* NULL: one line only */
    const char *factor;                /* of the values: octets are drawn as bits */
    bool has_band;
} Drawing;
static const Drawing drawings[] = {
    [GRAPH_OCTETS] = { "bit/s", "octets_in", "in", "octets_out", "out", "8", true },
    [GRAPH_PACKETS] = { "packets/s", "packets_in", "in", "packets_out", "out", "1", false },
    [GRAPH_FLOWS] = { "flows/s", "flows_in", "in", "flows_out", "out", "1", false },
    [GRAPH_SCORE] = { "decibans", "score", "score", NULL, NULL, "1", false },
};

typedef struct Theme {
    const char *back, *font, *grid, *major, *axis;
    const char *first, *first_area, *second, *score, *score_area, *band;
} Theme;
static const Theme dark_theme = { .back = "#10161d",
                                  .font = "#c8d3de",
                                  .grid = "#ffffff0f",
                                  .major = "#ffffff24",
                                  .axis = "#4a5866",
                                  .first = "#4fb3ff",
                                  .first_area = "#4fb3ff2e",
                                  .second = "#f5b942",
                                  .score = "#ff6f6f",
                                  .score_area = "#ff6f6f33",
                                  .band = "#f5b94238" };
static const Theme light_theme = { .back = "#ffffff",
                                   .font = "#26323e",
                                   .grid = "#0000000d",
                                   .major = "#00000021",
                                   .axis = "#9aa7b4",
                                   .first = "#0b6fc2",
                                   .first_area = "#0b6fc224",
                                   .second = "#b45309",
                                   .score = "#c62828",
                                   .score_area = "#c6282826",
                                   .band = "#b4530930" };

static void G_GNUC_PRINTF(2, 3) add(GPtrArray *args, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    g_ptr_array_add(args, g_strdup_vprintf(format, list));
    va_end(list);
}

/* Pango wants UTF-8, and a person wants one line. */
static char *
clean_title(const char title[80])
{
    g_autofree char *cut = g_strndup(title, 79);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);
    GString *out = g_string_new(NULL);

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(out, g_unichar_isprint(c) ? c : ' ');
    }
    return g_string_free(out, FALSE);
}

/* In a DEF, ':' ends a part and "\:" is a colon, while any other backslash is itself. The folder is the
 * operator's. */
static char *
escape_path(const char *path)
{
    GString *out = g_string_new(NULL);

    for (; *path != '\0'; path++) {
        if (*path == ':')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *path);
    }
    return g_string_free(out, FALSE);
}

static void
add_look(GPtrArray *args, const GraphRequest *request, const Theme *theme, const char *unit)
{
    g_autofree char *title = clean_title(request->title);

    add(args, "--start=%" G_GINT64_FORMAT, request->from_s);
    add(args, "--end=%" G_GINT64_FORMAT, request->to_s);
    add(args, "--width=%u", request->width);
    add(args, "--height=%u", request->height);
    add(args, "--imgformat=%s", request->format == GRAPH_SVG ? "SVG" : "PNG");
    add(args, "--full-size-mode");
    add(args, "--slope-mode");
    add(args, "--disable-rrdtool-tag");
    add(args, "--border=0");
    add(args, "--lower-limit=0");
    add(args, "--alt-autoscale-max");
    add(args, "--font=DEFAULT:9:DejaVu Sans");
    add(args, "--font=TITLE:11:DejaVu Sans");
    add(args, "--color=BACK%s", theme->back);
    add(args, "--color=CANVAS%s", theme->back);
    add(args, "--color=FONT%s", theme->font);
    add(args, "--color=GRID%s", theme->grid);
    add(args, "--color=MGRID%s", theme->major);
    add(args, "--color=AXIS%s", theme->axis);
    add(args, "--color=FRAME%s", theme->axis);
    add(args, "--color=ARROW%s", theme->back);
    if (request->height < HEIGHT_FOR_TEXT) {
        add(args, "--only-graph");
        return;
    }
    add(args, "--vertical-label=%s", unit);
    if (*title != '\0')
        add(args, "--title=%s", title);
}

static void
add_source(GPtrArray *args, const char *name, const char *path, const char *source, const char *factor)
{
    add(args, "DEF:raw_%s=%s:%s:AVERAGE", name, path, source);
    add(args, "CDEF:%s=raw_%s,%s,*", name, name, factor);
}

static const struct {
    const char *function, *words;
} figures[] = { { "LAST", "now" }, { "AVERAGE", "mean" }, { "MAXIMUM", "peak" } };

/* A line's values, and the figures below the graph. */
static void
add_line_source(GPtrArray *args, const char *name, const char *path, const char *source, const char *factor)
{
    add_source(args, name, path, source, factor);
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
        add(args, "VDEF:%s_%s=%s,%s", name, figures[i].words, name, figures[i].function);
}

static void
add_figures(GPtrArray *args, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
        add(args, "GPRINT:%s_%s:%s %%6.1lf%%s%s", name, figures[i].words, figures[i].words,
            i + 1 == G_N_ELEMENTS(figures) ? "\\l" : "");
}

/*
 * Behind the lines: nothing up to the low edge, then the band on top of that. Where much more is expected
 * than was ever measured, the band ends at three times the highest peak, or the lines would lie flat on the
 * ground.
 */
static void
add_band(GPtrArray *args, const char *path, const Theme *theme, const char *factor)
{
    add_source(args, "low", path, "expected_low", factor);
    add_source(args, "high", path, "expected_high", factor);
    add(args, "CDEF:top=high,first_peak,second_peak,MAX,3,*,MIN");
    add(args, "CDEF:bottom=low,top,MIN");
    add(args, "CDEF:band=top,bottom,-");
    add(args, "AREA:bottom");
    add(args, "AREA:band%s: out as expected\\l:STACK", theme->band);
}

static GPtrArray *
drawing_args(const GraphRequest *request, const char *file)
{
    const Theme *theme = request->dark ? &dark_theme : &light_theme;
    const Drawing *what = &drawings[request->metric];
    bool is_score = request->metric == GRAPH_SCORE;
    g_autofree char *path = escape_path(file);
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);

    add(args, "graph");
    add(args, "-");
    add_look(args, request, theme, what->unit);
    add_line_source(args, "first", path, what->first, what->factor);
    if (what->second != NULL)
        add_line_source(args, "second", path, what->second, what->factor);
    if (what->has_band && request->key.kind == SERIES_ASSET)
        add_band(args, path, theme, what->factor);
    add(args, "AREA:first%s", is_score ? theme->score_area : theme->first_area);
    add(args, "LINE1.5:first%s: %-5s", is_score ? theme->score : theme->first, what->first_words);
    add_figures(args, "first");
    if (what->second != NULL) {
        add(args, "LINE1.8:second%s: %-5s", theme->second, what->second_words);
        add_figures(args, "second");
    }
    return args;
}

static bool
request_is_sane(const GraphRequest *request, GError **error)
{
    const char *wrong = NULL;

    if (request->width < WIDTH_LEAST || request->width > WIDTH_MOST)
        wrong = "the width must be 100 to 2000 pixels";
    else if (request->height < HEIGHT_LEAST || request->height > HEIGHT_MOST)
        wrong = "the height must be 60 to 1000 pixels";
    else if (request->from_s < SERIES_OLDEST_S || request->to_s <= request->from_s)
        wrong = "the time must begin after 1980 and end after it begins";
    else if (request->to_s - request->from_s > SPAN_MOST_S)
        wrong = "the time must not be longer than 400 days";
    else if ((unsigned)request->metric >= G_N_ELEMENTS(drawings) || (unsigned)request->format > GRAPH_PNG)
        wrong = "the metric or the format is unknown";
    if (wrong != NULL)
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, wrong);
    return wrong == NULL;
}

GBytes *
series_graph(Series *self, const GraphRequest *asked, GError **error)
{
    GraphRequest request = *asked;
    GBytes *image = NULL;

    request.to_s = MIN(request.to_s, series_now(self) + SERIES_AHEAD_S);
    if (!request_is_sane(&request, error))
        return NULL;
    g_autofree char *path = series_readable_path(self, &request.key, error);
    if (path == NULL)
        return NULL;
    g_autoptr(GPtrArray) args = drawing_args(&request, path);
    rrd_clear_error();
    __lsan_disable();
    rrd_info_t *info = rrd_graph_v((int)args->len, (char **)args->pdata);
    __lsan_enable();
    for (const rrd_info_t *at = info; at != NULL; at = at->next)
        if (at->type == RD_I_BLO && strcmp(at->key, "image") == 0 && at->value.u_blo.size <= IMAGE_MOST)
            image = g_bytes_new(at->value.u_blo.ptr, at->value.u_blo.size);
    rrd_info_free(info);
    if (image == NULL)
        series_file_error(error, "draw", path);
    rrd_clear_error();
    return image;
}
