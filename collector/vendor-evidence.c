/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vendor-evidence.c - see vendor-evidence.h */
#include "collector/vendor-evidence.h"

enum { CLUE_FIELDS = 7, SURE_LEAST = 40, SURE_AHEAD = 15 };

typedef struct ClueField {
    uint16_t id, length; /* length 0: any */
} ClueField;

/* Evidence in a template: a field of an enterprise, or a shape. */
typedef struct TemplateClue {
    Vendor vendor;
    uint8_t percent; /* how sure this alone makes it */
    const char *words;
    uint32_t pen; /* 0: it is a shape */
    Protocol protocol;
    bool is_options;
    uint16_t id;                   /* of the template; 0: any */
    ClueField fields[CLUE_FIELDS]; /* all of them are there */
} TemplateClue;

#define NF9     .protocol = PROTOCOL_NETFLOW9
#define IPFIX   .protocol = PROTOCOL_IPFIX
#define OPTIONS .is_options = true

/* The shapes are those of exports of such devices; none is a standard's own example. */
static const TemplateClue template_clues[] = {
    { VENDOR_CISCO_XE, 60, "enterprise number 9 (Cisco)", 9 },
    { VENDOR_JUNIPER, 95, "enterprise number 2636 (Juniper)", 2636 },
    { VENDOR_NOKIA, 90, "enterprise number 637 (Alcatel-Lucent)", 637 },
    { VENDOR_NOKIA, 95, "enterprise number 6527 (Nokia)", 6527 },
    { VENDOR_HUAWEI, 95, "enterprise number 2011 (Huawei)", 2011 },
    { VENDOR_FORTINET, 95, "enterprise number 12356 (Fortinet)", 12356 },
    { VENDOR_PALOALTO, 95, "enterprise number 25461 (Palo Alto)", 25461 },
    { VENDOR_ARISTA, 95, "enterprise number 30065 (Arista)", 30065 },
    { VENDOR_MIKROTIK, 95, "enterprise number 14988 (MikroTik)", 14988 },
    { VENDOR_SONICWALL, 95, "enterprise number 8741 (SonicWall)", 8741 },
    { VENDOR_NPROBE, 90, "enterprise number 35632 (ntop)", 35632 },
    { VENDOR_YAF, 90, "enterprise number 6871 (CERT)", 6871 },
    { VENDOR_VMWARE, 70, "enterprise number 6876 (VMware)", 6876 }, /* Open vSwitch borrows it for tunnels */
    { VENDOR_NETSCALER, 95, "enterprise number 5951 (NetScaler)", 5951 },
    { VENDOR_BARRACUDA, 95, "enterprise number 10704 (Barracuda)", 10704 },
    { VENDOR_CISCO_ASA, 95, "the ASA's own NetFlow v9 types", NF9, .fields = { { 33000 }, { 33001 } } },
    { VENDOR_CISCO_ASA, 80, "the ASA's own NetFlow v9 types", NF9, .fields = { { 40005 } } },
    { VENDOR_PALOALTO, 95, "NetFlow v9 types of App-ID", NF9, .fields = { { 56701 } } },
    { VENDOR_NPROBE, 80, "nProbe's own NetFlow v9 types", NF9, .fields = { { 57552 } } },
    { VENDOR_CISCO_XR, 80, "forwarding status, sampler and both VRFs in its records", NF9,
      .fields = { { 89, 1 }, { 48, 2 }, { 234, 4 }, { 235, 4 }, { 61, 1 } } },
    { VENDOR_CISCO_XR, 85, "forwarding status, selector and both VRFs in its records", IPFIX,
      .fields = { { 89, 4 }, { 302, 4 }, { 234, 4 }, { 235, 4 }, { 61, 1 } } },
    { VENDOR_CISCO_XR,
      80,
      "the shape of its sampler table",
      NF9,
      OPTIONS,
      257,
      { { 1, 4 }, { 48, 2 }, { 50, 4 }, { 49, 1 }, { 84, 32 } } },
    { VENDOR_CISCO_XR,
      85,
      "the shape of its sampler table",
      IPFIX,
      OPTIONS,
      257,
      { { 302, 4 }, { 305, 4 }, { 304, 2 }, { 84, 90 } } },
    { VENDOR_CISCO_XR, 70, "the shape of its VRF table", .is_options = true, .id = 334,
      .fields = { { 234, 4 }, { 236, 32 } } },
    { VENDOR_CISCO_XE, 60, "the shape of its application table", .is_options = true,
      .fields = { { 95, 4 }, { 96, 24 }, { 94, 55 } } },
    { VENDOR_CISCO_XE, 45, "application and direction in its records", NF9,
      .fields = { { 95, 4 }, { 61, 1 } } },
    { VENDOR_JUNIPER,
      90,
      "the shape of its inline J-Flow options",
      IPFIX,
      OPTIONS,
      512,
      { { 144, 4 }, { 34, 4 }, { 36, 2 }, { 37, 2 }, { 130, 4 } } },
    { VENDOR_JUNIPER, 75, "an options scope without length", NF9, OPTIONS, .fields = { { 35, 1 }, { 34, 4 } },
      .id = 256 },
    { VENDOR_FORTINET, 85, "bytes and packets both before and after the firewall", NF9,
      .fields = { { 1, 8 }, { 23, 8 }, { 2, 4 }, { 24, 4 }, { 22, 4 } } },
    { VENDOR_FORTINET,
      80,
      "the shape of its statistics",
      NF9,
      OPTIONS,
      256,
      { { 40, 8 }, { 41, 8 }, { 42, 8 }, { 36, 2 }, { 37, 2 }, { 34, 4 }, { 35, 1 } } },
    { VENDOR_MIKROTIK, 85, "templates of RouterOS", IPFIX, .id = 258,
      .fields = { { 60, 1 }, { 22, 4 }, { 21, 4 }, { 225, 4 }, { 226, 4 } } },
    { VENDOR_MIKROTIK, 60, "templates of RouterOS", NF9, .id = 256,
      .fields = { { 60, 1 }, { 22, 4 }, { 225, 4 }, { 226, 4 } } },
    { VENDOR_SOFTFLOWD,
      85,
      "the metering process as options scope",
      IPFIX,
      OPTIONS,
      256,
      { { 143, 4 }, { 160, 8 }, { 305 }, { 306, 4 } } },
    { VENDOR_SOFTFLOWD, 45, "template 1024, as softflowd and its kin", .id = 1024, .fields = { { 8, 4 } } },
    { VENDOR_SOFTFLOWD, 20, "template 2048, as softflowd and its kin", .id = 2048, .fields = { { 27, 16 } } },
};
#undef NF9
#undef IPFIX
#undef OPTIONS

