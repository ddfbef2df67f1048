/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command-demo.c - `talaya demo`: plays the demo scenario into a daemon, or into a capture file
 *
 * Over loopback each router sends from an address of its own, 127.66.0.1 and up; the capture has the same.
 */
#include "collector/cli/commands.h"
#include "collector/cli/scenario.h"

#include <errno.h>
#include <gio/gio.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 40, USUAL_SPEED = 2500, PACE_EVERY = 25, PORT = 2055, IP_HEADER = 20, UDP_HEADER = 8 };

typedef struct Demo {
    struct sockaddr_storage to;
    socklen_t to_length;
    int fds[SCENARIO_ROUTERS]; /* -1: not sending */
    double speed;              /* datagrams a second; 0: as fast as it goes */
    uint64_t sent, refused;
    bool is_alone; /* nobody has listened from the first datagram on: nothing more is sent */
    gint64 started_us;
    pcap_t *dead;
    pcap_dumper_t *dump; /* NULL: no file */
    bool tells_progress;
    int64_t told_day;
} Demo;

static bool
resolve(Demo *self, const char *where, GError **error)
{
    g_autoptr(GSocketConnectable) name = g_network_address_parse(where, PORT, error);
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found = NULL;
    char port[8];

    if (name == NULL)
        return false;
    g_snprintf(port, sizeof port, "%u", g_network_address_get_port(G_NETWORK_ADDRESS(name)));
    int code = getaddrinfo(g_network_address_get_hostname(G_NETWORK_ADDRESS(name)), port, &hints, &found);
    if (code != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND, "'%s': %s", where, gai_strerror(code));
        return false;
    }
    memcpy(&self->to, found->ai_addr, found->ai_addrlen);
    self->to_length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool
is_loopback(const Demo *self)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&self->to;

    return self->to.ss_family == AF_INET && ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

/* One socket a router; on loopback each with an address of its own, where the system lets us. */
static bool
open_sockets(Demo *self, GError **error)
{
    for (uint32_t i = 0; i < SCENARIO_ROUTERS; i++) {
        struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f420001u + i) };
        self->fds[i] = socket(self->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (self->fds[i] >= 0 && is_loopback(self) &&
            bind(self->fds[i], (struct sockaddr *)&from, sizeof from) != 0)
            fprintf(stderr, "talaya demo: cannot send from 127.66.0.%u: %s\n", i + 1, g_strerror(errno));
        if (self->fds[i] < 0 || connect(self->fds[i], (struct sockaddr *)&self->to, self->to_length) != 0) {
            int code = errno;
            g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot send: %s",
                        g_strerror(code));
            return false;
        }
    }
    return true;
}

static void
pace(const Demo *self)
{
    if (self->speed <= 0 || self->sent % PACE_EVERY != 0)
        return;
    gint64 due = self->started_us + (gint64)((double)self->sent / self->speed * 1e6),
           now = g_get_monotonic_time();
    if (due > now)
        g_usleep((gulong)(due - now));
}

static void
send_datagram(Demo *self, const ScenarioDatagram *datagram)
{
    int fd = self->fds[datagram->router];

    if (self->is_alone)
        return;
    while (send(fd, datagram->bytes, datagram->length, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR)
            continue;
        if (errno == ENOBUFS || errno == EAGAIN) {
            g_usleep(1000);
            continue;
        }
        self->refused++; /* nobody listens there, yet or any more */
        break;
    }
    self->sent++;
    self->is_alone = self->sent == FIRST && self->refused * 4 > FIRST; /* one in two sends is told of it */
    pace(self);
}

static void
put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint16_t
ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < IP_HEADER; i += 2)
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* IPv4 and UDP headers around the datagram; UDP's checksum is left out, as RFC 768 allows. */
static void
write_datagram(Demo *self, const ScenarioDatagram *datagram)
{
    uint8_t packet[2048] = { [0] = 0x45, [8] = 64, [9] = 17, [16] = 127, [19] = 1 };
    size_t length = IP_HEADER + UDP_HEADER + datagram->length;

    g_assert(length <= sizeof packet);
    memcpy(packet + 12, datagram->exporter.bytes + 12, 4);
    put_u16(packet + 2, length);
    put_u16(packet + 10, ip_checksum(packet));
    put_u16(packet + IP_HEADER, datagram->port);
    put_u16(packet + IP_HEADER + 2, PORT);
    put_u16(packet + IP_HEADER + 4, UDP_HEADER + datagram->length);
    memcpy(packet + IP_HEADER + UDP_HEADER, datagram->bytes, datagram->length);
    struct pcap_pkthdr header = { .caplen = (bpf_u_int32)length, .len = (bpf_u_int32)length };
    header.ts.tv_sec = datagram->sent.ms / 1000;
    header.ts.tv_usec = datagram->sent.ms % 1000 * 1000;
    pcap_dump((u_char *)self->dump, &header, packet);
}

