/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-reader.c - the store may come late, go, and be replaced under our feet */
#include "tests/support/scratch.h"
#include "web/reader.h"

#include <glib/gstdio.h>

typedef struct Shelf {
    ManualClock clock;
    Scratch *dir;
    char *db;
    Reader *reader;
} Shelf;

static void
shelf_init(Shelf *self)
{
    manual_clock_init(&self->clock, (WallTime){ 0 });
    self->dir = scratch_new("reader");
    self->db = g_build_filename(self->dir, "talaya.db", NULL);
    self->reader = reader_new(self->db, &self->clock.clock);
}

static void
remove_store(Shelf *self)
{
    static const char *const endings[] = { "", "-wal", "-shm" };

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strconcat(self->db, endings[i], NULL);
        g_remove(path);
    }
}

static void
shelf_clear(Shelf *self)
{
    reader_free(self->reader);
    g_free(self->db);
    scratch_free(self->dir);
}

static void
make_store(Shelf *self, int n_tokens)
{
    g_autoptr(Store) store = store_open(self->db, NULL, NULL);

    g_assert_nonnull(store);
    for (int i = 0; i < n_tokens; i++)
        g_free(store_make_token(store, "x", SCOPE_READ, 0, NULL));
}

static void
test_a_store_that_comes_late_is_opened(void)
{
    const char *why = NULL;
    Shelf shelf;

    shelf_init(&shelf);
    g_assert_null(reader_store(shelf.reader, &why));
    g_assert_nonnull(why);
    make_store(&shelf, 1);
    g_assert_nonnull(reader_store(shelf.reader, &why));
    shelf_clear(&shelf);
}

static void
test_a_store_that_was_replaced_is_opened_anew(void)
{
    const char *why = NULL;
    Shelf shelf;

    shelf_init(&shelf);
    make_store(&shelf, 1);
    Store *store = reader_store(shelf.reader, &why);
    g_assert_cmpint(store_count_tokens(store), ==, 1);
    g_autofree char *aside = g_strconcat(shelf.db, ".bad-1", NULL);
    g_assert_cmpint(g_rename(shelf.db, aside), ==, 0);
    remove_store(&shelf);
    g_assert_null(reader_store(shelf.reader, &why));
    make_store(&shelf, 2);
    store = reader_store(shelf.reader, &why);
    g_assert_nonnull(store);
    g_assert_cmpint(store_count_tokens(store), ==, 2);
    shelf_clear(&shelf);
}

static void
test_a_store_that_cannot_be_read_is_told_and_tried_again(void)
{
    const char *why = NULL;
    Shelf shelf;

    shelf_init(&shelf);
    g_assert_true(
        g_file_set_contents(shelf.db, "this is no database, but it is long enough to look at", -1, NULL));
    g_assert_null(reader_store(shelf.reader, &why));
    g_assert_nonnull(why);
    remove_store(&shelf);
    make_store(&shelf, 1);
    manual_clock_turn(&shelf.clock, 600);
    g_assert_nonnull(reader_store(shelf.reader, &why));
    shelf_clear(&shelf);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/web/reader/a-store-that-comes-late-is-opened", test_a_store_that_comes_late_is_opened);
    g_test_add_func("/web/reader/a-store-that-was-replaced-is-opened-anew",
                    test_a_store_that_was_replaced_is_opened_anew);
    g_test_add_func("/web/reader/a-store-that-cannot-be-read-is-told-and-tried-again",
                    test_a_store_that_cannot_be_read_is_told_and_tried_again);
    return g_test_run();
}
