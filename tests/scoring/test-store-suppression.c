/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-store-suppression.c - rules in talaya.db: what they do to alerts, what they would have done, their end
 */
#include "scoring/store.h"
#include "tests/support/addresses.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <gio/gio.h>
#include <sqlite3.h>
#include <string.h>

static const int64_t day_ms = 86400000;

typedef struct Fixture {
    Scratch *dir;
    char *path;
    Store *store;
} Fixture;

static void
reopen(Fixture *self)
{
    g_autoptr(GError) error = NULL;

    store_free(self->store);
    self->store = store_open(self->path, NULL, &error);
    g_assert_no_error(error);
}

static void
set_up(Fixture *self, gconstpointer data)
{
    self->dir = scratch_new("rules");
    self->path = g_build_filename(self->dir, "talaya.db", NULL);
    if (data == NULL)
        reopen(self);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    store_free(self->store);
    g_free(self->path);
    scratch_free(self->dir);
}

static int64_t
now_ms(void)
{
    return g_get_real_time() / 1000;
}

/* Yesterday at noon: the ages of a test's alerts are all counted from it, and do not cross midnight. */
static int64_t
noon_ms(void)
{
    return now_ms() / day_ms * day_ms - day_ms / 2;
}

/* An alert of asset 203.0.113.@host to a home line, last seen @age_ms before noon. */
static Alert *
alert_of(const char *id, int host, int64_t age_ms)
{
    g_autofree char *asset = g_strdup_printf("203.0.113.%d", host);
    Alert *alert = g_new0(Alert, 1);

    *alert = (Alert){ .score = 40,
                      .kind = "residential_path",
                      .has_peer = true,
                      .peer_class = "residential",
                      .peer_asn = 64511,
                      .port = 8443,
                      .protocol = 6,
                      .n_flows = 1 };
    alert->first_seen_ms = alert->last_seen_ms = alert->time_ms = noon_ms() - age_ms;
    g_strlcpy(alert->id, id, sizeof alert->id);
    alert->asset = ip_of(asset);
    alert->peer = ip_of("198.51.100.77");
    alert_set_group(alert);
    return alert;
}

static void
put(Fixture *self, const char *id, int host, int64_t age_ms)
{
    g_autofree Alert *alert = alert_of(id, host, age_ms);
    g_autoptr(GError) error = NULL;

    store_put_alert(self->store, alert, &error);
    g_assert_no_error(error);
}

static Suppression
rule_of(const char *scope_text, int64_t expires_ms)
{
    json_t *scope = json_loads(scope_text, 0, NULL);
    Suppression rule;

    g_assert_true(suppression_parse_scope(scope, &rule, NULL));
    json_decref(scope);
    rule.expires_ms = expires_ms;
    g_strlcpy(rule.reason, "the new backup", sizeof rule.reason);
    return rule;
}

/* How many alerts it made suppressed. */
static uint32_t
add(Fixture *self, Suppression *rule)
{
    g_autoptr(GError) error = NULL;
    uint32_t suppressed = 77;

    store_add_suppression(self->store, rule, "mia", &suppressed, &error);
    g_assert_no_error(error);
    return suppressed;
}

static void
check_alert(Fixture *self, const char *id, const char *state, const char *rule)
{
    json_t *alert = store_alert_json(self->store, id, NULL);

    g_assert_cmpstr(json_string_value(json_object_get(alert, "state")), ==, state);
    g_assert_cmpstr(json_string_value(json_object_get(alert, "suppression")), ==, rule);
    json_decref(alert);
}

static json_int_t
number_of(const json_t *json, const char *key)
{
    g_assert_true(json_is_integer(json_object_get(json, key)));
    return json_integer_value(json_object_get(json, key));
}

