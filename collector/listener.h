/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listener.h - receives datagrams on UDP sockets and hands them to a decoder
 *
 * The parent binds (it may need a large buffer, and keeps the socket over a restart), `sense` receives. Many
 * datagrams a call (recvmmsg), and many that the kernel has joined in one message (UDP_GRO). What the kernel
 * dropped is read with every datagram (SO_RXQ_OVFL) and, for the drops behind the last one, asked for
 * (SO_MEMINFO); loss.h says how that and the gaps in sequences add up to what was lost. The intake thread
 * owns it.
 */
#pragma once
#include "collector/receiver.h"
#include "collector/tee.h"

typedef struct ListenerBufferInfo {
    uint32_t asked, got; /* bytes of receive buffer, as the kernel counts them for its limit */
    char hint[160];      /* what to do when less was given than asked; else empty */
} ListenerBufferInfo;

/* Binds a UDP socket: fills @fd (the caller closes it) and @info. False with @error, which names address and
 * port. */
bool listener_bind(const char *address, uint16_t port, uint32_t buffer_bytes, int *fd,
                   ListenerBufferInfo *info, GError **error);

/* Asks for another buffer at a bound socket; fills @info. */
void listener_set_buffer(int fd, uint32_t buffer_bytes, ListenerBufferInfo *info);

/* One more socket where @first, from listener_bind, is bound: the two, and further ones, share what comes,
 * each datagram as steering.h says. Else like listener_bind. */
bool listener_bind_beside(int first, uint32_t buffer_bytes, int *fd, ListenerBufferInfo *info,
                          GError **error);

typedef struct Listener Listener;

/* Borrows sockets and decoder. */
Listener *listener_new(const int *sockets, size_t n_sockets, Decoder *decoder);
void listener_free(Listener *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)
/* From now on all that comes is pushed into @tee, too. Borrowed. */
void listener_set_tee(Listener *self, TeeLane *tee);
/* The same object as an intake sees it. */
Receiver *listener_receiver(Listener *self);

/* Waits up to @timeout_ms, decodes what is there (at most some thousand datagrams), and flushes the decoder
 * when its last batch has waited for about 100 ms. The number of datagrams. */
size_t listener_run_once(Listener *self, int timeout_ms);

/*
 * What waits at sockets since the kernel was told to share a port among another number of lanes. At each,
 * what came by the old rule lies before what came by the new one, and a sender's old ones may lie at another
 * socket than its new ones. So first listener_drain for all sockets: it decodes up to the first datagram that
 * cannot be an old one, and keeps the rest of what it has taken. Then listener_decode_kept. Both ask @choose
 * for the decoder of a sender. Bounded in time and in what is kept, whatever goes on to come.
 */
typedef Decoder *(*ListenerChoice)(void *user, const IpAddress *source);
/* @tee may be NULL; what is drained is pushed into it. */
void listener_drain(int fd, uint32_t lane, uint32_t old_lanes, ListenerChoice choose, void *user,
                    GPtrArray *kept, TeeLane *tee);
/* @kept was made with g_ptr_array_new_with_free_func(g_free). */
void listener_decode_kept(const GPtrArray *kept, ListenerChoice choose, void *user);

/* Datagrams received, and dropped by the kernel, at socket @index since listener_new. */
uint64_t listener_socket_datagrams(const Listener *self, size_t index);
uint64_t listener_socket_drops(const Listener *self, size_t index);
