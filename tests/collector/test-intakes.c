/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-intakes.c - several threads that receive, one that takes what they made: real sockets and threads */
#include "collector/cli/intakes.h"
#include "collector/listener.h"
#include "collector/steering.h"
#include "tests/collector/fixture.h"
#include "tests/support/scratch.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 5000, ROUTERS = 12, MANY = 3000 };

/* ---- the funnel ---- */

static void
test_lanes_are_emptied_in_turn(void)
{
    g_autoptr(Funnel) funnel = funnel_new(3, 30);
    FlowBatch *batch = flow_batch_new();
    static const size_t expected[] = { 0, 2, 0, 2, 0, 0, 0 };
    size_t n = 0, lane;

    for (int i = 0; i < 5; i++)
        batch = funnel_push(funnel, 0, batch);
    batch = funnel_push(funnel, 2, batch);
    batch = funnel_push(funnel, 2, batch);
    flow_batch_free(batch);
    for (FlowBatch *next; (next = funnel_pop(funnel, &lane)) != NULL; n++) {
        g_assert_cmpuint(n, <, G_N_ELEMENTS(expected));
        g_assert_cmpuint(lane, ==, expected[n]);
        funnel_return(funnel, lane, next);
    }
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(expected));
}

static void
test_a_flooded_lane_takes_no_room_from_another(void)
{
    enum { SLOTS = 16 };
    g_autoptr(Funnel) funnel = funnel_new(2, SLOTS);
    FlowBatch *flood = flow_batch_new(), *quiet = flow_batch_new(), *next;
    int taken = 0;

    for (; (next = funnel_push(funnel, 0, flood)) != NULL; taken++)
        flood = next;
    g_assert_cmpint(taken, ==, SLOTS / 2);
    next = funnel_push(funnel, 1, quiet);
    g_assert_nonnull(next);
    flow_batch_free(next);
    flow_batch_free(flood);
}

typedef struct Producer {
    Funnel *funnel;
    size_t lane;
} Producer;

static gpointer
push_many(gpointer data)
{
    const Producer *self = data;
    FlowBatch *batch = flow_batch_new(), *next;

    for (uint32_t i = 1; i <= MANY; i++) {
        batch->n = i;
        while ((next = funnel_push(self->funnel, self->lane, batch)) == NULL)
            g_thread_yield();
        batch = next;
    }
    flow_batch_free(batch);
    return NULL;
}

/* The consumer sleeps whenever it is faster; a wake that gets lost would leave it there until the time-out,
 * and some of those would exceed what a test may take. */
static void
test_nothing_of_any_lane_is_lost_or_swapped(gconstpointer slots)
{
    g_autoptr(Funnel) funnel = funnel_new(2, GPOINTER_TO_UINT(slots));
    Producer producers[2] = { { funnel, 0 }, { funnel, 1 } };
    uint32_t seen[2] = { 0, 0 };
    GThread *threads[2];

    for (int i = 0; i < 2; i++)
        threads[i] = g_thread_new("producer", push_many, &producers[i]);
    while (seen[0] < MANY || seen[1] < MANY) {
        size_t lane;
        FlowBatch *batch = funnel_pop(funnel, &lane);
        if (batch == NULL) {
            funnel_wait(funnel, 5000);
            continue;
        }
        g_assert_cmpuint(batch->n, ==, ++seen[lane]);
        funnel_return(funnel, lane, batch);
    }
    for (int i = 0; i < 2; i++)
        g_thread_join(threads[i]);
}

static void
pass_on(Funnel *funnel, int n)
{
    FlowBatch *batch = flow_batch_new();
    size_t lane;

    for (int i = 0; i < n; i++) {
        batch = funnel_push(funnel, 0, batch);
        g_assert_nonnull(batch);
        funnel_return(funnel, 0, funnel_pop(funnel, &lane));
    }
    flow_batch_free(batch);
}

