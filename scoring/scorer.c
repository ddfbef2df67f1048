/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer.c - the scoring thread's way of one batch: three short loops, then the records one by one
 *
 * The first loops only compute keys and fetch cache lines, so that the last one, which keeps the order of the
 * records, seldom waits for memory. Nothing there allocates, locks or logs in steady state.
 */
#include "scoring/scorer-internal.h"

#include <math.h>
#include <string.h>

enum { ODD_AHEAD_MS = 3600000, ODD_BEHIND_MS = 6 * 3600000, STITCH_GAP_MS = 120000, GONE_MS = 1800000 };
enum { DEFAULT_ASSETS = 65536, DEFAULT_PEERS = 512, DEFAULT_PAIRS = 1 << 20, DEFAULT_WINDOW_S = 300 };

static void *
new_items(const KeyTable *keys, size_t size)
{
    return keyed_items_new(key_table_slots(keys), size);
}

static void
init_tables(Scorer *self)
{
    uint32_t pairs = self->conf.max_pairs;

    key_table_init(&self->asset_keys, self->conf.max_assets * 2);
    key_table_init(&self->conversation_keys, pairs);
    key_table_init(&self->peer_keys, pairs);
    key_table_init(&self->path_keys, MAX(1024, pairs / 8));
    key_table_init(&self->affinity_keys, MAX(1024, pairs / 4));
    key_table_init(&self->group_keys, MAX(1024, pairs / 8));
    key_table_init(&self->interface_keys, MOST_INTERFACES);
    self->asset_slots = new_items(&self->asset_keys, sizeof *self->asset_slots);
    self->conversations = new_items(&self->conversation_keys, sizeof *self->conversations);
    self->peers = new_items(&self->peer_keys, sizeof *self->peers);
    self->paths = new_items(&self->path_keys, sizeof *self->paths);
    self->affinities = new_items(&self->affinity_keys, sizeof *self->affinities);
    self->groups = new_items(&self->group_keys, sizeof *self->groups);
    self->interface_slots = new_items(&self->interface_keys, sizeof *self->interface_slots);
    self->large = g_aligned_alloc0(MOST_LARGE, sizeof *self->large, 64);
    self->stories = g_new0(Story *, MOST_STORIES);
    self->work = g_new0(Work, FLOW_BATCH_MOST);
}

/* Makes everything that is learned, from the configuration. */
static void
init_state(Scorer *self)
{
    self->grid.length_ms = (int64_t)self->conf.window_s * 1000;
    self->windows_per_day = 86400.0 / self->conf.window_s;
    self->free_contact = self->free_evidence = NONE;
    self->fleet.spread = 1;
    budget_init(&self->budget, self->conf.budget, self->windows_per_day);
    init_tables(self);
    scorer_role(self, "");
}

Scorer *
scorer_new(const ScoringConf *conf, const AssetTable *assets, const PlaceTable *places,
           const ScorerSink *sink)
{
    Scorer *self = g_new0(Scorer, 1);

    *self = (Scorer){ .conf = *conf, .inventory = assets, .places = places };
    if (sink != NULL)
        self->sink = *sink;
    self->conf.window_s = conf->window_s != 0 ? conf->window_s : DEFAULT_WINDOW_S;
    self->conf.max_assets = conf->max_assets != 0 ? conf->max_assets : DEFAULT_ASSETS;
    self->conf.max_peers_per_asset =
        conf->max_peers_per_asset != 0 ? conf->max_peers_per_asset : DEFAULT_PEERS;
    self->conf.max_pairs = conf->max_pairs != 0 ? conf->max_pairs : DEFAULT_PAIRS;
    init_state(self);
    return self;
}

