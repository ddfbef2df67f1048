/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmdb-writer.c - see mmdb-writer.h */
#include "tests/support/mmdb-writer.h"

#include <string.h>

#include "collector/flow.h"

enum {
    EMPTY = -1,
    TYPE_STRING = 2,
    TYPE_DOUBLE = 3,
    TYPE_UINT16 = 5,
    TYPE_UINT32 = 6,
    TYPE_MAP = 7,
    TYPE_UINT64 = 9,
    TYPE_ARRAY = 11,
    TYPE_BOOLEAN = 14,
    DATA_GAP = 16
};

/* A side of a node: EMPTY, a node (>= 0), or a record: -2 - offset. */
typedef struct Node {
    int64_t side[2];
} Node;

struct MmdbWriter {
    char *type;
    int ip_version, record_bits;
    GArray *nodes; /* Node */
    GByteArray *data;
};

static void
put_byte(GByteArray *to, unsigned value)
{
    guint8 byte = (guint8)value;

    g_byte_array_append(to, &byte, 1);
}

/* Type and size; tests have sizes below 29 + 256 only. */
static void
put_control(GByteArray *to, unsigned type, size_t size)
{
    unsigned small = size < 29 ? (unsigned)size : 29;

    g_assert(size < 29 + 256);
    put_byte(to, type > 7 ? small : type << 5 | small);
    if (type > 7)
        put_byte(to, type - 7);
    if (small == 29)
        put_byte(to, (unsigned)size - 29);
}

static void
put_string(GByteArray *to, const char *text)
{
    put_control(to, TYPE_STRING, strlen(text));
    g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text));
}

static void
put_unsigned(GByteArray *to, unsigned type, uint64_t value)
{
    unsigned bytes = 0;

    while (bytes < 8 && value >> (8 * bytes) != 0)
        bytes++;
    put_control(to, type, bytes);
    for (unsigned i = bytes; i-- > 0;)
        put_byte(to, (unsigned)(value >> (8 * i)) & 0xff);
}

