/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metrics.c - /metrics: Prometheus' text format, made of the same answers that the API gives
 *
 * A metric is one line in the table. Labels are bounded: reasons, states and processes are ours, exporters
 * are limited by the decoder; hosts never become labels. A router that sends over UDP and over TCP is two
 * exporters, each with templates, sequences and books of its own, but one label: what is counted is added up,
 * of what is not the smaller stands for both.
 */
#include "web/context.h"
#include "web/routes.h"

#include <string.h>

enum { SERIES_MS = 300 }; /* as long as the page waits for what it can do without */

typedef struct Metric {
    const char *name, *type, *help;
    const char *path;  /* to a number, an object of numbers, or an array of objects: "status.books.decoded" */
    const char *label; /* of an object: its keys; of an array: the value of @key */
    const char *key;
    const char *value;  /* of an array: path of the value within an item */
    const char *equals; /* the value is a text: 1 when it is this, else 0 */
} Metric;

#define BOOKS "status.books."
static const Metric metrics[] = {
    { "talaya_uptime_seconds", "gauge", "Time since the daemon was started.", "status.uptimeSeconds" },
    { "talaya_datagrams_received_total", "counter", "Datagrams received from exporters.", BOOKS "received" },
    { "talaya_datagrams_decoded_total", "counter", "Datagrams decoded.", BOOKS "decoded" },
    { "talaya_datagrams_refused_total", "counter", "Datagrams refused as a whole, by reason.",
      BOOKS "refusedBy", "reason" },
    { "talaya_malformed_parts_total", "counter",
      "Sets, templates and records given up within decoded datagrams.", BOOKS "malformed", "reason" },
    { "talaya_flow_records_total", "counter", "Flow records decoded on arrival.", BOOKS "records" },
    { "talaya_late_records_total", "counter", "Flow records decoded when their template came.",
      BOOKS "lateRecords" },
    { "talaya_options_records_total", "counter", "Options records decoded.", BOOKS "optionsRecords" },
    { "talaya_missing_template_sets_total", "counter", "Data sets whose template was not known on arrival.",
      BOOKS "missingTemplateSets" },
    { "talaya_sequence_lost_total", "counter", "Lost by the exporters' sequence numbers, in their units.",
      BOOKS "sequenceLost" },
    { "talaya_lost_records_total", "counter", "Records lost by the exporters' sequence numbers.",
      BOOKS "lostRecords" },
    { "talaya_unseen_records", "gauge",
      "Records in datagrams that the kernel dropped and no sequence number shows (yet).",
      BOOKS "unseenRecords" },
    { "talaya_kernel_drops_total", "counter", "Datagrams that the kernel dropped at our sockets.",
      BOOKS "kernelDrops" },
    { "talaya_queue_full_records_total", "counter", "Records decoded that the scoring queue could not take.",
      BOOKS "queueFull" },
    { "talaya_scored_records_total", "counter", "Records that the scoring has taken.", BOOKS "scored" },
    { "talaya_scoring_total", "counter", "What the scoring counted, and what its tables had no room for.",
      "status.scoring", "what" },
    { "talaya_detector_discount", "gauge",
      "What a detector's evidence counts for: below 1 where the network shows too much of its kind.",
      "status.budget.discounts", "detector" },
    { "talaya_late_for_scoring_records_total", "counter", "Records that came after their window was closed.",
      BOOKS "lateForScoring" },
    { "talaya_exporters", "gauge", "Exporters, by state.", "status.exporters", "state" },
    { "talaya_assets", "gauge", "Assets, by what their baseline has learnt.", "status.assets", "baseline" },
    { "talaya_alerts", "gauge", "Alerts in the store, by state.", "status.alerts", "state" },
    { "talaya_score_threshold_decibans", "gauge", "Evidence at which an alert opens under the budget.",
      "status.budget.thresholdDecibans" },
    { "talaya_process_restarts_total", "counter", "How often a process was started again.",
      "status.processes", "process", "name", "restarts" },
    { "talaya_process_up", "gauge", "Whether a process runs.", "status.processes", "process", "name", "state",
      "running" },
    { "talaya_socket_drops_total", "counter", "Datagrams dropped by the kernel, by socket.", "status.sockets",
      "socket", "listen", "drops" },
    { "talaya_socket_buffer_bytes", "gauge", "Receive buffer that the kernel gave, by socket.",
      "status.sockets", "socket", "listen", "got" },
    { "talaya_intake_records_total", "counter", "Flow records decoded, by receiving thread.",
      "status.intakes", "intake", "name", "records" },
    { "talaya_intake_busy", "gauge", "Share of a processor that a receiving thread takes.", "status.intakes",
      "intake", "name", "busy" },
    { "talaya_intake_imbalance", "gauge", "Records of a receiving thread against the mean of its kind.",
      "status.intakes", "intake", "name", "imbalance" },
    { "talaya_stream_connections", "gauge", "Connections over TCP and TLS that are open, by socket.",
      "status.streams.listeners", "socket", "listen", "connections" },
    { "talaya_stream_accepted_total", "counter", "Connections that were let in, by socket.",
      "status.streams.listeners", "socket", "listen", "accepted" },
    { "talaya_stream_messages_total", "counter", "IPFIX messages that came over them, by socket.",
      "status.streams.listeners", "socket", "listen", "messages" },
    { "talaya_stream_ended_total", "counter", "Connections that were refused or ended, by reason.",
      "status.streams.ended", "reason" },
    { "talaya_stream_pushed_back_seconds_total", "counter",
      "How long senders were made to wait because scoring did not keep up.",
      "status.streams.pushedBackSeconds" },
    { "talaya_tee_sent_total", "counter", "Datagrams sent on to another collector.", "status.tees", "tee",
      "name", "sent" },
    { "talaya_tee_dropped_total", "counter", "Datagrams that a destination's socket did not take.",
      "status.tees", "tee", "name", "dropped" },
    { "talaya_tee_queue_dropped_total", "counter",
      "Datagrams that were not sent on because the queue, which all destinations share, was full.",
      "status.tees", "tee", "name", "queueDropped" },
    { "talaya_tee_errors_total", "counter", "What the network has sent back from a destination.",
      "status.tees", "tee", "name", "errors" },
    { "talaya_series_files", "gauge", "RRD files of traffic history.", "series.files" },
    { "talaya_series_samples_total", "counter", "Samples that came for the traffic history.",
      "series.samples" },
    { "talaya_series_written_total", "counter", "Samples written to disk.", "series.written" },
    { "talaya_series_failed_total", "counter", "Samples that could not be written.", "series.failed" },
    { "talaya_exporter_up", "gauge", "Whether an exporter sends and all is well with it.", "exporters",
      "exporter", "address", "state", "ok" },
    { "talaya_exporter_datagrams_received_total", "counter", "Datagrams received, by exporter.", "exporters",
      "exporter", "address", "books.received" },
    { "talaya_exporter_flow_records_total", "counter", "Flow records decoded, by exporter.", "exporters",
      "exporter", "address", "books.records" },
    { "talaya_exporter_sequence_lost_total", "counter", "Lost by sequence number, by exporter.", "exporters",
      "exporter", "address", "books.sequenceLost" },
    { "talaya_exporter_missing_template_sets_total", "counter", "Data sets without template, by exporter.",
      "exporters", "exporter", "address", "books.missingTemplateSets" },
    { "talaya_exporter_sampling_rate", "gauge", "One in so many packets, as the exporter says.", "exporters",
      "exporter", "address", "sampling.rate" },
    { "talaya_exporter_clock_skew_seconds", "gauge", "How far an exporter's clock is ahead of ours.",
      "exporters", "exporter", "address", "clockSkewSeconds" },
};

