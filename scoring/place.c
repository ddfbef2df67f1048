/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place.c - see place.h
 *
 * Here are the table and the rules by which claims are merged; the readers of the sources are place-csv.c,
 * place-mmdb.c and place-builtin.c.
 */
#include "scoring/place.h"

#include <gio/gio.h>
#include <string.h>

#include "scoring/lpm.h"
#include "scoring/place-builder.h"

enum { AS_NAME_BYTES = 63, MOST_SOURCES = 1000 };

/* Sources that are not files. */
enum { SOURCE_NONE = 0, SOURCE_BUILTIN, SOURCE_GUESS };
#define SOURCE_OWN_PRIORITY 100

typedef struct SourceInfo {
    char *name;
    const char *type; /* csv, mmdb, list, builtin, guess, own */
    int priority;
    bool is_own;      /* the monitored prefixes */
    bool by_operator; /* CSV and lists: may say something else of a part of an own prefix */
} SourceInfo;

struct PlaceTable {
    Lpm *lpm;
    GArray *places;  /* Place; 0: nothing is known */
    GArray *claims;  /* PlaceClaim; 0 is not used */
    GArray *entries; /* LpmEntry, sorted by lpm_new: what place_explain_json searches */
    GArray *sources; /* SourceInfo */
    GPtrArray *as_names;
};

struct PlaceBuilder {
    PlaceTable *table;
    uint16_t source;
    GHashTable *as_name_index; /* owned name -> index */
    GHashTable *place_index;   /* owned Place -> index */
};

G_STATIC_ASSERT(sizeof(Place) == 16); /* hashed and compared as bytes: no padding */

static const char *const access_texts[] = {
#define X(id, name) name,
    ACCESS_CLASSES(X)
#undef X
};
static const char *const anonymity_texts[] = {
#define X(id, name) name,
    ANONYMITIES(X)
#undef X
};

static int
index_of_name(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (g_ascii_strcasecmp(name, names[i]) == 0)
            return i;
    return -1;
}

const char *
access_class_name(AccessClass access)
{
    return access < N_ACCESS_CLASSES ? access_texts[access] : access_texts[ACCESS_UNKNOWN];
}

bool
access_class_parse(const char *name, AccessClass *out)
{
    int i = index_of_name(name, access_texts, N_ACCESS_CLASSES);

    if (i >= 0)
        *out = (AccessClass)i;
    return i >= 0;
}

const char *const *
access_class_names(void)
{
    return access_texts;
}

const char *
anonymity_name(Anonymity anonymity)
{
    return anonymity < N_ANONYMITIES ? anonymity_texts[anonymity] : anonymity_texts[ANONYMITY_NONE];
}

bool
anonymity_parse(const char *name, Anonymity *out)
{
    int i = index_of_name(name, anonymity_texts, N_ANONYMITIES);

    if (i >= 0)
        *out = (Anonymity)i;
    return i >= 0;
}

const char *const *
anonymity_names(void)
{
    return anonymity_texts;
}

uint32_t
place_builder_as_name(PlaceBuilder *self, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    gpointer known;

    if (strlen(valid) > AS_NAME_BYTES)
        *g_utf8_find_prev_char(valid, valid + AS_NAME_BYTES + 1) = '\0';
    if (*valid == '\0')
        return 0;
    if (g_hash_table_lookup_extended(self->as_name_index, valid, NULL, &known))
        return GPOINTER_TO_UINT(known);
    uint32_t index = self->table->as_names->len;
    g_ptr_array_add(self->table->as_names, g_strdup(valid));
    g_hash_table_insert(self->as_name_index, g_steal_pointer(&valid), GUINT_TO_POINTER(index));
    return index;
}

uint32_t
place_builder_claim(PlaceBuilder *self, PlaceClaim claim)
{
    claim.source = self->source;
    g_array_append_val(self->table->claims, claim);
    return self->table->claims->len - 1;
}

void
place_builder_add(PlaceBuilder *self, const IpPrefix *prefix, uint32_t claim)
{
    LpmEntry entry = { .prefix = *prefix, .value = claim };

    g_array_append_val(self->table->entries, entry);
}

