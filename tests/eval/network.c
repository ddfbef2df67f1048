/* SPDX-License-Identifier: GPL-3.0-or-later */
/* network.c - see network.h */
#include "tests/eval/network.h"

#include <string.h>

enum { FAR_BASE = (int)0xf0000000u, INSIDE_BASE = 0x0a100000 };

typedef struct RolePlan {
    const char *name, *kind; /* of a host; what the inventory calls the role */
    double share;            /* of all hosts; desks take what is left */
    uint32_t least;
    uint8_t subnet; /* its /20 inside */
    int criticality;
    uint8_t site; /* N_SITES: spread over all */
} RolePlan;

static const RolePlan plans[N_HOST_ROLES] = {
    [HOST_ROUTER] = { "router", "network", .04, 6, 0, 5, N_SITES },
    [HOST_BALANCER] = { "balancer", "server", .007, 2, 1, 4, SITE_CENTRE },
    [HOST_WEB] = { "web", "server", .05, 6, 1, 4, SITE_CENTRE },
    [HOST_APP] = { "app", "server", .03, 4, 1, 4, SITE_CENTRE },
    [HOST_DATABASE] = { "db", "server", .025, 3, 2, 5, SITE_CENTRE },
    [HOST_MAIL] = { "mail", "server", .01, 2, 1, 4, SITE_CENTRE },
    [HOST_DNS] = { "dns", "server", .007, 2, 1, 4, SITE_CENTRE },
    [HOST_VPN] = { "vpn", "server", .007, 2, 1, 5, SITE_CENTRE },
    [HOST_FILES] = { "files", "server", .012, 2, 2, 4, SITE_CENTRE },
    [HOST_BACKUP] = { "backup", "server", .004, 1, 2, 4, SITE_CENTRE },
    [HOST_DIRECTORY] = { "directory", "server", .007, 2, 2, 5, SITE_CENTRE },
    [HOST_MONITOR] = { "monitor", "management", .007, 2, 3, 5, SITE_CENTRE },
    [HOST_JUMP] = { "jump", "management", .007, 2, 3, 5, SITE_CENTRE },
    [HOST_LOGS] = { "logs", "management", .004, 1, 3, 4, SITE_CENTRE },
    [HOST_PRINTER] = { "printer", "device", .03, 3, 4, 2, N_SITES },
    [HOST_CAMERA] = { "camera", "device", .03, 3, 4, 2, N_SITES },
    [HOST_PLC] = { "plc", "ot", .05, 5, 5, 5, SITE_PLANT },
    [HOST_SCADA] = { "scada", "ot", .007, 2, 5, 5, SITE_PLANT },
    [HOST_HISTORIAN] = { "historian", "ot", .004, 1, 5, 4, SITE_PLANT },
    [HOST_DESK] = { "desk", "client", 0, 10, 8, 2, N_SITES },
};

static const struct {
    uint8_t access;
    uint32_t n;
} far_plans[] = {
    { ACCESS_RESIDENTIAL, 44 }, { ACCESS_MOBILE, 8 },    { ACCESS_SATELLITE, 2 }, { ACCESS_HOSTING, 44 },
    { ACCESS_CDN, 8 },          { ACCESS_BUSINESS, 40 }, { ACCESS_EDUCATION, 8 }, { ACCESS_GOVERNMENT, 6 },
};

const char *
host_role_name(HostRole role)
{
    return plans[role].name;
}

static void
make_host(Network *self, HostRole role, uint32_t number)
{
    const RolePlan *plan = &plans[role];
    Draw draw = draw_from(self->seed, 1, role, number);
    Host *host = &self->hosts[self->n_hosts++];

    *host = (Host){ .address =
                        INSIDE_BASE + ((uint32_t)plan->subnet << 16) + ((uint32_t)role << 11) + 10 + number,
                    .role = (uint8_t)role,
                    .site = plan->site,
                    .activity = exp(0.7 * draw_normal(&draw) - 0.245) };
    if (role == HOST_DESK)
        host->address = INSIDE_BASE + ((uint32_t)plan->subnet << 16) + 10 + number;
    if (plan->site == N_SITES)
        host->site = draw_uniform(&draw) < 0.7   ? SITE_CENTRE
                     : draw_uniform(&draw) < 0.6 ? SITE_BRANCH
                                                 : SITE_PLANT;
    host->in_inventory = role == HOST_ROUTER || draw_uniform(&draw) > 0.1;
    g_snprintf(host->name, sizeof host->name, "%s-%u", plan->name, number + 1);
}

static void
make_hosts(Network *self, uint32_t wanted)
{
    uint32_t n = 0;

    for (int role = 0; role < N_HOST_ROLES; role++) {
        self->count[role] = MAX(plans[role].least, (uint32_t)(plans[role].share * wanted));
        if (role == HOST_DESK && wanted > n + self->count[role])
            self->count[role] = wanted - n;
        n += self->count[role];
    }
    self->hosts = g_new0(Host, n);
    for (int role = 0; role < N_HOST_ROLES; role++) {
        self->first[role] = self->n_hosts;
        for (uint32_t i = 0; i < self->count[role]; i++)
            make_host(self, (HostRole)role, i);
    }
}

