/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-stream-tls.c - who is believed over TLS, who is not, and what is told about it */
#include "tests/collector/stream-fixture.h"
#include "tests/support/assert-has.h"

static void
assert_name(const Fixture *self, const char *name)
{
    json_t *exporter =
        exporter_to_json(exporter_table_get(decoder_exporters(self->decoder), 0), clock_wall(clock_system()));
    json_t *session = json_array_get(json_object_get(exporter, "sessions"), 0);

    g_assert_cmpstr(json_string_value(json_object_get(session, "transport")), ==, "tls");
    g_assert_cmpstr(json_string_value(json_object_get(session, "certificateName")), ==, name);
    json_decref(exporter);
}

static void
test_what_comes_over_tls_is_decoded(Fixture *self, const char *priorities)
{
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, RECORDS);
    g_autoptr(GByteArray) all = messages_of(session);
    int result;
    Client client = connect_tls(self, "router", priorities, &result);

    g_assert_cmpint(result, ==, 0);
    send_bytes(self, &client, all->data, all->len, 5000);
    wait_for_flows(self, RECORDS);
    g_assert_cmpuint(books(self).bytes, ==, all->len);
    assert_name(self, "r1.example.net");
    hang_up(&client);
    wait_for_end(self, 1, STREAM_END_CLOSED);
}

static void
test_what_comes_over_tls_1_3_is_decoded(Fixture *self, gconstpointer wish)
{
    test_what_comes_over_tls_is_decoded(self, NEW_TLS);
}

static void
test_what_comes_over_tls_1_2_is_decoded(Fixture *self, gconstpointer wish)
{
    test_what_comes_over_tls_is_decoded(self, OLD_TLS);
}

/* Each that may not come in is told from the others, with both versions of TLS. */
static void
test_who_may_not_come_in_is_told_why(Fixture *self, gconstpointer wish)
{
    static const struct {
        const char *certificate;
        StreamEnd why;
    } cases[] = { { NULL, STREAM_END_NO_CERTIFICATE },   { "expired", STREAM_END_EXPIRED },
                  { "early", STREAM_END_NOT_YET_VALID }, { "stranger", STREAM_END_UNKNOWN_CA },
                  { "revoked", STREAM_END_REVOKED },     { "server", STREAM_END_PURPOSE } };
    static const char *const priorities[] = { NEW_TLS, OLD_TLS };

    for (size_t version = 0; version < G_N_ELEMENTS(priorities); version++)
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            int result;
            Client client = connect_tls(self, cases[i].certificate, priorities[version], &result);
            wait_for_end(self, 1, cases[i].why);
            g_assert_cmpint(ends(self, 1, cases[i].why), ==, (json_int_t)version + 1);
            hang_up(&client);
        }
    g_assert_cmpint(number(self, 1, "connections"), ==, 0);
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self->decoder)), ==, 0);
}

static void
try_name(Fixture *self, const char *certificate, bool is_welcome)
{
    json_int_t refused = ends(self, 1, STREAM_END_NAME), open = number(self, 1, "connections");
    int result;
    Client client = connect_tls(self, certificate, NEW_TLS, &result);

    for (int round = 0; round < 10; round++)
        run(self, 5);
    g_test_message("%s: %d", certificate, result);
    g_assert_cmpint(number(self, 1, "connections"), ==, open + is_welcome);
    g_assert_cmpint(ends(self, 1, STREAM_END_NAME), ==, refused + !is_welcome);
    hang_up(&client);
    for (int round = 0; round < 10; round++)
        run(self, 5);
}

static void
test_only_those_on_the_list_of_names_come_in(Fixture *self, gconstpointer wish)
{
    try_name(self, "router", true);
    try_name(self, "by-address", true);
    try_name(self, "by-common-name", true);
    try_name(self, "wild", false); /* it would be everybody */
}

static void
test_another_name_than_those_on_the_list_stays_outside(Fixture *self, gconstpointer wish)
{
    try_name(self, "router", false);
    try_name(self, "by-address", false);
}

static void
test_none_need_show_a_certificate_where_that_is_allowed(Fixture *self, gconstpointer wish)
{
    g_autoptr(GeneratedSession) session = generator_make("router-ipfix", 3, 10);
    g_autoptr(GByteArray) all = messages_of(session);
    int result;
    Client client = connect_tls(self, NULL, NEW_TLS, &result);

    g_assert_cmpint(result, ==, 0);
    send_bytes(self, &client, all->data, all->len, all->len);
    wait_for_flows(self, 10);
    assert_name(self, NULL);
    hang_up(&client);
    /* Who shows one must show a good one all the same. */
    client = connect_tls(self, "stranger", NEW_TLS, &result);
    wait_for_end(self, 1, STREAM_END_UNKNOWN_CA);
    hang_up(&client);
}

