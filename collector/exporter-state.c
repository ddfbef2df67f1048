/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-state.c - see exporter-state.h */
#include "collector/exporter-state.h"
#include "collector/stamp.h"

#include <gio/gio.h>
#include <string.h>

/* Layout 3: rates have their time, and there are histories. Layout 4: types of enterprise elements. Layout 5:
 * sFlow's agents. Only the last is read. */
enum { LAYOUT = 5 };

/* Writing */

static void
put(GByteArray *out, uint64_t value, unsigned length)
{
    guint8 bytes[sizeof value];

    for (unsigned i = 0; i < length; i++, value >>= 8)
        bytes[i] = (guint8)value;
    g_byte_array_append(out, bytes, length);
}

static void
put_text(GByteArray *out, const char *text)
{
    size_t length = text == NULL ? 0 : MIN(strlen(text), EXPORTER_NAME_MOST * 3);

    put(out, length, 2);
    g_byte_array_append(out, (const guint8 *)text, (guint)length);
}

static void
put_rate(GByteArray *out, const TimedRate *rate)
{
    put(out, rate->rate, 4);
    put(out, rate->before, 4);
    put(out, (uint64_t)rate->since_ms, 8);
}

static void
put_rates(GByteArray *out, const RateMap *rates)
{
    put(out, rates->n, 4);
    for (uint32_t i = 0; i < rates->n_slots; i++)
        if (rates->rates[i].rate != 0) {
            put(out, rates->keys[i], 8);
            put_rate(out, &rates->rates[i]);
        }
}

static void
put_sampling(GByteArray *out, const Sampling *sampling)
{
    put_rate(out, &sampling->domain);
    put_rates(out, &sampling->samplers);
    put_rates(out, &sampling->interfaces);
}

static void
put_history(GByteArray *out, const SamplingHistory *history)
{
    uint32_t n = MIN(history->n, SAMPLING_HISTORY);

    put(out, n, 4);
    for (uint32_t i = n; i-- > 0;) { /* oldest first */
        const SamplingChange *change = sampling_history_get(history, i);

        put(out, (uint64_t)change->at_ms, 8);
        put(out, change->of, 8);
        put(out, change->domain, 4);
        put(out, change->rate, 4);
        put(out, change->before, 4);
        put(out, change->source, 1);
    }
}

static void
put_template(GByteArray *out, const Template *tmpl)
{
    put(out, tmpl->id, 2);
    put(out, tmpl->is_options, 1);
    put(out, tmpl->n_scope, 2);
    put(out, tmpl->n_fields, 2);
    put(out, (uint64_t)tmpl->heard_ms, 8);
    for (uint32_t i = 0; i < tmpl->n_fields; i++) {
        put(out, tmpl->fields[i].element->pen, 4);
        put(out, tmpl->fields[i].element->id, 2);
        put(out, tmpl->fields[i].length, 2);
    }
}

static void
put_domain(GByteArray *out, const Domain *domain)
{
    put(out, domain->protocol, 1);
    put(out, domain->id, 4);
    g_byte_array_append(out, domain->agent.bytes, sizeof domain->agent.bytes);
    put(out, domain->port, 2);
    put(out, (uint64_t)domain->init_ms, 8);
    put(out, (uint64_t)domain->boot_ms, 8);
    put(out, domain->uptime.known, 1);
    put(out, domain->uptime.last, 4);
    put(out, domain->uptime.wraps, 4);
    put(out, (uint64_t)domain->uptime.export_ms, 8);
    put(out, (uint64_t)domain->uptime.received_ms, 8);
    put(out, domain->reboots, 4);
    put(out, (uint64_t)domain->rebooted_ms, 8);
    put(out, (uint64_t)domain->heard_ms, 8);
    put(out, domain->split, 1);
    put(out, domain->sequence.unit, 1);
    for (int i = 0; i < N_SEQUENCE_UNITS; i++) {
        put(out, domain->sequence.readings[i].sequence.known, 1);
        put(out, domain->sequence.readings[i].sequence.next, 4);
    }
    put(out, domain->header_rate, 4);
    put_sampling(out, &domain->sampling);
    put(out, domain->templates.n, 4);
    for (uint32_t i = 0; i < domain->templates.n_slots; i++)
        if (domain->templates.slots[i] != NULL)
            put_template(out, domain->templates.slots[i]);
}

