/* SPDX-License-Identifier: GPL-3.0-or-later */
/* traffic.c - see traffic.h */
#include "tests/eval/traffic.h"

#include <stdlib.h>

#include "tests/eval/ways.h"

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_PUSH_ACK = 0x18, HEADER_OCTETS = 40, PACKET_OCTETS = 900 };
enum { END_IDLE = 1, END_ACTIVE = 2, END_CLOSED = 3, TICK_MS = 30000 };

/* Something that a conversation does at one moment. */
typedef struct Beat {
    int64_t at_ms;
    double out, in; /* payload */
} Beat;

typedef struct Slice {
    int64_t from_ms, to_ms;
    double out, in;
    uint32_t alive; /* signs of life */
    uint8_t end_reason;
} Slice;

void
traffic_init(Traffic *self, const Network *network, const Calendar *calendar, uint32_t sampling)
{
    static const Router kinds[N_ROUTERS] = {
        [ROUTER_WEST] = { .active_s = 60, .inactive_s = 15, .clock_ms = 1 },
        [ROUTER_EAST] = { .active_s = 300, .inactive_s = 30, .clock_ms = 1 },
        [ROUTER_CORE] = { .active_s = 300, .inactive_s = 60, .clock_ms = 1 },
        [ROUTER_PLANT] = { .active_s = 1800, .inactive_s = 60, .clock_ms = 1000 }
    };

    *self = (Traffic){ .network = network, .calendar = calendar, .sampling = MAX(sampling, 1) };
    self->router_events = g_array_new(FALSE, FALSE, sizeof(RouterEvent));
    self->way_events = g_array_new(FALSE, FALSE, sizeof(WayEvent));
    for (int i = 0; i < N_ROUTERS; i++) {
        self->routers[i] = kinds[i];
        self->routers[i].waiting = g_array_new(FALSE, FALSE, sizeof(EvalRecord));
    }
}

void
traffic_clear(Traffic *self)
{
    for (int i = 0; i < N_ROUTERS; i++)
        g_clear_pointer(&self->routers[i].waiting, g_array_unref);
    g_clear_pointer(&self->router_events, g_array_unref);
    g_clear_pointer(&self->way_events, g_array_unref);
}

static const RouterEvent *
fault_at(const Traffic *self, uint32_t router, int64_t ms, RouterFault fault)
{
    for (guint i = 0; i < self->router_events->len; i++) {
        const RouterEvent *event = &g_array_index(self->router_events, RouterEvent, i);
        if (event->router == router && event->fault == fault && ms >= event->from_ms && ms < event->until_ms)
            return event;
    }
    return NULL;
}

bool
traffic_has_fault(const Traffic *self, uint32_t router, int64_t ms, RouterFault fault)
{
    return fault_at(self, router, ms, fault) != NULL;
}

uint32_t
traffic_sampling(const Traffic *self, uint32_t router, int64_t ms)
{
    const RouterEvent *event = fault_at(self, router, ms, FAULT_SAMPLED);

    return self->sampling * (event != NULL ? event->factor : 1);
}

/* How many of @packets are picked, one in @n. */
static uint32_t
pick(Draw *draw, uint32_t packets, uint32_t n)
{
    uint32_t picked = 0;

    if (packets > 200)
        return MIN(packets, draw_poisson(draw, (double)packets / n));
    for (uint32_t i = 0; i < packets; i++)
        picked += draw_uniform(draw) * n < 1;
    return picked;
}

/* False: none of its packets was picked. What is left tells less: no handshake, most likely. */
static bool
sample(EvalRecord *record, Draw *draw, uint32_t n)
{
    uint32_t packets = record->packets, picked = pick(draw, packets, n);

    if (picked == 0)
        return false;
    record->octets = MAX(HEADER_OCTETS * (uint64_t)picked, record->octets * picked / packets);
    record->packets = picked;
    if (record->protocol == PROTOCOL_TCP && packets > 1 && draw_uniform(draw) * packets >= picked)
        record->tcp_flags &= (uint8_t)~TCP_SYN;
    int64_t length = record->end_ms - record->start_ms;
    if (picked == 1) {
        record->start_ms = record->end_ms = record->start_ms + (int64_t)(draw_uniform(draw) * (double)length);
    } else {
        record->start_ms += (int64_t)(draw_uniform(draw) * (double)length / (picked + 1));
        record->end_ms -= (int64_t)(draw_uniform(draw) * (double)length / (picked + 1));
    }
    return true;
}

