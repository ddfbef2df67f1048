/* SPDX-License-Identifier: GPL-3.0-or-later */
/* auth.c - see auth.h */
#include "web/auth.h"

#include <string.h>

enum {
    FREE_TRIES = 5, /* bad tokens in a row before the first wait */
    WAIT_MOST_S = 60,
    FORGET_S = 600, /* an address that was quiet so long starts anew */
    ADDRESSES_MOST = 1024,
    KNOWN_MOST = 64, /* tokens that were good lately */
    KNOWN_S = 3600,
    TOKEN_MOST = 256,
};

typedef struct Offender {
    IpAddress address; /* of IPv6 the /64: one subscriber has that many */
    unsigned bad;      /* in a row */
    int64_t last_s, wait_until_s;
} Offender;

typedef struct KnownToken {
    uint8_t digest[32];
    int64_t last_s;
} KnownToken;

struct Auth {
    Clock *clock; /* borrowed */
    unsigned n_offenders;
    Offender offenders[ADDRESSES_MOST];
    KnownToken known[KNOWN_MOST];
};

Auth *
auth_new(Clock *clock)
{
    Auth *self = g_new0(Auth, 1);

    self->clock = clock;
    return self;
}

void
auth_free(Auth *self)
{
    g_free(self);
}

static IpAddress
subscriber_of(const IpAddress *from)
{
    IpAddress address = *from;

    if (!ip_is_v4(from))
        memset(address.bytes + 8, 0, 8);
    return address;
}

static Offender *
find_offender(Auth *self, const IpAddress *address)
{
    for (unsigned i = 0; i < self->n_offenders; i++)
        if (ip_equal(&self->offenders[i].address, address))
            return &self->offenders[i];
    return NULL;
}

/* The slot for a new offender: a free one, else the one that was quiet for longest. */
static Offender *
make_offender(Auth *self, const IpAddress *address)
{
    Offender *slot = &self->offenders[0];

    if (self->n_offenders < ADDRESSES_MOST) {
        slot = &self->offenders[self->n_offenders++];
    } else {
        for (unsigned i = 1; i < ADDRESSES_MOST; i++)
            if (self->offenders[i].last_s < slot->last_s)
                slot = &self->offenders[i];
    }
    *slot = (Offender){ .address = *address };
    return slot;
}

static void
forgive(Auth *self, Offender *offender)
{
    *offender = self->offenders[--self->n_offenders];
}

static void
count_bad(Auth *self, const IpAddress *address, int64_t now_s)
{
    Offender *offender = find_offender(self, address);

    if (offender == NULL)
        offender = make_offender(self, address);
    if (now_s - offender->last_s > FORGET_S)
        offender->bad = 0;
    offender->bad++;
    offender->last_s = now_s;
    if (offender->bad >= FREE_TRIES) {
        unsigned shift = MIN(offender->bad - FREE_TRIES, 6U);
        offender->wait_until_s = now_s + MIN(1 << shift, (int)WAIT_MOST_S);
    }
}

static void
digest_of(const char *token, uint8_t digest[32])
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = 32;

    g_checksum_update(checksum, (const guchar *)token, -1);
    g_checksum_get_digest(checksum, digest, &length);
}

static KnownToken *
find_known(Auth *self, const uint8_t digest[32], int64_t now_s)
{
    for (unsigned i = 0; i < KNOWN_MOST; i++) {
        KnownToken *known = &self->known[i];
        if (known->last_s != 0 && now_s - known->last_s < KNOWN_S && memcmp(known->digest, digest, 32) == 0)
            return known;
    }
    return NULL;
}

static void
remember(Auth *self, const uint8_t digest[32], int64_t now_s)
{
    KnownToken *slot = find_known(self, digest, now_s);

    for (unsigned i = 0; slot == NULL && i < KNOWN_MOST; i++)
        if (self->known[i].last_s == 0)
            slot = &self->known[i];
    if (slot == NULL) {
        slot = &self->known[0];
        for (unsigned i = 1; i < KNOWN_MOST; i++)
            if (self->known[i].last_s < slot->last_s)
                slot = &self->known[i];
    }
    memcpy(slot->digest, digest, 32);
    slot->last_s = MAX(now_s, 1);
}

/* The token within the header; NULL when the header has no bearer token. */
static const char *
token_of(const char *header)
{
    if (header == NULL || g_ascii_strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7;
    return header + strspn(header, " ");
}

AuthResult
auth_check(Auth *self, Store *store, const char *header, const IpAddress *from)
{
    AuthResult result = { .answer = AUTH_NO_TOKEN };
    IpAddress address = subscriber_of(from);
    const char *token = token_of(header);
    int64_t now_s = clock_mono(self->clock).ns / 1000000000;
    uint8_t digest[32];

    if (token == NULL)
        return result;
    digest_of(token, digest);
    Offender *offender = find_offender(self, &address);
    if (offender != NULL && offender->wait_until_s > now_s && find_known(self, digest, now_s) == NULL) {
        result.answer = AUTH_WAIT;
        result.wait_s = (unsigned)(offender->wait_until_s - now_s);
        return result;
    }
    if (strlen(token) <= TOKEN_MOST && g_utf8_validate(token, -1, NULL))
        result.scope = store_check_token(store, token, clock_wall(self->clock).ms, result.name);
    if (result.scope == SCOPE_NONE) {
        result.answer = AUTH_BAD_TOKEN;
        count_bad(self, &address, now_s);
        return result;
    }
    result.answer = AUTH_GOOD;
    remember(self, digest, now_s);
    if (offender != NULL && offender->wait_until_s <= now_s)
        forgive(self, offender);
    return result;
}
