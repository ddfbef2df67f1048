/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/ring.h"

enum { MANY = 200000 };

static void
test_what_goes_in_comes_out_in_order(void)
{
    g_autoptr(Ring) ring = ring_new(4);
    int items[4];

    for (int i = 0; i < 4; i++)
        g_assert_true(ring_push(ring, &items[i]));
    g_assert_cmpuint(ring_depth(ring), ==, 4);
    for (int i = 0; i < 4; i++)
        g_assert_true(ring_pop(ring) == &items[i]);
    g_assert_null(ring_pop(ring));
    g_assert_cmpuint(ring_depth(ring), ==, 0);
}

static void
test_a_full_ring_refuses_and_keeps_what_it_has(void)
{
    g_autoptr(Ring) ring = ring_new(3); /* becomes four slots */
    int items[5];

    for (int i = 0; i < 4; i++)
        g_assert_true(ring_push(ring, &items[i]));
    g_assert_false(ring_push(ring, &items[4]));
    g_assert_true(ring_pop(ring) == &items[0]);
    g_assert_true(ring_push(ring, &items[4]));
    g_assert_false(ring_push(ring, &items[0]));
}

static gpointer
push_many(gpointer data)
{
    for (uintptr_t i = 1; i <= MANY; i++)
        while (!ring_push(data, (void *)i))
            g_thread_yield();
    return NULL;
}

/* The consumer sleeps whenever it is faster; a wake that gets lost would leave it there until the time-out,
 * and some hundred of those would exceed what a test may take. */
static void
test_two_threads_lose_and_swap_nothing(void)
{
    g_autoptr(Ring) ring = ring_new(64);
    GThread *producer = g_thread_new("producer", push_many, ring);
    uintptr_t next = 1;

    while (next <= MANY) {
        void *item = ring_pop(ring);
        if (item == NULL)
            ring_wait(ring, 5000);
        else
            g_assert_true((uintptr_t)item == next++);
    }
    g_thread_join(producer);
    g_assert_null(ring_pop(ring));
}

static void
test_a_wait_ends_when_there_is_something(void)
{
    g_autoptr(Ring) ring = ring_new(2);
    int item;

    ring_push(ring, &item);
    ring_wait(ring, -1); /* would hang */
    g_assert_true(ring_pop(ring) == &item);
}

static gpointer
wake(gpointer data)
{
    ring_wake(data);
    return NULL;
}

static void
test_a_wake_ends_a_wait(void)
{
    g_autoptr(Ring) ring = ring_new(2);
    GThread *waker = g_thread_new("waker", wake, ring);

    ring_wait(ring, -1); /* would hang */
    g_thread_join(waker);
    g_assert_null(ring_pop(ring));
}

static void
test_a_wait_ends_after_its_time(void)
{
    g_autoptr(Ring) ring = ring_new(2);

    ring_wait(ring, 1);
    g_assert_null(ring_pop(ring));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/ring/what-goes-in-comes-out-in-order", test_what_goes_in_comes_out_in_order);
    g_test_add_func("/base/ring/a-full-ring-refuses-and-keeps-what-it-has",
                    test_a_full_ring_refuses_and_keeps_what_it_has);
    g_test_add_func("/base/ring/two-threads-lose-and-swap-nothing", test_two_threads_lose_and_swap_nothing);
    g_test_add_func("/base/ring/a-wait-ends-when-there-is-something",
                    test_a_wait_ends_when_there_is_something);
    g_test_add_func("/base/ring/a-wake-ends-a-wait", test_a_wake_ends_a_wait);
    g_test_add_func("/base/ring/a-wait-ends-after-its-time", test_a_wait_ends_after_its_time);
    return g_test_run();
}