/* How long the consumer waits, which has been woken before. */
static int64_t
wait_woken_us(Funnel *funnel)
{
    int64_t begin = g_get_monotonic_time();

    funnel_wake(funnel);
    funnel_wait(funnel, PATIENCE_MS);
    return g_get_monotonic_time() - begin;
}

static void
test_who_takes_many_is_not_woken_for_each(void)
{
    enum { MOST_BATCHES = 400, TICK_LEAST_US = 2000 };
    g_autoptr(Funnel) funnel = funnel_new(1, 128);
    int64_t waited = 0;

    wait_woken_us(funnel);                                                  /* from here on it counts */
    for (int n = 50; n <= MOST_BATCHES && waited < TICK_LEAST_US; n *= 2) { /* unless we were not let run */
        pass_on(funnel, n);
        waited = wait_woken_us(funnel);
    }
    g_assert_cmpint(waited, >=, TICK_LEAST_US);
    g_assert_cmpint(waited, <, PATIENCE_MS * 1000); /* being woken was not forgotten meanwhile */
}

/* ---- the directory ---- */

static void
test_exporters_of_all_decoders_have_numbers_of_their_own(void)
{
    g_autoptr(ExporterDirectory) directory = exporter_directory_new(3, 100);
    const DecoderConf conf = { .allow_all = true, .directory = directory };
    g_auto(Fixture) one, other;
    uint8_t bytes[4 + DATAGRAM_SLACK] = { 0, 5 };

    fixture_init_with(&one, &conf);
    fixture_init_with(&other, &conf);
    for (uint32_t i = 1; i <= 4; i++) {
        Datagram datagram = { .bytes = bytes, .length = 4, .source = ip_from_v4(0x0a000000 + i) };
        decoder_datagram(i % 2 == 1 ? one.decoder : other.decoder, &datagram);
    }
    g_assert_cmpuint(exporter_table_count(decoder_exporters(one.decoder)), ==, 2);
    g_assert_cmpuint(exporter_table_count(decoder_exporters(other.decoder)), ==, 1); /* three are the most */
    g_assert_cmpuint(exporter_number(exporter_table_get(decoder_exporters(one.decoder), 0)), ==, 0);
    g_assert_cmpuint(exporter_number(exporter_table_get(decoder_exporters(other.decoder), 0)), ==, 1);
    g_assert_cmpuint(exporter_number(exporter_table_get(decoder_exporters(one.decoder), 1)), ==, 2);
    for (uint32_t i = 0; i < 3; i++) {
        IpAddress expected = ip_from_v4(0x0a000001 + i), found = exporter_directory_address(directory, i);
        g_assert_true(ip_equal(&expected, &found));
    }
    BooksTotals totals;
    decoder_totals(other.decoder, &totals);
    g_assert_cmpuint(totals.all.refused[REFUSED_EXPORTER_QUOTA], ==, 1);
}

/* ---- intakes ---- */

/* Sockets that share a port, and intakes behind them. */
typedef struct Site {
    Scratch *folder;
    Settings *settings;
    IntakeSockets sockets;
    int *fds;
    uint16_t port;
    Funnel *funnel;
    Intakes *intakes;
} Site;

static Settings *
make_settings(const Scratch *folder)
{
    g_autofree char *path = scratch_write(folder, "talaya.conf", "[assets]\nprefixes=10.0.0.0/8\n");
    g_autoptr(GError) error = NULL;

    Settings *settings = settings_load(path, &error);
    g_assert_no_error(error);
    return settings;
}

