/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-config.c - what an operator is told of a configuration that is not sound */
#include "collector/base/config.h"
#include "collector/base/nearest.h"

#include <string.h>

typedef struct Fruit {
    int64_t apples;
    double juice;
    bool ripe;
    char *tree, *map;
    char **baskets;
} Fruit;

static const ConfigKey keys[] = {
    { "fruit", "apples", CONFIG_NUMBER, offsetof(Fruit, apples), "3", 1, 10 },
    { "fruit", "juice", CONFIG_REAL, offsetof(Fruit, juice), "0.5", 0, 1 },
    { "fruit", "ripe", CONFIG_FLAG, offsetof(Fruit, ripe), "no" },
    { "fruit", "tree", CONFIG_CHOICE, offsetof(Fruit, tree), "mango", .choices = "mango papaya coconut" },
    { "fruit", "map", CONFIG_PATH, offsetof(Fruit, map), NULL },
    { "fruit", "baskets", CONFIG_LIST, offsetof(Fruit, baskets), "a, b" },
    { "stall.*", "apples", CONFIG_NUMBER, offsetof(Fruit, apples), "7", 1, 10 },
};

static Config *
parse(const char *text, GError **error)
{
    return config_parse(text, strlen(text), "market.conf", "/etc/market", keys, G_N_ELEMENTS(keys), error);
}

static void
fruit_clear(Fruit *self)
{
    g_free(self->tree);
    g_free(self->map);
    g_strfreev(self->baskets);
}

static void
test_values_and_defaults_are_filled_in(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config =
        parse("# all fruit\n[fruit]\napples = 9\nripe=yes\nmap=trees.csv\n[stall.east]\n", &error);
    Fruit fruit = { 0 }, stall = { 0 };

    g_assert_no_error(error);
    config_fill(config, "fruit", &fruit);
    config_fill(config, "stall.east", &stall);
    g_assert_cmpint(fruit.apples, ==, 9);
    g_assert_cmpfloat(fruit.juice, ==, 0.5);
    g_assert_true(fruit.ripe);
    g_assert_cmpstr(fruit.tree, ==, "mango");
    g_assert_cmpstr(fruit.map, ==, "/etc/market/trees.csv");
    g_assert_cmpuint(g_strv_length(fruit.baskets), ==, 2);
    g_assert_cmpstr(fruit.baskets[1], ==, "b");
    g_assert_cmpint(stall.apples, ==, 7);
    fruit_clear(&fruit);
    fruit_clear(&stall);
}

typedef struct Complaint {
    const char *text, *told;
} Complaint;

static void
test_what_is_wrong_is_told_with_line_and_nearest_name(void)
{
    static const Complaint complaints[] = {
        { "[fruit]\n\naples=3\n",
          "market.conf:3: there is no key in section [fruit] named 'aples'; did you mean 'apples'?" },
        { "[friut]\napples=3\n", "market.conf:1: there is no section 'friut'; did you mean 'fruit'?" },
        { "[fruit]\napples=11\n", "market.conf:2: apples=11 is out of range; allowed is 1 to 10" },
        { "[fruit]\napples=1e300\n", "market.conf:2: apples=1e300 is out of range; allowed is 1 to 10" },
        { "[fruit]\napples=two\n", "market.conf:2: apples=two: a whole number is wanted, from 1 to 10" },
        { "[fruit]\napples=2.5\n", "market.conf:2: apples=2.5: a whole number is wanted, from 1 to 10" },
        { "[fruit]\nripe=maybe\n", "market.conf:2: ripe=maybe: yes or no is wanted" },
        { "[fruit]\ntree=coconat\n",
          "market.conf:2: tree=coconat is none of: mango papaya coconut; did you mean 'coconut'?" },
        { "[fruit]\napples=1\napples=2\n", "market.conf:3: apples stands in [fruit] twice, first in line 2" },
        { "apples=1\n", "market.conf:1: 'apples=1' stands before the first [section]" },
        { "[fruit]\napples\n", "market.conf:2: 'apples' is no 'key=value'" },
        { "[fruit\n", "market.conf:1: '[fruit' is no section; one looks like [collector]" },
        { "", "market.conf: is empty; etc/talaya.conf shows what may stand here" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(complaints); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Config) config = parse(complaints[i].text, &error);
        g_assert_null(config);
        g_assert_cmpstr(error->message, ==, complaints[i].told);
    }
}

static void
test_all_that_is_wrong_is_told_at_once(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = parse("[fruit]\napples=0\njuice=2\n[cellar]\n", &error);

    g_assert_null(config);
    g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
}

static void
test_binary_rubbish_is_no_configuration(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config =
        config_parse("[fruit]\0\xff\xfe", 10, "x", "/", keys, G_N_ELEMENTS(keys), &error);

    g_assert_null(config);
    g_assert_cmpstr(error->message, ==, "x: is no text file (UTF-8)");
}

static void
test_the_nearest_name_is_near(void)
{
    static const char *const names[] = { "residential", "hosting", "mobile" };

    g_assert_cmpstr(nearest_name("residental", names, G_N_ELEMENTS(names)), ==, "residential");
    g_assert_cmpstr(nearest_name("moblie", names, G_N_ELEMENTS(names)), ==, "mobile");
    g_assert_null(nearest_name("xyzzyplugh", names, G_N_ELEMENTS(names)));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/config/values-and-defaults", test_values_and_defaults_are_filled_in);
    g_test_add_func("/collector/config/line-and-nearest-name",
                    test_what_is_wrong_is_told_with_line_and_nearest_name);
    g_test_add_func("/collector/config/all-at-once", test_all_that_is_wrong_is_told_at_once);
    g_test_add_func("/collector/config/binary-rubbish", test_binary_rubbish_is_no_configuration);
    g_test_add_func("/collector/config/nearest-name", test_the_nearest_name_is_near);
    return g_test_run();
}
