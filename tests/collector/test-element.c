/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-element.c - names and types of information elements, reversed, unknown and as scopes of v9 */
#include "collector/element.h"

#include <string.h>

static void
test_registered_elements_have_their_names_and_types(void)
{
    static const struct {
        uint16_t id;
        const char *name;
        ElementType type;
    } known[] = {
        { 1, "octetDeltaCount", ELEMENT_UNSIGNED },
        { 8, "sourceIPv4Address", ELEMENT_IPV4 },
        { 28, "destinationIPv6Address", ELEMENT_IPV6 },
        { 56, "sourceMacAddress", ELEMENT_MAC },
        { 82, "interfaceName", ELEMENT_STRING },
        { 150, "flowStartSeconds", ELEMENT_SECONDS },
        { 152, "flowStartMilliseconds", ELEMENT_MILLISECONDS },
        { 154, "flowStartMicroseconds", ELEMENT_MICROSECONDS },
        { 156, "flowStartNanoseconds", ELEMENT_NANOSECONDS },
        { 291, "basicList", ELEMENT_BASIC_LIST },
        { 292, "subTemplateList", ELEMENT_RECORD_LIST },
        { 293, "subTemplateMultiList", ELEMENT_MULTI_LIST },
        { 311, "samplingProbability", ELEMENT_FLOAT },
    };
    g_autoptr(ElementModel) model = element_model_new();

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        const Element *element = element_model_find(model, 0, known[i].id);
        g_assert_nonnull(element);
        g_assert_cmpstr(element->name, ==, known[i].name);
        g_assert_cmpint(element->type, ==, known[i].type);
        g_assert_true(element_model_by_name(model, known[i].name) == element);
    }
}

static void
test_reverse_elements_are_those_of_pen_29305(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    const Element *element = element_model_find(model, ELEMENT_PEN_REVERSE, 1);

    g_assert_nonnull(element);
    g_assert_cmpstr(element->name, ==, "reverseOctetDeltaCount");
}

static void
test_unknown_elements_are_told(void)
{
    g_autoptr(ElementModel) model = element_model_new();

    g_assert_null(element_model_find(model, 0, 33000));
    g_assert_null(element_model_find(model, 35632, 180));
    g_assert_null(element_model_by_name(model, "octetDeltacount"));
}

static void
test_a_v9_scope_is_not_the_element_of_the_same_number(void)
{
    g_autoptr(ElementModel) model = element_model_new();

    g_assert_cmpstr(element_model_find(model, ELEMENT_PEN_V9_SCOPE, 1)->name, ==, "scopeSystem");
    g_assert_cmpstr(element_model_find(model, 0, 1)->name, ==, "octetDeltaCount");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/element/registered-elements-have-their-names-and-types",
                    test_registered_elements_have_their_names_and_types);
    g_test_add_func("/collector/element/reverse-elements-are-those-of-pen-29305",
                    test_reverse_elements_are_those_of_pen_29305);
    g_test_add_func("/collector/element/unknown-elements-are-told", test_unknown_elements_are_told);
    g_test_add_func("/collector/element/a-v9-scope-is-not-the-element-of-the-same-number",
                    test_a_v9_scope_is_not_the_element_of_the_same_number);
    return g_test_run();
}
