/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generate.c - eval-generate: a seeded regional network as its routers export it, with and without intruders
 *
 * Writes into a folder: flows.pcap, assets.csv, places.csv, listed.txt, talaya.conf, truth.tsv, about.json.
 * The same options give the same bytes; records of the harmless are the same with attacks and without, but
 * for those that an attack itself changes (a router that is made silent, thinned or told otherwise, a way
 * that is bent).
 */
#include <locale.h>
#include <string.h>

#include "tests/eval/attack.h"
#include "tests/eval/benign.h"
#include "tests/eval/exports.h"

static const int64_t begin_ms = 1772409600000; /* Monday 2026-03-02 */

typedef struct Options {
    int assets, days, learn_days, seed, sampling, each;
    double intensity, budget, at_hours, load;
    char *attacks, *format, *timing, *out;
} Options;

static bool
write_file(const char *dir, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(dir, name, NULL);

    if (g_file_set_contents(path, text, -1, &error))
        return true;
    fprintf(stderr, "eval-generate: %s\n", error->message);
    return false;
}

static char *
config_text(const Options *options)
{
    return g_strdup_printf("[collector]\nexporters=10.16.0.0/12\n"
                           "[assets]\nprefixes=10.16.0.0/12\ninventory=assets.csv\n"
                           "[scoring]\nbudget=%g\n"
                           "[place.local]\ntype=csv\npath=places.csv\n"
                           "[list.bad]\ntype=plain\npath=listed.txt\n",
                           options->budget);
}

/* What the judge has to know. */
static char *
about_text(const Options *options, const Network *network)
{
    return g_strdup_printf(
        "{\"assets\": %u, \"days\": %d, \"learnDays\": %d, \"seed\": %d, \"beginMs\": %" G_GINT64_FORMAT
        ", \"budget\": %g, \"timing\": \"%s\"}\n",
        network->n_hosts, options->days, options->learn_days, options->seed, begin_ms, options->budget,
        options->timing != NULL ? options->timing : "judged");
}

