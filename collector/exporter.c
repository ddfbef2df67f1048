/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter.c - the table of exporters, their domains, and what they have told by name; see exporter-private.h
 */
#include "collector/exporter-private.h"
#include "collector/decoder.h"

#include <string.h>
#include <xxhash.h>

static const char *const names[N_REFUSALS] = {
#define X(id, name, words) [REFUSED_##id] = name,
    REFUSALS(X)
#undef X
};
static const char *const words[N_REFUSALS] = {
#define X(id, name, words) [REFUSED_##id] = words,
    REFUSALS(X)
#undef X
};

const char *
refusal_name(Refusal reason)
{
    return names[reason];
}

const char *
refusal_words(Refusal reason)
{
    return words[reason];
}

const char *
protocol_name(Protocol protocol)
{
    static const char *const protocols[] = { "none",     "netflow1", "netflow5", "netflow7",
                                             "netflow9", "ipfix",    "sflow" };

    return protocols[protocol];
}

static void
let_go(Exporter *self, HeldSet *set)
{
    self->held_bytes -= set->length;
    *self->all_held_bytes -= set->length;
    if (--set->domain->held_sets == 0)
        set->domain->missing_since_ms = 0;
}

/* Domains */

SequenceUnit
domain_standard_unit(Protocol protocol)
{
    return protocol == PROTOCOL_NETFLOW9 || protocol == PROTOCOL_SFLOW ? SEQUENCE_DATAGRAMS
                                                                       : SEQUENCE_RECORDS;
}

static Domain *
domain_new(Exporter *exporter, Protocol protocol, uint32_t id)
{
    Domain *self = g_new0(Domain, 1);

    self->protocol = protocol;
    self->id = id;
    self->sequence.unit = domain_standard_unit(protocol);
    self->sequence.is_sure = protocol == PROTOCOL_SFLOW;
    template_cache_init(&self->templates, &exporter->budget);
    return self;
}

static void
domain_free(gpointer at)
{
    Domain *self = at;

    template_cache_clear(&self->templates);
    sampling_clear(&self->sampling);
    g_free(self);
}

static inline bool
is_domain(const Domain *domain, Protocol protocol, uint32_t id, const Session *session, uint16_t port)
{
    return domain->id == id && domain->protocol == protocol && domain->session == session &&
           (domain->port == 0 || domain->port == port);
}

PortPolicy
exporter_ports(const Exporter *self)
{
    return self->rule == NULL ? PORTS_AUTO : self->rule->ports;
}

void
domain_split(Domain *domain, uint16_t port, PortsSplit why)
{
    domain->port = port;
    domain->split = why;
    if (why == SPLIT_TEMPLATES) /* the others' templates are not ours */
        template_cache_keep_port(&domain->templates, port);
}

/* A domain of @port beside @sibling, which has the same id. Templates that did not contradict are theirs in
 * common. */
static void
inherit(Domain *domain, const Domain *sibling, uint16_t port)
{
    domain->port = port;
    domain->split = sibling->split;
    if (sibling->split == SPLIT_SEQUENCE)
        template_cache_share(&domain->templates, &sibling->templates);
}

static void
give_up_held(Exporter *self, const Domain *domain)
{
    for (GList *at = self->held.head, *next; at != NULL && domain->held_sets > 0; at = next) {
        HeldSet *set = at->data;

        next = at->next;
        if (set->domain != domain)
            continue;
        g_queue_delete_link(&self->held, at);
        let_go(self, set);
        self->books.held_dropped_sets++;
        g_free(set);
    }
}

void
exporter_forget_domain(Exporter *self, guint index)
{
    give_up_held(self, g_ptr_array_index(self->domains, index));
    self->last_domain = NULL;
    g_ptr_array_remove_index(self->domains, index);
}

uint32_t
exporter_retire_ports(Exporter *self, int64_t before_ms)
{
    uint32_t n = 0;

    for (guint i = self->domains->len; i-- > 0;) {
        const Domain *domain = g_ptr_array_index(self->domains, i);

        if (domain->port != 0 && domain->heard_ms < before_ms) {
            exporter_forget_domain(self, i);
            n++;
        }
    }
    return n;
}

