/* SPDX-License-Identifier: GPL-3.0-or-later */
/* remedy.c - see remedy.h */
#include "collector/remedy.h"

#include <stddef.h>

/* A new line is one more vendor that can be helped; the README's router sections use the same names. */
static const struct {
    Remedy remedy;
    Vendor vendor;
    const char *commands;
} remedies[] = {
    { REMEDY_CHECK, VENDOR_CISCO_XE, "show flow exporter TALAYA statistics\nshow flow interface" },
    { REMEDY_CHECK, VENDOR_CISCO_XR,
      "show flow exporter-map TALAYA\nshow flow exporter TALAYA location 0/0/CPU0" },
    { REMEDY_CHECK, VENDOR_CISCO_NXOS, "show flow exporter\nshow flow interface" },
    { REMEDY_CHECK, VENDOR_CISCO_ASA, "show flow-export counters" },
    { REMEDY_CHECK, VENDOR_JUNIPER,
      "show services accounting status inline-jflow fpc-slot 0\n"
      "show services accounting errors inline-jflow fpc-slot 0" },
    { REMEDY_CHECK, VENDOR_NOKIA, "show cflowd status\nshow cflowd collector detail" },
    { REMEDY_CHECK, VENDOR_ARISTA, "show flow tracking sampled\nshow sflow" },
    { REMEDY_CHECK, VENDOR_MIKROTIK, "/ip traffic-flow print\n/ip traffic-flow target print" },
    { REMEDY_CHECK, VENDOR_FORTINET, "diagnose sniffer packet any 'udp port 2055' 4 10" },
    { REMEDY_CHECK, VENDOR_SOFTFLOWD, "softflowctl statistics" },
    { REMEDY_CHECK, VENDOR_HSFLOWD, "systemctl status hsflowd\ncat /etc/hsflowd.auto" },

    { REMEDY_TEMPLATES, VENDOR_CISCO_XE, "flow exporter TALAYA\n template data timeout 60" },
    { REMEDY_TEMPLATES, VENDOR_CISCO_XR,
      "flow exporter-map TALAYA\n version v9\n  template data timeout 60\n  template options timeout 60" },
    { REMEDY_TEMPLATES, VENDOR_CISCO_NXOS, "flow exporter TALAYA\n version 9\n  template data timeout 60" },
    { REMEDY_TEMPLATES, VENDOR_CISCO_ASA, "flow-export template timeout-rate 1" },
    { REMEDY_TEMPLATES, VENDOR_JUNIPER,
      "set services flow-monitoring version-ipfix template TALAYA-V4 template-refresh-rate seconds 60\n"
      "set services flow-monitoring version-ipfix template TALAYA-V4 option-refresh-rate seconds 60" },
    { REMEDY_TEMPLATES, VENDOR_NOKIA, "/configure cflowd template-retransmit 60" },
    { REMEDY_TEMPLATES, VENDOR_ARISTA,
      "flow tracking sampled\n   tracker TALAYA\n      exporter TALAYA\n         template interval 60000" },
    { REMEDY_TEMPLATES, VENDOR_HUAWEI, "ip netstream export template timeout-rate 1" },
    { REMEDY_TEMPLATES, VENDOR_MIKROTIK,
      "/ip traffic-flow target set [find] v9-template-refresh=20 v9-template-timeout=1m" },
    { REMEDY_TEMPLATES, VENDOR_FORTINET,
      "config system netflow\n    set template-tx-timeout 60\nend\n(seconds; up to FortiOS 7.0 minutes: 1)" },
    { REMEDY_TEMPLATES, VENDOR_PALOALTO,
      "Device > Server Profiles > NetFlow: Template Refresh Rate 1 minute and 20 packets" },

    { REMEDY_SAMPLING, VENDOR_CISCO_XE,
      "flow exporter TALAYA\n option sampler-table timeout 60\nflow record TALAYA-V4\n collect flow "
      "sampler" },
    { REMEDY_SAMPLING, VENDOR_CISCO_XR,
      "flow exporter-map TALAYA\n version v9\n  options sampler-table timeout 60\n  template options timeout "
      "60" },
    { REMEDY_SAMPLING, VENDOR_CISCO_NXOS,
      "flow exporter TALAYA\n version 9\n  option sampler-table timeout 60" },
    { REMEDY_SAMPLING, VENDOR_JUNIPER,
      "set services flow-monitoring version-ipfix template TALAYA-V4 option-refresh-rate seconds 60" },
    { REMEDY_SAMPLING, VENDOR_HUAWEI,
      "ip netstream export template option sampler\nip netstream export template option timeout-rate 1" },

    { REMEDY_TIMEOUT, VENDOR_CISCO_XE, "flow monitor TALAYA-V4\n cache timeout active 60" },
    { REMEDY_TIMEOUT, VENDOR_CISCO_XR, "flow monitor-map TALAYA-V4\n cache timeout active 60" },
    { REMEDY_TIMEOUT, VENDOR_CISCO_NXOS,
      "flow timeout active 60\n(on F2 and later modules: flow timeout 60)" },
    { REMEDY_TIMEOUT, VENDOR_CISCO_ASA, "flow-export active refresh-interval 1" },
    { REMEDY_TIMEOUT, VENDOR_JUNIPER,
      "set services flow-monitoring version-ipfix template TALAYA-V4 flow-active-timeout 60" },
    { REMEDY_TIMEOUT, VENDOR_NOKIA, "/configure cflowd active-flow-timeout 60" },
    { REMEDY_TIMEOUT, VENDOR_ARISTA,
      "flow tracking sampled\n   tracker TALAYA\n      record export on interval 60000" },
    { REMEDY_TIMEOUT, VENDOR_HUAWEI, "ip netstream timeout active 1" },
    { REMEDY_TIMEOUT, VENDOR_MIKROTIK, "/ip traffic-flow set active-flow-timeout=1m" },
    { REMEDY_TIMEOUT, VENDOR_FORTINET,
      "config system netflow\n    set active-flow-timeout 60\nend\n(seconds; up to FortiOS 7.0 minutes: 1)" },
    { REMEDY_TIMEOUT, VENDOR_PALOALTO, "Device > Server Profiles > NetFlow: Active Timeout 1 minute" },
    { REMEDY_TIMEOUT, VENDOR_VYOS, "set system flow-accounting netflow timeout max-active-life 60" },
    { REMEDY_TIMEOUT, VENDOR_SOFTFLOWD, "softflowd -t maxlife=60 ..." },
    { REMEDY_TIMEOUT, VENDOR_PMACCT, "nfprobe_timeouts: maxlife=60" },

    { REMEDY_NAMES, VENDOR_CISCO_XE, "flow exporter TALAYA\n option interface-table timeout 300" },
    { REMEDY_NAMES, VENDOR_CISCO_XR,
      "flow exporter-map TALAYA\n version v9\n  options interface-table timeout 300\n  template options "
      "timeout 60" },
    { REMEDY_NAMES, VENDOR_CISCO_NXOS,
      "flow exporter TALAYA\n version 9\n  option interface-table timeout 300" },

    { REMEDY_CLOCK, VENDOR_CISCO_XE, "ntp server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_CISCO_XR, "ntp\n server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_CISCO_NXOS, "ntp server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_CISCO_ASA, "ntp server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_JUNIPER, "set system ntp server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_NOKIA,
      "/configure system time ntp admin-state enable\n"
      "/configure system time ntp server 192.0.2.123 router-instance \"Base\"" },
    { REMEDY_CLOCK, VENDOR_ARISTA, "ntp server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_HUAWEI, "ntp-service unicast-server 192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_MIKROTIK, "/system ntp client set enabled=yes servers=192.0.2.123" },
    { REMEDY_CLOCK, VENDOR_FORTINET, "config system ntp\n    set ntpsync enable\nend" },
    { REMEDY_CLOCK, VENDOR_PALOALTO, "Device > Setup > Services: NTP" },
    { REMEDY_CLOCK, VENDOR_SOFTFLOWD, "timedatectl set-ntp true" },
    { REMEDY_CLOCK, VENDOR_HSFLOWD, "timedatectl set-ntp true" },
};

const char *
remedy_commands(Remedy remedy, Vendor vendor)
{
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (remedies[i].remedy == remedy && remedies[i].vendor == vendor)
            return remedies[i].commands;
    return NULL;
}

bool
remedy_never_samples(Vendor vendor)
{
    return vendor == VENDOR_CISCO_ASA || vendor == VENDOR_PALOALTO || vendor == VENDOR_FORTINET;
}
