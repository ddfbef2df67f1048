/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c - what an exporter tells about itself in options data: sampling, names, its boot time
 *
 * Options records are rare (one a minute or so), so this looks at every field of every one of them.
 */
#include "collector/wire.h"

#include <string.h>

#define LATEST_MS INT64_C(253402300799999) /* 9999-12-31 */

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
    PlanExtra rate;
    bool has_sampler, has_interface, has_vrf;
    uint32_t interface, vrf;
    char name[EXPORTER_NAME_MOST + 1], description[EXPORTER_NAME_MOST + 1], vrf_name[EXPORTER_NAME_MOST + 1];
} OptionsFacts;

static void
copy_name(char out[EXPORTER_NAME_MOST + 1], const uint8_t *at, uint32_t length)
{
    length = MIN(length, EXPORTER_NAME_MOST);
    memcpy(out, at, length);
    out[length] = '\0';
}

static void
learn_field(OptionsFacts *facts, const Element *element, bool is_scope, const uint8_t *at, uint16_t length)
{
    uint64_t value = number(at, length);

    if (element->pen == ELEMENT_PEN_V9_SCOPE && element->id == 2) {
        facts->has_interface = true;
        facts->interface = (uint32_t)value;
    }
    if (element->pen != 0)
        return;
    switch (element->id) {
    case 10: /* ingressInterface */
    case 14:
        if (!facts->has_interface || is_scope)
            facts->interface = (uint32_t)value;
        facts->has_interface = true;
        break;
    case 34:
    case 50:
        facts->rate.interval = value;
        break;
    case 48:
    case 302:
        facts->has_sampler = true;
        facts->rate.sampler = value;
        break;
    case 305:
        facts->rate.packet_interval = value;
        break;
    case 306:
        facts->rate.packet_space = value;
        break;
    case 309:
        facts->rate.size = value;
        break;
    case 310:
        facts->rate.population = value;
        break;
    case 311: /* samplingProbability, a double */
        if (length == 8) {
            double probability;

            memcpy(&probability, &value, sizeof probability);
            if (probability > 1e-9 && probability <= 1)
                facts->rate.interval = (uint64_t)(1 / probability + 0.5);
        }
        break;
    case 82:
        copy_name(facts->name, at, length);
        break;
    case 83:
        copy_name(facts->description, at, length);
        break;
    case 160:
        facts->rate.init_ms = value;
        break;
    case 234:
    case 235:
        facts->has_vrf = true;
        facts->vrf = (uint32_t)value;
        break;
    case 236:
        copy_name(facts->vrf_name, at, length);
        break;
    default:
        break;
    }
}

static void
learn_rate(Wire *self, const OptionsFacts *facts, Sampling *sampling)
{
    uint32_t rate = plan_extra_rate(&facts->rate);

    if (rate == 0)
        return;
    self->exporter->swaps_rate |= plan_is_swapped_rate(&facts->rate);
    if (facts->has_sampler) {
        self->has_changed |= rate_map_find(&sampling->samplers, facts->rate.sampler) != rate;
        rate_map_put(&sampling->samplers, facts->rate.sampler, rate);
    } else if (facts->has_interface && facts->interface != 0) {
        self->has_changed |= rate_map_find(&sampling->interfaces, facts->interface) != rate;
        rate_map_put(&sampling->interfaces, facts->interface, rate);
    } else {
        self->has_changed |= sampling->domain != rate;
        sampling->domain = rate;
    }
}

void
options_learn(Wire *self, const Template *tmpl, const uint8_t *const *at, const uint16_t *lengths)
{
    OptionsFacts facts = { 0 };

    for (uint32_t i = 0; i < tmpl->n_fields; i++)
        if (lengths[i] > 0)
            learn_field(&facts, tmpl->fields[i].element, i < tmpl->n_scope, at[i], lengths[i]);
    learn_rate(self, &facts, &self->domain->sampling);
    learn_rate(self, &facts, &self->exporter->sampling);
    if (facts.has_interface && (facts.name[0] != '\0' || facts.description[0] != '\0'))
        exporter_name_interface(self->exporter, facts.interface, facts.name, facts.description);
    if (facts.has_vrf && facts.vrf_name[0] != '\0')
        exporter_name_vrf(self->exporter, facts.vrf, facts.vrf_name);
    if (facts.rate.init_ms != 0 && facts.rate.init_ms < LATEST_MS) {
        self->has_changed |= self->domain->init_ms != (int64_t)facts.rate.init_ms;
        self->domain->init_ms = self->domain->boot_ms = (int64_t)facts.rate.init_ms;
    }
}
