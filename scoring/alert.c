/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alert.c - see alert.h
 *
 * Names may come from feeds and inventories, so every text is made valid UTF-8 before jansson sees it (it
 * would refuse the whole object otherwise). Numbers are rounded to what they are worth, so that a line stays
 * readable.
 */
#include "scoring/alert.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <xxhash.h>

static const char *const state_names[N_ALERT_STATES] = {
    [ALERT_NEW] = "new",           [ALERT_IN_PROGRESS] = "in_progress", [ALERT_SUPPRESSED] = "suppressed",
    [ALERT_RESOLVED] = "resolved", [ALERT_ARCHIVED] = "archived",
};

static const char *const verdict_names[N_ALERT_VERDICTS] = {
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_TRUE_POSITIVE] = "true_positive",
    [VERDICT_FALSE_POSITIVE] = "false_positive",
    [VERDICT_BENIGN_EXPECTED] = "benign_expected",
};

static int
index_of(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

const char *
alert_state_name(AlertState state)
{
    return state < N_ALERT_STATES ? state_names[state] : state_names[ALERT_NEW];
}

bool
alert_state_parse(const char *name, AlertState *out)
{
    int i = index_of(name, state_names, N_ALERT_STATES);

    if (i >= 0)
        *out = (AlertState)i;
    return i >= 0;
}

const char *
alert_verdict_name(AlertVerdict verdict)
{
    return verdict < N_ALERT_VERDICTS ? verdict_names[verdict] : verdict_names[VERDICT_UNKNOWN];
}

bool
alert_verdict_parse(const char *name, AlertVerdict *out)
{
    int i = index_of(name, verdict_names, N_ALERT_VERDICTS);

    if (i >= 0)
        *out = (AlertVerdict)i;
    return i >= 0;
}

AlertSubject
alert_subject(const Alert *self)
{
    return (AlertSubject){ .asset = self->asset,
                           .peer = self->peer,
                           .has_peer = self->has_peer,
                           .asset_name = self->asset_name,
                           .peer_class = self->peer_class,
                           .kind = self->kind,
                           .peer_asn = self->peer_asn,
                           .port = self->port,
                           .protocol = self->protocol };
}

/* AS numbers inside say nothing of the cause: there, all of it is ours. */
static bool
has_telling_as(const Alert *self)
{
    return self->has_peer && self->peer_asn != 0 && strcmp(self->peer_class, "own") != 0 &&
           strcmp(self->peer_class, "private") != 0;
}

void
alert_set_group(Alert *self)
{
    struct {
        IpAddress address; /* far end or asset; zero when it is the AS */
        int64_t day;
        uint32_t asn, has_peer;
        char kind[32];
    } cause = { .day = self->time_ms / 86400000, .has_peer = self->has_peer };

    if (self->group[0] != '\0')
        return;
    if (has_telling_as(self))
        cause.asn = self->peer_asn;
    else
        cause.address = self->has_peer ? self->peer : self->asset;
    g_strlcpy(cause.kind, self->kind != NULL ? self->kind : "", sizeof cause.kind);
    g_snprintf(self->group, sizeof self->group, "%016" PRIx64, (uint64_t)XXH3_64bits(&cause, sizeof cause));
}

static json_t *
text_or_null(const char *text)
{
    if (text == NULL || *text == '\0')
        return json_null();
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static json_t *
text(const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value == NULL ? "" : value, -1);

    return json_string(valid);
}

static json_t *
number(double value, double unit)
{
    return isfinite(value) ? json_real(round(value / unit) * unit) : json_null();
}

/* Four digits that count: a p-value may be as small as it likes. */
static json_t *
probability(double value)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];

    if (!isfinite(value))
        return json_null();
    return json_real(g_ascii_strtod(g_ascii_formatd(digits, sizeof digits, "%.4g", value), NULL));
}

static json_t *
count(uint64_t value)
{
    return json_integer((json_int_t)MIN(value, (uint64_t)G_MAXINT64));
}

static json_t *
time_or_null(int64_t ms)
{
    char buffer[WALL_TIME_TEXT];

    return ms == 0 ? json_null() : json_string(wall_time_text((WallTime){ ms }, buffer));
}

static json_t *
address_or_null(const IpAddress *ip)
{
    char buffer[IP_TEXT];

    return ip_is_zero(ip) ? json_null() : json_string(ip_text(ip, buffer));
}

static json_t *
integer_or_null(uint64_t value)
{
    return value == 0 ? json_null() : count(value);
}

/* Raw times rate, without wrapping round. */
static json_t *
scaled(uint64_t value, uint32_t sampling)
{
    uint64_t out;

    if (__builtin_mul_overflow(value, MAX(sampling, 1u), &out))
        out = G_MAXINT64;
    return count(out);
}

