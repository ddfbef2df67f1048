/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.c - see settings.h */
#include "collector/cli/settings.h"
#include "collector/cli/settings-exporters.h"
#include "collector/cli/settings-stream.h"
#include "collector/cli/settings-tee.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(type, field) offsetof(type, field)

/* A [place.NAME] as it stands in the file; becomes a PlaceSource. */
typedef struct PlaceSettings {
    char *type, *path, *preset, *map;
    int64_t priority;
} PlaceSettings;

/* A [list.NAME] as it stands in the file; becomes a ListSource. */
typedef struct ListSettings {
    char *type, *path;
    int64_t confidence, expires_days;
} ListSettings;

/* A new key is one more line here, and one more paragraph in etc/talaya.conf (a test compares them). */
static const ConfigKey keys[] = {
    { "collector", "listen", CONFIG_LIST, AT(CollectorSettings, listen),
      "udp:127.0.0.1:2055,udp:127.0.0.1:4739,udp:127.0.0.1:6343",
      .words = "sockets: udp:ADDRESS:PORT (any format), tcp:ADDRESS:PORT and tls:ADDRESS:PORT (IPFIX)" },
    { "collector", "exporters", CONFIG_LIST, AT(CollectorSettings, exporters), "127.0.0.0/8,::1",
      .words = "who may send: addresses or prefixes; everybody else is refused and counted" },
    { "collector", "receive-buffer", CONFIG_NUMBER, AT(CollectorSettings, receive_buffer), "67108864", 65536,
      1073741824, .words = "bytes of kernel buffer to ask for, for each socket" },
    { "collector", "threads", CONFIG_NUMBER, AT(CollectorSettings, threads), "0", 0, 32,
      .words =
          "threads that receive and decode, each with its share of the exporters; 0: as many as suit the "
          "processors" },
    { "collector", "queue", CONFIG_NUMBER, AT(CollectorSettings, queue), "256", 4, 65536,
      .words = "blocks of 1,024 records between receiving and scoring (192 KiB of memory each)" },
    { "collector", "sampling", CONFIG_NUMBER, AT(CollectorSettings, sampling), "0", 0, 16777216,
      .words = "one in N packets, for all exporters, whatever they say; 0: believe them" },
    { "collector", "max-exporters", CONFIG_NUMBER, AT(CollectorSettings, max_exporters), "4096", 1, 1048576,
      .words = "exporters kept at most" },
    { "collector", "max-new-exporters", CONFIG_NUMBER, AT(CollectorSettings, max_new_exporters), "600", 1,
      1048576, .words = "exporters accepted for the first time in one minute, at most" },
    { "collector", "max-domains", CONFIG_NUMBER, AT(CollectorSettings, max_domains), "64", 1, 65536,
      .words = "observation domains of one exporter, at most" },
    { "collector", "max-templates", CONFIG_NUMBER, AT(CollectorSettings, max_templates), "1024", 1, 65280,
      .words = "templates of one exporter, at most" },
    { "collector", "max-fields", CONFIG_NUMBER, AT(CollectorSettings, max_fields), "512", 1, 4096,
      .words = "fields of one template, at most" },
    { "collector", "max-template-bytes", CONFIG_NUMBER, AT(CollectorSettings, max_template_bytes), "1048576",
      1024, 67108864, .words = "memory for the templates of one exporter, at most" },
    { "collector", "max-held-bytes", CONFIG_NUMBER, AT(CollectorSettings, max_held_bytes), "1048576", 0,
      67108864, .words = "data of one exporter that waits for its template, at most" },
    { "collector", "tee-queue", CONFIG_NUMBER, AT(CollectorSettings, tee_queue), "16777216", 262144,
      1073741824,
      .words = "bytes of memory for datagrams that wait to be sent on to [tee.NAME] destinations" },
    { "collector", "interfaces", CONFIG_PATH, AT(CollectorSettings, interfaces), NULL,
      .words = "CSV: exporter,ifIndex,name,description,speed,sampling" },
    { "exporter.*", "address", CONFIG_LIST, AT(ExporterSettings, address), NULL,
      .words = "whom this section is about: addresses or prefixes; of several sections the longest prefix "
               "wins" },
    { "exporter.*", "name", CONFIG_TEXT, AT(ExporterSettings, name), NULL,
      .words = "what to call it; left out: the section's NAME" },
    { "exporter.*", "sampling", CONFIG_NUMBER, AT(ExporterSettings, sampling), "0", 0, 16777216,
      .words = "one in N packets, whatever it says itself; 0: believe it" },
    { "exporter.*", "interfaces", CONFIG_PATH, AT(ExporterSettings, interfaces), NULL,
      .words = "CSV: ifIndex,name,description,speed,sampling of its interfaces" },
    { "exporter.*", "clock", CONFIG_CHOICE, AT(ExporterSettings, clock), "trust", .choices = "trust correct",
      .words = "correct: move its times by what its clock is off" },
    { "exporter.*", "ports", CONFIG_CHOICE, AT(ExporterSettings, ports), "auto",
      .choices = "auto separate together",
      .words = "whether its source ports are senders of their own; auto: when their templates or sequence "
               "numbers contradict each other" },
    { "exporter.*", "vendor", CONFIG_CHOICE, AT(ExporterSettings, vendor), "unknown",
      .choices = "unknown cisco-xe cisco-xr cisco-nxos cisco-asa juniper nokia arist"
                 "a huawei mikrotik fortinet paloalto vyos softflowd pmacct hsflow"
                 "d openvswitch vmware nprobe yaf sonicwall netscaler barracuda",
      .words = "whose router it is; unknown: seen from what it sends" },
    { "stream", "max-connections", CONFIG_NUMBER, AT(StreamSettings, max_connections), "1024", 1, 65536,
      .words = "connections over TCP and TLS at the same time, at most" },
    { "stream", "max-per-address", CONFIG_NUMBER, AT(StreamSettings, max_per_address), "16", 1, 65536,
      .words = "of them from one address, at most" },
    { "stream", "max-new", CONFIG_NUMBER, AT(StreamSettings, max_new), "60", 1, 65536,
      .words = "new connections from one address in one minute, at most" },
    { "stream", "handshake-timeout", CONFIG_NUMBER, AT(StreamSettings, handshake_timeout), "10", 1, 3600,
      .words = "seconds for a TLS handshake" },
    { "stream", "message-timeout", CONFIG_NUMBER, AT(StreamSettings, message_timeout), "30", 1, 3600,
      .words = "seconds for a message that has begun to become whole" },
    { "stream", "idle-timeout", CONFIG_NUMBER, AT(StreamSettings, idle_timeout), "3600", 1, 604800,
      .words = "seconds without any message after which a connection is ended" },
    { "tls", "certificate", CONFIG_PATH, AT(TlsSettings, certificate), NULL,
      .words = "PEM file: our certificate, then those between it and its authority" },
    { "tls", "key", CONFIG_PATH, AT(TlsSettings, key), NULL, .words = "PEM file: its private key" },
    { "tls", "ca", CONFIG_PATH, AT(TlsSettings, ca), NULL,
      .words = "PEM file: the authorities that issue routers' certificates" },
    { "tls", "crl", CONFIG_PATH, AT(TlsSettings, crl), NULL,
      .words = "PEM file: the certificates that those have revoked" },
    { "tls", "client-certificates", CONFIG_CHOICE, AT(TlsSettings, client_certificates), "require",
      .choices = "require allow", .words = "allow: routers that show no certificate may send as well" },
    { "tls", "names", CONFIG_LIST, AT(TlsSettings, names), NULL,
      .words = "names or addresses in routers' certificates that may send; empty: all that [tls] ca= vouches "
               "for" },
    { "assets", "prefixes", CONFIG_LIST, AT(AssetSettings, prefixes), NULL,
      .words = "the addresses that are ours: what is scored" },
    { "assets", "inventory", CONFIG_PATH, AT(AssetSettings, inventory), NULL,
      .words = "CSV: prefix,name,role,criticality,tags" },
    { "scoring", "budget", CONFIG_REAL, AT(ScoringSettings, budget), "5", 0.01, 1000,
      .words = "false alarms a day for the whole network that the operator accepts" },
    { "scoring", "learn-days", CONFIG_NUMBER, AT(ScoringSettings, learn_days), "2", 1, 90,
      .words = "days until an asset's own history is taken at full weight" },
    { "scoring", "window", CONFIG_NUMBER, AT(ScoringSettings, window), "300", 60, 3600,
      .words = "seconds of one time slot" },
    { "scoring", "max-assets", CONFIG_NUMBER, AT(ScoringSettings, max_assets), "65536", 16, 4194304,
      .words = "assets kept at most" },
    { "scoring", "max-peers", CONFIG_NUMBER, AT(ScoringSettings, max_peers), "512", 16, 65536,
      .words = "peers of one asset that keep their places when room gets short" },
    { "scoring", "max-pairs", CONFIG_NUMBER, AT(ScoringSettings, max_pairs), "1048576", 1024, 67108864,
      .words = "conversations followed at the same time, at most" },
    { "scoring", "threads", CONFIG_NUMBER, AT(ScoringSettings, threads), "0", 0, 8,
      .words = "threads that score; 0: as many as suit the processors. Alerts are the same with any number" },
    { "tee.*", "to", CONFIG_TEXT, AT(TeeSettings, to), NULL,
      .words = "another collector that gets every datagram unchanged: udp:ADDRESS:PORT" },
    { "tee.*", "keep-source", CONFIG_FLAG, AT(TeeSettings, keep_source), "no",
      .words = "send with the exporter's own address and port; takes CAP_NET_RAW at the start" },
    { "tee.*", "exporters", CONFIG_LIST, AT(TeeSettings, exporters), NULL,
      .words = "whose datagrams: addresses or prefixes; left out: everybody's" },
    { "place.*", "type", CONFIG_CHOICE, AT(PlaceSettings, type), "csv", .choices = "csv mmdb list",
      .words = "what kind of file this source is" },
    { "place.*", "path", CONFIG_PATH, AT(PlaceSettings, path), NULL, .words = "the file" },
    { "place.*", "preset", CONFIG_TEXT, AT(PlaceSettings, preset), NULL,
      .words = "mmdb: schema (maxmind-connection-type, maxmind-asn, maxmind-country, maxmind-anonymous, "
               "ipinfo, dbip, "
               "ip2location); left out: seen from the file" },
    { "place.*", "map", CONFIG_TEXT, AT(PlaceSettings, map), NULL,
      .words = "rules 'path.in.record=value -> access:residential:90', separated by ';'" },
    { "place.*", "priority", CONFIG_NUMBER, AT(PlaceSettings, priority), "50", 1, 1000,
      .words = "who wins between sources with equally long prefixes: the higher" },
    { "list.*", "type", CONFIG_CHOICE, AT(ListSettings, type), "plain", .choices = "plain csv misp stix",
      .words = "what kind of list this is" },
    { "list.*", "path", CONFIG_PATH, AT(ListSettings, path), NULL,
      .words = "the file; of a MISP feed the folder" },
    { "list.*", "confidence", CONFIG_NUMBER, AT(ListSettings, confidence), "80", 1, 100,
      .words = "how far it may be believed, where an entry does not say it" },
    { "list.*", "expires-days", CONFIG_NUMBER, AT(ListSettings, expires_days), "90", 1, 3650,
      .words = "days after which an entry that was not said again counts for nothing" },
    { "series", "assets", CONFIG_NUMBER, AT(SeriesSettings, assets), "100", 0, 100000,
      .words = "the so many busiest assets get graphs; those tagged 'pinned' always do" },
    { "series", "max-files", CONFIG_NUMBER, AT(SeriesSettings, max_files), "2000", 1, 1000000,
      .words = "RRD files at most (about half a megabyte each)" },
    { "series", "min-free", CONFIG_NUMBER, AT(SeriesSettings, min_free), "104857600", 0, 1e13,
      .words = "bytes of free disk below which graphs are no longer written, so that alerts still are" },
    { "web", "listen", CONFIG_TEXT, AT(WebSettings, listen), "127.0.0.1:8080",
      .words = "address:port of console and API; there is no TLS here, so put a proxy in front of any other "
               "address" },
    { "state", "dir", CONFIG_PATH, AT(StateSettings, dir), "/var/lib/talaya",
      .words = "where everything is kept" },
    { "state", "snapshot-every", CONFIG_NUMBER, AT(StateSettings, snapshot_every), "30", 1, 3600,
      .words = "seconds between two snapshots of baselines and templates" },
    { "demo", "data", CONFIG_FLAG, AT(DemoSettings, data), "no",
      .words = "what comes in is made up; the console says so" },
};

