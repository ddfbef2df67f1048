/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario-network.c - see scenario-network.h; the configuration that fits the demo is written here too */
#include "collector/cli/scenario-network.h"

#include <string.h>

#include "collector/cli/scenario.h"

/* Addresses are those of RFC 5737 and RFC 3849. The desks follow in host_table_init. */
static const ScenarioHost hosts[] = {
    { GROUP_ROUTERS, "edge-1", "203.0.113.1", "network", 5, "router pinned" },
    { GROUP_ROUTERS, "edge-2", "203.0.113.2", "network", 5, "router pinned" },
    { GROUP_ROUTERS, "access-1", "203.0.113.3", "network", 4, "router" },
    { GROUP_WEB, "web-1", "203.0.113.10", "server", 4, "public" },
    { GROUP_WEB, "web-2", "203.0.113.11", "server", 4, "public" },
    { GROUP_WEB, "web-3", "203.0.113.12", "server", 3, "public" },
    { GROUP_MAIL, "mail-1", "203.0.113.20", "server", 4, "public" },
    { GROUP_MAIL, "mail-2", "203.0.113.21", "server", 3, "public" },
    { GROUP_DNS, "dns-1", "203.0.113.30", "server", 5, "public" },
    { GROUP_DNS, "dns-2", "203.0.113.31", "server", 4, "public" },
    { GROUP_MONITOR, "monitor", "203.0.113.40", "server", 5, "pinned" },
    { GROUP_SYSLOG, "syslog", "203.0.113.41", "server", 4, "" },
    { GROUP_FILES, "files", "203.0.113.45", "server", 4, "" },
    { GROUP_BACKUP, "backup", "203.0.113.46", "server", 4, "" },
    { GROUP_VPN, "vpn", "203.0.113.50", "server", 5, "public pinned" },
    { GROUP_INTRANET, "intranet", "203.0.113.60", "server", 3, "" },
    { GROUP_DATABASE, "database", "203.0.113.61", "server", 5, "" },
    { GROUP_BILLING, "billing", "203.0.113.62", "server", 5, "" },
    { GROUP_JUMP, "jump", "203.0.113.70", "management", 5, "" },
    { GROUP_MANAGEMENT, "netmgmt", "203.0.113.71", "management", 5, "" },
    { GROUP_PRINTERS, "printer-1", "198.51.100.60", "printer", 1, "" },
    { GROUP_PRINTERS, "printer-2", "198.51.100.61", "printer", 1, "" },
    { GROUP_WEB6, "web-1-v6", "2001:db8:113::10", "server", 4, "public" },
    { GROUP_MAIL6, "mail-1-v6", "2001:db8:113::20", "server", 4, "public" },
};

