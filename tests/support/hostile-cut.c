/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-cut.c - datagrams cut at every byte, lengths and counts that lie, bytes behind the end
 *
 * A set or sample that runs past its datagram is not read, but of a template set what is whole of it; what
 * came before it counts. A v5 datagram holds as many records as there are bytes for.
 */
#include "tests/support/hostile-private.h"

static const TemplateField flow_fields[] = { { 0, 8, 4 }, { 0, 12, 4 }, { 0, 7, 2 }, { 0, 11, 2 },
                                             { 0, 4, 1 }, { 0, 1, 4 },  { 0, 2, 4 }, { 0, 61, 1 } };
static const TemplateField one_field[] = { { 0, 1, 4 } };
static const TemplateField option_fields[] = { { 0, 1, 4 }, { 0, 36, 2 } };
enum { FLOW_SIZE = 22, OPTIONS_SIZE = 6, SET_HEADER = 4 };

/* ---- truncated ---- */

/* Where a part of a datagram ends, and what it counts for once it is whole. */
typedef struct Part {
    size_t end;
    const char *key; /* of the books; NULL: nothing */
    uint32_t n;
} Part;

/* A message with two templates, an options template, its data and two sets of data. Fills @parts (the sets)
 * and @templates (within the template set); returns how many sets there are. */
static size_t
rich_message(Hostile *self, Part parts[5], size_t templates[3])
{
    message_open(self);
    set_open(self, templates_id(self));
    put_template(self, 256, flow_fields, G_N_ELEMENTS(flow_fields));
    templates[0] = self->out->len;
    put_template(self, 257, one_field, 1);
    set_close(self);
    templates[1] = self->out->len;
    parts[0] = (Part){ self->out->len, NULL, 0 };
    set_open(self, options_templates_id(self));
    put_options_template(self, 258, option_fields, 2, 1);
    set_close(self);
    templates[2] = self->out->len;
    parts[1] = (Part){ self->out->len, NULL, 0 };
    fill_set(self, 258, OPTIONS_SIZE);
    parts[2] = (Part){ self->out->len, "optionsRecords", 1 };
    fill_set(self, 256, FLOW_SIZE * 2);
    parts[3] = (Part){ self->out->len, "records", 2 };
    fill_set(self, 257, 12);
    parts[4] = (Part){ self->out->len, "records", 3 };
    return 5;
}

static bool
is_all_zero(const Hostile *self, size_t from, size_t to)
{
    while (from < to && self->out->data[from] == 0)
        from++;
    return from == to;
}

/* What a sound collector makes of the first @cut bytes of a rich message. */
static void
expect_cut_message(Hostile *self, const Part *parts, size_t n_parts, const size_t templates[3], size_t cut)
{
    bool ipfix = self->protocol == PROTOCOL_IPFIX;
    size_t header = ipfix ? 16 : 20, start = header;

    if (cut < header) {
        expect(self, "refusedBy.too_short", 1);
        return;
    }
    if (ipfix && cut < parts[n_parts - 1].end) /* the header promises more */
        expect(self, "malformed.header_length", 1);
    expect(self, "templates", (templates[0] <= cut) + (templates[1] <= cut));
    expect(self, "optionsTemplates", templates[2] <= cut);
    for (size_t i = 0; i < n_parts && start < cut; start = parts[i++].end) {
        if (parts[i].end <= cut) {
            if (parts[i].key != NULL)
                expect(self, parts[i].key, parts[i].n);
            continue;
        }
        if (is_all_zero(self, start, MIN(cut, start + SET_HEADER)) && cut < start + SET_HEADER)
            break;                               /* nobody can tell it from padding */
        expect(self, "malformed.set_length", 1); /* the set's header or what it promises is not all there */
        /* What is left of a template beyond padding (three bytes) is one that was cut. */
        size_t whole = start + SET_HEADER;
        for (int t = 0; t < 3; t++)
            if (templates[t] <= cut && templates[t] > whole)
                whole = templates[t];
        if (i < 2 && cut >= whole + 4)
            expect(self, "malformed.template_syntax", 1);
        break;
    }
}

