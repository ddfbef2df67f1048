/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer-zscore.c - bytes that an asset sends in an hour, against mean and deviation of that hour of the day
 *
 * Both are taken from the time of learning and stay as they are. The highest of a day is one alert.
 */
#include "tests/eval/peers.h"

#include <math.h>

typedef struct Bytes {
    uint32_t asset;
    double *by_hour; /* of the whole time */
} Bytes;

static void
free_bytes(gpointer data)
{
    Bytes *bytes = data;

    g_free(bytes->by_hour);
    g_free(bytes);
}

static void
add(GHashTable *assets, const PeerInput *input, uint32_t address, const PeerTalk *talk, double octets)
{
    size_t hours = (size_t)((input->end_ms - input->begin_ms) / 3600000) + 1;
    Bytes *bytes = g_hash_table_lookup(assets, GUINT_TO_POINTER(address));

    if (!peer_is_inside(address))
        return;
    if (bytes == NULL) {
        bytes = g_new0(Bytes, 1);
        bytes->asset = address;
        bytes->by_hour = g_new0(double, hours);
        g_hash_table_insert(assets, GUINT_TO_POINTER(address), bytes);
    }
    int64_t from = (talk->start_ms - input->begin_ms) / 3600000,
            to = (talk->last_ms - input->begin_ms) / 3600000;
    from = CLAMP(from, 0, (int64_t)hours - 1), to = CLAMP(to, from, (int64_t)hours - 1);
    for (int64_t hour = from; hour <= to; hour++)
        bytes->by_hour[hour] += octets / (double)(to - from + 1);
}

static double
z_of(const Bytes *bytes, int64_t hour, int64_t learned)
{
    double sum = 0, squares = 0, n = 0;

    for (int64_t past = hour % 24; past < learned; past += 24) {
        n += 1;
        sum += bytes->by_hour[past];
        squares += bytes->by_hour[past] * bytes->by_hour[past];
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    return (bytes->by_hour[hour] - mean) / sqrt(fmax(variance, 1e6));
}

void
peer_zscore(const PeerInput *input)
{
    g_autoptr(GHashTable) assets = g_hash_table_new_full(NULL, NULL, NULL, free_bytes);
    int64_t learned = (input->judged_ms - input->begin_ms) / 3600000,
            all = (input->end_ms - input->begin_ms) / 3600000;
    GHashTableIter iter;
    gpointer value;

    for (guint i = 0; i < input->talks->len; i++) {
        const PeerTalk *talk = &g_array_index(input->talks, PeerTalk, i);
        add(assets, input, talk->client, talk, (double)talk->client_octets);
        add(assets, input, talk->server, talk, (double)talk->server_octets);
    }
    g_hash_table_iter_init(&iter, assets);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        for (int64_t hour = learned; hour < all; hour++) {
            const Bytes *bytes = value;
            double z = z_of(bytes, hour, learned);
            if (z > 3)
                peer_print("zscore", input->begin_ms + (hour + 1) * 3600000,
                           (uint64_t)bytes->asset << 16 | (uint64_t)(hour / 24), z, bytes->asset, 0);
        }
}
