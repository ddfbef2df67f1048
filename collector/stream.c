/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.c - see stream.h */
#include "collector/stream-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    TICK_MS = 100, /* the decoder is flushed, and new connections are welcome again */
    ACCEPTS_A_TICK = 20,
    LOOK_EVERY_MS = 500, /* at time-outs */
    BACKLOG = 1024,
    TLS_RECORD = 16384,     /* bytes, the longest */
    FINISH_MOST = 64 << 20, /* bytes that one connection may still bring when we end */
};

/* ---- listening ---- */

static bool
fail(GError **error, const char *address, uint16_t port, int fd)
{
    int code = errno;

    if (fd >= 0)
        close(fd);
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot listen on tcp %s port %u: %s%s",
                address, port, g_strerror(code), code == EADDRINUSE ? " ('ss -lntp' shows by whom)" : "");
    return false;
}

bool
stream_listen(const char *address, uint16_t port, int *fd, GError **error)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    int on = 1, off = 0;

    if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is no IP address", address);
        return false;
    }
    int made = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0)
        return fail(error, address, port, made);
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!is_v4)
        setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* [::] takes IPv4 too */
    const struct sockaddr *where = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    if (bind(made, where, is_v4 ? sizeof v4 : sizeof v6) != 0 || listen(made, BACKLOG) != 0)
        return fail(error, address, port, made);
    *fd = made;
    return true;
}

/* ---- watching ---- */

static void
watch(const Stream *self, int operation, int fd, uint32_t events, StreamWatch *what)
{
    struct epoll_event event = { .events = events, .data.ptr = what };

    epoll_ctl(self->epoll, operation, fd, &event);
}

static void
watch_places(Stream *self, bool is_resting)
{
    if (self->is_resting == is_resting)
        return;
    self->is_resting = is_resting;
    for (size_t i = 0; i < self->conf.n_places; i++)
        watch(self, EPOLL_CTL_MOD, self->places[i].place.fd, is_resting ? 0 : EPOLLIN,
              &self->places[i].watch);
}

/* ---- a connection's end ---- */

static void
count_end(Stream *self, StreamPlaceState *place, const IpAddress *address, StreamEnd why)
{
    StreamEndCount *count = &place->ends[why];

    count->n++;
    count->last = *address;
    count->last_ms = clock_wall(self->clock).ms;
}

static void
end_connection(Stream *self, StreamConnection *connection, StreamEnd why)
{
    count_end(self, connection->place, &connection->address, why);
    message_stream_end(&connection->messages, clock_wall(self->clock));
    if (connection->tls != NULL)
        tls_connection_close(connection->tls);
    tls_connection_free(connection->tls);
    close(connection->fd); /* epoll forgets it by itself */
    address_load_go(self->load, &connection->address);
    connection->place->connections--;
    guint index = connection->index;
    g_ptr_array_remove_index_fast(self->connections, index); /* frees it; the last one takes its place */
    if (index < self->connections->len)
        ((StreamConnection *)g_ptr_array_index(self->connections, index))->index = index;
}

/* ---- a connection's beginning ---- */

static void
read_address(const struct sockaddr_storage *from, IpAddress *address, uint16_t *port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (from->ss_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        *address = ip_from_v4(ntohl(v4.sin_addr.s_addr));
        *port = ntohs(v4.sin_port);
    } else {
        memcpy(&v6, from, sizeof v6);
        memcpy(address->bytes, &v6.sin6_addr, sizeof address->bytes);
        *port = ntohs(v6.sin6_port);
    }
}

/* An exporter that is gone without a word is noticed after two minutes, one that has nothing to tell is not.
 */
static void
keep_alive(int fd)
{
    const struct {
        int level, option, value;
    } settings[] = { { SOL_SOCKET, SO_KEEPALIVE, 1 },
                     { IPPROTO_TCP, TCP_KEEPIDLE, 60 },
                     { IPPROTO_TCP, TCP_KEEPINTVL, 15 },
                     { IPPROTO_TCP, TCP_KEEPCNT, 4 } };

    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
        setsockopt(fd, settings[i].level, settings[i].option, &settings[i].value, sizeof(int));
}

