/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api-assets.c - the addresses that are ours: list, one with baseline, paths and peers, and its traffic
 * history */
#include "web/context.h"
#include "web/page.h"
#include "web/routes.h"

enum { DEFAULT_LIMIT = 50, DEFAULT_POINTS = 600 };
static const int64_t DAY_MS = 86400000;

void
assets_handle(Request *request)
{
    uint32_t offset = 0;

    if (!page_offset(request, &offset))
        return;
    request_ask(request, PEER_SENSE,
                json_pack("{s:s, s:s, s:s, s:i, s:i}", "what", "assets", "query",
                          request_text(request, "query", ""), "sort", request_text(request, "sort", "score"),
                          "offset", (int)offset, "limit",
                          (int)request_number(request, "limit", DEFAULT_LIMIT)));
}

/* RFC 5952 text of the address in the path; false: problem made. */
static bool
read_address(Request *request, char text[IP_TEXT])
{
    IpAddress address;

    if (ip_parse(request_arg(request, "address"), &address)) {
        ip_text(&address, text);
        return true;
    }
    request_problem(request, PROBLEM_NOT_FOUND, "'%s' is no IPv4 or IPv6 address",
                    request_arg(request, "address"));
    return false;
}

void
asset_handle(Request *request)
{
    char address[IP_TEXT];

    if (read_address(request, address))
        request_ask(request, PEER_SENSE, json_pack("{s:s, s:s}", "what", "asset", "address", address));
}

void
classify_handle(Request *request)
{
    char address[IP_TEXT];

    if (read_address(request, address))
        request_ask(request, PEER_SENSE, json_pack("{s:s, s:s}", "what", "classify", "address", address));
}

void
asset_series_handle(Request *request)
{
    char address[IP_TEXT];
    int64_t to_ms = request_time_ms(request, "to", clock_wall(request_context(request)->clock).ms);
    int64_t from_ms = request_time_ms(request, "from", to_ms - DAY_MS);

    if (!read_address(request, address) || !page_check_span(request, from_ms, to_ms))
        return;
    request_ask(request, PEER_SERIES,
                json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:i}", "what", "series", "kind", "asset", "address",
                          address, "ifIndex", 0, "from", (json_int_t)(from_ms / 1000), "to",
                          (json_int_t)(to_ms / 1000), "points",
                          (int)request_number(request, "points", DEFAULT_POINTS)));
}
