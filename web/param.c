/* SPDX-License-Identifier: GPL-3.0-or-later */
/* param.c - see param.h */
#include "web/param.h"
#include "collector/flow.h"
#include "web/time-param.h"
#include "web/uri.h"

#include <math.h>
#include <string.h>

static const ParamSpec *
find_spec(const ParamSpec *specs, const char *name)
{
    for (; specs != NULL && specs->name != NULL; specs++)
        if (strcmp(specs->name, name) == 0)
            return specs;
    return NULL;
}

static char *
unknown_words(const ParamSpec *specs, const char *name)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "there is no parameter '%.64s' here; ", name);
    bool is_any = specs != NULL && specs->name != NULL;
    g_string_append(text, is_any ? "known are" : "this address takes none");
    for (const ParamSpec *spec = specs; is_any && spec->name != NULL; spec++)
        g_string_append_printf(text, "%s %s", spec == specs ? "" : ",", spec->name);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool
is_choice(const char *choices, const char *text, size_t length)
{
    for (const char *at = choices; at != NULL;) {
        size_t n = strcspn(at, "|");
        if (n == length && strncmp(at, text, n) == 0)
            return true;
        at = at[n] == '|' ? at + n + 1 : NULL;
    }
    return false;
}

static bool
are_choices(const char *choices, const char *text)
{
    for (const char *at = text; at != NULL;) {
        size_t n = strcspn(at, ",");
        if (!is_choice(choices, at, n))
            return false;
        at = at[n] == ',' ? at + n + 1 : NULL;
    }
    return true;
}

static bool
read_number(ParamValue *value)
{
    const ParamSpec *spec = value->spec;
    char *end = NULL;

    if (value->text[0] == '\0' || strspn(value->text, "0123456789.-") != strlen(value->text))
        return false;
    value->number = g_ascii_strtod(value->text, &end);
    if (end[0] != '\0' || !(value->number >= spec->min && value->number <= spec->max))
        return false;
    return spec->kind != PARAM_INT || value->number == floor(value->number);
}

static bool
read_time(ParamValue *value, WallTime now)
{
    /* "+02:00" written without %2B came to us as " 02:00". */
    for (char *at = value->text; *at != '\0'; at++)
        if (*at == ' ')
            *at = '+';
    return time_param_parse(value->text, now, &value->time);
}

static bool
read_address(ParamValue *value)
{
    IpAddress ip;
    char text[IP_TEXT];

    if (!ip_parse(value->text, &ip))
        return false;
    g_free(value->text);
    value->text = g_strdup(ip_text(&ip, text));
    return true;
}

static bool
read_value(ParamValue *value, WallTime now)
{
    const ParamSpec *spec = value->spec;
    double length;

    switch (spec->kind) {
    case PARAM_TEXT:
        length = (double)g_utf8_strlen(value->text, -1);
        return length >= spec->min && length <= spec->max;
    case PARAM_INT:
    case PARAM_NUMBER:
        return read_number(value);
    case PARAM_TIME:
        return read_time(value, now);
    case PARAM_CHOICE:
        return is_choice(spec->choices, value->text, strlen(value->text));
    case PARAM_CHOICES:
        return are_choices(spec->choices, value->text);
    case PARAM_ADDRESS:
        return read_address(value);
    }
    return false;
}

static char *
wrong_words(const ParamSpec *spec)
{
    g_autofree char *choices = spec->choices == NULL ? NULL : g_strdelimit(g_strdup(spec->choices), "|", ' ');

    switch (spec->kind) {
    case PARAM_TEXT:
        return g_strdup_printf("'%s' must have %g to %g characters", spec->name, spec->min, spec->max);
    case PARAM_INT:
        return g_strdup_printf("'%s' must be a whole number from %.0f to %.0f", spec->name, spec->min,
                               spec->max);
    case PARAM_NUMBER:
        return g_strdup_printf("'%s' must be a number from %g to %g", spec->name, spec->min, spec->max);
    case PARAM_TIME:
        return g_strdup_printf("'%s' must be " TIME_PARAM_WORDS, spec->name);
    case PARAM_CHOICE:
        return g_strdup_printf("'%s' must be one of: %s", spec->name, choices);
    case PARAM_CHOICES:
        return g_strdup_printf("'%s' must be one or more, with commas between, of: %s", spec->name, choices);
    case PARAM_ADDRESS:
        return g_strdup_printf("'%s' must be an IPv4 or IPv6 address", spec->name);
    }
    return g_strdup("a parameter is wrong");
}

static bool
parse_one(Params *self, const char *pair, size_t length, const ParamSpec *specs, WallTime now, char **detail)
{
    const char *equals = memchr(pair, '=', length);
    size_t name_length = equals == NULL ? length : (size_t)(equals - pair);
    size_t value_length = equals == NULL ? 0 : length - name_length - 1;
    g_autofree char *name = g_malloc(name_length + 1);
    g_autofree char *text = g_malloc(value_length + 1);

    if (!uri_decode(pair, name_length, true, name) ||
        !uri_decode(equals == NULL ? "" : equals + 1, value_length, true, text)) {
        *detail = g_strdup("the query has a bad escape, a control character, or is not UTF-8");
        return false;
    }
    const ParamSpec *spec = find_spec(specs, name);
    if (spec == NULL) {
        *detail = unknown_words(specs, name);
        return false;
    }
    if (params_find(self, name) != NULL || self->n == PARAMS_MOST) {
        *detail = g_strdup_printf("'%s' is given more than once", spec->name);
        return false;
    }
    ParamValue *value = &self->values[self->n++];
    *value = (ParamValue){ .spec = spec, .text = g_steal_pointer(&text) };
    if (read_value(value, now))
        return true;
    *detail = wrong_words(spec);
    return false;
}

bool
params_parse(Params *self, const char *query, const ParamSpec *specs, WallTime now, char **detail)
{
    while (query != NULL) {
        size_t length = strcspn(query, "&#");
        if (length > 0 && !parse_one(self, query, length, specs, now, detail))
            return false;
        query = query[length] == '&' ? query + length + 1 : NULL;
    }
    return true;
}

void
params_clear(Params *self)
{
    for (unsigned i = 0; i < self->n; i++)
        g_free(self->values[i].text);
    *self = (Params){ 0 };
}

const ParamValue *
params_find(const Params *self, const char *name)
{
    for (unsigned i = 0; i < self->n; i++)
        if (strcmp(self->values[i].spec->name, name) == 0)
            return &self->values[i];
    return NULL;
}
