/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lpm.c - see lpm.h */
#include "scoring/lpm.h"

#include <string.h>

__extension__ typedef unsigned __int128 Key;

enum { BLOCKS = 1 << 16 };

/* @n 0: @at is the value of the whole block; else the block's ranges begin at @at. */
typedef struct LpmBlock {
    uint32_t at, n;
} LpmBlock;

/* A range goes from its start to the next one's. Starts lie apart from values: the search reads starts only.
 */
struct Lpm {
    LpmBlock v4[BLOCKS], v6[BLOCKS];
    uint16_t *v4_starts; /* the low 16 bits of the address */
    uint32_t *v4_values;
    Key *v6_starts;
    uint32_t *v6_values;
    uint32_t v4_n, v6_n;
};

typedef struct Range {
    Key start;
    uint32_t value;
} Range;

static Key
key_of(const IpAddress *ip)
{
    uint64_t high, low;

    memcpy(&high, ip->bytes, sizeof high);
    memcpy(&low, ip->bytes + 8, sizeof low);
    return (Key)GUINT64_FROM_BE(high) << 64 | GUINT64_FROM_BE(low);
}

static bool
entry_is_v4(const LpmEntry *entry)
{
    return entry->prefix.length >= 96 && ip_is_v4(&entry->prefix.address);
}

static Key
last_key_of(const IpPrefix *prefix)
{
    return key_of(&prefix->address) |
           (prefix->length == 0 ? ~(Key)0 : ((Key)1 << (128 - prefix->length)) - 1);
}

static int
compare_entries(const void *a, const void *b)
{
    const LpmEntry *x = a, *y = b;
    int order = memcmp(&x->prefix.address, &y->prefix.address, sizeof x->prefix.address);

    if (order == 0)
        order = (int)x->prefix.length - (int)y->prefix.length;
    if (order == 0)
        order = x->value < y->value ? -1 : x->value > y->value;
    return order;
}

/* Walks the sorted entries of one family with the stack of prefixes that we stand in. */
typedef struct Sweep {
    LpmMerge merge;
    void *user;
    Key at;         /* everything below has been given out */
    bool done;      /* @at would be past the last address */
    GArray *values; /* uint32_t, the stack */
    GArray *ends;   /* Key, the last address of each on the stack */
    GArray *ranges; /* Range, what comes out */
} Sweep;

static uint32_t
sweep_value(const Sweep *self)
{
    const uint32_t *values = (const uint32_t *)(const void *)self->values->data;
    guint n = self->values->len;

    if (n == 0)
        return 0;
    return self->merge != NULL ? self->merge(self->user, values, n) : values[n - 1];
}

static void
sweep_give(Sweep *self)
{
    Range range = { .start = self->at, .value = sweep_value(self) };
    Range *last = self->ranges->len == 0 ? NULL : &g_array_index(self->ranges, Range, self->ranges->len - 1);
    if (last == NULL || last->value != range.value)
        g_array_append_val(self->ranges, range);
}

/* Gives out the range from where we stand up to before @to. */
static void
sweep_move(Sweep *self, Key to)
{
    if (self->done || to == self->at)
        return;
    sweep_give(self);
    self->at = to;
}

/* Leaves every prefix that ends before @to. */
static void
sweep_leave(Sweep *self, Key to, bool all)
{
    while (self->ends->len > 0) {
        Key end = g_array_index(self->ends, Key, self->ends->len - 1);
        if (!all && end >= to)
            return;
        if (end != ~(Key)0) {
            sweep_move(self, end + 1);
        } else if (!self->done) { /* end + 1 would be 0: there is nothing behind */
            sweep_give(self);
            self->done = true;
        }
        g_array_set_size(self->ends, self->ends->len - 1);
        g_array_set_size(self->values, self->values->len - 1);
    }
}

static GArray *
sweep_family(const LpmEntry *entries, size_t n, bool v4, LpmMerge merge, void *user)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(Key));
    const Key v4_first = (Key)0xffff << 32, v4_last = v4_first | 0xffffffff;
    Sweep sweep = { .merge = merge, .user = user, .at = v4 ? v4_first : 0, .values = values, .ends = ends };

    sweep.ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    for (size_t i = 0; i < n; i++) {
        if (entry_is_v4(&entries[i]) != v4)
            continue;
        Key start = key_of(&entries[i].prefix.address), end = last_key_of(&entries[i].prefix);
        sweep_leave(&sweep, start, false);
        sweep_move(&sweep, start);
        g_array_append_val(values, entries[i].value);
        g_array_append_val(ends, end);
    }
    sweep_leave(&sweep, 0, true);
    /* Behind the last prefix there is nothing; IPv4 ends before the rest of IPv6 begins. */
    if (v4 ? sweep.at <= v4_last : !sweep.done) {
        Range rest = { .start = sweep.at, .value = 0 };
        g_array_append_val(sweep.ranges, rest);
    }
    return sweep.ranges;
}

/* Cuts the ranges at block borders. @shift: how far the top 16 bits of the family lie up; gives the number
 * kept. */
