/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telling.c - see telling.h */
#include "scoring/telling.h"
#include "collector/base/crew.h"
#include "scoring/watch.h"

/* What there is to tell of a conversation, and what a watch wants to hear of: bits. */
enum { TELLS_BEGAN = 1, TELLS_LASTS = 2, TELLS_ENDED = 4 };

static uint32_t
heard_by(const Watch *watch)
{
    return (watch->began != NULL ? TELLS_BEGAN : 0u) | (watch->lasts != NULL ? TELLS_LASTS : 0u) |
           (watch->ended != NULL ? TELLS_ENDED : 0u);
}

/* Some of the calls of a block, one bit each. */
enum { SET_WORDS = TOLD_MOST / 64, NEWS_BITS = 3, TRAIT_BITS = 8 };
typedef struct CallSet {
    uint64_t words[SET_WORDS];
} CallSet;
/* What there is to tell of a block, and of whom: for each bit of TELLS_... and of CALL_... those that have
 * it. */
typedef struct BlockView {
    const CallTold *block;
    CallSet news[NEWS_BITS], traits[TRAIT_BITS];
} BlockView;
/* Which calls of a block a watch is told of: what is not for it, it does not look at. */
typedef struct Hearing {
    const CallTold *block;
    uint32_t n;
    uint8_t at[TOLD_MOST]; /* places in the block, in its order */
} Hearing;
struct Telling {
    CallTold *filling, *handed_over; /* blocks of TOLD_MOST */
    uint32_t n;                      /* calls in the one that is being filled */
    bool is_settled;
    Scorer *scorer; /* whose block was handed over */
    BlockView view; /* of that */
    Crew *crew;
};
G_STATIC_ASSERT(TOLD_MOST <= UINT8_MAX + 1 && TOLD_MOST % 64 == 0);
G_STATIC_ASSERT(TELLS_ENDED == 1 << (NEWS_BITS - 1) && CALL_SIGN == 1 << (TRAIT_BITS - 1));

static uint32_t
news_bits(const CallTold *told)
{
    return (told->has_begun ? TELLS_BEGAN : 0u) | (told->news == CALL_LASTS ? TELLS_LASTS : 0u) |
           (told->news == CALL_ENDED ? TELLS_ENDED : 0u);
}

static void
note_bits(CallSet *sets, uint32_t n_sets, uint32_t at, uint64_t bits)
{
    for (uint32_t i = 0; i < n_sets; i++)
        sets[i].words[at / 64] |= (bits >> i & 1) << at % 64;
}

static void
block_view_init(BlockView *self, const CallTold *block, uint32_t n)
{
    *self = (BlockView){ .block = block };
    for (uint32_t i = 0; i < n; i++) {
        note_bits(self->news, NEWS_BITS, i, news_bits(&block[i]));
        note_bits(self->traits, TRAIT_BITS, i, block[i].traits);
    }
}

/* Who has any of @heard and all of @needs. */
static uint64_t
wanted_of(const BlockView *view, uint32_t word, uint32_t heard, uint32_t needs)
{
    uint64_t wanted = 0;

    for (uint32_t i = 0; i < NEWS_BITS; i++)
        wanted |= (heard >> i & 1) != 0 ? view->news[i].words[word] : 0;
    for (uint32_t i = 0; i < TRAIT_BITS; i++)
        wanted &= (needs >> i & 1) != 0 ? view->traits[i].words[word] : UINT64_MAX;
    return wanted;
}

static void
hearing_of(Hearing *self, const Watch *watch, const BlockView *view)
{
    self->block = view->block;
    self->n = 0;
    for (uint32_t word = 0; word < SET_WORDS; word++)
        for (uint64_t wanted = wanted_of(view, word, heard_by(watch), watch->needs); wanted != 0;
             wanted &= wanted - 1)
            self->at[self->n++] = (uint8_t)(word * 64 + (uint32_t)__builtin_ctzll(wanted));
}

/*
 * What the watch will look up for the block comes into the cache, a step behind the other: the lines with the
 * keys of all calls, then the items. Each would be waited for otherwise, and that is most of what a watch
 * costs.
 */
