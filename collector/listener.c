/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener.c - receiving; see listener.h. The sockets are made in listener-bind.c. */
#include "collector/listener.h"
#include "collector/steering.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    BATCH = 64,      /* messages a call */
    MOST_CALLS = 32, /* calls a socket in one turn, so that one busy socket cannot starve the others */
    FLUSH_EVERY_MS = 100,
    MEMINFO_EVERY_MS = 250,
    MOST_SOCKETS = DATAGRAM_SOCKETS,
    DRAIN_MOST_MS = 2000,
    /* A turn that found a few sleeps before it looks again, so that the next one finds more: half the cost of
     * a datagram at low rates is waking up for it. The buffer must hold what comes meanwhile: 10 Gbit/s for
     * the length of a tick are 4 MB of payload, and about twice that as the kernel counts it. */
    TICK_US = 3000,
    TICK_BUFFER = 8 << 20,
    FEW = 256, /* datagrams of one turn; when there are more, batches are full without waiting */
    TICKS_OFF_MOST = 63,
    CONTROL_BYTES = CMSG_SPACE(sizeof(uint32_t)) + CMSG_SPACE(sizeof(int)),
};

/* Where one call's messages go. */
typedef struct Inbox {
    uint8_t *room; /* BATCH slots of DATAGRAM_MOST + DATAGRAM_SLACK bytes */
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage senders[BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[BATCH][CONTROL_BYTES];
} Inbox;

/* What came with a message. */
typedef struct Told {
    uint32_t drops; /* the kernel's count for the socket when the message was queued; 0 is not told */
    size_t each;    /* bytes of each of the datagrams that were joined into it (UDP_GRO); 0: it is one */
} Told;

typedef struct Inlet {
    int fd;
    uint32_t seen_drops;       /* the kernel's count, which wraps at 32 bits, at the last look */
    uint64_t datagrams, drops; /* drops in the kernel's unit, which takes joined ones as one */
} Inlet;

struct Listener {
    Receiver receiver; /* first, so that the two can be cast */
    Decoder *decoder;  /* borrowed */
    TeeLane *tee;      /* borrowed; NULL: nothing is sent on */
    Clock *clock;
    size_t n;
    Inlet sockets[MOST_SOCKETS];
    struct pollfd poll[MOST_SOCKETS];
    int64_t flushed_ns, meminfo_ns, turned_ns;
    bool may_tick, is_dense;
    uint32_t ticks_off, ticks_off_next; /* turns without a tick: still to come; after the next vain one */
    Inbox inbox;
};

/* ---- one call ---- */

static void
inbox_init(Inbox *self)
{
    self->room = g_malloc0((gsize)BATCH * (DATAGRAM_MOST + DATAGRAM_SLACK));
    for (size_t i = 0; i < BATCH; i++) {
        self->parts[i] = (struct iovec){ self->room + i * (DATAGRAM_MOST + DATAGRAM_SLACK), DATAGRAM_MOST };
        self->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &self->parts[i],
                                                     .msg_iovlen = 1,
                                                     .msg_name = &self->senders[i],
                                                     .msg_control = self->controls[i] };
    }
}

static void
inbox_clear(Inbox *self)
{
    g_free(self->room);
}

/* How many messages came; 0: none wait. */
static size_t
inbox_fill(Inbox *self, int fd)
{
    for (size_t i = 0; i < BATCH; i++) {
        self->messages[i].msg_hdr.msg_namelen = sizeof self->senders[i];
        self->messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
    }
    int n = recvmmsg(fd, self->messages, BATCH, MSG_DONTWAIT, NULL);
    return n > 0 ? (size_t)n : 0;
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

static Told
read_control(struct msghdr *message)
{
    Told told = { 0 };

    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&told.drops, CMSG_DATA(at), sizeof told.drops);
        } else if (at->cmsg_level == SOL_UDP && at->cmsg_type == UDP_GRO) {
            int each;
            memcpy(&each, CMSG_DATA(at), sizeof each);
            told.each = each > 0 ? (size_t)each : 0;
        }
    }
    return told;
}

/* Decodes the datagrams of a message, of @each bytes but for the last, or just one. How many they were. */
static size_t
decode_message(const uint8_t *bytes, size_t length, size_t each, Datagram *datagram, Decoder *decoder)
{
    size_t at = 0, n = 0;

    do {
        datagram->bytes = bytes + at;
        datagram->length = each > 0 ? MIN(each, length - at) : length;
        decoder_datagram(decoder, datagram);
        at += datagram->length;
        n++;
    } while (at < length);
    return n;
}

