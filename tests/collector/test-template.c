/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/template.h"

typedef TemplateResult (*Parse)(Cursor *, const ElementModel *, const TemplateLimits *, Template **);

static TemplateResult
parse_ipfix(Cursor *cur, const ElementModel *model, const TemplateLimits *limits, Template **out)
{
    return template_parse_ipfix(cur, model, limits, false, out);
}

static TemplateResult
parse_ipfix_options(Cursor *cur, const ElementModel *model, const TemplateLimits *limits, Template **out)
{
    return template_parse_ipfix(cur, model, limits, true, out);
}

/* Parses @bytes; the template, if there is one, goes to @out. @left: what the parser has not read. */
static TemplateResult
parse(Parse how, const uint8_t *bytes, size_t length, Template **out, size_t *left)
{
    g_autoptr(ElementModel) model = element_model_new();
    TemplateLimits limits = { .fields = 8 };
    Cursor cur = cursor_over(bytes, length);
    Template *tmpl = NULL;
    TemplateResult result = how(&cur, model, &limits, &tmpl);

    if (left != NULL)
        *left = cursor_left(&cur);
    if (out != NULL)
        *out = tmpl;
    else
        template_unref(tmpl);
    return result;
}

static void
test_v9_is_read_field_by_field(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    TemplateLimits limits = { .fields = 8 };
    static const uint8_t bytes[] = { 1, 4, 0, 2, 0, 8, 0, 4, 0, 1, 0, 8 }; /* id 260: 8/4, 1/8 */
    Cursor cur = cursor_over(bytes, sizeof bytes);
    g_autoptr(Template) tmpl = NULL;

    g_assert_cmpint(template_parse_v9(&cur, model, &limits, &tmpl), ==, TEMPLATE_OK);
    g_assert_cmpuint(tmpl->id, ==, 260);
    g_assert_cmpuint(tmpl->n_fields, ==, 2);
    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "sourceIPv4Address");
    g_assert_cmpuint(tmpl->fields[1].length, ==, 8);
    g_assert_cmpuint(tmpl->plan.record_length, ==, 12);
    g_assert_cmpuint(cursor_left(&cur), ==, 0);
}

static void
test_cut_short_is_refused(void)
{
    static const uint8_t v9[] = { 1, 0, 0, 2, 0, 8, 0, 4, 0, 7 };             /* says 2 fields, has 1.5 */
    static const uint8_t ipfix[] = { 1, 0, 0, 1, 0x80, 8, 0, 4, 0, 0 };       /* half an enterprise number */
    static const uint8_t options[] = { 1, 0, 0, 4, 0, 8, 0, 1, 0, 4, 0, 34 }; /* says 8 bytes, has 2 */

    g_assert_cmpint(parse(template_parse_v9, v9, sizeof v9, NULL, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(parse_ipfix, ipfix, sizeof ipfix, NULL, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(template_parse_v9_options, options, sizeof options, NULL, NULL), ==,
                    TEMPLATE_SYNTAX);
}

static void
test_an_id_below_256_is_refused(void)
{
    static const uint8_t bytes[] = { 0, 255, 0, 1, 0, 8, 0, 4 };

    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, NULL, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(parse_ipfix, bytes, sizeof bytes, NULL, NULL), ==, TEMPLATE_SYNTAX);
}

static void
test_records_without_length_are_refused(void)
{
    static const uint8_t bytes[] = { 1, 0, 0, 1, 0, 8, 0, 0, 0xaa };
    size_t left;

    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, NULL, &left), ==, TEMPLATE_EMPTY);
    g_assert_cmpuint(left, ==, 1); /* the next template of the set can be read */
}

static void
test_too_many_fields_are_stepped_over(void)
{
    uint8_t bytes[4 + 9 * 4 + 1] = { 1, 0, 0, 9 };
    size_t left;

    for (int i = 0; i < 9; i++)
        bytes[4 + 4 * i + 1] = bytes[4 + 4 * i + 3] = 4;
    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, NULL, &left), ==, TEMPLATE_TOO_LARGE);
    g_assert_cmpuint(left, ==, 1);
}

