/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-judge.c - libfixbuf reads the same IPFIX messages, and both must agree, field by field
 *
 * The messages are the generator's, in the shapes of the vendors' templates. libfixbuf has no NetFlow outside
 * its own sockets, so IPFIX alone is judged here.
 */
#include "collector/decoder.h"
#include "tests/support/generator.h"

#include <fixbuf/public.h>
#include <string.h>

enum { RECORDS = 400, INTERNAL_TEMPLATE = 999 };

/* As libfixbuf fills it: in the order of @judge_fields, naturally aligned. */
typedef struct JudgeRecord {
    uint64_t octets, packets, total_octets, total_packets, reverse_octets, start, end;
    uint32_t src, dst, in_if, out_if, src_as, dst_as;
    uint16_t src_port, dst_port, tcp_flags, vlan;
    uint8_t protocol, tos, end_reason, src_mask;
    uint8_t src6[16], dst6[16];
    uint8_t src_mac[6], dst_mac[6];
} JudgeRecord;

static const fbInfoElementSpec_t judge_fields[] = {
    { (char *)"octetDeltaCount", 8, 0 },
    { (char *)"packetDeltaCount", 8, 0 },
    { (char *)"octetTotalCount", 8, 0 },
    { (char *)"packetTotalCount", 8, 0 },
    { (char *)"reverseOctetDeltaCount", 8, 0 },
    { (char *)"flowStartMilliseconds", 8, 0 },
    { (char *)"flowEndMilliseconds", 8, 0 },
    { (char *)"sourceIPv4Address", 4, 0 },
    { (char *)"destinationIPv4Address", 4, 0 },
    { (char *)"ingressInterface", 4, 0 },
    { (char *)"egressInterface", 4, 0 },
    { (char *)"bgpSourceAsNumber", 4, 0 },
    { (char *)"bgpDestinationAsNumber", 4, 0 },
    { (char *)"sourceTransportPort", 2, 0 },
    { (char *)"destinationTransportPort", 2, 0 },
    { (char *)"tcpControlBits", 2, 0 },
    { (char *)"vlanId", 2, 0 },
    { (char *)"protocolIdentifier", 1, 0 },
    { (char *)"ipClassOfService", 1, 0 },
    { (char *)"flowEndReason", 1, 0 },
    { (char *)"sourceIPv4PrefixLength", 1, 0 },
    { (char *)"sourceIPv6Address", 16, 0 },
    { (char *)"destinationIPv6Address", 16, 0 },
    { (char *)"sourceMacAddress", 6, 0 },
    { (char *)"destinationMacAddress", 6, 0 },
    FB_IESPEC_NULL,
};

/* One record with what its template has. */
typedef struct Judged {
    JudgeRecord record;
    bool has_delta, has_packets, has_start, has_end;
} Judged;

static bool
has(const fbTemplate_t *tmpl, const char *name)
{
    fbInfoElementSpec_t spec = { (char *)name, 0, 0 };

    return fbTemplateContainsElementByName((fbTemplate_t *)tmpl, &spec);
}

static GArray *
judge(const GeneratedSession *session)
{
    fbInfoModel_t *model = fbInfoModelAlloc();
    fbSession_t *fixbuf = fbSessionAlloc(model);
    fbTemplate_t *internal = fbTemplateAlloc(model);
    GArray *out = g_array_new(FALSE, FALSE, sizeof(Judged));
    GError *error = NULL;

    fbTemplateAppendSpecArray(internal, (fbInfoElementSpec_t *)judge_fields, ~0u, &error);
    g_assert_no_error(error);
    fbSessionAddTemplate(fixbuf, TRUE, INTERNAL_TEMPLATE, internal, &error);
    g_assert_no_error(error);
    fBuf_t *buffer = fBufAllocForCollection(fixbuf, NULL);
    fBufSetAutomaticMode(buffer, FALSE);
    for (guint i = 0; i < session->datagrams->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &size);
        g_autofree uint8_t *copy = g_memdup2(bytes, size);
        fbTemplate_t *tmpl;
        uint16_t id;

        fBufSetBuffer(buffer, copy, size);
        if (i == 0)
            fBufSetInternalTemplate(buffer, INTERNAL_TEMPLATE, &error);
        g_assert_no_error(error);
        while ((tmpl = fBufNextCollectionTemplate(buffer, &id, &error)) != NULL) {
            Judged judged = { .has_delta = has(tmpl, "octetDeltaCount"),
                              .has_packets = has(tmpl, "packetDeltaCount"),
                              .has_start = has(tmpl, "flowStartMilliseconds"),
                              .has_end = has(tmpl, "flowEndMilliseconds") };
            bool is_options = fbTemplateGetOptionsScope(tmpl) > 0;
            size_t length = sizeof judged.record;

            if (!fBufNext(buffer, (uint8_t *)&judged.record, &length, &error))
                break;
            if (!is_options)
                g_array_append_val(out, judged);
        }
        g_clear_error(&error); /* the end of the message */
    }
    fBufFree(buffer);
    fbInfoModelFree(model);
    return out;
}

