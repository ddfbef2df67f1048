/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c - finds the subcommand; everything else is in command-*.c */
#include "collector/base/nearest.h"
#include "collector/cli/commands.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

typedef struct Command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *words;
} Command;

int
command_version(int argc, char **argv)
{
    puts("talaya " TALAYA_VERSION);
    return EXIT_DONE;
}

/* A new subcommand is one more line here. */
static const Command commands[] = {
    { "bench", command_bench, "measure what a record costs on this machine" },
    { "check", command_check, "validate a configuration and the tables that it names" },
    { "classify", command_classify, "tell what kind of network an address belongs to" },
    { "decode", command_decode, "print what is in captures, record by record" },
    { "demo", command_demo, "play two weeks of a small network, with an intruder" },
    { "replay", command_replay, "score captures in flow time and print the alerts" },
    { "send", command_send, "play the datagrams of captures over UDP" },
    { "serve", command_serve, "the daemon" },
    { "token", command_token, "list, make and revoke tokens for console and API" },
    { "version", command_version, "print the version" },
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static void
print_help(FILE *to)
{
    fputs("Usage: talaya COMMAND [OPTION...]\n\n"
          "Collects NetFlow, IPFIX and sFlow, learns how each asset of a network behaves,\n"
          "and says with reasons when one stops behaving that way.\n\nCommands:\n",
          to);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].words);
    fputs("\n'talaya COMMAND --help' tells more of each.\n", to);
}

/* What the help calls it: "talaya check". */
static int
run(const Command *command, int argc, char **argv)
{
    g_autofree char *name = g_strdup_printf("talaya %s", command->name);

    g_set_prgname(name);
    return command->run(argc, argv);
}

static void
tell_nearest(const char *word)
{
    const char *names[N_COMMANDS];

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_name(word, names, N_COMMANDS);
    if (nearest != NULL)
        fprintf(stderr, "talaya: no command '%s'; did you mean '%s'?\n", word, nearest);
    else
        fprintf(stderr, "talaya: no command '%s'; 'talaya --help' lists them\n", word);
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return command_version(argc - 1, argv + 1);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run(&commands[i], argc - 1, argv + 1);
    tell_nearest(argv[1]);
    return EXIT_USAGE;
}
