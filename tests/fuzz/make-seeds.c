/* SPDX-License-Identifier: GPL-3.0-or-later */
/* make-seeds.c - writes the seeds of each fuzz target to FOLDER/TARGET/, for libFuzzer (see run) */
#include "tests/fuzz/seeds.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct Folder {
    char *path;
    unsigned n;
    bool failed;
} Folder;

static void
write_seed(void *user, const void *bytes, size_t length)
{
    Folder *folder = user;
    g_autofree char *path = g_strdup_printf("%s/seed-%04u", folder->path, folder->n++);

    folder->failed |= !g_file_set_contents(path, bytes, (gssize)length, NULL);
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: make-seeds FOLDER [VECTORS]\n", stderr);
        return 2;
    }
    for (const char *const *target = seed_targets(); *target != NULL; target++) {
        Folder folder = { .path = g_build_filename(argv[1], *target, NULL) };
        folder.failed = g_mkdir_with_parents(folder.path, 0755) != 0;
        seeds_generated(*target, write_seed, &folder);
        seeds_hostile(*target, write_seed, &folder);
        if (argc > 2)
            seeds_from_vectors(*target, argv[2], write_seed, &folder);
        if (folder.failed)
            fprintf(stderr, "make-seeds: cannot write to %s: %s\n", folder.path, g_strerror(errno));
        printf("%s: %u seeds\n", *target, folder.n);
        bool failed = folder.failed;
        g_free(folder.path);
        if (failed)
            return 1;
    }
    return 0;
}
