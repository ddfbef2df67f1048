/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generator-shapes.c - which fields the devices put into their templates, in which order and length
 *
 * Only the shape is the vendors': ids, lengths, options templates. A new device is one more table here.
 */
#include "tests/support/generator-private.h"

#include <string.h>

/* Twenty fields, as a backbone router sends them: the benchmark's template. */
static const TemplateSpec router_v9[] = {
    { 260, 0,
      "8/4 12/4 15/4 10/4 14/4 2/4 1/4 22/4 21/4 7/2 11/2 6/1 4/1 5/1 16/4 17/4 9/1 13/1 61/1 "
      "18/4" },
};
static const TemplateSpec router_ipfix[] = {
    { 260, 0,
      "8/4 12/4 15/4 10/4 14/4 2/8 1/8 152/8 153/8 7/2 11/2 6/1 4/1 5/1 16/4 17/4 9/1 13/1 61/1 "
      "136/1" },
};
static const TemplateSpec iosxe[] = {
    { 256, 0, "8/4 12/4 5/1 4/1 7/2 11/2 10/4 6/1 14/4 1/4 2/4 22/4 21/4 15/4 16/2 17/2 9/1 13/1 95/4" },
    { 257, 0, "27/16 28/16 31/4 4/1 7/2 11/2 10/4 14/4 1/8 2/8 22/4 21/4 62/16 6/1" },
};
/* Sampler table by options data; records name the sampler. Scope 1 is "system" (RFC 3954 section 6.1). */
static const TemplateSpec iosxr[] = {
    { 257, 1, "1/4 48/2 49/1 50/4" },
    { 334, 1, "1/4 10/4 82/32" },
    { 260, 0,
      "2/4 1/4 8/4 12/4 10/4 14/4 21/4 22/4 7/2 11/2 16/4 17/4 18/4 13/1 9/1 4/1 6/1 5/1 61/1 "
      "89/1 48/2 234/4 235/4 70/3 71/3" },
    { 261, 0,
      "2/4 1/4 27/16 28/16 10/4 14/4 21/4 22/4 7/2 11/2 64/4 16/4 17/4 63/16 30/1 29/1 4/1 6/1 "
      "61/1 48/2" },
};
static const TemplateSpec asa_nsel[] = {
    { 263, 0,
      "148/4 8/4 7/2 10/2 12/4 11/2 14/2 4/1 225/4 226/4 227/2 228/2 233/1 33002/2 323/8 152/8 "
      "231/4 232/4 33000/12 40000/20" },
};
static const TemplateSpec juniper[] = {
    { 512, 1, "144/4 34/4 160/8" },
    { 256, 0,
      "8/4 12/4 5/1 4/1 7/2 11/2 32/2 10/4 58/2 9/1 13/1 16/4 17/4 15/4 6/1 14/4 1/8 2/8 152/8 "
      "153/8 136/1 52/1 243/2 54/4" },
    { 257, 0, "27/16 28/16 5/1 4/1 7/2 11/2 139/2 10/4 29/1 30/1 62/16 14/4 1/8 2/8 152/8 153/8 136/1" },
};
static const TemplateSpec nokia[] = {
    { 512, 1, "149/4 34/4 35/1 36/2" },
    { 280, 0,
      "8/4 12/4 15/4 18/4 10/4 14/4 2/8 1/8 152/8 153/8 7/2 11/2 4/1 5/1 60/1 6/1 13/1 9/1 16/4 "
      "17/4 32/2" },
};
static const TemplateSpec huawei[] = {
    { 1514, 2, "234/4 235/4 236/32 90/8" },
    { 2598, 0,
      "8/4 12/4 15/4 2/8 1/8 22/4 21/4 160/8 10/4 14/4 16/4 17/4 7/2 11/2 58/2 2011.232/1 6/1 "
      "4/1 5/1 234/4 235/4 210/3" },
};
static const TemplateSpec mikrotik[] = {
    { 258, 0, "60/1 160/8 22/4 21/4 2/4 1/4 7/2 11/2 10/4 14/4 4/1 6/1 8/4 12/4 15/4 225/4 226/4" },
};
static const TemplateSpec paloalto[] = {
    { 260, 0,
      "1/8 2/8 4/1 5/1 6/1 7/2 8/4 10/4 11/2 12/4 14/4 21/4 22/4 61/1 148/4 225/4 226/4 227/2 "
      "228/2 346/4 56701/32 56702/64" },
};
static const TemplateSpec fortinet[] = {
    { 258, 0, "1/8 23/8 2/4 24/4 22/4 21/4 7/2 11/2 10/2 14/2 4/1 95/9 65/2 89/1 136/1 8/4 12/4" },
};
static const TemplateSpec softflowd[] = {
    { 1024, 0, "8/4 12/4 21/4 22/4 1/4 2/4 10/4 14/4 7/2 11/2 4/1 6/1 60/1" },
    { 2048, 0, "27/16 28/16 21/4 22/4 1/4 2/4 7/2 11/2 4/1 6/1 60/1" },
};
static const TemplateSpec nprobe[] = {
    { 257, 0,
      "1/4 2/4 4/1 5/1 6/1 7/2 8/4 10/4 11/2 12/4 14/4 56/6 80/6 152/8 153/8 35632.123/4 "
      "35632.118/2 35632.187/v 35632.380/v 35632.205/v" },
};
/* One record, both directions (RFC 5103), reduced lengths. */
static const TemplateSpec yaf[] = {
    { 47104, 0,
      "152/8 153/8 1/4 29305.1/4 2/4 29305.2/4 8/4 12/4 7/2 11/2 6871.40/2 6871.16424/2 4/1 "
      "136/1 6871.33/2 6871.14/1 58/2" },
    { 45841, 0, "152/8 153/8 1/3 29305.1/3 2/2 29305.2/2 27/16 28/16 7/2 11/2 4/1 136/1 6871.18/v" },
};
static const TemplateSpec vmware[] = {
    { 256, 0,
      "8/4 12/4 1/8 2/8 152/8 153/8 7/2 11/2 10/4 14/4 351/8 4/1 136/1 6/1 5/1 53/1 61/1 "
      "6876.890/2 6876.888/2 6876.889/2 210/1" },
};
static const TemplateSpec pflow[] = {
    { 256, 0, "8/4 12/4 10/4 14/4 2/8 1/8 150/4 151/4 7/2 11/2 5/1 4/1" },
    { 257, 0, "27/16 28/16 10/4 14/4 2/8 1/8 150/4 151/4 7/2 11/2 5/1 4/1" },
};
/* NTP stamps, reduced counters, a basicList that must be stepped over, an interval in the record itself. */
static const TemplateSpec mixed[] = {
    { 300, 0, "154/8 155/8 8/4 12/4 1/5 2/3 34/4 7/2 11/2 4/1 371/v 10/2 14/2" },
    { 301, 0, "156/8 157/8 27/16 28/16 1/8 2/8 34/2 8057.17/v 4/1 6/2" },
};

