/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-send.c - sends built datagrams over loopback, at a rate, and says to the datagram how many it sent
 *
 * A plain sender is the limit at some 300,000 datagrams a second, so runs of datagrams go down in one call
 * each (UDP_SEGMENT, --gso); a receiver gets them one by one all the same, unless it asks for runs too
 * (UDP_GRO). Templates go first and have half a second to arrive. Each exporter has a socket of its own,
 * bound to 127.66.0.1 and on. What a collector does by flow time happens as often as in a network with
 * --flows records a second, though they are sent faster: the exporters' clock begins with a whole hour in the
 * past, so that a run can be laid over the ends of windows, and does not reach now. With --last one more
 * datagram of each exporter follows after a pause: behind it no loss can hide. Prints one JSON object; what
 * still waited in the receiver's sockets when the last one was sent is in it, for a collector that falls
 * behind shows it there before it loses anything.
 */
#include "tests/bench/load.h"
#include "tests/support/capture-writer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_SENDER = 0x7f420001, /* 127.66.0.1 */
    MOST_CALLS = 64,           /* runs handed to the kernel at once */
    TEMPLATE_PAUSE_US = 500000,
    LAST_PAUSE_US = 400000,
    AHEAD_NS = 30000, /* not worth a sleep */
};

typedef struct Options {
    int port, exporters, gso, burst, new_percent;
    gint64 datagrams, warm, seed;
    double rate, warm_rate, flows;
    gboolean last, talk;
    char *format, *write;
} Options;

typedef struct Sending {
    const Load *load;
    uint32_t gso;
    double rate, warm_rate; /* datagrams a second; 0: as fast as it goes */
    int fds[LOAD_MOST_EXPORTERS];
    uint64_t sent, warm, errors; /* @warm of the sent ones were for warming up */
    double seconds;              /* of the others */
    uint64_t backlog;            /* bytes in the receiver's sockets at the end */
} Sending;

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
sleep_s(double seconds)
{
    struct timespec pause = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

    nanosleep(&pause, NULL);
}

/* ---- sockets ---- */

static bool
open_sockets(Sending *self, uint16_t port, const char **what)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int segment = (int)self->load->size, room = 4 << 20;

    for (uint32_t i = 0; i < self->load->conf.exporters; i++) {
        struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(FIRST_SENDER + i) };
        int fd = self->fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        *what = "socket";
        if (fd < 0)
            return false;
        *what = "bind";
        if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
            return false;
        *what = "connect";
        if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
            return false;
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        *what = "UDP_SEGMENT";
        if (self->gso > 1 && setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) != 0)
            return false;
    }
    return true;
}

/* A line of the kernel's table: "12: 0100007F:0807 00000000:0000 07 TX:RX ...", all in hexadecimal. */
static uint64_t
waiting_in_line(char *line, uint16_t port)
{
    enum { LOCAL = 1, QUEUES = 4, WORDS };
    char *words[WORDS], *rest = NULL;

    for (size_t i = 0; i < WORDS; i++)
        if ((words[i] = strtok_r(i == 0 ? line : NULL, " ", &rest)) == NULL)
            return 0;
    const char *local = strrchr(words[LOCAL], ':'), *rx = strchr(words[QUEUES], ':');
    bool is_it = local != NULL && rx != NULL && g_ascii_strtoull(local + 1, NULL, 16) == port;
    return is_it ? g_ascii_strtoull(rx + 1, NULL, 16) : 0;
}

/* Bytes that wait in the sockets bound to @port. */
static uint64_t
waiting_bytes(uint16_t port)
{
    static const char *const tables[] = { "/proc/net/udp", "/proc/net/udp6" };
    uint64_t sum = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *text = NULL;
        if (!g_file_get_contents(tables[i], &text, NULL, NULL))
            continue;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL; line++)
            sum += waiting_in_line(*line, port);
    }
    return sum;
}

/* ---- sending ---- */

static void
send_templates(Sending *self)
{
    for (uint32_t i = 0; i < self->load->conf.exporters; i++) {
        gsize length;
        const void *bytes;
        if (self->load->templates[i] == NULL)
            continue;
        bytes = g_bytes_get_data(self->load->templates[i], &length);
        self->errors += send(self->fds[i], bytes, length, 0) != (ssize_t)length;
    }
    g_usleep(TEMPLATE_PAUSE_US);
}

