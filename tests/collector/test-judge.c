/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-judge.c - libfixbuf reads the same IPFIX messages, and both must agree, field by field
 *
 * The messages are the generator's, in the shapes of the vendors' templates, and some whose templates are
 * drawn by lot: any of the fields that are compared, in any order, shortened (RFC 7011 section 6.2), with
 * others in between. Each version of our decoder that this processor has is judged. libfixbuf has no NetFlow
 * outside its own sockets, so IPFIX alone is judged here.
 */
#include "collector/decoder.h"
#include "tests/support/generator.h"

#include <fixbuf/public.h>
#include <string.h>

enum { RECORDS = 400, INTERNAL_TEMPLATE = 999, SESSIONS = 10, TEMPLATES = 40, SEED = 8 };

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
judge(GPtrArray *datagrams)
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
    for (guint i = 0; i < datagrams->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(datagrams->pdata[i], &size);
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

/* What ours made of the same. */
typedef struct Ours {
    GArray *flows; /* FlowRecord */
    GArray *macs;  /* of each of them: what is shown, but not kept in it */
} Ours;

typedef struct Macs {
    uint8_t src[6], dst[6];
} Macs;

static void
ours_clear(Ours *self)
{
    g_array_unref(self->flows);
    g_array_unref(self->macs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ours, ours_clear)

static FlowBatch *
keep(void *user, FlowBatch *batch)
{
    Ours *ours = user;

    g_array_append_vals(ours->flows, batch->records, batch->n);
    return batch;
}

static void
keep_macs(void *user, const RecordView *record)
{
    Ours *ours = user;
    Macs macs = { 0 };

    if (record->kind != RECORD_FLOW)
        return;
    for (uint32_t i = 0; i < record->n_fields; i++) {
        const FieldView *field = &record->fields[i];
        uint8_t *to = field->element->id == 56 ? macs.src : macs.dst;

        if (field->element->pen == 0 && (field->element->id == 56 || field->element->id == 80) &&
            field->length == sizeof macs.src)
            memcpy(to, field->at, sizeof macs.src);
    }
    g_array_append_val(ours->macs, macs);
}

static Ours
decode(GPtrArray *datagrams, ShuffleVersion version)
{
    Ours out = { g_array_new(FALSE, FALSE, sizeof(FlowRecord)), g_array_new(FALSE, FALSE, sizeof(Macs)) };
    const DecoderConf conf = { .allow_all = true, .shuffles = version };
    const DecoderSink sink = { .user = &out, .flows = keep, .record = keep_macs };
    g_autoptr(Decoder) decoder = decoder_new(&conf, &sink);

    for (guint i = 0; i < datagrams->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(datagrams->pdata[i], &size);
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
agree(const FlowRecord *ours, const Macs *macs, const Judged *judged)
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
    g_assert_true(memcmp(macs->src, theirs->src_mac, 6) == 0);
    g_assert_true(memcmp(macs->dst, theirs->dst_mac, 6) == 0);
}

static void
assert_both_agree(GPtrArray *datagrams, guint n)
{
    g_autoptr(GArray) theirs = judge(datagrams);

    g_assert_cmpuint(theirs->len, ==, n);
    for (ShuffleVersion version = SHUFFLE_NONE; version < N_SHUFFLE_VERSIONS; version++) {
        if (!shuffle_version_runs(version))
            continue;
        g_auto(Ours) ours = decode(datagrams, version);
        g_assert_cmpuint(ours.flows->len, ==, n);
        g_assert_cmpuint(ours.macs->len, ==, n);
        for (guint i = 0; i < n; i++)
            agree(&g_array_index(ours.flows, FlowRecord, i), &g_array_index(ours.macs, Macs, i),
                  &g_array_index(theirs, Judged, i));
    }
}

static void
test_both_agree(gconstpointer shape)
{
    g_autoptr(GeneratedSession) session = generator_make(shape, 11, RECORDS);

    assert_both_agree(session->datagrams, session->n_flows);
}

/* Templates by lot */

typedef struct Lot {
    uint32_t pen;
    uint16_t id;
    uint8_t longest; /* its own length */
    uint8_t shortest;
    uint8_t family; /* of addresses: a record has one of the two */
} Lot;

static const Lot lots[] = {
    { 0, 1, 8, 1 },    { 0, 2, 8, 1 },       { 0, 85, 8, 1 },      { 0, 86, 8, 1 },    { 29305, 1, 8, 1 },
    { 0, 152, 8, 8 },  { 0, 153, 8, 8 },     { 0, 8, 4, 4, 4 },    { 0, 12, 4, 4, 4 }, { 0, 10, 4, 1 },
    { 0, 14, 4, 1 },   { 0, 16, 4, 1 },      { 0, 17, 4, 1 },      { 0, 7, 2, 1 },     { 0, 11, 2, 1 },
    { 0, 6, 2, 1 },    { 0, 58, 2, 1 },      { 0, 4, 1, 1 },       { 0, 5, 1, 1 },     { 0, 136, 1, 1 },
    { 0, 9, 1, 1 },    { 0, 27, 16, 16, 6 }, { 0, 28, 16, 16, 6 }, { 0, 56, 6, 6 },    { 0, 80, 6, 6 },
    { 0, 210, 30, 1 }, { 4711, 77, 20, 1 },
};

static uint32_t
draw(uint64_t *random, uint32_t below)
{
    return (uint32_t)(generator_random(random) >> 33) % below;
}

static void
put(GByteArray *to, uint64_t value, uint32_t length)
{
    for (uint32_t i = length; i-- > 0;) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        g_byte_array_append(to, &byte, 1);
    }
}

/* A set of @id, whose length is put in when it is whole. */
static guint
begin_set(GByteArray *to, uint32_t id)
{
    put(to, id, 2);
    put(to, 0, 2);
    return to->len - 4;
}

static void
end_set(GByteArray *to, guint begin)
{
    to->data[begin + 2] = (uint8_t)((to->len - begin) >> 8);
    to->data[begin + 3] = (uint8_t)(to->len - begin);
}

/* Chooses fields of one family in any order, none twice; how many. */
static uint32_t
draw_fields(uint64_t *random, const Lot **chosen)
{
    uint32_t n = 0, family = draw(random, 2) == 0 ? 4 : 6, from = draw(random, G_N_ELEMENTS(lots));

    for (uint32_t i = 0; i < G_N_ELEMENTS(lots); i++) {
        const Lot *lot = &lots[(from + i * 10) % G_N_ELEMENTS(lots)]; /* 10 and 27 have no factor in common */
        uint32_t at = draw(random, n + 1);

        if ((lot->family != 0 && lot->family != family) || draw(random, 3) == 0)
            continue;
        chosen[n] = at < n ? chosen[at] : lot;
        chosen[at] = lot;
        n++;
    }
    return n;
}

static void
put_value(GByteArray *to, uint64_t *random, const Lot *lot, uint32_t length)
{
    if (lot->id == 152 || lot->id == 153) /* nobody's clock is anywhere */
        put(to, UINT64_C(1700000000000) + draw(random, 1000000), length);
    else
        for (uint32_t i = 0; i < length; i++)
            put(to, draw(random, 3) == 0 ? 0 : draw(random, 256), 1);
}

/* A message with a template @id and some records of it; how many. */
static uint32_t
draw_message(GByteArray *to, uint64_t *random, uint32_t id, uint32_t sequence)
{
    const Lot *fields[G_N_ELEMENTS(lots)];
    uint32_t lengths[G_N_ELEMENTS(lots)], n = draw_fields(random, fields), n_records = 1 + draw(random, 8);

    put(to, 10, 2);
    put(to, 0, 2);
    put(to, 1700001000, 4);
    put(to, sequence, 4);
    put(to, 1, 4);
    guint set = begin_set(to, 2);
    put(to, id, 2);
    put(to, n, 2);
    for (uint32_t i = 0; i < n; i++) {
        lengths[i] = fields[i]->shortest + draw(random, fields[i]->longest - fields[i]->shortest + 1u);
        put(to, fields[i]->id | (fields[i]->pen != 0 ? 0x8000u : 0), 2);
        put(to, lengths[i], 2);
        if (fields[i]->pen != 0)
            put(to, fields[i]->pen, 4);
    }
    end_set(to, set);
    set = begin_set(to, id);
    for (uint32_t i = 0; i < n_records; i++)
        for (uint32_t j = 0; j < n; j++)
            put_value(to, random, fields[j], lengths[j]);
    end_set(to, set);
    end_set(to, 0); /* the message's length stands where a set's does */
    return n_records;
}

static void
test_templates_by_lot(void)
{
    uint64_t random = SEED;

    for (int session = 0; session < SESSIONS; session++) {
        g_autoptr(GPtrArray) datagrams = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        uint32_t n = 0;

        for (uint32_t i = 0; i < TEMPLATES; i++) {
            GByteArray *message = g_byte_array_new();

            n += draw_message(message, &random, 256 + i, n);
            g_ptr_array_add(datagrams, g_byte_array_free_to_bytes(message));
        }
        assert_both_agree(datagrams, n);
    }
}

int
main(int argc, char **argv)
{
    const char *const *shapes = generator_shapes();

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/judge/templates-by-lot/libfixbuf-agrees", test_templates_by_lot);
    for (; *shapes != NULL; shapes++) {
        g_autoptr(GeneratedSession) session = generator_make(*shapes, 11, 1);
        g_autofree char *name = g_strdup_printf("/collector/judge/%s/libfixbuf-agrees", *shapes);

        if (session->protocol == PROTOCOL_IPFIX)
            g_test_add_data_func(name, *shapes, test_both_agree);
    }
    return g_test_run();
}
