/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make-hostile.c - writes the hostile corpus
 *
 *   make-hostile FOLDER    FOLDER/CLASS/NAME.pcap and FOLDER/CLASS/expected.tsv (the folders are made)
 *
 * What is in FOLDER and is no longer made is left there: the test says what is too many.
 */
#include "tests/support/hostile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct Writer {
    const char *folder;
    char *class_name; /* owned; of @table */
    GString *table;
    unsigned n;
    size_t bytes;
    bool failed;
} Writer;

static void
write_file(Writer *self, const char *class_name, const char *name, const void *bytes, size_t length)
{
    g_autofree char *folder = g_build_filename(self->folder, class_name, NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;

    if (g_mkdir_with_parents(folder, 0755) != 0 ||
        !g_file_set_contents(path, bytes, (gssize)length, &error)) {
        fprintf(stderr, "make-hostile: %s\n", error != NULL ? error->message : g_strerror(errno));
        self->failed = true;
    }
    self->bytes += length;
}

static void
finish_table(Writer *self)
{
    if (self->class_name != NULL)
        write_file(self, self->class_name, "expected.tsv", self->table->str, self->table->len);
    g_string_assign(self->table, HOSTILE_TABLE_HEADER);
    g_clear_pointer(&self->class_name, g_free);
}

static void
write_case(void *user, const HostileCase *one)
{
    Writer *self = user;
    g_autofree char *name = g_strconcat(one->name, ".pcap", NULL);

    if (g_strcmp0(self->class_name, one->class_name) != 0) {
        finish_table(self);
        self->class_name = g_strdup(one->class_name);
    }
    write_file(self, one->class_name, name, one->capture, one->length);
    g_string_append_printf(self->table, "%s\t%s\n", name, one->expected);
    self->n++;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: make-hostile FOLDER\n", stderr);
        return 2;
    }
    Writer writer = { .folder = argv[1], .table = g_string_new(NULL) };
    hostile_make(write_case, &writer);
    finish_table(&writer);
    g_string_free(writer.table, TRUE);
    printf("%u cases, %zu bytes\n", writer.n, writer.bytes);
    return writer.failed ? 1 : 0;
}
