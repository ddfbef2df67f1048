/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-store.c - alerts survive, pages neither repeat nor hide, tokens are checked, damage is set aside */
#include "scoring/store.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <glib/gstdio.h>
#include <gio/gio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

typedef struct Fixture {
    Scratch *dir;
    char *path;
    Store *store;
} Fixture;

static void
reopen(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *notice = NULL;

    store_free(self->store);
    self->store = store_open(self->path, &notice, &error);
    g_assert_no_error(error);
    g_assert_null(notice);
}

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = scratch_new("store");
    self->path = g_build_filename(self->dir, "talaya.db", NULL);
    reopen(self);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    store_free(self->store);
    g_free(self->path);
    scratch_free(self->dir);
}

static void
put(Fixture *self, const char *id, double score, int64_t last_seen_ms)
{
    g_autoptr(GError) error = NULL;
    g_autofree Alert *alert = g_new0(Alert, 1);

    *alert = (Alert){ .score = score,
                      .kind = "new-path",
                      .first_seen_ms = 1000,
                      .last_seen_ms = last_seen_ms,
                      .time_ms = last_seen_ms,
                      .n_flows = 1,
                      .peer_class = "residential",
                      .has_peer = true };
    g_strlcpy(alert->id, id, sizeof alert->id);
    alert->asset = ip_of("203.0.113.40");
    alert->peer = ip_of("198.18.0.1");
    store_put_alert(self->store, alert, &error);
    g_assert_no_error(error);
}

static json_t *
list(Fixture *self, const AlertQuery *query)
{
    g_autoptr(GError) error = NULL;
    json_t *page = store_alerts_json(self->store, query, &error);

    g_assert_no_error(error);
    g_assert_nonnull(page);
    return page;
}

static json_t *
one(Fixture *self, const char *id)
{
    g_autoptr(GError) error = NULL;
    json_t *json = store_alert_json(self->store, id, &error);

    g_assert_no_error(error);
    return json;
}

static int64_t
total(Fixture *self, const AlertQuery *query)
{
    json_t *page = list(self, query);
    int64_t n = json_integer_value(json_object_get(page, "total"));

    json_decref(page);
    return n;
}

static void
test_an_alert_is_there_after_reopening(Fixture *self, gconstpointer data)
{
    put(self, "aa", 40, 5000);
    reopen(self);
    json_t *json = one(self, "aa");

    g_assert_nonnull(json);
    g_assert_cmpuint(json_array_size(json_object_get(json, "flows")), ==, 1);
    g_assert_cmpuint(json_array_size(json_object_get(json, "history")), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(json, "etag")), ==, "v1");
    json_decref(json);
    g_assert_null(one(self, "bb"));
}

static void
test_an_operators_decision_outlives_the_next_change(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    put(self, "aa", 40, 5000);
    g_assert_cmpint(
        store_decide(self->store, "aa", "resolved", "false_positive", "our own test", "mia", &error), ==, 1);
    g_assert_no_error(error);
    put(self, "aa", 55, 9000);
    json_t *json = one(self, "aa");
    g_assert_cmpstr(json_string_value(json_object_get(json, "state")), ==, "resolved");
    g_assert_cmpstr(json_string_value(json_object_get(json, "verdict")), ==, "false_positive");
    g_assert_cmpstr(json_string_value(json_object_get(json, "note")), ==, "our own test");
    g_assert_cmpfloat(json_number_value(json_object_get(json, "score")), ==, 55);
    json_t *history = json_object_get(json, "history");
    g_assert_cmpuint(json_array_size(history), ==, 3); /* opened, state, verdict */
    json_t *second = json_array_get(history, 1);
    g_assert_cmpstr(json_string_value(json_object_get(second, "actor")), ==, "mia");
    g_assert_cmpstr(json_string_value(json_object_get(second, "from")), ==, "new");
    g_assert_cmpstr(json_string_value(json_object_get(second, "to")), ==, "resolved");
    g_assert_cmpstr(json_string_value(json_object_get(second, "note")), ==, "our own test");
    json_decref(json);
}

