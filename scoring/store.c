/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.c - see store.h
 *
 * Opening, checking, migrating and the audit log. Alerts are in store-alert.c, rules that suppress them in
 * store-suppression.c, tokens in store-token.c.
 */
#include "scoring/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "collector/base/statefile.h"

enum { SCHEMA_VERSION = 2, BUSY_MS = 5000 };

/* Entry N brings a file of version N to N + 1. Never edit one that has been released: add the next. */
static const char *const migrations[SCHEMA_VERSION] = {
    "CREATE TABLE alerts ("
    "  id TEXT PRIMARY KEY, state INTEGER NOT NULL, verdict INTEGER NOT NULL, decided INTEGER NOT NULL "
    "DEFAULT 0,"
    "  version INTEGER NOT NULL DEFAULT 1, score REAL NOT NULL, kind TEXT NOT NULL, asset TEXT NOT NULL,"
    "  peer TEXT, peer_class TEXT, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, note TEXT,"
    "  body TEXT NOT NULL);"
    "CREATE INDEX alerts_by_time ON alerts (last_seen DESC, id DESC);"
    "CREATE INDEX alerts_by_score ON alerts (score DESC, id DESC);"
    "CREATE INDEX alerts_by_asset ON alerts (asset);"
    "CREATE TABLE history ("
    "  n INTEGER PRIMARY KEY, alert TEXT NOT NULL, time INTEGER NOT NULL, actor TEXT NOT NULL,"
    "  action TEXT NOT NULL, note TEXT, was TEXT, became TEXT);"
    "CREATE INDEX history_by_alert ON history (alert, n);"
    "CREATE TABLE tokens ("
    "  id TEXT PRIMARY KEY, name TEXT NOT NULL, scope INTEGER NOT NULL, hash TEXT NOT NULL,"
    "  created INTEGER NOT NULL, expires INTEGER NOT NULL DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE audit ("
    "  n INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,"
    "  object TEXT NOT NULL, detail TEXT);",
    /* What rules and groups look at, in columns; of an alert from before, as far as its body has it. */
    "ALTER TABLE alerts ADD COLUMN asset_name TEXT;"
    "ALTER TABLE alerts ADD COLUMN peer_asn INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE alerts ADD COLUMN port INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE alerts ADD COLUMN protocol INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE alerts ADD COLUMN group_id TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE alerts ADD COLUMN suppression TEXT;"
    "UPDATE alerts SET group_id = id;"
    "UPDATE alerts SET asset_name = json_extract(body, '$.assetName'),"
    " peer_asn = coalesce(json_extract(body, '$.peerAsn'), 0) WHERE json_valid(body);"
    /* All that lists, groups and rules look at: a body is longer than a page, and what stands behind it is
       far. */
    "CREATE INDEX alerts_at_a_glance ON alerts (group_id, last_seen, id, state, verdict, decided, score,"
    " kind, asset, asset_name, peer, peer_class, peer_asn, port, protocol);"
    "CREATE INDEX alerts_by_suppression ON alerts (suppression) WHERE suppression IS NOT NULL;"
    "CREATE TABLE suppressions ("
    "  id TEXT PRIMARY KEY, created INTEGER NOT NULL, expires INTEGER NOT NULL, author TEXT NOT NULL,"
    "  reason TEXT NOT NULL, scope TEXT NOT NULL);"
};

bool
store_fail(Store *self, GError **error)
{
    int code = sqlite3_errcode(self->db) & 0xff;
    const char *words = sqlite3_errmsg(self->db);
    GIOErrorEnum kind = G_IO_ERROR_FAILED;

    if (code == SQLITE_FULL) {
        kind = G_IO_ERROR_NO_SPACE;
        words = "the disk is full; free some space, nothing is lost as long as the program runs";
    } else if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        kind = G_IO_ERROR_BUSY;
        words = "another program holds the file locked";
    } else if (code == SQLITE_READONLY) {
        kind = G_IO_ERROR_READ_ONLY;
    } else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        kind = G_IO_ERROR_INVALID_DATA;
    }
    g_set_error(error, G_IO_ERROR, (gint)kind, "'%s': %s", self->path, words);
    return false;
}

sqlite3_stmt *
store_prepare(Store *self, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(self->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        store_fail(self, error);
        return NULL;
    }
    return statement;
}

bool
store_run(Store *self, const char *sql, GError **error)
{
    return sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_fail(self, error);
}

bool
store_step(Store *self, sqlite3_stmt *statement, GError **error)
{
    return sqlite3_step(statement) == SQLITE_DONE || store_fail(self, error);
}

void
store_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text == NULL)
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

json_t *
store_column_json(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    if (text == NULL)
        return json_null();
    g_autofree char *valid = g_utf8_make_valid((const char *)text, -1);
    return json_string(valid);
}

int64_t
store_now_ms(void)
{
    return clock_wall(clock_system()).ms;
}

bool
store_begin(Store *self, GError **error)
{
    return store_run(self, "BEGIN IMMEDIATE", error);
}

bool
store_end(Store *self, bool done, GError **error)
{
    if (done && store_run(self, "COMMIT", error))
        return true;
    sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL); /* fails when SQLite has rolled back itself: fine */
    return false;
}

