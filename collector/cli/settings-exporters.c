/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings-exporters.c - see settings-exporters.h */
#include "collector/cli/settings-exporters.h"
#include "scoring/csv.h"

#include <stdlib.h>
#include <string.h>

enum {
    COLUMN_INDEX,
    COLUMN_EXPORTER,
    COLUMN_NAME,
    COLUMN_DESCRIPTION,
    COLUMN_SPEED,
    COLUMN_SAMPLING,
    N_COLUMNS
};
static const char *const columns[N_COLUMNS + 1] = { "ifIndex",     "exporter", "name",
                                                    "description", "speed",    "sampling" };

/* A number of at most @most; "" is 0. */
static bool
read_number(const CsvReader *csv, size_t column, uint64_t most, uint64_t *out, GError **error)
{
    const char *text = csv->fields[column];

    *out = g_ascii_strtoull(text, NULL, 10);
    if (strlen(text) > 19 || strspn(text, "0123456789") != strlen(text) || *out > most)
        return csv_error(csv, column, error, "'%.32s' is no whole number up to %" G_GUINT64_FORMAT, text,
                         most);
    return true;
}

static char *
text_or_null(const char *text)
{
    return *text == '\0' ? NULL : g_utf8_make_valid(text, -1);
}

/* One row; @rule is that of the section that names the file, or NULL. */
static bool
read_row(const CsvReader *csv, const ExporterRule *rule, ExporterRules *rules, GError **error)
{
    uint64_t index, speed, sampling;
    IpPrefix exporter;
    const char *whose = csv->fields[COLUMN_EXPORTER];
    bool is_of_rule = *whose == '\0' && rule != NULL;

    if (csv->fields[COLUMN_INDEX][0] == '\0')
        return csv_error(csv, COLUMN_INDEX, error, "is empty");
    if (!is_of_rule && !ip_prefix_parse(whose, &exporter))
        return csv_error(csv, COLUMN_EXPORTER, error,
                         "'%.64s' is no address or prefix (host bits must be zero)", whose);
    if (!read_number(csv, COLUMN_INDEX, UINT32_MAX, &index, error) ||
        !read_number(csv, COLUMN_SPEED, INT64_MAX, &speed, error) ||
        !read_number(csv, COLUMN_SAMPLING, 16777216, &sampling, error))
        return false;
    for (size_t i = 0; i < (is_of_rule ? rule->n_prefixes : 1); i++)
        exporter_rules_add_interface(rules, &(InterfaceRule){
                                                .exporter = is_of_rule ? rule->prefixes[i] : exporter,
                                                .index = (uint32_t)index,
                                                .name = text_or_null(csv->fields[COLUMN_NAME]),
                                                .description = text_or_null(csv->fields[COLUMN_DESCRIPTION]),
                                                .speed = speed,
                                                .sampling = (uint32_t)sampling,
                                            });
    return true;
}

static bool
read_interfaces(const char *path, const ExporterRule *rule, ExporterRules *rules, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    CsvReader csv;
    CsvResult result;

    if (!g_file_get_contents(path, &bytes, &length, error) ||
        !csv_begin(&csv, path, bytes, length, columns, N_COLUMNS, rule != NULL ? 1 : 2, error))
        return false;
    while ((result = csv_next(&csv, error)) == CSV_ROW)
        if (!read_row(&csv, rule, rules, error))
            return false;
    return result == CSV_END;
}

static bool
is_within(const IpPrefix *prefix, const IpPrefix *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].length <= prefix->length && ip_prefix_has(&all[i], &prefix->address))
            return true;
    return false;
}

static void
read_addresses(const Settings *settings, const Config *config, const char *section, char **texts,
               ExporterRule *rule, GString *wrong)
{
    rule->prefixes = g_new0(IpPrefix, g_strv_length(texts) + 1);
    for (char **text = texts; *text != NULL; text++) {
        IpPrefix *prefix = &rule->prefixes[rule->n_prefixes];

        if (!ip_prefix_parse(*text, prefix))
            settings_complain(wrong, config, section, "address",
                              "'%s' is no address or prefix (host bits must be zero)", *text);
        else if (!is_within(prefix, settings->exporters, settings->n_exporters))
            settings_complain(wrong, config, section, "address",
                              "%s may not send: it is not in exporters= of [collector]", *text);
        else
            rule->n_prefixes++;
    }
    if (*texts == NULL)
        settings_complain(wrong, config, section, "address", "is missing");
}

/* Index of @word in the NULL-terminated @words: the table of keys allows no other. */
static int
choice(const char *word, const char *const *words)
{
    int i = 0;

    while (words[i] != NULL && strcmp(words[i], word) != 0)
        i++;
    return i;
}

static void
read_section(const Settings *settings, const Config *config, const char *section, ExporterRules *rules,
             GString *wrong)
{
    static const char *const clocks[] = { "trust", "correct", NULL };
    static const char *const ports[] = { "auto", "separate", "together", NULL };
    ExporterSettings raw = { 0 };
    g_autoptr(GError) error = NULL;

    config_fill(config, section, &raw);
    ExporterRule rule = { .section = g_strdup(section),
                          .name = raw.name != NULL ? raw.name : g_strdup(section + strlen("exporter.")),
                          .sampling = (uint32_t)raw.sampling,
                          .clock = (ClockPolicy)choice(raw.clock, clocks),
                          .ports = (PortPolicy)choice(raw.ports, ports) };
    vendor_parse(raw.vendor, &rule.vendor);
    read_addresses(settings, config, section, raw.address, &rule, wrong);
    if (raw.interfaces != NULL && !read_interfaces(raw.interfaces, &rule, rules, &error))
        settings_complain(wrong, config, section, "interfaces", "%s", error->message);
    exporter_rules_add(rules, &rule);
    g_strfreev(raw.address);
    g_free(raw.interfaces);
    g_free(raw.clock);
    g_free(raw.ports);
    g_free(raw.vendor);
}

ExporterRules *
settings_read_exporters(const Settings *settings, const Config *config, GString *wrong)
{
    ExporterRules *rules = exporter_rules_new();
    const char *path = settings->collector.interfaces;
    g_autoptr(GError) error = NULL;

    if (path != NULL && !read_interfaces(path, NULL, rules, &error))
        settings_complain(wrong, config, "collector", "interfaces", "%s", error->message);
    for (const char *const *section = config_sections(config); *section != NULL; section++)
        if (g_str_has_prefix(*section, "exporter."))
            read_section(settings, config, *section, rules, wrong);
    exporter_rules_seal(rules);
    return rules;
}
