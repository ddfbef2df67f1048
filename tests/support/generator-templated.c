/* SPDX-License-Identifier: GPL-3.0-or-later */
/* generator-templated.c - NetFlow v9 and IPFIX: templates, options data and records of any shape */
#include "tests/support/generator-private.h"

#include <stdlib.h>
#include <string.h>

typedef enum Meaning {
    MEANS_NUMBER,
    MEANS_ADDRESS4,
    MEANS_ADDRESS6,
    MEANS_UPTIME, /* milliseconds since the device started */
    MEANS_SECONDS,
    MEANS_MILLISECONDS,
    MEANS_NTP,       /* 32 bits of seconds since 1900, 32 of fraction */
    MEANS_INIT_TIME, /* when the device started, in milliseconds */
    MEANS_ICMP,      /* type and code in two bytes */
    MEANS_VERSION,   /* 4 or 6 */
} Meaning;

typedef struct Meant {
    uint32_t pen;
    uint16_t id;
    Meaning kind;
    const char *member;
} Meant;

/* Information elements that a FlowRecord has room for. All others get random bytes, and only their bytes are
 * compared. */
static const Meant meant[] = {
    { 0, 1, MEANS_NUMBER, "octets" },
    { 0, 2, MEANS_NUMBER, "packets" },
    { 0, 4, MEANS_NUMBER, "protocol" },
    { 0, 5, MEANS_NUMBER, "tos" },
    { 0, 6, MEANS_NUMBER, "tcp_flags" },
    { 0, 7, MEANS_NUMBER, "src_port" },
    { 0, 8, MEANS_ADDRESS4, "src" },
    { 0, 9, MEANS_NUMBER, "src_mask" },
    { 0, 10, MEANS_NUMBER, "in_if" },
    { 0, 11, MEANS_NUMBER, "dst_port" },
    { 0, 12, MEANS_ADDRESS4, "dst" },
    { 0, 13, MEANS_NUMBER, "dst_mask" },
    { 0, 14, MEANS_NUMBER, "out_if" },
    { 0, 15, MEANS_ADDRESS4, "next_hop" },
    { 0, 16, MEANS_NUMBER, "src_as" },
    { 0, 17, MEANS_NUMBER, "dst_as" },
    { 0, 18, MEANS_ADDRESS4, "bgp_next_hop" },
    { 0, 21, MEANS_UPTIME, "end_ms" },
    { 0, 22, MEANS_UPTIME, "start_ms" },
    { 0, 27, MEANS_ADDRESS6, "src" },
    { 0, 28, MEANS_ADDRESS6, "dst" },
    { 0, 29, MEANS_NUMBER, "src_mask" },
    { 0, 30, MEANS_NUMBER, "dst_mask" },
    { 0, 32, MEANS_ICMP, NULL },
    { 0, 34, MEANS_NUMBER, "sampling" },
    { 0, 58, MEANS_NUMBER, "vlan" },
    { 0, 60, MEANS_VERSION, NULL },
    { 0, 61, MEANS_NUMBER, "direction" },
    { 0, 62, MEANS_ADDRESS6, "next_hop" },
    { 0, 63, MEANS_ADDRESS6, "bgp_next_hop" },
    { 0, 95, MEANS_NUMBER, "application_id" },
    { 0, 136, MEANS_NUMBER, "end_reason" },
    { 0, 150, MEANS_SECONDS, "start_ms" },
    { 0, 151, MEANS_SECONDS, "end_ms" },
    { 0, 152, MEANS_MILLISECONDS, "start_ms" },
    { 0, 153, MEANS_MILLISECONDS, "end_ms" },
    { 0, 154, MEANS_NTP, "start_ms" },
    { 0, 155, MEANS_NTP, "end_ms" },
    { 0, 156, MEANS_NTP, "start_ms" },
    { 0, 157, MEANS_NTP, "end_ms" },
    { 0, 160, MEANS_INIT_TIME, NULL },
    { 0, 231, MEANS_NUMBER, "octets" },
    { 0, 232, MEANS_NUMBER, "reverse_octets" },
    { 0, 233, MEANS_NUMBER, "event" },
    { 0, 234, MEANS_NUMBER, "in_vrf" },
    { 0, 235, MEANS_NUMBER, "out_vrf" },
    { 0, 298, MEANS_NUMBER, "packets" },
    { 0, 299, MEANS_NUMBER, "reverse_packets" },
    { 29305, 1, MEANS_NUMBER, "reverse_octets" },
    { 29305, 2, MEANS_NUMBER, "reverse_packets" },
};

