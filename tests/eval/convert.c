/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * convert.c - eval-convert: a connection log becomes what a router would have exported
 *
 * Reads Zeek's conn.log (tab-separated, with its #fields line) from standard input and writes a pcap of
 * NetFlow v9: a record for each direction, cut by an active time-out of a minute. A direction whose packets
 * the sensor missed (conn_state SHR: only answers were captured) has as many as the other one, for a router
 * would have seen them. Rows of other than IPv4 are left out and counted. The log may be played several
 * times, a day apart, since what has no past cannot be scored; and a pair may be left out of the first days,
 * as if it had not begun yet.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tests/eval/exports.h"

enum { FIELDS_MOST = 64, ACTIVE_MS = 60000, TICK_MS = 30000, EXPORTER = 0x0afe0001 };

typedef enum Column {
    COLUMN_TS,
    COLUMN_SRC,
    COLUMN_SRC_PORT,
    COLUMN_DST,
    COLUMN_DST_PORT,
    COLUMN_PROTOCOL,
    COLUMN_DURATION,
    COLUMN_STATE,
    COLUMN_OUT_PACKETS,
    COLUMN_OUT_OCTETS,
    COLUMN_IN_PACKETS,
    COLUMN_IN_OCTETS,
    N_COLUMNS
} Column;

static const char *const column_names[N_COLUMNS] = {
    "ts",       "id.orig_h",  "id.orig_p", "id.resp_h",     "id.resp_p", "proto",
    "duration", "conn_state", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes"
};

typedef struct Log {
    int at[N_COLUMNS]; /* position of the column; -1: not there */
    int64_t first_ms, last_ms;
    GArray *records; /* EvalRecord, of one day */
    uint64_t left_out;
} Log;

static void
read_header(Log *self, const char *line)
{
    g_auto(GStrv) names = g_strsplit(line + strlen("#fields\t"), "\t", FIELDS_MOST);

    for (int column = 0; column < N_COLUMNS; column++) {
        self->at[column] = -1;
        for (int i = 0; names[i] != NULL; i++)
            if (strcmp(names[i], column_names[column]) == 0)
                self->at[column] = i;
    }
}

static bool
parse_v4(const char *text, uint32_t *out)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1)
        return false;
    *out = ntohl(address.s_addr);
    return true;
}

/* One direction, cut; octets and packets are shared out evenly. */
static void
add_direction(Log *self, EvalRecord record, int64_t start_ms, int64_t end_ms)
{
    int64_t slices = MAX(1, (end_ms - start_ms + ACTIVE_MS - 1) / ACTIVE_MS);
    uint64_t octets = record.octets;
    uint32_t packets = record.packets;

    slices = MIN(slices, MAX(1, (int64_t)packets));
    for (int64_t i = 0; i < slices; i++) {
        record.start_ms = start_ms + (end_ms - start_ms) * i / slices;
        record.end_ms = start_ms + (end_ms - start_ms) * (i + 1) / slices;
        record.octets =
            octets * (uint64_t)(i + 1) / (uint64_t)slices - octets * (uint64_t)i / (uint64_t)slices;
        record.packets = (uint32_t)((uint64_t)packets * (uint64_t)(i + 1) / (uint64_t)slices -
                                    (uint64_t)packets * (uint64_t)i / (uint64_t)slices);
        record.end_reason = i + 1 < slices ? 2 : 1;
        if (i > 0 && record.protocol == PROTOCOL_TCP)
            record.tcp_flags = 0x18;
        g_array_append_val(self->records, record);
    }
}

static void
read_row(Log *self, char **cells)
{
    const char *protocol = cells[self->at[COLUMN_PROTOCOL]];
    bool answers_only = strcmp(cells[self->at[COLUMN_STATE]], "SHR") == 0;
    EvalRecord out = { 0 };

    if (!parse_v4(cells[self->at[COLUMN_SRC]], &out.src) ||
        !parse_v4(cells[self->at[COLUMN_DST]], &out.dst)) {
        self->left_out++;
        return;
    }
    int64_t start_ms = (int64_t)(g_ascii_strtod(cells[self->at[COLUMN_TS]], NULL) * 1000);
    int64_t end_ms = start_ms + (int64_t)(g_ascii_strtod(cells[self->at[COLUMN_DURATION]], NULL) * 1000);
    out.protocol = strcmp(protocol, "tcp") == 0   ? PROTOCOL_TCP
                   : strcmp(protocol, "udp") == 0 ? PROTOCOL_UDP
                                                  : PROTOCOL_ICMP;
    out.src_port = (uint16_t)strtoul(cells[self->at[COLUMN_SRC_PORT]], NULL, 10);
    out.dst_port = (uint16_t)strtoul(cells[self->at[COLUMN_DST_PORT]], NULL, 10);
    out.in_if = 1, out.out_if = 2;
    EvalRecord in = out;
    in.src = out.dst, in.dst = out.src, in.src_port = out.dst_port, in.dst_port = out.src_port;
    in.in_if = 2, in.out_if = 1;
    out.packets = (uint32_t)g_ascii_strtoull(cells[self->at[COLUMN_OUT_PACKETS]], NULL, 10);
    out.octets = g_ascii_strtoull(cells[self->at[COLUMN_OUT_OCTETS]], NULL, 10);
    in.packets = (uint32_t)g_ascii_strtoull(cells[self->at[COLUMN_IN_PACKETS]], NULL, 10);
    in.octets = g_ascii_strtoull(cells[self->at[COLUMN_IN_OCTETS]], NULL, 10);
    if (answers_only && out.packets == 0) {
        out.packets = MAX(1, in.packets);
        out.octets = 40ull * out.packets;
    }
    if (out.protocol == PROTOCOL_TCP) {
        out.tcp_flags = in.packets == 0 ? 0x02 : 0x1a;
        in.tcp_flags = 0x1a;
    } else if (out.protocol == PROTOCOL_ICMP) {
        out.dst_port = (uint16_t)(out.src_port << 8), in.dst_port = 0;
        out.src_port = in.src_port = 0;
    }
    if (out.packets > 0)
        add_direction(self, out, start_ms, end_ms);
    if (in.packets > 0)
        add_direction(self, in, start_ms, end_ms);
    self->first_ms = self->first_ms == 0 ? start_ms : MIN(self->first_ms, start_ms);
    self->last_ms = MAX(self->last_ms, end_ms);
}

