/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loss.c - see loss.h */
#include "collector/loss.h"

#include <glib.h>
#include <math.h>

enum { TYPICAL_MOST = 1024 }; /* then the past counts half */

void
typical_note(Typical *self, uint32_t value)
{
    if (self->n == TYPICAL_MOST) {
        self->n /= 2;
        self->sum /= 2;
        self->votes /= 2;
    }
    self->n++;
    self->sum += value;
    /* The majority vote of Boyer and Moore. */
    if (self->votes == 0)
        self->value = value;
    self->votes = value == self->value ? self->votes + 1 : self->votes - 1;
}

double
typical_value(const Typical *self)
{
    if (self->n == 0)
        return 0;
    /* Votes for less votes against: three quarters were the same. */
    return self->votes > self->n / 2 ? self->value : (double)self->sum / self->n;
}

static double
in_one(const SocketLoss *self)
{
    return MAX(typical_value(&self->joined), 1);
}

void
socket_loss_add(SocketLoss *self, uint64_t fresh)
{
    self->dropped += fresh;
    self->datagrams += (uint64_t)lround((double)fresh * in_one(self));
}

void
socket_loss_begin(SocketLoss *self, uint64_t count)
{
    self->first = MIN(count, self->dropped);
}

void
socket_loss_see(SocketLoss *self, double missing, uint64_t grown)
{
    self->seen += MIN((uint64_t)lround(missing / in_one(self)), grown);
}

void
socket_loss_settle(SocketLoss *self, uint64_t count)
{
    if (count < self->dropped || self->settled == self->dropped)
        return;
    if (self->first > self->settled)
        self->kept = self->dropped > self->seen ? self->dropped - self->seen : 0;
    else
        self->seen = MAX(self->seen, self->dropped - MIN(self->kept, self->dropped));
    self->settled = self->dropped;
}

double
socket_loss_unseen(const SocketLoss *self)
{
    return self->dropped > self->seen ? (double)(self->dropped - self->seen) * in_one(self) : 0;
}
