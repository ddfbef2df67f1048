/* SPDX-License-Identifier: GPL-3.0-or-later */
/* synthetic.c - see synthetic.h */
#include "tests/scoring/synthetic.h"
#include "tests/support/addresses.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RECORDS = 20000, MOST_ATTACKS = 32, MOST_LONG = 256, WINDOW_MS = 300000 };
static const int64_t epoch_ms = 1767571200000; /* Monday 2026-01-05 */

typedef struct LongFlow {
    uint32_t asset, far;
    uint16_t sport, port;
    int64_t until;
    double octets; /* a window */
} LongFlow;

struct Synthetic {
    uint64_t random, attack_random;
    AssetTable *assets;
    PlaceTable *places;
    SyntheticAttack attacks[MOST_ATTACKS];
    uint32_t n_attacks;
    LongFlow longs[MOST_LONG];
    uint32_t n_longs;
    double level[SYNTHETIC_ASSETS];
    double drift[SYNTHETIC_ASSETS];
    FlowRecord *records;
    uint32_t n;
    FlowBatch *batch;
    uint64_t made;
};

static uint64_t
draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1dull;
}

static double
uniform(Synthetic *self)
{
    return (double)(draw(&self->random) >> 11) / 9007199254740992.0;
}

static uint32_t
below(Synthetic *self, uint32_t n)
{
    return (uint32_t)(uniform(self) * n);
}

static double
normal(Synthetic *self)
{
    return sqrt(-2 * log(1 - uniform(self))) * cos(6.283185307 * uniform(self));
}

static uint32_t
poisson(Synthetic *self, double mean)
{
    double limit = exp(-mean), product = uniform(self);
    uint32_t n = 0;

    for (; product > limit; n++)
        product *= uniform(self);
    return n;
}

IpAddress
synthetic_address(uint32_t asset)
{
    return ip_from_v4(0x0a140000u + 10 + asset);
}

static uint32_t
home(Synthetic *self)
{
    return 0x2d000000u | below(self, 12) << 16 | below(self, 65000);
}

static uint32_t
hosting(Synthetic *self)
{
    double u = uniform(self);

    return 0x32000000u | (uint32_t)(u * u * 80) << 16 | below(self, 4000);
}

static char *
write_inventory(const Scratch *dir)
{
    g_autoptr(GString) text = g_string_new("prefix,name,role,criticality,tags\n");

    for (uint32_t i = 0; i < SYNTHETIC_ASSETS; i++) {
        IpAddress address = synthetic_address(i);
        char ip[IP_TEXT];
        const char *role = i < SYNTHETIC_MAIL      ? "server"
                           : i < SYNTHETIC_DESK    ? "server"
                           : i < SYNTHETIC_MONITOR ? "desk"
                                                   : "monitor";
        g_string_append_printf(text, "%s/32,%s-%u,%s,3,\n", ip_text(&address, ip), role, i, role);
    }
    return scratch_write(dir, "assets.csv", text->str);
}

static char *
write_places(const Scratch *dir)
{
    g_autoptr(GString) text = g_string_new("prefix,access,anonymity,asn,as_name,country,confidence\n");

    for (int i = 0; i < 12; i++)
        g_string_append_printf(text, "45.%d.0.0/16,residential,,%d,Cable %d,GU,90\n", i, 64500 + i, i);
    for (int i = 0; i < 80; i++)
        g_string_append_printf(text, "50.%d.0.0/16,hosting,,%d,Host %d,US,90\n", i, 65000 + i, i);
    g_string_append(text, "60.0.0.0/8,cdn,,64999,Edge,US,90\n");
    return scratch_write(dir, "places.csv", text->str);
}

Synthetic *
synthetic_new(uint64_t seed)
{
    Synthetic *self = g_new0(Synthetic, 1);
    g_autoptr(Scratch) dir = scratch_new("synthetic");
    g_autofree char *inventory = write_inventory(dir), *csv = write_places(dir);
    g_autoptr(GError) error = NULL;
    IpPrefix own = prefix_of("10.20.0.0/16");

    PlaceSource source = { .name = (char *)"test", .type = PLACE_CSV, .path = csv, .priority = 50 };
    self->random = seed * 0x9e3779b97f4a7c15ull + 1;
    self->attack_random = self->random ^ 0x55;
    self->assets = asset_table_new(&own, 1, inventory, &error);
    g_assert_no_error(error);
    self->places = place_table_new(&source, 1, &own, 1, &error);
    g_assert_no_error(error);
    self->records = g_aligned_alloc0(MOST_RECORDS, sizeof *self->records, 64);
    self->batch = flow_batch_new();
    for (int i = 0; i < 20; i++)
        draw(&self->random);
    for (int i = 0; i < SYNTHETIC_ASSETS; i++)
        self->level[i] = 9 + normal(self);
    return self;
}

