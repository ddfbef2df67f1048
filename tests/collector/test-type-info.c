/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-type-info.c - elements that an exporter describes itself (RFC 5610) are named and read */
#include "collector/type-info.h"
#include "tests/collector/fixture.h"

#define SECONDS UINT32_C(1700000000)
enum { DATA = 300, TYPES = 301, PEN = 65518, NUMBER = 77, UNSIGNED32 = 3, STRING = 13 };

/* A data template with element PEN/NUMBER of @length. */
static void
put_data_template(Pen *pen, uint16_t length)
{
    size_t set = pen_set(pen, 2);

    pen_put(pen, DATA, 2);
    pen_put(pen, 2, 2);
    pen_put(pen, 4, 2);
    pen_put(pen, 1, 2);
    pen_put(pen, 0x8000 | NUMBER, 2);
    pen_put(pen, length, 2);
    pen_put(pen, PEN, 4);
    pen_end(pen, set);
}

/* RFC 5610 section 3.9, with the scope first: enterprise and number, then type, semantics, units, range,
 * name. */
static void
put_types_template(Pen *pen)
{
    static const uint16_t fields[] = {
        346, 4, 303, 2, 339, 1, 344, 1, 345, 2, 342, 8, 343, 8, 341, 65535, 0
    };

    pen_options_template_set(pen, TYPES, 2, fields);
}

static void
put_type(Pen *pen, uint32_t enterprise, uint16_t id, uint8_t type, const char *name)
{
    pen_put(pen, enterprise, 4);
    pen_put(pen, id, 2);
    pen_put(pen, type, 1);
    pen_put(pen, 1, 1); /* a quantity */
    pen_put(pen, 2, 2); /* in octets */
    pen_put(pen, 0, 8);
    pen_put(pen, UINT32_MAX, 8);
    pen_put(pen, strlen(name), 1);
    pen_bytes(pen, name, strlen(name));
}

static void
send(Fixture *self, Pen *pen)
{
    g_assert_true(fixture_send(self, pen));
}

static void
send_types(Fixture *self, uint32_t enterprise, uint16_t id, uint8_t type, const char *name)
{
    Pen pen;

    pen_ipfix(&pen, SECONDS, 0, 5);
    put_types_template(&pen);
    size_t set = pen_set(&pen, TYPES);
    put_type(&pen, enterprise, id, type, name);
    pen_end(&pen, set);
    send(self, &pen);
}

/* A record of template DATA; the line that is printed of it is lent. */
static const char *
send_data(Fixture *self, bool with_template)
{
    Pen pen;

    pen_ipfix(&pen, SECONDS, 0, 5);
    if (with_template)
        put_data_template(&pen, 4);
    size_t set = pen_set(&pen, DATA);
    pen_put(&pen, 6, 1);
    pen_put(&pen, 70000, 4);
    pen_end(&pen, set);
    send(self, &pen);
    return self->lines->pdata[self->lines->len - 1];
}

static void
test_an_element_is_named_from_when_it_is_told(void)
{
    g_auto(Fixture) self;

    fixture_init(&self);
    assert_has(send_data(&self, true), "\"e65518id77\":\"00011170\"");
    send_types(&self, PEN, NUMBER, UNSIGNED32, "bufferedOctets");
    assert_has(send_data(&self, false), "\"bufferedOctets\":70000"); /* the template was there before */
    assert_has(send_data(&self, true), "\"bufferedOctets\":70000");
    send_types(&self, PEN, NUMBER, STRING, "somethingElse");
    assert_has(send_data(&self, false), "\"somethingElse\":");
    /* It is one exporter's word, and nobody else's. */
    self.source = ip_from_v4(0xc0000202);
    assert_has(send_data(&self, true), "\"e65518id77\":\"00011170\"");
}

