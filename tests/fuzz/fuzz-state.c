/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-state.c - what the collector's state file may hold: the disk is not trusted more than the network
 *
 * It must be able to go on after a state that it refused, too.
 */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const uint8_t data[] = {
        0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 4, 0, 8, 0, 0, 0, 0
    }; /* a data set of template 260 */
    FuzzDecoder *decoder = fuzz_decoder_new(bytes, length, 0);
    g_autoptr(GBytes) state = g_bytes_new(bytes, length);
    g_autoptr(GError) error = NULL;

    if (!decoder_restore(fuzz_decoder_get(decoder), state, &error))
        FUZZ_CHECK(error != NULL);
    int64_t now_ms = fuzz_decoder_begin_ms(decoder);
    for (uint32_t exporter = 0; exporter < 3; exporter++)
        fuzz_decoder_feed(decoder, data, sizeof data, exporter, now_ms);
    fuzz_decoder_check(decoder, now_ms);
    fuzz_decoder_free(decoder);
    return 0;
}
