/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sflow-counters.c - counter samples: what an interface says of itself. See test-sflow.c for the rest */
#include "tests/collector/sflow-pen.h"

/* A counter sample of interface 17. */
static size_t
pen_counters(Pen *pen, bool is_expanded, uint32_t n_structures)
{
    size_t at = pen_open(pen, is_expanded ? 4 : 2);

    pen_put(pen, 3, 4); /* sequence */
    if (is_expanded)
        pen_put(pen, 0, 4);
    pen_put(pen, 17, 4);
    pen_put(pen, n_structures, 4);
    return at;
}

static void
pen_generic(Pen *pen, uint64_t in, uint64_t out, uint32_t status)
{
    size_t at = pen_open(pen, 1);

    pen_put(pen, 17, 4);
    pen_put(pen, 6, 4);
    pen_put(pen, 1000000000, 8);
    pen_put(pen, 1, 4);
    pen_put(pen, status, 4);
    pen_put(pen, in, 8);
    for (int i = 0; i < 6; i++)
        pen_put(pen, 0, 4);
    pen_put(pen, out, 8);
    for (int i = 0; i < 6; i++)
        pen_put(pen, 0, 4);
    pen_close(pen, at);
}

static json_t *
first_interface(const Fixture *self)
{
    json_t *exporter = fixture_exporter(self, 0);
    json_t *interface = json_incref(json_array_get(json_object_get(exporter, "interfaces"), 0));

    json_decref(exporter);
    return interface;
}

static double
real_of(const json_t *object, const char *key)
{
    g_assert_true(json_is_real(json_object_get(object, key)));
    return json_real_value(json_object_get(object, key));
}

static void
test_counters_stand_beside_what_the_samples_say(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t at = pen_counters(&pen, false, 2), name = pen_open(&pen, 1005);
    pen_put(&pen, 4, 4);
    pen_bytes(&pen, "et-1", 4);
    pen_close(&pen, name);
    pen_generic(&pen, 5000, 90000, 3);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    assert_has(self.lines->pdata[0], "\"kind\":\"counters\",\"exporterIPv4Address\":\"192.0.2.9\","
                                     "\"sampleSequenceNumber\":3,\"sourceIdClass\":0,"
                                     "\"observationPointId\":17,\"portName\":\"et-1\",\"ifIndex\":17");
    g_assert_cmpuint(self.records->len, ==, 0);
    json_t *interface = first_interface(&self);
    g_assert_cmpstr(json_string_value(json_object_get(interface, "name")), ==, "et-1");
    g_assert_cmpint(json_integer_value(json_object_get(interface, "speed")), ==, 1000000000);
    g_assert_cmpstr(json_string_value(json_object_get(interface, "status")), ==, "up");
    g_assert_true(json_is_null(json_object_get(interface, "inOctetsPerSecond")));
    json_decref(interface);

    /* Ten seconds later, and one packet of 900 bytes in 100 went out there. */
    self.now_ms += 10000;
    pen_sflow(&pen, 2, 3);
    at = pen_sample(&pen, 100, 5, 17, 1);
    size_t raw = pen_raw(&pen, 11, 900, 34);
    pen_ipv4(&pen, 6);
    pen_close(&pen, raw);
    pen_close(&pen, at);
    at = pen_counters(&pen, true, 1);
    pen_generic(&pen, 15000, 190000, 1);
    pen_close(&pen, at);
    at = pen_counters(&pen, true, 1); /* again: changes nothing */
    pen_generic(&pen, 15000, 190000, 1);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    interface = first_interface(&self);
    g_assert_cmpstr(json_string_value(json_object_get(interface, "status")), ==, "down");
    g_assert_cmpfloat(real_of(interface, "inOctetsPerSecond"), ==, 1000);
    g_assert_cmpfloat(real_of(interface, "outOctetsPerSecond"), ==, 10000);
    g_assert_cmpfloat(real_of(interface, "inSampledOctetsPerSecond"), ==, 0);
    g_assert_cmpfloat(real_of(interface, "outSampledOctetsPerSecond"), ==, 9000);
    json_decref(interface);

    self.now_ms += 10000; /* the switch has started again */
    pen_sflow(&pen, 3, 1);
    at = pen_counters(&pen, true, 1);
    pen_generic(&pen, 1, 1, 0);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    interface = first_interface(&self);
    g_assert_cmpstr(json_string_value(json_object_get(interface, "status")), ==, "disabled");
    g_assert_true(json_is_null(json_object_get(interface, "outOctetsPerSecond")));
    json_decref(interface);
}

