/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message.c - see message.h */
#include "collector/base/message.h"
#include "collector/base/clock.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* On the wire: this, then up to MESSAGE_PACKET bytes of the body. Both ends are the same binary, so native
 * order. */
typedef struct PacketHeader {
    uint32_t magic;
    uint16_t version;
    uint16_t type;
    uint32_t id;
    uint16_t status;
    uint16_t zero;
    uint32_t total; /* bytes of the whole body */
    uint32_t at;    /* where in the body this packet's bytes belong */
} PacketHeader;

enum { PACKET_MAGIC = 0x5441464d, SOCKET_BUFFER = 4 << 20 };

struct Channel {
    int fd;             /* owned */
    GMutex send_lock;   /* keeps the packets of one body together */
    uint8_t *packet;    /* reading thread: room for one packet */
    PacketHeader begun; /* reading thread: the message whose first packets have come */
    GByteArray *body;   /* reading thread: its bytes up to now; NULL: none begun */
    atomic_ullong sent, received, not_sent, refused;
};

void
message_clear(Message *self)
{
    g_clear_pointer(&self->body, g_bytes_unref);
}

bool
channel_pair(int fds[2], GError **error)
{
    int size = SOCKET_BUFFER;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "cannot make a socket pair: %s",
                    g_strerror(errno));
        return false;
    }
    for (int i = 0; i < 2; i++) /* root may exceed the limit, others get what the limit gives */
        if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
            setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return true;
}

Channel *
channel_new(int fd)
{
    Channel *self = g_new0(Channel, 1);

    self->fd = fd;
    self->packet = g_malloc(sizeof(PacketHeader) + MESSAGE_PACKET);
    g_mutex_init(&self->send_lock);
    return self;
}

void
channel_free(Channel *self)
{
    if (self == NULL)
        return;
    close(self->fd);
    g_mutex_clear(&self->send_lock);
    g_clear_pointer(&self->body, g_byte_array_unref);
    g_free(self->packet);
    g_free(self);
}

int
channel_fd(const Channel *self)
{
    return self->fd;
}

static int
ms_left(MonoTime until)
{
    int64_t left = (until.ns - clock_mono(clock_system()).ns) / 1000000;

    return left > 0 ? (int)MIN(left, G_MAXINT) : 0;
}

static bool
wait_for(const Channel *self, short events, int timeout_ms)
{
    struct pollfd fd = { .fd = self->fd, .events = events };

    return poll(&fd, 1, timeout_ms) > 0 && (fd.revents & events) != 0;
}

static bool
send_packet(Channel *self, const PacketHeader *header, const uint8_t *bytes, size_t length, MonoTime until)
{
    struct iovec parts[] = { { (void *)header, sizeof *header }, { (void *)bytes, length } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1 };

    for (;;) {
        if (sendmsg(self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return true;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != ENOBUFS)
            return false;
        if (!wait_for(self, POLLOUT, ms_left(until)))
            return false;
    }
}

bool
channel_send(Channel *self, MessageType type, uint32_t id, uint16_t status, const void *body, size_t length,
             int timeout_ms)
{
    MonoTime until = { clock_mono(clock_system()).ns + (int64_t)timeout_ms * 1000000 };
    const uint8_t *bytes = body;
    bool whole = length <= MESSAGE_MOST;

    g_mutex_lock(&self->send_lock);
    for (size_t at = 0; whole && (at < length || at == 0); at += MESSAGE_PACKET) {
        PacketHeader header = { .magic = PACKET_MAGIC,
                                .version = MESSAGE_VERSION,
                                .type = (uint16_t)type,
                                .id = id,
                                .status = status,
                                .total = (uint32_t)length,
                                .at = (uint32_t)at };
        whole = send_packet(self, &header, bytes + at, MIN(length - at, (size_t)MESSAGE_PACKET), until);
    }
    g_mutex_unlock(&self->send_lock);
    atomic_fetch_add(whole ? &self->sent : &self->not_sent, 1);
    return whole;
}

static bool
is_sound(const PacketHeader *header, size_t length)
{
    return header->magic == PACKET_MAGIC && header->version == MESSAGE_VERSION && header->type > 0 &&
           header->type < N_MESSAGE_TYPES && header->zero == 0 && header->total <= MESSAGE_MOST &&
           header->at <= header->total && length <= header->total - header->at &&
           (length > 0 || header->total == 0);
}

/* Adds one packet to the message in work. True when that completes it. */
static bool
take_packet(Channel *self, const PacketHeader *header, const uint8_t *bytes, size_t length)
{
    bool is_first = header->at == 0;
    bool goes_on = self->body != NULL && !is_first && header->id == self->begun.id &&
                   header->type == self->begun.type && header->total == self->begun.total &&
                   header->at == self->body->len;

    if (!is_first && !goes_on) {
        atomic_fetch_add(&self->refused, 1); /* its beginning was lost with a child that died */
        g_clear_pointer(&self->body, g_byte_array_unref);
        return false;
    }
    if (is_first) {
        if (self->body != NULL)
            atomic_fetch_add(&self->refused, 1); /* the one before never ended */
        g_clear_pointer(&self->body, g_byte_array_unref);
        self->body = g_byte_array_new();
        self->begun = *header;
    }
    g_byte_array_append(self->body, bytes, (guint)length);
    return self->body->len == header->total;
}

bool
channel_receive(Channel *self, Message *out, int timeout_ms)
{
    MonoTime until = { clock_mono(clock_system()).ns + (int64_t)timeout_ms * 1000000 };

    *out = (Message){ 0 };
    for (;;) {
        PacketHeader header;
        ssize_t n = recv(self->fd, self->packet, sizeof header + MESSAGE_PACKET, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0 || errno != EAGAIN || !wait_for(self, POLLIN, timeout_ms < 0 ? -1 : ms_left(until)))
                return false;
            continue;
        }
        if ((size_t)n < sizeof header) {
            atomic_fetch_add(&self->refused, 1);
            continue;
        }
        memcpy(&header, self->packet, sizeof header);
        size_t length = (size_t)n - sizeof header;
        if (!is_sound(&header, length)) {
            atomic_fetch_add(&self->refused, 1);
            continue;
        }
        if (!take_packet(self, &header, self->packet + sizeof header, length))
            continue;
        *out = (Message){ .type = header.type,
                          .id = header.id,
                          .status = header.status,
                          .body = g_byte_array_free_to_bytes(g_steal_pointer(&self->body)) };
        atomic_fetch_add(&self->received, 1);
        return true;
    }
}

void
channel_counters(const Channel *self, ChannelCounters *out)
{
    Channel *channel = (Channel *)self;

    *out = (ChannelCounters){ .sent = atomic_load(&channel->sent),
                              .received = atomic_load(&channel->received),
                              .not_sent = atomic_load(&channel->not_sent),
                              .refused = atomic_load(&channel->refused) };
}
