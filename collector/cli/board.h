/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h - what the parent of `talaya serve` knows of its children, in memory that they can read
 *
 * One page, shared: the parent writes, a child maps it read-only. Each field is an atomic of its own; a
 * reader may see one child's fields from two moments, which does no harm.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ChildId { CHILD_SENSE = 0, CHILD_SERIES, CHILD_WEB, N_CHILDREN } ChildId;
const char *child_name(ChildId id); /* sense series web */

enum { BOARD_SOCKETS = 32 };

typedef struct BoardSocket {
    char listen[80];
    uint32_t asked, got;     /* bytes of receive buffer */
    uint32_t steered_before; /* how many threads shared it before the last change; what came then may wait */
} BoardSocket;

typedef struct BoardStream {
    char listen[80];
    bool is_tls;
} BoardStream;

typedef struct Board {
    atomic_llong started_ms; /* the parent's start */
    struct {
        atomic_int pid; /* 0: not running */
        atomic_uint restarts;
        atomic_llong since_ms;
    } children[N_CHILDREN];
    uint32_t n_sockets; /* places to listen at; written before the children start, as is all below */
    uint32_t n_threads; /* that receive, each at its own socket of each place */
    BoardSocket sockets[BOARD_SOCKETS];
    uint32_t n_streams; /* places to listen at for TCP and TLS */
    BoardStream streams[BOARD_SOCKETS];
} Board;

/* Parent: a new board and the descriptor that children map. NULL when there is no memory. */
Board *board_new(int *fd);
/* Child: maps the parent's board; NULL on failure. */
const Board *board_map(int fd);
