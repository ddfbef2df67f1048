/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parent.c - see parent.h */
#include "collector/cli/parent.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/message.h"
#include "collector/base/sandbox.h"
#include "collector/base/statefile.h"
#include "collector/cli/board.h"
#include "collector/cli/first-start.h"
#include "collector/cli/settings-stream.h"
#include "collector/cli/socket-store.h"
#include "collector/cli/stream-sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define TLS_WARN_MS (INT64_C(14) * 24 * 3600 * 1000) /* a fortnight is time to renew a certificate */

enum {
    RESTART_SOONEST_MS = 50,
    RESTART_LATEST_MS = 1000, /* a child that dies at once each time is not started more often than this */
    STOP_PATIENCE_MS = 10000, /* then it is killed */
    BIND_TRIES = 20,
    BIND_PAUSE_MS = 100,
};

typedef struct Parent Parent;

typedef struct Child {
    Parent *parent;
    ChildId id;
    pid_t pid;
    unsigned restart_ms; /* next pause; doubles while the child dies young */
    int64_t started_ns;
    guint timer; /* a restart, or a kill, that is due */
} Child;

struct Parent {
    const char *config_path, *state_dir; /* borrowed */
    int claim;                           /* of the state folder, see statefile.h; -1: none yet */
    Settings *settings;
    char *state; /* the folder in use */
    Sockets *sockets;
    StreamSockets *streams;
    TeeRaw raw;         /* for tees that keep the source: opened at the start, when they are wanted then */
    SocketStore *store; /* keeps them over a restart of the service */
    Board *board;
    int board_fd;
    int pairs[N_CHILDREN][N_CHILDREN]; /* [a][b]: a's end of the channel between a and b */
    Child children[N_CHILDREN];
    GMainLoop *loop;
    bool is_stopping, is_reloading;
};

static void start_child(Child *child);

/* ---- starting ---- */

static void
pass_on(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, 0);
}

static char *
descriptors_text(const Parent *self, ChildId id)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (id == CHILD_WEB)
        g_string_printf(text, "%d", sockets_web(self->sockets));
    for (size_t i = 0; id == CHILD_SENSE && i < sockets_count(self->sockets); i++)
        g_string_append_printf(text, "%s%d", i > 0 ? "," : "", sockets_udp(self->sockets, i));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
streams_text(const Parent *self, ChildId id)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; id == CHILD_SENSE && i < stream_sockets_count(self->streams); i++)
        g_string_append_printf(text, "%s%d", i > 0 ? "," : "", stream_sockets_get(self->streams, i));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* In the child, between fork and exec: only its own descriptors stay open. */
static G_GNUC_NORETURN void
become(const Parent *self, ChildId id, pid_t parent, char *descriptors, char *streams)
{
    char peers[64], board[16], raw[32], parent_text[16];
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(peers, sizeof peers, "%d,%d,%d", self->pairs[id][0], self->pairs[id][1], self->pairs[id][2]);
    snprintf(raw, sizeof raw, "%d,%d", id == CHILD_SENSE ? self->raw.v4 : -1,
             id == CHILD_SENSE ? self->raw.v6 : -1);
    snprintf(board, sizeof board, "%d", self->board_fd);
    snprintf(parent_text, sizeof parent_text, "%d", (int)parent);
    for (size_t i = 0; i < N_CHILDREN; i++)
        pass_on(self->pairs[id][i]);
    pass_on(self->board_fd);
    if (id == CHILD_WEB)
        pass_on(sockets_web(self->sockets));
    for (size_t i = 0; id == CHILD_SENSE && i < sockets_count(self->sockets); i++)
        pass_on(sockets_udp(self->sockets, i));
    for (size_t i = 0; id == CHILD_SENSE && i < stream_sockets_count(self->streams); i++)
        pass_on(stream_sockets_get(self->streams, i));
    for (int i = 0; id == CHILD_SENSE && i < 2; i++)
        pass_on(i == 0 ? self->raw.v4 : self->raw.v6);
    unsetenv("NOTIFY_SOCKET"); /* systemd hears from the parent only */
    execl("/proc/self/exe", "talaya", "serve", "--config", self->config_path, "--state", self->state,
          "--child", child_name(id), "--descriptors", descriptors, "--streams", streams, "--peers", peers,
          "--raw", raw, "--board", board, "--parent", parent_text, (char *)NULL);
    _exit(127);
}

