/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.h - the whole configuration file, read and checked
 *
 * The table of keys is in settings.c; etc/talaya.conf explains each. Immutable once loaded.
 */
#pragma once
#include "collector/decoder.h"
#include "collector/tee.h"
#include "scoring/scorer.h"

typedef struct Listen {
    char *address; /* as written */
    uint16_t port;
    Transport transport;
} Listen;

typedef struct CollectorSettings {
    char **listen, **exporters;
    int64_t receive_buffer, queue, threads;
    int64_t max_exporters, max_new_exporters, max_domains, max_templates, max_fields, max_template_bytes,
        max_held_bytes;
    int64_t sampling, tee_queue;
    char *interfaces;
} CollectorSettings;

typedef struct StreamSettings {
    int64_t max_connections, max_per_address, max_new;
    int64_t handshake_timeout, message_timeout, idle_timeout; /* seconds */
} StreamSettings;

typedef struct TlsSettings {
    char *certificate, *key, *ca, *crl, *client_certificates;
    char **names;
} TlsSettings;

typedef struct AssetSettings {
    char **prefixes;
    char *inventory;
} AssetSettings;

typedef struct ScoringSettings {
    double budget;
    int64_t learn_days, window, max_assets, max_peers, max_pairs, threads;
} ScoringSettings;

typedef struct SeriesSettings {
    int64_t assets, max_files, min_free;
} SeriesSettings;

typedef struct WebSettings {
    char *listen;
} WebSettings;

typedef struct StateSettings {
    char *dir;
    int64_t snapshot_every;
} StateSettings;

typedef struct DemoSettings {
    bool data;
} DemoSettings;

typedef struct Settings {
    char *path; /* of the file */
    CollectorSettings collector;
    StreamSettings stream;
    TlsSettings tls;
    AssetSettings assets;
    ScoringSettings scoring;
    SeriesSettings series;
    WebSettings web;
    StateSettings state;
    DemoSettings demo;
    /* What the lists above say, parsed. */
    Listen *listen; /* UDP */
    size_t n_listen;
    Listen *streams; /* TCP and TLS */
    size_t n_streams;
    IpPrefix *exporters;
    size_t n_exporters;
    ExporterRules *rules; /* [exporter.NAME] and the interfaces files */
    IpPrefix *prefixes;
    size_t n_prefixes;
    PlaceSource *places;
    size_t n_places;
    ListSource *lists; /* [list.NAME] */
    size_t n_lists;
    TeeTarget *tees; /* [tee.NAME] */
    size_t n_tees;
    char *web_address;
    uint16_t web_port;
} Settings;

/* NULL with @error: every complaint on a line of its own, with file, line, key, range and nearest name. */
Settings *settings_load(const char *path, GError **error);
void settings_free(Settings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

/* How many threads are to receive: what the file says, or what suits this machine. */
uint32_t settings_threads(const Settings *self);

/* Nobody but this machine may send: the default, which is right for a first try and nothing else. */
bool settings_hears_only_us(const Settings *self);
/* Some destination wants the exporters' own addresses: raw sockets are needed. */
bool settings_keep_source(const Settings *self);

/* The parts as the rooms want them. They borrow from the settings. */
DecoderConf settings_decoder(const Settings *self);
ScoringConf settings_scoring(const Settings *self);
AssetTable *settings_assets(const Settings *self, GError **error);
PlaceTable *settings_places(const Settings *self, GError **error);
ListTable *settings_lists(const Settings *self, GError **error);

/* A path in the state folder; the caller frees it. @state_dir overrides the configuration's; may be NULL. */
char *settings_state_path(const Settings *self, const char *state_dir, const char *name);

/* Prints every key with its default, range and purpose, in the shape of a configuration file. */
void settings_print_keys(void);
