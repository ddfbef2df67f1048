/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-listener.c - real sockets on loopback */
#include "collector/listener.h"
#include "tests/support/assert-has.h"
#include "tests/support/generator.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SMALL_BUFFER = 4096, ROUNDS = 200 };

typedef struct Fixture {
    int fd; /* of the listener */
    uint16_t port;
    int sender;
    Decoder *decoder;
    Listener *listener;
    uint64_t flows;
} Fixture;

static FlowBatch *
count(void *user, FlowBatch *batch)
{
    ((Fixture *)user)->flows += batch->n;
    batch->n = batch->n_losses = 0;
    return batch;
}

static uint16_t
port_of(int fd)
{
    struct sockaddr_in6 where = { .sin6_port = 0 }; /* the port of an IPv4 address stands at the same place */
    socklen_t length = sizeof where;

    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&where, &length), ==, 0);
    return ntohs(where.sin6_port);
}

static void
open_with(Fixture *self, const char *address, uint32_t buffer)
{
    DecoderConf conf = { .allow_all = true, .hash_seed = 1 };
    DecoderSink sink = { .user = self, .flows = count };
    g_autoptr(GError) error = NULL;
    ListenerBufferInfo info;

    g_assert_true(listener_bind(address, 0, buffer, &self->fd, &info, &error));
    g_assert_no_error(error);
    self->port = port_of(self->fd);
    self->decoder = decoder_new(&conf, &sink);
    self->listener = listener_new(&self->fd, 1, self->decoder);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(self->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    self->sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(self->sender, (struct sockaddr *)&to, sizeof to), ==, 0);
}

static void
set_up(Fixture *self, gconstpointer data)
{
    open_with(self, data != NULL ? data : "127.0.0.1", 8 << 20);
}

static void
set_up_small(Fixture *self, gconstpointer data)
{
    open_with(self, "127.0.0.1", SMALL_BUFFER);
}

/* Room for some joined ones. */
static void
set_up_joined(Fixture *self, gconstpointer data)
{
    open_with(self, "127.0.0.1", 16 * SMALL_BUFFER);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    listener_free(self->listener);
    decoder_free(self->decoder);
    close(self->fd);
    close(self->sender);
}

static void
send_session(Fixture *self, const GeneratedSession *session)
{
    for (guint i = 0; i < session->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &length);
        g_assert_cmpint(send(self->sender, bytes, length, 0), ==, (ssize_t)length);
    }
}

/* Until @datagrams have come, or nothing comes any more. */
static size_t
receive(Fixture *self, size_t datagrams)
{
    size_t total = 0;

    for (int round = 0; round < ROUNDS && total < datagrams; round++)
        total += listener_run_once(self->listener, 20);
    return total;
}

static void
test_what_was_sent_is_decoded(Fixture *self, gconstpointer data)
{
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, 2000);
    BooksTotals totals;
    char text[IP_TEXT];

    send_session(self, session);
    g_assert_cmpuint(receive(self, session->datagrams->len), ==, session->datagrams->len);
    decoder_totals(self->decoder, &totals);
    g_assert_cmpuint(totals.all.datagrams, ==, session->datagrams->len);
    g_assert_cmpuint(totals.all.records, ==, session->n_flows);
    g_assert_cmpuint(listener_socket_datagrams(self->listener, 0), ==, session->datagrams->len);
    g_assert_cmpuint(listener_socket_drops(self->listener, 0), ==, 0);
    /* An IPv4 sender is one over an IPv6 socket too. */
    IpAddress source = exporter_address(exporter_table_get(decoder_exporters(self->decoder), 0));
    g_assert_cmpstr(ip_text(&source, text), ==, "127.0.0.1");
}

static void
test_a_quiet_exporter_s_flows_do_not_lie_around(Fixture *self, gconstpointer data)
{
    g_autoptr(GeneratedSession) session = generator_make("netflow5", 3, 5);

    send_session(self, session);
    for (int round = 0; round < ROUNDS && self->flows < 5; round++) /* far from a full batch */
        listener_run_once(self->listener, 20);
    g_assert_cmpuint(self->flows, ==, 5);
}

