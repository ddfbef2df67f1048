/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place-mmdb.c - places from MMDB files of any schema
 *
 * The file is copied into memory of our own first: libmaxminddb maps what it opens, and a file that is cut
 * short or replaced while it is mapped would end the process. Then the whole tree is walked once; nothing of
 * the library is used after that. The file is not trusted: the walk visits no more nodes than the file says
 * it has, so that a tree whose branches meet again cannot keep us busy for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <maxminddb.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scoring/place-map.h"

enum { DEPTH_MOST = 128, V4_DEPTH = 96 };
#define FILE_MOST (INT64_C(4) << 30)

typedef struct Branch {
    uint32_t node;
    uint8_t depth;
    uint8_t bits[16];
} Branch;

typedef struct Walk {
    PlaceBuilder *builder;
    const PlaceMap *map;
    const MMDB_s *db;
    GHashTable *claims; /* offset of the record + 1 -> claim + 1; 1: it says nothing */
    uint32_t v4_node;   /* root of IPv4 within an IPv6 tree; 0: none */
    uint32_t visited;
    unsigned offset; /* 96 in a tree of IPv4 only */
    Branch stack[DEPTH_MOST + 2];
    size_t n;
} Walk;

static bool
file_error(GError **error, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, what);
    return false;
}

static bool
errno_error(GError **error, const char *path, int code)
{
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", path, g_strerror(code));
    return false;
}

static bool
copy_all(int from, int to, int64_t size)
{
    while (size > 0) {
        ssize_t n = sendfile(to, from, NULL, (size_t)MIN(size, INT64_C(1) << 30));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it became shorter while we read */
            return false;
        }
        size -= n;
    }
    return true;
}

/* A descriptor of a private copy that nobody can change any more; -1 with @error. */
static int
open_copy(const char *path, GError **error)
{
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), to = -1;
    struct stat info;

    if (from < 0 || fstat(from, &info) != 0) {
        errno_error(error, path, errno);
    } else if (!S_ISREG(info.st_mode) || info.st_size == 0 || info.st_size > FILE_MOST) {
        file_error(error, path, "this is no MMDB file: it is empty, larger than 4 GiB, or no file at all");
    } else {
        to = memfd_create("talaya-mmdb", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (to < 0 || !copy_all(from, to, info.st_size) ||
            fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
            errno_error(error, path, errno);
            if (to >= 0)
                close(to);
            to = -1;
        }
    }
    if (from >= 0)
        close(from);
    return to;
}

static int
value_text(const MMDB_entry_data_s *data, char *text, size_t size)
{
    switch (data->type) {
    case MMDB_DATA_TYPE_UTF8_STRING:
        g_snprintf(text, size, "%.*s", (int)MIN(data->data_size, (uint32_t)size), data->utf8_string);
        return 1;
    case MMDB_DATA_TYPE_BOOLEAN:
        g_snprintf(text, size, "%s", data->boolean ? "true" : "false");
        return 1;
    case MMDB_DATA_TYPE_UINT16:
        g_snprintf(text, size, "%u", data->uint16);
        return 1;
    case MMDB_DATA_TYPE_UINT32:
        g_snprintf(text, size, "%u", data->uint32);
        return 1;
    case MMDB_DATA_TYPE_INT32:
        g_snprintf(text, size, "%d", data->int32);
        return 1;
    case MMDB_DATA_TYPE_UINT64:
        g_snprintf(text, size, "%" G_GUINT64_FORMAT, data->uint64);
        return 1;
    default:
        return 0;
    }
}

/* PlaceMapLookup over an MMDB_entry_s. */
static int
look_up(void *record, const char *const *path, char *text, size_t size)
{
    MMDB_entry_data_s data;
    int status = MMDB_aget_value(record, &data, path);

    if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR || status == MMDB_INVALID_LOOKUP_PATH_ERROR)
        return 0;
    if (status != MMDB_SUCCESS)
        return -1;
    return data.has_data ? value_text(&data, text, size) : 0;
}

/* Records are shared by many networks: each is looked at once. False when it is damaged. */
static bool
claim_of(Walk *self, const MMDB_entry_s *entry, uint32_t *claim, bool *says_something)
{
    gpointer key = GSIZE_TO_POINTER((gsize)entry->offset + 1), known = g_hash_table_lookup(self->claims, key);
    PlaceClaim made = { 0 };
    MMDB_entry_s record = *entry;

    if (known == NULL) {
        if (!place_map_apply(self->map, self->builder, look_up, &record, &made))
            return false;
        gsize number = made.has != 0 ? (gsize)place_builder_claim(self->builder, made) + 1 : 1;
        known = GSIZE_TO_POINTER(number);
        g_hash_table_insert(self->claims, key, known);
    }
    *claim = (uint32_t)(GPOINTER_TO_SIZE(known) - 1);
    *says_something = *claim != 0;
    return true;
}