void
settings_complain(GString *wrong, const Config *config, const char *section, const char *key,
                  const char *format, ...)
{
    unsigned line = config_line(config, section, key);
    va_list args;

    if (wrong->len > 0)
        g_string_append_c(wrong, '\n');
    g_string_append(wrong, config_name(config));
    if (line > 0)
        g_string_append_printf(wrong, ":%u", line);
    g_string_append_printf(wrong, ": [%s] %s: ", section, key);
    va_start(args, format);
    g_string_append_vprintf(wrong, format, args);
    va_end(args);
}

bool
settings_parse_host_port(const char *text, char **address, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;

    if (colon == NULL || colon == text || !g_ascii_isdigit(colon[1]))
        return false;
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || number > 65535)
        return false;
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    *address =
        bracketed ? g_strndup(text + 1, (size_t)(colon - text) - 2) : g_strndup(text, (size_t)(colon - text));
    *port = (uint16_t)number;

    IpAddress ip;
    if (ip_parse(*address, &ip))
        return true;
    g_clear_pointer(address, g_free);
    return false;
}

/* "tls:ADDRESS:PORT" */
static bool
parse_one_listen(const char *text, Listen *out)
{
    const char *colon = strchr(text, ':');

    for (Transport transport = TRANSPORT_UDP; colon != NULL && transport <= TRANSPORT_TLS; transport++) {
        g_autofree char *prefix = g_strconcat(transport_name(transport), ":", NULL);
        out->transport = transport;
        if (g_str_has_prefix(text, prefix))
            return settings_parse_host_port(colon + 1, &out->address, &out->port);
    }
    return false;
}

