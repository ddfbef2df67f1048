/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * receiver.h - what an intake's thread runs: brings datagrams or messages in and gives them to a decoder
 *
 * An intake (cli/intake.h) is a thread with a Decoder and a Receiver, both its own, so that nothing is locked
 * on the way of a flow. listener.h is the receiver of UDP sockets. A new kind (a transport, a file that
 * grows) is one more struct that begins with a Receiver, a ReceiverType for it, and one line in cli/intakes.c
 * that makes it from the decoder it is to feed. What it must do:
 *
 *   run_once   waits up to @timeout_ms for something to come, gives all that is there to the decoder, but
 *              returns at least some times a second, as its caller has a clock to look at; and calls
 *              decoder_flush each 100 ms or so, so that the records of a quiet exporter do not lie around.
 *              Returns how many datagrams (messages) it was.
 *   wake       ends a run_once that waits. The one function that any thread may call. NULL: @timeout_ms is
 *              soon enough.
 *   finish     takes what has arrived already, without waiting for more: the thread ends. NULL: nothing to
 * do. report     what it has to tell of itself, as an array of JSON objects for the API; called by the thread
 * that runs it, the caller owns it. NULL: nothing. drops      how many datagrams the kernel dropped at socket
 * @index, in the order of the configuration's listen=. NULL: this kind does not lose any there.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "collector/decoder.h"

typedef struct Receiver Receiver;

typedef struct ReceiverType {
    const char *name; /* for the log and the status page */
    size_t (*run_once)(Receiver *self, int timeout_ms);
    void (*wake)(Receiver *self);
    void (*finish)(Receiver *self);
    json_t *(*report)(const Receiver *self);
    uint64_t (*drops)(const Receiver *self, size_t index);
    void (*free)(Receiver *self);
} ReceiverType;

struct Receiver {
    const ReceiverType *type;
};

static inline size_t
receiver_run_once(Receiver *self, int timeout_ms)
{
    return self->type->run_once(self, timeout_ms);
}

static inline void
receiver_wake(Receiver *self)
{
    if (self->type->wake != NULL)
        self->type->wake(self);
}

static inline void
receiver_finish(Receiver *self)
{
    if (self->type->finish != NULL)
        self->type->finish(self);
}

static inline json_t *
receiver_report(const Receiver *self)
{
    return self->type->report != NULL ? self->type->report(self) : json_array();
}

static inline uint64_t
receiver_drops(const Receiver *self, size_t index)
{
    return self->type->drops != NULL ? self->type->drops(self, index) : 0;
}

static inline void
receiver_free(Receiver *self)
{
    if (self != NULL)
        self->type->free(self);
}
