/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shuffle-neon.c - runs the masks of a shuffle with NEON, whose tbl gives 0 for what is NOT_THERE. See
 * shuffle.h
 */
#include "collector/shuffle-private.h"

#ifdef __aarch64__
#include <arm_neon.h>

static void
lane(const Move16 *moves, uint32_t n_moves, uint32_t which, const uint8_t *bytes, const uint8_t *blank,
     uint8_t *out)
{
    uint8x16_t all = vld1q_u8(blank);

    for (uint32_t k = 0; k < n_moves; k++)
        all =
            vorrq_u8(all, vqtbl1q_u8(vld1q_u8(bytes + moves[k].from[which]), vld1q_u8(moves[k].mask[which])));
    vst1q_u8(out, all);
}

void
shuffle_run_neon(const Shuffle *self, const uint8_t *bytes, size_t length, uint32_t n, const uint8_t *blank,
                 uint8_t *out)
{
    const Move16 *moves = shuffle_by16(self);

    for (uint32_t slice = 0; slice < self->n_slices; slice++) {
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t which = 0; which < 2; which++)
                lane(moves, self->n_moves[slice], which, bytes + i * length, blank + slice * 32 + which * 16,
                     out + i * self->size + slice * 32 + which * 16);
        moves += self->n_moves[slice];
    }
}
#endif