Domain *
exporter_domain(Exporter *self, Protocol protocol, uint32_t id, const Session *session, uint16_t port,
                uint32_t most)
{
    const Domain *sibling = NULL;

    if (self->last_domain != NULL && is_domain(self->last_domain, protocol, id, session, port))
        return self->last_domain;
    for (guint i = 0; i < self->domains->len; i++) {
        Domain *domain = g_ptr_array_index(self->domains, i);

        if (is_domain(domain, protocol, id, session, port))
            return self->last_domain = domain;
        if (domain->id == id && domain->protocol == protocol && domain->session == session)
            sibling = domain;
    }
    if (self->domains->len >= most)
        return NULL;
    Domain *domain = domain_new(self, protocol, id);
    domain->session = session;
    if (sibling != NULL)
        inherit(domain, sibling, port);
    else if (session == NULL && exporter_ports(self) == PORTS_SEPARATE)
        domain_split(domain, port, SPLIT_OPERATOR);
    g_ptr_array_add(self->domains, domain);
    return self->last_domain = domain;
}

/* Exporters */

static void
interface_name_free(gpointer at)
{
    InterfaceName *self = at;

    g_free(self->name);
    g_free(self->description);
    g_free(self->usage);
    g_free(self);
}

static void
application_name_free(gpointer at)
{
    ApplicationName *self = at;

    g_free(self->name);
    g_free(self->description);
    g_free(self);
}

/* The operator's words, from the first datagram on. */
static void
apply_rules(Exporter *self, const ExporterTable *table)
{
    GHashTableIter iter;
    gpointer index, row;

    self->rule = exporter_rules_find(table->rules, &self->address);
    self->operator_rate =
        self->rule != NULL && self->rule->sampling != 0 ? self->rule->sampling : table->sampling;
    self->told_interfaces = exporter_rules_interfaces(table->rules, &self->address);
    if (self->told_interfaces == NULL)
        return;
    g_hash_table_iter_init(&iter, self->told_interfaces);
    while (g_hash_table_iter_next(&iter, &index, &row))
        rate_map_note(&self->operator_interfaces, GPOINTER_TO_UINT(index),
                      ((const InterfaceRule *)row)->sampling, 0, NULL);
}

static Exporter *
exporter_new(ExporterTable *table, const IpAddress *address, uint32_t index)
{
    Exporter *self = g_new0(Exporter, 1);

    self->address = *address;
    self->index = index;
    self->domains = g_ptr_array_new_with_free_func(domain_free);
    self->sessions = g_ptr_array_new_with_free_func(session_free);
    self->budget = (TemplateBudget){ .all = &table->budget,
                                     .most_templates = table->limits.templates,
                                     .most_bytes = table->limits.template_bytes };
    self->all_held_bytes = &table->held_bytes;
    self->interfaces = g_hash_table_new_full(NULL, NULL, NULL, interface_name_free);
    self->vrfs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->applications = g_hash_table_new_full(NULL, NULL, NULL, application_name_free);
    g_queue_init(&self->held);
    apply_rules(self, table);
    return self;
}

static void
exporter_free(gpointer at)
{
    Exporter *self = at;

    g_queue_clear_full(&self->held, g_free);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_clear_pointer(&self->sessions, g_ptr_array_unref);
    g_clear_pointer(&self->interfaces, g_hash_table_unref);
    g_clear_pointer(&self->vrfs, g_hash_table_unref);
    g_clear_pointer(&self->applications, g_hash_table_unref);
    g_clear_pointer(&self->told_interfaces, g_hash_table_unref);
    rate_map_clear(&self->operator_interfaces);
    sampling_clear(&self->sampling);
    g_free(self);
}

char *
exporter_clean_name(const char *text)
{
    if (text == NULL || *text == '\0')
        return NULL;
    g_autofree char *cut = g_strndup(text, EXPORTER_NAME_MOST);
    return g_utf8_make_valid(cut, -1);
}

