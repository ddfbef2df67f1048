/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intakes.c - see intakes.h */
#include "collector/cli/intakes.h"
#include "collector/listener.h"
#include "collector/steering.h"

#include <string.h>

enum {
    STALE_MS = 1000,    /* a list of exporters that is older is made anew, and waited for ... */
    FRESH_MS = 150,     /* ... so long, */
    OLD_MS = 15000,     /* or when it is older than this ... */
    PATIENCE_MS = 1200, /* ... so long */
    STEP_MS = 10,
    MOST_REFUSED = 64,
    STREAM_PATIENCE_MS = 3000,
};

struct Intakes {
    IntakeSockets sockets; /* borrows the numbers */
    ExporterDirectory *directory;
    size_t n;
    Intake **all;
    uint64_t state_changes; /* that were taken */
};

IntakeSockets
intake_sockets(const Board *board, const int *fds, size_t n)
{
    IntakeSockets self = { .fds = fds,
                           .n_listen = board->n_sockets,
                           .n_each = n / MAX(board->n_sockets, 1u),
                           .n_threads = board->n_threads };

    for (uint32_t i = 0; i < board->n_sockets; i++)
        self.before[i] = board->sockets[i].steered_before;
    return self;
}

/* What one thread receives at: its own socket at each place to listen at. */
typedef struct UdpSockets {
    const IntakeSockets *all;
    size_t thread;
} UdpSockets;

static Receiver *
make_listener(void *user, Decoder *decoder)
{
    const UdpSockets *sockets = user;
    size_t n = sockets->all->n_listen;
    g_autofree int *fds = g_new0(int, n);

    for (size_t i = 0; i < n; i++)
        fds[i] = sockets->all->fds[i * sockets->all->n_each + sockets->thread];
    Listener *listener = listener_new(fds, n, decoder);
    listener_set_tee(listener, tee_lane(sockets->all->tee, sockets->thread));
    return listener_receiver(listener);
}

static Receiver *
make_stream(void *user, Decoder *decoder)
{
    return stream_receiver(stream_new(user, decoder));
}

size_t
intakes_lanes(size_t n_threads, bool has_streams)
{
    return n_threads + has_streams;
}

Intakes *
intakes_new(const Settings *settings, const IntakeSockets *sockets, Funnel *funnel, GBytes *state)
{
    Intakes *self = g_new0(Intakes, 1);
    const CollectorSettings *limits = &settings->collector;

    self->sockets = *sockets;
    self->directory =
        exporter_directory_new((uint32_t)limits->max_exporters, (uint32_t)limits->max_new_exporters);
    self->all = g_new0(Intake *, intakes_lanes(sockets->n_threads, sockets->streams != NULL));
    for (size_t i = 0; i < sockets->n_threads; i++) {
        UdpSockets udp = { sockets, i };
        self->all[self->n++] = intake_new(&(IntakeConf){ .settings = settings,
                                                         .directory = self->directory,
                                                         .funnel = funnel,
                                                         .lane = i,
                                                         .n_steered = (uint32_t)sockets->n_threads,
                                                         .n_sockets = sockets->n_listen,
                                                         .state = state,
                                                         .make = make_listener,
                                                         .user = &udp });
    }
    if (sockets->streams != NULL)
        self->all[self->n++] = intake_new(&(IntakeConf){ .settings = settings,
                                                         .directory = self->directory,
                                                         .funnel = funnel,
                                                         .lane = sockets->n_threads,
                                                         .patience_ms = STREAM_PATIENCE_MS,
                                                         .make = make_stream,
                                                         .user = (void *)sockets->streams });
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

/* The decoder of the intake that hears @source. */
static Decoder *
decoder_for(void *user, const IpAddress *source)
{
    const Intakes *self = user;

    return intake_decoder(self->all[steering_lane(source, (uint32_t)self->sockets.n_threads)]);
}

/* A sender may have been heard at any of these sockets while they were more, or fewer. */
static void
sort_out(Intakes *self)
{
    const IntakeSockets *sockets = &self->sockets;

    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < sockets->n_listen; i++) {
        const int *fds = sockets->fds + i * sockets->n_each;
        uint32_t before = sockets->before[i];
        for (uint32_t lane = 0; before != sockets->n_threads && lane < sockets->n_each; lane++)
            if (fds[lane] >= 0)
                listener_drain(fds[lane], lane, before, decoder_for, self, kept, tee_lane(sockets->tee, 0));
    }
    listener_decode_kept(kept, decoder_for, self);
}

