/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-session.c - what a connection tells holds for it alone, and ends with it */
#include "collector/session.h"
#include "tests/collector/message-stream-fixture.h"

static void
test_one_id_means_two_things_in_two_streams(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    begin(&self, 1, 40001);
    announce(&self, 0, FIRST, octets_packets);
    announce(&self, 1, FIRST, packets_octets);
    for (uint32_t i = 0; i < 4; i++)
        tell(&self, i % 2, FIRST, i / 2);
    for (guint i = 0; i < 4; i++)
        g_assert_cmpuint(fixture_flow(&self.base, i)->octets, ==, i % 2 == 0 ? 700 : 7);
    Books books = fixture_books(&self.base);
    g_assert_cmpuint(books.malformed[REFUSED_REDEFINED], ==, 0);
    g_assert_cmpuint(books.sequence_lost, ==, 0); /* each has numbers of its own */
}

/* Two boxes' worth of state: what one has told by UDP says nothing of its session, and the other way round.
 */
static void
test_datagrams_and_streams_of_one_exporter_are_kept_apart(void)
{
    g_auto(Wired) self;
    Pen pen;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    pen_tell(&pen, FIRST, 0);
    fixture_send(&self.base, &pen);
    g_assert_cmpuint(self.base.records->len, ==, 0);
    pen_announce(&pen, FIRST, packets_octets);
    fixture_send(&self.base, &pen);
    g_assert_cmpuint(fixture_flow(&self.base, 0)->octets, ==, 7);
    tell(&self, 0, FIRST, 0);
    g_assert_cmpuint(fixture_flow(&self.base, 1)->octets, ==, 700);
    g_assert_cmpuint(exporter_table_count(decoder_exporters(self.base.decoder)), ==, 1);
}

static void
test_templates_go_with_their_stream(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    end(&self, 0);
    begin(&self, 0, 40000);
    tell(&self, 0, FIRST, 0);
    g_assert_cmpuint(self.base.records->len, ==, 0);
    g_assert_cmpuint(fixture_books(&self.base).missing_template_sets, ==, 1);
    announce(&self, 0, FIRST,
             packets_octets); /* it may mean something else now; what came too early is read with that */
    g_assert_cmpuint(fixture_flow(&self.base, 0)->octets, ==, 7);
    g_assert_cmpuint(fixture_books(&self.base).late_records, ==, 1);
}

static void
test_what_waits_for_a_template_is_given_up_with_its_stream(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    tell(&self, 0, FIRST, 0);
    g_assert_cmpuint(fixture_books(&self.base).held_sets, ==, 1);
    end(&self, 0);
    g_assert_cmpuint(fixture_books(&self.base).held_dropped_sets, ==, 1);
    begin(&self, 0, 40000);
    announce(&self, 0, FIRST, octets_packets);
    g_assert_cmpuint(self.base.records->len, ==, 0);
}

static void
test_a_withdrawn_template_is_forgotten(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    announce(&self, 0, SECOND, octets_packets);
    withdraw(&self, 0, 2, FIRST);
    tell(&self, 0, SECOND, 0);
    g_assert_cmpuint(self.base.records->len, ==, 1);
    tell(&self, 0, FIRST, 1); /* it must not wait: the next meaning of the id is another one */
    announce(&self, 0, FIRST, packets_octets);
    g_assert_cmpuint(self.base.records->len, ==, 1);
    Books books = fixture_books(&self.base);
    g_assert_cmpuint(books.withdrawals, ==, 1);
    g_assert_cmpuint(books.malformed[REFUSED_WITHDRAWN], ==, 1);
    g_assert_cmpuint(books.malformed[REFUSED_REDEFINED], ==, 0);
    g_assert_cmpuint(books.malformed[REFUSED_WITHDRAWAL], ==, 0);
}

static void
announce_options(Wired *self, size_t i)
{
    static const uint16_t layout[] = { 149, 4, 41, 8, 0 }; /* of a domain: messages exported so far */
    Pen pen;

    pen_ipfix(&pen, SECONDS, 0, DOMAIN);
    pen_options_template_set(&pen, OPTIONS, 1, layout);
    bring_pen(self, i, &pen);
}

/* Templates and options templates in the API's words. */
static void
assert_templates(const Wired *self, json_int_t data, json_int_t options)
{
    json_t *exporter = fixture_exporter(&self->base, 0);
    json_t *domain = json_array_get(json_object_get(exporter, "domains"), 0);

    g_assert_cmpint(json_integer_value(json_object_get(domain, "templates")), ==, data);
    g_assert_cmpint(json_integer_value(json_object_get(domain, "optionsTemplates")), ==, options);
    json_decref(exporter);
}

