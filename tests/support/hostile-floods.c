/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-floods.c - as much as fits: of templates, sets, records, samples, domains and exporters
 *
 * What a collector keeps for a sender has a bound, and what is beyond it is counted. The bounds are those of
 * DecoderConf's defaults: they are written here again, so that a change of them is noticed. What a datagram
 * may make us work on is worked out from the prices in collector/work.h.
 */
#include "collector/work.h"
#include "tests/support/hostile-private.h"

enum {
    TEMPLATES_MOST = 1024,
    FIELDS_MOST = 1024,
    DOMAINS_MOST = 256,
    HELD_SETS_MOST = 256,
    DATAGRAM = 65507, /* the most that UDP over IPv4 carries */
};

static const TemplateField one_field[] = { { 0, 1, 4 } };
static const TemplateField none[] = { { 0, 1, 0 } };

/* @n templates of different ids in messages of up to a thousand. */
static void
many_templates(Hostile *self, Protocol protocol, uint32_t n)
{
    case_begin(self, protocol, "%s-%u-templates", protocol_name(protocol), n);
    for (uint32_t from = 0; from < n; from += 1000) {
        message_open(self);
        set_open(self, templates_id(self));
        for (uint32_t i = from; i < MIN(from + 1000, n); i++)
            put_template(self, (uint16_t)(HOSTILE_TEMPLATE + i), one_field, 1);
        set_close(self);
        message_close(self);
    }
    expect(self, "templates", n);
    if (n > TEMPLATES_MOST)
        expect(self, "malformed.template_quota", n - TEMPLATES_MOST);
    message_open(self);
    fill_set(self, HOSTILE_TEMPLATE + TEMPLATES_MOST - 1, 8); /* the last that was kept */
    expect_records(self, 2);
    message_close(self);
    case_end(self);
}

/* One that is too large is stepped over, and the next one of the set is read. */
static void
many_fields(Hostile *self, Protocol protocol, uint32_t n)
{
    g_autofree TemplateField *fields = g_new(TemplateField, n);

    case_begin(self, protocol, "%s-%u-fields", protocol_name(protocol), n);
    for (uint32_t i = 0; i < n; i++)
        fields[i] = (TemplateField){ 0, 210, 1 };
    message_open(self);
    set_open(self, templates_id(self));
    put_template(self, HOSTILE_TEMPLATE, fields, n);
    put_template(self, HOSTILE_TEMPLATE + 1, one_field, 1);
    set_close(self);
    fill_set(self, HOSTILE_TEMPLATE + 1, 8);
    expect(self, "templates", 1 + (n <= FIELDS_MOST));
    expect(self, "malformed.template_quota", n > FIELDS_MOST);
    expect_records(self, 2);
    message_close(self);
    case_end(self);
}

static void
many_domains(Hostile *self, Protocol protocol, uint32_t n)
{
    case_begin(self, protocol, "%s-%u-domains", protocol_name(protocol), n);
    for (uint32_t i = 0; i < n; i++) {
        self->domain = i;
        self->sequence = 0;
        message_open(self);
        message_close(self);
    }
    if (n > DOMAINS_MOST)
        expect(self, "refusedBy.domain_quota", n - DOMAINS_MOST);
    case_end(self);
}

static void
many_exporters(Hostile *self, Protocol protocol, uint32_t n)
{
    case_begin(self, protocol, "%s-%u-exporters", protocol_name(protocol), n);
    for (uint32_t i = 0; i < n; i++) {
        self->source = 0x0a000000 + i * 257;
        self->sequence = 0;
        message_open(self);
        template_set(self, HOSTILE_TEMPLATE, one_field, 1);
        message_close(self);
    }
    expect(self, "exporters", n);
    case_end(self);
}

