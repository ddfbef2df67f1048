/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store-alert.c - alerts, what operators decide about them, and pages of them
 *
 * An alert is kept as the JSON that it is shown as; what is sorted or filtered by stands in columns beside
 * it, and the columns state, verdict and note are the truth for what an operator may change. Pages go by the
 * last row's sort key and id, so that rows which come or go meanwhile neither repeat nor hide others.
 */
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "scoring/store-private.h"

enum { LIMIT_MOST = 500, LIMIT_USUAL = 50, CURSOR_MOST = 200, NOTE_MOST = 4000 };

bool
store_add_history(Store *self, const char *id, int64_t time_ms, const char *actor, const char *action,
                  const char *note, const char *was, const char *became, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self,
        "INSERT INTO history (alert, time, actor, action, note, was, became) VALUES (?, ?, ?, ?, ?, ?, ?)",
        error);

    if (statement == NULL)
        return false;
    store_bind_text(statement, 1, id);
    sqlite3_bind_int64(statement, 2, time_ms);
    store_bind_text(statement, 3, actor);
    store_bind_text(statement, 4, action);
    store_bind_text(statement, 5, note);
    store_bind_text(statement, 6, was);
    store_bind_text(statement, 7, became);
    return store_step(self, statement, error);
}

/* What the store has of an alert before it is written anew. */
typedef struct Before {
    bool is_known, is_decided;
    AlertState state;
} Before;

static Before
look_before(Store *self, const char *id)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT decided, state FROM alerts WHERE id = ?", NULL);
    Before before = { 0 };

    if (statement == NULL)
        return before;
    store_bind_text(statement, 1, id);
    if (sqlite3_step(statement) == SQLITE_ROW)
        before = (Before){ .is_known = true,
                           .is_decided = sqlite3_column_int(statement, 0) != 0,
                           .state = (AlertState)sqlite3_column_int(statement, 1) };
    return before;
}

/* That it opened, and when a rule begins or ceases to suppress it. */
static bool
write_own_history(Store *self, const Alert *alert, const Before *before, GError **error)
{
    bool is_suppressed = alert->state == ALERT_SUPPRESSED;
    g_autofree char *note =
        is_suppressed ? g_strdup_printf("suppressed by rule %s", alert->suppression) : NULL;

    if (!before->is_known)
        return store_add_history(self, alert->id, alert->time_ms, "talaya", "opened", note, NULL,
                                 alert_state_name(alert->state), error);
    if (before->is_decided || before->state == alert->state)
        return true;
    return store_add_history(self, alert->id, store_now_ms(), "talaya", "state",
                             is_suppressed ? note : "no rule suppresses it any more",
                             alert_state_name(before->state), alert_state_name(alert->state), error);
}

static bool
write_alert(Store *self, const Alert *alert, const char *body, GError **error)
{
    char asset[IP_TEXT], peer[IP_TEXT];
    g_autoptr(StoreStatement) statement = store_prepare(
        self,
        "INSERT INTO alerts (id, state, verdict, score, kind, asset, peer, peer_class, first_seen, "
        "last_seen, body, asset_name, peer_asn, port, protocol, group_id, suppression)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
        " ON CONFLICT (id) DO UPDATE SET score = ?4, kind = ?5, asset = ?6, peer = ?7, peer_class = ?8,"
        " first_seen = ?9, last_seen = ?10, body = ?11, asset_name = ?12, peer_asn = ?13, port = ?14,"
        " protocol = ?15, group_id = ?16, suppression = ?17, version = version + 1,"
        " state = CASE WHEN decided THEN state ELSE ?2 END, verdict = CASE WHEN decided THEN verdict ELSE ?3 "
        "END",
        error);

    if (statement == NULL)
        return false;
    store_bind_text(statement, 1, alert->id);
    sqlite3_bind_int(statement, 2, (int)alert->state);
    sqlite3_bind_int(statement, 3, (int)alert->verdict);
    sqlite3_bind_double(statement, 4, isfinite(alert->score) ? alert->score : 0.0);
    store_bind_text(statement, 5, alert->kind != NULL ? alert->kind : "");
    store_bind_text(statement, 6, ip_text(&alert->asset, asset));
    store_bind_text(statement, 7, alert->has_peer ? ip_text(&alert->peer, peer) : NULL);
    store_bind_text(statement, 8, alert->peer_class[0] != '\0' ? alert->peer_class : NULL);
    sqlite3_bind_int64(statement, 9, alert->first_seen_ms);
    sqlite3_bind_int64(statement, 10, alert->last_seen_ms);
    store_bind_text(statement, 11, body);
    store_bind_text(statement, 12, alert->asset_name);
    sqlite3_bind_int64(statement, 13, alert->peer_asn);
    sqlite3_bind_int(statement, 14, alert->port);
    sqlite3_bind_int(statement, 15, alert->protocol);
    store_bind_text(statement, 16, alert->group[0] != '\0' ? alert->group : alert->id);
    store_bind_text(statement, 17, alert->suppression[0] != '\0' ? alert->suppression : NULL);
    return store_step(self, statement, error);
}

