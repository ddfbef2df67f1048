/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call.c - see call.h */
#include "scoring/call.h"
#include "scoring/telling.h"
#include "scoring/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { QUIET_MS = 120000, SLICE_MOST_MS = 3600000, HOUR_MS = 3600000 };
enum { TCP = 6, UDP = 17, HARDLY_KNOWN = 6 /* conversations */ };

/* Does the slot still hold the peer of this conversation? Another one may have taken its place since. */
static bool
is_peer_of(const Scorer *self, const Conversation *talk)
{
    const Peer *peer = &self->peers[talk->peer];
    uint64_t key = scorer_peer_key(self, peer->asset, scorer_address_hash(self, &peer->address));

    return scorer_peer_tag(key) == talk->peer_tag;
}

static void
judge(const Conversation *talk, bool is_low, Call *call)
{
    Certainty certainty;
    DirectionView view = { .bits = talk->bits,
                           .asset_is_low = is_low,
                           .asset_port_served = call->is_served,
                           .asset_port = call->asset_port,
                           .far_port = call->far_port,
                           .protocol = talk->protocol,
                           .asset_start_ms = conversation_first_ms(talk, is_low ? 0 : 1),
                           .far_start_ms = conversation_first_ms(talk, is_low ? 1 : 0) };

    call->initiator = (uint8_t)direction_judge(&view, &certainty);
    call->certainty = (uint8_t)certainty;
    call->service = call->initiator == INITIATOR_ASSET ? call->far_port
                    : call->initiator == INITIATOR_FAR ? call->asset_port
                                                       : MIN(call->asset_port, call->far_port);
}

/* The flag that the service of the conversation was answered; 0 where the peer has more than are kept. */
static uint8_t
answered_flag(const Peer *peer, uint16_t service)
{
    for (uint32_t i = 0; i < G_N_ELEMENTS(peer->services) && peer->services[i] != 0; i++)
        if (peer->services[i] == service)
            return (uint8_t)(PEER_ANSWERED << i);
    return 0;
}

/* The conversation as the asset of a peer sees it. */
static Call
view_of(const Scorer *self, const Conversation *talk, uint32_t peer_slot, bool is_low)
{
    const Peer *peer = &self->peers[peer_slot];
    int own = is_low ? 0 : 1;
    Call call = { .asset = peer->asset,
                  .peer = peer_slot,
                  .far_asset = NONE,
                  .path = talk->path,
                  .exporter = talk->exporter[talk->first_after[own] != NONE ? own : 1 - own],
                  .far = peer->address,
                  .asn = peer->asn,
                  .access = peer->access,
                  .is_home = (peer->flags & PEER_HOME) != 0,
                  .protocol = talk->protocol,
                  .is_answered = talk->packets[0] != 0 && talk->packets[1] != 0,
                  .is_reset = (talk->flags & CONVERSATION_RESET) != 0,
                  .is_again = (talk->flags & CONVERSATION_AGAIN) != 0,
                  .is_sampled = (talk->flags & CONVERSATION_SAMPLED) != 0,
                  .is_slight =
                      (talk->flags & (CONVERSATION_SAMPLED | CONVERSATION_AMPLE)) == CONVERSATION_SAMPLED,
                  .is_half_seen = (self->assets[peer->asset].exporters & self->ailing) != 0,
                  .asset_port = talk->port[own],
                  .far_port = talk->port[1 - own],
                  .slices = talk->slices,
                  .is_new_pair = peer->first_s >= seconds_of(talk->begin_ms),
                  .begin_ms = talk->begin_ms,
                  .end_ms = conversation_end_ms(talk),
                  .octets_out = (double)talk->octets[own],
                  .octets_in = (double)talk->octets[1 - own],
                  .packets_out = talk->packets[own],
                  .packets_in = talk->packets[1 - own],
                  .pair_flows = peer->flows,
                  .pair_first_s = peer->first_s,
                  .pair_octets = peer->octets_in + peer->octets_out,
                  .woke_s = peer->woke_s };

    call.slept_hours = call.is_new_pair ? 0 : peer->slept_hours;
    call.is_served = service_ports_has(self->assets[call.asset].services, talk->protocol, call.asset_port);
    judge(talk, is_low, &call);
    call.is_only_service = peer->services[0] == call.service && peer->services[1] == 0;
    call.is_known_service = (peer->flags & answered_flag(peer, call.service)) != 0;
    return call;
}