/* Sets of @size bytes without a template; only the newest ones wait for it. */
static void
many_held(Hostile *self, Protocol protocol, size_t size, uint32_t n)
{
    case_begin(self, protocol, "%s-%u-sets-of-%zu-bytes-without-template", protocol_name(protocol), n, size);
    message_open(self);
    for (uint32_t i = 0; i < n; i++)
        fill_set(self, HOSTILE_TEMPLATE, size);
    expect(self, "missingTemplateSets", n);
    expect(self, "heldSets", n);
    if (n > HELD_SETS_MOST)
        expect(self, "heldDroppedSets", n - HELD_SETS_MOST);
    message_close(self);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    expect(self, "lateRecords", (int64_t)MIN(n, (uint32_t)HELD_SETS_MOST) * (int64_t)(size / 4));
    message_close(self);
    case_end(self);
}

/* As many parts of @size bytes as a datagram has room for behind its headers. */
static uint32_t
room_for(const Hostile *self, size_t size)
{
    return (uint32_t)((DATAGRAM - self->out->len - 4) / size);
}

/* How many of @n parts at @price there is work for, when @before is spent already; the next is given up. */
static uint32_t
affordable(Hostile *self, int64_t before, int64_t price, uint32_t n)
{
    int64_t most = (WORK_DATAGRAM - before + price - 1) / price;

    if (most >= n)
        return n;
    expect(self, "malformed.work_quota", 1);
    return (uint32_t)most;
}

static void
full_of_empty_sets(Hostile *self, Protocol protocol)
{
    case_begin(self, protocol, "%s-full-of-empty-sets", protocol_name(protocol));
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, one_field, 1);
    for (uint32_t i = room_for(self, 4); i > 0; i--)
        fill_set(self, HOSTILE_TEMPLATE, 0);
    message_close(self);
    case_end(self);
}

static void
full_of_templates(Hostile *self, Protocol protocol, bool is_empty)
{
    case_begin(self, protocol, "%s-full-of-%s", protocol_name(protocol),
               is_empty ? "empty-templates" : "redefinitions");
    message_open(self);
    set_open(self, templates_id(self));
    uint32_t n = room_for(self, 8);
    for (uint32_t i = 0; i < n; i++) {
        const TemplateField field = { 0, 1, (uint16_t)(1 + i % 8) };

        put_template(self, HOSTILE_TEMPLATE, is_empty ? none : &field, 1);
    }
    set_close(self);
    if (is_empty)
        expect(self, "malformed.template_empty", n);
    else /* the one that was too much is counted as received */
        expect(self, "templates", 1 + affordable(self, WORK_SET, WORK_TEMPLATE + WORK_FIELD_COMPILED, n));
    message_close(self);
    case_end(self);
}

static void
full_of_withdrawals(Hostile *self)
{
    case_begin(self, PROTOCOL_IPFIX, "ipfix-full-of-withdrawals");
    message_open(self);
    set_open(self, 2);
    uint32_t n = room_for(self, 4);
    for (uint32_t i = 0; i < n; i++)
        put(self, (uint64_t)(HOSTILE_TEMPLATE + i % 1000) << 16, 4);
    set_close(self);
    expect(self, "malformed.withdrawal", n);
    message_close(self);
    case_end(self);
}

/* Records of one byte, of fixed and of variable length. */
static void
full_of_records(Hostile *self, Protocol protocol, uint16_t length)
{
    const TemplateField field = { 0, 4, length };

    case_begin(self, protocol, "%s-full-of-records-of-%s", protocol_name(protocol),
               length == VARIABLE ? "no-byte" : "one-byte");
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, &field, 1);
    set_open(self, HOSTILE_TEMPLATE);
    uint32_t n = room_for(self, 1);
    put(self, 0, n);
    set_close(self);
    int64_t before = 2 * WORK_SET + WORK_TEMPLATE + WORK_FIELD_COMPILED;
    if (length == VARIABLE) {
        expect_records(self, affordable(self, before, WORK_VARIABLE_RECORD + WORK_FIELD + WORK_STEP, n));
    } else {
        uint32_t read = affordable(self, before, WORK_RECORD + WORK_STEP, n);

        expect_records(self, read);
        expect(self, "givenUp", n - read);
    }
    message_close(self);
    case_end(self);
}