static void
parse_listen(Settings *self, const Config *config, GString *wrong)
{
    size_t n = g_strv_length(self->collector.listen);

    self->listen = g_new0(Listen, n + 1);
    self->streams = g_new0(Listen, n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *text = self->collector.listen[i];
        Listen one = { 0 };
        if (!parse_one_listen(text, &one))
            settings_complain(
                wrong, config, "collector", "listen",
                "'%s' is not of the form udp:ADDRESS:PORT, tcp:ADDRESS:PORT or tls:ADDRESS:PORT", text);
        else if (one.transport == TRANSPORT_UDP)
            self->listen[self->n_listen++] = one;
        else
            self->streams[self->n_streams++] = one;
    }
    if (n == 0)
        settings_complain(wrong, config, "collector", "listen", "nothing to listen on");
    settings_check_tls(self, config, wrong);
}

static IpPrefix *
parse_prefixes(const Config *config, const char *section, const char *key, char **texts, size_t *n,
               GString *wrong)
{
    IpPrefix *prefixes = g_new0(IpPrefix, g_strv_length(texts) + 1);

    for (char **text = texts; *text != NULL; text++) {
        if (ip_prefix_parse(*text, &prefixes[*n]))
            (*n)++;
        else
            settings_complain(wrong, config, section, key,
                              "'%s' is no address or prefix (host bits must be zero)", *text);
    }
    return prefixes;
}

