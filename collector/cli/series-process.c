/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series-process.c - see series-process.h */
#include "collector/cli/series-process.h"
#include "collector/cli/child.h"
#include "collector/base/log.h"
#include "collector/base/sandbox.h"

#include <gio/gio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WRITE_EVERY_MS = 1000,
    ANSWER_MS = 200,      /* patience with a peer that does not read */
    MESSAGES_A_TURN = 64, /* of one channel, before the other has its turn */
    POINTS = 500,         /* where a query does not say */
    GRAPH_WIDTH = 800,
    GRAPH_HEIGHT = 240,
};
static const uint64_t memory_most = 1ULL << 30; /* of address space: graphs are the hungry ones */

typedef struct Name {
    const char *name;
    int value;
} Name;
static const Name kinds[] = { { "asset", SERIES_ASSET },
                              { "exporter", SERIES_EXPORTER },
                              { "interface", SERIES_INTERFACE } };
static const Name formats[] = { { "svg", GRAPH_SVG }, { "png", GRAPH_PNG } };
static const Name metrics[] = { { "octets", GRAPH_OCTETS },
                                { "packets", GRAPH_PACKETS },
                                { "flows", GRAPH_FLOWS },
                                { "score", GRAPH_SCORE } };

static GBytes *
json_bytes(json_t *object)
{
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(10)) : NULL;

    json_decref(object);
    return text != NULL ? g_bytes_new_with_free_func(text, strlen(text), free, text)
                        : g_bytes_new_static("{}", 2);
}

static GBytes *
refuse(uint16_t *status, uint16_t code, const char *detail)
{
    g_autofree char *valid = g_utf8_make_valid(detail, -1);

    *status = code;
    return json_bytes(json_pack("{s:s}", "detail", valid));
}

static GBytes *
refuse_for(uint16_t *status, const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        return refuse(status, 404, error->message);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
        return refuse(status, 400, error->message);
    log_warn("series: %s", error->message); /* has a path in it: for the log, not for the net */
    return refuse(status, 500, "the series could not be read; the log says why");
}

static bool
name_value(const json_t *query, const char *key, const Name *names, size_t n, int *value)
{
    const char *text = json_string_value(json_object_get(query, key));

    if (text == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i].name, text) == 0) {
            *value = names[i].value;
            return true;
        }
    }
    return false;
}

static int64_t
number_in(const json_t *query, const char *key, int64_t otherwise, int64_t low, int64_t high)
{
    const json_t *value = json_object_get(query, key);

    return json_is_integer(value) ? CLAMP((int64_t)json_integer_value(value), low, high) : otherwise;
}

static bool
read_key(const json_t *query, SeriesKey *key)
{
    const char *address = json_string_value(json_object_get(query, "address"));
    int kind;

    memset(key, 0, sizeof *key);
    if (!name_value(query, "kind", kinds, G_N_ELEMENTS(kinds), &kind) || address == NULL ||
        !ip_parse(address, &key->address))
        return false;
    key->kind = (uint32_t)kind;
    if (key->kind == SERIES_INTERFACE)
        key->if_index = (uint32_t)number_in(query, "ifIndex", 0, 0, UINT32_MAX);
    return true;
}

static GBytes *
answer_series(Series *series, const json_t *query, uint16_t *status)
{
    g_autoptr(GError) error = NULL;
    int64_t now_s = clock_wall(clock_system()).ms / 1000;
    int64_t to_s = number_in(query, "to", now_s, 0, INT32_MAX * 2LL);
    int64_t from_s = number_in(query, "from", to_s - 86400, 0, INT32_MAX * 2LL);
    SeriesKey key;

    if (!read_key(query, &key))
        return refuse(status, 400, "kind and address name a series");
    uint32_t points = (uint32_t)number_in(query, "points", POINTS, 1, 5000);
    json_t *rows = series_fetch(series, &key, from_s, to_s, points, &error);
    return rows != NULL ? json_bytes(rows) : refuse_for(status, error);
}

static GBytes *
answer_graph(Series *series, const json_t *query, uint16_t *status)
{
    g_autoptr(GError) error = NULL;
    const char *title = json_string_value(json_object_get(query, "title"));
    int64_t now_s = clock_wall(clock_system()).ms / 1000;
    GraphRequest request = { .dark = json_is_true(json_object_get(query, "dark")) };
    int format = GRAPH_SVG, metric = GRAPH_OCTETS;

    if (!read_key(query, &request.key))
        return refuse(status, 400, "kind and address name a series");
    if (json_object_get(query, "format") != NULL &&
        !name_value(query, "format", formats, G_N_ELEMENTS(formats), &format))
        return refuse(status, 400, "the format is svg or png");
    if (json_object_get(query, "metric") != NULL &&
        !name_value(query, "metric", metrics, G_N_ELEMENTS(metrics), &metric))
        return refuse(status, 400, "the metric is octets, packets, flows or score");
    request.format = (GraphFormat)format;
    request.metric = (GraphMetric)metric;
    request.to_s = number_in(query, "to", now_s, 0, INT32_MAX * 2LL);
    request.from_s = number_in(query, "from", request.to_s - 86400, 0, INT32_MAX * 2LL);
    request.width = (uint32_t)number_in(query, "width", GRAPH_WIDTH, 0, 1000000);
    request.height = (uint32_t)number_in(query, "height", GRAPH_HEIGHT, 0, 1000000);
    g_strlcpy(request.title, title != NULL ? title : "", sizeof request.title);
    GBytes *image = series_graph(series, &request, &error);
    return image != NULL ? image : refuse_for(status, error);
}

