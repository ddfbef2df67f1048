/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-hostile.c - what was made to break a collector is decoded, counted and printed as it must be
 *
 * Usage: test-collector-hostile FOLDER   (tests/data/hostile: its README tells the format)
 *
 * Every count of the books that a case does not name must be zero.
 */
#include "collector/capture.h"
#include "collector/plan.h"
#include "collector/print.h"
#include "tests/support/generator.h"
#include "tests/support/hostile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Run {
    const ElementModel *model; /* of all runs: it is the dear part of a decoder */
    Decoder *decoder;
    TextBuf *text, *again;
    PrintMemo json_memo, csv_memo;
    FlowRecord last;
    uint64_t flows, lines, largest;
    int64_t now_ms;
    bool is_bad_json, differs_with_memo;
} Run;

static FlowBatch *
take_flows(void *user, FlowBatch *batch)
{
    Run *run = user;

    if (batch->n > 0)
        run->last = batch->records[batch->n - 1];
    run->flows += batch->n;
    return batch;
}

static bool
is_same_text(const TextBuf *a, const TextBuf *b)
{
    return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* Every record must be a line of JSON, and the same with what was kept of the one before; of very many, some
 * are looked at. */
static void
take_record(void *user, const RecordView *record)
{
    Run *run = user;

    textbuf_init(run->text, -1); /* nothing is written: the line stays in the buffer */
    textbuf_init(run->again, -1);
    print_record_csv(run->text, NULL, record);
    print_record_csv(run->again, &run->csv_memo, record);
    run->differs_with_memo |= !is_same_text(run->text, run->again);
    textbuf_init(run->text, -1);
    textbuf_init(run->again, -1);
    print_record_json(run->text, NULL, record);
    print_record_json(run->again, &run->json_memo, record);
    run->differs_with_memo |= !is_same_text(run->text, run->again);
    if (run->lines++ > 100 && run->lines % 1000 != 0)
        return;
    if (run->text->failed) /* longer than the buffer: its beginning is gone */
        return;
    json_t *object = json_loadb(run->text->bytes, run->text->n,
                                JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
    run->is_bad_json |= object == NULL;
    json_decref(object);
}

static void
run_init(Run *run, const ElementModel *model)
{
    /* All defaults, but for floods that are bounded elsewhere. */
    const DecoderConf conf = { .allow_all = true,
                               .model = model,
                               .max_exporters = 1000,
                               .max_new_exporters_per_minute = UINT32_MAX,
                               .max_template_bytes = 64 << 20 };
    const DecoderSink sink = { .user = run, .flows = take_flows, .record = take_record };

    *run = (Run){ .model = model, .text = g_new(TextBuf, 1), .again = g_new(TextBuf, 1) };
    run->decoder = decoder_new(&conf, &sink);
}

static void
run_clear(Run *run)
{
    decoder_free(run->decoder);
    g_free(run->text);
    g_free(run->again);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static bool
decode_file(Run *run, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Capture) capture = capture_open(path, &error);
    Datagram datagram;
    int got = -1;

    while (capture != NULL && (got = capture_next(capture, &datagram, &error)) > 0) {
        decoder_datagram(run->decoder, &datagram);
        run->now_ms = MAX(run->now_ms, datagram.received.ms);
    }
    decoder_flush(run->decoder, (WallTime){ run->now_ms });
    if (got < 0)
        g_printerr("%s\n", error->message);
    return got == 0;
}

/* A member of the last flow record, as a number. */
static int64_t
last_member(const Run *run, const char *name)
{
    size_t n;
    const GeneratedMember *members = generator_members(&n);
    int64_t value = 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(members[i].name, name) == 0 && members[i].size <= sizeof value) {
            memcpy(&value, (const uint8_t *)&run->last + members[i].offset, members[i].size);
            return value;
        }
    g_error("no number '%s' in a FlowRecord", name);
}

/* Adds what @object holds, its objects too, as "key" and "object.key". */
static void
flatten(GHashTable *to, const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        g_autofree char *name = g_strconcat(prefix, key, NULL);
        if (json_is_object(value)) {
            g_autofree char *below = g_strconcat(name, ".", NULL);
            flatten(to, below, value);
        } else {
            int64_t n = (int64_t)json_integer_value(value);
            g_hash_table_replace(to, g_steal_pointer(&name), g_memdup2(&n, sizeof n));
        }
    }
}

