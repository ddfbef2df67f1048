/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture.c - see capture.h */
#include "collector/capture.h"
#include "collector/base/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_FILE_BYTES = 1 << 30, /* of raw and IPFIX files, which are read whole */
    IPFIX_HEADER = 16,
    MOST_VLAN_TAGS = 4,
    MOST_V6_HEADERS = 8,
};

typedef enum CaptureKind { CAPTURE_PCAP, CAPTURE_RAW, CAPTURE_IPFIX } CaptureKind;

struct Capture {
    char *path;
    CaptureKind kind;
    pcap_t *pcap;
    int link;       /* DLT_... */
    uint8_t *bytes; /* of a raw or IPFIX file, with slack behind */
    Cursor rest;
    uint8_t *room; /* one datagram of a pcap file, with slack */
    uint64_t skipped;
};

/* ---- opening ---- */

/* Messages of version 10 whose lengths lead exactly to the end: that is a file of RFC 5655. */
static bool
is_ipfix_file(const uint8_t *bytes, size_t length)
{
    Cursor cur = cursor_over(bytes, length);
    unsigned messages = 0;

    while (cursor_left(&cur) >= IPFIX_HEADER) {
        uint16_t version = cursor_u16(&cur), size = cursor_u16(&cur);
        if (version != 10 || size < IPFIX_HEADER)
            break;
        messages++;
        if (cursor_take(&cur, size - 4u) == NULL)
            break; /* cut short: still a file of messages if one before was whole */
    }
    return messages > 1;
}

static bool
open_pcap(Capture *self)
{
    char why[PCAP_ERRBUF_SIZE] = "";

    self->pcap = pcap_open_offline_with_tstamp_precision(self->path, PCAP_TSTAMP_PRECISION_MICRO, why);
    if (self->pcap == NULL)
        return false;
    self->kind = CAPTURE_PCAP;
    self->link = pcap_datalink(self->pcap);
    self->room = g_malloc0(DATAGRAM_MOST + DATAGRAM_SLACK);
    return true;
}

/* The magic numbers of pcap (both byte orders, micro- and nanoseconds) and of pcapng. */
static bool
is_pcap(const uint8_t *bytes, size_t length)
{
    static const uint8_t magics[][4] = { { 0xa1, 0xb2, 0xc3, 0xd4 },
                                         { 0xd4, 0xc3, 0xb2, 0xa1 },
                                         { 0xa1, 0xb2, 0x3c, 0x4d },
                                         { 0x4d, 0x3c, 0xb2, 0xa1 },
                                         { 0x0a, 0x0d, 0x0d, 0x0a } };

    for (size_t i = 0; i < G_N_ELEMENTS(magics) && length >= 4; i++)
        if (memcmp(bytes, magics[i], 4) == 0)
            return true;
    return false;
}

static bool
read_file(Capture *self, size_t size, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;

    if (size > MOST_FILE_BYTES) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "'%s' is no pcap and too large for raw datagrams", self->path);
        return false;
    }
    if (!g_file_get_contents(self->path, &bytes, &length, error))
        return false;
    self->bytes = g_malloc0(length + DATAGRAM_SLACK);
    memcpy(self->bytes, bytes, length);
    self->rest = cursor_over(self->bytes, length);
    self->kind = is_ipfix_file(self->bytes, length) ? CAPTURE_IPFIX : CAPTURE_RAW;
    if (self->kind == CAPTURE_RAW && length > DATAGRAM_MOST) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "'%s' is no pcap, no IPFIX file, and too large for one datagram", self->path);
        return false;
    }
    return true;
}

static bool
look_at_head(const char *path, uint8_t head[4], struct stat *status, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_readable = fd >= 0 && fstat(fd, status) == 0;
    int code = errno;

    if (is_readable && S_ISREG(status->st_mode) && status->st_size > 0)
        is_readable = read(fd, head, 4) >= 0;
    if (fd >= 0)
        close(fd);
    if (!is_readable)
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "cannot read '%s': %s", path,
                    g_strerror(code));
    else if (!S_ISREG(status->st_mode))
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "'%s' is no file", path);
    else if (status->st_size == 0)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "'%s' is empty", path);
    else
        return true;
    return false;
}

Capture *
capture_open(const char *path, GError **error)
{
    g_autoptr(Capture) self = g_new0(Capture, 1);
    uint8_t head[4] = { 0 };
    struct stat status;

    self->path = g_strdup(path);
    if (!look_at_head(path, head, &status, error))
        return NULL;
    if (is_pcap(head, MIN((size_t)status.st_size, sizeof head))) {
        if (open_pcap(self))
            return g_steal_pointer(&self);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "'%s' begins like a capture file but is damaged", path);
        return NULL;
    }
    return read_file(self, (size_t)status.st_size, error) ? g_steal_pointer(&self) : NULL;
}

void
capture_close(Capture *self)
{
    if (self == NULL)
        return;
    if (self->pcap != NULL)
        pcap_close(self->pcap);
    g_free(self->bytes);
    g_free(self->room);
    g_free(self->path);
    g_free(self);
}

uint64_t
capture_skipped(const Capture *self)
{
    return self->skipped;
}

/* ---- from a packet to its UDP payload ---- */