static void
clear_state(Scorer *self)
{
    KeyTable *keys[] = { &self->asset_keys,    &self->conversation_keys, &self->peer_keys,
                         &self->path_keys,     &self->affinity_keys,     &self->group_keys,
                         &self->interface_keys };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        key_table_clear(keys[i]);
    void *aligned[] = { self->asset_slots, self->conversations, self->peers,           self->paths,
                        self->affinities,  self->groups,        self->interface_slots, self->large,
                        self->contacts,    self->evidence };
    for (size_t i = 0; i < G_N_ELEMENTS(aligned); i++)
        g_aligned_free(aligned[i]);
    for (uint32_t i = 0; i < self->n_stories; i++)
        g_free(self->stories[i]);
    g_free(self->stories);
    g_free(self->assets);
    g_free(self->interfaces);
    g_free(self->exporters);
    g_free(self->recent);
    g_free(self->work);
}

void
scorer_reset(Scorer *self)
{
    Scorer fresh = { .conf = self->conf,
                     .inventory = self->inventory,
                     .places = self->places,
                     .sink = self->sink,
                     .exporter_address = self->exporter_address,
                     .exporter_user = self->exporter_user };

    clear_state(self);
    *self = fresh;
    init_state(self);
}

void
scorer_free(Scorer *self)
{
    if (self == NULL)
        return;
    clear_state(self);
    g_free(self);
}

void
scorer_set_exporters(Scorer *self, ExporterAddress lookup, void *user)
{
    self->exporter_address = lookup;
    self->exporter_user = user;
}

/* Time: stamps that contradict the exporter's header by hours are replaced by it. */
static int64_t
header_time(const FlowRecord *flow)
{
    return flow->export_ms > 0 ? flow->export_ms : flow->end_ms;
}

static void
mend_times(Scorer *self, const FlowRecord *flow, int64_t *start_ms, int64_t *end_ms)
{
    int64_t header = header_time(flow);

    *start_ms = flow->start_ms;
    *end_ms = flow->end_ms;
    if (*end_ms > header + ODD_AHEAD_MS || *end_ms < header - ODD_BEHIND_MS) {
        self->counters.odd_times++;
        *start_ms = *end_ms = header;
    }
    if (*start_ms > *end_ms || *start_ms < *end_ms - 30 * (int64_t)86400000)
        *start_ms = *end_ms;
}

static void
drop_open_windows(Scorer *self)
{
    for (uint32_t i = 0; i < self->n_assets; i++)
        memset(self->assets[i].open, 0, sizeof self->assets[i].open);
    for (uint32_t i = 0; i < self->n_exporters; i++)
        memset(self->exporters[i].open, 0, sizeof self->exporters[i].open);
    for (uint32_t i = 0; i < self->n_interfaces; i++)
        memset(self->interfaces[i].open, 0, sizeof self->interfaces[i].open);
    memset(self->lossy, 0, sizeof self->lossy);
    self->grid.first = 0;
}

/* False: the record says a time that nobody confirms. */
static bool
move_clock(Scorer *self, const FlowRecord *flow)
{
    ClockVerdict verdict = flow_clock_see(&self->clock, flow->exporter, header_time(flow));

    if (verdict == CLOCK_FUTURE) {
        self->counters.future++;
        return false;
    }
    if (verdict == CLOCK_BACK)
        drop_open_windows(self);
    int64_t oldest = window_oldest_wanted(&self->grid, self->clock.now_ms);
    if (self->grid.first < oldest)
        scorer_close_until(self, oldest);
    return true;
}

static ExporterUse *
use_of(Scorer *self, uint32_t exporter)
{
    if (exporter >= MOST_EXPORTERS)
        return NULL;
    if (exporter >= self->n_exporters) {
        self->exporters = g_realloc_n(self->exporters, exporter + 1, sizeof *self->exporters);
        memset(self->exporters + self->n_exporters, 0,
               (exporter + 1 - self->n_exporters) * sizeof *self->exporters);
        self->n_exporters = exporter + 1;
    }
    return &self->exporters[exporter];
}

