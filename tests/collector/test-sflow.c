/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sflow.c - sFlow v5: sampled packets, the records beside them, samples that contradict themselves */
#include "tests/collector/sflow-pen.h"
#include "tests/support/assert-has.h"

static void
test_a_tagged_frame_is_read_to_its_ports(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t sample = pen_sample(&pen, 1024, 5, 6, 1), raw = pen_raw(&pen, 1, 1504, 56);
    pen_put(&pen, UINT64_C(0x020000000001), 6);
    pen_put(&pen, UINT64_C(0x020000000002), 6);
    pen_put(&pen, 0x88a8, 2); /* QinQ: outer tag 100, priority 5 */
    pen_put(&pen, 5 << 13 | 100, 2);
    pen_put(&pen, 0x8100, 2);
    pen_put(&pen, 200, 2);
    pen_put(&pen, 0x0800, 2);
    pen_ipv4(&pen, 6);
    pen_close(&pen, raw);
    pen_close(&pen, sample);
    g_assert_true(fixture_send(&self, &pen));
    const FlowRecord *flow = fixture_flow(&self, 0);
    assert_ip(&flow->src, "198.51.100.1");
    assert_ip(&flow->dst, "203.0.113.2");
    g_assert_cmpuint(flow->src_port, ==, 443);
    g_assert_cmpuint(flow->dst_port, ==, 50000);
    g_assert_cmphex(flow->tcp_flags, ==, 0x12);
    g_assert_cmpuint(flow->protocol, ==, 6);
    g_assert_cmpuint(flow->vlan, ==, 100);
    g_assert_cmpuint(flow->octets, ==, 1504);
    g_assert_cmpuint(flow->packets, ==, 1);
    g_assert_cmpuint(flow->sampling, ==, 1024);
    g_assert_cmpuint(flow->sampling_source, ==, SAMPLING_RECORD);
    g_assert_cmpuint(flow->in_if, ==, 5);
    g_assert_cmpuint(flow->out_if, ==, 6);
    g_assert_cmpuint(flow->domain, ==, 3);
    g_assert_cmpint(flow->end_ms, ==, self.now_ms); /* sFlow has no clock: it was when it came */
    assert_has(self.lines->pdata[0], "\"sourceMacAddress\":\"02:00:00:00:00:02\"");
    assert_has(self.lines->pdata[0], "\"dot1qVlanId\":100,\"dot1qPriority\":5");
    assert_has(self.lines->pdata[0], "\"dot1qCustomerVlanId\":200");
    assert_has(self.lines->pdata[0], "\"sourceIPv4Address\":\"198.51.100.1\"");
}

/* One flow sample of @agent, seen by one sender that passes on. */
static void
send_of_agent(Fixture *self, const char *agent, uint32_t sequence)
{
    Pen pen;

    pen_sflow_of(&pen, agent, sequence, 1);
    size_t sample = pen_sample(&pen, 1024, 5, 6, 1), raw = pen_raw(&pen, 11, 1486, 34);
    pen_ipv4(&pen, 6);
    pen_close(&pen, raw);
    pen_close(&pen, sample);
    g_assert_true(fixture_send(self, &pen));
}

static const char *const agents[] = { "192.0.2.9", "192.0.2.10", "2001:db8::10", NULL };

/* Each counts for itself, and so do their sub-agents of one number. */
static void
send_of_agents(Fixture *self, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        for (uint32_t j = 0; j < G_N_ELEMENTS(agents); j++)
            send_of_agent(self, agents[j], 1000 * j + i);
}

