/* SPDX-License-Identifier: GPL-3.0-or-later */
/* certificates.c - see certificates.h */
#include "tests/support/certificates.h"
#include "tests/support/scratch.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 24 * 3600 };

struct Certificates {
    Scratch *folder;
    GHashTable *paths; /* name -> owned path */
    gnutls_x509_crt_t ca;
    gnutls_x509_privkey_t ca_key;
    unsigned char serial;
};

#define MUST(call) g_assert_cmpint(call, >=, 0)

static void
save(Certificates *self, const char *file, const char *suffix, const gnutls_datum_t *pem)
{
    g_autofree char *name = g_strconcat(file, suffix, NULL);
    g_autoptr(GError) error = NULL;

    g_file_set_contents(certificates_path(self, name), (const char *)pem->data, (gssize)pem->size, &error);
    g_assert_no_error(error);
}

static void
save_both(Certificates *self, const char *file, gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
    gnutls_datum_t pem;

    MUST(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem));
    save(self, file, ".pem", &pem);
    gnutls_free(pem.data);
    MUST(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
    save(self, file, ".key", &pem);
    gnutls_free(pem.data);
}

static void
begin(Certificates *self, gnutls_x509_crt_t *certificate, gnutls_x509_privkey_t *key, int from_days,
      int to_days)
{
    time_t now = time(NULL);

    self->serial++;
    MUST(gnutls_x509_privkey_init(key));
    MUST(gnutls_x509_privkey_generate(*key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                                      0));
    MUST(gnutls_x509_crt_init(certificate));
    MUST(gnutls_x509_crt_set_version(*certificate, 3));
    MUST(gnutls_x509_crt_set_serial(*certificate, &self->serial, 1));
    MUST(gnutls_x509_crt_set_key(*certificate, *key));
    MUST(gnutls_x509_crt_set_activation_time(*certificate, now + (time_t)from_days * DAY_S));
    MUST(gnutls_x509_crt_set_expiration_time(*certificate, now + (time_t)to_days * DAY_S));
}

Certificates *
certificates_new(void)
{
    static const char name[] = "Test authority";
    Certificates *self = g_new0(Certificates, 1);

    self->folder = scratch_new("certificates");
    self->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    begin(self, &self->ca, &self->ca_key, -1, 10);
    MUST(gnutls_x509_crt_set_dn_by_oid(self->ca, GNUTLS_OID_X520_COMMON_NAME, 0, name, sizeof name - 1));
    MUST(gnutls_x509_crt_set_basic_constraints(self->ca, 1, -1));
    MUST(gnutls_x509_crt_set_key_usage(self->ca, GNUTLS_KEY_KEY_CERT_SIGN));
    MUST(gnutls_x509_crt_sign2(self->ca, self->ca, self->ca_key, GNUTLS_DIG_SHA256, 0));
    save_both(self, "ca", self->ca, self->ca_key);
    return self;
}

void
certificates_free(Certificates *self)
{
    g_hash_table_unref(self->paths);
    gnutls_x509_crt_deinit(self->ca);
    gnutls_x509_privkey_deinit(self->ca_key);
    scratch_free(self->folder);
    g_free(self);
}

static void
name_it(gnutls_x509_crt_t certificate, const CertificateWish *wish)
{
    struct in_addr address;

    if (wish->common_name != NULL)
        MUST(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, wish->common_name,
                                           (unsigned)strlen(wish->common_name)));
    if (wish->dns != NULL)
        MUST(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, wish->dns,
                                                  (unsigned)strlen(wish->dns), GNUTLS_FSAN_APPEND));
    if (wish->address == NULL)
        return;
    g_assert_cmpint(inet_pton(AF_INET, wish->address, &address), ==, 1);
    MUST(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, &address, sizeof address,
                                              GNUTLS_FSAN_APPEND));
}

void
certificates_make(Certificates *self, const CertificateWish *wish)
{
    bool has_days = wish->from_days != 0 || wish->to_days != 0;
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_t key;

    begin(self, &certificate, &key, has_days ? wish->from_days : -1, has_days ? wish->to_days : 1);
    name_it(certificate, wish);
    MUST(gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
    MUST(gnutls_x509_crt_set_key_purpose_oid(
        certificate, wish->is_for_servers ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0));
    MUST(gnutls_x509_crt_sign2(certificate, wish->is_self_signed ? certificate : self->ca,
                               wish->is_self_signed ? key : self->ca_key, GNUTLS_DIG_SHA256, 0));
    save_both(self, wish->file, certificate, key);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

void
certificates_revoke(Certificates *self, const char *file, const char *list)
{
    g_autofree char *name = g_strconcat(file, ".pem", NULL), *text = NULL;
    gnutls_datum_t pem;
    gnutls_x509_crt_t certificate;
    gnutls_x509_crl_t revoked;
    gsize length;

    g_assert_true(g_file_get_contents(certificates_path(self, name), &text, &length, NULL));
    pem = (gnutls_datum_t){ .data = (unsigned char *)text, .size = (unsigned)length };
    MUST(gnutls_x509_crt_init(&certificate));
    MUST(gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM));
    MUST(gnutls_x509_crl_init(&revoked));
    MUST(gnutls_x509_crl_set_version(revoked, 2));
    MUST(gnutls_x509_crl_set_this_update(revoked, time(NULL) - 3 * DAY_S));
    MUST(gnutls_x509_crl_set_next_update(revoked, time(NULL) - DAY_S));
    MUST(gnutls_x509_crl_set_crt(revoked, certificate, time(NULL) - 3 * DAY_S));
    MUST(gnutls_x509_crl_sign2(revoked, self->ca, self->ca_key, GNUTLS_DIG_SHA256, 0));
    MUST(gnutls_x509_crl_export2(revoked, GNUTLS_X509_FMT_PEM, &pem));
    save(self, list, "", &pem);
    gnutls_free(pem.data);
    gnutls_x509_crl_deinit(revoked);
    gnutls_x509_crt_deinit(certificate);
}

const char *
certificates_path(Certificates *self, const char *name)
{
    char *path = g_hash_table_lookup(self->paths, name);

    if (path == NULL) {
        path = g_build_filename(self->folder, name, NULL);
        g_hash_table_insert(self->paths, g_strdup(name), path);
    }
    return path;
}
