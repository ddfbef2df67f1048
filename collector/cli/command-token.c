/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command-token.c - `talaya token`: who may use the API
 *
 * Works on the database itself, beside a daemon that runs or not: each request looks there, so what is made
 * or revoked holds at once. Whoever may write the state folder may do this; there is no other right to it.
 */
#include "collector/base/clock.h"
#include "collector/cli/commands.h"
#include "collector/cli/settings.h"
#include "scoring/store.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MOST = 63, DAYS_MOST = 3650 };
static const int64_t DAY_MS = INT64_C(86400000);

typedef struct TokenOptions {
    char *config, *state, *make, *scope, *revoke;
    gint days;
} TokenOptions;

static void
print_row(const char *id, const char *scope, const char *expires, const char *name)
{
    printf("%-12s  %-6s  %-24s  %s\n", id, scope, expires, name);
}

static bool
list(Store *store, GError **error)
{
    json_t *tokens = store_tokens_json(store, error), *each;
    int64_t now_ms = clock_wall(clock_system()).ms;
    size_t i;

    if (tokens == NULL)
        return false;
    print_row("ID", "SCOPE", "EXPIRES", "NAME");
    json_array_foreach(tokens, i, each)
    {
        int64_t expires_ms = json_integer_value(json_object_get(each, "expires"));
        char until[WALL_TIME_TEXT];
        wall_time_text((WallTime){ expires_ms }, until);
        print_row(json_string_value(json_object_get(each, "id")),
                  json_string_value(json_object_get(each, "scope")),
                  expires_ms == 0        ? "never"
                  : expires_ms <= now_ms ? "has expired"
                                         : until,
                  json_string_value(json_object_get(each, "name")));
    }
    json_decref(tokens);
    return true;
}

static bool
make(Store *store, const TokenOptions *options, TokenScope scope, GError **error)
{
    int64_t expires_ms = options->days == 0 ? 0 : clock_wall(clock_system()).ms + options->days * DAY_MS;
    g_autofree char *token = store_make_token(store, options->make, scope, expires_ms, error);

    if (token == NULL)
        return false;
    printf("%s\n", token);
    fprintf(stderr, "This is the only time that it is shown; talaya keeps a hash of it.\n");
    return true;
}

static bool
take_back(Store *store, const char *id, GError **error)
{
    int done = store_revoke_token(store, id, error);

    if (done == 0)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "there is no token '%s' (without --revoke they are listed)", id);
    return done == 1;
}

static Store *
open_database(const TokenOptions *options, GError **error)
{
    g_autoptr(Settings) settings = settings_load(options->config, error);

    if (settings == NULL)
        return NULL;
    g_autofree char *path = settings_state_path(settings, options->state, "talaya.db");
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return store_open(path, NULL, error);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                "there is no '%s': the daemon makes it at its first start; --state names another folder",
                path);
    return NULL;
}

static int
run(const TokenOptions *options, TokenScope scope)
{
    g_autoptr(GError) error = NULL;
    Store *store = open_database(options, &error);
    bool done = store != NULL && (options->make != NULL     ? make(store, options, scope, &error)
                                  : options->revoke != NULL ? take_back(store, options->revoke, &error)
                                                            : list(store, &error));

    if (!done)
        fprintf(stderr, "talaya token: %s\n", error->message);
    store_free(store);
    return done && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* SCOPE_NONE: there is no such scope. */
static TokenScope
scope_of(const char *name)
{
    for (TokenScope scope = SCOPE_READ; name != NULL && scope <= SCOPE_ADMIN; scope++)
        if (strcmp(name, token_scope_name(scope)) == 0)
            return scope;
    return SCOPE_NONE;
}

static bool
is_name(const char *text)
{
    size_t length = strlen(text);

    for (const char *at = text; *at != '\0'; at++)
        if (g_ascii_iscntrl(*at))
            return false;
    return length > 0 && length <= NAME_MOST && g_utf8_validate(text, -1, NULL);
}

/* What is wrong with the options; NULL: nothing. */
static const char *
complaint(const TokenOptions *options)
{
    if (options->config == NULL)
        return "--config FILE is wanted; see --help";
    if (options->make != NULL && options->revoke != NULL)
        return "either --make or --revoke";
    if (options->make != NULL && !is_name(options->make))
        return "--make NAME: a name has 1 to 63 bytes and no control characters";
    if (options->make != NULL && scope_of(options->scope) == SCOPE_NONE)
        return "--make needs --scope: read, triage or admin";
    if (options->days < 0 || options->days > DAYS_MOST)
        return "--days is from 1 to 3650";
    return NULL;
}

int
command_token(int argc, char **argv)
{
    TokenOptions options = { 0 };
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options.config, "the configuration file", "FILE" },
        { "state", 's', 0, G_OPTION_ARG_FILENAME, &options.state,
          "where everything is kept, in place of [state] dir=", "DIR" },
        { "make", 'm', 0, G_OPTION_ARG_STRING, &options.make,
          "make a token and print it; decisions are recorded under NAME", "NAME" },
        { "scope", 0, 0, G_OPTION_ARG_STRING, &options.scope,
          "what it may: read, triage (decide on alerts), admin", "SCOPE" },
        { "days", 0, 0, G_OPTION_ARG_INT, &options.days, "how long it holds (left out: until it is revoked)",
          "N" },
        { "revoke", 'r', 0, G_OPTION_ARG_STRING, &options.revoke, "take one back, at once", "ID" },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    int status = EXIT_USAGE;

    g_option_context_set_summary(context,
                                 "Lists the tokens for console and API, makes one, or takes one back.");
    g_option_context_set_description(
        context,
        "Examples:\n"
        "  talaya token --config /etc/talaya/talaya.conf\n"
        "  talaya token --config /etc/talaya/talaya.conf --make grafana --scope read\n"
        "  talaya token --config /etc/talaya/talaya.conf --make \"Ana, night shift\" --scope triage --days "
        "90\n\n"
        "Run it as root or as the daemon's user. When none is left, the next start makes an admin token.\n\n"
        "Exit status: 0 done, 1 it could not be done, 2 wrong usage.\n");
    g_option_context_add_main_entries(context, entries, NULL);
    const char *wrong = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        wrong = error->message;
    else
        wrong = argc > 1 ? "no arguments are wanted; see --help" : complaint(&options);
    if (wrong != NULL)
        fprintf(stderr, "talaya token: %s\n", wrong);
    else
        status = run(&options, scope_of(options.scope));
    g_free(options.config);
    g_free(options.state);
    g_free(options.make);
    g_free(options.scope);
    g_free(options.revoke);
    return status;
}
