/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shuffle.h - a map of bytes, compiled for the permutations that the processor has
 *
 * The fields of a fixed-length record always lie in the same places, so a decoded record is a map: this byte
 * of it is that byte of the record on the wire, all others are constant. Byte order, widening and zero fill
 * are nothing else. A permutation moves 16 to 64 such bytes at once, without a branch for a field.
 *
 *   record on the wire    | window: 16 or 64 bytes from anywhere |
 *                            mask: which of them, or none     x as many windows as the slice needs
 *   slice of the output   | or of them all, and of the constant bytes |
 *
 * The versions differ in how much they move at once and in nothing else; SHUFFLE_PORTABLE_* read the very
 * same masks byte by byte, so that masks can be proven where the processor cannot run them. A window may
 * begin at the last byte of the last record: 63 bytes behind it must be readable (DATAGRAM_SLACK). Immutable
 * once made.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ShuffleVersion {
    SHUFFLE_BEST = 0,    /* the fastest that this processor has */
    SHUFFLE_NONE,        /* no permutations: plan.c goes field by field */
    SHUFFLE_SSSE3,       /* 16 bytes at once */
    SHUFFLE_AVX2,        /* 2 x 16 */
    SHUFFLE_VBMI,        /* AVX-512 VBMI: 64 bytes */
    SHUFFLE_NEON,        /* 16 */
    SHUFFLE_PORTABLE_16, /* what SSSE3, AVX2 and NEON do, in plain C: for tests, slow */
    SHUFFLE_PORTABLE_64, /* what VBMI does */
    N_SHUFFLE_VERSIONS
} ShuffleVersion;
const char *shuffle_version_name(ShuffleVersion version); /* best none ssse3 avx2 vbmi neon ...; static */
/* Whether this processor can run it, and this build has it. SHUFFLE_NONE and the portable ones run anywhere.
 */
bool shuffle_version_runs(ShuffleVersion version);
ShuffleVersion shuffle_version_best(void);

/* Of each byte of the output where it comes from: its place in the record on the wire, or SHUFFLE_CONSTANT.
 */
enum { SHUFFLE_BYTES_MOST = 192 };
#define SHUFFLE_CONSTANT UINT32_MAX
typedef struct ShuffleMap {
    uint32_t size; /* of the output: a multiple of 64 */
    uint32_t from[SHUFFLE_BYTES_MOST];
} ShuffleMap;

typedef struct Shuffle Shuffle;
/* NULL for SHUFFLE_NONE, and for a version that does not run here. The caller owns it. */
Shuffle *shuffle_new(const ShuffleMap *map, ShuffleVersion version);
void shuffle_free(Shuffle *self);
/*
 * Makes @n outputs at @out, which is aligned to 64 bytes, from records of @length bytes at @bytes. @blank has
 * the constant bytes; those that the map fills must be 0 in it. What was written to it shortly before is best
 * written in aligned pieces of 16 bytes, as it is loaded: a load that several stores make up waits until
 * they, and all stores before them, have reached the cache.
 */
void shuffle_run(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const void *blank,
                 void *out);
