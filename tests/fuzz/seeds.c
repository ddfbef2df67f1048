/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seeds.c - see seeds.h */
#include "tests/fuzz/seeds.h"
#include "collector/capture.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/capture-writer.h"
#include "tests/support/generator.h"
#include "tests/support/hostile.h"
#include "tests/support/mmdb-writer.h"
#include "tests/support/scratch.h"

#include <string.h>
#include <unistd.h>

enum { SEED = 7, RECORDS = 12, SESSION_MOST = 60000 };

/* Which protocol a target is about, and the folder of real datagrams for it. */
typedef struct Target {
    const char *name;
    unsigned protocols; /* bit per Protocol */
    const char *folder; /* NULL: any */
} Target;
#define BIT(protocol) (1u << (protocol))
static const Target targets[] = {
    { "netflow5", BIT(PROTOCOL_NETFLOW1) | BIT(PROTOCOL_NETFLOW5) | BIT(PROTOCOL_NETFLOW7), "netflow1-5" },
    { "netflow9", BIT(PROTOCOL_NETFLOW9), "netflow9" },
    { "ipfix", BIT(PROTOCOL_IPFIX), "ipfix" },
    { "sflow", BIT(PROTOCOL_SFLOW), "sflow5" },
    { "lists", 0, NULL },
    { "session", ~0u, NULL },
    { "stream", BIT(PROTOCOL_IPFIX), "ipfix" },
    { "state", 0, NULL },
    { "scorer-state", 0, NULL },
    { "csv-places", 0, NULL },
    { "csv-assets", 0, NULL },
    { "listed", 0, NULL },
    { "mmdb", 0, NULL },
    { "suppression", 0, NULL },
    { "capture", 0, NULL },
};