/* Begins a source: what is claimed from now on is its. */
static void
begin_source(PlaceBuilder *self, const char *name, const char *type, int priority)
{
    SourceInfo info = { .name = g_strdup(name), .type = type, .priority = priority };

    info.is_own = g_str_equal(type, "own");
    info.by_operator = g_str_equal(type, "csv") || g_str_equal(type, "list");
    self->source = (uint16_t)self->table->sources->len;
    g_array_append_val(self->table->sources, info);
}

static const PlaceClaim *
claim_at(const PlaceTable *self, uint32_t claim)
{
    return &g_array_index(self->claims, PlaceClaim, claim);
}

static const SourceInfo *
source_at(const PlaceTable *self, uint16_t source)
{
    return &g_array_index(self->sources, SourceInfo, MIN(source, self->sources->len - 1u));
}

/* Which claims won, by attribute; 0: none did. */
typedef struct Winners {
    uint32_t access, anonymity, asn, country;
    bool guessed; /* access comes from the name or number of the AS */
} Winners;

/*
 * Goes from the most specific claim outwards; the first one that says an attribute has it. What we monitor is
 * our own whatever a feed says; only a more specific line of the operator's own lists may say something else.
 */
static Winners
choose(const PlaceTable *self, const uint32_t *claims, size_t n)
{
    Winners won = { 0 };
    bool settled = false;

    for (size_t i = n; i-- > 0;) {
        const PlaceClaim *claim = claim_at(self, claims[i]);
        const SourceInfo *source = source_at(self, claim->source);
        bool says_access = (claim->has & PLACE_HAS_ACCESS) != 0;
        if (says_access && !settled && (won.access == 0 || source->is_own)) {
            won.access = claims[i];
            settled = source->by_operator || source->is_own;
        }
        if (won.anonymity == 0 && (claim->has & PLACE_HAS_ANONYMITY))
            won.anonymity = claims[i];
        if (won.asn == 0 && (claim->has & PLACE_HAS_ASN))
            won.asn = claims[i];
        if (won.country == 0 && (claim->has & PLACE_HAS_COUNTRY))
            won.country = claims[i];
    }
    return won;
}

static Place
merge_claims(const PlaceTable *self, const uint32_t *claims, size_t n, Winners *won)
{
    Place place = { 0 };

    *won = choose(self, claims, n);
    if (won->asn != 0) {
        place.asn = claim_at(self, won->asn)->asn;
        place.as_name = claim_at(self, won->asn)->as_name;
    }
    if (won->country != 0)
        memcpy(place.country, claim_at(self, won->country)->country, sizeof place.country);
    if (won->anonymity != 0)
        place.anonymity = claim_at(self, won->anonymity)->anonymity;
    if (won->access != 0) {
        place.access = claim_at(self, won->access)->access;
        place.confidence = claim_at(self, won->access)->confidence;
        place.access_source = claim_at(self, won->access)->source;
    } else if (place_guess_access(place.asn, place_as_name(self, place.as_name), &place.access,
                                  &place.confidence)) {
        place.access_source = SOURCE_GUESS;
        won->guessed = true;
    }
    return place;
}

static guint
hash_place(gconstpointer key)
{
    uint64_t words[2];

    memcpy(words, key, sizeof words);
    words[0] = (words[0] ^ (words[1] * UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xbf58476d1ce4e5b9);
    return (guint)(words[0] >> 32);
}

static gboolean
equal_places(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(Place)) == 0;
}

/* LpmMerge: the index of the merged place; places are few, so equal ones are kept once. */
static uint32_t
merged_index(void *user, const uint32_t *claims, size_t n)
{
    PlaceBuilder *self = user;
    Winners won;
    Place place = merge_claims(self->table, claims, n, &won);
    gpointer known;

    if (g_hash_table_lookup_extended(self->place_index, &place, NULL, &known))
        return GPOINTER_TO_UINT(known);
    uint32_t index = self->table->places->len;
    g_array_append_val(self->table->places, place);
    g_hash_table_insert(self->place_index, g_memdup2(&place, sizeof place), GUINT_TO_POINTER(index));
    return index;
}

