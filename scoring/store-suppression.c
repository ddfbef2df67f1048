/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store-suppression.c - rules that suppress alerts: kept, listed, tried on the past
 *
 * A rule is kept with its scope as JSON, so that a further key needs no migration. What it fits is decided by
 * suppression_matches alone, here as in the scorer; a row of the alerts' table has all that it looks at.
 * Bounded: so many in force (SUPPRESSIONS_MOST), and as many that have expired, for a month.
 */
#include <gio/gio.h>
#include <string.h>

#include "scoring/store-private.h"

enum { ID_BYTES = 8, SHOWN_MOST = 20, REASON_LEAST = 3 };
static const int64_t day_ms = 86400000, shown_after_ms = 30 * day_ms, expiry_most_ms = 366 * day_ms;

/* ---- a rule and its row ---- */

#define RULE "SELECT id, created, expires, author, reason, scope FROM suppressions"

static void
copy_text(char *to, size_t room, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    g_strlcpy(to, text != NULL ? text : "", room);
}

/* False when the scope cannot be read: then the rule fits nothing. */
static bool
read_rule(sqlite3_stmt *row, Suppression *out)
{
    const char *text = (const char *)sqlite3_column_text(row, 5);
    json_t *scope = text != NULL ? json_loads(text, 0, NULL) : NULL;
    bool good = suppression_parse_scope(scope, out, NULL);

    json_decref(scope);
    copy_text(out->id, sizeof out->id, row, 0);
    out->created_ms = sqlite3_column_int64(row, 1);
    out->expires_ms = sqlite3_column_int64(row, 2);
    copy_text(out->author, sizeof out->author, row, 3);
    copy_text(out->reason, sizeof out->reason, row, 4);
    return good;
}

static bool
check_rule(const Suppression *rule, int64_t now_ms, GError **error)
{
    const char *why = NULL;
    json_t *scope = suppression_scope_to_json(rule);
    Suppression again;
    bool good = suppression_parse_scope(scope, &again, error);

    json_decref(scope);
    if (!good)
        return false;
    if (!g_utf8_validate(rule->reason, -1, NULL) || g_utf8_strlen(rule->reason, -1) < REASON_LEAST)
        why = "a rule needs a reason, in words that the next shift understands";
    else if (rule->expires_ms <= now_ms)
        why = "the rule would have expired already";
    else if (rule->expires_ms > now_ms + expiry_most_ms)
        why = "a rule holds for a year at most; make it anew then, if it is still right";
    if (why != NULL)
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, why);
    return why == NULL;
}

/* ---- alerts that a rule fits ---- */

#define SUBJECT "SELECT " STORE_SUBJECT_COLUMNS ", decided, verdict, state" STORE_AT_A_GLANCE
enum { COLUMN_VERDICT = 10, COLUMN_STATE };

/* Moves alerts @ids from @was to @state, and writes it into their history. */
static bool
move_alerts(Store *self, const GPtrArray *ids, AlertState was, AlertState state, const char *rule,
            const char *actor, const char *note, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "UPDATE alerts SET state = ?2, suppression = ?3, version = version + 1 WHERE id = ?1", error);

    if (statement == NULL)
        return false;
    for (guint i = 0; i < ids->len; i++) {
        store_bind_text(statement, 1, ids->pdata[i]);
        sqlite3_bind_int(statement, 2, (int)state);
        store_bind_text(statement, 3, rule);
        if (!store_step(self, statement, error) ||
            !store_add_history(self, ids->pdata[i], store_now_ms(), actor, "state", note,
                               alert_state_name(was), alert_state_name(state), error))
            return false;
        sqlite3_reset(statement);
    }
    return true;
}

static bool
suppress_present(Store *self, const Suppression *rule, uint32_t *suppressed, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *note = g_strdup_printf("rule %s: %s", rule->id, rule->reason);
    g_autoptr(StoreStatement) statement =
        store_prepare(self, SUBJECT " WHERE state = 0 AND decided = 0", error);
    int code = SQLITE_DONE;

    if (statement == NULL)
        return false;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        AlertSubject subject = store_subject_of_row(statement);
        if (suppression_matches(rule, &subject))
            g_ptr_array_add(ids, g_strdup((const char *)sqlite3_column_text(statement, 0)));
    }
    *suppressed = ids->len;
    return (code == SQLITE_DONE || store_fail(self, error)) &&
           move_alerts(self, ids, ALERT_NEW, ALERT_SUPPRESSED, rule->id, rule->author, note, error);
}

static bool
restore_past(Store *self, const char *id, const char *actor, uint32_t *restored, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *note = g_strdup_printf("rule %s was deleted", id);
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "SELECT id FROM alerts WHERE suppression = ?1 AND state = 2 AND decided = 0", error);
    int code = SQLITE_DONE;

    if (statement == NULL)
        return false;
    store_bind_text(statement, 1, id);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        g_ptr_array_add(ids, g_strdup((const char *)sqlite3_column_text(statement, 0)));
    *restored = ids->len;
    return (code == SQLITE_DONE || store_fail(self, error)) &&
           move_alerts(self, ids, ALERT_SUPPRESSED, ALERT_NEW, NULL, actor, note, error);
}
G_STATIC_ASSERT(ALERT_NEW == 0 && ALERT_SUPPRESSED == 2);

