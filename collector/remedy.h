/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remedy.h - what to type on a vendor's router so that a finding goes away
 *
 * Only what is sure is in the table; where a vendor has no such command, or it differs between releases, the
 * finding has its general words alone. TALAYA stands for the name that the operator has given.
 */
#pragma once
#include "collector/vendor.h"

typedef enum Remedy {
    REMEDY_NONE = 0,
    REMEDY_CHECK,     /* does it export at all, and where to? */
    REMEDY_TEMPLATES, /* repeat templates each minute */
    REMEDY_SAMPLING,  /* tell the sampling rate */
    REMEDY_TIMEOUT,   /* report long flows each minute */
    REMEDY_NAMES,     /* tell the names of interfaces */
    REMEDY_CLOCK,     /* take the time from an NTP server */
} Remedy;

/* Static, lines ended by newlines but the last; NULL: nothing is known to type. */
const char *remedy_commands(Remedy remedy, Vendor vendor);
/* This vendor's devices see every packet, so that they have no rate to tell. */
bool remedy_never_samples(Vendor vendor);
