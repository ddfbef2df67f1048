/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vendor-evidence.h - whose router it is, seen from what it sends
 *
 * Enterprise numbers, NetFlow v9's private types, the shapes of templates and the names of interfaces each
 * say something; what they say together is a vendor and how sure that is. A table in vendor-evidence.c.
 */
#pragma once
#include "collector/record.h"
#include "collector/template.h"
#include "collector/vendor.h"

/* Which rows of the table were seen, by bit. */
typedef uint64_t VendorEvidence;

void vendor_note_template(VendorEvidence *self, Protocol protocol, const Template *tmpl);
void vendor_note_interface(VendorEvidence *self, const char *name);
/* Sampling rates with the bytes the wrong way round. */
void vendor_note_swapped_rate(VendorEvidence *self);

enum { VENDOR_REASONS_MOST = 4 };
typedef struct VendorJudgement {
    Vendor vendor;                            /* VENDOR_UNKNOWN: no evidence, or it contradicts itself */
    uint32_t percent;                         /* how sure */
    const char *reasons[VENDOR_REASONS_MOST]; /* static, the strongest first; NULL behind the last */
} VendorJudgement;
VendorJudgement vendor_judge(VendorEvidence evidence);
