/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream-sockets.h - the sockets that the parent listens at for IPFIX over TCP and TLS, also over a reload
 *
 * Who comes while `sense` is replaced waits in the kernel.
 */
#pragma once
#include "collector/cli/board.h"
#include "collector/cli/settings.h"

typedef struct StreamSockets StreamSockets;

/* Listens at what @settings wants. Places that @before has (NULL: none) stay open without a gap; it stays the
 * caller's and as it is. NULL with @error. */
StreamSockets *stream_sockets_new(const Settings *settings, const StreamSockets *before, GError **error);
void stream_sockets_free(StreamSockets *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StreamSockets, stream_sockets_free)

void stream_sockets_show(const StreamSockets *self, Board *board);
size_t stream_sockets_count(const StreamSockets *self);
int stream_sockets_get(const StreamSockets *self, size_t index);
