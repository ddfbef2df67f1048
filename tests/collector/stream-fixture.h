/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream-fixture.h - a Stream with a plain place and one with TLS, and a client to connect to them
 *
 * Real connections on loopback; the client of TLS is GnuTLS's own. Both ends run in the test's thread, and
 * time passes only while ours does: a machine that is busy with other things makes nobody wait too long.
 */
#pragma once
#include "collector/stream.h"
#include "tests/support/certificates.h"
#include "tests/support/generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 400, RECORDS = 2000, SHORT_MS = 200 };

typedef struct Fixture {
    Certificates *certificates;
    Tls *tls;
    int fds[2]; /* listening: plain, TLS */
    uint16_t ports[2];
    ManualClock clock;
    Decoder *decoder;
    Stream *stream;
    IpPrefix allowed;
    uint64_t flows;
} Fixture;

/* The other end. */
typedef struct Client {
    int fd;
    gnutls_session_t session; /* NULL: plain */
    gnutls_certificate_credentials_t credentials;
} Client;

/* ---- our end ---- */

static inline FlowBatch *
count(void *user, FlowBatch *batch)
{
    ((Fixture *)user)->flows += batch->n;
    batch->n = batch->n_losses = 0;
    return batch;
}

static inline uint16_t
port_of(int fd)
{
    struct sockaddr_in where = { .sin_port = 0 };
    socklen_t length = sizeof where;

    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&where, &length), ==, 0);
    return ntohs(where.sin_port);
}

/* What a test may want otherwise. */
typedef struct Wish {
    bool allows_none; /* client-certificates=allow */
    const char *names[4];
    uint32_t max_connections, max_per_address, max_new;
    uint32_t handshake_ms, message_ms, idle_ms;
    const char *allowed; /* the list of exporters */
} Wish;

static inline void
make_certificates(Fixture *self)
{
    const CertificateWish wishes[] = {
        { .file = "collector", .dns = "collector.example.net", .is_for_servers = true },
        { .file = "router", .dns = "r1.example.net", .common_name = "router one" },
        { .file = "expired", .dns = "r2.example.net", .from_days = -9, .to_days = -2 },
        { .file = "early", .dns = "r3.example.net", .from_days = 2, .to_days = 9 },
        { .file = "stranger", .dns = "r1.example.net", .is_self_signed = true },
        { .file = "server", .dns = "r1.example.net", .is_for_servers = true },
        { .file = "by-address", .address = "127.0.0.1" },
        { .file = "by-common-name", .common_name = "r4.example.net" },
        { .file = "wild", .dns = "*.example.net" },
        { .file = "revoked", .dns = "r1.example.net" },
    };

    self->certificates = certificates_new();
    for (size_t i = 0; i < G_N_ELEMENTS(wishes); i++)
        certificates_make(self->certificates, &wishes[i]);
    certificates_revoke(self->certificates, "revoked", "crl.pem");
}

