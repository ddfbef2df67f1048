/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-direction.c - who opened a conversation, from flags, ports and time */
#include "scoring/direction.h"

enum { TCP = 6, UDP = 17, SYN = 0x02, SYN_ACK = 0x12, DATA = 0x18, WHOLE = 0x1b };

static Initiator
judge(DirectionView view)
{
    Certainty certainty;

    return direction_judge(&view, &certainty);
}

static void
test_a_reply_to_a_home_user_is_not_a_call(void)
{
    /* Only the server's half is exported: asset:443 -> home:51234. */
    DirectionView view = { .bits = DIRECTION_LOW_SEEN,
                           .asset_is_low = true,
                           .asset_port = 443,
                           .far_port = 51234,
                           .protocol = TCP,
                           .asset_start_ms = 1000 };

    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
    view.asset_port = 8999; /* a port that no list knows */
    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
}

static void
test_one_half_between_two_high_ports_is_unknown(void)
{
    DirectionView view = { .bits = DIRECTION_LOW_SEEN,
                           .asset_is_low = true,
                           .asset_port = 50001,
                           .far_port = 50002,
                           .protocol = UDP,
                           .asset_start_ms = 1000 };

    g_assert_cmpint(judge(view), ==, INITIATOR_UNKNOWN);
    view.asset_port_served = true; /* three others came to 50001 before */
    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
    view.far_port = 44818; /* a client's port that happens to be EtherNet/IP's */
    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
}

static void
test_a_poll_from_the_port_of_ethernet_ip_is_a_poll(void)
{
    /* Of a station that polls equipment, 161 by 44818, an exporter that samples has seen the answer alone. */
    DirectionView view = { .bits = DIRECTION_LOW_SEEN,
                           .asset_is_low = true,
                           .asset_port = 161,
                           .far_port = 44818,
                           .protocol = UDP,
                           .asset_start_ms = 1000 };

    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
    view.far_start_ms = 1500; /* of both halves other packets were seen */
    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
    view.asset_port = 51234;
    g_assert_cmpint(judge(view), ==, INITIATOR_ASSET); /* a real one */
}

static void
test_a_lone_syn_settles_it(void)
{
    DirectionView view = { .bits = DIRECTION_LOW_SYN | DIRECTION_LOW_SEEN,
                           .asset_is_low = true,
                           .asset_port = 443,
                           .far_port = 51234,
                           .protocol = TCP };

    g_assert_cmpint(judge(view), ==, INITIATOR_ASSET);
    view.asset_is_low = false;
    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
}

static void
test_who_spoke_first_decides_between_equal_ports(void)
{
    DirectionView view = { .bits = DIRECTION_LOW_SEEN | DIRECTION_HIGH_SEEN,
                           .asset_is_low = true,
                           .asset_port = 40001,
                           .far_port = 40002,
                           .protocol = TCP,
                           .asset_start_ms = 1000,
                           .far_start_ms = 1030 };

    g_assert_cmpint(judge(view), ==, INITIATOR_ASSET);
    view.far_start_ms = 990;
    g_assert_cmpint(judge(view), ==, INITIATOR_FAR);
}

static void
test_flags_become_evidence(void)
{
    FlowRecord flow = { .protocol = TCP, .tcp_flags = SYN, .packets = 1 };

    g_assert_cmpint(direction_bits(&flow, true) & DIRECTION_LOW_SYN, !=, 0);
    flow.tcp_flags = SYN_ACK;
    g_assert_cmpint(direction_bits(&flow, true) & DIRECTION_HIGH_SYN, !=, 0);
    flow.tcp_flags = WHOLE; /* the flags of a whole connection say nothing */
    flow.packets = 9;
    g_assert_cmpint(direction_bits(&flow, true), ==, DIRECTION_LOW_SEEN);
    flow.has_initiator = 1;
    g_assert_cmpint(direction_bits(&flow, false) & DIRECTION_HIGH_SAID, !=, 0);
}

static void
test_a_served_port_is_learned_and_a_client_port_is_not(void)
{
    ServicePort ports[SERVICE_PORTS] = { 0 };

    for (uint32_t i = 0; i < 200; i++) {
        service_ports_learn(ports, TCP, (uint16_t)(40000 + i), i);
        service_ports_learn(ports, TCP, 50443, 1000 + i);
    }
    g_assert_true(service_ports_has(ports, TCP, 50443));
    for (uint32_t i = 0; i < 200; i++)
        g_assert_false(service_ports_has(ports, TCP, (uint16_t)(40000 + i)));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scoring/direction/a-poll-from-the-port-of-ethernet-ip-is-a-poll",
                    test_a_poll_from_the_port_of_ethernet_ip_is_a_poll);
    g_test_add_func("/scoring/direction/a-reply-to-a-home-user-is-not-a-call",
                    test_a_reply_to_a_home_user_is_not_a_call);
    g_test_add_func("/scoring/direction/one-half-between-two-high-ports-is-unknown",
                    test_one_half_between_two_high_ports_is_unknown);
    g_test_add_func("/scoring/direction/a-lone-syn-settles-it", test_a_lone_syn_settles_it);
    g_test_add_func("/scoring/direction/who-spoke-first-decides-between-equal-ports",
                    test_who_spoke_first_decides_between_equal_ports);
    g_test_add_func("/scoring/direction/flags-become-evidence", test_flags_become_evidence);
    g_test_add_func("/scoring/direction/a-served-port-is-learned-and-a-client-port-is-not",
                    test_a_served_port_is_learned_and_a_client_port_is_not);
    return g_test_run();
}