static void
test_zeros_are_padding(void)
{
    static const uint8_t bytes[7] = { 0 };

    g_assert_cmpint(parse(template_parse_v9, bytes, sizeof bytes, NULL, NULL), ==, TEMPLATE_PADDING);
    g_assert_cmpint(parse(template_parse_v9_options, bytes, sizeof bytes, NULL, NULL), ==, TEMPLATE_PADDING);
    g_assert_cmpint(parse(parse_ipfix, bytes, sizeof bytes, NULL, NULL), ==, TEMPLATE_PADDING);
}

static void
test_v9_scopes_are_no_elements(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    TemplateLimits limits = { .fields = 8 };
    /* id 256, scope 4 bytes, options 8 bytes: interface/4, then samplingInterval/4, interfaceName/16 */
    static const uint8_t bytes[] = { 1, 0, 0, 4, 0, 8, 0, 2, 0, 4, 0, 34, 0, 4, 0, 82, 0, 16 };
    Cursor cur = cursor_over(bytes, sizeof bytes);
    g_autoptr(Template) tmpl = NULL;

    g_assert_cmpint(template_parse_v9_options(&cur, model, &limits, &tmpl), ==, TEMPLATE_OK);
    g_assert_true(tmpl->is_options);
    g_assert_cmpuint(tmpl->n_scope, ==, 1);
    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "scopeInterface");
    g_assert_cmpstr(tmpl->fields[1].element->name, ==, "samplingInterval");
}

static void
test_ipfix_enterprise_numbers_are_read(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    TemplateLimits limits = { .fields = 8 };
    /* 300: 1/8 reverse (29305), 9/12235 variable, 8/4 */
    static const uint8_t bytes[] = { 1,    44,   0,    3,    0x80, 1, 0, 8, 0, 0, 0x72, 0x79,
                                     0xaf, 0xcb, 0xff, 0xff, 0,    0, 0, 9, 0, 8, 0,    4 };
    Cursor cur = cursor_over(bytes, sizeof bytes);
    g_autoptr(Template) tmpl = NULL;

    g_assert_cmpint(template_parse_ipfix(&cur, model, &limits, false, &tmpl), ==, TEMPLATE_OK);
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
    TemplateLimits limits = { .fields = 8 };
    static const uint8_t bytes[] = { 1, 0, 0, 1, 0x80, 0xe8, 0, 12 }; /* 33000, 12 bytes */
    Cursor cur = cursor_over(bytes, sizeof bytes);
    g_autoptr(Template) tmpl = NULL;

    g_assert_cmpint(template_parse_v9(&cur, model, &limits, &tmpl), ==, TEMPLATE_OK);
    g_assert_cmpstr(tmpl->fields[0].element->name, ==, "e0id33000");
}

static void
test_more_scopes_than_fields_are_refused(void)
{
    static const uint8_t bytes[] = { 1, 0, 0, 1, 0, 8, 0, 10, 0, 4 };
    static const uint8_t none[] = { 1, 0, 0, 1, 0, 0, 0, 10, 0, 4 }; /* RFC 7011 section 3.4.2.2: not zero */

    g_assert_cmpint(parse(parse_ipfix_options, bytes, sizeof bytes, NULL, NULL), ==, TEMPLATE_SYNTAX);
    g_assert_cmpint(parse(parse_ipfix_options, none, sizeof none, NULL, NULL), ==, TEMPLATE_SYNTAX);
}

static void
test_a_withdrawal_is_no_template(void)
{
    static const uint8_t one[] = { 1, 0, 0, 0 }, all[] = { 0, 2, 0, 0 };

    g_assert_cmpint(parse(parse_ipfix, one, sizeof one, NULL, NULL), ==, TEMPLATE_WITHDRAWN);
    g_assert_cmpint(parse(parse_ipfix, all, sizeof all, NULL, NULL), ==, TEMPLATE_WITHDRAWN);
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
test_templates_of_one_hash_are_still_told_apart(void)
{
    static const FieldNumber iana = { 0, 1, 4 }, enterprise = { 0x10000, 0, 4 };
    g_autoptr(ElementModel) model = element_model_new();
    g_autoptr(Template) a = template_new(model, 300, &iana, 1, 0, false);
    g_autoptr(Template) b = template_new(model, 300, &enterprise, 1, 0, false);

    g_assert_cmpuint(a->hash, ==, b->hash);
    g_assert_false(template_equal(a, b));
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
    g_test_add_func("/collector/template/templates-of-one-hash-are-still-told-apart",
                    test_templates_of_one_hash_are_still_told_apart);
    return g_test_run();
}
