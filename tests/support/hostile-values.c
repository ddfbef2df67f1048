/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile-values.c - sampling rates that divide by nothing, and times at the edges of what their types can
 * say
 */
#include "tests/support/hostile-private.h"

#include <inttypes.h>

/* ---- sampling ---- */

/* What options data or a record says, and the rate that it means: one in so many, 0 for unknown. */
typedef struct Rate {
    const char *name;
    struct {
        uint16_t id, length;
        uint64_t value;
    } fields[2]; /* the second may be of length 0 */
    uint32_t rate;
} Rate;

static const Rate rates[] = {
    { "interval-0", { { 34, 4, 0 } }, 0 },
    { "interval-1", { { 34, 4, 1 } }, 1 },
    { "interval-1000", { { 34, 4, 1000 } }, 1000 },
    { "interval-2p24-less-1", { { 34, 4, 0xffffff } }, 0xffffff },
    { "interval-2p32-less-1", { { 34, 4, 0xffffffff } }, 0xffffffff },
    /* Nobody samples one in 2^31; MikroTik sends its rates with the bytes the wrong way round. */
    { "interval-2p31", { { 34, 4, 0x80000000 } }, 128 },
    { "interval-2p24", { { 34, 4, 0x01000000 } }, 1 },
    { "interval-2p24-and-1", { { 34, 4, 0x01000001 } }, 0x01000001 },
    { "interval-in-1-byte", { { 34, 1, 255 } }, 255 },
    { "interval-in-8-bytes", { { 34, 8, 4000 } }, 4000 },
    { "interval-2p32", { { 34, 8, UINT64_C(0x100000000) } }, UINT32_MAX },
    { "interval-2p64-less-1", { { 34, 8, UINT64_MAX } }, UINT32_MAX },
    { "random-interval-0", { { 50, 4, 0 } }, 0 },
    { "random-interval-1", { { 50, 4, 1 } }, 1 },
    { "random-interval-2p32-less-1", { { 50, 4, 0xffffffff } }, 0xffffffff },
    /* RFC 5477 section 8.2: so many packets are taken, then so many passed over */
    { "takes-0-of-0", { { 305, 4, 0 }, { 306, 4, 0 } }, 0 },
    { "takes-0-of-100", { { 305, 4, 0 }, { 306, 4, 100 } }, 0 },
    { "takes-1-of-1", { { 305, 4, 1 }, { 306, 4, 0 } }, 1 },
    { "takes-1-of-1000", { { 305, 4, 1 }, { 306, 4, 999 } }, 1000 },
    { "takes-1-of-2p32", { { 305, 4, 1 }, { 306, 4, 0xffffffff } }, UINT32_MAX },
    { "takes-half-of-2p33", { { 305, 4, 0xffffffff }, { 306, 4, 0xffffffff } }, 2 },
    { "takes-all-of-2p32", { { 305, 4, 0xffffffff }, { 306, 4, 0 } }, 1 },
    { "takes-2p64-less-1-passes-1", { { 305, 8, UINT64_MAX }, { 306, 8, 1 } }, 1 },
    { "takes-2p64-less-1-passes-as-many", { { 305, 8, UINT64_MAX }, { 306, 8, UINT64_MAX } }, 2 },
    { "takes-1-passes-2p64-less-1", { { 305, 8, 1 }, { 306, 8, UINT64_MAX } }, UINT32_MAX },
    /* so many out of so many */
    { "0-out-of-0", { { 309, 4, 0 }, { 310, 4, 0 } }, 0 },
    { "0-out-of-5", { { 309, 4, 0 }, { 310, 4, 5 } }, 0 },
    { "1-out-of-1000", { { 309, 4, 1 }, { 310, 4, 1000 } }, 1000 },
    { "1-out-of-2p32-less-1", { { 309, 4, 1 }, { 310, 4, 0xffffffff } }, 0xffffffff },
    { "2p32-less-1-out-of-1", { { 309, 4, 0xffffffff }, { 310, 4, 1 } }, 0 },
    { "2p32-less-1-out-of-as-many", { { 309, 4, 0xffffffff }, { 310, 4, 0xffffffff } }, 1 },
    { "2p64-less-1-out-of-as-many", { { 309, 8, UINT64_MAX }, { 310, 8, UINT64_MAX } }, 1 },
};

