/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sense-answer.c - what the web process may ask of sense, and the answers
 *
 * Shapes: web/openapi.json. The web process has checked what a user gave, but may itself have been taken
 * over, so everything is checked again here.
 */
#include "collector/cli/exporter-list.h"
#include "collector/cli/sense.h"

#include <math.h>
#include <string.h>

/* ---- rates ---- */

static double
per_second(uint64_t now, uint64_t before, double seconds)
{
    return now >= before ? (double)(now - before) / seconds : 0;
}

static uint64_t
all_lost(const BooksTotals *totals)
{
    return totals->all.lost_records + totals->unseen_records + totals->all.queue_full_records;
}

void
sense_note_rates(Sense *self, WallTime now)
{
    int64_t steady_ns = clock_mono(clock_system()).ns, passed_ns = steady_ns - self->last_rate_ns;
    double seconds = (double)passed_ns / 1e9;
    const BooksTotals *last = &self->last_totals;
    BooksTotals totals;

    /* By the steady clock: when that on the wall is put back, rates go on. */
    if (self->last_rate_ns > 0 && passed_ns < INT64_C(1000000) * RATE_EVERY_MS)
        return;
    intakes_totals(self->intakes, &totals);
    if (self->last_rate_ns > 0)
        self->rates[self->n_rates++ % RATE_ROWS] = (RateRow){
            .time_ms = now.ms,
            .datagrams = per_second(totals.all.datagrams, last->all.datagrams, seconds),
            .records = per_second(totals.all.records + totals.all.late_records,
                                  last->all.records + last->all.late_records, seconds),
            .octets = per_second(totals.all.bytes, last->all.bytes, seconds),
            .lost = per_second(all_lost(&totals), all_lost(last), seconds),
        };
    self->last_totals = totals;
    self->last_rate_ns = steady_ns;
}

static json_t *
rate_json(const RateRow *row)
{
    return json_pack("{s:f,s:f,s:f,s:f}", "datagramsPerSecond", row->datagrams, "recordsPerSecond",
                     row->records, "octetsPerSecond", row->octets, "lostPerSecond", row->lost);
}

static json_t *
rate_history_json(const Sense *self)
{
    json_t *list = json_array();

    for (uint64_t i = self->n_rates > RATE_ROWS ? self->n_rates - RATE_ROWS : 0; i < self->n_rates; i++) {
        const RateRow *row = &self->rates[i % RATE_ROWS];
        char time[WALL_TIME_TEXT];
        json_array_append_new(list, json_pack("{s:s,s:f,s:f,s:f}", "time",
                                              wall_time_text((WallTime){ row->time_ms }, time), "records",
                                              row->records, "octets", row->octets, "lost", row->lost));
    }
    return list;
}

/* ---- status ---- */

static json_t *
processes_json(const Board *board)
{
    json_t *list = json_array();

    for (size_t i = 0; i < N_CHILDREN; i++) {
        int pid = board->children[i].pid;
        char since[WALL_TIME_TEXT];
        json_array_append_new(list,
                              json_pack("{s:s,s:i,s:i,s:s,s:s}", "name", child_name((ChildId)i), "pid", pid,
                                        "restarts", (int)board->children[i].restarts, "since",
                                        wall_time_text((WallTime){ board->children[i].since_ms }, since),
                                        "state", pid != 0 ? "running" : "restarting"));
    }
    return list;
}

/* NULL when the buffer is as large as was asked. */
static char *
buffer_hint(const BoardSocket *socket)
{
    if (socket->got >= socket->asked)
        return NULL;
    return g_strdup_printf("the kernel gave less than asked for; as root: sysctl -w net.core.rmem_max=%u",
                           socket->asked);
}

static json_t *
sockets_json(const Sense *self)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < self->args->board->n_sockets; i++) {
        const BoardSocket *socket = &self->args->board->sockets[i];
        g_autofree char *hint = buffer_hint(socket);
        json_array_append_new(list,
                              json_pack("{s:s,s:I,s:I,s:I,s:s?}", "listen", socket->listen, "asked",
                                        (json_int_t)socket->asked, "got", (json_int_t)socket->got, "drops",
                                        (json_int_t)intakes_socket_drops(self->intakes, i), "hint", hint));
    }
    return list;
}

