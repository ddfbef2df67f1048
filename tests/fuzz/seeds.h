/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * seeds.h - inputs that a fuzz target begins with
 *
 * Made when they are needed: by the generator of exports, by hand for the tables, and from real exporters'
 * datagrams where a folder with such lies at hand.
 */
#pragma once
#include <glib.h>

typedef void (*SeedTaker)(void *user, const void *bytes, size_t length);

/* Names of all targets, NULL-terminated. */
const char *const *seed_targets(void);
/* Each case of the hostile corpus that is of @target's protocol and not large; nothing for other targets. */
void seeds_hostile(const char *target, SeedTaker take, void *user);
/* Gives each seed of @target. @vectors: a folder of real exporters' datagrams, or NULL. */
void seeds_generated(const char *target, SeedTaker take, void *user);
void seeds_from_vectors(const char *target, const char *vectors, SeedTaker take, void *user);