static void
test_names_are_made_identifiers_and_never_taken_twice(void)
{
    static const struct {
        const char *told, *printed;
    } cases[] = {
        { "plain", "\"plain\":70000" },
        { "with blank\"and\nmore", "\"with_blank_and_more\":70000" },
        { "octetDeltaCount", "\"octetDeltaCount_e65518id77\":70000" }, /* IANA's */
        { "exporter", "\"exporter_e65518id77\":70000" },               /* a key of ours */
        { "9lives", "\"e65518id77\":\"00011170\"" },
        { "", "\"e65518id77\":\"00011170\"" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Fixture) self;

        fixture_init(&self);
        send_types(&self, PEN, NUMBER, UNSIGNED32, cases[i].told);
        assert_has(send_data(&self, true), cases[i].printed);
    }
    g_auto(Fixture) self;
    fixture_init(&self);
    send_types(&self, PEN, NUMBER + 1, UNSIGNED32, "common");
    send_types(&self, PEN, NUMBER, UNSIGNED32, "common");
    assert_has(send_data(&self, true), "\"common_e65518id77\":70000");
}

static void
test_what_the_model_knows_is_not_told_anew(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    TypeInfo *types = type_info_new();

    g_assert_false(type_info_tell(types, model, 0, 1, UNSIGNED32, "mine", 4));
    g_assert_false(type_info_tell(types, model, 0, 31999, UNSIGNED32, "mine", 4));
    g_assert_false(type_info_tell(types, model, ELEMENT_PEN_REVERSE, 1, UNSIGNED32, "mine", 4));
    g_assert_false(type_info_tell(types, model, ELEMENT_PEN_SFLOW, 1, UNSIGNED32, "mine", 4));
    g_assert_false(type_info_tell(types, model, PEN, 1, 23, "mine", 4)); /* no such type */
    g_assert_cmpuint(type_info_count(types), ==, 0);
    g_assert_true(type_info_tell(types, model, PEN, 1, UNSIGNED32, "mine", 4));
    g_assert_false(type_info_tell(types, model, PEN, 1, UNSIGNED32, "mine", 4)); /* no news */
    for (int i = 0; i < TYPE_INFO_MOST + 10; i++)
        type_info_tell(types, model, PEN, (uint16_t)i, STRING, "many", 4);
    g_assert_cmpuint(type_info_count(types), ==, TYPE_INFO_MOST);
    g_assert_cmpstr(type_info_find(types, PEN, 1)->name, ==, "many_e65518id1");
    type_info_free(types);
    type_info_free(NULL);
    g_assert_cmpuint(type_info_count(NULL), ==, 0);
}

typedef struct Retold {
    const ElementModel *model;
    TypeInfo *types;
} Retold;

static void
tell_again(void *user, const Element *element, uint8_t data_type)
{
    Retold *self = user;

    g_assert_true(type_info_tell(self->types, self->model, element->pen, element->id, data_type,
                                 element->name, strlen(element->name)));
}

static void
assert_retold(void *user, const Element *element, uint8_t data_type)
{
    const Retold *self = user;
    const Element *again = type_info_find(self->types, element->pen, element->id);

    (void)data_type;
    g_assert_nonnull(again);
    g_assert_cmpstr(again->name, ==, element->name);
}

/* As the state file does it: whichever comes first. The longest names, all the same, were cut once more. */
static void
test_names_that_were_told_apart_stay_so_when_told_again(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    g_autofree char *longest = g_strnfill(TYPE_INFO_NAME_MOST, 's');
    TypeInfo *types = type_info_new();
    Retold again = { model, type_info_new() };

    for (uint16_t id = 1; id <= 40; id++)
        g_assert_true(type_info_tell(types, model, PEN, id, STRING, longest, strlen(longest)));
    g_assert_cmpuint(strlen(type_info_find(types, PEN, 40)->name), ==, TYPE_INFO_NAME_MOST);
    type_info_foreach(types, tell_again, &again);
    type_info_foreach(types, assert_retold, &again);
    type_info_free(again.types);
    type_info_free(types);
}

