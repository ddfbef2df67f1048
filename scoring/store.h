/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h - talaya.db: alerts, verdicts, tokens, audit (SQLite, WAL)
 *
 * One process writes (sense), others open it to read. An alert is committed and on disk before anybody can be
 * shown it. A damaged file is set aside and a new one begun; a newer schema is refused and left as it is. One
 * Store per thread: each is a connection of its own.
 */
#pragma once
#include <jansson.h>
#include "scoring/alert.h"

typedef struct Store Store;

/* Opens, or makes, @path; migrates an older schema. On damage: sets the file aside, starts a new one, and
 * gives the message in @notice (caller frees; NULL when all is well). @notice may be NULL. */
Store *store_open(const char *path, char **notice, GError **error);
/* For readers: fails when there is none. */
Store *store_open_readonly(const char *path, GError **error);
void store_free(Store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

/* Inserts or updates by id, in one durable transaction; an operator's state and verdict are kept. False, with
 * @error, when the disk is full: the caller keeps the alert and tries again. */
bool store_put_alert(Store *self, const Alert *alert, GError **error);

typedef struct AlertQuery {
    const char *state;                               /* names separated by commas; NULL: all */
    const char *verdict, *kind, *asset, *peer_class; /* NULL: all */
    double min_score;
    int64_t since_ms, until_ms; /* last seen; 0: open */
    const char *cursor;         /* opaque, from the last page; NULL: first */
    const char *sort;           /* "time" (default, newest first) or "score" */
    uint32_t limit;             /* 1..500 */
} AlertQuery;
/* {"items":[alert without flows...],"next":cursor or null,"total":n}. NULL with @error on a bad cursor or
 * sort. */
json_t *store_alerts_json(Store *self, const AlertQuery *query, GError **error);
/* One alert, whole, with "history":[{time,actor,action,note,from,to}], "note", "etag". NULL without @error:
 * none. */
json_t *store_alert_json(Store *self, const char *id, GError **error);
/* {"new":n,"in_progress":n,...} */
json_t *store_counts_json(Store *self, GError **error);
/* What an operator decides; NULL leaves as it is. @actor: the token's name. Written to the audit log as well.
 * 1: done; 0: no such alert; -1: @error. */
int store_decide(Store *self, const char *id, const char *state, const char *verdict, const char *note,
                 const char *actor, GError **error);

/* Tokens. Only the SHA-256 of the secret is kept. Scopes: read, triage, admin (each includes those before).
 */
typedef enum TokenScope { SCOPE_NONE = 0, SCOPE_READ, SCOPE_TRIAGE, SCOPE_ADMIN } TokenScope;
const char *token_scope_name(TokenScope scope);
/* Makes a token "<id>.<secret>" (256 random bits); the caller frees it, it is never to be had again. */
char *store_make_token(Store *self, const char *name, TokenScope scope, int64_t expires_ms, GError **error);
/* The scope of @token, NONE when unknown, expired or revoked; compared in constant time. Fills @name (64
 * bytes). */
TokenScope store_check_token(Store *self, const char *token, int64_t now_ms, char name[64]);
int store_count_tokens(Store *self);
bool store_audit(Store *self, const char *actor, const char *action, const char *object, const char *detail,
                 GError **error);
