/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command-send.c - `talaya send`: plays a capture's datagrams over UDP, or its IPFIX messages over TCP
 *
 * To a loopback address each exporter of the capture sends from a 127.x.y.z of its own, in the order of their
 * first appearance, so that the receiver tells them apart as it would in the field.
 */
#include "collector/base/log.h"
#include "collector/capture.h"
#include "collector/cli/commands.h"
#include "collector/message-start.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    DEFAULT_RATE = 20000, /* datagrams a second: loopback loses nothing at that */
    MOST_SENDERS = 65536,
    FIRST_SENDER = 0x7f420001, /* 127.66.0.1 */
    PACE_EVERY = 16,
};

typedef struct Sender {
    IpAddress was; /* in the capture */
    uint32_t is;   /* 127.x.y.z in host order; 0: the system's choice */
    uint16_t port;
    int fd;
    uint64_t datagrams;
} Sender;

typedef struct Sending {
    struct sockaddr_storage to;
    socklen_t to_length;
    bool to_loopback;      /* IPv4 */
    bool is_tcp;           /* one connection an exporter */
    uint32_t first_sender; /* host order */
    double rate;
    GHashTable *senders; /* text of the address -> owned Sender */
    GPtrArray *in_order; /* the same, as they appeared */
    uint64_t datagrams, bytes, errors;
    uint64_t paced; /* datagrams at the last look at the clock */
    struct timespec started;
} Sending;

static void
sender_free(gpointer data)
{
    Sender *sender = data;

    close(sender->fd);
    g_free(sender);
}

/* The socket of the exporter that sent @datagram in the capture; NULL with @error. */
static Sender *
find_sender(Sending *self, const Datagram *datagram, GError **error)
{
    char key[IP_TEXT];
    Sender *sender = g_hash_table_lookup(self->senders, ip_text(&datagram->source, key));

    if (sender != NULL)
        return sender;
    guint n = g_hash_table_size(self->senders);
    if (n >= MOST_SENDERS) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "more than %d exporters in the captures",
                    MOST_SENDERS);
        return NULL;
    }
    sender = g_new0(Sender, 1);
    sender->was = datagram->source;
    sender->fd = socket(self->to.ss_family, (self->is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (sender->fd >= 0 && self->to_loopback) {
        sender->is = self->first_sender + n;
        struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(sender->is) };
        if (bind(sender->fd, (struct sockaddr *)&from, sizeof from) != 0)
            sender->is = 0; /* no such address here: the system's choice will do */
    }
    g_hash_table_insert(self->senders, g_strdup(key), sender);
    g_ptr_array_add(self->in_order, sender);
    if (sender->fd < 0 || connect(sender->fd, (struct sockaddr *)&self->to, self->to_length) != 0) {
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "cannot send: %s",
                    g_strerror(errno));
        return NULL;
    }
    return sender;
}

/* Sleeps when we are ahead of the rate. */
static void
pace(Sending *self)
{
    struct timespec now;

    if (self->datagrams - self->paced < PACE_EVERY)
        return;
    self->paced = self->datagrams;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double since =
        (double)(now.tv_sec - self->started.tv_sec) + (double)(now.tv_nsec - self->started.tv_nsec) / 1e9;
    double ahead = (double)self->datagrams / self->rate - since;
    if (ahead > 0)
        g_usleep((gulong)(ahead * 1e6));
}

