/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addresses.h - addresses and prefixes from a test's own text, which must be right */
#pragma once
#include "collector/flow.h"

static inline IpAddress
ip_of(const char *text)
{
    IpAddress ip;

    if (!ip_parse(text, &ip))
        g_error("'%s' is no address", text);
    return ip;
}

static inline IpPrefix
prefix_of(const char *text)
{
    IpPrefix prefix;

    if (!ip_prefix_parse(text, &prefix))
        g_error("'%s' is no prefix", text);
    return prefix;
}