static int
compare_sources(gconstpointer a, gconstpointer b)
{
    const PlaceSource *const *x = a, *const *y = b;

    if ((*x)->priority != (*y)->priority)
        return (*x)->priority < (*y)->priority ? -1 : 1;
    return *x < *y ? 1 : -1; /* of equals, the first one in the file is the stronger */
}

static bool
read_source(PlaceBuilder *builder, const PlaceSource *source, GError **error)
{
    static const struct {
        const char *type;
        bool (*read)(PlaceBuilder *builder, const PlaceSource *source, GError **error);
    } readers[] = {
        [PLACE_CSV] = { "csv", place_read_csv },
        [PLACE_MMDB] = { "mmdb", place_read_mmdb },
        [PLACE_LIST] = { "list", place_read_list },
    };

    begin_source(builder, source->name, readers[source->type].type, source->priority);
    if (readers[source->type].read(builder, source, error))
        return true;
    g_prefix_error(error, "[place.%s] ", source->name);
    return false;
}

static void
add_own(PlaceBuilder *builder, const IpPrefix *own, size_t n)
{
    begin_source(builder, "own", "own", SOURCE_OWN_PRIORITY);
    PlaceClaim claim = { .has = PLACE_HAS_ACCESS, .access = ACCESS_OWN, .confidence = 100 };
    uint32_t number = place_builder_claim(builder, claim);
    for (size_t i = 0; i < n; i++)
        place_builder_add(builder, &own[i], number);
}

static bool
read_all(PlaceBuilder *builder, const PlaceSource *sources, size_t n_sources, const IpPrefix *own,
         size_t n_own, GError **error)
{
    g_autoptr(GPtrArray) ordered = g_ptr_array_new();
    bool own_added = false;

    begin_source(builder, "none", "none", 0);
    begin_source(builder, "builtin", "builtin", 0);
    place_read_builtin(builder);
    begin_source(builder, "as-name", "guess", 0);
    for (size_t i = 0; i < n_sources; i++)
        g_ptr_array_add(ordered, (gpointer)&sources[i]);
    g_ptr_array_sort(ordered, compare_sources);
    for (guint i = 0; i < ordered->len; i++) {
        const PlaceSource *source = g_ptr_array_index(ordered, i);
        if (!own_added && source->priority > SOURCE_OWN_PRIORITY) {
            add_own(builder, own, n_own);
            own_added = true;
        }
        if (!read_source(builder, source, error))
            return false;
    }
    if (!own_added)
        add_own(builder, own, n_own);
    return true;
}

static void
clear_source(gpointer data)
{
    SourceInfo *info = data;

    g_free(info->name);
}

PlaceTable *
place_table_new(const PlaceSource *sources, size_t n_sources, const IpPrefix *own, size_t n_own,
                GError **error)
{
    g_autoptr(PlaceTable) self = g_new0(PlaceTable, 1);
    const Place nothing = { 0 };
    const PlaceClaim no_claim = { 0 };

    if (n_sources > MOST_SOURCES) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "more than %d sources of places",
                    MOST_SOURCES);
        return NULL;
    }
    self->places = g_array_new(FALSE, FALSE, sizeof(Place));
    self->claims = g_array_new(FALSE, FALSE, sizeof(PlaceClaim));
    self->entries = g_array_new(FALSE, FALSE, sizeof(LpmEntry));
    self->sources = g_array_new(FALSE, FALSE, sizeof(SourceInfo));
    g_array_set_clear_func(self->sources, clear_source);
    self->as_names = g_ptr_array_new_with_free_func(g_free);
    g_array_append_val(self->places, nothing);
    g_array_append_val(self->claims, no_claim);
    g_ptr_array_add(self->as_names, g_strdup(""));

    PlaceBuilder builder = { .table = self };
    g_autoptr(GHashTable) as_name_index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) place_index = g_hash_table_new_full(hash_place, equal_places, g_free, NULL);
    builder.as_name_index = as_name_index;
    builder.place_index = place_index;
    if (!read_all(&builder, sources, n_sources, own, n_own, error))
        return NULL;
    self->lpm = lpm_new((LpmEntry *)(void *)self->entries->data, self->entries->len, merged_index, &builder);
    return g_steal_pointer(&self);
}

