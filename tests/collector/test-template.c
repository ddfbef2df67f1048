/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-template.c - template records of v9 and IPFIX are read, or refused for what is wrong with them */
#include "collector/template.h"

enum { FIELDS_MOST = 8 };

typedef TemplateResult (*Parse)(Cursor *, TemplateDefinition *);

static TemplateResult
parse_ipfix(Cursor *cur, TemplateDefinition *out)
{
    return template_parse_ipfix(cur, false, out);
}

static TemplateResult
parse_ipfix_options(Cursor *cur, TemplateDefinition *out)
{
    return template_parse_ipfix(cur, true, out);
}

/* Parses @bytes, of which the parser leaves @left (may be NULL). */
static TemplateResult
parse(Parse how, const uint8_t *bytes, size_t length, size_t *left)
{
    FieldNumber fields[FIELDS_MOST];
    TemplateDefinition definition = { .fields = fields, .most_fields = FIELDS_MOST };
    Cursor cur = cursor_over(bytes, length);
    TemplateResult result = how(&cur, &definition);

    if (left != NULL)
        *left = cursor_left(&cur);
    return result;
}

/* The template in @bytes, which is whole and is all that is in them. */
static Template *
make(Parse how, const ElementModel *model, const uint8_t *bytes, size_t length)
{
    FieldNumber fields[FIELDS_MOST];
    TemplateDefinition definition = { .fields = fields, .most_fields = FIELDS_MOST };
    Cursor cur = cursor_over(bytes, length);

    g_assert_cmpint(how(&cur, &definition), ==, TEMPLATE_OK);
    g_assert_cmpuint(cursor_left(&cur), ==, 0);
    Template *tmpl = template_new(model, definition.id, definition.fields, definition.n_fields,
                                  definition.n_scope, definition.is_options);
    g_assert_true(template_is(tmpl, &definition));
    return tmpl;
}

static void
test_v9_is_read_field_by_field(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    static const uint8_t bytes[] = { 1, 4, 0, 2, 0, 8, 0, 4, 0, 1, 0, 8 }; /* id 260: 8/4, 1/8 */
    g_autoptr(Template) tmpl = make(template_parse_v9, model, bytes, sizeof bytes);

    g_assert_cmpuint(tmpl->id, ==, 260);
    g_assert_cmpuint(tmpl->n_fields, ==, 2);
    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "sourceIPv4Address");
    g_assert_cmpuint(tmpl->fields[1].length, ==, 8);
    g_assert_cmpuint(tmpl->plan.record_length, ==, 12);
}

static void
test_cut_short_is_refused(void)
{
    static const uint8_t v9[] = { 1, 0, 0, 2, 0, 8, 0, 4, 0, 7 };             /* says 2 fields, has 1.5 */
    static const uint8_t ipfix[] = { 1, 0, 0, 1, 0x80, 8, 0, 4, 0, 0 };       /* half an enterprise number */
    static const uint8_t options[] = { 1, 0, 0, 4, 0, 8, 0, 1, 0, 4, 0, 34 }; /* says 8 bytes, has 2 */

    g_assert_cmpint(parse(template_parse_v9, v9, sizeof v9, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(parse_ipfix, ipfix, sizeof ipfix, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(template_parse_v9_options, options, sizeof options, NULL), ==, TEMPLATE_SYNTAX);
}

static void
test_an_id_below_256_is_refused(void)
{
    static const uint8_t bytes[] = { 0, 255, 0, 1, 0, 8, 0, 4 };

    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(parse_ipfix, bytes, sizeof bytes, NULL), ==, TEMPLATE_SYNTAX);
}

static void
test_records_without_length_are_refused(void)
{
    static const uint8_t bytes[] = { 1, 0, 0, 1, 0, 8, 0, 0, 0xaa };
    size_t left;

    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, &left), ==, TEMPLATE_EMPTY);
    g_assert_cmpuint(left, ==, 1); /* the next template of the set can be read */
}

