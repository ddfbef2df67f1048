/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-stream.c - connections, their limits and their ends; see test-stream-tls.c for certificates */
#include "tests/collector/stream-fixture.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

static void
test_what_comes_over_tcp_is_decoded(Fixture *self, gconstpointer wish)
{
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, RECORDS);
    g_autoptr(GByteArray) all = messages_of(session);
    Client client = connect_plain(self);

    send_bytes(self, &client, all->data, all->len, 1000);
    wait_for_flows(self, RECORDS);
    g_assert_cmpuint(books(self).datagrams, ==, session->datagrams->len);
    g_assert_cmpuint(books(self).bytes, ==, all->len);
    g_assert_cmpint(number(self, 0, "connections"), ==, 1);
    g_assert_cmpint(number(self, 0, "messages"), ==, session->datagrams->len);
    hang_up(&client);
    wait_for_end(self, 0, STREAM_END_CLOSED);
    g_assert_cmpint(number(self, 0, "connections"), ==, 0);
    g_assert_cmpint(number(self, 0, "accepted"), ==, 1);
    g_assert_cmpint(number(self, 1, "accepted"), ==, 0);
}

static void
test_plain_ipfix_at_the_port_for_tls_is_told(Fixture *self, gconstpointer wish)
{
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, 10);
    g_autoptr(GByteArray) all = messages_of(session);
    Client client = connect_from(self, 1, "127.0.0.1");

    send_bytes(self, &client, all->data, 16, 16);
    wait_for_end(self, 1, STREAM_END_NO_TLS);
    hang_up(&client);
}

static void
test_what_is_no_ipfix_is_told(Fixture *self, gconstpointer wish)
{
    static const struct {
        uint8_t bytes[8];
        StreamEnd why;
    } cases[] = { { { 0, 9, 0, 1 }, STREAM_END_NO_IPFIX },
                  { { 22, 3, 1, 2, 0, 1, 0, 1 }, STREAM_END_TLS_AT_TCP },
                  { { 0, 10, 0, 3 }, STREAM_END_LENGTH } };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Client client = connect_plain(self);
        send_bytes(self, &client, cases[i].bytes, sizeof cases[i].bytes, 8);
        wait_for_end(self, 0, cases[i].why);
        hang_up(&client);
    }
    g_assert_cmpuint(books(self).datagrams, ==, G_N_ELEMENTS(cases));
    g_assert_cmpuint(books(self).decoded, ==, 0);
}

static void
test_who_is_not_on_the_list_is_not_heard(Fixture *self, gconstpointer wish)
{
    Client stranger = connect_from(self, 0, "127.0.0.1"), exporter = connect_from(self, 0, "127.1.0.1");

    wait_for_end(self, 0, STREAM_END_NOT_ALLOWED);
    for (int round = 0; round < 10; round++)
        run(self, 5);
    g_assert_cmpint(number(self, 0, "connections"), ==, 1);
    g_assert_cmpint(ends(self, 0, STREAM_END_NOT_ALLOWED), ==, 1);
    json_t *place = report(self, 0), *first = json_array_get(json_object_get(place, "ended"), 0);
    g_assert_cmpstr(json_string_value(json_object_get(first, "lastFrom")), ==, "127.0.0.1");
    json_decref(place);
    hang_up(&stranger);
    hang_up(&exporter);
}

static void
test_connections_are_bounded(Fixture *self, gconstpointer wish)
{
    Client clients[6];

    for (int i = 0; i < 6; i++) /* two from one address, then from others */
        clients[i] = connect_from(self, 0, i < 3 ? "127.0.0.1" : i == 3 ? "127.0.0.2" : "127.0.0.3");
    wait_for_end(self, 0, STREAM_END_TOO_MANY_OF_ONE);
    wait_for_end(self, 0, STREAM_END_TOO_MANY);
    g_assert_cmpint(number(self, 0, "connections"), ==, 4);
    g_assert_cmpint(ends(self, 0, STREAM_END_TOO_MANY_OF_ONE), ==, 1);
    g_assert_cmpint(ends(self, 0, STREAM_END_TOO_MANY), ==, 1);
    for (int i = 0; i < 6; i++)
        hang_up(&clients[i]);
    wait_for_end(self, 0, STREAM_END_CLOSED);
}

