/* SPDX-License-Identifier: GPL-3.0-or-later */
/* admin-port.c - see admin-port.h */
#include "scoring/admin-port.h"

#include <glib.h>

enum { TCP = 6, UDP = 17, BOTH = 0 };

/* Sorted by port; those of one service have the same name. */
static const struct {
    uint16_t port;
    uint8_t protocol, service;
    const char *name;
} services[] = {
    { 22, TCP, 0, "SSH" },
    { 23, TCP, 1, "Telnet" },
    { 49, TCP, 2, "TACACS+" },
    { 102, TCP, 3, "S7 / MMS" },
    { 135, TCP, 4, "RPC" },
    { 139, TCP, 5, "SMB" },
    { 161, UDP, 6, "SNMP" },
    { 162, UDP, 6, "SNMP traps" },
    { 445, TCP, 5, "SMB" },
    { 502, TCP, 7, "Modbus" },
    { 512, TCP, 8, "rexec" },
    { 513, TCP, 8, "rlogin" },
    { 514, TCP, 8, "rsh" },
    { 623, UDP, 9, "IPMI" },
    { 789, TCP, 10, "Red Lion" },
    { 830, TCP, 11, "NETCONF" },
    { 1911, TCP, 12, "Fox" },
    { 2222, UDP, 13, "EtherNet/IP I/O" },
    { 2323, TCP, 1, "Telnet" },
    { 2404, TCP, 14, "IEC 60870-5-104" },
    { 3389, BOTH, 15, "RDP" },
    { 4786, TCP, 16, "Smart Install" },
    { 4840, TCP, 17, "OPC UA" },
    { 4911, TCP, 12, "Fox" },
    { 5007, TCP, 18, "MELSEC" },
    { 5900, TCP, 19, "VNC" },
    { 5901, TCP, 19, "VNC" },
    { 5985, TCP, 20, "WinRM" },
    { 5986, TCP, 20, "WinRM" },
    { 8291, TCP, 21, "Winbox" },
    { 9600, BOTH, 22, "FINS" },
    { 18245, TCP, 23, "SRTP" },
    { 20000, BOTH, 24, "DNP3" },
    { 34962, BOTH, 25, "PROFINET" },
    { 34963, BOTH, 25, "PROFINET" },
    { 34964, BOTH, 25, "PROFINET" },
    { 44818, BOTH, 13, "EtherNet/IP" },
    { 47808, UDP, 26, "BACnet" },
};

uint32_t
admin_port_find(uint16_t port, uint8_t protocol)
{
    uint32_t low = 0, high = G_N_ELEMENTS(services);

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (services[middle].port < port)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < G_N_ELEMENTS(services) && services[low].port == port &&
        (services[low].protocol == protocol || services[low].protocol == BOTH))
        return low;
    return ADMIN_PORT_NONE;
}

uint32_t
admin_port_service(uint32_t row)
{
    return services[MIN(row, G_N_ELEMENTS(services) - 1)].service;
}

const char *
admin_port_name(uint32_t row)
{
    return services[MIN(row, G_N_ELEMENTS(services) - 1)].name;
}
