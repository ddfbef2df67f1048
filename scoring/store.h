/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h - talaya.db: alerts, verdicts, suppressions, tokens, audit (SQLite, WAL)
 *
 * One process writes (sense), others open it to read. An alert is committed and on disk before anybody can be
 * shown it. A damaged file is set aside and a new one begun; a newer schema is refused and left as it is. One
 * Store per thread: each is a connection of its own.
 */
#pragma once
#include <jansson.h>
#include "scoring/suppression.h"

typedef struct Store Store;

/* Opens, or makes, @path; migrates an older schema. On damage: sets the file aside, starts a new one, and
 * gives the message in @notice (caller frees; NULL when all is well). @notice may be NULL. */
Store *store_open(const char *path, char **notice, GError **error);
/* For readers: fails when there is none. */
Store *store_open_readonly(const char *path, GError **error);
void store_free(Store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

/* Inserts or updates by id, in one durable transaction; an operator's state and verdict are kept, and a state
 * that changes by itself (a rule begins or ceases to suppress it) leaves a line of history. False, with
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
    const char *group;          /* alerts of this group alone; NULL: all */
    bool fold; /* one alert for each group, with groupSize and groupAssets under this query */
} AlertQuery;
/* {"items":[alert without flows...],"next":cursor or null,"total":n}. NULL with @error on a bad cursor or
 * sort. With @fold, @total counts groups. */
json_t *store_alerts_json(Store *self, const AlertQuery *query, GError **error);
/* What an alert is about; false: no such alert. The texts of @out stay empty but for its kind, whose copy is
 * in
 * @kind. */
bool store_alert_subject(Store *self, const char *id, AlertSubject *out, char kind[32]);
/* One alert, whole, with "history":[{time,actor,action,note,from,to}], "note", "etag". NULL without @error:
 * none. */
json_t *store_alert_json(Store *self, const char *id, GError **error);
/* {"new":n,"in_progress":n,...} */
json_t *store_counts_json(Store *self, GError **error);
/* What an operator decides; NULL leaves as it is. @actor: the token's name. Written to the audit log as well.
 * 1: done; 0: no such alert; -1: @error. */
int store_decide(Store *self, const char *id, const char *state, const char *verdict, const char *note,
                 const char *actor, GError **error);

/* Each verdict given at @since_ms (the clock on the wall) or later, the last one of an alert alone; lends. */
typedef void (*StoreVerdict)(void *user, const AlertSubject *about, AlertVerdict verdict);
bool store_each_verdict(Store *self, int64_t since_ms, StoreVerdict each, void *user, GError **error);

/*
 * Rules that suppress alerts (suppression.h). A new one makes the alerts that it fits, and that nobody has
 * decided about, suppressed; one that is deleted gives back what it suppressed. One that expires leaves the
 * past as it is, and is shown for a month more.
 */
/* Checks @rule (scope, reason, expiry), gives it its id and @author; *@suppressed: alerts that it fitted. At
 * most SUPPRESSIONS_MOST in force at once. */
bool store_add_suppression(Store *self, Suppression *rule, const char *author, uint32_t *suppressed,
                           GError **error);
/* 1: done, *@was (may be NULL) is the rule, *@restored how many alerts are new again; 0: no such rule; -1:
 * @error. */
int store_delete_suppression(Store *self, const char *id, const char *actor, Suppression *was,
                             uint32_t *restored, GError **error);
/* Those in force at @now_ms, oldest first; *@next_ms: when the first of them expires, INT64_MAX without any.
 */
SuppressionSet *store_suppressions(Store *self, int64_t now_ms, int64_t *next_ms, GError **error);
/* {"items":[rule with active, suppressed (alerts), lastSuppressed],"active":n,"most":n}, newest first. */
json_t *store_suppressions_json(Store *self, int64_t now_ms, GError **error);
json_t *store_suppression_json(Store *self, const char *id, int64_t now_ms, GError **error); /* NULL: none */
/*
 * What @rule would have done to the alerts of the last @days, counted back from the newest one or from now,
 * whichever is earlier: {"days","since","until","alerts":n,"matched":n,"open":n of them not decided,
 * "truePositives":n,"items":[the newest 20 of them]}.
 */
json_t *store_preview_suppression(Store *self, const Suppression *rule, uint32_t days, GError **error);

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
/* [{id, name, scope, created, expires}] of those that are not revoked, in ms, expires 0: never; the oldest
 * first. The caller owns it; NULL with @error. */
json_t *store_tokens_json(Store *self, GError **error);
/* Ends the token with @id for good. 1: done, 0: there is none, -1: @error. */
int store_revoke_token(Store *self, const char *id, GError **error);
bool store_audit(Store *self, const char *actor, const char *action, const char *object, const char *detail,
                 GError **error);
