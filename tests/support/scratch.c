/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scratch.c - see scratch.h */
#include "tests/support/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

enum { OPEN_FOLDERS = 16 };

Scratch *
scratch_new(const char *name)
{
    g_autofree char *template = g_strdup_printf("talaya-%s-XXXXXX", name);
    g_autoptr(GError) error = NULL;
    Scratch *self = g_dir_make_tmp(template, &error);

    g_assert_no_error(error);
    return self;
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path);
}

void
scratch_free(Scratch *self)
{
    if (self == NULL)
        return;
    if (nftw(self, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        g_error("%s cannot be removed: %s", self, g_strerror(errno));
    g_free(self);
}

char *
scratch_write(const Scratch *self, const char *name, const char *text)
{
    char *path = g_build_filename(self, name, NULL);
    g_autoptr(GError) error = NULL;

    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    return path;
}
