/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peers.h - what simple methods would say of the same records: conversations put together, and who reads them
 *
 * Three of them, a file each: the newest pair first, a fixed z-score of bytes by hour, and the beacon
 * formulas that RITA publishes. They get what the scoring gets, decoded and stitched, duplicates of a second
 * router left out. Each prints lines `method TIME-MS ID SCORE ASSET FAR`; alerts with one ID are one.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <glib.h>

/* Both directions of one conversation; times in milliseconds. The lower port is taken for the service. */
typedef struct PeerTalk {
    uint32_t client, server; /* IPv4, host order */
    int64_t start_ms, last_ms;
    uint64_t client_octets, server_octets;
    uint32_t told_by[2]; /* the router that told of either direction first, plus one */
    uint16_t service;
    uint8_t protocol;
} PeerTalk;

typedef struct PeerInput {
    const GArray *talks; /* PeerTalk, in the order of their beginning */
    int64_t begin_ms, judged_ms, end_ms;
} PeerInput;

bool peer_is_inside(uint32_t address);
void peer_print(const char *method, int64_t ms, uint64_t id, double score, uint32_t asset, uint32_t far);

void peer_newest(const PeerInput *input);
void peer_zscore(const PeerInput *input);
void peer_rita(const PeerInput *input);