static uint32_t
fill_blocks(const GArray *ranges, unsigned shift, Key family, LpmBlock *blocks,
            void (*store)(Lpm *, uint32_t, Key, uint32_t), Lpm *self)
{
    uint32_t kept = 0, value = 0;
    guint next = 0;

    for (uint32_t block = 0; block < BLOCKS; block++) {
        Key first = family + ((Key)block << shift), last = first + (((Key)1 << shift) - 1);
        uint32_t from = kept;
        bool begun = false;
        for (; next < ranges->len; next++) {
            const Range *range = &g_array_index(ranges, Range, next);
            if (range->start > last)
                break;
            if (range->start > first && !begun)
                store(self, kept++, first, value);
            begun = true;
            store(self, kept++, range->start, range->value);
            value = range->value;
        }
        if (kept - from <= 1) { /* one value from end to end: it fits into the index */
            kept = from;
            blocks[block] = (LpmBlock){ .at = value };
        } else {
            blocks[block] = (LpmBlock){ .at = from, .n = kept - from };
        }
    }
    return kept;
}

static void
store_v4(Lpm *self, uint32_t i, Key start, uint32_t value)
{
    self->v4_starts[i] = (uint16_t)start;
    self->v4_values[i] = value;
}

static void
store_v6(Lpm *self, uint32_t i, Key start, uint32_t value)
{
    self->v6_starts[i] = start;
    self->v6_values[i] = value;
}

Lpm *
lpm_new(LpmEntry *entries, size_t n, LpmMerge merge, void *user)
{
    Lpm *self = g_new0(Lpm, 1);

    if (n > 0)
        qsort(entries, n, sizeof *entries, compare_entries);
    g_autoptr(GArray) v4 = sweep_family(entries, n, true, merge, user);
    g_autoptr(GArray) v6 = sweep_family(entries, n, false, merge, user);
    /* At most one range more for every block that a range runs into, and that range begins in another block.
     */
    self->v4_starts = g_new(uint16_t, (gsize)v4->len * 2 + 2);
    self->v4_values = g_new(uint32_t, (gsize)v4->len * 2 + 2);
    self->v6_starts = g_new(Key, (gsize)v6->len * 2 + 2);
    self->v6_values = g_new(uint32_t, (gsize)v6->len * 2 + 2);
    self->v4_n = fill_blocks(v4, 16, (Key)0xffff << 32, self->v4, store_v4, self);
    self->v6_n = fill_blocks(v6, 112, 0, self->v6, store_v6, self);
    self->v4_starts = g_renew(uint16_t, self->v4_starts, self->v4_n + 1);
    self->v4_values = g_renew(uint32_t, self->v4_values, self->v4_n + 1);
    self->v6_starts = g_renew(Key, self->v6_starts, self->v6_n + 1);
    self->v6_values = g_renew(uint32_t, self->v6_values, self->v6_n + 1);
    return self;
}

void
lpm_free(Lpm *self)
{
    if (self == NULL)
        return;
    g_free(self->v4_starts);
    g_free(self->v4_values);
    g_free(self->v6_starts);
    g_free(self->v6_values);
    g_free(self);
}

/* The last start that is not above @key lies at or before the answer; the first start never is above. The
 * compiler makes a conditional move of the body, so that there is no branch to guess wrong. */
static uint32_t
find_v4(const Lpm *self, uint32_t address)
{
    LpmBlock block = self->v4[address >> 16];
    const uint16_t *base = self->v4_starts + block.at;
    uint16_t key = (uint16_t)address;

    if (block.n == 0)
        return block.at;
    __builtin_prefetch(self->v4_values + block.at + block.n / 2); /* comes while we search */
    for (uint32_t n = block.n; n > 1; n -= n / 2)
        base += base[n / 2] <= key ? n / 2 : 0;
    return self->v4_values[base - self->v4_starts];
}

static uint32_t
find_v6(const Lpm *self, Key key)
{
    LpmBlock block = self->v6[(uint16_t)(key >> 112)];
    const Key *base = self->v6_starts + block.at;

    if (block.n == 0)
        return block.at;
    for (uint32_t n = block.n; n > 1; n -= n / 2)
        base += base[n / 2] <= key ? n / 2 : 0;
    return self->v6_values[base - self->v6_starts];
}

uint32_t
lpm_find(const Lpm *self, const IpAddress *ip)
{
    uint32_t low;

    if (!ip_is_v4(ip))
        return find_v6(self, key_of(ip));
    memcpy(&low, ip->bytes + 12, sizeof low);
    return find_v4(self, GUINT32_FROM_BE(low));
}

size_t
lpm_bytes(const Lpm *self)
{
    return sizeof *self + self->v4_n * (sizeof(uint16_t) + sizeof(uint32_t)) +
           self->v6_n * (sizeof(Key) + sizeof(uint32_t));
}

/* The first entry that is not before (address, length). */
static size_t
lower_bound(const LpmEntry *entries, size_t n, const IpPrefix *prefix)
{
    LpmEntry wanted = { .prefix = *prefix, .value = 0 };
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_entries(&entries[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
lpm_entries_over(const LpmEntry *entries, size_t n, const IpAddress *ip,
                 void (*each)(void *user, const LpmEntry *entry), void *user)
{
    unsigned from = ip_is_v4(ip) ? 96 : 0;

    for (unsigned length = from; length <= 128; length++) {
        IpPrefix prefix = { .address = *ip, .length = (uint8_t)length };
        for (unsigned bit = length; bit < 128; bit++)
            prefix.address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
        for (size_t i = lower_bound(entries, n, &prefix); i < n; i++) {
            if (entries[i].prefix.length != length || !ip_equal(&entries[i].prefix.address, &prefix.address))
                break;
            each(user, &entries[i]);
        }
    }
}
