/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest.h - "did you mean ...?": the known name that a mistyped word is closest to
 *
 * For messages to an operator about configuration and tables. No state; any thread.
 */
#pragma once
#include <stddef.h>

/* Lends the name nearest to @word when at most a third of its letters (and at least one, at most three) are
 * wrong, else NULL. Case does not count; two letters swapped count as one mistake. */
const char *nearest_name(const char *word, const char *const *names, size_t n);