/* samplingProbability (311), a double; only in options data */
static const struct {
    const char *name;
    uint64_t bits;
    uint32_t rate;
} probabilities[] = {
    { "0", 0, 0 },
    { "minus-0", UINT64_C(0x8000000000000000), 0 },
    { "1", UINT64_C(0x3ff0000000000000), 1 },
    { "half", UINT64_C(0x3fe0000000000000), 2 },
    { "thousandth", UINT64_C(0x3f50624dd2f1a9fc), 1000 },
    { "2", UINT64_C(0x4000000000000000), 0 },
    { "minus-1", UINT64_C(0xbff0000000000000), 0 },
    { "infinity", UINT64_C(0x7ff0000000000000), 0 },
    { "minus-infinity", UINT64_C(0xfff0000000000000), 0 },
    { "no-number", UINT64_C(0x7ff8000000000000), 0 },
    { "least", 1, 0 },
};

static void
expect_rate(Hostile *self, uint32_t rate, SamplingSource source)
{
    expect(self, "last.sampling", rate);
    expect(self, "last.sampling_source", rate == 0 ? SAMPLING_UNKNOWN : (int64_t)source);
}

/* Adds the fields of @rate behind the @n that are there; how many there are then. */
static uint32_t
add_rate_fields(TemplateField *fields, uint32_t n, const Rate *rate)
{
    for (int i = 0; i < 2 && rate->fields[i].length > 0; i++)
        fields[n++] = (TemplateField){ 0, rate->fields[i].id, rate->fields[i].length };
    return n;
}

static void
put_rate(Hostile *self, const Rate *rate)
{
    for (int i = 0; i < 2; i++)
        put(self, rate->fields[i].value, rate->fields[i].length);
}

/* Options data of the whole domain: its scope is the exporter (v9: 1, System) or the domain (149). */
static void
rate_of_domain(Hostile *self, Protocol protocol, const Rate *rate)
{
    TemplateField fields[3] = { { 0, protocol == PROTOCOL_IPFIX ? 149 : 1, 4 } };

    case_begin(self, protocol, "%s-domain-%s", protocol_name(protocol), rate->name);
    message_open(self);
    options_template_set(self, HOSTILE_TEMPLATE, fields, add_rate_fields(fields, 1, rate), 1);
    set_open(self, HOSTILE_TEMPLATE);
    put(self, self->domain, 4);
    put_rate(self, rate);
    set_close(self);
    expect_options(self, 1);
    template_set(self, HOSTILE_TEMPLATE + 1, &(const TemplateField){ 0, 1, 4 }, 1);
    fill_set(self, HOSTILE_TEMPLATE + 1, 4);
    expect_records(self, 1);
    expect_rate(self, rate->rate, SAMPLING_DOMAIN);
    message_close(self);
    case_end(self);
}

/* Options data of a sampler (48) or selector (302) that the record names. */
static void
rate_of_sampler(Hostile *self, Protocol protocol, const Rate *rate)
{
    bool ipfix = protocol == PROTOCOL_IPFIX;
    const TemplateField sampler = { 0, ipfix ? 302 : 48, ipfix ? 8 : 1 };
    const TemplateField record[] = { { 0, 1, 4 }, sampler };
    TemplateField fields[4] = { { 0, ipfix ? 149 : 1, 4 }, sampler };

    case_begin(self, protocol, "%s-sampler-%s", protocol_name(protocol), rate->name);
    message_open(self);
    options_template_set(self, HOSTILE_TEMPLATE, fields, add_rate_fields(fields, 2, rate), 1);
    set_open(self, HOSTILE_TEMPLATE);
    put(self, self->domain, 4);
    put(self, 7, sampler.length);
    put_rate(self, rate);
    set_close(self);
    expect_options(self, 1);
    template_set(self, HOSTILE_TEMPLATE + 1, record, 2);
    set_open(self, HOSTILE_TEMPLATE + 1);
    put(self, 1500, 4);
    put(self, 7, sampler.length);
    set_close(self);
    expect_records(self, 1);
    expect_rate(self, rate->rate, SAMPLING_SAMPLER);
    message_close(self);
    case_end(self);
}