/* N_STREAM_ENDS: it may come in, and counts as open. */
static StreamEnd
judge(Stream *self, const IpAddress *address)
{
    if (!decoder_admits(self->decoder, address))
        return STREAM_END_NOT_ALLOWED;
    if (self->connections->len >= self->conf.max_connections)
        return STREAM_END_TOO_MANY;
    switch (address_load_come(self->load, address, clock_mono(self->clock).ns)) {
    case ADDRESS_LOAD_TOO_MANY:
        return STREAM_END_TOO_MANY_OF_ONE;
    case ADDRESS_LOAD_TOO_OFTEN:
        return STREAM_END_TOO_OFTEN;
    default:
        return N_STREAM_ENDS;
    }
}

/* True when messages may come now; else the connection is gone. */
static bool
begin_session(Stream *self, StreamConnection *connection)
{
    const SessionPeer peer = { .address = connection->address,
                               .port = connection->port,
                               .transport = connection->place->place.transport,
                               .name =
                                   connection->tls != NULL ? tls_connection_name(connection->tls) : NULL };
    Refusal why;

    connection->is_up = true;
    connection->heard_ns = clock_mono(self->clock).ns;
    if (message_stream_begin(&connection->messages, self->decoder, &peer, clock_wall(self->clock), &why))
        return true;
    end_connection(self, connection,
                   why == REFUSED_NOT_ALLOWED ? STREAM_END_NOT_ALLOWED : STREAM_END_EXPORTER_QUOTA);
    return false;
}

/* Takes @fd. */
static void
welcome(Stream *self, StreamPlaceState *place, int fd, const IpAddress *address, uint16_t port)
{
    StreamConnection *connection = g_new0(StreamConnection, 1);

    *connection = (StreamConnection){ .watch.kind = WATCH_CONNECTION,
                                      .place = place,
                                      .index = self->connections->len,
                                      .fd = fd,
                                      .address = *address,
                                      .port = port,
                                      .begun_ns = clock_mono(self->clock).ns };
    g_ptr_array_add(self->connections, connection);
    place->accepted++;
    place->connections++;
    keep_alive(fd);
    watch(self, EPOLL_CTL_ADD, fd, EPOLLIN, &connection->watch);
    if (place->place.transport != TRANSPORT_TLS) {
        begin_session(self, connection);
        return;
    }
    connection->tls = tls_connection_new(self->conf.tls, fd);
    if (connection->tls == NULL)
        end_connection(self, connection, STREAM_END_HANDSHAKE);
}

/* Those who are not on the list cost nothing but this; the others are let in at a rate that a handshake each
 * can be paid for, and wait in the kernel meanwhile. */