/* Evidence in the names of interfaces; '*' and '?' stand for what they do in a shell. */
static const struct {
    Vendor vendor;
    uint8_t percent;
    const char *pattern;
} name_clues[] = {
    { VENDOR_CISCO_XR, 85, "*GigE0/*" },
    { VENDOR_CISCO_XR, 80, "Bundle-Ether*" },
    { VENDOR_CISCO_XE, 40, "GigabitEthernet*" }, /* Huawei has them too */
    { VENDOR_CISCO_XE, 70, "TenGigabitEthernet*" },
    { VENDOR_CISCO_XE, 50, "Gi?/*" },
    { VENDOR_CISCO_XE, 50, "Te?/*" },
    { VENDOR_CISCO_NXOS, 45, "Ethernet?/*" },
    { VENDOR_CISCO_NXOS, 50, "mgmt0" },
    { VENDOR_ARISTA, 50, "Ethernet?" },
    { VENDOR_ARISTA, 50, "Ethernet??" },
    { VENDOR_ARISTA, 50, "Port-Channel*" },
    { VENDOR_JUNIPER, 80, "xe-?/*" },
    { VENDOR_JUNIPER, 80, "ge-?/*" },
    { VENDOR_JUNIPER, 80, "et-?/*" },
    { VENDOR_HUAWEI, 85, "Eth-Trunk*" },
    { VENDOR_HUAWEI, 70, "XGigabitEthernet*" },
    { VENDOR_HUAWEI, 70, "Vlanif*" },
    { VENDOR_MIKROTIK, 80, "sfp-sfpplus*" },
    { VENDOR_MIKROTIK, 60, "ether?" },
    { VENDOR_FORTINET, 45, "wan?" },
    { VENDOR_PALOALTO, 70, "ethernet?/*" },
};

enum {
    N_TEMPLATE_CLUES = G_N_ELEMENTS(template_clues),
    N_NAME_CLUES = G_N_ELEMENTS(name_clues),
    SWAPPED_RATE_BIT = 63,
    SWAPPED_RATE_PERCENT = 60,
};
G_STATIC_ASSERT(N_TEMPLATE_CLUES + N_NAME_CLUES <= SWAPPED_RATE_BIT);

static bool
has_field(const Template *tmpl, const ClueField *field)
{
    for (uint32_t i = 0; i < tmpl->n_fields; i++)
        if (tmpl->fields[i].element->id == field->id &&
            (field->length == 0 || tmpl->fields[i].length == field->length))
            return true;
    return false;
}

static bool
has_pen(const Template *tmpl, uint32_t pen)
{
    for (uint32_t i = 0; i < tmpl->n_fields; i++)
        if (tmpl->fields[i].element->pen == pen)
            return true;
    return false;
}

