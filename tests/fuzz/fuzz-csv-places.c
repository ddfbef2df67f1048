/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-csv-places.c - a table of network classes, as an operator or a vendor may have written it */
#include "scoring/place.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void
look_up(const PlaceTable *places, const IpAddress *ip)
{
    const Place *place = place_table_find(places, ip);
    json_t *object = place_explain_json(places, ip);

    FUZZ_CHECK(place != NULL && object != NULL);
    FUZZ_CHECK(place->access < N_ACCESS_CLASSES && place->anonymity < N_ANONYMITIES);
    char *text = json_dumps(object, JSON_COMPACT);
    FUZZ_CHECK(text != NULL);
    free(text);
    json_decref(object);
}

/* The first byte picks the kind of file. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    FuzzFile file = fuzz_file_open(bytes + 1, length - 1);
    PlaceSource source = { .name = (char *)"fuzz",
                           .type = bytes[0] % 4 == 3 ? PLACE_LIST : PLACE_CSV,
                           .path = file.path,
                           .map = bytes[0] % 4 == 3 ? (char *)"access:residential:90" : NULL,
                           .priority = 50 };
    g_autoptr(GError) error = NULL;
    g_autoptr(PlaceTable) places = place_table_new(&source, 1, NULL, 0, &error);

    FUZZ_CHECK((places == NULL) == (error != NULL));
    if (places != NULL) {
        static const uint32_t v4[] = { 0, 0xc6120001, 0xcb007105, 0xffffffff };
        for (size_t i = 0; i < G_N_ELEMENTS(v4); i++) {
            IpAddress ip = ip_from_v4(v4[i]);
            look_up(places, &ip);
        }
        look_up(places, &(IpAddress){ { 0x20, 0x01, 0x0d, 0xb8 } });
    }
    fuzz_file_close(&file);
    return 0;
}
