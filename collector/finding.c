/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finding.c - see finding.h */
#include "collector/finding.h"

enum { FADES_MS = 60 * 60 * 1000 };

typedef struct Told {
    Finding finding;
    char *text;     /* owned */
    uint32_t place; /* in the order in which they were found */
} Told;

static void
told_clear(gpointer at)
{
    g_free(((Told *)at)->text);
}

void
findings_init(Findings *self, Vendor vendor, WallTime now)
{
    *self = (Findings){ .list = g_array_new(FALSE, FALSE, sizeof(Told)), .vendor = vendor, .now_ms = now.ms };
    g_array_set_clear_func(self->list, told_clear);
}

void
findings_clear(Findings *self)
{
    g_clear_pointer(&self->list, g_array_unref);
}

void
findings_add(Findings *self, const Finding *finding, const char *format, ...)
{
    Told told = { .finding = *finding, .place = self->list->len };
    va_list args;

    va_start(args, format);
    told.text = g_strdup_vprintf(format, args);
    va_end(args);
    g_array_append_val(self->list, told);
    self->worst = MAX(self->worst, finding->severity);
}

Severity
findings_fade(const Findings *self, Severity severity, const Sighting *when)
{
    return self->now_ms - when->last_ms < FADES_MS ? severity : MIN(severity, SEVERITY_INFO);
}

/* The gravest first; of equal ones in the order of the table of questions. */
static int
compare_told(const void *a, const void *b)
{
    const Told *x = a, *y = b;

    if (x->finding.severity != y->finding.severity)
        return x->finding.severity > y->finding.severity ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static json_t *
text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *
time_or_null(int64_t ms)
{
    char text[WALL_TIME_TEXT];

    return ms == 0 ? json_null() : json_string(wall_time_text((WallTime){ ms }, text));
}

json_t *
findings_to_json(Findings *self)
{
    static const char *const names[] = { "ok", "info", "warning", "error" };
    json_t *out = json_array();

    g_array_sort(self->list, compare_told);
    for (guint i = 0; i < self->list->len; i++) {
        const Told *told = &g_array_index(self->list, Told, i);
        const Finding *finding = &told->finding;
        json_t *each = json_object();

        json_object_set_new(each, "severity", json_string(names[finding->severity]));
        json_object_set_new(each, "code", json_string(finding->code));
        json_object_set_new(each, "text", json_string(told->text));
        json_object_set_new(each, "fix", text_or_null(finding->fix));
        json_object_set_new(each, "commands", text_or_null(remedy_commands(finding->remedy, self->vendor)));
        json_object_set_new(each, "since", time_or_null(finding->when.first_ms));
        json_object_set_new(each, "last", time_or_null(finding->when.last_ms));
        json_object_set_new(each, "count",
                            finding->when.count == 0 ? json_null()
                                                     : json_integer((json_int_t)finding->when.count));
        json_array_append_new(out, each);
    }
    return out;
}

char *
distance_words(int64_t ms)
{
    ms = ABS(ms);
    if (ms < 120 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT " s", (ms + 500) / 1000);
    if (ms < 120 * 60 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT " min", ms / 60000);
    if (ms < INT64_C(48) * 3600 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT " h", ms / 3600000);
    return g_strdup_printf("%" G_GINT64_FORMAT " days", ms / 86400000);
}
