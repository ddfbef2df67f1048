/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sockets.h - the sockets that the parent binds and keeps, also over a reload */
#pragma once
#include "collector/cli/board.h"
#include "collector/cli/settings.h"

typedef struct Sockets Sockets;

Sockets *sockets_new(void);
void sockets_free(Sockets *self);

/* Binds what @settings wants; sockets that are bound already stay as they are, those no longer wanted are
 * closed. On failure nothing changes. Writes what came of it to @board. */
bool sockets_rebind(Sockets *self, const Settings *settings, Board *board, GError **error);

size_t sockets_count(const Sockets *self); /* UDP sockets */
int sockets_udp(const Sockets *self, size_t index);
int sockets_web(const Sockets *self);