static void
put_names(GByteArray *out, const Exporter *exporter)
{
    GHashTableIter iter;
    gpointer key, value;

    put(out, g_hash_table_size(exporter->interfaces), 4);
    g_hash_table_iter_init(&iter, exporter->interfaces);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        put(out, GPOINTER_TO_UINT(key), 4);
        put_text(out, ((const InterfaceName *)value)->name);
        put_text(out, ((const InterfaceName *)value)->description);
    }
    put(out, g_hash_table_size(exporter->vrfs), 4);
    g_hash_table_iter_init(&iter, exporter->vrfs);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        put(out, GPOINTER_TO_UINT(key), 4);
        put_text(out, value);
    }
    put(out, exporter->applications.n, 4);
    for (uint32_t i = 0; i < exporter->applications.n_slots; i++) {
        const ApplicationName *application = exporter->applications.values[i];

        if (application == NULL)
            continue;
        put(out, exporter->applications.numbers[i], 8);
        put_text(out, application->name);
        put_text(out, application->description);
    }
}

/* What was told in a session is over when it ends, and no session survives us. */
static bool
is_kept(const Domain *domain)
{
    return domain->session == NULL;
}

static uint32_t
count_kept(const Exporter *exporter)
{
    uint32_t n = 0;

    for (guint i = 0; i < exporter->domains->len; i++)
        n += is_kept(g_ptr_array_index(exporter->domains, i));
    return n;
}

/* By their codes, since their numbers are those of this version of the table. */
static void
put_quirks(GByteArray *out, const Exporter *exporter)
{
    const Quirks *quirks = &exporter->quirks;

    put(out, quirks->looked, 8);
    put(out, quirks->datagrams_before + exporter->books.datagrams, 8);
    put(out, N_QUIRKS, 4);
    for (int i = 0; i < N_QUIRKS; i++) {
        put_text(out, quirk_kind((Quirk)i)->code);
        put(out, quirks->seen[i].count, 8);
        put(out, (uint64_t)quirks->seen[i].first_ms, 8);
        put(out, (uint64_t)quirks->seen[i].last_ms, 8);
    }
    put(out, exporter->active_timeout_s, 4);
    put(out, (uint64_t)exporter->template_gap_ms, 8);
}

static void
put_type(void *user, const Element *element, uint8_t data_type)
{
    GByteArray *out = user;

    put(out, element->pen, 4);
    put(out, element->id, 2);
    put(out, data_type, 1);
    put_text(out, element->name);
}

static void
put_exporter(GByteArray *out, const Exporter *exporter)
{
    int64_t skew;
    bool has_skew = exporter_skew(exporter, &skew);

    g_byte_array_append(out, exporter->address.bytes, sizeof exporter->address.bytes);
    put(out, exporter->protocol, 1);
    put(out, (uint64_t)exporter->first_ms, 8);
    put(out, (uint64_t)exporter->last_ms, 8);
    put(out, has_skew, 1);
    put(out, (uint64_t)(has_skew ? skew : 0), 8);
    put(out, exporter->rate, 4);
    put(out, exporter->rate_source, 1);
    put(out, exporter->rate_settled, 4);
    put_history(out, &exporter->sampling_history);
    put_sampling(out, &exporter->sampling);
    put_names(out, exporter);
    put(out, type_info_count(exporter->types), 4);
    type_info_foreach(exporter->types, put_type, out);
    put_quirks(out, exporter);
    put(out, count_kept(exporter), 4);
    for (guint i = 0; i < exporter->domains->len; i++)
        if (is_kept(g_ptr_array_index(exporter->domains, i)))
            put_domain(out, g_ptr_array_index(exporter->domains, i));
}

/* The count stands behind the layout. */
static uint32_t
get_saved(const uint8_t *bytes)
{
    return (uint32_t)bytes[4] | (uint32_t)bytes[5] << 8 | (uint32_t)bytes[6] << 16 | (uint32_t)bytes[7] << 24;
}

static void
set_saved(GByteArray *out, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        out->data[4 + i] = (guint8)(n >> 8 * i);
}

bool
exporter_state_save_next(const ExporterTable *table, GByteArray *out)
{
    if (out->len == 0) {
        put(out, LAYOUT, 4);
        put(out, 0, 4);
    }
    uint32_t n = get_saved(out->data);
    if (n < table->exporters->len) {
        put_exporter(out, g_ptr_array_index(table->exporters, n));
        set_saved(out, ++n);
    }
    return n >= table->exporters->len;
}