static void
test_all_templates_of_a_kind_are_withdrawn_at_once(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    announce(&self, 0, SECOND, octets_packets);
    announce_options(&self, 0);
    assert_templates(&self, 2, 1);
    withdraw(&self, 0, 2, 2);
    assert_templates(&self, 0, 1);
    announce(&self, 0, SECOND, octets_packets);
    withdraw(&self, 0, 3, 3);
    assert_templates(&self, 1, 0);
    g_assert_cmpuint(fixture_books(&self.base).withdrawals, ==, 3);
}

static void
test_the_withdrawal_of_what_is_not_there_is_counted(void)
{
    static const struct {
        uint16_t set_id, id;
    } wrong[] = { { 2, SECOND }, { 3, FIRST }, { 2, OPTIONS }, { 2, 3 }, { 3, 2 } };
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    announce_options(&self, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        withdraw(&self, 0, wrong[i].set_id, wrong[i].id);
        g_assert_cmpuint(fixture_books(&self.base).malformed[REFUSED_WITHDRAWAL_UNKNOWN], ==, i + 1);
    }
    assert_templates(&self, 1, 1);
}

static void
test_another_meaning_without_a_withdrawal_is_taken_and_counted(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    announce(&self, 0, FIRST, packets_octets);
    tell(&self, 0, FIRST, 0);
    g_assert_cmpuint(fixture_flow(&self.base, 0)->octets, ==, 7);
    g_assert_cmpuint(fixture_books(&self.base).malformed[REFUSED_REDEFINED], ==, 1);
}

/* Over UDP a template that is not repeated is forgotten after a day; in a session it comes only once. */
static void
test_a_template_lives_as_long_as_its_stream(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    for (int days = 0; days < 10; days++) {
        self.base.now_ms += 24 * 3600 * 1000;
        decoder_flush(self.base.decoder, (WallTime){ self.base.now_ms });
    }
    tell(&self, 0, FIRST, 0);
    g_assert_cmpuint(self.base.records->len, ==, 1);
}

static void
test_loss_that_is_open_is_told_when_the_stream_ends(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    tell(&self, 0, FIRST, 0);
    tell(&self, 0, FIRST, 11); /* the exporter could not send ten */
    g_assert_cmpuint(self.base.losses->len, ==, 0);
    end(&self, 0);
    decoder_flush(self.base.decoder, (WallTime){ self.base.now_ms });
    g_assert_cmpuint(self.base.losses->len, ==, 1);
    g_assert_cmpuint(g_array_index(self.base.losses, FlowLoss, 0).records, ==, 10);
}

/* Templates of a session are nothing to keep over a restart. */
static void
test_nothing_of_a_stream_is_saved(void)
{
    const DecoderConf conf = { .allow_all = true };
    const DecoderSink sink = { 0 };
    g_auto(Wired) self;
    Pen pen;

    wired_init(&self);
    pen_announce(&pen, FIRST, octets_packets);
    bring_pen(&self, 0, &pen);
    fixture_send(&self.base, &pen);
    g_autoptr(GBytes) state = decoder_save(self.base.decoder);
    g_autoptr(Decoder) second = decoder_new(&conf, &sink);
    g_assert_true(decoder_restore(second, state, NULL));
    json_t *exporter =
        exporter_to_json(exporter_table_get(decoder_exporters(second), 0), (WallTime){ self.base.now_ms });
    json_t *domains = json_object_get(exporter, "domains");
    g_assert_cmpuint(json_array_size(domains), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(domains, 0), "transport")), ==, "udp");
    json_decref(exporter);
}

static void
test_a_session_is_shown_with_its_certificate_s_name(void)
{
    g_auto(Wired) self;

    wired_init(&self);
    announce(&self, 0, FIRST, octets_packets);
    json_t *exporter = fixture_exporter(&self.base, 0);
    json_t *session = json_array_get(json_object_get(exporter, "sessions"), 0);
    g_assert_cmpstr(json_string_value(json_object_get(exporter, "transport")), ==, "tls");
    g_assert_cmpstr(json_string_value(json_object_get(session, "certificateName")), ==, "r1.example.net");
    g_assert_cmpint(json_integer_value(json_object_get(session, "messages")), ==, 1);
    g_assert_cmpint(json_integer_value(json_object_get(session, "sourcePort")), ==, 40000);
    g_assert_null(finding(exporter, "disconnected"));
    json_decref(exporter);
    end(&self, 0);
    self.base.now_ms += 60000;
    exporter = fixture_exporter(&self.base, 0);
    g_assert_cmpuint(json_array_size(json_object_get(exporter, "sessions")), ==, 0);
    assert_has(json_string_value(json_object_get(finding(exporter, "disconnected"), "text")),
               "tls, ended 60 s ago");
    json_decref(exporter);
}

static void
test_who_may_not_send_gets_no_session(void)
{
    const DecoderConf conf = { 0 }; /* loopback only */
    const DecoderSink sink = { 0 };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    MessageStream stream;
    SessionPeer peer = { .address = ip_from_v4(0xc0000201), .transport = TRANSPORT_TCP };
    Refusal why = N_REFUSALS;

    g_assert_false(decoder_admits(decoder, &peer.address));
    g_assert_false(message_stream_begin(&stream, decoder, &peer, (WallTime){ 1 }, &why));
    g_assert_cmpint(why, ==, REFUSED_NOT_ALLOWED);
    message_stream_end(&stream, (WallTime){ 1 });
}