/* Interfaces with their names, and samplers with their rates: each record another one. */
static void
full_of_options(Hostile *self, Protocol protocol)
{
    const TemplateField fields[] = {
        { 0, protocol == PROTOCOL_IPFIX ? 10 : 2, 4 }, { 0, 82, 2 }, { 0, 48, 2 }, { 0, 50, 2 }
    };

    case_begin(self, protocol, "%s-full-of-options", protocol_name(protocol));
    message_open(self);
    options_template_set(self, HOSTILE_TEMPLATE, fields, G_N_ELEMENTS(fields), 1);
    set_open(self, HOSTILE_TEMPLATE);
    uint32_t n = room_for(self, 10);
    for (uint32_t i = 0; i < n; i++) {
        put(self, i, 4);
        put(self, 0x6161, 2);
        put(self, i, 2);
        put(self, 1 + i % 1000, 2);
    }
    set_close(self);
    int64_t before = 2 * WORK_SET + WORK_TEMPLATE + (int64_t)G_N_ELEMENTS(fields) * WORK_FIELD_COMPILED;
    expect_options(
        self, affordable(self, before, WORK_OPTIONS_RECORD + (int64_t)G_N_ELEMENTS(fields) * WORK_FIELD, n));
    message_close(self);
    case_end(self);
}

static void
full_of_samples(Hostile *self, uint32_t format, const char *name, const char *key, bool has_head)
{
    case_begin(self, PROTOCOL_SFLOW, "sflow-full-of-%s", name);
    sflow_open(self, 0);
    uint32_t n = room_for(self, 8);
    patch(self, 24, n, 4);
    for (uint32_t i = 0; i < n; i++) {
        put(self, format, 4);
        put(self, 0, 4);
    }
    if (key != NULL)
        expect(self, key, n);
    if (has_head) /* a number, a source and a count are missing */
        expect(self, "malformed.sample_syntax", n);
    message_close(self);
    case_end(self);
}

static void
full_of_legacy_records(Hostile *self, Protocol protocol)
{
    case_begin(self, protocol, "%s-full-of-records", protocol_name(protocol));
    legacy_open(self, 0);
    uint32_t n = room_for(self, legacy_record(protocol));
    patch(self, 2, n, 2);
    put_fill(self, n * legacy_record(protocol));
    expect_records(self, n);
    message_close(self);
    case_end(self);
}

void
hostile_floods(Hostile *self)
{
    for
        BOTH(protocol)
        {
            many_templates(self, protocol, TEMPLATES_MOST);
            many_templates(self, protocol, TEMPLATES_MOST + 1);
            many_templates(self, protocol, 2500);
            many_fields(self, protocol, FIELDS_MOST);
            many_fields(self, protocol, FIELDS_MOST + 1);
            many_fields(self, protocol, 5000);
            many_domains(self, protocol, DOMAINS_MOST);
            many_domains(self, protocol, DOMAINS_MOST + 1);
            many_domains(self, protocol, 300);
            many_exporters(self, protocol, 500);
            many_held(self, protocol, 8, HELD_SETS_MOST);
            many_held(self, protocol, 8, HELD_SETS_MOST + 1);
            many_held(self, protocol, 0, 5000);
            full_of_empty_sets(self, protocol);
            full_of_templates(self, protocol, true);
            full_of_templates(self, protocol, false);
            full_of_records(self, protocol, 1);
            full_of_options(self, protocol);
        }
    full_of_records(self, PROTOCOL_IPFIX, VARIABLE);
    full_of_withdrawals(self);
    full_of_samples(self, 1, "flow-samples-without-a-byte", NULL, true);
    full_of_samples(self, 2, "counter-samples-without-a-byte", "counterSamples", true);
    full_of_samples(self, 5, "discarded-packets-without-a-byte", "discardSamples", true);
    full_of_samples(self, 0xfffff001, "samples-of-a-vendor", NULL, false);
    for (Protocol protocol = PROTOCOL_NETFLOW1; protocol <= PROTOCOL_NETFLOW7; protocol++)
        full_of_legacy_records(self, protocol);
}
