/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer.c - the scorer's life, and its way of one batch
 *
 * A batch is taken in blocks. First a few short loops compute keys and fetch cache lines, each for the whole
 * block, every loop what the one before has made known; then the records are taken one by one, in their
 * order, and seldom wait for memory. Nothing there allocates, locks or logs in steady state.
 */
#include "scoring/telling.h"
#include "scoring/watch.h"

#include <math.h>
#include <string.h>

enum { ODD_AHEAD_MS = 3600000, ODD_BEHIND_MS = 6 * 3600000 };
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
    self->contacts = keyed_items_new(MOST_CONTACTS, sizeof *self->contacts);
    self->evidence = keyed_items_new(MOST_EVIDENCE, sizeof *self->evidence);
    self->large = g_aligned_alloc0(MOST_LARGE, sizeof *self->large, 64);
    self->stories = g_new0(Story *, MOST_STORIES);
    self->work = g_new0(Work, BLOCK);
    self->ledger_room = 2 * key_table_slots(&self->conversation_keys);
    self->ledger = keyed_items_new(self->ledger_room, sizeof *self->ledger);
    self->parted = g_aligned_alloc0(PARTED, sizeof *self->parted, 64);
    self->telling = telling_new(self->conf.threads);
    watches_init(self);
    cases_init(self);
}

/* Makes everything that is learned, from the configuration. */
static void
init_state(Scorer *self)
{
    self->grid.length_ms = (int64_t)self->conf.window_s * 1000;
    self->windows_per_day = 86400.0 / self->conf.window_s;
    self->free_contact = self->free_evidence = NONE;
    self->fleet.spread = 1;
    self->heard_ms = INT64_MIN;
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
    if (self->sink.pvalues != NULL && self->pvalues == NULL) /* kept by scorer_reset */
        self->pvalues = pvalues_new();
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

    telling_free(self->telling);
    watches_clear(self);
    cases_clear(self);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        key_table_clear(keys[i]);
    void *aligned[] = { self->asset_slots, self->conversations, self->peers,           self->paths,
                        self->affinities,  self->groups,        self->interface_slots, self->large,
                        self->contacts,    self->evidence,      self->assets,          self->ledger,
                        self->parted };
    for (size_t i = 0; i < G_N_ELEMENTS(aligned); i++)
        g_aligned_free(aligned[i]);
    for (uint32_t i = 0; i < self->n_stories; i++)
        g_free(self->stories[i]);
    g_free(self->stories);
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
                     .lists = self->lists,
                     .sink = self->sink,
                     .exporter_address = self->exporter_address,
                     .exporter_user = self->exporter_user,
                     .suppressions = self->suppressions,
                     .pvalues = self->pvalues };

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
    suppression_set_free(self->suppressions);
    pvalues_free(self->pvalues);
    g_free(self);
}

void
scorer_set_lists(Scorer *self, const ListTable *lists)
{
    self->lists = lists;
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
    int64_t header = header_time(flow);

    /* All records of a datagram say the same. */
    if (header == self->heard_ms && flow->exporter == self->heard_exporter)
        return true;
    ClockVerdict verdict = flow_clock_see(&self->clock, flow->exporter, header);
    self->heard_ms = verdict == CLOCK_FUTURE ? INT64_MIN : header;
    self->heard_exporter = flow->exporter;
    if (verdict == CLOCK_FUTURE) {
        self->counters.future++;
        return false;
    }
    if (verdict == CLOCK_BACK) {
        telling_settle(self);
        drop_open_windows(self);
    }
    int64_t oldest = window_oldest_wanted(&self->grid, self->clock.now_ms);
    if (self->grid.first < oldest)
        scorer_close_until(self, oldest);
    return true;
}