static bool
connect_to(Store *self, int flags, GError **error)
{
    if (sqlite3_open_v2(self->path, &self->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot open '%s': %s", self->path,
                    self->db != NULL ? sqlite3_errmsg(self->db) : "out of memory");
        return false;
    }
    sqlite3_extended_result_codes(self->db, 1);
    sqlite3_busy_timeout(self->db, BUSY_MS);
    /* Whoever reads may be confined to the state folder, and cannot make files elsewhere. */
    sqlite3_exec(self->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return true;
}

/* The first column of the first row; false with @error when there is none. The caller frees @out. */
static bool
ask(Store *self, const char *sql, char **out, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(self, sql, error);

    if (statement == NULL)
        return false;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return store_fail(self, error);
    *out = g_strdup((const char *)sqlite3_column_text(statement, 0));
    return true;
}

static bool
check_version(Store *self, int *version, GError **error)
{
    g_autofree char *text = NULL;

    if (!ask(self, "PRAGMA user_version", &text, error))
        return false;
    *version = (int)g_ascii_strtoll(text != NULL ? text : "0", NULL, 10);
    if (*version <= SCHEMA_VERSION && *version >= 0)
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                "'%s' was written by a newer talaya (schema %d, known is %d); it is left as it is",
                self->path, *version, SCHEMA_VERSION);
    return false;
}

static bool
check_whole(Store *self, GError **error)
{
    g_autofree char *answer = NULL;

    if (!ask(self, "PRAGMA quick_check(1)", &answer, error))
        return false;
    if (g_strcmp0(answer, "ok") == 0)
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "'%s': %s", self->path, answer);
    return false;
}

static bool
migrate(Store *self, int version, GError **error)
{
    if (version == SCHEMA_VERSION)
        return true;
    if (!store_begin(self, error))
        return false;
    bool done = check_version(self, &version, error); /* another process may have done it while we waited */
    for (; done && version < SCHEMA_VERSION; version++) {
        g_autofree char *mark = g_strdup_printf("PRAGMA user_version = %d", version + 1);
        done = store_run(self, migrations[version], error) && store_run(self, mark, error);
    }
    return store_end(self, done, error);
}

static Store *
open_writable(const char *path, GError **error)
{
    g_autoptr(Store) self = g_new0(Store, 1);
    int version = 0;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* tokens are in it: nobody else may read */

    if (fd < 0) {
        int code = errno;
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot open '%s': %s", path,
                    g_strerror(code));
        return NULL;
    }
    close(fd);
    self->path = g_strdup(path);
    /* The version is looked at before anything writes: a newer file is left as it is. */
    if (!connect_to(self, SQLITE_OPEN_READWRITE, error) || !check_version(self, &version, error) ||
        !check_whole(self, error) || !store_run(self, "PRAGMA journal_mode = WAL", error) ||
        !store_run(self, "PRAGMA synchronous = FULL", error) || !migrate(self, version, error))
        return NULL;
    return g_steal_pointer(&self);
}

/* Its log and index belong to it: a new file must not meet them. */
static void
set_companion_aside(const char *path, const char *suffix)
{
    g_autofree char *companion = g_strconcat(path, suffix, NULL);

    g_free(state_file_set_aside(companion));
}

/* The message says where the file went; NULL when it could not be moved. */
static char *
set_aside(const char *path, const char *why)
{
    g_autofree char *aside = state_file_set_aside(path);

    set_companion_aside(path, "-wal");
    set_companion_aside(path, "-shm");
    if (aside == NULL)
        return NULL;
    return g_strdup_printf("%s; it is damaged, was set aside as '%s', and a new one is begun", why, aside);
}

Store *
store_open(const char *path, char **notice, GError **error)
{
    g_autoptr(GError) failure = NULL;
    Store *self = open_writable(path, &failure);

    if (notice != NULL)
        *notice = NULL;
    if (self == NULL && failure != NULL && g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
        g_autofree char *message = set_aside(path, failure->message);
        if (message != NULL) {
            g_clear_error(&failure);
            self = open_writable(path, &failure);
            if (notice != NULL)
                *notice = g_steal_pointer(&message);
        }
    }
    if (self == NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return self;
}

Store *
store_open_readonly(const char *path, GError **error)
{
    g_autoptr(Store) self = g_new0(Store, 1);
    int version = 0;

    self->path = g_strdup(path);
    if (!connect_to(self, SQLITE_OPEN_READONLY, error) || !check_version(self, &version, error))
        return NULL;
    if (version != SCHEMA_VERSION) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED, "'%s' has not been set up yet", path);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
store_free(Store *self)
{
    if (self == NULL)
        return;
    sqlite3_close_v2(self->db);
    g_free(self->path);
    g_free(self);
}

bool
store_audit(Store *self, const char *actor, const char *action, const char *object, const char *detail,
            GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "INSERT INTO audit (time, actor, action, object, detail) VALUES (?, ?, ?, ?, ?)", error);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, store_now_ms());
    store_bind_text(statement, 2, actor != NULL ? actor : "");
    store_bind_text(statement, 3, action != NULL ? action : "");
    store_bind_text(statement, 4, object != NULL ? object : "");
    store_bind_text(statement, 5, detail);
    return store_step(self, statement, error);
}
