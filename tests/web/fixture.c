/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture.c - see fixture.h */
#include "tests/web/fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

static const char *const alert_ids[] = { "00000000000000000001", "00000000000000000002",
                                         "00000000000000000003" };

const char *
fixture_alert_id(unsigned i)
{
    return alert_ids[i];
}

static IpAddress
ip_of(const char *text)
{
    IpAddress ip = { 0 };

    g_assert_true(ip_parse(text, &ip));
    return ip;
}

/* Names hold what an attacker might put into them. */
static void
put_alert(Store *store, unsigned i)
{
    g_autoptr(GError) error = NULL;
    int64_t time_ms = INT64_C(1773195300000) + i * 300000;
    Alert *alert = g_new0(Alert, 1);

    *alert = (Alert){ .score = 30 + i * 5,
                      .threshold = 25,
                      .kind = "residential-path",
                      .asset = ip_of("203.0.113.25"),
                      .criticality = 5,
                      .has_peer = true,
                      .peer = ip_of("198.51.100.77"),
                      .peer_asn = 64511,
                      .has_path = true,
                      .path_exporter = ip_of("192.0.2.1"),
                      .path_next_hop = ip_of("192.0.2.254"),
                      .path_out_if = 7,
                      .path_next_as = 64511,
                      .first_seen_ms = time_ms - 60000,
                      .last_seen_ms = time_ms,
                      .time_ms = time_ms,
                      .n_contributions = 1,
                      .n_flows = 1,
                      .maturity = 1,
                      .observed = 1000,
                      .expected_low = 10,
                      .expected_high = 100 };
    g_strlcpy(alert->id, alert_ids[i], sizeof alert->id);
    g_strlcpy(alert->asset_name, "<img src=x onerror=alert(1)>", sizeof alert->asset_name);
    g_strlcpy(alert->asset_role, "database\xff", sizeof alert->asset_role);
    g_strlcpy(alert->peer_class, "residential", sizeof alert->peer_class);
    g_strlcpy(alert->peer_country, "GU", sizeof alert->peer_country);
    g_strlcpy(alert->summary, "sent much to a home line", sizeof alert->summary);
    alert->contributions[0] =
        (AlertContribution){ .detector = "residential-path", .decibans = alert->score, .p = 0.001 };
    g_strlcpy(alert->contributions[0].reason, "it never did so", sizeof alert->contributions[0].reason);
    alert->flows[0] = (FlowRecord){ .src = alert->asset,
                                    .dst = alert->peer,
                                    .octets = 1000,
                                    .packets = 10,
                                    .start_ms = time_ms - 60000,
                                    .end_ms = time_ms,
                                    .family = 4,
                                    .protocol = 6,
                                    .src_port = 50000,
                                    .dst_port = 443,
                                    .next_hop = alert->path_next_hop };
    alert->flow_exporters[0] = alert->path_exporter;
    g_assert_true(store_put_alert(store, alert, &error));
    g_assert_no_error(error);
    g_free(alert);
}

/* A rule that nobody but the contract test asks for: it fits none of the alerts. */
static void
put_rule(Store *store)
{
    json_t *scope = json_pack("{s:s, s:i}", "asset", "203.0.113.128/25", "port", 22);
    g_autoptr(GError) error = NULL;
    Suppression rule;
    uint32_t n;

    g_assert_true(suppression_parse_scope(scope, &rule, &error));
    json_decref(scope);
    g_strlcpy(rule.reason, "the audit's own scanner", sizeof rule.reason);
    rule.expires_ms = g_get_real_time() / 1000 + INT64_C(86400000);
    g_assert_true(store_add_suppression(store, &rule, "triager", &n, &error));
}

static json_t *
example_of(Fixture *self, const char *path)
{
    json_t *operation = json_object_get(json_object_get(json_object_get(self->api, "paths"), path), "get");
    json_t *response = json_object_get(json_object_get(operation, "responses"), "200");
    json_t *content = json_object_get(json_object_get(response, "content"), "application/json");

    return json_deep_copy(json_object_get(content, "example"));
}

