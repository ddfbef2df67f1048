/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls.c - see tls.h */
#include "collector/tls.h"

#include <gio/gio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME_MOST = 256, NAMES_LOOKED_AT = 64, CHAIN_MOST = 16, HANDSHAKE_RECORD = 22 };

/* Without the tickets by which a session is resumed: exporters stay connected. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE:%NO_TICKETS"

struct Tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
    bool requires_certificate;
    char **names;
    char own_name[NAME_MOST];
    int64_t expires_ms;
};

struct TlsConnection {
    const Tls *tls; /* borrowed */
    int fd;         /* borrowed */
    gnutls_session_t session;
    bool is_tls; /* it has begun as TLS does */
    bool is_up;
    StreamEnd end; /* N_STREAM_ENDS: not known */
    char name[NAME_MOST];
};

/* ---- names ---- */

/* The first name of @kind in @certificate, as text. */
static bool
alternative_name(gnutls_x509_crt_t certificate, gnutls_x509_subject_alt_name_t kind, char out[NAME_MOST])
{
    for (unsigned i = 0; i < NAMES_LOOKED_AT; i++) {
        char value[NAME_MOST] = "";
        size_t length = sizeof value - 1;
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, value, &length, NULL);

        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return false;
        if (type != (int)kind || (kind == GNUTLS_SAN_IPADDRESS && length != 4 && length != 16) ||
            (kind == GNUTLS_SAN_DNSNAME &&
             strlen(value) != length)) /* a NUL within: somebody wants to cheat */
            continue;
        if (kind == GNUTLS_SAN_IPADDRESS) {
            g_autoptr(GInetAddress) address = g_inet_address_new_from_bytes(
                (const guint8 *)value, length == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
            g_autofree char *text = g_inet_address_to_string(address);
            g_strlcpy(value, text, sizeof value);
        }
        g_strlcpy(out, value, NAME_MOST);
        return true;
    }
    return false;
}

static void
name_of(gnutls_x509_crt_t certificate, char out[NAME_MOST])
{
    size_t length = NAME_MOST;

    if (!alternative_name(certificate, GNUTLS_SAN_DNSNAME, out) &&
        !alternative_name(certificate, GNUTLS_SAN_IPADDRESS, out) &&
        (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, out, &length) < 0 ||
         strlen(out) != length))
        g_strlcpy(out, "(a certificate without a name)", NAME_MOST);
}

/*
 * A wildcard in an exporter's certificate would let it be any other: RFC 7011 section 11.3 wants single
 * names. It also wants certificates found by their common name, at which GnuTLS looks for servers only.
 */
static bool
is_listed(const Tls *self, gnutls_x509_crt_t certificate, const char *called)
{
    if (self->names[0] == NULL)
        return true;
    for (char **name = self->names; *name != NULL; name++)
        if (g_ascii_strcasecmp(*name, called) == 0 ||
            gnutls_x509_crt_check_hostname2(certificate, *name, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS))
            return true;
    return false;
}

/* ---- whom we believe ---- */

static StreamEnd
end_of_status(unsigned status)
{
    static const struct {
        unsigned flag;
        StreamEnd end;
    } ends[] = { { GNUTLS_CERT_REVOKED, STREAM_END_REVOKED },
                 { GNUTLS_CERT_SIGNER_NOT_FOUND, STREAM_END_UNKNOWN_CA },
                 { GNUTLS_CERT_SIGNATURE_FAILURE, STREAM_END_CERTIFICATE },
                 { GNUTLS_CERT_EXPIRED, STREAM_END_EXPIRED },
                 { GNUTLS_CERT_NOT_ACTIVATED, STREAM_END_NOT_YET_VALID },
                 { GNUTLS_CERT_PURPOSE_MISMATCH, STREAM_END_PURPOSE } };

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (status & ends[i].flag)
            return ends[i].end;
    return STREAM_END_CERTIFICATE;
}

/* Within the handshake. 0: go on; else @self->end says what is wrong. */
static int
look_at_certificate(TlsConnection *self, const gnutls_datum_t *der)
{
    gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
                                      .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
    gnutls_x509_crt_t certificate;
    unsigned status = 0;

    self->end = STREAM_END_CERTIFICATE;
    if (gnutls_certificate_verify_peers(self->session, &purpose, 1, &status) != 0 ||
        gnutls_x509_crt_init(&certificate) != 0)
        return GNUTLS_E_CERTIFICATE_ERROR;
    if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0) {
        name_of(certificate, self->name);
        self->end = status != 0                                      ? end_of_status(status)
                    : !is_listed(self->tls, certificate, self->name) ? STREAM_END_NAME
                                                                     : N_STREAM_ENDS;
    }
    gnutls_x509_crt_deinit(certificate);
    return self->end == N_STREAM_ENDS ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int
