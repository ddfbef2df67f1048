/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scratch.h - a folder of a test's own, and the files in it
 *
 * What goes wrong here ends the test: no test can go on without its files.
 */
#pragma once
#include <glib.h>

/* The folder's path. */
typedef char Scratch;

/* An empty folder, below the one for temporary files, that has @name in its name. */
Scratch *scratch_new(const char *name);
/* Removes the folder and all that lies in it; follows no links. NULL is taken. */
void scratch_free(Scratch *self);
/* Writes @text to the file @name in the folder; a file that is there is replaced. Gives its path. */
char *scratch_write(const Scratch *self, const char *name, const char *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scratch, scratch_free)
