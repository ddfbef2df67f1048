/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each quirk with an exporter that has it, and one that has none. */
#include "collector/quirk.h"
#include "tests/collector/fixture.h"

enum { NOON = 1700000000, UPTIME = 86400000 }; /* seconds, at the fixture's start; milliseconds then */
#define NOON_MS (INT64_C(1000) * NOON)

/* An exporter and what is odd in it; what is zero is as it should be. */
typedef struct Odd {
    const char *code;
    int protocol;             /* 9 or 10 */
    uint16_t start, end;      /* elements of the stamps */
    uint16_t stamp_length;    /* 0: 8 */
    int64_t begin_ms, end_ms; /* what stands in them, against the export in milliseconds, unless @is_raw */
    bool is_raw;
    uint64_t octets, packets; /* + 1 */
    bool is_v6, has_v4_in_v6, no_out_if, has_padding, template_once;
    uint16_t count;     /* in the header of v9; 0: the right one */
    uint32_t seconds;   /* in the header; 0: the right ones */
    uint32_t timeout_s; /* told in options data */
} Odd;

static uint64_t
stamp_of(const Odd *odd, uint16_t element, int64_t against_ms, int64_t now_ms)
{
    if (odd->is_raw)
        return (uint64_t)against_ms;
    if (element == 21 || element == 22)
        return (uint64_t)(UPTIME + now_ms - NOON_MS + against_ms);
    return (uint64_t)(element == 150 || element == 151 ? (now_ms + against_ms) / 1000 : now_ms + against_ms);
}

static void
pen_record(Pen *pen, const Odd *odd, int64_t now_ms)
{
    uint16_t length = odd->stamp_length != 0 ? odd->stamp_length : 8;

    for (int i = 0; i < 2; i++)
        pen_ip(pen, odd->has_v4_in_v6 ? "::ffff:198.51.100.1" : odd->is_v6 ? "2001:db8::1" : "198.51.100.1");
    pen_put(pen, odd->octets == 0 ? 1000 : odd->octets - 1, 4);
    pen_put(pen, odd->packets == 0 ? 10 : odd->packets - 1, 4);
    pen_put(pen, odd->no_out_if ? 0 : 7, 4);
    pen_put(pen, stamp_of(odd, odd->start, odd->begin_ms, now_ms), length);
    pen_put(pen, stamp_of(odd, odd->end, odd->end_ms, now_ms), length);
}

static void
pen_layout(Pen *pen, const Odd *odd)
{
    uint16_t length = odd->stamp_length != 0 ? odd->stamp_length : 8;
    const uint16_t layout[] = { odd->is_v6 ? 27 : 8,
                                odd->is_v6 ? 16 : 4,
                                odd->is_v6 ? 28 : 12,
                                odd->is_v6 ? 16 : 4,
                                1,
                                4,
                                2,
                                4,
                                14,
                                4,
                                odd->start,
                                length,
                                odd->end,
                                length,
                                0 };

    pen_template_set(pen, 300, layout);
}

/* flowActiveTimeout of an IPFIX exporter. */
static void
pen_timeout(Pen *pen, uint32_t seconds)
{
    pen_options_template_set(pen, 256, 1, (const uint16_t[]){ 144, 4, 36, 2, 0 });
    size_t set = pen_set(pen, 256);
    pen_put(pen, 1, 4);
    pen_put(pen, seconds, 2);
    pen_end(pen, set);
}

static void
send_odd(Fixture *self, const Odd *odd, uint32_t i)
{
    bool with_template = i == 0 || !odd->template_once;
    uint32_t seconds = odd->seconds != 0 ? odd->seconds : (uint32_t)(self->now_ms / 1000);
    Pen pen;

    if (odd->protocol == 9)
        pen_v9(&pen, (uint32_t)(UPTIME + self->now_ms - NOON_MS), seconds, i, 1);
    else
        pen_ipfix(&pen, seconds, i, 1);
    if (with_template)
        pen_layout(&pen, odd);
    if (odd->timeout_s != 0 && i == 0)
        pen_timeout(&pen, odd->timeout_s);
    size_t set = pen_set(&pen, 300);
    pen_record(&pen, odd, self->now_ms);
    pen_end(&pen, set);
    if (odd->has_padding)
        pen.n += 100;
    if (odd->protocol == 9)
        pen.bytes[3] = (uint8_t)(odd->count != 0 ? odd->count : with_template ? 2 : 1);
    fixture_send(self, &pen);
}

