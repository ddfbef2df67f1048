/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decoder.h - a datagram goes in, flow records come out
 *
 * The version word decides the format, on any port. Per exporter and observation domain the decoder keeps
 * what the exporter has told: templates, sampling, interface names, its clock and its place in the sequence.
 * A bad datagram is counted under its reason in the exporter's books and harms nothing else. One thread; no
 * I/O.
 */
#pragma once
#include "collector/exporter-directory.h"
#include "collector/exporter-rule.h"
#include "collector/exporter.h"
#include "collector/flow.h"
#include "collector/record.h"
#include "collector/session.h"
#include "collector/shuffle.h"

typedef struct Decoder Decoder;

typedef struct Datagram {
    const uint8_t
        *bytes; /* lent for the call; at least DATAGRAM_SLACK readable bytes lie behind the last one */
    size_t length;
    IpAddress source;
    uint16_t source_port;
    WallTime received;
    uint64_t drops;   /* the kernel's count of drops at its socket when it was queued there; see loss.h */
    uint8_t socket;   /* which one, below DATAGRAM_SOCKETS */
    Session *session; /* which message stream it is from; NULL: it came as a datagram */
} Datagram;
/* Receivers leave this much room behind a datagram, so that wide loads may run over its end. */
enum { DATAGRAM_SLACK = 128, DATAGRAM_MOST = 65536, DATAGRAM_SOCKETS = 64 };

/* Who wants what comes out. Every pointer but @user may be NULL. Called from the decoder's thread. */
typedef struct DecoderSink {
    void *user;
    /* A full batch, or one flushed by decoder_flush. Takes @batch and gives the next one to fill (never NULL;
     * the sink counts what it had to drop). */
    FlowBatch *(*flows)(void *user, FlowBatch *batch);
    /* Every data record as it was on the wire, element by element; only `talaya decode` asks for it. */
    void (*record)(void *user, const RecordView *record);
} DecoderSink;

typedef struct DecoderConf {
    const IpPrefix *allowed; /* who may send; borrowed */
    size_t n_allowed;
    bool allow_all; /* captures named on the command line */
    /* Bounds: what one exporter may make us keep, and how many exporters there may be. 0 means the default.
     */
    uint32_t max_exporters, max_new_exporters_per_minute;
    uint32_t max_domains, max_templates, max_fields, max_template_bytes, max_held_bytes;
    uint32_t max_connections;   /* of firewalls and translators, of all exporters together */
    uint32_t sampling_override; /* operator's rate for all exporters; 0: none */
    const ExporterRules *rules; /* the operator's words on single ones; borrowed; NULL: none */
    uint64_t hash_seed;         /* keys the hash tables; random in the daemon, fixed in tests */
    ShuffleVersion shuffles;    /* how records are read; 0: the fastest way that the processor has */
    const ElementModel
        *model; /* borrowed, for several decoders may share it; NULL: the decoder makes its own */
    /* Several decoders side by side share one (borrowed): their exporters have different numbers then, and
     * the bounds on exporters hold for all together. NULL: the decoder makes its own. */
    ExporterDirectory *directory;
    /* Whom of those in a state file this decoder restores, as it is the one that will hear them; NULL: all.
     */
    bool (*hears)(const void *user, const IpAddress *source);
    const void *hears_user;
} DecoderConf;

/* Copies @conf but borrows what it points to, @sink's user included. */
Decoder *decoder_new(const DecoderConf *conf, const DecoderSink *sink);
void decoder_free(Decoder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)
/* Forgets all that was learned and counted, as if new; no session is open. For who needs very many of them,
 * one after the other: a new one costs a hundred times as much. */
void decoder_forget(Decoder *self);

/*
 * Optional: @source sends the datagram that comes DECODER_AHEAD calls of decoder_datagram later. Receivers
 * that have several at hand say so before each, and what is known of the sender is in the cache by then.
 */
enum { DECODER_AHEAD = 4 };
void decoder_expect(Decoder *self, const IpAddress *source);
/* Decodes one datagram. False if it was refused as a whole (counted under its reason). */
bool decoder_datagram(Decoder *self, const Datagram *datagram);

/* May @address send at all? For receivers that can turn a sender away before it has sent. */
bool decoder_admits(const Decoder *self, const IpAddress *address);
/*
 * A connection begins: what comes in it is given with Datagram.session, one message at a time. Lends; lives
 * until decoder_end_session. NULL with @why when @peer may not send, or there may be no more exporters now.
 */
Session *decoder_begin_session(Decoder *self, const SessionPeer *peer, WallTime now, Refusal *why);
/* It is over, and with it its templates. @torn: the bytes of a last message that never became whole. */
void decoder_end_session(Decoder *self, Session *session, size_t torn, WallTime now);

/* Hands the batch in work to the sink even if it is not full; ages templates, held data and silent exporters.
 */
void decoder_flush(Decoder *self, WallTime now);
/* The same at the end of the input: goes on until nothing is left to decode. */
void decoder_finish(Decoder *self, WallTime now);
/* Tells the books what only the listener knows: that the kernel's count of drops at @socket has grown, that
 * it had joined so many datagrams into one there, and what the queue behind us could not take. */
void decoder_count_kernel_drops(Decoder *self, uint8_t socket, uint64_t fresh);
void decoder_count_joined(Decoder *self, uint8_t socket, uint32_t datagrams);
void decoder_count_queue_full(Decoder *self, const FlowBatch *dropped);
/* Datagrams that the kernel has dropped at @socket; reckoned where it had joined some. */
uint64_t decoder_socket_drops(const Decoder *self, uint8_t socket);

/* What is known of the exporters; valid until the decoder is freed, index stable for its life. */
const ExporterTable *decoder_exporters(const Decoder *self);
/* Totals over all exporters and the refused senders; see BooksTotals in exporter.h. */
void decoder_totals(const Decoder *self, BooksTotals *out);

/* The state that survives a restart, as bytes for a state file (statefile.h): templates, sampling, samplers,
 * interface and VRF names, boot time, sequence position, clock skew. */
GBytes *decoder_save(Decoder *self);
/* The same exporter by exporter: adds the next one to @out, which is empty at first. True: it is whole. */
bool decoder_save_next(Decoder *self, GByteArray *out);
/* What several decoders have saved, as one state; any of them restores its part of it. */
GBytes *decoder_join_states(GBytes *const *states, size_t n);
/* Restores it, marked as provisional until the wire confirms. The bytes are not trusted: false, with a
 * reason, when they make no sense; what was read up to there is kept. */
bool decoder_restore(Decoder *self, GBytes *state, GError **error);
/* True when something worth keeping changed since the last decoder_save. */
bool decoder_has_changed(const Decoder *self);
