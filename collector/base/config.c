/* SPDX-License-Identifier: GPL-3.0-or-later */
/* config.c - see config.h */
#include "collector/base/config.h"
#include "collector/base/nearest.h"

#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MOST_BYTES = 1 << 20 };

struct Config {
    GKeyFile *file;
    char *name, *folder;
    const ConfigKey *keys; /* borrowed: a constant table */
    size_t n_keys;
    char **sections;
    GHashTable *lines; /* "section\nkey" -> line */
};

/* ---- the table ---- */

static bool
section_matches(const char *pattern, const char *section)
{
    size_t n = strlen(pattern);

    if (n > 2 && strcmp(pattern + n - 2, ".*") == 0)
        return strncmp(pattern, section, n - 1) == 0 && section[n - 1] != '\0';
    return strcmp(pattern, section) == 0;
}

static const ConfigKey *
find_key(const Config *self, const char *section, const char *key)
{
    for (size_t i = 0; i < self->n_keys; i++)
        if (section_matches(self->keys[i].section, section) && strcmp(self->keys[i].key, key) == 0)
            return &self->keys[i];
    return NULL;
}

static bool
has_section(const Config *self, const char *section)
{
    for (size_t i = 0; i < self->n_keys; i++)
        if (section_matches(self->keys[i].section, section))
            return true;
    return false;
}

/* ---- complaints ---- */

static void complain(const Config *self, GString *to, unsigned line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void
complain(const Config *self, GString *to, unsigned line, const char *format, ...)
{
    va_list args;

    if (to->len > 0)
        g_string_append_c(to, '\n');
    g_string_append(to, self->name);
    if (line > 0)
        g_string_append_printf(to, ":%u", line);
    g_string_append(to, ": ");
    va_start(args, format);
    g_string_append_vprintf(to, format, args);
    va_end(args);
}

static void
complain_unknown(const Config *self, GString *to, unsigned line, const char *what, const char *word,
                 GPtrArray *names)
{
    const char *near = nearest_name(word, (const char *const *)names->pdata, names->len);

    complain(self, to, line, "there is no %s '%s'%s%s%s", what, word, near != NULL ? "; did you mean '" : "",
             near != NULL ? near : "", near != NULL ? "'?" : "");
}

static void
check_names(const Config *self, const char *section, const char *key, unsigned line, GString *wrong)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (key == NULL) {
        for (size_t i = 0; i < self->n_keys; i++)
            g_ptr_array_add(names, (void *)self->keys[i].section);
        complain_unknown(self, wrong, line, "section", section, names);
        return;
    }
    for (size_t i = 0; i < self->n_keys; i++)
        if (section_matches(self->keys[i].section, section))
            g_ptr_array_add(names, (void *)self->keys[i].key);
    g_autofree char *what = g_strdup_printf("key in section [%s] named", section);
    complain_unknown(self, wrong, line, what, key, names);
}

/* ---- values ---- */

static bool
is_flag(const char *text, bool *out)
{
    static const char *const yes[] = { "yes", "true", "on", "1", NULL }, *const no[] = { "no", "false", "off",
                                                                                         "0", NULL };

    *out = g_strv_contains(yes, text);
    return *out || g_strv_contains(no, text);
}

static bool
is_number(const char *text, double *out)
{
    char *end = NULL;

    *out = g_ascii_strtod(text, &end);
    return end != text && *end == '\0' && *out == *out;
}

static void
check_value(const Config *self, const ConfigKey *key, const char *text, unsigned line, GString *wrong)
{
    double number = 0;
    bool flag;

    switch (key->type) {
    case CONFIG_NUMBER:
    case CONFIG_REAL:
        if (!is_number(text, &number) || (key->type == CONFIG_NUMBER && number != floor(number)))
            complain(self, wrong, line, "%s=%s: a %s is wanted, from %.10g to %.10g", key->key, text,
                     key->type == CONFIG_NUMBER ? "whole number" : "number", key->low, key->high);
        else if (number < key->low || number > key->high)
            complain(self, wrong, line, "%s=%s is out of range; allowed is %.10g to %.10g", key->key, text,
                     key->low, key->high);
        break;
    case CONFIG_FLAG:
        if (!is_flag(text, &flag))
            complain(self, wrong, line, "%s=%s: yes or no is wanted", key->key, text);
        break;
    case CONFIG_CHOICE: {
        g_auto(GStrv) choices = g_strsplit(key->choices, " ", -1);
        if (g_strv_contains((const char *const *)choices, text))
            break;
        const char *near = nearest_name(text, (const char *const *)choices, g_strv_length(choices));
        complain(self, wrong, line, "%s=%s is none of: %s%s%s%s", key->key, text, key->choices,
                 near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
        break;
    }
    case CONFIG_TEXT:
    case CONFIG_PATH:
    case CONFIG_LIST:
        break;
    }
}

/* ---- reading ---- */

static void
check_line(Config *self, char *line, unsigned number, char **section, GString *wrong)
{
    char *text = g_strstrip(line);
    char *equals = strchr(text, '=');

    if (*text == '\0' || *text == '#')
        return;
    if (*text == '[') {
        size_t n = strlen(text);
        g_free(*section);
        *section = n > 2 && text[n - 1] == ']' ? g_strndup(text + 1, n - 2) : NULL;
        if (*section == NULL)
            complain(self, wrong, number, "'%s' is no section; one looks like [collector]", text);
        else if (!has_section(self, *section))
            check_names(self, *section, NULL, number, wrong);
        return;
    }
    if (equals == NULL || equals == text || *section == NULL) {
        complain(self, wrong, number,
                 equals == NULL || equals == text ? "'%s' is no 'key=value'"
                                                  : "'%s' stands before the first [section]",
                 text);
        return;
    }
    *equals = '\0';
    char *key_name = g_strchomp(text), *value = g_strchug(equals + 1);
    if (!has_section(self, *section))
        return; /* complained of already */
    const ConfigKey *key = find_key(self, *section, key_name);
    char *id = g_strconcat(*section, "\n", key_name, NULL);
    unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(self->lines, id));
    if (before != 0)
        complain(self, wrong, number, "%s stands in [%s] twice, first in line %u", key_name, *section,
                 before);
    g_hash_table_insert(self->lines, id, GUINT_TO_POINTER(number));
    if (key == NULL)
        check_names(self, *section, key_name, number, wrong);
    else
        check_value(self, key, value, number, wrong);
}

