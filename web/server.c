/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server.c - see server.h */
#include "web/server.h"
#include "collector/base/log.h"
#include "web/context.h"
#include "web/patience.h"
#include "web/request-private.h"
#include "web/routes.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DEFAULT_ANSWER_MS = 5000,
    DEFAULT_REQUEST_MS = 15000,
    DEFAULT_CONNECTIONS = 512,
    DEFAULT_PER_ADDRESS = 64,
    CONNECTION_MEMORY = 32 << 10, /* request line and headers in, headers out */
    IN_FLIGHT = 64,
    BACKLOG = 256,
};

struct WebServer {
    WebConf conf;
    WebContext context;
    Patience *patience;
    struct MHD_Daemon *daemon;
    uint16_t port;
    GMutex log_lock;
    LogLimit log_limit;
};

/* libmicrohttpd says one line for each client that hangs up; a stranger shall not fill the log with them. */
static void G_GNUC_PRINTF(2, 0) on_log(void *user, const char *format, va_list args)
{
    WebServer *self = user;
    char text[256];

    vsnprintf(text, sizeof text, format, args);
    g_strchomp(text);
    g_mutex_lock(&self->log_lock);
    log_limited(&self->log_limit, LOG_LEVEL_INFO, "http: %s", text);
    g_mutex_unlock(&self->log_lock);
}

/* The address is left as it was sent: uri.c decodes it, and refuses what it should. */
static size_t
leave_escaped(void *user, struct MHD_Connection *connection, char *text)
{
    return strlen(text);
}

/* Called when the request line is there; what it returns comes back as *request below. */
static void *
on_target(void *user, const char *target, struct MHD_Connection *connection)
{
    WebServer *self = user;

    return request_new(&self->context, connection, target);
}

static enum MHD_Result
on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *upload, size_t *upload_size, void **request)
{
    WebServer *self = user;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    enum MHD_Result result = request_step(*request, method, upload, upload_size);
    if (info != NULL && ((Request *)*request)->phase >= PHASE_WAIT)
        patience_request_is_whole(self->patience, info->socket_context);
    return result;
}

static void
on_completed(void *user, struct MHD_Connection *connection, void **request,
             enum MHD_RequestTerminationCode code)
{
    WebServer *self = user;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    request_free(*request);
    *request = NULL;
    if (info != NULL)
        patience_request_may_begin(self->patience, info->socket_context);
}

static void
on_connection(void *user, struct MHD_Connection *connection, void **context,
              enum MHD_ConnectionNotificationCode code)
{
    WebServer *self = user;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *context = patience_add(self->patience, info == NULL ? -1 : info->connect_fd);
    else
        patience_remove(self->patience, *context);
}

static int
bind_socket(const WebConf *conf, GError **error)
{
    g_autoptr(GSocketAddress) where = g_inet_socket_address_new_from_string(conf->listen_address, conf->port);

    if (where == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is no IP address",
                    conf->listen_address);
        return -1;
    }
    g_autoptr(GSocket) socket =
        g_socket_new(g_socket_address_get_family(where), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
    if (socket == NULL || !g_socket_bind(socket, where, TRUE, error))
        return -1;
    int fd = fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "cannot keep the socket: %s",
                    g_strerror(errno));
    return fd;
}

static uint16_t
port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t length = sizeof address;

    memset(&address, 0, sizeof address);
    if (getsockname(fd, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* A socket that listens and does not block; -1 with @error. */
static int
listening_socket(const WebConf *conf, GError **error)
{
    int fd = conf->listen_fd >= 0 ? conf->listen_fd : bind_socket(conf, error);

    if (fd < 0)
        return -1;
    if (listen(fd, BACKLOG) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "cannot listen for HTTP: %s",
                g_strerror(errno));
    close(fd);
    return -1;
}

static bool
start(WebServer *self, int fd, GError **error)
{
    const WebConf *conf = &self->conf;
    unsigned timeout_s = (unsigned)(conf->request_ms + 999) / 1000;

    self->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, self, MHD_OPTION_EXTERNAL_LOGGER, on_log, self, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, self, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, self, MHD_OPTION_NOTIFY_CONNECTION, on_connection, self,
        MHD_OPTION_CONNECTION_LIMIT, conf->max_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        conf->max_per_address, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (self->daemon != NULL)
        return true;
    close(fd);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the HTTP server does not start on port %u",
                self->port);
    return false;
}

static void
fill_defaults(WebConf *conf)
{
    conf->answer_ms = conf->answer_ms > 0 ? conf->answer_ms : DEFAULT_ANSWER_MS;
    conf->request_ms = conf->request_ms > 0 ? conf->request_ms : DEFAULT_REQUEST_MS;
    conf->max_connections = conf->max_connections > 0 ? conf->max_connections : DEFAULT_CONNECTIONS;
    conf->max_per_address = conf->max_per_address > 0 ? conf->max_per_address : DEFAULT_PER_ADDRESS;
}

WebServer *
web_server_new(const WebConf *conf, GError **error)
{
    g_autoptr(WebServer) self = g_new0(WebServer, 1);
    WebContext *context = &self->context;
    int fd = listening_socket(conf, error);

    self->conf = *conf;
    fill_defaults(&self->conf);
    g_mutex_init(&self->log_lock);
    context->clock = conf->clock;
    context->auth = auth_new(conf->clock);
    context->reader = reader_new(conf->db_path, conf->clock);
    context->routes = routes_table(&context->n_routes);
    self->patience = patience_new(self->conf.request_ms);
    for (Peer peer = 0; peer < N_PEERS; peer++) {
        ClientConf client = { .channel = peer == PEER_SENSE ? conf->sense : conf->series,
                              .clock = conf->clock,
                              .timeout_ms = self->conf.answer_ms,
                              .max_in_flight = IN_FLIGHT };
        context->peers[peer] = client_new(&client);
    }
    if (fd < 0)
        return NULL;
    self->port = port_of(fd);
    if (!start(self, fd, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
web_server_free(WebServer *self)
{
    if (self == NULL)
        return;
    /* libmicrohttpd must not be stopped while a connection sleeps. From here on every question is refused at
     * once and wakes its connection in the call that put it to sleep; those asleep are woken by client_stop.
     */
    for (Peer peer = 0; peer < N_PEERS; peer++)
        client_stop(self->context.peers[peer]);
    g_clear_pointer(&self->daemon, MHD_stop_daemon);
    for (Peer peer = 0; peer < N_PEERS; peer++)
        g_clear_pointer(&self->context.peers[peer], client_free);
    g_clear_pointer(&self->patience, patience_free);
    g_clear_pointer(&self->context.reader, reader_free);
    g_clear_pointer(&self->context.auth, auth_free);
    g_mutex_clear(&self->log_lock);
    g_free(self);
}

uint16_t
web_server_port(const WebServer *self)
{
    return self->port;
}