bool
store_put_alert(Store *self, const Alert *alert, GError **error)
{
    json_t *json = alert_to_json(alert);
    char *body = json_dumps(json, JSON_COMPACT);

    json_decref(json);
    if (!store_begin(self, error)) {
        free(body);
        return false;
    }
    Before before = look_before(self, alert->id);
    bool done = write_alert(self, alert, body, error) && write_own_history(self, alert, &before, error);
    free(body);
    return store_end(self, done, error);
}

json_t *
store_alert_of_row(sqlite3_stmt *row)
{
    const char *body = (const char *)sqlite3_column_text(row, 0);
    json_t *json = body != NULL ? json_loads(body, 0, NULL) : NULL;

    if (!json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    json_object_set_new(json, "state", json_string(alert_state_name((AlertState)sqlite3_column_int(row, 1))));
    json_object_set_new(json, "verdict",
                        json_string(alert_verdict_name((AlertVerdict)sqlite3_column_int(row, 2))));
    json_object_set_new(json, "note", store_column_json(row, 3));
    json_object_set_new(json, "suppression", store_column_json(row, 4));
    return json;
}

AlertSubject
store_subject_of_row(sqlite3_stmt *row)
{
    const char *asset = (const char *)sqlite3_column_text(row, 1);
    const char *peer = (const char *)sqlite3_column_text(row, 3);
    AlertSubject subject = { .asset_name = (const char *)sqlite3_column_text(row, 2),
                             .peer_class = (const char *)sqlite3_column_text(row, 4),
                             .peer_asn = (uint32_t)sqlite3_column_int64(row, 5),
                             .port = (uint16_t)sqlite3_column_int(row, 6),
                             .protocol = (uint8_t)sqlite3_column_int(row, 7),
                             .kind = (const char *)sqlite3_column_text(row, 8) };

    if (asset != NULL)
        ip_parse(asset, &subject.asset);
    subject.has_peer = peer != NULL && ip_parse(peer, &subject.peer);
    return subject;
}

/* "new,resolved" -> bits. */
static bool
parse_states(const char *names, int *bits, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(names != NULL ? names : "", ",", N_ALERT_STATES + 1);

    *bits = names == NULL || *names == '\0' ? ~0 : 0;
    for (char **part = parts; *part != NULL; part++) {
        AlertState state;
        if (!alert_state_parse(*part, &state)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                        "no state '%.32s'; there are new, in_progress, suppressed, resolved, archived",
                        *part);
            return false;
        }
        *bits |= 1 << state;
    }
    return true;
}

static bool
parse_verdicts(const char *names, int *bits, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(names != NULL ? names : "", ",", N_ALERT_VERDICTS + 1);

    *bits = names == NULL || *names == '\0' ? ~0 : 0;
    for (char **part = parts; *part != NULL; part++) {
        AlertVerdict verdict;
        if (!alert_verdict_parse(*part, &verdict)) {
            g_set_error(
                error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                "no verdict '%.32s'; there are unknown, true_positive, false_positive, benign_expected",
                *part);
            return false;
        }
        *bits |= 1 << verdict;
    }
    return true;
}

/* What a page begins behind. */
typedef struct PageStart {
    bool by_score, is_set;
    double score;
    int64_t time_ms;
    char id[32];
} PageStart;

