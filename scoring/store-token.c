/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store-token.c - API tokens: "<id>.<secret>", of which only the secret's SHA-256 is kept
 *
 * The secret has 256 random bits, so a plain hash is enough: there is nothing to guess. The id finds the row,
 * and the hashes are compared in constant time.
 */
#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/random.h>

#include "scoring/store-private.h"

enum { ID_BYTES = 6, SECRET_BYTES = 32, TOKEN_MOST = 200, NAME_BYTES = 64 };

static const char *const scope_names[] = {
    [SCOPE_NONE] = "none",
    [SCOPE_READ] = "read",
    [SCOPE_TRIAGE] = "triage",
    [SCOPE_ADMIN] = "admin",
};

const char *
token_scope_name(TokenScope scope)
{
    return scope <= SCOPE_ADMIN ? scope_names[scope] : scope_names[SCOPE_NONE];
}

bool
store_random_hex(size_t n, char *out, GError **error)
{
    uint8_t bytes[SECRET_BYTES];

    g_assert(n <= sizeof bytes);
    if (getrandom(bytes, n, 0) != (ssize_t)n) {
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                    "the system gives no random numbers: %s", g_strerror(errno));
        return false;
    }
    for (size_t i = 0; i < n; i++)
        g_snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

char *
store_make_token(Store *self, const char *name, TokenScope scope, int64_t expires_ms, GError **error)
{
    char id[2 * ID_BYTES + 1], secret[2 * SECRET_BYTES + 1];

    if (!store_random_hex(ID_BYTES, id, error) || !store_random_hex(SECRET_BYTES, secret, error))
        return NULL;
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);
    if (!store_begin(self, error))
        return NULL;
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "INSERT INTO tokens (id, name, scope, hash, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
        error);
    bool done = statement != NULL;
    if (done) {
        store_bind_text(statement, 1, id);
        store_bind_text(statement, 2, name);
        sqlite3_bind_int(statement, 3, (int)scope);
        store_bind_text(statement, 4, hash);
        sqlite3_bind_int64(statement, 5, store_now_ms());
        sqlite3_bind_int64(statement, 6, expires_ms);
        done = store_step(self, statement, error) &&
               store_audit(self, "talaya", "token-made", id, token_scope_name(scope), error);
    }
    if (!store_end(self, done, error))
        return NULL;
    char *token = g_strdup_printf("%s.%s", id, secret);
    explicit_bzero(secret, sizeof secret);
    return token;
}

/* Looks at every byte whatever they are. */
static bool
equal_in_constant_time(const char *a, const char *b, size_t n)
{
    unsigned difference = 0;

    for (size_t i = 0; i < n; i++)
        difference |= (unsigned)(uint8_t)a[i] ^ (unsigned)(uint8_t)b[i];
    return difference == 0;
}

TokenScope
store_check_token(Store *self, const char *token, int64_t now_ms, char name[64])
{
    const char *dot = strchr(token, '.');
    const char *none = "";

    name[0] = '\0';
    if (dot == NULL || strlen(token) > TOKEN_MOST)
        return SCOPE_NONE;
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, dot + 1, -1);
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "SELECT hash, scope, expires, name FROM tokens WHERE id = ? AND revoked = 0", NULL);
    if (statement == NULL)
        return SCOPE_NONE;
    sqlite3_bind_text(statement, 1, token, (int)(dot - token), SQLITE_TRANSIENT);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return SCOPE_NONE;
    const char *kept = (const char *)sqlite3_column_text(statement, 0);
    int64_t expires = sqlite3_column_int64(statement, 2);
    if (kept == NULL || strlen(kept) != strlen(hash) || !equal_in_constant_time(kept, hash, strlen(hash)))
        return SCOPE_NONE;
    if (expires != 0 && now_ms >= expires)
        return SCOPE_NONE;
    const char *text = (const char *)sqlite3_column_text(statement, 3);
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : none, -1);
    const char *end = NULL;
    g_strlcpy(name, valid, NAME_BYTES);
    if (!g_utf8_validate(name, -1, &end)) /* cut within a character */
        name[end - name] = '\0';
    return (TokenScope)CLAMP(sqlite3_column_int(statement, 1), SCOPE_NONE, SCOPE_ADMIN);
}

int
store_count_tokens(Store *self)
{
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "SELECT count(*) FROM tokens WHERE revoked = 0", NULL);

    if (statement == NULL || sqlite3_step(statement) != SQLITE_ROW)
        return 0;
    return sqlite3_column_int(statement, 0);
}

json_t *
store_tokens_json(Store *self, GError **error)
{
    g_autoptr(StoreStatement) statement = store_prepare(
        self, "SELECT id, name, scope, created, expires FROM tokens WHERE revoked = 0 ORDER BY created, id",
        error);
    json_t *list = json_array();

    if (statement == NULL) {
        json_decref(list);
        return NULL;
    }
    while (sqlite3_step(statement) == SQLITE_ROW) {
        TokenScope scope = (TokenScope)CLAMP(sqlite3_column_int(statement, 2), SCOPE_NONE, SCOPE_ADMIN);
        json_array_append_new(list, json_pack("{s:o,s:o,s:s,s:I,s:I}", "id", store_column_json(statement, 0),
                                              "name", store_column_json(statement, 1), "scope",
                                              token_scope_name(scope), "created",
                                              (json_int_t)sqlite3_column_int64(statement, 3), "expires",
                                              (json_int_t)sqlite3_column_int64(statement, 4)));
    }
    return list;
}

int
store_revoke_token(Store *self, const char *id, GError **error)
{
    bool is_there = false;

    if (!store_begin(self, error))
        return -1;
    g_autoptr(StoreStatement) statement =
        store_prepare(self, "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked = 0", error);
    bool done = statement != NULL;
    if (done) {
        sqlite3_bind_int64(statement, 1, store_now_ms());
        store_bind_text(statement, 2, id);
        done = store_step(self, statement, error);
        is_there = done && sqlite3_changes(self->db) > 0;
        done = done && (!is_there || store_audit(self, "talaya", "token-revoked", id, NULL, error));
    }
    return !store_end(self, done, error) ? -1 : is_there;
}
