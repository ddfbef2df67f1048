/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shuffle-x86.c - runs the masks of a shuffle with SSSE3, AVX2 and AVX-512 VBMI. See shuffle.h
 *
 * Slice by slice over all records, not record by record: the masks of a slice then stay in registers. A
 * version is written once, for any number of windows, and compiled for each number that is frequent. Few
 * slices need more; those that do read their masks again for each record.
 */
#include "collector/shuffle-private.h"

#ifdef __x86_64__
#include <immintrin.h>

#define INLINE_FOR(isa) static inline __attribute__((always_inline, target(isa)))
#define FOR(isa)        __attribute__((target(isa)))
#define VBMI            "avx512f,avx512bw,avx512vbmi"
#ifdef __clang__
#define UNROLL _Pragma("unroll 4")
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

enum {
    SIZE = SHUFFLE_BYTES_MOST, /* that of a FlowRecord */
    HELD = 2,                  /* windows of a slice whose masks are held in registers */
};

/* The records, and where their slices go. */
typedef struct Column {
    const uint8_t *bytes;
    size_t length;
    uint8_t *out, *end; /* of the first record, of one behind the last */
    size_t size;        /* from one to the next */
} Column;

/* Calls slice(column, moves, n, blank) for each slice, with n and the size as constants where that is
 * frequent. */
#define EACH_SLICE(slice, width, moves)                                                                      \
    for (uint32_t i = 0; i < self->n_slices; moves += self->n_moves[i], i++) {                               \
        uint32_t n_moves = self->n_moves[i];                                                                 \
        uint8_t *at = out + i * (width);                                                                     \
        const uint8_t *fill = blank + i * (width);                                                           \
        Column any = { bytes, length, at, at + (size_t)n * self->size, self->size };                         \
        Column flow = { bytes, length, at, at + (size_t)n * SIZE, SIZE };                                    \
                                                                                                             \
        if (n_moves > HELD || self->size != SIZE)                                                            \
            slice(any, moves, n_moves, fill);                                                                \
        else if (n_moves == 0)                                                                               \
            slice(flow, moves, 0, fill);                                                                     \
        else if (n_moves == 1)                                                                               \
            slice(flow, moves, 1, fill);                                                                     \
        else                                                                                                 \
            slice(flow, moves, 2, fill);                                                                     \
    }

/* SSSE3 */

INLINE_FOR("ssse3") __m128i move_ssse3(__m128i onto, const uint8_t *window, __m128i mask)
{
    return _mm_or_si128(onto, _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)window), mask));
}

INLINE_FOR("ssse3")
void
lane_ssse3(Column column, const Move16 *moves, uint32_t n_moves, int lane, const uint8_t *blank)
{
    const __m128i fill = _mm_loadu_si128((const __m128i *)blank);
    __m128i masks[HELD];
    size_t from[HELD];

    for (uint32_t k = 0; k < n_moves && k < HELD; k++) {
        masks[k] = _mm_loadu_si128((const __m128i *)moves[k].mask[lane]);
        from[k] = moves[k].from[lane];
    }
    UNROLL
    for (; column.out < column.end; column.bytes += column.length, column.out += column.size) {
        __m128i slice = fill;

        for (uint32_t k = 0; k < n_moves && k < HELD; k++)
            slice = move_ssse3(slice, column.bytes + from[k], masks[k]);
        for (uint32_t k = HELD; k < n_moves; k++)
            slice = move_ssse3(slice, column.bytes + moves[k].from[lane],
                               _mm_loadu_si128((const __m128i *)moves[k].mask[lane]));
        _mm_store_si128((__m128i *)column.out, slice);
    }
}

INLINE_FOR("ssse3")
void
slice_ssse3(Column column, const Move16 *moves, uint32_t n_moves, const uint8_t *blank)
{
    lane_ssse3(column, moves, n_moves, 0, blank);
    column.out += 16;
    column.end += 16;
    lane_ssse3(column, moves, n_moves, 1, blank + 16);
}

FOR("ssse3")
void
shuffle_run_ssse3(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                  uint8_t *out)
{
    const Move16 *moves = shuffle_by16(self);

    EACH_SLICE(slice_ssse3, 32, moves)
}

/* AVX2 */

INLINE_FOR("avx2") __m256i move_avx2(__m256i onto, const uint8_t *low, const uint8_t *high, __m256i mask)
{
    __m256i window = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));

    window = _mm256_inserti128_si256(window, _mm_loadu_si128((const __m128i *)high), 1);
    return _mm256_or_si256(onto, _mm256_shuffle_epi8(window, mask));
}

INLINE_FOR("avx2") void slice_avx2(Column column, const Move16 *moves, uint32_t n_moves, const uint8_t *blank)
{
    const __m256i fill = _mm256_loadu_si256((const __m256i *)blank);
    __m256i masks[HELD];
    size_t low[HELD], high[HELD];

    for (uint32_t k = 0; k < n_moves && k < HELD; k++) {
        masks[k] = _mm256_loadu_si256((const __m256i *)moves[k].mask);
        low[k] = moves[k].from[0];
        high[k] = moves[k].from[1];
    }
    UNROLL
    for (; column.out < column.end; column.bytes += column.length, column.out += column.size) {
        __m256i slice = fill;

        for (uint32_t k = 0; k < n_moves && k < HELD; k++)
            slice = move_avx2(slice, column.bytes + low[k], column.bytes + high[k], masks[k]);
        for (uint32_t k = HELD; k < n_moves; k++)
            slice = move_avx2(slice, column.bytes + moves[k].from[0], column.bytes + moves[k].from[1],
                              _mm256_loadu_si256((const __m256i *)moves[k].mask));
        _mm256_store_si256((__m256i *)column.out, slice);
    }
}

FOR("avx2")
void
shuffle_run_avx2(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                 uint8_t *out)
{
    const Move16 *moves = shuffle_by16(self);

    EACH_SLICE(slice_avx2, 32, moves)
}

/* AVX-512 VBMI: what run_portable_128 in shuffle.c says. */

INLINE_FOR(VBMI) __m512i move_vbmi(__m512i onto, const uint8_t *window, __m512i index, uint64_t keep)
{
    __m512i low = _mm512_loadu_si512(window), high = _mm512_loadu_si512(window + 64);

    return _mm512_or_si512(onto, _mm512_maskz_permutex2var_epi8(keep, low, index, high));
}

INLINE_FOR(VBMI) void slice_vbmi(Column column, const Move128 *moves, uint32_t n_moves, const uint8_t *blank)
{
    const __m512i fill = _mm512_loadu_si512(blank);
    __m512i index[HELD];

    for (uint32_t k = 0; k < n_moves && k < HELD; k++)
        index[k] = _mm512_loadu_si512(moves[k].index);
    UNROLL
    for (; column.out < column.end; column.bytes += column.length, column.out += column.size) {
        __m512i slice = fill;

        for (uint32_t k = 0; k < n_moves && k < HELD; k++)
            slice = move_vbmi(slice, column.bytes + moves[k].from, index[k], moves[k].keep);
        for (uint32_t k = HELD; k < n_moves; k++)
            slice = move_vbmi(slice, column.bytes + moves[k].from, _mm512_loadu_si512(moves[k].index),
                              moves[k].keep);
        _mm512_store_si512(column.out, slice);
    }
}

FOR(VBMI)
void
shuffle_run_vbmi(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                 uint8_t *out)
{
    const Move128 *moves = shuffle_by128(self);

    EACH_SLICE(slice_vbmi, 64, moves)
}
#endif