void
metrics_handle(Request *request)
{
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "status"));
    request_ask(request, PEER_SENSE, json_pack("{s:s}", "what", "exporterCounts"));
    request_ask_within(request, PEER_SERIES, json_pack("{s:s}", "what", "counters"), SERIES_MS);
}

/* Lends what lies at a dotted path; NULL when it is not there. */
static const json_t *
at_path(const json_t *object, const char *path)
{
    char name[64];

    while (object != NULL && path[0] != '\0') {
        size_t length = MIN(strcspn(path, "."), sizeof name - 1);
        memcpy(name, path, length);
        name[length] = '\0';
        object = json_object_get(object, name);
        path += length;
        path += path[0] == '.';
    }
    return object;
}

static void
add_label(GString *out, const char *label, const char *text)
{
    g_string_append_printf(out, "{%s=\"", label);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n') {
            g_string_append(out, "\\n");
            continue;
        }
        if (*at == '"' || *at == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
    g_string_append(out, "\"}");
}

static void
add_sample(GString *out, const Metric *metric, const char *label_text, const json_t *value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double number = json_number_value(value);

    if (!json_is_number(value))
        return;
    g_string_append(out, metric->name);
    if (label_text != NULL)
        add_label(out, metric->label, label_text);
    g_string_append_printf(out, " %s\n", g_ascii_formatd(text, sizeof text, "%.17g", number));
}