/* Each record says it itself. */
static void
rate_of_record(Hostile *self, Protocol protocol, const Rate *rate)
{
    TemplateField fields[3] = { { 0, 1, 4 } };

    case_begin(self, protocol, "%s-record-%s", protocol_name(protocol), rate->name);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, fields, add_rate_fields(fields, 1, rate));
    set_open(self, HOSTILE_TEMPLATE);
    put(self, 1500, 4);
    put_rate(self, rate);
    set_close(self);
    expect_records(self, 1);
    expect_rate(self, rate->rate, SAMPLING_RECORD);
    message_close(self);
    case_end(self);
}

/* v5's header: two bits of mode, which are not asked, and fourteen of rate. */
static void
rate_of_header(Hostile *self, uint16_t word)
{
    case_begin(self, PROTOCOL_NETFLOW5, "netflow5-header-%04x", word);
    legacy_open(self, 1);
    patch(self, 22, word, 2);
    put_fill(self, 48);
    expect_records(self, 1);
    expect_rate(self, word & 0x3fff, SAMPLING_HEADER);
    message_close(self);
    case_end(self);
}

static void
rate_of_sample(Hostile *self, uint32_t rate)
{
    case_begin(self, PROTOCOL_SFLOW, "sflow-sample-%u", rate);
    sflow_open(self, 1);
    put(self, 1, 4);
    put(self, 32, 4);
    put(self, 1, 4);
    put(self, 1, 4);
    put(self, rate, 4);
    put(self, 0xffffffff, 4);
    put(self, 0xffffffff, 4);
    put(self, 1, 4);
    put(self, 2, 4);
    put(self, 0, 4);
    expect_records(self, 1);
    expect_rate(self, rate, SAMPLING_RECORD);
    message_close(self);
    case_end(self);
}

