/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture-serve.c - runs the fixture for a test in another language: prints where it is, ends with its input
 */
#include "tests/web/fixture.h"

#include <stdio.h>

int
main(void)
{
    g_auto(Fixture) fixture;

    fixture_init(&fixture, &(WebConf){ .answer_ms = 400 });
    printf("{\"port\":%u,\"read\":\"%s\",\"triage\":\"%s\",\"alert\":\"%s\"}\n",
           web_server_port(fixture.server), fixture.tokens[SCOPE_READ], fixture.tokens[SCOPE_TRIAGE],
           fixture_alert_id(0));
    fflush(stdout);
    for (int c = getchar(); c != EOF; c = getchar()) {
        if (c == 's')
            fixture_set_mood(&fixture, MOOD_SILENT);
        if (c == 'a')
            fixture_set_mood(&fixture, MOOD_ANSWERS);
    }
    return 0;
}
