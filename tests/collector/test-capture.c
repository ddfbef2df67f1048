/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-capture.c - datagrams are found in captures of every link layer, and in files of messages */
#include "collector/capture.h"
#include "tests/support/assert-has.h"
#include "tests/support/capture-writer.h"
#include "tests/support/scratch.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* Two IPFIX messages without sets: header of 16 bytes each. */
#define MESSAGE(sequence) 0, 10, 0, 16, 0x69, 0x55, 0xb9, 0, 0, 0, 0, sequence, 0, 0, 0, 1
static const uint8_t two_messages[] = { MESSAGE(1), MESSAGE(2) };

typedef struct Folder {
    Scratch *path;
    char *file; /* "capture" in it */
} Folder;

static void
set_up(Folder *self, gconstpointer data)
{
    self->path = scratch_new("capture");
    self->file = g_build_filename(self->path, "capture", NULL);
}

static void
tear_down(Folder *self, gconstpointer data)
{
    g_free(self->file);
    scratch_free(self->path);
}

static void
write_file(const Folder *self, const void *bytes, size_t length)
{
    g_assert_true(g_file_set_contents(self->file, bytes, (gssize)length, NULL));
}

static void
append_hex(GByteArray *out, const char *hex)
{
    for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
        if (*hex == ' ')
            hex++;
        uint8_t byte = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(out, &byte, 1);
    }
}

/* A capture with another link layer: pcap header, then one packet. */
static void
write_pcap(const Folder *self, uint32_t link_type, const char *packet)
{
    const uint32_t header[6] = { 0xa1b2c3d4, 2 | 4u << 16, 0, 0, 262144, link_type };
    g_autoptr(GByteArray) frame = g_byte_array_new(), file = g_byte_array_new();

    append_hex(frame, packet);
    const uint32_t record[4] = { 1767225600, 250000, frame->len, frame->len };
    g_byte_array_append(file, (const uint8_t *)header, sizeof header);
    g_byte_array_append(file, (const uint8_t *)record, sizeof record);
    g_byte_array_append(file, frame->data, frame->len);
    write_file(self, file->data, file->len);
}

#define UDP                                                                                                  \
    "c350 0807 000c 0000"                                                                                    \
    "deadbeef" /* port 50000 to 2055, four bytes */
#define IPV4 "4500 0020 0001 0000 4011 0000 c0000201 c00002c8" UDP
#define IPV6 "60000000 000c 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002" UDP
#define IPV6_HBH                                                                                             \
    "60000000 0014 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002 "                 \
    "1100050200000000" UDP

typedef struct LinkCase {
    const char *name;
    uint32_t link_type;
    const char *packet, *source;
} LinkCase;
static const LinkCase links[] = {
    { "ethernet", 1, "020000000002 020000000001 0800" IPV4, "192.0.2.1" },
    { "vlan", 1, "020000000002 020000000001 8100 0064 0800" IPV4, "192.0.2.1" },
    { "qinq", 1, "020000000002 020000000001 88a8 0064 8100 0065 86dd" IPV6, "2001:db8::1" },
    { "ethernet-padding", 1, "020000000002 020000000001 0800" IPV4 "000000000000", "192.0.2.1" },
    { "linux-cooked", 113, "0000 0001 0006 020000000001 0000 0800" IPV4, "192.0.2.1" },
    { "linux-cooked-2", 276, "86dd 0000 00000002 0001 00 06 0200000000010000" IPV6, "2001:db8::1" },
    { "raw-ip", 101, IPV4, "192.0.2.1" },
    { "loopback", 108, "00000002" IPV4, "192.0.2.1" },
    { "bsd-null", 0, "1e000000" IPV6, "2001:db8::1" },
    { "hop-by-hop-option", 101, IPV6_HBH, "2001:db8::1" },
};

static void
test_link_layer(Folder *self, gconstpointer data)
{
    const LinkCase *one = data;
    g_autoptr(GError) error = NULL;
    Datagram datagram;
    char text[IP_TEXT];

    write_pcap(self, one->link_type, one->packet);
    g_autoptr(Capture) capture = capture_open(self->file, &error);
    g_assert_no_error(error);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
    g_assert_cmpuint(datagram.length, ==, 4);
    g_assert_cmpint(memcmp(datagram.bytes, "\xde\xad\xbe\xef", 4), ==, 0);
    g_assert_cmpuint(datagram.bytes[4 + DATAGRAM_SLACK - 1], ==,
                     0); /* the slack is there, and is the same always */
    g_assert_cmpstr(ip_text(&datagram.source, text), ==, one->source);
    g_assert_cmpuint(datagram.source_port, ==, 50000);
    g_assert_cmpuint(capture_destination_port(capture), ==, 2055);
    g_assert_cmpint(datagram.received.ms, ==, 1767225600250);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 0);
    g_assert_no_error(error);
    g_assert_null(capture_shortcomings(capture));
}

