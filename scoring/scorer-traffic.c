/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scorer-traffic.c - what each exporter and each of its interfaces carried in the open windows
 *
 * Every record comes by here, that of no asset too. Bounded: interfaces beyond MOST_INTERFACES are counted
 * and have no series.
 */
#include "scoring/scorer-internal.h"

#include <string.h>

static ExporterUse *
use_of(Scorer *self, uint32_t exporter)
{
    if (exporter >= MOST_EXPORTERS)
        return NULL;
    if (exporter >= self->n_exporters) {
        self->exporters = g_realloc_n(self->exporters, exporter + 1, sizeof *self->exporters);
        memset(self->exporters + self->n_exporters, 0,
               (exporter + 1 - self->n_exporters) * sizeof *self->exporters);
        self->n_exporters = exporter + 1;
    }
    return &self->exporters[exporter];
}

static Interface *
find_interface(Scorer *self, uint32_t exporter, uint32_t if_index)
{
    uint32_t words[2] = { exporter, if_index }, slot;
    uint64_t key = keyed_hash(words, sizeof words, self->conf.hash_seed);

    slot = key_table_find(&self->interface_keys, key);
    if (slot != KEYED_NONE)
        return &self->interfaces[self->interface_slots[slot]];
    if (self->n_interfaces >= MOST_INTERFACES ||
        key_table_put(&self->interface_keys, key, KEYED_CHANCE_MOST, &slot) == KEY_REPLACED) {
        self->counters.interfaces_refused++;
        return NULL;
    }
    if ((self->n_interfaces & (self->n_interfaces - 1)) == 0)
        self->interfaces =
            g_realloc_n(self->interfaces, MAX(1, self->n_interfaces * 2), sizeof *self->interfaces);
    self->interfaces[self->n_interfaces] = (Interface){ .exporter = exporter, .if_index = if_index };
    self->interface_slots[slot] = self->n_interfaces;
    return &self->interfaces[self->n_interfaces++];
}

/* Few interfaces carry most of the records: the memo saves their hashing. */
static Interface *
interface_of(Scorer *self, uint32_t exporter, uint32_t if_index)
{
    InterfaceMemo *memo = &self->memos[(exporter * 31 + if_index) % INTERFACE_MEMOS];

    if (memo->index != 0 && memo->exporter == exporter && memo->if_index == if_index)
        return &self->interfaces[memo->index - 1];
    Interface *interface = find_interface(self, exporter, if_index);
    if (interface != NULL)
        *memo = (InterfaceMemo){ exporter, if_index, (uint32_t)(interface - self->interfaces) + 1 };
    return interface;
}

/* What the exporter's template has, as far as a record shows it; the names stand in watch-exporter.c. */
static uint32_t
fields_of(const FlowRecord *flow)
{
    uint64_t hop[2], bgp[2];

    memcpy(hop, &flow->next_hop, sizeof hop);
    memcpy(bgp, &flow->bgp_next_hop, sizeof bgp);
    return (uint32_t)(hop[1] != 0) | (uint32_t)((flow->src_as | flow->dst_as) != 0) << 1 |
           (uint32_t)(flow->tcp_flags != 0) << 2 | (uint32_t)(flow->in_if != 0) << 3 |
           (uint32_t)(flow->out_if != 0) << 4 | (uint32_t)((flow->src_mask | flow->dst_mask) != 0) << 5 |
           (uint32_t)(flow->vlan != 0) << 6 | (uint32_t)(flow->has_reverse != 0) << 7 |
           (uint32_t)(flow->tos != 0) << 8 | (uint32_t)(bgp[1] != 0) << 10 |
           (uint32_t)(flow->end_reason != 0) << 11 | (uint32_t)(flow->direction != 255) << 12 |
           (uint32_t)((flow->in_vrf | flow->out_vrf) != 0) << 13 |
           (uint32_t)(flow->application_id != 0) << 15;
}

void
scorer_add_traffic(Scorer *self, const FlowRecord *flow, bool is_inside, int64_t number)
{
    int slot = (int)(number & (WINDOWS_OPEN - 1));
    double scale = flow->sampling > 1 ? flow->sampling : 1;
    double octets = (double)flow->octets * scale, packets = (double)flow->packets * scale;
    ExporterUse *use = use_of(self, flow->exporter);

    if (use != NULL) {
        use->is_seen = true;
        use->last_window = number;
        use->open[slot].octets_in += octets;
        use->open[slot].packets_in += packets;
        use->open[slot].flows_in += 1;
        use->sampling[slot] = flow->sampling;
        use->fields[slot] |= fields_of(flow);
        use->outside[slot] += !is_inside;
    }
    for (int side = 0; side < 2; side++) {
        uint32_t if_index = side == 0 ? flow->in_if : flow->out_if;
        Interface *interface = if_index == 0 ? NULL : interface_of(self, flow->exporter, if_index);
        if (interface == NULL)
            continue;
        TrafficSums *sums = &interface->open[slot];
        interface->last_window = number;
        *(side == 0 ? &sums->octets_in : &sums->octets_out) += octets;
        *(side == 0 ? &sums->packets_in : &sums->packets_out) += packets;
        *(side == 0 ? &sums->flows_in : &sums->flows_out) += 1;
    }
}

void
scorer_take_loss(Scorer *self, const FlowLoss *loss)
{
    int64_t number = window_number(&self->grid, loss->export_ms);
    ExporterUse *use = use_of(self, loss->exporter);

    if (self->grid.first == 0 || number > self->grid.first + WINDOWS_OPEN)
        return;
    /* The lost records may tell of the window before as well. */
    for (int64_t at = number - 1; at <= number; at++)
        if (at >= self->grid.first && at < self->grid.first + WINDOWS_OPEN)
            self->lossy[at & (WINDOWS_OPEN - 1)] |= 1ull << (loss->exporter % 64);
    if (use != NULL && number >= self->grid.first && number < self->grid.first + WINDOWS_OPEN)
        use->open[number & (WINDOWS_OPEN - 1)].lost += MAX(1, loss->records);
}