static void
fetch_block(const Scorer *scorer, const Watch *watch, const WatchState *state, const Hearing *hearing)
{
    WantList list;

    list.n = 0; /* the rest is written as it comes */
    for (uint32_t i = 0; i < hearing->n; i++)
        watch->wants(scorer, state, &hearing->block[hearing->at[i]].call, &list);
    for (uint32_t i = 0; i < list.n; i++)
        key_table_prefetch(&state->keys[list.items[i].table], list.items[i].key);
    for (uint32_t i = 0; i < list.n; i++) {
        const Wanted *wanted = &list.items[i];
        const KeyTable *keys = &state->keys[wanted->table];
        const void *items = state->items[wanted->table];
        size_t size = watch->tables[wanted->table].item;
        KeySpot spot = key_table_spot(keys, wanted->key);
        if (spot.slot != KEYED_NONE)
            key_table_fetch(items, size, size, spot.slot);
        else if (wanted->is_made && size > 0)
            key_table_fetch(items, size, watch_table_head(&watch->tables[wanted->table]),
                            key_table_place(keys, wanted->key, spot));
    }
}

static void
tell_one(const Scorer *scorer, const Watch *watch, WatchState *state, const CallTold *told)
{
    bool has_ended = told->news == CALL_ENDED && watch->ended != NULL;

    if (told->has_begun && watch->began != NULL && !(has_ended && watch->began == watch->ended))
        watch->began(scorer, state, &told->call);
    if (told->news == CALL_LASTS && watch->lasts != NULL)
        watch->lasts(scorer, state, &told->call);
    if (has_ended)
        watch->ended(scorer, state, &told->call);
}

/* Most watches hear of one kind of news alone. */
static void
tell_all(const Scorer *scorer, const Watch *watch, WatchState *state, const Hearing *hearing)
{
    uint32_t heard = heard_by(watch);

    if (heard == TELLS_BEGAN || heard == TELLS_ENDED) {
        void (*tell)(const Scorer *, WatchState *, const Call *) =
            heard == TELLS_BEGAN ? watch->began : watch->ended;
        for (uint32_t i = 0; i < hearing->n; i++)
            tell(scorer, state, &hearing->block[hearing->at[i]].call);
        return;
    }
    for (uint32_t i = 0; i < hearing->n; i++)
        tell_one(scorer, watch, state, &hearing->block[hearing->at[i]]);
}

/* A job: a watch is told of the block. */
static void
tell_watch(void *user, uint32_t index)
{
    const Telling *self = user;
    const Watch *watch = watches[index];
    WatchState *state = &self->scorer->watch_states[index];
    Hearing hearing;

    if (heard_by(watch) == 0)
        return;
    hearing_of(&hearing, watch, &self->view);
    if (watch->wants != NULL)
        fetch_block(self->scorer, watch, state, &hearing);
    tell_all(self->scorer, watch, state, &hearing);
}

Telling *
telling_new(uint32_t threads)
{
    Telling *self = g_new0(Telling, 1);

    self->filling = g_new0(CallTold, TOLD_MOST);
    self->handed_over = g_new0(CallTold, TOLD_MOST);
    self->is_settled = true;
    self->crew = crew_new(MAX(1, threads) - 1);
    return self;
}

void
telling_free(Telling *self)
{
    if (self == NULL)
        return;
    crew_free(self->crew);
    g_free(self->filling);
    g_free(self->handed_over);
    g_free(self);
}

void
telling_add(Scorer *scorer, const CallTold *told)
{
    Telling *self = scorer->telling;

    if (self->n == TOLD_MOST)
        telling_flush(scorer);
    self->filling[self->n++] = *told;
}

void
telling_flush(Scorer *scorer)
{
    Telling *self = scorer->telling;
    CallTold *block = self->filling;

    telling_settle(scorer);
    if (self->n == 0)
        return;
    self->filling = self->handed_over;
    self->handed_over = block;
    block_view_init(&self->view, block, self->n);
    self->n = 0;
    self->scorer = scorer;
    self->is_settled = false;
    crew_begin(self->crew, tell_watch, self, n_watches);
}

void
telling_rest(Scorer *scorer)
{
    crew_end(scorer->telling->crew);
}

void
telling_settle(Scorer *scorer)
{
    Telling *self = scorer->telling;

    telling_rest(scorer);
    for (uint32_t i = 0; i < n_watches && !self->is_settled; i++)
        watch_settle(scorer, i);
    self->is_settled = true;
    scorer->moment = (Moment){ .now_ms = scorer->clock.now_ms, .first_ms = scorer->clock.first_ms };
}
