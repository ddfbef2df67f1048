/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-connection.c - the pieces of a connection that a firewall tells add up to what it had */
#include "collector/connection.h"
#include "tests/collector/fixture.h"

#define MS INT64_C(1700000000000)
enum { CREATED = 1, DELETED = 2, DENIED = 3, ALERT = 4, UPDATE = 5 };

/* A Cisco ASA: id, addresses, ports, event, when the connection began, when it was told, totals both ways. */
static const uint16_t nsel[] = { 148, 4, 8,   4, 12,  4, 7,   2, 11,  2, 4, 1,
                                 233, 1, 152, 8, 323, 8, 231, 4, 232, 4, 0 };
/* A translator without counters. */
static const uint16_t nat[] = { 8, 4, 225, 4, 12, 4, 7, 2, 227, 2, 11, 2, 4, 1, 230, 1, 323, 8, 0 };
/* A firewall whose counters are deltas. */
static const uint16_t deltas[] = { 148, 4, 8, 4, 12, 4, 4, 1, 233, 1, 152, 8, 153, 8, 1, 4, 2, 4, 0 };

static size_t
begin(Pen *pen, const uint16_t *pairs)
{
    pen_v9(pen, 600000, (uint32_t)(MS / 1000), 1, 7);
    pen_template_set(pen, 263, pairs);
    return pen_set(pen, 263);
}

static void
put_nsel(Pen *pen, uint32_t id, uint8_t event, int64_t told_ms, uint32_t octets, uint32_t reverse)
{
    pen_put(pen, id, 4);
    pen_ip(pen, "198.51.100.1");
    pen_ip(pen, "203.0.113.2");
    pen_put(pen, 40000, 2);
    pen_put(pen, 443, 2);
    pen_put(pen, 6, 1);
    pen_put(pen, event, 1);
    pen_put(pen, (uint64_t)MS - 100000, 8);
    pen_put(pen, (uint64_t)told_ms, 8);
    pen_put(pen, octets, 4);
    pen_put(pen, reverse, 4);
}

static void
assert_piece(const FlowRecord *flow, FlowKind kind, FlowState state, uint64_t octets, uint64_t reverse)
{
    g_assert_cmpuint(flow->kind, ==, kind);
    g_assert_cmpuint(flow->state, ==, state);
    g_assert_cmpuint(flow->octets, ==, octets);
    g_assert_cmpuint(flow->reverse_octets, ==, reverse);
    g_assert_cmpuint(flow->event != 0, ==, kind == FLOW_KIND_EVENT);
}

static void
test_the_pieces_of_a_connection_add_up_to_what_it_had(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, nsel);
    put_nsel(&pen, 9, CREATED, MS - 100000, 0, 0);
    put_nsel(&pen, 9, UPDATE, MS - 60000, 1000, 50000);
    put_nsel(&pen, 8, UPDATE, MS - 50000, 7, 7);        /* of another one, whose beginning was not told */
    put_nsel(&pen, 9, UPDATE, MS - 40000, 1000, 50000); /* nothing new */
    put_nsel(&pen, 9, UPDATE, MS - 20000, 1500, 90000);
    put_nsel(&pen, 9, DELETED, MS - 10000, 1600, 90000);
    fixture_end(&self, &pen, set);
    assert_piece(fixture_flow(&self, 0), FLOW_KIND_EVENT, FLOW_STATE_OPENED, 0, 0);
    assert_piece(fixture_flow(&self, 1), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 1000, 50000);
    assert_piece(fixture_flow(&self, 2), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 7, 7);
    assert_piece(fixture_flow(&self, 3), FLOW_KIND_EVENT, FLOW_STATE_OPEN, 0, 0);
    assert_piece(fixture_flow(&self, 4), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 500, 40000);
    assert_piece(fixture_flow(&self, 5), FLOW_KIND_FLOW, FLOW_STATE_CLOSED, 100, 0);
    /* One begins where the other ends, and says that it is a slice. */
    g_assert_cmpint(fixture_flow(&self, 1)->start_ms, ==, MS - 100000);
    g_assert_cmpint(fixture_flow(&self, 1)->end_ms, ==, MS - 60000);
    g_assert_cmpint(fixture_flow(&self, 4)->start_ms, ==, MS - 40000);
    g_assert_cmpint(fixture_flow(&self, 5)->start_ms, ==, MS - 20000);
    g_assert_cmpuint(fixture_flow(&self, 1)->end_reason, ==, 2);
    g_assert_cmpuint(fixture_flow(&self, 5)->end_reason, ==, 0);
    g_assert_cmpuint(fixture_books(&self).connections_forgotten, ==, 0);
    g_assert_cmpuint(self.lines->len, ==, 6); /* what is printed is what was sent */
    assert_has(self.lines->pdata[5], "\"initiatorOctets\":1600,\"responderOctets\":90000");
}