static json_t *
intakes_json(const Sense *self)
{
    json_t *list = json_array();

    for (size_t i = 0; i < intakes_count(self->intakes); i++) {
        IntakeLoad load;
        double imbalance = intakes_load(self->intakes, i, &load);
        g_autofree char *name = g_strdup_printf("%s-%zu", load.kind, i);
        json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:f,s:f,s:f,s:f}", "name", name, "datagrams",
                                              (json_int_t)load.datagrams, "records", (json_int_t)load.records,
                                              "datagramsPerSecond", load.datagrams_per_s, "recordsPerSecond",
                                              load.records_per_s, "busy", load.busy, "imbalance", imbalance));
    }
    return list;
}

static void add_problem(json_t *list, const char *severity, const char *hint, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void
add_problem(json_t *list, const char *severity, const char *hint, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "severity", severity, "text", text, "hint", hint));
}

/* Who was refused for @reason, the heaviest first: "192.0.2.1, 192.0.2.7 and 3 more". @all is how many
 * senders were refused at all, which is an estimate when they are many. */
static char *
refused_words(const Sense *self, Refusal reason, uint32_t all)
{
    enum { NAMED = 5 };
    g_autoptr(GString) words = g_string_new(NULL);
    json_t *list = intakes_refused(self->intakes), *one;
    size_t i;
    uint32_t n = 0;

    json_array_foreach(list, i, one)
    {
        if (g_strcmp0(json_string_value(json_object_get(one, "reason")), refusal_name(reason)) == 0 &&
            n++ < NAMED)
            g_string_append_printf(words, "%s%s", n > 1 ? ", " : "",
                                   json_string_value(json_object_get(one, "address")));
    }
    if (n > NAMED && all <= json_array_size(list))
        g_string_append_printf(words, " and %u more", n - NAMED);
    else if (n > NAMED)
        g_string_append_printf(words, " and about %u more: a flood, or forged addresses", all - NAMED);
    json_decref(list);
    return g_string_free(g_steal_pointer(&words), FALSE);
}

/* A thread at its end: because it is the only one, or because too much of the load is heard by it. */
static void
add_overload(const Sense *self, json_t *list)
{
    static const double hot = 0.85, unfair = 1.5;
    size_t n = intakes_count(self->intakes);

    for (size_t i = 0; i < n; i++) {
        IntakeLoad load;
        double imbalance = intakes_load(self->intakes, i, &load);
        if (load.busy < hot)
            continue;
        if (imbalance < unfair)
            add_problem(list, "warning", "raise [collector] threads= if the machine has processors to spare",
                        "receiving thread %s-%zu is busy %.0f %% of the time", load.kind, i, load.busy * 100);
        else
            add_problem(
                list, "warning",
                "another number of [collector] threads= spreads the exporters anew; one that is too "
                "much for a thread must export less",
                "receiving thread %s-%zu is busy %.0f %% of the time, as it hears %.1f times its share "
                "of the records",
                load.kind, i, load.busy * 100, imbalance);
    }
}

/* What to do about drops: the first socket whose buffer could be larger says it. */
static char *
drops_hint(const Sense *self)
{
    for (uint32_t i = 0; i < self->args->board->n_sockets; i++) {
        char *hint = buffer_hint(&self->args->board->sockets[i]);
        if (hint != NULL)
            return hint;
    }
    return g_strdup("raise [collector] receive-buffer=, or give talaya more processor");
}

/* Why connections over TCP and TLS were refused or ended lately, where something can be done about it. */
static void
add_stream_problems(json_t *list, const json_t *streams, WallTime now)
{
    enum { LATELY_MS = 15 * 60 * 1000 };
    json_t *listener, *end;
    size_t i, k;

    json_array_foreach(json_object_get(streams, "listeners"), i, listener)
        json_array_foreach(json_object_get(listener, "ended"), k, end)
    {
        const char *fix = json_string_value(json_object_get(end, "fix"));
        const char *time = json_string_value(json_object_get(end, "lastTime"));
        gint64 count = json_integer_value(json_object_get(end, "count"));
        WallTime last;
        if (fix == NULL || !wall_time_parse(time, &last) || now.ms - last.ms > LATELY_MS)
            continue;
        add_problem(list, "warning", fix,
                    "%" G_GINT64_FORMAT " %s to %s came to nothing or to an end: %s (the last from %s at %s)",
                    count, count == 1 ? "connection" : "connections",
                    json_string_value(json_object_get(listener, "listen")),
                    json_string_value(json_object_get(end, "text")),
                    json_string_value(json_object_get(end, "lastFrom")), time);
    }
}