static Interface *
interface_of(Scorer *self, uint32_t exporter, uint32_t if_index)
{
    uint32_t words[2] = { exporter, if_index }, slot;
    uint64_t key = keyed_hash(words, sizeof words, self->conf.hash_seed);

    slot = key_table_find(&self->interface_keys, key);
    if (slot != KEYED_NONE)
        return &self->interfaces[self->interface_slots[slot]];
    if (self->n_interfaces >= MOST_INTERFACES ||
        key_table_put(&self->interface_keys, key, 255, &slot) == KEY_REPLACED) {
        self->counters.interfaces_refused++;
        return NULL;
    }
    if ((self->n_interfaces & (self->n_interfaces - 1)) == 0)
        self->interfaces =
            g_realloc_n(self->interfaces, MAX(1, self->n_interfaces * 2), sizeof *self->interfaces);
    self->interfaces[self->n_interfaces] = (Interface){ .exporter = exporter, .if_index = if_index };
    self->interface_slots[slot] = self->n_interfaces;
    return &self->interfaces[self->n_interfaces++];
}

static void
add_traffic(Scorer *self, const FlowRecord *flow, int64_t end_ms, double scale)
{
    int64_t number =
        CLAMP(window_number(&self->grid, end_ms), self->grid.first, self->grid.first + WINDOWS_OPEN - 1);
    int slot = (int)(number & (WINDOWS_OPEN - 1));
    double octets = (double)flow->octets * scale, packets = (double)flow->packets * scale;
    ExporterUse *use = use_of(self, flow->exporter);

    if (use != NULL) {
        use->is_seen = true;
        use->last_window = number;
        use->open[slot].octets_in += octets;
        use->open[slot].packets_in += packets;
        use->open[slot].flows_in += 1;
    }
    for (int side = 0; side < 2; side++) {
        uint32_t if_index = side == 0 ? flow->in_if : flow->out_if;
        Interface *interface = if_index == 0 ? NULL : interface_of(self, flow->exporter, if_index);
        if (interface == NULL)
            continue;
        TrafficSums *sums = &interface->open[slot];
        interface->last_window = number;
        *(side == 0 ? &sums->octets_in : &sums->octets_out) += octets;
        *(side == 0 ? &sums->packets_in : &sums->packets_out) += packets;
        *(side == 0 ? &sums->flows_in : &sums->flows_out) += 1;
    }
}

/* Finds or begins the conversation; *@is_new when this is its first record. */
static Conversation *
conversation_of(Scorer *self, const Work *work, int64_t start_ms, bool *is_new)
{
    uint32_t slot;
    KeyPut put = key_table_put(&self->conversation_keys, work->conversation_key, 1, &slot);
    Conversation *talk = &self->conversations[slot];

    *is_new = put != KEY_FOUND || start_ms > MAX(talk->last_ms[0], talk->last_ms[1]) + STITCH_GAP_MS;
    if (*is_new)
        *talk = (Conversation){ .contact = NONE, .path = NONE };
    return talk;
}

/*
 * Is this the same traffic as seen by another router, or by the same one on its way out? Then it is not
 * counted again. The router that told first keeps the conversation until it falls behind.
 */
static bool
is_duplicate(const Conversation *talk, const FlowRecord *flow, int side, int64_t start_ms, int64_t end_ms)
{
    if (talk->last_ms[side] == 0 || start_ms >= talk->last_ms[side])
        return false;
    if (talk->exporter[side] != flow->exporter)
        return true;
    return flow->direction == 1 && end_ms == talk->last_ms[side];
}

static bool
stitch(Scorer *self, Conversation *talk, const FlowRecord *flow, int side, int64_t start_ms, int64_t end_ms)
{
    bool duplicate = is_duplicate(talk, flow, side, start_ms, end_ms);

    talk->bits |= direction_bits(flow, side == 0);
    if (talk->first_ms[side] == 0 || start_ms < talk->first_ms[side])
        talk->first_ms[side] = MAX(1, start_ms);
    if (duplicate) {
        self->counters.duplicates++;
        return true;
    }
    if (talk->last_ms[side] != 0) {
        talk->slices++;
        self->counters.slices++;
    }
    talk->exporter[side] = flow->exporter;
    talk->last_ms[side] = MAX(talk->last_ms[side], end_ms);
    return false;
}

