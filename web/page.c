/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page.c - see page.h */
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

static const int64_t SPAN_MOST_MS = INT64_C(400) * 86400000;
static const uint32_t OFFSET_MOST = 100000000;

bool
page_offset(Request *request, uint32_t *offset)
{
    const char *cursor = request_text(request, "cursor", NULL);

    *offset = 0;
    if (cursor == NULL)
        return true;
    if (cursor[0] == 'o' && strlen(cursor) < 16 &&
        strspn(cursor + 1, "0123456789abcdef") == strlen(cursor + 1)) {
        guint64 value = g_ascii_strtoull(cursor + 1, NULL, 16);
        *offset = (uint32_t)MIN(value, OFFSET_MOST);
        if (value > 0 && value <= OFFSET_MOST)
            return true;
    }
    request_problem(request, PROBLEM_BAD_PARAMETER, "'cursor' must be the 'next' of an earlier page");
    return false;
}

void
page_set_next(json_t *page, uint32_t offset)
{
    size_t n = json_array_size(json_object_get(page, "items"));
    json_int_t total = json_integer_value(json_object_get(page, "total"));
    char cursor[24];

    g_snprintf(cursor, sizeof cursor, "o%" G_GSIZE_MODIFIER "x", (gsize)offset + n);
    json_object_set_new(page, "next",
                        n > 0 && (json_int_t)offset + (json_int_t)n < total ? json_string(cursor)
                                                                            : json_null());
}

void
page_reply(Request *request, json_t *page)
{
    g_autofree char *link = NULL;
    const char *next = json_string_value(json_object_get(page, "next"));

    if (next != NULL) {
        g_autofree char *query = request_query_without(request, "cursor");
        g_autofree char *cursor = g_uri_escape_string(next, NULL, FALSE);
        link = g_strdup_printf("<%s?%s%scursor=%s>; rel=\"next\"", request_path(request), query,
                               query[0] == '\0' ? "" : "&", cursor);
    }
    request_reply_json(request, 200, page);
    if (link != NULL)
        request_set_header(request, "Link", link);
}

void
page_finish(Request *request)
{
    json_t *page = request_answer_json(request, 0);
    uint32_t offset = 0;

    if (page == NULL || !page_offset(request, &offset)) {
        json_decref(page);
        return;
    }
    page_set_next(page, offset);
    page_reply(request, page);
}

bool
page_check_span(Request *request, int64_t from_ms, int64_t to_ms)
{
    if (from_ms < to_ms && to_ms - from_ms <= SPAN_MOST_MS)
        return true;
    request_problem(request, PROBLEM_BAD_PARAMETER,
                    from_ms < to_ms ? "'from' and 'to' may be 400 days apart at most"
                                    : "'from' must be before 'to'");
    return false;
}
