/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place-builtin.c - what can be known of an address without any file
 *
 * Three small tables of our own: the special-purpose blocks of IANA's registries, some large and stable
 * blocks of resolvers, content networks and clouds, and words in the names of networks. All but the first are
 * hints: their confidence is low, and any source of the operator's that is as specific wins.
 */
#include <string.h>

#include "scoring/place-builder.h"

typedef struct BuiltinPlace {
    const char *prefix;
    uint8_t access, confidence;
    uint32_t asn;
    const char *as_name;
} BuiltinPlace;

static const BuiltinPlace special_places[] = {
    /* RFC 6890 and successors: addresses that no network on the Internet has. */
    { "0.0.0.0/8", ACCESS_PRIVATE, 100 },       { "10.0.0.0/8", ACCESS_PRIVATE, 100 },
    { "100.64.0.0/10", ACCESS_PRIVATE, 100 }, /* carrier-grade NAT, RFC 6598 */
    { "127.0.0.0/8", ACCESS_PRIVATE, 100 },     { "169.254.0.0/16", ACCESS_PRIVATE, 100 },
    { "172.16.0.0/12", ACCESS_PRIVATE, 100 },   { "192.0.0.0/24", ACCESS_PRIVATE, 100 },
    { "192.0.2.0/24", ACCESS_PRIVATE, 100 }, /* documentation, RFC 5737; so are the next two of this kind */
    { "192.88.99.0/24", ACCESS_PRIVATE, 100 },  { "192.168.0.0/16", ACCESS_PRIVATE, 100 },
    { "198.18.0.0/15", ACCESS_PRIVATE, 100 }, /* benchmarks, RFC 2544 */
    { "198.51.100.0/24", ACCESS_PRIVATE, 100 }, { "203.0.113.0/24", ACCESS_PRIVATE, 100 },
    { "224.0.0.0/4", ACCESS_PRIVATE, 100 }, /* multicast */
    { "240.0.0.0/4", ACCESS_PRIVATE, 100 },     { "::/128", ACCESS_PRIVATE, 100 },
    { "::1/128", ACCESS_PRIVATE, 100 },         { "64:ff9b:1::/48", ACCESS_PRIVATE, 100 },
    { "100::/64", ACCESS_PRIVATE, 100 },        { "2001:2::/48", ACCESS_PRIVATE, 100 },
    { "2001:db8::/32", ACCESS_PRIVATE, 100 },   { "3fff::/20", ACCESS_PRIVATE, 100 },
    { "5f00::/16", ACCESS_PRIVATE, 100 },       { "fc00::/7", ACCESS_PRIVATE, 100 },
    { "fe80::/10", ACCESS_PRIVATE, 100 },       { "ff00::/8", ACCESS_PRIVATE, 100 },
};

