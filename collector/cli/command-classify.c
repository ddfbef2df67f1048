/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command-classify.c - `talaya classify`: what kind of network an address belongs to, and who says so */
#include "collector/cli/commands.h"
#include "collector/cli/settings.h"

#include <stdio.h>

static const char *
text_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text != NULL ? text : "-";
}

static void
print_value(const json_t *value)
{
    if (json_is_integer(value))
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        printf("%s", json_is_string(value) ? json_string_value(value) : "-");
}

static void
print_words(const json_t *json)
{
    const json_t *rows = json_object_get(json, "provenance"), *row;
    size_t i;

    printf("%s is %s (confidence %" JSON_INTEGER_FORMAT "), anonymity %s, AS ", text_at(json, "address"),
           text_at(json, "access"), json_integer_value(json_object_get(json, "confidence")),
           text_at(json, "anonymity"));
    print_value(json_object_get(json, "asn"));
    printf(" %s, country %s\n", text_at(json, "asName"), text_at(json, "country"));
    if (json_array_size(rows) == 0)
        printf("  no source knows it\n");
    json_array_foreach(rows, i, row)
    {
        bool won = json_is_true(json_object_get(row, "won"));
        printf("  %s %-10s ", won ? "*" : " ", text_at(row, "attribute"));
        print_value(json_object_get(row, "value"));
        printf("  by %s (%s, priority %" JSON_INTEGER_FORMAT ") for %s\n", text_at(row, "source"),
               text_at(row, "type"), json_integer_value(json_object_get(row, "priority")),
               text_at(row, "prefix"));
    }
}

static int
classify(const char *config, char **addresses, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_load(config, &error);
    g_autoptr(PlaceTable) places = settings != NULL ? settings_places(settings, &error) : NULL;
    int status = EXIT_DONE;

    if (places == NULL) {
        fprintf(stderr, "talaya classify: %s\n", error->message);
        return EXIT_FAILED;
    }
    for (char **address = addresses; *address != NULL; address++) {
        IpAddress ip;
        if (!ip_parse(*address, &ip)) {
            fprintf(stderr, "talaya classify: '%s' is no address\n", *address);
            status = EXIT_FAILED;
            continue;
        }
        json_t *json = place_explain_json(places, &ip);
        if (as_json) {
            json_dumpf(json, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            print_words(json);
        }
        json_decref(json);
    }
    return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

int
command_classify(int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_auto(GStrv) addresses = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "the configuration file", "FILE" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "one JSON object an address", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &addresses, NULL, "ADDRESS..." },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context,
                                 "Tells what kind of network an address belongs to, which source says so,\n"
                                 "and what the others say. A star marks what won.");
    g_option_context_set_description(
        context, "Example:\n  talaya classify --config /etc/talaya/talaya.conf 192.0.2.7 2001:db8::1\n\n"
                 "Of each attribute the most specific prefix wins, then the source's priority.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || config == NULL || addresses == NULL) {
        fprintf(stderr, "talaya classify: %s\n",
                error != NULL ? error->message : "--config FILE and an address are wanted; see --help");
        return EXIT_USAGE;
    }
    return classify(config, addresses, as_json);
}