/* What the table says: mostly right; here and there another class, here and there nothing. */
static void
tell_place(FarNetwork *far, int half, Draw *draw)
{
    static const uint8_t mixed_up[] = { ACCESS_RESIDENTIAL, ACCESS_HOSTING, ACCESS_BUSINESS, ACCESS_MOBILE };
    double chance = draw_uniform(draw);

    far->told[half] = far->access;
    far->confidence[half] = (uint8_t)(60 + draw_below(draw, 36));
    if (chance < 0.06)
        far->told[half] = mixed_up[draw_below(draw, G_N_ELEMENTS(mixed_up))];
    else if (chance < 0.09)
        far->told[half] = ACCESS_UNKNOWN;
}

static void
make_far_networks(Network *self)
{
    uint32_t n = 0;

    for (size_t plan = 0; plan < G_N_ELEMENTS(far_plans); plan++) {
        for (uint32_t i = 0; i < far_plans[plan].n; i++, n++) {
            Draw draw = draw_from(self->seed, 2, n, 0);
            FarNetwork *far = &self->far[n];
            *far = (FarNetwork){ .base = (uint32_t)FAR_BASE + (n << FAR_BITS),
                                 .asn = 64600 + n,
                                 .access = far_plans[plan].access,
                                 .way = (uint8_t)(draw_below(&draw, 5) / 2),
                                 /* The first home network has our own customers. */
                                 .weight = 1.0 / (i + 1) };
            for (int half = 0; half < 2; half++)
                tell_place(far, half, &draw);
        }
    }
    g_assert(n == FAR_NETWORKS);
}

Network *
network_new(uint64_t seed, uint32_t hosts)
{
    Network *self = g_new0(Network, 1);

    self->seed = seed;
    make_hosts(self, hosts);
    make_far_networks(self);
    return self;
}

void
network_free(Network *self)
{
    if (self == NULL)
        return;
    g_free(self->hosts);
    g_free(self);
}

const Host *
network_host(const Network *self, HostRole role, uint32_t number)
{
    return &self->hosts[self->first[role] + number % self->count[role]];
}

const Host *
network_find(const Network *self, uint32_t address)
{
    for (int role = 0; role < N_HOST_ROLES; role++) { /* addresses of a role stand in a row */
        const Host *first = &self->hosts[self->first[role]];
        if (address - first->address < self->count[role])
            return first + (address - first->address);
    }
    return NULL;
}

const FarNetwork *
network_far(const Network *self, uint32_t address)
{
    uint32_t number = (address - (uint32_t)FAR_BASE) >> FAR_BITS;

    return number < FAR_NETWORKS ? &self->far[number] : &self->far[0];
}

uint32_t
network_far_address(const Network *self, AccessClass access, uint64_t hash)
{
    double all = 0, at = draw_unit(draw_mix(hash));
    const FarNetwork *last = NULL;

    for (size_t i = 0; i < FAR_NETWORKS; i++)
        all += self->far[i].access == access ? self->far[i].weight : 0;
    for (size_t i = 0; i < FAR_NETWORKS && at >= 0; i++) {
        if (self->far[i].access != access)
            continue;
        last = &self->far[i];
        at -= last->weight / all;
    }
    g_assert(last != NULL);
    return last->base + 1 + (uint32_t)(draw_mix(hash + 1) % ((1u << FAR_BITS) - 2));
}

static void
append_address(GString *text, uint32_t address)
{
    g_string_append_printf(text, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                           address & 255);
}

char *
network_assets_text(const Network *self)
{
    GString *text = g_string_new("prefix,name,role,criticality,tags\n");

    for (uint32_t i = 0; i < self->n_hosts; i++) {
        const Host *host = &self->hosts[i];
        if (!host->in_inventory)
            continue;
        append_address(text, host->address);
        g_string_append_printf(text, "/32,%s,%s,%d,\n", host->name, plans[host->role].kind,
                               plans[host->role].criticality);
    }
    return g_string_free(text, FALSE);
}

char *
network_places_text(const Network *self)
{
    GString *text = g_string_new("prefix,access,anonymity,asn,as_name,country,confidence\n");

    for (size_t i = 0; i < FAR_NETWORKS; i++)
        for (int half = 0; half < 2; half++) {
            const FarNetwork *far = &self->far[i];
            append_address(text, far->base + ((uint32_t)half << (FAR_BITS - 1)));
            g_string_append_printf(
                text, "/20,%s,,%u,Network %zu,XX,%u\n",
                far->told[half] == ACCESS_UNKNOWN ? "" : access_class_name((AccessClass)far->told[half]),
                far->asn, i, far->told[half] == ACCESS_UNKNOWN ? 0 : far->confidence[half]);
        }
    return g_string_free(text, FALSE);
}
