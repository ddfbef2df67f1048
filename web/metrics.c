/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics.c - Prometheus text of status and exporters */
#include "web/context.h"
#include "web/routes.h"

void
metrics_handle(Request *request)
{
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "status"));
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "exporters"));
}

void
metrics_finish(Request *request)
{
}
