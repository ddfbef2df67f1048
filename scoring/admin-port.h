/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * admin-port.h - ports of protocols that administer hosts or run plants, as a table
 *
 * By the registry of IANA and, for plants, by what the makers use. A few names share a service (SMB on 139
 * and 445).
 */
#pragma once
#include <stdint.h>

enum { ADMIN_PORT_NONE = 0xffffffffu, ADMIN_SERVICES = 32 };

/* Row of the table, or ADMIN_PORT_NONE. */
uint32_t admin_port_find(uint16_t port, uint8_t protocol);
/* Its service, below ADMIN_SERVICES; its name. Rows beyond the table are taken for the last. */
uint32_t admin_port_service(uint32_t row);
const char *admin_port_name(uint32_t row);
