/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * patience.h - hangs up on clients that take too long to send a request
 *
 * libmicrohttpd's time-out counts from the last byte, so one byte now and then holds a connection for ever.
 * Here the whole request has a deadline: a thread of its own looks once in a while and shuts the socket down,
 * which the server then sees as the client's hanging up. Bounded by the server's limit of connections.
 */
#pragma once

typedef struct Patience Patience;
typedef struct PatienceMark PatienceMark;

Patience *patience_new(int request_ms);
/* All marks must have been removed before. */
void patience_free(Patience *self);
/* A client has connected on @fd (-1: not known, never hung up on). */
PatienceMark *patience_add(Patience *self, int fd);
/* Its request is complete: eight times as long for us to answer and for it to read. */
void patience_request_is_whole(Patience *self, PatienceMark *mark);
/* It has its answer and may send another. */
void patience_request_may_begin(Patience *self, PatienceMark *mark);
/* The socket is about to be closed. Frees @mark. */
void patience_remove(Patience *self, PatienceMark *mark);