static void
add_tee_problems(const Sense *self, json_t *list)
{
    json_t *tees = tee_to_json(self->tee), *one;
    size_t i;

    json_array_foreach(tees, i, one)
    {
        const char *problem = json_string_value(json_object_get(one, "problem"));
        if (problem != NULL)
            add_problem(list, "warning", "see that it runs and can be reached; nothing else waits for it",
                        "%s (tee.%s): %s", json_string_value(json_object_get(one, "to")),
                        json_string_value(json_object_get(one, "name")), problem);
    }
    json_decref(tees);
}

static json_t *
problems_json(const Sense *self, const BooksTotals *totals, const ScoringCounters *scoring)
{
    json_t *list = json_array();

    if (scoring->disk_is_full)
        add_problem(list, "error", "free some space where the state folder lies; nothing is lost meanwhile",
                    "%" G_GUINT64_FORMAT " alerts wait in memory because they cannot be written",
                    scoring->alerts_waiting);
    if (self->state_failed)
        add_problem(list, "error", "free some space where the state folder lies", "%s", self->state_why);
    if (scoring->alerts_lost > 0)
        add_problem(list, "error", "the disk was full for too long", "%" G_GUINT64_FORMAT " alerts were lost",
                    scoring->alerts_lost);
    g_autofree char *hint = drops_hint(self);
    if (totals->kernel_drops > 0)
        add_problem(list, "warning", hint,
                    "the kernel dropped %" G_GUINT64_FORMAT " datagrams at our sockets",
                    totals->kernel_drops);
    add_overload(self, list);
    if (totals->all.queue_full_records > 0)
        add_problem(list, "warning", "raise [collector] queue=, or give talaya more processor",
                    "%" G_GUINT64_FORMAT " records came faster than they could be scored",
                    totals->all.queue_full_records);
    if (totals->all.refused[REFUSED_NOT_ALLOWED] > 0) {
        g_autofree char *who = refused_words(self, REFUSED_NOT_ALLOWED, totals->refused_senders);
        add_problem(list, "warning", "add the router to [collector] exporters= if it is yours",
                    "%" G_GUINT64_FORMAT " datagrams came from senders that are not on the list: %s",
                    totals->all.refused[REFUSED_NOT_ALLOWED], who);
    }
    if (totals->all.refused[REFUSED_EXPORTER_QUOTA] > 0) {
        g_autofree char *who = refused_words(self, REFUSED_EXPORTER_QUOTA, totals->refused_senders);
        add_problem(list, "warning",
                    "name your routers in [collector] exporters= more closely; if there are so many, raise "
                    "max-exporters= and max-new-exporters=",
                    "%" G_GUINT64_FORMAT " datagrams were refused because there are too many exporters, or "
                    "too many new ones in a minute: %s",
                    totals->all.refused[REFUSED_EXPORTER_QUOTA], who);
    }
    add_tee_problems(self, list);
    for (size_t i = 0; i < N_CHILDREN; i++)
        if (self->args->board->children[i].restarts > 0)
            add_problem(list, "warning", "the log says of what; please report it",
                        "the %s process had to be started again %u times", child_name((ChildId)i),
                        self->args->board->children[i].restarts);
    return list;
}

/* Of @all exporters; while their list is not whole yet (NULL), no more than that they are there. */
static json_t *
count_exporters(json_t *exporters, uint32_t all)
{
    size_t i, ok = 0, silent = 0;
    json_t *one;

    json_array_foreach(exporters, i, one)
    {
        const char *state = json_string_value(json_object_get(one, "state"));
        ok += state != NULL && strcmp(state, "ok") == 0;
        silent += state != NULL && strcmp(state, "silent") == 0;
    }
    size_t n = MAX(json_array_size(exporters), exporters == NULL ? all : 0);
    return json_pack("{s:I,s:I,s:I,s:I}", "total", (json_int_t)n, "ok", (json_int_t)ok, "warning",
                     (json_int_t)(json_array_size(exporters) - ok - silent), "silent", (json_int_t)silent);
}