GBytes *
exporter_state_save(const ExporterTable *table)
{
    GByteArray *out = g_byte_array_new();

    while (!exporter_state_save_next(table, out))
        continue;
    return g_byte_array_free_to_bytes(out);
}

GBytes *
exporter_state_join(GBytes *const *states, size_t n)
{
    GByteArray *out = g_byte_array_new();
    uint32_t exporters = 0;

    put(out, LAYOUT, 4);
    put(out, 0, 4); /* the count, when it is known */
    for (size_t i = 0; i < n; i++) {
        gsize size;
        const uint8_t *bytes = g_bytes_get_data(states[i], &size);
        g_assert(size >= 8);
        exporters += get_saved(bytes);
        g_byte_array_append(out, bytes + 8, (guint)size - 8);
    }
    set_saved(out, exporters);
    return g_byte_array_free_to_bytes(out);
}

/* Reading */

static uint64_t
get(Cursor *cur, unsigned length)
{
    const uint8_t *at = cursor_take(cur, length);
    uint64_t value = 0;

    for (unsigned i = length; at != NULL && i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

/* A time, or a distance of times; nonsense becomes 0. */
static int64_t
get_ms(Cursor *cur)
{
    int64_t ms = (int64_t)get(cur, 8);

    return ms > STAMP_LATEST_MS || ms < -STAMP_LATEST_MS ? 0 : ms;
}

/* A count of things that take at least @least bytes each: more than there is room for is nonsense. */
static uint32_t
get_count(Cursor *cur, size_t least)
{
    uint32_t n = (uint32_t)get(cur, 4);

    if (n > cursor_left(cur) / least)
        cur->failed = true;
    return cur->failed ? 0 : n;
}

/* The caller owns it; "" when there is none. What is stored is cleaned again by who keeps it. */
static char *
get_text(Cursor *cur)
{
    size_t length = (size_t)get(cur, 2);
    const uint8_t *at = cursor_take(cur, length);

    return at == NULL ? g_strdup("") : g_strndup((const char *)at, length);
}

static TimedRate
get_rate(Cursor *cur)
{
    TimedRate rate = { .rate = (uint32_t)get(cur, 4) };

    rate.before = (uint32_t)get(cur, 4);
    rate.since_ms = get_ms(cur);
    return rate;
}

static void
get_rates(Cursor *cur, Exporter *exporter, RateMap *rates)
{
    uint32_t n = get_count(cur, 12);

    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        uint64_t key = get(cur, 8);
        TimedRate rate = get_rate(cur);

        if (exporter_has_room(exporter, rates, key))
            rate_map_restore(rates, key, &rate);
    }
}

static void
get_sampling(Cursor *cur, Exporter *exporter, Sampling *sampling)
{
    sampling->domain = get_rate(cur);
    get_rates(cur, exporter, &sampling->samplers);
    get_rates(cur, exporter, &sampling->interfaces);
}

static void
get_history(Cursor *cur, SamplingHistory *history)
{
    uint32_t n = get_count(cur, 29);

    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        SamplingChange change = { .at_ms = get_ms(cur), .of = get(cur, 8) };

        change.domain = (uint32_t)get(cur, 4);
        change.rate = (uint32_t)get(cur, 4);
        change.before = (uint32_t)get(cur, 4);
        uint64_t source = get(cur, 1);
        change.source = (uint8_t)MIN(source, (uint64_t)SAMPLING_OPERATOR);
        if (!cur->failed)
            sampling_history_add(history, &change);
    }
}

static void
get_template(Wire *wire, Cursor *cur, Exporter *exporter, Domain *domain)
{
    uint16_t id = (uint16_t)get(cur, 2);
    bool is_options = get(cur, 1) != 0;
    uint32_t n_scope = (uint32_t)get(cur, 2), n_fields = (uint32_t)get(cur, 2);
    int64_t heard_ms = get_ms(cur);

    if (id < 256 || n_fields == 0 || n_fields > wire->limits.fields || n_fields > cursor_left(cur) / 8) {
        cur->failed = true;
        return;
    }
    g_autofree FieldNumber *fields = g_new0(FieldNumber, n_fields);
    for (uint32_t i = 0; i < n_fields; i++) {
        fields[i].pen = (uint32_t)get(cur, 4);
        fields[i].id = (uint16_t)get(cur, 2);
        fields[i].length = (uint16_t)get(cur, 2);
    }
    Template *tmpl =
        cur->failed ? NULL : template_new(wire->model, id, fields, n_fields, n_scope, is_options);
    if (tmpl == NULL) {
        cur->failed = true;
        return;
    }
    tmpl->provisional = true;
    vendor_note_template(&exporter->evidence, domain->protocol, tmpl);
    if (!is_options)
        plan_use_shuffles(&tmpl->plan, wire->shuffles);
    template_cache_put(&domain->templates, tmpl, heard_ms);
}

