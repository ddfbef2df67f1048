/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture.c - see capture.h */
#include "collector/capture.h"
#include "collector/message-start.h"
#include "collector/packet.h"

#include <errno.h>
#include <gio/gio.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAGIC_BYTES = 4, CHAIN_LOOK = 8 };

typedef enum CaptureKind { CAPTURE_PCAP, CAPTURE_IPFIX, CAPTURE_RAW } CaptureKind;

struct Capture {
    char *path;
    CaptureKind kind;
    FILE *file; /* of the other two kinds; a pcap_t owns its own */
    uint64_t size, at;
    pcap_t *pcap;
    PacketReader *packets;
    uint16_t destination_port;
    CaptureCounters counters;
    uint8_t room[DATAGRAM_MOST + DATAGRAM_SLACK];
};

/* ---- opening ---- */

static bool
fail_errno(const char *path, int code, GError **error)
{
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", path, g_strerror(code));
    return false;
}

static bool
is_pcap_magic(const uint8_t bytes[MAGIC_BYTES])
{
    static const uint32_t magics[] = {
        0xa1b2c3d4, 0xd4c3b2a1, /* microseconds, either byte order */
        0xa1b23c4d, 0x4d3cb2a1, /* nanoseconds */
        0xa1b2cd34, 0x34cdb2a1, /* a variant with longer packet headers */
        0x0a0d0d0a,             /* pcapng: the same both ways round */
    };
    uint32_t magic;

    memcpy(&magic, bytes, sizeof magic);
    for (size_t i = 0; i < G_N_ELEMENTS(magics); i++)
        if (magic == magics[i])
            return true;
    return false;
}

/* The length of the message that begins at @at; false when none does. */
static bool
read_message_start(FILE *file, uint64_t at, size_t *length)
{
    uint8_t bytes[MESSAGE_START];

    return fseeko(file, (off_t)at, SEEK_SET) == 0 && fread(bytes, 1, sizeof bytes, file) == sizeof bytes &&
           message_start_read(bytes, sizeof bytes, length) == MESSAGE_START_SOUND;
}

/*
 * IPFIX messages back to back? A raw datagram of IPFIX looks like a file with one message, and is given in
 * the same way. A single message that is shorter or longer than its header says goes to the decoder as it
 * came, for it counts that; a second message makes it a file, and what then breaks the chain is damage to the
 * file.
 */
static bool
is_ipfix_file(FILE *file, const char *path, uint64_t size)
{
    uint64_t at = 0;
    unsigned messages = 0;

    while (messages < CHAIN_LOOK && at < size) {
        size_t length = 0;
        if (!read_message_start(file, at, &length) || (messages == 0 && length > size))
            break;
        messages++;
        at += length;
    }
    if (messages == 1 && at < size)
        return size > DATAGRAM_MOST || g_str_has_suffix(path, ".ipfix");
    return messages > 0;
}

static bool
open_pcap(Capture *self, GError **error)
{
    char words[PCAP_ERRBUF_SIZE] = "";

    self->kind = CAPTURE_PCAP;
    self->pcap = pcap_open_offline(self->path, words);
    if (self->pcap == NULL) {
        bool names_it = g_str_has_prefix(words, self->path);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s%s%s", names_it ? "" : self->path,
                    names_it ? "" : ": ", words);
        return false;
    }
    int link_type = pcap_datalink(self->pcap);
    self->packets = packet_reader_new(link_type);
    if (self->packets != NULL)
        return true;
    const char *name = pcap_datalink_val_to_name(link_type);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s: link layer %s (%d) is not known here",
                self->path, name != NULL ? name : "?", link_type);
    return false;
}

static bool
open_file(Capture *self, GError **error)
{
    uint8_t magic[MAGIC_BYTES] = { 0 };
    struct stat info;

    self->file = fopen(self->path, "rbe");
    if (self->file == NULL || fstat(fileno(self->file), &info) != 0)
        return fail_errno(self->path, errno, error);
    if (!S_ISREG(info.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s: %s", self->path,
                    S_ISDIR(info.st_mode) ? "is a folder" : "is no ordinary file");
        return false;
    }
    self->size = (uint64_t)info.st_size;
    if (self->size == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: the file is empty", self->path);
        return false;
    }
    size_t n = fread(magic, 1, sizeof magic, self->file);
    if (n == 0 && ferror(self->file))
        return fail_errno(self->path, errno, error);
    if (n == sizeof magic && is_pcap_magic(magic))
        return open_pcap(self, error);
    bool is_version_10 = n >= 2 && magic[0] == 0 && magic[1] == MESSAGE_VERSION;
    self->kind =
        is_version_10 && is_ipfix_file(self->file, self->path, self->size) ? CAPTURE_IPFIX : CAPTURE_RAW;
    if (self->kind == CAPTURE_RAW && self->size >= DATAGRAM_MOST) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: no pcap, pcapng or IPFIX file, and with %" G_GUINT64_FORMAT
                    " bytes too large for one datagram",
                    self->path, self->size);
        return false;
    }
    rewind(self->file);
    return true;
}