static void
read_place(Settings *self, const Config *config, const char *section, GString *wrong)
{
    static const char *const types[] = { [PLACE_CSV] = "csv", [PLACE_MMDB] = "mmdb", [PLACE_LIST] = "list" };
    PlaceSettings raw = { 0 };
    PlaceSource *place = &self->places[self->n_places++];

    config_fill(config, section, &raw);
    *place = (PlaceSource){ .name = g_strdup(section + strlen("place.")),
                            .path = raw.path,
                            .preset = raw.preset,
                            .map = raw.map,
                            .priority = (int)raw.priority };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i], raw.type) == 0)
            place->type = (PlaceType)i;
    g_free(raw.type);
    if (place->path == NULL)
        settings_complain(wrong, config, section, "path", "is missing");
}

static void
read_list(Settings *self, const Config *config, const char *section, GString *wrong)
{
    ListSettings raw = { 0 };
    ListSource *list = &self->lists[self->n_lists++];

    config_fill(config, section, &raw);
    *list = (ListSource){ .name = g_strdup(section + strlen("list.")),
                          .path = raw.path,
                          .confidence = (uint32_t)raw.confidence,
                          .expires_days = (uint32_t)raw.expires_days };
    for (ListType type = 0; type < N_LIST_TYPES; type++)
        if (strcmp(list_type_name(type), raw.type) == 0)
            list->type = type;
    g_free(raw.type);
    if (list->path == NULL)
        settings_complain(wrong, config, section, "path", "is missing");
}