typedef struct Side {
    uint32_t asset;
    bool is_source;
    uint16_t asset_port, far_port;
    const IpAddress *far;
    uint64_t far_hash, peer_key;
    uint32_t peer, path; /* where they stood when the block was prepared, or NONE */
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

    uint64_t exporter = 1ull << (flow->exporter % 64);

    for (int64_t number = spread->from; number <= spread->to; number++) {
        WindowSums *sums = &asset->open[number & (WINDOWS_OPEN - 1)];
        double share = spread->share[number - spread->from];
        sums->octets_out += sent * share;
        sums->octets_in += got * share;
        sums->packets_out += (float)(packets_sent * share);
        sums->packets_in += (float)(packets_got * share);
        sums->variance_out += (float)(variance * share);
        sums->exporters |= exporter;
    }
    WindowSums *last = &asset->open[spread->to & (WINDOWS_OPEN - 1)];
    if (counts)
        *(is_source ? &last->flows_out : &last->flows_in) += 1;
    if (sent > 1e4 && sent > 0.2 * (double)asset->octets_rate) {
        self->large[self->next_large] = *flow;
        self->next_large = (self->next_large + 1) % MOST_LARGE;
    }
    asset->exporters |= exporter;
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
                           .asset_start_ms = conversation_first_ms(talk, asset_low ? 0 : 1),
                           .far_start_ms = conversation_first_ms(talk, asset_low ? 1 : 0) };

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
        if (!contact_has_room(self, peer)) {
            self->counters.contacts_refused += !duplicate;
            return;
        }
        Initiator initiator = judge(talk, asset, side, flow, source_low, &certainty);
        if (initiator == INITIATOR_FAR && side->asset_port != side->far_port) /* time servers' are equal */
            peer->flags |= PEER_CALLS_US;
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

static void
touch_path(Scorer *self, Conversation *talk, const Side *side, const Peer *peer, const FlowRecord *flow,
           bool duplicate)
{
    PathKey key = scorer_path_key(side->asset, flow, peer->asn, peer->access);
    uint32_t slot = scorer_path(self, &key, flow, talk->path != NONE ? talk->path : side->path);
    PathUse *path = &self->paths[slot];

    path->last_s = MAX(path->last_s, seconds_of(flow->end_ms));
    path->first_s = MIN(path->first_s, seconds_of(flow->start_ms > 0 ? flow->start_ms : flow->end_ms));
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
                            (uint32_t)(side->far_hash >> 32));
    if (!duplicate)
        add_window(self, asset, flow, side->is_source, spread, counts);
    uint32_t slot = scorer_peer(self, side->asset, side->far, side->peer_key, side->peer, end_ms, &new_peer);
    Peer *peer = &self->peers[slot];
    if (talk->peer == NONE) {
        talk->peer = slot;
        talk->peer_tag = scorer_peer_tag(side->peer_key) & 0xffffffu;
        talk->flags |= side->is_source == source_low ? CONVERSATION_PEER_LOW : 0;
    }
    if (is_new) {
        uint32_t start_s = seconds_of(flow->start_ms);
        peer->slept_hours =
            (uint16_t)(start_s > peer->last_s ? MIN(UINT16_MAX, (start_s - peer->last_s) / 3600) : 0);
    }
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
        touch_path(self, talk, side, peer, flow, duplicate);
    touch_contact(self, slot, talk, side, flow, source_low, duplicate);
}

/* The asset at one end of a record; NONE: not ours, or no room. */
static uint32_t
asset_of(Scorer *self, const FlowRecord *flow, const Work *work, int end)
{
    const IpAddress *own = end == 0 ? &flow->src : &flow->dst;
    uint32_t asset = work->asset[end];

    if (!work->is_ours[end] || asset != NONE)
        return asset;
    asset = scorer_find_asset(self, own); /* an earlier record of the block may have made it */
    /* What only receives is not made an asset: a scan of a large block must not fill the table. Who exports
     * both halves in one record does so of a probe that nobody answers, too. */
    if (asset == NONE && (end == 0 || flow->reverse_packets > 0 || flow->reverse_octets > 0))
        asset = scorer_asset(self, own, flow->end_ms);
    return asset;
}

static void
take_ends(Scorer *self, const FlowRecord *flow, const Work *work, const WindowSpread *spread)
{
    Conversation *talk;
    bool is_new, duplicate = scorer_conversation_add(self, work, flow, &talk, &is_new);
    bool counts = is_new || talk->last_window != (uint8_t)spread->to;

    talk->last_window = (uint8_t)spread->to;
    for (int end = 0; end < 2; end++) {
        uint32_t asset = asset_of(self, flow, work, end);
        if (asset == NONE)
            continue;
        const IpAddress *far = end == 0 ? &flow->dst : &flow->src;
        bool is_prepared = work->asset[end] != NONE;
        Side side = { .asset = asset,
                      .is_source = end == 0,
                      .far = far,
                      .far_hash = work->address[1 - end],
                      .peer_key = is_prepared ? work->peer_key[end]
                                              : scorer_peer_key(self, asset, work->address[1 - end]),
                      .peer = is_prepared ? work->peer[end] : NONE,
                      .path = work->path,
                      .asset_port = end == 0 ? flow->src_port : flow->dst_port,
                      .far_port = end == 0 ? flow->dst_port : flow->src_port };
        take_side(self, &side, talk, flow, spread, work->from_low, duplicate, is_new, counts);
    }
}

