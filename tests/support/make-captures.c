/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make-captures.c - writes generated exports into pcap files
 *
 *   make-captures --list                         names of the shapes
 *   make-captures FOLDER RECORDS [SEED [SHAPE...]]   FOLDER/SHAPE.pcap (the folder is made), each with so
 * many flow records
 *
 * Each shape is an exporter of its own (192.0.2.1 and on). For the system tests and the benchmark.
 */
#include "tests/support/capture-writer.h"
#include "tests/support/generator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
write_one(const char *folder, const char *shape, uint32_t host, uint64_t seed, uint32_t records)
{
    g_autoptr(GeneratedSession) session = generator_make(shape, seed, records);
    g_autofree char *path = g_strdup_printf("%s/%s.pcap", folder, shape);
    CaptureWriter *writer = session != NULL ? capture_writer_open(path) : NULL;
    int64_t time_ms = 1767225600000;

    if (session == NULL) {
        fprintf(stderr, "make-captures: no shape '%s'; --list names them\n", shape);
        return false;
    }
    if (writer == NULL) {
        fprintf(stderr, "make-captures: %s: %s\n", path, g_strerror(errno));
        return false;
    }
    for (guint i = 0; i < session->datagrams->len; i++, time_ms += 1000) {
        gsize length;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &length);
        capture_writer_add(writer, time_ms, 0xc0000200u + host, 50000, 0xc00002c8u, session->port, bytes,
                           length);
    }
    if (capture_writer_close(writer)) {
        printf("%s: %u datagrams, %u flow records, %u options records\n", path, session->datagrams->len,
               session->n_flows, session->n_options_records);
        return true;
    }
    fprintf(stderr, "make-captures: %s: not all could be written\n", path);
    return false;
}

int
main(int argc, char **argv)
{
    const char *const *shapes = generator_shapes();

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (; *shapes != NULL; shapes++)
            puts(*shapes);
        return 0;
    }
    if (argc < 3) {
        fputs("usage: make-captures --list | FOLDER RECORDS [SEED [SHAPE...]]\n", stderr);
        return 2;
    }
    uint32_t records = (uint32_t)g_ascii_strtoull(argv[2], NULL, 10);
    uint64_t seed = argc > 3 ? g_ascii_strtoull(argv[3], NULL, 10) : 1;
    const char *const *wanted = argc > 4 ? (const char *const *)argv + 4 : shapes;
    bool all = g_mkdir_with_parents(argv[1], 0755) == 0;
    for (uint32_t host = 1; *wanted != NULL; wanted++, host++)
        all &= write_one(argv[1], *wanted, host, seed + host, records);
    return all ? 0 : 1;
}