static void
cut_message(Hostile *self, Protocol protocol)
{
    size_t templates[3], length = 1;
    Part parts[5];

    for (size_t cut = 0; cut <= length; cut++) {
        case_begin(self, protocol, "%s-after-%03zu-bytes", protocol_name(protocol), cut);
        size_t n_parts = rich_message(self, parts, templates);
        length = self->out->len;
        if (protocol == PROTOCOL_IPFIX)
            patch(self, 2, length, 2);
        self->keeps_length = true;
        g_byte_array_set_size(self->out, (guint)cut);
        expect_cut_message(self, parts, n_parts, templates, cut);
        message_close(self);
        case_end(self);
    }
}

static void
cut_legacy(Hostile *self, Protocol protocol)
{
    size_t header = legacy_header(protocol), record = legacy_record(protocol), length = header + 2 * record;

    for (size_t cut = 0; cut <= length; cut++) {
        case_begin(self, protocol, "%s-after-%03zu-bytes", protocol_name(protocol), cut);
        legacy_open(self, 2);
        put_fill(self, 2 * record);
        g_byte_array_set_size(self->out, (guint)cut);
        if (cut < header) {
            expect(self, "refusedBy.too_short", 1);
        } else {
            expect(self, "records", (int64_t)((cut - header) / record));
            expect(self, "malformed.header_count", cut < length);
        }
        message_close(self);
        case_end(self);
    }
}

/* A counter sample, and a flow sample with one record: 16 bytes of an IPv4 header's 20. */
static void
rich_sflow(Hostile *self, size_t ends[2])
{
    sflow_open(self, 2);
    put(self, 2, 4);
    put(self, 12, 4);
    put(self, 1, 4);
    put(self, 1, 4);
    put(self, 0, 4);
    ends[0] = self->out->len;
    sflow_sample(self, 24 + 16, 1);
    sflow_header(self, 11, 16, 16);
    put_fill(self, 16);
    ends[1] = self->out->len;
}

static void
cut_sflow(Hostile *self)
{
    enum { HEADER = 28 };
    size_t ends[2], length = 1;

    for (size_t cut = 0; cut <= length; cut++) {
        case_begin(self, PROTOCOL_SFLOW, "sflow-after-%03zu-bytes", cut);
        rich_sflow(self, ends);
        length = self->out->len;
        g_byte_array_set_size(self->out, (guint)cut);
        size_t start = cut >= ends[0] ? ends[0] : HEADER;
        if (cut < HEADER) {
            expect(self, "refusedBy.too_short", 1);
        } else {
            expect(self, "counterSamples", cut >= ends[0]);
            expect(self, "records", cut == length);
            if (cut < length) /* the next sample is not there at all, or not all of it */
                expect(self, cut - start < 8 ? "malformed.header_count" : "malformed.set_length", 1);
        }
        message_close(self);
        case_end(self);
    }
}

void
hostile_truncated(Hostile *self)
{
    for
        BOTH(protocol)
        {
            cut_message(self, protocol);
        }
    for (Protocol protocol = PROTOCOL_NETFLOW1; protocol <= PROTOCOL_NETFLOW7; protocol++)
        cut_legacy(self, protocol);
    cut_sflow(self);
}

/* ---- set-length ---- */

/* The last set of a message says @length; it has a header and eight bytes. */
static void
lying_set(Hostile *self, Protocol protocol, uint16_t length)
{
    case_begin(self, protocol, "%s-data-set-of-12-says-%u", protocol_name(protocol), length);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    fill_set(self, HOSTILE_TEMPLATE, 8);
    patch(self, self->set_at + 2, length, 2);
    if (length >= SET_HEADER && length <= 12) {
        expect_records(self, (length - 4u) / 4);
        if (length > SET_HEADER && length < 8) /* no record, and what is there is no padding */
            expect(self, "malformed.record_length", 1);
    }
    if (length != 12) /* else bytes are left that are no set, or the set runs past the end */
        expect(self, "malformed.set_length", 1);
    message_close(self);
    case_end(self);
}

/* The same with a template set, of which what is whole is read. */
static void
lying_template_set(Hostile *self, Protocol protocol, uint16_t length)
{
    case_begin(self, protocol, "%s-template-set-of-12-says-%u", protocol_name(protocol), length);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    patch(self, self->set_at + 2, length, 2);
    if (length < SET_HEADER)
        expect(self, "templates", -1);
    expect(self, "malformed.set_length", length != 12);
    message_close(self);
    case_end(self);
}

