/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockets.c - see sockets.h */
#include "collector/cli/sockets.h"
#include "collector/base/log.h"
#include "collector/listener.h"
#include "collector/steering.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Bound {
    char *where;      /* "127.0.0.1:2055": the key over a reload */
    GArray *fds;      /* of int: one for each thread, in the order in which they were bound */
    uint32_t steered; /* how many of them the kernel gives datagrams to */
    uint32_t asked, got;
} Bound;

struct Sockets {
    GArray *udp; /* of Bound */
    Bound web;
    uint32_t n_threads;
};

/* From the end: the kernel puts the last one into the place of one that is closed. */
static void
close_from(Bound *bound, guint first)
{
    while (bound->fds->len > first) {
        close(g_array_index(bound->fds, int, bound->fds->len - 1));
        g_array_set_size(bound->fds, bound->fds->len - 1);
    }
}

static void
bound_init(Bound *bound, const char *where, int fd)
{
    *bound = (Bound){ .where = g_strdup(where), .fds = g_array_new(FALSE, FALSE, sizeof(int)), .steered = 1 };
    g_array_append_val(bound->fds, fd);
}

static void
bound_clear(gpointer data)
{
    Bound *bound = data;

    if (bound->fds != NULL)
        close_from(bound, 0);
    g_clear_pointer(&bound->fds, g_array_unref);
    g_clear_pointer(&bound->where, g_free);
}

static GArray *
bounds_new(void)
{
    GArray *bounds = g_array_new(FALSE, TRUE, sizeof(Bound));

    g_array_set_clear_func(bounds, bound_clear);
    return bounds;
}

Sockets *
sockets_new(void)
{
    Sockets *self = g_new0(Sockets, 1);

    self->udp = bounds_new();
    return self;
}

void
sockets_free(Sockets *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->udp);
    bound_clear(&self->web);
    g_free(self);
}

static bool
bind_web(const char *address, uint16_t port, int *fd, GError **error)
{
    g_autoptr(GInetAddress) host = g_inet_address_new_from_string(address);
    g_autoptr(GSocketAddress) where = g_inet_socket_address_new(host, port);
    struct sockaddr_storage storage;
    gssize size = g_socket_address_get_native_size(where);
    int one = 1;

    if (!g_socket_address_to_native(where, &storage, sizeof storage, error))
        return false;
    *fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0)
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (*fd >= 0 && bind(*fd, (struct sockaddr *)&storage, (socklen_t)size) == 0 && listen(*fd, 256) == 0)
        return true;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                "cannot listen on tcp %s port %u: %s%s", address, port, g_strerror(errno),
                errno == EADDRINUSE ? " ('ss -lntp' shows by whom)" : "");
    if (*fd >= 0)
        close(*fd);
    return false;
}

/* Moves the socket out of @from if it is there already. */
static bool
take_over(GArray *from, const char *where, Bound *out)
{
    for (guint i = 0; i < from->len; i++) {
        Bound *bound = &g_array_index(from, Bound, i);
        if (bound->where == NULL || strcmp(bound->where, where) != 0)
            continue;
        *out = *bound;
        *bound = (Bound){ 0 };
        return true;
    }
    return false;
}

static bool
bind_udp(const Listen *listen, int64_t buffer, char *where, Bound *out, GError **error)
{
    ListenerBufferInfo info = { 0 };
    int fd;

    if (!listener_bind(listen->address, listen->port, (uint32_t)buffer, &fd, &info, error))
        return false;
    bound_init(out, where, fd);
    out->asked = info.asked;
    out->got = info.got;
    if (info.hint[0] != '\0')
        log_warn("udp:%s: %s", where, info.hint);
    return true;
}

/* Sockets for @n threads. Those beyond what was steered to have been emptied by the `sense` that runs. */
static bool
bind_beside(Bound *bound, uint32_t n, int64_t buffer, GError **error)
{
    int first = g_array_index(bound->fds, int, 0);

    close_from(bound, MAX(bound->steered, n));
    /* Without a program a second socket would get its share at once. */
    if (bound->fds->len < n && !steering_attach(first, bound->steered, error))
        return false;
    while (bound->fds->len < n) {
        ListenerBufferInfo info;
        int fd;
        if (!listener_bind_beside(first, (uint32_t)buffer, &fd, &info, error))
            return false;
        g_array_append_val(bound->fds, fd);
    }
    return true;
}