/*
 * How long it may be silent before it counts as ended. Where no end was seen, an exporter may be holding the
 * next slice back until its active time-out: as long as the slices were so far, up to an hour.
 */
static int64_t
patience_ms(const Conversation *talk)
{
    int64_t lasted = conversation_end_ms(talk) - talk->begin_ms;
    int halves = (talk->first_after[0] != NONE) + (talk->first_after[1] != NONE);

    if ((talk->flags & (CONVERSATION_ENDED | CONVERSATION_RESET)) != 0)
        return QUIET_MS;
    return QUIET_MS + MIN(SLICE_MOST_MS, lasted * halves / (talk->slices + MAX(1, halves)));
}

/* The path in @slot, if it was not there before @begin_ms; else NULL, and that is nearly always. */
static const PathUse *
young_path(const Scorer *self, uint32_t slot, int64_t begin_ms)
{
    const PathUse *path = slot == NONE ? NULL : &self->paths[slot];

    return path == NULL || path->first_s < seconds_of(begin_ms) ? NULL : path;
}

/* The way out, if it is new to the asset for such a far end; else NULL. */
static const PathUse *
new_way(const Scorer *self, const Call *call)
{
    const PathUse *path = young_path(self, call->path, call->begin_ms);

    if (path == NULL || path->asset != call->asset || path->is_egress ||
        (path->out_if == 0 && ip_is_zero(&path->next_hop)))
        return NULL;
    return path;
}

/* One packet in how many its exporter tells of in window @number; 1 where all are. */
static float
sampling_of(const Scorer *self, const Call *call, int64_t number)
{
    if (!call->is_sampled || call->exporter >= self->n_exporters)
        return 1;
    return (float)MAX(1, self->exporters[call->exporter].sampling[number & (WINDOWS_OPEN - 1)]);
}

/* What is asked of one that has just begun alone. */
static void
look_around(const Scorer *self, Call *call)
{
    int64_t number = window_number(&self->grid, call->begin_ms);
    const WindowSums *sums = &self->assets[call->asset].open[number & (WINDOWS_OPEN - 1)];
    const PathUse *path = new_way(self, call);

    /* That window is being closed, or, where calls have to be told early, is open still. */
    call->window_octets = number >= self->grid.first - 1 ? sums->octets_in + sums->octets_out : 0;
    call->sampling = sampling_of(self, call, number);
    if (path == NULL)
        return;
    PathUse any = { .exporter = path->exporter, .out_if = path->out_if };
    call->new_way = scorer_way(self, path);
    call->new_out_if = ip_is_zero(&path->next_hop) ? 0 : scorer_way(self, &any);
    call->is_first_use = scorer_egress_first_s(self, path) >= seconds_of(call->begin_ms);
}

/* How long a conversation of the two went on: an hour, four, sixteen. */
static unsigned
grade_of_length(const Call *call)
{
    static const int64_t least_ms[] = { HOUR_MS, 4 * HOUR_MS, 16 * HOUR_MS };
    unsigned grade = 1;

    while (grade < G_N_ELEMENTS(least_ms) && call->end_ms - call->begin_ms >= least_ms[grade])
        grade++;
    return grade;
}

/* What the pair is remembered by. */
static void
note_pair(Peer *peer, const Call *call, bool has_begun, CallNews news)
{
    if (has_begun && call_wakes(call))
        peer->woke_s = MAX(1, seconds_of(call->begin_ms));
    if (news == CALL_LASTS && peer->longest < grade_of_length(call))
        peer->longest = grade_of_length(call) & 3u;
    if (news != CALL_ENDED)
        return;
    if (call->is_answered)
        peer->flags |= answered_flag(peer, call->service);
    if (call->protocol == UDP &&
        peer->flows < HARDLY_KNOWN) /* by which protocol, as long as it can be said */
        peer->is_udp = 1;
}