/* Who takes the name that another would get keeps it; the other is printed by its number. */
static void
test_a_name_with_a_number_behind_it_may_be_taken_too(void)
{
    g_autoptr(ElementModel) model = element_model_new();
    TypeInfo *types = type_info_new();

    g_assert_true(type_info_tell(types, model, PEN, 1, STRING, "x", 1));
    g_assert_true(type_info_tell(types, model, PEN, 2, STRING, "x_e65518id3", 11));
    g_assert_false(type_info_tell(types, model, PEN, 3, STRING, "x", 1));
    g_assert_null(type_info_find(types, PEN, 3));
    g_assert_cmpuint(type_info_count(types), ==, 2);
    type_info_free(types);
}

static void
test_options_that_tell_no_name_are_passed_over(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    pen_options_template_set(&pen, TYPES, 1, (const uint16_t[]){ 346, 4, 303, 2, 0 });
    size_t set = pen_set(&pen, TYPES);
    pen_put(&pen, PEN, 4);
    pen_put(&pen, NUMBER, 2);
    pen_end(&pen, set);
    send(&self, &pen);
    assert_has(send_data(&self, true), "\"e65518id77\"");
}

/* An element that is told to be a list is read as one. */
static void
test_a_told_list_is_read(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_ipfix(&pen, SECONDS, 0, 5);
    put_data_template(&pen, 65535);
    send(&self, &pen);
    send_types(&self, PEN, NUMBER, 20, "hops");
    send_types(&self, PEN, 78, UNSIGNED32, "hop");
    pen_ipfix(&pen, SECONDS, 0, 5);
    size_t set = pen_set(&pen, DATA);
    pen_put(&pen, 6, 1);
    pen_put(&pen, 11, 1);
    pen_put(&pen, 4, 1);
    pen_put(&pen, 0x8000 | 78, 2);
    pen_put(&pen, 1, 2);
    pen_put(&pen, PEN, 4);
    pen_put(&pen, 8, 1);
    pen_put(&pen, 9, 1);
    pen_end(&pen, set);
    send(&self, &pen);
    assert_has(self.lines->pdata[self.lines->len - 1],
               "\"hops\":{\"semantic\":\"ordered\",\"records\":[{\"hop\":8},{\"hop\":9}]}");
}

static void
test_what_was_told_survives_a_restart(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Fixture) before, after;

    fixture_init(&before);
    send_data(&before, true);
    send_types(&before, PEN, NUMBER, UNSIGNED32, "bufferedOctets");
    g_autoptr(GBytes) state = decoder_save(before.decoder);
    g_assert_false(decoder_has_changed(before.decoder));
    fixture_init(&after);
    g_assert_true(decoder_restore(after.decoder, state, &error));
    g_assert_no_error(error);
    assert_has(send_data(&after, false), "\"bufferedOctets\":70000");
    send_types(&before, PEN, NUMBER, STRING, "other");
    g_assert_true(decoder_has_changed(before.decoder));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/type-info/an-element-is-named-from-when-it-is-told",
                    test_an_element_is_named_from_when_it_is_told);
    g_test_add_func("/collector/type-info/names-are-made-identifiers-and-never-taken-twice",
                    test_names_are_made_identifiers_and_never_taken_twice);
    g_test_add_func("/collector/type-info/what-the-model-knows-is-not-told-anew",
                    test_what_the_model_knows_is_not_told_anew);
    g_test_add_func("/collector/type-info/names-that-were-told-apart-stay-so-when-told-again",
                    test_names_that_were_told_apart_stay_so_when_told_again);
    g_test_add_func("/collector/type-info/a-name-with-a-number-behind-it-may-be-taken-too",
                    test_a_name_with_a_number_behind_it_may_be_taken_too);
    g_test_add_func("/collector/type-info/options-that-tell-no-name-are-passed-over",
                    test_options_that_tell_no_name_are_passed_over);
    g_test_add_func("/collector/type-info/a-told-list-is-read", test_a_told_list_is_read);
    g_test_add_func("/collector/type-info/what-was-told-survives-a-restart",
                    test_what_was_told_survives_a_restart);
    return g_test_run();
}