static bool
take_datagram(void *user, const ScenarioDatagram *datagram)
{
    Demo *self = user;
    int64_t day = datagram->sent.ms / (24 * 60 * 60 * 1000);
    char time[WALL_TIME_TEXT];

    if (self->tells_progress && day != self->told_day) {
        self->told_day = day;
        fprintf(stderr, "  %.10s\n", wall_time_text(datagram->sent, time));
    }
    if (self->fds[0] >= 0)
        send_datagram(self, datagram);
    if (self->dump != NULL)
        write_datagram(self, datagram);
    return !self->is_alone || self->dump != NULL;
}

static bool
open_file(Demo *self, const char *path, GError **error)
{
    self->dead = pcap_open_dead(DLT_RAW, 65535);
    self->dump = self->dead != NULL ? pcap_dump_open(self->dead, path) : NULL;
    if (self->dump == NULL)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                    self->dead != NULL ? pcap_geterr(self->dead) : "out of memory");
    return self->dump != NULL;
}

static bool
close_file(Demo *self, const char *path, GError **error)
{
    bool done = true;

    if (self->dump != NULL) {
        done = pcap_dump_flush(self->dump) == 0 && ferror(pcap_dump_file(self->dump)) == 0;
        pcap_dump_close(self->dump);
    }
    if (!done)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "'%s' could not be written to its end; is the disk full?", path);
    g_clear_pointer(&self->dead, pcap_close);
    return done;
}

static bool
write_config(const char *dir, GError **error)
{
    const struct {
        const char *name;
        char *(*text)(void);
    } files[] = {
        { "talaya.conf", scenario_config_text },
        { "assets.csv", scenario_assets_text },
        { "places.csv", scenario_places_text },
    };

    if (g_mkdir_with_parents(dir, 0755) != 0) {
        int code = errno;
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot make '%s': %s", dir,
                    g_strerror(code));
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i].name, NULL), *text = files[i].text();
        if (!g_file_set_contents(path, text, -1, error))
            return false;
    }
    fprintf(stderr, "wrote talaya.conf, assets.csv and places.csv to %s\n", dir);
    return true;
}

static void
tell_end(const Demo *self, const ScenarioTotals *totals)
{
    char attacked[IP_TEXT], relay[IP_TEXT], begin[WALL_TIME_TEXT];

    if (self->is_alone) {
        fprintf(stderr, "Nobody listens there, so nothing more was sent. Start 'talaya serve' first; "
                        "'talaya demo --help' shows how.\n");
        return;
    }
    fprintf(stderr, "%" G_GUINT64_FORMAT " flow records in %" G_GUINT64_FORMAT " datagrams, %.1f s\n",
            totals->records, totals->datagrams, (double)(g_get_monotonic_time() - self->started_us) / 1e6);
    if (self->refused > 0)
        fprintf(stderr,
                "%" G_GUINT64_FORMAT " of them found nobody listening; is 'talaya serve' running there?\n",
                self->refused);
    if (totals->attack_begin.ms == 0)
        fprintf(stderr, "Nothing bad happened in them.\n");
    else
        fprintf(stderr,
                "Since %s the monitoring server %s has kept a connection to the home line %s:8443.\n"
                "Look at the alerts: in the console, or at /api/v1/alerts?sort=score.\n",
                wall_time_text(totals->attack_begin, begin), ip_text(&totals->attacked, attacked),
                ip_text(&totals->relay, relay));
}

typedef struct DemoOptions {
    char *to, *write, *config_out, *end;
    gint64 seed;
    int days, speed;
    gboolean no_attack;
} DemoOptions;

static bool
read_conf(const DemoOptions *options, ScenarioConf *conf, GError **error)
{
    *conf = (ScenarioConf){ .seed = (uint64_t)options->seed, .attack = !options->no_attack };
    if (options->days < 1 || options->days > 60) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--days must be from 1 to 60");
        return false;
    }
    conf->days = (uint32_t)options->days;
    conf->end = clock_wall(clock_system());
    if (options->end == NULL && options->write != NULL && options->to == NULL)
        return wall_time_parse("2026-03-01T00:00:00Z", &conf->end);
    if (options->end != NULL && !wall_time_parse(options->end, &conf->end)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--end: '%s' is no time such as 2026-03-01T00:00:00Z", options->end);
        return false;
    }
    return true;
}

