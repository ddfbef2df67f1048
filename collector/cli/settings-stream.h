/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings-stream.h - what [tls] and [stream] say, for settings.c and for those who listen */
#pragma once
#include "collector/base/config.h"
#include "collector/cli/settings.h"
#include "collector/stream.h"

/* Complains when there is a tls: place and not all that it needs. */
void settings_check_tls(const Settings *settings, const Config *config, GString *wrong);
bool settings_speaks_tls(const Settings *self);
/* Reads the files that [tls] names. NULL with @error when they are not sound. Whoever has it has the private
 * key. */
Tls *settings_tls(const Settings *self, GError **error);
/* Without its places. */
StreamConf settings_stream(const Settings *self);