static void
site_bind(Site *self, uint32_t n_sockets)
{
    struct sockaddr_in where = { 0 };
    socklen_t length = sizeof where;
    ListenerBufferInfo info;

    *self = (Site){ .folder = scratch_new("intakes") };
    self->settings = make_settings(self->folder);
    self->fds = g_new0(int, n_sockets);
    self->sockets = (IntakeSockets){ .fds = self->fds, .n_listen = 1, .n_each = n_sockets };
    g_assert_true(listener_bind("127.0.0.1", 0, 1 << 20, &self->fds[0], &info, NULL));
    for (uint32_t i = 1; i < n_sockets; i++)
        g_assert_true(listener_bind_beside(self->fds[0], 1 << 20, &self->fds[i], &info, NULL));
    g_assert_cmpint(getsockname(self->fds[0], (struct sockaddr *)&where, &length), ==, 0);
    self->port = ntohs(where.sin_port);
}

static void
site_steer(Site *self, uint32_t n_threads)
{
    self->sockets.before[0] = self->sockets.n_threads == 0 ? n_threads : (uint32_t)self->sockets.n_threads;
    self->sockets.n_threads = n_threads;
    g_assert_true(steering_attach(self->fds[0], n_threads, NULL));
}

static void
site_start(Site *self, GBytes *state)
{
    self->funnel = funnel_new(intakes_lanes(self->sockets.n_threads, false), 64);
    self->intakes = intakes_new(self->settings, &self->sockets, self->funnel, state);
    intakes_start(self->intakes);
}

static void
site_open(Site *self, uint32_t n_threads, GBytes *state)
{
    site_bind(self, n_threads);
    site_steer(self, n_threads);
    site_start(self, state);
}

static void
site_close(Site *self)
{
    intakes_free(self->intakes);
    funnel_free(self->funnel);
    for (size_t i = 0; i < self->sockets.n_each; i++)
        close(self->fds[i]);
    settings_free(self->settings);
    scratch_free(self->folder);
    g_free(self->fds);
}

/* Sends what @router has to say. */
static void
site_send(const Site *self, uint32_t router, const Pen *pen)
{
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000101 + router) };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(self->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&from, sizeof from), ==, 0);
    g_assert_cmpint(sendto(fd, pen->bytes, pen->n, 0, (struct sockaddr *)&to, sizeof to), ==, (gssize)pen->n);
    close(fd);
}

/* A template, or data for it: one flow. */
static void
write_v9(Pen *pen, uint32_t sequence, bool with_template)
{
    pen_v9(pen, 1000, 1700000000, sequence, 7);
    size_t set = pen_set(pen, with_template ? 0 : 300);
    if (with_template) {
        static const uint16_t words[] = { 300, 2, 8, 4, 12, 4 };
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
            pen_put(pen, words[i], 2);
    } else {
        pen_ip(pen, "10.0.0.1");
        pen_ip(pen, "192.0.2.1");
    }
    pen_end(pen, set);
}

static BooksTotals
site_wait(const Site *self, uint64_t datagrams)
{
    BooksTotals totals = { 0 };

    for (int ms = 0; ms < PATIENCE_MS && totals.all.datagrams < datagrams; ms += 10) {
        g_usleep(10000);
        intakes_totals(self->intakes, &totals);
    }
    g_assert_cmpuint(totals.all.datagrams, ==, datagrams);
    return totals;
}

static GBytes *
what_routers_told(uint32_t n_threads)
{
    Site site;
    Pen pen;

    site_open(&site, n_threads, NULL);
    write_v9(&pen, 1, true);
    for (uint32_t i = 0; i < ROUTERS; i++)
        site_send(&site, i, &pen);
    BooksTotals totals = site_wait(&site, ROUTERS);
    g_assert_cmpuint(totals.exporters, ==, ROUTERS);
    intakes_stop(site.intakes);
    GBytes *state = intakes_take_state(site.intakes);
    g_assert_nonnull(state);
    g_assert_null(intakes_take_state(site.intakes)); /* it has not changed since */
    site_close(&site);
    return state;
}

