/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steering.c - see steering.h */
#include "collector/steering.h"

enum { SPREAD = 0x9E3779B1 }; /* 2^32 divided by the golden ratio: neighbours end up far apart */

static uint32_t
word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t
steering_lane(const IpAddress *source, uint32_t lanes)
{
    const uint8_t *at = source->bytes;
    uint32_t key = word(at + 12);

    if (lanes < 2)
        return 0;
    if (!ip_is_v4(source))
        key ^= word(at) ^ word(at + 4) ^ word(at + 8);
    return (key * SPREAD >> 16) % lanes;
}