void
place_table_free(PlaceTable *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->lpm, lpm_free);
    g_clear_pointer(&self->places, g_array_unref);
    g_clear_pointer(&self->claims, g_array_unref);
    g_clear_pointer(&self->entries, g_array_unref);
    g_clear_pointer(&self->sources, g_array_unref);
    g_clear_pointer(&self->as_names, g_ptr_array_unref);
    g_free(self);
}

const Place *
place_table_find(const PlaceTable *self, const IpAddress *ip)
{
    return (const Place *)(const void *)self->places->data + lpm_find(self->lpm, ip);
}

const char *
place_source_name(const PlaceTable *self, uint16_t source)
{
    return source < self->sources->len ? source_at(self, source)->name : "none";
}

const char *
place_as_name(const PlaceTable *self, uint32_t index)
{
    return index < self->as_names->len ? g_ptr_array_index(self->as_names, index) : "";
}

/* What stands over one address, outermost first. */
typedef struct Chain {
    GArray *claims;   /* uint32_t */
    GArray *prefixes; /* IpPrefix */
} Chain;

static void
chain_add(void *user, const LpmEntry *entry)
{
    Chain *chain = user;

    g_array_append_val(chain->claims, entry->value);
    g_array_append_val(chain->prefixes, entry->prefix);
}

static void
provenance_add(json_t *rows, const char *attribute, json_t *value, const SourceInfo *source,
               const IpPrefix *prefix, bool won)
{
    char text[IP_PREFIX_TEXT];

    json_array_append_new(rows,
                          json_pack("{s:s, s:o, s:s, s:s, s:s, s:i, s:b}", "attribute", attribute, "value",
                                    value, "source", source->name, "type", source->type, "prefix",
                                    ip_prefix_text(prefix, text), "priority", source->priority, "won", won));
}

static void
provenance_of_claim(const PlaceTable *self, json_t *rows, const Winners *won, uint32_t number,
                    const IpPrefix *prefix)
{
    const PlaceClaim *claim = claim_at(self, number);
    const SourceInfo *source = source_at(self, claim->source);

    if (claim->has & PLACE_HAS_ACCESS)
        provenance_add(rows, "access", json_string(access_class_name(claim->access)), source, prefix,
                       won->access == number);
    if (claim->has & PLACE_HAS_ANONYMITY)
        provenance_add(rows, "anonymity", json_string(anonymity_name(claim->anonymity)), source, prefix,
                       won->anonymity == number);
    if (claim->has & PLACE_HAS_ASN)
        provenance_add(rows, "asn", json_integer(claim->asn), source, prefix, won->asn == number);
    if (claim->has & PLACE_HAS_COUNTRY)
        provenance_add(rows, "country", json_string(claim->country), source, prefix, won->country == number);
}

json_t *
place_explain_json(const PlaceTable *self, const IpAddress *ip)
{
    g_autoptr(GArray) claims = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) prefixes = g_array_new(FALSE, FALSE, sizeof(IpPrefix));
    Chain chain = { .claims = claims, .prefixes = prefixes };
    json_t *rows = json_array();
    char text[IP_TEXT];
    Winners won;

    lpm_entries_over((const LpmEntry *)(const void *)self->entries->data, self->entries->len, ip, chain_add,
                     &chain);
    Place place = merge_claims(self, (const uint32_t *)(const void *)claims->data, claims->len, &won);
    for (guint i = claims->len; i-- > 0;) {
        uint32_t number = g_array_index(claims, uint32_t, i);
        const IpPrefix *prefix = &g_array_index(prefixes, IpPrefix, i);
        provenance_of_claim(self, rows, &won, number, prefix);
        if (won.guessed && won.asn == number)
            provenance_add(rows, "access", json_string(access_class_name(place.access)),
                           source_at(self, SOURCE_GUESS), prefix, true);
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:o}", "address", ip_text(ip, text), "access",
                     access_class_name(place.access), "anonymity", anonymity_name(place.anonymity), "asn",
                     place.asn == 0 ? json_null() : json_integer(place.asn), "asName",
                     place.as_name == 0 ? json_null() : json_string(place_as_name(self, place.as_name)),
                     "country", place.country[0] == '\0' ? json_null() : json_string(place.country),
                     "confidence", (int)place.confidence, "provenance", rows);
}
