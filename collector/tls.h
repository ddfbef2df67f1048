/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.h - who we are to exporters that connect over TLS, and which of them we believe
 *
 * GnuTLS does the work; this is the only file that knows it. TLS 1.2 and 1.3. An exporter shows a certificate
 * by one of the authorities that the operator named, which have not revoked it, and if there is a list of
 * names, one of them is in it: as DNS name, IP address or, where it has neither, common name (RFC 7011
 * section 11.3). What is revoked counts until a newer list is read, however old it is: where nobody has
 * brought one to an air-gapped network, the routers must not fall silent. A Tls is read once, before the
 * process gives its rights away, and is not changed after that; a TlsConnection belongs to the thread that
 * serves it.
 */
#pragma once
#include "collector/base/clock.h"
#include "collector/flow.h"
#include "collector/stream-end.h"

#include <glib.h>
#include <sys/types.h>

typedef struct TlsConf {
    const char *certificate, *key; /* PEM files; the certificate with those between it and its authority */
    const char *ca;                /* PEM file with the authorities of exporters; NULL: none is believed */
    const char *crl;               /* PEM file with what those have revoked; NULL: nothing */
    bool requires_certificate;     /* of exporters; else those that show none may send as well */
    const char *const *names; /* NULL-terminated: who may send, of those with a certificate; empty: all */
} TlsConf;

typedef struct Tls Tls;

/* Reads the files and copies what is needed. NULL with @error, which names the file and what is wrong with
 * it. */
Tls *tls_new(const TlsConf *conf, GError **error);
void tls_free(Tls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tls, tls_free)
/* The first moment of which a certificate of the file that we show is not valid any more. */
WallTime tls_expires(const Tls *self);
/* "certificate of collector.example.net, valid until 2027-01-31": for the log and `talaya check`. The caller
 * frees it. */
char *tls_words(const Tls *self, WallTime now);

typedef struct TlsConnection TlsConnection;

typedef enum TlsResult {
    TLS_DONE,
    TLS_WANTS_READ, /* call again when there is something to read */
    TLS_WANTS_WRITE,
    TLS_FAILED, /* tls_connection_end says why */
} TlsResult;

/* Borrows @tls and the socket @fd, which does not block. */
TlsConnection *tls_connection_new(const Tls *tls, int fd);
void tls_connection_free(TlsConnection *self);
/* Goes on with the handshake. */
TlsResult tls_connection_handshake(TlsConnection *self);
/* Up to @n bytes; 0: the other end has closed. -1: nothing is there now; -2: it broke. */
ssize_t tls_connection_read(TlsConnection *self, uint8_t *bytes, size_t n);
/* True when bytes wait that the socket knows nothing of any more. */
bool tls_connection_has_more(const TlsConnection *self);
/* Says good-bye as far as it can without waiting. */
void tls_connection_close(TlsConnection *self);
/* What its certificate calls the other end; NULL when it has shown none. Lent. */
const char *tls_connection_name(const TlsConnection *self);
StreamEnd tls_connection_end(const TlsConnection *self);
