/* SPDX-License-Identifier: GPL-3.0-or-later */
/* api-exporters.c - who sends, how well, and what to do about it; the decoder's own words, passed on */
#include "web/routes.h"

#include <string.h>

void
exporters_handle(Request *request)
{
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "exporters"));
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
