/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-lengths.c - templates whose records have no length, or one beyond 16 bits; scopes of any length
 *
 * RFC 3954 section 6.1 gives an options template's lengths in bytes, RFC 7011 section 3.4.2.2 in fields.
 */
#include "tests/support/hostile-private.h"

static const uint16_t some_ids[] = { 8, 12, 7, 11, 4, 1, 2, 152, 153, 10, 14, 6 };

/* ---- zero-length: a record that takes nothing never ends a set ---- */

static void
empty_template(Hostile *self, uint32_t n)
{
    TemplateField fields[G_N_ELEMENTS(some_ids)] = { 0 };

    for (uint32_t i = 0; i < n; i++)
        fields[i].id = some_ids[i];
    set_open(self, templates_id(self));
    put_template(self, HOSTILE_TEMPLATE, fields, n);
    set_close(self);
}

/* The template is refused, so its data set waits for one. */
static void
empty_templates(Hostile *self, Protocol protocol)
{
    for (uint32_t n = 1; n <= G_N_ELEMENTS(some_ids); n++) {
        case_begin(self, protocol, "%s-template-of-%u-empty-fields", protocol_name(protocol), n);
        message_open(self);
        empty_template(self, n);
        fill_set(self, HOSTILE_TEMPLATE, 8);
        message_close(self);
        expect(self, "malformed.template_empty", 1);
        expect(self, "missingTemplateSets", 1);
        expect(self, "heldSets", 1);
        case_end(self);
    }
}

/* What is refused takes nothing away: neither the next template of the set, nor the one it would replace. */
static void
empty_beside_good(Hostile *self, Protocol protocol)
{
    static const TemplateField good[] = { { 0, 1, 4 } }, none[] = { { 0, 1, 0 } };

    for (int is_first = 0; is_first <= 1; is_first++) {
        case_begin(self, protocol, "%s-empty-template-%s-a-good-one", protocol_name(protocol),
                   is_first ? "before" : "after");
        message_open(self);
        set_open(self, templates_id(self));
        for (int i = 0; i <= 1; i++)
            put_template(self, HOSTILE_TEMPLATE, (i == 0) == is_first ? none : good, 1);
        set_close(self);
        fill_set(self, HOSTILE_TEMPLATE, 8);
        expect(self, "templates", 1);
        expect(self, "malformed.template_empty", 1);
        expect_records(self, 2);
        message_close(self);
        case_end(self);
    }
}

/* Fields without a byte beside one that has some: as many records as there are bytes. */
static void
one_byte_records(Hostile *self, Protocol protocol)
{
    for (uint32_t n = 1; n < G_N_ELEMENTS(some_ids); n++) {
        TemplateField fields[G_N_ELEMENTS(some_ids)] = { 0 };

        case_begin(self, protocol, "%s-record-of-one-byte-and-%u-empty-fields", protocol_name(protocol), n);
        for (uint32_t i = 0; i <= n; i++)
            fields[i] = (TemplateField){ 0, some_ids[i], i == n / 2 };
        message_open(self);
        template_set(self, HOSTILE_TEMPLATE, fields, n + 1);
        fill_set(self, HOSTILE_TEMPLATE, n);
        expect_records(self, n);
        message_close(self);
        case_end(self);
    }
}

/* RFC 7011 section 7: an empty value of variable length is one byte of zero, so the record has a length. */
static void
variable_records_of_zeros(Hostile *self)
{
    for (uint32_t n_fields = 1; n_fields <= 6; n_fields++) {
        TemplateField fields[6];

        case_begin(self, PROTOCOL_IPFIX, "ipfix-records-of-%u-empty-variable-fields", n_fields);
        for (uint32_t i = 0; i < n_fields; i++)
            fields[i] = (TemplateField){ 0, some_ids[i], VARIABLE };
        message_open(self);
        template_set(self, HOSTILE_TEMPLATE, fields, n_fields);
        set_open(self, HOSTILE_TEMPLATE);
        put(self, 0, (size_t)n_fields * 12);
        set_close(self);
        expect_records(self, 12);
        message_close(self);
        case_end(self);
    }
}

