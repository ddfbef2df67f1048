/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-refused-senders.c - who was refused is counted: a few exactly, a flood by estimate */
#include "collector/refused-senders.h"

static void
note(RefusedSenders *self, uint32_t address, uint32_t times)
{
    IpAddress ip = ip_from_v4(address);

    for (uint32_t i = 0; i < times; i++)
        refused_senders_note(self, &ip, REFUSED_NOT_ALLOWED);
}

static void
test_a_few_are_counted_exactly(void)
{
    g_autofree RefusedSenders *self = g_new0(RefusedSenders, 1);
    RefusedSender list[REFUSED_SENDERS_MOST];
    char text[IP_TEXT];

    refused_senders_init(self, 1);
    g_assert_cmpuint(refused_senders_list(self, list), ==, 0);
    note(self, 0xc0000201, 3);
    note(self, 0xc0000202, 5);
    note(self, 0xc0000201, 1);
    g_assert_cmpuint(refused_senders_count(self), ==, 2);
    g_assert_cmpuint(refused_senders_list(self, list), ==, 2);
    g_assert_cmpstr(ip_text(&list[0].address, text), ==, "192.0.2.2");
    g_assert_cmpuint(list[0].datagrams, ==, 5);
    g_assert_cmpuint(list[1].datagrams, ==, 4);
    g_assert_cmpint(list[1].reason, ==, REFUSED_NOT_ALLOWED);
}

/* A router that was forgotten in the configuration, in a flood of a hundred thousand others. */
static void
test_the_heavy_ones_stand_out_of_a_flood(void)
{
    enum { FLOOD = 100000 };
    g_autofree RefusedSenders *self = g_new0(RefusedSenders, 1);
    RefusedSender list[REFUSED_SENDERS_MOST];
    char text[IP_TEXT];

    refused_senders_init(self, 2);
    for (uint32_t i = 0; i < FLOOD; i++) {
        note(self, 0x7f000000 + i, 1);
        if (i % 20 == 0)
            note(self, 0xc0000201, 1);
        if (i % 30 == 0)
            note(self, 0xc0000202, 1);
    }
    g_assert_cmpuint(refused_senders_list(self, list), ==, REFUSED_SENDERS_MOST);
    g_assert_cmpstr(ip_text(&list[0].address, text), ==, "192.0.2.1");
    g_assert_cmpuint(list[0].datagrams, <=, FLOOD / 20); /* never more than it sent */
    g_assert_cmpuint(list[0].datagrams, >, FLOOD / 20 * 9 / 10);
    g_assert_cmpstr(ip_text(&list[1].address, text), ==, "192.0.2.2");
    g_assert_cmpuint(refused_senders_count(self), >, FLOOD * 9 / 10);
    g_assert_cmpuint(refused_senders_count(self), <, FLOOD * 11 / 10);
}

static void
test_different_senders_are_estimated_at_every_size(void)
{
    g_autofree RefusedSenders *self = g_new0(RefusedSenders, 1);
    uint32_t sent = 0;

    refused_senders_init(self, 3);
    for (uint32_t size = 100; size <= 1000000; size *= 10) {
        for (; sent < size; sent++)
            note(self, 0x0a000000 + sent * 3, 1);
        uint32_t about = refused_senders_count(self);
        g_assert_cmpuint(about, >, size / 10 * 9 - 1);
        g_assert_cmpuint(about, <, size / 10 * 11 + 1);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/refused-senders/a-few-are-counted-exactly", test_a_few_are_counted_exactly);
    g_test_add_func("/collector/refused-senders/the-heavy-ones-stand-out-of-a-flood",
                    test_the_heavy_ones_stand_out_of_a_flood);
    g_test_add_func("/collector/refused-senders/different-senders-are-estimated-at-every-size",
                    test_different_senders_are_estimated_at_every_size);
    return g_test_run();
}
