/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket-store.c - see socket-store.h */
#include "collector/cli/socket-store.h"
#include "collector/base/log.h"

#include <systemd/sd-daemon.h>

struct SocketStore {
    GHashTable *names; /* under which something is kept */
};

SocketStore *
socket_store_new(void)
{
    SocketStore *self = g_new0(SocketStore, 1);

    self->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void
socket_store_free(SocketStore *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->names);
    g_free(self);
}

void
socket_store_fetch(SocketStore *self, Sockets *sockets)
{
    char **names = NULL;
    int n = sd_listen_fds_with_names(true, &names);

    if (n <= 0)
        return;
    g_autofree int *fds = g_new0(int, (gsize)n);
    for (int i = 0; i < n; i++) {
        fds[i] = SD_LISTEN_FDS_START + i;
        g_hash_table_add(self->names, g_strdup(names[i]));
    }
    size_t adopted = sockets_adopt(sockets, (const char *const *)names, fds, (size_t)n);
    log_info("%zu of %d sockets of the run before live on", adopted, n);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static void
keep_one(void *user, const char *name, int fd)
{
    SocketStore *self = user;
    /* Not to be dropped because of an error that was reported on it: a datagram socket lives on after that.
     */
    g_autofree char *words = g_strdup_printf("FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);

    sd_pid_notify_with_fds(0, false, words, &fd, 1);
    g_hash_table_add(self->names, g_strdup(name));
}

void
socket_store_keep(SocketStore *self, const Sockets *sockets)
{
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", (const char *)name);
    g_hash_table_remove_all(self->names);
    sockets_each(sockets, keep_one, self);
}