#define TEMPLATES(table) table, G_N_ELEMENTS(table)
static const Shape shapes[] = {
    { "netflow1", PROTOCOL_NETFLOW1, 0, NULL, 0, 0, SAMPLING_UNKNOWN },
    { "netflow5", PROTOCOL_NETFLOW5, 0x0102, NULL, 0, 0, SAMPLING_UNKNOWN },
    { "netflow5-sampled", PROTOCOL_NETFLOW5, 0x0003, NULL, 0, 1000, SAMPLING_HEADER },
    { "netflow7", PROTOCOL_NETFLOW7, 0, NULL, 0, 0, SAMPLING_UNKNOWN },
    { "router-v9", PROTOCOL_NETFLOW9, 1, TEMPLATES(router_v9), 0, SAMPLING_UNKNOWN },
    { "router-ipfix", PROTOCOL_IPFIX, 1, TEMPLATES(router_ipfix), 0, SAMPLING_UNKNOWN },
    { "cisco-iosxe", PROTOCOL_NETFLOW9, 256, TEMPLATES(iosxe), 0, SAMPLING_UNKNOWN },
    { "cisco-iosxr", PROTOCOL_NETFLOW9, 2177, TEMPLATES(iosxr), 2048, SAMPLING_SAMPLER },
    { "cisco-asa-nsel", PROTOCOL_NETFLOW9, 0, TEMPLATES(asa_nsel), 0, SAMPLING_UNKNOWN },
    { "juniper-mx", PROTOCOL_IPFIX, 524288, TEMPLATES(juniper), 1000, SAMPLING_DOMAIN },
    { "nokia-sr", PROTOCOL_IPFIX, 7, TEMPLATES(nokia), 500, SAMPLING_DOMAIN },
    { "huawei-ne", PROTOCOL_IPFIX, 33, TEMPLATES(huawei), 0, SAMPLING_UNKNOWN },
    { "mikrotik", PROTOCOL_IPFIX, 0, TEMPLATES(mikrotik), 0, SAMPLING_UNKNOWN },
    { "paloalto", PROTOCOL_NETFLOW9, 1, TEMPLATES(paloalto), 0, SAMPLING_UNKNOWN },
    { "fortinet", PROTOCOL_NETFLOW9, 1, TEMPLATES(fortinet), 0, SAMPLING_UNKNOWN },
    { "softflowd", PROTOCOL_NETFLOW9, 0, TEMPLATES(softflowd), 0, SAMPLING_UNKNOWN },
    { "nprobe", PROTOCOL_IPFIX, 0, TEMPLATES(nprobe), 0, SAMPLING_UNKNOWN },
    { "yaf-biflow", PROTOCOL_IPFIX, 0, TEMPLATES(yaf), 0, SAMPLING_UNKNOWN },
    { "vmware-vds", PROTOCOL_IPFIX, 0, TEMPLATES(vmware), 0, SAMPLING_UNKNOWN },
    { "openbsd-pflow", PROTOCOL_IPFIX, 0, TEMPLATES(pflow), 0, SAMPLING_UNKNOWN },
    { "mixed-ipfix", PROTOCOL_IPFIX, 99, TEMPLATES(mixed), 0, SAMPLING_UNKNOWN },
    { "sflow-switch", PROTOCOL_SFLOW, 3, NULL, 0, 400, SAMPLING_RECORD },
    { "sflow-expanded", PROTOCOL_SFLOW, 0, NULL, 0, 2000, SAMPLING_RECORD },
    { "sflow-tunnels", PROTOCOL_SFLOW, 1, NULL, 0, 512, SAMPLING_RECORD },
};

const Shape *
shape_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    return NULL;
}

const char *const *
generator_shapes(void)
{
    static const char *names[G_N_ELEMENTS(shapes) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
        names[i] = shapes[i].name;
    return names;
}