static void
test_agents_behind_one_sender_are_told_apart(void)
{
    g_auto(Fixture) self, after;

    fixture_init(&self);
    send_of_agents(&self, 0, 20);
    assert_has(self.lines->pdata[0], "\"exporterIPv4Address\":\"192.0.2.9\"");
    assert_has(self.lines->pdata[2], "\"exporterIPv6Address\":\"2001:db8::10\"");
    g_assert_null(strstr(self.lines->pdata[3], "exporterIP"));
    g_assert_cmpuint(fixture_books(&self).sequence_lost, ==, 0);
    json_t *exporter = fixture_exporter(&self, 0);
    const json_t *domains = json_object_get(exporter, "domains");
    g_assert_cmpuint(json_array_size(domains), ==, G_N_ELEMENTS(agents));
    g_assert_cmpstr(text_of(json_array_get(domains, 1), "agent"), ==, "192.0.2.10");
    g_assert_nonnull(finding(exporter, "several_agents"));
    g_assert_null(finding(exporter, "rebooted"));
    json_decref(exporter);

    g_autoptr(GBytes) state = decoder_save(self.decoder);
    fixture_init(&after);
    g_assert_true(decoder_restore(after.decoder, state, NULL));
    send_of_agents(&after, 23, 25); /* three of each were lost meanwhile */
    g_assert_cmpuint(fixture_books(&after).sequence_lost, ==, 3 * G_N_ELEMENTS(agents));
    exporter = fixture_exporter(&after, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "domains")), ==, G_N_ELEMENTS(agents));
    json_decref(exporter);
}

static void
test_more_agents_than_can_be_named_are_told(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t i = 0; i < 9; i++) {
        g_autofree char *agent = g_strdup_printf("192.0.2.%u", 1 + i);

        send_of_agent(&self, agent, i);
    }
    json_t *exporter = fixture_exporter(&self, 0);
    assert_has(text_of(finding(exporter, "several_agents"), "text"),
               "(192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, ...)");
    json_decref(exporter);
}

static void
test_mpls_and_ipv6_are_seen_through(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t sample = pen_sample(&pen, 10, 5, 6, 1), raw = pen_raw(&pen, 1, 100, 78);
    pen_put(&pen, 1, 6);
    pen_put(&pen, 2, 6);
    pen_put(&pen, 0x8847, 2);
    pen_put(&pen, 16000u << 12 | 64, 4);          /* label 16000 */
    pen_put(&pen, 24001u << 12 | 1 << 8 | 64, 4); /* bottom of the stack */
    pen_put(&pen, 0x6b800000, 4);                 /* version 6, traffic class 0xb8 */
    pen_put(&pen, 20, 2);
    pen_put(&pen, 0, 1); /* hop-by-hop options first */
    pen_put(&pen, 63, 1);
    pen_ip(&pen, "2001:db8::1");
    pen_ip(&pen, "2001:db8::2");
    pen_put(&pen, 17, 1); /* then UDP */
    pen_put(&pen, 0, 7);
    pen_put(&pen, 53, 2);
    pen_put(&pen, 3333, 2);
    pen_put(&pen, 0, 4);
    pen_close(&pen, raw);
    pen_close(&pen, sample);
    fixture_send(&self, &pen);
    const FlowRecord *flow = fixture_flow(&self, 0);
    g_assert_cmpuint(flow->family, ==, 6);
    assert_ip(&flow->src, "2001:db8::1");
    g_assert_cmpuint(flow->protocol, ==, 17);
    g_assert_cmphex(flow->tos, ==, 0xb8);
    g_assert_cmpuint(flow->src_port, ==, 53);
    assert_has(self.lines->pdata[0], "\"mplsTopLabelStackSection\":\"03e800\"");
}

static void
test_a_fragment_has_no_ports(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t sample = pen_sample(&pen, 10, 5, 6, 1), raw = pen_raw(&pen, 11, 100, 34), ip = pen.n;
    pen_ipv4(&pen, 17);
    pen.bytes[ip + 7] = 185; /* offset */
    pen_close(&pen, raw);
    pen_close(&pen, sample);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->protocol, ==, 17);
    g_assert_cmpuint(fixture_flow(&self, 0)->src_port, ==, 0);
}

static void
test_a_header_that_is_cut_gives_what_is_there(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    for (uint32_t length = 0; length <= 34; length++) {
        Pen pen;

        pen_sflow(&pen, length, 1);
        size_t sample = pen_sample(&pen, 10, 5, 6, 1), raw = pen_raw(&pen, 11, 100, length), ip = pen.n;
        pen_ipv4(&pen, 6);
        pen.n = ip + length;
        pen_close(&pen, raw);
        pen_close(&pen, sample);
        fixture_send(&self, &pen);
        const FlowRecord *flow = fixture_flow(&self, length);
        g_assert_cmpuint(flow->family, ==, length >= 20 ? 4 : 0);
        g_assert_cmpuint(flow->dst_port, ==, length >= 24 ? 50000 : 0);
        g_assert_cmpuint(flow->tcp_flags, ==, length >= 34 ? 0x12 : 0);
    }
}