static bool
read_log(Log *self, FILE *from)
{
    g_autofree char *line = NULL;
    size_t room = 0;
    bool has_header = false;

    while (getline(&line, &room, from) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (g_str_has_prefix(line, "#fields\t")) {
            read_header(self, line);
            has_header = true;
        } else if (line[0] != '#' && has_header) {
            g_auto(GStrv) cells = g_strsplit(line, "\t", FIELDS_MOST);
            int n_cells = (int)g_strv_length(cells);
            bool is_whole = true;
            for (int i = 0; i < N_COLUMNS; i++)
                is_whole = is_whole && self->at[i] >= 0 && self->at[i] < n_cells;
            if (is_whole)
                read_row(self, cells);
            else
                self->left_out++;
        }
    }
    return has_header && self->records->len > 0;
}

/* How often, and which pair is left out of the first @quiet times. */
typedef struct Plan {
    uint32_t times, quiet, a, b;
} Plan;

/* The log once more, @later_ms after its own time, without those between @a and @b. */
static void
play(const Log *self, Traffic *traffic, int64_t later_ms, uint32_t a, uint32_t b)
{
    for (guint i = 0; i < self->records->len; i++) {
        EvalRecord record = g_array_index(self->records, EvalRecord, i);
        if ((record.src == a && record.dst == b) || (record.src == b && record.dst == a))
            continue;
        record.start_ms += later_ms;
        record.end_ms += later_ms;
        record.export_ms = (record.end_ms + 1000 + TICK_MS - 1) / TICK_MS * TICK_MS;
        g_array_append_val(traffic->routers[0].waiting, record);
    }
}

static bool
write_flows(const Log *log, const char *path, const Plan *plan)
{
    const uint32_t addresses[N_ROUTERS] = { EXPORTER, EXPORTER + 1, EXPORTER + 2, EXPORTER + 3 };
    const ExportFormat formats[N_ROUTERS] = { EXPORT_V9, EXPORT_V9, EXPORT_V9, EXPORT_V9 };
    int64_t days = (log->last_ms - log->first_ms + DAY_MS - 1) / DAY_MS;
    Calendar calendar = { .begin_ms = log->first_ms / DAY_MS * DAY_MS, .days = (uint32_t)days * plan->times };
    g_autoptr(Network) network = network_new(1, 60);
    Traffic traffic;

    traffic_init(&traffic, network, &calendar, 1);
    Exports *exports = exports_new(path, &traffic, addresses, formats);
    if (exports == NULL) {
        fprintf(stderr, "eval-convert: %s cannot be written\n", path);
        traffic_clear(&traffic);
        return false;
    }
    for (uint32_t i = 0; i < plan->times; i++)
        play(log, &traffic, (int64_t)i * days * DAY_MS, i < plan->quiet ? plan->a : 0, plan->b);
    exports_write(exports, &traffic, INT64_MAX);
    printf("%" G_GUINT64_FORMAT " records, %" G_GUINT64_FORMAT " rows left out, %u days\n",
           exports_records(exports), log->left_out, calendar.days);
    traffic_clear(&traffic);
    return exports_close(exports);
}

int
main(int argc, char **argv)
{
    Log log = { .records = g_array_new(FALSE, FALSE, sizeof(EvalRecord)) };
    Plan plan = { .times = argc >= 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1 };

    if (argc == 6) {
        plan.quiet = (uint32_t)strtoul(argv[3], NULL, 10);
        argc = parse_v4(argv[4], &plan.a) && parse_v4(argv[5], &plan.b) ? 3 : 0;
    }
    if (argc < 2 || argc > 3 || plan.times < 1) {
        fprintf(stderr, "usage: zcat -f conn.log... | eval-convert FLOWS.pcap [TIMES [QUIET-TIMES A B]]\n");
        return 2;
    }
    bool ok = read_log(&log, stdin);
    if (!ok)
        fprintf(stderr, "eval-convert: this is no connection log\n");
    ok = ok && write_flows(&log, argv[1], &plan);
    g_array_unref(log.records);
    return ok ? 0 : 1;
}