/* RFC 2544 and RFC 6598 space plays the Internet; the AS numbers are those of RFC 5398. */
static const ScenarioNetwork networks[] = {
    { "198.18.0.0/18", ACCESS_RESIDENTIAL, 65536, "Lagoon Cable", "GU", 90, WAY_EXCHANGE, 40 },
    { "198.18.64.0/18", ACCESS_RESIDENTIAL, 65537, "Marianas Home Fiber", "MP", 90, WAY_WEST, 25 },
    { "198.18.128.0/18", ACCESS_RESIDENTIAL, 65538, "Pacific DSL", "PH", 85, WAY_EAST, 12 },
    { "198.18.224.0/19", ACCESS_RESIDENTIAL, 65541, "Harbor Broadband", "GU", 90, WAY_EXCHANGE, 13, true },
    { "100.64.0.0/11", ACCESS_RESIDENTIAL, 65540, "Continental Broadband", "US", 80, WAY_WEST, 10 },
    { "198.18.192.0/19", ACCESS_MOBILE, 65539, "Atoll Mobile", "GU", 90, WAY_EXCHANGE, 100 },
    { "198.19.0.0/18", ACCESS_HOSTING, 64500, "Reef Cloud", "US", 90, WAY_WEST, 60 },
    { "198.19.64.0/19", ACCESS_HOSTING, 64501, "Stack Hosting", "JP", 85, WAY_EAST, 30 },
    { "100.96.0.0/13", ACCESS_HOSTING, 65542, "Budget VPS", "SG", 80, WAY_WEST, 10 },
    { "198.19.96.0/19", ACCESS_CDN, 64502, "Shoal CDN", "US", 90, WAY_WEST, 70 },
    { "100.104.0.0/14", ACCESS_CDN, 65543, "Tide CDN", "JP", 90, WAY_EAST, 30 },
    { "198.19.128.0/18", ACCESS_BUSINESS, 64503, "Business Lines", "GU", 80, WAY_WEST, 100 },
    { "198.19.192.0/20", ACCESS_EDUCATION, 64504, "Island University", "GU", 90, WAY_WEST, 100 },
    { "198.19.208.0/20", ACCESS_GOVERNMENT, 64505, "Government of the Island", "GU", 90, WAY_EXCHANGE, 100 },
    { "192.0.2.0/30", ACCESS_TRANSIT, 64510, "West Transit", "US", 90, WAY_WEST, 0 },
    { "192.0.2.4/30", ACCESS_TRANSIT, 64511, "East Transit", "JP", 90, WAY_EAST, 0 },
    { "2001:db8:9000::/36", ACCESS_RESIDENTIAL, 65536, "Lagoon Cable", "GU", 90, WAY_EXCHANGE, 70 },
    { "2001:db8:9800::/40", ACCESS_RESIDENTIAL, 65537, "Marianas Home Fiber", "MP", 90, WAY_WEST, 30 },
    { "2001:db8:a000::/36", ACCESS_HOSTING, 64500, "Reef Cloud", "US", 90, WAY_WEST, 100 },
};

static const struct {
    uint8_t router;
    uint16_t interface;
    const char *next_hop;
    uint32_t as; /* 0: the far end is the neighbour */
} ways[N_WAYS] = {
    [WAY_WEST] = { 0, 2, "192.0.2.1", 64510 },
    [WAY_EAST] = { 1, 2, "192.0.2.5", 64511 },
    [WAY_EXCHANGE] = { 1, 3, "192.0.2.9", 0 },
};

static const ScenarioInterface interfaces[] = {
    { 0, INSIDE_IF, "Te0/0/0", "core" },     { 0, 2, "Te0/0/1", "uplink west" },
    { 1, INSIDE_IF, "xe-0/0/0", "core" },    { 1, 2, "xe-0/0/1", "uplink east" },
    { 1, 3, "xe-0/0/2", "island exchange" },
};

const ScenarioNetwork *
scenario_networks(size_t *n)
{
    *n = G_N_ELEMENTS(networks);
    return networks;
}

const ScenarioInterface *
scenario_interfaces(size_t *n)
{
    *n = G_N_ELEMENTS(interfaces);
    return interfaces;
}

static void
add_host(HostTable *self, HostGroup group, const char *address)
{
    if (!ip_parse(address, &self->address[self->n]))
        g_assert_not_reached(); /* a constant of this file */
    if (self->count[group]++ == 0)
        self->first[group] = self->n;
    self->group[self->n++] = group;
}

void
host_table_init(HostTable *self)
{
    *self = (HostTable){ 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++)
        add_host(self, hosts[i].group, hosts[i].address);
    for (int i = 0; i < SCENARIO_DESKS; i++) {
        char address[IP_TEXT];
        g_snprintf(address, sizeof address, "198.51.100.%d", 100 + i);
        add_host(self, GROUP_DESKS, address);
    }
}

bool
scenario_is_inside(const IpAddress *ip)
{
    static const uint8_t v6[6] = { 0x20, 0x01, 0x0d, 0xb8, 0x01, 0x13 };
    const uint8_t *at = ip->bytes + 12;

    if (!ip_is_v4(ip))
        return memcmp(ip->bytes, v6, sizeof v6) == 0;
    return (at[0] == 203 && at[1] == 0 && at[2] == 113) || (at[0] == 198 && at[1] == 51 && at[2] == 100);
}