static void
test_records_beside_the_packet_are_used(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t sample = pen_sample(&pen, 10, 5, 0x80000003, 4), at = pen_open(&pen, 3);
    pen_put(&pen, 900, 4); /* IPv4 record */
    pen_put(&pen, 6, 4);
    pen_ip(&pen, "198.51.100.1");
    pen_ip(&pen, "203.0.113.2");
    pen_put(&pen, 443, 4);
    pen_put(&pen, 50000, 4);
    pen_put(&pen, 0x18, 4);
    pen_put(&pen, 0, 4);
    pen_close(&pen, at);
    at = pen_open(&pen, 1001); /* switch */
    pen_put(&pen, 444, 4);
    pen_put(&pen, 0, 4);
    pen_put(&pen, 445, 4);
    pen_put(&pen, 0, 4);
    pen_close(&pen, at);
    at = pen_open(&pen, 1002); /* router */
    pen_put(&pen, 1, 4);
    pen_ip(&pen, "192.0.2.254");
    pen_put(&pen, 24, 4);
    pen_put(&pen, 16, 4);
    pen_close(&pen, at);
    at = pen_open(&pen, 1003); /* gateway */
    pen_put(&pen, 1, 4);
    pen_ip(&pen, "192.0.2.253");
    pen_put(&pen, 64500, 4); /* router's AS */
    pen_put(&pen, 64501, 4); /* source */
    pen_put(&pen, 64502, 4); /* source's neighbour */
    pen_put(&pen, 1, 4);
    pen_put(&pen, 2, 4); /* a sequence of two */
    pen_put(&pen, 2, 4);
    pen_put(&pen, 64503, 4);
    pen_put(&pen, 64504, 4);
    pen_put(&pen, 0, 4); /* communities */
    pen_put(&pen, 100, 4);
    pen_close(&pen, at);
    pen_close(&pen, sample);
    fixture_send(&self, &pen);
    const FlowRecord *flow = fixture_flow(&self, 0);
    g_assert_cmpuint(flow->octets, ==, 900);
    g_assert_cmpuint(flow->dst_port, ==, 50000);
    g_assert_cmpuint(flow->vlan, ==, 444);
    assert_ip(&flow->next_hop, "192.0.2.254");
    assert_ip(&flow->bgp_next_hop, "192.0.2.253");
    g_assert_cmpuint(flow->src_mask, ==, 24);
    g_assert_cmpuint(flow->src_as, ==, 64501);
    g_assert_cmpuint(flow->dst_as, ==, 64504);
    g_assert_cmpuint(flow->out_if, ==, 0); /* "three interfaces" is no interface */
}

static void
test_counters_and_discards_are_no_traffic(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 5);
    static const uint32_t tags[] = { 2, 4, 5, 4413u << 12 | 1 };
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
        size_t at = pen_open(&pen, tags[i]);
        pen_put(&pen, 1, 8);
        pen_close(&pen, at);
    }
    size_t sample = pen_sample(&pen, 10, 5, 6, 0);
    pen_close(&pen, sample);
    fixture_send(&self, &pen);
    Books books = fixture_books(&self);
    g_assert_cmpuint(books.counter_samples, ==, 2);
    g_assert_cmpuint(books.discard_samples, ==, 1);
    g_assert_cmpuint(books.records, ==, 1);
    g_assert_cmpuint(self.records->len, ==, 1);
}

static void
test_a_discarded_packet_is_shown_with_its_reason(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t at = pen_open(&pen, 5);
    static const uint32_t head[] = { 9, 0, 17, 3, 5, 6, 289, 1 };
    for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
        pen_put(&pen, head[i], 4);
    size_t raw = pen_raw(&pen, 11, 900, 34);
    pen_ipv4(&pen, 6);
    pen_close(&pen, raw);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    g_assert_cmpuint(self.records->len, ==, 0);
    g_assert_cmpuint(fixture_books(&self).discard_samples, ==, 1);
    assert_has(self.lines->pdata[0],
               "\"kind\":\"discard\",\"exporterIPv4Address\":\"192.0.2.9\",\"sampleSequenceNumber\":9");
    assert_has(self.lines->pdata[0], "\"discardReason\":289");
    assert_has(self.lines->pdata[0], "\"sourceIPv4Address\":\"198.51.100.1\"");
}

