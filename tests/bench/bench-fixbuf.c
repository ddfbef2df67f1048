/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-fixbuf.c - libfixbuf's own UDP reader: decodes into a struct of twenty fields, counts, and does no
 * more
 *
 *   bench-fixbuf PORT v9|ipfix
 *
 * Ends on SIGTERM and prints one JSON object: records, and how often libfixbuf warned. It warns of each gap
 * in a sequence, and says no number.
 */
#include "tests/bench/fixbuf-record.h"

#include <glib-unix.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reader {
    fbListener_t *listener;
    atomic_ullong records, warnings;
} Reader;

static void
count_warning(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    atomic_fetch_add(&((Reader *)user)->warnings, 1);
}

static void
open_listener(Reader *self, char *port, bool is_v9)
{
    fbConnSpec_t where = { .transport = FB_UDP, .host = (char *)"127.0.0.1", .svc = port };
    fbInfoModel_t *model = fbInfoModelAlloc();
    fbSession_t *session = fixbuf_session_new(model);
    fbCollector_t *collector = NULL;
    g_autoptr(GError) error = NULL;

    bool is_open = (self->listener = fbListenerAlloc(&where, session, NULL, NULL, &error)) != NULL &&
                   (!is_v9 || (fbListenerGetCollector(self->listener, &collector, &error) &&
                               fbCollectorSetNetflowV9Translator(collector, &error)));
    if (!is_open)
        g_error("libfixbuf: %s", error->message);
}

static gpointer
read_all(gpointer user)
{
    Reader *self = user;
    FixbufRecord record;

    for (;;) {
        g_autoptr(GError) error = NULL;
        fBuf_t *buffer = fbListenerWait(self->listener, &error);
        if (buffer == NULL)
            continue;
        fBufSetAutomaticMode(buffer, FALSE);
        fixbuf_use_template(buffer);
        size_t length = sizeof record - sizeof record.padding;
        while (fBufNext(buffer, (uint8_t *)&record, &length, &error))
            atomic_fetch_add_explicit(&self->records, 1, memory_order_relaxed);
    }
    return NULL;
}

static gboolean
on_signal(gpointer user)
{
    g_main_loop_quit(user);
    return G_SOURCE_REMOVE;
}

int
main(int argc, char **argv)
{
    Reader reader = { 0 };
    bool is_v9 = argc > 2 && strcmp(argv[2], "v9") == 0;

    if (argc != 3 || (!is_v9 && strcmp(argv[2], "ipfix") != 0)) {
        fputs("usage: bench-fixbuf PORT v9|ipfix\n", stderr);
        return 2;
    }
    g_log_set_default_handler(count_warning, &reader);
    open_listener(&reader, argv[1], is_v9);
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGTERM, on_signal, loop);
    g_unix_signal_add(SIGINT, on_signal, loop);
    g_thread_unref(g_thread_new("reader", read_all, &reader));
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    printf("{\"records\": %llu, \"warnings\": %llu}\n", atomic_load(&reader.records),
           atomic_load(&reader.warnings));
    fflush(stdout);
    _Exit(0); /* the reader waits in a select that nothing ends */
}
