/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * network.h - who is who: the hosts of a made-up regional network, and the networks of a made-up Internet
 *
 * Inside is 10.16.0.0/12. Outside is 240.0.0.0/8, which nobody has: each network there is one /19. What the
 * place table says of them (network_places_text) is wrong for some and silent about others. Immutable once
 * made.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include "scoring/place.h"
#include "tests/eval/draw.h"

typedef enum HostRole {
    HOST_ROUTER, /* the first ones are the exporters */
    HOST_BALANCER,
    HOST_WEB,
    HOST_APP,
    HOST_DATABASE,
    HOST_MAIL,
    HOST_DNS,
    HOST_VPN,
    HOST_FILES,
    HOST_BACKUP,
    HOST_DIRECTORY,
    HOST_MONITOR,
    HOST_JUMP,
    HOST_LOGS,
    HOST_PRINTER,
    HOST_CAMERA,
    HOST_PLC,
    HOST_SCADA,
    HOST_HISTORIAN,
    HOST_DESK,
    N_HOST_ROLES
} HostRole;

typedef enum Site { SITE_CENTRE, SITE_BRANCH, SITE_PLANT, N_SITES } Site;

typedef struct Host {
    uint32_t address; /* host order, as all here */
    uint8_t role, site;
    bool in_inventory; /* the others' roles have to be learned */
    double activity;   /* how busy beside its like, 1 on the average */
    char name[24];
} Host;

typedef struct FarNetwork {
    uint32_t base; /* of its /19 */
    uint32_t asn;
    uint8_t access;  /* AccessClass: what it is */
    uint8_t told[2]; /* what the table says of either half; ACCESS_UNKNOWN: nothing */
    uint8_t confidence[2];
    uint8_t way;   /* by which of the three ways out it is reached */
    double weight; /* of its class */
} FarNetwork;

enum { FAR_NETWORKS = 160, FAR_BITS = 13, OWN_AS = 64496 };

typedef struct Network {
    uint64_t seed;
    Host *hosts;
    uint32_t n_hosts;
    uint32_t first[N_HOST_ROLES], count[N_HOST_ROLES]; /* hosts of a role stand side by side */
    FarNetwork far[FAR_NETWORKS];
} Network;

Network *network_new(uint64_t seed, uint32_t hosts);
void network_free(Network *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Network, network_free)

const char *host_role_name(HostRole role);
/* Lends the @number-th host of a role, counting round. */
const Host *network_host(const Network *self, HostRole role, uint32_t number);
/* NULL: not one of ours. */
const Host *network_find(const Network *self, uint32_t address);
static inline bool
network_is_inside(uint32_t address)
{
    return address >> 20 == 0x0a1; /* 10.16.0.0/12 */
}
/* The network that an outside address is in. */
const FarNetwork *network_far(const Network *self, uint32_t address);
/* An address in a network of that class, each time the same for the same @hash. */
uint32_t network_far_address(const Network *self, AccessClass access, uint64_t hash);

/* CSV files as [assets] inventory= and [place.NAME] take them; the caller frees. */
char *network_assets_text(const Network *self);
char *network_places_text(const Network *self);