static void
test_a_connection_that_was_deleted_is_forgotten(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, nsel);
    put_nsel(&pen, 9, DELETED, MS - 90000, 300, 400); /* the only one that came of it */
    put_nsel(&pen, 9, UPDATE, MS - 60000, 1000, 5000);
    put_nsel(&pen, 9, DELETED, MS - 50000, 1000, 5000); /* all was told */
    put_nsel(&pen, 9, UPDATE, MS - 40000, 200, 100);    /* the id is used anew */
    put_nsel(&pen, 9, UPDATE, MS - 30000, 150, 100);    /* and its counters begin anew */
    put_nsel(&pen, 9, DENIED, MS - 20000, 0, 0);
    put_nsel(&pen, 9, ALERT, MS - 20000, 150, 100);
    put_nsel(&pen, 9, 77, MS - 20000, 0, 0); /* nobody knows it */
    fixture_end(&self, &pen, set);
    assert_piece(fixture_flow(&self, 0), FLOW_KIND_FLOW, FLOW_STATE_CLOSED, 300, 400);
    assert_piece(fixture_flow(&self, 1), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 1000, 5000);
    assert_piece(fixture_flow(&self, 2), FLOW_KIND_EVENT, FLOW_STATE_CLOSED, 0, 0);
    assert_piece(fixture_flow(&self, 3), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 200, 100);
    assert_piece(fixture_flow(&self, 4), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 150, 0);
    assert_piece(fixture_flow(&self, 5), FLOW_KIND_EVENT, FLOW_STATE_DENIED, 0, 0);
    assert_piece(fixture_flow(&self, 6), FLOW_KIND_EVENT, FLOW_STATE_OPEN, 0, 0);
    assert_piece(fixture_flow(&self, 7), FLOW_KIND_EVENT, FLOW_STATE_NONE, 0, 0);
}

static void
test_connections_of_two_firewalls_are_two(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    for (int i = 0; i < 2; i++) {
        self.source = ip_from_v4(0xc0000201u + (uint32_t)i);
        size_t set = begin(&pen, nsel);
        put_nsel(&pen, 9, UPDATE, MS - 60000, 1000, 5000);
        fixture_end(&self, &pen, set);
        assert_piece(fixture_flow(&self, (guint)i), FLOW_KIND_FLOW, FLOW_STATE_OPEN, 1000, 5000);
    }
}

static void
put_nat(Pen *pen, uint8_t event, int64_t told_ms, uint16_t port)
{
    pen_ip(pen, "10.0.0.5");
    pen_ip(pen, "198.51.100.7");
    pen_ip(pen, "203.0.113.2");
    pen_put(pen, port, 2);
    pen_put(pen, 61000, 2);
    pen_put(pen, 443, 2);
    pen_put(pen, 6, 1);
    pen_put(pen, event, 1);
    pen_put(pen, (uint64_t)told_ms, 8);
}

static void
test_a_translators_last_event_knows_when_the_session_began(void)
{
    /* made and deleted: the historic numbers, sessions of NAT44 and NAT64, bindings of both */
    static const uint8_t pairs[][2] = { { 1, 2 }, { 4, 5 }, { 6, 7 }, { 8, 9 }, { 10, 11 } };

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_auto(Fixture) self;
        Pen pen;

        fixture_init(&self);
        size_t set = begin(&pen, nat);
        put_nat(&pen, pairs[i][0], MS - 60000, 40000);
        put_nat(&pen, pairs[i][1], MS - 10000, 40001); /* of another session */
        put_nat(&pen, pairs[i][1], MS - 10000, 40000);
        put_nat(&pen, 3, MS - 9000, 40000);  /* no address is left */
        put_nat(&pen, 99, MS - 9000, 40000); /* nobody knows it */
        fixture_end(&self, &pen, set);
        assert_piece(fixture_flow(&self, 0), FLOW_KIND_EVENT, FLOW_STATE_OPENED, 0, 0);
        assert_piece(fixture_flow(&self, 1), FLOW_KIND_EVENT, FLOW_STATE_CLOSED, 0, 0);
        assert_piece(fixture_flow(&self, 2), FLOW_KIND_EVENT, FLOW_STATE_CLOSED, 0, 0);
        g_assert_cmpint(fixture_flow(&self, 1)->start_ms, ==, MS - 10000);
        g_assert_cmpint(fixture_flow(&self, 2)->start_ms, ==, MS - 60000);
        g_assert_cmpint(fixture_flow(&self, 2)->end_ms, ==, MS - 10000);
        assert_has(self.lines->pdata[2], "\"postNATSourceIPv4Address\":\"198.51.100.7\"");
        assert_has(self.lines->pdata[2], "\"postNAPTSourceTransportPort\":61000");
        g_assert_cmpuint(fixture_flow(&self, 3)->state, ==, FLOW_STATE_DENIED);
        g_assert_cmpuint(fixture_flow(&self, 4)->state, ==, FLOW_STATE_NONE);
    }
}