/* ---- making and deleting ---- */

/* Expired rules are forgotten after a month, and the oldest of them when there are too many. */
static bool
forget_expired(Store *self, int64_t now_ms, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self,
                      "DELETE FROM suppressions WHERE expires <= ?1 OR id IN (SELECT id FROM suppressions"
                      " WHERE expires <= ?2 ORDER BY expires DESC LIMIT -1 OFFSET ?3)",
                      error);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, now_ms - shown_after_ms);
    sqlite3_bind_int64(statement, 2, now_ms);
    sqlite3_bind_int(statement, 3, SUPPRESSIONS_MOST);
    return store_step(self, statement, error);
}

static bool
has_room(Store *self, int64_t now_ms, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT count(*) FROM suppressions WHERE expires > ?", error);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, now_ms);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return store_fail(self, error);
    if (sqlite3_column_int(statement, 0) < SUPPRESSIONS_MOST)
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                "there are %d rules in force, and no more can be; delete one, or make one that is wider",
                SUPPRESSIONS_MOST);
    return false;
}

static bool
insert_rule(Store *self, const Suppression *rule, GError **error)
{
    json_t *scope = suppression_scope_to_json(rule);
    char *text = json_dumps(scope, JSON_COMPACT);
    g_autoptr(StoreStatement) statement = store_prepare(
        self,
        "INSERT INTO suppressions (id, created, expires, author, reason, scope) VALUES (?, ?, ?, ?, ?, ?)",
        error);
    bool done = statement != NULL;

    if (done) {
        store_bind_text(statement, 1, rule->id);
        sqlite3_bind_int64(statement, 2, rule->created_ms);
        sqlite3_bind_int64(statement, 3, rule->expires_ms);
        store_bind_text(statement, 4, rule->author);
        store_bind_text(statement, 5, rule->reason);
        store_bind_text(statement, 6, text);
        done = store_step(self, statement, error) &&
               store_audit(self, rule->author, "suppression-made", rule->id, text, error);
    }
    free(text);
    json_decref(scope);
    return done;
}

bool
store_add_suppression(Store *self, Suppression *rule, const char *author, uint32_t *suppressed,
                      GError **error)
{
    int64_t now_ms = store_now_ms();

    *suppressed = 0;
    if (!check_rule(rule, now_ms, error) || !store_random_hex(ID_BYTES, rule->id, error) ||
        !store_begin(self, error))
        return false;
    rule->created_ms = now_ms;
    g_strlcpy(rule->author, author != NULL ? author : "", sizeof rule->author);
    bool done = forget_expired(self, now_ms, error) && has_room(self, now_ms, error) &&
                insert_rule(self, rule, error) && suppress_present(self, rule, suppressed, error);
    return store_end(self, done, error);
}

/* 1 found, 0 not there, -1 error. */
static int
find_rule(Store *self, const char *id, Suppression *out, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(self, RULE " WHERE id = ?", error);

    if (statement == NULL)
        return -1;
    store_bind_text(statement, 1, id);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        read_rule(statement, out);
    else if (code != SQLITE_DONE)
        store_fail(self, error);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

static bool
remove_rule(Store *self, const char *id, const char *actor, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(self, "DELETE FROM suppressions WHERE id = ?", error);

    if (statement == NULL)
        return false;
    store_bind_text(statement, 1, id);
    return store_step(self, statement, error) &&
           store_audit(self, actor, "suppression-deleted", id, NULL, error);
}

int
store_delete_suppression(Store *self, const char *id, const char *actor, Suppression *was, uint32_t *restored,
                         GError **error)
{
    Suppression rule = { 0 };

    *restored = 0;
    if (!store_begin(self, error))
        return -1;
    int found = find_rule(self, id, &rule, error);
    bool done = found == 1 && remove_rule(self, id, actor, error) &&
                restore_past(self, id, actor != NULL ? actor : "", restored, error);
    if (was != NULL)
        *was = rule;
    if (store_end(self, done, error))
        return 1;
    return found == 0 ? 0 : -1;
}

/* ---- reading ---- */

SuppressionSet *
store_suppressions(Store *self, int64_t now_ms, int64_t *next_ms, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, RULE " WHERE expires > ?1 ORDER BY created, id", error);
    g_autofree Suppression *rules = g_new0(Suppression, SUPPRESSIONS_MOST);
    size_t n = 0;
    int code;

    if (statement == NULL)
        return NULL;
    *next_ms = INT64_MAX;
    sqlite3_bind_int64(statement, 1, now_ms);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && n < SUPPRESSIONS_MOST) {
        if (!read_rule(statement, &rules[n]))
            continue;
        *next_ms = MIN(*next_ms, rules[n].expires_ms);
        n++;
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        store_fail(self, error);
        return NULL;
    }
    return suppression_set_new(rules, n);
}

