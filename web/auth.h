/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auth.h - who is asking, and may they
 *
 * A token comes as "Authorization: Bearer <id>.<secret>" and is checked against the hashes in the store. An
 * address that sent several bad tokens in a row has to wait, longer each time; while it waits only tokens
 * that were good a short while ago are looked at, so that a stranger cannot lock the console out behind a
 * shared address. Both tables are bounded. Server thread only.
 */
#pragma once
#include "collector/flow.h"
#include "scoring/store.h"

typedef struct Auth Auth;
Auth *auth_new(Clock *clock);
void auth_free(Auth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Auth, auth_free)

typedef enum AuthAnswer {
    AUTH_GOOD,
    AUTH_NO_TOKEN,
    AUTH_BAD_TOKEN,
    AUTH_WAIT, /* too many bad tokens from there: *wait_s says how long */
} AuthAnswer;

typedef struct AuthResult {
    AuthAnswer answer;
    TokenScope scope;
    char name[64]; /* of the token */
    unsigned wait_s;
} AuthResult;

/* @header: the value of Authorization, or NULL. @from: the client's address. */
AuthResult auth_check(Auth *self, Store *store, const char *header, const IpAddress *from);