static void
take_record(Scorer *self, const FlowRecord *wire, const Work *work)
{
    const FlowRecord *flow = wire;
    FlowRecord mended;
    int64_t start_ms, end_ms;
    WindowSpread spread;

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
    bool in_time = window_spread(&self->grid, start_ms, end_ms, &spread);
    scorer_add_traffic(self, flow, work->is_ours[0] && work->is_ours[1],
                       in_time ? spread.to : self->grid.first);
    if (!work->is_ours[0] && !work->is_ours[1]) {
        self->counters.no_asset++;
    } else if (!in_time) {
        self->counters.late++;
    } else {
        self->counters.scored++;
        take_ends(self, flow, work, &spread);
    }
    /* Counted, so that how records are put into batches makes no difference. */
    if (++self->since_step >= CALL_STEP) {
        self->since_step = 0;
        call_step(self);
    }
}

/* Whose they are; keys of conversations and assets, whose lines are fetched. */
static void
prepare_keys(Scorer *self, const FlowRecord *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const FlowRecord *flow = &records[i];
        Work *work = &self->work[i];

        __builtin_prefetch(&flow->next_hop); /* another processor wrote it */
        work->is_ours[0] = asset_table_has(self->inventory, &flow->src);
        work->is_ours[1] = asset_table_has(self->inventory, &flow->dst);
        work->asset[0] = work->asset[1] = work->peer[0] = work->peer[1] = work->conversation = work->path =
            NONE;
        if (!work->is_ours[0] && !work->is_ours[1])
            continue;
        work->address[0] = scorer_address_hash(self, &flow->src);
        work->address[1] = scorer_address_hash(self, &flow->dst);
        scorer_conversation_key(self, flow, work);
        key_table_prefetch(&self->conversation_keys, work->conversation_key);
        for (int end = 0; end < 2; end++) {
            if (!work->is_ours[end])
                continue;
            work->asset_key[end] = keyed_key(work->address[end]);
            key_table_prefetch(&self->asset_keys, work->asset_key[end]);
        }
    }
}

/* Where conversations and assets stand. @asset is a slot of the key table for now. */
static void
prepare_slots(Scorer *self, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        Work *work = &self->work[i];

        if (!work->is_ours[0] && !work->is_ours[1])
            continue;
        work->conversation = key_table_find_early(&self->conversation_keys, work->conversation_key,
                                                  self->conversations, sizeof *self->conversations);
        for (int end = 0; end < 2; end++) {
            if (!work->is_ours[end])
                continue;
            work->asset[end] = key_table_find(&self->asset_keys, work->asset_key[end]);
            if (work->asset[end] != KEYED_NONE)
                __builtin_prefetch(&self->asset_slots[work->asset[end]]);
        }
    }
}

/* Where the peer of this end stood, when the conversation was told of last; NONE: that is not known. */
static uint32_t
known_peer(const Scorer *self, const Work *work, int end)
{
    const Conversation *talk =
        work->conversation == KEYED_NONE ? NULL : &self->conversations[work->conversation];

    if (talk == NULL || ((talk->flags & CONVERSATION_PEER_LOW) != 0) != (work->from_low == (end == 0)))
        return NONE;
    return talk->peer;
}

/* The assets themselves; their peers where the conversation knows them, else the keys of those. */
static void
prepare_assets(Scorer *self, uint32_t n)
{
    int slot = (int)(window_number(&self->grid, self->clock.now_ms) & (WINDOWS_OPEN - 1));

    for (uint32_t i = 0; i < n; i++) {
        Work *work = &self->work[i];

        for (int end = 0; end < 2; end++) {
            if (work->asset[end] == KEYED_NONE)
                continue;
            work->asset[end] = self->asset_slots[work->asset[end]];
            const ScoredAsset *asset = &self->assets[work->asset[end]];
            __builtin_prefetch(asset, 1);
            __builtin_prefetch(&asset->open[slot], 1);
            __builtin_prefetch(asset->services, 1);
            work->peer_key[end] = scorer_peer_key(self, work->asset[end], work->address[1 - end]);
            work->peer[end] = known_peer(self, work, end);
            if (work->peer[end] != NONE)
                __builtin_prefetch(&self->peers[work->peer[end]], 1);
            else
                key_table_prefetch(&self->peer_keys, work->peer_key[end]);
        }
    }
}

