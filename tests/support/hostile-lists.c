/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-lists.c - structured data (RFC 6313) that is cut, empty, endless, or of nothing that is known
 *
 * A list is read whole or not at all; whatever is wrong with it, the record that it lies in is good. So each
 * case has one flow record whose list, of variable length, lies before its protocol.
 */
#include "tests/support/hostile-private.h"

#include "collector/list.h"
#include "collector/work.h"

enum { BASIC = 291, RECORDS = 292, GROUPS = 293, INNER = 400, UNTOLD = 999, TCP = 6, PORT = 4000 };
static const TemplateField inner_fields[] = { { 0, 7, 2 } };

/* ---- the record around a list ---- */

/* A field of variable length in its long form; field_close fills in how long it has become. */
static size_t
field_open(Hostile *self)
{
    put(self, 255, 1);
    put(self, 0, 2);
    return self->out->len;
}

static void
field_close(Hostile *self, size_t at)
{
    patch(self, at - 2, self->out->len - at, 2);
}

static void
templates_around(Hostile *self, uint16_t list)
{
    const TemplateField outer[] = { { 0, 8, 4 }, { 0, list, VARIABLE }, { 0, 4, 1 } };

    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, outer, 3);
    template_set(self, INNER, inner_fields, 1);
}

/* Up to where the list begins; returns what list_end wants. */
static size_t
list_begin(Hostile *self)
{
    set_open(self, HOSTILE_TEMPLATE);
    put(self, 0xc0000207, 4);
    return field_open(self);
}

/* @malformed: the reason why the list is given up; NULL: nothing is wrong with it. */
static void
list_end(Hostile *self, size_t at, const char *malformed)
{
    field_close(self, at);
    put(self, TCP, 1);
    set_close(self);
    expect_records(self, 1);
    expect(self, "last.protocol", TCP);
    if (malformed != NULL)
        expect(self, malformed, 1);
    message_close(self);
    case_end(self);
}

/* ---- cut at every byte ---- */

typedef struct Sound {
    const char *name;
    uint16_t list;
    const char *bytes;
    size_t length;
    uint64_t whole; /* a bit for each length at which it is a sound list, if shorter than it was */
} Sound;

#define BYTES(text) text, sizeof text - 1
#define AT(n)       (UINT64_C(1) << (n))
static const Sound sounds[] = {
    { "basic-of-addresses", BASIC, BYTES("\3\0\10\0\4\300\0\2\1\300\0\2\2"), AT(5) | AT(9) },
    { "basic-of-strings", BASIC, BYTES("\4\0\122\377\377\2hi\3you\0"), AT(5) | AT(8) | AT(12) },
    { "basic-of-long-strings", BASIC, BYTES("\4\0\122\377\377\377\0\2hi\377\0\1x"), AT(5) | AT(10) },
    { "basic-of-an-enterprise", BASIC, BYTES("\1\200\7\0\2\0\0\377\356\5\6\7\10"), AT(9) | AT(11) },
    { "records", RECORDS, BYTES("\3\1\220\17\240\17\241\17\242"), AT(3) | AT(5) | AT(7) },
    /* a group that says how long it is must be there as a whole */
    { "groups", GROUPS, BYTES("\3\1\220\0\6\17\240\1\220\0\10\17\241\17\242"), AT(1) | AT(7) },
    { "empty-groups", GROUPS, BYTES("\3\1\220\0\4\1\220\0\4\1\220\0\4"), AT(1) | AT(5) | AT(9) },
};

static void
cut_everywhere(Hostile *self, const Sound *sound)
{
    for (size_t cut = 0; cut <= sound->length; cut++) {
        /* of a field without a byte there is no list to be wrong */
        bool is_whole = cut == 0 || cut == sound->length || (sound->whole & AT(cut)) != 0;

        case_begin(self, PROTOCOL_IPFIX, "ipfix-%s-cut-at-%zu-of-%zu", sound->name, cut, sound->length);
        templates_around(self, sound->list);
        size_t at = list_begin(self);
        g_byte_array_append(self->out, (const guint8 *)sound->bytes, (guint)cut);
        list_end(self, at, is_whole ? NULL : "malformed.list_syntax");
    }
}

/* ---- lengths that lie ---- */

