/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shuffle-x86.c - runs the masks of a shuffle with SSSE3, AVX2 and AVX-512 VBMI. See shuffle.h
 *
 * VBMI has registers for all masks of a record, so it makes one record after the other. The others make a
 * cache line of each record, then the next line of each: its masks then stay in registers, and the stores of
 * a line stand together, of which the cache takes two at once. A version is written once, for any number of
 * windows, and compiled for each number that is frequent. Few slices need more; those that do read their
 * masks again for each record.
 *
 * The blank is loaded in pieces of 16 bytes, for so it was stored, just before (shuffle.h).
 */
#include "collector/shuffle-private.h"

#ifdef __x86_64__
#include <immintrin.h>

#define INLINE_FOR(isa) static inline __attribute__((always_inline, target(isa)))
#define FOR(isa)        __attribute__((target(isa)))
#define VBMI            "avx512f,avx512bw,avx512vbmi,prfchw"
#ifdef __clang__
#define UNROLL _Pragma("unroll 4")
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

enum {
    SIZE = SHUFFLE_BYTES_MOST, /* that of a FlowRecord */
    LINE = 64,                 /* of the cache */
    HELD = 2,                  /* windows of a slice whose masks are held in registers */
    /* What is fetched into the first cache beforehand: bytes on the wire, for the next records or datagram
     * are behind these ones, and room for records. Nothing is read or written there; it may be nobody's. */
    BYTES_AHEAD = 1024,
    RECORDS_AHEAD = 8,
};

/* The records, and where they, or one line of each, go. */
typedef struct Column {
    const uint8_t *bytes;
    size_t length;
    uint8_t *out, *end; /* of the first record, of one behind the last */
    size_t size;        /* from one to the next */
} Column;

/* The moves of the two slices of a line. */
typedef struct LineMoves {
    const Move16 *moves[2];
    uint32_t n[2];
} LineMoves;

static inline const Move16 *
move_of(const LineMoves *line, uint32_t slice, uint32_t k)
{
    static const Move16 nothing = { .mask = { [0 ... 1] = { [0 ... 15] = NOT_THERE } } };

    return k < line->n[slice] ? &line->moves[slice][k] : &nothing;
}

/*
 * Calls run(column, line, low, high, blank) for each line: @low and @high are how many moves its slices have,
 * or a few more, which move nothing. Both and the size are constants where that is frequent.
 */
#define EACH_LINE(run)                                                                                       \
    const Move16 *moves = shuffle_by16(self);                                                                \
                                                                                                             \
    for (uint32_t i = 0; i < self->n_slices; i += 2, out += LINE, blank += LINE) {                           \
        uint32_t low = self->n_moves[i], high = self->n_moves[i + 1];                                        \
        LineMoves line = { { moves, moves + low }, { low, high } };                                          \
        Column any = { bytes, length, out, out + (size_t)n * self->size, self->size };                       \
        Column flow = { bytes, length, out, out + (size_t)n * SIZE, SIZE };                                  \
                                                                                                             \
        moves += low + high;                                                                                 \
        if (MAX(low, high) > HELD || self->size != SIZE)                                                     \
            run(any, &line, low, high, blank);                                                               \
        else if (low + high == 0)                                                                            \
            run(flow, &line, 0, 0, blank);                                                                   \
        else if (low == 1 && high == 0)                                                                      \
            run(flow, &line, 1, 0, blank);                                                                   \
        else if (low == 2 && high == 0)                                                                      \
            run(flow, &line, 2, 0, blank);                                                                   \
        else if (MAX(low, high) == 1)                                                                        \
            run(flow, &line, 1, 1, blank);                                                                   \
        else                                                                                                 \
            run(flow, &line, 2, 2, blank);                                                                   \
    }

/* SSSE3 */

INLINE_FOR("ssse3") __m128i move_ssse3(__m128i onto, const uint8_t *window, __m128i mask)
{
    return _mm_or_si128(onto, _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)window), mask));
}