static json_t *
three_assets(Fixture *self, json_t *query)
{
    json_int_t offset = json_integer_value(json_object_get(query, "offset"));
    json_int_t limit = json_integer_value(json_object_get(query, "limit"));
    json_t *page = example_of(self, "/api/v1/assets");
    json_t *row = json_incref(json_array_get(json_object_get(page, "items"), 0));
    json_t *items = json_array();

    for (json_int_t i = offset; i < MIN(3, offset + limit); i++)
        json_array_append(items, row);
    json_object_set_new(page, "items", items);
    json_object_set_new(page, "total", json_integer(3));
    json_object_del(page, "next");
    json_decref(row);
    return page;
}

static json_t *
decide(Store *store, json_t *query, uint16_t *status)
{
    g_autoptr(GError) error = NULL;
    int done = store_decide(store, json_string_value(json_object_get(query, "id")),
                            json_string_value(json_object_get(query, "state")),
                            json_string_value(json_object_get(query, "verdict")),
                            json_string_value(json_object_get(query, "note")),
                            json_string_value(json_object_get(query, "actor")), &error);

    g_assert_no_error(error);
    *status = done == 1 ? 200 : 404;
    return json_object();
}

static json_t *
suppress(Store *store, json_t *query, uint16_t *status)
{
    g_autoptr(GError) error = NULL;
    Suppression rule;
    uint32_t n;

    g_assert_true(suppression_parse_scope(json_object_get(query, "scope"), &rule, &error));
    g_strlcpy(rule.reason, json_string_value(json_object_get(query, "reason")), sizeof rule.reason);
    rule.expires_ms = json_integer_value(json_object_get(query, "expires"));
    if (store_add_suppression(store, &rule, json_string_value(json_object_get(query, "actor")), &n, &error))
        return store_suppression_json(store, rule.id, rule.created_ms, NULL);
    *status = 422;
    return json_pack("{s:s}", "detail", error->message);
}

static json_t *
unsuppress(Store *store, json_t *query, uint16_t *status)
{
    Suppression was;
    uint32_t n;
    int done = store_delete_suppression(store, json_string_value(json_object_get(query, "id")),
                                        json_string_value(json_object_get(query, "actor")), &was, &n, NULL);

    *status = done == 1 ? 200 : 404;
    json_t *json = done == 1 ? suppression_to_json(&was) : json_object();
    json_object_set_new(json, "restored", json_integer(n));
    return json;
}

static json_t *
answer_of(Fixture *self, Store *store, json_t *query, uint16_t *status)
{
    static const struct {
        const char *what, *path;
    } examples[] = { { "status", "/api/v1/status" },
                     { "exporters", "/api/v1/exporters" },
                     { "exporterCounts", "/api/v1/exporters" },
                     { "exporter", "/api/v1/exporters/{index}" },
                     { "asset", "/api/v1/assets/{address}" },
                     { "classify", "/api/v1/classify/{address}" },
                     { "series", "/api/v1/assets/{address}/series" } };
    const char *what = json_string_value(json_object_get(query, "what"));
    const char *address = json_string_value(json_object_get(query, "address"));

    *status = 200;
    if (strcmp(what, "decide") == 0)
        return decide(store, query, status);
    if (strcmp(what, "suppress") == 0)
        return suppress(store, query, status);
    if (strcmp(what, "unsuppress") == 0)
        return unsuppress(store, query, status);
    if (strcmp(what, "assets") == 0)
        return three_assets(self, query);
    if (g_strcmp0(address, "192.0.2.99") == 0 || json_integer_value(json_object_get(query, "index")) > 0) {
        *status = 404;
        return json_pack("{s:s}", "detail", "it was never seen");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(examples); i++)
        if (strcmp(examples[i].what, what) == 0)
            return example_of(self, examples[i].path);
    *status = 400;
    return json_object();
}