static void
add_record(Traffic *self, EvalRecord *record)
{
    Router *router = &self->routers[record->router];
    Draw draw = draw_from(self->network->seed ^ record->router, (uint64_t)record->src << 32 | record->dst,
                          (uint64_t)record->src_port << 16 | record->dst_port, (uint64_t)record->start_ms);
    const RouterEvent *thinned = fault_at(self, record->router, record->end_ms, FAULT_THINNED);
    uint32_t n = traffic_sampling(self, record->router, record->end_ms);
    int64_t delay = record->end_reason == END_IDLE ? (int64_t)router->inactive_s * 1000 : 1000;

    record->export_ms = (record->end_ms + delay + TICK_MS - 1) / TICK_MS * TICK_MS;
    if (traffic_has_fault(self, record->router, record->export_ms, FAULT_SILENT))
        return;
    if (thinned != NULL && draw_uniform(&draw) * thinned->factor >= 1)
        return;
    if (n > 1 && !sample(record, &draw, n))
        return;
    record->start_ms -= record->start_ms % router->clock_ms;
    record->end_ms -= record->end_ms % router->clock_ms;
    g_array_append_val(router->waiting, *record);
}

static uint8_t
flags_of(const Talk *talk, const Slice *slice)
{
    if (talk->protocol != PROTOCOL_TCP)
        return 0;
    if (talk->unanswered)
        return TCP_SYN;
    return (uint8_t)(TCP_PUSH_ACK | (slice->from_ms == talk->start_ms ? TCP_SYN : 0) |
                     (slice->end_reason == END_CLOSED ? TCP_FIN : 0));
}

static void
add_direction(Traffic *self, const Talk *talk, const Way *way, const Slice *slice, bool back)
{
    double payload = back ? slice->in : slice->out;
    uint32_t packets =
        (uint32_t)(payload / PACKET_OCTETS) + slice->alive + (payload >= 1 && slice->alive == 0);
    EvalRecord record = { .src = back ? talk->b : talk->a,
                          .dst = back ? talk->a : talk->b,
                          .src_port = back ? talk->b_port : talk->a_port,
                          .dst_port = back ? talk->a_port : talk->b_port,
                          .in_if = back ? way->b_if : way->a_if,
                          .out_if = back ? way->a_if : way->b_if,
                          .next_hop = back ? way->hop_to_a : way->hop_to_b,
                          .src_as = back ? way->b_as : way->a_as,
                          .dst_as = back ? way->a_as : way->b_as,
                          .protocol = talk->protocol,
                          .router = way->router,
                          .end_reason = slice->end_reason,
                          .tcp_flags = flags_of(talk, slice) };

    if (talk->protocol == PROTOCOL_TCP && !talk->unanswered && slice->from_ms == talk->start_ms)
        packets += 3;
    record.packets = MAX(packets, 1);
    record.octets =
        (uint64_t)(payload + (double)slice->alive * talk->alive_octets + record.packets * HEADER_OCTETS);
    record.start_ms =
        back ? MIN(slice->from_ms + 3 + (int64_t)(talk->chance % 40), slice->to_ms) : slice->from_ms;
    record.end_ms = slice->to_ms;
    if (talk->protocol == PROTOCOL_ICMP && talk->a_port == 0) { /* type and code stand where a port would */
        record.src_port = 0;
        record.dst_port = back ? 0 : 0x0800;
    }
    add_record(self, &record);
}

static void
add_slice(Traffic *self, const Talk *talk, const Slice *slice, uint32_t router)
{
    Way ways[WAYS_MOST];
    uint32_t n = ways_of(self, talk->a, talk->b, slice->from_ms, ways);

    for (uint32_t i = 0; i < n; i++) {
        if (ways[i].router != router)
            continue;
        add_direction(self, talk, &ways[i], slice, false);
        if (!talk->unanswered)
            add_direction(self, talk, &ways[i], slice, true);
    }
}

/* Traffic all the time: cut at the active time-out. */
static void
cut_steady(Traffic *self, const Talk *talk, uint32_t router)
{
    int64_t end_ms = talk->start_ms + (int64_t)(talk->seconds * 1000);
    int64_t active_ms = (int64_t)self->routers[router].active_s * 1000;
    uint32_t number = 0;

    for (int64_t from = talk->start_ms; number == 0 || from < end_ms; from += active_ms, number++) {
        int64_t to = MIN(from + active_ms, end_ms);
        double share = end_ms > talk->start_ms ? (double)(to - from) / (double)(end_ms - talk->start_ms) : 1;
        double uneven = share < 1 ? 0.4 + 1.2 * draw_unit(draw_hash(talk->chance, number, router, 3)) : 1;
        Slice slice = { .from_ms = from,
                        .to_ms = to,
                        .out = talk->out_octets * share * uneven,
                        .in = talk->in_octets * share * uneven,
                        .end_reason = to < end_ms                                           ? END_ACTIVE
                                      : talk->protocol == PROTOCOL_TCP && !talk->unanswered ? END_CLOSED
                                                                                            : END_IDLE };
        add_slice(self, talk, &slice, router);
    }
}