void
hostile_sampling(Hostile *self)
{
    static const uint16_t words[] = {
        0, 1, 2, 0x3fff, 0x4000, 0x4001, 0x7fff, 0x8000, 0x8064, 0xc001, 0xffff
    };
    static const uint32_t samples[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff };

    for
        BOTH(protocol)
        {
            for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
                rate_of_domain(self, protocol, &rates[i]);
                rate_of_sampler(self, protocol, &rates[i]);
                rate_of_record(self, protocol, &rates[i]);
            }
            for (size_t i = 0; i < G_N_ELEMENTS(probabilities); i++) {
                g_autofree char *name = g_strdup_printf("probability-%s", probabilities[i].name);
                const Rate rate = { name, { { 311, 8, probabilities[i].bits } }, probabilities[i].rate };

                rate_of_domain(self, protocol, &rate);
                rate_of_sampler(self, protocol, &rate);
            }
        }
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        rate_of_header(self, words[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        rate_of_sample(self, samples[i]);
}

/* ---- times ---- */

#define MS(seconds) ((int64_t)(seconds)*1000)

/* The seconds that headers may say: 1970, the ends of NTP's era and of 31 and 32 bits, and some between. */
static const uint32_t edges[] = {
    0, 1, 2085978495, 2085978496, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff
};

/* No clock is of 1970: it was never set, and the time of arrival stands for it. */
static int64_t
export_ms(uint32_t seconds)
{
    return seconds < 366 * 24 * 3600 ? MS(HOSTILE_SECONDS) : MS(seconds);
}

/*
 * Stamps of uptime: at the export the device has run for @uptime. A stamp lies within half of 2^32 ms of the
 * export, on either side: a flow may end a moment after the header was made, and the count wraps after 49.7
 * days.
 */
static const struct {
    uint32_t uptime, stamp;
    int64_t before_export; /* ms */
} stamps[] = {
    { 1000000, 1000000, 0 },
    { 1000000, 999000, 1000 },
    { 1000000, 0, 1000000 },
    { 1000000, 1000001, -1 },
    { 1000000, 1060000, -60000 },
    { 1000, 0xffffffff, 1001 }, /* begun before the boot, or before the wrap */
    { 0, 0, 0 },
    { 0, 0xfffffc18, 1000 },
    { 0xffffffff, 0xffffffff, 0 },
    { 0xffffffff, 0, -1 },
    { 0xffffffff, 0x80000000, 0x7fffffff },
    { 5, 0x80000005, INT64_C(-2147483648) }, /* exactly half: neither side is nearer */
    { 5, 0x80000006, 0x7fffffff },
};

static void
uptime_stamps(Hostile *self, Protocol protocol, size_t stamp, uint32_t seconds)
{
    static const TemplateField fields[] = { { 0, 22, 4 }, { 0, 21, 4 } };
    int64_t at = export_ms(seconds) - stamps[stamp].before_export;

    case_begin(self, protocol, "%s-export-%u-uptime-%u-stamp-%u", protocol_name(protocol), seconds,
               stamps[stamp].uptime, stamps[stamp].stamp);
    self->seconds = seconds;
    self->uptime = stamps[stamp].uptime;
    if (protocol == PROTOCOL_NETFLOW9) {
        message_open(self);
        template_set(self, HOSTILE_TEMPLATE, fields, 2);
        set_open(self, HOSTILE_TEMPLATE);
        put(self, stamps[stamp].stamp, 4);
        put(self, stamps[stamp].stamp, 4);
        set_close(self);
    } else {
        legacy_open(self, 1);
        put(self, 0, 24); /* in v1, v5 and v7 alike: first and last are behind 24 bytes */
        put(self, stamps[stamp].stamp, 4);
        put(self, stamps[stamp].stamp, 4);
        put(self, 0, legacy_record(protocol) - 32);
    }
    expect_records(self, 1);
    expect(self, "last.start_ms", at);
    expect(self, "last.end_ms", at);
    message_close(self);
    case_end(self);
}

/* A stamp of its own kind, start (@id) and end (@id + 1), and what it means. */
typedef struct Stamp {
    const char *name;
    uint16_t id, length;
    uint32_t seconds; /* of the header */
    uint64_t value;
    int64_t ms;
} Stamp;

#define NOW          HOSTILE_SECONDS
#define ERA          UINT64_C(2208988800)                  /* 1900 to 1970 */
#define NTP(seconds) ((((uint64_t)(seconds) + ERA) << 32)) /* modulo 2^64: NTP's next era begins in 2036 */
#define LATEST       INT64_C(253402300799999)              /* 9999-12-31T23:59:59.999Z */

/* A flow that seems to be of 1970, or of no year at all, was at its export: that is what devices without a
 * clock send. */
static const Stamp kinds[] = {
    { "seconds-0", 150, 4, NOW, 0, MS(NOW) },
    { "seconds-1", 150, 4, NOW, 1, 1000 },
    { "seconds-2p31-less-1", 150, 4, NOW, 0x7fffffff, MS(0x7fffffff) },
    { "seconds-2p31", 150, 4, NOW, 0x80000000, MS(0x80000000) },
    { "seconds-2p32-less-1", 150, 4, NOW, 0xffffffff, MS(0xffffffff) },
    { "seconds-in-8-bytes", 150, 8, NOW, NOW - 5, MS(NOW - 5) },
    { "seconds-2p63", 150, 8, NOW, UINT64_C(1) << 63, MS(NOW) },
    { "seconds-2p64-less-1", 150, 8, NOW, UINT64_MAX, MS(NOW) },
    { "milliseconds-0", 152, 8, NOW, 0, MS(NOW) },
    { "milliseconds-1", 152, 8, NOW, 1, 1 },
    { "milliseconds-2038", 152, 8, NOW, UINT64_C(0x80000000) * 1000, MS(0x80000000) },
    { "milliseconds-2106", 152, 8, NOW, UINT64_C(0x100000000) * 1000, MS(0x100000000) },
    { "milliseconds-9999", 152, 8, NOW, LATEST, LATEST },
    { "milliseconds-10000", 152, 8, NOW, LATEST + 1, MS(NOW) },
    { "milliseconds-2p63", 152, 8, NOW, UINT64_C(1) << 63, MS(NOW) },
    { "milliseconds-2p64-less-1", 152, 8, NOW, UINT64_MAX, MS(NOW) },
    { "milliseconds-in-4-bytes", 152, 4, NOW, 5000, 5000 },
    { "microseconds-0", 154, 8, NOW, 0, MS(NOW) },
    { "microseconds-now", 154, 8, NOW, NTP(NOW) | 0x80000000, MS(NOW) + 500 },
    { "microseconds-1970", 154, 8, NOW, NTP(0), MS(NOW) },
    { "microseconds-1970-and-1", 154, 8, NOW, NTP(1), 1000 },
    { "microseconds-last-of-era", 154, 8, 2085978500, NTP(2085978495), MS(2085978495) },
    { "microseconds-first-of-era", 154, 8, 2085978500, NTP(2085978496) | 1, MS(2085978496) },
    { "microseconds-0-told-in-2040", 154, 8, 2208988800, 0, MS(2208988800) },
    { "microseconds-0-of-the-next-era-told-in-2026", 154, 8, NOW, UINT64_C(1) << 32, MS(NOW) },
    { "microseconds-2040", 154, 8, 2208988800, NTP(2208988790), MS(2208988790) },
    { "microseconds-before-2036-told-in-2040", 154, 8, 2208988800, NTP(2085978000), MS(2085978000) },
    { "nanoseconds-now", 156, 8, NOW, NTP(NOW) | 0x40000000, MS(NOW) + 250 },
    { "nanoseconds-2040", 156, 8, 2208988800, NTP(2208988790), MS(2208988790) },
    { "microseconds-2106", 154, 8, 0xffffffff, NTP(0xfffffff0), MS(0xfffffff0) },
    { "delta-0", 158, 4, NOW, 0, MS(NOW) },
    { "delta-999", 158, 4, NOW, 999, MS(NOW) },
    { "delta-1000", 158, 4, NOW, 1000, MS(NOW) - 1 },
    { "delta-2p32-less-1", 158, 4, NOW, 0xffffffff, MS(NOW) - 4294967 },
    { "delta-2p64-less-1", 158, 8, NOW, UINT64_MAX, MS(NOW) - UINT32_MAX },
    { "delta-told-in-1970", 158, 4, 1, 2000000, MS(NOW) - 2000 },
};

static void
kind_of_stamp(Hostile *self, Protocol protocol, const Stamp *stamp)
{
    const TemplateField fields[] = { { 0, stamp->id, stamp->length },
                                     { 0, (uint16_t)(stamp->id + 1), stamp->length } };

    case_begin(self, protocol, "%s-%s", protocol_name(protocol), stamp->name);
    self->seconds = stamp->seconds;
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, fields, 2);
    set_open(self, HOSTILE_TEMPLATE);
    put(self, stamp->value, stamp->length);
    put(self, stamp->value, stamp->length);
    set_close(self);
    expect_records(self, 1);
    expect(self, "last.start_ms", stamp->ms);
    expect(self, "last.end_ms", stamp->ms);
    message_close(self);
    case_end(self);
}

