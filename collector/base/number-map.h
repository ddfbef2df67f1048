/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * number-map.h - finds a pointer by a number of 64 bits that a stranger may have chosen
 *
 * Open addressing under a keyed hash: whoever does not know @seed cannot choose numbers that meet, which
 * would * make each look-up walk past all of them (GLib's tables have no key). The owner bounds what is put
 * in. One thread.
 */
#pragma once
#include <glib.h>
#include <stdint.h>

typedef struct NumberMap {
    uint64_t seed;
    uint64_t *numbers;
    void **values; /* NULL: free */
    uint32_t n, n_slots;
} NumberMap;

void number_map_init(NumberMap *self, uint64_t seed);
/* The values are the owner's to free. */
void number_map_clear(NumberMap *self);
/* NULL when it is not there. */
void *number_map_find(const NumberMap *self, uint64_t number);
/* @value is not NULL; takes the place of an older one. */
void number_map_put(NumberMap *self, uint64_t number, void *value);
/* Gives the value back; NULL when it was not there. */
void *number_map_remove(NumberMap *self, uint64_t number);
