/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-netflow5.c - datagrams of NetFlow v1, v5 and v7 */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    fuzz_protocol(FUZZ_NETFLOW5, bytes, length);
    return 0;
}