static void
test_an_old_tls_is_not_spoken(Fixture *self, gconstpointer wish)
{
    int result;
    Client client =
        connect_tls(self, "router", "NORMAL:-VERS-ALL:+VERS-TLS1.1:%ALLOW_SMALL_RECORDS", &result);

    wait_for_end(self, 1, STREAM_END_TLS_VERSION);
    hang_up(&client);
}

static void
test_a_client_that_does_not_believe_us_is_told(Fixture *self, gconstpointer wish)
{
    int result;
    Client client = connect_from(self, 1, "127.0.0.1");

    gnutls_certificate_allocate_credentials(&client.credentials); /* it knows no authority at all */
    gnutls_init(&client.session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    gnutls_set_default_priority(client.session);
    gnutls_credentials_set(client.session, GNUTLS_CRD_CERTIFICATE, client.credentials);
    gnutls_session_set_verify_cert(client.session, "collector.example.net", 0);
    set_transport(&client);
    for (int round = 0; round < ROUNDS; round++) {
        result = gnutls_handshake(client.session);
        if (result != 0 && gnutls_error_is_fatal(result))
            break;
        run(self, 5);
    }
    gnutls_alert_send_appropriate(client.session, result);
    wait_for_end(self, 1, STREAM_END_REFUSED_US);
    hang_up(&client);
}

static void
refuse(const TlsConf *conf, const char *words, const char *more)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Tls) tls = tls_new(conf, &error);

    g_assert_null(tls);
    if (strstr(error->message, words) == NULL || strstr(error->message, more) == NULL)
        g_error("'%s' or '%s' is not in: %s", words, more, error->message);
}

static void
test_files_that_do_not_fit_are_named(Fixture *self, gconstpointer wish)
{
    const char *pem = certificates_path(self->certificates, "collector.pem"),
               *key = certificates_path(self->certificates, "collector.key"),
               *other = certificates_path(self->certificates, "router.key");

    refuse(&(TlsConf){ .certificate = "/no/such/file", .key = key }, "/no/such/file", "No such file");
    refuse(&(TlsConf){ .certificate = key, .key = key }, key, "no certificate");
    refuse(&(TlsConf){ .certificate = pem, .key = pem }, pem, "no private key");
    refuse(&(TlsConf){ .certificate = pem, .key = other }, other, "is not the key of");
    refuse(&(TlsConf){ .certificate = pem, .key = key, .ca = key }, key, "no certificate");
    refuse(&(TlsConf){ .certificate = pem, .key = key, .crl = pem }, pem, "no list of revoked");
    refuse(&(TlsConf){ .certificate = pem, .key = key, .crl = "/no/such/list" }, "/no/such/list",
           "No such file");
}

static void
test_expiry_is_told(Fixture *self, gconstpointer wish)
{
    TlsConf conf = { .certificate = certificates_path(self->certificates, "expired.pem"),
                     .key = certificates_path(self->certificates, "expired.key") };
    g_autoptr(Tls) expired = tls_new(&conf, NULL);
    WallTime now = clock_wall(clock_system());
    g_autofree char *sound = tls_words(self->tls, now), *over = tls_words(expired, now);

    assert_has(sound, "collector.example.net, valid until 2");
    g_assert_cmpint(tls_expires(self->tls).ms, >, now.ms);
    assert_has(over, "r2.example.net, which has EXPIRED on 2");
    g_assert_cmpint(tls_expires(expired).ms, <, now.ms);
}

#define ADD(name, wish, function)                                                                            \
    g_test_add("/collector/stream-tls/" name, Fixture, wish, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    static const Wish listed = { .names = { "r1.example.net", "127.0.0.1", "r4.example.net" } },
                      unlisted = { .names = { "r9.example.net" } }, allowing = { .allows_none = true };

    g_test_init(&argc, &argv, NULL);
    ADD("what-comes-over-tls-1-3-is-decoded", NULL, test_what_comes_over_tls_1_3_is_decoded);
    ADD("what-comes-over-tls-1-2-is-decoded", NULL, test_what_comes_over_tls_1_2_is_decoded);
    ADD("who-may-not-come-in-is-told-why", NULL, test_who_may_not_come_in_is_told_why);
    ADD("only-those-on-the-list-of-names-come-in", &listed, test_only_those_on_the_list_of_names_come_in);
    ADD("another-name-than-those-on-the-list-stays-outside", &unlisted,
        test_another_name_than_those_on_the_list_stays_outside);
    ADD("none-need-show-a-certificate-where-that-is-allowed", &allowing,
        test_none_need_show_a_certificate_where_that_is_allowed);
    ADD("an-old-tls-is-not-spoken", NULL, test_an_old_tls_is_not_spoken);
    ADD("a-client-that-does-not-believe-us-is-told", NULL, test_a_client_that_does_not_believe_us_is_told);
    ADD("files-that-do-not-fit-are-named", NULL, test_files_that_do_not_fit_are_named);
    ADD("expiry-is-told", NULL, test_expiry_is_told);
    return g_test_run();
}
