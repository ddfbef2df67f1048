/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter.h - who sends, how well, and what became of everything they sent
 *
 * The books: for every exporter, datagrams received = decoded + refused, and each refusal has a reason. Owned
 * by the intake thread; other threads read an immutable ExporterSnapshot that the intake thread makes once a
 * second.
 */
#pragma once
#include <jansson.h>
#include "collector/flow.h"

/* reason, name in JSON and metrics, in words. A new reason is one more line here. */
#define REFUSALS(X)                                                                                          \
    X(NOT_ALLOWED, "not_allowed", "the sender is not on the list of exporters")                              \
    X(EXPORTER_QUOTA, "exporter_quota", "too many exporters, or too many new ones in a minute")              \
    X(DOMAIN_QUOTA, "domain_quota", "more observation domains than one exporter may have")                   \
    X(TOO_SHORT, "too_short", "shorter than the header of its protocol")                                     \
    X(VERSION, "unknown_version", "the version word is of no protocol known here")                           \
    X(HEADER_LENGTH, "header_length", "the length in the header does not fit the datagram")                  \
    X(HEADER_COUNT, "header_count", "more records announced than the datagram can hold")                     \
    X(SET_LENGTH, "set_length", "a set or sample runs past its datagram, or is shorter than its own header") \
    X(SET_ID, "set_id", "a set with a reserved id")                                                          \
    X(TEMPLATE_SYNTAX, "template_syntax", "a template that is cut short or contradicts itself")              \
    X(TEMPLATE_EMPTY, "template_empty", "a template whose records would have no length")                     \
    X(TEMPLATE_QUOTA, "template_quota",                                                                      \
      "more templates, fields or template bytes than one exporter may have")                                 \
    X(WITHDRAWAL, "withdrawal", "a template withdrawal over UDP, which RFC 7011 section 8.4 forbids")        \
    X(WITHDRAWAL_UNKNOWN, "withdrawal_unknown", "the withdrawal of a template that was not announced")       \
    X(REDEFINED, "redefined",                                                                                \
      "a template id given another meaning without withdrawing the first (over TCP)")                        \
    X(WITHDRAWN, "withdrawn", "data whose template is not known, or was withdrawn before")                   \
    X(STREAM_VERSION, "stream_version", "no IPFIX message begins where one must; only IPFIX goes over TCP")  \
    X(TORN, "torn", "a message of which the connection brought the beginning only")                          \
    X(RECORD_LENGTH, "record_length", "a record that runs past its set")                                     \
    X(LIST_SYNTAX, "list_syntax", "a list in a record (RFC 6313) that contradicts itself or nests too deep") \
    X(LIST_TEMPLATE, "list_template", "a list of records whose template is not known")                       \
    X(LIST_WORK, "list_work", "a list that costs more to read than its length allows")                       \
    X(SAMPLE_SYNTAX, "sample_syntax", "an sFlow sample that contradicts itself")                             \
    X(WORK_QUOTA, "work_quota", "more records, templates or sets than one datagram may make us work on")     \
    X(NAME_QUOTA, "name_quota", "more names or sampling rates than one exporter may have")

typedef enum Refusal {
#define X(id, name, words) REFUSED_##id,
    REFUSALS(X)
#undef X
        N_REFUSALS
} Refusal;
const char *refusal_name(Refusal reason);
const char *refusal_words(Refusal reason);

/* What became of what was received. All in the units of the name; nothing is counted twice. */
typedef struct Books {
    uint64_t datagrams;     /* received */
    uint64_t bytes;         /* of them, UDP payload */
    uint64_t decoded;       /* datagrams of which nothing was refused as a whole */
    uint64_t records;       /* flow records (sFlow: flow samples) decoded on arrival */
    uint64_t sequence_lost; /* in the unit of the protocol's sequence: records (v5, IPFIX), datagrams (v9,
                               sFlow) */
    uint64_t lost_records;  /* the same in records: gaps in datagrams times their usual number of records */
    uint64_t
        refused[N_REFUSALS]; /* reason -> datagrams refused as a whole; their sum + decoded = datagrams */
    uint64_t malformed[N_REFUSALS]; /* reason -> parts (sets, templates, records) given up within decoded
                                       datagrams */
    uint64_t templates, options_templates; /* definitions received, repeats included */
    uint64_t withdrawals;                  /* templates that were withdrawn, over TCP or TLS */
    uint64_t options_records;
    uint64_t counter_samples, discard_samples;
    uint64_t missing_template_sets;        /* data sets whose template was not known on arrival */
    uint64_t held_sets, held_dropped_sets; /* of those: kept for later; given up (bound or age) */
    uint64_t late_records; /* records of held sets, decoded when the template came; not in @records */
    uint64_t sequence_resets, sequence_reordered, sequence_duplicates;
    uint64_t
        connections_forgotten; /* open ones of firewalls and translators, for which the table was too small */
    uint64_t queue_full_records; /* decoded, but the scoring queue was full */
    uint64_t given_up_records;   /* of sets that were too much work, where their number is known */
} Books;

typedef struct BooksTotals {
    Books all;             /* sum over all exporters and refused senders */
    uint64_t kernel_drops; /* datagrams that the kernel dropped at our sockets */
    /* Of them, those that no gap of a sequence shows (yet), and the records in them as it is usual for their
     * socket: what is lost is @all.lost_records + @unseen_records. See loss.h. */
    uint64_t unseen_drops, unseen_records;
    uint32_t exporters, refused_senders;
} BooksTotals;

/* Sums @from into @to. */
void books_totals_add(BooksTotals *to, const BooksTotals *from);

typedef struct Exporter Exporter;
typedef struct ExporterTable ExporterTable;

uint32_t exporter_table_count(const ExporterTable *self);
/* Lends. NULL when @index is too large. */
const Exporter *exporter_table_get(const ExporterTable *self, uint32_t index);
/* What FlowRecord.exporter says of its records: unique over all decoders that share a directory. */
uint32_t exporter_number(const Exporter *self);
IpAddress exporter_address(const Exporter *self);
const Books *exporter_books(const Exporter *self);
/* "v9", "ipfix", ... of the last datagram; static. */
const char *exporter_protocol(const Exporter *self);

/* The JSON object of the API's resource "exporter" (shape: web/openapi.json), with the diagnosis in words.
 * Intake thread. The caller owns it. @now is our clock. */
json_t *exporter_to_json(const Exporter *self, WallTime now);
/* The same without what may be long: its interfaces and VRFs. For lists. */
json_t *exporter_summary_to_json(const Exporter *self, WallTime now);
/* Those whose datagrams were refused because they are no exporters, with what would make them some:
 * [{address, datagrams, reason, hint}], the heaviest first; the caller owns it. */
json_t *exporter_table_refused_to_json(const ExporterTable *self);
/* The object `books` of `decode --summary` and of the API's status: received, decoded, refused, difference,
 * ... */
json_t *books_to_json(const Books *books);