void
intakes_start(Intakes *self)
{
    sort_out(self);
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

/* Of the oldest of their lists. */
static int64_t
age_ms(const Intakes *self)
{
    int64_t most = 0;

    for (size_t i = 0; i < self->n; i++)
        most = MAX(most, intake_exporters_age_ms(self->all[i]));
    return most;
}

static gint
compare_number(gconstpointer a, gconstpointer b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "index"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "index"));

    return (x > y) - (x < y);
}

/* The first to ask for a while waits longer for a fresh one. */
json_t *
intakes_exporters(Intakes *self)
{
    json_t *list = json_array(), *each;
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    size_t i;

    int patience_ms = age_ms(self) >= OLD_MS ? PATIENCE_MS : FRESH_MS;
    for (i = 0; i < self->n; i++)
        intake_ask_exporters(self->all[i]);
    for (int ms = 0; ms < patience_ms && age_ms(self) >= STALE_MS; ms += STEP_MS)
        g_usleep(STEP_MS * 1000);
    if (age_ms(self) == INT64_MAX) { /* better no list than one that looks as if nobody sent */
        json_decref(list);
        return NULL;
    }
    json_t *all = join(self, intake_exporters);
    json_array_foreach(all, i, each) g_ptr_array_add(sorted, each);
    g_ptr_array_sort(sorted, compare_number);
    for (guint k = 0; k < sorted->len; k++)
        json_array_append(list, sorted->pdata[k]);
    json_decref(all);
    return list;
}

bool
intakes_exporter_json(Intakes *self, uint32_t number, json_t **out)
{
    bool have_all_told = true;

    *out = NULL;
    for (size_t i = 0; i < self->n && *out == NULL; i++)
        have_all_told &= intake_exporter(self->all[i], number, out);
    return *out != NULL || have_all_told;
}

static gint
compare_datagrams(gconstpointer a, gconstpointer b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "datagrams"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "datagrams"));

    return (x < y) - (x > y);
}

json_t *
intakes_refused(Intakes *self)
{
    json_t *all = join(self, intake_refused), *list = json_array(), *each;
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    size_t i;

    json_array_foreach(all, i, each) g_ptr_array_add(sorted, each);
    g_ptr_array_sort(sorted, compare_datagrams);
    for (guint k = 0; k < MIN(sorted->len, (guint)MOST_REFUSED); k++)
        json_array_append(list, sorted->pdata[k]);
    json_decref(all);
    return list;
}

/* reason -> connections, over all @listeners */
static json_t *
sum_ends(const json_t *listeners)
{
    json_t *out = json_object(), *listener, *end;
    size_t i, k;

    json_array_foreach(listeners, i, listener) json_array_foreach(json_object_get(listener, "ended"), k, end)
    {
        const char *reason = json_string_value(json_object_get(end, "reason"));
        json_int_t n = json_integer_value(json_object_get(end, "count"));
        json_object_set_new(out, reason, json_integer(n + json_integer_value(json_object_get(out, reason))));
    }
    return out;
}

json_t *
intakes_streams(Intakes *self)
{
    json_t *listeners = join(self, intake_report);
    double pushed_back_s = 0;

    for (size_t i = 0; i < self->n; i++)
        pushed_back_s += intake_pushed_back_s(self->all[i]);
    return json_pack("{s:f,s:o,s:o}", "pushedBackSeconds", pushed_back_s, "ended", sum_ends(listeners),
                     "listeners", listeners);
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

size_t
intakes_count(const Intakes *self)
{
    return self->n;
}

double
intakes_load(Intakes *self, size_t index, IntakeLoad *out)
{
    double sum = 0;
    size_t n = 0;

    intake_load(self->all[index], out);
    for (size_t i = 0; i < self->n; i++) {
        IntakeLoad each;
        intake_load(self->all[i], &each);
        if (strcmp(each.kind, out->kind) != 0)
            continue;
        sum += each.records_per_s;
        n++;
    }
    return sum >= 1 ? out->records_per_s * (double)n / sum : 0;
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
