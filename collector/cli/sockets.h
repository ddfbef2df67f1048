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
/*
 * Tells the kernel to share each port among as many threads as the last rebind wanted. To be called while no
 * `sense` runs, as from then on a sender may be heard at another socket than before; what waits at the old
 * one is left for the next `sense` to sort out. False with @error: some ports are shared as before.
 */
bool sockets_steer(Sockets *self, Board *board, GError **error);

/*
 * Takes sockets of an earlier run, with the names that sockets_each gave them then. Where all of a place are
 * there the next rebind finds them bound already, if it wants them; all others are closed at once, or then.
 * How many were taken.
 */
size_t sockets_adopt(Sockets *self, const char *const *names, const int *fds, size_t n);
/* Calls @each for each socket that another run could adopt. */
void sockets_each(const Sockets *self, void (*each)(void *user, const char *name, int fd), void *user);

/* The UDP sockets as ChildArgs has them: for each place equally many, -1 where there is none. */
size_t sockets_count(const Sockets *self);
int sockets_udp(const Sockets *self, size_t index);
int sockets_web(const Sockets *self);