static void
accept_some(Stream *self, StreamPlaceState *place)
{
    for (int i = 0; i < EVENTS && self->accepts_left > 0; i++) {
        struct sockaddr_storage from = { 0 };
        socklen_t length = sizeof from;
        IpAddress address;
        uint16_t port;
        int fd = accept4(place->place.fd, (struct sockaddr *)&from, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
            self->accepts_left = 0; /* later, perhaps */
        if (fd < 0)
            break;
        read_address(&from, &address, &port);
        StreamEnd refused = judge(self, &address);
        if (refused == N_STREAM_ENDS) {
            self->accepts_left--;
            welcome(self, place, fd, &address, port);
            continue;
        }
        count_end(self, place, &address, refused);
        close(fd);
    }
    if (self->accepts_left == 0)
        watch_places(self, true);
}

/* ---- reading ---- */

/* False when the connection is gone, or is not up yet. */
static bool
shake_hands(Stream *self, StreamConnection *connection)
{
    TlsResult result = tls_connection_handshake(connection->tls);
    bool wants_write = result == TLS_WANTS_WRITE;

    if (wants_write != connection->wants_write) {
        connection->wants_write = wants_write;
        watch(self, EPOLL_CTL_MOD, connection->fd, wants_write ? EPOLLOUT : EPOLLIN, &connection->watch);
    }
    if (result == TLS_DONE)
        return begin_session(self, connection);
    if (result == TLS_FAILED)
        end_connection(self, connection, tls_connection_end(connection->tls));
    return false;
}

/* As recv, but with 0 for the end, -1 for nothing there now, -2 for an error. */
static ssize_t
receive(const StreamConnection *connection, uint8_t *bytes, size_t n)
{
    if (connection->tls != NULL)
        return tls_connection_read(connection->tls, bytes, n);
    ssize_t got = recv(connection->fd, bytes, n, MSG_DONTWAIT);
    if (got >= 0)
        return got;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

/* Fills the room behind @bytes as far as there is something. How much; @end: what receive said at last. */
static size_t
fill(const StreamConnection *connection, uint8_t *bytes, ssize_t *end)
{
    size_t n = 0;

    do {
        *end = receive(connection, bytes + n, MESSAGE_STREAM_READ - n);
        n += *end > 0 ? (size_t)*end : 0;
        /* A socket gives all that it has at once, TLS one record at a time. */
    } while (*end > 0 && connection->tls != NULL && n + TLS_RECORD <= MESSAGE_STREAM_READ);
    return n;
}

static StreamEnd
end_of(MessageStreamEnd result, const StreamConnection *connection, const uint8_t *room)
{
    static const uint8_t tls_hello[] = { 22, 3 };

    if (result == MESSAGE_STREAM_GOES_ON)
        return N_STREAM_ENDS;
    if (result == MESSAGE_STREAM_LENGTH)
        return STREAM_END_LENGTH;
    bool is_tls = connection->messages.messages == 0 && memcmp(room, tls_hello, sizeof tls_hello) == 0;
    return connection->tls == NULL && is_tls ? STREAM_END_TLS_AT_TCP : STREAM_END_NO_IPFIX;
}

/* One read's worth; how many messages. N_STREAM_ENDS in @why: the connection goes on. */
static size_t
take(Stream *self, StreamConnection *connection, StreamEnd *why, size_t *bytes)
{
    uint64_t before = connection->messages.messages;
    size_t kept = message_stream_lay_out(&connection->messages, self->room);
    ssize_t end;

    *why = N_STREAM_ENDS;
    *bytes = fill(connection, self->room + kept, &end);
    if (*bytes > 0) {
        connection->heard_ns = clock_mono(self->clock).ns;
        *why = end_of(
            message_stream_take(&connection->messages, self->room, kept + *bytes, clock_wall(self->clock)),
            connection, self->room);
    }
    size_t messages = (size_t)(connection->messages.messages - before);
    if (!message_stream_is_torn(&connection->messages))
        connection->torn_ns = 0;
    else if (messages > 0 || connection->torn_ns == 0)
        connection->torn_ns = connection->heard_ns;
    connection->place->messages += messages;
    connection->place->bytes += *bytes;
    if (*why == N_STREAM_ENDS && end == 0)
        *why = STREAM_END_CLOSED;
    else if (*why == N_STREAM_ENDS && end == -2)
        *why = STREAM_END_BROKEN;
    return messages;
}

/* What GnuTLS has taken from the socket but not given yet, no event would tell of. */
static size_t
serve(Stream *self, StreamConnection *connection)
{
    size_t messages = 0, bytes;
    StreamEnd why;

    if (!connection->is_up && !shake_hands(self, connection))
        return 0;
    do
        messages += take(self, connection, &why, &bytes);
    while (why == N_STREAM_ENDS && connection->tls != NULL && tls_connection_has_more(connection->tls));
    if (why != N_STREAM_ENDS)
        end_connection(self, connection, why);
    return messages;
}

/* ---- time ---- */

static StreamEnd
overdue(const Stream *self, const StreamConnection *connection, int64_t now_ns)
{
    const StreamConf *conf = &self->conf;
    int64_t ms = 1000000;

    if (!connection->is_up)
        return now_ns - connection->begun_ns > conf->handshake_ms * ms ? STREAM_END_HANDSHAKE_TIMEOUT
                                                                       : N_STREAM_ENDS;
    if (connection->torn_ns != 0 && now_ns - connection->torn_ns > conf->message_ms * ms)
        return STREAM_END_SLOW;
    return now_ns - connection->heard_ns > conf->idle_ms * ms ? STREAM_END_IDLE : N_STREAM_ENDS;
}

static void
look_at_connections(Stream *self, int64_t now_ns)
{
    for (guint i = self->connections->len; i-- > 0;) {
        StreamConnection *connection = g_ptr_array_index(self->connections, i);
        StreamEnd why = overdue(self, connection, now_ns);

        if (why != N_STREAM_ENDS)
            end_connection(self, connection, why);
        else if (now_ns - connection->heard_ns > (int64_t)LOOK_EVERY_MS * 1000000)
            message_stream_trim(&connection->messages);
    }
}

static void
look_at_the_clock(Stream *self)
{
    int64_t now_ns = clock_mono(self->clock).ns;

    if (now_ns - self->ticked_ns >= (int64_t)TICK_MS * 1000000) {
        self->ticked_ns = now_ns;
        self->accepts_left = ACCEPTS_A_TICK;
        watch_places(self, false);
        decoder_flush(self->decoder, clock_wall(self->clock));
    }
    if (now_ns - self->looked_ns >= (int64_t)LOOK_EVERY_MS * 1000000) {
        self->looked_ns = now_ns;
        look_at_connections(self, now_ns);
    }
}

size_t
stream_run_once(Stream *self, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    size_t messages = 0;
    uint64_t woken;
    int n = epoll_wait(self->epoll, events, EVENTS, timeout_ms);

    for (int i = 0; i < n; i++) {
        StreamWatch *what = events[i].data.ptr;

        /* A connection's end frees nothing but itself, and it has one event here at most. */
        if (what->kind == WATCH_CONNECTION)
            messages += serve(self, (StreamConnection *)what);
        else if (what->kind == WATCH_PLACE)
            accept_some(self, (StreamPlaceState *)what);
        else if (read(self->wake, &woken, sizeof woken) < 0)
            continue; /* somebody woke us and nobody did: the same to us */
    }
    look_at_the_clock(self);
    return messages;
}

void
stream_finish(Stream *self)
{
    while (self->connections->len > 0) {
        StreamConnection *connection = g_ptr_array_index(self->connections, self->connections->len - 1);
        StreamEnd why = N_STREAM_ENDS;
        size_t bytes = 1;

        for (size_t all = 0; connection->is_up && why == N_STREAM_ENDS && bytes > 0 && all < FINISH_MOST;
             all += bytes)
            take(self, connection, &why, &bytes);
        end_connection(self, connection, why != N_STREAM_ENDS ? why : STREAM_END_STOPPED);
    }
}

/* ---- life ---- */

static size_t
run_once(Receiver *receiver, int timeout_ms)
{
    return stream_run_once((Stream *)receiver, timeout_ms);
}

static void
wake(Receiver *receiver)
{
    const uint64_t one = 1;

    if (write(((Stream *)receiver)->wake, &one, sizeof one) < 0)
        return; /* it is awake, and has been told often */
}

static void
finish(Receiver *receiver)
{
    stream_finish((Stream *)receiver);
}

static json_t *
report(const Receiver *receiver)
{
    return stream_report((const Stream *)receiver);
}

static void
free_receiver(Receiver *receiver)
{
    stream_free((Stream *)receiver);
}

static const ReceiverType stream_type = { .name = "tcp",
                                          .run_once = run_once,
                                          .wake = wake,
                                          .finish = finish,
                                          .report = report,
                                          .free = free_receiver };

Receiver *
stream_receiver(Stream *self)
{
    return &self->receiver;
}

Stream *
stream_new(const StreamConf *conf, Decoder *decoder)
{
    Stream *self = g_new0(Stream, 1);

    *self = (Stream){ .receiver.type = &stream_type,
                      .conf = *conf,
                      .decoder = decoder,
                      .clock = conf->clock != NULL ? conf->clock : clock_system(),
                      .epoll = epoll_create1(EPOLL_CLOEXEC),
                      .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                      .accepts_left = ACCEPTS_A_TICK };
    self->places = g_new0(StreamPlaceState, conf->n_places);
    self->connections = g_ptr_array_new_with_free_func(g_free);
    self->load = address_load_new(conf->max_per_address, conf->max_new_per_minute);
    self->room = g_malloc0(MESSAGE_STREAM_ROOM);
    self->wake_watch.kind = WATCH_WAKE;
    watch(self, EPOLL_CTL_ADD, self->wake, EPOLLIN, &self->wake_watch);
    for (size_t i = 0; i < conf->n_places; i++) {
        self->places[i] = (StreamPlaceState){ .watch.kind = WATCH_PLACE, .place = conf->places[i] };
        watch(self, EPOLL_CTL_ADD, conf->places[i].fd, EPOLLIN, &self->places[i].watch);
    }
    self->conf.places = NULL;
    return self;
}

void
stream_free(Stream *self)
{
    if (self == NULL)
        return;
    while (self->connections->len > 0)
        end_connection(self, g_ptr_array_index(self->connections, self->connections->len - 1),
                       STREAM_END_STOPPED);
    g_ptr_array_unref(self->connections);
    address_load_free(self->load);
    close(self->epoll);
    close(self->wake);
    g_free(self->places);
    g_free(self->room);
    g_free(self);
}