/* The end before the start: the flow has no negative length. */
static void
backwards(Hostile *self, Protocol protocol, uint64_t start, uint64_t end)
{
    static const TemplateField fields[] = { { 0, 152, 8 }, { 0, 153, 8 } };

    case_begin(self, protocol, "%s-from-%" PRIu64 "-to-%" PRIu64, protocol_name(protocol), start, end);
    message_open(self);
    template_set(self, HOSTILE_TEMPLATE, fields, 2);
    set_open(self, HOSTILE_TEMPLATE);
    put(self, start, 8);
    put(self, end, 8);
    set_close(self);
    expect_records(self, 1);
    expect(self, "last.start_ms", (int64_t)MIN(start, end));
    expect(self, "last.end_ms", (int64_t)end);
    message_close(self);
    case_end(self);
}

void
hostile_times(Hostile *self)
{
    static const Protocol with_uptime[] = { PROTOCOL_NETFLOW1, PROTOCOL_NETFLOW5, PROTOCOL_NETFLOW7,
                                            PROTOCOL_NETFLOW9 };

    for (size_t p = 0; p < G_N_ELEMENTS(with_uptime); p++) {
        for (size_t i = 0; i < G_N_ELEMENTS(edges); i++)
            uptime_stamps(self, with_uptime[p], 1, edges[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(stamps); i++)
            uptime_stamps(self, with_uptime[p], i, HOSTILE_SECONDS);
    }
    for
        BOTH(protocol)
        {
            for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
                kind_of_stamp(self, protocol, &kinds[i]);
            backwards(self, protocol, MS(NOW), MS(NOW) - 1);
            backwards(self, protocol, MS(NOW), 1);
            backwards(self, protocol, LATEST, 1);
        }
}
