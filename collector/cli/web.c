/* SPDX-License-Identifier: GPL-3.0-or-later */
/* web.c - the `web` process: console and API; never sees a datagram */
#include "web/server.h"
#include "collector/base/log.h"
#include "collector/base/message.h"
#include "collector/base/sandbox.h"
#include "collector/cli/child.h"

static const uint64_t MEMORY_BYTES = 4ULL << 30; /* address space, thread stacks included */

int
web_run(const ChildArgs *args)
{
    g_autofree char *database = g_build_filename(args->state_dir, "talaya.db", NULL);
    g_autoptr(Channel) sense = channel_new(args->peers[CHILD_SENSE]);
    g_autoptr(Channel) series = channel_new(args->peers[CHILD_SERIES]);
    SandboxFolder folders[] = { { args->state_dir, true } }; /* a reader of SQLite's WAL writes its index */
    g_autoptr(GError) error = NULL;

    g_autofree char *holds = sandbox_enter(&(SandboxConf){ .folders = folders,
                                                           .n_folders = G_N_ELEMENTS(folders),
                                                           .memory_bytes = MEMORY_BYTES,
                                                           .may_accept = true });
    log_info("web: %s", holds);
    WebConf conf = { .listen_address = args->settings->web_address,
                     .port = args->settings->web_port,
                     .listen_fd = args->sockets[0],
                     .db_path = database,
                     .sense = sense,
                     .series = series,
                     .clock = clock_system() };
    g_autoptr(WebServer) server = web_server_new(&conf, &error);
    if (server == NULL) {
        log_error("web: %s", error->message);
        return 1;
    }
    while (!child_should_end(args, -1))
        continue;
    return 0;
}