typedef struct Maker {
    const Shape *shape;
    TemplateShape *templates; /* of the shape, owned */
    GeneratedSession *session;
    uint64_t random;
    uint32_t sequence; /* v9: datagrams; IPFIX: data records */
    uint32_t fresh;    /* data records in the datagram in work */
    int64_t export_ms;
    GByteArray *out; /* the datagram in work */
    guint set_at;    /* where the set in work begins; 0: none */
} Maker;

static TemplateField
read_field(const char *word)
{
    TemplateField field = { 0 };
    const char *dot = strchr(word, '.'), *slash = strchr(word, '/');

    if (dot != NULL)
        field.pen = (uint32_t)strtoul(word, NULL, 10);
    field.id = (uint16_t)strtoul(dot != NULL ? dot + 1 : word, NULL, 10);
    g_assert_nonnull(slash);
    field.length = slash[1] == 'v' ? VARIABLE : (uint16_t)strtoul(slash + 1, NULL, 10);
    return field;
}

static TemplateShape
read_template(const TemplateSpec *spec)
{
    TemplateShape template = { .id = spec->id, .n_scope = spec->n_scope };
    g_auto(GStrv) words = g_strsplit(spec->fields, " ", -1);

    g_assert_cmpuint(g_strv_length(words), <=, MOST_TEMPLATE_FIELDS);
    for (; words[template.n_fields] != NULL; template.n_fields++)
        template.fields[template.n_fields] = read_field(words[template.n_fields]);
    return template;
}

static TemplateShape *
read_templates(const Shape *shape)
{
    TemplateShape *templates = g_new(TemplateShape, shape->n_templates);

    for (uint8_t i = 0; i < shape->n_templates; i++)
        templates[i] = read_template(&shape->templates[i]);
    return templates;
}

static const Meant *
find_meant(uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(meant); i++)
        if (meant[i].pen == pen && meant[i].id == id)
            return &meant[i];
    return NULL;
}

static int
family_of(const TemplateShape *template)
{
    for (uint8_t i = 0; i < template->n_fields; i++)
        if (template->fields[i].id == 27 && template->fields[i].pen == 0)
            return 6;
    return 4;
}

static bool
has(const TemplateShape *template, uint16_t id)
{
    for (uint8_t i = 0; i < template->n_fields; i++)
        if (template->fields[i].id == id && template->fields[i].pen == 0)
            return true;
    return false;
}

/* ---- values ---- */

/* Makes the flow fit the template: what a short field cannot carry is not there to begin with. */
static void
fit(const TemplateShape *template, FlowRecord *flow)
{
    for (uint8_t i = 0; i < template->n_fields; i++) {
        const TemplateField *field = &template->fields[i];
        const Meant *what = find_meant(field->pen, field->id);
        if (what == NULL || what->member == NULL)
            continue;
        uint16_t size;
        uint8_t *at = member_of(flow, what->member, &size);
        uint64_t value = member_number(flow, what->member);
        if (what->kind == MEANS_SECONDS)
            value -= value % 1000;
        else if (what->kind == MEANS_NUMBER && field->length < 8)
            value &= ((uint64_t)1 << (8 * field->length)) - 1;
        else
            continue;
        memcpy(at, &value, size);
    }
}

