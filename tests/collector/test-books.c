/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-books.c - what was sent = what was decoded + what is named as lost, to the record, whatever the
 * network does
 *
 * A sender of each protocol numbers its datagrams; a network, seeded, loses, doubles and overtakes them,
 * delays the template, and restarts sender and decoder. The books must say exactly what the network has done.
 * Only what nobody could know is spared: a loss before the first datagram, behind the last, or across a
 * restart of the sender.
 */
#include "collector/exporter-private.h"
#include "tests/collector/fixture.h"

enum { DATAGRAMS = 200, SEEDS = 200, SHIELD = 12 };

typedef struct Sent {
    GBytes *bytes;
    uint32_t records;
    bool has_template;
} Sent;

typedef struct Network {
    GRand *rand;
    Protocol protocol;
    Fixture fixture;
    Sent sent[DATAGRAMS];
    uint8_t shielded[DATAGRAMS];                      /* no fault here */
    uint32_t sender_restarts_at, decoder_restarts_at; /* before this one; DATAGRAMS: never */
    /* what was done */
    uint64_t lost_units, lost_records, doubled, doubled_records, sent_records;
    Books before; /* of the decoder that was replaced */
} Network;

static bool
counts_datagrams(Protocol protocol)
{
    return protocol == PROTOCOL_NETFLOW9 || protocol == PROTOCOL_SFLOW;
}

/* ---- the sender ---- */

static void
pen_v5(Pen *pen, uint32_t uptime, uint32_t sequence, uint32_t records)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 5, 2);
    pen_put(pen, records, 2);
    pen_put(pen, uptime, 4);
    pen_put(pen, 1700000000 + uptime / 1000, 4);
    pen_put(pen, 0, 4);
    pen_put(pen, sequence, 4);
    pen_put(pen, 0, 4);
    for (uint32_t i = 0; i < records * 48; i += 8)
        pen_put(pen, 1, 8);
}

static void
pen_records(Pen *pen, uint32_t records, bool with_template)
{
    static const uint16_t layout[] = { 8, 4, 1, 4, 0 };

    if (with_template)
        pen_template_set(pen, 300, layout);
    size_t set = pen_set(pen, 300);
    for (uint32_t i = 0; i < records; i++) {
        pen_ip(pen, "198.51.100.1");
        pen_put(pen, 1000, 4);
    }
    pen_end(pen, set);
}

static void
pen_sflow(Pen *pen, uint32_t uptime, uint32_t sequence, uint32_t records)
{
    *pen = (Pen){ 0 };
    pen_put(pen, 5, 4);
    pen_put(pen, 1, 4);
    pen_ip(pen, "192.0.2.1");
    pen_put(pen, 0, 4);
    pen_put(pen, sequence, 4);
    pen_put(pen, uptime, 4);
    pen_put(pen, records, 4);
    for (uint32_t i = 0; i < records; i++) {
        pen_put(pen, 1, 4);
        pen_put(pen, 32, 4);
        for (int k = 0; k < 7; k++)
            pen_put(pen, 1, 4);
        pen_put(pen, 0, 4);
    }
}

static void
send_all(Network *self, uint32_t templates_from)
{
    uint32_t sequence = (uint32_t)g_rand_int(self->rand), uptime = 100000000;

    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        uint32_t records = (uint32_t)g_rand_int_range(self->rand, 1, 25);
        bool has_template = i >= templates_from && (i - templates_from) % 10 == 0;
        Pen pen;

        if (i == self->sender_restarts_at) {
            sequence = 0;
            uptime = 1000;
        }
        if (self->protocol == PROTOCOL_NETFLOW5) {
            pen_v5(&pen, uptime, sequence, records);
        } else if (self->protocol == PROTOCOL_SFLOW) {
            pen_sflow(&pen, uptime, sequence, records);
        } else if (self->protocol == PROTOCOL_NETFLOW9) {
            pen_v9(&pen, uptime, 1700000000 + i / 10, sequence, 1);
            pen_records(&pen, records, has_template);
        } else {
            pen_ipfix(&pen, 1700000000 + i / 10, sequence, 1);
            pen_records(&pen, records, has_template);
        }
        self->sent[i] = (Sent){ g_bytes_new(pen.bytes, pen.n), records, has_template };
        self->sent_records += records;
        sequence += counts_datagrams(self->protocol) ? 1 : records;
        uptime += 100;
    }
}

/* ---- the network ---- */

static void
shield(Network *self, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < MIN(to, (uint32_t)DATAGRAMS); i++)
        self->shielded[i] = true;
}

static void
hand_over(Network *self, const Sent *sent)
{
    gsize length;
    const void *bytes = g_bytes_get_data(sent->bytes, &length);

    self->fixture.now_ms += 100;
    g_assert_true(fixture_send_bytes(&self->fixture, bytes, length));
}

static void
restart_decoder(Network *self)
{
    const DecoderConf conf = { .allow_all = true };
    g_autoptr(GBytes) state = decoder_save(self->fixture.decoder);
    int64_t now_ms = self->fixture.now_ms;

    self->before = fixture_books(&self->fixture);
    fixture_clear(&self->fixture);
    fixture_init_with(&self->fixture, &conf);
    self->fixture.now_ms = now_ms;
    g_assert_true(decoder_restore(self->fixture.decoder, state, NULL));
}

