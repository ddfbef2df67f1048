/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-client.c - questions to another process end in exactly one call-back each */
#include "web/client.h"

#include <string.h>

typedef struct Heard {
    GMutex lock;
    GCond changed;
    unsigned n;
    ClientOutcome outcome;
    unsigned status;
    char body[64];
} Heard;

typedef struct Pair {
    Channel *ours, *theirs;
    ManualClock clock;
    Client *client;
} Pair;

static void
pair_init(Pair *self, unsigned max_in_flight)
{
    int fds[2];

    g_assert_true(channel_pair(fds, NULL));
    self->ours = channel_new(fds[0]);
    self->theirs = channel_new(fds[1]);
    manual_clock_init(&self->clock, (WallTime){ 0 });
    self->client = client_new(&(ClientConf){ .channel = self->ours,
                                             .clock = &self->clock.clock,
                                             .timeout_ms = 2000,
                                             .max_in_flight = max_in_flight });
}

static void
pair_clear(Pair *self)
{
    client_free(self->client);
    channel_free(self->ours);
    channel_free(self->theirs);
}

static void
hear(void *user, ClientOutcome outcome, unsigned status, GBytes *body)
{
    Heard *heard = user;
    gsize length = 0;
    const void *bytes = body == NULL ? NULL : g_bytes_get_data(body, &length);

    g_mutex_lock(&heard->lock);
    heard->n++;
    heard->outcome = outcome;
    heard->status = status;
    if (length > 0 && length < sizeof heard->body)
        memcpy(heard->body, bytes, length);
    g_cond_signal(&heard->changed);
    g_mutex_unlock(&heard->lock);
}

static void
wait_for(Heard *heard, unsigned n)
{
    gint64 end = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;

    g_mutex_lock(&heard->lock);
    while (heard->n < n)
        g_assert_true(g_cond_wait_until(&heard->changed, &heard->lock, end));
    g_mutex_unlock(&heard->lock);
}

static void
test_an_answer_finds_its_question(void)
{
    Heard first = { 0 }, second = { 0 };
    g_auto(Message) a = { 0 }, b = { 0 };
    Pair pair;

    pair_init(&pair, 8);
    g_assert_true(client_ask(pair.client, "{\"q\":1}", 7, 0, hear, &first));
    g_assert_true(client_ask(pair.client, "{\"q\":2}", 7, 0, hear, &second));
    g_assert_true(channel_receive(pair.theirs, &a, 1000));
    g_assert_true(channel_receive(pair.theirs, &b, 1000));
    channel_send(pair.theirs, MESSAGE_ANSWER, b.id, 404, "two", 3, 100);
    channel_send(pair.theirs, MESSAGE_ANSWER, a.id, 200, "one", 3, 100);
    wait_for(&first, 1);
    wait_for(&second, 1);
    g_assert_cmpstr(first.body, ==, "one");
    g_assert_cmpint(first.status, ==, 200);
    g_assert_cmpint(first.outcome, ==, CLIENT_ANSWERED);
    g_assert_cmpstr(second.body, ==, "two");
    g_assert_cmpint(second.status, ==, 404);
    pair_clear(&pair);
    g_assert_cmpint(first.n, ==, 1);
}

static void
test_strays_and_late_answers_are_counted_and_dropped(void)
{
    Heard heard = { 0 }, other = { 0 };
    g_auto(Message) message = { 0 }, second = { 0 };
    ClientCounters counters;
    Pair pair;

    pair_init(&pair, 8);
    g_assert_true(client_ask(pair.client, "{}", 2, 0, hear, &heard));
    g_assert_true(channel_receive(pair.theirs, &message, 1000));
    manual_clock_turn(&pair.clock, 2001);
    wait_for(&heard, 1);
    g_assert_cmpint(heard.outcome, ==, CLIENT_TIMED_OUT);

    channel_send(pair.theirs, MESSAGE_ANSWER, message.id, 200, "late", 4, 100);
    channel_send(pair.theirs, MESSAGE_QUERY, message.id + 1, 0, "{}", 2, 100);
    g_assert_true(client_ask(pair.client, "{}", 2, 0, hear, &other));
    g_assert_true(channel_receive(pair.theirs, &second, 1000));
    channel_send(pair.theirs, MESSAGE_ANSWER, second.id, 200, "good", 4, 100);
    wait_for(&other, 1);
    client_counters(pair.client, &counters);
    g_assert_cmpuint(counters.strays, ==, 2);
    g_assert_cmpuint(counters.timed_out, ==, 1);
    pair_clear(&pair);
    g_assert_cmpint(heard.n, ==, 1);
}

static void
test_too_many_in_flight_are_refused(void)
{
    Heard heard = { 0 };
    Pair pair;

    pair_init(&pair, 2);
    g_assert_true(client_ask(pair.client, "{}", 2, 0, hear, &heard));
    g_assert_true(client_ask(pair.client, "{}", 2, 0, hear, &heard));
    g_assert_false(client_ask(pair.client, "{}", 2, 0, hear, &heard));
    client_stop(pair.client);
    g_assert_cmpint(heard.n, ==, 2);
    g_assert_cmpint(heard.outcome, ==, CLIENT_REFUSED);
    g_assert_false(client_ask(pair.client, "{}", 2, 0, hear, &heard));
    pair_clear(&pair);
    g_assert_cmpint(heard.n, ==, 2);
}

static void
test_without_a_channel_everything_is_refused(void)
{
    Heard heard = { 0 };
    g_autoptr(Client) client =
        client_new(&(ClientConf){ .clock = clock_system(), .timeout_ms = 10, .max_in_flight = 8 });

    g_assert_false(client_ask(client, "{}", 2, 0, hear, &heard));
    g_assert_cmpint(heard.n, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/client/an-answer-finds-its-question", test_an_answer_finds_its_question);
    g_test_add_func("/web/client/strays-and-late-answers-are-counted-and-dropped",
                    test_strays_and_late_answers_are_counted_and_dropped);
    g_test_add_func("/web/client/too-many-in-flight-are-refused", test_too_many_in_flight_are_refused);
    g_test_add_func("/web/client/without-a-channel-everything-is-refused",
                    test_without_a_channel_everything_is_refused);
    return g_test_run();
}