static void
put_meant(Maker *self, const Meant *what, FlowRecord *flow, uint16_t length)
{
    const int64_t boot_ms = (int64_t)GENERATOR_EXPORT_S * 1000 - GENERATOR_UPTIME_MS;
    uint16_t size = 0;
    const uint8_t *at = what->member != NULL ? member_of(flow, what->member, &size) : NULL;
    uint64_t value = what->member != NULL ? member_number(flow, what->member) : 0;

    switch (what->kind) {
    case MEANS_NUMBER:
        put_number(self->out, value, length);
        break;
    case MEANS_ADDRESS4:
        g_byte_array_append(self->out, at + 12, 4);
        break;
    case MEANS_ADDRESS6:
        g_byte_array_append(self->out, at, 16);
        break;
    case MEANS_UPTIME:
        put_number(self->out, value - (uint64_t)boot_ms, length);
        break;
    case MEANS_SECONDS:
        put_number(self->out, value / 1000, length);
        break;
    case MEANS_MILLISECONDS:
        put_number(self->out, value, length);
        break;
    case MEANS_NTP: /* rounded up, so that cutting the fraction gives the same millisecond back */
        put_number(self->out, value / 1000 + 2208988800u, 4);
        put_number(self->out, ((value % 1000 << 32) + 999) / 1000, 4);
        break;
    case MEANS_INIT_TIME:
        put_number(self->out, (uint64_t)boot_ms, length);
        break;
    case MEANS_ICMP:
        put_number(self->out, (uint64_t)flow->icmp_type << 8 | flow->icmp_code, length);
        break;
    case MEANS_VERSION:
        put_number(self->out, flow->family, length);
        break;
    }
}

/* Random bytes; of variable length a little over 254 now and then, so that both ways of telling it occur. */
static void
put_random(Maker *self, uint16_t length)
{
    if (length == VARIABLE) {
        uint64_t draw = generator_random(&self->random);
        length = (uint16_t)(draw % 16 == 0 ? 255 + draw % 40 : draw % 24);
        if (length < 255)
            put_number(self->out, length, 1);
        else {
            put_number(self->out, 255, 1);
            put_number(self->out, length, 2);
        }
    }
    for (uint16_t i = 0; i < length; i++)
        put_number(self->out, 0x61 + generator_random(&self->random) % 26, 1);
}

/* ---- records ---- */

static void
note_members(const Maker *self, const TemplateShape *template, GeneratedRecord *record)
{
    for (uint8_t i = 0; i < template->n_fields; i++) {
        const Meant *what = find_meant(template->fields[i].pen, template->fields[i].id);
        if (what != NULL && what->member != NULL)
            record->members |= member_bit(what->member);
        else if (what != NULL && what->kind == MEANS_ICMP &&
                 (record->flow.protocol == 1 || record->flow.protocol == 58))
            record->members |= member_bit("icmp_type") | member_bit("icmp_code");
    }
    record->members |= member_bit("kind") | member_bit("event");
    record->members |=
        member_bit("domain") | member_bit("family") | member_bit("export_ms") | member_bit("direction");
    record->flow.domain = self->shape->domain;
    if (!has(template, 34) && self->shape->sampling != 0) {
        record->flow.sampling = self->shape->sampling;
        record->flow.sampling_source = (uint8_t)self->shape->sampling_source;
        record->members |= member_bit("sampling") | member_bit("sampling_source");
    }
    if (has(template, 232) || (record->members & member_bit("reverse_octets")) != 0) {
        record->flow.has_reverse = 1;
        record->members |= member_bit("has_reverse");
    }
}