verify(gnutls_session_t session)
{
    TlsConnection *self = gnutls_session_get_ptr(session);
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);

    if (chain != NULL && n > 0)
        return look_at_certificate(self, &chain[0]);
    if (!self->tls->requires_certificate)
        return 0;
    self->end = STREAM_END_NO_CERTIFICATE;
    return GNUTLS_E_CERTIFICATE_ERROR;
}

/* ---- who we are ---- */

static bool
fail(GError **error, const char *path, const char *what, int code)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s%s%s", path, what, code < 0 ? ": " : "",
                code < 0 ? gnutls_strerror(code) : "");
    return false;
}

static void
note_certificate(Tls *self, gnutls_x509_crt_t certificate, bool is_ours)
{
    time_t until = gnutls_x509_crt_get_expiration_time(certificate);

    if (is_ours)
        name_of(certificate, self->own_name);
    if (until != (time_t)-1 && (int64_t)until * 1000 < self->expires_ms)
        self->expires_ms = (int64_t)until * 1000;
}

static bool
read_chain(Tls *self, const char *path, const gnutls_datum_t *pem, GError **error)
{
    gnutls_x509_crt_t chain[CHAIN_MOST];
    unsigned n = CHAIN_MOST;
    int result = gnutls_x509_crt_list_import(chain, &n, pem, GNUTLS_X509_FMT_PEM, 0);

    if (result <= 0)
        return fail(error, path, "no certificate in PEM form can be read from it", result);
    for (int i = 0; i < result; i++) {
        note_certificate(self, chain[i], i == 0);
        gnutls_x509_crt_deinit(chain[i]);
    }
    return true;
}

static bool
read_file(const char *path, char **text, gnutls_datum_t *out, GError **error)
{
    gsize length = 0;

    if (!g_file_get_contents(path, text, &length, error)) /* it names the file */
        return false;
    *out = (gnutls_datum_t){ .data = (unsigned char *)*text, .size = (unsigned)MIN(length, (gsize)G_MAXINT) };
    return true;
}

static bool
read_identity(Tls *self, const TlsConf *conf, GError **error)
{
    g_autofree char *certificate_text = NULL, *key_text = NULL;
    gnutls_datum_t certificate, key;

    if (!read_file(conf->certificate, &certificate_text, &certificate, error) ||
        !read_chain(self, conf->certificate, &certificate, error) ||
        !read_file(conf->key, &key_text, &key, error))
        return false;
    int result = gnutls_certificate_set_x509_key_mem2(self->credentials, &certificate, &key,
                                                      GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_memset(key_text, 0, key.size);
    if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: is not the key of the certificate in %s",
                    conf->key, conf->certificate);
        return false;
    }
    return result >= 0 || fail(error, conf->key, "no private key in PEM form can be read from it", result);
}

/* Of other files than our own: @take gives them to GnuTLS and returns how many there were. @path NULL: none.
 */
static bool
read_theirs(Tls *self, const char *path, __typeof__(gnutls_certificate_set_x509_trust_mem) *take,
            const char *without, GError **error)
{
    g_autofree char *text = NULL;
    gnutls_datum_t pem;

    if (path == NULL)
        return true;
    if (!read_file(path, &text, &pem, error))
        return false;
    int n = take(self->credentials, &pem, GNUTLS_X509_FMT_PEM);
    return n > 0 || fail(error, path, without, n);
}

static bool
read_authorities(Tls *self, const TlsConf *conf, GError **error)
{
    return read_theirs(self, conf->ca, gnutls_certificate_set_x509_trust_mem,
                       "no certificate in PEM form can be read from it", error) &&
           read_theirs(self, conf->crl, gnutls_certificate_set_x509_crl_mem,
                       "no list of revoked certificates in PEM form can be read from it", error);
}

Tls *
tls_new(const TlsConf *conf, GError **error)
{
    static const char *const nobody[] = { NULL };
    g_autoptr(Tls) self = g_new0(Tls, 1);

    self->requires_certificate = conf->requires_certificate;
    self->names = g_strdupv((char **)(conf->names != NULL ? conf->names : nobody));
    self->expires_ms = G_MAXINT64;
    if (gnutls_certificate_allocate_credentials(&self->credentials) != 0 ||
        gnutls_priority_init(&self->priorities, PRIORITIES, NULL) != 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "GnuTLS cannot be used");
        return NULL;
    }
    if (!read_identity(self, conf, error) || !read_authorities(self, conf, error))
        return NULL;
    gnutls_certificate_set_verify_function(self->credentials, verify);
    return g_steal_pointer(&self);
}

void
tls_free(Tls *self)
{
    if (self == NULL)
        return;
    if (self->priorities != NULL)
        gnutls_priority_deinit(self->priorities);
    if (self->credentials != NULL)
        gnutls_certificate_free_credentials(self->credentials);
    g_strfreev(self->names);
    g_free(self);
}

WallTime
tls_expires(const Tls *self)
{
    return (WallTime){ self->expires_ms };
}

