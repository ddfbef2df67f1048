/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scorer-json.c - what the scoring thread tells the API about assets and about itself; shapes:
 * web/openapi.json */
#include "scoring/case.h"
#include "scoring/detector.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MATURE_PERCENT = 80, PEERS_SHOWN = 512 };

/* jansson refuses what is not UTF-8; names come from files. */
static json_t *
text_json(const char *text)
{
    g_autofree char *valid = text == NULL ? NULL : g_utf8_make_valid(text, -1);

    return valid == NULL ? json_null() : json_string(valid);
}

static json_t *
time_json(int64_t ms)
{
    char text[WALL_TIME_TEXT];

    return ms <= 0 ? json_null() : json_string(wall_time_text((WallTime){ ms }, text));
}

static json_t *
ip_json(const IpAddress *ip)
{
    char text[IP_TEXT];

    return ip_is_zero(ip) ? json_null() : json_string(ip_text(ip, text));
}

static json_t *
real_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *
count_json(uint64_t value)
{
    return json_integer((json_int_t)MIN(value, (uint64_t)INT64_MAX));
}

static bool
is_mature(const Scorer *self, const ScoredAsset *asset)
{
    return 100 * scorer_maturity(self, asset) >= MATURE_PERCENT;
}

static json_t *
counters_json(const Scorer *self)
{
    const ScorerCounters *c = &self->counters;
    const struct {
        const char *name;
        uint64_t value;
    } counters[] = { { "records", c->records },
                     { "scored", c->scored },
                     { "events", c->events },
                     { "notOurs", c->no_asset },
                     { "late", c->late },
                     { "future", c->future },
                     { "duplicates", c->duplicates },
                     { "slices", c->slices },
                     { "oddTimes", c->odd_times },
                     { "noAddress", c->no_address },
                     { "assetsRefused", c->assets_refused },
                     { "contacts", c->contacts },
                     { "contactsRefused", c->contacts_refused },
                     { "directionUnknown", c->direction_unknown },
                     { "conversationsForgotten", c->calls_forgotten },
                     { "casesEvicted", c->cases_evicted },
                     { "evidenceRefused", c->evidence_refused },
                     { "interfacesRefused", c->interfaces_refused },
                     { "peersEvicted", c->peers_evicted },
                     { "pathsEvicted", c->paths_evicted },
                     { "conversationsEvicted", self->conversation_keys.evictions },
                     { "affinitiesEvicted", self->affinity_keys.evictions },
                     { "windowsClosed", c->windows_closed },
                     { "alertsOpened", c->alerts_opened },
                     { "clockSteps", self->clock.jumps + self->clock.steps_back } };
    json_t *out = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
        json_object_set_new(out, counters[i].name, count_json(counters[i].value));
    return out;
}

/* What each family's evidence counts for, 0 to 1 (budget.h). */
static json_t *
discounts_json(const Scorer *self)
{
    json_t *out = json_object();

    json_object_set_new(out, "volume_out", json_real(self->budget.discount[FAMILY_VOLUME]));
    json_object_set_new(out, "contact", json_real(self->budget.discount[FAMILY_CONTACT]));
    for (uint32_t i = 0; i < n_watches; i++)
        json_object_set_new(out, watches[i]->name, json_real(self->budget.discount[FAMILY_WATCH + i]));
    return out;
}

json_t *
scorer_status_json(const Scorer *self)
{
    uint32_t mature = 0;

    for (uint32_t i = 0; i < self->n_assets; i++)
        mature += is_mature(self, &self->assets[i]);
    return json_pack("{s:o,s:{s:i,s:i,s:i},s:{s:f,s:f,s:o},s:o,s:o}", "flowTime",
                     time_json(self->clock.now_ms), "assets", "total", (int)self->n_assets, "mature",
                     (int)mature, "learning", (int)(self->n_assets - mature), "budget", "perDay",
                     self->budget.per_day, "thresholdDecibans", self->budget.threshold, "discounts",
                     discounts_json(self), "lateForScoring", count_json(self->counters.late), "scoring",
                     counters_json(self));
}