void
synthetic_free(Synthetic *self)
{
    asset_table_free(self->assets);
    place_table_free(self->places);
    g_aligned_free(self->records);
    flow_batch_free(self->batch);
    g_free(self);
}

const AssetTable *
synthetic_assets(const Synthetic *self)
{
    return self->assets;
}

const PlaceTable *
synthetic_places(const Synthetic *self)
{
    return self->places;
}

void
synthetic_attack(Synthetic *self, const SyntheticAttack *attack)
{
    g_assert(self->n_attacks < MOST_ATTACKS);
    self->attacks[self->n_attacks++] = *attack;
}

uint64_t
synthetic_records(const Synthetic *self)
{
    return self->made;
}

static FlowRecord *
record(Synthetic *self, IpAddress src, IpAddress dst, uint16_t sport, uint16_t dport, double octets,
       int64_t start, int64_t end)
{
    FlowRecord *flow = &self->records[self->n++];

    g_assert_cmpuint(self->n, <, MOST_RECORDS);
    *flow = (FlowRecord){ .src = src,
                          .dst = dst,
                          .src_port = sport,
                          .dst_port = dport,
                          .protocol = 6,
                          .family = 4,
                          .octets = (uint64_t)fmax(40, octets),
                          .packets = (uint64_t)fmax(1, octets / 700),
                          .start_ms = start,
                          .end_ms = end,
                          .tcp_flags = 0x1b,
                          .sampling = 1,
                          .direction = 255,
                          .in_if = 1,
                          .out_if = 2,
                          .export_ms = end + 500,
                          .end_reason = 3 };
    flow->next_hop = ip_from_v4(0x0a0000fe);
    return flow;
}

/* A conversation that the asset (@out) or the far end opened; both halves, or only what the asset sent. */
static void
talk(Synthetic *self, uint32_t asset, uint32_t far, bool out, uint16_t port, double sent, double got,
     int64_t at, int64_t length, bool one_half)
{
    IpAddress own = synthetic_address(asset), other = ip_from_v4(far);
    uint16_t client = (uint16_t)(32768 + below(self, 28000));
    uint16_t own_port = out ? client : port, far_port = out ? port : client;
    int64_t lag = 5 + below(self, 60);

    record(self, own, other, own_port, far_port, sent, at + (out ? 0 : lag), at + length);
    if (!one_half) {
        FlowRecord *in = record(self, other, own, far_port, own_port, got, at + (out ? lag : 0), at + length);
        in->in_if = 2;
        in->out_if = 1;
    }
}

static double
office(int64_t at)
{
    double hour = (double)(at / 3600000 % 24) + (double)(at / 60000 % 60) / 60;
    int64_t weekday = (at / 86400000 + 3) % 7;
    double day = exp(-(hour - 13) * (hour - 13) / 18);

    return 0.08 + day * (weekday >= 5 ? 0.25 : 1);
}

static double
size(Synthetic *self, uint32_t asset, double spread)
{
    return exp(self->level[asset] + self->drift[asset] + spread * normal(self));
}

static void
begin_long(Synthetic *self, uint32_t asset, uint32_t far, uint16_t port, int64_t at, double hours,
           double octets)
{
    if (self->n_longs == MOST_LONG)
        return;
    self->longs[self->n_longs++] = (LongFlow){ .asset = asset,
                                               .far = far,
                                               .port = port,
                                               .octets = octets,
                                               .sport = (uint16_t)(33000 + below(self, 20000)),
                                               .until = at + (int64_t)(hours * 3600000) };
}