const char *const *
seed_targets(void)
{
    static const char *names[G_N_ELEMENTS(targets) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
        names[i] = targets[i].name;
    return names;
}

static const Target *
find_target(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

/* One datagram in the form that fuzz_decoder_session reads: who and when, length, bytes. */
static void
append_datagram(GByteArray *session, uint8_t exporter, const void *bytes, size_t length)
{
    uint8_t head[3] = { (uint8_t)((exporter & 7) | 1 << 3), (uint8_t)(length >> 8), (uint8_t)length };

    g_byte_array_append(session, head, sizeof head);
    g_byte_array_append(session, bytes, (guint)length);
}

static void
append_generated(GByteArray *session, uint8_t exporter, const GeneratedSession *generated)
{
    for (guint i = 0; i < generated->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(generated->datagrams->pdata[i], &length);
        append_datagram(session, exporter, bytes, length);
    }
}

static void
sessions(const Target *target, SeedTaker take, void *user)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    uint8_t exporter = 0;

    for (const char *const *shape = generator_shapes(); *shape != NULL; shape++, exporter++) {
        g_autoptr(GeneratedSession) generated = generator_make(*shape, SEED, RECORDS);
        g_autoptr(GByteArray) one = g_byte_array_new();
        if ((target->protocols & BIT(generated->protocol)) == 0)
            continue;
        append_generated(one, 0, generated);
        take(user, one->data, one->len);
        append_generated(all, exporter, generated);
    }
    if (target->folder == NULL)
        take(user, all->data, MIN(all->len, (guint)SESSION_MOST));
}

/* Messages back to back in two connections, in reads that know nothing of messages, then a withdrawal of all
 * that was announced; see fuzz-stream.c. */
static void
torn_streams(SeedTaker take, void *user)
{
    static const uint8_t withdrawal[] = { 0, 10, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0,
                                          0, 0,  0, 0,  0, 2, 0, 8, 0, 2, 0, 0 };

    for (const char *const *shape = generator_shapes(); *shape != NULL; shape++) {
        g_autoptr(GeneratedSession) generated = generator_make(*shape, SEED, RECORDS);
        g_autoptr(GByteArray) stream = g_byte_array_new(), seed = g_byte_array_new();
        if (generated->protocol != PROTOCOL_IPFIX)
            continue;
        for (guint i = 0; i < generated->datagrams->len; i++) {
            gsize length;
            const void *bytes = g_bytes_get_data(generated->datagrams->pdata[i], &length);
            g_byte_array_append(stream, bytes, (guint)length);
        }
        g_byte_array_append(stream, withdrawal, sizeof withdrawal);
        for (guint at = 0; at < stream->len; at += 100)
            for (uint8_t connection = 0; connection < 2; connection++)
                append_datagram(seed, connection, stream->data + at, MIN(100u, stream->len - at));
        take(user, seed->data, seed->len);
    }
}

static FlowBatch *
forget(void *user, FlowBatch *batch)
{
    batch->n = batch->n_losses = 0;
    return batch;
}

static void
give_state(GBytes *state, SeedTaker take, void *user)
{
    gsize length;
    const void *bytes = g_bytes_get_data(state, &length);

    take(user, bytes, length);
}

static void
feed(Decoder *decoder, const GeneratedSession *generated, uint32_t exporter)
{
    for (guint i = 0; i < generated->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(generated->datagrams->pdata[i], &length);
        g_autofree uint8_t *room = g_malloc0(length + DATAGRAM_SLACK);
        memcpy(room, bytes, length);
        Datagram datagram = { .bytes = room,
                              .length = length,
                              .source = ip_from_v4(0xc0000200u + exporter % 4),
                              .source_port = 50000,
                              .received = { 1767225600000 } };
        decoder_datagram(decoder, &datagram);
    }
}

/* What a decoder saves after it heard each shape, and after all of them. */
static void
decoder_states(SeedTaker take, void *user)
{
    DecoderConf conf = { .allow_all = true, .hash_seed = 1 };
    DecoderSink sink = { .flows = forget };
    g_autoptr(Decoder) all = decoder_new(&conf, &sink);
    uint32_t exporter = 0;

    for (const char *const *shape = generator_shapes(); *shape != NULL; shape++, exporter++) {
        g_autoptr(GeneratedSession) generated = generator_make(*shape, SEED, RECORDS);
        g_autoptr(Decoder) one = decoder_new(&conf, &sink);
        feed(one, generated, exporter);
        feed(all, generated, exporter);
        g_autoptr(GBytes) saved = decoder_save(one);
        give_state(saved, take, user);
    }
    g_autoptr(GBytes) saved = decoder_save(all);
    give_state(saved, take, user);
}

static void
no_alert(void *user, const Alert *alert)
{
}

static void
no_sample(void *user, const SeriesSample *sample)
{
}

static FlowBatch *
score(void *user, FlowBatch *batch)
{
    scorer_batch(user, batch);
    batch->n = batch->n_losses = 0;
    return batch;
}

/* What a scorer saves when it knows nothing, and after some hundred flows of the generator's networks. */
static void
scorer_states(SeedTaker take, void *user)
{
    ScorerSink scorer_sink = { .alert = no_alert, .sample = no_sample };
    g_autoptr(Scorer) scorer = fuzz_scorer_new(&scorer_sink);
    g_autoptr(GeneratedSession) generated = generator_make("router-ipfix", SEED, 400);
    DecoderConf decoder_conf = { .allow_all = true, .hash_seed = 1 };
    DecoderSink sink = { .user = scorer, .flows = score };
    g_autoptr(Decoder) decoder = decoder_new(&decoder_conf, &sink);

    g_autoptr(GBytes) empty = scorer_save(scorer);
    give_state(empty, take, user);
    feed(decoder, generated, 0);
    decoder_flush(decoder, (WallTime){ 1767225700000 });
    g_autoptr(GBytes) busy = scorer_save(scorer);
    give_state(busy, take, user);
    scorer_finish(scorer);
    g_autoptr(GBytes) closed = scorer_save(scorer);
    give_state(closed, take, user);
}

static void
texts(const char *const *all, size_t n, SeedTaker take, void *user)
{
    for (size_t i = 0; i < n; i++)
        take(user, all[i], strlen(all[i]));
}

#define PLACES "prefix,access,anonymity,asn,as_name,country,confidence\n"
#define ASSETS "prefix,name,role,criticality,tags\n"
/* The first byte picks the kind of file: see fuzz-csv-places.c. */
static const char *const places[] = {
    (" " PLACES /* in brackets: one text of two lines, no comma is missing */
     "198.18.0.0/15,residential,none,64512,\"Example, cable\",GU,90\n"
     "2001:db8::/32,hosting,vpn,AS64513,,US,\n"),
    " country,prefix,access\r\nGU,203.0.113.5,mobile\r\n# a remark\r\n\r\nGU,0.0.0.0/0,unknown\r\n",
    " \xef\xbb\xbfprefix,access\n\"198.18.0.0/15\",\"cdn\"\n198.18.0.0/16,satellite\n",
    " prefix,acces\n198.18.0.0/33,nonsense\n",
    "#198.18.0.0/15\n203.0.113.0/24\n# remark\n2001:db8::/48\n198.18.0.1\n",
};
static const char *const assets[] = {
    ASSETS "198.18.0.1,core-1,network,5,pinned dc\n198.18.0.0/24,\"shop, front\",server,3,\n",
    "name,prefix\r\n\"said \"\"so\"\"\",198.18.0.0/16\r\n,2001:db8::1\r\n",
    ASSETS "198.18.0.1,x,server,6,\n",
    "prefix\n\"198.18.0.1\n",
};

/* The first byte picks the kind of file, by its rest by five: see fuzz-listed.c. */
static const char *const listed[] = {
    "#198.51.100.0/24 # a botnet\n\n203.0.113.7 ; seen\r\n2001:db8::/32\n",
    ("\x1eprefix,confidence,seen,note\n198.51.100.9,30,2026-01-01,\"relay, "
     "old\"\n203.0.113.0/24,,1772323200,\n"),
    "\x1eseen,prefix\n2026-03-01T06:00:00Z,2001:db8::1\n",
    ("\x1f{\"Event\":{\"info\":\"x\",\"timestamp\":\"1772323200\",\"Attribute\":[{\"type\":\"ip-dst|port\","
     "\"to_ids\":true,\"value\":\"198.51.100.2|443\",\"last_seen\":\"2026-03-01T00:00:00Z\"}],\"Object\":[{"
     "\"Attribute\":[{\"type\":\"domain|ip\",\"to_ids\":true,\"value\":\"a|2001:db8::7\",\"comment\":\"c\"}]}"
     "]}}"),
    (" {\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"confidence\":5,"
     "\"valid_from\":\"2026-03-01T00:00:00Z\",\"valid_until\":\"2026-03-02T00:00:00Z\",\"name\":\"n\","
     "\"pattern\":"
     "\"[(ipv4-addr:value = '198.51.100.1') OR ipv6-addr:value IN ('2001:db8::1', '2001:db8::2')] OR "
     "[ipv4-addr:value ISSUBSET '203.0.113.0/24']\"},{\"type\":\"indicator\",\"pattern\":\"[a:b = "
     "'it\\\\'s'\"}]}"),
    "!{\"5f0c1b2a-1111-4c9e-8d0f-000000000001\":{\"info\":\"x\"}}",
};

static const char *const rules[] = {
    ("{\"asset\":\"203.0.113.0/24\",\"assetName\":\"billing-db\",\"peer\":\"2001:db8::7\",\"peerAsn\":"
     "4294967295,\"peerClass\":\"residential\",\"port\":65535,\"protocol\":17,\"kind\":\"new_peer\"}"),
    "{\"asset\":null,\"port\":22}",
    "{\"asset\":\"0.0.0.0/0\"}",
    "{\"kind\":\"odd_port\",\"what\":1}",
    "{}",
};

/* The first byte picks the template: see fuzz-lists.c. */
static void
lists(SeedTaker take, void *user)
{
    static const struct {
        const char *bytes;
        size_t length;
    } all[] = {
#define LIST(text) { text, sizeof(text) - 1 }
        LIST(
            "\0\xc0\0\2\1\xc0\0\2\2\x1d\3\1\4\0\x10\2\0\0\0\0\1\2\0\0\0\0\2\1\1\0\x0c\1\xbb\xc3\x50\3\3\1\1"),
        LIST("\1\1\xbb\0\x50\x0c\3\1\1\1\xbb\0\x51\4\3\1\1\0"),
        LIST("\2\x0c\4\0\x52\xff\xff\2hi\3you\x0d\3\1\xe3\0\4\xfd\xe8\0\1\xfd\xe8\0\2"),
        LIST("\2\xff\0\x0b\x00\x80\7\0\1\0\0\xff\xee\5\6\1\xff"),
        LIST("\5\x30\2\0\0\0\0\1\2\0\0\0\0\2\x08\0\x45\0\5\xdc\0\1\0\0\x3d\x11\0\0\xc0\0\2\1\xc6\x33\x64\2"
             "\xc3\x50\x12\xb5\0\0\0\0\x08\0\0\0\0\0\5\xee\0\x30\0\0"),
        LIST("\6\0\0\xff\xee\0\7\x14\4hops\0\0\xff\xee\0\x08\3\3hop"),
#undef LIST
    };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        take(user, all[i].bytes, all[i].length);
}

static void
give_file(const char *path, SeedTaker take, void *user)
{
    g_autofree char *bytes = NULL;
    gsize length;

    if (g_file_get_contents(path, &bytes, &length, NULL))
        take(user, bytes, length);
}

static void
captures(SeedTaker take, void *user)
{
    g_autoptr(Scratch) folder = scratch_new("seeds");
    g_autofree char *path = g_build_filename(folder, "seed.pcap", NULL);
    g_autoptr(GeneratedSession) generated = generator_make("router-ipfix", SEED, RECORDS);
    CaptureWriter *writer = capture_writer_open(path);
    g_autoptr(GByteArray) messages = g_byte_array_new();

    for (guint i = 0; i < generated->datagrams->len; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(generated->datagrams->pdata[i], &length);
        capture_writer_add(writer, 1767225600000, 0xc0000201, 50000, 0xc00002c8, 4739, bytes, length);
        g_byte_array_append(messages, bytes, (guint)length);
    }
    capture_writer_close(writer);
    give_file(path, take, user);
    take(user, messages->data, messages->len);
    take(user, "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0",
         28);
}

/* The first byte picks the preset: see fuzz-mmdb.c. */
static void
databases(SeedTaker take, void *user)
{
    for (int i = 0; i < 4; i++) {
        g_autoptr(MmdbWriter) writer =
            mmdb_writer_new(i == 0 ? "GeoLite2-ASN" : "some", i % 2 == 0 ? 6 : 4, 24 + i % 3 * 4);
        g_autoptr(GByteArray) file = g_byte_array_new();
        mmdb_writer_add(writer, "45.1.0.0/16",
                        json_pack("{s:i, s:s, s:s, s:s, s:b}", "autonomous_system_number", 64500,
                                  "connection_type", "Cable/DSL", "asn", "AS64500", "proxy_type", "RES",
                                  "vpn", 1));
        mmdb_writer_add(writer, "45.2.0.0/17", json_pack("{s:{s:s}}", "country", "iso_code", "GU"));
        if (i % 2 == 0)
            mmdb_writer_alias_v4(writer, "2002::/16");
        g_autoptr(GBytes) bytes = mmdb_writer_finish(writer);
        gsize length = 0;
        const guint8 *at = g_bytes_get_data(bytes, &length);
        g_byte_array_append(file, &(guint8){ (guint8)i }, 1);
        g_byte_array_append(file, at, (guint)length);
        take(user, file->data, file->len);
    }
}

void
seeds_generated(const char *name, SeedTaker take, void *user)
{
    const Target *target = find_target(name);

    if (target == NULL)
        return;
    if (strcmp(name, "stream") == 0)
        torn_streams(take, user);
    if (target->protocols != 0)
        sessions(target, take, user);
    else if (strcmp(name, "state") == 0)
        decoder_states(take, user);
    else if (strcmp(name, "scorer-state") == 0)
        scorer_states(take, user);
    else if (strcmp(name, "lists") == 0)
        lists(take, user);
    else if (strcmp(name, "csv-places") == 0)
        texts(places, G_N_ELEMENTS(places), take, user);
    else if (strcmp(name, "suppression") == 0)
        texts(rules, G_N_ELEMENTS(rules), take, user);
    else if (strcmp(name, "listed") == 0)
        texts(listed, G_N_ELEMENTS(listed), take, user);
    else if (strcmp(name, "csv-assets") == 0)
        texts(assets, G_N_ELEMENTS(assets), take, user);
    else if (strcmp(name, "mmdb") == 0)
        databases(take, user);
    else
        captures(take, user);
}

/* ---- the hostile corpus ---- */

typedef struct HostileSeeds {
    const Target *target;
    SeedTaker take;
    void *user;
} HostileSeeds;

/* The protocol of a datagram, by its version word. */
static Protocol
protocol_of(const uint8_t *at, size_t length)
{
    static const Protocol versions[] = {
        [1] = PROTOCOL_NETFLOW1, [5] = PROTOCOL_NETFLOW5, [7] = PROTOCOL_NETFLOW7,
        [9] = PROTOCOL_NETFLOW9, [10] = PROTOCOL_IPFIX,
    };

    if (length < 4 || at[0] != 0)
        return PROTOCOL_NONE;
    if (at[1] == 0)
        return PROTOCOL_SFLOW;
    return at[1] < G_N_ELEMENTS(versions) ? versions[at[1]] : PROTOCOL_NONE;
}

/* capture-writer.c wrote it: a file's header, then for each datagram a packet's header and a frame. */
static void
give_hostile(void *user, const HostileCase *one)
{
    enum { FILE_HEADER = 24, PACKET_HEADER = 16, FRAME = 42, LENGTH_AT = 8, ADDRESS_AT = 29, LARGE = 8192 };
    const HostileSeeds *self = user;
    g_autoptr(GByteArray) session = g_byte_array_new();
    const uint8_t *at = one->capture;
    unsigned protocols = 0;

    if (one->length > LARGE)
        return;
    for (size_t from = FILE_HEADER; from < one->length;) {
        uint32_t length;

        memcpy(&length, at + from + LENGTH_AT, sizeof length);
        const uint8_t *frame = at + from + PACKET_HEADER;
        protocols |= BIT(protocol_of(frame + FRAME, length - FRAME));
        append_datagram(session, frame[ADDRESS_AT], frame + FRAME, length - FRAME);
        from += PACKET_HEADER + length;
    }
    if ((protocols & self->target->protocols) != 0)
        self->take(self->user, session->data, session->len);
}

void
seeds_hostile(const char *name, SeedTaker take, void *user)
{
    HostileSeeds self = { .target = find_target(name), .take = take, .user = user };

    if (self.target != NULL && self.target->protocols != 0)
        hostile_make(give_hostile, &self);
}

/* ---- real exporters' datagrams ---- */

static void
give_as_session(const char *path, SeedTaker take, void *user)
{
    g_autoptr(Capture) capture = capture_open(path, NULL);
    g_autoptr(GByteArray) session = g_byte_array_new();
    Datagram datagram;

    while (capture != NULL && session->len < SESSION_MOST && capture_next(capture, &datagram, NULL) > 0)
        append_datagram(session, datagram.source.bytes[15], datagram.bytes, datagram.length);
    if (session->len > 0)
        take(user, session->data, session->len);
}

static void
walk(const Target *target, const char *folder, SeedTaker take, void *user)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            walk(target, path, take, user);
        else if (g_str_has_suffix(name, ".pcap") || g_str_has_suffix(name, ".ipfix")) {
            if (strcmp(target->name, "capture") == 0)
                give_file(path, take, user);
            else
                give_as_session(path, take, user);
        }
    }
}

void
seeds_from_vectors(const char *name, const char *vectors, SeedTaker take, void *user)
{
    const Target *target = find_target(name);

    if (target == NULL || (target->protocols == 0 && strcmp(name, "capture") != 0))
        return;
    g_autofree char *folder = g_build_filename(vectors, target->folder, NULL);
    walk(target, folder, take, user);
}
