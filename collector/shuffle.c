/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shuffle.c - a map becomes masks, and the version that runs them is chosen. See shuffle.h */
#include "collector/shuffle-private.h"

#include <string.h>

/* Versions */

static void
run_portable_16(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++, bytes += length, out += self->size) {
        const Move16 *move = shuffle_by16(self);

        memcpy(out, blank, self->size);
        for (uint32_t slice = 0; slice < self->n_slices; slice++)
            for (uint32_t k = 0; k < self->n_moves[slice]; k++, move++)
                for (uint32_t j = 0; j < 32; j++)
                    if (move->mask[j / 16][j % 16] < 16)
                        out[slice * 32 + j] |= bytes[move->from[j / 16] + move->mask[j / 16][j % 16]];
    }
}

static void
run_portable_64(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                uint8_t *out)
{
    for (uint32_t i = 0; i < n; i++, bytes += length, out += self->size) {
        const Move64 *move = shuffle_by64(self);

        memcpy(out, blank, self->size);
        for (uint32_t slice = 0; slice < self->n_slices; slice++)
            for (uint32_t k = 0; k < self->n_moves[slice]; k++, move++)
                for (uint32_t j = 0; j < 64; j++)
                    if ((move->keep >> j & 1) != 0)
                        out[slice * 64 + j] |= bytes[move->from + move->index[j]];
    }
}

typedef struct Version {
    const char *name;
    ShuffleRun *run; /* NULL: not in this build */
    bool is_wide;    /* Move64 */
} Version;

#ifdef __x86_64__
#define X86(run) run
#else
#define X86(run) NULL
#endif
#ifdef __aarch64__
#define ARM(run) run
#else
#define ARM(run) NULL
#endif

static const Version versions[N_SHUFFLE_VERSIONS] = {
    [SHUFFLE_BEST] = { "best" },
    [SHUFFLE_NONE] = { "none" },
    [SHUFFLE_SSSE3] = { "ssse3", X86(shuffle_run_ssse3), false },
    [SHUFFLE_AVX2] = { "avx2", X86(shuffle_run_avx2), false },
    [SHUFFLE_VBMI] = { "vbmi", X86(shuffle_run_vbmi), true },
    [SHUFFLE_NEON] = { "neon", ARM(shuffle_run_neon), false },
    [SHUFFLE_PORTABLE_16] = { "portable-16", run_portable_16, false },
    [SHUFFLE_PORTABLE_64] = { "portable-64", run_portable_64, true },
};

const char *
shuffle_version_name(ShuffleVersion version)
{
    return versions[version].name;
}

bool
shuffle_version_runs(ShuffleVersion version)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (version == SHUFFLE_SSSE3)
        return __builtin_cpu_supports("ssse3");
    if (version == SHUFFLE_AVX2)
        return __builtin_cpu_supports("avx2");
    if (version == SHUFFLE_VBMI)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vbmi");
#endif
    return version == SHUFFLE_BEST || version == SHUFFLE_NONE || versions[version].run != NULL;
}

ShuffleVersion
shuffle_version_best(void)
{
    static const ShuffleVersion fastest_first[] = { SHUFFLE_VBMI, SHUFFLE_AVX2, SHUFFLE_SSSE3, SHUFFLE_NEON };

    for (size_t i = 0; i < G_N_ELEMENTS(fastest_first); i++)
        if (shuffle_version_runs(fastest_first[i]))
            return fastest_first[i];
    return SHUFFLE_NONE;
}

/* Masks */

/* Where the next window begins: at the first byte on the wire that no window has had yet. */
static uint32_t
next_window(const uint32_t *from, uint32_t n)
{
    uint32_t first = SHUFFLE_CONSTANT;

    for (uint32_t i = 0; i < n; i++)
        first = MIN(first, from[i]);
    return first;
}

/* The windows of 16 output bytes, into the lane @lane of @moves, of which @n are there already; how many are
 * there then. What is done is SHUFFLE_CONSTANT in @from from then on. */
static uint32_t
fill_lane(uint32_t *from, Move16 *moves, uint32_t lane, uint32_t n)
{
    static const Move16 nothing = { .mask = { [0 ... 1] = { [0 ... 15] = NOT_THERE } } };
    uint32_t at = 0, first;

    while ((first = next_window(from, 16)) != SHUFFLE_CONSTANT) {
        if (at == n)
            moves[n++] = nothing;
        for (uint32_t i = 0; i < 16; i++)
            if (from[i] - first < 16) {
                moves[at].mask[lane][i] = (uint8_t)(from[i] - first);
                from[i] = SHUFFLE_CONSTANT;
            }
        moves[at++].from[lane] = first;
    }
    return n;
}

static uint32_t
fill_16(uint32_t *from, Move16 *moves)
{
    return fill_lane(from + 16, moves, 1, fill_lane(from, moves, 0, 0));
}

static uint32_t
fill_64(uint32_t *from, Move64 *moves)
{
    uint32_t n = 0, first;

    while ((first = next_window(from, 64)) != SHUFFLE_CONSTANT) {
        Move64 *move = &moves[n++];

        *move = (Move64){ .from = first };
        for (uint32_t i = 0; i < 64; i++)
            if (from[i] - first < 64) {
                move->index[i] = (uint8_t)(from[i] - first);
                move->keep |= UINT64_C(1) << i;
                from[i] = SHUFFLE_CONSTANT;
            }
    }
    return n;
}

/* Of memory. */
static size_t
bytes_of(const Shuffle *self)
{
    return sizeof *self + self->n_all * (self->is_wide ? sizeof(Move64) : sizeof(Move16));
}

/* A field fills bytes that stand together, so the windows of a slice are never more than its bytes. */
Shuffle *
shuffle_new(const ShuffleMap *map, ShuffleVersion version)
{
    union {
        Move16 by16[SHUFFLE_BYTES_MOST / 2]; /* as many as there are bytes, of two lanes each */
        Move64 by64[SHUFFLE_BYTES_MOST];
    } moves; /* only what is used of it is written to */
    ShuffleMap left = *map;

    if (version == SHUFFLE_BEST)
        version = shuffle_version_best();
    if (versions[version].run == NULL || !shuffle_version_runs(version))
        return NULL;
    g_assert(map->size % 64 == 0 && map->size <= SHUFFLE_BYTES_MOST);

    bool is_wide = versions[version].is_wide;
    uint32_t width = is_wide ? 64 : 32;
    Shuffle head = {
        .run = versions[version].run, .size = map->size, .n_slices = map->size / width, .is_wide = is_wide
    };
    for (uint32_t slice = 0; slice < head.n_slices; slice++) {
        uint32_t *from = left.from + slice * width;
        uint32_t n =
            is_wide ? fill_64(from, moves.by64 + head.n_all) : fill_16(from, moves.by16 + head.n_all);

        head.n_moves[slice] = (uint8_t)n;
        head.n_all += n;
    }
    Shuffle *self = g_malloc(bytes_of(&head));
    *self = head;
    memcpy(self->moves, &moves, bytes_of(&head) - sizeof head);
    return self;
}

void
shuffle_free(Shuffle *self)
{
    g_free(self);
}

void
shuffle_run(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const void *blank,
            void *out)
{
    self->run(self, bytes, length, n, blank, out);
}
