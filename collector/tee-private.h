/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tee-private.h - the ring between an intake and the thread that sends on, and what a raw socket is given */
#pragma once
#include <stdatomic.h>
#include "collector/tee.h"

/* A message in a ring, its bytes behind it. */
typedef struct TeeItem {
    uint32_t length; /* TEE_WRAP: the ring begins anew here */
    uint16_t each, port;
    IpAddress source;
} TeeItem;
#define TEE_WRAP UINT32_MAX

/* Positions only grow; the place in the ring is their remainder. */
struct TeeLane {
    uint8_t *bytes; /* aligned as items are */
    size_t size;    /* a power of two */
    atomic_bool *is_sleeping;
    int wake_fd;                     /* borrowed */
    size_t next, tail_seen;          /* producer */
    _Alignas(64) atomic_size_t head; /* producer: behind the last item that may be read */
    atomic_ullong dropped;           /* producer: datagrams that found the ring full */
    _Alignas(64) atomic_size_t tail; /* consumer: before the first item that may not be written over */
};

void tee_lane_init(TeeLane *self, size_t bytes, atomic_bool *is_sleeping, int wake_fd);
void tee_lane_clear(TeeLane *self);
/* Consumer: the item at @at, which moves behind it; NULL: there is none. Lends until tee_lane_release. */
const TeeItem *tee_lane_read(const TeeLane *self, size_t *at);
void tee_lane_release(TeeLane *self, size_t at);

/* IP and UDP header of a datagram of @length bytes from @source and @port to @to. The family is @to's; false
 * when the source has another one, or it would be too long. */
enum { TEE_HEADER_MOST = 48 };
bool tee_header(uint8_t out[TEE_HEADER_MOST], size_t *header_length, const struct sockaddr_storage *to,
                const IpAddress *source, uint16_t port, const uint8_t *bytes, size_t length);
