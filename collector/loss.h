/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loss.h - what was lost on the way to us, from two witnesses, and no datagram twice
 *
 * A gap in an exporter's sequence says exactly what is missing, wherever it was lost, but only once a later
 * datagram has come. The kernel counts what it had no room for at a socket, up to the last, but does not say
 * whose it was. So: lost = gaps + those of the kernel's drops that no gap shows (yet), the unseen ones.
 *
 * Each datagram carries the kernel's count as it was when it was queued. Between two datagrams of an exporter
 * the count has grown by m, and its sequence shows k datagrams missing: min(k, m) of the kernel's drops are
 * seen by that gap, and the rest of k was lost elsewhere. What no gap shows once every exporter of a socket
 * has been heard again held no records, or was of a stranger, and is forgotten; unless an exporter was heard
 * for the first time meanwhile, for then it may be what that one sent before, and stays unseen for good. With
 * that, one exporter at a socket is exact at any time, and several are when the last word of each has come.
 *
 * The kernel counts what it has joined (UDP_GRO) as one; the usual number of datagrams in one stands in.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* The value that most of the last some hundred values were; their mean where there is none such. */
typedef struct Typical {
    uint32_t value, votes, n;
    uint64_t sum;
} Typical;

void typical_note(Typical *self, uint32_t value);
/* 0 before the first value. */
double typical_value(const Typical *self);

/* The kernel's drops at one socket. In the kernel's unit, but for @datagrams. */
typedef struct SocketLoss {
    uint64_t dropped;
    uint64_t seen;      /* of it, what gaps show or what is forgotten */
    uint64_t first;     /* what was dropped when the newest exporter was heard for the first time */
    uint64_t settled;   /* what was dropped when all had last been heard since */
    uint64_t kept;      /* what was unseen then, and stays so */
    uint64_t datagrams; /* about as many as were dropped */
    Typical joined;     /* how many datagrams one of the kernel's is */
} SocketLoss;

/* The kernel has dropped @fresh more. */
void socket_loss_add(SocketLoss *self, uint64_t fresh);
/* One that nothing was known of is heard for the first time, when the count was @count. */
void socket_loss_begin(SocketLoss *self, uint64_t count);
/* An exporter's sequence shows @missing datagrams, while the kernel's count grew by @grown. */
void socket_loss_see(SocketLoss *self, double missing, uint64_t grown);
/* Every exporter has been heard when the count was @count, or since. Says nothing while more was dropped. */
void socket_loss_settle(SocketLoss *self, uint64_t count);
/* Datagrams that no gap shows. */
double socket_loss_unseen(const SocketLoss *self);