static void
reserved_set(Hostile *self, Protocol protocol, uint16_t id)
{
    case_begin(self, protocol, "%s-set-with-reserved-id-%u", protocol_name(protocol), id);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    fill_set(self, id, 8);
    expect(self, "malformed.set_id", 1);
    fill_set(self, HOSTILE_TEMPLATE, 8); /* its length leads behind it */
    expect_records(self, 2);
    message_close(self);
    case_end(self);
}

/* RFC 7011 section 3.1: the length counts the header. */
static void
lying_message(Hostile *self, int32_t length, const char *name)
{
    case_begin(self, PROTOCOL_IPFIX, "ipfix-message-of-40-says-%s", name);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1); /* up to 28 */
    fill_set(self, HOSTILE_TEMPLATE, 8);
    patch(self, 2, (uint64_t)length, 2);
    self->keeps_length = true;
    if (length < 16) {
        expect(self, "templates", -1);
        expect(self, "refusedBy.header_length", 1);
    } else {
        expect(self, "malformed.header_length", length != 40);
        if (length < 28)
            expect(self, "templates", -1);
        if (length >= 40)
            expect_records(self, 2);
    }
    message_close(self);
    case_end(self);
}

static void
lying_messages(Hostile *self)
{
    static const int32_t lengths[] = { 0, 1, 4, 15, 16, 28, 40, 41, 44, 1500, 0x7fff, 0x8000, 0xffff };

    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *name = g_strdup_printf("%d", lengths[i]);

        lying_message(self, lengths[i], name);
    }
}

static void
lying_count(Hostile *self, Protocol protocol, uint16_t count)
{
    case_begin(self, protocol, "%s-of-2-records-says-%u", protocol_name(protocol), count);
    legacy_open(self, count);
    put_fill(self, 2 * legacy_record(protocol));
    expect_records(self, MIN(count, 2u));
    expect(self, "malformed.header_count", count > 2);
    message_close(self);
    case_end(self);
}

/* One flow sample of 32 bytes, without records, announced as @n_samples of @length with @n_records. */
static void
lying_sflow(Hostile *self, uint32_t n_samples, uint32_t length, uint32_t n_records)
{
    case_begin(self, PROTOCOL_SFLOW, "sflow-says-%u-samples-of-%u-bytes-with-%u-records", n_samples, length,
               n_records);
    sflow_open(self, n_samples);
    put(self, 1, 4);
    put(self, length, 4);
    put_fill(self, 28);
    put(self, n_records, 4);
    if (length > 32 && n_samples > 0)
        expect(self, "malformed.set_length", 1);
    else if (length < 32 && n_samples > 0)
        expect(self, "malformed.sample_syntax", 1);
    else if (n_samples > 0)
        expect(self, "records", 1);
    if (n_samples > 1 && length <= 32)
        expect(self, length < 32 - 8 ? "malformed.set_length" : "malformed.header_count", 1);
    message_close(self);
    case_end(self);
}

void
hostile_set_length(Hostile *self)
{
    static const uint16_t lengths[] = { 0,  1,  2,  3,  4,  5,  6,   7,      8,      9,      10,     11,
                                        12, 13, 14, 16, 20, 64, 255, 0x0c00, 0x7fff, 0x8000, 0xfffc, 0xffff };
    static const uint16_t ids[] = { 2, 3, 4, 16, 255 };
    static const uint16_t counts[] = { 0, 1, 2, 3, 30, 31, 255, 0x7fff, 0x8000, 0xffff };
    static const uint32_t samples[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff };
    static const uint32_t sizes[] = { 32, 0, 4, 20, 33, 36, 0x7fffffff, 0xffffffe0, 0xffffffff };

    for
        BOTH(protocol)
        {
            for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
                lying_set(self, protocol, lengths[i]);
                if (lengths[i] < SET_HEADER || lengths[i] >= 12)
                    lying_template_set(self, protocol, lengths[i]);
            }
            for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
                if (protocol == PROTOCOL_NETFLOW9 || ids[i] > 3)
                    reserved_set(self, protocol, ids[i]);
        }
    reserved_set(self, PROTOCOL_IPFIX, 0);
    reserved_set(self, PROTOCOL_IPFIX, 1);
    lying_messages(self);
    for (Protocol protocol = PROTOCOL_NETFLOW1; protocol <= PROTOCOL_NETFLOW7; protocol++)
        for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
            lying_count(self, protocol, counts[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(sizes); j++)
            lying_sflow(self, samples[i], sizes[j], 0);
}