static void
empty_options(Hostile *self, Protocol protocol)
{
    static const TemplateField none[8] = { { 0, 1, 0 }, { 0, 2, 0 }, { 0, 34, 0 }, { 0, 35, 0 },
                                           { 0, 1, 0 }, { 0, 2, 0 }, { 0, 34, 0 }, { 0, 35, 0 } };

    for (uint32_t n_scope = 0; n_scope <= 4; n_scope++)
        for (uint32_t n = n_scope; n <= n_scope + 4; n++) {
            bool ipfix = protocol == PROTOCOL_IPFIX;

            if (n == 0 && ipfix) /* that is a withdrawal: see there */
                continue;
            case_begin(self, protocol, "%s-options-of-%u-empty-fields-%u-of-scope", protocol_name(protocol),
                       n, n_scope);
            message_open(self);
            set_open(self, options_templates_id(self));
            put_options_template(self, HOSTILE_TEMPLATE, none, n, n_scope);
            set_close(self);
            message_close(self);
            /* RFC 7011 section 3.4.2.2: the scope field count must not be zero. */
            expect(self, ipfix && n_scope == 0 ? "malformed.template_syntax" : "malformed.template_empty", 1);
            case_end(self);
        }
}

void
hostile_zero_length(Hostile *self)
{
    for
        BOTH(protocol)
        {
            empty_templates(self, protocol);
            empty_beside_good(self, protocol);
            one_byte_records(self, protocol);
            empty_options(self, protocol);
        }
    case_begin(self, PROTOCOL_NETFLOW9, "netflow9-template-of-no-fields");
    message_open(self);
    empty_template(self, 0);
    expect(self, "malformed.template_empty", 1);
    message_close(self);
    case_end(self);
    variable_records_of_zeros(self);
}

/* ---- option-sums ---- */

/* Two fields are there. What is announced must be whole fields, at least one, and within the set. */
static void
announced_options(Hostile *self, uint32_t scope_bytes, uint32_t option_bytes)
{
    uint32_t sum = scope_bytes + option_bytes;

    case_begin(self, PROTOCOL_NETFLOW9, "netflow9-scope-%u-options-%u", scope_bytes, option_bytes);
    message_open(self);
    set_open(self, 1);
    put(self, HOSTILE_TEMPLATE, 2);
    put(self, scope_bytes, 2);
    put(self, option_bytes, 2);
    put(self, 0x00010004, 4);
    put(self, 0x00220004, 4);
    set_close(self);
    if (scope_bytes % 4 != 0 || option_bytes % 4 != 0 || sum > 8) {
        expect(self, "malformed.template_syntax", 1);
    } else {
        expect(self, sum == 0 ? "malformed.template_empty" : "optionsTemplates", 1);
        if (sum < 8) /* the rest is no padding and no template either */
            expect(self, "malformed.template_syntax", 1);
    }
    message_close(self);
    case_end(self);
}

/* The length of a record is a sum of up to 64 Ki lengths of up to 64 KiB: where it wraps, memory is read. */
static void
long_records(Hostile *self, Protocol protocol, uint32_t n, uint16_t each, uint16_t last, bool is_options)
{
    TemplateField fields[256];

    case_begin(self, protocol, "%s-%s-of-%u-by-%u-and-%u", protocol_name(protocol),
               is_options ? "options" : "records", n, each, last);
    for (uint32_t i = 0; i < n; i++)
        fields[i] = (TemplateField){ 0, is_options && i == 0 ? 1 : 210, i + 1 == n ? last : each };
    message_open(self);
    if (is_options)
        options_template_set(self, HOSTILE_TEMPLATE, fields, n, 1);
    else
        template_set(self, HOSTILE_TEMPLATE, fields, n);
    fill_set(self, HOSTILE_TEMPLATE, 40);
    expect(self, "malformed.record_length", 1);
    message_close(self);
    case_end(self);
}

void
hostile_option_sums(Hostile *self)
{
    static const uint16_t edges[] = { 0,      1,      2,      3,      4,      5,      7,     8,
                                      0x7ffc, 0x7fff, 0x8000, 0x8004, 0xfff8, 0xfffc, 0xffff };
    /* sums of 2^16 + 0, 4, 20, 40 and of a multiple of it; and plainly too long */
    static const struct {
        uint32_t n;
        uint16_t each, last;
    } sums[] = { { 2, 0x8000, 0x8000 },  { 2, 0x8000, 0x8004 },   { 2, 0xfff0, 0x24 },
                 { 2, 0xfffe, 42 },      { 3, 0x8000, 4 },        { 4, 0x4000, 0x4000 },
                 { 4, 0x4000, 0x4028 },  { 16, 0x1000, 0x1004 },  { 256, 0x100, 0x104 },
                 { 256, 0xff00, 4 },     { 256, 0xfffe, 0xfffe }, { 17, 0xf000, 4 },
                 { 255, 0x8080, 0x8080 } };

    for (size_t i = 0; i < G_N_ELEMENTS(edges); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(edges); j++)
            announced_options(self, edges[i], edges[j]);
    for
        BOTH(protocol)
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        for (int is_options = 0; is_options <= 1; is_options++)
            long_records(self, protocol, sums[i].n, sums[i].each, sums[i].last, is_options);
}

