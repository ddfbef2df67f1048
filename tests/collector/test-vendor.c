/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-vendor.c - whose a router is, is seen from what it sends; the help is in its own words */
#include "collector/remedy.h"
#include "collector/vendor-evidence.h"
#include "tests/collector/fixture.h"

/* A template as such devices send it. */
typedef struct Seen {
    Vendor vendor;
    Protocol protocol;
    uint16_t id;
    bool is_options;
    FieldNumber fields[26]; /* pen, element, length */
} Seen;

static const Seen seen[] = {
    { VENDOR_CISCO_XR,
      PROTOCOL_NETFLOW9,
      260,
      false,
      { { 0, 2, 4 },  { 0, 1, 4 },  { 0, 8, 4 },  { 0, 12, 4 },  { 0, 10, 4 }, { 0, 14, 4 },
        { 0, 21, 4 }, { 0, 22, 4 }, { 0, 7, 2 },  { 0, 11, 2 },  { 0, 16, 4 }, { 0, 17, 4 },
        { 0, 18, 4 }, { 0, 9, 1 },  { 0, 13, 1 }, { 0, 4, 1 },   { 0, 6, 1 },  { 0, 5, 1 },
        { 0, 61, 1 }, { 0, 89, 1 }, { 0, 48, 2 }, { 0, 234, 4 }, { 0, 235, 4 } } },
    { VENDOR_CISCO_XR,
      PROTOCOL_IPFIX,
      257,
      true,
      { { 0, 302, 4 }, { 0, 305, 4 }, { 0, 304, 2 }, { 0, 309, 4 }, { 0, 310, 4 }, { 0, 84, 90 } } },
    { VENDOR_CISCO_ASA, PROTOCOL_NETFLOW9, 256, false, { { 0, 8, 4 }, { 0, 33000, 12 }, { 0, 33001, 12 } } },
    { VENDOR_JUNIPER,
      PROTOCOL_IPFIX,
      512,
      true,
      { { 0, 144, 4 },
        { 0, 41, 8 },
        { 0, 42, 8 },
        { 0, 160, 8 },
        { 0, 130, 4 },
        { 0, 131, 16 },
        { 0, 34, 4 },
        { 0, 36, 2 },
        { 0, 37, 2 },
        { 0, 214, 1 },
        { 0, 215, 1 } } },
    { VENDOR_JUNIPER, PROTOCOL_IPFIX, 256, false, { { 0, 8, 4 }, { 2636, 137, 4 } } },
    { VENDOR_NOKIA, PROTOCOL_IPFIX, 256, false, { { 0, 8, 4 }, { 637, 91, 4 } } },
    { VENDOR_HUAWEI, PROTOCOL_IPFIX, 2599, false, { { 0, 27, 16 }, { 2011, 701, 4 } } },
    { VENDOR_MIKROTIK,
      PROTOCOL_IPFIX,
      258,
      false,
      { { 0, 60, 1 }, { 0, 22, 4 }, { 0, 21, 4 }, { 0, 2, 4 }, { 0, 1, 4 }, { 0, 225, 4 }, { 0, 226, 4 } } },
    { VENDOR_FORTINET,
      PROTOCOL_NETFLOW9,
      258,
      false,
      { { 0, 1, 8 }, { 0, 23, 8 }, { 0, 2, 4 }, { 0, 24, 4 }, { 0, 22, 4 }, { 0, 21, 4 } } },
    { VENDOR_PALOALTO, PROTOCOL_NETFLOW9, 257, false, { { 0, 8, 4 }, { 0, 56701, 32 }, { 0, 56702, 64 } } },
    { VENDOR_SOFTFLOWD,
      PROTOCOL_IPFIX,
      256,
      true,
      { { 0, 143, 4 }, { 0, 160, 8 }, { 0, 305, 4 }, { 0, 306, 4 }, { 0, 304, 2 } } },
    { VENDOR_NPROBE, PROTOCOL_IPFIX, 257, false, { { 0, 8, 4 }, { 35632, 123, 4 } } },
    { VENDOR_YAF, PROTOCOL_IPFIX, 45841, false, { { 0, 8, 4 }, { 6871, 33, 2 } } },
    { VENDOR_VMWARE, PROTOCOL_IPFIX, 256, false, { { 0, 8, 4 }, { 6876, 880, 1 } } },
    { VENDOR_UNKNOWN, PROTOCOL_IPFIX, 256, false, { { 0, 8, 4 }, { 0, 12, 4 }, { 0, 1, 8 }, { 0, 2, 8 } } },
    { VENDOR_UNKNOWN, PROTOCOL_IPFIX, 256, false, { { 0, 8, 4 }, { 29305, 1, 8 } } }, /* RFC 5103: nobody's */
};

