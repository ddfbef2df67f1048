/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-json.c - the books and an exporter as JSON objects; see exporter.h. The diagnosis is in
 * diagnosis.c. */
#include "collector/diagnosis.h"

/* By SamplingSource. */
static const char *const sampling_sources[] = { "unknown", "header", "domain",  "interface",
                                                "sampler", "record", "operator" };

static json_t *
reasons(const uint64_t counts[N_REFUSALS])
{
    json_t *out = json_object();

    for (int i = 0; i < N_REFUSALS; i++)
        if (counts[i] != 0)
            json_object_set_new(out, refusal_name((Refusal)i), json_integer((json_int_t)counts[i]));
    return out;
}

json_t *
books_to_json(const Books *books)
{
    json_t *out = json_object();
    uint64_t refused = 0;

    for (int i = 0; i < N_REFUSALS; i++)
        refused += books->refused[i];
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {
        { "received", books->datagrams },
        { "decoded", books->decoded },
        { "refused", refused },
        { "bytes", books->bytes },
        { "records", books->records },
        { "lateRecords", books->late_records },
        { "optionsRecords", books->options_records },
        { "templates", books->templates },
        { "optionsTemplates", books->options_templates },
        { "withdrawals", books->withdrawals },
        { "counterSamples", books->counter_samples },
        { "discardSamples", books->discard_samples },
        { "missingTemplateSets", books->missing_template_sets },
        { "heldSets", books->held_sets },
        { "heldDroppedSets", books->held_dropped_sets },
        { "sequenceLost", books->sequence_lost },
        { "lostRecords", books->lost_records },
        { "sequenceResets", books->sequence_resets },
        { "sequenceReordered", books->sequence_reordered },
        { "sequenceDuplicates", books->sequence_duplicates },
        { "connectionsForgotten", books->connections_forgotten },
        { "queueFull", books->queue_full_records },
        { "givenUp", books->given_up_records },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        json_object_set_new(out, counts[i].key, json_integer((json_int_t)counts[i].value));
    /* Signed, so that books that do not balance show by how much and in which direction. */
    json_object_set_new(out, "difference",
                        json_integer((json_int_t)(books->datagrams - books->decoded - refused)));
    json_object_set_new(out, "malformed", reasons(books->malformed));
    json_object_set_new(out, "refusedBy", reasons(books->refused));
    return out;
}

static void
set_time(json_t *object, const char *key, int64_t ms)
{
    char text[WALL_TIME_TEXT];

    json_object_set_new(object, key,
                        ms == 0 ? json_null() : json_string(wall_time_text((WallTime){ ms }, text)));
}

static json_t *
domain_to_json(const Domain *domain)
{
    json_t *out = json_object();
    json_int_t templates = 0, options = 0;
    char agent[IP_TEXT];

    for (uint32_t i = 0; i < domain->templates.n_slots; i++) {
        const Template *tmpl = domain->templates.slots[i];

        if (tmpl != NULL && tmpl->is_options)
            options++;
        else if (tmpl != NULL)
            templates++;
    }
    json_object_set_new(out, "id", json_integer(domain->id));
    json_object_set_new(out, "protocol", json_string(protocol_name(domain->protocol)));
    uint16_t port = domain->session != NULL ? domain->session->port : domain->port;
    Transport transport = domain->session != NULL ? domain->session->transport : TRANSPORT_UDP;
    json_object_set_new(out, "transport", json_string(transport_name(transport)));
    json_object_set_new(out, "sourcePort", port == 0 ? json_null() : json_integer(port));
    json_object_set_new(out, "agent",
                        domain->protocol == PROTOCOL_SFLOW ? json_string(ip_text(&domain->agent, agent))
                                                           : json_null());
    json_object_set_new(out, "templates", json_integer(templates));
    json_object_set_new(out, "optionsTemplates", json_integer(options));
    json_object_set_new(out, "provisional", json_boolean(domain_is_provisional(domain)));
    json_object_set_new(out, "heldSets", json_integer(domain->held_sets));
    json_object_set_new(out, "records", json_integer((json_int_t)domain->records));
    json_object_set_new(out, "sequenceLost", json_integer((json_int_t)domain->sequence_lost));
    return out;
}

static json_t *
domains_to_json(const Exporter *self)
{
    json_t *out = json_array();

    for (guint i = 0; i < self->domains->len; i++)
        json_array_append_new(out, domain_to_json(g_ptr_array_index(self->domains, i)));
    return out;
}

static json_t *
sessions_to_json(const Exporter *self)
{
    json_t *out = json_array();

    for (guint i = 0; i < self->sessions->len; i++) {
        const Session *session = g_ptr_array_index(self->sessions, i);
        json_t *each = json_object();

        json_object_set_new(each, "transport", json_string(transport_name(session->transport)));
        json_object_set_new(each, "sourcePort", json_integer(session->port));
        set_time(each, "since", session->opened_ms);
        json_object_set_new(each, "certificateName",
                            session->name == NULL ? json_null() : json_string(session->name));
        json_object_set_new(each, "messages", json_integer((json_int_t)session->messages));
        json_object_set_new(each, "bytes", json_integer((json_int_t)session->bytes));
        json_array_append_new(out, each);
    }
    return out;
}

static json_t *
rate_or_null(uint32_t rate)
{
    return rate == 0 ? json_null() : json_integer(rate);
}

static json_t *
history_to_json(const SamplingHistory *self)
{
    json_t *out = json_array();
    const SamplingChange *change;

    for (uint32_t i = 0; (change = sampling_history_get(self, i)) != NULL; i++) {
        bool has_place = change->source == SAMPLING_SAMPLER || change->source == SAMPLING_INTERFACE;
        json_t *each = json_object();

        set_time(each, "time", change->at_ms);
        json_object_set_new(each, "rate", rate_or_null(change->rate));
        json_object_set_new(each, "before", rate_or_null(change->before));
        json_object_set_new(each, "source", json_string(sampling_sources[change->source]));
        json_object_set_new(each, "of", has_place ? json_integer((json_int_t)change->of) : json_null());
        json_object_set_new(each, "domain", json_integer(change->domain));
        json_array_append_new(out, each);
    }
    return out;
}

/* What the operator has said of its rate, and where: null when nothing. */
static json_t *
operator_to_json(const Exporter *self)
{
    bool is_by_rule = self->rule != NULL && self->rule->sampling != 0;
    json_t *out = json_object();

    if (self->operator_rate == 0 && self->operator_interfaces.n == 0) {
        json_decref(out);
        return json_null();
    }
    json_object_set_new(out, "rate", rate_or_null(self->operator_rate));
    json_object_set_new(out, "interfaces", json_integer(self->operator_interfaces.n));
    json_object_set_new(out, "section", json_string(is_by_rule ? self->rule->section : "collector"));
    return out;
}

static json_t *
sampling_to_json(const Exporter *self, WallTime now)
{
    json_t *out = json_object();

    json_object_set_new(out, "rate", rate_or_null(self->rate));
    json_object_set_new(out, "source", json_string(sampling_sources[self->rate_source]));
    json_object_set_new(out, "known", json_boolean(self->rate != 0));
    json_object_set_new(out, "operator", operator_to_json(self));
    json_object_set_new(out, "mixed", json_boolean(exporter_is_rate_mixed(self, now.ms)));
    json_object_set_new(out, "history", history_to_json(&self->sampling_history));
    return out;
}

static int
compare_index(const void *a, const void *b)
{
    guint x = GPOINTER_TO_UINT(a), y = GPOINTER_TO_UINT(b);

    return (x > y) - (x < y);
}

static json_t *
text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *
real_or_null(bool is_known, double value)
{
    return is_known ? json_real(value) : json_null();
}

/* What counter samples tell; null where there are none. */
static void
set_usage(json_t *out, const InterfaceUsage *usage)
{
    static const InterfaceUsage none = { 0 };
    bool is_known = usage != NULL;
    const InterfaceUsage *from = is_known ? usage : &none;
    const InterfaceCounters *last = &from->last;

    json_object_set_new(out, "status",
                        !is_known            ? json_null()
                        : !last->is_up_admin ? json_string("disabled")
                                             : json_string(last->is_up ? "up" : "down"));
    json_object_set_new(out, "inOctetsPerSecond", real_or_null(from->has_rates, from->in_octets_per_s));
    json_object_set_new(out, "outOctetsPerSecond", real_or_null(from->has_rates, from->out_octets_per_s));
    json_object_set_new(out, "inSampledOctetsPerSecond",
                        real_or_null(from->has_rates, from->in_sampled_per_s));
    json_object_set_new(out, "outSampledOctetsPerSecond",
                        real_or_null(from->has_rates, from->out_sampled_per_s));
}

/* The operator's word where there is one, else the exporter's; either may be NULL. */
static json_t *
interface_to_json(uint32_t index, const InterfaceRule *told, const InterfaceName *name)
{
    json_t *out = json_object();
    const char *texts[] = { told == NULL ? NULL : told->name, told == NULL ? NULL : told->description };
    uint64_t speed = told == NULL ? 0 : told->speed;

    if (name != NULL) {
        texts[0] = texts[0] != NULL ? texts[0] : name->name;
        texts[1] = texts[1] != NULL ? texts[1] : name->description;
        speed = speed != 0 ? speed : name->speed;
    }
    json_object_set_new(out, "index", json_integer(index));
    json_object_set_new(out, "name", text_or_null(texts[0]));
    json_object_set_new(out, "description", text_or_null(texts[1]));
    json_object_set_new(out, "speed", speed == 0 ? json_null() : json_integer((json_int_t)speed));
    json_object_set_new(out, "toldBy", json_string(told != NULL ? "operator" : "exporter"));
    set_usage(out, name == NULL ? NULL : name->usage);
    return out;
}

static json_t *
interfaces_to_json(const Exporter *self)
{
    json_t *out = json_array();
    GList *keys = g_hash_table_get_keys(self->interfaces);

    if (self->told_interfaces != NULL)
        keys = g_list_concat(keys, g_hash_table_get_keys(self->told_interfaces));
    keys = g_list_sort(keys, compare_index);
    for (const GList *at = keys; at != NULL; at = at->next) {
        guint index = GPOINTER_TO_UINT(at->data);

        if (at->prev != NULL && GPOINTER_TO_UINT(at->prev->data) == index) /* both know it */
            continue;
        const InterfaceRule *told = self->told_interfaces == NULL
                                        ? NULL
                                        : g_hash_table_lookup(self->told_interfaces, GUINT_TO_POINTER(index));
        json_array_append_new(
            out, interface_to_json(index, told,
                                   g_hash_table_lookup(self->interfaces, exporter_name_key(self, index))));
    }
    g_list_free(keys);
    return out;
}

static json_t *
vrfs_to_json(const Exporter *self)
{
    json_t *out = json_array();
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(self->vrfs), compare_index);

    for (const GList *at = keys; at != NULL; at = at->next) {
        json_t *each = json_object();

        json_object_set_new(each, "id", json_integer(GPOINTER_TO_UINT(at->data)));
        json_object_set_new(each, "name", text_or_null(g_hash_table_lookup(self->vrfs, at->data)));
        json_array_append_new(out, each);
    }
    return out;
}