static const BuiltinPlace known_places[] = {
    /* Public resolvers */
    { "1.0.0.0/24", ACCESS_CDN, 70, 13335, "Cloudflare" },
    { "1.1.1.0/24", ACCESS_CDN, 70, 13335, "Cloudflare" },
    { "8.8.4.0/24", ACCESS_HOSTING, 70, 15169, "Google" },
    { "8.8.8.0/24", ACCESS_HOSTING, 70, 15169, "Google" },
    { "9.9.9.0/24", ACCESS_HOSTING, 70, 19281, "Quad9" },
    { "149.112.112.0/24", ACCESS_HOSTING, 70, 19281, "Quad9" },
    { "208.67.222.0/24", ACCESS_HOSTING, 70, 36692, "Cisco OpenDNS" },
    { "2001:4860:4860::/48", ACCESS_HOSTING, 70, 15169, "Google" },
    { "2606:4700:4700::/48", ACCESS_CDN, 70, 13335, "Cloudflare" },
    { "2620:fe::/48", ACCESS_HOSTING, 70, 19281, "Quad9" },
    /* Content networks */
    { "104.16.0.0/12", ACCESS_CDN, 65, 13335, "Cloudflare" },
    { "162.158.0.0/15", ACCESS_CDN, 65, 13335, "Cloudflare" },
    { "172.64.0.0/13", ACCESS_CDN, 65, 13335, "Cloudflare" },
    { "2606:4700::/32", ACCESS_CDN, 65, 13335, "Cloudflare" },
    { "2400:cb00::/32", ACCESS_CDN, 65, 13335, "Cloudflare" },
    { "151.101.0.0/16", ACCESS_CDN, 65, 54113, "Fastly" },
    { "199.232.0.0/16", ACCESS_CDN, 60, 54113, "Fastly" },
    { "2a04:4e40::/32", ACCESS_CDN, 65, 54113, "Fastly" },
    { "23.32.0.0/11", ACCESS_CDN, 60, 20940, "Akamai" },
    { "23.192.0.0/11", ACCESS_CDN, 60, 20940, "Akamai" },
    { "104.64.0.0/10", ACCESS_CDN, 60, 20940, "Akamai" },
    { "2600:1400::/24", ACCESS_CDN, 60, 20940, "Akamai" },
    { "2a02:26f0::/32", ACCESS_CDN, 60, 20940, "Akamai" },
    /* Clouds and hosters */
    { "142.250.0.0/15", ACCESS_HOSTING, 60, 15169, "Google" },
    { "172.217.0.0/16", ACCESS_HOSTING, 60, 15169, "Google" },
    { "34.64.0.0/10", ACCESS_HOSTING, 60, 396982, "Google Cloud" },
    { "35.184.0.0/13", ACCESS_HOSTING, 60, 396982, "Google Cloud" },
    { "2607:f8b0::/32", ACCESS_HOSTING, 60, 15169, "Google" },
    { "2a00:1450::/32", ACCESS_HOSTING, 60, 15169, "Google" },
    { "13.64.0.0/11", ACCESS_HOSTING, 60, 8075, "Microsoft" },
    { "40.64.0.0/10", ACCESS_HOSTING, 55, 8075, "Microsoft" },
    { "52.224.0.0/11", ACCESS_HOSTING, 60, 8075, "Microsoft" },
    { "2603:1000::/24", ACCESS_HOSTING, 60, 8075, "Microsoft" },
    { "54.64.0.0/11", ACCESS_HOSTING, 55, 16509, "Amazon" },
    { "52.64.0.0/12", ACCESS_HOSTING, 55, 16509, "Amazon" },
    { "2600:1f00::/24", ACCESS_HOSTING, 60, 16509, "Amazon" },
    { "5.9.0.0/16", ACCESS_HOSTING, 60, 24940, "Hetzner" },
    { "78.46.0.0/15", ACCESS_HOSTING, 60, 24940, "Hetzner" },
    { "88.198.0.0/16", ACCESS_HOSTING, 60, 24940, "Hetzner" },
    { "95.216.0.0/15", ACCESS_HOSTING, 60, 24940, "Hetzner" },
    { "2a01:4f8::/32", ACCESS_HOSTING, 60, 24940, "Hetzner" },
    { "51.38.0.0/16", ACCESS_HOSTING, 60, 16276, "OVH" },
    { "51.68.0.0/16", ACCESS_HOSTING, 60, 16276, "OVH" },
    { "2001:41d0::/32", ACCESS_HOSTING, 60, 16276, "OVH" },
    { "104.131.0.0/16", ACCESS_HOSTING, 60, 14061, "DigitalOcean" },
    { "138.68.0.0/16", ACCESS_HOSTING, 60, 14061, "DigitalOcean" },
    { "165.227.0.0/16", ACCESS_HOSTING, 60, 14061, "DigitalOcean" },
    { "2604:a880::/32", ACCESS_HOSTING, 60, 14061, "DigitalOcean" },
    { "45.32.0.0/16", ACCESS_HOSTING, 60, 20473, "Vultr" },
    { "2001:19f0::/32", ACCESS_HOSTING, 60, 20473, "Vultr" },
    { "139.162.0.0/16", ACCESS_HOSTING, 60, 63949, "Akamai Linode" },
    { "172.104.0.0/15", ACCESS_HOSTING, 60, 63949, "Akamai Linode" },
    /* Satellite */
    { "98.97.0.0/16", ACCESS_SATELLITE, 60, 14593, "Starlink" },
};

/* Networks whose kind their number tells better than their name. */
static const struct {
    uint32_t asn;
    uint8_t access, confidence;
} known_networks[] = {
    { 174, ACCESS_TRANSIT, 50 },      { 701, ACCESS_RESIDENTIAL, 35 },   { 1299, ACCESS_TRANSIT, 50 },
    { 2516, ACCESS_RESIDENTIAL, 40 }, { 2914, ACCESS_TRANSIT, 50 },      { 3320, ACCESS_RESIDENTIAL, 45 },
    { 3356, ACCESS_TRANSIT, 45 },     { 4134, ACCESS_RESIDENTIAL, 35 },  { 4713, ACCESS_RESIDENTIAL, 40 },
    { 4837, ACCESS_RESIDENTIAL, 35 }, { 6939, ACCESS_TRANSIT, 45 },      { 7018, ACCESS_RESIDENTIAL, 40 },
    { 7922, ACCESS_RESIDENTIAL, 50 }, { 8075, ACCESS_HOSTING, 50 },      { 9246, ACCESS_RESIDENTIAL, 40 },
    { 9299, ACCESS_RESIDENTIAL, 40 }, { 13335, ACCESS_CDN, 60 },         { 14061, ACCESS_HOSTING, 60 },
    { 14593, ACCESS_SATELLITE, 60 },  { 15169, ACCESS_HOSTING, 50 },     { 16276, ACCESS_HOSTING, 60 },
    { 16509, ACCESS_HOSTING, 55 },    { 20115, ACCESS_RESIDENTIAL, 50 }, { 20473, ACCESS_HOSTING, 60 },
    { 20940, ACCESS_CDN, 60 },        { 21928, ACCESS_MOBILE, 60 },      { 22394, ACCESS_MOBILE, 55 },
    { 24940, ACCESS_HOSTING, 60 },    { 54113, ACCESS_CDN, 60 },         { 63949, ACCESS_HOSTING, 60 },
};