typedef struct Side {
    uint32_t asset;
    bool is_source;
    uint16_t asset_port, far_port;
    const IpAddress *far;
    uint64_t peer_key;
} Side;

static void
add_window(Scorer *self, ScoredAsset *asset, const FlowRecord *flow, bool is_source,
           const WindowSpread *spread, bool counts)
{
    double scale = flow->sampling > 1 ? flow->sampling : 1;
    double sent = (double)(is_source ? flow->octets : flow->reverse_octets) * scale;
    double got = (double)(is_source ? flow->reverse_octets : flow->octets) * scale;
    double packets_sent = (double)(is_source ? flow->packets : flow->reverse_packets) * scale;
    double packets_got = (double)(is_source ? flow->reverse_packets : flow->packets) * scale;
    double variance = flow->sampling > 1 && packets_sent > 0 ? sent * sent * scale / packets_sent : 0;

    for (int64_t number = spread->from; number <= spread->to; number++) {
        WindowSums *sums = &asset->open[number & (WINDOWS_OPEN - 1)];
        double share = spread->share[number - spread->from];
        sums->octets_out += sent * share;
        sums->octets_in += got * share;
        sums->packets_out += (float)(packets_sent * share);
        sums->packets_in += (float)(packets_got * share);
        sums->variance_out += (float)(variance * share);
        sums->exporters |= 1ull << (flow->exporter % 64);
    }
    WindowSums *last = &asset->open[spread->to & (WINDOWS_OPEN - 1)];
    if (counts)
        *(is_source ? &last->flows_out : &last->flows_in) += 1;
    if (sent > 1e4 && sent > 0.2 * (double)asset->octets_rate) {
        self->large[self->next_large] = *flow;
        self->next_large = (self->next_large + 1) % MOST_LARGE;
    }
    asset->exporters |= 1ull << (flow->exporter % 64);
}

static Initiator
judge(const Conversation *talk, const ScoredAsset *asset, const Side *side, const FlowRecord *flow,
      bool source_low, Certainty *certainty)
{
    bool asset_low = side->is_source == source_low;
    DirectionView view = { .bits = talk->bits,
                           .asset_is_low = asset_low,
                           .asset_port = side->asset_port,
                           .far_port = side->far_port,
                           .protocol = flow->protocol,
                           .asset_start_ms = talk->first_ms[asset_low ? 0 : 1],
                           .far_start_ms = talk->first_ms[asset_low ? 1 : 0] };

    view.asset_port_served = service_ports_has(asset->services, flow->protocol, side->asset_port);
    return direction_judge(&view, certainty);
}

/* A conversation that opened the contact may change its mind; another one only with better evidence, or for a
 * call. */
static void
judge_contact(Contact *contact, bool is_own, Initiator initiator, Certainty certainty)
{
    if (contact->state != CONTACT_PENDING)
        return;
    if (is_own || certainty > contact->certainty ||
        (certainty == contact->certainty && initiator == INITIATOR_ASSET)) {
        contact->initiator = (uint8_t)initiator;
        contact->certainty = (uint8_t)certainty;
    }
}

static void
touch_contact(Scorer *self, uint32_t peer_slot, Conversation *talk, const Side *side, const FlowRecord *flow,
              bool source_low, bool duplicate)
{
    Peer *peer = &self->peers[peer_slot];
    const ScoredAsset *asset = &self->assets[side->asset];
    Certainty certainty;

    if (peer->contact == NONE) {
        if ((peer->flags & (PEER_CALLED | PEER_KNOWN)) != 0 || peer->access == ACCESS_OWN)
            return;
        Initiator initiator = judge(talk, asset, side, flow, source_low, &certainty);
        if (initiator == INITIATOR_FAR || duplicate)
            return;
        talk->contact = contact_open(self, side->asset, peer_slot, flow);
        if (talk->contact == NONE)
            return;
        self->contacts[talk->contact].initiator = (uint8_t)initiator;
        self->contacts[talk->contact].certainty = (uint8_t)certainty;
    }
    Contact *contact = &self->contacts[peer->contact];
    if (contact->state == CONTACT_PENDING)
        judge_contact(contact, talk->contact == peer->contact,
                      judge(talk, asset, side, flow, source_low, &certainty), certainty);
    if (duplicate)
        return;
    if (side->is_source && talk->path != NONE && contact->path == NONE)
        contact->path = talk->path;
    contact_add_flow(self, contact, flow);
}

