/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.c - see session.h, and exporter-private.h for what lies in a session */
#include "collector/exporter-private.h"

const char *
transport_name(Transport transport)
{
    static const char *const names[] = { "udp", "tcp", "tls" };

    return names[transport];
}

Session *
session_begin(Exporter *exporter, const SessionPeer *peer, int64_t now_ms)
{
    Session *self = g_new0(Session, 1);

    *self = (Session){ .exporter = exporter,
                       .transport = peer->transport,
                       .port = peer->port,
                       .opened_ms = now_ms,
                       .name = exporter_clean_name(peer->name) };
    number_map_init(&self->domains, exporter->seed);
    g_ptr_array_add(exporter->sessions, self);
    exporter->transport = peer->transport;
    exporter->last_ms = now_ms;
    return self;
}

void
session_free(gpointer at)
{
    Session *self = at;

    number_map_clear(&self->domains);
    g_free(self->name);
    g_free(self);
}

static bool
is_of(const Domain *domain, const void *session)
{
    return domain->session == session;
}

void
session_end(Session *self, int64_t now_ms)
{
    Exporter *exporter = self->exporter;

    exporter_forget_domains(exporter, is_of, self);
    exporter->session_ended_ms = now_ms;
    g_ptr_array_remove(exporter->sessions, self);
}
