/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.h - one conversation comes out, once: what the watches (watch.h) are told
 *
 * Routers tell of a conversation in pieces: each direction by itself, long ones in slices, once for every
 * router on the way. scorer-conversation.c puts the pieces together; here stands the ledger of those that are
 * going on. Each that began in a window is told as begun before the window closes, by when both halves have
 * had two minutes to come and who called is known as well as it ever will be; once an hour it is told that it
 * lasts; when it has been quiet for two minutes (or, where its end was not seen, for as long as its slices
 * are) it is told as ended, with its sums. A slice that comes later still opens it again, and it is told as
 * ended again. All in the order of arrival, so that the output does not depend on hash seeds, and by a few at
 * a time between records, so that a window's close does not keep the next records waiting. What the table of
 * conversations has no more room for is told as begun and ended early, not lost. Where both ends are assets
 * it is told to each.
 */
#pragma once
#include "scoring/scorer-internal.h"

/* What most watches ask before anything else, as bits: each says which of them it needs (watch.h). */
enum {
    CALL_OUT = 1,       /* the asset has called */
    CALL_IN = 2,        /* the far end has */
    CALL_MAYBE_OUT = 4, /* the asset has, or if nobody knows, its port is the higher one */
    CALL_STRANGER = 8,  /* the far end is no asset, and not in our networks either */
    CALL_INSIDE = 16,   /* the far end is another asset */
    CALL_ANSWERED = 32,
    CALL_SESSION = 64, /* call_is_session */
    CALL_SIGN = 128,   /* that, or call_is_glimpse */
};

typedef struct Call {
    uint32_t asset;     /* index: whose view this is */
    uint32_t peer;      /* slot in the table of peers */
    uint32_t far_asset; /* index, when the far end is an asset as well; else NONE */
    uint32_t path;      /* slot of the way out, or NONE */
    uint32_t exporter;  /* index; who told of the asset's half, else of the other */
    IpAddress far;
    uint32_t asn;                 /* of the far end; 0: not known */
    uint8_t access;               /* AccessClass of the far end */
    bool is_home;                 /* scorer_is_home of it */
    uint8_t initiator, certainty; /* Initiator, Certainty: who called */
    uint8_t protocol;
    bool is_answered;      /* packets both ways */
    bool is_reset;         /* a TCP RST was seen */
    bool is_again;         /* one with the same ports was seen within the hour before */
    bool is_sampled;       /* of more packets than were seen: what is not answered may well have been */
    bool is_slight;        /* sampled, and so little of it was seen that it may be a handshake or a refusal */
    bool is_half_seen;     /* an exporter that sees the asset is silent or thinned: likewise */
    bool is_known_service; /* the pair has spoken by this service before, and been answered */
    uint16_t asset_port, far_port;
    uint16_t service; /* the port of whom was called; of the lower port where that is not known */
    uint16_t slices;
    uint16_t slept_hours;     /* how long the pair had been silent before; 0: less than an hour, or new */
    bool is_new_pair;         /* the first conversation of the pair, as far as the table of peers remembers */
    int64_t begin_ms, end_ms; /* flow time, first and last packet */
    double octets_out, octets_in;     /* from the asset, to it; scaled by sampling */
    uint32_t packets_out, packets_in; /* scaled; 65535: or more */
    /* How things stood when it was told: records go on to change them while the watches work (telling.h). */
    uint32_t pair_flows;   /* conversations of the two so far */
    uint32_t pair_first_s; /* when they met, flow time */
    float pair_octets;     /* of all that they said */
    uint32_t woke_s;       /* when the silence before one that call_wakes ended; 0: there was none yet */
    bool is_only_service;  /* they have spoken by no other one */
    bool is_served;        /* the asset's port is one that it serves */
    /* Of one that has just begun; else 0. */
    bool is_first_use; /* the asset had never left by @new_way, wherever to */
    uint32_t new_way; /* hash of its way out (scorer_way) where that is new to the asset for such a far end */
    uint32_t new_out_if;  /* the same of the interface alone, where a next hop is known */
    float sampling;       /* its exporter tells of one packet in so many, in the window in which it began */
    double window_octets; /* of the asset, both ways, in that window; 0 where it was closed before the last */
} Call;

