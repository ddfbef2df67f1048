/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-message.c - the channel between two processes, over a real socket pair */
#include "collector/base/message.h"

#include <string.h>
#include <sys/socket.h>

typedef struct Pair {
    Channel *near, *far;
} Pair;

static Pair
pair_new(void)
{
    g_autoptr(GError) error = NULL;
    int fds[2];

    g_assert_true(channel_pair(fds, &error));
    g_assert_no_error(error);
    return (Pair){ channel_new(fds[0]), channel_new(fds[1]) };
}

static void
pair_clear(Pair *self)
{
    channel_free(self->near);
    channel_free(self->far);
}

static void
test_a_message_arrives_as_it_was_sent(void)
{
    Pair pair = pair_new();
    g_auto(Message) got = { 0 };

    g_assert_true(channel_send(pair.near, MESSAGE_ANSWER, 7, 404, "nobody", 6, 0));
    g_assert_true(channel_receive(pair.far, &got, 1000));
    g_assert_cmpint(got.type, ==, MESSAGE_ANSWER);
    g_assert_cmpuint(got.id, ==, 7);
    g_assert_cmpuint(got.status, ==, 404);
    g_assert_cmpuint(g_bytes_get_size(got.body), ==, 6);
    g_assert_true(memcmp(g_bytes_get_data(got.body, NULL), "nobody", 6) == 0);
    pair_clear(&pair);
}

static void
test_an_empty_body_is_a_message_too(void)
{
    Pair pair = pair_new();
    g_auto(Message) got = { 0 };

    g_assert_true(channel_send(pair.near, MESSAGE_QUERY, 1, 0, NULL, 0, 0));
    g_assert_true(channel_receive(pair.far, &got, 1000));
    g_assert_cmpuint(g_bytes_get_size(got.body), ==, 0);
    pair_clear(&pair);
}

static gpointer
send_a_large_one(gpointer data)
{
    g_autofree uint8_t *body = g_malloc(3000000);

    for (size_t i = 0; i < 3000000; i++)
        body[i] = (uint8_t)(i * 31 >> 3);
    return GINT_TO_POINTER(channel_send(data, MESSAGE_ANSWER, 9, 200, body, 3000000, 5000));
}

static void
test_a_large_body_is_put_together_again(void)
{
    Pair pair = pair_new();
    g_auto(Message) got = { 0 };
    GThread *sender = g_thread_new("sender", send_a_large_one, pair.near);

    g_assert_true(channel_receive(pair.far, &got, 5000));
    g_assert_true(GPOINTER_TO_INT(g_thread_join(sender)));
    g_assert_cmpuint(g_bytes_get_size(got.body), ==, 3000000);
    const uint8_t *bytes = g_bytes_get_data(got.body, NULL);
    for (size_t i = 0; i < 3000000; i++)
        if (bytes[i] != (uint8_t)(i * 31 >> 3))
            g_error("byte %zu is wrong", i);
    pair_clear(&pair);
}

static void
test_a_body_beyond_the_bound_is_not_sent(void)
{
    Pair pair = pair_new();
    g_autofree uint8_t *body = g_malloc0(MESSAGE_MOST + 1);
    ChannelCounters counters;

    g_assert_false(channel_send(pair.near, MESSAGE_ANSWER, 1, 200, body, MESSAGE_MOST + 1, 0));
    channel_counters(pair.near, &counters);
    g_assert_cmpuint(counters.not_sent, ==, 1);
    pair_clear(&pair);
}

static void
test_nonsense_is_counted_and_the_next_message_read(void)
{
    Pair pair = pair_new();
    g_auto(Message) got = { 0 };
    uint8_t nonsense[64];
    ChannelCounters counters;

    memset(nonsense, 0xa5, sizeof nonsense);
    g_assert_cmpint(send(channel_fd(pair.near), nonsense, sizeof nonsense, 0), ==, sizeof nonsense);
    g_assert_cmpint(send(channel_fd(pair.near), nonsense, 3, 0), ==, 3);
    g_assert_true(channel_send(pair.near, MESSAGE_QUERY, 2, 0, "{}", 2, 0));
    g_assert_true(channel_receive(pair.far, &got, 1000));
    g_assert_cmpuint(got.id, ==, 2);
    channel_counters(pair.far, &counters);
    g_assert_cmpuint(counters.refused, ==, 2);
    pair_clear(&pair);
}

static void
test_a_peer_that_does_not_read_cannot_hold_us_up(void)
{
    Pair pair = pair_new();
    g_autofree uint8_t *body = g_malloc0(MESSAGE_PACKET);
    ChannelCounters counters;
    int sent = 0;

    while (sent < 10000 && channel_send(pair.near, MESSAGE_SAMPLES, 0, 0, body, MESSAGE_PACKET, 0))
        sent++;
    g_assert_cmpint(sent, <, 10000);
    channel_counters(pair.near, &counters);
    g_assert_cmpuint(counters.not_sent, ==, 1);
    pair_clear(&pair);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/message/arrives-as-it-was-sent", test_a_message_arrives_as_it_was_sent);
    g_test_add_func("/collector/message/empty-body", test_an_empty_body_is_a_message_too);
    g_test_add_func("/collector/message/large-body", test_a_large_body_is_put_together_again);
    g_test_add_func("/collector/message/beyond-the-bound", test_a_body_beyond_the_bound_is_not_sent);
    g_test_add_func("/collector/message/nonsense-is-counted",
                    test_nonsense_is_counted_and_the_next_message_read);
    g_test_add_func("/collector/message/peer-does-not-read",
                    test_a_peer_that_does_not_read_cannot_hold_us_up);
    return g_test_run();
}
