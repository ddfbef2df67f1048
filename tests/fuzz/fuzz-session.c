/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-session.c - many datagrams of any protocol, from several exporters, while time passes */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    FuzzDecoder *decoder = fuzz_decoder_new(bytes, length, FUZZ_TWIN | FUZZ_KEEP);

    fuzz_decoder_session(decoder, bytes, length);
    fuzz_decoder_free(decoder);
    return 0;
}
