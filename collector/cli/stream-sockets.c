/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-sockets.c - see stream-sockets.h */
#include "collector/cli/stream-sockets.h"
#include "collector/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

typedef struct StreamSocket {
    char *where; /* "127.0.0.1:4739": the key over a reload */
    Transport transport;
    int fd;
} StreamSocket;

struct StreamSockets {
    GArray *all; /* of StreamSocket */
};

static void
socket_clear(gpointer data)
{
    StreamSocket *one = data;

    close(one->fd);
    g_free(one->where);
}

/* A descriptor of its own for the socket that is listened at @where already; -1: there is none. */
static int
share(const StreamSockets *before, const char *where)
{
    for (guint i = 0; before != NULL && i < before->all->len; i++) {
        const StreamSocket *one = &g_array_index(before->all, StreamSocket, i);
        if (strcmp(one->where, where) == 0)
            return fcntl(one->fd, F_DUPFD_CLOEXEC, 0);
    }
    return -1;
}

StreamSockets *
stream_sockets_new(const Settings *settings, const StreamSockets *before, GError **error)
{
    g_autoptr(StreamSockets) self = g_new0(StreamSockets, 1);

    self->all = g_array_new(FALSE, TRUE, sizeof(StreamSocket));
    g_array_set_clear_func(self->all, socket_clear);
    for (size_t i = 0; i < settings->n_streams; i++) {
        const Listen *listen = &settings->streams[i];
        g_autofree char *where = g_strdup_printf("%s:%u", listen->address, listen->port);
        StreamSocket one = { .transport = listen->transport, .fd = share(before, where) };
        if (one.fd < 0 && !stream_listen(listen->address, listen->port, &one.fd, error))
            return NULL;
        one.where = g_steal_pointer(&where);
        g_array_append_val(self->all, one);
    }
    return g_steal_pointer(&self);
}

void
stream_sockets_free(StreamSockets *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->all);
    g_free(self);
}

void
stream_sockets_show(const StreamSockets *self, Board *board)
{
    board->n_streams = (uint32_t)stream_sockets_count(self);
    for (uint32_t i = 0; i < board->n_streams; i++) {
        const StreamSocket *one = &g_array_index(self->all, StreamSocket, i);
        BoardStream *shown = &board->streams[i];
        shown->is_tls = one->transport == TRANSPORT_TLS;
        g_snprintf(shown->listen, sizeof shown->listen, "%s:%s", transport_name(one->transport), one->where);
    }
}

size_t
stream_sockets_count(const StreamSockets *self)
{
    return MIN(self->all->len, (guint)BOARD_SOCKETS);
}

int
stream_sockets_get(const StreamSockets *self, size_t index)
{
    return g_array_index(self->all, StreamSocket, index).fd;
}