static inline void
open_with(Fixture *self, const Wish *wish)
{
    const TlsConf tls = { .certificate = certificates_path(self->certificates, "collector.pem"),
                          .key = certificates_path(self->certificates, "collector.key"),
                          .ca = certificates_path(self->certificates, "ca.pem"),
                          .crl = certificates_path(self->certificates, "crl.pem"),
                          .requires_certificate = !wish->allows_none,
                          .names = wish->names };
    StreamPlace places[] = { { .transport = TRANSPORT_TCP, .name = "tcp:127.0.0.1:4739" },
                             { .transport = TRANSPORT_TLS, .name = "tls:127.0.0.1:4740" } };
    DecoderConf decoder = { .allow_all = wish->allowed == NULL, .hash_seed = 1 };
    DecoderSink sink = { .user = self, .flows = count };
    g_autoptr(GError) error = NULL;

    if (wish->allowed != NULL) {
        g_assert_true(ip_prefix_parse(wish->allowed, &self->allowed));
        decoder.allowed = &self->allowed;
        decoder.n_allowed = 1;
    }
    self->tls = tls_new(&tls, &error);
    g_assert_no_error(error);
    self->decoder = decoder_new(&decoder, &sink);
    for (int i = 0; i < 2; i++) {
        g_assert_true(stream_listen("127.0.0.1", 0, &self->fds[i], &error));
        self->ports[i] = port_of(self->fds[i]);
        places[i].fd = self->fds[i];
    }
    const StreamConf conf = { .places = places,
                              .n_places = G_N_ELEMENTS(places),
                              .tls = self->tls,
                              .max_connections = wish->max_connections ?: 100,
                              .max_per_address = wish->max_per_address ?: 100,
                              .max_new_per_minute = wish->max_new ?: 1000,
                              .handshake_ms = wish->handshake_ms ?: 60000,
                              .message_ms = wish->message_ms ?: 60000,
                              .idle_ms = wish->idle_ms ?: 60000,
                              .clock = &self->clock.clock };
    manual_clock_init(&self->clock, clock_wall(clock_system()));
    manual_clock_turn(&self->clock, 60 * 1000); /* a machine has run for a while when this begins */
    self->stream = stream_new(&conf, self->decoder);
}

static inline void
set_up(Fixture *self, gconstpointer wish)
{
    static const Wish nothing;

    make_certificates(self);
    open_with(self, wish != NULL ? wish : &nothing);
}

static inline void
tear_down(Fixture *self, gconstpointer wish)
{
    stream_free(self->stream);
    decoder_free(self->decoder);
    tls_free(self->tls);
    close(self->fds[0]);
    close(self->fds[1]);
    certificates_free(self->certificates);
}

static inline Books
books(const Fixture *self)
{
    BooksTotals totals;
    uint64_t refused = 0;

    decoder_totals(self->decoder, &totals);
    for (int i = 0; i < N_REFUSALS; i++)
        refused += totals.all.refused[i];
    g_assert_cmpuint(totals.all.datagrams, ==, totals.all.decoded + refused);
    return totals.all;
}

/* Serves what has come within @ms, which then have passed. */
static inline void
run(Fixture *self, int ms)
{
    stream_run_once(self->stream, ms);
    manual_clock_turn(&self->clock, ms);
}

/* The report on the plain place (0) or that with TLS (1); the caller owns it. */
static inline json_t *
report(const Fixture *self, size_t place)
{
    json_t *all = stream_report(self->stream);
    json_t *one = json_incref(json_array_get(all, place));

    json_decref(all);
    return one;
}

static inline json_int_t
number(const Fixture *self, size_t place, const char *key)
{
    json_t *one = report(self, place);
    json_int_t value = json_integer_value(json_object_get(one, key));

    json_decref(one);
    return value;
}

/* How often connections ended for @why. */
static inline json_int_t
ends(const Fixture *self, size_t place, StreamEnd why)
{
    json_t *one = report(self, place), *each;
    json_int_t n = 0;
    size_t i;

    json_array_foreach(
        json_object_get(one, "ended"), i,
        each) if (strcmp(json_string_value(json_object_get(each, "reason")), stream_end_name(why)) == 0) n =
        json_integer_value(json_object_get(each, "count"));
    json_decref(one);
    return n;
}

/* Until a connection has ended for @why. */
static inline void
wait_for_end(Fixture *self, size_t place, StreamEnd why)
{
    for (int round = 0; round < ROUNDS && ends(self, place, why) == 0; round++)
        run(self, 10);
    if (ends(self, place, why) == 0) {
        json_t *got = report(self, place);
        g_error("not %s, but %s", stream_end_name(why), json_dumps(got, 0));
    }
}

static inline void
wait_for_flows(Fixture *self, uint64_t flows)
{
    for (int round = 0; round < ROUNDS && self->flows < flows; round++)
        run(self, 10);
    g_assert_cmpuint(self->flows, ==, flows);
}