static void
test_other_packets_are_passed_over(Folder *self, gconstpointer data)
{
    static const char tcp[] = "4500 0028 0001 0000 4006 0000 c0000201 c00002c8"
                              "c35000500000000000000000500220000000 0000";
    static const char *const packets[] = { tcp, "0001 0800 0604", "", "45", "f5" };
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        CaptureCounters counters;
        Datagram datagram;
        write_pcap(self, 101, packets[i]);
        g_autoptr(Capture) capture = capture_open(self->file, &error);
        g_assert_no_error(error);
        g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 0);
        capture_counters(capture, &counters);
        g_assert_cmpuint(counters.other, ==, 1);
        g_assert_cmpuint(counters.datagrams, ==, 0);
        g_autofree char *shortcomings = capture_shortcomings(capture);
        assert_has(shortcomings, "1 packet(s), and none of them UDP");
    }
}

/* A fragment of an IPv4 packet in Ethernet; @offset in bytes. */
static void
add_fragment(CaptureWriter *writer, uint16_t id, bool has_more, size_t offset, const void *bytes,
             size_t length)
{
    uint16_t total = (uint16_t)(20 + length), place = (uint16_t)((has_more ? 0x2000u : 0u) | offset / 8);
    uint8_t frame[2048] = { [1] = 2,    [7] = 1,  [12] = 0x08, [14] = 0x45, [22] = 64, [23] = 17,
                            [26] = 192, [28] = 2, [29] = 1,    [30] = 192,  [32] = 2,  [33] = 200 };

    frame[16] = (uint8_t)(total >> 8), frame[17] = (uint8_t)total;
    frame[18] = (uint8_t)(id >> 8), frame[19] = (uint8_t)id;
    frame[20] = (uint8_t)(place >> 8), frame[21] = (uint8_t)place;
    memcpy(frame + 34, bytes, length);
    capture_writer_add_frame(writer, 1767225600000, frame, 34 + length);
}

static void
test_fragments_become_one_datagram(Folder *self, gconstpointer data)
{
    uint8_t packet[3008] = { 0xc3, 0x50, 0x08, 0x07, 3008 >> 8, 3008 & 0xff };
    CaptureWriter *writer = capture_writer_open(self->file);
    g_autoptr(GError) error = NULL;
    CaptureCounters counters;
    Datagram datagram;

    for (size_t i = 8; i < sizeof packet; i++)
        packet[i] = (uint8_t)(i * 7);
    add_fragment(writer, 7, false, 2960, packet + 2960, 48); /* in another order than they were sent */
    add_fragment(writer, 7, true, 0, packet, 1480);
    add_fragment(writer, 8, true, 0, packet, 1480); /* the rest of this one never comes */
    add_fragment(writer, 7, true, 0, packet, 1480); /* twice */
    add_fragment(writer, 7, true, 1480, packet + 1480, 1480);
    g_assert_true(capture_writer_close(writer));

    g_autoptr(Capture) capture = capture_open(self->file, &error);
    g_assert_no_error(error);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
    g_assert_cmpuint(datagram.length, ==, 3000);
    g_assert_cmpint(memcmp(datagram.bytes, packet + 8, 3000), ==, 0);
    g_assert_cmpuint(datagram.source_port, ==, 50000);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 0);
    capture_counters(capture, &counters);
    g_assert_cmpuint(counters.fragments, ==, 1);
    g_autofree char *shortcomings = capture_shortcomings(capture);
    assert_has(shortcomings, ": 1 datagram(s) given up, because fragments of them are missing");
}