/* base64url without padding of "time:KEY:ID" or "score:KEY:ID": opaque to the client, checked when it comes
 * back. */
static char *
cursor_make(const PageStart *at)
{
    char key[G_ASCII_DTOSTR_BUF_SIZE];

    if (at->by_score)
        g_ascii_dtostr(key, sizeof key, at->score);
    else
        g_snprintf(key, sizeof key, "%" G_GINT64_FORMAT, at->time_ms);
    g_autofree char *plain = g_strdup_printf("%s:%s:%s", at->by_score ? "score" : "time", key, at->id);
    char *text = g_base64_encode((const guchar *)plain, strlen(plain));
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

static bool
cursor_read(const char *cursor, PageStart *out)
{
    size_t length = strlen(cursor);
    gsize n = 0;
    char *end = NULL;

    if (length == 0 || length > CURSOR_MOST ||
        cursor[strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] != '\0')
        return false;
    g_autofree char *padded = g_strdup_printf("%s%.*s", cursor, (int)((4 - length % 4) % 4), "===");
    g_strdelimit(padded, "-", '+');
    g_strdelimit(padded, "_", '/');
    g_autofree guchar *bytes = g_base64_decode(padded, &n);
    g_autofree char *plain = g_strndup((const char *)bytes, n);
    g_auto(GStrv) parts = g_strsplit(plain, ":", 3);
    if (g_strv_length(parts) != 3 || *parts[1] == '\0' || *parts[2] == '\0' ||
        strlen(parts[2]) >= sizeof out->id)
        return false;
    if (!g_str_equal(parts[0], out->by_score ? "score" : "time") || !g_str_is_ascii(parts[2]))
        return false;
    if (out->by_score)
        out->score = g_ascii_strtod(parts[1], &end);
    else
        out->time_ms = g_ascii_strtoll(parts[1], &end, 10);
    g_strlcpy(out->id, parts[2], sizeof out->id);
    out->is_set = *end == '\0' && (!out->by_score || isfinite(out->score));
    return out->is_set;
}

#define FILTER                                                                                               \
    " WHERE ((1 << state) & ?1) != 0 AND ((1 << verdict) & ?2) != 0 AND (?3 IS NULL OR kind = ?3)"           \
    " AND (?4 IS NULL OR asset = ?4) AND (?5 IS NULL OR peer_class = ?5) AND score >= ?6"                    \
    " AND (?7 = 0 OR last_seen >= ?7) AND (?8 = 0 OR last_seen <= ?8) AND (?9 IS NULL OR group_id = ?9)"
#define COLUMNS STORE_ALERT_COLUMNS ", version, last_seen, score, id"
/* A page begins behind the last row of the one before. */
#define PAGE(order)                                                                                          \
    "SELECT " COLUMNS " FROM alerts" FILTER " AND (?10 = 0 OR (" order ", id) < (?11, ?12)) ORDER BY " order \
    " DESC, id DESC LIMIT ?13"
/*
 * One row for each group: its first alert in this order (SQLite takes the other columns from the row that has
 * the max), with how many alerts and assets it stands for. The rows of the page are chosen from the index
 * alone, and only then are their bodies read.
 */
#define FOLDED(order)                                                                                        \
    "WITH page AS MATERIALIZED (SELECT id, max(" order                                                       \
    ") AS first, count(*) AS size, count(DISTINCT asset) AS assets" STORE_AT_A_GLANCE FILTER                 \
    " GROUP BY group_id HAVING (?10 = 0 OR (first, id) < (?11, ?12)) ORDER BY first DESC, id DESC LIMIT "    \
    "?13) SELECT " COLUMNS ", size, assets FROM page JOIN alerts USING (id) ORDER BY first DESC, id DESC"
enum { COLUMN_VERSION = 5, COLUMN_TIME, COLUMN_SCORE, COLUMN_ID, COLUMN_SIZE, COLUMN_ASSETS };

typedef struct Filter {
    int states, verdicts;
    char asset[IP_TEXT];
} Filter;

static void
bind_filter(sqlite3_stmt *statement, const AlertQuery *query, const Filter *filter)
{
    sqlite3_bind_int(statement, 1, filter->states);
    sqlite3_bind_int(statement, 2, filter->verdicts);
    store_bind_text(statement, 3, query->kind != NULL && *query->kind != '\0' ? query->kind : NULL);
    store_bind_text(statement, 4, filter->asset[0] != '\0' ? filter->asset : NULL);
    store_bind_text(statement, 5,
                    query->peer_class != NULL && *query->peer_class != '\0' ? query->peer_class : NULL);
    sqlite3_bind_double(statement, 6, query->min_score > 0 ? query->min_score : -HUGE_VAL);
    sqlite3_bind_int64(statement, 7, query->since_ms);
    sqlite3_bind_int64(statement, 8, query->until_ms);
    store_bind_text(statement, 9, query->group != NULL && *query->group != '\0' ? query->group : NULL);
}

static bool
read_filter(const AlertQuery *query, Filter *filter, PageStart *start, GError **error)
{
    IpAddress ip;

    *filter = (Filter){ 0 };
    *start = (PageStart){ 0 };
    if (!parse_states(query->state, &filter->states, error) ||
        !parse_verdicts(query->verdict, &filter->verdicts, error))
        return false;
    if (query->asset != NULL && *query->asset != '\0') {
        if (!ip_parse(query->asset, &ip)) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%.64s' is no address",
                        query->asset);
            return false;
        }
        ip_text(&ip, filter->asset);
    }
    start->by_score = g_strcmp0(query->sort, "score") == 0;
    if (query->sort != NULL && *query->sort != '\0' && !start->by_score &&
        !g_str_equal(query->sort, "time")) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "no order '%.32s'; there are time and score", query->sort);
        return false;
    }
    if (query->cursor != NULL && *query->cursor != '\0' && !cursor_read(query->cursor, start)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "this cursor is not one that was given out for this order; begin without one");
        return false;
    }
    return true;
}

