/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listener.h - receives datagrams on UDP sockets and hands them to a decoder
 *
 * The parent binds (it may need a large buffer, and keeps the socket over a restart), `sense` receives. Many
 * datagrams a call (recvmmsg); what the kernel dropped is read with every datagram (SO_RXQ_OVFL) and, for the
 * drops behind the last one, asked for (SO_MEMINFO), so that the books balance. The intake thread owns it.
 */
#pragma once
#include "collector/receiver.h"

typedef struct ListenerBufferInfo {
    uint32_t asked, got; /* bytes of receive buffer, as the kernel counts them for its limit */
    char hint[160];      /* what to do when less was given than asked; else empty */
} ListenerBufferInfo;

/* Binds a UDP socket: fills @fd (the caller closes it) and @info. False with @error, which names address and
 * port. */
bool listener_bind(const char *address, uint16_t port, uint32_t buffer_bytes, int *fd,
                   ListenerBufferInfo *info, GError **error);

typedef struct Listener Listener;

/* Borrows sockets and decoder. */
Listener *listener_new(const int *sockets, size_t n_sockets, Decoder *decoder);
void listener_free(Listener *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)
/* The same object as an intake sees it. */
Receiver *listener_receiver(Listener *self);

/* Waits up to @timeout_ms, decodes what is there (at most some thousand datagrams), and flushes the decoder
 * when its last batch has waited for about 100 ms. The number of datagrams. */
size_t listener_run_once(Listener *self, int timeout_ms);

/* Datagrams received, and dropped by the kernel, at socket @index since listener_new. */
uint64_t listener_socket_datagrams(const Listener *self, size_t index);
uint64_t listener_socket_drops(const Listener *self, size_t index);
