/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-base-ring.c - two threads hand things over in order; a full ring refuses */
#include "collector/base/ring.h"

enum { MANY = 200000, MOST_US = 10 * G_USEC_PER_SEC };

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

typedef struct Pushing {
    Ring *ring;
    atomic_bool is_over; /* the consumer has seen enough */
    uintptr_t n;         /* pushed in the end */
} Pushing;

static gpointer
push_many(gpointer data)
{
    Pushing *self = data;

    while (self->n < MANY && !atomic_load(&self->is_over)) {
        if (ring_push(self->ring, (void *)(self->n + 1)))
            self->n++;
        else
            g_thread_yield();
    }
    return NULL;
}

/*
 * The consumer sleeps whenever it is faster. How often the two take turns is up to the machine: where others
 * keep it busy a turn may take a hundredth of a second, so that not all of MANY fit into what a test may
 * take. FEW always do.
 */
static void
test_two_threads_lose_and_swap_nothing(void)
{
    enum { SLOTS = 64, FEW = 20 * SLOTS };
    g_autoptr(Ring) ring = ring_new(SLOTS);
    Pushing pushing = { .ring = ring };
    GThread *producer = g_thread_new("producer", push_many, &pushing);
    int64_t until_us = g_get_monotonic_time() + MOST_US;
    uintptr_t next = 1;

    while (next <= MANY && (next <= FEW || g_get_monotonic_time() < until_us)) {
        void *item = ring_pop(ring);
        if (item == NULL)
            ring_wait(ring, -1); /* would hang when a wake gets lost */
        else
            g_assert_true((uintptr_t)item == next++);
    }
    atomic_store(&pushing.is_over, true);
    g_thread_join(producer);
    for (void *item; (item = ring_pop(ring)) != NULL; next++)
        g_assert_true((uintptr_t)item == next);
    g_assert_cmpuint(next, ==, pushing.n + 1);
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
