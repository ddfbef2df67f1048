/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stage.c - see stage.h */
#include "tests/scoring/stage.h"
#include "scoring/detector.h"
#include "tests/support/scratch.h"

#include <string.h>

enum { WINDOW_MS = 300000, SERVERS = 20 };
static const int64_t epoch_ms = 1767571200000; /* Monday 2026-01-05 */

struct Stage {
    AssetTable *assets;
    PlaceTable *places;
    Scorer *scorer;
    ScoringConf conf;
    ScorerSink sink;
    FlowBatch *batch;
    GPtrArray *alerts;
    double now; /* days */
    uint16_t port;
    uint64_t random;
    bool forgets_tails;
    double asked[MOST_DETECTORS],
        odd[MOST_DETECTORS]; /* of the answers that were told, all and the odd ones */
};

static void
hear(void *user, const Alert *alert)
{
    Stage *self = user;
    Alert *copy = g_memdup2(alert, sizeof *alert);

    for (uint32_t i = 0; i < self->alerts->len; i++)
        if (strcmp(((Alert *)self->alerts->pdata[i])->id, alert->id) == 0) {
            g_free(self->alerts->pdata[i]);
            self->alerts->pdata[i] = copy;
            return;
        }
    g_ptr_array_add(self->alerts, copy);
}

static void
count_answers(void *user, const PValueDay *one)
{
    Stage *self = user;
    uint32_t detector = detector_index(one->detector);

    for (int bin = 0; bin < PVALUE_BINS; bin++) {
        self->asked[detector] += one->answers[bin];
        self->odd[detector] += bin >= 2 * PVALUE_BINS_A_DECADE ? one->answers[bin] : 0;
    }
}

static char *
write_places(const Scratch *dir)
{
    g_autoptr(GString) text = g_string_new("prefix,access,anonymity,asn,as_name,country,confidence\n");

    for (int i = 0; i < 256; i++) {
        g_string_append_printf(text, "45.%d.0.0/16,residential,,%d,Cable %d,GU,90\n", i, 64500 + i, i);
        g_string_append_printf(text, "50.%d.0.0/16,hosting,,%d,Host %d,US,90\n", i, 65000 + i, i);
        g_string_append_printf(text, "2001:db8:50%02x::/48,hosting,,%d,Host %d,US,90\n", i, 65000 + i, i);
    }
    return scratch_write(dir, "places.csv", text->str);
}

static void
load_tables(Stage *self)
{
    g_autoptr(Scratch) dir = scratch_new("stage");
    g_autofree char *csv = write_places(dir),
                    *inventory = scratch_write(dir, "assets.csv",
                                               "prefix,name,role,criticality,tags\n"
                                               "10.1.0.0/24,,server,3,\n10.1.1.0/24,,desk,3,\n"
                                               "10.1.2.0/24,,network,3,\n10.1.3.0/24,,ot,3,\n"
                                               "2001:db8:1::/48,,server,3,\n");
    PlaceSource source = { .name = (char *)"test", .type = PLACE_CSV, .path = csv, .priority = 50 };
    g_autoptr(GError) error = NULL;
    const IpPrefix own[] = { prefix_of("10.1.0.0/16"), prefix_of("2001:db8:1::/48") };

    self->assets = asset_table_new(own, G_N_ELEMENTS(own), inventory, &error);
    g_assert_no_error(error);
    self->places = place_table_new(&source, 1, own, G_N_ELEMENTS(own), &error);
    g_assert_no_error(error);
}

Stage *
stage_new(void)
{
    Stage *self = g_new0(Stage, 1);

    load_tables(self);
    self->batch = flow_batch_new();
    self->batch->n = self->batch->n_losses = 0;
    self->alerts = g_ptr_array_new_with_free_func(g_free);
    self->port = 40000;
    self->random = 0x9e3779b97f4a7c15u;
    self->conf = (ScoringConf){
        .budget = 5, .learn_days = 7, .window_s = WINDOW_MS / 1000, .max_pairs = 1 << 15, .hash_seed = 7
    };
    self->sink = (ScorerSink){ .user = self, .alert = hear, .pvalues = count_answers };
    self->scorer = scorer_new(&self->conf, self->assets, self->places, &self->sink);
    return self;
}

