/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings-tee.c - see settings-tee.h */
#include "collector/cli/settings-tee.h"
#include "collector/cli/settings-exporters.h"

#include <string.h>

static void
set_address(TeeTarget *tee, const IpAddress *ip, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&tee->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&tee->address;

    if (ip_is_v4(ip)) {
        *v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
        memcpy(&v4->sin_addr, ip->bytes + 12, 4);
    } else {
        *v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
        memcpy(&v6->sin6_addr, ip->bytes, 16);
    }
}

/* What is sent to one of our own sockets would come back for ever. Seen as far as it can be here: other
 * addresses of this machine are not known. */
static bool
is_ourselves(const Settings *settings, const IpAddress *ip, uint16_t port)
{
    for (size_t i = 0; i < settings->n_listen; i++) {
        const Listen *listen = &settings->listen[i];
        IpAddress own;

        if (listen->port == port && ip_parse(listen->address, &own) &&
            (ip_equal(&own, ip) || (ip_is_zero(&own) && ip_is_loopback(ip))))
            return true;
    }
    return false;
}

static void
read_to(const Settings *settings, const Config *config, const char *section, TeeTarget *tee, GString *wrong)
{
    g_autofree char *address = NULL;
    uint16_t port = 0;
    IpAddress ip;

    if (tee->to == NULL) {
        settings_complain(wrong, config, section, "to", "is missing");
        return;
    }
    if (!g_str_has_prefix(tee->to, "udp:") || !settings_parse_host_port(tee->to + 4, &address, &port) ||
        port == 0 || !ip_parse(address, &ip)) {
        settings_complain(wrong, config, section, "to",
                          "'%s' is not of the form udp:ADDRESS:PORT (an address, not a name)", tee->to);
        return;
    }
    if (is_ourselves(settings, &ip, port))
        settings_complain(wrong, config, section, "to", "'%s' is our own socket: it would go round for ever",
                          tee->to);
    set_address(tee, &ip, port);
}

static void
read_one(Settings *self, const Config *config, const char *section, GString *wrong)
{
    TeeSettings raw = { 0 };
    TeeTarget *tee = &self->tees[self->n_tees++];

    config_fill(config, section, &raw);
    *tee = (TeeTarget){ .name = g_strdup(section + strlen("tee.")),
                        .to = raw.to,
                        .keep_source = raw.keep_source,
                        .exporters = g_new0(IpPrefix, g_strv_length(raw.exporters) + 1) };
    for (char **text = raw.exporters; *text != NULL; text++) {
        if (ip_prefix_parse(*text, &tee->exporters[tee->n_exporters]))
            tee->n_exporters++;
        else
            settings_complain(wrong, config, section, "exporters",
                              "'%s' is no address or prefix (host bits must be zero)", *text);
    }
    g_strfreev(raw.exporters);
    read_to(self, config, section, tee, wrong);
}

void
settings_read_tees(Settings *settings, const Config *config, GString *wrong)
{
    const char *const *sections = config_sections(config);

    settings->tees = g_new0(TeeTarget, g_strv_length((char **)sections) + 1);
    for (; *sections != NULL; sections++)
        if (g_str_has_prefix(*sections, "tee."))
            read_one(settings, config, *sections, wrong);
    if (settings->n_tees > TEE_MOST)
        settings_complain(wrong, config, "collector", "tee-queue",
                          "%zu [tee.NAME] sections are more than the %d that there may be", settings->n_tees,
                          TEE_MOST);
}

void
settings_free_tees(Settings *settings)
{
    for (size_t i = 0; i < settings->n_tees; i++) {
        g_free(settings->tees[i].name);
        g_free(settings->tees[i].to);
        g_free(settings->tees[i].exporters);
    }
    g_free(settings->tees);
}

bool
settings_keep_source(const Settings *self)
{
    for (size_t i = 0; i < self->n_tees; i++)
        if (self->tees[i].keep_source)
            return true;
    return false;
}
