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

/* Domains */

SequenceUnit
domain_standard_unit(Protocol protocol)
{
    return protocol == PROTOCOL_NETFLOW9 || protocol == PROTOCOL_SFLOW ? SEQUENCE_DATAGRAMS
                                                                       : SEQUENCE_RECORDS;
}

static Domain *
domain_new(Exporter *exporter, const StreamKey *key)
{
    Domain *self = g_new0(Domain, 1);

    self->protocol = key->protocol;
    self->id = key->id;
    self->agent = key->agent;
    self->session = key->session;
    self->sequence.unit = domain_standard_unit(key->protocol);
    self->sequence.is_sure = key->protocol == PROTOCOL_SFLOW;
    template_cache_init(&self->templates, &exporter->budget);
    sampling_init(&self->sampling, exporter->seed);
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

bool
told_budget_take(ToldBudget *self, int64_t bytes)
{
    for (const ToldBudget *each = self; each != NULL; each = each->all)
        if (bytes > 0 && each->bytes + (size_t)bytes > each->most_bytes)
            return false;
    for (; self != NULL; self = self->all)
        self->bytes += (size_t)bytes;
    return true;
}

static inline bool
is_domain(const Domain *domain, const StreamKey *key)
{
    return domain->id == key->id && domain->protocol == key->protocol && domain->session == key->session &&
           (domain->port == 0 || domain->port == key->port) && ip_equal(&domain->agent, &key->agent);
}

PortPolicy
exporter_ports(const Exporter *self)
{
    return self->rule == NULL ? PORTS_AUTO : self->rule->ports;
}

/* An agent is in it as a keyed hash of its address. */
static uint64_t
domain_number(const Exporter *self, Protocol protocol, uint32_t id, const IpAddress *agent, uint16_t port)
{
    uint64_t number = (uint64_t)protocol << 48 | (uint64_t)port << 32 | id;

    return protocol == PROTOCOL_SFLOW ? number ^ XXH3_64bits_withSeed(agent, sizeof *agent, self->seed)
                                      : number;
}

static uint64_t
number_of(const Exporter *self, const Domain *domain, uint16_t port)
{
    return domain_number(self, domain->protocol, domain->id, &domain->agent, port);
}

/* What the sampling rates and the domain itself have taken. */
static int64_t
domain_cost(const Domain *self)
{
    const RateMap *maps[] = { &self->sampling.samplers, &self->sampling.interfaces };
    int64_t bytes = sizeof *self;

    for (size_t i = 0; i < G_N_ELEMENTS(maps); i++)
        bytes += (int64_t)(maps[i]->n_slots * (sizeof maps[i]->keys[0] + sizeof maps[i]->rates[0]));
    return bytes;
}

/* A domain without a port is found without one. One with a port is found with it, and one of those that share
 * protocol and id without it too: it says that a newcomer has to be kept apart. */
static void
put_domain(Exporter *self, Domain *domain)
{
    uint64_t head = number_of(self, domain, 0);

    if (domain->session != NULL) {
        number_map_put(&domain->session->domains, head, domain);
        return;
    }
    if (domain->port != 0)
        number_map_put(&self->domain_map, number_of(self, domain, domain->port), domain);
    if (domain->port == 0 || number_map_find(&self->domain_map, head) == NULL)
        number_map_put(&self->domain_map, head, domain);
}

void
domain_own_port(Exporter *self, Domain *domain, uint16_t port)
{
    domain->port = port;
    put_domain(self, domain);
}

void
domain_split(Exporter *self, Domain *domain, uint16_t port, PortsSplit why)
{
    domain_own_port(self, domain, port);
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

uint32_t
exporter_forget_domains(Exporter *self, DomainIsGoing is_going, const void *user)
{
    guint n = self->domains->len, n_going = 0;

    for (guint i = 0; i < n; i++)
        n_going += is_going(g_ptr_array_index(self->domains, i), user);
    if (n_going == 0)
        return 0;
    exporter_count_given_up(self, held_store_forget(&self->held, is_going, user));
    self->last_domain = NULL;
    number_map_clear(&self->domain_map);
    g_autoptr(GPtrArray) old = g_steal_pointer(&self->domains);
    self->domains = g_ptr_array_new_with_free_func(domain_free);
    g_ptr_array_set_free_func(old, NULL);
    for (guint i = 0; i < n; i++) {
        Domain *domain = g_ptr_array_index(old, i);

        if (is_going(domain, user)) {
            told_budget_take(&self->told, -domain_cost(domain));
            domain_free(domain);
        } else {
            g_ptr_array_add(self->domains, domain);
            put_domain(self, domain);
        }
    }
    return n_going;
}

static bool
is_silent_port(const Domain *domain, const void *before_ms)
{
    return domain->port != 0 && domain->heard_ms < *(const int64_t *)before_ms;
}

uint32_t
exporter_retire_ports(Exporter *self, int64_t before_ms)
{
    return exporter_forget_domains(self, is_silent_port, &before_ms);
}

/* As exporter_domain says; NULL when it is new. @head becomes the one that stands for all datagrams' domains
 * that share the id. */
static Domain *
find_domain(const Exporter *self, const StreamKey *key, Domain **head)
{
    uint64_t number = domain_number(self, key->protocol, key->id, &key->agent, 0);

    if (key->session != NULL)
        return number_map_find(&key->session->domains, number);
    *head = number_map_find(&self->domain_map, number);
    if (*head == NULL || is_domain(*head, key))
        return *head;
    return number_map_find(&self->domain_map,
                           domain_number(self, key->protocol, key->id, &key->agent, key->port));
}

static void
note_agent(Exporter *self, const IpAddress *agent)
{
    if (ip_is_zero(&self->first_agent))
        self->first_agent = *agent;
    if (!self->has_agents && !ip_equal(&self->first_agent, agent)) {
        self->has_agents = true;
        exporter_mix_interfaces(self);
    }
}

Domain *
exporter_domain(Exporter *self, const StreamKey *key, uint32_t most)
{
    Domain *sibling = NULL;

    if (self->last_domain != NULL && is_domain(self->last_domain, key))
        return self->last_domain;
    Domain *domain = find_domain(self, key, &sibling);
    if (domain != NULL)
        return self->last_domain = domain;
    if (self->domains->len >= most || !told_budget_take(&self->told, sizeof *domain))
        return NULL;
    domain = domain_new(self, key);
    if (key->protocol == PROTOCOL_SFLOW)
        note_agent(self, &key->agent);
    if (sibling != NULL)
        inherit(domain, sibling, key->port);
    else if (key->session == NULL && exporter_ports(self) == PORTS_SEPARATE)
        domain_split(self, domain, key->port, SPLIT_OPERATOR);
    put_domain(self, domain);
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

/* GLib's tables have no key of their own, so the upper half of each pointer is a keyed hash of the lower, and
 * the table's hash. */
gpointer
exporter_name_key(const Exporter *self, uint32_t number)
{
    uint64_t hash = XXH3_64bits_withSeed(&number, sizeof number, self->seed);

    return GSIZE_TO_POINTER((gsize)(hash << 32 | number));
}

static guint
upper_half(gconstpointer key)
{
    G_STATIC_ASSERT(sizeof(gpointer) == 8);
    return (guint)(GPOINTER_TO_SIZE(key) >> 32);
}

static Exporter *
exporter_new(ExporterTable *table, const IpAddress *address, uint32_t index)
{
    Exporter *self = g_new0(Exporter, 1);

    self->seed = table->seed;
    self->address = *address;
    self->index = index;
    self->domains = g_ptr_array_new_with_free_func(domain_free);
    self->sessions = g_ptr_array_new_with_free_func(session_free);
    self->budget = (TemplateBudget){ .all = &table->budget,
                                     .most_templates = table->limits.templates,
                                     .most_bytes = table->limits.template_bytes,
                                     .seed = table->seed };
    self->told = (ToldBudget){ .all = &table->told,
                               .most_bytes = EXPORTER_TOLD_BYTES + table->limits.domains * sizeof(Domain) };
    number_map_init(&self->domain_map, table->seed);
    sampling_init(&self->sampling, table->seed);
    held_store_init(&self->held, &table->held_bytes, &table->due, table->seed);
    self->interfaces = g_hash_table_new_full(upper_half, NULL, NULL, interface_name_free);
    self->vrfs = g_hash_table_new_full(upper_half, NULL, NULL, g_free);
    number_map_init(&self->applications, table->seed);
    apply_rules(self, table);
    return self;
}

static void
exporter_free(gpointer at)
{
    Exporter *self = at;

    held_store_clear(&self->held);
    number_map_clear(&self->domain_map);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_clear_pointer(&self->sessions, g_ptr_array_unref);
    g_clear_pointer(&self->interfaces, g_hash_table_unref);
    g_clear_pointer(&self->vrfs, g_hash_table_unref);
    for (uint32_t i = 0; i < self->applications.n_slots; i++)
        if (self->applications.values[i] != NULL)
            application_name_free(self->applications.values[i]);
    number_map_clear(&self->applications);
    g_clear_pointer(&self->types, type_info_free);
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
    char *clean = g_utf8_make_valid(cut, -1);
    /* A byte that is no text becomes three: cut again, so that a clean name stays as it is over a restart. */
    if (strlen(clean) > EXPORTER_NAME_MOST)
        *g_utf8_find_prev_char(clean, clean + EXPORTER_NAME_MOST + 1) = '\0';
    return clean;
}

/* What a name takes, about: itself, its place in a table, malloc's own. */
static int64_t
name_cost(const char *name)
{
    return name == NULL ? 0 : (int64_t)strlen(name) + 48;
}

bool
exporter_rename(Exporter *self, char **slot, const char *name)
{
    /* Names come again and again, with each counter sample of sFlow too: the same one costs nothing. */
    if (name != NULL && g_strcmp0(*slot, name) == 0)
        return true;
    g_autofree char *clean = exporter_clean_name(name);
    if (clean == NULL || g_strcmp0(*slot, clean) == 0)
        return true;
    if (!told_budget_take(&self->told, name_cost(clean) - name_cost(*slot)))
        return false;
    g_free(*slot);
    *slot = g_steal_pointer(&clean);
    return true;
}

bool
exporter_name_vrf(Exporter *self, uint32_t id, const char *name)
{
    gpointer key = exporter_name_key(self, id);
    char *known = g_hash_table_lookup(self->vrfs, key), *renamed = g_strdup(known);

    if ((known == NULL && g_hash_table_size(self->vrfs) >= EXPORTER_VRFS_MOST) ||
        !exporter_rename(self, &renamed, name)) {
        g_free(renamed);
        return false;
    }
    if (renamed != NULL)
        g_hash_table_replace(self->vrfs, key, renamed);
    return true;
}

bool
exporter_name_application(Exporter *self, uint64_t id, const char *name, const char *description)
{
    ApplicationName *known = number_map_find(&self->applications, id);

    if (name == NULL || *name == '\0')
        return true;
    if (known == NULL) {
        if (self->applications.n >= EXPORTER_APPLICATIONS_MOST ||
            !told_budget_take(&self->told, sizeof *known + 48))
            return false;
        known = g_new0(ApplicationName, 1);
        number_map_put(&self->applications, id, known);
    }
    bool has_room = exporter_rename(self, &known->name, name);
    return exporter_rename(self, &known->description, description) && has_room;
}

bool
exporter_has_room(Exporter *self, const RateMap *rates, uint64_t key)
{
    if (rate_map_has(rates, key))
        return true;
    return rates->n < RATE_MAP_MOST && told_budget_take(&self->told, (int64_t)rate_map_growth(rates));
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
    self->told.most_bytes = ALL_TOLD_BYTES;
    g_queue_init(&self->due);
    refused_senders_init(&self->refused_senders, seed);
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
    for (GList *link; (link = g_queue_pop_head_link(&self->due)) != NULL;)
        held_set_free(link->data);
    g_clear_pointer(&self->exporters, g_ptr_array_unref);
    g_free(self->slots);
    g_clear_pointer(&self->connections, connection_table_free);
    g_free(self);
}

static uint32_t
first_slot(const ExporterTable *self, const IpAddress *address)
{
    return (uint32_t)XXH3_64bits_withSeed(address, sizeof *address, self->seed) & (self->n_slots - 1);
}

static uint32_t
slot_of(const ExporterTable *self, const IpAddress *address)
{
    uint32_t at = first_slot(self, address);

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

Exporter *
exporter_fetch(const ExporterTable *table, const IpAddress *address)
{
    uint32_t index = table->slots[first_slot(table, address)];

    if (index == 0)
        return NULL;
    Exporter *likely = g_ptr_array_index(table->exporters, index - 1); /* to look closer would be a touch */
    exporter_fetch_lines(likely, offsetof(Exporter, octets));
    return likely;
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
    exporter->is_restored = restored;
    self->slots[slot_of(self, address)] = exporter->index + 1;
    g_ptr_array_add(self->exporters, exporter);
    return self->last = exporter;
}

void
exporter_table_refuse(ExporterTable *self, const IpAddress *sender, size_t bytes, Refusal reason)
{
    self->refused.datagrams++;
    self->refused.bytes += bytes;
    self->refused.refused[reason]++;
    refused_senders_note(&self->refused_senders, sender, reason);
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