static void
tell_status(const Parent *self)
{
    unsigned restarts = 0, running = 0;

    for (size_t i = 0; i < N_CHILDREN; i++) {
        restarts += self->board->children[i].restarts;
        running += self->children[i].pid != 0;
    }
    sd_notifyf(0, "STATUS=%u of %d processes running, %u restarts", running, N_CHILDREN, restarts);
}

static gboolean
start_again(gpointer data)
{
    Child *child = data;

    child->timer = 0;
    start_child(child);
    return G_SOURCE_REMOVE;
}

static char *
end_words(int status)
{
    if (WIFSIGNALED(status))
        return g_strdup_printf("died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return g_strdup_printf("ended with status %d", WEXITSTATUS(status));
}

/* True when every child has ended. */
static bool
is_empty(const Parent *self)
{
    for (size_t i = 0; i < N_CHILDREN; i++)
        if (self->children[i].pid != 0)
            return false;
    return true;
}

static void
child_ended(GPid pid, gint status, gpointer data)
{
    Child *child = data;
    Parent *self = child->parent;

    child->pid = 0;
    self->board->children[child->id].pid = 0;
    g_clear_handle_id(&child->timer, g_source_remove);
    if (self->is_stopping) {
        if (is_empty(self))
            g_main_loop_quit(self->loop);
        return;
    }
    if (self->is_reloading && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        start_child(child);
        return;
    }
    int64_t lived_ms = (clock_mono(clock_system()).ns - child->started_ns) / 1000000;
    if (lived_ms > 10000)
        child->restart_ms = RESTART_SOONEST_MS;
    self->board->children[child->id].restarts++;
    g_autofree char *words = end_words(status);
    log_error("the %s process %s; started again in %u ms (restart %u)", child_name(child->id), words,
              child->restart_ms, self->board->children[child->id].restarts);
    child->timer = g_timeout_add(child->restart_ms, start_again, child);
    child->restart_ms = MIN(child->restart_ms * 2, RESTART_LATEST_MS);
    tell_status(self);
}

static void
start_child(Child *child)
{
    Parent *self = child->parent;
    pid_t parent = getpid();
    g_autoptr(GError) error = NULL;

    if (child->id == CHILD_SENSE) {
        if (!sockets_steer(self->sockets, self->board, &error))
            log_error("%s", error->message);
        socket_store_keep(self->store, self->sockets);
    }
    g_autofree char *descriptors = descriptors_text(self, child->id),
                    *streams = streams_text(self, child->id);

    child->pid = fork();
    if (child->pid == 0)
        become(self, child->id, parent, descriptors, streams);
    if (child->pid < 0) {
        log_error("cannot start the %s process: %s; trying again", child_name(child->id), g_strerror(errno));
        child->pid = 0;
        child->timer = g_timeout_add(RESTART_LATEST_MS, start_again, child);
        return;
    }
    child->started_ns = clock_mono(clock_system()).ns;
    self->board->children[child->id].pid = child->pid;
    self->board->children[child->id].since_ms = clock_wall(clock_system()).ms;
    g_child_watch_add(child->pid, child_ended, child);
    tell_status(self);
}

/* ---- stopping and reloading ---- */

static gboolean
kill_child(gpointer data)
{
    Child *child = data;

    child->timer = 0;
    log_warn("the %s process did not end in %d s and is killed", child_name(child->id),
             STOP_PATIENCE_MS / 1000);
    if (child->pid != 0)
        kill(child->pid, SIGKILL);
    return G_SOURCE_REMOVE;
}

static void
end_children(Parent *self)
{
    for (size_t i = 0; i < N_CHILDREN; i++) {
        Child *child = &self->children[i];
        g_clear_handle_id(&child->timer, g_source_remove);
        if (child->pid == 0) {
            if (!self->is_stopping)
                start_child(child);
            continue;
        }
        kill(child->pid, SIGTERM);
        child->timer = g_timeout_add(STOP_PATIENCE_MS, kill_child, child);
    }
}

static gboolean
on_stop(gpointer data)
{
    Parent *self = data;

    if (self->is_stopping)
        return G_SOURCE_CONTINUE;
    log_note("stopping");
    sd_notify(0, "STOPPING=1");
    self->is_stopping = true;
    end_children(self);
    if (is_empty(self))
        g_main_loop_quit(self->loop);
    return G_SOURCE_CONTINUE;
}

static void
log_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line != NULL; line++)
        log_error("%s", *line);
}

