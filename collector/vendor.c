/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vendor.c - see vendor.h */
#include "collector/vendor.h"

#include <string.h>

static const char *const codes[N_VENDORS] = {
#define X(id, code, words) [VENDOR_##id] = code,
    VENDORS(X)
#undef X
};
static const char *const names[N_VENDORS] = {
#define X(id, code, words) [VENDOR_##id] = words,
    VENDORS(X)
#undef X
};

const char *
vendor_code(Vendor vendor)
{
    return codes[vendor];
}

const char *
vendor_words(Vendor vendor)
{
    return names[vendor];
}

bool
vendor_parse(const char *code, Vendor *out)
{
    for (int i = 0; i < N_VENDORS; i++)
        if (strcmp(codes[i], code) == 0) {
            *out = (Vendor)i;
            return true;
        }
    return false;
}
