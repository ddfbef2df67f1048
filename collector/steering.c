/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steering.c - see steering.h */
#include "collector/steering.h"

#include <errno.h>
#include <gio/gio.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

enum { SPREAD_SHIFT = 16 };
#define SPREAD 0x9E3779B1u /* 2^32 divided by the golden ratio: neighbours end up far apart */

static uint32_t
word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t
steering_lane(const IpAddress *source, uint32_t lanes)
{
    const uint8_t *at = source->bytes;
    uint32_t key = word(at + 12);

    if (lanes < 2)
        return 0;
    if (!ip_is_v4(source))
        key ^= word(at) ^ word(at + 4) ^ word(at + 8);
    return (key * SPREAD >> SPREAD_SHIFT) % lanes;
}

/* Offsets count from the IP header: without SKF_NET_OFF the program would see the UDP payload only, as the
 * kernel has taken the headers off by then. An IPv6 socket takes IPv4 too, so the version is looked at. */
#define IP_HEADER(offset) ((uint32_t)(SKF_NET_OFF + (offset)))
enum { IPV4_SOURCE = 12, IPV6_SOURCE = 8 };

bool
steering_attach(int fd, uint32_t lanes, GError **error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, IP_HEADER(0)),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 2, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_HEADER(IPV4_SOURCE)),
        BPF_JUMP(BPF_JMP | BPF_JA, 10, 0, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_HEADER(IPV6_SOURCE)),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_HEADER(IPV6_SOURCE + 4)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_HEADER(IPV6_SOURCE + 8)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, IP_HEADER(IPV6_SOURCE + 12)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, SPREAD),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, SPREAD_SHIFT),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, MAX(lanes, 1u)),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program;

    memset(&program, 0, sizeof program); /* the bytes between its members go to the kernel too */
    program.len = G_N_ELEMENTS(code);
    program.filter = code;
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0)
        return true;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                "the kernel does not take the program that shares a port among threads: %s",
                g_strerror(errno));
    return false;
}
