/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-listed.c - lists of bad addresses as somebody may have made them; the first byte picks the kind of
 * file */
#include "scoring/list-builder.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static bool (*const readers[])(ListBuilder *, const char *, const char *, size_t,
                                   GError **) = { list_read_plain, list_read_csv, list_read_misp,
                                                  list_read_stix };
    g_autoptr(GError) error = NULL;

    if (length == 0)
        return 0;
    /* Without a byte behind it that is ours. */
    g_autofree char *text = g_memdup2(bytes + 1, length - 1);
    unsigned kind = bytes[0] % 5;
    if (kind == G_N_ELEMENTS(readers)) {
        GPtrArray *events = list_read_misp_manifest("fuzz", text, length - 1, &error);
        FUZZ_CHECK((events == NULL) == (error != NULL));
        if (events != NULL)
            g_ptr_array_unref(events);
        return 0;
    }
    ListBuilder *builder = list_builder_new();
    bool is_read = readers[kind](builder, "fuzz", text, length - 1, &error);
    FUZZ_CHECK(is_read == (error == NULL));
    FUZZ_CHECK(list_builder_count(builder) <= length);
    list_builder_free(builder);
    return 0;
}
