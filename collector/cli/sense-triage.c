/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sense-triage.c - what operators decide: verdicts, and rules that suppress alerts
 *
 * Everything is on disk before the scorer is told, and the scorer is told before the operator is answered.
 * The scorer itself looks at no clock: which rules are in force is found out here, by the clock on the wall.
 */
#include "collector/base/log.h"
#include "collector/cli/sense.h"

#include <gio/gio.h>

/* A snapshot on its way to the disk may be so old. */
static const int64_t slack_ms = 60000;

/* ---- verdicts ---- */

typedef struct Lesson {
    const AlertSubject *about;
    AlertVerdict verdict;
} Lesson;

static json_t *
task_learn(Scorer *scorer, void *argument)
{
    const Lesson *lesson = argument;

    scorer_verdict(scorer, lesson->about, lesson->verdict);
    return NULL;
}

static void
teach(void *user, const AlertSubject *about, AlertVerdict verdict)
{
    Sense *self = user;
    Lesson lesson = { .about = about, .verdict = verdict };

    scoring_thread_ask(self->scoring, task_learn, &lesson);
}

/* Tells the scorer what an operator thinks of an alert. */
static void
teach_alert(Sense *self, const char *id, const char *name)
{
    AlertSubject about;
    AlertVerdict verdict;
    char kind[32];

    if (alert_verdict_parse(name, &verdict) && store_alert_subject(self->store, id, &about, kind))
        teach(self, &about, verdict);
}

json_t *
sense_decide(Sense *self, json_t *query, uint16_t *status)
{
    const char *id = json_string_value(json_object_get(query, "id"));
    const char *verdict = json_string_value(json_object_get(query, "verdict"));
    const char *actor = json_string_value(json_object_get(query, "actor"));
    g_autoptr(GError) error = NULL;

    *status = 400;
    if (id == NULL || actor == NULL)
        return json_pack("{s:s}", "detail", "id and actor are wanted");
    int done = store_decide(self->store, id, json_string_value(json_object_get(query, "state")), verdict,
                            json_string_value(json_object_get(query, "note")), actor, &error);
    if (done <= 0) {
        *status = done == 0 ? 404 : 409;
        return json_pack("{s:s}", "detail", done == 0 ? "there is no such alert" : error->message);
    }
    json_t *alert = store_alert_json(self->store, id, &error);
    if (verdict != NULL && alert != NULL)
        teach_alert(self, id, verdict);
    *status = alert != NULL ? 200 : 500;
    return alert;
}

/* ---- rules ---- */

static json_t *
task_rules(Scorer *scorer, void *argument)
{
    scorer_set_suppressions(scorer, argument);
    return NULL;
}

/* When the rules cannot be read, those that the scorer has stay, and it is tried again. */
static void
give_rules(Sense *self, WallTime now)
{
    g_autoptr(GError) error = NULL;
    SuppressionSet *rules = store_suppressions(self->store, now.ms, &self->rules_until_ms, &error);

    if (rules != NULL) {
        scoring_thread_ask(self->scoring, task_rules, rules);
        return;
    }
    log_error("the rules that suppress alerts cannot be read: %s", error->message);
    self->rules_until_ms = now.ms + slack_ms;
}

json_t *
sense_suppress(Sense *self, json_t *query, uint16_t *status)
{
    const char *actor = json_string_value(json_object_get(query, "actor"));
    const char *reason = json_string_value(json_object_get(query, "reason"));
    g_autoptr(GError) error = NULL;
    uint32_t suppressed = 0;
    Suppression rule;

    *status = 400;
    if (actor == NULL || reason == NULL)
        return json_pack("{s:s}", "detail", "actor and reason are wanted");
    if (!suppression_parse_scope(json_object_get(query, "scope"), &rule, &error))
        return json_pack("{s:s}", "detail", error->message);
    g_strlcpy(rule.reason, reason, sizeof rule.reason);
    rule.expires_ms = json_integer_value(json_object_get(query, "expires"));
    if (!store_add_suppression(self->store, &rule, actor, &suppressed, &error)) {
        *status = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ? 422 : 409;
        return json_pack("{s:s}", "detail", error->message);
    }
    give_rules(self, clock_wall(clock_system()));
    *status = 200;
    return store_suppression_json(self->store, rule.id, rule.created_ms, NULL);
}

json_t *
sense_unsuppress(Sense *self, json_t *query, uint16_t *status)
{
    const char *actor = json_string_value(json_object_get(query, "actor"));
    const char *id = json_string_value(json_object_get(query, "id"));
    g_autoptr(GError) error = NULL;
    uint32_t restored = 0;
    Suppression was;

    *status = 400;
    if (actor == NULL || id == NULL)
        return json_pack("{s:s}", "detail", "id and actor are wanted");
    int done = store_delete_suppression(self->store, id, actor, &was, &restored, &error);
    if (done <= 0) {
        *status = done == 0 ? 404 : 409;
        return json_pack("{s:s}", "detail", done == 0 ? "there is no such rule" : error->message);
    }
    give_rules(self, clock_wall(clock_system()));
    *status = 200;
    json_t *json = suppression_to_json(&was);
    json_object_set_new(json, "restored", json_integer(restored));
    return json;
}

void
sense_triage_start(Sense *self, int64_t state_ms)
{
    g_autoptr(GError) error = NULL;

    give_rules(self, clock_wall(clock_system()));
    if (state_ms != 0 && !store_each_verdict(self->store, state_ms - slack_ms, teach, self, &error))
        log_error("verdicts of the last minutes cannot be read: %s", error->message);
}

void
sense_triage_turn(Sense *self, WallTime now)
{
    if (now.ms >= self->rules_until_ms)
        give_rules(self, now);
}
