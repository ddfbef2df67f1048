/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-capture.c - files that say they are captures */
#include "collector/capture.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    FuzzFile file = fuzz_file_open(bytes, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(file.path, &error);
    CaptureCounters counters;
    Datagram datagram;
    uint64_t n = 0, sum = 0;
    int got = 0;

    FUZZ_CHECK((capture == NULL) == (error != NULL));
    while (capture != NULL && (got = capture_next(capture, &datagram, &error)) > 0) {
        FUZZ_CHECK(datagram.length <= DATAGRAM_MOST);
        for (size_t i = 0; i < datagram.length + DATAGRAM_SLACK; i++)
            sum += datagram.bytes[i];
        n++;
    }
    FUZZ_CHECK((got < 0) == (error != NULL) || capture == NULL);
    if (capture != NULL) {
        capture_counters(capture, &counters);
        FUZZ_CHECK(counters.datagrams == n && sum <= n * 255 * (DATAGRAM_MOST + DATAGRAM_SLACK));
    }
    fuzz_file_close(&file);
    return 0;
}
