/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command-serve.c - `talaya serve`: reads the arguments and becomes the parent, or one of its children */
#include "collector/base/log.h"
#include "collector/cli/child.h"
#include "collector/cli/commands.h"
#include "collector/cli/parent.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct ServeOptions {
    char *config, *state;
    char *child, *descriptors, *streams, *peers, *raw; /* set by the parent only */
    int board, parent;
} ServeOptions;

bool
child_should_end(const ChildArgs *args, int timeout_ms)
{
    struct pollfd fd = { .fd = args->signals, .events = POLLIN };

    return poll(&fd, 1, timeout_ms) > 0;
}

/* "3,4,5" -> numbers */
static int *
parse_numbers(const char *text, size_t *n)
{
    g_auto(GStrv) words = g_strsplit(text == NULL ? "" : text, ",", -1);
    int *numbers = g_new0(int, g_strv_length(words) + 1);

    *n = 0;
    for (char **word = words; *word != NULL; word++)
        if (**word != '\0')
            numbers[(*n)++] = (int)strtol(*word, NULL, 10);
    return numbers;
}

static int
block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* a terminal's; the parent alone reloads */
    signal(SIGINT, SIG_IGN); /* likewise: the parent ends us, in order, and would take it for a crash */
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
run_child(const ServeOptions *options, const Settings *settings)
{
    static int (*const runs[])(const ChildArgs *) = {
        [CHILD_SENSE] = sense_run, [CHILD_SERIES] = series_run, [CHILD_WEB] = web_run
    };
    size_t n_peers = 0;
    g_autofree int *peers = parse_numbers(options->peers, &n_peers);
    ChildArgs args = { .settings = settings, .state_dir = options->state, .signals = block_signals() };

    /* Die with the parent; it may be gone already, before this line. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != options->parent)
        return EXIT_FAILED;
    args.sockets = parse_numbers(options->descriptors, &args.n_sockets);
    args.streams = parse_numbers(options->streams, &args.n_streams);
    args.board = board_map(options->board);
    size_t n_raw = 0;
    g_autofree int *raw = parse_numbers(options->raw, &n_raw);
    args.raw = (TeeRaw){ n_raw > 0 ? raw[0] : -1, n_raw > 1 ? raw[1] : -1 };
    for (size_t i = 0; i < N_CHILDREN; i++)
        args.peers[i] = i < n_peers ? peers[i] : -1;
    for (size_t i = 0; i < N_CHILDREN; i++) {
        if (strcmp(child_name((ChildId)i), options->child) != 0 || args.board == NULL)
            continue;
        g_autofree char *name = g_strdup_printf("talaya:%s", options->child);
        prctl(PR_SET_NAME, name);
        int status = runs[i](&args);
        g_free(args.sockets);
        g_free(args.streams);
        return status;
    }
    return EXIT_USAGE;
}

static int
serve(const ServeOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_load(options->config, &error);

    if (settings == NULL) {
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
        for (char **line = lines; *line != NULL; line++)
            log_error("%s", *line);
        return EXIT_FAILED;
    }
    if (options->child != NULL)
        return run_child(options, settings);
    return parent_run(options->config, options->state);
}

int
command_serve(int argc, char **argv)
{
    g_autofree char *config = NULL, *state = NULL, *child = NULL, *descriptors = NULL, *streams = NULL,
                    *peers = NULL, *raw = NULL;
    int board = -1, parent = 0;
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "the configuration file", "FILE" },
        { "state", 's', 0, G_OPTION_ARG_FILENAME, &state,
          "where everything is kept, in place of [state] dir=", "DIR" },
        { "child", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &child, NULL, NULL },
        { "descriptors", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &descriptors, NULL, NULL },
        { "streams", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &streams, NULL, NULL },
        { "peers", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &peers, NULL, NULL },
        { "raw", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &raw, NULL, NULL },
        { "board", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &board, NULL, NULL },
        { "parent", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &parent, NULL, NULL },
        { NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(
        context,
        "The daemon: receives flow exports over UDP, TCP and TLS, scores them, and serves console and "
        "API.\n\n"
        "At the first start it makes an admin token and leaves it in DIR/admin-token, readable by its owner "
        "only.\nSIGHUP: read the configuration again (an unsound one is refused and the old one stays).\n"
        "SIGTERM: save and stop.");
    g_option_context_set_description(context,
                                     "Example:\n  talaya serve --config /etc/talaya/talaya.conf\n\n"
                                     "Exit status: 0 stopped as told, 1 could not start, 2 wrong usage.");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1 || config == NULL) {
        fprintf(stderr, "talaya serve: %s\n",
                error != NULL ? error->message : "--config FILE is wanted; see --help");
        return EXIT_USAGE;
    }
    return serve(&(ServeOptions){ config, state, child, descriptors, streams, peers, raw, board, parent });
}