static void
test_too_many_fields_are_stepped_over(void)
{
    uint8_t bytes[4 + 9 * 4 + 1] = { 1, 0, 0, 9 };
    size_t left;

    for (int i = 0; i < 9; i++)
        bytes[4 + 4 * i + 1] = bytes[4 + 4 * i + 3] = 4;
    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, &left), ==, TEMPLATE_TOO_LARGE);
    g_assert_cmpuint(left, ==, 1);
}

static void
test_zeros_are_padding(void)
{
    static const uint8_t bytes[7] = { 0 };

    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, NULL), ==, TEMPLATE_PADDING);
    g_assert_cmpint(parse(template_parse_v9_options, bytes, sizeof bytes, NULL), ==, TEMPLATE_PADDING);
    g_assert_cmpint(parse(parse_ipfix, bytes, sizeof bytes, NULL), ==, TEMPLATE_PADDING);
}

static void
test_v9_scopes_are_no_elements(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    /* id 256, scope 4 bytes, options 8 bytes: interface/4, then samplingInterval/4, interfaceName/16 */
    static const uint8_t bytes[] = { 1, 0, 0, 4, 0, 8, 0, 2, 0, 4, 0, 34, 0, 4, 0, 82, 0, 16 };
    g_autoptr(Template) tmpl = make(template_parse_v9_options, model, bytes, sizeof bytes);

    g_assert_true(tmpl->is_options);
    g_assert_cmpuint(tmpl->n_scope, ==, 1);
    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "scopeInterface");
    g_assert_cmpstr(tmpl->fields[1].element->name, ==, "samplingInterval");
}

static void
test_ipfix_enterprise_numbers_are_read(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    /* 300: 1/8 reverse (29305), 9/12235 variable, 8/4 */
    static const uint8_t bytes[] = { 1,    44,   0,    3,    0x80, 1, 0, 8, 0, 0, 0x72, 0x79,
                                     0xaf, 0xcb, 0xff, 0xff, 0,    0, 0, 9, 0, 8, 0,    4 };
    g_autoptr(Template) tmpl = make(parse_ipfix, model, bytes, sizeof bytes);

    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "reverseOctetDeltaCount");
    g_assert_cmpstr(tmpl->fields[1].element->name, ==, "e9id12235");
    g_assert_cmpint(tmpl->fields[1].element->type, ==, ELEMENT_OCTETS);
    g_assert_cmpuint(tmpl->plan.record_length, ==, 0);
    g_assert_cmpuint(tmpl->plan.least_length, ==, 8 + 1 + 4);
}

static void
test_v9_vendor_types_have_no_enterprise_bit(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    static const uint8_t bytes[] = { 1, 0, 0, 1, 0x80, 0xe8, 0, 12 }; /* 33000, 12 bytes */
    g_autoptr(Template) tmpl = make(template_parse_v9, model, bytes, sizeof bytes);

    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "e0id33000");
}

