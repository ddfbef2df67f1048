/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export-fixbuf.c - an exporter of another house: libfixbuf writes IPFIX with what is rare on the wire
 *
 *   export-fixbuf tcp|udp|file WHERE RECORDS     WHERE: HOST:PORT, or a path
 *
 * Records of a flow with a variable-length name, reversed counters (RFC 5103), an enterprise's own element
 * that is explained in the stream (RFC 5610), and the three lists of RFC 6313: a basicList of ports, a
 * subTemplateList of name and time to live, a subTemplateMultiList of two layouts. What was put in is
 * printed, one JSON object a record.
 */
#include <fixbuf/public.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUR_PEN = 32473 /* RFC 5612: for examples */, FLOW_ID = 0x100, ANSWER_ID = 0x101, LABEL_ID = 0x102 };

static const fbInfoElement_t own_elements[] = { FB_IE_INIT_FULL("exampleScore", OUR_PEN, 7, 4,
                                                                FB_IE_F_ENDIAN | FB_IE_QUANTITY, 0, 1000,
                                                                FB_UINT_32, (char *)"a score of ours"),
                                                FB_IE_NULL };

static const fbInfoElementSpec_t flow_spec[] = { { (char *)"sourceIPv4Address", 4, 0 },
                                                 { (char *)"destinationIPv4Address", 4, 0 },
                                                 { (char *)"flowStartMilliseconds", 8, 0 },
                                                 { (char *)"flowEndMilliseconds", 8, 0 },
                                                 { (char *)"octetTotalCount", 8, 0 },
                                                 { (char *)"reverseOctetTotalCount", 8, 0 },
                                                 { (char *)"packetTotalCount", 4, 0 },
                                                 { (char *)"exampleScore", 4, 0 },
                                                 { (char *)"sourceTransportPort", 2, 0 },
                                                 { (char *)"destinationTransportPort", 2, 0 },
                                                 { (char *)"protocolIdentifier", 1, 0 },
                                                 { (char *)"ipClassOfService", 1, 0 },
                                                 { (char *)"tcpControlBits", 2, 0 },
                                                 { (char *)"interfaceName", FB_IE_VARLEN, 0 },
                                                 { (char *)"basicList", FB_IE_VARLEN, 0 },
                                                 { (char *)"subTemplateList", FB_IE_VARLEN, 0 },
                                                 { (char *)"subTemplateMultiList", FB_IE_VARLEN, 0 },
                                                 FB_IESPEC_NULL };
typedef struct Flow {
    uint32_t source, destination;
    uint64_t start_ms, end_ms, octets, reverse_octets;
    uint32_t packets, score;
    uint16_t source_port, destination_port;
    uint8_t protocol, tos;
    uint16_t tcp_flags;
    fbVarfield_t interface;
    fbBasicList_t ports;
    fbSubTemplateList_t answers;
    fbSubTemplateMultiList_t rest;
} Flow;

static const fbInfoElementSpec_t answer_spec[] = { { (char *)"destinationIPv4Address", 4, 0 },
                                                   { (char *)"flowActiveTimeout", 2, 0 },
                                                   { (char *)"flowIdleTimeout", 2, 0 },
                                                   FB_IESPEC_NULL };
typedef struct Answer {
    uint32_t address;
    uint16_t ttl, idle;
} Answer;

static const fbInfoElementSpec_t label_spec[] = { { (char *)"applicationName", FB_IE_VARLEN, 0 },
                                                  FB_IESPEC_NULL };
typedef struct Label {
    fbVarfield_t name;
} Label;

typedef struct Exporter {
    fbInfoModel_t *model;
    fbSession_t *session;
    fBuf_t *buffer;
    fbTemplate_t *answer, *label;
} Exporter;

static void
must(gboolean done, GError *const *error)
{
    if (!done)
        g_error("libfixbuf: %s", *error != NULL ? (*error)->message : "no");
}

static fbTemplate_t *
add_template(Exporter *self, uint16_t id, const fbInfoElementSpec_t *spec)
{
    g_autoptr(GError) error = NULL;
    fbInfoElementSpec_t *own = (fbInfoElementSpec_t *)spec; /* libfixbuf only reads it */
    fbTemplate_t *external = fbTemplateAlloc(self->model), *internal = fbTemplateAlloc(self->model);

    must(fbTemplateAppendSpecArray(internal, own, 1, &error), &error);
    must(fbTemplateAppendSpecArray(external, own, 0, &error), &error);
    must(fbSessionAddTemplate(self->session, TRUE, id, internal, &error) != 0, &error);
    must(fbSessionAddTemplate(self->session, FALSE, id, external, &error) != 0, &error);
    return internal;
}

static fbExporter_t *
open_exporter(const char *how, const char *where)
{
    char *colon = strrchr(where, ':');

    if (strcmp(how, "file") == 0)
        return fbExporterAllocFile(where);
    if (colon == NULL)
        g_error("%s is no HOST:PORT", where);
    g_autofree char *host = g_strndup(where, (gsize)(colon - where));
    fbConnSpec_t spec = { .transport = strcmp(how, "tcp") == 0 ? FB_TCP : FB_UDP,
                          .host = host,
                          .svc = colon + 1 };
    return fbExporterAllocNet(&spec); /* which keeps a copy */
}

/* Everything a record needs is known before the first one: libfixbuf sends all templates of the session
 * first. */
