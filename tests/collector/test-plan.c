/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-plan.c - a template becomes a plan that reads every length, and takes the right one of two fields */
#include "collector/plan.h"
#include "tests/collector/fixture.h"

/* Compiles @pairs (element, length, ended by 0) and runs the plan over @bytes. */
static FlowRecord
run(const uint16_t *pairs, const uint8_t *bytes, size_t length, PlanExtra *extra)
{
    g_autoptr(ElementModel) model = element_model_new();
    FieldSpec fields[32];
    uint32_t n = 0;
    _Alignas(64) DecodePlan plan;
    FlowRecord out;
    uint8_t room[256 + DATAGRAM_SLACK] = { 0 };

    for (; pairs[2 * n] != 0; n++)
        fields[n] = (FieldSpec){ element_model_find(model, 0, pairs[2 * n]), pairs[2 * n + 1] };
    plan_compile(&plan, fields, n);
    g_assert_cmpuint(plan.record_length, ==, length);
    memcpy(room, bytes, length);
    plan_run(&plan, room, 1, &plan.blank, &out);
    if (extra != NULL)
        plan_run_extra(&plan, room, 1, extra);
    plan_clear(&plan);
    return out;
}

static void
test_numbers_of_any_length_are_read(void)
{
    static const uint16_t pairs[] = { 1, 3, 2, 8, 10, 2, 7, 4, 0 };
    static const uint8_t bytes[] = { 1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0xab, 0xcd, 0, 0, 1, 0xbb };
    FlowRecord flow = run(pairs, bytes, sizeof bytes, NULL);

    g_assert_cmphex(flow.octets, ==, 0x010203);
    g_assert_cmphex(flow.packets, ==, 0x0102030405060708);
    g_assert_cmphex(flow.in_if, ==, 0xabcd);
    g_assert_cmpuint(flow.src_port, ==, 443); /* the low bytes of a field that is too long */
}

static void
test_an_integer_longer_than_eight_bytes_gives_its_last_ones(void)
{
    static const uint16_t pairs[] = { 95, 9, 0 };
    static const uint8_t bytes[] = { 20, 0, 0, 0x30, 0x44, 0, 0, 0, 0x68 };

    g_assert_cmphex(run(pairs, bytes, sizeof bytes, NULL).application_id, ==, 0x0000304400000068);
}

static void
test_the_first_of_repeated_elements_is_the_outer_one(void)
{
    static const uint16_t pairs[] = { 7, 2, 4, 1, 7, 2, 4, 1, 0 };
    static const uint8_t bytes[] = { 0, 80, 6, 0, 53, 17 };
    FlowRecord flow = run(pairs, bytes, sizeof bytes, NULL);

    g_assert_cmpuint(flow.src_port, ==, 80);
    g_assert_cmpuint(flow.protocol, ==, 6);
}

static void
test_a_delta_wins_over_a_total_wherever_it_stands(void)
{
    static const uint16_t before[] = { 1, 2, 85, 2, 0 }, after[] = { 85, 2, 1, 2, 0 }, alone[] = { 85, 2, 0 };
    static const uint8_t bytes[] = { 0, 1, 0, 2 };

    g_assert_cmpuint(run(before, bytes, 4, NULL).octets, ==, 1);
    g_assert_cmpuint(run(after, bytes, 4, NULL).octets, ==, 2);
    g_assert_cmpuint(run(alone, bytes, 2, NULL).octets, ==, 1);
}

static void
test_both_families_in_a_template_leave_the_one_that_is_used(void)
{
    static const uint16_t pairs[] = { 8, 4, 27, 16, 0 }, turned[] = { 27, 16, 8, 4, 0 };
    static const uint8_t v4[20] = { 192, 0, 2, 1 };
    static const uint8_t v6[20] = { 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, [19] = 9 };
    static const uint8_t v6_turned[20] = { 0x20, 1, 0x0d, 0xb8, [15] = 9 };
    FlowRecord flow = run(pairs, v4, 20, NULL);

    assert_ip(&flow.src, "192.0.2.1");
    flow = run(pairs, v6, 20, NULL);
    assert_ip(&flow.src, "2001:db8::9");
    flow = run(turned, v6_turned, 20, NULL);
    assert_ip(&flow.src, "2001:db8::9");
}

