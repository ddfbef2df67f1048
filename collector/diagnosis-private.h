/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis-private.h - questions of diagnosis.c whose answers are in files of their own. See diagnosis.h */
#pragma once
#include "collector/exporter-private.h"
#include "collector/finding.h"

/* diagnosis-sender.c: is it one sender, and only here? */
void diagnosis_find_shared_address(Findings *findings, const Exporter *exporter);
void diagnosis_find_agents(Findings *findings, const Exporter *exporter);
void diagnosis_find_twin(Findings *findings, const Exporter *exporter);