INLINE_FOR("ssse3")
void
line_ssse3(Column column, const LineMoves *line, uint32_t n_low, uint32_t n_high, const uint8_t *blank)
{
    const uint32_t n[2] = { n_low, n_high };
    __m128i fill[4], masks[4][HELD];
    size_t from[4][HELD];

    for (uint32_t i = 0; i < 4; i++) {
        fill[i] = _mm_loadu_si128((const __m128i *)blank + i);
        for (uint32_t k = 0; k < n[i / 2] && k < HELD; k++) {
            const Move16 *move = move_of(line, i / 2, k);

            masks[i][k] = _mm_loadu_si128((const __m128i *)move->mask[i % 2]);
            from[i][k] = move->from[i % 2];
        }
    }
    for (; column.out < column.end; column.bytes += column.length, column.out += column.size) {
        _mm_prefetch(column.bytes + BYTES_AHEAD, _MM_HINT_T0);
        _mm_prefetch(column.out + RECORDS_AHEAD * SIZE, _MM_HINT_T0);
        UNROLL
        for (uint32_t i = 0; i < 4; i++) {
            __m128i slice = fill[i];

            for (uint32_t k = 0; k < n[i / 2] && k < HELD; k++)
                slice = move_ssse3(slice, column.bytes + from[i][k], masks[i][k]);
            for (uint32_t k = HELD; k < n[i / 2]; k++) {
                const Move16 *move = &line->moves[i / 2][k];

                slice = move_ssse3(slice, column.bytes + move->from[i % 2],
                                   _mm_loadu_si128((const __m128i *)move->mask[i % 2]));
            }
            _mm_store_si128((__m128i *)column.out + i, slice);
        }
    }
}

FOR("ssse3")
void
shuffle_run_ssse3(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                  uint8_t *out){ EACH_LINE(line_ssse3) }

/* AVX2 */

INLINE_FOR("avx2") __m256i move_avx2(__m256i onto, const uint8_t *low, const uint8_t *high, __m256i mask)
{
    __m256i window = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));

    window = _mm256_inserti128_si256(window, _mm_loadu_si128((const __m128i *)high), 1);
    return _mm256_or_si256(onto, _mm256_shuffle_epi8(window, mask));
}

INLINE_FOR("avx2") __m256i fill_avx2(const uint8_t *blank)
{
    __m256i fill = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)blank));

    return _mm256_inserti128_si256(fill, _mm_loadu_si128((const __m128i *)blank + 1), 1);
}

INLINE_FOR("avx2")
void
line_avx2(Column column, const LineMoves *line, uint32_t n_low, uint32_t n_high, const uint8_t *blank)
{
    const uint32_t n[2] = { n_low, n_high };
    __m256i fill[2], masks[2][HELD];
    size_t low[2][HELD], high[2][HELD];

    for (uint32_t i = 0; i < 2; i++) {
        fill[i] = fill_avx2(blank + i * 32);
        for (uint32_t k = 0; k < n[i] && k < HELD; k++) {
            const Move16 *move = move_of(line, i, k);

            masks[i][k] = _mm256_loadu_si256((const __m256i *)move->mask);
            low[i][k] = move->from[0];
            high[i][k] = move->from[1];
        }
    }
    for (; column.out < column.end; column.bytes += column.length, column.out += column.size) {
        _mm_prefetch(column.bytes + BYTES_AHEAD, _MM_HINT_T0);
        _mm_prefetch(column.out + RECORDS_AHEAD * SIZE, _MM_HINT_T0);
        UNROLL
        for (uint32_t i = 0; i < 2; i++) {
            __m256i slice = fill[i];

            for (uint32_t k = 0; k < n[i] && k < HELD; k++)
                slice = move_avx2(slice, column.bytes + low[i][k], column.bytes + high[i][k], masks[i][k]);
            for (uint32_t k = HELD; k < n[i]; k++) {
                const Move16 *move = &line->moves[i][k];

                slice = move_avx2(slice, column.bytes + move->from[0], column.bytes + move->from[1],
                                  _mm256_loadu_si256((const __m256i *)move->mask));
            }
            _mm256_store_si256((__m256i *)column.out + i, slice);
        }
    }
}

FOR("avx2")
void
shuffle_run_avx2(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                 uint8_t *out){ EACH_LINE(line_avx2) }