/* All of it: a stream may take it in parts. False: it does not go. */
static bool
write_all(int fd, const Datagram *datagram)
{
    for (size_t at = 0; at < datagram->length;) {
        ssize_t n = send(fd, datagram->bytes + at, datagram->length - at, MSG_NOSIGNAL);
        if (n >= 0)
            at += (size_t)n;
        else if (errno == ENOBUFS)
            g_usleep(1000);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* In a stream a message must say itself how long it is (RFC 7011 section 10.4). */
static bool
may_go(const Sending *self, const Datagram *datagram)
{
    size_t length = 0;

    return !self->is_tcp ||
           (message_start_read(datagram->bytes, datagram->length, &length) == MESSAGE_START_SOUND &&
            length == datagram->length);
}

static bool
send_one(Sending *self, const Datagram *datagram, GError **error)
{
    Sender *sender = may_go(self, datagram) ? find_sender(self, datagram, error) : NULL;

    if (sender == NULL && *error != NULL)
        return false;
    if (sender == NULL || !write_all(sender->fd, datagram)) {
        self->errors++; /* nobody listens (ECONNREFUSED), too long, no IPFIX, ...: told at the end */
        return true;
    }
    sender->datagrams++;
    self->datagrams++;
    self->bytes += datagram->length;
    pace(self);
    return true;
}

/* False when the file could not be read to its end; what came before was sent. */
static bool
send_file(Sending *self, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(path, &error);
    Datagram datagram;
    int got = -1;

    while (capture != NULL && (got = capture_next(capture, &datagram, &error)) > 0)
        if (!send_one(self, &datagram, &error)) {
            got = -1;
            break;
        }
    if (error != NULL)
        fprintf(stderr, "talaya send: %s\n", error->message);
    g_autofree char *shortcomings = capture == NULL ? NULL : capture_shortcomings(capture);
    if (shortcomings != NULL)
        fprintf(stderr, "talaya send: %s\n", shortcomings);
    return got == 0;
}

static bool
resolve(Sending *self, const char *text, GError **error)
{
    g_autoptr(GSocketConnectable) where = g_network_address_parse(text, 0, error);
    g_autoptr(GSocketAddressEnumerator) all = where != NULL ? g_socket_connectable_enumerate(where) : NULL;
    g_autoptr(GSocketAddress) first = all != NULL ? g_socket_address_enumerator_next(all, NULL, error) : NULL;

    if (first == NULL || !g_socket_address_to_native(first, &self->to, sizeof self->to, error))
        return false;
    GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS(first);
    GInetAddress *address = g_inet_socket_address_get_address(inet);
    if (g_inet_socket_address_get_port(inet) == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' has no port", text);
        return false;
    }
    self->to_length = (socklen_t)g_socket_address_get_native_size(first);
    self->to_loopback = g_inet_address_get_is_loopback(address) && self->to.ss_family == AF_INET;
    return true;
}

static json_t *
report(const Sending *self)
{
    json_t *senders = json_array();

    for (guint i = 0; i < self->in_order->len; i++) {
        const Sender *sender = self->in_order->pdata[i];
        IpAddress is = ip_from_v4(sender->is);
        char was_text[IP_TEXT], is_text[IP_TEXT];
        json_array_append_new(senders,
                              json_pack("{s:s,s:s?,s:I}", "exporter", ip_text(&sender->was, was_text),
                                        "sentFrom", sender->is != 0 ? ip_text(&is, is_text) : NULL,
                                        "datagrams", (json_int_t)sender->datagrams));
    }
    return json_pack("{s:I,s:I,s:I,s:o}", "datagrams", (json_int_t)self->datagrams, "bytes",
                     (json_int_t)self->bytes, "errors", (json_int_t)self->errors, "senders", senders);
}

/* One socket an exporter: the usual limit of 1024 is soon reached. */
static void
allow_many_sockets(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int
send_all(Sending *self, char **files, int n_files, int64_t loops)
{
    bool all_read = true;

    allow_many_sockets();
    self->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sender_free);
    self->in_order = g_ptr_array_new();
    clock_gettime(CLOCK_MONOTONIC, &self->started);
    for (int64_t loop = 0; loop < loops; loop++)
        for (int i = 0; i < n_files; i++)
            all_read &= send_file(self, files[i]);
    json_t *sent = report(self);
    json_dumpf(sent, stdout, JSON_COMPACT | JSON_SORT_KEYS);
    putchar('\n');
    json_decref(sent);
    if (self->errors > 0)
        fprintf(stderr,
                "talaya send: %" G_GUINT64_FORMAT
                " datagrams could not be sent (does anybody listen there?%s)\n",
                self->errors, self->is_tcp ? " Only IPFIX goes over TCP." : "");
    g_ptr_array_unref(self->in_order);
    g_hash_table_unref(self->senders);
    return all_read && self->errors == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
command_send(int argc, char **argv)
{
    g_autofree char *to = NULL, *from = NULL;
    gint64 rate = DEFAULT_RATE, loops = 1;
    const GOptionEntry entries[] = {
        { "to", 't', 0, G_OPTION_ARG_STRING, &to, "where to; with tcp: in front IPFIX over TCP",
          "[tcp:]HOST:PORT" },
        { "from", 'f', 0, G_OPTION_ARG_STRING, &from,
          "the first exporter's address on loopback (default 127.66.0.1)", "127.x.y.z" },
        { "rate", 'r', 0, G_OPTION_ARG_INT64, &rate, "datagrams a second (default 20000)", "N" },
        { "loop", 'l', 0, G_OPTION_ARG_INT64, &loops, "play the files so many times (default 1)", "N" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("FILE...");
    g_autoptr(GError) error = NULL;
    Sending self = { 0 };

    g_option_context_set_summary(
        context, "Sends the datagrams of captures (pcap, pcapng, .dat, RFC 5655) over UDP, or their IPFIX "
                 "messages over TCP. When HOST is "
                 "loopback, each exporter of the capture\nsends from a 127.66.x.y of its own. Prints "
                 "what was sent as one JSON object.");
    g_option_context_set_description(
        context, "Example:\n  talaya send --to 127.0.0.1:2055 --rate 5000 routers.pcap\n\n"
                 "Exit status: 0 all sent, 1 a file could not be read or a datagram not "
                 "sent, 2 wrong usage.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool is_parsed = g_option_context_parse(context, &argc, &argv, &error);
    if (!is_parsed || to == NULL || argc < 2 || rate < 1 || loops < 1) {
        fprintf(stderr, "talaya send: %s\n",
                !is_parsed               ? error->message
                : to == NULL || argc < 2 ? "--to HOST:PORT and at least one FILE are wanted; see --help"
                                         : "--rate and --loop are 1 or more");
        return EXIT_USAGE;
    }
    self.is_tcp = g_str_has_prefix(to, "tcp:");
    if (!resolve(&self, self.is_tcp ? to + strlen("tcp:") : to, &error)) {
        fprintf(stderr, "talaya send: %s\n", error->message);
        return EXIT_FAILED;
    }
    IpAddress first = ip_from_v4(FIRST_SENDER);
    if (from != NULL && (!ip_parse(from, &first) || !ip_is_v4(&first) || first.bytes[12] != 127)) {
        fprintf(stderr, "talaya send: --from %s is no 127.x.y.z\n", from);
        return EXIT_USAGE;
    }
    memcpy(&self.first_sender, first.bytes + 12, sizeof self.first_sender);
    self.first_sender = ntohl(self.first_sender);
    self.rate = (double)rate;
    return send_all(&self, argv + 1, argc - 1, loops);
}