static void
get_life(Cursor *cur, Domain *domain)
{
    domain->uptime.wraps = (uint32_t)get(cur, 4) & 0xffff; /* which is 8,000 years */
    domain->uptime.export_ms = get_ms(cur);
    domain->uptime.received_ms = get_ms(cur);
    domain->reboots = (uint32_t)get(cur, 4);
    domain->rebooted_ms = get_ms(cur);
    domain->heard_ms = get_ms(cur);
    uint64_t split = get(cur, 1);
    domain->split = split < N_SPLITS ? (PortsSplit)split : SPLIT_NOT;
}

static void
get_domain(Wire *wire, Cursor *cur, Exporter *exporter)
{
    uint32_t protocol = (uint32_t)get(cur, 1);
    StreamKey key = { .protocol = (Protocol)protocol, .id = (uint32_t)get(cur, 4) };
    const uint8_t *agent = cursor_take(cur, sizeof key.agent.bytes);

    key.port = (uint16_t)get(cur, 2);
    if (exporter_ports(exporter) == PORTS_TOGETHER) /* perhaps since the restart */
        key.port = 0;
    if (cur->failed || protocol == PROTOCOL_NONE || protocol > PROTOCOL_SFLOW) {
        cur->failed = true;
        return;
    }
    if (protocol == PROTOCOL_SFLOW)
        memcpy(key.agent.bytes, agent, sizeof key.agent.bytes);
    Domain *domain = exporter_domain(exporter, &key, wire->limits.domains);
    if (domain == NULL) { /* the limit was lowered since: the rest of this exporter is left out */
        cur->failed = true;
        return;
    }
    domain->provisional = true;
    if (key.port != domain->port)
        domain_own_port(exporter, domain, key.port);
    domain->init_ms = get_ms(cur);
    domain->boot_ms = get_ms(cur);
    domain->uptime.known = get(cur, 1) != 0;
    domain->uptime.last = (uint32_t)get(cur, 4);
    get_life(cur, domain);
    uint64_t unit = get(cur, 1);
    if (unit < N_SEQUENCE_UNITS)
        domain->sequence.unit = (SequenceUnit)unit;
    for (int i = 0; i < N_SEQUENCE_UNITS; i++) {
        domain->sequence.readings[i].sequence.known = get(cur, 1) != 0;
        domain->sequence.readings[i].sequence.next = (uint32_t)get(cur, 4);
    }
    domain->header_rate = (uint32_t)get(cur, 4);
    get_sampling(cur, exporter, &domain->sampling);
    uint32_t n = get_count(cur, 15);
    for (uint32_t i = 0; i < n && !cur->failed; i++)
        get_template(wire, cur, exporter, domain);
}

static void
get_names(Cursor *cur, Exporter *exporter)
{
    uint32_t n = get_count(cur, 8);

    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        uint32_t index = (uint32_t)get(cur, 4);
        g_autofree char *name = get_text(cur);
        g_autofree char *description = get_text(cur);

        exporter_name_interface(exporter, index, name, description);
    }
    n = get_count(cur, 6);
    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        uint32_t id = (uint32_t)get(cur, 4);
        g_autofree char *name = get_text(cur);

        exporter_name_vrf(exporter, id, name);
    }
    n = get_count(cur, 12);
    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        uint64_t id = get(cur, 8);
        g_autofree char *name = get_text(cur);
        g_autofree char *description = get_text(cur);

        exporter_name_application(exporter, id, name, description);
    }
}

/* A count that leaves room to count on. */
static uint64_t
get_total(Cursor *cur)
{
    return get(cur, 8) & (UINT64_MAX >> 16);
}