static json_t *
vendor_to_json(const Exporter *self)
{
    VendorJudgement judgement = exporter_vendor(self);
    json_t *reasons_out = json_array(), *out = json_object();

    for (int i = 0; i < VENDOR_REASONS_MOST && judgement.reasons[i] != NULL; i++)
        json_array_append_new(reasons_out, json_string(judgement.reasons[i]));
    json_object_set_new(out, "code", json_string(vendor_code(judgement.vendor)));
    json_object_set_new(out, "name", json_string(vendor_words(judgement.vendor)));
    json_object_set_new(out, "percent", json_integer(judgement.percent));
    json_object_set_new(out, "because", reasons_out);
    return out;
}

static int64_t
boot_time(const Exporter *self)
{
    for (guint i = 0; i < self->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(self->domains, i);

        if (domain->boot_ms > 0)
            return domain->boot_ms;
    }
    return 0;
}

json_t *
exporter_summary_to_json(const Exporter *self, WallTime now)
{
    char text[IP_TEXT];
    json_t *out = json_object(), *rates = json_object();
    int64_t skew;
    bool has_skew = exporter_skew(self, &skew);

    json_object_set_new(out, "index", json_integer(self->number));
    json_object_set_new(out, "address", json_string(ip_text(&self->address, text)));
    json_object_set_new(out, "name", self->rule == NULL ? json_null() : json_string(self->rule->name));
    json_object_set_new(out, "protocol", json_string(exporter_protocol(self)));
    json_object_set_new(out, "transport", json_string(transport_name(self->transport)));
    json_object_set_new(out, "sessions", sessions_to_json(self));
    set_time(out, "firstSeen", self->first_ms);
    set_time(out, "lastSeen", self->last_ms);
    json_object_set_new(out, "domains", domains_to_json(self));
    json_object_set_new(out, "sampling", sampling_to_json(self, now));
    json_object_set_new(out, "clockSkewSeconds", has_skew ? json_real((double)skew / 1000) : json_null());
    json_object_set_new(out, "clockCorrectedSeconds", json_real((double)self->shift_ms / 1000));
    set_time(out, "bootTime", boot_time(self));
    json_object_set_new(rates, "datagramsPerSecond", json_real(self->pace.datagrams_per_s));
    json_object_set_new(rates, "recordsPerSecond", json_real(self->pace.records_per_s));
    json_object_set_new(rates, "octetsPerSecond", json_real(self->pace.octets_per_s));
    json_object_set_new(out, "rates", rates);
    json_object_set_new(out, "books", books_to_json(&self->books));

    const char *state;
    json_object_set_new(out, "vendor", vendor_to_json(self));
    json_object_set_new(out, "applications", json_integer(self->applications.n));
    json_object_set_new(out, "diagnosis", diagnosis_to_json(self, now, &state));
    json_object_set_new(out, "state", json_string(state));
    return out;
}

