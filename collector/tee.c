/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tee.c - the destinations and the thread that sends to them; see tee.h */
#include "collector/tee-private.h"
#include "collector/prefix-set.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    BATCH = 64, /* datagrams a call */
    IDLE_MS = 500,
    SEND_BUFFER = 4 << 20,
    RECENT_S = 60, /* for so long an error is news */
};

typedef struct Outlet {
    const TeeTarget *target;
    PrefixSet *exporters; /* NULL: everybody's */
    int fd, raw;          /* raw: -1 when the source is not kept; borrowed */
    uint32_t n;           /* in the batch */
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH][2];
    uint8_t headers[BATCH][TEE_HEADER_MOST];
    struct sockaddr_storage raw_to;
    atomic_ullong sent, dropped, errors, not_kept;
    atomic_int last_errno;
    atomic_llong last_error_s;
} Outlet;

struct Tee {
    size_t n_lanes, n_outlets;
    TeeLane *lanes;
    Outlet *outlets;
    atomic_bool is_sleeping, should_end;
    int wake_fd;
    GThread *thread;
};

/* ---- sockets ---- */

static bool
fail(GError **error, const char *what, const char *whom)
{
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s%s: %s", what, whom,
                g_strerror(errno));
    return false;
}

static int
raw_socket(int family)
{
    int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    int bytes = SEND_BUFFER;

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return fd;
}

bool
tee_open_raw(TeeRaw *raw, GError **error)
{
    raw->v4 = raw_socket(AF_INET); /* whose packets bring their own headers: raw(7) */
    if (raw->v4 < 0)
        return fail(error,
                    "cannot send with the exporters' own addresses (keep-source=yes takes CAP_NET_RAW)", "");
    raw->v6 = raw_socket(AF_INET6);
    return true;
}