static void
test_who_comes_back_too_often_has_to_wait(Fixture *self, gconstpointer wish)
{
    for (int i = 0; i < 5; i++) {
        Client client = connect_plain(self);
        for (int round = 0; round < 5; round++)
            run(self, 5);
        hang_up(&client);
    }
    wait_for_end(self, 0, STREAM_END_TOO_OFTEN);
    g_assert_cmpint(number(self, 0, "accepted"), ==, 3);
}

/* Slow loris: a connection that is held with as little as possible. */
static void
test_who_keeps_us_waiting_is_sent_away(Fixture *self, gconstpointer wish)
{
    static const uint8_t start[] = { 0, 10, 0, 200 };
    Client silent = connect_plain(self), slow = connect_plain(self);
    Client dumb = connect_from(self, 1, "127.0.0.1"), reluctant = connect_from(self, 1, "127.0.0.1");
    static const uint8_t hello[] = { 22, 3, 1, 1, 0 };

    send_bytes(self, &slow, start, sizeof start, sizeof start);
    send_bytes(self, &reluctant, hello, sizeof hello, sizeof hello);
    wait_for_end(self, 0, STREAM_END_SLOW);
    wait_for_end(self, 0, STREAM_END_IDLE);
    for (int round = 0; round < ROUNDS && ends(self, 1, STREAM_END_HANDSHAKE_TIMEOUT) < 2; round++)
        run(self, 10);
    g_assert_cmpint(ends(self, 1, STREAM_END_HANDSHAKE_TIMEOUT), ==, 2);
    g_assert_cmpuint(books(self).refused[REFUSED_TORN], ==, 1);
    hang_up(&silent);
    hang_up(&slow);
    hang_up(&dumb);
    hang_up(&reluctant);
}

/* Who trickles in byte after byte has done something each time, but never brings a message to its end. */
static void
test_who_sends_byte_by_byte_is_sent_away(Fixture *self, gconstpointer wish)
{
    static const uint8_t start[200] = { 0, 10, 0, 200 };
    Client slow = connect_plain(self);

    for (size_t at = 0; at < sizeof start && ends(self, 0, STREAM_END_SLOW) == 0; at++) {
        if (send(slow.fd, start + at, 1, MSG_NOSIGNAL) < 0)
            break;
        run(self, 20);
    }
    g_assert_cmpint(ends(self, 0, STREAM_END_SLOW), ==, 1);
    hang_up(&slow);
}

static void
test_a_connection_that_breaks_tears_a_message(Fixture *self, gconstpointer wish)
{
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, 100);
    g_autoptr(GByteArray) all = messages_of(session);
    const struct linger at_once = { 1, 0 };
    Client client = connect_plain(self);

    send_bytes(self, &client, all->data, all->len - 1, all->len);
    for (int round = 0; round < 10; round++)
        run(self, 5);
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    hang_up(&client); /* with a reset */
    wait_for_end(self, 0, STREAM_END_BROKEN);
    g_assert_cmpuint(books(self).datagrams, ==, session->datagrams->len);
    g_assert_cmpuint(books(self).refused[REFUSED_TORN], ==, 1);
    g_assert_cmpuint(books(self).bytes, ==, all->len - 1);
}

/* Until it lies in our socket: the loopback of a busy machine takes its time. */
static void
wait_for_arrival(const Client *client)
{
    int left = 1;

    for (int tries = 0; left > 0 && tries < 10000; tries++, g_usleep(1000))
        g_assert_no_errno(ioctl(client->fd, SIOCOUTQ, &left));
    g_assert_cmpint(left, ==, 0);
}