static void
note_service(Peer *peer, uint16_t port)
{
    for (int i = 0; i < 4; i++) {
        if (peer->services[i] == port)
            return;
        if (peer->services[i] == 0) {
            peer->services[i] = port;
            return;
        }
    }
}

/* Most records leave by the same way as the one before of their conversation. */
static bool
is_path_of(const Scorer *self, uint32_t slot, const Side *side, const Peer *peer, const FlowRecord *flow)
{
    const PathUse *path = slot == NONE ? NULL : &self->paths[slot];

    return path != NULL && self->path_keys.keys[slot] != 0 && path->asset == side->asset &&
           path->exporter == flow->exporter && path->out_if == flow->out_if &&
           path->next_as == flow->dst_as && path->access == peer->access &&
           path->asn == (peer->asn != 0 ? peer->asn : flow->dst_as) &&
           ip_equal(&path->next_hop, &flow->next_hop);
}

static void
touch_path(Scorer *self, Conversation *talk, const Side *side, const Peer *peer, const FlowRecord *flow,
           int64_t end_ms, bool duplicate)
{
    uint32_t slot = is_path_of(self, talk->path, side, peer, flow)
                        ? talk->path
                        : scorer_path(self, side->asset, flow, peer, end_ms);
    PathUse *path = &self->paths[slot];

    path->last_s = MAX(path->last_s, seconds_of(end_ms));
    path->first_s = MIN(path->first_s, seconds_of(flow->start_ms > 0 ? flow->start_ms : end_ms));
    path->flows++;
    path->initiated |= (peer->flags & PEER_CALLED) != 0;
    if (!duplicate) {
        path->octets += (double)flow->octets * (flow->sampling > 1 ? flow->sampling : 1);
        talk->path = slot;
    }
}

static void
take_side(Scorer *self, const Side *side, Conversation *talk, const FlowRecord *flow,
          const WindowSpread *spread, bool source_low, bool duplicate, bool is_new, bool counts)
{
    ScoredAsset *asset = &self->assets[side->asset];
    int64_t end_ms = flow->end_ms;
    bool new_peer;

    asset->last_ms = MAX(asset->last_ms, end_ms);
    if (is_new && side->asset_port != 0)
        service_ports_learn(asset->services, flow->protocol, side->asset_port,
                            (uint32_t)keyed_hash(side->far, sizeof *side->far, 0));
    if (!duplicate)
        add_window(self, asset, flow, side->is_source, spread, counts);
    uint32_t slot = scorer_peer(self, side->asset, side->far, side->peer_key, end_ms, &new_peer);
    Peer *peer = &self->peers[slot];
    peer->last_s = MAX(peer->last_s, seconds_of(end_ms));
    if (!duplicate) {
        float octets = (float)flow->octets * (float)MAX(1, flow->sampling);
        *(side->is_source ? &peer->octets_out : &peer->octets_in) += octets;
        *(side->is_source ? &peer->octets_in : &peer->octets_out) += (float)flow->reverse_octets;
        peer->flows += is_new;
        if (is_new)
            note_service(peer, MIN(side->asset_port, side->far_port));
    }
    asset->open[spread->to & (WINDOWS_OPEN - 1)].new_peers += new_peer;
    if (side->is_source)
        touch_path(self, talk, side, peer, flow, end_ms, duplicate);
    touch_contact(self, slot, talk, side, flow, source_low, duplicate);
}

