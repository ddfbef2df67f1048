/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sense.c - the `sense` process: from datagrams to alerts */
#include "collector/cli/sense.h"
#include "collector/base/log.h"
#include "collector/base/sandbox.h"
#include "collector/base/statefile.h"
#include "collector/cli/settings-stream.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

enum { TURN_MS = 100, ANSWER_MS = 500, STATE_VERSION = 1 };

/* The files that survive a restart. */
typedef struct StateFile {
    const char *name;
    char magic[8];
} StateFile;
static const StateFile templates_file = { "templates", { 'T', 'A', 'L', 'T', 'M', 'P', 'L', '1' } };
static const StateFile baselines_file = { "baselines", { 'T', 'A', 'L', 'B', 'A', 'S', 'E', '1' } };

static GBytes *
read_state(const Sense *self, const StateFile *file)
{
    g_autofree char *path = g_build_filename(self->args->state_dir, file->name, NULL);
    g_autoptr(GError) error = NULL;
    GBytes *state = state_file_read(path, file->magic, STATE_VERSION, &error);

    if (error != NULL)
        log_error("%s; going on without it", error->message);
    return state;
}

/* When the file was written last, by the clock on the wall; 0: there is none. */
static int64_t
state_time_ms(const Sense *self, const StateFile *file)
{
    g_autofree char *path = g_build_filename(self->args->state_dir, file->name, NULL);
    GStatBuf info;

    return g_stat(path, &info) == 0 ? (int64_t)info.st_mtime * 1000 : 0;
}

/* Takes @state. A full disk is said once, and once more when it is over. */
static void
write_state(Sense *self, const StateFile *file, GBytes *state)
{
    g_autofree char *path = g_build_filename(self->args->state_dir, file->name, NULL);
    g_autoptr(GBytes) owned = state;
    g_autoptr(GError) error = NULL;

    if (owned == NULL)
        return;
    bool done = state_file_write(path, file->magic, STATE_VERSION, g_bytes_get_data(owned, NULL),
                                 g_bytes_get_size(owned), &error);
    if (!done && !self->state_failed)
        log_error("%s; the last good one stays, the next is tried when it is due", error->message);
    if (done && self->state_failed)
        log_note("state files are written again");
    self->state_failed = !done;
    g_strlcpy(self->state_why, done ? "" : error->message, sizeof self->state_why);
}

static void
answer_web(Sense *self)
{
    g_auto(Message) message = { 0 };
    uint16_t status = 400;

    if (!channel_receive(self->web, &message, 0) || message.type != MESSAGE_QUERY)
        return;
    gsize length = 0;
    const char *bytes = g_bytes_get_data(message.body, &length);
    json_t *query = json_loadb(bytes == NULL ? "" : bytes, length, JSON_REJECT_DUPLICATES, NULL);
    json_t *answer = query != NULL ? sense_answer(self, query, &status) : NULL;
    g_autofree char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
    channel_send(self->web, MESSAGE_ANSWER, message.id, status, text, text != NULL ? strlen(text) : 0,
                 ANSWER_MS);
    json_decref(answer);
    json_decref(query);
}

static void
control(Sense *self)
{
    struct pollfd fds[] = { { .fd = self->args->signals, .events = POLLIN },
                            { .fd = channel_fd(self->web), .events = POLLIN } };

    for (;;) {
        poll(fds, G_N_ELEMENTS(fds), TURN_MS);
        if (fds[0].revents != 0)
            return;
        if (fds[1].revents != 0)
            answer_web(self);
        write_state(self, &templates_file, intakes_take_state(self->intakes));
        write_state(self, &baselines_file, scoring_thread_take_state(self->scoring));
        sense_note_rates(self, clock_wall(clock_system()));
        sense_triage_turn(self, clock_wall(clock_system()));
    }
}

static bool
open_stores(Sense *self, Store **for_scoring, GError **error)
{
    g_autofree char *path = g_build_filename(self->args->state_dir, "talaya.db", NULL);
    g_autofree char *notice = NULL;

    *for_scoring = store_open(path, &notice, error);
    if (notice != NULL)
        log_error("%s", notice);
    if (*for_scoring != NULL)
        self->store = store_open(path, NULL, error);
    return self->store != NULL;
}

/* Far above what the configuration allows the tables to take: a fault ends this process, not the machine. */
static uint64_t
memory_bound(const Settings *settings)
{
    /* Each receiving thread has bounds of its own for what its exporters tell, and the allocator's arena. */
    return (4ULL << 30) + ((uint64_t)settings_threads(settings) << 30) +
           (uint64_t)settings->collector.queue * sizeof(FlowBatch) +
           (uint64_t)settings->scoring.max_assets * (16 << 10) + (uint64_t)settings->scoring.max_pairs * 512 +
           (uint64_t)settings->collector.max_exporters * (uint64_t)settings->collector.max_held_bytes +
           (uint64_t)settings->stream.max_connections * (192 << 10); /* a message, and what GnuTLS keeps */
}

