/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tee-header.c - IP and UDP headers with somebody else's address (RFC 791, RFC 768, RFC 8200); see
 * tee-private.h */
#include "collector/tee-private.h"

#include <string.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, UDP_HEADER = 8, PROTOCOL_UDP = 17, HOPS = 64 };

static void
put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The sum of RFC 1071, not yet folded. */
static uint64_t
add_up(uint64_t sum, const uint8_t *bytes, size_t length)
{
    size_t i = 0;

    for (; i + 4 <= length; i += 4) {
        uint32_t word;
        memcpy(&word, bytes + i, sizeof word);
        sum += __builtin_bswap32(word);
    }
    for (; i < length; i++)
        sum += (uint64_t)bytes[i] << (8 * (3 - i % 4)); /* as if zeros followed */
    return sum;
}

static uint16_t
checksum(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* RFC 768: over addresses, protocol and length as well; a sum of zero is sent as its other form. */
static void
put_udp(uint8_t *at, const uint8_t *addresses, size_t addresses_length, uint16_t from, uint16_t to,
        const uint8_t *bytes, size_t length)
{
    size_t whole = UDP_HEADER + length;

    put16(at, from);
    put16(at + 2, to);
    put16(at + 4, whole);
    put16(at + 6, 0);
    uint64_t sum = add_up(PROTOCOL_UDP + whole, addresses, addresses_length);
    sum = add_up(add_up(sum, at, UDP_HEADER), bytes, length);
    uint16_t check = checksum(sum);
    put16(at + 6, check != 0 ? check : 0xffff);
}

static void
put_ipv4(uint8_t *at, const IpAddress *source, const struct in_addr *to, size_t payload)
{
    memset(at, 0, IPV4_HEADER); /* the kernel fills in identification and checksum: raw(7) */
    at[0] = 0x45;
    put16(at + 2, IPV4_HEADER + payload);
    at[8] = HOPS;
    at[9] = PROTOCOL_UDP;
    memcpy(at + 12, source->bytes + 12, 4);
    memcpy(at + 16, to, 4);
}

static void
put_ipv6(uint8_t *at, const IpAddress *source, const struct in6_addr *to, size_t payload)
{
    memset(at, 0, 8);
    at[0] = 0x60;
    put16(at + 4, payload);
    at[6] = PROTOCOL_UDP;
    at[7] = HOPS;
    memcpy(at + 8, source->bytes, 16);
    memcpy(at + 24, to, 16);
}

bool
tee_header(uint8_t out[TEE_HEADER_MOST], size_t *header_length, const struct sockaddr_storage *to,
           const IpAddress *source, uint16_t port, const uint8_t *bytes, size_t length)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)to;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)to;
    bool is_v4 = to->ss_family == AF_INET;
    size_t ip = is_v4 ? IPV4_HEADER : IPV6_HEADER;

    if (is_v4 != ip_is_v4(source) || ip + UDP_HEADER + length > UINT16_MAX)
        return false;
    if (is_v4) {
        put_ipv4(out, source, &v4->sin_addr, UDP_HEADER + length);
        put_udp(out + ip, out + 12, 8, port, ntohs(v4->sin_port), bytes, length);
    } else {
        put_ipv6(out, source, &v6->sin6_addr, UDP_HEADER + length);
        put_udp(out + ip, out + 8, 32, port, ntohs(v6->sin6_port), bytes, length);
    }
    *header_length = ip + UDP_HEADER;
    return true;
}