static void
parse_lists(Settings *self, const Config *config, GString *wrong)
{
    parse_listen(self, config, wrong);
    self->exporters = parse_prefixes(config, "collector", "exporters", self->collector.exporters,
                                     &self->n_exporters, wrong);
    self->prefixes =
        parse_prefixes(config, "assets", "prefixes", self->assets.prefixes, &self->n_prefixes, wrong);
    if (self->n_prefixes == 0 && g_strv_length(self->assets.prefixes) == 0)
        settings_complain(wrong, config, "assets", "prefixes",
                          "is missing; without it nothing is ours and nothing is scored");
    if (!settings_parse_host_port(self->web.listen, &self->web_address, &self->web_port))
        settings_complain(wrong, config, "web", "listen", "'%s' is not of the form ADDRESS:PORT",
                          self->web.listen);
    const char *const *sections = config_sections(config);
    self->places = g_new0(PlaceSource, g_strv_length((char **)sections) + 1);
    self->lists = g_new0(ListSource, g_strv_length((char **)sections) + 1);
    for (; *sections != NULL; sections++) {
        if (g_str_has_prefix(*sections, "place."))
            read_place(self, config, *sections, wrong);
        if (g_str_has_prefix(*sections, "list."))
            read_list(self, config, *sections, wrong);
    }
    self->rules = settings_read_exporters(self, config, wrong);
    settings_read_tees(self, config, wrong);
}

Settings *
settings_load(const char *path, GError **error)
{
    g_autoptr(Config) config = config_load(path, keys, G_N_ELEMENTS(keys), error);
    g_autoptr(GString) wrong = g_string_new(NULL);

    if (config == NULL)
        return NULL;
    g_autoptr(Settings) self = g_new0(Settings, 1);
    self->path = g_strdup(path);
    config_fill(config, "collector", &self->collector);
    config_fill(config, "stream", &self->stream);
    config_fill(config, "tls", &self->tls);
    config_fill(config, "assets", &self->assets);
    config_fill(config, "scoring", &self->scoring);
    config_fill(config, "series", &self->series);
    config_fill(config, "web", &self->web);
    config_fill(config, "state", &self->state);
    config_fill(config, "demo", &self->demo);
    parse_lists(self, config, wrong);
    if (wrong->len > 0) {
        g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, wrong->str);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
settings_free(Settings *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; self->listen != NULL && i < self->n_listen; i++)
        g_free(self->listen[i].address);
    for (size_t i = 0; i < self->n_streams; i++)
        g_free(self->streams[i].address);
    for (size_t i = 0; i < self->n_places; i++) {
        g_free(self->places[i].name);
        g_free(self->places[i].path);
        g_free(self->places[i].preset);
        g_free(self->places[i].map);
    }
    for (size_t i = 0; i < self->n_lists; i++) {
        g_free(self->lists[i].name);
        g_free(self->lists[i].path);
    }
    g_free(self->lists);
    g_strfreev(self->collector.listen);
    g_strfreev(self->collector.exporters);
    g_strfreev(self->assets.prefixes);
    g_free(self->collector.interfaces);
    exporter_rules_free(self->rules);
    settings_free_tees(self);
    g_free(self->assets.inventory);
    g_free(self->web.listen);
    g_free(self->state.dir);
    g_free(self->listen);
    g_free(self->streams);
    g_free(self->tls.certificate);
    g_free(self->tls.key);
    g_free(self->tls.ca);
    g_free(self->tls.crl);
    g_free(self->tls.client_certificates);
    g_strfreev(self->tls.names);
    g_free(self->exporters);
    g_free(self->prefixes);
    g_free(self->places);
    g_free(self->web_address);
    g_free(self->path);
    g_free(self);
}