static void
test_counters_that_are_cut_teach_nothing(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 4);
    size_t at = pen_counters(&pen, false, 2), structure = pen_open(&pen, 1);
    pen_put(&pen, 17, 4);
    pen_close(&pen, structure);
    structure = pen_open(&pen, 1005);
    pen_put(&pen, 40, 4); /* a name of 40 bytes */
    pen_close(&pen, structure);
    pen_close(&pen, at);
    at = pen_counters(&pen, false, 1);
    pen_put(&pen, 1, 4);
    pen_put(&pen, 400, 4);
    pen_close(&pen, at);
    at = pen_open(&pen, 2);
    pen_put(&pen, 3, 4);
    pen_close(&pen, at);
    at = pen_counters(&pen, false, 3); /* says three, has one, which nobody knows */
    structure = pen_open(&pen, 4413u << 12 | 7);
    pen_put(&pen, 0xabcd, 2);
    pen_close(&pen, structure);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "interfaces")), ==, 0);
    json_decref(exporter);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_SAMPLE_SYNTAX], ==, 2);
    g_assert_cmpuint(fixture_books(&self).counter_samples, ==, 4);
    g_assert_cmpuint(self.lines->len, ==, 3);
    assert_has(self.lines->pdata[0], "\"ifIndex\":17}");
    assert_has(self.lines->pdata[2], "\"e4413id7\":\"abcd\"}");
}

static void
test_lists_in_counters_are_arrays(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t at = pen_counters(&pen, false, 2), structure = pen_open(&pen, 2001);
    pen_put(&pen, 2, 4);
    pen_put(&pen, 1, 4);
    pen_put(&pen, 2, 4);
    pen_put(&pen, UINT64_C(0x020000000001), 6);
    pen_put(&pen, 0, 2);
    pen_put(&pen, UINT64_C(0x020000000002), 6);
    pen_put(&pen, 0, 2);
    pen_put(&pen, 7, 4);
    pen_put(&pen, 0, 4);
    pen_close(&pen, structure);
    structure = pen_open(&pen, 2001);
    pen_put(&pen, UINT32_MAX, 4); /* and one that claims more than is there */
    pen_put(&pen, 9, 4);
    pen_put(&pen, UINT32_MAX, 4);
    pen_close(&pen, structure);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    assert_has(
        self.lines->pdata[0],
        "\"adapterIfIndex\":[1,7,9],\"adapterMacAddress\":[\"02:00:00:00:00:01\",\"02:00:00:00:00:02\"]");
}

/* Interface 17 of two agents is two, whose counters have nothing to do with each other. */
static void
test_counters_of_several_agents_are_not_compared(void)
{
    static const char *const agents[] = { "192.0.2.9", "192.0.2.10" };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (uint32_t i = 0; i < 4; i++) {
        pen_sflow_of(&pen, agents[i / 2], i, 1);
        size_t at = pen_counters(&pen, true, 1);
        pen_generic(&pen, 15000 * i, 190000 * i, 3);
        pen_close(&pen, at);
        fixture_send(&self, &pen);
        self.now_ms += 10000;
        json_t *interface = first_interface(&self);
        bool is_known = json_is_real(json_object_get(interface, "inOctetsPerSecond"));
        json_decref(interface);
        g_assert_true(is_known == (i == 1));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/sflow-counters/counters-of-several-agents-are-not-compared",
                    test_counters_of_several_agents_are_not_compared);
    g_test_add_func("/collector/sflow-counters/counters-stand-beside-what-the-samples-say",
                    test_counters_stand_beside_what_the_samples_say);
    g_test_add_func("/collector/sflow-counters/counters-that-are-cut-teach-nothing",
                    test_counters_that_are_cut_teach_nothing);
    g_test_add_func("/collector/sflow-counters/lists-in-counters-are-arrays",
                    test_lists_in_counters_are_arrays);
    return g_test_run();
}
