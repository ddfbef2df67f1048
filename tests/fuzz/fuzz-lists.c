/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-lists.c - records with lists and packets in them, of templates that are known already
 *
 * A fixed message announces the templates; the input is the body of a data set, its first byte picks whose.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define U2(x) (uint8_t)((x) >> 8), (uint8_t)(x)
#define V     U2(65535)

/* The ids are 256 and on. */
static const uint8_t templates[] = {
    U2(2),      U2(4 + 16 + 16 + 12 + 16 + 12 + 20), /* a set of six */
    U2(256),    U2(3),
    U2(8),      U2(4),
    U2(12),     U2(4),
    U2(293),    V,
    U2(257),    U2(3),
    U2(7),      U2(2),
    U2(11),     U2(2),
    U2(292),    V,
    U2(258),    U2(2),
    U2(291),    V,
    U2(484),    V,
    U2(259),    U2(2),
    U2(1),      U2(8),
    U2(0x8001), U2(8),
    U2(0),      U2(29305),
    U2(260),    U2(2),
    U2(56),     U2(6),
    U2(80),     U2(6),
    U2(261),    U2(4),
    U2(315),    V,
    U2(312),    U2(2),
    U2(410),    U2(2),
    U2(409),    U2(2),
    U2(3),      U2(4 + 6 + 16), /* and one of options data: RFC 5610 */
    U2(262),    U2(4),
    U2(2),      U2(346),
    U2(4),      U2(303),
    U2(2),      U2(339),
    U2(1),      U2(341),
    V,
};

static void
put_header(uint8_t *at, size_t length)
{
    const uint8_t header[16] = { U2(10), U2(length), 0x69, 0x55, 0xb9, 0 };

    memcpy(at, header, sizeof header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    enum { HEADER = 16, SET = 4, BODY_MOST = 20000 };
    FuzzDecoder *decoder = fuzz_decoder_new(bytes, length, FUZZ_TWIN | FUZZ_KEEP);
    int64_t now_ms = fuzz_decoder_begin_ms(decoder);
    uint8_t preamble[HEADER + sizeof templates];

    put_header(preamble, sizeof preamble);
    memcpy(preamble + HEADER, templates, sizeof templates);
    fuzz_decoder_feed(decoder, preamble, sizeof preamble, 1, now_ms);
    if (length > 0) {
        size_t body = MIN(length - 1, (size_t)BODY_MOST), total = HEADER + SET + body;
        g_autofree uint8_t *message = g_malloc(total);
        const uint8_t set[SET] = { U2(256 + bytes[0] % 7), U2(SET + body) };

        put_header(message, total);
        memcpy(message + HEADER, set, SET);
        memcpy(message + HEADER + SET, bytes + 1, body);
        fuzz_decoder_feed(decoder, message, total, 1, now_ms);
        fuzz_decoder_feed(decoder, message, total, 1, now_ms); /* what was told is known now */
    }
    fuzz_decoder_check(decoder, now_ms + 1000);
    fuzz_decoder_free(decoder);
    return 0;
}
