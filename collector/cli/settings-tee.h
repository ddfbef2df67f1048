/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings-tee.h - the sections [tee.NAME] become TeeTargets */
#pragma once
#include "collector/base/config.h"
#include "collector/cli/settings.h"

/* A [tee.NAME] as it stands in the file. */
typedef struct TeeSettings {
    char *to;
    bool keep_source;
    char **exporters;
} TeeSettings;

/* Fills in @settings' tees; what is wrong goes to @wrong. @settings has its lists parsed. */
void settings_read_tees(Settings *settings, const Config *config, GString *wrong);
void settings_free_tees(Settings *settings);