static void
test_packets_before_the_cut_are_given(Folder *self, gconstpointer data)
{
    CaptureWriter *writer = capture_writer_open(self->file);
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    Datagram datagram;

    for (int i = 0; i < 3; i++)
        capture_writer_add(writer, 1767225600000, 0xc0000201, 50000, 0xc00002c8, 2055, "12345678", 8);
    capture_writer_close(writer);
    g_assert_true(g_file_get_contents(self->file, &bytes, &length, NULL));
    write_file(self, bytes, length - 5);

    g_autoptr(Capture) capture = capture_open(self->file, &error);
    g_assert_no_error(error);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, -1);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    assert_has(error->message, self->file);
}

static void
test_messages_back_to_back_are_a_file(Folder *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Datagram datagram;

    write_file(self, two_messages, sizeof two_messages);
    g_autoptr(Capture) capture = capture_open(self->file, &error);
    g_assert_no_error(error);
    for (uint8_t i = 1; i <= 2; i++) {
        g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
        g_assert_cmpuint(datagram.length, ==, 16);
        g_assert_cmpuint(datagram.bytes[11], ==, i);
        g_assert_cmpint(datagram.received.ms, ==, 0);
    }
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 0);
}

static void
test_a_cut_file_of_messages_says_where(Folder *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Datagram datagram;

    write_file(self, two_messages, sizeof two_messages - 3);
    g_autoptr(Capture) capture = capture_open(self->file, &error);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
    g_assert_cmpint(capture_next(capture, &datagram, &error), ==, -1);
    assert_has(error->message, "byte 16");
}

static void
test_anything_else_is_one_datagram(Folder *self, gconstpointer data)
{
    static const struct {
        const void *bytes;
        size_t length;
    } files[] = { { "\0\5\0\1abcd", 8 },                     /* NetFlow v5 */
                  { two_messages, 16 },                      /* one whole message */
                  { "\0\xa\5\x68zzzz", 8 },                  /* IPFIX that says it is longer than it is */
                  { "\0\xa\0\x10zzzzzzzzzzzz\0\0\0\0", 20 }, /* zeros behind the message */
                  { "x", 1 } };
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        Datagram datagram;
        char text[IP_TEXT];
        write_file(self, files[i].bytes, files[i].length);
        g_autoptr(Capture) capture = capture_open(self->file, &error);
        g_assert_no_error(error);
        g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 1);
        g_assert_cmpuint(datagram.length, ==, files[i].length);
        g_assert_cmpint(memcmp(datagram.bytes, files[i].bytes, files[i].length), ==, 0);
        g_assert_cmpstr(ip_text(&datagram.source, text), ==, "127.0.0.1");
        g_assert_cmpint(capture_next(capture, &datagram, &error), ==, 0);
    }
}

static void
expect_refusal(const char *path, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(path, &error);

    g_assert_null(capture);
    g_assert_nonnull(error);
    assert_has(error->message, path);
    assert_has(error->message, words);
}

static void
test_what_is_no_capture_is_refused(Folder *self, gconstpointer data)
{
    g_autofree uint8_t *large = g_malloc0(DATAGRAM_MOST + 1);

    expect_refusal(self->file, "No such file");
    expect_refusal(self->path, "folder");
    write_file(self, "", 0);
    expect_refusal(self->file, "empty");
    write_file(self, large, DATAGRAM_MOST + 1);
    expect_refusal(self->file, "too large");
    write_file(self, "\xd4\xc3\xb2\xa1\2\0", 6);
    expect_refusal(self->file, "");
    write_pcap(self, 105, "00"); /* IEEE 802.11 */
    expect_refusal(self->file, "IEEE802_11");
}

#define ADD(name, function) g_test_add("/collector/capture/" name, Folder, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
        g_autofree char *path = g_strdup_printf("/collector/capture/udp-is-found-in-%s", links[i].name);
        g_test_add(path, Folder, &links[i], set_up, test_link_layer, tear_down);
    }
    ADD("other-packets-are-passed-over", test_other_packets_are_passed_over);
    ADD("fragments-become-one-datagram", test_fragments_become_one_datagram);
    ADD("packets-before-the-cut-are-given", test_packets_before_the_cut_are_given);
    ADD("messages-back-to-back-are-a-file", test_messages_back_to_back_are_a_file);
    ADD("a-cut-file-of-messages-says-where", test_a_cut_file_of_messages_says_where);
    ADD("anything-else-is-one-datagram", test_anything_else_is_one_datagram);
    ADD("what-is-no-capture-is-refused", test_what_is_no_capture_is_refused);
    return g_test_run();
}