/* 40 datagrams of it; then what is found. The caller owns it. */
static json_t *
play(Fixture *self, const Odd *odd)
{
    fixture_init(self);
    for (uint32_t i = 0; i < 40; i++) {
        send_odd(self, odd, i);
        self->now_ms += 1000;
    }
    g_assert_cmpuint(self->records->len, ==, 40);
    return fixture_exporter(self, 0);
}

static bool
is_quirk(const char *code)
{
    for (int i = 0; i < N_QUIRKS; i++)
        if (strcmp(quirk_kind((Quirk)i)->code, code) == 0)
            return true;
    return false;
}

/* Has @odd's quirk, and no other. */
static void
assert_quirk(const Odd *odd)
{
    g_auto(Fixture) self;
    json_t *exporter = play(&self, odd), *each;
    bool is_found = false;
    size_t i;

    json_array_foreach(json_object_get(exporter, "diagnosis"), i, each)
    {
        const char *code = json_string_value(json_object_get(each, "code"));

        if (!is_quirk(code))
            continue;
        if (odd->code == NULL || strcmp(code, odd->code) != 0)
            g_error("%s: has %s", odd->code == NULL ? "a sound exporter" : odd->code, code);
        is_found = true;
        g_assert_cmpstr(json_string_value(json_object_get(each, "severity")), ==, "info");
        g_assert_cmpint(json_integer_value(json_object_get(each, "count")), >, 0);
        g_assert_nonnull(json_string_value(json_object_get(each, "since")));
    }
    if (odd->code != NULL && !is_found)
        g_error("%s was not found", odd->code);
    json_decref(exporter);
}

#define SOUND .begin_ms = -5000, .end_ms = -1000, .template_once = true
#define MS    .start = 152, .end = 153
#define UP    .protocol = 9, .start = 22, .end = 21, .stamp_length = 4

static void
test_a_sound_exporter_has_no_quirk(void)
{
    assert_quirk(&(Odd){ .protocol = 10, MS, SOUND });
    assert_quirk(&(Odd){ .protocol = 10, .start = 150, .end = 151, SOUND });
    assert_quirk(&(Odd){ UP, SOUND });
    assert_quirk(&(Odd){ .protocol = 10, MS, .is_v6 = true, SOUND });
    assert_quirk(&(Odd){
        .protocol = 10, MS, .timeout_s = 60, .begin_ms = -60000, .end_ms = -1000, .template_once = true });
}

static void
test_every_quirk_is_found_in_an_exporter_that_has_it(void)
{
    static const Odd odds[] = {
        { "long_uptime", 9, .start = 22, .end = 21, .stamp_length = 8, SOUND },
        { "stamps_1970", 10, MS, .is_raw = true, .template_once = true },
        { "header_1970", 10, MS, SOUND, .seconds = 4711 },
        { "milliseconds_in_seconds", 10, .start = 150, .end = 151, .is_raw = true, .template_once = true,
          .begin_ms = NOON_MS - 5000, .end_ms = NOON_MS - 1000 },
        { "seconds_in_milliseconds", 10, MS, .is_raw = true, .template_once = true, .begin_ms = NOON - 5,
          .end_ms = NOON - 1 },
        { "future_start", 10, MS, .begin_ms = 300000, .end_ms = 301000, .template_once = true },
        { "reversed_times", 10, MS, .begin_ms = -1000, .end_ms = -5000, .template_once = true },
        { "longer_than_timeout", 10, MS, .begin_ms = -1000000, .end_ms = -1000, .template_once = true,
          .timeout_s = 60 },
        { "zero_counts", 10, MS, SOUND, .octets = 1, .packets = 1 },
        { "zero_packets", 10, MS, SOUND, .packets = 1 },
        { "no_output_interface", 10, MS, SOUND, .no_out_if = true },
        { "ipv4_in_ipv6", 10, MS, SOUND, .is_v6 = true, .has_v4_in_v6 = true },
        { "padding", 9, MS, SOUND, .has_padding = true },
        { "v9_count", 9, MS, SOUND, .count = 30 },
        { "template_each_datagram", 10, MS, .begin_ms = -5000, .end_ms = -1000 },
        { "no_boot_time", 10, .start = 22, .end = 21, .stamp_length = 4, SOUND },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(odds); i++)
        assert_quirk(&odds[i]);
    /* The one that is left, swapped_rate, has its test among those of the vendors. */
    g_assert_cmpuint(G_N_ELEMENTS(odds) + 1, ==, N_QUIRKS);
}