static void
check_lines(Config *self, const char *text, GString *wrong)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *section = NULL;

    for (unsigned i = 0; lines[i] != NULL; i++)
        check_line(self, lines[i], i + 1, &section, wrong);
}

Config *
config_parse(const char *text, size_t length, const char *name, const char *folder, const ConfigKey *keys,
             size_t n_keys, GError **error)
{
    g_autoptr(Config) self = g_new0(Config, 1);
    g_autoptr(GString) wrong = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;

    *self = (Config){ .file = g_key_file_new(),
                      .name = g_strdup(name),
                      .folder = g_strdup(folder),
                      .keys = keys,
                      .n_keys = n_keys,
                      .lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    g_autofree char *copy = g_strndup(text, length);
    if (strlen(copy) != length || !g_utf8_validate(copy, -1, NULL))
        complain(self, wrong, 0, "is no text file (UTF-8)");
    else
        check_lines(self, copy, wrong);
    if (wrong->len == 0 && *g_strstrip(copy) == '\0')
        complain(self, wrong, 0, "is empty; etc/talaya.conf shows what may stand here");
    if (wrong->len == 0 && !g_key_file_load_from_data(self->file, text, length, G_KEY_FILE_NONE, &failure))
        complain(self, wrong, 0, "%s", failure->message);
    if (wrong->len > 0) {
        g_set_error_literal(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, wrong->str);
        return NULL;
    }
    self->sections = g_key_file_get_groups(self->file, NULL);
    return g_steal_pointer(&self);
}

Config *
config_load(const char *path, const ConfigKey *keys, size_t n_keys, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    gsize length = 0;

    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    if (length > CONFIG_MOST_BYTES) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "%s: larger than any configuration",
                    path);
        return NULL;
    }
    return config_parse(text, length, path, folder, keys, n_keys, error);
}

void
config_free(Config *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->file, g_key_file_unref);
    g_clear_pointer(&self->lines, g_hash_table_unref);
    g_strfreev(self->sections);
    g_free(self->name);
    g_free(self->folder);
    g_free(self);
}

/* ---- filling ---- */

static char **
split_list(const char *text)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    for (char **part = parts; *part != NULL; part++)
        if (*g_strstrip(*part) != '\0')
            g_ptr_array_add(words, g_strdup(*part));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

static void
fill_one(const Config *self, const ConfigKey *key, const char *text, void *into)
{
    char *at = (char *)into + key->offset;
    double number = 0;

    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_CHOICE:
        *(char **)at = g_strdup(text);
        break;
    case CONFIG_PATH:
        *(char **)at = text == NULL || *text == '\0' ? NULL
                       : g_path_is_absolute(text)    ? g_strdup(text)
                                                     : g_build_filename(self->folder, text, NULL);
        break;
    case CONFIG_NUMBER:
        if (text != NULL && is_number(text, &number))
            *(int64_t *)at = (int64_t)number;
        break;
    case CONFIG_REAL:
        if (text != NULL && is_number(text, &number))
            *(double *)at = number;
        break;
    case CONFIG_FLAG:
        if (text != NULL)
            is_flag(text, (bool *)at);
        break;
    case CONFIG_LIST:
        *(char ***)at = split_list(text == NULL ? "" : text);
        break;
    }
}

void
config_fill(const Config *self, const char *section, void *into)
{
    for (size_t i = 0; i < self->n_keys; i++) {
        const ConfigKey *key = &self->keys[i];
        if (!section_matches(key->section, section))
            continue;
        g_autofree char *text = g_key_file_get_string(self->file, section, key->key, NULL);
        fill_one(self, key, text != NULL ? g_strstrip(text) : key->preset, into);
    }
}

const char *const *
config_sections(const Config *self)
{
    return (const char *const *)self->sections;
}

unsigned
config_line(const Config *self, const char *section, const char *key)
{
    g_autofree char *id = g_strconcat(section, "\n", key, NULL);

    return GPOINTER_TO_UINT(g_hash_table_lookup(self->lines, id));
}

const char *
config_name(const Config *self)
{
    return self->name;
}