void
stage_free(Stage *self)
{
    scorer_free(self->scorer);
    g_ptr_array_unref(self->alerts);
    flow_batch_free(self->batch);
    place_table_free(self->places);
    asset_table_free(self->assets);
    g_free(self);
}

/* What a watch says is held against what the budget promises, however quiet the stage was before (budget.h):
 * the network rings as often as its operator will bear, and if @forgets_tails, no tail is long enough to
 * lower it. */
static void
hold_threshold(Budget *budget, bool forgets_tails)
{
    budget->opened = budget->per_day * 30;
    if (!forgets_tails)
        return;
    budget->days = 0;
    memset(budget->peaks, 0, sizeof budget->peaks);
}

static void
flush(Stage *self)
{
    hold_threshold(&self->scorer->budget, self->forgets_tails);
    scorer_batch(self->scorer, self->batch);
    self->batch->n = 0;
}

/* How many of so many packets are seen, when one in @sampling is. */
static uint64_t
seen_of(Stage *self, uint64_t packets, uint32_t sampling)
{
    uint64_t seen = 0;

    for (uint64_t i = 0; i < packets; i++)
        seen += stage_uniform(self) < 1.0 / sampling;
    return seen;
}

/* One half of a conversation, as a router exports it when it has ended. */
static void
add_half(Stage *self, const Talk *talk, bool is_caller, uint16_t caller_port)
{
    uint32_t sampling = MAX(1, talk->sampling);
    uint64_t packets = 1 + (uint64_t)((is_caller ? talk->sent : talk->got) / 500);
    if (sampling > 1 && (packets = seen_of(self, packets, sampling)) == 0)
        return;
    FlowRecord *flow = &self->batch->records[self->batch->n++];
    IpAddress caller = ip_of(talk->caller), callee = ip_of(talk->callee);
    double octets = sampling > 1 ? 500.0 * (double)packets : is_caller ? talk->sent : talk->got;
    int64_t start_ms = epoch_ms + (int64_t)(talk->day * 86400e3) + (is_caller ? 0 : 20);

    *flow = (FlowRecord){ .src = is_caller ? caller : callee,
                          .dst = is_caller ? callee : caller,
                          .src_port = is_caller ? caller_port : talk->port,
                          .dst_port = is_caller ? talk->port : caller_port,
                          .protocol = talk->protocol != 0 ? talk->protocol : 6,
                          .octets = (uint64_t)octets,
                          .packets = packets,
                          .start_ms = start_ms,
                          .end_ms = start_ms + (int64_t)(talk->seconds * 1000),
                          .in_if = is_caller ? 1 : talk->out_if,
                          .out_if = is_caller ? talk->out_if : 1,
                          .exporter = talk->exporter,
                          .direction = 255,
                          .sampling = sampling,
                          .family = ip_is_v4(&caller) ? 4 : 6 };
    if (talk->next_hop != NULL && is_caller)
        flow->next_hop = ip_of(talk->next_hop);
    flow->export_ms = flow->end_ms + 1000;
    if (flow->protocol == 6)
        flow->tcp_flags = !is_caller         ? (talk->flags == 0 || (talk->flags & 1) != 0 ? 0x1b : 0x1a)
                          : talk->flags != 0 ? talk->flags
                          : talk->got > 0    ? 0x1b
                                             : 0x02;
    if (self->batch->n == FLOW_BATCH_MOST)
        flush(self);
}

double
stage_odd_share(const Stage *self, const char *detector)
{
    uint32_t index = detector_index(detector);

    return self->odd[index] / self->asked[index];
}

void
stage_forget_tails(Stage *self)
{
    self->forgets_tails = true;
}

void
stage_talk(Stage *self, const Talk *talk)
{
    uint16_t caller_port = talk->caller_port != 0 ? talk->caller_port : self->port;

    self->port = self->port == 60999 ? 40000 : self->port + 1;
    add_half(self, talk, true, caller_port);
    if (talk->got > 0)
        add_half(self, talk, false, caller_port);
    self->now = MAX(self->now, talk->day);
}