/* Looks at what [tls] names before anybody relies on it, and says how long our certificate lasts. */
static bool
check_tls(const Settings *settings, GError **error)
{
    if (!settings_speaks_tls(settings))
        return true;
    WallTime now = clock_wall(clock_system());
    g_autoptr(Tls) tls = settings_tls(settings, error);
    if (tls == NULL)
        return false;
    g_autofree char *words = tls_words(tls, now);
    if (tls_expires(tls).ms <= now.ms + TLS_WARN_MS)
        log_warn("TLS: %s", words);
    else
        log_note("TLS: %s", words);
    return true;
}

/* Binds what @settings wants; on failure all stays as it is. */
static bool
listen_at(Parent *self, const Settings *settings, GError **error)
{
    g_autoptr(StreamSockets) streams = NULL;

    if (!check_tls(settings, error))
        return false;
    streams = stream_sockets_new(settings, self->streams, error);
    if (streams == NULL || !sockets_rebind(self->sockets, settings, self->board, error))
        return false;
    stream_sockets_free(self->streams);
    self->streams = g_steal_pointer(&streams);
    stream_sockets_show(self->streams, self->board);
    return true;
}

/* The right to open raw sockets was given away at the start. */
static bool
has_raw(const Parent *self, const Settings *settings, GError **error)
{
    if (!settings_keep_source(settings) || self->raw.v4 >= 0)
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                "%s: keep-source=yes is new: it takes a restart, for the right to it is given away after the "
                "start",
                self->config_path);
    return false;
}

static gboolean
on_reload(gpointer data)
{
    Parent *self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_load(self->config_path, &error);
    g_autoptr(AssetTable) assets = settings != NULL ? settings_assets(settings, &error) : NULL;
    g_autoptr(PlaceTable) places = assets != NULL ? settings_places(settings, &error) : NULL;
    g_autoptr(ListTable) lists = places != NULL ? settings_lists(settings, &error) : NULL;

    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, clock_mono(clock_system()).ns / 1000);
    if (lists == NULL || !has_raw(self, settings, &error) || !listen_at(self, settings, &error)) {
        log_lines(error->message);
        log_error("the configuration is not sound; the old one stays in force");
    } else {
        log_note("read %s again; children are replaced, sockets stay open", self->config_path);
        settings_free(self->settings);
        self->settings = g_steal_pointer(&settings);
        self->is_reloading = true;
        end_children(self);
    }
    sd_notify(0, "READY=1");
    return G_SOURCE_CONTINUE;
}

/* ---- birth ---- */

static bool
make_pairs(Parent *self, GError **error)
{
    for (size_t a = 0; a < N_CHILDREN; a++) {
        self->pairs[a][a] = -1;
        for (size_t b = a + 1; b < N_CHILDREN; b++) {
            int fds[2];
            if (!channel_pair(fds, error))
                return false;
            self->pairs[a][b] = fds[0];
            self->pairs[b][a] = fds[1];
        }
    }
    return true;
}