static void
test_a_decision_about_nothing_or_with_a_bad_word_changes_nothing(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    put(self, "aa", 40, 5000);
    g_assert_cmpint(store_decide(self->store, "zz", "resolved", NULL, NULL, "mia", &error), ==, 0);
    g_assert_no_error(error);
    g_assert_cmpint(store_decide(self->store, "aa", "closed", NULL, NULL, "mia", &error), ==, -1);
    g_assert_nonnull(error);
    json_t *json = one(self, "aa");
    g_assert_cmpstr(json_string_value(json_object_get(json, "state")), ==, "new");
    json_decref(json);
}

static void
walk_pages(Fixture *self, const char *sort, const char *const *ids, size_t n)
{
    g_autofree char *cursor = NULL;

    for (size_t i = 0; i < n;) {
        AlertQuery query = { .sort = sort, .cursor = cursor, .limit = 2 };
        json_t *page = list(self, &query), *items = json_object_get(page, "items");
        for (size_t j = 0; j < json_array_size(items); j++, i++)
            g_assert_cmpstr(json_string_value(json_object_get(json_array_get(items, j), "id")), ==, ids[i]);
        g_free(cursor);
        cursor = g_strdup(json_string_value(json_object_get(page, "next")));
        g_assert_true((cursor != NULL) == (i < n));
        json_decref(page);
    }
}

static void
test_pages_give_each_alert_once(Fixture *self, gconstpointer data)
{
    static const char *const by_time[] = { "e", "d", "c", "b", "a" };
    static const char *const by_score[] = { "b", "e", "d", "c", "a" };

    put(self, "a", 10.5, 1000);
    put(self, "b", 90.25, 2000);
    put(self, "c", 20, 3000);
    put(self, "d", 20, 3000); /* the same in both orders: the id decides */
    put(self, "e", 30, 4000);
    walk_pages(self, NULL, by_time, G_N_ELEMENTS(by_time));
    walk_pages(self, "score", by_score, G_N_ELEMENTS(by_score));
}

