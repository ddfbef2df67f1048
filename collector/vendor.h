/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vendor.h - whose router an exporter is
 *
 * The operator may say it (`vendor=`); else it is judged by evidence, see vendor-evidence.h. What it is good
 * for: the diagnosis tells what to type on that router (remedy.h).
 */
#pragma once
#include <stdbool.h>

/* id, code in configuration and JSON, in words. A new vendor is one more line here. */
#define VENDORS(X)                                                                                           \
    X(UNKNOWN, "unknown", "not known")                                                                       \
    X(CISCO_XE, "cisco-xe", "Cisco IOS or IOS XE")                                                           \
    X(CISCO_XR, "cisco-xr", "Cisco IOS XR")                                                                  \
    X(CISCO_NXOS, "cisco-nxos", "Cisco NX-OS")                                                               \
    X(CISCO_ASA, "cisco-asa", "Cisco ASA")                                                                   \
    X(JUNIPER, "juniper", "Juniper Junos")                                                                   \
    X(NOKIA, "nokia", "Nokia SR OS")                                                                         \
    X(ARISTA, "arista", "Arista EOS")                                                                        \
    X(HUAWEI, "huawei", "Huawei VRP")                                                                        \
    X(MIKROTIK, "mikrotik", "MikroTik RouterOS")                                                             \
    X(FORTINET, "fortinet", "Fortinet FortiOS")                                                              \
    X(PALOALTO, "paloalto", "Palo Alto PAN-OS")                                                              \
    X(VYOS, "vyos", "VyOS")                                                                                  \
    X(SOFTFLOWD, "softflowd", "softflowd")                                                                   \
    X(PMACCT, "pmacct", "pmacct (nfprobe, sfprobe)")                                                         \
    X(HSFLOWD, "hsflowd", "Host sFlow (hsflowd)")                                                            \
    X(OPENVSWITCH, "openvswitch", "Open vSwitch")                                                            \
    X(VMWARE, "vmware", "VMware distributed switch")                                                         \
    X(NPROBE, "nprobe", "ntop nProbe")                                                                       \
    X(YAF, "yaf", "CERT YAF")                                                                                \
    X(SONICWALL, "sonicwall", "SonicWall SonicOS")                                                           \
    X(NETSCALER, "netscaler", "Citrix NetScaler")                                                            \
    X(BARRACUDA, "barracuda", "Barracuda firewall")

typedef enum Vendor {
#define X(id, code, words) VENDOR_##id,
    VENDORS(X)
#undef X
        N_VENDORS
} Vendor;

const char *vendor_code(Vendor vendor);
const char *vendor_words(Vendor vendor);
/* False when there is no such code. */
bool vendor_parse(const char *code, Vendor *out);