/* After a crash the children of the last parent die a moment after it and still hold the sockets. */
static bool
bind_patiently(Parent *self, GError **error)
{
    for (int tries = 1;; tries++) {
        g_autoptr(GError) failure = NULL;
        if (listen_at(self, self->settings, &failure))
            return true;
        if (tries == BIND_TRIES || !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        g_usleep(BIND_PAUSE_MS * 1000);
    }
}

static bool
prepare(Parent *self, GError **error)
{
    self->settings = settings_load(self->config_path, error);
    if (self->settings == NULL)
        return false;
    self->state = g_strdup(self->state_dir != NULL ? self->state_dir : self->settings->state.dir);
    g_autoptr(AssetTable) assets = settings_assets(self->settings, error);
    g_autoptr(PlaceTable) places = assets != NULL ? settings_places(self->settings, error) : NULL;
    g_autoptr(ListTable) lists = places != NULL ? settings_lists(self->settings, error) : NULL;
    if (lists == NULL || !first_start(self->state, error))
        return false;
    self->claim = state_folder_claim(self->state, error);
    if (self->claim < 0)
        return false;
    if (settings_keep_source(self->settings) && !tee_open_raw(&self->raw, error))
        return false;
    sandbox_drop_raw(); /* whether it was needed or not */
    self->board = board_new(&self->board_fd);
    if (self->board == NULL) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no memory to share with the children");
        return false;
    }
    self->board->started_ms = clock_wall(clock_system()).ms;
    self->sockets = sockets_new();
    socket_store_fetch(self->store, self->sockets);
    return bind_patiently(self, error) && make_pairs(self, error);
}

static void
clear(Parent *self)
{
    for (size_t a = 0; a < N_CHILDREN; a++)
        for (size_t b = 0; b < N_CHILDREN; b++)
            if (self->pairs[a][b] > 0)
                close(self->pairs[a][b]);
    if (self->raw.v4 >= 0)
        close(self->raw.v4);
    if (self->raw.v6 >= 0)
        close(self->raw.v6);
    if (self->claim >= 0)
        close(self->claim);
    g_clear_pointer(&self->sockets, sockets_free);
    g_clear_pointer(&self->streams, stream_sockets_free);
    g_clear_pointer(&self->store, socket_store_free);
    g_clear_pointer(&self->loop, g_main_loop_unref);
    g_clear_pointer(&self->settings, settings_free);
    g_free(self->state);
}

static void
say_what_is_listened_on(const Parent *self)
{
    g_autoptr(GString) words = g_string_new(NULL);

    for (uint32_t i = 0; i < self->board->n_sockets; i++)
        g_string_append_printf(words, "%s%s", i > 0 ? ", " : "", self->board->sockets[i].listen);
    for (uint32_t i = 0; i < self->board->n_streams; i++)
        g_string_append_printf(words, "%s%s", words->len > 0 ? ", " : "", self->board->streams[i].listen);
    log_note("talaya " TALAYA_VERSION " receives on %s; console and API on http://%s/", words->str,
             self->settings->web.listen);
    if (settings_hears_only_us(self->settings))
        log_note("only this machine may send: routers have to be named in [collector] exporters=");
}

int
parent_run(const char *config_path, const char *state_dir)
{
    Parent self = { .config_path = config_path,
                    .state_dir = state_dir,
                    .raw = { -1, -1 },
                    .claim = -1,
                    .store = socket_store_new(),
                    .loop = g_main_loop_new(NULL, FALSE) };
    g_autoptr(GError) error = NULL;

    signal(SIGPIPE, SIG_IGN);
    if (!prepare(&self, &error)) {
        log_lines(error->message);
        clear(&self);
        return 1;
    }
    g_unix_signal_add(SIGTERM, on_stop, &self);
    g_unix_signal_add(SIGINT, on_stop, &self);
    g_unix_signal_add(SIGHUP, on_reload, &self);
    for (size_t i = 0; i < N_CHILDREN; i++) {
        self.children[i] = (Child){ .parent = &self, .id = (ChildId)i, .restart_ms = RESTART_SOONEST_MS };
        start_child(&self.children[i]);
    }
    say_what_is_listened_on(&self);
    sd_notify(0, "READY=1");
    g_main_loop_run(self.loop);
    clear(&self);
    log_note("stopped");
    return 0;
}
