/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings-exporters.h - the sections [exporter.NAME] and the interfaces files become ExporterRules
 *
 * Columns of an interfaces file: exporter,ifIndex,name,description,speed,sampling. `exporter` is an address
 * or a prefix; it may be left out in a file that a section names, and then means the section's addresses.
 */
#pragma once
#include "collector/base/config.h"
#include "collector/cli/settings.h"

/* A [exporter.NAME] as it stands in the file. */
typedef struct ExporterSettings {
    char **address;
    char *name, *interfaces, *clock, *ports, *vendor;
    int64_t sampling;
} ExporterSettings;

/* Appends a complaint with file, line and key. */
void settings_complain(GString *wrong, const Config *config, const char *section, const char *key,
                       const char *format, ...) G_GNUC_PRINTF(5, 6);
/* "192.0.2.1:2055" or "[2001:db8::1]:2055"; the caller frees @address. False when it is neither. */
bool settings_parse_host_port(const char *text, char **address, uint16_t *port);
/* The caller owns it. What is wrong goes to @wrong. @settings has its lists parsed. */
ExporterRules *settings_read_exporters(const Settings *settings, const Config *config, GString *wrong);
