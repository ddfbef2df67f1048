/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-intake.c - the first half of `sense` alone: receives, decodes, and hands over, with nobody who scores
 *
 *   bench-intake CONFIG
 *
 * The daemon's own sockets, intake threads and funnel; the other end takes each batch, counts its records and
 * gives it back. Ends on SIGTERM and prints the books as one JSON object.
 */
#include "collector/cli/intakes.h"
#include "collector/cli/sockets.h"

#include <glib-unix.h>
#include <stdatomic.h>
#include <stdio.h>

enum { WAIT_MS = 50 };

typedef struct Taker {
    Funnel *funnel;
    atomic_bool should_end;
    uint64_t records;
} Taker;

static gpointer
take_all(gpointer user)
{
    Taker *self = user;

    for (;;) {
        bool is_last = atomic_load(&self->should_end); /* asked before: what came until then is taken */
        size_t lane;
        for (FlowBatch *batch; (batch = funnel_pop(self->funnel, &lane)) != NULL;) {
            self->records += batch->n;
            funnel_return(self->funnel, lane, batch);
        }
        if (is_last)
            return NULL;
        funnel_wait(self->funnel, WAIT_MS);
    }
}

static gboolean
on_signal(gpointer user)
{
    g_main_loop_quit(user);
    return G_SOURCE_REMOVE;
}

static void
wait_for_signal(void)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);

    g_unix_signal_add(SIGTERM, on_signal, loop);
    g_unix_signal_add(SIGINT, on_signal, loop);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
}

static void
report(const Taker *taker, const BooksTotals *totals)
{
    json_t *books = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "received", (json_int_t)totals->all.datagrams, "records",
        (json_int_t)totals->all.records, "sequenceLost", (json_int_t)totals->all.sequence_lost, "lostRecords",
        (json_int_t)totals->all.lost_records, "unseenDrops", (json_int_t)totals->unseen_drops,
        "unseenRecords", (json_int_t)totals->unseen_records, "kernelDrops", (json_int_t)totals->kernel_drops,
        "queueFull", (json_int_t)totals->all.queue_full_records, "taken", (json_int_t)taker->records);

    json_dumpf(books, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(books);
}

static void
receive(const Settings *settings, const Sockets *sockets, const Board *board)
{
    size_t n_sockets = sockets_count(sockets);
    Funnel *funnel = funnel_new(intakes_lanes(board->n_threads, false), (uint32_t)settings->collector.queue);
    g_autofree int *fds = g_new0(int, n_sockets);
    Taker taker = { .funnel = funnel };
    BooksTotals totals;

    for (size_t i = 0; i < n_sockets; i++)
        fds[i] = sockets_udp(sockets, i);
    IntakeSockets shared = intake_sockets(board, fds, n_sockets);
    Intakes *intakes = intakes_new(settings, &shared, funnel, NULL);
    GThread *thread = g_thread_new("taker", take_all, &taker);
    intakes_start(intakes);
    wait_for_signal();
    intakes_stop(intakes);
    atomic_store(&taker.should_end, true);
    funnel_wake(funnel);
    g_thread_join(thread);
    intakes_totals(intakes, &totals);
    report(&taker, &totals);
    intakes_free(intakes);
    funnel_free(funnel);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = argc == 2 ? settings_load(argv[1], &error) : NULL;
    g_autofree Board *board = g_new0(Board, 1);
    Sockets *sockets = sockets_new();
    int status = 0;

    if (settings != NULL && sockets_rebind(sockets, settings, board, &error) &&
        sockets_steer(sockets, board, &error)) {
        receive(settings, sockets, board);
    } else {
        fprintf(stderr, "bench-intake: %s\n", error != NULL ? error->message : "usage: bench-intake CONFIG");
        status = 1;
    }
    sockets_free(sockets);
    return status;
}