static void
test_a_cursor_of_others_is_refused(Fixture *self, gconstpointer data)
{
    static const char *const bad[] = {
        "x", "!!!!", "dGltZTox", "dGltZTp4OmE", "c2NvcmU6MTphYQ", "dGltZToxOg"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        AlertQuery query = { .cursor = bad[i] };
        g_assert_null(store_alerts_json(self->store, &query, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_filters_narrow_the_list(Fixture *self, gconstpointer data)
{
    put(self, "a", 10, 1000);
    put(self, "b", 40, 2000);
    g_assert_cmpint(store_decide(self->store, "a", "in_progress", NULL, NULL, "mia", NULL), ==, 1);

    g_assert_cmpint(total(self, &(AlertQuery){ .state = "new" }), ==, 1);
    g_assert_cmpint(total(self, &(AlertQuery){ .state = "new,in_progress" }), ==, 2);
    g_assert_cmpint(total(self, &(AlertQuery){ .verdict = "true_positive" }), ==, 0);
    g_assert_cmpint(total(self, &(AlertQuery){ .min_score = 20 }), ==, 1);
    g_assert_cmpint(total(self, &(AlertQuery){ .asset = "203.0.113.40" }), ==, 2);
    g_assert_cmpint(total(self, &(AlertQuery){ .asset = "203.0.113.41" }), ==, 0);
    g_assert_cmpint(total(self, &(AlertQuery){ .peer_class = "hosting" }), ==, 0);
    g_assert_cmpint(total(self, &(AlertQuery){ .kind = "new-path" }), ==, 2);
    g_assert_cmpint(total(self, &(AlertQuery){ .since_ms = 1500 }), ==, 1);
    g_assert_cmpint(total(self, &(AlertQuery){ .until_ms = 1500 }), ==, 1);
    json_t *counts = store_counts_json(self->store, NULL);
    g_assert_cmpint(json_integer_value(json_object_get(counts, "in_progress")), ==, 1);
    g_assert_cmpint(json_integer_value(json_object_get(counts, "archived")), ==, 0);
    json_decref(counts);
}

static void
test_a_list_has_no_flows(Fixture *self, gconstpointer data)
{
    put(self, "a", 10, 1000);
    json_t *page = list(self, &(AlertQuery){ .limit = 10 });

    g_assert_null(json_object_get(json_array_get(json_object_get(page, "items"), 0), "flows"));
    json_decref(page);
}

static void
test_a_token_opens_only_with_its_secret(Fixture *self, gconstpointer data)
{
    char name[64];
    g_autofree char *token = store_make_token(self->store, "night shift", SCOPE_TRIAGE, 0, NULL);
    g_autofree char *old = store_make_token(self->store, "old", SCOPE_ADMIN, 5000, NULL);

    g_assert_cmpint(store_count_tokens(self->store), ==, 2);
    g_assert_cmpint(store_check_token(self->store, token, 1, name), ==, SCOPE_TRIAGE);
    g_assert_cmpstr(name, ==, "night shift");
    g_assert_cmpint(store_check_token(self->store, old, 4999, name), ==, SCOPE_ADMIN);
    g_assert_cmpint(store_check_token(self->store, old, 5000, name), ==, SCOPE_NONE);
    g_assert_cmpuint(strlen(strchr(token, '.') + 1), ==, 64);
    token[strlen(token) - 1] = token[strlen(token) - 1] == '0' ? '1' : '0';
    g_assert_cmpint(store_check_token(self->store, token, 1, name), ==, SCOPE_NONE);
    g_assert_cmpint(store_check_token(self->store, "", 1, name), ==, SCOPE_NONE);
    g_assert_cmpint(store_check_token(self->store, "abc.def", 1, name), ==, SCOPE_NONE);
}

static void
test_a_token_that_is_revoked_is_over_and_no_longer_listed(Fixture *self, gconstpointer data)
{
    char name[64];
    g_autofree char *kept = store_make_token(self->store, "kept", SCOPE_READ, 0, NULL);
    g_autofree char *gone = store_make_token(self->store, "gone", SCOPE_TRIAGE, 5000, NULL);
    g_autofree char *id = g_strndup(gone, (gsize)(strchr(gone, '.') - gone));

    json_t *list = store_tokens_json(self->store, NULL);
    g_assert_cmpuint(json_array_size(list), ==, 2);
    json_decref(list);
    g_assert_cmpint(store_revoke_token(self->store, "nobody", NULL), ==, 0);
    g_assert_cmpint(store_revoke_token(self->store, id, NULL), ==, 1);
    g_assert_cmpint(store_revoke_token(self->store, id, NULL), ==, 0);
    g_assert_cmpint(store_check_token(self->store, gone, 1, name), ==, SCOPE_NONE);
    g_assert_cmpint(store_check_token(self->store, kept, 1, name), ==, SCOPE_READ);
    g_assert_cmpint(store_count_tokens(self->store), ==, 1);
    list = store_tokens_json(self->store, NULL);
    g_assert_cmpuint(json_array_size(list), ==, 1);
    json_t *one = json_array_get(list, 0);
    g_assert_cmpstr(json_string_value(json_object_get(one, "name")), ==, "kept");
    g_assert_cmpstr(json_string_value(json_object_get(one, "scope")), ==, "read");
    g_assert_cmpint(json_integer_value(json_object_get(one, "expires")), ==, 0);
    json_decref(list);
}

static void
test_the_secret_is_not_in_the_file(Fixture *self, gconstpointer data)
{
    g_autofree char *token = store_make_token(self->store, "x", SCOPE_READ, 0, NULL);
    g_autofree char *bytes = NULL;
    gsize length = 0;
    GStatBuf info;

    g_clear_pointer(&self->store, store_free); /* the log is folded into the file */
    g_assert_true(g_file_get_contents(self->path, &bytes, &length, NULL));
    g_assert_null(memmem(bytes, length, strchr(token, '.') + 1, 64));
    g_assert_cmpint(g_stat(self->path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 077, ==, 0);
}

static void
test_a_damaged_file_is_set_aside(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *notice = NULL, *aside = g_strconcat(self->path, ".bad-1", NULL);

    put(self, "a", 10, 1000);
    g_clear_pointer(&self->store, store_free);
    g_assert_true(
        g_file_set_contents(self->path, "this is no database, whatever its name says ........", -1, NULL));
    self->store = store_open(self->path, &notice, &error);
    g_assert_no_error(error);
    g_assert_nonnull(self->store);
    g_assert_nonnull(notice);
    assert_has(notice, ".bad-1");
    g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
    put(self, "b", 10, 1000);
}

static void
test_a_newer_file_is_refused_and_left_alone(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *notice = NULL, *before = NULL, *after = NULL;
    gsize before_length = 0, after_length = 0;
    sqlite3 *db = NULL;

    g_clear_pointer(&self->store, store_free);
    g_assert_cmpint(sqlite3_open(self->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(
        sqlite3_exec(db, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99", NULL, NULL, NULL), ==,
        SQLITE_OK);
    sqlite3_close(db);
    g_file_get_contents(self->path, &before, &before_length, NULL);
    g_assert_null(store_open(self->path, &notice, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
    g_file_get_contents(self->path, &after, &after_length, NULL);
    g_assert_cmpuint(before_length, ==, after_length);
    g_assert_true(memcmp(before, after, before_length) == 0);
}

static void
test_a_reader_sees_what_the_writer_wrote_and_cannot_write(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) reader = store_open_readonly(self->path, &error);

    g_assert_no_error(error);
    put(self, "a", 10, 1000);
    json_t *json = store_alert_json(reader, "a", &error);
    g_assert_nonnull(json);
    json_decref(json);
    g_assert_cmpint(store_decide(reader, "a", "resolved", NULL, NULL, "x", &error), ==, -1);
    g_assert_nonnull(error);
}

/* A limit on the size of files stands for a full disk. */
static void
test_a_full_disk_refuses_the_alert_and_takes_it_later(Fixture *self, gconstpointer data)
{
    struct rlimit was, small = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree Alert *alert = g_new0(Alert, 1);
    int refused = 0;

    signal(SIGXFSZ, SIG_IGN);
    put(self, "before", 10, 1000);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &was), ==, 0);
    small = (struct rlimit){ .rlim_cur = 256 * 1024, .rlim_max = was.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    alert->kind = "new-path";
    for (int i = 0; i < 500 && refused == 0; i++) {
        g_snprintf(alert->id, sizeof alert->id, "%d", i);
        refused += !store_put_alert(self->store, alert, &error);
    }
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &was), ==, 0);
    g_assert_cmpint(refused, ==, 1);
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_true(store_put_alert(self->store, alert, &error));
    g_assert_no_error(error);
    reopen(self);
    json_t *first = one(self, "before"), *last = one(self, alert->id);
    g_assert_nonnull(first);
    g_assert_nonnull(last);
    json_decref(first);
    json_decref(last);
}

#define ADD(name, function) g_test_add("/scoring/store/" name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("an-alert-is-there-after-reopening", test_an_alert_is_there_after_reopening);
    ADD("an-operators-decision-outlives-the-next-change",
        test_an_operators_decision_outlives_the_next_change);
    ADD("a-decision-about-nothing-or-with-a-bad-word-changes-nothing",
        test_a_decision_about_nothing_or_with_a_bad_word_changes_nothing);
    ADD("pages-give-each-alert-once", test_pages_give_each_alert_once);
    ADD("a-cursor-of-others-is-refused", test_a_cursor_of_others_is_refused);
    ADD("filters-narrow-the-list", test_filters_narrow_the_list);
    ADD("a-list-has-no-flows", test_a_list_has_no_flows);
    ADD("a-token-opens-only-with-its-secret", test_a_token_opens_only_with_its_secret);
    ADD("a-token-that-is-revoked-is-over-and-no-longer-listed",
        test_a_token_that_is_revoked_is_over_and_no_longer_listed);
    ADD("the-secret-is-not-in-the-file", test_the_secret_is_not_in_the_file);
    ADD("a-damaged-file-is-set-aside", test_a_damaged_file_is_set_aside);
    ADD("a-newer-file-is-refused-and-left-alone", test_a_newer_file_is_refused_and_left_alone);
    ADD("a-reader-sees-what-the-writer-wrote-and-cannot-write",
        test_a_reader_sees_what_the_writer_wrote_and_cannot_write);
    ADD("a-full-disk-refuses-the-alert-and-takes-it-later",
        test_a_full_disk_refuses_the_alert_and_takes_it_later);
    return g_test_run();
}