static void
test_what_a_tunnel_carries_is_shown_and_not_trusted(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t at = pen_sample(&pen, 10, 5, 6, 2), raw = pen_raw(&pen, 11, 900, 98), ip = pen.n;
    pen_ipv4(&pen, 17);
    pen.n = ip + 20;
    pen_put(&pen, 50000, 2);
    pen_put(&pen, 2152, 2); /* GTP-U */
    pen_put(&pen, 0, 4);
    pen_put(&pen, 0x30ff0050, 4);
    pen_put(&pen, 77, 4); /* TEID */
    size_t inner = pen.n;
    pen_ipv4(&pen, 4); /* which carries IP in IP */
    pen.n = inner + 20;
    pen_ipv4(&pen, 6);
    pen_put(&pen, 0, 2);
    pen_close(&pen, raw);
    size_t beside = pen_open(&pen, 1036);
    pen_put(&pen, 4, 4);
    pen_close(&pen, beside);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    const FlowRecord *flow = fixture_flow(&self, 0);
    g_assert_cmpuint(flow->protocol, ==, 17);
    g_assert_cmpuint(flow->dst_port, ==, 2152);
    g_assert_cmphex(flow->tcp_flags, ==, 0);
    assert_has(self.lines->pdata[0], "\"egressQueue\":4,\"octetDeltaCount\":900,\"packetDeltaCount\":1,"
                                     "\"inner\":{\"tunnelType\":\"gtp-u\",\"tunnelId\":77,\"ipVersion\":4");
    assert_has(self.lines->pdata[0], "\"inner\":{\"tunnelType\":\"ip\",\"ipVersion\":4");
    assert_has(self.lines->pdata[0], "\"tcpControlBits\":18}}}");
}

static void
test_what_the_agent_tells_beside_is_named(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t at = pen_sample(&pen, 10, 5, 6, 8), each = pen_open(&pen, 1003);
    pen_put(&pen, 2, 4);
    pen_ip(&pen, "2001:db8::1");
    static const uint32_t gateway[] = { 64500, 64501, 64502, 1, 2, 1, 64503, 1, 64999u << 16 | 5, 100 };
    for (size_t i = 0; i < G_N_ELEMENTS(gateway); i++)
        pen_put(&pen, gateway[i], 4);
    pen_close(&pen, each);
    each = pen_open(&pen, 1007); /* NAT */
    pen_put(&pen, 1, 4);
    pen_ip(&pen, "192.0.2.8");
    pen_put(&pen, 2, 4);
    pen_ip(&pen, "2001:db8::9");
    pen_close(&pen, each);
    each = pen_open(&pen, 1020);
    pen_put(&pen, 4001, 4);
    pen_put(&pen, 4002, 4);
    pen_close(&pen, each);
    each = pen_open(&pen, 1004); /* user; the second text ends without its padding */
    pen_put(&pen, 106, 4);
    pen_put(&pen, 3, 4);
    pen_bytes(&pen, "ann", 4);
    pen_put(&pen, 106, 4);
    pen_put(&pen, 2, 4);
    pen_bytes(&pen, "bo", 2);
    pen_close(&pen, each);
    each = pen_open(&pen, 1006); /* MPLS */
    pen_put(&pen, 1, 4);
    pen_ip(&pen, "192.0.2.7");
    pen_put(&pen, 1, 4);
    pen_put(&pen, 77, 4);
    pen_put(&pen, 0, 4);
    pen_close(&pen, each);
    each = pen_open(&pen, 1006);
    pen_put(&pen, 2, 4);
    pen_ip(&pen, "2001:db8::7");
    pen_close(&pen, each);
    each = pen_open(&pen, 1006); /* no next hop */
    pen_put(&pen, 0, 4);
    pen_close(&pen, each);
    each = pen_open(&pen, 1005); /* a URL that says it is longer than its record */
    pen_put(&pen, 1, 4);
    pen_put(&pen, 1000, 4);
    pen_close(&pen, each);
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    const FlowRecord *flow = fixture_flow(&self, 0);
    assert_ip(&flow->bgp_next_hop, "2001:db8::1");
    g_assert_cmpuint(flow->dst_as, ==, 64503);
    assert_has(self.lines->pdata[0], "\"postNATSourceIPv4Address\":\"192.0.2.8\"");
    assert_has(self.lines->pdata[0], "\"postNATDestinationIPv6Address\":\"2001:db8::9\"");
    assert_has(self.lines->pdata[0], "\"postNAPTSourceTransportPort\":4001");
    assert_has(self.lines->pdata[0], "\"postNAPTDestinationTransportPort\":4002");
    assert_has(self.lines->pdata[0], "\"bgpAsPath\":64503");
    assert_has(self.lines->pdata[0], "\"bgpCommunity\":4259774469,\"bgpLocalPreference\":100");
    assert_has(self.lines->pdata[0], "\"src_user\":\"ann\",\"dst_charset\":106,\"dst_user\":\"bo\"");
    assert_has(self.lines->pdata[0],
               "\"mplsTopLabelIPv4Address\":\"192.0.2.7\",\"mplsInLabelStackEntry\":77");
    assert_has(self.lines->pdata[0], "\"mplsTopLabelIPv6Address\":\"2001:db8::7\"");
}

