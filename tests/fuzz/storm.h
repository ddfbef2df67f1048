/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * storm.h - runs a fuzz target millions of times, on inputs of a corpus that are changed blindly
 *
 * Nothing is learned from a run, so the program needs no tracing of coverage and a run is cheap; libFuzzer
 * brings the corpora. Inputs come in sequences of 1, 8 or 64, heard by one decoder (fuzz_keep). A sequence
 * follows from the seed, its number and the corpus: nothing is written down until something is found.
 *
 * Sequences run in child processes, some hundred thousand inputs each, which also look for leaks at their
 * end. When one dies, the parent writes down the sequence that it was at.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Storm Storm;
Storm *storm_new(uint64_t seed);
void storm_free(Storm *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Storm, storm_free)

/* Each file of the folder; how many are there in all now. */
unsigned storm_add_folder(Storm *self, const char *path);
/*
 * Goes on for so long. False when something was found: the inputs of its sequence are in a new folder whose
 * name begins with @findings, one file each, in order. The last one is what did it; or any, if memory is
 * lost. All were run if all is well, which storm_inputs_run counts.
 */
bool storm_run(Storm *self, double seconds, const char *findings);
uint64_t storm_inputs_run(const Storm *self);
