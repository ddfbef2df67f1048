/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * address-load.h - how many connections each address has, and how often it came in this minute
 *
 * Bounded by who asks: an address is kept while it has a connection, or until the minute is over in which it
 * came.
 */
#pragma once
#include "collector/flow.h"

typedef struct AddressLoad AddressLoad;

/* At most so much of one address. */
AddressLoad *address_load_new(uint32_t max_open, uint32_t max_new_per_minute);
void address_load_free(AddressLoad *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AddressLoad, address_load_free)

typedef enum AddressLoadAnswer {
    ADDRESS_LOAD_WELCOME,
    ADDRESS_LOAD_TOO_MANY,
    ADDRESS_LOAD_TOO_OFTEN
} AddressLoadAnswer;
/* One more connection from @address; counted as open only when it is welcome. */
AddressLoadAnswer address_load_come(AddressLoad *self, const IpAddress *address, int64_t now_ns);
/* One that was welcome is over. */
void address_load_go(AddressLoad *self, const IpAddress *address);
/* How many addresses are kept. */
uint32_t address_load_size(const AddressLoad *self);