static void
test_a_field_of_the_wrong_length_is_passed_over(void)
{
    static const uint16_t pairs[] = { 8, 3, 32, 4, 12, 4, 0 };
    static const uint8_t bytes[] = { 1, 2, 3, 9, 9, 9, 9, 198, 51, 100, 7 };
    FlowRecord flow = run(pairs, bytes, sizeof bytes, NULL);

    assert_ip(&flow.dst, "198.51.100.7");
    assert_ip(&flow.src, "::");
    g_assert_cmpuint(flow.icmp_type, ==, 0);
}

static void
test_rates_are_worked_out_of_what_the_record_says(void)
{
    static const uint16_t plain[] = { 34, 4, 0 }, spaced[] = { 305, 4, 306, 4, 0 },
                          part[] = { 309, 2, 310, 2, 0 };
    static const uint8_t thousand[] = { 0, 0, 3, 0xe8 }, one_of_ten[] = { 0, 0, 0, 1, 0, 0, 0, 9 };
    static const uint8_t two_of_512[] = { 0, 2, 2, 0 };
    static const uint8_t swapped[] = { 0xe8, 3, 0, 0 };
    PlanExtra a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 }, nothing = { 0 };

    run(plain, thousand, 4, &a);
    run(spaced, one_of_ten, 8, &b);
    run(part, two_of_512, 4, &c);
    run(plain, swapped, 4, &d);
    g_assert_cmpuint(plan_extra_rate(&d), ==, 1000);
    g_assert_true(plan_is_swapped_rate(&d) && !plan_is_swapped_rate(&a));
    g_assert_cmpuint(plan_extra_rate(&a), ==, 1000);
    g_assert_cmpuint(plan_extra_rate(&b), ==, 10);
    g_assert_cmpuint(plan_extra_rate(&c), ==, 256);
    g_assert_cmpuint(plan_extra_rate(&nothing), ==, 0);
}

static void
test_a_block_of_records_is_decoded_like_each_alone(void)
{
    static const uint16_t pairs[] = { 8, 4, 7, 2, 1, 3, 56, 6, 0 };
    g_autoptr(ElementModel) model = element_model_new();
    FieldSpec fields[4];
    _Alignas(64) DecodePlan plan;
    uint8_t bytes[40 * 15 + DATAGRAM_SLACK];
    FlowRecord together[40], alone;

    for (uint32_t i = 0; i < 4; i++)
        fields[i] = (FieldSpec){ element_model_find(model, 0, pairs[2 * i]), pairs[2 * i + 1] };
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    plan_compile(&plan, fields, 4);
    plan_run(&plan, bytes, 40, &plan.blank, together);
    for (uint32_t i = 0; i < 40; i++) {
        plan_run(&plan, bytes + i * 15, 1, &plan.blank, &alone);
        g_assert_true(memcmp(&alone, &together[i], sizeof alone) == 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/plan/numbers-of-any-length-are-read", test_numbers_of_any_length_are_read);
    g_test_add_func("/collector/plan/an-integer-longer-than-eight-bytes-gives-its-last-ones",
                    test_an_integer_longer_than_eight_bytes_gives_its_last_ones);
    g_test_add_func("/collector/plan/the-first-of-repeated-elements-is-the-outer-one",
                    test_the_first_of_repeated_elements_is_the_outer_one);
    g_test_add_func("/collector/plan/a-delta-wins-over-a-total-wherever-it-stands",
                    test_a_delta_wins_over_a_total_wherever_it_stands);
    g_test_add_func("/collector/plan/both-families-in-a-template-leave-the-one-that-is-used",
                    test_both_families_in_a_template_leave_the_one_that_is_used);
    g_test_add_func("/collector/plan/a-field-of-the-wrong-length-is-passed-over",
                    test_a_field_of_the_wrong_length_is_passed_over);
    g_test_add_func("/collector/plan/rates-are-worked-out-of-what-the-record-says",
                    test_rates_are_worked_out_of_what_the_record_says);
    g_test_add_func("/collector/plan/a-block-of-records-is-decoded-like-each-alone",
                    test_a_block_of_records_is_decoded_like_each_alone);
    return g_test_run();
}