/* ---- scopes ---- */

/* One options record: a scope of any length, then samplingInterval. */
static void
scope_of_length(Hostile *self, Protocol protocol, uint16_t id, uint16_t length)
{
    const TemplateField fields[] = { { 0, id, length }, { 0, 35, 1 } };
    bool is_variable = length == VARIABLE;

    case_begin(self, protocol, "%s-scope-%u-of-%u-bytes", protocol_name(protocol), id, length);
    message_open(self);
    set_open(self, options_templates_id(self));
    put_options_template(self, HOSTILE_TEMPLATE, fields, 2, 1);
    set_close(self);
    if (is_variable && protocol == PROTOCOL_NETFLOW9) {
        expect(self, "malformed.template_syntax", 1); /* v9 has no such thing */
    } else {
        expect(self, "optionsTemplates", 1);
        set_open(self, HOSTILE_TEMPLATE);
        if (is_variable)
            put(self, 3, 1);
        put_fill(self, (is_variable ? 3u : MIN(length, 300u)) + 1);
        set_close(self);
        if (length <= 300 || is_variable)
            expect_options(self, 1);
        else
            expect(self, "malformed.record_length", 1);
    }
    message_close(self);
    case_end(self);
}

/* RFC 7011 section 3.4.2.2: at least one field is the scope, and not more than there are. */
static void
scope_counts(Hostile *self)
{
    static const TemplateField fields[] = { { 0, 149, 4 }, { 0, 10, 4 }, { 0, 35, 1 }, { 0, 36, 2 } };
    static const uint16_t counts[] = { 0, 1, 2, 3, 4, 5, 255, 0x7fff, 0x8000, 0xffff };

    for (uint32_t n = 1; n <= G_N_ELEMENTS(fields); n++)
        for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
            bool is_good = counts[i] >= 1 && counts[i] <= n;
            size_t size = 0;

            case_begin(self, PROTOCOL_IPFIX, "ipfix-%u-of-%u-fields-are-scope", counts[i], n);
            message_open(self);
            set_open(self, 3);
            put_options_template(self, HOSTILE_TEMPLATE, fields, n, counts[i]);
            set_close(self);
            for (uint32_t j = 0; j < n; j++)
                size += fields[j].length;
            fill_set(self, HOSTILE_TEMPLATE, size);
            expect(self, is_good ? "optionsTemplates" : "malformed.template_syntax", 1);
            if (is_good) {
                expect_options(self, 1);
            } else {
                expect(self, "missingTemplateSets", 1);
                expect(self, "heldSets", 1);
            }
            message_close(self);
            case_end(self);
        }
}

/* More fields than there are bytes of them: cut short. */
static void
announced_fields(Hostile *self)
{
    static const TemplateField fields[] = { { 0, 149, 4 }, { 0, 35, 1 } };
    static const uint16_t counts[] = { 3, 4, 255, 0x3fff, 0x4000, 0x4002, 0x7fff, 0x8000, 0xc002, 0xffff };

    for
        BOTH(protocol)
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        for (int is_options = 0; is_options <= (protocol == PROTOCOL_IPFIX); is_options++) {
            case_begin(self, protocol, "%s-%s-announces-%u-fields-has-2", protocol_name(protocol),
                       is_options ? "options" : "template", counts[i]);
            message_open(self);
            set_open(self, is_options ? 3 : templates_id(self));
            if (is_options)
                put_options_template(self, HOSTILE_TEMPLATE, fields, 2, 1);
            else
                put_template(self, HOSTILE_TEMPLATE, fields, 2);
            patch(self, self->set_at + 6, counts[i], 2);
            set_close(self);
            expect(self, "malformed.template_syntax", 1);
            message_close(self);
            case_end(self);
        }
}

void
hostile_scopes(Hostile *self)
{
    static const uint16_t v9_types[] = { 1, 2, 3, 4, 5, 0, 6, 65535 };
    static const uint16_t elements[] = { 149, 10, 130, 138, 346 };
    static const uint16_t lengths[] = { 0, 1, 2, 3, 4, 5, 8, 9, 16, 255, 65534, VARIABLE };

    for (size_t j = 0; j < G_N_ELEMENTS(lengths); j++) {
        for (size_t i = 0; i < G_N_ELEMENTS(v9_types); i++)
            scope_of_length(self, PROTOCOL_NETFLOW9, v9_types[i], lengths[j]);
        for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
            scope_of_length(self, PROTOCOL_IPFIX, elements[i], lengths[j]);
    }
    scope_counts(self);
    announced_fields(self);
}
