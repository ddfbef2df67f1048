/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener-bind.c - the sockets: buffers, and ports that are shared; see listener.h */
#include "collector/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
fail(GError **error, const char *address, uint16_t port)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                "cannot receive on udp %s port %u: %s%s", address, port, g_strerror(code),
                code == EADDRINUSE      ? " ('ss -lnup' shows by whom)"
                : code == EADDRNOTAVAIL ? " ('ip address' shows which ones this machine has)"
                : code == EACCES ? " (ports below 1024 need CAP_NET_BIND_SERVICE; 2055, 4739 and 6343 do not)"
                                 : "");
    return false;
}

/* The kernel doubles what is asked for, to pay for its own book-keeping, and tells the doubled figure. */
void
listener_set_buffer(int fd, uint32_t buffer_bytes, ListenerBufferInfo *info)
{
    int want = (int)MIN(buffer_bytes, (uint32_t)G_MAXINT / 2), got = 0;
    socklen_t length = sizeof got;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof want) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof want);
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length);
    *info = (ListenerBufferInfo){ .asked = buffer_bytes, .got = (uint32_t)got / 2 };
    if (info->got < info->asked)
        g_snprintf(info->hint, sizeof info->hint,
                   "receive buffer is %u of the %u bytes asked for; as root: sysctl -w net.core.rmem_max=%u",
                   info->got, info->asked, info->asked);
}

static int
make_socket(int family, uint32_t buffer_bytes, ListenerBufferInfo *info)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, off = 0;

    if (fd < 0)
        return -1;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* [::] takes IPv4 too */
    setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    listener_set_buffer(fd, buffer_bytes, info);
    return fd;
}

/* Sockets that share a port may be of any process of this user, so that a second daemon would take from the
 * first. Therefore a socket that does not share tries first whether the port is free. */
static bool
is_free(const struct sockaddr *where, socklen_t length)
{
    int fd = socket(where->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is = fd >= 0 && bind(fd, where, length) == 0;
    int code = errno;

    if (fd >= 0)
        close(fd);
    errno = code;
    return is;
}

static bool
bind_shared(int *fd, const struct sockaddr *where, socklen_t length)
{
    int on = 1;

    if (setsockopt(*fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 && bind(*fd, where, length) == 0)
        return true;
    int code = errno;
    close(*fd);
    errno = code;
    *fd = -1;
    return false;
}

bool
listener_bind(const char *address, uint16_t port, uint32_t buffer_bytes, int *fd, ListenerBufferInfo *info,
              GError **error)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    const struct sockaddr *where = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    socklen_t length = is_v4 ? sizeof v4 : sizeof v6;

    *fd = -1;
    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is no IP address", address);
        return false;
    }
    if (!is_free(where, length))
        return fail(error, address, port);
    *fd = make_socket(where->sa_family, buffer_bytes, info);
    return (*fd >= 0 && bind_shared(fd, where, length)) || fail(error, address, port);
}

bool
listener_bind_beside(int first, uint32_t buffer_bytes, int *fd, ListenerBufferInfo *info, GError **error)
{
    struct sockaddr_storage where = { 0 };
    socklen_t length = sizeof where;

    *fd = -1;
    if (getsockname(first, (struct sockaddr *)&where, &length) == 0)
        *fd = make_socket(where.ss_family, buffer_bytes, info);
    if (*fd >= 0 && bind_shared(fd, (const struct sockaddr *)&where, length))
        return true;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                "cannot share a port among threads: %s", g_strerror(errno));
    return false;
}
