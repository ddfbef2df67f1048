/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-templates.c - templates that change while they are in use, that share an id, or are taken back
 *
 * The newest definition of an id holds for what comes behind it, within a message too (RFC 3954 section 9,
 * RFC 7011 section 8); exporters, observation domains and protocols each have ids of their own.
 */
#include "tests/support/hostile-private.h"

static const TemplateField octets[] = { { 0, 1, 4 } };
static const TemplateField option_fields[] = { { 0, 1, 4 }, { 0, 36, 2 } };

/* A data set of @n records; of each size there is one template below. */
static void
records_of(Hostile *self, uint16_t id, size_t size, uint32_t n)
{
    fill_set(self, id, size * n);
    expect_records(self, n);
}

/* A template whose records have @size bytes: octets, and padding behind. */
static void
template_of(Hostile *self, uint16_t id, uint16_t size)
{
    const TemplateField fields[] = { { 0, 1, MIN(size, (uint16_t)4) }, { 0, 210, (uint16_t)(size - 4) } };

    template_set(self, id, fields, size > 4 ? 2 : 1);
}

/* ---- replaced ---- */

/* As many records of each size as fit into the same set of 60 bytes. */
static void
replaced_within(Hostile *self, Protocol protocol, uint16_t before, uint16_t after, bool back)
{
    case_begin(self, protocol, "%s-%u-by-%u-bytes%s", protocol_name(protocol), before, after,
               back ? "-and-back" : "");
    message_open(self);
    template_of(self, HOSTILE_TEMPLATE, before);
    records_of(self, HOSTILE_TEMPLATE, before, 60u / before);
    template_of(self, HOSTILE_TEMPLATE, after);
    records_of(self, HOSTILE_TEMPLATE, after, 60u / after);
    if (back) {
        template_of(self, HOSTILE_TEMPLATE, before);
        records_of(self, HOSTILE_TEMPLATE, before, 60u / before);
    }
    message_close(self);
    case_end(self);
}

/* Defined twice in one set: the last one holds. */
static void
replaced_in_one_set(Hostile *self, Protocol protocol, uint32_t times)
{
    case_begin(self, protocol, "%s-defined-%u-times-in-one-set", protocol_name(protocol), times);
    message_open(self);
    set_open(self, templates_id(self));
    for (uint32_t i = 0; i < times; i++) {
        const TemplateField fields[] = { { 0, 1, 4 }, { 0, 210, (uint16_t)(i + 1) } };

        put_template(self, HOSTILE_TEMPLATE, fields, 2);
    }
    set_close(self);
    expect(self, "templates", times);
    records_of(self, HOSTILE_TEMPLATE, 4 + times, 3);
    message_close(self);
    case_end(self);
}

/* Between two messages; and the set that came before any of them waits for the first. */
static void
replaced_between(Hostile *self, Protocol protocol, uint32_t n_held)
{
    case_begin(self, protocol, "%s-%u-sets-before-their-template", protocol_name(protocol), n_held);
    message_open(self);
    for (uint32_t i = 0; i < n_held; i++)
        fill_set(self, HOSTILE_TEMPLATE, 12);
    expect(self, "missingTemplateSets", n_held);
    expect(self, "heldSets", n_held);
    message_close(self);
    message_open(self);
    template_of(self, HOSTILE_TEMPLATE, 4); /* three records in twelve bytes */
    expect(self, "lateRecords", n_held * 3);
    template_of(self, HOSTILE_TEMPLATE, 6); /* two */
    records_of(self, HOSTILE_TEMPLATE, 6, 2);
    message_close(self);
    message_open(self);
    template_of(self, HOSTILE_TEMPLATE, 12);
    records_of(self, HOSTILE_TEMPLATE, 12, 1);
    message_close(self);
    case_end(self);
}

void
hostile_replaced(Hostile *self)
{
    static const uint16_t sizes[] = { 1, 2, 3, 4, 5, 12, 20, 60 };

    for
        BOTH(protocol)
        {
            for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
                for (size_t j = 0; j < G_N_ELEMENTS(sizes); j++)
                    if (i != j)
                        replaced_within(self, protocol, sizes[i], sizes[j], (i + j) % 2 == 1);
            for (uint32_t times = 2; times <= 8; times++)
                replaced_in_one_set(self, protocol, times);
            for (uint32_t n_held = 0; n_held <= 4; n_held++)
                replaced_between(self, protocol, n_held);
        }
}

