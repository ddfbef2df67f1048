/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place-mmdb.c - places from MMDB files */
#include <gio/gio.h>

#include "scoring/place-builder.h"

bool
place_read_mmdb(PlaceBuilder *builder, const PlaceSource *source, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s: MMDB files cannot be read yet",
                source->path);
    return false;
}