/* One run of one exporter, from datagram @first on: all of it, whatever the kernel takes at once. */
static void
send_run(Sending *self, uint32_t first, uint32_t n)
{
    const Load *load = self->load;
    struct mmsghdr calls[MOST_CALLS];
    struct iovec parts[MOST_CALLS];
    unsigned n_calls = 0, done = 0;

    for (uint32_t i = 0; i < n; i += self->gso, n_calls++) {
        uint32_t together = MIN(self->gso, n - i);
        parts[n_calls] =
            (struct iovec){ load->bytes + (gsize)(first + i) * load->size, (gsize)together * load->size };
        calls[n_calls] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[n_calls], .msg_iovlen = 1 } };
    }
    while (done < n_calls) {
        int taken = sendmmsg(self->fds[load_exporter(load, first)], calls + done, n_calls - done, 0);
        if (taken > 0) {
            for (int i = 0; i < taken; i++)
                self->sent += parts[done + (unsigned)i].iov_len / load->size;
            done += (unsigned)taken;
        } else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN) {
            self->errors++; /* nobody there: what this call held is not sent */
            done++;
        }
    }
}

/* From datagram @first, which begins a run, up to @end; @rate a second. */
static void
send_part(Sending *self, uint32_t first, uint32_t end, double rate)
{
    double begin = now_s();

    for (uint32_t i = first; i < end; i += self->load->conf.burst) {
        double due = rate > 0 ? begin + (i - first) / rate : 0, ahead = due - now_s();
        if (rate > 0 && ahead * 1e9 > AHEAD_NS)
            sleep_s(ahead);
        send_run(self, i, self->load->conf.burst);
    }
    self->seconds = now_s() - begin;
}

static void
send_warm(Sending *self, uint32_t n)
{
    int c;

    send_part(self, 0, n, self->warm_rate);
    puts("warm");
    fflush(stdout);
    while ((c = getchar()) != '\n' && c != EOF)
        continue;
    self->warm = self->sent;
}

static void
send_last(Sending *self)
{
    g_usleep(LAST_PAUSE_US);
    for (uint32_t i = 0; i < self->load->conf.exporters; i++) {
        const uint8_t *bytes = self->load->bytes + (gsize)(self->load->conf.datagrams + i) * self->load->size;
        bool is_sent = send(self->fds[i], bytes, self->load->size, 0) == (ssize_t)self->load->size;
        self->sent += is_sent;
        self->errors += !is_sent;
    }
}

static void
report(const Sending *self)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    printf("{\"datagrams\": %" G_GUINT64_FORMAT ", \"records\": %" G_GUINT64_FORMAT
           ", \"recordsEach\": %u, \"size\": %u, \"warm\": %" G_GUINT64_FORMAT
           ", \"errors\": %" G_GUINT64_FORMAT
           ", \"seconds\": %.6f, \"rate\": %.1f, \"backlog\": %" G_GUINT64_FORMAT "}\n",
           self->sent, self->sent * self->load->records_each, self->load->records_each, self->load->size,
           self->warm, self->errors, self->seconds,
           self->seconds > 0 ? (double)(self->sent - self->warm) / self->seconds : 0, self->backlog);
}

static int
send_load(const Load *load, const Options *options)
{
    Sending self = { .load = load,
                     .gso = (uint32_t)options->gso,
                     .rate = options->rate,
                     .warm_rate = options->warm_rate > 0 ? options->warm_rate : options->rate };
    const char *what = NULL;

    prctl(PR_SET_TIMERSLACK, 1);
    if (!open_sockets(&self, (uint16_t)options->port, &what)) {
        fprintf(stderr, "bench-send: %s: %s\n", what, g_strerror(errno));
        return 1;
    }
    send_templates(&self);
    uint32_t round = MAX(load->conf.burst * load->conf.exporters, 1u);
    uint32_t warm = MIN((uint32_t)options->warm, load->conf.datagrams) / round * round;
    if (warm > 0)
        send_warm(&self, warm);
    send_part(&self, warm, load->conf.datagrams, self.rate);
    self.backlog = waiting_bytes((uint16_t)options->port);
    if (options->last)
        send_last(&self);
    report(&self);
    for (uint32_t i = 0; i < load->conf.exporters; i++)
        close(self.fds[i]);
    return self.errors == 0 ? 0 : 1;
}

/* The same datagrams as a capture, for tools that read one, and for a profile without sockets. */
static int
write_load(const Load *load, const char *path)
{
    CaptureWriter *writer = capture_writer_open(path);
    const LoadConf *conf = &load->conf;

    if (writer == NULL) {
        fprintf(stderr, "bench-send: %s: %s\n", path, g_strerror(errno));
        return 1;
    }
    for (uint32_t i = 0; i < conf->exporters; i++)
        if (load->templates[i] != NULL)
            capture_writer_add(writer, conf->base_ms, FIRST_SENDER + i, 50000, INADDR_LOOPBACK, 2055,
                               g_bytes_get_data(load->templates[i], NULL),
                               g_bytes_get_size(load->templates[i]));
    for (uint32_t i = 0; i < conf->datagrams; i++)
        capture_writer_add(writer, conf->base_ms + (int64_t)(i * 1000.0 / conf->rate),
                           FIRST_SENDER + load_exporter(load, i), 50000, INADDR_LOOPBACK, 2055,
                           load->bytes + (gsize)i * load->size, load->size);
    return capture_writer_close(writer) ? 0 : 1;
}