/* A joined message is of one sender, so that those after it come later than said: no harm in that. */
static void
expect(const Inbox *inbox, size_t i, size_t n, Decoder *decoder)
{
    Datagram datagram;

    if (i >= n)
        return;
    read_sender(&inbox->senders[i], &datagram);
    decoder_expect(decoder, &datagram.source);
}

/* The messages of one call are sent on, whatever they are. */
static void
send_on(TeeLane *tee, Inbox *inbox, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        Datagram datagram = { 0 };

        read_sender(&inbox->senders[i], &datagram);
        tee_lane_push(tee, inbox->parts[i].iov_base, inbox->messages[i].msg_len,
                      read_control(&inbox->messages[i].msg_hdr).each, &datagram.source, datagram.source_port);
    }
    tee_lane_flush(tee);
}

/* ---- the kernel's counts ---- */

static void
count_drops(Listener *self, size_t index, uint32_t kernel_count)
{
    Inlet *socket = &self->sockets[index];
    uint32_t fresh = kernel_count - socket->seen_drops; /* wraps as the kernel's does */

    if (fresh == 0 || fresh > UINT32_MAX / 2) /* an older count that was still queued with its datagram */
        return;
    socket->seen_drops = kernel_count;
    socket->drops += fresh;
    decoder_count_kernel_drops(self->decoder, (uint8_t)index, fresh);
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

/* ---- life ---- */

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

void
listener_set_tee(Listener *self, TeeLane *tee)
{
    self->tee = tee;
}

Receiver *
listener_receiver(Listener *self)
{
    return &self->receiver;
}

static bool
holds_a_tick(int fd)
{
    int bytes = 0;
    socklen_t length = sizeof bytes;

    return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length) == 0 && bytes / 2 >= TICK_BUFFER;
}

Listener *
listener_new(const int *sockets, size_t n_sockets, Decoder *decoder)
{
    Listener *self = g_new0(Listener, 1);
    int on = 1;

    self->receiver.type = &listener_type;
    self->decoder = decoder;
    self->clock = clock_system();
    self->n = MIN(n_sockets, (size_t)MOST_SOCKETS);
    self->may_tick = true;
    for (size_t i = 0; i < self->n; i++) {
        self->sockets[i].fd = sockets[i];
        self->poll[i] = (struct pollfd){ .fd = sockets[i], .events = POLLIN };
        self->may_tick = self->may_tick && holds_a_tick(sockets[i]);
        /* Six times less work where it fits; a kernel that has not got it gives datagrams one by one. */
        setsockopt(sockets[i], SOL_UDP, UDP_GRO, &on, sizeof on);
        /* What was dropped before us, while a predecessor was down, is counted too: it is ours to tell. */
    }
    inbox_init(&self->inbox);
    return self;
}

void
listener_free(Listener *self)
{
    if (self == NULL)
        return;
    inbox_clear(&self->inbox);
    g_free(self);
}

/* ---- receiving ---- */

/* One call's worth from one socket: counts the datagrams, gives the number of messages. */
static size_t
receive(Listener *self, size_t index)
{
    Inlet *socket = &self->sockets[index];
    Inbox *inbox = &self->inbox;
    size_t n = inbox_fill(inbox, socket->fd);

    if (n == 0)
        return 0;
    if (self->tee != NULL)
        send_on(self->tee, inbox, n);
    WallTime now = clock_wall(self->clock);
    for (size_t i = 0; i < n; i++) {
        Datagram datagram = { .received = now, .socket = (uint8_t)index };
        Told told = read_control(&inbox->messages[i].msg_hdr);
        expect(inbox, i + DECODER_AHEAD, n, self->decoder);
        read_sender(&inbox->senders[i], &datagram);
        count_drops(self, index, told.drops);
        datagram.drops = socket->drops - (socket->seen_drops - told.drops);
        size_t joined = decode_message(inbox->parts[i].iov_base, inbox->messages[i].msg_len, told.each,
                                       &datagram, self->decoder);
        decoder_count_joined(self->decoder, (uint8_t)index, (uint32_t)joined);
        socket->datagrams += joined;
    }
    return n;
}

static void
look_at_the_clock(Listener *self, int64_t now_ns)
{
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
            count_drops(self, i, drops);
    }
}

/* From all sockets until they are empty, or had their share. How many messages. */
static size_t
take_turn(Listener *self)
{
    size_t total = 0;

    for (size_t i = 0; i < self->n; i++) {
        if (self->poll[i].revents == 0)
            continue;
        for (int calls = 0; calls < MOST_CALLS; calls++) {
            size_t n = receive(self, i);
            total += n;
            if (n < BATCH)
                break;
        }
    }
    return total;
}