static void
test_a_rule_suppresses_what_nobody_has_decided(Fixture *self, gconstpointer data)
{
    Suppression rule = rule_of("{\"asset\":\"203.0.113.0/28\"}", now_ms() + day_ms);

    put(self, "a", 1, 1000);
    put(self, "b", 2, 1000);
    put(self, "far", 99, 1000);
    g_assert_cmpint(store_decide(self->store, "b", "in_progress", NULL, NULL, "mia", NULL), ==, 1);
    g_assert_cmpuint(add(self, &rule), ==, 1);
    check_alert(self, "a", "suppressed", rule.id);
    check_alert(self, "b", "in_progress", NULL);
    check_alert(self, "far", "new", NULL);
    json_t *alert = store_alert_json(self->store, "a", NULL);
    json_t *last = json_array_get(json_object_get(alert, "history"), 1);
    g_assert_cmpstr(json_string_value(json_object_get(last, "actor")), ==, "mia");
    g_assert_cmpstr(json_string_value(json_object_get(last, "to")), ==, "suppressed");
    assert_has(json_string_value(json_object_get(last, "note")), "the new backup");
    json_decref(alert);
}

static void
test_what_was_opened_again_is_undecided(Fixture *self, gconstpointer data)
{
    Suppression rule = rule_of("{\"asset\":\"203.0.113.0/28\"}", now_ms() + day_ms);
    uint32_t restored;

    put(self, "a", 1, 1000);
    put(self, "b", 2, 1000);
    store_decide(self->store, "a", "resolved", "false_positive", NULL, "mia", NULL);
    store_decide(self->store, "a", "new", "unknown", NULL, "mia", NULL);
    g_assert_cmpuint(add(self, &rule), ==, 2);
    store_decide(self->store, "b", "new", NULL, NULL, "mia", NULL); /* whatever the rule says */
    put(self, "b", 2, 1000);
    check_alert(self, "a", "suppressed", rule.id);
    check_alert(self, "b", "new", NULL);
    store_delete_suppression(self->store, rule.id, "mia", NULL, &restored, NULL);
    g_assert_cmpuint(restored, ==, 1);
}

static void
test_deleting_a_rule_gives_back_what_it_suppressed(Fixture *self, gconstpointer data)
{
    Suppression rule = rule_of("{\"port\":8443}", now_ms() + day_ms), was;
    uint32_t restored = 0;

    put(self, "a", 1, 1000);
    put(self, "b", 2, 1000);
    g_assert_cmpuint(add(self, &rule), ==, 2);
    g_assert_cmpint(store_decide(self->store, "b", "archived", NULL, NULL, "mia", NULL), ==, 1);
    reopen(self);
    g_assert_cmpint(store_delete_suppression(self->store, rule.id, "ben", &was, &restored, NULL), ==, 1);
    g_assert_cmpuint(restored, ==, 1);
    g_assert_cmpstr(was.reason, ==, "the new backup");
    g_assert_cmpstr(was.author, ==, "mia");
    g_assert_cmpuint(was.port, ==, 8443);
    check_alert(self, "a", "new", NULL);
    check_alert(self, "b", "archived", rule.id);
    g_assert_cmpint(store_delete_suppression(self->store, rule.id, "ben", &was, &restored, NULL), ==, 0);
}

static void
test_an_expired_rule_is_not_in_force(Fixture *self, gconstpointer data)
{
    int64_t now = now_ms(), next_ms = 0;
    Suppression soon = rule_of("{\"port\":8443}", now + 60000), late = rule_of("{\"port\":22}", now + day_ms);

    add(self, &soon);
    add(self, &late);
    g_autoptr(SuppressionSet) both = store_suppressions(self->store, now, &next_ms, NULL);
    g_assert_cmpuint(suppression_set_size(both), ==, 2);
    g_assert_cmpint(next_ms, ==, now + 60000);
    g_autoptr(SuppressionSet) one = store_suppressions(self->store, now + 60000, &next_ms, NULL);
    g_assert_cmpuint(suppression_set_size(one), ==, 1);
    g_assert_cmpint(next_ms, ==, now + day_ms);
    g_autoptr(SuppressionSet) none = store_suppressions(self->store, now + day_ms, &next_ms, NULL);
    g_assert_cmpuint(suppression_set_size(none), ==, 0);
    g_assert_cmpint(next_ms, ==, INT64_MAX);
    json_t *list = store_suppressions_json(self->store, now + 60000, NULL);
    g_assert_cmpint(number_of(list, "active"), ==, 1);
    g_assert_cmpuint(json_array_size(json_object_get(list, "items")), ==, 2);
    json_t *last = json_array_get(json_object_get(list, "items"), 1); /* the expired ones come last */
    g_assert_true(json_is_false(json_object_get(last, "active")));
    json_decref(list);
}