static bool
count_matches(Store *self, const AlertQuery *query, const Filter *filter, json_int_t *out, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self,
                      query->fold ? "SELECT count(DISTINCT group_id)" STORE_AT_A_GLANCE FILTER
                                  : "SELECT count(*)" STORE_AT_A_GLANCE FILTER,
                      error);

    if (statement == NULL)
        return false;
    bind_filter(statement, query, filter);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return store_fail(self, error);
    *out = sqlite3_column_int64(statement, 0);
    return true;
}

/* Reads one row more than asked for: whether there is a next page is then known. */
static bool
read_page(Store *self, sqlite3_stmt *statement, uint32_t limit, bool by_score, bool is_folded, json_t *items,
          char **next, GError **error)
{
    PageStart last = { .by_score = by_score };
    int code;

    for (uint32_t n = 0; (code = sqlite3_step(statement)) == SQLITE_ROW; n++) {
        if (n == limit) {
            *next = cursor_make(&last);
            return true;
        }
        last.time_ms = sqlite3_column_int64(statement, COLUMN_TIME);
        last.score = sqlite3_column_double(statement, COLUMN_SCORE);
        g_strlcpy(last.id, (const char *)sqlite3_column_text(statement, COLUMN_ID), sizeof last.id);
        json_t *json = store_alert_of_row(statement);
        if (json == NULL)
            continue;
        json_object_del(json, "flows");
        if (is_folded) {
            json_object_set_new(json, "groupSize",
                                json_integer(sqlite3_column_int64(statement, COLUMN_SIZE)));
            json_object_set_new(json, "groupAssets",
                                json_integer(sqlite3_column_int64(statement, COLUMN_ASSETS)));
        }
        json_array_append_new(items, json);
    }
    return code == SQLITE_DONE || store_fail(self, error);
}