static void
act(Synthetic *self, uint32_t i, int64_t at)
{
    double busy = office(at);
    int64_t when = at + below(self, WINDOW_MS - 30000), length = 100 + below(self, 20000);

    self->drift[i] = 0.9 * self->drift[i] + 0.15 * normal(self);
    if (i < SYNTHETIC_MAIL) { /* web: home users come in */
        for (uint32_t k = poisson(self, 6 * busy); k > 0; k--)
            talk(self, i, home(self), false, i % 3 == 0 ? 8999 : 443, size(self, i, 1), 900,
                 at + below(self, 270000), 100 + below(self, 20000), uniform(self) < 0.4);
        if (uniform(self) < 0.1)
            talk(self, i, 0x3c000000u + below(self, 3), true, 443, 2000, 50000, when, length, false);
        if (uniform(self) < 1 / 900.0)
            talk(self, i, hosting(self), true, uniform(self) < 0.9 ? 443 : 8443, 4000, 8000, when, length,
                 false);
        if (uniform(self) < 1 / 3000.0)
            begin_long(self, i, hosting(self), 443, at, 0.5 + 20 * uniform(self) * uniform(self), 4000);
    } else if (i < SYNTHETIC_DESK) { /* mail */
        for (uint32_t k = poisson(self, 2 * busy); k > 0; k--)
            talk(self, i, hosting(self), true, 25, size(self, i, 1.5), 900, at + below(self, 270000), length,
                 false);
        if (uniform(self) < 0.02)
            talk(self, i, home(self), true, 25, size(self, i, 1.5), 900, when, length, false);
        for (uint32_t k = poisson(self, 2 * busy); k > 0; k--)
            talk(self, i, hosting(self), false, 25, 900, 20000, at + below(self, 270000), length, false);
    } else if (i < SYNTHETIC_MONITOR) { /* desks */
        for (uint32_t k = poisson(self, 3 * busy); k > 0; k--)
            talk(self, i, uniform(self) < 0.5 ? 0x3c000000u + below(self, 400) : hosting(self), true, 443,
                 size(self, i, 1.3), 20000, at + below(self, 270000), length, false);
        if (i % 2 == 0 && uniform(self) < busy / 400)
            talk(self, i, home(self), true, (uint16_t)(20000 + below(self, 9000)), 30000, 30000, when, length,
                 false);
        if (uniform(self) < busy / 60)
            begin_long(self, i, 0x3c000000u + below(self, 400), 443, at, 8 * uniform(self), 6000);
    } else { /* monitors poll what they know */
        for (uint32_t k = 0; k < 6; k++)
            talk(self, i, 0x32000000u | (i * 8 + k) << 8, true, 443, 3000 * exp(0.2 * normal(self)), 6000,
                 at + below(self, 270000), 400, false);
        if (uniform(self) < 1 / 2500.0)
            talk(self, i, hosting(self), true, 443, 3000, 6000, when, length, false);
    }
}

/* Long connections come as slices of two minutes, as a router with an active time-out exports them. */
static void
slice(Synthetic *self, const IpAddress *own, const IpAddress *far, uint16_t sport, uint16_t port,
      double octets, int64_t at, uint32_t out_if)
{
    for (int k = 0; k < 2; k++) {
        int64_t from = at + k * 120000;
        FlowRecord *out = record(self, *own, *far, sport, port, octets / 2, from, from + 119000);
        out->end_reason = 2;
        out->out_if = out_if;
        out->tcp_flags = 0x18;
        FlowRecord *in = record(self, *far, *own, port, sport, 900, from + 30, from + 119000);
        in->end_reason = 2;
        in->tcp_flags = 0x18;
        in->in_if = out_if;
        in->out_if = 1;
    }
}

static void
act_long(Synthetic *self, int64_t at)
{
    for (uint32_t i = 0; i < self->n_longs; i++) {
        LongFlow *flow = &self->longs[i];
        IpAddress own = synthetic_address(flow->asset), far = ip_from_v4(flow->far);
        slice(self, &own, &far, flow->sport, flow->port, flow->octets, at, 2);
        if (at > flow->until)
            *flow = self->longs[--self->n_longs];
    }
}

static void
act_attacks(Synthetic *self, int64_t at)
{
    for (uint32_t i = 0; i < self->n_attacks; i++) {
        const SyntheticAttack *attack = &self->attacks[i];
        int64_t from = epoch_ms + (int64_t)(attack->day * 86400e3);
        IpAddress own = synthetic_address(attack->asset), far;
        if (at < from || at > from + (int64_t)(attack->hours * 3600e3))
            continue;
        ip_parse(attack->far, &far);
        slice(self, &own, &far, 41234, attack->port, fmax(2500, attack->exfiltrate), at,
              attack->new_egress ? 7 : 2);
    }
}

static int
by_end(const void *a, const void *b)
{
    const FlowRecord *x = a, *y = b;

    return x->end_ms != y->end_ms ? (x->end_ms < y->end_ms ? -1 : 1) : memcmp(x, y, sizeof *x);
}

void
synthetic_run(Synthetic *self, Scorer *scorer, double from, double to)
{
    for (int64_t w = (int64_t)(from * 288); w < (int64_t)(to * 288); w++) {
        int64_t at = epoch_ms + w * WINDOW_MS;
        self->n = 0;
        for (uint32_t i = 0; i < SYNTHETIC_ASSETS; i++)
            act(self, i, at);
        act_long(self, at);
        act_attacks(self, at);
        qsort(self->records, self->n, sizeof *self->records, by_end);
        for (uint32_t i = 0; i < self->n; i += FLOW_BATCH_MOST) {
            self->batch->n = MIN((uint32_t)FLOW_BATCH_MOST, self->n - i);
            self->batch->n_losses = 0;
            memcpy(self->batch->records, self->records + i, self->batch->n * sizeof *self->records);
            scorer_batch(scorer, self->batch);
        }
        self->made += self->n;
    }
}
