/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command-check.c - `talaya check`: is this configuration sound, its tables included? */
#include "collector/cli/commands.h"
#include "collector/cli/settings-stream.h"

#include <stdio.h>

static int
check(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_load(path, &error);
    g_autoptr(AssetTable) assets = NULL;
    g_autoptr(PlaceTable) places = NULL;
    g_autoptr(ListTable) lists = NULL;

    if (settings != NULL && (assets = settings_assets(settings, &error)) != NULL)
        places = settings_places(settings, &error);
    if (places != NULL)
        lists = settings_lists(settings, &error);
    if (lists == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return EXIT_FAILED;
    }
    g_autoptr(Tls) tls = NULL;
    if (settings_speaks_tls(settings) && (tls = settings_tls(settings, &error)) == NULL) {
        fprintf(stderr, "%s: [tls] %s\n", path, error->message);
        return EXIT_FAILED;
    }
    printf(
        "%s is sound: %zu sockets, %zu prefixes of exporters, %zu prefixes of assets, %zu inventory entries, "
        "%zu place sources\n",
        path, settings->n_listen + settings->n_streams, settings->n_exporters, settings->n_prefixes,
        asset_table_count(assets), settings->n_places);
    if (settings_hears_only_us(settings))
        printf("Only this machine may send: routers have to be named in [collector] exporters=.\n");
    if (settings->n_lists > 0)
        printf("%zu lists: %zu entries, %zu left out that are no plain addresses\n", settings->n_lists,
               list_table_count(lists), list_table_skipped(lists));
    if (tls != NULL) {
        g_autofree char *words = tls_words(tls, clock_wall(clock_system()));
        printf("TLS: %s\n", words);
    }
    return EXIT_DONE;
}

int
command_check(int argc, char **argv)
{
    g_autofree char *config = NULL;
    gboolean print_keys = FALSE;
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "the configuration file", "FILE" },
        { "keys", 0, 0, G_OPTION_ARG_NONE, &print_keys, "print every key with default, range and purpose",
          NULL },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(context,
                                 "Validates a configuration and the tables that it names, and says what is "
                                 "wrong: file, line, key, allowed range, nearest name.");
    g_option_context_set_description(context, "Example:\n  talaya check --config /etc/talaya/talaya.conf\n\n"
                                              "Exit status: 0 sound, 1 not sound, 2 wrong usage.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1 ||
        (config == NULL && !print_keys)) {
        fprintf(stderr, "talaya check: %s\n",
                error != NULL ? error->message : "--config FILE is wanted; see --help");
        return EXIT_USAGE;
    }
    if (print_keys) {
        settings_print_keys();
        return EXIT_DONE;
    }
    return check(config);
}