void
exporter_name_vrf(Exporter *self, uint32_t id, const char *name)
{
    char *clean = exporter_clean_name(name);

    if (clean == NULL || (g_hash_table_size(self->vrfs) >= EXPORTER_VRFS_MOST &&
                          !g_hash_table_contains(self->vrfs, GUINT_TO_POINTER(id))))
        g_free(clean);
    else
        g_hash_table_replace(self->vrfs, GUINT_TO_POINTER(id), clean);
}

void
exporter_name_application(Exporter *self, uint64_t id, const char *name, const char *description)
{
    char *clean = exporter_clean_name(name);
    gpointer key = GSIZE_TO_POINTER(id); /* four bytes on the wire: engine and selector (RFC 6759) */

    if (clean == NULL || (g_hash_table_size(self->applications) >= EXPORTER_APPLICATIONS_MOST &&
                          !g_hash_table_contains(self->applications, key))) {
        g_free(clean);
        return;
    }
    ApplicationName *known = g_new0(ApplicationName, 1);
    known->name = clean;
    known->description = exporter_clean_name(description);
    g_hash_table_replace(self->applications, key, known);
}

void
exporter_rate_changed(Exporter *self, const FlowRecord *last)
{
    if (self->rate != 0 && last->sampling != 0 && last->sampling == self->rate_before &&
        last->sampling != self->rate)
        self->rate_mixed_ms = last->received_ms;
    if (self->rate != last->sampling) {
        self->rate_before = self->rate;
        self->rate_since_ms = last->received_ms;
    }
    self->rate = last->sampling;
    self->rate_source = last->sampling_source;
}

bool
exporter_is_rate_mixed(const Exporter *self, int64_t now_ms)
{
    return self->rate_mixed_ms != 0 && now_ms - self->rate_mixed_ms < RATE_MIXED_MS;
}

void
exporter_settle_rate(Exporter *self, int64_t now_ms)
{
    bool is_from_options = self->rate_source == SAMPLING_DOMAIN || self->rate_source == SAMPLING_INTERFACE ||
                           self->rate_source == SAMPLING_SAMPLER;

    if (self->rate == 0 || self->rate == self->rate_settled ||
        now_ms - self->rate_since_ms < RATE_SETTLES_MS || exporter_is_rate_mixed(self, now_ms))
        return;
    if (!is_from_options) /* what options data tells is there already */
        sampling_history_add(&self->sampling_history, &(SamplingChange){ .at_ms = self->rate_since_ms,
                                                                         .rate = self->rate,
                                                                         .before = self->rate_settled,
                                                                         .source = self->rate_source });
    self->rate_settled = self->rate;
}

void
exporter_note_skew(Exporter *self, int64_t ms)
{
    self->skew_ms[self->n_skew++ % SKEW_SAMPLES] = ms;
}

