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
#include <stdio.h>
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
                errno == EADDRINUSE      ? " ('ss -lntp' shows by whom)"
                : errno == EADDRNOTAVAIL ? " ('ip address' shows which ones this machine has)"
                : errno == EACCES        ? " (ports below 1024 need CAP_NET_BIND_SERVICE)"
                                         : "");
    if (*fd >= 0)
        close(*fd);
    return false;
}

/* The address in its one canonical form, as the kernel's is written out in place_of. */
static char *
key_of(const char *address, uint16_t port)
{
    IpAddress ip;
    char text[IP_TEXT];

    return g_strdup_printf("%s:%u", ip_parse(address, &ip) ? ip_text(&ip, text) : address, port);
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
    if (info.hint[0] != '\0')
        log_warn("udp:%s: %s", where, info.hint);
    return true;
}

/* A socket that lives on gets the buffer that is wanted now. */
static void
fit_buffer(Bound *bound, int fd, int64_t buffer)
{
    ListenerBufferInfo info;

    listener_set_buffer(fd, (uint32_t)buffer, &info);
    bound->asked = info.asked;
    bound->got = info.got;
}

/* Sockets for @n threads. Those beyond what was steered to have been emptied by the `sense` that runs. */
static bool
bind_beside(Bound *bound, uint32_t n, int64_t buffer, GError **error)
{
    int first = g_array_index(bound->fds, int, 0);

    close_from(bound, MAX(bound->steered, n));
    for (guint i = 0; i < bound->fds->len; i++)
        fit_buffer(bound, g_array_index(bound->fds, int, i), buffer);
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
    g_autofree char *web = key_of(settings->web_address, settings->web_port);
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
        g_autofree char *where = key_of(listen->address, listen->port);
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

/* ---- from run to run ---- */

/* A socket of an earlier run. */
typedef struct Heir {
    char *where;
    uint32_t lane, steered;
    int fd;
} Heir;

/* Where it is bound, as the keys of a rebind have it; NULL when it is no IP socket of @type. */
static char *
place_of(int fd, int type)
{
    struct sockaddr_storage at = { 0 };
    socklen_t length = sizeof at, size = sizeof(int);
    char text[INET6_ADDRSTRLEN];
    int real = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &real, &size) != 0 || real != type ||
        getsockname(fd, (struct sockaddr *)&at, &length) != 0)
        return NULL;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&at;
    if (at.ss_family == AF_INET && inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text) != NULL)
        return g_strdup_printf("%s:%u", text, ntohs(v4->sin_port));
    if (at.ss_family == AF_INET6 && inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text) != NULL)
        return g_strdup_printf("%s:%u", text, ntohs(v6->sin6_port));
    return NULL;
}

static gint
compare_heirs(gconstpointer a, gconstpointer b)
{
    const Heir *x = a, *y = b;
    int places = strcmp(x->where, y->where);

    return places != 0 ? places : (x->lane > y->lane) - (x->lane < y->lane);
}

static bool
adopt_web(Sockets *self, int fd)
{
    char *where = place_of(fd, SOCK_STREAM);
    int listens = 0;
    socklen_t length = sizeof listens;

    if (where == NULL || self->web.where != NULL ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens == 0) {
        g_free(where);
        return false;
    }
    bound_init(&self->web, where, fd);
    g_free(where);
    return true;
}

/* The @n heirs at @first are all of one place. Its sockets are of use only if none is missing: the kernel
 * counts them in this order. */
static bool
adopt_place(Sockets *self, const Heir *first, guint n)
{
    Bound bound;

    for (guint i = 0; i < n; i++)
        if (first[i].lane != i || first[i].steered != first->steered || first->steered > n ||
            first->steered == 0)
            return false;
    bound_init(&bound, first->where, first->fd);
    for (guint i = 1; i < n; i++)
        g_array_append_val(bound.fds, first[i].fd);
    bound.steered = first->steered;
    g_array_append_val(self->udp, bound);
    return true;
}

static size_t
adopt_places(Sockets *self, const GArray *heirs)
{
    size_t adopted = 0;

    for (guint i = 0, n; i < heirs->len; i += n) {
        const Heir *first = &g_array_index(heirs, Heir, i);
        for (n = 1; i + n < heirs->len && strcmp(first[n].where, first->where) == 0; n++)
            continue;
        bool is = adopt_place(self, first, n);
        adopted += is ? n : 0;
        for (guint k = 0; k < n; k++) {
            if (!is)
                close(first[k].fd);
            g_free(first[k].where);
        }
    }
    return adopted;
}

/* "udp.LANE.STEERED", as we named it when we handed it over. */
static bool
read_udp_name(const char *name, guint *lane, guint *steered)
{
    g_auto(GStrv) parts = g_strsplit(name, ".", 4);
    guint64 numbers[2];

    if (g_strv_length(parts) != 3 || strcmp(parts[0], "udp") != 0 ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXUINT, &numbers[0], NULL) ||
        !g_ascii_string_to_unsigned(parts[2], 10, 0, G_MAXUINT, &numbers[1], NULL))
        return false;
    *lane = (guint)numbers[0];
    *steered = (guint)numbers[1];
    return true;
}

size_t
sockets_adopt(Sockets *self, const char *const *names, const int *fds, size_t n)
{
    g_autoptr(GArray) heirs = g_array_new(FALSE, FALSE, sizeof(Heir));
    size_t adopted = 0;

    for (size_t i = 0; i < n; i++) {
        Heir heir = { .fd = fds[i] };
        if (strcmp(names[i], "web") == 0 && adopt_web(self, fds[i])) {
            adopted++;
        } else if (read_udp_name(names[i], &heir.lane, &heir.steered) &&
                   (heir.where = place_of(fds[i], SOCK_DGRAM)) != NULL) {
            g_array_append_val(heirs, heir);
        } else {
            close(fds[i]);
        }
    }
    g_array_sort(heirs, compare_heirs);
    return adopted + adopt_places(self, heirs);
}

void
sockets_each(const Sockets *self, void (*each)(void *user, const char *name, int fd), void *user)
{
    for (guint i = 0; i < self->udp->len; i++) {
        const Bound *bound = &g_array_index(self->udp, Bound, i);
        for (guint lane = 0; lane < bound->fds->len; lane++) {
            g_autofree char *name = g_strdup_printf("udp.%u.%u", lane, bound->steered);
            each(user, name, g_array_index(bound->fds, int, lane));
        }
    }
    if (self->web.where != NULL)
        each(user, "web", sockets_web(self));
}

/* ---- for the children ---- */

size_t
sockets_count(const Sockets *self)
{
    return MIN(self->udp->len, (guint)BOARD_SOCKETS) * width(self);
}

int
sockets_udp(const Sockets *self, size_t index)
{
    size_t lanes = MAX((size_t)1, width(self)); /* nothing is bound: there is no @index either */
    const Bound *bound = &g_array_index(self->udp, Bound, (guint)(index / lanes));
    guint at = (guint)(index % lanes);

    return at < bound->fds->len ? g_array_index(bound->fds, int, at) : -1;
}

int
sockets_web(const Sockets *self)
{
    return g_array_index(self->web.fds, int, 0);
}