static void
answer(StandIn *self, Store *store, const Message *message)
{
    static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    Fixture *fixture = self->fixture;
    gsize length;
    const char *bytes = g_bytes_get_data(message->body, &length);
    json_t *query = json_loadb(bytes, length, 0, NULL);
    Mood mood = (Mood)g_atomic_int_get(&fixture->mood);
    uint16_t status = 200;
    const char *what = json_string_value(json_object_get(query, "what"));

    g_assert_nonnull(what);
    bool is_counters = self == &fixture->stand_ins[1] && strcmp(what, "counters") == 0;
    if (!is_counters) {
        g_mutex_lock(&fixture->lock);
        g_free(fixture->last_query);
        fixture->last_query = g_strndup(bytes, length);
        g_mutex_unlock(&fixture->lock);
    }
    json_t *object = is_counters
                         ? json_pack("{s:i,s:i,s:i,s:b}", "files", 1, "samples", 2, "written", 2, "paused", 0)
                         : answer_of(fixture, store, query, &status);
    g_autofree char *text = strcmp(what, "graph") == 0 ? strdup(svg) : json_dumps(object, JSON_COMPACT);
    if (strcmp(what, "graph") == 0)
        status = 200;
    if (mood == MOOD_ANSWERS)
        channel_send(self->channel, MESSAGE_ANSWER, message->id, status, text, strlen(text), 100);
    else if (mood == MOOD_NONSENSE)
        channel_send(self->channel, MESSAGE_ANSWER, message->id, 200, "{\"a\":", 5, 100);
    else if (mood == MOOD_REFUSES)
        channel_send(self->channel, MESSAGE_ANSWER, message->id, 299, "", 0, 100);
    else if (mood == MOOD_EMPTY)
        channel_send(self->channel, MESSAGE_ANSWER, message->id, 200, "", 0, 100);
    json_decref(object);
    json_decref(query);
}

static gpointer
stand_in_run(gpointer user)
{
    StandIn *self = user;
    g_autoptr(Store) store = store_open(self->fixture->db, NULL, NULL);

    while (!g_atomic_int_get(&self->fixture->ending)) {
        g_auto(Message) message = { 0 };
        if (channel_receive(self->channel, &message, 20))
            answer(self, store, &message);
    }
    return NULL;
}

static void
make_store(Fixture *self)
{
    static const char *const names[] = { "", "reader", "triager", "boss" };
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(self->db, NULL, &error);

    g_assert_no_error(error);
    for (unsigned i = 0; i < G_N_ELEMENTS(alert_ids); i++)
        put_alert(store, i);
    put_rule(store);
    for (TokenScope scope = SCOPE_READ; scope <= SCOPE_ADMIN; scope++)
        self->tokens[scope] = store_make_token(store, names[scope], scope, 0, &error);
    g_assert_no_error(error);
}

void
fixture_init(Fixture *self, const WebConf *conf)
{
    WebConf own = conf == NULL ? (WebConf){ .answer_ms = 400 } : *conf;
    g_autoptr(GError) error = NULL;

    *self = (Fixture){ 0 };
    self->api = json_load_file(OPENAPI_PATH, JSON_REJECT_DUPLICATES, NULL);
    g_assert_nonnull(self->api);
    self->dir = scratch_new("web");
    self->db = g_build_filename(self->dir, "talaya.db", NULL);
    g_mutex_init(&self->lock);
    make_store(self);
    for (unsigned i = 0; i < 2; i++) {
        int fds[2];
        g_assert_true(channel_pair(fds, NULL));
        self->channels[i] = channel_new(fds[0]);
        self->stand_ins[i] = (StandIn){ .fixture = self, .channel = channel_new(fds[1]) };
        self->stand_ins[i].thread = g_thread_new("stand-in", stand_in_run, &self->stand_ins[i]);
    }
    own.listen_address = "127.0.0.1";
    own.listen_fd = -1;
    own.db_path = self->db;
    own.sense = self->channels[0];
    own.series = self->channels[1];
    own.clock = clock_system();
    self->server = web_server_new(&own, &error);
    g_assert_no_error(error);
}

void
fixture_clear(Fixture *self)
{
    web_server_free(self->server);
    g_atomic_int_set(&self->ending, 1);
    for (unsigned i = 0; i < 2; i++) {
        g_thread_join(self->stand_ins[i].thread);
        channel_free(self->stand_ins[i].channel);
        channel_free(self->channels[i]);
    }
    for (TokenScope scope = SCOPE_READ; scope <= SCOPE_ADMIN; scope++)
        g_free(self->tokens[scope]);
    json_decref(self->api);
    g_mutex_clear(&self->lock);
    g_free(self->last_query);
    scratch_free(self->dir);
    g_free(self->db);
}

void
fixture_set_mood(Fixture *self, Mood mood)
{
    g_atomic_int_set(&self->mood, (gint)mood);
}

json_t *
fixture_last_query(Fixture *self)
{
    g_mutex_lock(&self->lock);
    json_t *query = json_loads(self->last_query == NULL ? "{}" : self->last_query, 0, NULL);
    g_mutex_unlock(&self->lock);
    return query;
}

