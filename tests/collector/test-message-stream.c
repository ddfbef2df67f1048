/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-message-stream.c - messages are found in bytes as a connection may bring them */
#include "collector/message-start.h"
#include "tests/collector/message-stream-fixture.h"

static void
append(GByteArray *to, const Pen *pen)
{
    g_byte_array_append(to, pen->bytes, (guint)pen->n);
}

/* A template and two messages with one record each, in one piece. */
static GByteArray *
three_messages(void)
{
    GByteArray *all = g_byte_array_new();
    Pen pen;

    pen_announce(&pen, FIRST, octets_packets);
    append(all, &pen);
    pen_tell(&pen, FIRST, 0);
    append(all, &pen);
    pen_tell(&pen, FIRST, 1);
    append(all, &pen);
    return all;
}

static void
assert_two_records(const Wired *self)
{
    g_assert_cmpuint(self->base.records->len, ==, 2);
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpuint(fixture_flow(&self->base, i)->octets, ==, 700);
        g_assert_cmpuint(fixture_flow(&self->base, i)->packets, ==, 7);
    }
    Books books = fixture_books(&self->base);
    g_assert_cmpuint(books.datagrams, ==, 3);
    g_assert_cmpuint(books.decoded, ==, 3);
    g_assert_cmpuint(books.sequence_lost, ==, 0);
}

static void
test_several_messages_in_one_read_are_all_decoded(void)
{
    g_autoptr(GByteArray) all = three_messages();
    g_auto(Wired) self;

    wired_init(&self);
    g_assert_cmpint(bring(&self, 0, all->data, all->len), ==, MESSAGE_STREAM_GOES_ON);
    assert_two_records(&self);
    g_assert_cmpuint(fixture_books(&self.base).bytes, ==, all->len);
}

static void
test_messages_are_found_however_they_are_torn(void)
{
    g_autoptr(GByteArray) all = three_messages();

    for (guint piece = 1; piece < all->len; piece++) {
        g_auto(Wired) self;

        wired_init(&self);
        for (guint at = 0; at < all->len; at += piece)
            g_assert_cmpint(bring(&self, 0, all->data + at, MIN(piece, all->len - at)), ==,
                            MESSAGE_STREAM_GOES_ON);
        assert_two_records(&self);
        g_assert_false(message_stream_is_torn(&self.streams[0]));
    }
}

/* The longest message that there is, behind most of another one: more than what fits a read. */
static void
test_the_longest_message_comes_in_pieces(void)
{
    static const uint8_t header[MESSAGE_HEADER] = { 0, 10, 0xff, 0xff, [15] = DOMAIN };
    g_autoptr(GByteArray) all = g_byte_array_new();
    g_auto(Wired) self;
    Pen pen;

    pen_announce(&pen, FIRST, octets_packets);
    append(all, &pen);
    g_byte_array_append(all, header, sizeof header);
    guint body = MESSAGE_MOST - sizeof header, n = (body - 4) / 8;
    const uint8_t set[] = { FIRST >> 8, FIRST & 0xff, (uint8_t)(body >> 8), (uint8_t)body };
    g_byte_array_append(all, set, sizeof set);
    guint at = all->len;
    g_byte_array_set_size(all, at + body - 4);
    memset(all->data + at, 0, body - 4);

    wired_init(&self);
    for (guint from = 0; from < all->len; from += 1448)
        g_assert_cmpint(bring(&self, 0, all->data + from, MIN(1448u, all->len - from)), ==,
                        MESSAGE_STREAM_GOES_ON);
    g_assert_cmpuint(self.base.records->len, ==, n);
    g_assert_cmpuint(self.streams[0].kept_room, <=, 64 << 10);
    message_stream_trim(&self.streams[0]);
    g_assert_null(self.streams[0].kept);
}

static void
test_what_is_no_ipfix_ends_the_stream(void)
{
    static const uint8_t starts[][4] = {
        { 0, 9, 0, 20 }, { 0, 5, 0, 1 }, { 'G', 'E', 'T', ' ' }, { 22, 3, 1, 2 }
    };

    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
        g_autoptr(GByteArray) all = three_messages(), more = three_messages();
        g_auto(Wired) self;

        wired_init(&self);
        g_byte_array_append(all, starts[i], 4);
        g_byte_array_append(all, more->data, more->len); /* what follows cannot be found any more */
        g_assert_cmpint(bring(&self, 0, all->data, all->len), ==, MESSAGE_STREAM_VERSION);
        Books books = fixture_books(&self.base);
        g_assert_cmpuint(books.decoded, ==, 3);
        g_assert_cmpuint(books.refused[REFUSED_STREAM_VERSION], ==, 1);
        g_assert_cmpuint(books.bytes, ==, all->len);
    }
}

static void
test_a_length_that_cannot_be_ends_the_stream(void)
{
    for (int length = 0; length < MESSAGE_HEADER; length++) {
        const uint8_t start[MESSAGE_HEADER] = { 0, 10, 0, (uint8_t)length };
        g_auto(Wired) self;

        wired_init(&self);
        g_assert_cmpint(bring(&self, 0, start, sizeof start), ==, MESSAGE_STREAM_LENGTH);
        g_assert_cmpuint(fixture_books(&self.base).refused[REFUSED_HEADER_LENGTH], ==, 1);
    }
}

static void
test_the_beginning_of_a_message_is_torn_when_the_stream_ends(void)
{
    g_autoptr(GByteArray) all = three_messages();
    g_auto(Wired) self;

    wired_init(&self);
    bring(&self, 0, all->data, all->len - 1);
    g_assert_true(message_stream_is_torn(&self.streams[0]));
    end(&self, 0);
    Books books = fixture_books(&self.base);
    g_assert_cmpuint(books.datagrams, ==, 3);
    g_assert_cmpuint(books.decoded, ==, 2);
    g_assert_cmpuint(books.refused[REFUSED_TORN], ==, 1);
    g_assert_cmpuint(books.bytes, ==, all->len - 1);
}

/* A connection that is idle gives its memory back, but for a message that has begun. */
static void
test_a_torn_message_outlives_a_trim(void)
{
    g_autoptr(GByteArray) all = three_messages();
    g_auto(Wired) self;
    guint half = all->len - 5;

    wired_init(&self);
    bring(&self, 0, all->data, half);
    message_stream_trim(&self.streams[0]);
    bring(&self, 0, all->data + half, all->len - half);
    g_assert_cmpuint(self.base.records->len, ==, 2);
    g_assert_nonnull(self.streams[0].kept);
    message_stream_trim(&self.streams[0]);
    g_assert_null(self.streams[0].kept);
}

#define ADD(name, function) g_test_add_func("/collector/message-stream/" name, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("several-messages-in-one-read-are-all-decoded", test_several_messages_in_one_read_are_all_decoded);
    ADD("messages-are-found-however-they-are-torn", test_messages_are_found_however_they_are_torn);
    ADD("the-longest-message-comes-in-pieces", test_the_longest_message_comes_in_pieces);
    ADD("what-is-no-ipfix-ends-the-stream", test_what_is_no_ipfix_ends_the_stream);
    ADD("a-length-that-cannot-be-ends-the-stream", test_a_length_that_cannot_be_ends_the_stream);
    ADD("the-beginning-of-a-message-is-torn-when-the-stream-ends",
        test_the_beginning_of_a_message_is_torn_when_the_stream_ends);
    ADD("a-torn-message-outlives-a-trim", test_a_torn_message_outlives_a_trim);
    return g_test_run();
}
