/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * certificates.h - a small authority for tests: makes keys and certificates as PEM files in a folder of its
 * own
 *
 * Made anew for each test, so that nothing expires in the repository.
 */
#pragma once
#include <glib.h>
#include <stdbool.h>

typedef struct Certificates Certificates;

/* A new authority in a new folder under the system's for temporary files: its certificate is ca.pem. */
Certificates *certificates_new(void);
/* The folder goes too. */
void certificates_free(Certificates *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificates, certificates_free)

typedef struct CertificateWish {
    const char *file;        /* FILE.pem and FILE.key are made */
    const char *dns;         /* subject alternative name; NULL: none */
    const char *address;     /* likewise, an IPv4 address */
    const char *common_name; /* NULL: none */
    int from_days, to_days;  /* of its validity, from now; both 0: from yesterday to tomorrow */
    bool is_for_servers;     /* extended key usage: servers only; else clients only */
    bool is_self_signed;     /* not by the authority */
} CertificateWish;
void certificates_make(Certificates *self, const CertificateWish *wish);

/* The authority revokes the certificate of @file: @list is a new list with it alone, past its date. */
void certificates_revoke(Certificates *self, const char *file, const char *list);

/* "FOLDER/NAME"; lives as long as the authority. */
const char *certificates_path(Certificates *self, const char *name);