static bool
open_tee(Sense *self, size_t n_threads, GError **error)
{
    const Settings *settings = self->settings;

    if (settings->n_tees == 0)
        return true;
    self->tee = tee_new(&(TeeConf){ .targets = settings->tees,
                                    .n_targets = settings->n_tees,
                                    .n_lanes = n_threads,
                                    .queue_bytes = (size_t)settings->collector.tee_queue,
                                    .raw = self->args->raw },
                        error);
    return self->tee != NULL;
}

static void
enter_sandbox(const Sense *self)
{
    SandboxFolder folders[] = { { self->args->state_dir, true } };
    g_autofree char *holds = sandbox_enter(&(SandboxConf){ .folders = folders,
                                                           .n_folders = 1,
                                                           .memory_bytes = memory_bound(self->settings),
                                                           .may_accept = self->args->n_streams > 0 });

    log_info("sense: %s", holds);
}

/* A descriptor for each connection, beside what else is open. */
static void
allow_connections(uint32_t n)
{
    enum { BESIDE = 256 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= n + BESIDE)
        return;
    limit.rlim_cur = MIN(limit.rlim_max, (rlim_t)n + BESIDE);
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < n + BESIDE)
        log_warn("only about %u of [stream] max-connections=%u can be open at a time: LimitNOFILE= is %llu",
                 limit.rlim_cur > BESIDE ? (unsigned)limit.rlim_cur - BESIDE : 0, n,
                 (unsigned long long)limit.rlim_max);
}

/* Where connections come, and who we are to those over TLS: what the board says, whatever stands in the file
 * now. */
static StreamConf
stream_conf(const ChildArgs *args, StreamPlace places[BOARD_SOCKETS], Tls **tls)
{
    const Board *board = args->board;
    StreamConf conf = settings_stream(args->settings);
    g_autoptr(GError) error = NULL;

    conf.places = places;
    for (size_t i = 0; i < MIN((size_t)board->n_streams, args->n_streams); i++) {
        const BoardStream *stream = &board->streams[i];
        if (stream->is_tls && *tls == NULL && (*tls = settings_tls(args->settings, &error)) == NULL) {
            log_error("nobody is let in at %s: %s", stream->listen, error->message);
            g_clear_error(&error);
            continue;
        }
        places[conf.n_places++] = (StreamPlace){ .fd = args->streams[i],
                                                 .transport = stream->is_tls ? TRANSPORT_TLS : TRANSPORT_TCP,
                                                 .name = stream->listen };
    }
    conf.tls = *tls;
    if (conf.n_places > 0)
        allow_connections(conf.max_connections);
    return conf;
}

int
sense_run(const ChildArgs *args)
{
    Sense self = { .args = args, .settings = args->settings };
    g_autoptr(GError) error = NULL;
    Store *store = NULL;

    self.assets = settings_assets(args->settings, &error);
    self.places = self.assets != NULL ? settings_places(args->settings, &error) : NULL;
    self.lists = self.places != NULL ? settings_lists(args->settings, &error) : NULL;
    if (self.lists == NULL || !open_stores(&self, &store, &error)) {
        log_error("sense: %s", error->message);
        return 1;
    }
    self.web = channel_new(args->peers[CHILD_WEB]);
    self.series = channel_new(args->peers[CHILD_SERIES]);
    g_autoptr(GBytes) templates = read_state(&self, &templates_file);
    g_autoptr(GBytes) baselines = read_state(&self, &baselines_file);
    int64_t baselines_ms = baselines != NULL ? state_time_ms(&self, &baselines_file) : 0;
    IntakeSockets sockets = intake_sockets(args->board, args->sockets, args->n_sockets);
    if (!open_tee(&self, sockets.n_threads, &error)) {
        log_error("sense: %s", error->message);
        return 1;
    }
    sockets.tee = self.tee;
    StreamPlace places[BOARD_SOCKETS];
    g_autoptr(Tls) tls = NULL;
    StreamConf streams = stream_conf(args, places, &tls);
    sockets.streams = streams.n_places > 0 ? &streams : NULL;
    Funnel *funnel = funnel_new(intakes_lanes(sockets.n_threads, sockets.streams != NULL),
                                (uint32_t)args->settings->collector.queue);

    enter_sandbox(&self);
    self.intakes = intakes_new(args->settings, &sockets, funnel, templates);
    self.scoring =
        scoring_thread_new(args->settings, self.assets, self.places, funnel, self.series, store, baselines);
    scoring_thread_lists(self.scoring, self.lists);
    scoring_thread_start(self.scoring, intakes_exporter, self.intakes);
    sense_triage_start(&self, baselines_ms);
    if (self.tee != NULL)
        tee_start(self.tee);
    intakes_start(self.intakes);
    control(&self);

    intakes_stop(self.intakes);
    scoring_thread_stop(self.scoring);
    write_state(&self, &templates_file, intakes_take_state(self.intakes));
    write_state(&self, &baselines_file, scoring_thread_take_state(self.scoring));
    scoring_thread_free(self.scoring);
    intakes_free(self.intakes);
    tee_free(self.tee);
    funnel_free(funnel);
    store_free(self.store);
    channel_free(self.web);
    channel_free(self.series);
    list_table_free(self.lists);
    place_table_free(self.places);
    asset_table_free(self.assets);
    return 0;
}
