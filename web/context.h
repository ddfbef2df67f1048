/* SPDX-License-Identifier: GPL-3.0-or-later */
/* context.h - what the server's thread shares between requests; owned by server.c */
#pragma once
#include "web/auth.h"
#include "web/client.h"
#include "web/reader.h"
#include "web/request.h"

struct WebContext {
    Clock *clock; /* borrowed */
    Client *peers[N_PEERS];
    Auth *auth;
    Reader *reader;
    const Route *routes;
    size_t n_routes;
    bool demo;
    uint64_t requests; /* served since start */
};

static inline const char *
peer_name(Peer peer)
{
    return peer == PEER_SENSE ? "sense" : "series";
}
