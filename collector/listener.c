/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener.c - see listener.h */
#include "collector/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    BATCH = 64,      /* datagrams a call */
    MOST_CALLS = 32, /* calls a socket in one turn, so that one busy socket cannot starve the others */
    FLUSH_EVERY_MS = 100,
    MEMINFO_EVERY_MS = 1000,
    MOST_SOCKETS = 64,
    CONTROL_BYTES = CMSG_SPACE(sizeof(uint32_t)),
};

typedef struct Inlet {
    int fd;
    uint32_t seen_drops; /* the kernel's count, which wraps at 32 bits, at the last look */
    uint64_t datagrams, drops;
} Inlet;

struct Listener {
    Receiver receiver; /* first, so that the two can be cast */
    Decoder *decoder;  /* borrowed */
    Clock *clock;
    size_t n;
    Inlet sockets[MOST_SOCKETS];
    struct pollfd poll[MOST_SOCKETS];
    int64_t flushed_ns, meminfo_ns;
    uint8_t *room; /* BATCH slots of DATAGRAM_MOST + DATAGRAM_SLACK bytes */
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage senders[BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[BATCH][CONTROL_BYTES];
};

/* ---- binding ---- */

static bool
fail(GError **error, const char *address, uint16_t port)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                "cannot receive on udp %s port %u: %s%s", address, port, g_strerror(code),
                code == EADDRINUSE ? " ('ss -lnup' shows by whom)" : "");
    return false;
}

/* The kernel doubles what is asked for, to pay for its own book-keeping, and tells the doubled figure. */
static void
enlarge_buffer(int fd, uint32_t bytes, ListenerBufferInfo *info)
{
    int want = (int)MIN(bytes, (uint32_t)G_MAXINT / 2), got = 0;
    socklen_t length = sizeof got;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof want) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof want);
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length);
    *info = (ListenerBufferInfo){ .asked = bytes, .got = (uint32_t)got / 2 };
    if (info->got < info->asked)
        g_snprintf(info->hint, sizeof info->hint,
                   "receive buffer is %u of the %u bytes asked for; as root: sysctl -w net.core.rmem_max=%u",
                   info->got, info->asked, info->asked);
}

bool
listener_bind(const char *address, uint16_t port, uint32_t buffer_bytes, int *fd, ListenerBufferInfo *info,
              GError **error)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    int on = 1, off = 0;

    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is no IP address", address);
        return false;
    }
    *fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return fail(error, address, port);
    if (!is_v4)
        setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* [::] takes IPv4 too */
    setsockopt(*fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    enlarge_buffer(*fd, buffer_bytes, info);
    const struct sockaddr *where = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    if (bind(*fd, where, is_v4 ? sizeof v4 : sizeof v6) == 0)
        return true;
    fail(error, address, port);
    close(*fd);
    *fd = -1;
    return false;
}

/* ---- receiving ---- */

static void
count_drops(Listener *self, Inlet *socket, uint32_t kernel_count)
{
    uint32_t fresh = kernel_count - socket->seen_drops; /* wraps as the kernel's does */

    if (fresh == 0 || fresh > UINT32_MAX / 2) /* an older count that was still queued with its datagram */
        return;
    socket->seen_drops = kernel_count;
    socket->drops += fresh;
    decoder_count_kernel_drops(self->decoder, fresh);
}

static bool
ask_drops(int fd, uint32_t *drops)
{
    uint32_t info[SK_MEMINFO_VARS];
    socklen_t length = sizeof info;

    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) != 0 ||
        length <= SK_MEMINFO_DROPS * sizeof info[0])
        return false;
    *drops = info[SK_MEMINFO_DROPS];
    return true;
}

static size_t
run_once(Receiver *receiver, int timeout_ms)
{
    return listener_run_once((Listener *)receiver, timeout_ms);
}

static uint64_t
drops_at(const Receiver *receiver, size_t index)
{
    return listener_socket_drops((const Listener *)receiver, index);
}

static void
free_receiver(Receiver *receiver)
{
    listener_free((Listener *)receiver);
}

static const ReceiverType listener_type = {
    .name = "udp", .run_once = run_once, .drops = drops_at, .free = free_receiver
};

Receiver *
listener_receiver(Listener *self)
{
    return &self->receiver;
}