static const ScenarioNetwork *
network_of(const IpAddress *ip)
{
    for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
        IpPrefix prefix;
        if (ip_prefix_parse(networks[i].prefix, &prefix) && ip_prefix_has(&prefix, ip))
            return &networks[i];
    }
    return NULL;
}

/* Between our own networks: access-1 routes, and everything is directly connected. */
static uint16_t
inside_interface(const IpAddress *ip)
{
    if (ip->bytes[12] == 198)
        return 20;                        /* offices */
    return ip->bytes[15] >= 70 ? 30 : 10; /* management, servers */
}

ScenarioPath
scenario_path(const IpAddress *a, const IpAddress *b, bool west_is_down)
{
    bool goes_out = scenario_is_inside(a);
    ScenarioPath path = { .router = 2 };

    if (goes_out && scenario_is_inside(b)) {
        path.in_if = inside_interface(a);
        path.out_if = inside_interface(b);
        return path;
    }
    const ScenarioNetwork *network = network_of(goes_out ? b : a);
    g_assert(network != NULL);
    unsigned way = network->way == WAY_WEST && west_is_down ? WAY_EAST : network->way;
    IpAddress outwards, inwards;
    ip_parse(ways[way].next_hop, &outwards);
    ip_parse("203.0.113.3", &inwards);
    path.router = ways[way].router;
    path.in_if = goes_out ? INSIDE_IF : ways[way].interface;
    path.out_if = goes_out ? ways[way].interface : INSIDE_IF;
    path.next_hop = goes_out ? outwards : inwards;
    path.back_next_hop = goes_out ? inwards : outwards;
    path.src_as = goes_out ? OWN_AS : network->asn;
    path.dst_as = goes_out ? network->asn : OWN_AS;
    path.next_as = ways[way].as != 0 ? ways[way].as : network->asn;
    return path;
}

char *
scenario_config_text(void)
{
    return g_strdup("# The demo's configuration, written by 'talaya demo --config-out'.\n"
                    "[collector]\n"
                    "listen=udp:127.0.0.1:2055\n"
                    "exporters=127.0.0.0/8\n\n"
                    "[assets]\n"
                    "prefixes=203.0.113.0/24,198.51.100.0/24,2001:db8:113::/48\n"
                    "inventory=assets.csv\n\n"
                    "[scoring]\n"
                    "budget=5\n"
                    "learn-days=4\n"
                    "window=300\n\n"
                    "[place.local]\n"
                    "type=csv\n"
                    "path=places.csv\n\n"
                    "[web]\n"
                    "listen=127.0.0.1:8080\n\n"
                    "[state]\n"
                    "dir=state\n\n"
                    "# The console says that what it shows is made up.\n"
                    "[demo]\n"
                    "data=yes\n");
}

char *
scenario_assets_text(void)
{
    GString *text = g_string_new("# The demo's inventory.\nprefix,name,role,criticality,tags\n");

    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++)
        g_string_append_printf(text, "%s,%s,%s,%d,%s\n", hosts[i].address, hosts[i].name, hosts[i].role,
                               hosts[i].criticality, hosts[i].tags);
    for (int i = 0; i < SCENARIO_DESKS; i++)
        g_string_append_printf(text, "198.51.100.%d,desk-%02d,client,2,\n", 100 + i, i + 1);
    return g_string_free(text, FALSE);
}

char *
scenario_places_text(void)
{
    GString *text = g_string_new("# The demo's pretend Internet: what kind of network is where.\n"
                                 "prefix,access,anonymity,asn,as_name,country,confidence\n");

    for (size_t i = 0; i < G_N_ELEMENTS(networks); i++)
        g_string_append_printf(text, "%s,%s,,%u,%s,%s,%d\n", networks[i].prefix,
                               access_class_name((AccessClass)networks[i].access), networks[i].asn,
                               networks[i].as_name, networks[i].country, networks[i].confidence);
    return g_string_free(text, FALSE);
}