static bool
clue_fits(const TemplateClue *clue, Protocol protocol, const Template *tmpl)
{
    if (clue->pen != 0)
        return has_pen(tmpl, clue->pen);
    if ((clue->protocol != PROTOCOL_NONE && clue->protocol != protocol) ||
        clue->is_options != tmpl->is_options || (clue->id != 0 && clue->id != tmpl->id))
        return false;
    for (int i = 0; i < CLUE_FIELDS && clue->fields[i].id != 0; i++)
        if (!has_field(tmpl, &clue->fields[i]))
            return false;
    return true;
}

void
vendor_note_template(VendorEvidence *self, Protocol protocol, const Template *tmpl)
{
    for (uint32_t i = 0; i < N_TEMPLATE_CLUES; i++)
        if (clue_fits(&template_clues[i], protocol, tmpl))
            *self |= UINT64_C(1) << i;
}

/* Most patterns begin with another letter: those are not worth to be looked at, which costs GLib a quarter of
 * a microsecond. */
static bool
name_fits(const char *pattern, const char *name)
{
    return (pattern[0] == '*' || pattern[0] == name[0]) && g_pattern_match_simple(pattern, name);
}

void
vendor_note_interface(VendorEvidence *self, const char *name)
{
    for (uint32_t i = 0; i < N_NAME_CLUES; i++)
        if (name_fits(name_clues[i].pattern, name))
            *self |= UINT64_C(1) << (N_TEMPLATE_CLUES + i);
}

void
vendor_note_swapped_rate(VendorEvidence *self)
{
    *self |= UINT64_C(1) << SWAPPED_RATE_BIT;
}

/* What bit @i of the evidence says. */
static void
read_clue(uint32_t i, Vendor *vendor, uint32_t *percent, const char **words)
{
    if (i == SWAPPED_RATE_BIT) {
        *vendor = VENDOR_MIKROTIK;
        *percent = SWAPPED_RATE_PERCENT;
        *words = "a sampling rate with its bytes the wrong way round";
    } else if (i < N_TEMPLATE_CLUES) {
        *vendor = template_clues[i].vendor;
        *percent = template_clues[i].percent;
        *words = template_clues[i].words;
    } else {
        *vendor = name_clues[i - N_TEMPLATE_CLUES].vendor;
        *percent = name_clues[i - N_TEMPLATE_CLUES].percent;
        *words = "the names of its interfaces";
    }
}

/* The reasons for @judgement, the strongest first, each once. */
static void
give_reasons(VendorJudgement *judgement, VendorEvidence evidence)
{
    uint32_t percents[VENDOR_REASONS_MOST] = { 0 };

    for (VendorEvidence left = evidence; left != 0; left &= left - 1) {
        Vendor vendor;
        uint32_t percent, at = 0;
        const char *words;

        read_clue((uint32_t)__builtin_ctzll(left), &vendor, &percent, &words);
        while (at < VENDOR_REASONS_MOST && percents[at] >= percent && judgement->reasons[at] != words)
            at++;
        if (vendor != judgement->vendor || at == VENDOR_REASONS_MOST || judgement->reasons[at] == words)
            continue;
        for (uint32_t i = VENDOR_REASONS_MOST - 1; i > at; i--) {
            judgement->reasons[i] = judgement->reasons[i - 1];
            percents[i] = percents[i - 1];
        }
        judgement->reasons[at] = words;
        percents[at] = percent;
    }
}

VendorJudgement
vendor_judge(VendorEvidence evidence)
{
    double doubts[N_VENDORS]; /* that it is not this one, whatever the clues say */
    VendorJudgement judgement = { .vendor = VENDOR_UNKNOWN };
    double best = 0, second = 0;

    for (int i = 0; i < N_VENDORS; i++)
        doubts[i] = 1;
    for (VendorEvidence left = evidence; left != 0; left &= left - 1) {
        Vendor vendor;
        uint32_t percent;
        const char *words;

        read_clue((uint32_t)__builtin_ctzll(left), &vendor, &percent, &words);
        doubts[vendor] *= 1 - percent / 100.0;
    }
    for (int i = 0; i < N_VENDORS; i++) {
        double sure = 100 * (1 - doubts[i]);

        if (sure > best) {
            second = best;
            best = sure;
            judgement.vendor = (Vendor)i;
        } else {
            second = MAX(second, sure);
        }
    }
    if (best < SURE_LEAST || best - second < SURE_AHEAD)
        return (VendorJudgement){ .vendor = VENDOR_UNKNOWN };
    judgement.percent = (uint32_t)MIN(best, 99.0);
    give_reasons(&judgement, evidence);
    return judgement;
}