static int
compare_ms(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

bool
exporter_skew(const Exporter *self, int64_t *ms)
{
    int64_t sorted[SKEW_SAMPLES];
    uint32_t n = MIN(self->n_skew, SKEW_SAMPLES);

    if (n == 0) {
        *ms = self->skew_saved_ms;
        return self->has_skew_saved;
    }
    memcpy(sorted, self->skew_ms, n * sizeof sorted[0]);
    qsort(sorted, n, sizeof sorted[0], compare_ms);
    *ms = sorted[n / 2];
    /* A clock that is off is off by the same each time. Samples that disagree are a replay, or a backlog. */
    return sorted[n * 3 / 4] - sorted[n / 4] <= SKEW_AGREES_MS + ABS(*ms) / 20;
}

void
exporter_correct_clock(Exporter *self)
{
    int64_t skew;

    if (self->rule == NULL || self->rule->clock != CLOCK_CORRECT || self->n_skew % SKEW_SAMPLES != 1 ||
        !exporter_skew(self, &skew))
        return;
    if (ABS(skew - self->shift_ms) > SKEW_CORRECTED_MS)
        self->shift_ms = ABS(skew) > SKEW_CORRECTED_MS ? skew : 0;
}

void
exporter_pace(Exporter *self, int64_t now_ms)
{
    const Books *books = &self->books;
    uint64_t records = books->records + books->late_records;
    int64_t span = now_ms - self->pace.at_ms;

    if (span < RATE_SECONDS * 1000 && span >= 0 && self->pace.at_ms != 0)
        return;
    if (self->pace.at_ms != 0 && span > 0) {
        double seconds = (double)span / 1000;

        self->pace.datagrams_per_s = (double)(books->datagrams - self->pace.datagrams) / seconds;
        self->pace.records_per_s = (double)(records - self->pace.records) / seconds;
        self->pace.octets_per_s = (double)(self->octets - self->pace.octets) / seconds;
    }
    self->pace.at_ms = now_ms;
    self->pace.datagrams = books->datagrams;
    self->pace.records = records;
    self->pace.octets = self->octets;
}

/* Held sets */

HeldSet *
held_set_new(const uint8_t *bytes, uint32_t length)
{
    HeldSet *self = g_malloc0(sizeof *self + length + DATAGRAM_SLACK);

    self->length = length;
    memcpy(self->bytes, bytes, length);
    return self;
}

static void
give_up_oldest(Exporter *self)
{
    HeldSet *set = g_queue_pop_head(&self->held);

    let_go(self, set);
    self->books.held_dropped_sets++;
    g_free(set);
}

void
exporter_hold(Exporter *self, HeldSet *set, size_t most_bytes)
{
    while (self->held.length > 0 && set->length <= most_bytes &&
           (self->held.length >= EXPORTER_HELD_MOST || self->held_bytes + set->length > most_bytes ||
            *self->all_held_bytes + set->length > ALL_HELD_BYTES))
        give_up_oldest(self);
    if (set->length > most_bytes || *self->all_held_bytes + set->length > ALL_HELD_BYTES) {
        self->books.held_dropped_sets++;
        g_free(set);
        return;
    }
    if (set->domain->held_sets++ == 0)
        set->domain->missing_since_ms = set->received_ms;
    self->held_bytes += set->length;
    *self->all_held_bytes += set->length;
    self->books.held_sets++;
    g_queue_push_tail(&self->held, set);
}

HeldSet *
exporter_take_held(Exporter *self, const Domain *domain, uint16_t id)
{
    if (domain->held_sets == 0)
        return NULL;
    for (GList *at = self->held.head; at != NULL; at = at->next) {
        HeldSet *set = at->data;

        if (set->domain == domain && set->id == id) {
            g_queue_delete_link(&self->held, at);
            let_go(self, set);
            return set;
        }
    }
    return NULL;
}

void
exporter_expire_held(Exporter *self, int64_t before_ms)
{
    while (self->held.length > 0 && ((HeldSet *)self->held.head->data)->received_ms < before_ms)
        give_up_oldest(self);
}

/* The table */

ExporterTable *
exporter_table_new(const ExporterLimits *limits, uint64_t seed, ExporterDirectory *directory)
{
    ExporterTable *self = g_new0(ExporterTable, 1);

    self->limits = *limits;
    self->seed = seed;
    self->directory = directory;
    self->full_minute = INT64_MIN;
    self->budget = (TemplateBudget){ .most_templates = UINT32_MAX, .most_bytes = ALL_TEMPLATE_BYTES };
    self->exporters = g_ptr_array_new_with_free_func(exporter_free);
    self->n_slots = 64;
    self->slots = g_new0(uint32_t, self->n_slots);
    return self;
}

void
exporter_table_free(ExporterTable *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->exporters, g_ptr_array_unref);
    g_free(self->slots);
    g_free(self);
}

static uint32_t
slot_of(const ExporterTable *self, const IpAddress *address)
{
    uint32_t at = (uint32_t)XXH3_64bits_withSeed(address, sizeof *address, self->seed) & (self->n_slots - 1);

    while (self->slots[at] != 0) {
        const Exporter *each = g_ptr_array_index(self->exporters, self->slots[at] - 1);

        if (ip_equal(&each->address, address))
            break;
        at = (at + 1) & (self->n_slots - 1);
    }
    return at;
}