/* The peers, and the paths that their conversations took last. */
static void
prepare_peers(Scorer *self, const FlowRecord *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        Work *work = &self->work[i];

        for (int end = 0; end < 2; end++) {
            const IpAddress *far = end == 0 ? &records[i].dst : &records[i].src;
            if (work->asset[end] == NONE || scorer_is_peer(self, work->peer[end], work->asset[end], far))
                continue;
            work->peer[end] =
                key_table_find_early(&self->peer_keys, work->peer_key[end], self->peers, sizeof *self->peers);
        }
        if (work->asset[0] != NONE && work->conversation != KEYED_NONE) {
            work->path = self->conversations[work->conversation].path;
            if (work->path != NONE)
                __builtin_prefetch(&self->paths[work->path], 1);
        }
    }
}

/* What is written when a flow is added to the contact that watches the peer. */
G_ALWAYS_INLINE static inline void
fetch_contact(const Scorer *self, uint32_t peer)
{
    uint32_t index = peer == NONE ? NONE : self->peers[peer].contact;

    if (index == NONE)
        return;
    __builtin_prefetch(&self->contacts[index].state, 1);
    __builtin_prefetch(&self->contacts[index].octets_in, 1);
}

/* Keys of the paths of what leaves by another way than before; and contacts. */
static void
prepare_path_keys(Scorer *self, const FlowRecord *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        Work *work = &self->work[i];

        fetch_contact(self, work->peer[0]);
        fetch_contact(self, work->peer[1]);
        work->path_key = 0;
        if (work->asset[0] == NONE)
            continue;
        uint32_t slot = work->peer[0], asn;
        uint8_t access;
        if (slot != NONE) {
            asn = self->peers[slot].asn;
            access = self->peers[slot].access;
        } else {
            const Place *place = place_table_find(self->places, &records[i].dst);
            asn = place->asn;
            access = place->access;
        }
        PathKey key = scorer_path_key(work->asset[0], &records[i], asn, access);
        if (scorer_is_path(self, work->path, &key))
            continue;
        work->path_key = scorer_path_hash(self, &key);
        key_table_prefetch(&self->path_keys, work->path_key);
    }
}

/* The paths; keys of the ways out of new ones. */
static void
prepare_paths(Scorer *self, const FlowRecord *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        Work *work = &self->work[i];

        work->egress_key = 0;
        if (work->path_key == 0)
            continue;
        work->path = key_table_find_early(&self->path_keys, work->path_key, self->paths, sizeof *self->paths);
        if (work->path != KEYED_NONE)
            continue;
        work->egress_key = scorer_new_egress_key(self, work->asset[0], &records[i]);
        if (work->egress_key != 0)
            key_table_prefetch(&self->path_keys, work->egress_key);
    }
}

/* Always inline: see key_table_prefetch. */
G_ALWAYS_INLINE static inline void
prepare_egress(const Scorer *self, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (self->work[i].egress_key != 0)
            key_table_find_early(&self->path_keys, self->work[i].egress_key, self->paths,
                                 sizeof *self->paths);
}

void
scorer_batch(Scorer *self, const FlowBatch *batch)
{
    for (uint32_t at = 0; at < batch->n; at += BLOCK) {
        const FlowRecord *records = &batch->records[at];
        uint32_t n = MIN(BLOCK, batch->n - at);

        prepare_keys(self, records, n);
        prepare_slots(self, n);
        prepare_assets(self, n);
        prepare_peers(self, records, n);
        prepare_path_keys(self, records, n);
        prepare_paths(self, records, n);
        prepare_egress(self, n);
        for (uint32_t i = 0; i < n; i++)
            take_record(self, &records[i], &self->work[i]);
    }
    telling_rest(self);
    for (uint32_t i = 0; i < batch->n_losses; i++)
        scorer_take_loss(self, &batch->losses[i]);
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