static GBytes *
answer_counters(Series *series, const json_t *query, uint16_t *status)
{
    SeriesCounters is;

    series_counters(series, &is);
    return json_bytes(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b}", "files", (json_int_t)is.files, "samples",
                                (json_int_t)is.samples, "written", (json_int_t)is.written, "refusedTime",
                                (json_int_t)is.refused_time, "refusedFull", (json_int_t)is.refused_full,
                                "failed", (json_int_t)is.failed, "setAside", (json_int_t)is.set_aside,
                                "paused", is.paused));
}

GBytes *
series_process_answer(Series *series, GBytes *query_bytes, uint16_t *status)
{
    static const struct {
        const char *what;
        GBytes *(*answer)(Series *series, const json_t *query, uint16_t *status);
    } answers[] = { { "series", answer_series }, { "graph", answer_graph }, { "counters", answer_counters } };
    gsize length = 0;
    const char *text = g_bytes_get_data(query_bytes, &length);
    json_t *query = json_loadb(text != NULL ? text : "", length, JSON_REJECT_DUPLICATES, NULL);
    const char *what = json_string_value(json_object_get(query, "what"));
    GBytes *answer = NULL;

    *status = 200;
    for (size_t i = 0; what != NULL && answer == NULL && i < G_N_ELEMENTS(answers); i++)
        if (strcmp(answers[i].what, what) == 0)
            answer = answers[i].answer(series, query, status);
    if (answer == NULL)
        answer = refuse(status, 400, "no such query");
    json_decref(query);
    return answer;
}

static void
take_samples(Series *series, GBytes *body)
{
    gsize length = 0;
    const uint8_t *bytes = g_bytes_get_data(body, &length);
    SeriesSample sample;

    if (length % sizeof sample != 0 || length > SERIES_MESSAGE_SAMPLES * sizeof sample)
        return; /* not of our making */
    for (gsize at = 0; at < length; at += sizeof sample) {
        memcpy(&sample, bytes + at, sizeof sample);
        series_add(series, &sample);
    }
}

/* True when there may be more. */
static bool
take_messages(Series *series, Channel *channel, bool may_bring_samples)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        g_auto(Message) message = { 0 };
        if (!channel_receive(channel, &message, 0))
            return false;
        if (message.type == MESSAGE_SAMPLES && may_bring_samples)
            take_samples(series, message.body);
        if (message.type != MESSAGE_QUERY)
            continue;
        uint16_t status = 0;
        g_autoptr(GBytes) answer = series_process_answer(series, message.body, &status);
        gsize length = 0;
        const void *bytes = g_bytes_get_data(answer, &length);
        channel_send(channel, MESSAGE_ANSWER, message.id, status, bytes, length, ANSWER_MS);
    }
    return true;
}

/* Reads what came. A peer that is gone, and has left nothing unread, is not polled again. */
static void
turn(Series *series, Channel *channel, bool may_bring_samples, struct pollfd *fd)
{
    if (fd->revents == 0)
        return;
    bool may_be_more = take_messages(series, channel, may_bring_samples);
    if ((fd->revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 && !may_be_more)
        fd->fd = -1;
}

int
series_process_run(Series *series, Channel *from_sense, Channel *from_web, int signals)
{
    struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
                            { .fd = channel_fd(from_sense), .events = POLLIN },
                            { .fd = channel_fd(from_web), .events = POLLIN } };
    int64_t next_ns = 0;

    for (;;) {
        int64_t now_ns = clock_mono(clock_system()).ns;
        if (now_ns >= next_ns) {
            series_write(series);
            next_ns = clock_mono(clock_system()).ns + (int64_t)WRITE_EVERY_MS * 1000000;
        }
        poll(fds, G_N_ELEMENTS(fds), (int)MAX(0, (next_ns - now_ns) / 1000000));
        if (fds[0].revents != 0 || (fds[1].fd < 0 && fds[2].fd < 0))
            break;
        turn(series, from_web, false, &fds[2]);
        turn(series, from_sense, true, &fds[1]);
    }
    take_messages(series, from_sense, true);
    series_write(series);
    return 0;
}

int
series_run(const ChildArgs *args)
{
    const SeriesSettings *settings = &args->settings->series;
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_build_filename(args->state_dir, "rrd", NULL);
    SandboxFolder folders[] = { { dir, true },
                                { "/usr/share", false }, /* fonts, and how fontconfig finds them */
                                { "/usr/local/share/fonts", false },
                                { "/etc/fonts", false },
                                { "/var/cache/fontconfig", false } };

    setenv("TZ", "UTC", 1); /* graphs speak UTC, as all of the API does */
    tzset();
    unsetenv("RRDCACHED_ADDRESS"); /* librrd would talk to that daemon instead */
    g_autoptr(Series) series = series_new(&(SeriesConf){ .dir = dir,
                                                         .step_s = (uint32_t)args->settings->scoring.window,
                                                         .max_files = (uint32_t)settings->max_files,
                                                         .min_free_bytes = (uint64_t)settings->min_free },
                                          clock_system(), &error);
    if (series == NULL) {
        log_error("series: %s", error->message);
        return 1;
    }
    g_autoptr(Channel) from_sense = channel_new(args->peers[CHILD_SENSE]);
    g_autoptr(Channel) from_web = channel_new(args->peers[CHILD_WEB]);
    g_autofree char *holds = sandbox_enter(&(SandboxConf){
        .folders = folders, .n_folders = G_N_ELEMENTS(folders), .memory_bytes = memory_most });
    log_info("series: %s", holds);
    return series_process_run(series, from_sense, from_web, args->signals);
}