static void
take_record(Scorer *self, const FlowRecord *wire, const Work *work)
{
    const FlowRecord *flow = wire;
    FlowRecord mended;
    int64_t start_ms, end_ms;
    WindowSpread spread;
    bool is_new;

    if (flow->kind != FLOW_KIND_FLOW || flow->family == 0) {
        *(flow->kind != FLOW_KIND_FLOW ? &self->counters.events : &self->counters.no_address) += 1;
        return;
    }
    if (!move_clock(self, flow))
        return;
    mend_times(self, flow, &start_ms, &end_ms);
    if (start_ms != flow->start_ms || end_ms != flow->end_ms) {
        mended = *flow;
        mended.start_ms = start_ms;
        mended.end_ms = end_ms;
        flow = &mended;
    }
    add_traffic(self, flow, end_ms, flow->sampling > 1 ? flow->sampling : 1);
    if (!work->is_ours[0] && !work->is_ours[1]) {
        self->counters.no_asset++;
        return;
    }
    if (!window_spread(&self->grid, start_ms, end_ms, &spread)) {
        self->counters.late++;
        return;
    }
    self->counters.scored++;
    Conversation *talk = conversation_of(self, work, start_ms, &is_new);
    int from = work->from_low ? 0 : 1;
    bool duplicate = stitch(self, talk, flow, from, start_ms, end_ms);
    bool counts = talk->last_window != (uint32_t)spread.to + 1;
    talk->last_window = (uint32_t)spread.to + 1;
    for (int i = 0; i < 2; i++) {
        const IpAddress *own = i == 0 ? &flow->src : &flow->dst;
        if (!work->is_ours[i])
            continue;
        uint32_t asset = work->asset[i] != NONE ? work->asset[i] : scorer_find_asset(self, own);
        /* What only receives is not made an asset: a scan of a large block must not fill the table. */
        if (asset == NONE && (i == 0 || flow->has_reverse))
            asset = scorer_asset(self, own, end_ms);
        if (asset == NONE)
            continue;
        const IpAddress *far = i == 0 ? &flow->dst : &flow->src;
        uint64_t key = work->asset[i] != NONE ? work->peer_key[i] : scorer_peer_key(self, asset, far);
        Side side = { .asset = asset,
                      .is_source = i == 0,
                      .far = far,
                      .peer_key = key,
                      .asset_port = i == 0 ? flow->src_port : flow->dst_port,
                      .far_port = i == 0 ? flow->dst_port : flow->src_port };
        take_side(self, &side, talk, flow, &spread, work->from_low, duplicate, is_new, counts);
    }
}

typedef struct ConversationKey {
    IpAddress low, high;
    uint16_t low_port, high_port;
    uint32_t protocol;
} ConversationKey;

static uint64_t
conversation_key(const Scorer *self, const FlowRecord *flow, bool *from_low)
{
    int order = memcmp(&flow->src, &flow->dst, sizeof flow->src);
    ConversationKey key = { .protocol = flow->protocol };

    *from_low = order < 0 || (order == 0 && flow->src_port <= flow->dst_port);
    key.low = *from_low ? flow->src : flow->dst;
    key.high = *from_low ? flow->dst : flow->src;
    key.low_port = *from_low ? flow->src_port : flow->dst_port;
    key.high_port = *from_low ? flow->dst_port : flow->src_port;
    if (flow->protocol == 1 || flow->protocol == 58)
        key.low_port = key.high_port = 0; /* type and code: a ping and its answer are one */
    return keyed_hash(&key, sizeof key, self->conf.hash_seed);
}

/* Keys of the conversations, and a hint to memory. */
static void
prepare_conversations(Scorer *self, const FlowBatch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        const FlowRecord *flow = &batch->records[i];
        Work *work = &self->work[i];
        work->is_ours[0] = asset_table_has(self->inventory, &flow->src);
        work->is_ours[1] = asset_table_has(self->inventory, &flow->dst);
        work->asset[0] = work->asset[1] = NONE;
        if (!work->is_ours[0] && !work->is_ours[1])
            continue;
        work->conversation_key = conversation_key(self, flow, &work->from_low);
        key_table_prefetch(&self->conversation_keys, work->conversation_key);
    }
}