/* Where a tree of both families keeps IPv4: under 96 zero bits. */
static IpPrefix
prefix_of(const Walk *self, const uint8_t bits[16], unsigned depth)
{
    static const uint8_t zero[12];
    IpPrefix prefix = { .length = (uint8_t)(depth + self->offset) };

    memcpy(prefix.address.bytes, bits, sizeof prefix.address.bytes);
    if (self->offset == V4_DEPTH || (depth >= V4_DEPTH && memcmp(bits, zero, sizeof zero) == 0))
        prefix.address.bytes[10] = prefix.address.bytes[11] = 0xff;
    return prefix;
}

static bool
take_record(Walk *self, const MMDB_entry_s *entry, const uint8_t bits[16], unsigned depth)
{
    uint32_t claim = 0;
    bool says_something = false;

    if (!claim_of(self, entry, &claim, &says_something))
        return false;
    if (!says_something)
        return true;
    IpPrefix prefix = prefix_of(self, bits, depth);
    place_builder_add(self->builder, &prefix, claim);
    return true;
}

/* Writers let 2002::/16, ::ffff:0:0/96 and their like point at IPv4 again; once is enough. */
static bool
is_second_v4(const Walk *self, uint32_t node, const uint8_t bits[16], unsigned depth)
{
    static const uint8_t zero[12];

    return self->v4_node != 0 && node == self->v4_node &&
           !(depth == V4_DEPTH && memcmp(bits, zero, sizeof zero) == 0);
}

static const char *
take_side(Walk *self, const Branch *from, bool right, uint8_t type, uint64_t record,
          const MMDB_entry_s *entry)
{
    Branch next = *from;
    unsigned bit = from->depth + self->offset;

    if (right)
        next.bits[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
    next.depth++;
    if (type == MMDB_RECORD_TYPE_EMPTY)
        return NULL;
    if (type == MMDB_RECORD_TYPE_DATA)
        return take_record(self, entry, next.bits, next.depth) ? NULL
                                                               : "it is damaged: a record cannot be read";
    if (type != MMDB_RECORD_TYPE_SEARCH_NODE)
        return "it is damaged: a branch of its tree leads out of the file";
    next.node = (uint32_t)record;
    if (is_second_v4(self, next.node, next.bits, next.depth))
        return NULL;
    if (next.depth + self->offset >= DEPTH_MOST)
        return "it is damaged: its tree is deeper than an address is long";
    self->stack[self->n++] = next;
    return NULL;
}

/* NULL when the whole tree was walked, else what is wrong. */
static const char *
walk_tree(Walk *self)
{
    self->stack[self->n++] = (Branch){ 0 };
    while (self->n > 0) {
        Branch branch = self->stack[--self->n];
        MMDB_search_node_s node;
        if (self->visited++ > self->db->metadata.node_count)
            return "it is damaged: branches of its tree meet again";
        if (MMDB_read_node(self->db, branch.node, &node) != MMDB_SUCCESS)
            return "it is damaged: its tree is cut short";
        const char *wrong = take_side(self, &branch, true, node.right_record_type, node.right_record,
                                      &node.right_record_entry);
        if (wrong == NULL)
            wrong = take_side(self, &branch, false, node.left_record_type, node.left_record,
                              &node.left_record_entry);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static uint32_t
find_v4_node(const MMDB_s *db)
{
    uint32_t node = 0;

    for (int depth = 0; depth < V4_DEPTH; depth++) {
        MMDB_search_node_s at;
        if (MMDB_read_node(db, node, &at) != MMDB_SUCCESS ||
            at.left_record_type != MMDB_RECORD_TYPE_SEARCH_NODE)
            return 0;
        node = (uint32_t)at.left_record;
    }
    return node;
}

static bool
read_database(PlaceBuilder *builder, const PlaceSource *source, const MMDB_s *db, GError **error)
{
    const char *type = db->metadata.database_type != NULL ? db->metadata.database_type : "";
    g_autoptr(PlaceMap) map = place_map_new(source->preset, source->map, type, error);
    g_autoptr(GHashTable) claims = g_hash_table_new(NULL, NULL);
    Walk walk = { .builder = builder, .map = map, .db = db, .claims = claims };

    if (map == NULL) {
        g_prefix_error(error, "%s: ", source->path);
        return false;
    }
    if (db->metadata.ip_version == 6)
        walk.v4_node = find_v4_node(db);
    else
        walk.offset = V4_DEPTH;
    const char *wrong = walk_tree(&walk);
    return wrong == NULL || file_error(error, source->path, wrong);
}

bool
place_read_mmdb(PlaceBuilder *builder, const PlaceSource *source, GError **error)
{
    int fd = open_copy(source->path, error);
    char path[40];
    MMDB_s db;

    if (fd < 0)
        return false;
    g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int status = MMDB_open(path, MMDB_MODE_MMAP, &db);
    close(fd);
    if (status == MMDB_FILE_OPEN_ERROR)
        return file_error(error, source->path, "it cannot be opened again in memory; is /proc there?");
    if (status == MMDB_INVALID_METADATA_ERROR)
        return file_error(error, source->path, "this is no MMDB file, or its end is missing (cut short?)");
    if (status != MMDB_SUCCESS)
        return file_error(error, source->path, MMDB_strerror(status));
    bool done = read_database(builder, source, &db, error);
    MMDB_close(&db);
    return done;
}