static double
last_octets(const Scorer *self, const ScoredAsset *asset, bool out)
{
    const RecentWindow *best = NULL;

    for (uint32_t i = 0; asset->recent != NONE && i < RECENT_WINDOWS; i++) {
        const RecentWindow *row = &self->recent[(size_t)asset->recent * RECENT_WINDOWS + i];
        if (row->number != 0 && (best == NULL || row->number > best->number))
            best = row;
    }
    if (best == NULL)
        return (double)asset->octets_rate;
    return (double)(out ? best->octets_out : best->octets_in);
}

static uint32_t
open_stories(const Scorer *self, uint32_t asset)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < self->n_stories; i++)
        n += self->stories[i]->asset == asset && self->stories[i]->alert.state != ALERT_SUPPRESSED;
    return n;
}

static json_t *
row_json(const Scorer *self, uint32_t index)
{
    const ScoredAsset *asset = &self->assets[index];
    const AssetEntry *entry = asset->entry;
    json_t *row = json_object();

    json_object_set_new(row, "address", ip_json(&asset->address));
    json_object_set_new(row, "name", text_json(entry != NULL && entry->name != NULL ? entry->name : ""));
    json_object_set_new(row, "role", text_json(self->roles[asset->role].name));
    json_object_set_new(row, "roleLearned", json_boolean(scorer_role_is_learned(self, asset)));
    json_object_set_new(row, "criticality", json_integer(entry != NULL ? entry->criticality : 3));
    json_object_set_new(row, "score", json_real((double)asset->score));
    json_object_set_new(row, "maturity", json_real(scorer_maturity(self, asset)));
    json_object_set_new(row, "lastSeen", time_json(asset->last_ms));
    json_object_set_new(row, "octetsOut", json_real(last_octets(self, asset, true)));
    json_object_set_new(row, "octetsIn", json_real(last_octets(self, asset, false)));
    json_object_set_new(row, "peers", json_integer(asset->n_peers));
    json_object_set_new(row, "openAlerts", json_integer(open_stories(self, index)));
    return row;
}

typedef struct Sorted {
    const Scorer *scorer;
    const char *sort;
} Sorted;

static int
compare(const void *a, const void *b, void *user)
{
    const Sorted *by = user;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const ScoredAsset *x = &by->scorer->assets[i], *y = &by->scorer->assets[j];
    int order = 0;

    if (g_strcmp0(by->sort, "octets") == 0) {
        order = (x->octets_rate < y->octets_rate) - (x->octets_rate > y->octets_rate);
    } else if (g_strcmp0(by->sort, "name") == 0) {
        order = g_strcmp0(x->entry != NULL ? x->entry->name : "~", y->entry != NULL ? y->entry->name : "~");
        order = order != 0 ? order : memcmp(&x->address, &y->address, sizeof x->address);
    } else if (g_strcmp0(by->sort, "lastSeen") == 0) {
        order = (x->last_ms < y->last_ms) - (x->last_ms > y->last_ms);
    } else {
        order = (x->score < y->score) - (x->score > y->score);
    }
    return order != 0 ? order : (i > j) - (i < j);
}

static bool
has_text(const char *text, const char *lower)
{
    g_autofree char *down = text == NULL ? NULL : g_ascii_strdown(text, -1);

    return down != NULL && strstr(down, lower) != NULL;
}

static bool
matches(const Scorer *self, const ScoredAsset *asset, const char *lower)
{
    const AssetEntry *entry = asset->entry;
    char text[IP_TEXT];

    return strstr(ip_text(&asset->address, text), lower) != NULL ||
           has_text(self->roles[asset->role].name, lower) ||
           (entry != NULL && (has_text(entry->name, lower) || has_text(entry->tags, lower)));
}

json_t *
scorer_assets_json(const Scorer *self, const char *query, const char *sort, uint32_t offset, uint32_t limit)
{
    g_autofree uint32_t *found = g_new(uint32_t, MAX(1, self->n_assets));
    g_autofree char *lower = query == NULL || query[0] == '\0' ? NULL : g_ascii_strdown(query, -1);
    Sorted by = { .scorer = self, .sort = sort };
    json_t *items = json_array();
    uint32_t n = 0;

    for (uint32_t i = 0; i < self->n_assets; i++)
        if (lower == NULL || matches(self, &self->assets[i], lower))
            found[n++] = i;
    g_qsort_with_data(found, (int)n, sizeof *found, compare, &by);
    for (uint32_t i = offset; i < n && i - offset < limit; i++)
        json_array_append_new(items, row_json(self, found[i]));
    return json_pack("{s:o,s:i}", "items", items, "total", (int)n);
}

