/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-csv-assets.c - the inventory of assets, as an operator may have written it */
#include "scoring/asset.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    IpPrefix prefix = { .address = ip_from_v4(0xc6120000), .length = 111 };
    IpAddress inside = ip_from_v4(0xc6120001);
    FuzzFile file = fuzz_file_open(bytes, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(AssetTable) assets = asset_table_new(&prefix, 1, file.path, &error);

    FUZZ_CHECK((assets == NULL) == (error != NULL));
    if (assets != NULL) {
        FUZZ_CHECK(asset_table_has(assets, &inside));
        asset_table_find(assets, &inside);
    }
    fuzz_file_close(&file);
    return 0;
}
