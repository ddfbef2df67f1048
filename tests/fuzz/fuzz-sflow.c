/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-sflow.c - datagrams of sFlow v5 */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    fuzz_protocol(FUZZ_SFLOW, bytes, length);
    return 0;
}
