/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sections about single exporters, from files on disk to rules. */
#include "collector/cli/settings.h"
#include "tests/support/assert-has.h"
#include "tests/support/scratch.h"

#include <string.h>

typedef struct Folder {
    Scratch *path;
    char *conf, *csv;
} Folder;

static void
folder_init(Folder *self)
{
    self->path = scratch_new("settings");
    self->conf = g_build_filename(self->path, "talaya.conf", NULL);
    self->csv = g_build_filename(self->path, "interfaces.csv", NULL);
}

static void
folder_clear(Folder *self)
{
    g_free(self->conf);
    g_free(self->csv);
    scratch_free(self->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

/* A sound configuration with @more behind it. */
static Settings *
load(const Folder *folder, const char *more, GError **error)
{
    g_autofree char *text = g_strconcat(
        "[collector]\nexporters=192.0.2.0/24,2001:db8::/32\n[assets]\nprefixes=10.0.0.0/8\n", more, NULL);

    g_assert_true(g_file_set_contents(folder->conf, text, -1, NULL));
    return settings_load(folder->conf, error);
}

static void
refuses(const char *more, const char *csv, const char *why)
{
    g_auto(Folder) folder;
    g_autoptr(GError) error = NULL;

    folder_init(&folder);
    g_assert_true(g_file_set_contents(folder.csv, csv, -1, NULL));
    g_autoptr(Settings) settings = load(&folder, more, &error);
    g_assert_null(settings);
    assert_has(error->message, why);
}

static void
test_an_exporter_has_its_section(void)
{
    g_auto(Folder) folder;
    g_autoptr(GError) error = NULL;
    IpAddress core = ip_from_v4(0xc0000201), other = ip_from_v4(0xc0000209),
              stranger = ip_from_v4(0xc0000309);

    folder_init(&folder);
    g_assert_true(
        g_file_set_contents(folder.csv, "ifIndex,name,speed\n7,to transit,100000000000\n", -1, NULL));
    g_autoptr(Settings) settings =
        load(&folder,
             "[exporter.core]\naddress=192.0.2.1,2001:db8::1\nname=Core router\nsampling=4096\n"
             "interfaces=interfaces.csv\nclock=correct\nports=together\nvendor=juniper\n"
             "[exporter.rest]\naddress=192.0.2.0/24\n",
             &error);
    g_assert_no_error(error);
    const ExporterRule *rule = exporter_rules_find(settings->rules, &core);
    g_assert_cmpstr(rule->name, ==, "Core router");
    g_assert_cmpstr(rule->section, ==, "exporter.core");
    g_assert_cmpuint(rule->sampling, ==, 4096);
    g_assert_cmpint(rule->clock, ==, CLOCK_CORRECT);
    g_assert_cmpint(rule->ports, ==, PORTS_TOGETHER);
    g_assert_cmpint(rule->vendor, ==, VENDOR_JUNIPER);
    g_assert_cmpstr(exporter_rules_find(settings->rules, &other)->name, ==, "rest");
    g_assert_null(exporter_rules_find(settings->rules, &stranger));
    g_autoptr(GHashTable) rows = exporter_rules_interfaces(settings->rules, &core);
    const InterfaceRule *row = g_hash_table_lookup(rows, GUINT_TO_POINTER(7));
    g_assert_cmpstr(row->name, ==, "to transit");
    g_assert_cmpuint(row->speed, ==, 100000000000);
    g_assert_null(row->description);
    g_assert_null(exporter_rules_interfaces(settings->rules, &other));
    g_assert_true(settings_decoder(settings).rules == settings->rules);
}

static void
test_every_vendor_can_be_named(void)
{
    for (int i = 0; i < N_VENDORS; i++) {
        g_auto(Folder) folder;
        g_autoptr(GError) error = NULL;
        IpAddress core = ip_from_v4(0xc0000201);
        g_autofree char *more =
            g_strdup_printf("[exporter.core]\naddress=192.0.2.1\nvendor=%s\n", vendor_code((Vendor)i));

        folder_init(&folder);
        g_autoptr(Settings) settings = load(&folder, more, &error);
        g_assert_no_error(error);
        g_assert_cmpint(exporter_rules_find(settings->rules, &core)->vendor, ==, i);
    }
}

static void
test_what_is_wrong_in_a_section_is_told_with_its_line(void)
{
    refuses("[exporter.core]\nname=x\n", "", "[exporter.core] address: is missing");
    refuses("[exporter.core]\naddress=192.0.2.300\n", "",
            "talaya.conf:6: [exporter.core] address: '192.0.2.300'");
    refuses("[exporter.core]\naddress=203.0.113.1\n", "",
            "203.0.113.1 may not send: it is not in exporters=");
    refuses("[exporter.core]\naddress=192.0.2.1\nvendor=cisco\n", "", "vendor");
    refuses("[exporter.core]\naddress=192.0.2.1\nclock=maybe\n", "", "clock");
}

static void
test_what_is_wrong_in_an_interfaces_file_is_told_with_its_line(void)
{
    static const char names[] = "[exporter.core]\naddress=192.0.2.1\ninterfaces=interfaces.csv\n";

    refuses(names, "name\nx\n", "ifIndex");
    refuses(names, "ifIndex,name\n,x\n", "interfaces.csv:2: column 'ifIndex': is empty");
    refuses(names, "ifIndex\n4294967296\n", "interfaces.csv:2: column 'ifIndex'");
    refuses(names, "ifIndex,speed\n1,-5\n", "interfaces.csv:2: column 'speed'");
    refuses(names, "ifIndex,sampling\n1,1:100\n", "interfaces.csv:2: column 'sampling'");
    refuses(names, "exporter,ifIndex\n192.0.2.1/24,1\n", "interfaces.csv:2: column 'exporter'");
    refuses("[exporter.core]\naddress=192.0.2.1\ninterfaces=absent.csv\n", "", "absent.csv");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/settings/an-exporter-has-its-section", test_an_exporter_has_its_section);
    g_test_add_func("/collector/settings/every-vendor-can-be-named", test_every_vendor_can_be_named);
    g_test_add_func("/collector/settings/what-is-wrong-in-a-section-is-told-with-its-line",
                    test_what_is_wrong_in_a_section_is_told_with_its_line);
    g_test_add_func("/collector/settings/what-is-wrong-in-an-interfaces-file-is-told-with-its-line",
                    test_what_is_wrong_in_an_interfaces_file_is_told_with_its_line);
    return g_test_run();
}