static void
lose(Network *self, const Sent *sent)
{
    self->lost_records += sent->records;
    self->lost_units += counts_datagrams(self->protocol) ? 1 : sent->records;
}

/* Up to four datagrams overtake this one. */
static void
carry(Network *self)
{
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        bool may_fail = !self->shielded[i] && !self->shielded[MIN(i + 5, DATAGRAMS - 1u)];
        double dice = g_rand_double(self->rand);
        uint32_t distance = (uint32_t)g_rand_int_range(self->rand, 1, 5);

        if (i == self->decoder_restarts_at)
            restart_decoder(self);
        if (may_fail && dice < 0.05) {
            lose(self, &self->sent[i]);
            continue;
        }
        if (may_fail && dice < 0.12) { /* later: it takes the place of one that comes before it then */
            const Sent late = self->sent[i];
            memmove(&self->sent[i], &self->sent[i + 1], distance * sizeof late);
            self->sent[i + distance] = late;
            shield(self, i, i + distance + 5);
        }
        hand_over(self, &self->sent[i]);
        if (may_fail && dice > 0.95) {
            hand_over(self, &self->sent[i]);
            self->doubled++;
            self->doubled_records += self->sent[i].records;
        }
    }
    decoder_finish(self->fixture.decoder, (WallTime){ self->fixture.now_ms });
}

static void
check(Network *self, uint64_t seed)
{
    Books books = fixture_books(&self->fixture);
    uint64_t n_restarts = self->sender_restarts_at < DATAGRAMS;

    books_add(&books, &self->before);
    uint64_t decoded = books.records + books.late_records;
    if (decoded + self->lost_records != self->sent_records + self->doubled_records ||
        books.sequence_lost != self->lost_units || books.sequence_duplicates != self->doubled ||
        books.sequence_resets != n_restarts)
        g_error("%s, seed %" G_GUINT64_FORMAT ": sent %" G_GUINT64_FORMAT
                " records, decoded %" G_GUINT64_FORMAT ", doubled %" G_GUINT64_FORMAT
                ", lost %" G_GUINT64_FORMAT " (units: %" G_GUINT64_FORMAT ", said: %" G_GUINT64_FORMAT
                "), duplicates %" G_GUINT64_FORMAT " said %" G_GUINT64_FORMAT ", resets %" G_GUINT64_FORMAT
                " said %" G_GUINT64_FORMAT,
                protocol_name(self->protocol), seed, self->sent_records, decoded, self->doubled_records,
                self->lost_records, self->lost_units, books.sequence_lost, self->doubled,
                books.sequence_duplicates, n_restarts, books.sequence_resets);
    for (int i = 0; i < N_REFUSALS; i++)
        g_assert_cmpuint(books.malformed[i], ==, 0);
    g_assert_cmpuint(books.held_dropped_sets, ==, 0);
}

static void
balance(Protocol protocol, uint64_t seed)
{
    Network self = { .rand = g_rand_new_with_seed((guint32)seed), .protocol = protocol };
    bool has_templates = protocol == PROTOCOL_NETFLOW9 || protocol == PROTOCOL_IPFIX;
    const DecoderConf conf = { .allow_all = true };
    uint32_t middle = DATAGRAMS / 2;

    fixture_init_with(&self.fixture, &conf);
    self.fixture.port = 2055;
    self.sender_restarts_at = self.decoder_restarts_at = DATAGRAMS;
    if (seed % 3 == 1)
        self.sender_restarts_at = (uint32_t)g_rand_int_range(self.rand, 30, (gint32)middle);
    if (seed % 4 == 1)
        self.decoder_restarts_at = (uint32_t)g_rand_int_range(self.rand, (gint32)middle, DATAGRAMS - 30);
    uint32_t late = has_templates && seed % 2 == 1 ? (uint32_t)g_rand_int_range(self.rand, 1, 20) : 0;
    shield(&self, 0, late + 2);
    shield(&self, DATAGRAMS - SHIELD, DATAGRAMS);
    shield(&self, self.sender_restarts_at - SHIELD, self.sender_restarts_at + SHIELD);
    shield(&self, self.decoder_restarts_at - SHIELD, self.decoder_restarts_at + SHIELD);
    send_all(&self, late);
    carry(&self);
    check(&self, seed);
    for (uint32_t i = 0; i < DATAGRAMS; i++)
        g_bytes_unref(self.sent[i].bytes);
    fixture_clear(&self.fixture);
    g_rand_free(self.rand);
}

static void
test_the_books_balance(gconstpointer protocol)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        balance((Protocol)GPOINTER_TO_UINT(protocol), seed);
}

int
main(int argc, char **argv)
{
    static const Protocol protocols[] = { PROTOCOL_NETFLOW5, PROTOCOL_NETFLOW9, PROTOCOL_IPFIX,
                                          PROTOCOL_SFLOW };

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        g_autofree char *path =
            g_strdup_printf("/collector/books/%s-sent-is-decoded-and-lost", protocol_name(protocols[i]));
        g_test_add_data_func(path, GUINT_TO_POINTER(protocols[i]), test_the_books_balance);
    }
    return g_test_run();
}