static json_t *
baseline_json(const Scorer *self, const ScoredAsset *asset)
{
    double prior = (double)self->roles[asset->role].spread;
    BaselineBand now = baseline_expect(&asset->octets_out, baseline_hour_of_week(self->clock.now_ms), prior);
    json_t *week = json_array();

    for (uint32_t hour = 0; hour < BASELINE_CELLS; hour++) {
        BaselineBand band = baseline_expect(&asset->octets_out, hour, prior);
        json_array_append_new(week, json_pack("{s:i,s:f,s:f,s:f,s:i}", "hour", (int)hour, "expected",
                                              band.expected, "low", band.low, "high", band.high, "samples",
                                              (int)asset->octets_out.cell_n[hour]));
    }
    return json_pack("{s:s,s:i,s:{s:f,s:f,s:f},s:o}", "metric", "octetsOut", "window",
                     (int)self->conf.window_s, "now", "expected", now.expected, "low", now.low, "high",
                     now.high, "week", week);
}

static json_t *
as_name_json(const Scorer *self, const IpAddress *far, uint32_t asn)
{
    const Place *place = place_table_find(self->places, far);

    return place->as_name != 0 && place->asn == asn ? text_json(place_as_name(self->places, place->as_name))
                                                    : json_null();
}

static json_t *
asn_json(uint32_t asn)
{
    return asn == 0 ? json_null() : json_integer(asn);
}

/* A peer that lies in this AS lends it its name. */
static json_t *
path_as_name(const Scorer *self, const GPtrArray *peers, uint32_t asn)
{
    for (guint i = 0; i < peers->len && asn != 0; i++) {
        const Peer *peer = g_ptr_array_index(peers, i);
        if (peer->asn == asn)
            return as_name_json(self, &peer->address, asn);
    }
    return json_null();
}

