/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-storm.c - a storm finds what is wrong with its target, and nothing where nothing is */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/storm.h"
#include "tests/support/scratch.h"

#include <stdlib.h>
#include <string.h>

enum { BAD = 0xee };

typedef enum Fault { FAULT_NONE, FAULT_ENDS, FAULT_LEAKS } Fault;

/* There where the sanitizer is linked. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

static Fault *
fault(void)
{
    static Fault fault;

    return &fault;
}

static __attribute__((noinline)) void
lose_memory(const uint8_t *bytes)
{
    memcpy(g_malloc(64), bytes, 1); // NOLINT(clang-analyzer-unix.Malloc): that is what it is for
}

/* The target: does not bear an input that begins with a bad octet. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    bool is_bad = length > 0 && bytes[0] == BAD;

    if (is_bad && *fault() == FAULT_ENDS)
        abort();
    if (is_bad && *fault() == FAULT_LEAKS)
        lose_memory(bytes);
    return 0;
}

static bool
run(Fault what, const char *folder, double seconds)
{
    g_autofree char *findings = g_build_filename(folder, "found-", NULL);
    g_autoptr(Scratch) corpus = scratch_new("storm-corpus");
    g_autoptr(Storm) storm = storm_new(1);

    g_free(scratch_write(corpus, "seed", "a seed"));
    g_assert_cmpuint(storm_add_folder(storm, corpus), ==, 1);
    *fault() = what;
    bool is_well = storm_run(storm, seconds, findings);
    g_assert_cmpuint(storm_inputs_run(storm), >, 0);
    return is_well;
}

/* What was written down: the files of the only finding; the name of the last one that is bad, or NULL. */
static char *
last_bad(const char *folder, unsigned *n_bad, unsigned *n)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    char *last = NULL;
    const char *name;

    *n_bad = *n = 0;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *bytes = NULL;
        g_assert_true(g_file_get_contents(path, &bytes, NULL, NULL));
        ++*n;
        if ((uint8_t)bytes[0] != BAD)
            continue;
        ++*n_bad;
        g_free(last);
        last = g_strdup(name);
    }
    return last;
}

static char *
finding(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_prefix(name, "found-storm-1-"))
            return g_build_filename(folder, name, NULL);
    return NULL;
}

static void
test_storm_sound_target_is_well(void)
{
    g_autoptr(Scratch) folder = scratch_new("storm");

    g_assert_true(run(FAULT_NONE, folder, 0.02));
    g_autofree char *found = finding(folder);
    g_assert_null(found);
}

/* The last input of the sequence is the one that did it, and no other is like it. */
static void
test_storm_end_is_found_with_what_led_to_it(void)
{
    g_autoptr(Scratch) folder = scratch_new("storm"), again = scratch_new("storm");
    unsigned n_bad, n;

    g_assert_false(run(FAULT_ENDS, folder, 60));
    g_autofree char *found = finding(folder);
    g_assert_nonnull(found);
    g_autofree char *bad = last_bad(found, &n_bad, &n);
    g_assert_cmpuint(n_bad, ==, 1);
    g_assert_cmpuint((unsigned)strtoul(bad, NULL, 10), ==, n - 1);

    g_assert_false(run(FAULT_ENDS, again, 60));
    g_autofree char *same = finding(again);
    g_assert_nonnull(same);
    g_autofree char *name = g_path_get_basename(found), *name_again = g_path_get_basename(same);
    g_assert_cmpstr(name, ==, name_again);
}

static void
test_storm_leak_is_found(void)
{
    g_autoptr(Scratch) folder = scratch_new("storm");
    unsigned n_bad, n;

    if (__lsan_do_recoverable_leak_check == NULL) {
        g_test_skip("not built with the sanitizer that sees leaks");
        return;
    }
    g_assert_false(run(FAULT_LEAKS, folder, 0.2));
    g_autofree char *found = finding(folder);
    g_assert_nonnull(found);
    g_autofree char *bad = last_bad(found, &n_bad, &n);
    g_assert_nonnull(bad);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fuzz/storm/sound-target-is-well", test_storm_sound_target_is_well);
    g_test_add_func("/fuzz/storm/end-is-found-with-what-led-to-it",
                    test_storm_end_is_found_with_what_led_to_it);
    g_test_add_func("/fuzz/storm/leak-is-found", test_storm_leak_is_found);
    return g_test_run();
}
