/* SPDX-License-Identifier: GPL-3.0-or-later */
/* datagram-store.h - all datagrams of some captures in memory, so that reading files is no part of a
 * measurement */
#pragma once
#include "collector/decoder.h"

typedef struct DatagramStore DatagramStore;

DatagramStore *datagram_store_new(void);
void datagram_store_free(DatagramStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DatagramStore, datagram_store_free)

/* Appends the datagrams of the file. False with @error when it cannot be read to its end; what came before is
 * kept. */
bool datagram_store_load(DatagramStore *self, const char *path, GError **error);
size_t datagram_store_count(const DatagramStore *self);
size_t datagram_store_bytes(const DatagramStore *self);
/* Lends until the next load: what a Datagram needs, slack included. */
Datagram datagram_store_get(const DatagramStore *self, size_t index);