/* The first word that is in the name decides; so the more telling words stand first. */
static const struct {
    const char *word;
    uint8_t access, confidence;
} name_words[] = {
    { "starlink", ACCESS_SATELLITE, 60 },    { "satellit", ACCESS_SATELLITE, 50 },
    { "universit", ACCESS_EDUCATION, 60 },   { "college", ACCESS_EDUCATION, 55 },
    { "school", ACCESS_EDUCATION, 50 },      { "academ", ACCESS_EDUCATION, 45 },
    { "ministry", ACCESS_GOVERNMENT, 50 },   { "government", ACCESS_GOVERNMENT, 55 },
    { "content delivery", ACCESS_CDN, 55 },  { "hosting", ACCESS_HOSTING, 50 },
    { "datacenter", ACCESS_HOSTING, 50 },    { "data center", ACCESS_HOSTING, 50 },
    { "datacentre", ACCESS_HOSTING, 50 },    { "colocation", ACCESS_HOSTING, 50 },
    { "vps", ACCESS_HOSTING, 50 },           { "cloud", ACCESS_HOSTING, 50 },
    { "server", ACCESS_HOSTING, 45 },        { "mobile", ACCESS_MOBILE, 40 },
    { "cellular", ACCESS_MOBILE, 45 },       { "wireless", ACCESS_MOBILE, 35 },
    { "broadband", ACCESS_RESIDENTIAL, 45 }, { "cable", ACCESS_RESIDENTIAL, 40 },
    { "fiber", ACCESS_RESIDENTIAL, 40 },     { "fibre", ACCESS_RESIDENTIAL, 40 },
    { "dsl", ACCESS_RESIDENTIAL, 40 },       { "residential", ACCESS_RESIDENTIAL, 50 },
    { "telecom", ACCESS_RESIDENTIAL, 40 },   { "telefon", ACCESS_RESIDENTIAL, 40 },
    { "telephone", ACCESS_RESIDENTIAL, 40 }, { "communications", ACCESS_RESIDENTIAL, 30 },
    { "transit", ACCESS_TRANSIT, 40 },       { "backbone", ACCESS_TRANSIT, 40 },
};

static void
add_table(PlaceBuilder *builder, const BuiltinPlace *places, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PlaceClaim claim = { .has = PLACE_HAS_ACCESS,
                             .access = places[i].access,
                             .confidence = places[i].confidence };
        IpPrefix prefix;

        if (places[i].asn != 0) {
            claim.asn = places[i].asn;
            claim.as_name = place_builder_as_name(builder, places[i].as_name);
            claim.has |= PLACE_HAS_ASN;
        }
        if (!ip_prefix_parse(places[i].prefix, &prefix))
            g_assert_not_reached(); /* a constant of this file */
        place_builder_add(builder, &prefix, place_builder_claim(builder, claim));
    }
}

void
place_read_builtin(PlaceBuilder *builder)
{
    add_table(builder, special_places, G_N_ELEMENTS(special_places));
    add_table(builder, known_places, G_N_ELEMENTS(known_places));
}

bool
place_guess_access(uint32_t asn, const char *as_name, uint8_t *access, uint8_t *confidence)
{
    for (size_t i = 0; asn != 0 && i < G_N_ELEMENTS(known_networks); i++) {
        if (known_networks[i].asn == asn) {
            *access = known_networks[i].access;
            *confidence = known_networks[i].confidence;
            return true;
        }
    }
    if (*as_name == '\0')
        return false;
    g_autofree char *lower = g_ascii_strdown(as_name, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(name_words); i++) {
        if (strstr(lower, name_words[i].word) != NULL) {
            *access = name_words[i].access;
            *confidence = name_words[i].confidence;
            return true;
        }
    }
    return false;
}