static void
assert_numbers_are_unique(const Site *self)
{
    json_t *list = intakes_exporters(self->intakes), *each;
    bool seen[ROUTERS] = { false };
    size_t i;

    g_assert_cmpuint(json_array_size(list), ==, ROUTERS);
    json_array_foreach(list, i, each)
    {
        json_int_t number = json_integer_value(json_object_get(each, "index"));
        char text[IP_TEXT];
        g_assert_cmpint(number, <, ROUTERS);
        g_assert_false(seen[number]);
        seen[number] = true;
        IpAddress address = intakes_exporter(self->intakes, (uint32_t)number);
        g_assert_cmpstr(ip_text(&address, text), ==, json_string_value(json_object_get(each, "address")));
    }
    json_decref(list);
}

/* Templates are kept by the intake that hears the router, also when the number of intakes has changed. */
static void
test_a_state_is_restored_by_any_number_of_intakes(void)
{
    static const uint32_t pairs[][2] = { { 1, 3 }, { 3, 2 }, { 2, 1 }, { 3, 3 } };
    Pen pen;

    for (size_t k = 0; k < G_N_ELEMENTS(pairs); k++) {
        g_autoptr(GBytes) state = what_routers_told(pairs[k][0]);
        Site site;

        site_open(&site, pairs[k][1], state);
        write_v9(&pen, 2, false);
        for (uint32_t i = 0; i < ROUTERS; i++)
            site_send(&site, i, &pen);
        BooksTotals totals = site_wait(&site, ROUTERS);
        g_assert_cmpuint(totals.all.records, ==, ROUTERS);
        g_assert_cmpuint(totals.all.missing_template_sets, ==, 0);
        g_assert_cmpuint(totals.exporters, ==, ROUTERS);
        assert_numbers_are_unique(&site);
        site_close(&site);
    }
}

/* With its number one is told with all there is; a number that nobody has is told at once, too. */
static void
test_one_exporter_is_told_by_the_intake_that_hears_it(void)
{
    Site site;
    Pen pen;

    site_open(&site, 3, NULL);
    write_v9(&pen, 1, true);
    for (uint32_t i = 0; i < ROUTERS; i++)
        site_send(&site, i, &pen);
    site_wait(&site, ROUTERS);
    for (uint32_t number = 0; number <= ROUTERS; number++) {
        json_t *one = NULL;
        g_assert_true(intakes_exporter_json(site.intakes, number, &one));
        g_assert_cmpint(one != NULL, ==, number < ROUTERS);
        if (one != NULL) {
            g_assert_cmpint(json_integer_value(json_object_get(one, "index")), ==, number);
            g_assert_true(json_is_array(json_object_get(one, "interfaces")));
        }
        json_decref(one);
    }
    site_close(&site);
}

/* Whoever asks first waits until the list is whole. */
static void
test_the_list_is_never_half_a_list(void)
{
    Site site;
    Pen pen;

    site_open(&site, 2, NULL);
    write_v9(&pen, 1, true);
    for (uint32_t i = 0; i < ROUTERS; i++)
        site_send(&site, i, &pen);
    site_wait(&site, ROUTERS);
    assert_numbers_are_unique(&site); /* that there are all of them, too */
    intakes_stop(site.intakes);
    site_close(&site);
    site_bind(&site, 1);
    site_steer(&site, 1);
    site.funnel = funnel_new(1, 64);
    site.intakes = intakes_new(site.settings, &site.sockets, site.funnel, NULL);
    g_assert_null(intakes_exporters(site.intakes)); /* nobody runs that could make it */
    site_close(&site);
}

