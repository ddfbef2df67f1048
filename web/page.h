/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h - lists page by page: cursors, the Link header (RFC 8288), and spans of time
 *
 * A cursor is opaque to clients. For lists that sense sorts it holds an offset; for alerts the store makes
 * it.
 */
#pragma once
#include "web/request.h"

/* Reads the parameter 'cursor' (0 when absent). False: problem made. */
bool page_offset(Request *request, uint32_t *offset);
/* Sets "next" of {"items","total"} which begins at @offset: a cursor, or null on the last page. */
void page_set_next(json_t *page, uint32_t offset);
/* Replies with @page (taken), and a Link header to the next page where "next" is a string. */
void page_reply(Request *request, json_t *page);
/* Finishes a route whose first answer is a page {"items","total"} that sense has cut at the cursor. */
void page_finish(Request *request);
/* @from before @to, and not more than 400 days between. False: problem made. */
bool page_check_span(Request *request, int64_t from_ms, int64_t to_ms);
