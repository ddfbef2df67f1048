/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command-decode.c - `talaya decode`: what is in captures, record by record
 *
 * Several files are one stream, in the order given. A file that cannot be read is told on stderr and the
 * others are still decoded; bad datagrams are counted in the summary and are no failure.
 */
#include "collector/capture.h"
#include "collector/cli/commands.h"
#include "collector/print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Printer {
    TextBuf out;
    PrintMemo memo;
    bool csv;
} Printer;

static void
print_record(void *user, const RecordView *record)
{
    Printer *self = user;

    if (self->csv)
        print_record_csv(&self->out, &self->memo, record);
    else
        print_record_json(&self->out, &self->memo, record);
}

/* True when the file was read to its end. */
static bool
decode_file(Decoder *decoder, const char *path, WallTime *latest)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(path, &error);
    Datagram datagram;
    int got;

    if (capture == NULL) {
        fprintf(stderr, "talaya decode: %s\n", error->message);
        return false;
    }
    while ((got = capture_next(capture, &datagram, &error)) > 0) {
        decoder_datagram(decoder, &datagram);
        latest->ms = MAX(latest->ms, datagram.received.ms);
    }
    if (got < 0)
        fprintf(stderr, "talaya decode: %s\n", error->message);
    g_autofree char *shortcomings = capture_shortcomings(capture);
    if (shortcomings != NULL)
        fprintf(stderr, "talaya decode: %s\n", shortcomings);
    return got == 0;
}

static void
set_count(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* What was bad, whether it cost a part of a datagram or all of it. */
static json_t *
malformed(const Books *books)
{
    json_t *out = json_object();

    for (int i = 0; i < N_REFUSALS; i++)
        if (books->malformed[i] + books->refused[i] > 0)
            set_count(out, refusal_name((Refusal)i), books->malformed[i] + books->refused[i]);
    return out;
}

static void
print_summary(const Decoder *decoder, TextBuf *to)
{
    BooksTotals totals;
    const Books *books = &totals.all;
    json_t *out = json_object();

    decoder_totals(decoder, &totals);
    set_count(out, "datagrams", books->datagrams);
    set_count(out, "bytes", books->bytes);
    set_count(out, "templates", books->templates);
    set_count(out, "optionsTemplates", books->options_templates);
    set_count(out, "dataRecords", books->records);
    set_count(out, "optionsRecords", books->options_records);
    set_count(out, "counterSamples", books->counter_samples);
    set_count(out, "discardSamples", books->discard_samples);
    set_count(out, "missingTemplateSets", books->missing_template_sets);
    set_count(out, "lateRecords", books->late_records);
    json_object_set_new(out, "malformed", malformed(books));
    set_count(out, "sequenceLost", books->sequence_lost);
    set_count(out, "exporters", totals.exporters);
    json_object_set_new(out, "books", books_to_json(books));

    char *text = json_dumps(out, JSON_COMPACT);
    textbuf_text(to, text);
    textbuf_char(to, '\n');
    free(text);
    json_decref(out);
}

typedef struct Options {
    char *format; /* owned */
    gboolean summary;
    char **files; /* owned */
} Options;

static void
options_clear(Options *self)
{
    g_free(self->format);
    g_strfreev(self->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static bool
parse_options(Options *self, int argc, char **argv)
{
    const GOptionEntry entries[] = {
        { "format", 'f', 0, G_OPTION_ARG_STRING, &self->format, "ndjson (the default), csv, or none",
          "FORMAT" },
        { "summary", 's', 0, G_OPTION_ARG_NONE, &self->summary, "end with one JSON object of counts", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->files, NULL, "FILE..." },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_set_summary(
        context, "Prints every data record of the captures as one JSON object a line, with all\n"
                 "its elements by their IANA names. Files may be pcap, pcapng, raw datagrams\n"
                 "(one a file) or IPFIX files (RFC 5655); several are read as one stream.");
    g_option_context_set_description(context,
                                     "Example: what a router sent, and whether anything of it was lost\n"
                                     "  tcpdump -w flows.pcap -c 1000 udp port 2055\n"
                                     "  talaya decode --format none --summary flows.pcap");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "talaya decode: %s\n", error->message);
        return false;
    }
    if (self->format == NULL)
        self->format = g_strdup("ndjson");
    if (strcmp(self->format, "ndjson") != 0 && strcmp(self->format, "csv") != 0 &&
        strcmp(self->format, "none") != 0) {
        fprintf(stderr, "talaya decode: no format '%s'; there are ndjson, csv and none\n", self->format);
        return false;
    }
    if (self->files == NULL) {
        fputs("talaya decode: which FILE? 'talaya decode --help' tells more\n", stderr);
        return false;
    }
    return true;
}

int
command_decode(int argc, char **argv)
{
    g_auto(Options) options = { 0 };
    bool all_read = true;
    WallTime latest = { 0 };

    if (!parse_options(&options, argc, argv))
        return EXIT_USAGE;
    g_autofree Printer *printer = g_new0(Printer, 1);
    textbuf_init(&printer->out, STDOUT_FILENO);
    printer->csv = strcmp(options.format, "csv") == 0;

    const DecoderConf conf = { .allow_all = true,
                               .max_exporters = 1 << 20,
                               .max_new_exporters_per_minute = UINT32_MAX };
    const DecoderSink sink = { .user = printer,
                               .record = strcmp(options.format, "none") == 0 ? NULL : print_record };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);
    if (printer->csv)
        print_csv_header(&printer->out);
    for (char **file = options.files; *file != NULL; file++)
        all_read &= decode_file(decoder, *file, &latest);
    decoder_finish(decoder, latest);
    if (options.summary)
        print_summary(decoder, &printer->out);
    BooksTotals totals;
    decoder_totals(decoder, &totals);
    if (totals.all.datagrams > 0 && totals.all.decoded == 0)
        fputs("talaya decode: nothing in these files is NetFlow, IPFIX or sFlow; --summary tells what was "
              "wrong\n",
              stderr);
    if (!textbuf_finish(&printer->out)) {
        fputs("talaya decode: could not write all of the output\n", stderr);
        return EXIT_FAILED;
    }
    return all_read ? EXIT_DONE : EXIT_FAILED;
}
