/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-template-cache.c - templates are found, replaced, forgotten and bounded */
#include "collector/template-cache.h"

typedef struct Case {
    ElementModel *model;
    TemplateBudget budget;
    TemplateCache cache;
} Case;

static void
case_init(Case *self)
{
    *self = (Case){ .budget = { .most_templates = 4, .most_bytes = 1 << 20 } };
    self->model = element_model_new();
    template_cache_init(&self->cache, &self->budget);
}

static void
case_clear(Case *self)
{
    template_cache_clear(&self->cache);
    g_assert_cmpuint(self->budget.templates, ==, 0); /* the books of the budget balance too */
    g_assert_cmpuint(self->budget.bytes, ==, 0);
    element_model_free(self->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static TemplatePut
put(Case *self, uint16_t id, uint16_t length, int64_t now_ms)
{
    FieldNumber fields[] = { { 0, 1, length }, { 0, 2, 4 }, { 4711, 7, 2 } };

    return template_cache_put(&self->cache, template_new(self->model, id, fields, 3, 0, false), now_ms);
}

static void
test_what_was_put_is_found(void)
{
    g_auto(Case) self;
    case_init(&self);

    g_assert_null(template_cache_find(&self.cache, 256));
    g_assert_cmpint(put(&self, 256, 4, 0), ==, TEMPLATE_PUT_NEW);
    g_assert_cmpint(put(&self, 264, 8, 0), ==, TEMPLATE_PUT_NEW); /* same slot of eight */
    g_assert_cmpuint(template_cache_find(&self.cache, 256)->fields[0].length, ==, 4);
    g_assert_cmpuint(template_cache_find(&self.cache, 264)->fields[0].length, ==, 8);
    g_assert_null(template_cache_find(&self.cache, 272));
}

static void
test_a_redefinition_leaves_the_one_in_use_alive(void)
{
    g_auto(Case) self;
    case_init(&self);

    put(&self, 256, 4, 0);
    g_autoptr(Template) in_use = template_ref(template_cache_find(&self.cache, 256));
    g_assert_cmpint(put(&self, 256, 8, 0), ==, TEMPLATE_PUT_CHANGED);
    g_assert_cmpuint(in_use->fields[0].length, ==, 4);
    g_assert_cmpuint(template_cache_find(&self.cache, 256)->fields[0].length, ==, 8);
    g_assert_cmpuint(self.budget.templates, ==, 1);
}

static void
test_a_flood_is_bounded(void)
{
    g_auto(Case) self;
    case_init(&self);

    for (uint16_t id = 256; id < 260; id++)
        g_assert_cmpint(put(&self, id, 4, 0), ==, TEMPLATE_PUT_NEW);
    g_assert_cmpint(put(&self, 260, 4, 0), ==, TEMPLATE_PUT_FULL);
    g_assert_cmpint(put(&self, 259, 8, 0), ==, TEMPLATE_PUT_CHANGED); /* a known one may still change */
    self.budget.most_bytes = self.budget.bytes;
    self.budget.most_templates = 100;
    g_assert_cmpint(put(&self, 261, 4, 0), ==, TEMPLATE_PUT_FULL);
    g_assert_null(template_cache_find(&self.cache, 261));
}

static void
test_the_old_ones_are_forgotten(void)
{
    g_auto(Case) self;
    case_init(&self);

    put(&self, 256, 4, 100);
    put(&self, 257, 4, 200);
    put(&self, 264, 4, 100);
    g_assert_cmpuint(template_cache_expire(&self.cache, 150), ==, 2);
    g_assert_null(template_cache_find(&self.cache, 256));
    g_assert_nonnull(template_cache_find(&self.cache, 257));
    g_assert_null(template_cache_find(&self.cache, 264));
    g_assert_cmpuint(template_cache_expire(&self.cache, 150), ==, 0);
}

/* Many ids share few slots: what stood behind one that is gone is found all the same. */
static void
test_one_is_forgotten_and_the_others_are_found(void)
{
    enum { MANY = 500 };
    g_auto(Case) self;
    case_init(&self);

    self.budget.most_templates = MANY;
    for (int i = 0; i < MANY; i++)
        put(&self, (uint16_t)(256 + i), 4, 0);
    g_assert_false(template_cache_drop(&self.cache, 256, true)); /* it is of the other kind */
    g_assert_false(template_cache_drop(&self.cache, 256 + MANY, false));
    for (int i = 0; i < MANY; i += 2)
        g_assert_true(template_cache_drop(&self.cache, (uint16_t)(256 + i), false));
    for (int i = 0; i < MANY; i++)
        g_assert_cmpint(template_cache_find(&self.cache, (uint16_t)(256 + i)) != NULL, ==, i % 2 == 1);
    g_assert_cmpuint(self.budget.templates, ==, MANY / 2);
}

static void
test_all_exporters_together_have_a_bound_too(void)
{
    TemplateBudget all = { .most_templates = 1, .most_bytes = 1 << 20 };
    g_auto(Case) one, two;
    case_init(&one);
    case_init(&two);
    one.budget.all = two.budget.all = &all;

    g_assert_cmpint(put(&one, 256, 4, 0), ==, TEMPLATE_PUT_NEW);
    g_assert_cmpint(put(&two, 256, 4, 0), ==, TEMPLATE_PUT_FULL);
    g_assert_cmpuint(template_cache_expire(&one.cache, 1), ==, 1);
    g_assert_cmpint(put(&two, 256, 4, 0), ==, TEMPLATE_PUT_NEW);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/template-cache/what-was-put-is-found", test_what_was_put_is_found);
    g_test_add_func("/collector/template-cache/a-redefinition-leaves-the-one-in-use-alive",
                    test_a_redefinition_leaves_the_one_in_use_alive);
    g_test_add_func("/collector/template-cache/a-flood-is-bounded", test_a_flood_is_bounded);
    g_test_add_func("/collector/template-cache/the-old-ones-are-forgotten", test_the_old_ones_are_forgotten);
    g_test_add_func("/collector/template-cache/one-is-forgotten-and-the-others-are-found",
                    test_one_is_forgotten_and_the_others_are_found);
    g_test_add_func("/collector/template-cache/all-exporters-together-have-a-bound-too",
                    test_all_exporters_together_have_a_bound_too);
    return g_test_run();
}
