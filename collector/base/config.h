/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h - reads a configuration file against a table of keys
 *
 * The file is a GLib key file. GKeyFile alone takes any key and knows no lines; here every section and key
 * must be in the table, and whatever is wrong is told as the operator needs it: file, line, key, what is
 * allowed, and the nearest name that exists. All that is wrong is told, not only the first.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ConfigType {
    CONFIG_TEXT,
    CONFIG_PATH,   /* relative ones are taken from the configuration file's folder */
    CONFIG_NUMBER, /* int64_t between @low and @high */
    CONFIG_REAL,   /* double between @low and @high */
    CONFIG_FLAG,   /* bool: yes or no */
    CONFIG_LIST,   /* char **: words separated by commas */
    CONFIG_CHOICE, /* char *: one of @choices */
} ConfigType;

typedef struct ConfigKey {
    const char *section; /* "collector"; "place.*": any section that begins with "place." */
    const char *key;
    ConfigType type;
    size_t offset;       /* where the value goes, in the struct of its section */
    const char *preset;  /* default, as it would stand in the file; NULL: none */
    double low, high;    /* of numbers */
    const char *choices; /* "csv mmdb list" */
    const char *words;   /* what it is for, for `talaya check --keys` and etc/talaya.conf */
} ConfigKey;

typedef struct Config Config;

/* Reads @path. NULL with @error (every complaint on a line of its own) when it is not sound. */
Config *config_load(const char *path, const ConfigKey *keys, size_t n_keys, GError **error);
/* The same from memory; @folder is where relative paths start, @name is told in complaints. */
Config *config_parse(const char *text, size_t length, const char *name, const char *folder,
                     const ConfigKey *keys, size_t n_keys, GError **error);
void config_free(Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* Fills the struct at @into with the values, or defaults, of @section (a "place.local" takes the keys of
 * "place.*"). Texts, paths and lists are copies that the caller owns. */
void config_fill(const Config *self, const char *section, void *into);
/* Names of the sections that begin with @prefix, in the file's order; NULL-terminated, lent. */
const char *const *config_sections(const Config *self);
/* Line in the file, 0 when the key is not in it. For complaints of a higher level. */
unsigned config_line(const Config *self, const char *section, const char *key);
const char *config_name(const Config *self);
