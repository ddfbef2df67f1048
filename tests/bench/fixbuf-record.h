/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixbuf-record.h - the struct of twenty fields that libfixbuf decodes into, in memory and behind its own
 * listener */
#pragma once
#include <fixbuf/public.h>

enum { FIXBUF_INTERNAL_TEMPLATE = 999 };

typedef struct FixbufRecord {
    uint64_t packets, octets, start, end;
    uint32_t src, dst, next_hop, in_if, out_if, src_as, dst_as;
    uint16_t src_port, dst_port, tcp_flags;
    uint8_t protocol, tos, src_mask, dst_mask, direction, end_reason;
    uint8_t padding[8];
} FixbufRecord;

static const fbInfoElementSpec_t fixbuf_fields[] = {
    { (char *)"packetDeltaCount", 8, 0 },
    { (char *)"octetDeltaCount", 8, 0 },
    { (char *)"flowStartMilliseconds", 8, 0 },
    { (char *)"flowEndMilliseconds", 8, 0 },
    { (char *)"sourceIPv4Address", 4, 0 },
    { (char *)"destinationIPv4Address", 4, 0 },
    { (char *)"ipNextHopIPv4Address", 4, 0 },
    { (char *)"ingressInterface", 4, 0 },
    { (char *)"egressInterface", 4, 0 },
    { (char *)"bgpSourceAsNumber", 4, 0 },
    { (char *)"bgpDestinationAsNumber", 4, 0 },
    { (char *)"sourceTransportPort", 2, 0 },
    { (char *)"destinationTransportPort", 2, 0 },
    { (char *)"tcpControlBits", 2, 0 },
    { (char *)"protocolIdentifier", 1, 0 },
    { (char *)"ipClassOfService", 1, 0 },
    { (char *)"sourceIPv4PrefixLength", 1, 0 },
    { (char *)"destinationIPv4PrefixLength", 1, 0 },
    { (char *)"flowDirection", 1, 0 },
    { (char *)"flowEndReason", 1, 0 },
    FB_IESPEC_NULL,
};

/* With that struct as a template of ours. */
static inline fbSession_t *
fixbuf_session_new(fbInfoModel_t *model)
{
    fbSession_t *session = fbSessionAlloc(model);
    fbTemplate_t *internal = fbTemplateAlloc(model);
    g_autoptr(GError) error = NULL;

    if (!fbTemplateAppendSpecArray(internal, (fbInfoElementSpec_t *)fixbuf_fields, ~0u, &error) ||
        fbSessionAddTemplate(session, TRUE, FIXBUF_INTERNAL_TEMPLATE, internal, &error) == 0)
        g_error("libfixbuf: %s", error->message);
    return session;
}

static inline void
fixbuf_use_template(fBuf_t *buffer)
{
    g_autoptr(GError) error = NULL;

    if (!fBufSetInternalTemplate(buffer, FIXBUF_INTERNAL_TEMPLATE, &error))
        g_error("libfixbuf: %s", error->message);
}