/* Steps over the link layer; the EtherType, or 0 when it is none of ours. */
static uint16_t
strip_link(int link, Cursor *cur)
{
    uint16_t type = 0;

    switch (link) {
    case DLT_EN10MB:
        cursor_take(cur, 12);
        type = cursor_u16(cur);
        for (int i = 0; i < MOST_VLAN_TAGS && (type == 0x8100 || type == 0x88a8 || type == 0x9100); i++) {
            cursor_take(cur, 2);
            type = cursor_u16(cur);
        }
        return type;
    case DLT_LINUX_SLL:
        cursor_take(cur, 14);
        return cursor_u16(cur);
    case DLT_LINUX_SLL2:
        type = cursor_u16(cur);
        cursor_take(cur, 18);
        return type;
    case DLT_NULL:
    case DLT_LOOP:
        cursor_take(cur, 4);
        break;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        break;
    default:
        return 0;
    }
    if (cur->failed || cursor_left(cur) == 0)
        return 0;
    return cur->at[0] >> 4 == 4 ? 0x0800 : cur->at[0] >> 4 == 6 ? 0x86dd : 0;
}

/* Leaves @cur over the UDP header and its payload. False for anything else, fragments included. */
static bool
strip_ipv4(Cursor *cur, Datagram *out)
{
    const uint8_t *head = cursor_take(cur, 20);

    if (head == NULL || head[0] >> 4 != 4 || head[9] != 17)
        return false;
    unsigned header = (head[0] & 15u) * 4u, total = (unsigned)head[2] << 8 | head[3];
    unsigned fragment = ((unsigned)head[6] << 8 | head[7]) & 0x3fff; /* more-fragments and offset */
    if (fragment != 0 || header < 20 || total < header || cursor_take(cur, header - 20) == NULL)
        return false;
    out->source =
        ip_from_v4((uint32_t)head[12] << 24 | (uint32_t)head[13] << 16 | (uint32_t)head[14] << 8 | head[15]);
    *cur = cursor_sub(cur, total - header); /* what lies behind is Ethernet padding */
    return !cur->failed;
}

static bool
strip_ipv6(Cursor *cur, Datagram *out)
{
    const uint8_t *head = cursor_take(cur, 40);

    if (head == NULL || head[0] >> 4 != 6)
        return false;
    uint8_t next = head[6];
    memcpy(out->source.bytes, head + 8, sizeof out->source.bytes);
    *cur = cursor_sub(cur, (size_t)head[4] << 8 | head[5]);
    for (int i = 0; i < MOST_V6_HEADERS && (next == 0 || next == 43 || next == 60); i++) {
        next = cursor_u8(cur);                     /* hop-by-hop, routing, destination options */
        cursor_take(cur, 6 + 8u * cursor_u8(cur)); /* its length counts 8 bytes behind the first 8 */
    }
    return !cur->failed && next == 17;
}

static bool
strip_to_udp(int link, Cursor cur, Datagram *out)
{
    uint16_t type = strip_link(link, &cur);
    bool is_udp = type == 0x0800 ? strip_ipv4(&cur, out) : type == 0x86dd && strip_ipv6(&cur, out);

    if (!is_udp)
        return false;
    out->source_port = cursor_u16(&cur);
    cursor_u16(&cur); /* destination */
    uint16_t length = cursor_u16(&cur);
    cursor_u16(&cur); /* checksum: exporters behind offloading hardware have wrong ones in captures */
    if (length < 8)
        return false;
    out->bytes = cursor_take(&cur, length - 8u);
    out->length = length - 8u;
    return out->bytes != NULL;
}

/* ---- one datagram after the other ---- */

static int
next_packet(Capture *self, Datagram *out, GError **error)
{
    for (;;) {
        struct pcap_pkthdr *header = NULL;
        const u_char *bytes = NULL;
        int got = pcap_next_ex(self->pcap, &header, &bytes);
        if (got == PCAP_ERROR_BREAK)
            return 0;
        if (got < 0) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "'%s' is cut short or damaged: %s",
                        self->path, pcap_geterr(self->pcap));
            return -1;
        }
        *out = (Datagram){ .received = { (int64_t)header->ts.tv_sec * 1000 + header->ts.tv_usec / 1000 } };
        if (!strip_to_udp(self->link, cursor_over(bytes, header->caplen), out)) {
            self->skipped++;
            continue;
        }
        memcpy(self->room, out->bytes, out->length); /* libpcap's buffer has no slack behind */
        out->bytes = self->room;
        return 1;
    }
}

static int
next_message(Capture *self, Datagram *out, GError **error)
{
    size_t length = cursor_left(&self->rest);

    if (length == 0)
        return 0;
    *out = (Datagram){ .bytes = self->rest.at, .source = ip_from_v4(0x7f000001) };
    if (self->kind == CAPTURE_IPFIX) {
        Cursor head = self->rest;
        uint16_t version = cursor_u16(&head), said = cursor_u16(&head);
        if (head.failed || version != 10 || said < IPFIX_HEADER || said > length) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "'%s' is cut short or damaged %zu bytes before its end", self->path, length);
            return -1;
        }
        length = said;
    }
    out->length = length;
    cursor_take(&self->rest, length);
    return 1;
}

int
capture_next(Capture *self, Datagram *out, GError **error)
{
    return self->kind == CAPTURE_PCAP ? next_packet(self, out, error) : next_message(self, out, error);
}