/* What the kernel has taken from the exporter is ours: it will not send it again. */
static void
test_what_has_arrived_is_decoded_before_we_end(Fixture *self, gconstpointer wish)
{
    enum { FEW = RECORDS / 8 }; /* they fit into what a socket takes while nobody reads */
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, FEW);
    g_autoptr(GByteArray) all = messages_of(session);
    int result;
    Client client = connect_tls(self, "router", NEW_TLS, &result), other = connect_plain(self);

    wait_for_arrival(&client); /* what ends the handshake */
    for (int round = 0; round < 10 || number(self, 0, "accepted") + number(self, 1, "accepted") < 2; round++)
        run(self, 5);
    gsize sent = 0;
    while (sent < all->len) { /* nobody reads meanwhile */
        ssize_t n = gnutls_record_send(client.session, all->data + sent, all->len - sent);
        g_assert_cmpint(n, >, 0);
        sent += (gsize)n;
    }
    g_assert_cmpint(send(other.fd, all->data, all->len, 0), ==, (ssize_t)all->len);
    wait_for_arrival(&client);
    wait_for_arrival(&other);
    stream_finish(self->stream);
    decoder_flush(self->decoder, clock_wall(clock_system()));
    g_assert_cmpuint(self->flows, ==, 2 * FEW);
    g_assert_cmpint(ends(self, 0, STREAM_END_STOPPED), ==, 1);
    g_assert_cmpint(ends(self, 1, STREAM_END_STOPPED), ==, 1);
    hang_up(&client);
    hang_up(&other);
}

static void
test_waiting_ends_when_woken(Fixture *self, gconstpointer wish)
{
    int64_t before_us = g_get_monotonic_time();

    receiver_wake(stream_receiver(self->stream));
    receiver_run_once(stream_receiver(self->stream), 20000);
    g_assert_cmpint(g_get_monotonic_time() - before_us, <, 10 * G_USEC_PER_SEC);
}

static void
test_a_port_in_use_is_told(Fixture *self, gconstpointer wish)
{
    g_autoptr(GError) error = NULL;
    int fd = -1;

    g_assert_false(stream_listen("127.0.0.1", self->ports[0], &fd, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    g_clear_error(&error);
    g_assert_false(stream_listen("localhost", 1, &fd, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint(fd, ==, -1);
}

#define ADD(name, wish, function)                                                                            \
    g_test_add("/collector/stream/" name, Fixture, wish, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    static const Wish strangers = { .allowed = "127.1.0.0/16" },
                      bounded = { .max_connections = 4, .max_per_address = 2 }, seldom = { .max_new = 3 },
                      impatient = { .handshake_ms = SHORT_MS,
                                    .message_ms = SHORT_MS,
                                    .idle_ms = 4 * SHORT_MS };

    g_test_init(&argc, &argv, NULL);
    ADD("what-comes-over-tcp-is-decoded", NULL, test_what_comes_over_tcp_is_decoded);
    ADD("plain-ipfix-at-the-port-for-tls-is-told", NULL, test_plain_ipfix_at_the_port_for_tls_is_told);
    ADD("what-is-no-ipfix-is-told", NULL, test_what_is_no_ipfix_is_told);
    ADD("who-is-not-on-the-list-is-not-heard", &strangers, test_who_is_not_on_the_list_is_not_heard);
    ADD("connections-are-bounded", &bounded, test_connections_are_bounded);
    ADD("who-comes-back-too-often-has-to-wait", &seldom, test_who_comes_back_too_often_has_to_wait);
    ADD("who-keeps-us-waiting-is-sent-away", &impatient, test_who_keeps_us_waiting_is_sent_away);
    ADD("who-sends-byte-by-byte-is-sent-away", &impatient, test_who_sends_byte_by_byte_is_sent_away);
    ADD("a-connection-that-breaks-tears-a-message", NULL, test_a_connection_that_breaks_tears_a_message);
    ADD("what-has-arrived-is-decoded-before-we-end", NULL, test_what_has_arrived_is_decoded_before_we_end);
    ADD("waiting-ends-when-woken", NULL, test_waiting_ends_when_woken);
    ADD("a-port-in-use-is-told", NULL, test_a_port_in_use_is_told);
    return g_test_run();
}
