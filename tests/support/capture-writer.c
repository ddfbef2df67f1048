/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture-writer.c - see capture-writer.h */
#include "tests/support/capture-writer.h"

#include <string.h>

struct CaptureWriter {
    FILE *file;
    bool failed;
};

static void
put(CaptureWriter *self, const void *bytes, size_t length)
{
    self->failed |= fwrite(bytes, 1, length, self->file) != length;
}

CaptureWriter *
capture_writer_open(const char *path)
{
    FILE *file = fopen(path, "wbe");

    return file == NULL ? NULL : capture_writer_to(file);
}

CaptureWriter *
capture_writer_to(FILE *file)
{
    const uint32_t header[6] = { 0xa1b2c3d4, 2 | 4u << 16, 0, 0, 262144, 1 }; /* version 2.4, Ethernet */
    CaptureWriter *self = g_new0(CaptureWriter, 1);

    self->file = file;
    put(self, header, sizeof header);
    return self;
}

bool
capture_writer_close(CaptureWriter *self)
{
    bool ok = fclose(self->file) == 0 && !self->failed;

    g_free(self);
    return ok;
}

void
capture_writer_add_frame(CaptureWriter *self, int64_t time_ms, const void *bytes, size_t length)
{
    const uint32_t header[4] = { (uint32_t)(time_ms / 1000), (uint32_t)(time_ms % 1000) * 1000,
                                 (uint32_t)length, (uint32_t)length };

    put(self, header, sizeof header);
    put(self, bytes, length);
}

static uint8_t *
be(uint8_t *at, uint32_t value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        at[i] = (uint8_t)(value >> (8 * (length - 1 - i)));
    return at + length;
}

void
capture_writer_add(CaptureWriter *self, int64_t time_ms, uint32_t source, uint16_t source_port,
                   uint32_t destination, uint16_t destination_port, const void *bytes, size_t length)
{
    static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
    g_autofree uint8_t *frame = g_malloc(42 + length);
    uint8_t *at = frame;

    memcpy(at, macs, sizeof macs);
    at = be(at + sizeof macs, 0x0800, 2);
    at = be(at, 0x4500u << 16 | (uint32_t)(28 + length), 4);
    at = be(at, 0, 4);
    at = be(at, 0x4011u << 16, 4); /* TTL 64, UDP, no checksum */
    at = be(at, source, 4);
    at = be(at, destination, 4);
    at = be(at, (uint32_t)source_port << 16 | destination_port, 4);
    at = be(at, (uint32_t)(8 + length) << 16, 4);
    memcpy(at, bytes, length);
    capture_writer_add_frame(self, time_ms, frame, 42 + length);
}
