/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c - what an exporter tells about itself in options data: sampling, names, its boot time
 *
 * Options records are rare (one a minute or so), so this looks at every field of every one of them.
 */
#include "collector/stamp.h"
#include "collector/wire.h"

#include <stddef.h>
#include <string.h>

static uint64_t
number(const uint8_t *at, uint32_t length)
{
    uint64_t value = 0;

    for (uint32_t i = length > 8 ? length - 8 : 0; i < length; i++)
        value = value << 8 | at[i];
    return value;
}

/* What one options record tells, whichever way round its fields stand. */
typedef struct OptionsFacts {
    Selector selector;
    uint64_t sampler, interface, vrf, application, init_ms, not_sent_flows, ignored_packets, active_timeout_s;
    bool has_sampler, has_interface, has_vrf, has_application, has_not_sent, has_ignored;
    char name[EXPORTER_NAME_MOST + 1], description[EXPORTER_NAME_MOST + 1], vrf_name[EXPORTER_NAME_MOST + 1],
        application_name[EXPORTER_NAME_MOST + 1], application_words[EXPORTER_NAME_MOST + 1];
} OptionsFacts;

#define FACT(member) offsetof(OptionsFacts, member)
enum { UNMARKED = 0, DAY_S = 24 * 3600 }; /* @selector is first, so no mark lies there */

/* A number, where it goes, and the mark that says it was there. */
static const struct {
    uint16_t id, to, mark;
} numbers[] = {
    { 34, FACT(selector.interval), UNMARKED },
    { 50, FACT(selector.interval), UNMARKED },
    { 304, FACT(selector.algorithm), UNMARKED },
    { 305, FACT(selector.packet_interval), UNMARKED },
    { 306, FACT(selector.packet_space), FACT(selector.has_packet_space) },
    { 307, FACT(selector.time_interval), UNMARKED },
    { 308, FACT(selector.time_space), UNMARKED },
    { 309, FACT(selector.size), UNMARKED },
    { 310, FACT(selector.population), UNMARKED },
    { 329, FACT(selector.output_least), UNMARKED },
    { 330, FACT(selector.output_most), FACT(selector.has_output) },
    { 331, FACT(selector.selected_least), UNMARKED },
    { 332, FACT(selector.selected_most), FACT(selector.has_selected) },
    { 48, FACT(sampler), FACT(has_sampler) },
    { 302, FACT(sampler), FACT(has_sampler) },
    { 36, FACT(active_timeout_s), UNMARKED },
    { 95, FACT(application), FACT(has_application) },
    { 160, FACT(init_ms), UNMARKED },
    { 164, FACT(ignored_packets), FACT(has_ignored) },
    { 166, FACT(not_sent_flows), FACT(has_not_sent) },
    { 234, FACT(vrf), FACT(has_vrf) },
    { 235, FACT(vrf), FACT(has_vrf) },
};

static const struct {
    uint16_t id, to;
} texts[] = {
    { 82, FACT(name) },
    { 83, FACT(description) },
    { 94, FACT(application_words) },
    { 96, FACT(application_name) },
    { 236, FACT(vrf_name) },
};
#undef FACT

static void
copy_text(char out[EXPORTER_NAME_MOST + 1], const uint8_t *at, uint32_t length)
{
    length = MIN(length, EXPORTER_NAME_MOST);
    memcpy(out, at, length);
    out[length] = '\0';
}

static void
learn_interface(OptionsFacts *facts, uint64_t value, bool is_scope)
{
    if (!facts->has_interface || is_scope)
        facts->interface = value;
    facts->has_interface = true;
}

static void
learn_field(OptionsFacts *facts, const Element *element, bool is_scope, const uint8_t *at, uint16_t length)
{
    uint64_t value = number(at, length);

    if (element->pen == ELEMENT_PEN_V9_SCOPE && element->id == 2)
        learn_interface(facts, value, true);
    if (element->pen != 0)
        return;
    if (element->id == 10 || element->id == 14) /* ingressInterface, egressInterface */
        learn_interface(facts, value, is_scope);
    if (element->id == 311 && length == sizeof facts->selector.probability) /* samplingProbability */
        memcpy(&facts->selector.probability, &value, sizeof value);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (numbers[i].id == element->id) {
            memcpy((uint8_t *)facts + numbers[i].to, &value, sizeof value);
            if (numbers[i].mark != UNMARKED)
                *(bool *)((uint8_t *)facts + numbers[i].mark) = true;
        }
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (texts[i].id == element->id)
            copy_text((char *)facts + texts[i].to, at, length);
}

