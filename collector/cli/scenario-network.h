/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario-network.h - who is who in the demo: hosts, networks of the pretend Internet, and the ways between
 * them
 *
 * Constant tables. Internal to scenario*.c.
 */
#pragma once
#include "collector/flow.h"
#include "scoring/place.h"

/* Hosts of a group stand side by side in the table. */
typedef enum HostGroup {
    GROUP_ROUTERS,
    GROUP_WEB,
    GROUP_MAIL,
    GROUP_DNS,
    GROUP_MONITOR,
    GROUP_SYSLOG,
    GROUP_FILES,
    GROUP_BACKUP,
    GROUP_VPN,
    GROUP_INTRANET,
    GROUP_DATABASE,
    GROUP_BILLING,
    GROUP_JUMP,
    GROUP_MANAGEMENT,
    GROUP_PRINTERS,
    GROUP_WEB6,
    GROUP_MAIL6,
    GROUP_DESKS,
    N_HOST_GROUPS
} HostGroup;

typedef struct ScenarioHost {
    HostGroup group;
    const char *name, *address, *role;
    int criticality;
    const char *tags;
} ScenarioHost;

enum { SCENARIO_DESKS = 34, SCENARIO_HOSTS_MOST = 96 };
/* Fills @out with every host, the desks too; gives how many there are. @names holds the desks' texts. */
typedef struct HostTable {
    uint32_t n;
    IpAddress address[SCENARIO_HOSTS_MOST];
    HostGroup group[SCENARIO_HOSTS_MOST];
    uint32_t first[N_HOST_GROUPS], count[N_HOST_GROUPS];
} HostTable;
void host_table_init(HostTable *self);

typedef struct ScenarioNetwork {
    const char *prefix;
    uint8_t access; /* AccessClass */
    uint32_t asn;
    const char *as_name, *country;
    int confidence;
    uint8_t way;     /* ScenarioWay */
    uint8_t weight;  /* how much of its class it is */
    bool comes_only; /* its people come to us; nobody here calls on them */
} ScenarioNetwork;
const ScenarioNetwork *scenario_networks(size_t *n);

/* The ways out: router and interface. */
typedef enum ScenarioWay { WAY_WEST, WAY_EAST, WAY_EXCHANGE, N_WAYS } ScenarioWay;

enum { INSIDE_IF = 1, OWN_AS = 64496 };
typedef struct ScenarioPath {
    uint8_t router;
    uint16_t in_if, out_if; /* on the way from the initiator to the other one */
    IpAddress next_hop, back_next_hop;
    uint32_t src_as, dst_as, next_as;
} ScenarioPath;

/* The way from @a to @b. @west_is_down: what goes west goes east. */
ScenarioPath scenario_path(const IpAddress *a, const IpAddress *b, bool west_is_down);
bool scenario_is_inside(const IpAddress *ip);

typedef struct ScenarioInterface {
    uint8_t router;
    uint16_t index;
    const char *name, *description;
} ScenarioInterface;
const ScenarioInterface *scenario_interfaces(size_t *n);