/* ---- one-id: data and options templates share their ids (RFC 7011 section 3.4.3) ---- */

typedef enum Step { END, DATA_TEMPLATE, OPTIONS_TEMPLATE, DATA_SET, NEW_MESSAGE } Step;

static const Step step_lists[][8] = {
    { DATA_TEMPLATE, OPTIONS_TEMPLATE, DATA_SET },
    { OPTIONS_TEMPLATE, DATA_TEMPLATE, DATA_SET },
    { DATA_TEMPLATE, DATA_SET, OPTIONS_TEMPLATE, DATA_SET },
    { OPTIONS_TEMPLATE, DATA_SET, DATA_TEMPLATE, DATA_SET },
    { DATA_TEMPLATE, NEW_MESSAGE, OPTIONS_TEMPLATE, NEW_MESSAGE, DATA_SET },
    { OPTIONS_TEMPLATE, NEW_MESSAGE, DATA_TEMPLATE, NEW_MESSAGE, DATA_SET },
    { DATA_TEMPLATE, DATA_SET, NEW_MESSAGE, OPTIONS_TEMPLATE, DATA_SET, NEW_MESSAGE, DATA_SET },
    { OPTIONS_TEMPLATE, DATA_SET, NEW_MESSAGE, DATA_TEMPLATE, DATA_SET, NEW_MESSAGE, DATA_SET },
    { DATA_TEMPLATE, OPTIONS_TEMPLATE, DATA_TEMPLATE, OPTIONS_TEMPLATE, DATA_SET },
    { OPTIONS_TEMPLATE, DATA_TEMPLATE, OPTIONS_TEMPLATE, DATA_TEMPLATE, DATA_SET },
};

/* The data set has six records of four bytes, or four of six. */
static void
one_id_step(Hostile *self, Step step, bool *is_options)
{
    switch (step) {
    case DATA_TEMPLATE:
        template_set(self, HOSTILE_TEMPLATE, octets, 1);
        *is_options = false;
        break;
    case OPTIONS_TEMPLATE:
        options_template_set(self, HOSTILE_TEMPLATE, option_fields, 2, 1);
        *is_options = true;
        break;
    case DATA_SET:
        fill_set(self, HOSTILE_TEMPLATE, 24);
        if (*is_options)
            expect_options(self, 4);
        else
            expect_records(self, 6);
        break;
    default:
        message_close(self);
        message_open(self);
        break;
    }
}

void
hostile_one_id(Hostile *self)
{
    for
        BOTH(protocol)
    for (size_t i = 0; i < G_N_ELEMENTS(step_lists); i++) {
        bool is_options = false;

        case_begin(self, protocol, "%s-as-data-and-as-options-%zu", protocol_name(protocol), i + 1);
        message_open(self);
        for (const Step *step = step_lists[i]; *step != END; step++)
            one_id_step(self, *step, &is_options);
        message_close(self);
        case_end(self);
    }
}

/* ---- two-exporters ---- */

/* Each sends its own template of one id, then all send data in turn. @what tells them apart. */
typedef enum Apart { BY_ADDRESS, BY_DOMAIN, BY_PROTOCOL } Apart;

static void
step_aside(Hostile *self, Apart apart, uint32_t which)
{
    self->source = 0xc0000201 + (apart == BY_ADDRESS ? which : 0);
    self->domain = 1 + (apart == BY_DOMAIN ? which : 0);
    if (apart == BY_PROTOCOL)
        self->protocol = which % 2 == 0 ? PROTOCOL_NETFLOW9 : PROTOCOL_IPFIX;
}

static void
several(Hostile *self, Protocol protocol, Apart apart, uint32_t n)
{
    static const char *const names[] = { "exporters", "domains", "protocols" };
    uint32_t sequences[8] = { 0 };

    case_begin(self, protocol, "%s-%u-%s-with-one-id", protocol_name(protocol), n, names[apart]);
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < n; i++) {
            step_aside(self, apart, i);
            self->sequence = sequences[i];
            message_open(self);
            if (round == 0)
                template_of(self, HOSTILE_TEMPLATE, (uint16_t)(1 + i));
            else
                records_of(self, HOSTILE_TEMPLATE, 1 + i, 840 / (1 + i));
            message_close(self);
            sequences[i] = self->sequence;
        }
    if (apart == BY_ADDRESS)
        expect(self, "exporters", n);
    case_end(self);
}

