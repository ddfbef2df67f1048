/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagnosis.h - "why do I see nothing?", answered for one exporter in words
 *
 * Each finding says what is wrong, how much of it and since when, and what the operator can do. Intake
 * thread.
 */
#pragma once
#include "collector/exporter-private.h"

/* Some of what is known of it comes from before the restart, and the wire has not said it again. */
bool domain_is_provisional(const Domain *domain);
/* Whose router it is: by the operator's word, else by evidence. */
VendorJudgement exporter_vendor(const Exporter *self);
/* The findings, the gravest first; the caller owns it. Sets @state: "ok", "warning", "silent". */
json_t *diagnosis_to_json(const Exporter *exporter, WallTime now, const char **state);