/* What the decoder has to say, in the words of the table. */
static GHashTable *
counts_of(const Run *run)
{
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    BooksTotals totals;

    decoder_totals(run->decoder, &totals);
    json_t *books = books_to_json(&totals.all);
    json_object_del(books,
                    "lostRecords"); /* sequenceLost in another unit, which loss.h and its tests are for */
    flatten(counts, "", books);
    json_decref(books);
    g_hash_table_remove(counts, "bytes"); /* follows from the file */
    g_hash_table_remove(counts, "decoded");
    g_hash_table_remove(counts, "refused");
    return counts;
}

/* One "key=value" of the table against what was counted, which is struck out. */
static bool
compare_one(const Run *run, GHashTable *counts, const char *pair)
{
    const char *equals = strchr(pair, '=');
    g_autofree char *key = g_strndup(pair, (size_t)(equals - pair));
    int64_t wanted = g_ascii_strtoll(equals + 1, NULL, 10), got;

    if (g_str_has_prefix(key, "last.")) {
        got = last_member(run, key + 5);
    } else if (strcmp(key, "exporters") == 0) {
        got = exporter_table_count(decoder_exporters(run->decoder));
    } else {
        const int64_t *count = g_hash_table_lookup(counts, key);
        got = count == NULL ? 0 : *count;
        g_hash_table_remove(counts, key);
    }
    if (got != wanted)
        g_printerr("  %s: %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT "\n", key, got, wanted);
    return got == wanted;
}

static bool
compare(const Run *run, const char *expected)
{
    g_autoptr(GHashTable) counts = counts_of(run);
    g_auto(GStrv) pairs = g_strsplit(expected, " ", -1);
    GHashTableIter iter;
    gpointer key, value;
    bool ok = true;

    for (char **pair = pairs; *pair != NULL; pair++)
        ok &= compare_one(run, counts, *pair);
    g_hash_table_iter_init(&iter, counts);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (*(const int64_t *)value != 0) {
            g_printerr("  %s: %" G_GINT64_FORMAT ", not 0\n", (const char *)key, *(const int64_t *)value);
            ok = false;
        }
    return ok;
}

/* The state after it can be saved, and what is restored from it is the same again. */
static bool
state_is_sound(const Run *run)
{
    g_autoptr(GBytes) saved = decoder_save(run->decoder);
    g_auto(Run) again;

    run_init(&again, run->model);
    return decoder_restore(again.decoder, saved, NULL);
}

static bool
check_case(const ElementModel *model, const char *folder, const char *file, const char *expected)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);
    BooksTotals totals;
    g_auto(Run) run;

    run_init(&run, model);
    bool ok = decode_file(&run, path) && compare(&run, expected);
    decoder_totals(run.decoder, &totals);
    ok &= run.flows == totals.all.records + totals.all.late_records && !run.is_bad_json &&
          !run.differs_with_memo;
    ok &= state_is_sound(&run);
    if (!ok)
        g_printerr("%s: not as expected (%" G_GUINT64_FORMAT " flows handed over%s)\n", path, run.flows,
                   run.is_bad_json         ? ", and a line that is no JSON"
                   : run.differs_with_memo ? ", and a line that is another with a memo"
                                           : "");
    return ok;
}

/* The lines of a class's table behind its header. */
static char **
read_table(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "expected.tsv", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(text, HOSTILE_TABLE_HEADER));
    return g_strsplit(text + strlen(HOSTILE_TABLE_HEADER), "\n", -1);
}

static void
test_class(gconstpointer user)
{
    const char *folder = user;
    g_auto(GStrv) lines = read_table(folder);
    g_autoptr(ElementModel) model = element_model_new();
    unsigned n = 0, bad = 0;

    for (char **line = lines; *line != NULL && **line != '\0'; line++, n++) {
        g_auto(GStrv) columns = g_strsplit(*line, "\t", 2);
        bad += !check_case(model, folder, columns[0], columns[1]);
    }
    g_test_message("%u cases", n);
    g_assert_cmpuint(n, >, 0);
    g_assert_cmpuint(bad, ==, 0);
}

/* What stands in a folder against what the generator makes now. */
typedef struct Remake {
    const char *folder;
    GHashTable *tables; /* class -> text of its table */
    unsigned n, bad;
} Remake;