static void
grow(ExporterTable *self)
{
    self->n_slots *= 2;
    g_free(self->slots);
    self->slots = g_new0(uint32_t, self->n_slots);
    for (guint i = 0; i < self->exporters->len; i++) {
        const Exporter *each = g_ptr_array_index(self->exporters, i);

        self->slots[slot_of(self, &each->address)] = i + 1;
    }
}

Exporter *
exporter_table_find(ExporterTable *self, const IpAddress *address)
{
    if (self->last != NULL && ip_equal(&self->last->address, address))
        return self->last;
    uint32_t index = self->slots[slot_of(self, address)];
    return index == 0 ? NULL : (self->last = g_ptr_array_index(self->exporters, index - 1));
}

/* True, and a number, when there may be one more now. */
static bool
ask_number(ExporterTable *self, const IpAddress *address, int64_t now_ms, bool restored, uint32_t *number)
{
    *number = self->exporters->len;
    if (self->exporters->len >= self->limits.exporters)
        return false;
    if (self->directory == NULL)
        return true;
    if (!restored && now_ms / 60000 == self->full_minute)
        return false;
    if (exporter_directory_add(self->directory, address, now_ms, restored, number))
        return true;
    self->full_minute = now_ms / 60000;
    return false;
}

Exporter *
exporter_table_add(ExporterTable *self, const IpAddress *address, int64_t now_ms, bool restored)
{
    uint32_t number;

    if (!ask_number(self, address, now_ms, restored, &number))
        return NULL;
    if ((self->exporters->len + 1) * 2 > self->n_slots)
        grow(self);
    Exporter *exporter = exporter_new(self, address, self->exporters->len);
    exporter->number = number;
    self->slots[slot_of(self, address)] = exporter->index + 1;
    g_ptr_array_add(self->exporters, exporter);
    return self->last = exporter;
}

void
exporter_table_refuse(ExporterTable *self, const IpAddress *sender, size_t bytes, Refusal reason)
{
    uint32_t i = 0;

    self->refused.datagrams++;
    self->refused.bytes += bytes;
    self->refused.refused[reason]++;
    while (i < self->n_refused_senders && !ip_equal(&self->refused_senders[i].address, sender))
        i++;
    if (i == EXPORTER_REFUSED_MOST)
        return;
    if (i == self->n_refused_senders)
        self->refused_senders[self->n_refused_senders++] = (RefusedSender){ .address = *sender };
    self->refused_senders[i].datagrams++;
}

uint32_t
exporter_table_count(const ExporterTable *self)
{
    return self->exporters->len;
}

const Exporter *
exporter_table_get(const ExporterTable *self, uint32_t index)
{
    return index < self->exporters->len ? g_ptr_array_index(self->exporters, index) : NULL;
}

uint32_t
exporter_number(const Exporter *self)
{
    return self->number;
}

IpAddress
exporter_address(const Exporter *self)
{
    return self->address;
}

const Books *
exporter_books(const Exporter *self)
{
    return &self->books;
}

const char *
exporter_protocol(const Exporter *self)
{
    return protocol_name(self->protocol);
}

/* Books are nothing but counters. */
void
books_add(Books *to, const Books *from)
{
    uint64_t *sum = (uint64_t *)to;
    const uint64_t *each = (const uint64_t *)from;

    G_STATIC_ASSERT(sizeof(Books) % sizeof(uint64_t) == 0);
    for (size_t i = 0; i < sizeof(Books) / sizeof(uint64_t); i++)
        sum[i] += each[i];
}

void
books_totals_add(BooksTotals *to, const BooksTotals *from)
{
    books_add(&to->all, &from->all);
    to->kernel_drops += from->kernel_drops;
    to->unseen_drops += from->unseen_drops;
    to->unseen_records += from->unseen_records;
    to->exporters += from->exporters;
    to->refused_senders += from->refused_senders;
}
