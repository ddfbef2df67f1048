/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shuffle-private.h - what the versions of a shuffle share: its masks. See shuffle.h */
#pragma once
#include "collector/shuffle.h"

enum {
    SLICES_MOST = SHUFFLE_BYTES_MOST / 32,
    NOT_THERE = 0x80, /* in the mask of a Move16: this byte comes from elsewhere, give 0 */
};

/* For a slice of 32 bytes of the output: one window for each half of it, and where the window's bytes go. */
typedef struct Move16 {
    uint8_t mask[2][16];
    uint32_t from[2];
} Move16;

/* For a slice of 64 bytes: one window of as many. */
typedef struct Move64 {
    uint8_t index[64]; /* 0 to 63 */
    uint64_t keep;     /* bit i: byte i comes from this window */
    uint32_t from;
} Move64;

typedef void ShuffleRun(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n,
                        const uint8_t *blank, uint8_t *out);

struct Shuffle {
    ShuffleRun *run;
    uint32_t size; /* of the output */
    uint32_t n_slices;
    uint32_t n_all; /* moves of all slices together */
    uint8_t n_moves[SLICES_MOST];
    bool is_wide;     /* Move64 */
    uint64_t moves[]; /* Move16 or Move64, slice after slice */
};

static inline const Move16 *
shuffle_by16(const Shuffle *self)
{
    return (const Move16 *)self->moves;
}
static inline const Move64 *
shuffle_by64(const Shuffle *self)
{
    return (const Move64 *)self->moves;
}

#ifdef __x86_64__
ShuffleRun shuffle_run_ssse3, shuffle_run_avx2, shuffle_run_vbmi;
#endif
#ifdef __aarch64__
ShuffleRun shuffle_run_neon;
#endif
