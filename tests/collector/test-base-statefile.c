/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-base-statefile.c - what is kept survives damage, newer versions and a failed write */
#include "collector/base/statefile.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

enum { VERSION = 3 };
static const char magic[8] = "TESTFILE"; /* no zero behind it */
static const char payload[] = "what is to be kept";

typedef struct Folder {
    Scratch *path;
    char *file;
} Folder;

static void
set_up(Folder *self, gconstpointer data)
{
    self->path = scratch_new("state");
    self->file = g_build_filename(self->path, "state", NULL);
}

static void
tear_down(Folder *self, gconstpointer data)
{
    g_free(self->file);
    scratch_free(self->path);
}

static void
write_state(const Folder *self)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(state_file_write(self->file, magic, VERSION, payload, sizeof payload, &error));
    g_assert_no_error(error);
}

static void
test_what_was_written_is_read(Folder *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    GStatBuf info;

    write_state(self);
    g_autoptr(GBytes) bytes = state_file_read(self->file, magic, VERSION, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, sizeof payload);
    g_assert_cmpstr(g_bytes_get_data(bytes, NULL), ==, payload);
    g_assert_cmpint(g_stat(self->file, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

static void
test_an_empty_payload_is_one(Folder *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(state_file_write(self->file, magic, VERSION, "", 0, &error));
    g_autoptr(GBytes) bytes = state_file_read(self->file, magic, VERSION, &error);
    g_assert_nonnull(bytes);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 0);
}

static void
test_no_file_is_a_first_start(Folder *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(state_file_read(self->file, magic, VERSION, &error));
    g_assert_no_error(error);
}

/* Any bit that flips, and any length that it may be cut to. */
static void
expect_set_aside(const Folder *self, const char *bytes, gsize length, unsigned n)
{
    g_autofree char *aside = g_strdup_printf("%s.bad-%u", self->file, n);
    g_autofree char *kept = NULL;
    g_autoptr(GError) error = NULL;
    gsize kept_length;

    g_assert_true(g_file_set_contents(self->file, bytes, (gssize)length, NULL));
    g_assert_null(state_file_read(self->file, magic, VERSION, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    assert_has(error->message, aside); /* where it is now */
    g_assert_false(g_file_test(self->file, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_get_contents(aside, &kept, &kept_length, NULL));
    g_assert_cmpuint(kept_length, ==, length);
    g_assert_cmpint(memcmp(kept, bytes, length), ==, 0);
}

static void
test_a_damaged_file_is_set_aside_whole(Folder *self, gconstpointer data)
{
    g_autofree char *bytes = NULL;
    gsize length;
    unsigned n = 0;

    write_state(self);
    g_assert_true(g_file_get_contents(self->file, &bytes, &length, NULL));
    for (gsize at = 0; at < length; at += 5) {
        if (at >= 8 && at < 16) /* version and reserved word: see the next test */
            continue;
        g_autofree char *damaged = g_memdup2(bytes, length);
        damaged[at] ^= 0x10;
        expect_set_aside(self, damaged, length, ++n);
    }
    for (gsize cut = 1; cut < length; cut += 7)
        expect_set_aside(self, bytes, cut, ++n);
    g_autofree char *grown = g_malloc0(length + 1);
    memcpy(grown, bytes, length);
    expect_set_aside(self, grown, length + 1, ++n);
}

static void
test_a_newer_format_is_left_alone(Folder *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    write_state(self);
    g_assert_null(state_file_read(self->file, magic, VERSION - 1, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_assert_true(g_file_test(self->file, G_FILE_TEST_EXISTS));
}

static void
test_a_failed_write_leaves_the_old_file(Folder *self, gconstpointer data)
{
    g_autofree char *beside = g_strconcat(self->file, ".new", NULL);
    g_autoptr(GError) error = NULL;

    write_state(self);
    g_assert_cmpint(g_mkdir(beside, 0700), ==, 0); /* nothing can be written there */
    g_assert_false(state_file_write(self->file, magic, VERSION, "other", 5, &error));
    assert_has(error->message, beside);
    g_clear_error(&error);
    g_autoptr(GBytes) bytes = state_file_read(self->file, magic, VERSION, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_bytes_get_data(bytes, NULL), ==, payload);
}

#define ADD(name, function) g_test_add("/base/statefile/" name, Folder, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("what-was-written-is-read", test_what_was_written_is_read);
    ADD("an-empty-payload-is-one", test_an_empty_payload_is_one);
    ADD("no-file-is-a-first-start", test_no_file_is_a_first_start);
    ADD("a-damaged-file-is-set-aside-whole", test_a_damaged_file_is_set_aside_whole);
    ADD("a-newer-format-is-left-alone", test_a_newer_format_is_left_alone);
    ADD("a-failed-write-leaves-the-old-file", test_a_failed_write_leaves_the_old_file);
    return g_test_run();
}