static void
test_deltas_are_flows_as_they_come(void)
{
    static const struct {
        uint8_t event;
        uint32_t octets;
        FlowState state;
    } told[] = {
        { CREATED, 0, FLOW_STATE_OPENED },
        { UPDATE, 900, FLOW_STATE_OPEN },
        { UPDATE, 900, FLOW_STATE_OPEN },
        { DELETED, 100, FLOW_STATE_CLOSED },
    };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    size_t set = begin(&pen, deltas);
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) {
        pen_put(&pen, 5, 4);
        pen_ip(&pen, "198.51.100.1");
        pen_ip(&pen, "203.0.113.2");
        pen_put(&pen, 6, 1);
        pen_put(&pen, told[i].event, 1);
        pen_put(&pen, (uint64_t)MS - 50000 + i * 1000, 8);
        pen_put(&pen, (uint64_t)MS - 49000 + i * 1000, 8);
        pen_put(&pen, told[i].octets, 4);
        pen_put(&pen, told[i].octets / 100, 4);
    }
    fixture_end(&self, &pen, set);
    for (guint i = 0; i < G_N_ELEMENTS(told); i++)
        assert_piece(fixture_flow(&self, i), told[i].octets > 0 ? FLOW_KIND_FLOW : FLOW_KIND_EVENT,
                     told[i].state, told[i].octets, 0);
}

/* More open connections than there is room for: the table stays as large as it is, and says so. */
static void
test_a_crowd_pushes_out_and_is_counted(void)
{
    enum { CROWD = 150000 };
    ConnectionTable *table = connection_table_new(1 << 16, 7);
    Books books = { 0 };
    ConnectionEvent event = { .has_totals = true };

    for (uint32_t i = 1; i <= CROWD; i++) {
        FlowRecord record = { .event = UPDATE, .octets = 10, .start_ms = MS, .end_ms = MS + i };

        event.id = i;
        connection_table_note(table, &event, &books, &record);
        g_assert_cmpuint(record.octets, ==, 10);
    }
    g_assert_cmpuint(books.connections_forgotten, >, CROWD / 2);
    g_assert_cmpuint(books.connections_forgotten, <, CROWD);
    /* What nobody has told of for a day is gone without a loss. */
    uint64_t before = books.connections_forgotten;
    for (uint32_t i = 1; i <= 10000; i++) {
        FlowRecord record = { .event = UPDATE, .octets = 10, .start_ms = MS, .end_ms = MS + 90000000 };

        event.id = CROWD + i;
        connection_table_note(table, &event, &books, &record);
    }
    g_assert_cmpuint(books.connections_forgotten, ==, before);
    connection_table_free(table);
    connection_table_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/connection/the-pieces-of-a-connection-add-up-to-what-it-had",
                    test_the_pieces_of_a_connection_add_up_to_what_it_had);
    g_test_add_func("/collector/connection/a-connection-that-was-deleted-is-forgotten",
                    test_a_connection_that_was_deleted_is_forgotten);
    g_test_add_func("/collector/connection/connections-of-two-firewalls-are-two",
                    test_connections_of_two_firewalls_are_two);
    g_test_add_func("/collector/connection/a-translators-last-event-knows-when-the-session-began",
                    test_a_translators_last_event_knows_when_the_session_began);
    g_test_add_func("/collector/connection/deltas-are-flows-as-they-come",
                    test_deltas_are_flows_as_they_come);
    g_test_add_func("/collector/connection/a-crowd-pushes-out-and-is-counted",
                    test_a_crowd_pushes_out_and_is_counted);
    return g_test_run();
}