#define LISTED                                                                                               \
    "SELECT id, created, expires, author, reason, scope,"                                                    \
    " (SELECT count(*) FROM alerts WHERE suppression = suppressions.id),"                                    \
    " (SELECT max(last_seen) FROM alerts WHERE suppression = suppressions.id) FROM suppressions"

static json_t *
listed_json(sqlite3_stmt *row, int64_t now_ms)
{
    char last[WALL_TIME_TEXT];
    Suppression rule;

    read_rule(row, &rule);
    json_t *json = suppression_to_json(&rule);
    json_object_set_new(json, "active", json_boolean(rule.expires_ms > now_ms));
    json_object_set_new(json, "suppressed", json_integer(sqlite3_column_int64(row, 6)));
    json_object_set_new(json, "lastSuppressed",
                        sqlite3_column_type(row, 7) == SQLITE_NULL
                            ? json_null()
                            : json_string(wall_time_text((WallTime){ sqlite3_column_int64(row, 7) }, last)));
    return json;
}

json_t *
store_suppressions_json(Store *self, int64_t now_ms, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, LISTED " ORDER BY expires > ?1 DESC, created DESC, id", error);
    json_t *items = json_array();
    json_int_t active = 0;
    int code = SQLITE_ERROR;

    if (statement != NULL)
        sqlite3_bind_int64(statement, 1, now_ms);
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        json_t *one = listed_json(statement, now_ms);
        active += json_is_true(json_object_get(one, "active"));
        json_array_append_new(items, one);
    }
    if (code != SQLITE_DONE) {
        json_decref(items);
        if (statement != NULL)
            store_fail(self, error);
        return NULL;
    }
    return json_pack("{s:o, s:I, s:i}", "items", items, "active", active, "most", SUPPRESSIONS_MOST);
}

json_t *
store_suppression_json(Store *self, const char *id, int64_t now_ms, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(self, LISTED " WHERE id = ?1", error);

    if (statement == NULL)
        return NULL;
    store_bind_text(statement, 1, id);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return listed_json(statement, now_ms);
    if (code != SQLITE_DONE)
        store_fail(self, error);
    return NULL;
}

/* ---- trying a rule on the past ---- */

typedef struct Trial {
    int64_t since_ms, until_ms;
    json_int_t alerts, matched, open, true_positives;
    GPtrArray *ids; /* the newest that fit */
} Trial;

/* Back from the newest alert, or from now when that is earlier: what was replayed may be of last year. */
static bool
set_span(Store *self, uint32_t days, Trial *trial, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(self, "SELECT max(last_seen) FROM alerts", error);

    if (statement == NULL)
        return false;
    trial->until_ms = store_now_ms();
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        trial->until_ms = MIN(trial->until_ms, sqlite3_column_int64(statement, 0));
    trial->since_ms = trial->until_ms - days * day_ms;
    return true;
}

static bool
try_rule(Store *self, const Suppression *rule, Trial *trial, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, SUBJECT " WHERE last_seen >= ?1 ORDER BY last_seen DESC, id DESC", error);
    int code;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, trial->since_ms);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        AlertSubject subject = store_subject_of_row(statement);
        int state = sqlite3_column_int(statement, COLUMN_STATE);
        trial->alerts++;
        if (!suppression_matches(rule, &subject))
            continue;
        trial->matched++;
        trial->open += state == ALERT_NEW || state == ALERT_IN_PROGRESS;
        trial->true_positives += sqlite3_column_int(statement, COLUMN_VERDICT) == VERDICT_TRUE_POSITIVE;
        if (trial->ids->len < SHOWN_MOST)
            g_ptr_array_add(trial->ids, g_strdup((const char *)sqlite3_column_text(statement, 0)));
    }
    return code == SQLITE_DONE || store_fail(self, error);
}

static json_t *
shown_json(Store *self, const Trial *trial)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT " STORE_ALERT_COLUMNS " FROM alerts WHERE id = ?", NULL);
    json_t *items = json_array();

    for (guint i = 0; statement != NULL && i < trial->ids->len; i++) {
        store_bind_text(statement, 1, trial->ids->pdata[i]);
        json_t *alert = sqlite3_step(statement) == SQLITE_ROW ? store_alert_of_row(statement) : NULL;
        sqlite3_reset(statement);
        if (alert == NULL)
            continue;
        json_object_del(alert, "flows");
        json_array_append_new(items, alert);
    }
    return items;
}

json_t *
store_preview_suppression(Store *self, const Suppression *rule, uint32_t days, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    Trial trial = { .ids = ids };
    char since[WALL_TIME_TEXT], until[WALL_TIME_TEXT];

    if (!set_span(self, days, &trial, error) || !try_rule(self, rule, &trial, error))
        return NULL;
    return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "days", (json_int_t)days, "since",
                     wall_time_text((WallTime){ trial.since_ms }, since), "until",
                     wall_time_text((WallTime){ trial.until_ms }, until), "alerts", trial.alerts, "matched",
                     trial.matched, "open", trial.open, "truePositives", trial.true_positives, "items",
                     shown_json(self, &trial));
}
