/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.h - the HTTP server of the web process (libmicrohttpd)
 *
 * One epoll thread runs every handler; none blocks. What only another process knows is asked over a channel
 * while the connection sleeps, so a slow answer delays nobody else. Alerts and tokens are read from SQLite
 * directly. Bounded: connections (in all and per address), bytes per connection, body size, questions in
 * flight, and the time a client may take to send a request.
 */
#pragma once
#include "collector/base/clock.h"
#include "collector/base/message.h"

typedef struct WebConf {
    const char *listen_address; /* an IP address; only used when @listen_fd is -1 */
    uint16_t port;              /* 0: the kernel chooses; see web_server_port */
    int listen_fd;              /* bound by the parent, listening or not; taken. -1: none */
    const char *db_path;        /* talaya.db; need not be there yet */
    Channel *sense, *series;    /* borrowed; NULL: not there, what needs them is a 503 */
    Clock *clock;               /* borrowed */
    int answer_ms;              /* how long another process may take; 0: 5000 */
    int request_ms; /* how long a client may take to send a request, and to read its answer; 0: 15000 */
    unsigned max_connections; /* 0: 512 */
    unsigned max_per_address; /* 0: 64 */
} WebConf;

typedef struct WebServer WebServer;
/* Starts to serve. NULL with @error naming the address when it cannot. Copies @conf. */
WebServer *web_server_new(const WebConf *conf, GError **error);
/* Ends all requests and joins the threads. */
void web_server_free(WebServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebServer, web_server_free)
uint16_t web_server_port(const WebServer *self);