static bool
parse(Options *options, int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        { "port", 'p', 0, G_OPTION_ARG_INT, &options->port, "to this port of 127.0.0.1", "PORT" },
        { "format", 'f', 0, G_OPTION_ARG_STRING, &options->format, "v5, v9 or ipfix", "FORMAT" },
        { "datagrams", 'n', 0, G_OPTION_ARG_INT64, &options->datagrams, "so many, without the templates",
          "N" },
        { "warm", 0, 0, G_OPTION_ARG_INT64, &options->warm,
          "so many of them first; then say so, and wait for a line", "N" },
        { "warm-rate", 0, 0, G_OPTION_ARG_DOUBLE, &options->warm_rate, "those first, a second; 0: as --rate",
          "N" },
        { "rate", 'r', 0, G_OPTION_ARG_DOUBLE, &options->rate, "a second; 0: as fast as it goes", "N" },
        { "flows", 0, 0, G_OPTION_ARG_DOUBLE, &options->flows,
          "records a second by the exporters' clock, however fast they are sent; 0: as they are sent", "N" },
        { "gso", 'g', 0, G_OPTION_ARG_INT, &options->gso, "datagrams that the kernel takes as one (1 to 44)",
          "N" },
        { "burst", 'b', 0, G_OPTION_ARG_INT, &options->burst, "datagrams of one exporter in a row", "N" },
        { "exporters", 'e', 0, G_OPTION_ARG_INT, &options->exporters, "so many senders (1 to 64)", "N" },
        { "new", 0, 0, G_OPTION_ARG_INT, &options->new_percent, "percent of flows of a new pair", "N" },
        { "talk", 0, 0, G_OPTION_ARG_NONE, &options->talk,
          "flows are answered, and hosts meet again whom they met lately", NULL },
        { "seed", 's', 0, G_OPTION_ARG_INT64, &options->seed, "what the random numbers begin with", "N" },
        { "last", 'l', 0, G_OPTION_ARG_NONE, &options->last, "end with one more of each exporter", NULL },
        { "write", 'w', 0, G_OPTION_ARG_FILENAME, &options->write, "write a pcap file instead", "FILE" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context,
                                 "Sends built flow exports over loopback. A tool of tests/bench/compare.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        fprintf(stderr, "bench-send: %s\n", error->message);
        return false;
    }
    return (options->port > 0 || options->write != NULL) && options->port < 65536 && options->gso >= 1 &&
           options->gso <= 44 && options->burst >= 1 &&
           (options->burst + options->gso - 1) / options->gso <= MOST_CALLS && options->datagrams > 0 &&
           options->datagrams < 1 << 26 && options->warm >= 0 && options->rate >= 0 &&
           options->warm_rate >= 0 && options->flows >= 0;
}

/* The exporters' clock goes on as in a network with so many records a second. */
static void
keep_time(LoadConf *conf, double flows)
{
    const int64_t hour_ms = 3600000;
    double each = load_records_each(conf->format), records = conf->datagrams * each;

    conf->rate = flows / MAX(1, each);
    conf->base_ms = (conf->base_ms - (int64_t)(records / flows * 1000)) / hour_ms * hour_ms;
}

int
main(int argc, char **argv)
{
    Options options = {
        .exporters = 4, .gso = 8, .burst = 32, .new_percent = 60, .datagrams = 1000, .seed = 1
    };

    if (!parse(&options, &argc, &argv)) {
        fputs("bench-send: --port or --write is wanted, --gso from 1 to 44, --burst up to 64 times that; "
              "--help\n",
              stderr);
        return 2;
    }
    g_autofree char *format = options.format, *write = options.write;
    LoadConf conf = { .format = format != NULL ? format : "v9",
                      .exporters = (uint32_t)options.exporters,
                      .burst = (uint32_t)options.burst,
                      .datagrams = (uint32_t)options.datagrams,
                      .new_percent = (uint32_t)options.new_percent,
                      .is_talk = options.talk,
                      .seed = (uint64_t)options.seed,
                      .base_ms = g_get_real_time() / 1000,
                      .rate = options.rate > 0 ? options.rate : 100000 };
    if (options.flows > 0)
        keep_time(&conf, options.flows);
    g_autoptr(Load) load = load_new(&conf);
    if (load == NULL) {
        fputs("bench-send: formats are v5, v9 and ipfix; exporters 1 to 64\n", stderr);
        return 2;
    }
    return write != NULL ? write_load(load, write) : send_load(load, &options);
}
