/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-fields.c - every element that a FlowRecord has room for, in lengths that it does not have; values
 * of variable length that run past their set
 *
 * A field beyond the native size of its element is what has overflowed a stack or two elsewhere. Whatever
 * such a field is taken for, the fields beside it must come out right, and nothing of it may reach beyond.
 */
#include "tests/support/hostile-private.h"

/* Native sizes: the IANA registry; 29305: RFC 5103's reverse elements; 40001 and on: Cisco ASA's own of v9.
 */
static const HostileElement natives[] = {
    { 0, 1, 8 },     { 0, 2, 8 },     { 0, 4, 1 },     { 0, 5, 1 },     { 0, 6, 2 },      { 0, 7, 2 },
    { 0, 8, 4 },     { 0, 9, 1 },     { 0, 10, 4 },    { 0, 11, 2 },    { 0, 12, 4 },     { 0, 13, 1 },
    { 0, 14, 4 },    { 0, 15, 4 },    { 0, 16, 4 },    { 0, 17, 4 },    { 0, 18, 4 },     { 0, 21, 4 },
    { 0, 22, 4 },    { 0, 23, 8 },    { 0, 24, 8 },    { 0, 27, 16 },   { 0, 28, 16 },    { 0, 29, 1 },
    { 0, 30, 1 },    { 0, 32, 2 },    { 0, 34, 4 },    { 0, 48, 1 },    { 0, 50, 4 },     { 0, 56, 6 },
    { 0, 57, 6 },    { 0, 58, 2 },    { 0, 59, 2 },    { 0, 61, 1 },    { 0, 62, 16 },    { 0, 63, 16 },
    { 0, 80, 6 },    { 0, 81, 6 },    { 0, 85, 8 },    { 0, 86, 8 },    { 0, 95, 4 },     { 0, 136, 1 },
    { 0, 139, 2 },   { 0, 148, 8 },   { 0, 150, 4 },   { 0, 151, 4 },   { 0, 152, 8 },    { 0, 153, 8 },
    { 0, 154, 8 },   { 0, 155, 8 },   { 0, 156, 8 },   { 0, 157, 8 },   { 0, 158, 4 },    { 0, 159, 4 },
    { 0, 160, 8 },   { 0, 161, 4 },   { 0, 162, 4 },   { 0, 176, 1 },   { 0, 177, 1 },    { 0, 178, 1 },
    { 0, 179, 1 },   { 0, 180, 2 },   { 0, 181, 2 },   { 0, 182, 2 },   { 0, 183, 2 },    { 0, 225, 4 },
    { 0, 226, 4 },   { 0, 227, 2 },   { 0, 228, 2 },   { 0, 230, 1 },   { 0, 231, 8 },    { 0, 232, 8 },
    { 0, 233, 1 },   { 0, 234, 4 },   { 0, 235, 4 },   { 0, 239, 1 },   { 0, 243, 2 },    { 0, 252, 4 },
    { 0, 253, 4 },   { 0, 281, 16 },  { 0, 282, 16 },  { 0, 298, 8 },   { 0, 299, 8 },    { 0, 302, 8 },
    { 0, 305, 4 },   { 0, 306, 4 },   { 0, 309, 4 },   { 0, 310, 4 },   { 0, 322, 4 },    { 0, 323, 8 },
    { 0, 324, 8 },   { 0, 325, 8 },   { 0, 352, 8 },   { 0, 40001, 4 }, { 0, 40002, 4 },  { 0, 40003, 2 },
    { 0, 40004, 2 }, { 0, 40005, 1 }, { 29305, 1, 8 }, { 29305, 2, 8 }, { 29305, 85, 8 }, { 29305, 86, 8 },
};

const HostileElement *
hostile_elements(size_t *n)
{
    *n = G_N_ELEMENTS(natives);
    return natives;
}

/* The two fields beside it, of four bytes each: AS numbers, or interfaces where those are in question. */
static void
beside(const HostileElement *field, uint16_t ids[2], const char *keys[2])
{
    bool is_as = field->pen == 0 && (field->id == 16 || field->id == 17);

    ids[0] = is_as ? 10 : 16;
    ids[1] = is_as ? 14 : 17;
    keys[0] = is_as ? "last.in_if" : "last.src_as";
    keys[1] = is_as ? "last.out_if" : "last.dst_as";
}

static void
field_of_length(Hostile *self, Protocol protocol, const HostileElement *field, uint16_t length)
{
    const char *keys[2];
    uint16_t ids[2];

    beside(field, ids, keys);
    const TemplateField fields[] = { { 0, ids[0], 4 }, { field->pen, field->id, length }, { 0, ids[1], 4 } };
    case_begin(self, protocol, "%s-%s%u-of-%u-bytes", protocol_name(protocol),
               field->pen != 0 ? "reverse-" : "", field->id, length);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, fields, G_N_ELEMENTS(fields));
    set_open(self, HOSTILE_TEMPLATE);
    put(self, 0x01020304, 4);
    for (uint32_t i = 0; i < MIN(length, 300u); i++) /* 17: UDP, and no zero anywhere */
        put(self, 17, 1);
    put(self, 0x05060708, 4);
    set_close(self);
    if (length <= 300) {
        expect_records(self, 1);
        expect(self, keys[0], 0x01020304);
        expect(self, keys[1], 0x05060708);
    } else {
        expect(self, "malformed.record_length", 1);
    }
    message_close(self);
    case_end(self);
}