static void
get_quirks(Cursor *cur, Exporter *exporter)
{
    Quirks *quirks = &exporter->quirks;

    quirks->looked = get_total(cur);
    quirks->datagrams_before = get_total(cur);
    uint32_t n = get_count(cur, 26);
    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        g_autofree char *code = get_text(cur);
        Sighting seen = { .count = get_total(cur) };

        seen.first_ms = get_ms(cur);
        seen.last_ms = get_ms(cur);
        for (int j = 0; j < N_QUIRKS && !cur->failed; j++)
            if (strcmp(quirk_kind((Quirk)j)->code, code) == 0)
                quirks->seen[j] = seen;
    }
    uint64_t active_timeout_s = get(cur, 4);
    exporter->active_timeout_s = (uint32_t)MIN(active_timeout_s, (uint64_t)24 * 3600);
    exporter->template_gap_ms = get_ms(cur);
    if (quirks->seen[QUIRK_SWAPPED_RATE].count > 0)
        vendor_note_swapped_rate(&exporter->evidence);
}

static void
get_types(Wire *wire, Cursor *cur, Exporter *exporter)
{
    uint32_t n = get_count(cur, 9);

    if (n > 0 && exporter->types == NULL)
        exporter->types = type_info_new();
    for (uint32_t i = 0; i < n && !cur->failed; i++) {
        uint32_t pen = (uint32_t)get(cur, 4);
        uint16_t id = (uint16_t)get(cur, 2);
        uint8_t data_type = (uint8_t)get(cur, 1);
        g_autofree char *name = get_text(cur);

        type_info_tell(exporter->types, wire->model, pen, id, data_type, name, strlen(name));
    }
}

static void
get_exporter(Wire *wire, Cursor *cur, Exporter *exporter)
{
    uint32_t protocol = (uint32_t)get(cur, 1);

    exporter->protocol = protocol > PROTOCOL_SFLOW ? PROTOCOL_NONE : (Protocol)protocol;
    exporter->first_ms = get_ms(cur);
    exporter->last_ms = get_ms(cur);
    exporter->has_skew_saved = get(cur, 1) != 0;
    exporter->skew_saved_ms = get_ms(cur);
    exporter->rate = (uint32_t)get(cur, 4);
    uint64_t source = get(cur, 1);
    exporter->rate_source = (uint8_t)MIN(source, (uint64_t)SAMPLING_OPERATOR);
    exporter->rate_settled = (uint32_t)get(cur, 4);
    get_history(cur, &exporter->sampling_history);
    get_sampling(cur, exporter, &exporter->sampling);
    get_names(cur, exporter);
    get_types(wire, cur, exporter);
    get_quirks(cur, exporter);
    uint32_t n = get_count(cur, 85);
    for (uint32_t i = 0; i < n && !cur->failed; i++)
        get_domain(wire, cur, exporter);
}

/* Reads one exporter into the table, or past it: one that may not send any more is read into a table of its
 * own. */
static void
get_one(Wire *wire, Cursor *cur, bool (*is_allowed)(const void *user, const IpAddress *ip), const void *user)
{
    IpAddress address;
    const uint8_t *at = cursor_take(cur, sizeof address.bytes);
    ExporterTable *aside = NULL;

    if (at == NULL)
        return;
    memcpy(address.bytes, at, sizeof address.bytes);
    Exporter *exporter = NULL;
    if ((is_allowed == NULL || is_allowed(user, &address)) &&
        exporter_table_find(wire->table, &address) == NULL)
        exporter = exporter_table_add(wire->table, &address, 0, true);
    if (exporter == NULL) {
        aside = exporter_table_new(&wire->limits, 0, NULL);
        exporter = exporter_table_add(aside, &address, 0, true);
    }
    get_exporter(wire, cur, exporter);
    exporter_table_free(aside);
}

bool
exporter_state_restore(Wire *wire, GBytes *state, bool (*is_allowed)(const void *user, const IpAddress *ip),
                       const void *user, GError **error)
{
    gsize size;
    const void *bytes = g_bytes_get_data(state, &size);
    Cursor cur = cursor_over(bytes, size);

    if (size == 0)
        return true;
    uint32_t layout = (uint32_t)get(&cur, 4);
    if (layout != LAYOUT) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "state of exporters has layout %u, not %d",
                    layout, LAYOUT);
        return false;
    }
    uint32_t n = get_count(&cur, 16 + 1 + 8 + 8 + 1 + 8 + 5 + 12 + 8 + 4), i;
    for (i = 0; i < n && !cur.failed; i++)
        get_one(wire, &cur, is_allowed, user);
    if (cur.failed || cursor_left(&cur) > 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "state of exporters is damaged in exporter %u of %u", i, n);
        return false;
    }
    return true;
}
