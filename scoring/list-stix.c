/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list-stix.c - a STIX 2.1 bundle in a file: indicators whose pattern is one or more addresses
 *
 * STIX 2.1 (OASIS, 2021), section 4.7 for indicators and section 9 for patterns. Understood are comparisons
 * of ipv4-addr:value and ipv6-addr:value with =, IN and ISSUBSET, and any number of them with OR between. A
 * pattern that asks for more (AND, FOLLOWEDBY, NOT, other objects) means less than the address alone: it is
 * left out and counted. Revoked indicators are left out; valid_until and confidence are kept.
 */
#include <gio/gio.h>
#include <jansson.h>
#include <string.h>

#include "scoring/list-builder.h"

/* ---- patterns (section 9.3 to 9.7) ---- */

enum { TOKEN_MOST = 128, VALUES_MOST = 4096 };
typedef enum TokenKind { TOKEN_END, TOKEN_TEXT, TOKEN_WORD, TOKEN_SIGN, TOKEN_BAD } TokenKind;
typedef struct Scanner {
    const char *at;
    TokenKind kind;
    char text[TOKEN_MOST]; /* of a text without its quotes */
} Scanner;

/* A string in quotes; a backslash keeps what follows from ending it. */
static TokenKind
scan_text(Scanner *self)
{
    size_t n = 0;

    for (self->at++; *self->at != '\0' && *self->at != '\''; self->at++) {
        if (*self->at == '\\' && *++self->at == '\0')
            return TOKEN_BAD;
        if (n == sizeof self->text - 1)
            return TOKEN_BAD;
        self->text[n++] = *self->at;
    }
    self->text[n] = '\0';
    return *self->at++ == '\'' ? TOKEN_TEXT : TOKEN_BAD;
}

static void
scan(Scanner *self)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:.*";

    self->at += strspn(self->at, " \t\r\n");
    if (*self->at == '\0') {
        self->kind = TOKEN_END;
    } else if (*self->at == '\'') {
        self->kind = scan_text(self);
        if (self->kind == TOKEN_BAD)
            self->at = "";
    } else {
        size_t n = strspn(self->at, word), kept = MIN(MAX(n, 1), sizeof self->text - 1);
        self->kind = n > 0 ? TOKEN_WORD : TOKEN_SIGN;
        memcpy(self->text, self->at, kept);
        self->text[kept] = '\0';
        self->at += MAX(n, 1);
    }
}

static bool
is_token(const Scanner *self, const char *text)
{
    return self->kind != TOKEN_TEXT && self->kind != TOKEN_END && strcmp(self->text, text) == 0;
}

static bool
take_token(Scanner *self, const char *text)
{
    if (!is_token(self, text))
        return false;
    scan(self);
    return true;
}

static bool
take_value(Scanner *self, GArray *out)
{
    IpPrefix prefix;

    if (self->kind != TOKEN_TEXT || !ip_prefix_parse(self->text, &prefix) || out->len >= VALUES_MOST)
        return false;
    g_array_append_val(out, prefix);
    scan(self);
    return true;
}

/* ipv4-addr:value = '...', IN ('...', '...'), ISSUBSET '...' */
static bool
take_comparison(Scanner *self, GArray *out)
{
    if (!take_token(self, "ipv4-addr:value") && !take_token(self, "ipv6-addr:value"))
        return false;
    if (take_token(self, "=") || take_token(self, "ISSUBSET"))
        return take_value(self, out);
    if (!take_token(self, "IN") || !take_token(self, "("))
        return false;
    do {
        if (!take_value(self, out))
            return false;
    } while (take_token(self, ","));
    return take_token(self, ")");
}

/* Fills @out (IpPrefix); false when it asks for anything but one of some addresses. */
static bool
parse_pattern(const char *pattern, GArray *out)
{
    Scanner scanner = { .at = pattern };

    scan(&scanner);
    do {
        if (!take_token(&scanner, "["))
            return false;
        do {
            bool is_nested = take_token(&scanner, "(");
            if (!take_comparison(&scanner, out) || (is_nested && !take_token(&scanner, ")")))
                return false;
        } while (take_token(&scanner, "OR"));
        if (!take_token(&scanner, "]"))
            return false;
    } while (take_token(&scanner, "OR"));
    return scanner.kind == TOKEN_END;
}

/* ---- bundles ---- */

static int64_t
time_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    int64_t ms = 0;

    return text != NULL && list_parse_time(text, &ms) ? ms : 0;
}

static bool
read_indicator(ListBuilder *self, const json_t *object, GArray *values, GError **error)
{
    const char *pattern = json_string_value(json_object_get(object, "pattern"));
    const char *language = json_string_value(json_object_get(object, "pattern_type"));
    const json_t *confidence = json_object_get(object, "confidence");
    int64_t from_ms = time_of(object, "valid_from"), modified_ms = time_of(object, "modified");
    ListClaim claim = { .seen_ms = MAX(from_ms, modified_ms),
                        .until_ms = time_of(object, "valid_until"),
                        .note = json_string_value(json_object_get(object, "name")),
                        .confidence = json_is_integer(confidence)
                                          ? (int)CLAMP(json_integer_value(confidence), 0, 100)
                                          : -1 };

    g_array_set_size(values, 0);
    if (json_is_true(json_object_get(object, "revoked")))
        return true;
    if (pattern == NULL || (language != NULL && strcmp(language, "stix") != 0) ||
        !parse_pattern(pattern, values)) {
        list_builder_skip(self);
        return true;
    }
    for (guint i = 0; i < values->len; i++)
        if (!list_builder_add(self, &g_array_index(values, IpPrefix, i), &claim, error))
            return false;
    return true;
}

bool
list_read_stix(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(IpPrefix));
    json_error_t wrong;
    json_t *root = json_loadb(bytes, length, 0, &wrong);
    const char *type = json_string_value(json_object_get(root, "type"));
    bool is_read = type != NULL && strcmp(type, "bundle") == 0;

    if (!is_read)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%d: %s", name,
                    root != NULL ? 1 : wrong.line, root != NULL ? "is no STIX bundle" : wrong.text);
    const json_t *objects = json_object_get(root, "objects");
    for (size_t i = 0; is_read && i < json_array_size(objects); i++) {
        const json_t *object = json_array_get(objects, i);
        const char *kind = json_string_value(json_object_get(object, "type"));
        if (kind != NULL && strcmp(kind, "indicator") == 0)
            is_read = read_indicator(self, object, values, error);
    }
    json_decref(root);
    return is_read;
}
