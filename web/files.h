/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h - the console's files and the API's description, straight from the binary
 *
 * No file system: a name is looked up among the compiled-in resources. Served in place, gzipped where the
 * client takes it. A path without a dot that is no API gives index.html, for the console routes in the
 * browser.
 */
#pragma once
#include "web/route.h"

/* For a path that is in no table. FOUND: the request's route and reply are set. NO_METHOD fills @allow. */
RouteMatch files_find(Request *request, const char *method, char allow[ROUTE_ALLOW]);
void files_openapi(Request *request);