Listener *
listener_new(const int *sockets, size_t n_sockets, Decoder *decoder)
{
    Listener *self = g_new0(Listener, 1);

    self->receiver.type = &listener_type;
    self->decoder = decoder;
    self->clock = clock_system();
    self->n = MIN(n_sockets, (size_t)MOST_SOCKETS);
    self->room = g_malloc0((gsize)BATCH * (DATAGRAM_MOST + DATAGRAM_SLACK));
    for (size_t i = 0; i < self->n; i++) {
        self->sockets[i].fd = sockets[i];
        self->poll[i] = (struct pollfd){ .fd = sockets[i], .events = POLLIN };
        /* What was dropped before us, while a predecessor was down, is counted too: it is ours to tell. */
    }
    for (size_t i = 0; i < BATCH; i++) {
        self->parts[i] = (struct iovec){ self->room + i * (DATAGRAM_MOST + DATAGRAM_SLACK), DATAGRAM_MOST };
        self->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &self->parts[i],
                                                     .msg_iovlen = 1,
                                                     .msg_name = &self->senders[i],
                                                     .msg_control = self->controls[i] };
    }
    return self;
}

void
listener_free(Listener *self)
{
    if (self == NULL)
        return;
    g_free(self->room);
    g_free(self);
}

static void
read_sender(const struct sockaddr_storage *from, Datagram *out)
{
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        out->source = ip_from_v4(ntohl(v4->sin_addr.s_addr));
        out->source_port = ntohs(v4->sin_port);
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        memcpy(out->source.bytes, &v6->sin6_addr, sizeof out->source.bytes);
        out->source_port = ntohs(v6->sin6_port);
    }
}

static void
read_control(Listener *self, Inlet *socket, struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        uint32_t drops;
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SO_RXQ_OVFL)
            continue;
        memcpy(&drops, CMSG_DATA(at), sizeof drops);
        count_drops(self, socket, drops);
    }
}

/* One call's worth from one socket; how many datagrams it was. */
static size_t
receive(Listener *self, Inlet *socket)
{
    for (size_t i = 0; i < BATCH; i++) {
        self->messages[i].msg_hdr.msg_namelen = sizeof self->senders[i];
        self->messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
    }
    int n = recvmmsg(socket->fd, self->messages, BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return 0;
    WallTime now = clock_wall(self->clock);
    for (int i = 0; i < n; i++) {
        Datagram datagram = { .bytes = self->parts[i].iov_base,
                              .length = self->messages[i].msg_len,
                              .received = now };
        read_sender(&self->senders[i], &datagram);
        read_control(self, socket, &self->messages[i].msg_hdr);
        decoder_datagram(self->decoder, &datagram);
    }
    socket->datagrams += (uint64_t)n;
    return (size_t)n;
}

static void
look_at_the_clock(Listener *self)
{
    int64_t now_ns = clock_mono(self->clock).ns;

    if (now_ns - self->flushed_ns >= (int64_t)FLUSH_EVERY_MS * 1000000) {
        self->flushed_ns = now_ns;
        decoder_flush(self->decoder, clock_wall(self->clock));
    }
    if (now_ns - self->meminfo_ns < (int64_t)MEMINFO_EVERY_MS * 1000000)
        return;
    self->meminfo_ns = now_ns;
    for (size_t i = 0; i < self->n; i++) {
        uint32_t drops;
        if (ask_drops(self->sockets[i].fd, &drops))
            count_drops(self, &self->sockets[i], drops);
    }
}

size_t
listener_run_once(Listener *self, int timeout_ms)
{
    size_t total = 0;

    if (poll(self->poll, self->n, timeout_ms) > 0) {
        for (size_t i = 0; i < self->n; i++) {
            if (self->poll[i].revents == 0)
                continue;
            for (int calls = 0; calls < MOST_CALLS; calls++) {
                size_t n = receive(self, &self->sockets[i]);
                total += n;
                if (n < BATCH)
                    break;
            }
        }
    }
    look_at_the_clock(self);
    return total;
}

uint64_t
listener_socket_datagrams(const Listener *self, size_t index)
{
    return index < self->n ? self->sockets[index].datagrams : 0;
}

uint64_t
listener_socket_drops(const Listener *self, size_t index)
{
    return index < self->n ? self->sockets[index].drops : 0;
}
