/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-mmdb.c - a database of places as a vendor may ship it, or a broken download */
#include "scoring/place.h"
#include "tests/fuzz/fuzz.h"

/* libmaxminddb 1.7.1 forgets a few kB when the metadata's list of languages is damaged: its leak, once a
 * load. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
    return "leak:libmaxminddb";
}

/* The first byte picks the preset. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const presets[] = { NULL, "maxmind-connection-type", "ipinfo", "ip2location" };

    if (length == 0)
        return 0;
    FuzzFile file = fuzz_file_open(bytes + 1, length - 1);
    PlaceSource source = { .name = (char *)"fuzz",
                           .type = PLACE_MMDB,
                           .path = file.path,
                           .preset = (char *)presets[bytes[0] % G_N_ELEMENTS(presets)],
                           .priority = 50 };
    g_autoptr(GError) error = NULL;
    g_autoptr(PlaceTable) places = place_table_new(&source, 1, NULL, 0, &error);

    FUZZ_CHECK((places == NULL) == (error != NULL));
    FUZZ_CHECK(error == NULL || g_utf8_validate(error->message, -1, NULL));
    if (places != NULL) {
        IpAddress ip = ip_from_v4(0x2d010203);
        json_t *object = place_explain_json(places, &ip);
        FUZZ_CHECK(object != NULL);
        json_decref(object);
    }
    fuzz_file_close(&file);
    return 0;
}