/* What an intake has restored is kept although its routers stay silent and only those of another speak. */
static void
test_silent_exporters_are_not_forgotten(void)
{
    g_autoptr(GBytes) state = what_routers_told(2), again = NULL;
    Site site;
    Pen pen;

    site_open(&site, 2, state);
    write_v9(&pen, 2, true);
    site_send(&site, 0, &pen);
    site_send(&site, ROUTERS, &pen); /* a new one, so that there is something to keep */
    site_wait(&site, 2);
    intakes_stop(site.intakes);
    again = intakes_take_state(site.intakes);
    g_assert_nonnull(again);
    site_close(&site);
    site_open(&site, 3, again);
    BooksTotals totals = { 0 };
    for (int ms = 0; ms < PATIENCE_MS && totals.exporters == 0; ms += 10) {
        g_usleep(10000);
        intakes_totals(site.intakes, &totals);
    }
    intakes_stop(site.intakes);
    intakes_totals(site.intakes, &totals);
    g_assert_cmpuint(totals.exporters, ==, ROUTERS + 1);
    site_close(&site);
}

/* Templates that were steered by the old number of threads wait at sockets when the new ones start. */
static void
test_what_waits_since_before_is_heard_by_the_right_one(void)
{
    static const uint32_t pairs[][2] = { { 1, 3 }, { 3, 2 }, { 4, 1 }, { 2, 4 } };
    Pen pen;

    for (size_t k = 0; k < G_N_ELEMENTS(pairs); k++) {
        Site site;

        site_bind(&site, MAX(pairs[k][0], pairs[k][1]));
        site_steer(&site, pairs[k][0]);
        write_v9(&pen, 1, true);
        for (uint32_t i = 0; i < ROUTERS; i++)
            site_send(&site, i, &pen);
        site_steer(&site, pairs[k][1]);
        write_v9(&pen, 2, false);
        for (uint32_t i = 0; i < ROUTERS; i++)
            site_send(&site, i, &pen);
        site_start(&site, NULL);
        BooksTotals totals = site_wait(&site, 2 * ROUTERS);
        g_assert_cmpuint(totals.exporters, ==, ROUTERS); /* none is known to two intakes */
        g_assert_cmpuint(totals.all.records + totals.all.late_records, ==, ROUTERS);
        write_v9(&pen, 3, false);
        for (uint32_t i = 0; i < ROUTERS; i++)
            site_send(&site, i, &pen);
        totals = site_wait(&site, 3 * ROUTERS);
        g_assert_cmpuint(totals.all.records + totals.all.late_records, ==, 2 * ROUTERS);
        site_close(&site);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/intakes/lanes-are-emptied-in-turn", test_lanes_are_emptied_in_turn);
    g_test_add_func("/collector/intakes/a-flooded-lane-takes-no-room-from-another",
                    test_a_flooded_lane_takes_no_room_from_another);
    g_test_add_data_func("/collector/intakes/nothing-of-any-lane-is-lost-or-swapped", GUINT_TO_POINTER(8),
                         test_nothing_of_any_lane_is_lost_or_swapped);
    g_test_add_data_func("/collector/intakes/nothing-is-lost-or-swapped-where-the-consumer-ticks",
                         GUINT_TO_POINTER(256), test_nothing_of_any_lane_is_lost_or_swapped);
    g_test_add_func("/collector/intakes/who-takes-many-is-not-woken-for-each",
                    test_who_takes_many_is_not_woken_for_each);
    g_test_add_func("/collector/intakes/exporters-of-all-decoders-have-numbers-of-their-own",
                    test_exporters_of_all_decoders_have_numbers_of_their_own);
    g_test_add_func("/collector/intakes/a-state-is-restored-by-any-number-of-intakes",
                    test_a_state_is_restored_by_any_number_of_intakes);
    g_test_add_func("/collector/intakes/one-exporter-is-told-by-the-intake-that-hears-it",
                    test_one_exporter_is_told_by_the_intake_that_hears_it);
    g_test_add_func("/collector/intakes/the-list-is-never-half-a-list", test_the_list_is_never_half_a_list);
    g_test_add_func("/collector/intakes/silent-exporters-are-not-forgotten",
                    test_silent_exporters_are_not_forgotten);
    g_test_add_func("/collector/intakes/what-waits-since-before-is-heard-by-the-right-one",
                    test_what_waits_since_before_is_heard_by_the_right_one);
    return g_test_run();
}
