/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow.c - see flow.h */
#include "collector/flow.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

FlowBatch *
flow_batch_new(void)
{
    void *at = NULL;

    if (posix_memalign(&at, 64, sizeof(FlowBatch)) != 0)
        g_error("flow batch: out of memory");
    FlowBatch *self = at;
    self->n = 0;
    self->n_losses = 0;
    return self;
}

void
flow_batch_free(FlowBatch *self)
{
    free(self);
}

bool
ip_is_loopback(const IpAddress *ip)
{
    static const uint8_t v6[16] = { [15] = 1 };

    return (ip_is_v4(ip) && ip->bytes[12] == 127) || memcmp(ip->bytes, v6, sizeof v6) == 0;
}

bool
ip_is_zero(const IpAddress *ip)
{
    static const uint8_t zero[16];
    size_t from = ip_is_v4(ip) ? 12 : 0;

    return memcmp(ip->bytes + from, zero, 16 - from) == 0;
}

IpAddress
ip_from_v4(uint32_t host_order)
{
    IpAddress ip = { .bytes = { [10] = 0xff, [11] = 0xff } };
    uint32_t wire = htonl(host_order);

    memcpy(ip.bytes + 12, &wire, sizeof wire);
    return ip;
}

bool
ip_parse(const char *text, IpAddress *out)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, text, &v4) == 1) {
        *out = ip_from_v4(ntohl(v4.s_addr));
        return true;
    }
    return inet_pton(AF_INET6, text, out->bytes) == 1;
}

char *
ip_text(const IpAddress *ip, char out[IP_TEXT])
{
    bool v4 = ip_is_v4(ip);

    inet_ntop(v4 ? AF_INET : AF_INET6, ip->bytes + (v4 ? 12 : 0), out, IP_TEXT);
    return out;
}

static bool
has_host_bits(const IpPrefix *prefix)
{
    for (unsigned bit = prefix->length; bit < 128; bit++)
        if (prefix->address.bytes[bit / 8] & (0x80u >> (bit % 8)))
            return true;
    return false;
}

bool
ip_prefix_parse(const char *text, IpPrefix *out)
{
    const char *slash = strchr(text, '/');
    char address[IP_TEXT];

    if (slash == NULL) {
        out->length = 128;
        return ip_parse(text, &out->address);
    }
    if ((size_t)(slash - text) >= sizeof address)
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    if (!ip_parse(address, &out->address) || !g_ascii_isdigit(slash[1]))
        return false;

    unsigned offset = strchr(address, ':') == NULL ? 96 : 0;
    char *end = NULL;
    unsigned long length = strtoul(slash + 1, &end, 10);
    if (*end != '\0' || length + offset > 128)
        return false;
    out->length = (uint8_t)(length + offset);
    return !has_host_bits(out);
}

bool
ip_prefix_has(const IpPrefix *prefix, const IpAddress *ip)
{
    unsigned bytes = prefix->length / 8, bits = prefix->length % 8;

    if (memcmp(prefix->address.bytes, ip->bytes, bytes) != 0)
        return false;
    return bits == 0 || ((prefix->address.bytes[bytes] ^ ip->bytes[bytes]) >> (8 - bits)) == 0;
}

char *
ip_prefix_text(const IpPrefix *prefix, char out[IP_PREFIX_TEXT])
{
    char address[IP_TEXT];
    bool v4 = ip_is_v4(&prefix->address) && prefix->length >= 96;

    g_snprintf(out, IP_PREFIX_TEXT, "%s/%u", ip_text(&prefix->address, address),
               v4 ? prefix->length - 96u : (unsigned)prefix->length);
    return out;
}