char *
tls_words(const Tls *self, WallTime now)
{
    char text[WALL_TIME_TEXT];
    bool is_over = self->expires_ms <= now.ms;

    if (self->expires_ms == G_MAXINT64)
        return g_strdup_printf("certificate of %s, valid for ever", self->own_name);
    return g_strdup_printf("certificate of %s, %s %.10s%s", self->own_name,
                           is_over ? "which has EXPIRED on" : "valid until",
                           wall_time_text((WallTime){ self->expires_ms }, text),
                           is_over ? ": exporters will not believe it" : "");
}

/* ---- connections ---- */

TlsConnection *
tls_connection_new(const Tls *tls, int fd)
{
    TlsConnection *self = g_new0(TlsConnection, 1);

    *self = (TlsConnection){ .tls = tls, .fd = fd, .end = N_STREAM_ENDS };
    if (gnutls_init(&self->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) !=
        0) {
        g_free(self);
        return NULL;
    }
    gnutls_session_set_ptr(self->session, self);
    gnutls_priority_set(self->session, tls->priorities);
    gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
    gnutls_certificate_server_set_request(self->session, tls->requires_certificate ? GNUTLS_CERT_REQUIRE
                                                                                   : GNUTLS_CERT_REQUEST);
    gnutls_transport_set_int(self->session, fd);
    return self;
}

void
tls_connection_free(TlsConnection *self)
{
    if (self == NULL)
        return;
    gnutls_deinit(self->session);
    g_free(self);
}

static StreamEnd
end_of_alert(gnutls_alert_description_t alert)
{
    switch (alert) {
    case GNUTLS_A_BAD_CERTIFICATE:
    case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
    case GNUTLS_A_CERTIFICATE_REVOKED:
    case GNUTLS_A_CERTIFICATE_EXPIRED:
    case GNUTLS_A_CERTIFICATE_UNKNOWN:
    case GNUTLS_A_UNKNOWN_CA:
    case GNUTLS_A_ACCESS_DENIED:
        return STREAM_END_REFUSED_US;
    default:
        return STREAM_END_HANDSHAKE;
    }
}

static StreamEnd
end_of_error(gnutls_session_t session, int code)
{
    switch (code) {
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
        return STREAM_END_TLS_VERSION;
    case GNUTLS_E_NO_CIPHER_SUITES:
    case GNUTLS_E_NO_COMMON_KEY_SHARE:
    case GNUTLS_E_INSUFFICIENT_SECURITY:
        return STREAM_END_TLS_CIPHERS;
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_CERTIFICATE_REQUIRED:
        return STREAM_END_NO_CERTIFICATE;
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
        return end_of_alert(gnutls_alert_get(session));
    default:
        return STREAM_END_HANDSHAKE;
    }
}

/* TLS begins with a handshake record. Anything else is told apart here, as GnuTLS would only say that it does
 * not understand. */
static TlsResult
look_at_first_byte(TlsConnection *self)
{
    uint8_t first;
    ssize_t n = recv(self->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0)
        return TLS_WANTS_READ;
    self->is_tls = n > 0 && first == HANDSHAKE_RECORD;
    if (self->is_tls)
        return TLS_DONE;
    self->end = n > 0 ? STREAM_END_NO_TLS : STREAM_END_HANDSHAKE;
    return TLS_FAILED;
}

TlsResult
tls_connection_handshake(TlsConnection *self)
{
    TlsResult first = self->is_tls ? TLS_DONE : look_at_first_byte(self);
    int result;

    if (first != TLS_DONE)
        return first;
    do
        result = gnutls_handshake(self->session);
    while (result == GNUTLS_E_INTERRUPTED || result == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (result == GNUTLS_E_SUCCESS) {
        self->is_up = true;
        return TLS_DONE;
    }
    if (!gnutls_error_is_fatal(result))
        return gnutls_record_get_direction(self->session) == 0 ? TLS_WANTS_READ : TLS_WANTS_WRITE;
    if (self->end == N_STREAM_ENDS)
        self->end = end_of_error(self->session, result);
    gnutls_alert_send_appropriate(self->session, result); /* so that the router's log says it too */
    return TLS_FAILED;
}

ssize_t
tls_connection_read(TlsConnection *self, uint8_t *bytes, size_t n)
{
    ssize_t got;

    do
        got = gnutls_record_recv(self->session, bytes, n);
    while (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (got >= 0)
        return got;
    if (got == GNUTLS_E_PREMATURE_TERMINATION) /* no good-bye; a message that it tore is seen as such */
        return 0;
    /* The old way to change keys: nobody needs it, and it was a weakness more than once. */
    return got == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)got) ? -2 : -1;
}

bool
tls_connection_has_more(const TlsConnection *self)
{
    return gnutls_record_check_pending(self->session) > 0;
}

void
tls_connection_close(TlsConnection *self)
{
    if (self->is_up)
        gnutls_bye(self->session, GNUTLS_SHUT_WR);
}

const char *
tls_connection_name(const TlsConnection *self)
{
    return self->name[0] == '\0' ? NULL : self->name;
}

StreamEnd
tls_connection_end(const TlsConnection *self)
{
    return self->end;
}
