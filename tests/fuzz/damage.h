/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * damage.h - changes inputs where libFuzzer is not linked: as it does, in a target's own way if that has one
 *
 * The same state gives the same changes. One thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Changes @bytes, which have room for @most, in one way; the new length, which is 1 at least. @random: see
 * generator_random. */
size_t damage(uint64_t *random, uint8_t *bytes, size_t length, size_t most);