/* A group's length counts its own head of four bytes; three records of two bytes are there. */
static void
group_lengths(Hostile *self)
{
    static const uint16_t lengths[] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 255, 0x7fff, 0x8000, 0xffff
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        /* What follows the group is another one: of id 0x0fa1 and length 0x0fa2, or no whole one. */
        bool is_sound = lengths[i] == 10;

        case_begin(self, PROTOCOL_IPFIX, "ipfix-group-of-10-bytes-says-%u", lengths[i]);
        templates_around(self, GROUPS);
        size_t at = list_begin(self);
        put(self, 3, 1);
        put(self, INNER, 2);
        put(self, lengths[i], 2);
        for (uint32_t n = 0; n < 3; n++)
            put(self, PORT + n, 2);
        if (is_sound)
            expect(self, "last.src_port", PORT);
        list_end(self, at, is_sound ? NULL : "malformed.list_syntax");
    }
}

/* A basicList's values of any length, twelve bytes of them: whole values or none. */
static void
value_lengths(Hostile *self)
{
    static const uint16_t ids[] = { 1, 8, 27, 82, 210, 152, BASIC, 0x7fff };
    static const uint16_t lengths[] = { 0, 1, 2, 3, 4, 5, 12, 13, 255, 65534 };

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(lengths); j++) {
            bool is_whole = lengths[j] > 0 && 12 % lengths[j] == 0;

            case_begin(self, PROTOCOL_IPFIX, "ipfix-values-of-element-%u-in-%u-bytes", ids[i], lengths[j]);
            templates_around(self, BASIC);
            size_t at = list_begin(self);
            put(self, 3, 1);
            put(self, ids[i], 2);
            put(self, lengths[j], 2);
            put_fill(self, 12);
            if (ids[i] == BASIC && is_whole) /* each of them is a list, of bytes that are none */
                expect(self, "malformed.list_syntax", 12 / lengths[j]);
            list_end(self, at, is_whole ? NULL : "malformed.list_syntax");
        }
}

/* Values without a length: none of them is sound, any would be endless. */
static void
values_of_no_length(Hostile *self)
{
    for (uint32_t n = 0; n <= 4; n++) {
        case_begin(self, PROTOCOL_IPFIX, "ipfix-values-of-no-length-in-%u-bytes", n);
        templates_around(self, BASIC);
        size_t at = list_begin(self);
        put(self, 3, 1);
        put(self, 8, 2);
        put(self, 0, 2);
        put(self, 0, n);
        list_end(self, at, n == 0 ? NULL : "malformed.list_syntax");
    }
}

static void
semantics(Hostile *self)
{
    static const uint8_t values[] = { 0, 1, 2, 3, 4, 5, 127, 254, 255 };

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        case_begin(self, PROTOCOL_IPFIX, "ipfix-list-of-semantic-%u", values[i]);
        templates_around(self, RECORDS);
        size_t at = list_begin(self);
        put(self, values[i], 1);
        put(self, INNER, 2);
        put(self, PORT, 2);
        expect(self, "last.src_port", values[i] == 0 ? 0 : PORT); /* noneOf says what is not so */
        list_end(self, at, NULL);
    }
}

/* ---- what nobody has told of ---- */

static void
untold(Hostile *self)
{
    static const uint16_t ids[] = { 0, 1, 2, 3, 255, 256 + 1, UNTOLD, 65535 };

    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        for (uint32_t n = 0; n <= 3; n++) {
            case_begin(self, PROTOCOL_IPFIX, "ipfix-list-of-template-%u-in-%u-bytes", ids[i], n);
            templates_around(self, RECORDS);
            size_t at = list_begin(self);
            put(self, 3, 1);
            put(self, ids[i], 2);
            put_fill(self, n);
            list_end(self, at, n == 0 ? NULL : "malformed.list_template");
        }
}

/* Of several groups, those of which nobody has told are stepped over, and the rest is read. */
static void
untold_beside_told(Hostile *self)
{
    for (uint32_t before = 0; before <= 3; before++)
        for (uint32_t after = 0; after <= 3; after++) {
            case_begin(self, PROTOCOL_IPFIX, "ipfix-%u-untold-groups-before-and-%u-after", before, after);
            templates_around(self, GROUPS);
            size_t at = list_begin(self);
            put(self, 3, 1);
            for (uint32_t n = 0; n <= before + after; n++) {
                put(self, n == before ? INNER : UNTOLD, 2);
                put(self, 6, 2);
                put(self, PORT, 2);
            }
            expect(self, "malformed.list_template", before + after);
            expect(self, "last.src_port", PORT);
            list_end(self, at, NULL);
        }
}