static void
compare_file(Remake *self, const char *class_name, const char *name, const void *bytes, size_t length)
{
    g_autofree char *path = g_build_filename(self->folder, class_name, name, NULL);
    g_autofree char *found = NULL;
    gsize found_length = 0;

    if (g_file_get_contents(path, &found, &found_length, NULL) && found_length == length &&
        memcmp(found, bytes, length) == 0)
        return;
    g_printerr("%s: not what make-hostile writes\n", path);
    self->bad++;
}

static void
compare_case(void *user, const HostileCase *one)
{
    Remake *self = user;
    g_autofree char *name = g_strconcat(one->name, ".pcap", NULL);
    GString *table = g_hash_table_lookup(self->tables, one->class_name);

    if (table == NULL) {
        table = g_string_new(HOSTILE_TABLE_HEADER);
        g_hash_table_insert(self->tables, g_strdup(one->class_name), table);
    }
    g_string_append_printf(table, "%s\t%s\n", name, one->expected);
    compare_file(self, one->class_name, name, one->capture, one->length);
    self->n++;
}

static unsigned
count_files(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    unsigned n = 0;

    while (dir != NULL && g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void
free_table(gpointer at)
{
    g_string_free(at, TRUE);
}

static void
test_generator_writes_what_is_committed(gconstpointer user)
{
    g_autoptr(GHashTable) tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_table);
    Remake remake = { .folder = user, .tables = tables };
    unsigned files = 0, made = 0;

    hostile_make(compare_case, &remake);
    for (const char *const *name = hostile_classes(); *name != NULL; name++) {
        g_autofree char *folder = g_build_filename(remake.folder, *name, NULL);
        const GString *table = g_hash_table_lookup(tables, *name);

        g_assert_nonnull(table);
        compare_file(&remake, *name, "expected.tsv", table->str, table->len);
        files += count_files(folder);
        made++;
    }
    g_test_message("%u cases", remake.n);
    g_assert_cmpuint(remake.bad, ==, 0);
    g_assert_cmpuint(files, ==, remake.n + made); /* none is left that is no longer made */
    g_assert_cmpuint(remake.n, >=, 2000);
}

static bool
is_among(const HostileElement *elements, size_t n, const Element *element)
{
    for (size_t i = 0; i < n; i++)
        if (elements[i].pen == element->pen && elements[i].id == element->id)
            return true;
    return false;
}

/* Whatever the plan has a step for must be among the elements whose lengths are tried. */
static void
test_every_element_of_the_plan_is_tried(void)
{
    static const uint32_t pens[] = { 0, ELEMENT_PEN_REVERSE };
    size_t n;
    const HostileElement *elements = hostile_elements(&n);
    g_autofree DecodePlan *plan = g_aligned_alloc0(1, sizeof *plan, 64);

    for (size_t p = 0; p < G_N_ELEMENTS(pens); p++)
        for (uint32_t id = 0; id <= UINT16_MAX; id++) {
            const Element element = { .pen = pens[p], .id = (uint16_t)id };
            bool has_step = false;

            for (uint16_t length = 1; length <= 16; length++) {
                const FieldSpec field = { .element = &element, .length = length };

                plan_compile(plan, &field, 1);
                has_step |= plan->n_steps + plan->n_extra > 0;
            }
            if (has_step && !is_among(elements, n, &element))
                g_error("element %u of PEN %u is not in the class 'fields'", id, pens[p]);
        }
    g_aligned_free(g_steal_pointer(&plan));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (argc != 2) {
        g_printerr("usage: test-collector-hostile FOLDER\n");
        return 2;
    }
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);
    for (const char *const *name = hostile_classes(); *name != NULL; name++) {
        g_autofree char *path = g_strconcat("/collector/hostile/", *name, NULL);
        char *folder = g_build_filename(argv[1], *name, NULL);

        g_ptr_array_add(folders, folder);
        g_test_add_data_func(path, folder, test_class);
    }
    g_test_add_data_func("/collector/hostile/generator-writes-what-is-committed", argv[1],
                         test_generator_writes_what_is_committed);
    g_test_add_func("/collector/hostile/every-element-of-the-plan-is-tried",
                    test_every_element_of_the_plan_is_tried);
    return g_test_run();
}