static json_t *
task_status(Scorer *scorer, void *argument)
{
    return scorer_status_json(scorer);
}

static json_t *
books_status_json(const BooksTotals *totals, const ScoringCounters *scoring, json_t *scorer)
{
    json_t *books = books_to_json(&totals->all);

    json_object_set_new(books, "kernelDrops", json_integer((json_int_t)totals->kernel_drops));
    json_object_set_new(books, "unseenDrops", json_integer((json_int_t)totals->unseen_drops));
    json_object_set_new(books, "unseenRecords", json_integer((json_int_t)totals->unseen_records));
    json_object_set_new(books, "queueFull", json_integer((json_int_t)totals->all.queue_full_records));
    json_object_set_new(books, "scored", json_integer((json_int_t)scoring->records));
    json_object_set_new(books, "refusedSenders", json_integer((json_int_t)totals->refused_senders));
    json_t *late = json_object_get(scorer, "lateForScoring");
    json_object_set(books, "lateForScoring", late != NULL ? late : json_integer(0));
    return books;
}

static json_t *
answer_status(Sense *self, json_t *query, uint16_t *status)
{
    WallTime now = clock_wall(clock_system());
    int64_t started = self->args->board->started_ms;
    static const RateRow none = { 0 };
    const RateRow *rate = self->n_rates > 0 ? &self->rates[(self->n_rates - 1) % RATE_ROWS] : &none;
    char now_text[WALL_TIME_TEXT], started_text[WALL_TIME_TEXT];
    ScoringCounters scoring;
    BooksTotals totals;

    intakes_totals(self->intakes, &totals);
    scoring_thread_counters(self->scoring, &scoring);
    json_t *scorer = scoring_thread_ask(self->scoring, task_status, NULL);
    json_t *exporters = intakes_exporters(self->intakes);
    json_t *counts = store_counts_json(self->store, NULL);
    json_t *flow_time = json_object_get(scorer, "flowTime"), *assets = json_object_get(scorer, "assets");
    json_t *budget = json_object_get(scorer, "budget");
    json_t *answer = json_pack(
        "{s:s,s:s,s:s,s:I,s:b,s:O?,s:o,s:o,s:o,s:O?,s:o?,s:O?,s:O?,s:o,s:o,s:o,s:n,s:o}", "time",
        wall_time_text(now, now_text), "version", TALAYA_VERSION, "started",
        wall_time_text((WallTime){ started }, started_text), "uptimeSeconds",
        (json_int_t)((now.ms - started) / 1000), "demo", self->settings->demo.data, "flowTime", flow_time,
        "rates", rate_json(rate), "rateHistory", rate_history_json(self), "exporters",
        count_exporters(exporters, totals.exporters), "assets", assets, "alerts", counts, "budget", budget,
        "scoring", json_object_get(scorer, "scoring"), "books", books_status_json(&totals, &scoring, scorer),
        "processes", processes_json(self->args->board), "sockets", sockets_json(self), "series", "problems",
        problems_json(self, &totals, &scoring));
    json_t *streams = intakes_streams(self->intakes);
    add_stream_problems(json_object_get(answer, "problems"), streams, now);
    json_object_set_new(answer, "streams", streams);
    json_object_set_new(answer, "tees", tee_to_json(self->tee));
    json_object_set_new(answer, "refusedSenders", intakes_refused(self->intakes));
    json_object_set_new(answer, "intakes", intakes_json(self));
    json_decref(scorer);
    json_decref(exporters);
    *status = 200;
    return answer;
}

/* ---- the others ---- */