/* ---- a client that sends exactly what it is told ---- */

int
fixture_connect(Fixture *self)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(web_server_port(self->server)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, sizeof to), ==, 0);
    return fd;
}

static bool
is_whole(const GString *bytes, gsize *head_length, gsize *body_length, bool *has_length)
{
    const char *end = strstr(bytes->str, "\r\n\r\n");

    if (end == NULL)
        return false;
    *head_length = (gsize)(end - bytes->str) + 4;
    g_autofree char *head = g_ascii_strdown(bytes->str, (gssize)*head_length);
    const char *at = strstr(head, "\r\ncontent-length:");
    *has_length = at != NULL;
    *body_length = at == NULL ? 0 : (gsize)g_ascii_strtoull(at + 17, NULL, 10);
    return *has_length && bytes->len >= *head_length + *body_length;
}

HttpAnswer
fixture_read(int fd)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    gsize head_length = 0, body_length = 0;
    bool has_length = false;
    HttpAnswer answer = { 0 };

    while (!is_whole(bytes, &head_length, &body_length, &has_length)) {
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        char part[4096];
        g_assert_cmpint(poll(&poll_fd, 1, ANSWER_MS), ==, 1);
        ssize_t n = recv(fd, part, sizeof part, 0);
        if (n <= 0)
            break;
        g_string_append_len(bytes, part, n);
    }
    if (head_length == 0)
        return answer;
    answer.status = (int)strtol(bytes->str + 9, NULL, 10);
    answer.head = g_strndup(bytes->str, head_length);
    answer.length = bytes->len - head_length;
    answer.body = g_malloc(answer.length + 1);
    memcpy(answer.body, bytes->str + head_length, answer.length);
    answer.body[answer.length] = '\0';
    return answer;
}

HttpAnswer
fixture_send(Fixture *self, const char *bytes, gsize length)
{
    int fd = fixture_connect(self);

    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0)
            break; /* the server may answer and hang up before it has read all */
        bytes += n;
        length -= (gsize)n;
    }
    HttpAnswer answer = fixture_read(fd);
    close(fd);
    return answer;
}

HttpAnswer
fixture_call(Fixture *self, TokenScope scope, const char *method, const char *target, const char *headers,
             const char *body)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, target);
    if (scope != SCOPE_NONE)
        g_string_append_printf(text, "Authorization: Bearer %s\r\n", self->tokens[scope]);
    if (headers != NULL)
        g_string_append(text, headers);
    if (body != NULL)
        g_string_append_printf(
            text, "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n", strlen(body));
    g_string_append_printf(text, "\r\n%s", body == NULL ? "" : body);
    /* An answer to HEAD names a length that does not follow; the server closes, so that reading ends. */
    return fixture_send(self, text->str, text->len);
}

void
http_answer_clear(HttpAnswer *self)
{
    g_clear_pointer(&self->head, g_free);
    g_clear_pointer(&self->body, g_free);
}

char *
http_header(const HttpAnswer *answer, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(answer->head == NULL ? "" : answer->head, "\r\n", -1);
    size_t length = strlen(name);

    for (char **line = lines; *line != NULL; line++)
        if (g_ascii_strncasecmp(*line, name, length) == 0 && (*line)[length] == ':')
            return g_strdup(g_strstrip(*line + length + 1));
    return NULL;
}

json_t *
http_json(const HttpAnswer *answer)
{
    json_t *object = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, NULL);

    g_assert_nonnull(object);
    return object;
}

HttpAnswer
fixture_get(Fixture *self, TokenScope scope, const char *target)
{
    return fixture_call(self, scope, "GET", target, NULL, NULL);
}

void
http_assert_problem(const HttpAnswer *answer, int status, const char *type)
{
    g_autofree char *content = http_header(answer, "Content-Type");
    g_autofree char *full = g_strconcat("urn:talaya:problem:", type, NULL);

    g_assert_cmpint(answer->status, ==, status);
    g_assert_cmpstr(content, ==, "application/problem+json");
    json_t *object = http_json(answer);
    g_assert_cmpint(json_integer_value(json_object_get(object, "status")), ==, status);
    g_assert_cmpstr(json_string_value(json_object_get(object, "type")), ==, full);
    json_decref(object);
}