/* AVX-512 VBMI: what run_portable_64 in shuffle.c says. */

INLINE_FOR(VBMI) __m512i fill_vbmi(const uint8_t *blank)
{
    __m512i fill = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)blank));

    fill = _mm512_inserti32x4(fill, _mm_loadu_si128((const __m128i *)blank + 1), 1);
    fill = _mm512_inserti32x4(fill, _mm_loadu_si128((const __m128i *)blank + 2), 2);
    return _mm512_inserti32x4(fill, _mm_loadu_si128((const __m128i *)blank + 3), 3);
}

INLINE_FOR(VBMI) __m512i move_vbmi(__m512i onto, const uint8_t *window, __m512i index, uint64_t keep)
{
    return _mm512_mask_permutexvar_epi8(onto, keep, index, _mm512_loadu_si512(window));
}

/* All slices of a record, then the next: @n windows at most in each. */
INLINE_FOR(VBMI)
void
records_vbmi(const Shuffle *self, Column column, const uint32_t n[SIZE / LINE], const uint8_t *blank)
{
    static const Move64 nothing;
    const Move64 *moves = shuffle_by64(self);
    __m512i fill[SIZE / LINE], index[SIZE / LINE][HELD];
    uint64_t keep[SIZE / LINE][HELD];
    size_t from[SIZE / LINE][HELD];

    for (uint32_t i = 0; i < SIZE / LINE; moves += self->n_moves[i++]) {
        fill[i] = fill_vbmi(blank + i * LINE);
        for (uint32_t k = 0; k < n[i] && k < HELD; k++) {
            const Move64 *move = k < self->n_moves[i] ? &moves[k] : &nothing;

            index[i][k] = _mm512_loadu_si512(move->index);
            keep[i][k] = move->keep;
            from[i][k] = move->from;
        }
    }
    for (; column.out < column.end; column.bytes += column.length, column.out += SIZE) {
        _mm_prefetch(column.bytes + BYTES_AHEAD, _MM_HINT_T0);
        UNROLL
        for (uint32_t i = 0; i < SIZE / LINE; i++) {
            uint8_t *out = column.out + i * LINE;
            __m512i slice = fill[i];

            for (uint32_t k = 0; k < n[i] && k < HELD; k++)
                slice = move_vbmi(slice, column.bytes + from[i][k], index[i][k], keep[i][k]);
            _mm512_store_si512(out, slice);
            __builtin_prefetch(out + RECORDS_AHEAD * SIZE, 1, 3);
        }
    }
}

/* Any number of slices and windows. */
FOR(VBMI)
static void
slices_vbmi(const Shuffle *self, Column column, const uint8_t *blank)
{
    __m512i fill[SIZE / LINE];

    for (uint32_t i = 0; i < self->n_slices; i++)
        fill[i] = fill_vbmi(blank + i * LINE);
    for (; column.out < column.end; column.bytes += column.length, column.out += column.size) {
        const Move64 *move = shuffle_by64(self);

        for (uint32_t i = 0; i < self->n_slices; i++) {
            __m512i slice = fill[i];

            for (uint32_t k = 0; k < self->n_moves[i]; k++, move++)
                slice =
                    move_vbmi(slice, column.bytes + move->from, _mm512_loadu_si512(move->index), move->keep);
            _mm512_store_si512(column.out + i * LINE, slice);
        }
    }
}

FOR(VBMI)
void
shuffle_run_vbmi(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                 uint8_t *out)
{
    const Column column = { bytes, length, out, out + (size_t)n * self->size, self->size };
    uint32_t most = 0;

    for (uint32_t i = 0; i < self->n_slices; i++)
        most = MAX(most, self->n_moves[i]);
    if (self->size != SIZE || most > HELD)
        slices_vbmi(self, column, blank);
    else if (most <= 1)
        records_vbmi(self, column, (const uint32_t[]){ 1, 1, 1 }, blank);
    else if (self->n_moves[2] <= 1)
        records_vbmi(self, column, (const uint32_t[]){ 2, 2, 1 }, blank);
    else
        records_vbmi(self, column, (const uint32_t[]){ 2, 2, 2 }, blank);
}
#endif
