/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver.c - runs a fuzz target as a plain test: over its seeds, and over many small damages to them
 *
 *   fuzz-NAME-test NAME VECTORS FINDINGS
 *                                    TAP; real exporters' datagrams take part where the folder is there, and
 *                                    what was found once, in FINDINGS/NAME
 *   fuzz-NAME-test --file FILE...    runs the target on each file: to look at a finding
 *   fuzz-NAME-test --files FILE...   the same with one decoder that hears them all, as a storm's
 *   fuzz-NAME-test --storm SECONDS SEED FINDINGS FOLDER...
 *                                    see storm.h; the inputs of the folders are what it begins with
 */
#include "tests/fuzz/damage.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/storm.h"
#include "tests/support/generator.h"

#include <stdio.h>
#include <string.h>

enum { DAMAGES = 60, DAMAGES_OF_LARGE = 10, LARGE = 20000, LONGER = 64 };

typedef struct Counts {
    unsigned seeds, damaged;
    uint64_t random;
} Counts;

/* A copy of just its length, so that a sanitizer sees each byte read behind it. */
static void
run_copy(const uint8_t *bytes, size_t length)
{
    g_autofree uint8_t *copy = g_memdup2(bytes, length);

    LLVMFuzzerTestOneInput(copy, length);
}

static void
run_seed(void *user, const void *bytes, size_t length)
{
    Counts *counts = user;
    unsigned damages = length > LARGE ? DAMAGES_OF_LARGE : DAMAGES;
    size_t most = length + LONGER;
    g_autofree uint8_t *copy = g_malloc(most);

    run_copy(bytes, length);
    counts->seeds++;
    for (unsigned i = 0; i < damages; i++, counts->damaged++) {
        memcpy(copy, bytes, length);
        size_t damaged = length;
        for (unsigned times = 1 + i % 3; times > 0; times--)
            damaged = damage(&counts->random, copy, damaged, most);
        run_copy(copy, damaged);
    }
}

static int
run_files(char **paths)
{
    for (; *paths != NULL; paths++) {
        g_autofree char *bytes = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;
        if (!g_file_get_contents(*paths, &bytes, &length, &error)) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        run_copy((const uint8_t *)bytes, length);
        printf("%s: nothing found\n", *paths);
    }
    return 0;
}

/* How many inputs of the folder there are; all of them were run. */
static unsigned
run_findings(const char *findings, const char *name)
{
    g_autofree char *folder = g_build_filename(findings, name, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *file;
    unsigned n = 0;

    while (dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        g_autofree char *bytes = NULL;
        gsize length;

        if (!g_file_get_contents(path, &bytes, &length, NULL))
            g_error("cannot read %s", path);
        run_copy((const uint8_t *)bytes, length);
        n++;
    }
    return n;
}

/* SECONDS SEED FINDINGS FOLDER... */
static int
run_storm(int argc, char **argv)
{
    g_autoptr(Storm) storm = storm_new(g_ascii_strtoull(argv[1], NULL, 10));

    for (int i = 3; i < argc; i++)
        if (storm_add_folder(storm, argv[i]) == 0)
            return 2;
    bool is_well = storm_run(storm, g_ascii_strtod(argv[0], NULL), argv[2]);
    printf("%" G_GUINT64_FORMAT " runs\n", storm_inputs_run(storm));
    return is_well ? 0 : 1;
}

int
main(int argc, char **argv)
{
    Counts generated = { .random = 11 }, real = { .random = 12 };

    fuzz_take_care(&(FuzzCare){ .twin_in = 16, .print_in = 32, .thorough_in = 4096 });
    if (argc > 5 && strcmp(argv[1], "--storm") == 0)
        return run_storm(argc - 2, argv + 2);
    if (argc > 2 && strcmp(argv[1], "--files") == 0) {
        fuzz_keep((unsigned)argc - 2);
        return run_files(argv + 2);
    }
    fuzz_take_care(&(FuzzCare){ 1, 1, 1 });
    if (argc > 2 && strcmp(argv[1], "--file") == 0)
        return run_files(argv + 2);
    if (argc != 4) {
        fputs("usage: fuzz-NAME-test NAME VECTORS FINDINGS | --file FILE...\n", stderr);
        return 2;
    }
    puts("1..4");
    run_copy((const uint8_t *)"", 0);
    puts("ok 1 - an empty input is harmless");
    seeds_generated(argv[1], run_seed, &generated);
    printf("%s 2 - %u generated seeds and %u damaged ones are harmless\n",
           generated.seeds > 0 ? "ok" : "not ok", generated.seeds, generated.damaged);
    seeds_from_vectors(argv[1], argv[2], run_seed, &real);
    if (real.seeds == 0)
        puts(
            "ok 3 - real exporters' datagrams # SKIP none lie beside the clone, or none are for this target");
    else
        printf("ok 3 - %u sessions of real exporters and %u damaged ones are harmless\n", real.seeds,
               real.damaged);
    printf("ok 4 - %u inputs that once were findings are harmless\n", run_findings(argv[3], argv[1]));
    return generated.seeds > 0 ? 0 : 1;
}