/* ---- the other end ---- */

static inline Client
connect_from(const Fixture *self, size_t place, const char *from)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(self->ports[place]),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in here = { .sin_family = AF_INET };
    Client client = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    g_assert_cmpint(inet_pton(AF_INET, from, &here.sin_addr), ==, 1);
    g_assert_cmpint(bind(client.fd, (struct sockaddr *)&here, sizeof here), ==, 0);
    g_assert_cmpint(connect(client.fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    return client;
}

static inline Client
connect_plain(const Fixture *self)
{
    return connect_from(self, 0, "127.0.0.1");
}

static inline void
hang_up(Client *client)
{
    if (client->session != NULL) {
        gnutls_bye(client->session, GNUTLS_SHUT_WR);
        gnutls_deinit(client->session);
        gnutls_certificate_free_credentials(client->credentials);
    }
    close(client->fd);
    *client = (Client){ .fd = -1 };
}

static inline void
set_transport(const Client *client)
{
    g_assert_cmpint(fcntl(client->fd, F_SETFL, O_NONBLOCK), ==, 0);
    gnutls_transport_set_int(client->session, client->fd);
}

#define NEW_TLS "NORMAL"
#define OLD_TLS "NORMAL:-VERS-ALL:+VERS-TLS1.2"

/* Connects and shakes hands as far as it goes, while our end runs. @certificate: name of the file, or NULL.
 */
static inline Client
connect_tls(Fixture *self, const char *certificate, const char *priorities, int *result)
{
    Client client = connect_from(self, 1, "127.0.0.1");

    g_assert_cmpint(gnutls_certificate_allocate_credentials(&client.credentials), ==, 0);
    gnutls_certificate_set_x509_trust_file(
        client.credentials, certificates_path(self->certificates, "ca.pem"), GNUTLS_X509_FMT_PEM);
    if (certificate != NULL) {
        g_autofree char *pem = g_strconcat(certificate, ".pem", NULL);
        g_autofree char *key = g_strconcat(certificate, ".key", NULL);
        g_assert_cmpint(gnutls_certificate_set_x509_key_file(
                            client.credentials, certificates_path(self->certificates, pem),
                            certificates_path(self->certificates, key), GNUTLS_X509_FMT_PEM),
                        ==, 0);
    }
    /* Sends its certificate whatever authorities we name: a router does not look either. */
    gnutls_init(&client.session,
                GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT);
    g_assert_cmpint(gnutls_priority_set_direct(client.session, priorities, NULL), ==, 0);
    gnutls_credentials_set(client.session, GNUTLS_CRD_CERTIFICATE, client.credentials);
    gnutls_session_set_verify_cert(client.session, "collector.example.net", 0);
    set_transport(&client);
    for (int round = 0; round < ROUNDS; round++) {
        *result = gnutls_handshake(client.session);
        run(self, 5);
        if (*result == 0 || gnutls_error_is_fatal(*result))
            break;
    }
    return client;
}

/* Sends all of it while our end runs, @piece bytes at a time. */
static inline void
send_bytes(Fixture *self, Client *client, const uint8_t *bytes, size_t length, size_t piece)
{
    for (size_t at = 0; at < length;) {
        size_t n = MIN(piece, length - at);
        ssize_t sent = client->session != NULL ? gnutls_record_send(client->session, bytes + at, n)
                                               : send(client->fd, bytes + at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            at += (size_t)sent;
        else
            g_assert_true(sent == GNUTLS_E_AGAIN || (sent == -1 && errno == EAGAIN));
        run(self, 0);
    }
}

static inline GByteArray *
messages_of(const GeneratedSession *session)
{
    GByteArray *all = g_byte_array_new();

    for (guint i = 0; i < session->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &length);
        g_byte_array_append(all, bytes, (guint)length);
    }
    return all;
}