json_t *
store_alerts_json(Store *self, const AlertQuery *query, GError **error)
{
    uint32_t limit = query->limit == 0 ? LIMIT_USUAL : MIN(query->limit, (uint32_t)LIMIT_MOST);
    g_autofree char *next = NULL;
    json_int_t total = 0;
    PageStart start;
    Filter filter;

    if (!read_filter(query, &filter, &start, error) || !count_matches(self, query, &filter, &total, error))
        return NULL;
    static const char *const pages[2][2] = { { PAGE("last_seen"), PAGE("score") },
                                             { FOLDED("last_seen"), FOLDED("score") } };
    g_autoptr(StoreStatement) statement = store_prepare(self, pages[query->fold][start.by_score], error);
    if (statement == NULL)
        return NULL;
    bind_filter(statement, query, &filter);
    sqlite3_bind_int(statement, 10, start.is_set);
    if (start.by_score)
        sqlite3_bind_double(statement, 11, start.score);
    else
        sqlite3_bind_int64(statement, 11, start.time_ms);
    store_bind_text(statement, 12, start.id);
    sqlite3_bind_int64(statement, 13, (int64_t)limit + 1);
    json_t *items = json_array();
    if (!read_page(self, statement, limit, start.by_score, query->fold, items, &next, error)) {
        json_decref(items);
        return NULL;
    }
    return json_pack("{s:o, s:o, s:I}", "items", items, "next",
                     next != NULL ? json_string(next) : json_null(), "total", total);
}

static json_t *
history_to_json(Store *self, const char *id, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "SELECT time, actor, action, note, was, became FROM history WHERE alert = ? ORDER BY n", error);
    json_t *rows = json_array();
    char time[WALL_TIME_TEXT];

    if (statement != NULL)
        store_bind_text(statement, 1, id);
    while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        json_array_append_new(
            rows, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "time",
                            wall_time_text((WallTime){ sqlite3_column_int64(statement, 0) }, time), "actor",
                            store_column_json(statement, 1), "action", store_column_json(statement, 2),
                            "note", store_column_json(statement, 3), "from", store_column_json(statement, 4),
                            "to", store_column_json(statement, 5)));
    return rows;
}

json_t *
store_alert_json(Store *self, const char *id, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT " COLUMNS " FROM alerts WHERE id = ?", error);
    char etag[24];

    if (statement == NULL)
        return NULL;
    store_bind_text(statement, 1, id);
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        if (code != SQLITE_DONE)
            store_fail(self, error);
        return NULL;
    }
    json_t *json = store_alert_of_row(statement);
    if (json == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "alert %s cannot be read", id);
        return NULL;
    }
    g_snprintf(etag, sizeof etag, "v%d", sqlite3_column_int(statement, COLUMN_VERSION));
    json_object_set_new(json, "etag", json_string(etag));
    json_object_set_new(json, "history", history_to_json(self, id, error));
    return json;
}

json_t *
store_counts_json(Store *self, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT state, count(*) FROM alerts GROUP BY state", error);

    if (statement == NULL)
        return NULL;
    json_t *json = json_object();
    for (int state = 0; state < N_ALERT_STATES; state++)
        json_object_set_new(json, alert_state_name((AlertState)state), json_integer(0));
    while (sqlite3_step(statement) == SQLITE_ROW)
        json_object_set_new(json, alert_state_name((AlertState)sqlite3_column_int(statement, 0)),
                            json_integer(sqlite3_column_int64(statement, 1)));
    return json;
}

/* One decision about one alert, while it is carried out. */
typedef struct Decision {
    const char *id, *actor, *note;
    int64_t time_ms;
    AlertState state_was, state;
    AlertVerdict verdict_was, verdict;
    bool has_state, has_verdict;
} Decision;

static bool
read_decision(Decision *self, const char *state, const char *verdict, GError **error)
{
    self->has_state = state != NULL;
    self->has_verdict = verdict != NULL;
    if (self->has_state && !alert_state_parse(state, &self->state)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no state '%.32s'", state);
        return false;
    }
    if (self->has_verdict && !alert_verdict_parse(verdict, &self->verdict)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no verdict '%.32s'", verdict);
        return false;
    }
    if (self->note != NULL && (strlen(self->note) > NOTE_MOST || !g_utf8_validate(self->note, -1, NULL))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "a note has at most %d bytes of UTF-8 text", NOTE_MOST);
        return false;
    }
    return true;
}

/* Whoever opens an alert again has decided nothing: rules may take it. To open one that a rule suppresses is
 * a decision. */
