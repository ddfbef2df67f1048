/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-netflow9.c - datagrams of NetFlow v9 */
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    fuzz_protocol(FUZZ_NETFLOW9, bytes, length);
    return 0;
}