static void
test_a_bad_rule_is_refused_and_changes_nothing(Fixture *self, gconstpointer data)
{
    const struct {
        const char *reason;
        int64_t expires_ms;
        const char *word;
    } cases[] = { { "", now_ms() + day_ms, "reason" },
                  { "  ", now_ms() + day_ms, "reason" },
                  { "the new backup", now_ms() - 1, "expired" },
                  { "the new backup", 0, "expired" },
                  { "the new backup", now_ms() + 400 * day_ms, "year" } };

    put(self, "a", 1, 1000);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Suppression rule = rule_of("{\"port\":8443}", cases[i].expires_ms);
        g_autoptr(GError) error = NULL;
        uint32_t suppressed;
        g_strlcpy(rule.reason, cases[i].reason, sizeof rule.reason);
        g_assert_false(store_add_suppression(self->store, &rule, "mia", &suppressed, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
        assert_has(error->message, cases[i].word);
    }
    check_alert(self, "a", "new", NULL);
}

static void
test_rules_are_bounded(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    uint32_t suppressed;

    for (int i = 0; i < SUPPRESSIONS_MOST; i++) {
        Suppression rule = rule_of("{\"port\":22}", now_ms() + day_ms);
        add(self, &rule);
    }
    Suppression one_more = rule_of("{\"port\":22}", now_ms() + day_ms);
    g_assert_false(store_add_suppression(self->store, &one_more, "mia", &suppressed, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
test_a_preview_tells_what_would_have_been_removed(Fixture *self, gconstpointer data)
{
    Suppression rule = rule_of("{\"asset\":\"203.0.113.0/28\",\"kind\":\"residential_path\"}", 0);

    for (int i = 1; i <= 14; i++) {
        g_autofree char *id = g_strdup_printf("in-%02d", i);
        put(self, id, i, i * day_ms);
    }
    put(self, "too-old", 3, 95 * day_ms);
    put(self, "other", 99, day_ms);
    store_decide(self->store, "in-02", "resolved", "false_positive", NULL, "mia", NULL);
    store_decide(self->store, "in-03", "in_progress", "true_positive", NULL, "mia", NULL);
    json_t *preview = store_preview_suppression(self->store, &rule, 90, NULL);
    g_assert_cmpint(number_of(preview, "days"), ==, 90);
    g_assert_cmpint(number_of(preview, "alerts"), ==, 15);
    g_assert_cmpint(number_of(preview, "matched"), ==, 14);
    g_assert_cmpint(number_of(preview, "open"), ==, 13);
    g_assert_cmpint(number_of(preview, "truePositives"), ==, 1);
    json_t *items = json_object_get(preview, "items");
    g_assert_cmpuint(json_array_size(items), ==, 14);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(items, 0), "id")), ==, "in-01");
    g_assert_null(json_object_get(json_array_get(items, 0), "flows"));
    json_decref(preview);
    check_alert(self, "in-01", "new", NULL); /* it was only asked */
}

static void
test_a_state_that_changes_by_itself_leaves_a_line(Fixture *self, gconstpointer data)
{
    g_autofree Alert *alert = alert_of("a", 1, 1000);

    alert->state = ALERT_SUPPRESSED;
    g_strlcpy(alert->suppression, "0123", sizeof alert->suppression);
    g_assert_true(store_put_alert(self->store, alert, NULL));
    check_alert(self, "a", "suppressed", "0123");
    alert->state = ALERT_NEW;
    alert->suppression[0] = '\0';
    g_assert_true(store_put_alert(self->store, alert, NULL));
    check_alert(self, "a", "new", NULL);
    json_t *json = store_alert_json(self->store, "a", NULL), *history = json_object_get(json, "history");
    g_assert_cmpuint(json_array_size(history), ==, 2);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(history, 0), "note")), ==,
                    "suppressed by rule 0123");
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(history, 1), "to")), ==, "new");
    json_decref(json);
}

