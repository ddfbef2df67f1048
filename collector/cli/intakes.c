/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intakes.c - see intakes.h */
#include "collector/cli/intakes.h"
#include "collector/listener.h"

enum { FRESH_MS = 200 };

struct Intakes {
    ExporterDirectory *directory;
    size_t n;
    Intake **all;
    uint64_t state_changes; /* that were taken */
};

/* What one thread receives at: its own socket at each place to listen at. */
typedef struct UdpSockets {
    int *fds;
    size_t n;
} UdpSockets;

static Receiver *
make_listener(void *user, Decoder *decoder)
{
    const UdpSockets *sockets = user;

    return listener_receiver(listener_new(sockets->fds, sockets->n, decoder));
}

size_t
intakes_lanes(size_t n_threads)
{
    return n_threads;
}

Intakes *
intakes_new(const Settings *settings, const int *sockets, size_t n_listen, size_t n_threads, Funnel *funnel,
            GBytes *state)
{
    Intakes *self = g_new0(Intakes, 1);
    const CollectorSettings *limits = &settings->collector;

    self->directory =
        exporter_directory_new((uint32_t)limits->max_exporters, (uint32_t)limits->max_new_exporters);
    self->all = g_new0(Intake *, intakes_lanes(n_threads));
    for (size_t i = 0; i < n_threads; i++) {
        g_autofree int *fds = g_new0(int, n_listen);
        UdpSockets udp = { fds, n_listen };
        for (size_t k = 0; k < n_listen; k++)
            fds[k] = sockets[k * n_threads + i];
        self->all[self->n++] = intake_new(&(IntakeConf){ .settings = settings,
                                                         .directory = self->directory,
                                                         .funnel = funnel,
                                                         .lane = i,
                                                         .n_steered = (uint32_t)n_threads,
                                                         .n_sockets = n_listen,
                                                         .state = state,
                                                         .make = make_listener,
                                                         .user = &udp });
    }
    return self;
}

void
intakes_free(Intakes *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->n; i++)
        intake_free(self->all[i]);
    exporter_directory_free(self->directory);
    g_free(self->all);
    g_free(self);
}

void
intakes_start(Intakes *self)
{
    for (size_t i = 0; i < self->n; i++)
        intake_start(self->all[i]);
}

void
intakes_stop(Intakes *self)
{
    for (size_t i = 0; i < self->n; i++)
        intake_stop(self->all[i]);
}

IpAddress
intakes_exporter(void *intakes, uint32_t number)
{
    return exporter_directory_address(((const Intakes *)intakes)->directory, number);
}

static json_t *
join(Intakes *self, json_t *(*each)(Intake *intake))
{
    json_t *list = json_array();

    for (size_t i = 0; i < self->n; i++) {
        json_t *part = each(self->all[i]);
        json_array_extend(list, part);
        json_decref(part);
    }
    return list;
}

json_t *
intakes_exporters(Intakes *self)
{
    bool is_stale = false;

    for (size_t i = 0; i < self->n; i++)
        is_stale |= intake_ask_exporters(self->all[i]);
    if (is_stale)
        g_usleep(FRESH_MS * 1000); /* the first to ask for a while waits for a fresh one */
    return join(self, intake_exporters);
}

json_t *
intakes_refused(Intakes *self)
{
    return join(self, intake_refused);
}

void
intakes_totals(Intakes *self, BooksTotals *out)
{
    *out = (BooksTotals){ 0 };
    for (size_t i = 0; i < self->n; i++) {
        BooksTotals each;
        intake_totals(self->all[i], &each);
        books_totals_add(out, &each);
    }
}

uint64_t
intakes_socket_drops(Intakes *self, size_t index)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < self->n; i++)
        sum += intake_socket_drops(self->all[i], index);
    return sum;
}

GBytes *
intakes_take_state(Intakes *self)
{
    g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    uint64_t sum = 0;

    for (size_t i = 0; i < self->n; i++) {
        uint64_t changes = 0;
        GBytes *state = intake_state(self->all[i], &changes);
        sum += changes;
        if (state != NULL)
            g_ptr_array_add(states, state);
    }
    if (sum == self->state_changes)
        return NULL;
    self->state_changes = sum;
    return decoder_join_states((GBytes *const *)states->pdata, states->len);
}