/* More waits than there is work for at once: what has not had its turn yet goes with the session, counted. */
static void
test_what_is_due_goes_with_its_session(void)
{
    enum { MESSAGES = 40, TINY = 8000 };
    g_autofree uint8_t *message = g_malloc0(16 + 4 + TINY);
    g_auto(Wired) self;
    Pen pen;

    wired_init(&self);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        pen_ipfix(&pen, SECONDS, i * TINY, DOMAIN);
        pen_put(&pen, FIRST, 2);
        pen_put(&pen, 4 + TINY, 2);
        pen.bytes[2] = (16 + 4 + TINY) >> 8;
        pen.bytes[3] = (16 + 4 + TINY) & 0xff;
        memcpy(message, pen.bytes, pen.n);
        bring(&self, 0, message, 16 + 4 + TINY);
    }
    pen_ipfix(&pen, SECONDS, MESSAGES * TINY, DOMAIN);
    pen_template_set(&pen, FIRST, (const uint16_t[]){ 4, 1, 0 });
    bring_pen(&self, 0, &pen);
    end(&self, 0);
    decoder_finish(self.base.decoder, (WallTime){ self.base.now_ms });
    Books books = fixture_books(&self.base);
    g_assert_cmpuint(books.held_sets, ==, MESSAGES);
    g_assert_cmpuint(books.held_dropped_sets, >, 0);
    g_assert_cmpuint(books.late_records + books.given_up_records + books.held_dropped_sets * TINY, ==,
                     MESSAGES * TINY);
}

/* A message of nothing but withdrawals: what there is no work for is left. */
static void
test_withdrawals_cost_too(void)
{
    enum { MOST = 65535, MANY = (MOST - 20) / 4 };
    g_autofree uint8_t *message = g_malloc0(MOST);
    g_auto(Wired) self;
    Pen pen;

    wired_init(&self);
    pen_ipfix(&pen, SECONDS, 0, DOMAIN);
    pen_put(&pen, 2, 2);
    pen_put(&pen, 4 + MANY * 4, 2);
    pen.bytes[2] = (20 + MANY * 4) >> 8;
    pen.bytes[3] = (20 + MANY * 4) & 0xff;
    memcpy(message, pen.bytes, pen.n);
    for (size_t i = 0; i < MANY; i++)
        message[20 + 4 * i] = 1; /* 256 */
    bring(&self, 0, message, 20 + MANY * 4);
    Books books = fixture_books(&self.base);
    g_assert_cmpuint(books.malformed[REFUSED_WORK_QUOTA], ==, 1);
    g_assert_cmpuint(books.malformed[REFUSED_WITHDRAWAL_UNKNOWN], >, 1000);
    g_assert_cmpuint(books.malformed[REFUSED_WITHDRAWAL_UNKNOWN], <, MANY);
}

#define ADD(name, function) g_test_add_func("/collector/session/" name, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("one-id-means-two-things-in-two-streams", test_one_id_means_two_things_in_two_streams);
    ADD("datagrams-and-streams-of-one-exporter-are-kept-apart",
        test_datagrams_and_streams_of_one_exporter_are_kept_apart);
    ADD("templates-go-with-their-stream", test_templates_go_with_their_stream);
    ADD("what-waits-for-a-template-is-given-up-with-its-stream",
        test_what_waits_for_a_template_is_given_up_with_its_stream);
    ADD("a-withdrawn-template-is-forgotten", test_a_withdrawn_template_is_forgotten);
    ADD("all-templates-of-a-kind-are-withdrawn-at-once", test_all_templates_of_a_kind_are_withdrawn_at_once);
    ADD("the-withdrawal-of-what-is-not-there-is-counted",
        test_the_withdrawal_of_what_is_not_there_is_counted);
    ADD("another-meaning-without-a-withdrawal-is-taken-and-counted",
        test_another_meaning_without_a_withdrawal_is_taken_and_counted);
    ADD("a-template-lives-as-long-as-its-stream", test_a_template_lives_as_long_as_its_stream);
    ADD("loss-that-is-open-is-told-when-the-stream-ends",
        test_loss_that_is_open_is_told_when_the_stream_ends);
    ADD("nothing-of-a-stream-is-saved", test_nothing_of_a_stream_is_saved);
    ADD("a-session-is-shown-with-its-certificate-s-name",
        test_a_session_is_shown_with_its_certificate_s_name);
    ADD("withdrawals-cost-too", test_withdrawals_cost_too);
    ADD("what-is-due-goes-with-its-session", test_what_is_due_goes_with_its_session);
    ADD("who-may-not-send-gets-no-session", test_who_may_not_send_gets_no_session);
    return g_test_run();
}