/* What the kernel dropped and what came are together what was sent: also the drops behind the last datagram.
 */
static void
test_drops_are_counted_to_the_last(Fixture *self, gconstpointer data)
{
    enum { SENT = 300 };
    uint8_t bytes[1000] = { 0, 5 };
    BooksTotals totals = { 0 };
    size_t received = 0;

    for (int i = 0; i < SENT; i++)
        g_assert_cmpint(send(self->sender, bytes, sizeof bytes, 0), ==, sizeof bytes);
    for (int round = 0; round < ROUNDS && received + totals.kernel_drops < SENT; round++) {
        received += listener_run_once(self->listener, 20);
        decoder_totals(self->decoder, &totals);
    }
    g_assert_cmpuint(totals.kernel_drops, >, 0);
    g_assert_cmpuint(received + totals.kernel_drops, ==, SENT);
    g_assert_cmpuint(listener_socket_drops(self->listener, 0), ==, totals.kernel_drops);
}

/* A v5 datagram with @records records, the first of which is number @sequence. */
static size_t
write_v5(uint8_t *to, uint16_t records, uint32_t sequence)
{
    enum { HEADER = 24, RECORD = 48 };
    const size_t length = HEADER + (size_t)records * RECORD;

    memset(to, 0, length);
    to[1] = 5;
    to[3] = (uint8_t)records;
    for (int i = 0; i < 4; i++)
        to[16 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    return length;
}

/* ---- loss: what the sequences and the kernel say is together what was lost, to the record ---- */

enum { EXPORTERS = 4, BURST = 40, BURSTS = 6, RECORDS = 7 };

typedef struct Stream {
    int fd;
    bool is_v9;
    uint32_t number; /* of the next */
    uint64_t sent;   /* records */
} Stream;

static void
stream_open(Stream *self, const Fixture *to, uint32_t exporter, bool is_v9)
{
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010101 + exporter) };
    struct sockaddr_in there = { .sin_family = AF_INET,
                                 .sin_port = htons(to->port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    *self = (Stream){ .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .is_v9 = is_v9 };
    g_assert_cmpint(bind(self->fd, (struct sockaddr *)&from, sizeof from), ==, 0);
    g_assert_cmpint(connect(self->fd, (struct sockaddr *)&there, sizeof there), ==, 0);
}

/* v9: a template of two addresses in each datagram, and @records of them. */
static size_t
write_v9(uint8_t *to, uint16_t records, uint32_t number)
{
    static const uint8_t tmpl[] = { 0, 0, 0, 16, 1, 44, 0, 2, 0, 8, 0, 4, 0, 12, 0, 4 };
    enum { HEADER = 20, RECORD = 8 };
    size_t set = HEADER + sizeof tmpl, length = set + 4 + (size_t)records * RECORD;

    memset(to, 0, length);
    to[1] = 9;
    to[3] = (uint8_t)(records + 1);
    for (int i = 0; i < 4; i++)
        to[12 + i] = (uint8_t)(number >> (24 - 8 * i));
    memcpy(to + HEADER, tmpl, sizeof tmpl);
    to[set] = 1, to[set + 1] = 44; /* set 300 */
    to[set + 3] = (uint8_t)(length - set);
    return length;
}

static void
stream_send(Stream *self)
{
    uint8_t bytes[1000];
    size_t length =
        self->is_v9 ? write_v9(bytes, RECORDS, self->number) : write_v5(bytes, RECORDS, self->number);

    g_assert_cmpint(send(self->fd, bytes, length, 0), ==, (ssize_t)length);
    self->number += self->is_v9 ? 1 : RECORDS;
    self->sent += RECORDS;
}

/* The books once nothing waits any more, the kernel has been asked, and the decoder has looked at its ages.
 */
static BooksTotals
settled(Fixture *self)
{
    BooksTotals totals;
    gint64 until = g_get_monotonic_time() + 600000;

    while (g_get_monotonic_time() < until)
        listener_run_once(self->listener, 20);
    decoder_totals(self->decoder, &totals);
    return totals;
}

static void
assert_all_is_told(const BooksTotals *totals, const Stream *streams, int n)
{
    uint64_t sent = 0;

    for (int i = 0; i < n; i++)
        sent += streams[i].sent;
    g_assert_cmpuint(totals->kernel_drops, >, 0);
    g_assert_cmpuint(totals->all.records + totals->all.lost_records + totals->unseen_records, ==, sent);
}

static void
overload(Fixture *self, Stream *streams, int n)
{
    for (int burst = 0; burst < BURSTS; burst++) {
        for (int i = 0; i < BURST; i++)
            stream_send(&streams[(i * 7 + i / 3) % n]); /* no pattern that the buffer could be in step with */
        if (burst + 1 < BURSTS)
            listener_run_once(self->listener, 0);
    }
}

static void
check_loss(Fixture *self, int n, bool is_v9)
{
    Stream streams[EXPORTERS];
    BooksTotals totals;

    for (int i = 0; i < n; i++) {
        stream_open(&streams[i], self, (uint32_t)i, is_v9);
        stream_send(&streams[i]); /* where its sequence begins is known */
        g_assert_cmpuint(receive(self, 1), ==, 1);
    }
    overload(self, streams, n);
    totals = settled(self); /* the last ones were dropped, and no gap shows it */
    g_assert_cmpuint(totals.unseen_records, >, 0);
    assert_all_is_told(&totals, streams, n);
    for (int i = 0; i < n; i++) {
        stream_send(&streams[i]);
        g_assert_cmpuint(receive(self, 1), ==, 1);
    }
    totals = settled(self); /* now gaps show all, and nothing is counted twice */
    g_assert_cmpuint(totals.unseen_records, ==, 0);
    assert_all_is_told(&totals, streams, n);
    for (int i = 0; i < n; i++)
        close(streams[i].fd);
}

/* The first datagrams of some are dropped before anything of theirs has come. */
static void
test_loss_from_the_beginning_is_told(Fixture *self, gconstpointer data)
{
    Stream streams[EXPORTERS];
    BooksTotals totals;

    for (uint32_t i = 0; i < EXPORTERS; i++)
        stream_open(&streams[i], self, i, data != NULL);
    for (int burst = 0; burst < BURSTS; burst++) {
        for (int i = 0; i < BURST; i++)
            stream_send(&streams[(i / (BURST / EXPORTERS) + burst) % EXPORTERS]);
        listener_run_once(self->listener, 0);
    }
    totals = settled(self);
    assert_all_is_told(&totals, streams, EXPORTERS);
    for (int i = 0; i < EXPORTERS; i++) {
        stream_send(&streams[i]);
        g_assert_cmpuint(receive(self, 1), ==, 1);
    }
    totals = settled(self);
    g_assert_cmpuint(totals.unseen_records, >, 0); /* nothing else shows them */
    assert_all_is_told(&totals, streams, EXPORTERS);
    for (int i = 0; i < EXPORTERS; i++)
        close(streams[i].fd);
}

static void
test_loss_of_one_exporter_is_told_to_the_record(Fixture *self, gconstpointer data)
{
    check_loss(self, 1, data != NULL);
}

static void
test_loss_of_some_exporters_is_told_to_the_record(Fixture *self, gconstpointer data)
{
    check_loss(self, EXPORTERS, data != NULL);
}

/* A datagram that was lost before it came to us is no drop of the kernel's, and the other way round. */
static void
test_loss_elsewhere_is_no_drop(Fixture *self, gconstpointer data)
{
    Stream stream;

    stream_open(&stream, self, 0, false);
    stream_send(&stream);
    stream.number += 3 * RECORDS;
    stream.sent += 3 * RECORDS;
    overload(self, &stream, 1);
    BooksTotals totals = settled(self);
    g_assert_cmpuint(totals.all.lost_records, >, 3 * RECORDS);
    assert_all_is_told(&totals, &stream, 1);
    close(stream.fd);
}

/* The kernel counts what it has joined as one. */
static void
test_loss_of_joined_datagrams_is_told(Fixture *self, gconstpointer data)
{
    enum { JOINED = 8 };
    uint8_t bytes[JOINED * 1000];
    Stream stream;
    int each = (int)write_v5(bytes, RECORDS, 0);

    stream_open(&stream, self, 0, false);
    if (setsockopt(stream.fd, SOL_UDP, UDP_SEGMENT, &each, sizeof each) != 0) {
        g_test_skip("this kernel does not join datagrams");
        return;
    }
    for (int i = 0; i < BURST * BURSTS; i++) {
        for (uint32_t k = 0; k < JOINED; k++)
            write_v5(bytes + k * (uint32_t)each, RECORDS, stream.number + k * RECORDS);
        g_assert_cmpint(send(stream.fd, bytes, JOINED * (size_t)each, 0), ==, JOINED * each);
        stream.number += JOINED * RECORDS;
        stream.sent += JOINED * RECORDS;
        if (i % BURST == 0 && i < BURST * (BURSTS - 1))
            listener_run_once(self->listener, 0);
    }
    BooksTotals totals = settled(self);
    g_assert_cmpuint(totals.unseen_records, >, 0);
    assert_all_is_told(&totals, &stream, 1);
    g_assert_cmpuint(totals.kernel_drops + totals.all.datagrams, ==, JOINED * BURST * BURSTS);
    close(stream.fd);
}

/* The sender hands the kernel many datagrams at once, and so does the kernel to us. */
static void
test_joined_datagrams_come_apart_again(Fixture *self, gconstpointer data)
{
    enum { JOINED = 40, EACH = 72 + 48 };
    uint8_t bytes[JOINED * EACH];
    int each = EACH;
    size_t length = 0;
    BooksTotals totals;

    for (uint32_t i = 0; i + 1 < JOINED; i++)
        length += write_v5(bytes + length, 2, 2 * i);
    length += write_v5(bytes + length, 1, 2 * (JOINED - 1)); /* the last may be shorter */
    if (setsockopt(self->sender, SOL_UDP, UDP_SEGMENT, &each, sizeof each) != 0) {
        g_test_skip("this kernel does not join datagrams");
        return;
    }
    g_assert_cmpint(send(self->sender, bytes, length, 0), ==, (ssize_t)length);
    g_assert_cmpuint(receive(self, JOINED), ==, JOINED);
    decoder_totals(self->decoder, &totals);
    g_assert_cmpuint(totals.all.datagrams, ==, JOINED);
    g_assert_cmpuint(totals.all.decoded, ==, JOINED);
    g_assert_cmpuint(totals.all.bytes, ==, length);
    g_assert_cmpuint(totals.all.records, ==, 2 * JOINED - 1);
    g_assert_cmpuint(totals.all.sequence_lost, ==, 0);
    g_assert_cmpuint(listener_socket_datagrams(self->listener, 0), ==, JOINED);
}

static void
test_an_empty_datagram_is_one_too(Fixture *self, gconstpointer data)
{
    BooksTotals totals;

    g_assert_cmpint(send(self->sender, "", 0, 0), ==, 0);
    g_assert_cmpuint(receive(self, 1), ==, 1);
    decoder_totals(self->decoder, &totals);
    g_assert_cmpuint(totals.all.refused[REFUSED_TOO_SHORT], ==, 1);
}

static void
test_a_datagram_of_the_largest_size_arrives(Fixture *self, gconstpointer data)
{
    g_autofree uint8_t *bytes = g_malloc0(65507);
    BooksTotals totals;

    bytes[1] = 99; /* no version of ours */
    g_assert_cmpint(send(self->sender, bytes, 65507, 0), ==, 65507);
    g_assert_cmpuint(receive(self, 1), ==, 1);
    decoder_totals(self->decoder, &totals);
    g_assert_cmpuint(totals.all.bytes, ==, 65507);
    g_assert_cmpuint(totals.all.refused[REFUSED_VERSION], ==, 1);
}

static void
test_a_port_in_use_is_told(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *port = g_strdup_printf("%u", self->port);
    ListenerBufferInfo info;
    int fd = -1;

    g_assert_false(listener_bind("127.0.0.1", self->port, 1 << 20, &fd, &info, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    assert_has(error->message, "127.0.0.1");
    assert_has(error->message, port);
    g_assert_cmpint(fd, ==, -1);
}

static void
test_what_is_no_address_is_told(void)
{
    g_autoptr(GError) error = NULL;
    ListenerBufferInfo info;
    int fd = -1;

    g_assert_false(listener_bind("localhost", 2055, 1 << 20, &fd, &info, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    assert_has(error->message, "localhost");
}

static void
test_the_buffer_is_verified(void)
{
    g_autoptr(GError) error = NULL;
    ListenerBufferInfo info;
    int fd = -1, real = 0;
    socklen_t length = sizeof real;

    g_assert_true(listener_bind("127.0.0.1", 0, 64 << 20, &fd, &info, &error));
    g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &real, &length), ==, 0);
    g_assert_cmpuint(info.asked, ==, 64 << 20);
    g_assert_cmpuint(info.got, ==, (uint32_t)real / 2);
    if (info.got < info.asked) /* without the right to exceed the limit, the operator is told what to do */
        assert_has(info.hint, "net.core.rmem_max=67108864");
    else
        g_assert_cmpstr(info.hint, ==, "");
    close(fd);
}

#define ADD(name, before, data, function)                                                                    \
    g_test_add("/collector/listener/" name, Fixture, data, before, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("what-was-sent-is-decoded", set_up, NULL, test_what_was_sent_is_decoded);
    ADD("what-was-sent-to-any-address-is-decoded", set_up, "::", test_what_was_sent_is_decoded);
    ADD("a-quiet-exporter-s-flows-do-not-lie-around", set_up, NULL,
        test_a_quiet_exporter_s_flows_do_not_lie_around);
    ADD("drops-are-counted-to-the-last", set_up_small, NULL, test_drops_are_counted_to_the_last);
    ADD("a-datagram-of-the-largest-size-arrives", set_up, NULL, test_a_datagram_of_the_largest_size_arrives);
    ADD("joined-datagrams-come-apart-again", set_up, NULL, test_joined_datagrams_come_apart_again);
    ADD("loss-of-one-exporter-is-told-to-the-record", set_up_small, NULL,
        test_loss_of_one_exporter_is_told_to_the_record);
    ADD("loss-of-one-exporter-that-counts-datagrams-is-too", set_up_small, "v9",
        test_loss_of_one_exporter_is_told_to_the_record);
    ADD("loss-of-some-exporters-is-told-to-the-record", set_up_small, NULL,
        test_loss_of_some_exporters_is_told_to_the_record);
    ADD("loss-of-some-exporters-that-count-datagrams-is-too", set_up_small, "v9",
        test_loss_of_some_exporters_is_told_to_the_record);
    ADD("loss-from-the-beginning-is-told", set_up_small, NULL, test_loss_from_the_beginning_is_told);
    ADD("loss-from-the-beginning-is-told-in-datagrams-too", set_up_small, "v9",
        test_loss_from_the_beginning_is_told);
    ADD("loss-elsewhere-is-no-drop", set_up_small, NULL, test_loss_elsewhere_is_no_drop);
    ADD("loss-of-joined-datagrams-is-told", set_up_joined, NULL, test_loss_of_joined_datagrams_is_told);
    ADD("an-empty-datagram-is-one-too", set_up, NULL, test_an_empty_datagram_is_one_too);
    ADD("a-port-in-use-is-told", set_up, NULL, test_a_port_in_use_is_told);
    g_test_add_func("/collector/listener/what-is-no-address-is-told", test_what_is_no_address_is_told);
    g_test_add_func("/collector/listener/the-buffer-is-verified", test_the_buffer_is_verified);
    return g_test_run();
}