json_t *
flow_to_json(const FlowRecord *flow, const IpAddress *exporter)
{
    char src[IP_TEXT], dst[IP_TEXT];
    json_t *json = json_object();

    json_object_set_new(json, "start", time_or_null(flow->start_ms));
    json_object_set_new(json, "end", time_or_null(flow->end_ms));
    json_object_set_new(json, "exporter", address_or_null(exporter));
    json_object_set_new(json, "src", json_string(ip_text(&flow->src, src)));
    json_object_set_new(json, "dst", json_string(ip_text(&flow->dst, dst)));
    json_object_set_new(json, "srcPort", json_integer(flow->src_port));
    json_object_set_new(json, "dstPort", json_integer(flow->dst_port));
    json_object_set_new(json, "protocol", json_integer(flow->protocol));
    json_object_set_new(json, "tcpFlags", json_integer(flow->tcp_flags));
    json_object_set_new(json, "octets", count(flow->octets));
    json_object_set_new(json, "packets", count(flow->packets));
    json_object_set_new(json, "octetsScaled", scaled(flow->octets, flow->sampling));
    json_object_set_new(json, "packetsScaled", scaled(flow->packets, flow->sampling));
    json_object_set_new(json, "sampling", integer_or_null(flow->sampling));
    json_object_set_new(json, "samplingKnown", json_boolean(flow->sampling != 0));
    json_object_set_new(json, "reverseOctets", flow->has_reverse ? count(flow->reverse_octets) : json_null());
    json_object_set_new(json, "reversePackets",
                        flow->has_reverse ? count(flow->reverse_packets) : json_null());
    json_object_set_new(json, "inIf", json_integer(flow->in_if));
    json_object_set_new(json, "outIf", json_integer(flow->out_if));
    json_object_set_new(json, "nextHop", address_or_null(&flow->next_hop));
    json_object_set_new(json, "srcAs", json_integer(flow->src_as));
    json_object_set_new(json, "dstAs", json_integer(flow->dst_as));
    json_object_set_new(json, "endReason", json_integer(flow->end_reason));
    json_object_set_new(json, "vlan", json_integer(flow->vlan));
    json_object_set_new(json, "kind", json_string(flow->kind == FLOW_KIND_EVENT ? "event" : "flow"));
    return json;
}

static json_t *
detectors_to_json(const Alert *self)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < MIN(self->n_contributions, (uint32_t)ALERT_CONTRIBUTIONS); i++) {
        const AlertContribution *part = &self->contributions[i];
        json_t *one = json_object();
        json_object_set_new(one, "name", text(part->detector));
        json_object_set_new(one, "decibans", number(part->decibans, 0.01));
        json_object_set_new(one, "p", probability(part->p));
        json_object_set_new(one, "reason", text(part->reason));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *
path_to_json(const Alert *self)
{
    json_t *path = json_object();

    if (!self->has_path) {
        json_decref(path);
        return json_null();
    }
    json_object_set_new(path, "exporter", address_or_null(&self->path_exporter));
    json_object_set_new(path, "egressInterface", json_integer(self->path_out_if));
    json_object_set_new(path, "nextHop", address_or_null(&self->path_next_hop));
    json_object_set_new(path, "nextAs", integer_or_null(self->path_next_as));
    json_object_set_new(path, "accessClass", text_or_null(self->peer_class));
    json_object_set_new(path, "asn", integer_or_null(self->peer_asn));
    json_object_set_new(path, "usual", text_or_null(self->path_usual));
    return path;
}

static void
peer_to_json(const Alert *self, json_t *json)
{
    json_object_set_new(json, "peer", self->has_peer ? address_or_null(&self->peer) : json_null());
    json_object_set_new(json, "peerClass", text_or_null(self->peer_class));
    json_object_set_new(json, "peerAsn", integer_or_null(self->peer_asn));
    json_object_set_new(json, "peerAsName", text_or_null(self->peer_as_name));
    json_object_set_new(json, "peerCountry", text_or_null(self->peer_country));
    json_object_set_new(json, "peerSource", text_or_null(self->peer_source));
    json_object_set_new(json, "port", integer_or_null(self->port));
    json_object_set_new(json, "protocol", integer_or_null(self->protocol));
}

static json_t *
expected_to_json(const Alert *self)
{
    if (!isfinite(self->expected_low) && !isfinite(self->expected_high))
        return json_null();
    json_t *expected = json_object();
    json_object_set_new(expected, "low", number(self->expected_low, 1));
    json_object_set_new(expected, "high", number(self->expected_high, 1));
    return expected;
}

json_t *
alert_to_json(const Alert *self)
{
    char asset[IP_TEXT];
    json_t *json = json_object(), *flows = json_array();

    json_object_set_new(json, "time", time_or_null(self->time_ms));
    json_object_set_new(json, "id", text(self->id));
    json_object_set_new(json, "group", text_or_null(self->group));
    json_object_set_new(json, "state", json_string(alert_state_name(self->state)));
    json_object_set_new(json, "verdict", json_string(alert_verdict_name(self->verdict)));
    json_object_set_new(json, "suppression", text_or_null(self->suppression));
    json_object_set_new(json, "score", number(self->score, 0.01));
    json_object_set_new(json, "threshold", number(self->threshold, 0.01));
    json_object_set_new(json, "asset", json_string(ip_text(&self->asset, asset)));
    json_object_set_new(json, "assetName", text_or_null(self->asset_name));
    json_object_set_new(json, "assetRole", text_or_null(self->asset_role));
    json_object_set_new(json, "criticality", json_integer(self->criticality));
    json_object_set_new(json, "kind", text(self->kind));
    json_object_set_new(json, "detectors", detectors_to_json(self));
    peer_to_json(self, json);
    json_object_set_new(json, "path", path_to_json(self));
    json_object_set_new(json, "firstSeen", time_or_null(self->first_seen_ms));
    json_object_set_new(json, "lastSeen", time_or_null(self->last_seen_ms));
    for (uint32_t i = 0; i < MIN(self->n_flows, (uint32_t)ALERT_FLOWS); i++)
        json_array_append_new(flows, flow_to_json(&self->flows[i], &self->flow_exporters[i]));
    json_object_set_new(json, "flows", flows);
    json_object_set_new(json, "maturity", number(self->maturity, 0.001));
    json_object_set_new(json, "observed", number(self->observed, 1));
    json_object_set_new(json, "expected", expected_to_json(self));
    json_object_set_new(json, "summary", text(self->summary));
    json_object_set_new(json, "counterfactual", text_or_null(self->counterfactual));
    json_object_set_new(json, "demo", json_boolean(self->is_demo));
    return json;
}
