/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.h - what a child of `talaya serve` is given, and its three kinds
 *
 * The parent starts each as the same binary anew (`talaya serve --child NAME ...`), so that no memory is
 * shared and addresses are random again. Descriptors are handed over by number. Each ends at SIGTERM, having
 * saved what it must, and dies with its parent.
 */
#pragma once
#include "collector/cli/board.h"
#include "collector/cli/settings.h"

typedef struct ChildArgs {
    const Settings *settings;
    const char *state_dir;
    const Board *board;
    /* web: one, the listening one. sense: for each place on the board, equally many UDP sockets; the first of
     * them, one for each thread, get what comes; the rest may hold what came before the threads became fewer.
     * -1 where there is none. */
    int *sockets;
    size_t n_sockets;
    int *streams; /* sense: sockets that listen for TCP and TLS, in the order of the board */
    size_t n_streams;
    TeeRaw raw;            /* sense: for tees that keep the source; -1 where there is none */
    int peers[N_CHILDREN]; /* descriptor of the channel to each of the others; -1 for itself */
    int signals;           /* a signalfd with SIGTERM and SIGINT: readable when it is time to end */
} ChildArgs;

/* Each runs until it is told to end. 0: ended as told; else an error was logged. */
int sense_run(const ChildArgs *args);
int series_run(const ChildArgs *args);
int web_run(const ChildArgs *args);

/* True when a signal to end has come; waits for one up to @timeout_ms. */
bool child_should_end(const ChildArgs *args, int timeout_ms);