/* ---- lists in lists ---- */

/* A list of the template that it lies in: each record holds the next list. */
static void
put_itself(Hostile *self, uint32_t levels)
{
    put(self, 3, 1);
    put(self, HOSTILE_TEMPLATE, 2);
    if (levels == 0)
        return;
    put(self, 0xc0000207, 4);
    size_t at = field_open(self);
    put_itself(self, levels - 1);
    field_close(self, at);
    put(self, TCP, 1);
}

static void
lists_of_themselves(Hostile *self)
{
    for (uint32_t levels = 0; levels <= 64; levels = levels < 8 ? levels + 1 : levels * 2) {
        case_begin(self, PROTOCOL_IPFIX, "ipfix-list-of-its-own-template-%u-levels", levels);
        templates_around(self, RECORDS);
        size_t at = list_begin(self);
        put_itself(self, levels);
        list_end(self, at, levels >= LIST_DEPTH_MOST ? "malformed.list_syntax" : NULL);
    }
}

/* basicLists of basicLists, the innermost without a value. */
static void
put_basic(Hostile *self, uint32_t levels)
{
    put(self, 4, 1);
    put(self, levels == 0 ? 8 : BASIC, 2);
    put(self, levels == 0 ? 4 : VARIABLE, 2);
    if (levels == 0)
        return;
    size_t at = field_open(self);
    put_basic(self, levels - 1);
    field_close(self, at);
}

static void
lists_of_lists(Hostile *self)
{
    for (uint32_t levels = 0; levels <= 64; levels = levels < 8 ? levels + 1 : levels * 2) {
        case_begin(self, PROTOCOL_IPFIX, "ipfix-basic-lists-of-basic-lists-%u-levels", levels);
        templates_around(self, BASIC);
        size_t at = list_begin(self);
        put_basic(self, levels);
        list_end(self, at, levels >= LIST_DEPTH_MOST ? "malformed.list_syntax" : NULL);
    }
}

/* ---- what costs more than it weighs ---- */

/* Records of one byte with @n_empty fields beside it: each byte costs as many fields to look at. */
static void
dear_records(Hostile *self, uint32_t n_empty, uint32_t n_records)
{
    g_autofree TemplateField *fields = g_new0(TemplateField, n_empty + 1);

    for (uint32_t i = 0; i < n_empty; i++)
        fields[i].id = 210;
    fields[n_empty] = (TemplateField){ 0, 4, 1 };
    case_begin(self, PROTOCOL_IPFIX, "ipfix-%u-records-of-one-byte-and-%u-empty-fields", n_records, n_empty);
    templates_around(self, RECORDS);
    template_set(self, INNER + 1, fields, n_empty + 1);
    size_t at = list_begin(self);
    put(self, 3, 1);
    put(self, INNER + 1, 2);
    for (uint32_t i = 0; i < n_records; i++)
        put(self, TCP, 1);
    uint64_t length = self->out->len + 1, n_fields = (uint64_t)(n_empty + 1) * n_records;
    bool is_dear = n_fields > length * LIST_FIELDS_PER_BYTE + LIST_FIELDS_LEAST;
    bool is_much = n_fields * WORK_LIST_FIELD + (uint64_t)n_records * WORK_INNER_RECORD > WORK_DATAGRAM;
    list_end(self, at, is_dear ? "malformed.list_work" : is_much ? "malformed.work_quota" : NULL);
}

static void
dear_lists(Hostile *self)
{
    static const uint32_t fields[] = { 1, 10, 50, 100, 200, 300 }, records[] = { 1, 10, 100, 1000, 10000 };

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(records); j++)
            dear_records(self, fields[i], records[j]);
}

void
hostile_lists(Hostile *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sounds); i++)
        cut_everywhere(self, &sounds[i]);
    group_lengths(self);
    value_lengths(self);
    values_of_no_length(self);
    semantics(self);
    untold(self);
    untold_beside_told(self);
    lists_of_themselves(self);
    lists_of_lists(self);
    dear_lists(self);
}