static int
compare_beats(const void *a, const void *b)
{
    const Beat *x = a, *y = b;

    return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static GArray *
beats_of(const Talk *talk)
{
    GArray *beats = g_array_new(FALSE, FALSE, sizeof(Beat));
    Draw draw = { talk->chance };
    double at = 0;

    while (at <= talk->seconds) {
        Beat beat = { .at_ms = talk->start_ms + (int64_t)(at * 1000) };
        g_array_append_val(beats, beat);
        at += talk->alive_s * (0.98 + 0.04 * draw_uniform(&draw));
    }
    for (uint32_t i = 0; i < talk->bursts; i++) {
        double size = 2 * draw_uniform(&draw) / talk->bursts;
        Beat beat = { .at_ms = talk->start_ms + (int64_t)(draw_uniform(&draw) * talk->seconds * 1000),
                      .out = talk->out_octets * size,
                      .in = talk->in_octets * size };
        g_array_append_val(beats, beat);
    }
    g_array_sort(beats, compare_beats);
    return beats;
}

/* Signs of life and silence between: cut at the inactive time-out as well. */
static void
cut_beats(Traffic *self, const Talk *talk, const GArray *beats, uint32_t router)
{
    const Router *kind = &self->routers[router];
    Slice slice = { .from_ms = INT64_MIN };

    for (guint i = 0; i < beats->len; i++) {
        const Beat *beat = &g_array_index(beats, Beat, i);
        bool idle = beat->at_ms - slice.to_ms > (int64_t)kind->inactive_s * 1000;
        if (slice.from_ms != INT64_MIN &&
            (idle || beat->at_ms - slice.from_ms > (int64_t)kind->active_s * 1000)) {
            slice.end_reason = idle ? END_IDLE : END_ACTIVE;
            add_slice(self, talk, &slice, router);
            slice.from_ms = INT64_MIN;
        }
        if (slice.from_ms == INT64_MIN)
            slice = (Slice){ .from_ms = beat->at_ms };
        slice.to_ms = beat->at_ms;
        slice.out += beat->out;
        slice.in += beat->in;
        slice.alive++;
    }
    slice.end_reason = talk->protocol == PROTOCOL_TCP ? END_CLOSED : END_IDLE;
    add_slice(self, talk, &slice, router);
}

void
traffic_add(Traffic *self, const Talk *given)
{
    Talk talk = *given;
    g_autoptr(GArray) beats = NULL;

    self->talks++;
    if (talk.a_port == 0 && talk.protocol != PROTOCOL_ICMP && talk.protocol != PROTOCOL_GRE)
        talk.a_port = (uint16_t)(32768 + draw_mix(talk.chance + 5) % 28000);
    talk.start_ms = MAX(talk.start_ms, self->calendar->begin_ms);
    if (talk.start_ms >= calendar_end_ms(self->calendar))
        return;
    talk.seconds =
        MIN(MAX(talk.seconds, 0.001), (double)(calendar_end_ms(self->calendar) - talk.start_ms) / 1000);
    if (talk.alive_s > 0)
        beats = beats_of(&talk);
    for (uint32_t router = 0; router < N_ROUTERS; router++) {
        if (beats != NULL)
            cut_beats(self, &talk, beats, router);
        else
            cut_steady(self, &talk, router);
    }
}

static bool
is_at(const Traffic *self, uint32_t address, uint8_t site)
{
    const Host *host = network_find(self->network, address);

    return host != NULL && (site == N_SITES || host->site == site);
}

void
traffic_add_usual(Traffic *self, const Talk *talk)
{
    const LoadEvent *load = &self->load;
    bool is_more = !talk->unanswered && talk->start_ms >= load->from_ms && talk->start_ms < load->until_ms &&
                   (is_at(self, talk->a, load->site) || is_at(self, talk->b, load->site));
    Talk more = *talk;

    if (!is_more) {
        traffic_add(self, talk);
        return;
    }
    more.out_octets *= load->octets;
    more.in_octets *= load->octets;
    for (uint32_t i = 0; i < load->times; i++) {
        Draw draw = draw_from(self->network->seed, talk->chance, i, 77);
        more.start_ms = MIN(talk->start_ms + (i > 0 ? draw_below(&draw, HOUR_MS) : 0), load->until_ms - 1);
        more.chance = i > 0 ? draw_u64(&draw) : talk->chance;
        more.a_port = i > 0 ? 0 : talk->a_port;
        traffic_add(self, &more);
    }
}