/*
 * Until something is there, or the time is over: true when something is. Sleeps for a tick before it looks
 * when datagrams come thick. Where they come in bursts with nothing between, that was in vain, and is tried
 * ever more seldom.
 */
static bool
wait(Listener *self, int timeout_ms)
{
    if (self->is_dense && self->ticks_off > 0) {
        self->ticks_off--;
    } else if (self->is_dense) {
        g_usleep(TICK_US);
        if (poll(self->poll, self->n, 0) > 0) {
            self->ticks_off_next = 0;
            return true;
        }
        self->ticks_off_next = MIN(self->ticks_off_next * 2 + 1, (uint32_t)TICKS_OFF_MOST);
        self->ticks_off = self->ticks_off_next;
    }
    return poll(self->poll, self->n, timeout_ms) > 0;
}

size_t
listener_run_once(Listener *self, int timeout_ms)
{
    uint64_t before = 0, after = 0;
    size_t messages = 0;

    for (size_t i = 0; i < self->n; i++)
        before += self->sockets[i].datagrams;
    if (wait(self, timeout_ms))
        messages = take_turn(self);
    for (size_t i = 0; i < self->n; i++)
        after += self->sockets[i].datagrams;

    int64_t now_ns = clock_mono(self->clock).ns;
    /* Two or more are to be expected in a tick, else it would save nothing. */
    self->is_dense = self->may_tick && messages < FEW &&
                     (now_ns - self->turned_ns) * 2 < (int64_t)messages * TICK_US * 1000;
    self->turned_ns = now_ns;
    look_at_the_clock(self, now_ns);
    return (size_t)(after - before);
}

/* ---- what was steered by an old rule ---- */

typedef struct KeptMessage {
    Datagram datagram; /* its bytes are set when it is decoded */
    size_t length, each;
    uint8_t bytes[]; /* with DATAGRAM_SLACK behind them */
} KeptMessage;

static void
keep(Inbox *inbox, size_t i, size_t each, const Datagram *datagram, GPtrArray *kept)
{
    size_t length = inbox->messages[i].msg_len;
    KeptMessage *message = g_malloc0(sizeof *message + length + DATAGRAM_SLACK);

    message->datagram = *datagram;
    message->length = length;
    message->each = each;
    memcpy(message->bytes, inbox->parts[i].iov_base, length);
    g_ptr_array_add(kept, message);
}

void
listener_drain(int fd, uint32_t lane, uint32_t old_lanes, ListenerChoice choose, void *user, GPtrArray *kept,
               TeeLane *tee)
{
    Clock *clock = clock_system();
    Inbox *inbox = g_new0(Inbox, 1);
    int64_t until_ns = clock_mono(clock).ns + (int64_t)DRAIN_MOST_MS * 1000000;
    bool are_old = true;
    size_t n = BATCH;

    inbox_init(inbox);
    while (are_old && n == BATCH && clock_mono(clock).ns < until_ns) {
        WallTime now = clock_wall(clock);
        n = inbox_fill(inbox, fd);
        if (tee != NULL)
            send_on(tee, inbox, n);
        for (size_t i = 0; i < n; i++) {
            Datagram datagram = { .received = now };
            size_t each = read_control(&inbox->messages[i].msg_hdr).each;
            read_sender(&inbox->senders[i], &datagram);
            are_old = are_old && steering_lane(&datagram.source, old_lanes) == lane;
            if (are_old)
                decode_message(inbox->parts[i].iov_base, inbox->messages[i].msg_len, each, &datagram,
                               choose(user, &datagram.source));
            else
                keep(inbox, i, each, &datagram, kept);
        }
    }
    inbox_clear(inbox);
    g_free(inbox);
}

void
listener_decode_kept(const GPtrArray *kept, ListenerChoice choose, void *user)
{
    for (guint i = 0; i < kept->len; i++) {
        KeptMessage *message = g_ptr_array_index(kept, i);
        decode_message(message->bytes, message->length, message->each, &message->datagram,
                       choose(user, &message->datagram.source));
    }
}

uint64_t
listener_socket_datagrams(const Listener *self, size_t index)
{
    return index < self->n ? self->sockets[index].datagrams : 0;
}

uint64_t
listener_socket_drops(const Listener *self, size_t index)
{
    return index < self->n ? decoder_socket_drops(self->decoder, (uint8_t)index) : 0;
}