/* Each structure that has code of its own, cut anywhere: nothing is read that is not there. */
static void
test_records_beside_the_packet_may_be_cut_anywhere(void)
{
    static const uint32_t tags[] = { 1, 2, 3, 4, 1001, 1002, 1003, 1004, 1006, 1007, 1020, 4413u << 12 | 1 };
    static const uint32_t words[] = { 1, 2, 3, 4, 1, 1, 2, 1, 3, 1, 5, 6, 7, 8, 9, 10 };
    g_auto(Fixture) self;
    uint32_t n = 0;

    fixture_init(&self);
    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++)
        for (size_t length = 0; length <= sizeof words; length++, n++) {
            Pen pen, content = { 0 };

            for (size_t j = 0; j < G_N_ELEMENTS(words); j++)
                pen_put(&content, words[j], 4);
            pen_sflow(&pen, n, 1);
            size_t at = pen_sample(&pen, 10, 5, 6, 1), each = pen_open(&pen, tags[i]);
            pen_bytes(&pen, content.bytes, length);
            pen_close(&pen, each);
            pen_close(&pen, at);
            g_assert_true(fixture_send(&self, &pen));
        }
    g_assert_cmpuint(self.records->len, ==, n);
    g_assert_cmpuint(fixture_books(&self).records, ==, n);
}

static void
test_each_sample_is_left_by_its_own_length(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 2);
    for (int i = 0; i < 2; i++) {
        size_t sample = pen_sample(&pen, 10, 5, 6, 0);
        pen_put(&pen, 0xdeadbeef, 4); /* four bytes that no record accounts for */
        pen_close(&pen, sample);
    }
    pen_put(&pen, 1, 8); /* and something behind the last sample */
    fixture_send(&self, &pen);
    g_assert_cmpuint(self.records->len, ==, 2);
}

static void
test_samples_that_contradict_themselves_are_counted(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t sample = pen_sample(&pen, 10, 5, 6, 1);
    pen_put(&pen, 1, 4);
    pen_put(&pen, 500, 4); /* a record of 500 bytes */
    pen_close(&pen, sample);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_SAMPLE_SYNTAX], ==, 1);

    pen_sflow(&pen, 2, 3); /* says three, has none */
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_HEADER_COUNT], ==, 1);

    pen_sflow(&pen, 3, 1);
    pen_put(&pen, 1, 4);
    pen_put(&pen, 4000, 4);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_SET_LENGTH], ==, 1);
}

