/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnosis.h - "why do I see nothing?", answered for one exporter in words
 *
 * Each finding says what is wrong, how much of it, and what the operator can do. Intake thread.
 */
#pragma once
#include "collector/exporter-private.h"

/* Some of what is known of it comes from before the restart, and the wire has not said it again. */
bool domain_is_provisional(const Domain *domain);
/* Appends findings, {severity, code, text, fix}, to @out; the state of the exporter: "ok", "warning",
 * "silent". */
const char *diagnosis_add(const Exporter *exporter, WallTime now, json_t *out);