/* ---- trailing ---- */

/* @n bytes behind the last set, all of @byte. */
static void
behind_sets(Hostile *self, Protocol protocol, size_t n, uint8_t byte)
{
    bool ipfix = protocol == PROTOCOL_IPFIX;

    case_begin(self, protocol, "%s-%02zu-bytes-of-%02x-behind-the-sets", protocol_name(protocol), n, byte);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    fill_set(self, HOSTILE_TEMPLATE, 8);
    expect_records(self, 2);
    for (size_t i = 0; i < n; i++)
        put(self, byte, 1);
    /* Routers fill v9 datagrams up with zeros. RFC 7011 knows padding within sets only: four zeros are a set
     * of no length. */
    if (byte != 0 || (ipfix && n >= SET_HEADER))
        expect(self, "malformed.set_length", 1);
    message_close(self);
    case_end(self);
}

/* The message ends where its length says. */
static void
behind_message(Hostile *self, size_t n, uint8_t byte)
{
    case_begin(self, PROTOCOL_IPFIX, "ipfix-%02zu-bytes-of-%02x-behind-the-message", n, byte);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    fill_set(self, HOSTILE_TEMPLATE, 8);
    expect_records(self, 2);
    patch(self, 2, self->out->len, 2);
    self->keeps_length = true;
    for (size_t i = 0; i < n; i++)
        put(self, byte, 1);
    expect(self, "malformed.header_length", 1);
    message_close(self);
    case_end(self);
}

/* @n bytes behind the records of a data set; a record has five. */
static void
behind_records(Hostile *self, Protocol protocol, size_t n, uint8_t byte)
{
    static const TemplateField fields[] = { { 0, 1, 4 }, { 0, 4, 1 } };

    case_begin(self, protocol, "%s-%02zu-bytes-of-%02x-behind-the-records", protocol_name(protocol), n, byte);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, fields, 2);
    set_open(self, HOSTILE_TEMPLATE);
    put_fill(self, 10);
    for (size_t i = 0; i < n; i++)
        put(self, byte, 1);
    set_close(self);
    /* Padding is shorter than any record (RFC 7011 section 3.3.1): from five bytes on it is one. */
    expect_records(self, 2 + (uint32_t)n / 5);
    message_close(self);
    case_end(self);
}

/* @n bytes behind the last template of a set, of options or not. */
static void
behind_templates(Hostile *self, Protocol protocol, size_t n, uint8_t byte, bool is_options)
{
    case_begin(self, protocol, "%s-%02zu-bytes-of-%02x-behind-the-%s", protocol_name(protocol), n, byte,
               is_options ? "options-templates" : "templates");
    message_open(self);
    if (is_options)
        options_template_set(self, HOSTILE_TEMPLATE, option_fields, 2, 1);
    else
        template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    for (size_t i = 0; i < n; i++)
        put(self, byte, 1);
    set_close(self);
    if (byte != 0 && n >= 4) /* as long as a template's head, so it is one, of more fields than there are */
        expect(self, "malformed.template_syntax", 1);
    fill_set(self, HOSTILE_TEMPLATE, is_options ? OPTIONS_SIZE : 4);
    if (is_options)
        expect_options(self, 1);
    else
        expect_records(self, 1);
    message_close(self);
    case_end(self);
}

void
hostile_trailing(Hostile *self)
{
    static const size_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 16, 48 };
    static const uint8_t bytes[] = { 0, HOSTILE_FILL };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(bytes); j++) {
            for
                BOTH(protocol)
                {
                    behind_sets(self, protocol, sizes[i], bytes[j]);
                    behind_records(self, protocol, sizes[i], bytes[j]);
                    for (int is_options = 0; is_options <= 1; is_options++)
                        behind_templates(self, protocol, sizes[i], bytes[j], is_options);
                }
            behind_message(self, sizes[i], bytes[j]);
        }
}