/* BGP, LDP, BFD, OSPF, EIGRP, PIM: what only routers say to each other. */
static bool
is_of_routers(const Call *call)
{
    enum { BGP = 179, LDP = 646, BFD = 3784, EIGRP = 88, OSPF = 89, PIM = 103 };

    if (call->far_asset == NONE || !call->is_answered)
        return false;
    return (call->protocol == TCP && (call->service == BGP || call->service == LDP)) ||
           (call->protocol == UDP && call->service == BFD) || call->protocol == OSPF ||
           call->protocol == EIGRP || call->protocol == PIM;
}

static void
tell_view(Scorer *self, Call *call, bool has_begun, CallNews news)
{
    ScoredAsset *asset = &self->assets[call->asset];

    if (has_begun) {
        asset->calls_made += call->is_answered && call->initiator == INITIATOR_ASSET;
        asset->calls_taken += call->is_answered && call->initiator == INITIATOR_FAR;
        asset->is_router |= is_of_routers(call);
        look_around(self, call);
    }
    if (call->peer != NONE)
        note_pair(&self->peers[call->peer], call, has_begun, news);
    telling_add(self, &(CallTold){
                          .call = *call, .news = news, .has_begun = has_begun, .traits = call_traits(call) });
}

/* Tells of it to the asset that was found first, and to the far end where that is one too. */
static void
tell(Scorer *self, Conversation *talk, CallNews news)
{
    bool is_low = (talk->flags & CONVERSATION_PEER_LOW) != 0,
         has_begun = (talk->flags & CONVERSATION_TOLD) == 0;

    talk->flags |= CONVERSATION_TOLD;
    if (talk->peer == NONE || !is_peer_of(self, talk)) {
        self->counters.calls_forgotten += has_begun;
        return;
    }
    self->counters.calls += has_begun;
    Call call = view_of(self, talk, talk->peer, is_low);
    if (asset_table_has(self->inventory, &call.far))
        call.far_asset = scorer_find_asset(self, &call.far);
    tell_view(self, &call, has_begun, news);
    if (call.far_asset == NONE)
        return;
    uint32_t near = call.asset, peer = scorer_find_peer(self, call.far_asset, &self->assets[near].address);
    if (peer == NONE)
        return;
    call = view_of(self, talk, peer, !is_low);
    call.far_asset = near;
    call.path = NONE; /* the way that is kept is that of whoever sent last */
    tell_view(self, &call, has_begun, news);
}

/* Cache lines that telling of a conversation touches: its peer and its path, then the peer's asset and the
 * key of a new way out, then that. */
G_ALWAYS_INLINE static inline void
fetch_peer(const Scorer *self, const Conversation *talk)
{
    if (talk->peer != NONE)
        __builtin_prefetch(&self->peers[talk->peer]);
    if (talk->path != NONE)
        __builtin_prefetch(&self->paths[talk->path]);
}
G_ALWAYS_INLINE static inline void
fetch_asset(const Scorer *self, const Conversation *talk)
{
    const ScoredAsset *asset = talk->peer == NONE ? NULL : &self->assets[self->peers[talk->peer].asset];
    int64_t number = window_number(&self->grid, talk->begin_ms);

    if (asset == NULL)
        return;
    __builtin_prefetch(asset);
    __builtin_prefetch(asset->services);
    __builtin_prefetch(&asset->open[number & (WINDOWS_OPEN - 1)]);
}
G_ALWAYS_INLINE static inline void
fetch_way(const Scorer *self, const Conversation *talk, bool has_key)
{
    if ((talk->flags & CONVERSATION_TOLD) == 0)
        scorer_egress_fetch(self, young_path(self, talk->path, talk->begin_ms), has_key);
}

static void
flush_parted(Scorer *self)
{
    for (uint32_t i = 0; i < self->n_parted; i++)
        fetch_peer(self, &self->parted[i]);
    for (uint32_t i = 0; i < self->n_parted; i++) {
        fetch_asset(self, &self->parted[i]);
        fetch_way(self, &self->parted[i], false);
    }
    for (uint32_t i = 0; i < self->n_parted; i++)
        fetch_way(self, &self->parted[i], true);
    for (uint32_t i = 0; i < self->n_parted; i++)
        tell(self, &self->parted[i], CALL_ENDED);
    self->n_parted = 0;
}