static bool
write_decision(Store *self, const Decision *decision, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self,
        "UPDATE alerts SET state = ?2, verdict = ?3, note = coalesce(?4, note), version = version + 1,"
        " decided = NOT (?2 = 0 AND ?3 = 0 AND suppression IS NULL) WHERE id = ?1",
        error);

    if (statement == NULL)
        return false;
    store_bind_text(statement, 1, decision->id);
    sqlite3_bind_int(statement, 2, (int)decision->state);
    sqlite3_bind_int(statement, 3, (int)decision->verdict);
    store_bind_text(statement, 4, decision->note);
    return store_step(self, statement, error);
}

/* One line of history for each thing that was decided; a note goes with the first of them. */
static bool
write_decision_history(Store *self, const Decision *decision, GError **error)
{
    const char *note = decision->note;

    if (decision->has_state) {
        if (!store_add_history(self, decision->id, decision->time_ms, decision->actor, "state", note,
                               alert_state_name(decision->state_was), alert_state_name(decision->state),
                               error))
            return false;
        note = NULL;
    }
    if (decision->has_verdict) {
        if (!store_add_history(self, decision->id, decision->time_ms, decision->actor, "verdict", note,
                               alert_verdict_name(decision->verdict_was),
                               alert_verdict_name(decision->verdict), error))
            return false;
        note = NULL;
    }
    if (note != NULL && !store_add_history(self, decision->id, decision->time_ms, decision->actor, "note",
                                           note, NULL, NULL, error))
        return false;
    g_autofree char *detail =
        g_strdup_printf("state=%s verdict=%s%s", alert_state_name(decision->state),
                        alert_verdict_name(decision->verdict), decision->note != NULL ? " with a note" : "");
    return store_audit(self, decision->actor, "alert-decided", decision->id, detail, error);
}

/* 1 found, 0 not there, -1 error. */
static int
read_current(Store *self, Decision *decision, GError **error)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT state, verdict FROM alerts WHERE id = ?", error);

    if (statement == NULL)
        return -1;
    store_bind_text(statement, 1, decision->id);
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        if (code != SQLITE_DONE)
            store_fail(self, error);
        return code == SQLITE_DONE ? 0 : -1;
    }
    decision->state_was = (AlertState)sqlite3_column_int(statement, 0);
    decision->verdict_was = (AlertVerdict)sqlite3_column_int(statement, 1);
    if (!decision->has_state)
        decision->state = decision->state_was;
    if (!decision->has_verdict)
        decision->verdict = decision->verdict_was;
    return 1;
}

int
store_decide(Store *self, const char *id, const char *state, const char *verdict, const char *note,
             const char *actor, GError **error)
{
    Decision decision = {
        .id = id, .actor = actor != NULL ? actor : "", .note = note, .time_ms = store_now_ms()
    };

    if (!read_decision(&decision, state, verdict, error) || !store_begin(self, error))
        return -1;
    int found = read_current(self, &decision, error);
    bool done = found == 1 && write_decision(self, &decision, error) &&
                write_decision_history(self, &decision, error);
    if (store_end(self, done, error))
        return 1;
    return found == 0 ? 0 : -1;
}

bool
store_alert_subject(Store *self, const char *id, AlertSubject *out, char kind[32])
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT " STORE_SUBJECT_COLUMNS " FROM alerts WHERE id = ?", NULL);

    if (statement == NULL)
        return false;
    store_bind_text(statement, 1, id);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return false;
    *out = store_subject_of_row(statement);
    g_strlcpy(kind, out->kind != NULL ? out->kind : "", 32);
    out->kind = kind;
    out->asset_name = out->peer_class = NULL;
    return true;
}

bool
store_each_verdict(Store *self, int64_t since_ms, StoreVerdict each, void *user, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self,
        "SELECT " STORE_SUBJECT_COLUMNS ", verdict FROM alerts WHERE id IN"
        " (SELECT alert FROM history WHERE action = 'verdict' AND time >= ?1) ORDER BY last_seen, id",
        error);
    int code;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, since_ms);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        AlertSubject about = store_subject_of_row(statement);
        each(user, &about, (AlertVerdict)sqlite3_column_int(statement, 9));
    }
    return code == SQLITE_DONE || store_fail(self, error);
}