typedef enum CallNews { CALL_BEGAN, CALL_LASTS, CALL_ENDED } CallNews;
/* What there is to tell of one to the asset whose view it is. */
typedef struct CallTold {
    Call call;
    CallNews news;
    bool has_begun; /* that has not been told before */
    uint8_t traits; /* CALL_... */
} CallTold;
enum { TOLD_MOST = 128 }; /* of a block: with what watches look up for it, it fits the second-level cache */

/* Makes room in the table of conversations for @key, which is not in it; returns the slot. */
uint32_t call_make_room(Scorer *self, uint64_t key);
/* The conversation in @slot is about to be written anew: puts it into the ledger, and tells of the one that
 * stood there before and was not told to its end. @is_known: one stood there. */
void call_begin(Scorer *self, uint32_t slot, bool is_known);
/* It goes on: puts it into the ledger unless it is there. */
void call_open(Scorer *self, uint32_t slot);
enum { CALL_STEP = 128 }; /* records between two steps */
/* Tells of those whose places were needed, and goes a little way through the ledger. */
void call_step(Scorer *self);
/* A window has closed: tells what began before its end, what lasts and what has ended. */
void call_close_window(Scorer *self, int64_t number);
/* Answered, and by more than a handshake or a refusal: an open port that a scanner found is no use of it.
 * Under sampling what counts is how much was seen, for one packet stands for as many as the rate says. */
static inline bool
call_is_session(const Call *call)
{
    enum { TCP_HANDSHAKE = 3 };

    if (!call->is_answered || call->protocol != 6)
        return call->is_answered;
    if (call->is_sampled)
        return !call->is_slight;
    return call->packets_out > TCP_HANDSHAKE && call->packets_in > TCP_HANDSHAKE;
}
/* Under sampling: so little was seen of it that it might be no session; but whoever was called said
 * something. */
static inline bool
call_is_glimpse(const Call *call)
{
    uint64_t from_called = call->initiator == INITIATOR_ASSET ? call->packets_in : call->packets_out;

    return call->is_sampled && from_called > 0 && !call_is_session(call);
}
/* Does it end a silence of a week or more? That is noted with the pair, once a day. */
static inline bool
call_wakes(const Call *call)
{
    enum { WEEK_H = 168, DAY_S = 86400 };

    return call->slept_hours >= WEEK_H && call->initiator != INITIATOR_UNKNOWN &&
           call->access != ACCESS_OWN && seconds_of(call->begin_ms) >= call->woke_s + DAY_S;
}
/* What of CALL_... holds. */
static inline uint8_t
call_traits(const Call *call)
{
    bool is_out = call->initiator == INITIATOR_ASSET, is_unknown = call->initiator == INITIATOR_UNKNOWN;
    bool is_stranger = call->far_asset == NONE && call->access != ACCESS_OWN;
    bool is_inside = call->far_asset != NONE && call->far_asset != call->asset;

    return (uint8_t)((is_out ? CALL_OUT : 0) | (call->initiator == INITIATOR_FAR ? CALL_IN : 0) |
                     (is_out || (is_unknown && call->far_port < call->asset_port) ? CALL_MAYBE_OUT : 0) |
                     (is_stranger ? CALL_STRANGER : 0) | (is_inside ? CALL_INSIDE : 0) |
                     (call->is_answered ? CALL_ANSWERED : 0) |
                     (call_is_session(call) ? CALL_SESSION | CALL_SIGN : 0) |
                     (call_is_glimpse(call) ? CALL_SIGN : 0));
}
/* A stitched conversation as one flow record, the caller's half first; as evidence in an alert. */
FlowRecord call_as_flow(const Scorer *self, const Call *call);
/* "198.51.100.7 port 443/tcp", and the like. */
void call_words(const Call *call, char *out, size_t room);

void call_save(const Scorer *self, GByteArray *to);
bool call_restore(Scorer *self, Cursor *from);
/* Makes a conversation that was read from a file harmless; false: it cannot be. */
bool call_mend(const Scorer *self, Conversation *talk);
