/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-series-process.c - the real `series` process, sandbox and all, asked as sense and web would ask it */
#include "collector/cli/child.h"
#include "collector/cli/series-process.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP = 300, SLOTS = 288, PATIENCE_MS = 10000 };
static const int64_t start_s = 1735689600; /* 2025-01-01T00:00:00Z: history, whatever the clock says */

typedef struct Process {
    Scratch *dir;
    pid_t pid;
    int end_fd; /* a byte into it is the signal to end */
    Channel *sense, *web;
} Process;

static void
process_start(Process *process)
{
    int with_sense[2], with_web[2], signals[2];
    g_autoptr(GError) error = NULL;

    process->dir = scratch_new("series");
    g_assert_true(channel_pair(with_sense, &error) && channel_pair(with_web, &error));
    g_assert_cmpint(pipe(signals), ==, 0);
    process->pid = fork();
    if (process->pid == 0) {
        Settings settings = { .scoring.window = STEP, .series.max_files = 10 };
        ChildArgs args = {
            .settings = &settings,
            .state_dir = process->dir,
            .peers = { [CHILD_SENSE] = with_sense[1], [CHILD_SERIES] = -1, [CHILD_WEB] = with_web[1] },
            .signals = signals[0]
        };
        close(with_sense[0]);
        close(with_web[0]);
        close(signals[1]);
        _exit(series_run(&args));
    }
    close(with_sense[1]);
    close(with_web[1]);
    close(signals[0]);
    process->end_fd = signals[1];
    process->sense = channel_new(with_sense[0]);
    process->web = channel_new(with_web[0]);
}

static void
process_end(Process *process)
{
    int status = -1;

    g_assert_cmpint(write(process->end_fd, "x", 1), ==, 1);
    g_assert_cmpint(waitpid(process->pid, &status, 0), ==, process->pid);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(process->end_fd);
    channel_free(process->sense);
    channel_free(process->web);
    scratch_free(process->dir);
}

/* A query, and the whole of its answer as text of @length. */
static char *
ask(Channel *channel, const char *query, uint16_t *status, gsize *length)
{
    g_auto(Message) answer = { 0 };

    g_assert_true(channel_send(channel, MESSAGE_QUERY, 7, 0, query, strlen(query), PATIENCE_MS));
    g_assert_true(channel_receive(channel, &answer, PATIENCE_MS));
    g_assert_cmpint(answer.type, ==, MESSAGE_ANSWER);
    g_assert_cmpuint(answer.id, ==, 7);
    *status = answer.status;
    const char *bytes = g_bytes_get_data(answer.body, length);
    return g_strndup(bytes, *length);
}

static json_t *
ask_json(Channel *channel, const char *query, uint16_t expected)
{
    uint16_t status;
    gsize length;
    g_autofree char *text = ask(channel, query, &status, &length);

    g_assert_cmpuint(status, ==, expected);
    json_t *object = json_loadb(text, length, 0, NULL);
    g_assert_nonnull(object);
    return object;
}

static void
send_day(Process *process)
{
    SeriesSample samples[SERIES_MESSAGE_SAMPLES];

    for (int at = 0; at < SLOTS;) {
        size_t n = 0;
        memset(samples, 0, sizeof samples);
        for (; at < SLOTS && n < G_N_ELEMENTS(samples); at++, n++) {
            SeriesSample *sample = &samples[n];
            sample->key.kind = SERIES_ASSET;
            ip_parse("203.0.113.9", &sample->key.address);
            sample->time_s = start_s + (int64_t)(at + 1) * STEP;
            sample->octets_out = 1e6 * (2 + sin(at / 40.0));
            sample->octets_in = 3e5;
            sample->expected_low = 0.8e6;
            sample->expected_high = 3.4e6;
            sample->lost = sample->score = NAN;
        }
        g_assert_true(
            channel_send(process->sense, MESSAGE_SAMPLES, 0, 0, samples, n * sizeof samples[0], PATIENCE_MS));
    }
}

#define DAY_QUERY "\"kind\":\"asset\",\"address\":\"203.0.113.9\",\"from\":1735689600,\"to\":1735776000"

/* Both channels are read in turns: waits until what was sent has been taken. */
static void
wait_for_samples(Process *process, json_int_t n)
{
    for (int i = 0; i < 200; i++) {
        json_t *counters = ask_json(process->web, "{\"what\":\"counters\"}", 200);
        json_int_t samples = json_integer_value(json_object_get(counters, "samples"));
        json_decref(counters);
        if (samples >= n)
            return;
        g_usleep(10000);
    }
    g_assert_not_reached();
}

static void
test_samples_of_sense_are_rows_for_web(void)
{
    Process process;

    process_start(&process);
    send_day(&process);
    wait_for_samples(&process, SLOTS);
    json_t *answer = ask_json(process.web, "{\"what\":\"series\"," DAY_QUERY ",\"points\":1000}", 200);
    const json_t *rows = json_object_get(answer, "rows");
    g_assert_cmpuint(json_array_size(rows), >=, SLOTS);
    const json_t *row = json_array_get(rows, 0);
    g_assert_cmpfloat_with_epsilon(json_number_value(json_object_get(row, "octetsOut")), 2e6 / STEP, 0.01);
    g_assert_true(json_is_null(json_object_get(row, "score")));
    json_decref(answer);
    process_end(&process);
}