/* The fixed heads of all kinds of samples, cut anywhere: counted, and the datagram is good otherwise. */
static void
test_heads_that_are_cut_are_counted(void)
{
    static const struct {
        uint32_t tag;
        size_t whole;
    } kinds[] = { { 1, 32 }, { 2, 12 }, { 3, 44 }, { 4, 16 }, { 5, 32 } };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        for (size_t length = 0; length < kinds[i].whole; length += 4) {
            g_auto(Fixture) self;
            Pen pen;

            fixture_init(&self);
            pen_sflow(&pen, 1, 1);
            size_t at = pen_open(&pen, kinds[i].tag);
            for (size_t j = 0; j < length; j += 4)
                pen_put(&pen, 0, 4);
            pen_close(&pen, at);
            g_assert_true(fixture_send(&self, &pen));
            g_assert_cmpuint(fixture_books(&self).malformed[REFUSED_SAMPLE_SYNTAX], ==, 1);
            g_assert_cmpuint(self.lines->len, ==, 0);
        }
}

/* Tunnels in tunnels, and structures that nobody knows: shown up to a bound. */
static void
test_what_is_shown_has_bounds(void)
{
    enum { TUNNELS = 6, UNKNOWN = 20 };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_sflow(&pen, 1, 1);
    size_t at = pen_sample(&pen, 0, 5, 6, 1 + UNKNOWN), raw = pen_raw(&pen, 11, 900, 20 * TUNNELS + 34);
    for (int i = 0; i < TUNNELS; i++) {
        size_t ip = pen.n;
        pen_ipv4(&pen, 4);
        pen.n = ip + 20;
    }
    pen_ipv4(&pen, 6);
    pen_close(&pen, raw);
    for (uint32_t i = 0; i < UNKNOWN; i++) {
        size_t each = pen_open(&pen, 4413u << 12 | i);
        pen_put(&pen, 1, 4);
        pen_close(&pen, each);
    }
    pen_close(&pen, at);
    fixture_send(&self, &pen);
    assert_has(self.lines->pdata[0], "\"e4413id15\":\"00000001\"");
    assert_lacks(self.lines->pdata[0], "e4413id16");
    assert_has(self.lines->pdata[0], "}}}}}");
    assert_lacks(self.lines->pdata[0], "}}}}}}");
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling_source, ==, SAMPLING_UNKNOWN); /* one in 0 */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/sflow/agents-behind-one-sender-are-told-apart",
                    test_agents_behind_one_sender_are_told_apart);
    g_test_add_func("/collector/sflow/more-agents-than-can-be-named-are-told",
                    test_more_agents_than_can_be_named_are_told);
    g_test_add_func("/collector/sflow/heads-that-are-cut-are-counted", test_heads_that_are_cut_are_counted);
    g_test_add_func("/collector/sflow/what-is-shown-has-bounds", test_what_is_shown_has_bounds);
    g_test_add_func("/collector/sflow/a-tagged-frame-is-read-to-its-ports",
                    test_a_tagged_frame_is_read_to_its_ports);
    g_test_add_func("/collector/sflow/mpls-and-ipv6-are-seen-through", test_mpls_and_ipv6_are_seen_through);
    g_test_add_func("/collector/sflow/a-fragment-has-no-ports", test_a_fragment_has_no_ports);
    g_test_add_func("/collector/sflow/a-header-that-is-cut-gives-what-is-there",
                    test_a_header_that_is_cut_gives_what_is_there);
    g_test_add_func("/collector/sflow/records-beside-the-packet-are-used",
                    test_records_beside_the_packet_are_used);
    g_test_add_func("/collector/sflow/counters-and-discards-are-no-traffic",
                    test_counters_and_discards_are_no_traffic);
    g_test_add_func("/collector/sflow/a-discarded-packet-is-shown-with-its-reason",
                    test_a_discarded_packet_is_shown_with_its_reason);
    g_test_add_func("/collector/sflow/what-a-tunnel-carries-is-shown-and-not-trusted",
                    test_what_a_tunnel_carries_is_shown_and_not_trusted);
    g_test_add_func("/collector/sflow/what-the-agent-tells-beside-is-named",
                    test_what_the_agent_tells_beside_is_named);
    g_test_add_func("/collector/sflow/records-beside-the-packet-may-be-cut-anywhere",
                    test_records_beside_the_packet_may_be_cut_anywhere);
    g_test_add_func("/collector/sflow/each-sample-is-left-by-its-own-length",
                    test_each_sample_is_left_by_its_own_length);
    g_test_add_func("/collector/sflow/samples-that-contradict-themselves-are-counted",
                    test_samples_that_contradict_themselves_are_counted);
    return g_test_run();
}