/* The value of an item as a number; null where it has none. The caller owns it. */
static json_t *
number_of(const Metric *metric, const json_t *item)
{
    const json_t *value = at_path(item, metric->value);

    if (metric->equals != NULL && json_is_string(value))
        return json_integer(strcmp(json_string_value(value), metric->equals) == 0);
    return json_is_number(value) ? json_deep_copy(value) : json_null();
}

/* Two values under one label; one of them may be null. */
static json_t *
combine(const Metric *metric, const json_t *a, const json_t *b)
{
    bool is_sum = strcmp(metric->type, "counter") == 0;

    if (!json_is_number(a) || !json_is_number(b))
        return json_deep_copy(json_is_number(a) ? a : b);
    if (is_sum && json_is_integer(a) && json_is_integer(b))
        return json_integer(json_integer_value(a) + json_integer_value(b));
    return json_real(is_sum ? json_number_value(a) + json_number_value(b)
                            : MIN(json_number_value(a), json_number_value(b)));
}

/* A label twice would spoil the whole page, so they are put together first. */
static void
add_items(GString *out, const Metric *metric, const json_t *items)
{
    json_t *by_label = json_object(), *each;
    const char *label;
    size_t i;

    json_array_foreach(items, i, each)
    {
        const char *name = json_string_value(json_object_get(each, metric->key));
        json_t *value = number_of(metric, each);
        const json_t *before = name == NULL ? NULL : json_object_get(by_label, name);

        if (before != NULL)
            json_object_set_new(by_label, name, combine(metric, before, value));
        else if (name != NULL)
            json_object_set(by_label, name, value);
        json_decref(value);
    }
    json_object_foreach(by_label, label, each) add_sample(out, metric, label, each);
    json_decref(by_label);
}

static void
add_samples(GString *out, const Metric *metric, const json_t *found)
{
    const char *key;
    json_t *value;

    if (json_is_object(found)) {
        json_object_foreach((json_t *)found, key, value) if (strcmp(key, "total") != 0)
            add_sample(out, metric, key, value);
    } else if (json_is_array(found)) {
        add_items(out, metric, found);
    } else {
        add_sample(out, metric, NULL, found);
    }
}

static void
add_metric(GString *out, const Metric *metric, const json_t *root)
{
    gsize before = out->len;

    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                           metric->type);
    gsize with_head = out->len;
    add_samples(out, metric, at_path(root, metric->path));
    if (out->len == with_head)
        g_string_truncate(out, before); /* nothing is known: no empty family */
}

static void
add_own(GString *out, const WebContext *context, const json_t *root)
{
    const char *version = json_string_value(at_path(root, "status.version"));

    g_string_append(out, "# HELP talaya_build_info The version that runs.\n# TYPE talaya_build_info gauge\n");
    g_string_append(out, "talaya_build_info");
    add_label(out, "version", version == NULL ? TALAYA_VERSION : version);
    g_string_append_printf(out,
                           " 1\n# HELP talaya_http_requests_total Requests that came in.\n"
                           "# TYPE talaya_http_requests_total counter\n"
                           "talaya_http_requests_total %" G_GUINT64_FORMAT "\n",
                           context->requests);
}

void
metrics_finish(Request *request)
{
    WebContext *context = request_context(request);
    json_t *series = request_answer_json(request, 2); /* may be missing */
    json_t *status = request_answer_json(request, 0);
    json_t *exporters = status == NULL ? NULL : request_answer_json(request, 1);
    GString *out;

    if (exporters == NULL) {
        json_decref(status);
        json_decref(series);
        return;
    }
    json_t *items = json_object_get(exporters, "items");
    json_t *root = json_pack("{s:o, s:O?, s:o?}", "status", status, "exporters", items, "series", series);
    out = g_string_sized_new(8192);
    add_own(out, context, root);
    for (size_t i = 0; i < G_N_ELEMENTS(metrics); i++)
        add_metric(out, &metrics[i], root);
    json_decref(root);
    json_decref(exporters);
    request_reply_bytes(request, 200, g_string_free_to_bytes(out),
                        "text/plain; version=0.0.4; charset=utf-8");
    request_set_cache(request, "no-store");
}