/* Its place is needed: it is told of with others, when the block of records is done. */
static void
part_with(Scorer *self, const Conversation *talk)
{
    if (self->n_parted == PARTED) {
        flush_parted(self);
        telling_flush(self);
    }
    self->parted[self->n_parted++] = *talk;
}

uint32_t
call_make_room(Scorer *self, uint64_t key)
{
    uint32_t slot;

    if (key_table_put(&self->conversation_keys, key, 1, &slot) != KEY_REPLACED)
        return slot;
    const Conversation *talk = &self->conversations[slot];
    if ((talk->flags & CONVERSATION_OPEN) != 0)
        part_with(self, talk);
    return slot;
}

/* What the sweep has taken out leaves a gap behind it. */
static void
close_gap(Scorer *self)
{
    uint32_t gap = self->ledger_at - self->ledger_kept;

    memmove(&self->ledger[self->ledger_kept], &self->ledger[self->ledger_at],
            (self->n_ledger - self->ledger_at) * sizeof *self->ledger);
    self->n_ledger -= gap;
    self->ledger_at = self->ledger_kept;
}

void
call_open(Scorer *self, uint32_t slot)
{
    Conversation *talk = &self->conversations[slot];

    if ((talk->flags & CONVERSATION_OPEN) != 0)
        return;
    if (self->n_ledger == self->ledger_room)
        close_gap(self);
    self->ledger[self->n_ledger++] = (Due){ slot, 0 };
    talk->flags |= CONVERSATION_OPEN;
}

/* The old one's entry in the ledger becomes the new one's. It was due when the old one ended, or at the next
 * window's end: the new one need not be looked at before. */
void
call_begin(Scorer *self, uint32_t slot, bool is_known)
{
    const Conversation *talk = &self->conversations[slot];

    if (is_known && (talk->flags & CONVERSATION_OPEN) != 0)
        part_with(self, talk);
    call_open(self, slot);
}

enum { NO_NEWS = -1 };
/* Of the ledger, in a step; and looked at together, few enough that what was fetched is near when it is told.
 */
enum { SWEEP = 256, TOLD_AT_ONCE = 64 };

/* What there is to tell of it at @end_ms of a window. Two minutes more have been heard by then (call_step),
 * so that what ended in the window's last minutes is told once, as begun and ended, and not twice. That it
 * lasts is told when a window closes, once for each hour. */
static int
news_of(const Conversation *talk, int64_t end_ms, int64_t window_ms, bool closes)
{
    int64_t age_ms = end_ms - talk->begin_ms;

    if (conversation_end_ms(talk) + patience_ms(talk) < end_ms + QUIET_MS)
        return CALL_ENDED;
    if (closes && age_ms / HOUR_MS != (age_ms - window_ms) / HOUR_MS && age_ms > window_ms)
        return CALL_LASTS;
    return (talk->flags & CONVERSATION_TOLD) == 0 && age_ms > 0 ? CALL_BEGAN : NO_NEWS;
}

/*
 * Before when there will be nothing to tell of a conversation, after @news of it; at the latest when the next
 * window ends. Records that come until then move its end on, seldom its beginning back, and not far: two
 * minutes are left for that. What has lasted for most of an hour is looked at each time.
 */
static uint32_t
due_after(const Conversation *talk, int news, int64_t next_end_ms)
{
    bool is_told = news != NO_NEWS || (talk->flags & CONVERSATION_TOLD) != 0;
    int64_t quiet_ms = conversation_end_ms(talk), /* with the patience there is, two minutes before news */
        hour_ms = talk->begin_ms + HOUR_MS - 5 * QUIET_MS;

    return seconds_of(MIN(next_end_ms, is_told ? MIN(quiet_ms, hour_ms) : talk->begin_ms - QUIET_MS));
}

