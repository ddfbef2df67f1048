/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api-exporters.c - who sends, how well, and what to do about it; the decoder's own words, passed on */
#include "web/page.h"
#include "web/routes.h"

#include <string.h>

enum { DEFAULT_LIMIT = 50 };

void
exporters_handle(Request *request)
{
    uint32_t offset = 0;

    if (!page_offset(request, &offset))
        return;
    request_ask(request, PEER_SENSE,
                json_pack("{s:s, s:s, s:s?, s:s, s:i, s:i}", "what", "exporters", "query",
                          request_text(request, "query", ""), "state", request_text(request, "state", NULL),
                          "sort", request_text(request, "sort", "index"), "offset", (int)offset, "limit",
                          (int)request_number(request, "limit", DEFAULT_LIMIT)));
}

void
exporter_handle(Request *request)
{
    const char *text = request_arg(request, "index");

    if (strlen(text) > 9 || strspn(text, "0123456789") != strlen(text)) {
        request_problem(request, PROBLEM_NOT_FOUND, "an exporter is named by its index, a whole number");
        return;
    }
    request_ask(
        request, PEER_SENSE,
        json_pack("{s:s, s:I}", "what", "exporter", "index", (json_int_t)g_ascii_strtoull(text, NULL, 10)));
}