static void
test_forty_desks_and_one_service_are_one_line(Fixture *self, gconstpointer data)
{
    AlertQuery folded = { .fold = true, .limit = 2 };

    for (int i = 1; i <= 40; i++) {
        g_autofree char *id = g_strdup_printf("desk-%02d", i);
        put(self, id, i, 60000 + i);
    }
    g_autofree Alert *volume = alert_of("volume", 7, 1000);
    volume->kind = "volume_out";
    volume->has_peer = false;
    volume->group[0] = '\0';
    alert_set_group(volume);
    g_assert_true(store_put_alert(self->store, volume, NULL));
    json_t *page = store_alerts_json(self->store, &folded, NULL), *items = json_object_get(page, "items");
    g_assert_cmpuint(json_array_size(items), ==, 2);
    g_assert_cmpint(number_of(page, "total"), ==, 2);
    json_t *line = json_array_get(items, 1);
    g_assert_cmpint(number_of(line, "groupSize"), ==, 40);
    g_assert_cmpint(number_of(line, "groupAssets"), ==, 40);
    g_assert_cmpstr(json_string_value(json_object_get(line, "id")), ==, "desk-01"); /* the newest */
    AlertQuery of_group = { .group = json_string_value(json_object_get(line, "group")), .limit = 500 };
    json_t *members = store_alerts_json(self->store, &of_group, NULL);
    g_assert_cmpuint(json_array_size(json_object_get(members, "items")), ==, 40);
    g_assert_null(json_object_get(json_array_get(json_object_get(members, "items"), 0), "groupSize"));
    json_decref(members);
    json_decref(page);
}

/* A group stands where its first alert under this order stands, so pages neither repeat nor hide one. */
static void
test_pages_of_groups_give_each_group_once(Fixture *self, gconstpointer data)
{
    g_autofree char *cursor = NULL;
    int seen = 0;

    for (int i = 0; i < 21; i++) {
        g_autofree char *id = g_strdup_printf("%02d", i);
        g_autofree Alert *alert = alert_of(id, i + 1, 1000 * i);
        g_snprintf(alert->group, sizeof alert->group, "g%d", i % 7);
        alert->score = 30 + i % 5;
        g_assert_true(store_put_alert(self->store, alert, NULL));
    }
    for (int turns = 0; turns < 4; turns++) {
        AlertQuery query = { .fold = true, .limit = 2, .sort = "score", .cursor = cursor };
        json_t *page = store_alerts_json(self->store, &query, NULL), *one;
        size_t i;
        json_array_foreach(json_object_get(page, "items"), i, one)
        {
            int group = json_string_value(json_object_get(one, "group"))[1] - '0';
            g_assert_cmpint(seen & 1 << group, ==, 0);
            g_assert_cmpint(number_of(one, "groupSize"), ==, 3);
            seen |= 1 << group;
        }
        g_free(cursor);
        cursor = g_strdup(json_string_value(json_object_get(page, "next")));
        json_decref(page);
    }
    g_assert_cmpint(seen, ==, 127);
    g_assert_null(cursor);
}

/* As the first version made it, with an alert of its time and one whose body is damaged. */
static const char first_schema[] =
    "CREATE TABLE alerts (id TEXT PRIMARY KEY, state INTEGER NOT NULL, verdict INTEGER NOT NULL,"
    " decided INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1, score REAL NOT NULL,"
    " kind TEXT NOT NULL, asset TEXT NOT NULL, peer TEXT, peer_class TEXT, first_seen INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL, note TEXT, body TEXT NOT NULL);"
    "CREATE TABLE history (n INTEGER PRIMARY KEY, alert TEXT NOT NULL, time INTEGER NOT NULL,"
    " actor TEXT NOT NULL, action TEXT NOT NULL, note TEXT, was TEXT, became TEXT);"
    "CREATE TABLE tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL, scope INTEGER NOT NULL,"
    " hash TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL DEFAULT 0,"
    " revoked INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE audit (n INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL,"
    " action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT);"
    "INSERT INTO alerts VALUES ('old', 0, 0, 0, 1, 40.0, 'residential_path', '203.0.113.25', '198.51.100.77',"
    " 'residential', 1000, 2000, NULL, '{\"assetName\":\"billing-db\",\"peerAsn\":64511}');"
    "INSERT INTO alerts VALUES ('torn', 0, 0, 0, 1, 40.0, 'new_peer', '203.0.113.26', NULL,"
    " NULL, 1000, 2000, NULL, '{\"assetNa');"
    "PRAGMA user_version = 1";