/* What there is to tell of one of the ledger, which is due; what that needs is fetched. */
static int
look_for_news(const Scorer *self, Due *due, int64_t end_ms, bool closes)
{
    const Conversation *talk = &self->conversations[due->slot];
    int64_t window_ms = self->grid.length_ms;
    int news = news_of(talk, end_ms, window_ms, closes);

    due->at_s = due_after(talk, news, end_ms + window_ms);
    if (news != NO_NEWS)
        fetch_peer(self, talk);
    return news;
}

/* What there is to tell of a block of the ledger. Of most there is nothing, which the ledger itself shows:
 * it is read from end to end, and the conversations lie scattered. */
static void
find_news(const Scorer *self, Due *block, uint32_t n, int64_t end_ms, bool closes, int8_t news[TOLD_AT_ONCE])
{
    uint32_t end_s = seconds_of(end_ms), due[TOLD_AT_ONCE], n_due = 0;

    for (uint32_t i = 0; i < n; i++) {
        news[i] = NO_NEWS;
        if (block[i].at_s > end_s)
            continue;
        __builtin_prefetch(&self->conversations[block[i].slot], 1);
        due[n_due++] = i;
    }
    for (uint32_t k = 0; k < n_due; k++)
        news[due[k]] = (int8_t)look_for_news(self, &block[due[k]], end_ms, closes);
    for (uint32_t k = 0; k < n_due; k++)
        if (news[due[k]] != NO_NEWS) {
            fetch_asset(self, &self->conversations[block[due[k]].slot]);
            fetch_way(self, &self->conversations[block[due[k]].slot], false);
        }
    for (uint32_t k = 0; k < n_due; k++)
        if (news[due[k]] != NO_NEWS)
            fetch_way(self, &self->conversations[block[due[k]].slot], true);
}

/* Of one block: who has ended leaves the ledger; the others move up. */
static void
tell_block(Scorer *self, uint32_t from, uint32_t until, int64_t window_end_ms, bool closes)
{
    int8_t news[TOLD_AT_ONCE] = { 0 };

    find_news(self, &self->ledger[from], until - from, window_end_ms, closes, news);
    for (uint32_t i = from; i < until; i++) {
        Conversation *talk = &self->conversations[self->ledger[i].slot];
        if (news[i - from] != NO_NEWS)
            tell(self, talk, (CallNews)news[i - from]);
        if (news[i - from] == CALL_ENDED)
            talk->flags &= (uint8_t)~CONVERSATION_OPEN;
        else
            self->ledger[self->ledger_kept++] = self->ledger[i];
    }
}

/* Goes on with the round through the ledger by one step. */
static void
sweep(Scorer *self, int64_t window_end_ms, bool closes)
{
    uint32_t until = MIN(self->n_ledger, self->ledger_at + (uint32_t)SWEEP);

    for (uint32_t at = self->ledger_at; at < until; at += TOLD_AT_ONCE)
        tell_block(self, at, MIN(until, at + (uint32_t)TOLD_AT_ONCE), window_end_ms, closes);
    self->ledger_at = until;
    if (until < self->n_ledger)
        return;
    self->n_ledger = self->ledger_kept;
    self->ledger_at = self->ledger_kept = 0;
}

void
call_step(Scorer *self)
{
    int64_t window_end_ms = (self->grid.first + 1) * self->grid.length_ms;

    flush_parted(self);
    /* Both halves of what began before have had two minutes to come. */
    if (self->grid.first != 0 && self->clock.now_ms > window_end_ms + QUIET_MS)
        sweep(self, window_end_ms, false);
    telling_flush(self);
}

void
call_close_window(Scorer *self, int64_t number)
{
    int64_t window_end_ms = (number + 1) * self->grid.length_ms;

    flush_parted(self);
    while (self->ledger_at > 0) /* the rest of this round, and then one whole round */
        sweep(self, window_end_ms, false);
    do
        sweep(self, window_end_ms, true);
    while (self->ledger_at > 0);
    telling_flush(self);
    telling_settle(self);
}