static json_t *
paths_json(const Scorer *self, uint32_t index, const GPtrArray *peers)
{
    const ScoredAsset *asset = &self->assets[index];
    json_t *list = json_array();
    int64_t new_from = self->clock.now_ms / 1000 - 86400, grown_up = asset->first_ms / 1000 + 86400;

    for (uint32_t at = 0; (at = scorer_next_path(self, index, at)) != NONE; at++) {
        const PathUse *path = &self->paths[at];
        IpAddress exporter = { 0 };
        if (self->exporter_address != NULL)
            exporter = self->exporter_address(self->exporter_user, path->exporter);
        json_t *row = json_object();
        json_object_set_new(row, "exporter", ip_json(&exporter));
        json_object_set_new(row, "egressInterface", json_integer(path->out_if));
        json_object_set_new(row, "nextHop", ip_json(&path->next_hop));
        json_object_set_new(row, "nextAs", asn_json(path->next_as));
        json_object_set_new(row, "accessClass", json_string(access_class_name((AccessClass)path->access)));
        json_object_set_new(row, "asn", asn_json(path->asn));
        json_object_set_new(row, "asName", path_as_name(self, peers, path->asn));
        json_object_set_new(row, "firstSeen", time_json((int64_t)path->first_s * 1000));
        json_object_set_new(row, "lastSeen", time_json((int64_t)path->last_s * 1000));
        json_object_set_new(row, "flows", json_integer(path->flows));
        json_object_set_new(row, "octets", json_real(path->octets));
        json_object_set_new(row, "isNew", json_boolean(path->first_s > new_from && path->first_s > grown_up));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *
peer_json(const Scorer *self, const Peer *peer)
{
    const Place *place = place_table_find(self->places, &peer->address);
    json_t *row = json_object(), *services = json_array();

    for (int i = 0; i < 4 && peer->services[i] != 0; i++)
        json_array_append_new(services, json_integer(peer->services[i]));
    json_object_set_new(row, "address", ip_json(&peer->address));
    json_object_set_new(row, "class", json_string(access_class_name((AccessClass)place->access)));
    json_object_set_new(row, "asn", asn_json(place->asn));
    json_object_set_new(row, "asName", as_name_json(self, &peer->address, place->asn));
    json_object_set_new(row, "country", place->country[0] == '\0' ? json_null() : text_json(place->country));
    json_object_set_new(row, "firstSeen", time_json((int64_t)peer->first_s * 1000));
    json_object_set_new(row, "lastSeen", time_json((int64_t)peer->last_s * 1000));
    json_object_set_new(row, "flows", json_integer(peer->flows));
    json_object_set_new(row, "octetsOut", real_json((double)peer->octets_out));
    json_object_set_new(row, "octetsIn", real_json((double)peer->octets_in));
    json_object_set_new(row, "calledByAsset", json_boolean((peer->flags & PEER_CALLED) != 0));
    json_object_set_new(row, "knownByVerdict", json_boolean((peer->flags & PEER_KNOWN) != 0));
    json_object_set_new(row, "services", services);
    return row;
}

static int
busier_peer(const void *a, const void *b)
{
    const Peer *x = *(const Peer *const *)a, *y = *(const Peer *const *)b;
    float p = x->octets_in + x->octets_out, q = y->octets_in + y->octets_out;

    if (p != q)
        return p < q ? 1 : -1;
    return memcmp(&x->address, &y->address, sizeof x->address);
}

/* The asset's peers, the busiest first; lent. The caller frees the array. */
static GPtrArray *
list_peers(const Scorer *self, uint32_t index)
{
    GPtrArray *list = g_ptr_array_new();

    for (uint32_t at = 0; (at = scorer_next_peer(self, index, at)) != NONE; at++)
        g_ptr_array_add(list, &self->peers[at]);
    g_ptr_array_sort(list, busier_peer);
    return list;
}

static json_t *
peers_json(const Scorer *self, const GPtrArray *peers)
{
    json_t *out = json_array();

    for (guint i = 0; i < MIN(peers->len, (guint)PEERS_SHOWN); i++)
        json_array_append_new(out, peer_json(self, g_ptr_array_index(peers, i)));
    return out;
}

static json_t *
recent_json(const Scorer *self, const ScoredAsset *asset)
{
    json_t *out = json_array();
    int64_t from = self->grid.first - RECENT_WINDOWS;

    for (int64_t number = MAX(0, from); asset->recent != NONE && number < self->grid.first; number++) {
        const RecentWindow *row =
            &self->recent[(size_t)asset->recent * RECENT_WINDOWS + (size_t)(number % RECENT_WINDOWS)];
        if (row->number != number || number == 0)
            continue;
        json_array_append_new(out, json_pack("{s:o,s:f,s:f,s:f,s:f,s:f,s:f}", "time",
                                             time_json((number + 1) * self->grid.length_ms), "octetsOut",
                                             (double)row->octets_out, "octetsIn", (double)row->octets_in,
                                             "flows", (double)row->flows, "score", (double)row->score, "low",
                                             (double)row->low, "high", (double)row->high));
    }
    return out;
}

json_t *
scorer_asset_json(const Scorer *self, const IpAddress *address)
{
    uint32_t index = scorer_find_asset(self, address);
    double per_hour = self->windows_per_day / 24;

    if (index == NONE)
        return NULL;
    const ScoredAsset *asset = &self->assets[index];
    g_autoptr(GPtrArray) peers = list_peers(self, index);
    json_t *out = row_json(self, index);
    json_object_set_new(
        out, "tags", text_json(asset->entry != NULL && asset->entry->tags != NULL ? asset->entry->tags : ""));
    json_object_set_new(out, "place", place_explain_json(self->places, address));
    json_object_set_new(
        out, "learning",
        json_pack("{s:f,s:i,s:i}", "daysSeen", asset->octets_out.n / self->windows_per_day, "daysNeeded",
                  (int)self->conf.learn_days, "hoursCovered",
                  (int)baseline_hours_covered(&asset->octets_out, (uint32_t)fmax(1, per_hour / 2))));
    json_object_set_new(out, "baseline", baseline_json(self, asset));
    json_object_set_new(out, "paths", paths_json(self, index, peers));
    json_object_set_new(out, "peers", peers_json(self, peers));
    /* "peers" of the row is a number; here the list takes its name, so the number gets one of its own. */
    json_object_set_new(out, "peersCount", json_integer(asset->n_peers));
    json_object_set_new(out, "recent", recent_json(self, asset));
    return out;
}
