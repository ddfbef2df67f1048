/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refused-senders.h - who was refused most, and how many they were, in memory that no flood can grow
 *
 * The heaviest are kept by "space-saving" (Metwally, Agrawal, El Abbadi 2005): a newcomer takes the place of
 * the lightest and inherits its count as a possible error. So whoever has sent more than one in
 * REFUSED_SENDERS_MOST of all refused datagrams is in the list, however many others come by. How many
 * different senders there were is estimated (HyperLogLog, about 3 % off). The list is small and fixed, and so
 * is the cost of a datagram: no sender can lengthen a search. One thread.
 */
#pragma once
#include "collector/exporter.h"

enum { REFUSED_SENDERS_MOST = 64, REFUSED_REGISTERS = 1024 };

typedef struct RefusedSender {
    IpAddress address;
    Refusal reason;     /* of the last one */
    uint64_t datagrams; /* surely from this sender: counted since it is in the list */
} RefusedSender;

typedef struct RefusedSenders {
    uint64_t seed; /* keys the hash */
    uint32_t n, last;
    uint64_t hashes[REFUSED_SENDERS_MOST]; /* of the address: compared first */
    uint64_t counts[REFUSED_SENDERS_MOST]; /* errors included; the least goes */
    uint64_t errors[REFUSED_SENDERS_MOST]; /* how much of the count may be somebody else's */
    IpAddress addresses[REFUSED_SENDERS_MOST];
    uint8_t reasons[REFUSED_SENDERS_MOST];
    uint8_t registers[REFUSED_REGISTERS];
} RefusedSenders;

void refused_senders_init(RefusedSenders *self, uint64_t seed);
void refused_senders_note(RefusedSenders *self, const IpAddress *sender, Refusal reason);
/* How many different ones there have been, about. */
uint32_t refused_senders_count(const RefusedSenders *self);
/* The heaviest first; how many were filled in. */
uint32_t refused_senders_list(const RefusedSenders *self, RefusedSender out[REFUSED_SENDERS_MOST]);
