/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-stream.c - several connections with IPFIX that come in pieces, end and begin again, and datagrams
 * between
 *
 * The input is read as for a session (fuzz.h): a byte of control, two of length, the bytes. Here the control
 * says which connection they come in (bits 0 and 1, 3: as a datagram), and whether it ends behind them (bit
 * 2).
 */
#include "collector/base/cursor.h"
#include "collector/message-stream.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { STREAMS = 3, READS_MOST = 256 };

typedef struct Connections {
    FuzzDecoder *decoder;
    MessageStream streams[STREAMS];
    WallTime now;
} Connections;

/* Two of them are from one exporter. */
static void
begin(Connections *self, unsigned i)
{
    const SessionPeer peer = { .address = ip_from_v4(0xc0000200u + i / 2),
                               .port = (uint16_t)(50000 + i),
                               .transport = TRANSPORT_TCP };
    Refusal why;

    FUZZ_CHECK(
        message_stream_begin(&self->streams[i], fuzz_decoder_get(self->decoder), &peer, self->now, &why));
}

static void
end(Connections *self, unsigned i)
{
    message_stream_end(&self->streams[i], self->now);
    FUZZ_CHECK(self->streams[i].kept == NULL && self->streams[i].session == NULL);
}

/* Into a room of just the right size. */
static void
bring(Connections *self, unsigned i, const uint8_t *bytes, size_t length, bool ends)
{
    MessageStream *stream = &self->streams[i];
    g_autofree uint8_t *room = g_malloc(DATAGRAM_MOST + length + DATAGRAM_SLACK);
    size_t kept = message_stream_lay_out(stream, room);
    g_autofree uint8_t *exact = g_malloc(kept + length + DATAGRAM_SLACK);

    memcpy(exact, room, kept);
    if (length > 0)
        memcpy(exact + kept, bytes, length);
    memset(exact + kept + length, 0xa5, DATAGRAM_SLACK);
    MessageStreamEnd result = message_stream_take(stream, exact, kept + length, self->now);
    FUZZ_CHECK(stream->n_kept <= stream->kept_room && stream->kept_room <= 64 << 10);
    if (result == MESSAGE_STREAM_GOES_ON && !ends)
        return;
    end(self, i);
    begin(self, i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Connections self = { .decoder = fuzz_decoder_new(bytes, length, FUZZ_KEEP) };
    Cursor cur = cursor_over(bytes, length);

    self.now.ms = fuzz_decoder_begin_ms(self.decoder);
    for (unsigned i = 0; i < STREAMS; i++)
        begin(&self, i);
    for (int i = 0; i < READS_MOST && cursor_left(&cur) >= 3; i++) {
        uint8_t control = cursor_u8(&cur);
        size_t wanted = cursor_u16(&cur), n = MIN(wanted, cursor_left(&cur));
        const uint8_t *at = cursor_take(&cur, n);

        self.now.ms += 10;
        if ((control & 3) == STREAMS)
            fuzz_decoder_feed(self.decoder, at, n, 0, self.now.ms);
        else
            bring(&self, control & 3, at, n, (control & 4) != 0);
    }
    fuzz_decoder_check(self.decoder, self.now.ms + 1000);
    for (unsigned i = 0; i < STREAMS; i++)
        end(&self, i);
    fuzz_decoder_check(self.decoder, self.now.ms + 2000);
    fuzz_decoder_free(self.decoder);
    return 0;
}