/* How many threads suit this machine. */
typedef struct Suits {
    guint processors;
    uint32_t receive, score;
} Suits;

static const Suits *
suits_here(void)
{
    /* Decoding takes a third of what scoring takes: more would only wait for that. And a third to a half of
     * the scoring can be given away; with two processors the other one receives. */
    static const Suits suits[] = { { 16, 4, 3 }, { 4, 2, 2 }, { 0, 1, 1 } };
    guint processors = g_get_num_processors();
    size_t i = 0;

    while (processors < suits[i].processors)
        i++;
    return &suits[i];
}

uint32_t
settings_threads(const Settings *self)
{
    return self->collector.threads > 0 ? (uint32_t)self->collector.threads : suits_here()->receive;
}

bool
settings_hears_only_us(const Settings *self)
{
    for (size_t i = 0; i < self->n_exporters; i++)
        if (!ip_is_loopback(&self->exporters[i].address))
            return false;
    return true;
}

DecoderConf
settings_decoder(const Settings *self)
{
    const CollectorSettings *from = &self->collector;

    return (DecoderConf){ .allowed = self->exporters,
                          .n_allowed = self->n_exporters,
                          .max_exporters = (uint32_t)from->max_exporters,
                          .max_new_exporters_per_minute = (uint32_t)from->max_new_exporters,
                          .max_domains = (uint32_t)from->max_domains,
                          .max_templates = (uint32_t)from->max_templates,
                          .max_fields = (uint32_t)from->max_fields,
                          .max_template_bytes = (uint32_t)from->max_template_bytes,
                          .max_held_bytes = (uint32_t)from->max_held_bytes,
                          .sampling_override = (uint32_t)from->sampling,
                          .rules = self->rules };
}

ScoringConf
settings_scoring(const Settings *self)
{
    return (ScoringConf){ .budget = self->scoring.budget,
                          .learn_days = (uint32_t)self->scoring.learn_days,
                          .window_s = (uint32_t)self->scoring.window,
                          .max_assets = (uint32_t)self->scoring.max_assets,
                          .max_peers_per_asset = (uint32_t)self->scoring.max_peers,
                          .max_pairs = (uint32_t)self->scoring.max_pairs,
                          .threads = self->scoring.threads > 0 ? (uint32_t)self->scoring.threads
                                                               : suits_here()->score,
                          .series_assets = (uint32_t)self->series.assets };
}

AssetTable *
settings_assets(const Settings *self, GError **error)
{
    return asset_table_new(self->prefixes, self->n_prefixes, self->assets.inventory, error);
}

PlaceTable *
settings_places(const Settings *self, GError **error)
{
    return place_table_new(self->places, self->n_places, self->prefixes, self->n_prefixes, error);
}

ListTable *
settings_lists(const Settings *self, GError **error)
{
    return list_table_new(self->lists, self->n_lists, error);
}

char *
settings_state_path(const Settings *self, const char *state_dir, const char *name)
{
    return g_build_filename(state_dir != NULL ? state_dir : self->state.dir, name, NULL);
}

void
settings_print_keys(void)
{
    const char *section = "";

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const ConfigKey *key = &keys[i];
        if (strcmp(section, key->section) != 0)
            printf("%s[%s]\n", i == 0 ? "" : "\n", section = key->section);
        printf("# %s", key->words);
        if (key->type == CONFIG_NUMBER || key->type == CONFIG_REAL)
            printf(" (%.10g to %.10g)", key->low, key->high);
        else if (key->type == CONFIG_CHOICE)
            printf(" (%s)", key->choices);
        printf("\n%s%s=%s\n", key->preset == NULL ? "#" : "", key->key,
               key->preset == NULL ? "" : key->preset);
    }
}