static int
play(const DemoOptions *options, const ScenarioConf *conf)
{
    Demo self = { .speed = options->speed, .started_us = g_get_monotonic_time(), .tells_progress = true };
    g_autoptr(GError) error = NULL;
    ScenarioTotals totals;
    bool sends = options->write == NULL || options->to != NULL;
    const char *to = options->to != NULL ? options->to : "127.0.0.1:2055";

    for (uint32_t i = 0; i < SCENARIO_ROUTERS; i++)
        self.fds[i] = -1;
    bool ready = (!sends || (resolve(&self, to, &error) && open_sockets(&self, &error))) &&
                 (options->write == NULL || open_file(&self, options->write, &error));
    if (ready) {
        fprintf(stderr,
                "An island's telecom: 58 hosts, three routers (NetFlow v9, IPFIX, NetFlow v5), %u "
                "days%s%s%s%s.\n",
                conf->days, sends ? ", sent to " : "", sends ? to : "",
                options->write != NULL ? ", written to " : "", options->write != NULL ? options->write : "");
        scenario_play(conf, take_datagram, &self, &totals);
        tell_end(&self, &totals);
    }
    for (uint32_t i = 0; i < SCENARIO_ROUTERS; i++)
        if (self.fds[i] >= 0)
            close(self.fds[i]);
    ready = close_file(&self, options->write, error == NULL ? &error : NULL) && ready;
    if (error != NULL)
        fprintf(stderr, "talaya demo: %s\n", error->message);
    return ready && !self.is_alone ? EXIT_DONE : EXIT_FAILED;
}

int
command_demo(int argc, char **argv)
{
    DemoOptions options = { .seed = 1, .days = 14, .speed = USUAL_SPEED };
    const GOptionEntry entries[] = {
        { "to", 0, 0, G_OPTION_ARG_STRING, &options.to, "send to this collector (127.0.0.1:2055)",
          "HOST:PORT" },
        { "write", 0, 0, G_OPTION_ARG_FILENAME, &options.write, "write a capture file instead (or besides)",
          "FILE.pcap" },
        { "config-out", 0, 0, G_OPTION_ARG_FILENAME, &options.config_out,
          "write a configuration, inventory and places that fit the demo", "DIR" },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "another seed, another fortnight (1)", "N" },
        { "days", 0, 0, G_OPTION_ARG_INT, &options.days, "how many days (14)", "N" },
        { "end", 0, 0, G_OPTION_ARG_STRING, &options.end,
          "when the flows end (now; 2026-03-01T00:00:00Z with --write alone)", "RFC3339" },
        { "speed", 0, 0, G_OPTION_ARG_INT, &options.speed, "datagrams a second (2500); 0: as fast as it goes",
          "N" },
        { "no-attack", 0, 0, G_OPTION_ARG_NONE, &options.no_attack, "the same traffic, and nothing bad in it",
          NULL },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    ScenarioConf conf;
    int status = EXIT_DONE;

    g_option_context_set_summary(
        context,
        "Plays two weeks of a small regional network; in the last hours one of its servers begins to use a\n"
        "relay on a home line. All addresses are made up (RFC 5737, RFC 3849, RFC 2544).");
    g_option_context_set_description(context, "Example:\n"
                                              "  talaya demo --config-out /tmp/demo\n"
                                              "  talaya serve --config /tmp/demo/talaya.conf &\n"
                                              "  talaya demo --to 127.0.0.1:2055\n");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1 ||
        !read_conf(&options, &conf, &error)) {
        fprintf(stderr, "talaya demo: %s\n",
                error != NULL ? error->message : "no arguments are wanted; see --help");
        status = EXIT_USAGE;
    } else if (options.config_out != NULL && !write_config(options.config_out, &error)) {
        fprintf(stderr, "talaya demo: %s\n", error->message);
        status = EXIT_FAILED;
    } else if (options.config_out == NULL || options.to != NULL || options.write != NULL) {
        status = play(&options, &conf);
    }
    g_free(options.to);
    g_free(options.write);
    g_free(options.config_out);
    g_free(options.end);
    return status;
}
