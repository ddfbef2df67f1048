/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-json.c - the books and an exporter as JSON objects, with a diagnosis in words; see exporter.h */
#include "collector/exporter-private.h"

static json_t *
reasons(const uint64_t counts[N_REFUSALS])
{
    json_t *out = json_object();

    for (int i = 0; i < N_REFUSALS; i++)
        if (counts[i] != 0)
            json_object_set_new(out, refusal_name((Refusal)i), json_integer((json_int_t)counts[i]));
    return out;
}

json_t *
books_to_json(const Books *books)
{
    json_t *out = json_object();
    uint64_t refused = 0;

    for (int i = 0; i < N_REFUSALS; i++)
        refused += books->refused[i];
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {
        { "received", books->datagrams },
        { "decoded", books->decoded },
        { "refused", refused },
        { "bytes", books->bytes },
        { "records", books->records },
        { "lateRecords", books->late_records },
        { "optionsRecords", books->options_records },
        { "templates", books->templates },
        { "optionsTemplates", books->options_templates },
        { "counterSamples", books->counter_samples },
        { "discardSamples", books->discard_samples },
        { "missingTemplateSets", books->missing_template_sets },
        { "heldSets", books->held_sets },
        { "heldDroppedSets", books->held_dropped_sets },
        { "sequenceLost", books->sequence_lost },
        { "sequenceResets", books->sequence_resets },
        { "sequenceReordered", books->sequence_reordered },
        { "sequenceDuplicates", books->sequence_duplicates },
        { "queueFull", books->queue_full_records },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        json_object_set_new(out, counts[i].key, json_integer((json_int_t)counts[i].value));
    /* Signed, so that books that do not balance show by how much and in which direction. */
    json_object_set_new(out, "difference",
                        json_integer((json_int_t)(books->datagrams - books->decoded - refused)));
    json_object_set_new(out, "malformed", reasons(books->malformed));
    json_object_set_new(out, "refusedBy", reasons(books->refused));
    return out;
}

json_t *
exporter_to_json(const Exporter *self, uint32_t index, WallTime now)
{
    char text[IP_TEXT];
    json_t *out = json_object();

    json_object_set_new(out, "index", json_integer(index));
    json_object_set_new(out, "address", json_string(ip_text(&self->address, text)));
    json_object_set_new(out, "protocol", json_string(exporter_protocol(self)));
    json_object_set_new(out, "books", books_to_json(&self->books));
    return out;
}