static void
open_session(Exporter *self, fbExporter_t *exporter)
{
    g_autoptr(GError) error = NULL;

    self->model = fbInfoModelAlloc();
    fbInfoModelAddElementArray(self->model, (fbInfoElement_t *)own_elements);
    self->session = fbSessionAlloc(self->model);
    fbSessionSetDomain(self->session, 77);
    must(fbSessionSetMetadataExportElements(self->session, TRUE, 0x1F0, &error), &error);
    self->answer = add_template(self, ANSWER_ID, answer_spec);
    self->label = add_template(self, LABEL_ID, label_spec);
    add_template(self, FLOW_ID, flow_spec);
    self->buffer = fBufAllocForExport(self->session, exporter);
    must(fbSessionExportTemplates(self->session, &error), &error);
    must(fBufSetInternalTemplate(self->buffer, FLOW_ID, &error), &error);
    must(fBufSetExportTemplate(self->buffer, FLOW_ID, &error), &error);
}

static void
fill_lists(const Exporter *self, Flow *flow, uint16_t n)
{
    const fbInfoElement_t *port = fbInfoModelGetElementByName(self->model, "sourceTransportPort");
    uint16_t n_ports = n % 5, n_answers = n % 3;
    uint16_t *ports = fbBasicListInit(&flow->ports, FB_LIST_SEM_ALL_OF, port, n_ports);
    for (unsigned i = 0; i < n_ports; i++)
        ports[i] = (uint16_t)(n + i);

    Answer *answers =
        fbSubTemplateListInit(&flow->answers, FB_LIST_SEM_ORDERED, ANSWER_ID, self->answer, n_answers);
    for (unsigned i = 0; i < n_answers; i++)
        answers[i] = (Answer){ .address = 0xC6336400 + i, .ttl = (uint16_t)(60 * i) };

    fbSubTemplateMultiListEntry_t *entry = fbSubTemplateMultiListInit(&flow->rest, FB_LIST_SEM_NONE_OF, 2);
    Answer *one = fbSubTemplateMultiListEntryInit(entry, ANSWER_ID, self->answer, 1);
    one[0] = (Answer){ .address = 0xCB007100 + n % 256, .ttl = 1 };
    entry = fbSubTemplateMultiListGetNextEntry(&flow->rest, entry);
    Label *label = fbSubTemplateMultiListEntryInit(entry, LABEL_ID, self->label, 1);
    label[0].name = (fbVarfield_t){ .buf = (uint8_t *)"frp", .len = 3 };
}

static void
print_flow(const Flow *flow, unsigned n)
{
    printf("{\"sourceIPv4Address\":\"10.0.%u.%u\",\"flowStartMilliseconds\":%" PRIu64
           ",\"octetTotalCount\":%" PRIu64 ",\"reverseOctetTotalCount\":%" PRIu64 ",\"score\":%" PRIu32
           ",\"interfaceName\":\"%.*s\",\"ports\":[",
           n / 256, n % 256, flow->start_ms, flow->octets, flow->reverse_octets, flow->score,
           (int)flow->interface.len, (const char *)flow->interface.buf);
    for (unsigned i = 0; i < n % 5; i++)
        printf("%s%u", i > 0 ? "," : "", n + i);
    printf("],\"answers\":[");
    for (unsigned i = 0; i < n % 3; i++)
        printf("%s{\"address\":\"198.51.100.%u\",\"ttl\":%u}", i > 0 ? "," : "", i, 60 * i);
    printf("],\"last\":\"203.0.113.%u\",\"label\":\"frp\"}\n", n % 256);
}

static void
export_flow(Exporter *self, uint16_t n)
{
    /* Beyond 254 octets a length takes three octets (RFC 7011, section 7). */
    g_autofree char *name = g_strnfill(n % 300, (char)('a' + n % 26));
    g_autoptr(GError) error = NULL;
    uint64_t start_ms = (uint64_t)g_get_real_time() / 1000 - 60000 + n;
    Flow flow = { .source = 0x0A000000 + n,
                  .destination = 0xC0000201,
                  .start_ms = start_ms,
                  .end_ms = start_ms + 1000,
                  .octets = UINT64_C(5000000000) + n,
                  .reverse_octets = 40 + n,
                  .packets = 10 + n,
                  .score = n % 1000,
                  .source_port = (uint16_t)(1024 + n),
                  .destination_port = 443,
                  .protocol = 6,
                  .tcp_flags = 0x1b,
                  .interface = { .buf = (uint8_t *)name, .len = n % 300 } };

    fill_lists(self, &flow, n);
    print_flow(&flow, n);
    must(fBufAppend(self->buffer, (uint8_t *)&flow, sizeof flow, &error), &error);
    fbBasicListClear(&flow.ports);
    fbSubTemplateListClear(&flow.answers);
    fbSubTemplateMultiListClear(&flow.rest);
}

int
main(int argc, char **argv)
{
    Exporter exporter = { 0 };
    g_autoptr(GError) error = NULL;

    if (argc != 4) {
        fprintf(stderr, "usage: export-fixbuf tcp|udp|file WHERE RECORDS\n");
        return 2;
    }
    uint16_t n_records = (uint16_t)MIN(g_ascii_strtoull(argv[3], NULL, 10), 60000);
    open_session(&exporter, open_exporter(argv[1], argv[2]));
    for (uint16_t n = 0; n < n_records; n++)
        export_flow(&exporter, n);
    must(fBufEmit(exporter.buffer, &error), &error);
    fBufFree(exporter.buffer);
    fbInfoModelFree(exporter.model);
    return 0;
}
