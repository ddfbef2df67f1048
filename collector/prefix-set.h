/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prefix-set.h - is an address in any of these prefixes?
 *
 * Kept as sorted ranges that do not touch, so that an answer takes a dozen comparisons with a thousand
 * prefixes, for whoever is on the list and whoever is not. Immutable once made: any thread may ask.
 */
#pragma once
#include "collector/flow.h"

typedef struct PrefixSet PrefixSet;

/* Copies @prefixes. */
PrefixSet *prefix_set_new(const IpPrefix *prefixes, size_t n);
void prefix_set_free(PrefixSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrefixSet, prefix_set_free)
bool prefix_set_has(const PrefixSet *self, const IpAddress *ip);