static FlowRecord
draw_flow(Maker *self, const TemplateShape *template)
{
    FlowRecord flow = random_flow(&self->random, family_of(template), self->export_ms);

    if (has(template, 61))
        flow.direction = (uint8_t)(generator_random(&self->random) & 1);
    if (has(template, 34))
        flow.sampling = 100u << generator_random(&self->random) % 4;
    if (has(template, 233))
        flow.event = (uint8_t)(1 + generator_random(&self->random) % 5);
    if (flow.event != 0 && generator_random(&self->random) % 2 == 0) { /* nothing but an event */
        flow.octets = flow.packets = flow.reverse_octets = flow.reverse_packets = 0;
        flow.kind = FLOW_KIND_EVENT;
    }
    if (flow.event == 5 && has(template, 231) && !has(template, 148)) /* the end will tell it again */
        flow.kind = FLOW_KIND_EVENT;
    fit(template, &flow);
    return flow;
}

static void
put_record(Maker *self, const TemplateShape *template)
{
    GeneratedRecord *record = session_add_record(self->session, template->id, template->n_scope > 0);
    bool is_flow = template->n_scope == 0;

    record->flow = is_flow ? draw_flow(self, template) : (FlowRecord){ 0 };
    record->n_scope = template->n_scope;
    if (is_flow)
        note_members(self, template, record);
    for (uint8_t i = 0; i < template->n_fields; i++) {
        const TemplateField *field = &template->fields[i];
        const Meant *what = is_flow ? find_meant(field->pen, field->id) : NULL;
        guint at = self->out->len;
        if (what != NULL)
            put_meant(self, what, &record->flow, field->length);
        else if (!is_flow && (field->id == 34 || field->id == 50 || field->id == 305))
            put_number(self->out, field->id == 305 ? 1 : self->shape->sampling, field->length);
        else if (!is_flow && field->id == 306)
            put_number(self->out, self->shape->sampling - 1, field->length);
        else if (field->id == 48) /* one sampler, number 1: options data and records name the same */
            put_number(self->out, 1, field->length);
        else if (!is_flow && i < template->n_scope)
            put_number(self->out, self->shape->domain, field->length);
        else if (field->id == 210 || field->id == 0)
            put_zeros(self->out, field->length);
        else
            put_random(self, field->length);
        size_t head = field->length != VARIABLE ? 0 : self->out->data[at] == 255 ? 3 : 1;
        session_add_field(self->session, record, field->pen, field->id, self->out->data + at + head,
                          self->out->len - at - head);
    }
    if (record->flow.kind == FLOW_KIND_FLOW)
        record->flow.event = 0; /* traffic with a firewall's verdict beside it is traffic */
    self->fresh++;
}

/* ---- sets and datagrams ---- */

static bool
is_v9(const Maker *self)
{
    return self->shape->protocol == PROTOCOL_NETFLOW9;
}

static void
begin_datagram(Maker *self)
{
    self->out = g_byte_array_new();
    self->fresh = 0;
    put_number(self->out, is_v9(self) ? 9 : 10, 2);
    put_zeros(self->out, 2); /* count or length: filled in at the end */
    if (is_v9(self))
        put_number(self->out,
                   (uint64_t)(GENERATOR_UPTIME_MS + self->export_ms - (int64_t)GENERATOR_EXPORT_S * 1000), 4);
    put_number(self->out, (uint64_t)(self->export_ms / 1000), 4);
    put_number(self->out, self->sequence, 4);
    put_number(self->out, self->shape->domain, 4);
}

static void
begin_set(Maker *self, uint16_t id)
{
    self->set_at = self->out->len;
    put_number(self->out, id, 2);
    put_zeros(self->out, 2);
}

static void
patch(GByteArray *out, guint at, guint value)
{
    out->data[at] = (uint8_t)(value >> 8);
    out->data[at + 1] = (uint8_t)value;
}

/* v9 pads to four bytes; in IPFIX it is optional, and left away here where a record is shorter than that. */
static void
end_set(Maker *self, size_t shortest_record)
{
    if (self->set_at == 0)
        return;
    if (is_v9(self) || shortest_record > 3)
        put_zeros(self->out, (4 - self->out->len % 4) % 4);
    patch(self->out, self->set_at + 2, self->out->len - self->set_at);
    self->set_at = 0;
}