static void
times_are_right(const Odd *odd)
{
    g_auto(Fixture) self;

    json_decref(play(&self, odd));
    g_assert_cmpint(fixture_flow(&self, 0)->start_ms, ==, NOON_MS - 5000);
    g_assert_cmpint(fixture_flow(&self, 0)->end_ms, ==, NOON_MS - 1000);
}

static void
test_what_is_allowed_for_gives_the_right_times(void)
{
    times_are_right(&(Odd){ .protocol = 9, .start = 22, .end = 21, .stamp_length = 8, SOUND });
    times_are_right(&(Odd){ .protocol = 10,
                            .start = 150,
                            .end = 151,
                            .is_raw = true,
                            .begin_ms = NOON_MS - 5000,
                            .end_ms = NOON_MS - 1000 });
    times_are_right(&(Odd){ .protocol = 10, MS, .is_raw = true, .begin_ms = NOON - 5, .end_ms = NOON - 1 });
    /* A date in eight bytes of "uptime". */
    times_are_right(&(Odd){ .protocol = 9,
                            .start = 22,
                            .end = 21,
                            .is_raw = true,
                            .begin_ms = NOON_MS - 5000,
                            .end_ms = NOON_MS - 1000 });
    /* With the clock of 1970 the stamps are against the time of arrival. */
    times_are_right(&(Odd){ UP, SOUND, .seconds = 4711 });
}

static void
test_a_clock_of_1970_is_not_shown_as_ours(void)
{
    g_auto(Fixture) self;
    json_t *exporter = play(&self, &(Odd){ UP, SOUND, .seconds = 4711 });

    assert_has(self.lines->pdata[0], "\"exportTime\":\"1970-01-01T01:18:31.000Z\""); /* as on the wire */
    g_assert_cmpint(fixture_flow(&self, 0)->export_ms, ==, NOON_MS);
    g_assert_null(finding(exporter, "clock"));
    json_decref(exporter);
}

static void
test_ipv4_in_fields_for_ipv6_is_ipv4(void)
{
    g_auto(Fixture) self;

    json_decref(play(&self, &(Odd){ .protocol = 10, MS, SOUND, .is_v6 = true, .has_v4_in_v6 = true }));
    g_assert_cmpuint(fixture_flow(&self, 39)->family, ==, 4);
    assert_ip(&fixture_flow(&self, 39)->src, "198.51.100.1");
}

static void
test_quirks_survive_a_restart(void)
{
    g_auto(Fixture) before, after;
    const Odd odd = { .protocol = 10, MS, SOUND, .no_out_if = true };

    json_decref(play(&before, &odd));
    fixture_init(&after);
    after.now_ms = before.now_ms;
    g_autoptr(GBytes) state = decoder_save(before.decoder);
    g_assert_true(decoder_restore(after.decoder, state, NULL));
    json_t *exporter = fixture_exporter(&after, 0);
    const json_t *quirk = finding(exporter, "no_output_interface");
    g_assert_cmpstr(json_string_value(json_object_get(quirk, "since")), ==, "2023-11-14T22:13:20.000Z");
    g_assert_cmpint(json_integer_value(json_object_get(quirk, "count")), ==, 5); /* one look in eight */
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/quirk/a-sound-exporter-has-no-quirk", test_a_sound_exporter_has_no_quirk);
    g_test_add_func("/collector/quirk/every-quirk-is-found-in-an-exporter-that-has-it",
                    test_every_quirk_is_found_in_an_exporter_that_has_it);
    g_test_add_func("/collector/quirk/what-is-allowed-for-gives-the-right-times",
                    test_what_is_allowed_for_gives_the_right_times);
    g_test_add_func("/collector/quirk/a-clock-of-1970-is-not-shown-as-ours",
                    test_a_clock_of_1970_is_not_shown_as_ours);
    g_test_add_func("/collector/quirk/ipv4-in-fields-for-ipv6-is-ipv4", test_ipv4_in_fields_for_ipv6_is_ipv4);
    g_test_add_func("/collector/quirk/quirks-survive-a-restart", test_quirks_survive_a_restart);
    return g_test_run();
}
