/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-ipfix.c - datagrams of IPFIX */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    fuzz_protocol(FUZZ_IPFIX, bytes, length);
    return 0;
}