/* The assets, their keys of peers, the conversations themselves. */
static void
prepare_assets(Scorer *self, const FlowBatch *batch)
{
    int slot = (int)(self->grid.first & (WINDOWS_OPEN - 1));

    for (uint32_t i = 0; i < batch->n; i++) {
        const FlowRecord *flow = &batch->records[i];
        Work *work = &self->work[i];
        if (!work->is_ours[0] && !work->is_ours[1])
            continue;
        uint32_t talk = key_table_find(&self->conversation_keys, work->conversation_key);
        if (talk != KEYED_NONE)
            __builtin_prefetch(&self->conversations[talk]);
        for (int side = 0; side < 2; side++) {
            if (!work->is_ours[side])
                continue;
            work->asset[side] = scorer_find_asset(self, side == 0 ? &flow->src : &flow->dst);
            if (work->asset[side] == NONE)
                continue;
            const ScoredAsset *asset = &self->assets[work->asset[side]];
            __builtin_prefetch(asset);
            __builtin_prefetch(&asset->exporters);
            __builtin_prefetch(&asset->open[slot]);
            __builtin_prefetch(&asset->open[(slot + 1) & (WINDOWS_OPEN - 1)]);
            work->peer_key[side] =
                scorer_peer_key(self, work->asset[side], side == 0 ? &flow->dst : &flow->src);
            key_table_prefetch(&self->peer_keys, work->peer_key[side]);
        }
    }
}

/* The peers and paths. */
static void
prepare_peers(Scorer *self, const FlowBatch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        const Work *work = &self->work[i];
        for (int side = 0; side < 2; side++) {
            if (!work->is_ours[side] || work->asset[side] == NONE)
                continue;
            uint32_t peer = key_table_find(&self->peer_keys, work->peer_key[side]);
            if (peer != KEYED_NONE)
                __builtin_prefetch(&self->peers[peer]);
            uint32_t talk = key_table_find(&self->conversation_keys, work->conversation_key);
            if (side == 0 && talk != KEYED_NONE && self->conversations[talk].path != NONE)
                __builtin_prefetch(&self->paths[self->conversations[talk].path]);
        }
    }
}

static void
take_loss(Scorer *self, const FlowLoss *loss)
{
    int64_t number = window_number(&self->grid, loss->export_ms);
    ExporterUse *use = use_of(self, loss->exporter);

    if (self->grid.first == 0 || number > self->grid.first + WINDOWS_OPEN)
        return;
    /* The lost records may tell of the window before as well. */
    for (int64_t at = number - 1; at <= number; at++)
        if (at >= self->grid.first && at < self->grid.first + WINDOWS_OPEN)
            self->lossy[at & (WINDOWS_OPEN - 1)] |= 1ull << (loss->exporter % 64);
    if (use != NULL && number >= self->grid.first && number < self->grid.first + WINDOWS_OPEN)
        use->open[number & (WINDOWS_OPEN - 1)].lost += MAX(1, loss->records);
}

void
scorer_batch(Scorer *self, const FlowBatch *batch)
{
    prepare_conversations(self, batch);
    prepare_assets(self, batch);
    prepare_peers(self, batch);
    for (uint32_t i = 0; i < batch->n; i++)
        take_record(self, &batch->records[i], &self->work[i]);
    for (uint32_t i = 0; i < batch->n_losses; i++)
        take_loss(self, &batch->losses[i]);
    self->counters.records += batch->n;
}

void
scorer_finish(Scorer *self)
{
    if (self->grid.first == 0)
        return;
    int64_t last = window_number(&self->grid, self->clock.now_ms);
    scorer_close_until(self, last + 1);
}
