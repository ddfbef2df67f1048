/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket-store.h - the sockets live on while the service is restarted
 *
 * systemd keeps descriptors for a service that asks for it (FDSTORE=1 in sd_notify(3),
 * FileDescriptorStoreMax= in the unit) and hands them to its next process. What routers send meanwhile waits
 * in the kernel's buffers, as it does over a reload. Without systemd nothing happens here.
 */
#pragma once
#include "collector/cli/sockets.h"

typedef struct SocketStore SocketStore;

SocketStore *socket_store_new(void);
void socket_store_free(SocketStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketStore, socket_store_free)

/* At the start, once: gives @sockets what was kept; what it does not know is closed. */
void socket_store_fetch(SocketStore *self, Sockets *sockets);
/* Has what @sockets has now kept, in place of what was kept before. */
void socket_store_keep(SocketStore *self, const Sockets *sockets);
