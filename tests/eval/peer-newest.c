/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer-newest.c - the newest pair first: whom an asset calls, or is called by, for the first time
 *
 * To make the most of it, the news of those that seldom have any comes first: one by the number of new pairs
 * of the asset in the last week, itself included. Equals are put in an order that means nothing.
 */
#include "tests/eval/peers.h"

static const int64_t week_ms = 7 * 86400000;

typedef struct Past {
    GArray *times; /* of new pairs */
    guint first;   /* within the last week */
} Past;

static Past *
past_of(GHashTable *pasts, uint32_t asset)
{
    Past *past = g_hash_table_lookup(pasts, GUINT_TO_POINTER(asset));

    if (past == NULL) {
        past = g_new0(Past, 1);
        past->times = g_array_new(FALSE, FALSE, sizeof(int64_t));
        g_hash_table_insert(pasts, GUINT_TO_POINTER(asset), past);
    }
    return past;
}

static void
free_past(gpointer data)
{
    Past *past = data;

    g_array_unref(past->times);
    g_free(past);
}

static void
see(const PeerInput *input, GHashTable *pasts, const PeerTalk *talk, uint32_t asset, uint32_t far)
{
    Past *past = past_of(pasts, asset);
    uint64_t id = (uint64_t)asset << 32 | far, chance = id * UINT64_C(0x9e3779b97f4a7c15);

    g_array_append_val(past->times, talk->start_ms);
    while (g_array_index(past->times, int64_t, past->first) < talk->start_ms - week_ms)
        past->first++;
    if (talk->start_ms >= input->judged_ms)
        peer_print("newest", talk->start_ms, id,
                   1.0 / (past->times->len - past->first) + (double)(chance >> 40) * 1e-12, asset, far);
}

void
peer_newest(const PeerInput *input)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GHashTable) pasts = g_hash_table_new_full(NULL, NULL, NULL, free_past);

    for (guint i = 0; i < input->talks->len; i++) {
        const PeerTalk *talk = &g_array_index(input->talks, PeerTalk, i);
        int64_t pair = (int64_t)((uint64_t)talk->client << 32 | talk->server);
        if (g_hash_table_contains(known, &pair))
            continue;
        g_hash_table_add(known, g_memdup2(&pair, sizeof pair));
        if (peer_is_inside(talk->client))
            see(input, pasts, talk, talk->client, talk->server);
        else if (peer_is_inside(talk->server))
            see(input, pasts, talk, talk->server, talk->client);
    }
}