static void
test_an_older_store_is_brought_up_to_date(Fixture *self, gconstpointer data)
{
    Suppression by_name = rule_of("{\"assetName\":\"billing-db\",\"peerAsn\":64511}", now_ms() + day_ms);
    sqlite3 *db = NULL;

    g_assert_cmpint(sqlite3_open(self->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, first_schema, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
    reopen(self);
    json_t *page = store_alerts_json(self->store, &(AlertQuery){ .fold = true }, NULL);
    g_assert_cmpint(number_of(page, "total"), ==, 2); /* each a group of its own */
    json_decref(page);
    json_t *preview = store_preview_suppression(self->store, &by_name, 90, NULL);
    g_assert_cmpint(number_of(preview, "matched"), ==, 1);
    g_assert_cmpint(number_of(preview, "alerts"), ==, 2);
    json_decref(preview);
    g_assert_cmpuint(add(self, &by_name), ==, 1);
    check_alert(self, "old", "suppressed", by_name.id);
    reopen(self);
    check_alert(self, "old", "suppressed", by_name.id);
}

static void
count_verdict(void *user, const AlertSubject *about, AlertVerdict verdict)
{
    int *n = user;

    g_assert_true(about->has_peer);
    g_assert_cmpstr(about->kind, ==, "residential_path");
    g_assert_cmpuint(about->port, ==, 8443);
    n[verdict]++;
}

static void
test_verdicts_can_be_read_again(Fixture *self, gconstpointer data)
{
    int n[N_ALERT_VERDICTS] = { 0 };

    put(self, "a", 1, 1000);
    put(self, "b", 2, 1000);
    put(self, "c", 3, 1000);
    store_decide(self->store, "a", NULL, "true_positive", NULL, "mia", NULL);
    store_decide(self->store, "a", NULL, "benign_expected", NULL, "mia", NULL); /* the last word counts */
    store_decide(self->store, "b", NULL, "false_positive", NULL, "mia", NULL);
    store_decide(self->store, "c", "resolved", NULL, NULL, "mia", NULL);
    g_assert_true(store_each_verdict(self->store, now_ms() - 60000, count_verdict, n, NULL));
    g_assert_cmpint(n[VERDICT_BENIGN_EXPECTED], ==, 1);
    g_assert_cmpint(n[VERDICT_FALSE_POSITIVE], ==, 1);
    g_assert_cmpint(n[VERDICT_TRUE_POSITIVE] + n[VERDICT_UNKNOWN], ==, 0);
    g_assert_true(store_each_verdict(self->store, now_ms() + 60000, count_verdict, n, NULL));
    g_assert_cmpint(n[VERDICT_FALSE_POSITIVE], ==, 1);
}

#define ADD(name, function, data)                                                                            \
    g_test_add("/scoring/store-suppression/" name, Fixture, data, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-rule-suppresses-what-nobody-has-decided", test_a_rule_suppresses_what_nobody_has_decided, NULL);
    ADD("what-was-opened-again-is-undecided", test_what_was_opened_again_is_undecided, NULL);
    ADD("deleting-a-rule-gives-back-what-it-suppressed", test_deleting_a_rule_gives_back_what_it_suppressed,
        NULL);
    ADD("an-expired-rule-is-not-in-force", test_an_expired_rule_is_not_in_force, NULL);
    ADD("a-bad-rule-is-refused-and-changes-nothing", test_a_bad_rule_is_refused_and_changes_nothing, NULL);
    ADD("rules-are-bounded", test_rules_are_bounded, NULL);
    ADD("a-preview-tells-what-would-have-been-removed", test_a_preview_tells_what_would_have_been_removed,
        NULL);
    ADD("a-state-that-changes-by-itself-leaves-a-line", test_a_state_that_changes_by_itself_leaves_a_line,
        NULL);
    ADD("forty-desks-and-one-service-are-one-line", test_forty_desks_and_one_service_are_one_line, NULL);
    ADD("pages-of-groups-give-each-group-once", test_pages_of_groups_give_each_group_once, NULL);
    ADD("an-older-store-is-brought-up-to-date", test_an_older_store_is_brought_up_to_date, "no store yet");
    ADD("verdicts-can-be-read-again", test_verdicts_can_be_read_again, NULL);
    return g_test_run();
}