FlowRecord
call_as_flow(const Scorer *self, const Call *call)
{
    const IpAddress *own = &self->assets[call->asset].address;
    bool is_ours = call->initiator != INITIATOR_FAR; /* the caller's half comes first */

    return (FlowRecord){ .src = is_ours ? *own : call->far,
                         .dst = is_ours ? call->far : *own,
                         .src_port = is_ours ? call->asset_port : call->far_port,
                         .dst_port = is_ours ? call->far_port : call->asset_port,
                         .octets = (uint64_t)(is_ours ? call->octets_out : call->octets_in),
                         .packets = is_ours ? call->packets_out : call->packets_in,
                         .reverse_octets = (uint64_t)(is_ours ? call->octets_in : call->octets_out),
                         .reverse_packets = is_ours ? call->packets_in : call->packets_out,
                         .has_reverse = 1,
                         .start_ms = call->begin_ms,
                         .end_ms = call->end_ms,
                         .protocol = call->protocol,
                         .direction = 255,
                         .sampling = 1, /* scaled already */
                         .exporter = call->exporter,
                         .family = ip_is_v4(own) ? 4 : 6 };
}

void
call_words(const Call *call, char *out, size_t room)
{
    char far[IP_TEXT];
    const char *protocol = call->protocol == 6 ? "tcp" : call->protocol == 17 ? "udp" : NULL;

    ip_text(&call->far, far);
    if (protocol != NULL)
        g_snprintf(out, room, "%s port %u/%s", far, call->service, protocol);
    else
        g_snprintf(out, room, "%s (protocol %u)", far, call->protocol);
}

/* ---- kept over a restart ---- */

static void
put_u32(GByteArray *to, uint32_t value)
{
    g_byte_array_append(to, (const guint8 *)&value, sizeof value);
}

static uint32_t
take_u32(Cursor *from)
{
    const uint8_t *at = cursor_take(from, sizeof(uint32_t));
    uint32_t value = 0;

    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return value;
}

void
call_save(const Scorer *self, GByteArray *to)
{
    uint32_t pending = self->n_ledger - self->ledger_at;

    put_u32(to, self->n_parted);
    g_byte_array_append(to, (const guint8 *)self->parted, self->n_parted * (guint)sizeof *self->parted);
    put_u32(to, self->since_step);
    put_u32(to, self->ledger_kept);
    put_u32(to, self->ledger_kept + pending);
    for (uint32_t i = 0; i < self->ledger_kept; i++)
        put_u32(to, self->ledger[i].slot);
    for (uint32_t i = self->ledger_at; i < self->n_ledger; i++)
        put_u32(to, self->ledger[i].slot);
}

static bool
has_slot(const KeyTable *keys, uint32_t slot)
{
    return slot < key_table_slots(keys) && key_table_has(keys, slot);
}

bool
call_mend(const Scorer *self, Conversation *talk)
{
    talk->flags &= (uint8_t)~CONVERSATION_OPEN; /* the ledger sets it */
    if (!has_slot(&self->peer_keys, talk->peer))
        talk->peer = NONE;
    if (!has_slot(&self->path_keys, talk->path)) /* evicted since */
        talk->path = NONE;
    return talk->begin_ms >= 0 && talk->begin_ms < (int64_t)1 << 50 && isfinite(talk->octets[0]) &&
           isfinite(talk->octets[1]);
}

static bool
take_parted(Scorer *self, Cursor *from)
{
    uint32_t n = take_u32(from);
    const uint8_t *at = n > PARTED ? NULL : cursor_take(from, n * sizeof *self->parted);

    if (at == NULL)
        return false;
    memcpy(self->parted, at, n * sizeof *self->parted);
    self->n_parted = n;
    for (uint32_t i = 0; i < n; i++)
        if (!call_mend(self, &self->parted[i]))
            return false;
    return true;
}

bool
call_restore(Scorer *self, Cursor *from)
{
    if (!take_parted(self, from))
        return false;
    self->since_step = take_u32(from) % CALL_STEP;
    uint32_t kept = take_u32(from), n = take_u32(from);
    for (uint32_t i = 0; i < n && !from->failed; i++) {
        uint32_t slot = take_u32(from);
        if (has_slot(&self->conversation_keys, slot)) /* long ones that were quiet are not kept */
            call_open(self, slot);
        if (i + 1 == kept)
            self->ledger_at = self->ledger_kept = self->n_ledger;
    }
    return !from->failed;
}