static VendorJudgement
judge(const Seen *one)
{
    g_autoptr(ElementModel) model = element_model_new();
    VendorEvidence evidence = 0;
    uint32_t n = 0;

    while (n < G_N_ELEMENTS(one->fields) && one->fields[n].id != 0)
        n++;
    g_autoptr(Template) tmpl =
        template_new(model, one->id, one->fields, n, one->is_options ? 1 : 0, one->is_options);
    vendor_note_template(&evidence, one->protocol, tmpl);
    return vendor_judge(evidence);
}

static void
test_templates_tell_their_vendor(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(seen); i++) {
        VendorJudgement judgement = judge(&seen[i]);

        if (judgement.vendor != seen[i].vendor)
            g_error("template %zu is of %s, not of %s", i, vendor_words(judgement.vendor),
                    vendor_words(seen[i].vendor));
        g_assert_cmpint(judgement.vendor == VENDOR_UNKNOWN, ==, judgement.reasons[0] == NULL);
        g_assert_cmpint(judgement.percent, <=, 99); /* only the operator is sure */
    }
}

static void
names_are_of(const char *a, const char *b, Vendor vendor)
{
    VendorEvidence evidence = 0;

    vendor_note_interface(&evidence, a);
    vendor_note_interface(&evidence, b);
    if (vendor_judge(evidence).vendor != vendor)
        g_error("%s and %s are of %s", a, b, vendor_words(vendor_judge(evidence).vendor));
}

static void
test_names_of_interfaces_tell_their_vendor(void)
{
    names_are_of("HundredGigE0/0/0/1", "Bundle-Ether10", VENDOR_CISCO_XR);
    names_are_of("TenGigE0/1/0/3", "MgmtEth0/RP0/CPU0/0", VENDOR_CISCO_XR);
    names_are_of("TenGigabitEthernet1/1/1", "GigabitEthernet0/0/0", VENDOR_CISCO_XE);
    names_are_of("xe-0/0/0", "ge-1/2/3.100", VENDOR_JUNIPER);
    names_are_of("Eth-Trunk1", "GigabitEthernet0/0/1", VENDOR_HUAWEI);
    names_are_of("ether1", "sfp-sfpplus1", VENDOR_MIKROTIK);
    names_are_of("Ethernet1", "Ethernet12", VENDOR_ARISTA);
    names_are_of("ethernet1/1", "ethernet1/2", VENDOR_PALOALTO);
    names_are_of("eth0", "lo", VENDOR_UNKNOWN);
}

static void
test_evidence_that_contradicts_itself_is_no_answer(void)
{
    names_are_of("xe-0/0/0", "HundredGigE0/0/0/1", VENDOR_UNKNOWN);
}

static void
test_evidence_adds_up(void)
{
    VendorEvidence evidence = 0;

    vendor_note_interface(&evidence, "ether1");
    uint32_t before = vendor_judge(evidence).percent;
    vendor_note_swapped_rate(&evidence);
    VendorJudgement judgement = vendor_judge(evidence);
    g_assert_cmpint(judgement.vendor, ==, VENDOR_MIKROTIK);
    g_assert_cmpuint(judgement.percent, >, before);
    g_assert_nonnull(judgement.reasons[1]);
    vendor_note_interface(&evidence, "ether2"); /* the same clue again is no new one */
    g_assert_cmpuint(vendor_judge(evidence).percent, ==, judgement.percent);
}