static void
put_value(GByteArray *to, json_t *value)
{
    const char *key;
    json_t *part;

    if (json_is_object(value)) {
        put_control(to, TYPE_MAP, json_object_size(value));
        json_object_foreach(value, key, part)
        {
            put_string(to, key);
            put_value(to, part);
        }
    } else if (json_is_string(value)) {
        put_string(to, json_string_value(value));
    } else if (json_is_integer(value)) {
        put_unsigned(to, TYPE_UINT32, (uint64_t)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        put_control(to, TYPE_BOOLEAN, json_is_true(value) ? 1 : 0);
    } else {
        double number = json_real_value(value);
        uint64_t wire;
        memcpy(&wire, &number, sizeof wire);
        wire = GUINT64_TO_BE(wire);
        put_control(to, TYPE_DOUBLE, sizeof wire);
        g_byte_array_append(to, (const guint8 *)&wire, sizeof wire);
    }
}

MmdbWriter *
mmdb_writer_new(const char *database_type, int ip_version, int record_bits)
{
    MmdbWriter *self = g_new0(MmdbWriter, 1);
    Node root = { { EMPTY, EMPTY } };

    self->type = g_strdup(database_type);
    self->ip_version = ip_version;
    self->record_bits = record_bits;
    self->nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    self->data = g_byte_array_new();
    g_array_append_val(self->nodes, root);
    return self;
}

void
mmdb_writer_free(MmdbWriter *self)
{
    if (self == NULL)
        return;
    g_free(self->type);
    g_array_unref(self->nodes);
    g_byte_array_unref(self->data);
    g_free(self);
}

/* Bits of @prefix from the root on; IPv4 lies under 96 zeros in a tree of both families. */
static unsigned
bits_of(const MmdbWriter *self, const char *prefix, uint8_t bits[16])
{
    IpPrefix parsed;

    g_assert_true(ip_prefix_parse(prefix, &parsed));
    memcpy(bits, parsed.address.bytes, 16);
    if (ip_is_v4(&parsed.address) && self->ip_version == 6)
        bits[10] = bits[11] = 0;
    if (self->ip_version == 4) {
        memmove(bits, bits + 12, 4);
        return parsed.length - 96u;
    }
    return parsed.length;
}

/* The side at the end of the way; nodes are made as needed. */
static int64_t *
side_at(MmdbWriter *self, const uint8_t bits[16], unsigned length)
{
    int64_t at = 0;

    for (unsigned depth = 0;; depth++) {
        unsigned bit = bits[depth / 8] >> (7 - depth % 8) & 1;
        int64_t next = g_array_index(self->nodes, Node, at).side[bit];
        if (depth + 1 == length)
            return &g_array_index(self->nodes, Node, at).side[bit];
        if (next == EMPTY) {
            Node node = { { EMPTY, EMPTY } };
            next = self->nodes->len;
            g_array_append_val(self->nodes, node);
            g_array_index(self->nodes, Node, at).side[bit] = next;
        }
        g_assert(next >= 0);
        at = next;
    }
}

void
mmdb_writer_add(MmdbWriter *self, const char *prefix, json_t *record)
{
    uint8_t bits[16];
    unsigned length = bits_of(self, prefix, bits);
    int64_t *side = side_at(self, bits, length);

    g_assert(*side == EMPTY && record != NULL);
    *side = -2 - (int64_t)self->data->len;
    put_value(self->data, record);
    json_decref(record);
}

void
mmdb_writer_alias_v4(MmdbWriter *self, const char *prefix)
{
    uint8_t bits[16], zero[16] = { 0 };
    int64_t v4 = *side_at(self, zero, 96);
    unsigned length = bits_of(self, prefix, bits);

    g_assert(v4 >= 0);
    *side_at(self, bits, length) = v4;
}

void
mmdb_writer_tangle(MmdbWriter *self, const char *prefix)
{
    uint8_t bits[16];
    unsigned length = bits_of(self, prefix, bits);

    *side_at(self, bits, length) = 0;
}

static void
put_sides(const MmdbWriter *self, GByteArray *to, const uint32_t side[2])
{
    if (self->record_bits == 28) {
        for (int shift = 16; shift >= 0; shift -= 8)
            put_byte(to, side[0] >> shift & 0xff);
        put_byte(to, (side[0] >> 24 & 0xf) << 4 | (side[1] >> 24 & 0xf));
        for (int shift = 16; shift >= 0; shift -= 8)
            put_byte(to, side[1] >> shift & 0xff);
        return;
    }
    for (int i = 0; i < 2; i++)
        for (int shift = self->record_bits - 8; shift >= 0; shift -= 8)
            put_byte(to, side[i] >> shift & 0xff);
}

GBytes *
mmdb_writer_finish(MmdbWriter *self)
{
    static const guint8 gap[DATA_GAP] = { 0 };
    static const char marker[] = "\xab\xcd\xefMaxMind.com";
    GByteArray *out = g_byte_array_new();
    uint32_t n = self->nodes->len;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t side[2];
        for (int j = 0; j < 2; j++) {
            int64_t value = g_array_index(self->nodes, Node, i).side[j];
            side[j] = value == EMPTY ? n
                      : value >= 0   ? (uint32_t)value
                                     : (uint32_t)(n + DATA_GAP + (-2 - value));
        }
        put_sides(self, out, side);
    }
    g_byte_array_append(out, gap, sizeof gap);
    g_byte_array_append(out, self->data->data, self->data->len);
    g_byte_array_append(out, (const guint8 *)marker, sizeof marker - 1);
    put_control(out, TYPE_MAP, 9);
    put_string(out, "node_count");
    put_unsigned(out, TYPE_UINT32, n);
    put_string(out, "record_size");
    put_unsigned(out, TYPE_UINT16, (uint64_t)self->record_bits);
    put_string(out, "ip_version");
    put_unsigned(out, TYPE_UINT16, (uint64_t)self->ip_version);
    put_string(out, "database_type");
    put_string(out, self->type);
    put_string(out, "languages");
    put_control(out, TYPE_ARRAY, 0);
    put_string(out, "description");
    put_control(out, TYPE_MAP, 0);
    put_string(out, "binary_format_major_version");
    put_unsigned(out, TYPE_UINT16, 2);
    put_string(out, "binary_format_minor_version");
    put_unsigned(out, TYPE_UINT16, 0);
    put_string(out, "build_epoch");
    put_unsigned(out, TYPE_UINT64, 1772323200);
    return g_byte_array_free_to_bytes(out);
}
