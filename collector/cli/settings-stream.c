/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings-stream.c - see settings-stream.h */
#include "collector/cli/settings-stream.h"
#include "collector/cli/settings-exporters.h"

#include <string.h>

bool
settings_speaks_tls(const Settings *self)
{
    for (size_t i = 0; i < self->n_streams; i++)
        if (self->streams[i].transport == TRANSPORT_TLS)
            return true;
    return false;
}

static bool
requires_certificate(const Settings *self)
{
    return strcmp(self->tls.client_certificates, "require") == 0;
}

void
settings_check_tls(const Settings *self, const Config *config, GString *wrong)
{
    const struct {
        const char *key, *value, *why;
        bool is_needed;
    } keys[] = {
        { "certificate", self->tls.certificate, "is missing; a tls: place in [collector] listen= shows it",
          true },
        { "key", self->tls.key, "is missing; a tls: place in [collector] listen= needs it", true },
        { "ca", self->tls.ca,
          "is missing; without it no router's certificate is believed (or set client-certificates=allow)",
          requires_certificate(self) },
    };

    if (!settings_speaks_tls(self))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].is_needed && keys[i].value == NULL)
            settings_complain(wrong, config, "tls", keys[i].key, "%s", keys[i].why);
}

Tls *
settings_tls(const Settings *self, GError **error)
{
    return tls_new(&(TlsConf){ .certificate = self->tls.certificate,
                               .key = self->tls.key,
                               .ca = self->tls.ca,
                               .crl = self->tls.crl,
                               .requires_certificate = requires_certificate(self),
                               .names = (const char *const *)self->tls.names },
                   error);
}

StreamConf
settings_stream(const Settings *self)
{
    enum { MS = 1000 };
    const StreamSettings *from = &self->stream;

    return (StreamConf){ .max_connections = (uint32_t)from->max_connections,
                         .max_per_address = (uint32_t)from->max_per_address,
                         .max_new_per_minute = (uint32_t)from->max_new,
                         .handshake_ms = (uint32_t)from->handshake_timeout * MS,
                         .message_ms = (uint32_t)from->message_timeout * MS,
                         .idle_ms = (uint32_t)from->idle_timeout * MS };
}