void
hostile_fields(Hostile *self)
{
    for
        BOTH(protocol)
    for (size_t i = 0; i < G_N_ELEMENTS(natives); i++) {
        const uint16_t lengths[] = { 0, 1, (uint16_t)(natives[i].length + 1), 255, 65534 };
        bool is_v9 = protocol == PROTOCOL_NETFLOW9;

        if (is_v9 ? natives[i].pen != 0 : natives[i].id > 0x7fff)
            continue;
        for (size_t j = 0; j < G_N_ELEMENTS(lengths); j++)
            field_of_length(self, protocol, &natives[i], lengths[j]);
    }
}

/* ---- variable: RFC 7011 section 7 ---- */

/* Where the field of variable length stands among those of four bytes. */
static const struct {
    const char *name;
    uint32_t n_before, n_behind;
} places[] = { { "alone", 0, 0 }, { "first", 0, 1 }, { "between", 1, 1 }, { "last", 1, 0 } };

/* @n bytes of a length are there, which is said to be @claimed; then @there bytes of value. */
typedef struct Value {
    uint8_t n_prefix;
    bool is_long; /* three bytes: 255 and sixteen bits */
    uint16_t claimed, there;
} Value;

static const Value values[] = {
    { 1, false, 0, 0 },       { 1, false, 1, 1 },       { 1, false, 7, 7 },      { 1, false, 254, 254 },
    { 3, true, 0, 0 },        { 3, true, 1, 1 },        { 3, true, 7, 7 },       { 3, true, 254, 254 },
    { 3, true, 255, 255 },    { 3, true, 300, 300 },    { 1, false, 254, 0 },    { 1, false, 254, 253 },
    { 1, false, 200, 20 },    { 1, false, 128, 1 },     { 3, true, 255, 0 },     { 3, true, 255, 254 },
    { 3, true, 256, 20 },     { 3, true, 0x7fff, 20 },  { 3, true, 0x8000, 20 }, { 3, true, 0xfffe, 20 },
    { 3, true, 0xffff, 20 },  { 3, true, 0xffff, 300 }, { 2, true, 0xaaaa, 0 },  { 1, true, 0xaaaa, 0 },
    { 3, true, 0xff00, 255 },
};

/* A template with @n_before + 1 + @n_behind fields, of options or not. */
static void
variable_template(Hostile *self, size_t place, bool is_options)
{
    static const TemplateField around[] = { { 0, 10, 4 }, { 0, 14, 4 } };
    TemplateField fields[3];
    uint32_t n = 0;

    if (places[place].n_before > 0)
        fields[n++] = around[0];
    fields[n++] = (TemplateField){ 0, 82, VARIABLE };
    if (places[place].n_behind > 0)
        fields[n++] = around[1];
    if (is_options)
        options_template_set(self, HOSTILE_TEMPLATE, fields, n, 1);
    else
        template_set(self, HOSTILE_TEMPLATE, fields, n);
}

static void
variable_value(Hostile *self, size_t place, const Value *value, bool is_options)
{
    const uint8_t prefix[] = { value->is_long ? 255 : (uint8_t)value->claimed, (uint8_t)(value->claimed >> 8),
                               (uint8_t)value->claimed };
    bool is_whole = value->claimed == value->there;
    bool has_tail = value->n_prefix == 3 || !value->is_long; /* else the set ends within the length */

    case_begin(self, PROTOCOL_IPFIX, "ipfix-%s-%s-%u-of-%u-in-%u-bytes", is_options ? "options" : "record",
               places[place].name, value->there, value->claimed, value->n_prefix);
    message_open(self);
    variable_template(self, place, is_options);
    set_open(self, HOSTILE_TEMPLATE);
    put_fill(self, (size_t)places[place].n_before * 4);
    g_byte_array_append(self->out, prefix, value->n_prefix);
    put_fill(self, value->there + (has_tail && is_whole ? places[place].n_behind * 4u : 0));
    set_close(self);
    if (!is_whole)
        expect(self, "malformed.record_length", 1);
    else if (is_options)
        expect_options(self, 1);
    else
        expect_records(self, 1);
    message_close(self);
    case_end(self);
}

/* A good record first: it counts, and the one behind it does not. */
static void
good_then_bad(Hostile *self)
{
    for (uint32_t n_good = 1; n_good <= 4; n_good++)
        for (uint16_t claimed = 3; claimed <= 254; claimed += 251) {
            case_begin(self, PROTOCOL_IPFIX, "ipfix-%u-good-records-before-one-of-%u", n_good, claimed);
            message_open(self);
            variable_template(self, 2, false);
            set_open(self, HOSTILE_TEMPLATE);
            for (uint32_t i = 0; i <= n_good; i++) {
                put(self, 7, 4);
                put(self, i == n_good ? claimed : 2, 1);
                put_fill(self, 6);
            }
            set_close(self);
            expect_records(self, n_good);
            expect(self, "last.in_if", 7);
            expect(self, "last.out_if", 0xaaaaaaaa);
            expect(self, "malformed.record_length", 1);
            message_close(self);
            case_end(self);
        }
}

void
hostile_variable(Hostile *self)
{
    for (size_t place = 0; place < G_N_ELEMENTS(places); place++)
        for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
            for (int is_options = 0; is_options <= 1; is_options++)
                variable_value(self, place, &values[i], is_options);
    good_then_bad(self);
}
