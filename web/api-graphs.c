/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api-graphs.c - pictures of a series, drawn by RRDtool in the series process
 *
 * Nothing from the address reaches a file name: kind, address and interface number are parsed here and go on
 * as such; the title goes on as text and is escaped where it is drawn.
 */
#include "web/context.h"
#include "web/page.h"
#include "web/routes.h"

#include <string.h>

static const int64_t DAY_MS = 86400000;

typedef struct GraphName {
    IpAddress address;
    json_int_t if_index;
    const char *format;
} GraphName;

/* "ADDRESS.svg", or for an interface "ADDRESS-IFINDEX.png". */
static bool
read_name(const char *file, bool is_interface, GraphName *out)
{
    g_autofree char *key = g_strdup(file);
    char *dash;

    if (g_str_has_suffix(file, ".svg"))
        out->format = "svg";
    else if (g_str_has_suffix(file, ".png"))
        out->format = "png";
    else
        return false;
    key[strlen(key) - 4] = '\0';
    out->if_index = 0;
    if (is_interface) {
        dash = strrchr(key, '-');
        if (dash == NULL || dash[1] == '\0' || strlen(dash) > 11 ||
            strspn(dash + 1, "0123456789") != strlen(dash + 1))
            return false;
        guint64 number = g_ascii_strtoull(dash + 1, NULL, 10);
        if (number > UINT32_MAX)
            return false;
        out->if_index = (json_int_t)number;
        dash[0] = '\0';
    }
    return ip_parse(key, &out->address);
}

static bool
is_kind(const char *kind)
{
    return strcmp(kind, "asset") == 0 || strcmp(kind, "exporter") == 0 || strcmp(kind, "interface") == 0;
}

void
graph_handle(Request *request)
{
    const char *kind = request_arg(request, "kind");
    int64_t to_ms = request_time_ms(request, "to", clock_wall(request_context(request)->clock).ms);
    int64_t from_ms = request_time_ms(request, "from", to_ms - DAY_MS);
    GraphName name;
    char address[IP_TEXT];

    if (!is_kind(kind) || !read_name(request_arg(request, "file"), strcmp(kind, "interface") == 0, &name)) {
        request_problem(
            request, PROBLEM_NOT_FOUND,
            "graphs are at asset/ADDRESS.svg, exporter/ADDRESS.svg and interface/ADDRESS-IFINDEX.svg, "
            "or with .png");
        return;
    }
    if (!page_check_span(request, from_ms, to_ms))
        return;
    bool is_dark = strcmp(request_text(request, "theme", "light"), "dark") == 0;
    request_ask(request, PEER_SERIES,
                json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:i, s:i, s:b, s:s}", "what", "graph",
                          "kind", kind, "address", ip_text(&name.address, address), "ifIndex", name.if_index,
                          "from", (json_int_t)(from_ms / 1000), "to", (json_int_t)(to_ms / 1000), "format",
                          name.format, "metric", request_text(request, "metric", "octets"), "width",
                          (int)request_number(request, "width", 800), "height",
                          (int)request_number(request, "height", 240), "dark", is_dark, "title",
                          request_text(request, "title", "")));
}

void
graph_finish(Request *request)
{
    GBytes *image = request_answer(request, 0);
    bool is_png = g_str_has_suffix(request_arg(request, "file"), ".png");

    if (image != NULL)
        request_reply_bytes(request, 200, g_bytes_ref(image), is_png ? "image/png" : "image/svg+xml");
}