static bool
has_room(Wire *self, const RateMap *rates, uint64_t key)
{
    if (exporter_has_room(self->exporter, rates, key))
        return true;
    wire_malformed(self, REFUSED_NAME_QUOTA);
    return false;
}

/* Where the rate holds, and that it does from the export on. True when that is news; fills @change. */
static bool
note_rate(Wire *self, Sampling *sampling, const OptionsFacts *facts, uint32_t rate, SamplingChange *change)
{
    int64_t at_ms = self->export_ms;

    *change = (SamplingChange){ .at_ms = at_ms, .rate = rate, .source = SAMPLING_DOMAIN };
    if (facts->has_sampler) {
        change->source = SAMPLING_SAMPLER;
        change->of = facts->sampler;
        return has_room(self, &sampling->samplers, change->of) &&
               rate_map_note(&sampling->samplers, change->of, rate, at_ms, &change->before);
    }
    if (facts->has_interface && facts->interface != 0) {
        change->source = SAMPLING_INTERFACE;
        change->of = facts->interface;
        return has_room(self, &sampling->interfaces, change->of) &&
               rate_map_note(&sampling->interfaces, change->of, rate, at_ms, &change->before);
    }
    change->before = sampling->domain.rate;
    return timed_rate_note(&sampling->domain, rate, at_ms);
}

static void
learn_rate(Wire *self, const OptionsFacts *facts)
{
    SamplingChange change;
    bool is_swapped;
    uint32_t rate = selector_rate(&facts->selector, &is_swapped);

    if (rate == 0)
        return;
    if (is_swapped)
        exporter_note_swapped_rate(self->exporter, self->received_ms);
    note_rate(self, &self->exporter->sampling, facts, rate, &change);
    if (note_rate(self, &self->domain->sampling, facts, rate, &change)) {
        change.domain = self->domain->id;
        sampling_history_add(&self->exporter->sampling_history, &change);
        self->has_changed = true;
    }
}

/* What it has lost itself, before any datagram was sent: RFC 7011 section 4, Exporting Process Reliability
 * Statistics. The counters run from its start. */
static void
learn_own_loss(Exporter *exporter, const OptionsFacts *facts)
{
    if (facts->has_not_sent)
        exporter->not_sent_flows = facts->not_sent_flows;
    if (facts->has_ignored)
        exporter->ignored_packets = facts->ignored_packets;
    if (facts->active_timeout_s != 0 && facts->active_timeout_s <= DAY_S)
        exporter->active_timeout_s = (uint32_t)facts->active_timeout_s;
}

static void
learn_names(Wire *self, const OptionsFacts *facts)
{
    Exporter *exporter = self->exporter;
    bool has_room = true;

    if (facts->has_interface && (facts->name[0] != '\0' || facts->description[0] != '\0'))
        has_room &=
            exporter_name_interface(exporter, (uint32_t)facts->interface, facts->name, facts->description);
    if (facts->has_vrf && facts->vrf_name[0] != '\0')
        has_room &= exporter_name_vrf(exporter, (uint32_t)facts->vrf, facts->vrf_name);
    if (facts->has_application && facts->application_name[0] != '\0')
        has_room &= exporter_name_application(exporter, facts->application, facts->application_name,
                                              facts->application_words);
    if (!has_room)
        wire_malformed(self, REFUSED_NAME_QUOTA);
}

void
options_learn(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths)
{
    OptionsFacts facts = { 0 };

    for (uint32_t i = 0; i < tmpl->n_fields; i++)
        if (lengths[i] > 0)
            learn_field(&facts, tmpl->fields[i].element, i < tmpl->n_scope, at[i], lengths[i]);
    learn_rate(self, &facts);
    learn_own_loss(self->exporter, &facts);
    learn_names(self, &facts);
    if (facts.init_ms != 0 && facts.init_ms < STAMP_LATEST_MS) {
        self->has_changed |= self->domain->init_ms != (int64_t)facts.init_ms;
        self->domain->init_ms = self->domain->boot_ms = (int64_t)facts.init_ms;
    }
}
