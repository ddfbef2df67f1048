/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store-private.h - what the files of the store share: the connection and small helpers around SQLite
 *
 * store.c opens and migrates, store-alert.c keeps alerts and decisions, store-suppression.c the rules,
 * store-token.c tokens. Internal to store*.c.
 */
#pragma once
#include <sqlite3.h>

#include "scoring/store.h"

struct Store {
    sqlite3 *db;
    char *path;
};

/* A prepared statement; NULL with @error. The caller finalizes it. */
sqlite3_stmt *store_prepare(Store *self, const char *sql, GError **error);
/* Runs @sql, which gives no rows. */
bool store_run(Store *self, const char *sql, GError **error);
/* Steps a statement that gives no rows. */
bool store_step(Store *self, sqlite3_stmt *statement, GError **error);
/* Sets @error from the connection: in words where an operator can act on it. Returns false. */
bool store_fail(Store *self, GError **error);
void store_bind_text(sqlite3_stmt *statement, int index, const char *text); /* NULL binds NULL; copies */
/* Column as text, valid UTF-8; NULL column: JSON null. */
json_t *store_column_json(sqlite3_stmt *statement, int column);
/* Now, in ms since 1970: the time of an operator's deeds, not of the traffic. */
int64_t store_now_ms(void);
/* A line of an alert's history. */
bool store_add_history(Store *self, const char *id, int64_t time_ms, const char *actor, const char *action,
                       const char *note, const char *was, const char *became, GError **error);
/* Where many alerts are looked at, but not shown: SQLite does not know how long a body is, and would read
 * them all. The index has every column but note, first_seen, version, suppression and body. */
#define STORE_AT_A_GLANCE " FROM alerts INDEXED BY alerts_at_a_glance"
/* The alert of a row with the columns STORE_ALERT_COLUMNS first; NULL when it cannot be read. The caller owns
 * it. */
#define STORE_ALERT_COLUMNS "body, state, verdict, note, suppression"
json_t *store_alert_of_row(sqlite3_stmt *row);
/* What an alert is about, of a row with these columns first. Lends the row's texts. */
#define STORE_SUBJECT_COLUMNS "id, asset, asset_name, peer, peer_class, peer_asn, port, protocol, kind"
AlertSubject store_subject_of_row(sqlite3_stmt *row);
/* @n random bytes (32 at most) as hex, with a NUL. */
bool store_random_hex(size_t n, char *out, GError **error);
bool store_begin(Store *self, GError **error);
/* Commits if @done, else rolls back and keeps @error as it is. */
bool store_end(Store *self, bool done, GError **error);

static inline void
store_finalize(sqlite3_stmt *statement)
{
    sqlite3_finalize(statement);
}
typedef sqlite3_stmt StoreStatement;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreStatement, store_finalize)