static void
test_more_scopes_than_fields_are_refused(void)
{
    static const uint8_t bytes[] = { 1, 0, 0, 1, 0, 8, 0, 10, 0, 4 };
    static const uint8_t none[] = { 1, 0, 0, 1, 0, 0, 0, 10, 0, 4 }; /* RFC 7011 section 3.4.2.2: not zero */

    g_assert_cmpint(parse(parse_ipfix_options, bytes, sizeof bytes, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(parse_ipfix_options, none, sizeof none, NULL), ==, TEMPLATE_SYNTAX);
}

static void
test_a_withdrawal_is_no_template(void)
{
    static const uint8_t one[] = { 1, 0, 0, 0 }, all[] = { 0, 2, 0, 0 };

    g_assert_cmpint(parse(parse_ipfix, one, sizeof one, NULL), ==, TEMPLATE_WITHDRAWN);
    g_assert_cmpint(parse(parse_ipfix, all, sizeof all, NULL), ==, TEMPLATE_WITHDRAWN);
}

static void
test_the_walk_finds_short_and_long_fields(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    static const FieldNumber fields[] = { { 0, 82, 65535 }, { 0, 83, 65535 }, { 0, 10, 4 } };
    g_autoptr(Template) tmpl = template_new(model, 256, fields, 3, 0, false);
    static const uint8_t bytes[] = { 2, 'h', 'i', 255, 0, 3, 'y', 'o', 'u', 0, 0, 0, 9 };
    Cursor cur = cursor_over(bytes, sizeof bytes), cut = cursor_over(bytes, sizeof bytes - 1);
    const uint8_t *at[3];
    uint16_t lengths[3];

    g_assert_true(template_walk(tmpl, &cur, at, lengths));
    g_assert_cmpuint(lengths[0], ==, 2);
    g_assert_cmpuint(lengths[1], ==, 3);
    g_assert_cmpint(at[1][0], ==, 'y');
    g_assert_cmpuint(at[2][3], ==, 9);
    g_assert_false(template_walk(tmpl, &cut, at, lengths));
}

static void
test_what_differs_in_one_thing_is_another_template(void)
{
    static const FieldNumber fields[] = { { 0, 1, 4 }, { 0, 8, 4 } };
    static const FieldNumber others[][2] = {
        { { 9, 1, 4 }, { 0, 8, 4 } },                               /* the enterprise */
        { { 0, 2, 4 }, { 0, 8, 4 } },                               /* the element */
        { { 0, 1, 8 }, { 0, 8, 4 } },                               /* a length */
        { { 0, 8, 4 }, { 0, 1, 4 } },                               /* the order */
        { { 0x10000, 0, 4 }, { 0, 8, 4 } }, { { 0, 1, 4 }, { 0 } }, /* the numbers run together; the last */
    };
    g_autoptr(ElementModel) model = element_model_new();
    g_autoptr(Template) tmpl = template_new(model, 300, fields, 2, 1, true);
    TemplateDefinition same = {
        .fields = (FieldNumber *)fields, .n_fields = 2, .n_scope = 1, .id = 300, .is_options = true
    };
    TemplateDefinition other = same;

    g_assert_true(template_is(tmpl, &same));
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        other.fields = (FieldNumber *)others[i];
        g_assert_false(template_is(tmpl, &other));
    }
    other = same, other.id = 301;
    g_assert_false(template_is(tmpl, &other));
    other = same, other.n_fields = 1;
    g_assert_false(template_is(tmpl, &other));
    other = same, other.n_scope = 2;
    g_assert_false(template_is(tmpl, &other));
    other = same, other.is_options = false;
    g_assert_false(template_is(tmpl, &other));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/template/v9-is-read-field-by-field", test_v9_is_read_field_by_field);
    g_test_add_func("/collector/template/cut-short-is-refused", test_cut_short_is_refused);
    g_test_add_func("/collector/template/an-id-below-256-is-refused", test_an_id_below_256_is_refused);
    g_test_add_func("/collector/template/records-without-length-are-refused",
                    test_records_without_length_are_refused);
    g_test_add_func("/collector/template/too-many-fields-are-stepped-over",
                    test_too_many_fields_are_stepped_over);
    g_test_add_func("/collector/template/zeros-are-padding", test_zeros_are_padding);
    g_test_add_func("/collector/template/v9-scopes-are-no-elements", test_v9_scopes_are_no_elements);
    g_test_add_func("/collector/template/ipfix-enterprise-numbers-are-read",
                    test_ipfix_enterprise_numbers_are_read);
    g_test_add_func("/collector/template/v9-vendor-types-have-no-enterprise-bit",
                    test_v9_vendor_types_have_no_enterprise_bit);
    g_test_add_func("/collector/template/more-scopes-than-fields-are-refused",
                    test_more_scopes_than_fields_are_refused);
    g_test_add_func("/collector/template/a-withdrawal-is-no-template", test_a_withdrawal_is_no_template);
    g_test_add_func("/collector/template/the-walk-finds-short-and-long-fields",
                    test_the_walk_finds_short_and_long_fields);
    g_test_add_func("/collector/template/what-differs-in-one-thing-is-another-template",
                    test_what_differs_in_one_thing_is_another_template);
    return g_test_run();
}