static void
test_every_router_of_the_readme_can_be_helped(void)
{
    static const Vendor vendors[] = { VENDOR_CISCO_XE, VENDOR_CISCO_XR, VENDOR_JUNIPER,
                                      VENDOR_NOKIA,    VENDOR_ARISTA,   VENDOR_MIKROTIK };

    for (size_t i = 0; i < G_N_ELEMENTS(vendors); i++) {
        g_assert_nonnull(remedy_commands(REMEDY_CHECK, vendors[i]));
        g_assert_nonnull(remedy_commands(REMEDY_TEMPLATES, vendors[i]));
        g_assert_nonnull(remedy_commands(REMEDY_TIMEOUT, vendors[i]));
        g_assert_nonnull(remedy_commands(REMEDY_CLOCK, vendors[i]));
    }
    for (int remedy = REMEDY_NONE; remedy <= REMEDY_CLOCK; remedy++)
        g_assert_null(remedy_commands((Remedy)remedy, VENDOR_UNKNOWN));
    g_assert_null(remedy_commands(REMEDY_NONE, VENDOR_JUNIPER));
}

/* RouterOS 6 sends one in 100 as 0x64000000. */
static void
pen_routeros(Pen *pen, uint32_t sequence)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 34, 4, 0 };

    pen_ipfix(pen, 1700000000, sequence, 0);
    pen_template_set(pen, 258, layout);
    size_t set = pen_set(pen, 258);
    pen_ip(pen, "198.51.100.1");
    pen_put(pen, 1000, 4);
    pen_put(pen, 0x64000000, 4);
    pen_end(pen, set);
}

static const char *
vendor_text(const json_t *exporter, const char *key)
{
    return json_string_value(json_object_get(json_object_get(exporter, "vendor"), key));
}

static void
test_a_swapped_rate_is_allowed_for_and_is_a_clue(void)
{
    g_auto(Fixture) self;
    Pen pen;

    fixture_init(&self);
    pen_routeros(&pen, 0);
    fixture_send(&self, &pen);
    g_assert_cmpuint(fixture_flow(&self, 0)->sampling, ==, 100);
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_nonnull(finding(exporter, "swapped_rate"));
    g_assert_cmpstr(vendor_text(exporter, "code"), ==, "mikrotik");
    json_decref(exporter);
}

static void
test_the_operator_knows_better_and_gets_his_commands(void)
{
    g_autoptr(ExporterRules) rules = exporter_rules_new();
    ExporterRule rule = { .section = g_strdup("exporter.it"),
                          .name = g_strdup("it"),
                          .prefixes = g_new(IpPrefix, 1),
                          .n_prefixes = 1,
                          .vendor = VENDOR_JUNIPER };
    rule.prefixes[0] = prefix_of("192.0.2.1");
    exporter_rules_add(rules, &rule);
    exporter_rules_seal(rules);
    const DecoderConf conf = { .allow_all = true, .rules = rules };
    g_auto(Fixture) self;
    Pen pen;

    fixture_init_with(&self, &conf);
    pen_routeros(&pen, 0);
    fixture_send(&self, &pen);
    self.now_ms += 600 * 1000;
    json_t *exporter = fixture_exporter(&self, 0);
    g_assert_cmpstr(vendor_text(exporter, "code"), ==, "juniper");
    g_assert_cmpstr(json_string_value(json_object_get(finding(exporter, "silent"), "commands")), ==,
                    remedy_commands(REMEDY_CHECK, VENDOR_JUNIPER));
    json_decref(exporter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/vendor/templates-tell-their-vendor", test_templates_tell_their_vendor);
    g_test_add_func("/collector/vendor/names-of-interfaces-tell-their-vendor",
                    test_names_of_interfaces_tell_their_vendor);
    g_test_add_func("/collector/vendor/evidence-that-contradicts-itself-is-no-answer",
                    test_evidence_that_contradicts_itself_is_no_answer);
    g_test_add_func("/collector/vendor/evidence-adds-up", test_evidence_adds_up);
    g_test_add_func("/collector/vendor/every-router-of-the-readme-can-be-helped",
                    test_every_router_of_the_readme_can_be_helped);
    g_test_add_func("/collector/vendor/a-swapped-rate-is-allowed-for-and-is-a-clue",
                    test_a_swapped_rate_is_allowed_for_and_is_a_clue);
    g_test_add_func("/collector/vendor/the-operator-knows-better-and-gets-his-commands",
                    test_the_operator_knows_better_and_gets_his_commands);
    return g_test_run();
}