/* The data of one that has no template yet must not be read with another's. */
static void
not_of_another(Hostile *self, Protocol protocol, Apart apart)
{
    static const char *const names[] = { "exporter", "domain", "protocol" };

    case_begin(self, protocol, "%s-template-of-another-%s", protocol_name(protocol), names[apart]);
    step_aside(self, apart, 0);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, octets, 1);
    message_close(self);
    step_aside(self, apart, 1);
    message_open(self);
    fill_set(self, HOSTILE_TEMPLATE, 8);
    expect(self, "missingTemplateSets", 1);
    expect(self, "heldSets", 1);
    message_close(self);
    if (apart == BY_ADDRESS)
        expect(self, "exporters", 2);
    case_end(self);
}

/* Two boxes behind one address and in one domain; each message has the template that it needs, so whoever
 * keeps the newest definition reads all of it right. */
static void
two_ports(Hostile *self, Protocol protocol, uint32_t n_turns)
{
    case_begin(self, protocol, "%s-%u-turns-of-two-ports", protocol_name(protocol), n_turns);
    for (uint32_t i = 0; i < n_turns; i++) {
        uint16_t size = i % 2 == 0 ? 4 : 6;

        self->port = (uint16_t)(50000 + i % 2);
        message_open(self);
        template_of(self, HOSTILE_TEMPLATE, size);
        records_of(self, HOSTILE_TEMPLATE, size, 24u / size);
        message_close(self);
    }
    case_end(self);
}

void
hostile_two_exporters(Hostile *self)
{
    for
        BOTH(protocol)
        {
            for (uint32_t n = 2; n <= 8; n++) {
                several(self, protocol, BY_ADDRESS, n);
                several(self, protocol, BY_DOMAIN, n);
            }
            not_of_another(self, protocol, BY_ADDRESS);
            not_of_another(self, protocol, BY_DOMAIN);
            for (uint32_t n_turns = 2; n_turns <= 4; n_turns++)
                two_ports(self, protocol, n_turns);
        }
    several(self, PROTOCOL_NETFLOW9, BY_PROTOCOL, 2);
    not_of_another(self, PROTOCOL_NETFLOW9, BY_PROTOCOL);
}

/* ---- withdrawals: over UDP they must not be sent and are ignored (RFC 7011 section 8.4) ---- */

static void
withdraw(Hostile *self, uint16_t set, uint16_t id, uint32_t times, bool is_good)
{
    case_begin(self, PROTOCOL_IPFIX, "ipfix-set-%u-withdraws-%u-times-%u", set, id, times);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, octets, 1);
    options_template_set(self, HOSTILE_TEMPLATE + 1, option_fields, 2, 1);
    set_open(self, set);
    for (uint32_t i = 0; i < times; i++) {
        put(self, id, 2);
        put(self, 0, 2);
    }
    set_close(self);
    if (is_good)
        expect(self, "malformed.withdrawal", times);
    else
        expect(self, "malformed.template_syntax", 1); /* and what lies behind it cannot be told apart */
    records_of(self, HOSTILE_TEMPLATE, 4, 3);
    fill_set(self, HOSTILE_TEMPLATE + 1, 12);
    expect_options(self, 2);
    message_close(self);
    case_end(self);
}

void
hostile_withdrawals(Hostile *self)
{
    static const uint16_t ids[] = { 256, 257, 258, 1000, 65535 };
    static const uint16_t reserved[] = { 1, 4, 16, 255 };

    for (uint16_t set = 2; set <= 3; set++)
        for (uint32_t times = 1; times <= 3; times++) {
            for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
                withdraw(self, set, ids[i], times, true);
            for (size_t i = 0; i < G_N_ELEMENTS(reserved); i++)
                withdraw(self, set, reserved[i], times, false);
            withdraw(self, set, 2, times, true); /* all templates, and all options templates: section 8.1 */
            withdraw(self, set, 3, times, true);
        }
}