json_t *
exporter_to_json(const Exporter *self, WallTime now)
{
    json_t *out = exporter_summary_to_json(self, now);

    json_object_set_new(out, "interfaces", interfaces_to_json(self));
    json_object_set_new(out, "vrfs", vrfs_to_json(self));
    return out;
}

/* What to write into the configuration so that it is heard; the caller frees it. */
static char *
refused_hint(const RefusedSender *sender)
{
    char text[IP_TEXT];

    if (sender->reason == REFUSED_NOT_ALLOWED)
        return g_strdup_printf(
            "If it is a router of yours, add %s to exporters= in the section [collector], and "
            "reload.",
            ip_text(&sender->address, text));
    return g_strdup(
        "There are as many exporters as max-exporters= allows, or more new ones in this minute than "
        "max-new-exporters= allows.");
}

json_t *
exporter_table_refused_to_json(const ExporterTable *self)
{
    RefusedSender senders[REFUSED_SENDERS_MOST];
    uint32_t n = refused_senders_list(&self->refused_senders, senders);
    json_t *out = json_array();

    for (uint32_t i = 0; i < n; i++) {
        g_autofree char *hint = refused_hint(&senders[i]);
        char text[IP_TEXT];
        json_t *each = json_object();

        json_object_set_new(each, "address", json_string(ip_text(&senders[i].address, text)));
        json_object_set_new(each, "datagrams", json_integer((json_int_t)senders[i].datagrams));
        json_object_set_new(each, "reason", json_string(refusal_name(senders[i].reason)));
        json_object_set_new(each, "hint", json_string(hint));
        json_array_append_new(out, each);
    }
    return out;
}