static void
test_graphs_are_drawn_inside_the_sandbox(void)
{
    static const char png[] = { '\x89', 'P', 'N', 'G' };
    Process process;
    uint16_t status;
    gsize length;

    process_start(&process);
    send_day(&process);
    wait_for_samples(&process, SLOTS);
    g_autofree char *svg =
        ask(process.web, "{\"what\":\"graph\"," DAY_QUERY ",\"format\":\"svg\",\"title\":\"T\"}", &status,
            &length);
    g_assert_cmpuint(status, ==, 200);
    assert_has(svg, "</svg>");
    assert_has(svg, "glyph"); /* text: the fonts could be read */
    g_autofree char *image = ask(process.web,
                                 "{\"what\":\"graph\"," DAY_QUERY
                                 ",\"format\":\"png\",\"width\":2000,\"height\":1000,\"dark\":true}",
                                 &status, &length);
    g_assert_cmpuint(status, ==, 200);
    g_assert_cmpuint(length, >, 1000);
    g_assert_true(memcmp(image, png, sizeof png) == 0);
    process_end(&process);
}

static void
test_senseless_queries_are_refused_in_words(void)
{
    static const struct {
        const char *query;
        uint16_t status;
    } wrong[] = {
        { "", 400 },
        { "[1,2", 400 },
        { "\"text\"", 400 },
        { "{\"what\":\"rm\"}", 400 },
        { "{\"what\":\"series\"}", 400 },
        { "{\"what\":\"series\",\"kind\":\"asset\",\"address\":\"../../etc\"}", 400 },
        { "{\"what\":\"series\",\"kind\":\"asset\",\"address\":\"203.0.113.77\"}", 404 },
        { "{\"what\":\"series\",\"kind\":[],\"address\":5}", 400 },
        { "{\"what\":\"series\","
          "\"kind\":\"asset\",\"address\":\"203.0.113.9\",\"from\":5,\"to\":1}",
          400 },
        { "{\"what\":\"graph\"," DAY_QUERY ",\"format\":\"pdf\"}", 400 },
        { "{\"what\":\"graph\"," DAY_QUERY ",\"metric\":\"x\"}", 400 },
        { "{\"what\":\"graph\"," DAY_QUERY ",\"width\":100000}", 400 },
        { "{\"what\":\"graph\"," DAY_QUERY ",\"height\":-5}", 400 },
        { "{\"what\":\"counters\",\"what\":\"counters\"}", 400 },
    };
    Process process;

    process_start(&process);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        json_t *answer = ask_json(process.web, wrong[i].query, wrong[i].status);
        g_assert_nonnull(json_string_value(json_object_get(answer, "detail")));
        json_decref(answer);
    }
    process_end(&process);
}

static void
test_samples_of_a_wrong_size_or_from_web_are_not_taken(void)
{
    Process process;
    SeriesSample sample;

    memset(&sample, 0, sizeof sample);
    sample.key.kind = SERIES_EXPORTER;
    sample.time_s = start_s;
    process_start(&process);
    channel_send(process.sense, MESSAGE_SAMPLES, 0, 0, &sample, sizeof sample - 1, PATIENCE_MS);
    channel_send(process.sense, MESSAGE_SAMPLES, 0, 0, "", 0, PATIENCE_MS);
    channel_send(process.web, MESSAGE_SAMPLES, 0, 0, &sample, sizeof sample, PATIENCE_MS);
    sample.key.kind = 99;
    channel_send(process.sense, MESSAGE_SAMPLES, 0, 0, &sample, sizeof sample, PATIENCE_MS);
    wait_for_samples(&process, 1);
    json_t *counters = ask_json(process.web, "{\"what\":\"counters\"}", 200);
    g_assert_cmpint(json_integer_value(json_object_get(counters, "samples")), ==, 1);
    g_assert_cmpint(json_integer_value(json_object_get(counters, "failed")), ==, 1);
    g_assert_cmpint(json_integer_value(json_object_get(counters, "files")), ==, 0);
    json_decref(counters);
    process_end(&process);
}

static void
test_it_ends_when_nobody_is_left(void)
{
    Process process;
    int status = -1;

    process_start(&process);
    channel_free(process.sense);
    channel_free(process.web);
    g_assert_cmpint(waitpid(process.pid, &status, 0), ==, process.pid);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(process.end_fd);
    scratch_free(process.dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func("/collector/series-process/" name, function)
    ADD("samples-of-sense-are-rows-for-web", test_samples_of_sense_are_rows_for_web);
    ADD("graphs-are-drawn-inside-the-sandbox", test_graphs_are_drawn_inside_the_sandbox);
    ADD("senseless-queries-are-refused-in-words", test_senseless_queries_are_refused_in_words);
    ADD("samples-of-a-wrong-size-or-from-web-are-not-taken",
        test_samples_of_a_wrong_size_or_from_web_are_not_taken);
    ADD("it-ends-when-nobody-is-left", test_it_ends_when_nobody_is_left);
#undef ADD
    return g_test_run();
}