static void
end_datagram(Maker *self, guint v9_count)
{
    patch(self->out, 2, is_v9(self) ? v9_count : self->out->len);
    session_add_datagram(self->session, g_steal_pointer(&self->out));
    self->sequence += is_v9(self) ? 1 : self->fresh;
    self->export_ms += 1000;
}

static void
put_template(Maker *self, const TemplateShape *template)
{
    uint16_t data_fields = (uint16_t)(template->n_fields - template->n_scope);

    begin_set(self,
              (uint16_t)(is_v9(self) ? (template->n_scope > 0 ? 1 : 0) : (template->n_scope > 0 ? 3 : 2)));
    put_number(self->out, template->id, 2);
    if (template->n_scope > 0 && is_v9(self)) { /* lengths in bytes */
        put_number(self->out, template->n_scope * 4u, 2);
        put_number(self->out, data_fields * 4u, 2);
    } else {
        put_number(self->out, template->n_fields, 2);
        if (template->n_scope > 0)
            put_number(self->out, template->n_scope, 2);
    }
    for (uint8_t i = 0; i < template->n_fields; i++) {
        const TemplateField *field = &template->fields[i];
        put_number(self->out, field->id | (field->pen != 0 ? 0x8000u : 0), 2);
        put_number(self->out, field->length, 2);
        if (field->pen != 0)
            put_number(self->out, field->pen, 4);
    }
    end_set(self, 4);
    if (template->n_scope > 0)
        self->session->n_options_templates++;
    else
        self->session->n_templates++;
}

/* All templates, then one record of each kind of options data. */
static void
announce(Maker *self)
{
    guint count = 0;

    begin_datagram(self);
    for (uint8_t i = 0; i < self->shape->n_templates; i++, count++)
        put_template(self, &self->templates[i]);
    for (uint8_t i = 0; i < self->shape->n_templates; i++) {
        if (self->templates[i].n_scope == 0)
            continue;
        begin_set(self, self->templates[i].id);
        put_record(self, &self->templates[i]);
        end_set(self, 4);
        count++;
    }
    end_datagram(self, count);
}

/* Room that a record, and a set's beginning before it, may need. */
static guint
most_needed(const Maker *self)
{
    guint most = 0;

    for (uint8_t i = 0; i < self->shape->n_templates; i++) {
        const TemplateShape *template = &self->templates[i];
        guint length = 8;
        for (uint8_t j = 0; j < template->n_fields; j++)
            length += template->fields[j].length == VARIABLE ? 300 : template->fields[j].length;
        most = MAX(most, length);
    }
    return MIN(most, GENERATOR_PAYLOAD - 100u);
}

GeneratedSession *
make_templated(const Shape *shape, uint64_t seed, uint32_t records)
{
    Maker self = { .shape = shape,
                   .templates = read_templates(shape),
                   .session = session_new(shape, shape->protocol == PROTOCOL_IPFIX ? 4739 : 2055),
                   .random = seed,
                   .export_ms = (int64_t)GENERATOR_EXPORT_S * 1000 };
    const TemplateShape *in_set = NULL;
    guint needed = most_needed(&self);
    uint32_t done = 0;

    announce(&self);
    while (done < records) {
        begin_datagram(&self);
        while (done < records && self.out->len + needed <= GENERATOR_PAYLOAD) {
            /* Mostly the same template again, so that sets hold several records. */
            uint64_t draw = generator_random(&self.random);
            const TemplateShape *next = &self.templates[draw / 8 % shape->n_templates];
            if (in_set == NULL || (draw % 8 == 0 && next->n_scope == 0)) {
                while (next->n_scope > 0)
                    next++;
                end_set(&self, 4);
                begin_set(&self, next->id);
                in_set = next;
            }
            put_record(&self, in_set);
            done++;
        }
        end_set(&self, 4);
        in_set = NULL;
        end_datagram(&self, self.fresh);
    }
    g_free(self.templates);
    return self.session;
}