static socklen_t
size_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static bool
outlet_init(Outlet *self, const TeeTarget *target, const TeeRaw *raw, GError **error)
{
    const struct sockaddr *to = (const struct sockaddr *)&target->address;
    int bytes = SEND_BUFFER;

    self->target = target;
    self->raw = !target->keep_source ? -1 : target->address.ss_family == AF_INET ? raw->v4 : raw->v6;
    self->raw_to = target->address;
    if (self->raw_to.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&self->raw_to)->sin6_port = 0; /* it would be taken for the protocol */
    if (target->n_exporters > 0)
        self->exporters = prefix_set_new(target->exporters, target->n_exporters);
    self->fd = socket(target->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Connected, so that we hear of it when nobody listens there. */
    if (self->fd < 0 || connect(self->fd, to, size_of(&target->address)) != 0)
        return fail(error, "cannot send on to ", target->to);
    setsockopt(self->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return true;
}

/* ---- sending ---- */

static void
note_error(Outlet *self, int code)
{
    atomic_fetch_add_explicit(&self->errors, 1, memory_order_relaxed);
    atomic_store(&self->last_errno, code);
    atomic_store(&self->last_error_s, clock_wall(clock_system()).ms / 1000);
}

/* What an ICMP message has told of an earlier datagram; the one in hand was not tried. */
static bool
is_report(int code)
{
    return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH;
}

/* Sends @n messages of the batch from @at on by @fd. Never waits: what is not taken at once is dropped. */
static void
send_some(Outlet *self, int fd, uint32_t at, uint32_t n)
{
    uint32_t end = at + n, reported = UINT32_MAX;

    while (at < end) {
        int done = sendmmsg(fd, &self->messages[at], end - at, MSG_DONTWAIT);

        if (done > 0) {
            atomic_fetch_add_explicit(&self->sent, (unsigned)done, memory_order_relaxed);
            at += (uint32_t)done;
        } else if (errno == EAGAIN ||
                   errno == ENOBUFS) { /* its buffer is full: the rest would find it so too */
            atomic_fetch_add_explicit(&self->dropped, end - at, memory_order_relaxed);
            return;
        } else if (errno != EINTR) {
            note_error(self, errno);
            if (is_report(errno) && reported != at) {
                reported = at; /* once more */
            } else {
                atomic_fetch_add_explicit(&self->dropped, 1, memory_order_relaxed);
                at++;
            }
        }
    }
}

/* Runs of messages that go by the same socket. */
static void
send_batch(Outlet *self)
{
    for (uint32_t at = 0, n; at < self->n; at += n) {
        bool is_raw = self->messages[at].msg_hdr.msg_name != NULL;

        for (n = 1; at + n < self->n && (self->messages[at + n].msg_hdr.msg_name != NULL) == is_raw; n++)
            continue;
        send_some(self, is_raw ? self->raw : self->fd, at, n);
    }
    self->n = 0;
}

static void
add(Outlet *self, const TeeItem *item, const uint8_t *bytes, size_t length)
{
    uint32_t at = self->n++;
    struct iovec *parts = self->parts[at];
    size_t header = 0;

    if (self->raw >= 0 && !tee_header(self->headers[at], &header, &self->target->address, &item->source,
                                      item->port, bytes, length))
        atomic_fetch_add_explicit(&self->not_kept, 1, memory_order_relaxed);
    parts[0] = (struct iovec){ self->headers[at], header };
    parts[1] = (struct iovec){ (void *)bytes, length };
    self->messages[at].msg_hdr = (struct msghdr){ .msg_iov = header > 0 ? parts : parts + 1,
                                                  .msg_iovlen = header > 0 ? 2 : 1,
                                                  .msg_name = header > 0 ? &self->raw_to : NULL,
                                                  .msg_namelen = header > 0 ? size_of(&self->raw_to) : 0 };
    if (self->n == BATCH)
        send_batch(self);
}

/* All datagrams of a message. */
static void
forward(Outlet *self, const TeeItem *item)
{
    const uint8_t *bytes = (const uint8_t *)(item + 1);
    size_t at = 0, left = item->length;

    if (self->exporters != NULL && !prefix_set_has(self->exporters, &item->source))
        return;
    do {
        size_t length = item->each > 0 ? MIN((size_t)item->each, left) : left;

        add(self, item, bytes + at, length);
        at += length;
        left -= length;
    } while (left > 0);
}

/* Sends some of what is in a lane; true when there was something. */
static bool
empty(Tee *self, TeeLane *lane)
{
    size_t at = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    const TeeItem *item;
    int n = 0;

    for (; n < BATCH && (item = tee_lane_read(lane, &at)) != NULL; n++)
        for (size_t i = 0; i < self->n_outlets; i++)
            forward(&self->outlets[i], item);
    for (size_t i = 0; i < self->n_outlets; i++)
        send_batch(&self->outlets[i]); /* it points into the ring */
    tee_lane_release(lane, at);
    return n > 0;
}

static bool
empty_all(Tee *self)
{
    bool any = false;

    for (size_t i = 0; i < self->n_lanes; i++)
        any |= empty(self, &self->lanes[i]);
    return any;
}

static gpointer
tee_main(gpointer data)
{
    Tee *self = data;
    struct pollfd fd = { .fd = self->wake_fd, .events = POLLIN };
    uint64_t drained;

    while (!atomic_load(&self->should_end)) {
        if (empty_all(self))
            continue;
        atomic_store(&self->is_sleeping, true);
        if (!empty_all(self))
            poll(&fd, 1, IDLE_MS);
        atomic_store(&self->is_sleeping, false);
        ssize_t ignored = read(self->wake_fd, &drained, sizeof drained);
        (void)ignored;
    }
    while (empty_all(self))
        continue;
    return NULL;
}

/* ---- life ---- */

Tee *
tee_new(const TeeConf *conf, GError **error)
{
    Tee *self = g_new0(Tee, 1);

    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->n_lanes = conf->n_lanes;
    self->lanes = g_aligned_alloc0(conf->n_lanes, sizeof(TeeLane), 64);
    for (size_t i = 0; i < conf->n_lanes; i++)
        tee_lane_init(&self->lanes[i], conf->queue_bytes / MAX(conf->n_lanes, (size_t)1), &self->is_sleeping,
                      self->wake_fd);
    self->outlets = g_new0(Outlet, conf->n_targets);
    for (size_t i = 0; i < conf->n_targets; i++) {
        self->n_outlets++;
        if (!outlet_init(&self->outlets[i], &conf->targets[i], &conf->raw, error)) {
            tee_free(self);
            return NULL;
        }
    }
    return self;
}

void
tee_free(Tee *self)
{
    if (self == NULL)
        return;
    tee_stop(self);
    for (size_t i = 0; i < self->n_outlets; i++) {
        if (self->outlets[i].fd >= 0)
            close(self->outlets[i].fd);
        prefix_set_free(self->outlets[i].exporters);
    }
    for (size_t i = 0; i < self->n_lanes; i++)
        tee_lane_clear(&self->lanes[i]);
    close(self->wake_fd);
    g_free(self->outlets);
    g_aligned_free(self->lanes);
    g_free(self);
}

void
tee_start(Tee *self)
{
    self->thread = g_thread_new("tee", tee_main, self);
}

void
tee_stop(Tee *self)
{
    uint64_t one = 1;

    if (self->thread == NULL)
        return;
    atomic_store(&self->should_end, true);
    ssize_t ignored = write(self->wake_fd, &one, sizeof one);
    (void)ignored;
    g_thread_join(g_steal_pointer(&self->thread));
}

TeeLane *
tee_lane(Tee *self, size_t index)
{
    return self == NULL ? NULL : &self->lanes[index % self->n_lanes];
}

/* ---- what became of it ---- */

/* What an operator should know, or NULL. */
static char *
words(Outlet *self, uint64_t queue_dropped)
{
    int64_t since_s = clock_wall(clock_system()).ms / 1000 - atomic_load(&self->last_error_s);
    uint64_t dropped = atomic_load(&self->dropped), not_kept = atomic_load(&self->not_kept);
    int code = atomic_load(&self->last_errno);

    if (code == ECONNREFUSED && since_s < RECENT_S)
        return g_strdup("Nobody listens there: its machine sends datagrams back as unreachable.");
    if (code != 0 && since_s < RECENT_S)
        return g_strdup_printf("Datagrams could not be sent: %s.", g_strerror(code));
    if (dropped > 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT " datagrams were not sent on: the network takes them too "
                               "slowly.",
                               dropped);
    if (queue_dropped > 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT
                               " datagrams came faster than they could be sent on; raise "
                               "[collector] tee-queue=, or send to fewer.",
                               queue_dropped);
    if (not_kept > 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT
                               " datagrams went with our own address: their exporter has "
                               "one of the other family.",
                               not_kept);
    return NULL;
}

json_t *
tee_to_json(Tee *self)
{
    json_t *list = json_array();
    uint64_t queue_dropped = 0;

    if (self == NULL)
        return list;
    for (size_t i = 0; i < self->n_lanes; i++)
        queue_dropped += atomic_load(&self->lanes[i].dropped);
    for (size_t i = 0; i < self->n_outlets; i++) {
        Outlet *outlet = &self->outlets[i];
        g_autofree char *problem = words(outlet, queue_dropped);

        json_array_append_new(list,
                              json_pack("{s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:s?}", "name", outlet->target->name,
                                        "to", outlet->target->to, "keepSource", outlet->target->keep_source,
                                        "sent", (json_int_t)atomic_load(&outlet->sent), "dropped",
                                        (json_int_t)(atomic_load(&outlet->dropped)), "queueDropped",
                                        (json_int_t)queue_dropped, "errors",
                                        (json_int_t)atomic_load(&outlet->errors), "problem", problem));
    }
    return list;
}