/* Lists err as well: a few addresses on them are shared hosts that everybody calls. */
static void
list_shared_hosts(const Network *network, GString *listed)
{
    for (uint64_t i = 0; i < 40; i++) {
        uint32_t ip = network_far_address(network, i % 2 == 0 ? ACCESS_CDN : ACCESS_HOSTING,
                                          draw_hash(network->seed, 8, i, 0));
        g_string_append_printf(listed, "%u.%u.%u.%u\n", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    }
}

static bool
choose_formats(const char *name, ExportFormat out[N_ROUTERS])
{
    static const struct {
        const char *name;
        ExportFormat formats[N_ROUTERS];
    } sets[] = {
        { "mixed", { EXPORT_V9, EXPORT_IPFIX, EXPORT_V9, EXPORT_V5 } },
        { "v5", { EXPORT_V5, EXPORT_V5, EXPORT_V5, EXPORT_V5 } },
        { "v9", { EXPORT_V9, EXPORT_V9, EXPORT_V9, EXPORT_V9 } },
        { "ipfix", { EXPORT_IPFIX, EXPORT_IPFIX, EXPORT_IPFIX, EXPORT_IPFIX } },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++)
        if (strcmp(name, sets[i].name) == 0) {
            memcpy(out, sets[i].formats, sizeof sets[i].formats);
            return true;
        }
    return false;
}

static bool
choose_timing(const char *name, AttackTiming *out)
{
    static const char *const names[] = { "judged", "start", "ramp" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (AttackTiming)i;
            return true;
        }
    return false;
}

static bool
play_attacks(Traffic *traffic, const Options *options, AttackTiming timing, GString *listed)
{
    g_autofree char *path = g_build_filename(options->out, "truth.tsv", NULL);
    AttackConf conf = { .which = options->attacks,
                        .intensity = options->intensity,
                        .each = (uint32_t)options->each,
                        .at_hours = options->at_hours,
                        .timing = timing };
    FILE *truth = fopen(path, "we");

    if (truth == NULL) {
        fprintf(stderr, "eval-generate: %s cannot be written\n", path);
        return false;
    }
    bool ok = attacks_play(traffic, &conf, truth, listed);
    if (!ok)
        fprintf(stderr, "eval-generate: no such attack in '%s'\n", options->attacks);
    return fclose(truth) == 0 && ok;
}

static bool
write_flows(Traffic *traffic, const Options *options, const ExportFormat formats[N_ROUTERS])
{
    const Calendar *calendar = traffic->calendar;
    g_autofree char *path = g_build_filename(options->out, "flows.pcap", NULL);
    uint32_t addresses[N_ROUTERS];

    for (uint32_t i = 0; i < N_ROUTERS; i++)
        addresses[i] = network_host(traffic->network, HOST_ROUTER, i)->address;
    Exports *exports = exports_new(path, traffic, addresses, formats);
    if (exports == NULL) {
        fprintf(stderr, "eval-generate: %s cannot be written\n", path);
        return false;
    }
    for (uint32_t day = 0; day < calendar->days; day++) {
        benign_add_day(traffic, day);
        exports_write(exports, traffic, calendar->begin_ms + (int64_t)(day + 1) * DAY_MS);
    }
    exports_write(exports, traffic, calendar_end_ms(calendar) + HOUR_MS);
    printf("%" G_GUINT64_FORMAT " records of %" G_GUINT64_FORMAT
           " conversations, %u hosts, %u days, of which %u to learn\n",
           exports_records(exports), traffic->talks, traffic->network->n_hosts, calendar->days,
           calendar->learn_days);
    return exports_close(exports);
}

static int
generate(const Options *options, const ExportFormat formats[N_ROUTERS], AttackTiming timing)
{
    g_autoptr(Network) network = network_new((uint64_t)options->seed, (uint32_t)options->assets);
    Calendar calendar = { .begin_ms = begin_ms,
                          .days = (uint32_t)options->days,
                          .learn_days = (uint32_t)options->learn_days,
                          .holiday = 3,
                          .clock_change = (uint32_t)(options->learn_days + options->days) / 2 };
    g_autofree char *assets = network_assets_text(network), *places = network_places_text(network),
                    *config = config_text(options), *about = about_text(options, network);
    g_autoptr(GString) listed = g_string_new(NULL);
    Traffic traffic;

    if (g_mkdir_with_parents(options->out, 0755) != 0) {
        fprintf(stderr, "eval-generate: %s cannot be made\n", options->out);
        return 1;
    }
    traffic_init(&traffic, network, &calendar, (uint32_t)options->sampling);
    list_shared_hosts(network, listed);
    changes_plan(&traffic, options->load);
    bool ok =
        play_attacks(&traffic, options, timing, listed) && write_flows(&traffic, options, formats) &&
        write_file(options->out, "assets.csv", assets) && write_file(options->out, "places.csv", places) &&
        write_file(options->out, "talaya.conf", config) && write_file(options->out, "about.json", about) &&
        write_file(options->out, "listed.txt", listed->str);
    traffic_clear(&traffic);
    return ok ? 0 : 1;
}

int
main(int argc, char **argv)
{
    Options options = { .assets = 300,
                        .each = 1,
                        .days = 21,
                        .learn_days = 10,
                        .seed = 1,
                        .sampling = 1,
                        .intensity = 1,
                        .budget = 5,
                        .at_hours = -1,
                        .load = 10 };
    const GOptionEntry entries[] = {
        { "assets", 0, 0, G_OPTION_ARG_INT, &options.assets, "Hosts inside (300)", "N" },
        { "days", 0, 0, G_OPTION_ARG_INT, &options.days, "Days in all (21)", "N" },
        { "learn", 0, 0, G_OPTION_ARG_INT, &options.learn_days, "Days that are not judged (10)", "N" },
        { "seed", 0, 0, G_OPTION_ARG_INT, &options.seed, "Another network for another number (1)", "N" },
        { "sampling", 0, 0, G_OPTION_ARG_INT, &options.sampling, "One in N packets is seen (1)", "N" },
        { "intensity", 0, 0, G_OPTION_ARG_DOUBLE, &options.intensity, "How much the intruders do (1)", "X" },
        { "attacks", 0, 0, G_OPTION_ARG_STRING, &options.attacks,
          "on, off, or kinds with commas between (on)", "WHICH" },
        { "each", 0, 0, G_OPTION_ARG_INT, &options.each, "So many of every kind (1)", "N" },
        { "kind-at", 0, 0, G_OPTION_ARG_DOUBLE, &options.at_hours,
          "Hours into the judged time; left out: at random", "HOURS" },
        { "load", 0, 0, G_OPTION_ARG_DOUBLE, &options.load, "Of a site on one day, beside its usual one (10)",
          "X" },
        { "timing", 0, 0, G_OPTION_ARG_STRING, &options.timing, "judged, start or ramp (judged)", "WHEN" },
        { "format", 0, 0, G_OPTION_ARG_STRING, &options.format, "v5, v9, ipfix or mixed (mixed)", "FORMAT" },
        { "budget", 0, 0, G_OPTION_ARG_DOUBLE, &options.budget, "False alarms a day, for talaya.conf (5)",
          "N" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &options.out, "The folder (required)", "DIR" },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- make up a network's flow exports");
    g_autoptr(GError) error = NULL;
    ExportFormat formats[N_ROUTERS];
    AttackTiming timing;

    setlocale(LC_ALL, "C");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "eval-generate: %s\n", error->message);
        return 2;
    }
    if (options.attacks == NULL)
        options.attacks = g_strdup("on");
    if (options.out == NULL || !choose_formats(options.format != NULL ? options.format : "mixed", formats) ||
        !choose_timing(options.timing != NULL ? options.timing : "judged", &timing) || options.days < 2 ||
        options.learn_days < 1 || options.learn_days >= options.days || options.assets < 60 ||
        options.each < 1 || options.sampling < 1) {
        fprintf(stderr, "eval-generate: wrong options; 'eval-generate --help' tells which there are\n");
        return 2;
    }
    int status = generate(&options, formats, timing);
    g_free(options.attacks);
    g_free(options.format);
    g_free(options.timing);
    g_free(options.out);
    return status;
}