static void
show_on_board(const Sockets *self, Board *board)
{
    board->n_threads = self->n_threads;
    board->n_sockets = MIN(self->udp->len, (guint)BOARD_SOCKETS);
    for (uint32_t i = 0; i < board->n_sockets; i++) {
        const Bound *bound = &g_array_index(self->udp, Bound, i);
        BoardSocket *shown = &board->sockets[i];
        *shown = (BoardSocket){ .asked = bound->asked, .got = bound->got };
        g_snprintf(shown->listen, sizeof shown->listen, "udp:%s", bound->where);
    }
}

/* Gives back to @self what was taken over, so that a failed rebind changes nothing but the order. */
static void
undo(Sockets *self, GArray *fresh, GArray *kept, Board *board)
{
    for (guint i = 0; i < kept->len; i++) {
        guint index = g_array_index(kept, guint, i);
        g_array_append_val(self->udp, g_array_index(fresh, Bound, index));
        g_array_index(fresh, Bound, index) = (Bound){ 0 };
    }
    for (guint i = self->udp->len; i-- > 0;)
        if (g_array_index(self->udp, Bound, i).where == NULL)
            g_array_remove_index(self->udp, i);
    show_on_board(self, board);
}

bool
sockets_rebind(Sockets *self, const Settings *settings, Board *board, GError **error)
{
    g_autoptr(GArray) fresh = bounds_new(), kept = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree char *web = g_strdup_printf("%s:%u", settings->web_address, settings->web_port);
    int64_t buffer = settings->collector.receive_buffer;
    Bound new_web = { 0 };

    if (self->web.where == NULL || strcmp(self->web.where, web) != 0) {
        int fd;
        if (!bind_web(settings->web_address, settings->web_port, &fd, error))
            return false;
        bound_init(&new_web, web, fd);
    }
    for (size_t i = 0; i < settings->n_listen; i++) {
        const Listen *listen = &settings->listen[i];
        g_autofree char *where = g_strdup_printf("%s:%u", listen->address, listen->port);
        Bound bound = { 0 };
        if (take_over(self->udp, where, &bound)) {
            guint index = fresh->len;
            g_array_append_val(kept, index);
        }
        bool is_bound = bound.where != NULL || bind_udp(listen, buffer, where, &bound, error);
        is_bound = is_bound && bind_beside(&bound, settings_threads(settings), buffer, error);
        g_array_append_val(fresh, bound);
        if (!is_bound) {
            undo(self, fresh, kept, board);
            bound_clear(&new_web);
            return false;
        }
    }
    self->n_threads = settings_threads(settings);
    if (new_web.where != NULL) {
        bound_clear(&self->web);
        self->web = new_web;
    }
    g_array_unref(self->udp);
    self->udp = g_steal_pointer(&fresh);
    show_on_board(self, board);
    return true;
}

bool
sockets_steer(Sockets *self, Board *board, GError **error)
{
    for (guint i = 0; i < MIN(self->udp->len, (guint)BOARD_SOCKETS); i++) {
        Bound *bound = &g_array_index(self->udp, Bound, i);
        board->sockets[i].steered_before = bound->steered;
        if (bound->steered == self->n_threads)
            continue;
        if (!steering_attach(g_array_index(bound->fds, int, 0), self->n_threads, error))
            return false;
        bound->steered = self->n_threads;
    }
    return true;
}

/* Of the place that has most. */
static size_t
width(const Sockets *self)
{
    guint most = 0;

    for (guint i = 0; i < self->udp->len; i++)
        most = MAX(most, g_array_index(self->udp, Bound, i).fds->len);
    return most;
}

size_t
sockets_count(const Sockets *self)
{
    return MIN(self->udp->len, (guint)BOARD_SOCKETS) * width(self);
}

int
sockets_udp(const Sockets *self, size_t index)
{
    const Bound *bound = &g_array_index(self->udp, Bound, (guint)(index / width(self)));
    guint at = (guint)(index % width(self));

    return at < bound->fds->len ? g_array_index(bound->fds, int, at) : -1;
}

int
sockets_web(const Sockets *self)
{
    return g_array_index(self->web.fds, int, 0);
}
