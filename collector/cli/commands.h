/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.h - the subcommands of `talaya`: one function and one file (command-NAME.c) each
 *
 * Each gets its own argc/argv (argv[0] is the subcommand) and returns the exit status:
 * 0 done, 1 something could not be read or done, 2 wrong usage.
 */
#pragma once

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int command_bench(int argc, char **argv);
int command_check(int argc, char **argv);
int command_classify(int argc, char **argv);
int command_decode(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_send(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_token(int argc, char **argv);
int command_version(int argc, char **argv);