static FlowBatch *
keep(void *user, FlowBatch *batch)
{
    g_array_append_vals(user, batch->records, batch->n);
    return batch;
}

static GArray *
decode(const GeneratedSession *session)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(FlowRecord));
    const DecoderConf conf = { .allow_all = true };
    const DecoderSink sink = { .user = out, .flows = keep };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);

    for (guint i = 0; i < session->datagrams->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(session->datagrams->pdata[i], &size);
        g_autofree uint8_t *copy = g_malloc0(size + DATAGRAM_SLACK);
        Datagram datagram = { .bytes = copy, .length = size, .source = ip_from_v4(0xc0000201) };

        memcpy(copy, bytes, size);
        g_assert_true(decoder_datagram(decoder, &datagram));
    }
    decoder_flush(decoder, (WallTime){ 0 });
    return out;
}

static void
assert_address(const IpAddress *ours, uint32_t v4, const uint8_t v6[16])
{
    static const uint8_t none[16];
    IpAddress theirs = ip_from_v4(v4);

    if (memcmp(v6, none, 16) != 0)
        memcpy(theirs.bytes, v6, 16);
    if (!ip_is_zero(ours) || !ip_is_zero(&theirs))
        g_assert_true(ip_equal(ours, &theirs));
}

static void
agree(const FlowRecord *ours, const Judged *judged)
{
    const JudgeRecord *theirs = &judged->record;
    bool is_icmp = theirs->protocol == 1 || theirs->protocol == 58; /* we take its type out of the ports */

    assert_address(&ours->src, theirs->src, theirs->src6);
    assert_address(&ours->dst, theirs->dst, theirs->dst6);
    g_assert_cmpuint(ours->octets, ==, judged->has_delta ? theirs->octets : theirs->total_octets);
    g_assert_cmpuint(ours->packets, ==, judged->has_packets ? theirs->packets : theirs->total_packets);
    if (theirs->reverse_octets != 0)
        g_assert_cmpuint(ours->reverse_octets, ==, theirs->reverse_octets);
    if (judged->has_end)
        g_assert_cmpint(ours->end_ms, ==, (int64_t)theirs->end);
    if (judged->has_start && judged->has_end && theirs->start <= theirs->end)
        g_assert_cmpint(ours->start_ms, ==, (int64_t)theirs->start);
    g_assert_cmpuint(ours->src_port, ==, is_icmp ? 0 : theirs->src_port);
    g_assert_cmpuint(ours->dst_port, ==, is_icmp ? 0 : theirs->dst_port);
    g_assert_cmpuint(ours->protocol, ==, theirs->protocol);
    g_assert_cmpuint(ours->tos, ==, theirs->tos);
    g_assert_cmpuint(ours->tcp_flags, ==, theirs->tcp_flags);
    g_assert_cmpuint(ours->in_if, ==, theirs->in_if);
    g_assert_cmpuint(ours->out_if, ==, theirs->out_if);
    g_assert_cmpuint(ours->src_as, ==, theirs->src_as);
    g_assert_cmpuint(ours->dst_as, ==, theirs->dst_as);
    g_assert_cmpuint(ours->end_reason, ==, theirs->end_reason);
    if (theirs->vlan != 0)
        g_assert_cmpuint(ours->vlan, ==, theirs->vlan);
    if (theirs->src_mask != 0)
        g_assert_cmpuint(ours->src_mask, ==, theirs->src_mask);
    g_assert_true(memcmp(ours->src_mac, theirs->src_mac, 6) == 0);
    g_assert_true(memcmp(ours->dst_mac, theirs->dst_mac, 6) == 0);
}

static void
test_both_agree(gconstpointer shape)
{
    g_autoptr(GeneratedSession) session = generator_make(shape, 11, RECORDS);
    g_autoptr(GArray) theirs = judge(session);
    g_autoptr(GArray) ours = decode(session);

    g_assert_cmpuint(ours->len, ==, session->n_flows);
    g_assert_cmpuint(theirs->len, ==, session->n_flows);
    for (guint i = 0; i < ours->len; i++)
        agree(&g_array_index(ours, FlowRecord, i), &g_array_index(theirs, Judged, i));
}

int
main(int argc, char **argv)
{
    const char *const *shapes = generator_shapes();

    g_test_init(&argc, &argv, NULL);
    for (; *shapes != NULL; shapes++) {
        g_autoptr(GeneratedSession) session = generator_make(*shapes, 11, 1);
        g_autofree char *name = g_strdup_printf("/collector/judge/%s/libfixbuf-agrees", *shapes);

        if (session->protocol == PROTOCOL_IPFIX)
            g_test_add_data_func(name, *shapes, test_both_agree);
    }
    return g_test_run();
}