Capture *
capture_open(const char *path, GError **error)
{
    g_autoptr(Capture) self = g_new0(Capture, 1);

    self->path = g_strdup(path);
    if (!open_file(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
capture_close(Capture *self)
{
    if (self == NULL)
        return;
    if (self->file != NULL)
        fclose(self->file);
    g_clear_pointer(&self->pcap, pcap_close);
    g_clear_pointer(&self->packets, packet_reader_free);
    g_free(self->path);
    g_free(self);
}

/* ---- reading ---- */

/* The bytes behind the datagram are zero, so that the same file gives the same results every time. */
static void
give(Capture *self, size_t length, Datagram *out)
{
    memset(self->room + length, 0, DATAGRAM_SLACK);
    *out = (Datagram){ .bytes = self->room, .length = length, .source = ip_from_v4(0x7f000001) };
    self->counters.datagrams++;
}

static int
damaged(const Capture *self, GError **error, const char *words)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s at byte %" G_GUINT64_FORMAT, self->path,
                words, self->at);
    return -1;
}

static int
next_packet(Capture *self, Datagram *out, GError **error)
{
    struct pcap_pkthdr *header;
    const uint8_t *frame;
    int result;

    while ((result = pcap_next_ex(self->pcap, &header, &frame)) == 1) {
        UdpPacket udp;
        PacketKind kind = packet_read(self->packets, frame, header->caplen, &udp);
        if (kind == PACKET_OTHER)
            self->counters.other++;
        if (kind != PACKET_UDP)
            continue;
        size_t length = MIN(udp.length, (size_t)DATAGRAM_MOST);
        memcpy(self->room, udp.payload, length);
        give(self, length, out);
        self->counters.cut += udp.is_cut;
        self->destination_port = udp.destination_port;
        out->source = udp.source;
        out->source_port = udp.source_port;
        out->received.ms = (int64_t)header->ts.tv_sec * 1000 + header->ts.tv_usec / 1000;
        return 1;
    }
    if (result == PCAP_ERROR_BREAK) /* libpcap's word for the end of the file */
        return 0;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: after %" G_GUINT64_FORMAT " datagrams: %s",
                self->path, self->counters.datagrams, pcap_geterr(self->pcap));
    return -1;
}

static int
next_message(Capture *self, Datagram *out, GError **error)
{
    if (self->at == self->size)
        return 0;
    size_t n = fread(self->room, 1, MESSAGE_HEADER, self->file), length = 0;
    MessageStart start = message_start_read(self->room, n, &length);
    if (n == 0)
        return ferror(self->file) ? damaged(self, error, "cannot be read") : 0;
    if (n < MESSAGE_HEADER)
        return damaged(self, error, "the file is cut short in the header of a message");
    if (start != MESSAGE_START_SOUND)
        return damaged(self, error, "no IPFIX message begins");
    size_t rest = length - MESSAGE_HEADER;
    if (fread(self->room + MESSAGE_HEADER, 1, rest, self->file) != rest)
        return damaged(self, error, "the file is cut short in the message that begins");
    self->at += length;
    give(self, length, out);
    return 1;
}

static int
next_raw(Capture *self, Datagram *out, GError **error)
{
    if (self->at > 0)
        return 0;
    size_t n = fread(self->room, 1, DATAGRAM_MOST, self->file);
    if (n != self->size)
        return damaged(self, error, "cannot be read to its end, from the datagram that begins");
    self->at = n;
    give(self, n, out);
    return 1;
}

int
capture_next(Capture *self, Datagram *out, GError **error)
{
    switch (self->kind) {
    case CAPTURE_PCAP:
        return next_packet(self, out, error);
    case CAPTURE_IPFIX:
        return next_message(self, out, error);
    default:
        return next_raw(self, out, error);
    }
}

void
capture_counters(const Capture *self, CaptureCounters *out)
{
    *out = self->counters;
    out->fragments = self->packets == NULL ? 0 : packet_reader_unfinished(self->packets);
}

static void
complain(GString *to, uint64_t n, const char *words)
{
    if (n > 0)
        g_string_append_printf(to, "%s%" G_GUINT64_FORMAT " %s", to->len > 0 ? "; " : "", n, words);
}

char *
capture_shortcomings(const Capture *self)
{
    g_autoptr(GString) found = g_string_new(NULL);
    CaptureCounters counters;

    capture_counters(self, &counters);
    complain(found, counters.cut,
             "datagram(s) cut short by the capture's snap length (tcpdump -s 0 keeps them whole)");
    complain(found, counters.fragments, "datagram(s) given up, because fragments of them are missing");
    if (counters.datagrams == 0)
        complain(found, counters.other,
                 "packet(s), and none of them UDP (IPFIX over TCP is not read from captures)");
    return found->len == 0 ? NULL : g_strdup_printf("%s: %s", self->path, found->str);
}

uint16_t
capture_destination_port(const Capture *self)
{
    return self->destination_port;
}