void
stage_until(Stage *self, double day)
{
    const double step = (double)WINDOW_MS / 86400e3;

    for (; self->now + step <= day; self->now += step)
        for (int i = 1; i <= SERVERS; i++) {
            char server[IP_TEXT];
            g_snprintf(server, sizeof server, "10.1.0.%d", i);
            stage_talk(self, &(Talk){ .day = self->now,
                                      .seconds = 0.1,
                                      .caller = "10.1.0.250",
                                      .callee = server,
                                      .port = 161,
                                      .protocol = 17,
                                      .sent = 90,
                                      .got = 200 + 400 * stage_uniform(self),
                                      .out_if = 2 });
        }
    self->now = MAX(self->now, day);
    flush(self);
}

void
stage_update(Stage *self, double day, const char *server, const char *far)
{
    stage_until(self, day);
    stage_talk(self, &(Talk){ .day = day,
                              .seconds = 5,
                              .caller = server,
                              .callee = far,
                              .port = 443,
                              .sent = 4000,
                              .got = 90000,
                              .out_if = 3 });
}

void
stage_nightly(Stage *self, int from, int to, const char *far)
{
    for (int day = from; day < to; day++)
        stage_update(self, day + 0.1, "10.1.0.3", far);
}

void
stage_restart(Stage *self)
{
    g_autoptr(GError) error = NULL;

    flush(self);
    g_autoptr(GBytes) state = scorer_save(self->scorer);
    scorer_free(self->scorer);
    self->scorer = scorer_new(&self->conf, self->assets, self->places, &self->sink);
    g_assert_true(scorer_restore(self->scorer, state, &error));
    g_assert_no_error(error);
}

uint32_t
stage_alerts(const Stage *self)
{
    return self->alerts->len;
}

const Alert *
stage_alert(const Stage *self, uint32_t index)
{
    return self->alerts->pdata[index];
}

const AlertContribution *
stage_part(const Alert *alert, const char *detector)
{
    for (uint32_t i = 0; i < alert->n_contributions; i++)
        if (strcmp(alert->contributions[i].detector, detector) == 0)
            return &alert->contributions[i];
    return NULL;
}

static const Alert *
find(const Stage *self, const char *detector, const char *asset, const char *far)
{
    IpAddress address = ip_of(asset);

    for (uint32_t i = 0; i < self->alerts->len; i++) {
        const Alert *alert = self->alerts->pdata[i];
        if (!ip_equal(&alert->asset, &address) || stage_part(alert, detector) == NULL)
            continue;
        if (far == NULL)
            return alert;
        IpAddress peer = ip_of(far);
        if (alert->has_peer && ip_equal(&alert->peer, &peer))
            return alert;
    }
    return NULL;
}

const Alert *
stage_find(const Stage *self, const char *detector, const char *asset, const char *far)
{
    const Alert *alert = find(self, detector, asset, far);

    if (alert != NULL) {
        const AlertContribution *part = stage_part(alert, detector);
        g_test_message("score %.1f of %.1f; %.1f dB, p %.2g: %s | %s", alert->score, alert->threshold,
                       part->decibans, part->p, part->reason, alert->counterfactual);
    }
    return alert;
}

const Alert *
stage_told(const Stage *self, const char *detector, const char *asset, const char *far)
{
    const Alert *alert = stage_find(self, detector, asset, far);

    if (alert == NULL) {
        for (uint32_t i = 0; i < self->alerts->len; i++)
            g_test_message("told: %s", stage_alert(self, i)->summary);
        g_error("%s says nothing of %s and %s", detector, asset, far != NULL ? far : "anybody");
    }
    return alert;
}

const Case *
stage_case(Stage *self, const Watch *watch, const char *asset, const char *far)
{
    IpAddress own = ip_of(asset), peer = far != NULL ? ip_of(far) : (IpAddress){ { 0 } };

    return case_find(self->scorer, watch, scorer_find_asset(self->scorer, &own), far != NULL ? &peer : NULL,
                     0, 0);
}

uint32_t
stage_count(const Stage *self, const char *detector)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < self->alerts->len; i++)
        n += stage_part(self->alerts->pdata[i], detector) != NULL;
    return n;
}

Scorer *
stage_scorer(Stage *self)
{
    return self->scorer;
}

double
stage_uniform(Stage *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return (double)(self->random >> 11) / 9007199254740992.0;
}