static uint32_t
number_of(json_t *query, const char *key, uint32_t preset, uint32_t most)
{
    json_t *value = json_object_get(query, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return preset;
    return (uint32_t)MIN(json_integer_value(value), (json_int_t)most);
}

static json_t *
answer_exporters(Sense *self, json_t *query, uint16_t *status)
{
    const ExporterQuery wanted = { .text = json_string_value(json_object_get(query, "query")),
                                   .state = json_string_value(json_object_get(query, "state")),
                                   .sort = json_string_value(json_object_get(query, "sort")),
                                   .offset = number_of(query, "offset", 0, UINT32_MAX),
                                   .limit = number_of(query, "limit", 100, 1000) };
    json_t *all = intakes_exporters(self->intakes), *page = exporter_list_page(all, &wanted);

    *status = all != NULL ? 200 : 503;
    json_decref(all);
    return page;
}

static json_t *
answer_exporter_counts(Sense *self, json_t *query, uint16_t *status)
{
    json_t *all = intakes_exporters(self->intakes), *counts = exporter_list_counts(all);

    *status = all != NULL ? 200 : 503;
    json_decref(all);
    return json_pack("{s:o}", "items", counts);
}

static json_t *
answer_exporter(Sense *self, json_t *query, uint16_t *status)
{
    json_t *index = json_object_get(query, "index"), *one = NULL;

    *status = 404;
    if (!json_is_integer(index) || json_integer_value(index) < 0 || json_integer_value(index) > UINT32_MAX)
        return NULL;
    bool is_told = intakes_exporter_json(self->intakes, (uint32_t)json_integer_value(index), &one);
    *status = one != NULL ? 200 : is_told ? 404 : 503;
    return one;
}

typedef struct AssetsWanted {
    const char *query, *sort;
    uint32_t offset, limit;
} AssetsWanted;

static json_t *
task_assets(Scorer *scorer, void *argument)
{
    const AssetsWanted *wanted = argument;

    return scorer_assets_json(scorer, wanted->query, wanted->sort, wanted->offset, wanted->limit);
}

static json_t *
answer_assets(Sense *self, json_t *query, uint16_t *status)
{
    AssetsWanted wanted = { .query = json_string_value(json_object_get(query, "query")),
                            .sort = json_string_value(json_object_get(query, "sort")),
                            .offset = number_of(query, "offset", 0, UINT32_MAX),
                            .limit = number_of(query, "limit", 100, 1000) };

    *status = 200;
    return scoring_thread_ask(self->scoring, task_assets, &wanted);
}

static json_t *
task_asset(Scorer *scorer, void *argument)
{
    return scorer_asset_json(scorer, argument);
}

static bool
address_of(json_t *query, IpAddress *out)
{
    const char *text = json_string_value(json_object_get(query, "address"));

    return text != NULL && ip_parse(text, out);
}

static json_t *
answer_asset(Sense *self, json_t *query, uint16_t *status)
{
    IpAddress address;

    *status = 400;
    if (!address_of(query, &address))
        return NULL;
    json_t *asset = scoring_thread_ask(self->scoring, task_asset, &address);
    *status = asset != NULL ? 200 : 404;
    if (asset != NULL && json_object_get(asset, "place") == NULL)
        json_object_set_new(asset, "place", place_explain_json(self->places, &address));
    return asset;
}

static json_t *
answer_classify(Sense *self, json_t *query, uint16_t *status)
{
    IpAddress address;

    *status = 400;
    if (!address_of(query, &address))
        return NULL;
    *status = 200;
    return place_explain_json(self->places, &address);
}

typedef struct Answer {
    const char *what;
    json_t *(*answer)(Sense *self, json_t *query, uint16_t *status);
} Answer;

/* A new question is one more line here. */
static const Answer answers[] = {
    { "status", answer_status },
    { "exporters", answer_exporters },
    { "exporterCounts", answer_exporter_counts },
    { "exporter", answer_exporter },
    { "assets", answer_assets },
    { "asset", answer_asset },
    { "classify", answer_classify },
    { "decide", sense_decide },
    { "suppress", sense_suppress },
    { "unsuppress", sense_unsuppress },
};

json_t *
sense_answer(Sense *self, json_t *query, uint16_t *status)
{
    const char *what = json_string_value(json_object_get(query, "what"));

    for (size_t i = 0; what != NULL && i < G_N_ELEMENTS(answers); i++)
        if (strcmp(answers[i].what, what) == 0)
            return answers[i].answer(self, query, status);
    *status = 400;
    return json_pack("{s:s}", "detail", "no such question");
}
