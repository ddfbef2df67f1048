/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exporter-private.h - what the decoder keeps of each exporter and of each of its observation domains
 *
 * For the files that decode and those that save or show this state; everybody else uses exporter.h. Intake
 * thread only. All that a sender can make grow has a bound in ExporterLimits or in an enum here.
 */
#pragma once
#include "collector/base/number-map.h"
#include "collector/connection.h"
#include "collector/exporter-directory.h"
#include "collector/exporter-rule.h"
#include "collector/exporter-twin.h"
#include "collector/exporter.h"
#include "collector/held.h"
#include "collector/loss.h"
#include "collector/interface.h"
#include "collector/port-watch.h"
#include "collector/quirk.h"
#include "collector/record.h"
#include "collector/refused-senders.h"
#include "collector/sampling.h"
#include "collector/sequence-unit.h"
#include "collector/session.h"
#include "collector/template-cache.h"
#include "collector/type-info.h"
#include "collector/uptime.h"
#include "collector/vendor-evidence.h"

#include <stddef.h>

enum {
    EXPORTER_INTERFACES_MOST = 4096, /* names */
    EXPORTER_VRFS_MOST = 1024,
    EXPORTER_APPLICATIONS_MOST = 4096,
    EXPORTER_NAME_MOST = 255,       /* bytes of a name, the rest is cut off */
    ALL_TEMPLATE_BYTES = 256 << 20, /* of all exporters together, whatever each may have */
    ALL_HELD_BYTES = 128 << 20,
    EXPORTER_TOLD_BYTES = 4 << 20,  /* names, sampling rates: what options data has told */
    ALL_TOLD_BYTES = 256 << 20,     /* likewise, and domains, of all exporters together */
    RATE_SETTLES_MS = 10 * 1000,    /* a rate of the records themselves has changed when it stays so long */
    RATE_MIXED_MS = 10 * 60 * 1000, /* how long they count as mixed */
    SKEW_SAMPLES = 15,
    SKEW_CORRECTED_MS = 1500, /* less is the header's own coarseness: whole seconds */
    SKEW_AGREES_MS = 2000,    /* how far apart the middle half of them may be */
    RATE_SECONDS = 10,
    EXPORTER_MASKS_USUAL = 320,   /* bytes of a shuffle; to ask it would be a touch */
    LATELY_MS = 5 * 60 * 1000,    /* loss of the last one or two of these is told beside that of all time */
    FRAGMENT_OCTETS = 1472,       /* what is left of an Ethernet frame behind the headers of IPv4 and UDP */
    PORT_SILENT_MS = 3600 * 1000, /* a sender told by its port that is silent for so long is gone... */
    PORT_YIELDS_MS = 60 * 1000,   /* ...and when there is no room, for so long */
    PORT_YIELDS_EACH_MS = 1000,   /* room is looked for so often */
};

typedef struct ExporterLimits {
    uint32_t exporters, domains, templates, fields, template_bytes, held_bytes;
    uint32_t connections; /* of firewalls and translators, of all exporters together */
} ExporterLimits;

/* Why several senders are seen behind one address. */
typedef enum PortsSplit {
    SPLIT_NOT = 0,
    SPLIT_TEMPLATES, /* their templates contradict each other */
    SPLIT_SEQUENCE,  /* they count each for itself */
    SPLIT_OPERATOR,  /* ports=separate */
    N_SPLITS
} PortsSplit;

/* Owned by its exporter. */
struct Session {
    Exporter *exporter; /* borrowed */
    Transport transport;
    uint16_t port;
    int64_t opened_ms; /* our clock */
    uint64_t messages, bytes;
    char *name;        /* of its certificate; NULL: it has none */
    NumberMap domains; /* id -> borrowed Domain */
};

/* Memory that what an exporter tells may take: his own bound, and that of all exporters together. */
typedef struct ToldBudget ToldBudget;
struct ToldBudget {
    ToldBudget *all; /* borrowed; NULL in itself */
    size_t bytes, most_bytes;
};
/* False, and nothing is taken, when it would be too much. Negative @bytes gives back. */
bool told_budget_take(ToldBudget *self, int64_t bytes);

/* What a datagram says of the stream that it belongs to. */
typedef struct StreamKey {
    Protocol protocol;
    uint32_t id;
    IpAddress agent;  /* sFlow: who sampled, whoever sent it; zeros elsewhere */
    Session *session; /* borrowed; NULL: datagrams */
    uint16_t port;
} StreamKey;

/* One stream of an exporter: its own templates, clock and sequence. */
struct Domain {
    Protocol protocol;
    uint32_t id;
    IpAddress agent;    /* as in StreamKey */
    Session *session;   /* borrowed: the domain ends with it; NULL: datagrams */
    bool has_withdrawn; /* what an unknown id meant may be over: its data must not wait for a new meaning */
    uint16_t port;      /* 0: any; else several senders share the address, see exporter_domain */
    uint16_t port_conflicts; /* how often a template was changed by another port than the one before */
    bool provisional;        /* restored, and nothing heard since */
    PortsSplit split;
    PortWatch ports;
    uint64_t lost_before_ports; /* @sequence_lost when the last new port appeared */
    int64_t heard_ms;           /* our clock */
    Uptime uptime;
    uint32_t reboots;
    int64_t rebooted_ms; /* our clock, the last one */
    int64_t init_ms;     /* boot time that the exporter has told in options data; 0: not told */
    int64_t boot_ms;     /* boot time as the last header gave it, or guessed; 0: unknown */
    TemplateCache templates;
    SequenceStream sequence;
    Sampling sampling;
    uint64_t sequence_lost;
    uint64_t records;
    uint32_t held_sets;
    int64_t missing_since_ms; /* our clock; 0: no set waits for its template */
    uint32_t header_rate;     /* v5 header */
};

typedef struct InterfaceName {
    char *name, *description; /* owned, UTF-8; NULL where not told */
    uint64_t speed;           /* bits per second; 0: not told */
    InterfaceUsage *usage;    /* owned; NULL: no counters have come */
} InterfaceName;

typedef struct ApplicationName {
    char *name, *description; /* owned, UTF-8; @description is NULL where not told */
} ApplicationName;

/* What sequence numbers say, by what they count. */
typedef struct LossCounts {
    int64_t at_ms; /* our clock */
    uint64_t lost_records, records, lost_datagrams, datagrams;
} LossCounts;

struct Exporter {
    /* What each datagram touches, in few lines; see exporter_fetch. */
    IpAddress address;
    uint32_t index;            /* in its table */
    uint32_t number;           /* over all tables, in the directory; what records say */
    const ExporterRule *rule;  /* borrowed; NULL: the operator has none for it */
    GPtrArray *domains;        /* owned Domain */
    Domain *last_domain;       /* lent from it */
    int64_t first_ms, last_ms; /* our clock, received */
    int64_t shift_ms;          /* its times are moved back by that; 0 unless the operator asks for it */
    uint64_t drops;            /* the kernel's count that came with the last datagram; see loss.h */
    uint8_t socket;            /* where it came */
    bool is_heard;             /* by this process */
    bool is_restored;          /* it was known to an earlier process, its place in its sequence too */
    bool has_agents;           /* it passes on the sFlow of several: interfaces of one number may differ */
    uint8_t rate_source;       /* SamplingSource of @rate */
    uint32_t rate;             /* of the last record; 0: unknown */
    uint32_t operator_rate;    /* of all its records; 0: none */
    Protocol protocol;         /* of the last datagram */
    Transport transport;       /* of the last datagram or message */
    uint32_t n_skew;
    uint32_t active_timeout_s; /* as it says in options data; 0: not told */
    uint64_t octets;           /* of all flow records, not scaled */
    Typical size;              /* records in its datagrams */
    Sampling sampling; /* of all domains together: where a line card's domain does not say it itself */
    RateMap operator_interfaces;   /* of those that enter, or leave, there */
    int64_t skew_ms[SKEW_SAMPLES]; /* export time minus our clock, last datagrams */
    Quirks quirks;
    Books books;
    /* The rest is touched now and then. */
    GHashTable *told_interfaces; /* index -> borrowed InterfaceRule; NULL: the operator has told none */
    NumberMap domain_map;        /* lent from @domains; see exporter_domain */
    int64_t retired_ms;          /* our clock: when senders told by their ports were looked through last */
    GPtrArray *sessions;         /* owned Session, those that are open */
    int64_t session_ended_ms;    /* our clock; 0: none has ended yet */
    IpAddress first_agent;       /* of sFlow; zeros: none has come */
    TemplateBudget budget;
    ToldBudget told;
    uint64_t seed;                        /* keys what the exporter can fill */
    uint32_t rate_before;                 /* of the record whose rate was another one */
    int64_t rate_since_ms, rate_mixed_ms; /* our clock: the last change; the last change back */
    uint32_t rate_settled;                /* the last one in the history; 0: none */
    SamplingHistory sampling_history;
    uint64_t not_sent_flows, ignored_packets; /* lost by itself, as it says in options data */
    VendorEvidence evidence;
    Sighting refused_at[N_REFUSALS]; /* whole datagrams and parts */
    Sighting lost, held_dropped, redefined, queue_full;
    Sighting big; /* datagrams that an Ethernet frame cannot hold... */
    uint32_t biggest;
    TwinWatch twin;
    int64_t template_gap_ms; /* between the last two announcements of a template */
    uint64_t lost_here;      /* of @books.sequence_lost: while the kernel dropped datagrams at our sockets */
    LossCounts loss_before[2]; /* some minutes ago, and before that */
    GHashTable *interfaces;    /* index -> InterfaceName; the keys are exporter_name_key's */
    GHashTable *vrfs;          /* id -> name; likewise */
    bool has_usage;            /* some interfaces have counters */
    NumberMap applications;    /* applicationId -> owned ApplicationName */
    TypeInfo *types;           /* of enterprise elements; NULL: it has told none */
    HeldStore held;
    int64_t skew_saved_ms; /* restored */
    bool has_skew_saved;
    struct {
        int64_t at_ms;
        uint64_t datagrams, records, octets;
        double datagrams_per_s, records_per_s, octets_per_s;
    } pace;
};

struct ExporterTable {
    ExporterLimits limits;
    ConnectionTable *connections; /* NULL until the first event comes */
    TemplateBudget budget;        /* of all exporters */
    ToldBudget told;              /* likewise */
    size_t held_bytes;            /* likewise */
    GQueue due;                   /* HeldSet by age link: their template has come, nobody had time yet */
    uint64_t seed;
    const ExporterRules *rules; /* borrowed; may be NULL */
    uint32_t sampling;          /* the operator's rate for all; 0: none */
    GPtrArray *exporters;       /* owned Exporter, by index */
    uint32_t *slots;            /* open addressing by address: index + 1, 0 free */
    uint32_t n_slots;
    Exporter *last;               /* lent */
    ExporterDirectory *directory; /* borrowed; NULL: numbers are indices */
    int64_t full_minute;          /* when the directory had no room last: it is not asked again in this one */
    Books refused;                /* datagrams of senders that are no exporters */
    RefusedSenders refused_senders;
};

/*
 * Fetches what the next datagram of an exporter will touch into the cache: of some hundred that take turns,
 * nothing of one is there any more when its turn comes. In steps, a datagram apart, each of which finds its
 * way through what the one before has fetched; the last one takes all. The first asks the table only, and
 * lends the one that most likely it is, or NULL; to the others NULL may be given. Inline, for a compiler may
 * drop calls of what has no other effect.
 */
Exporter *exporter_fetch(const ExporterTable *table, const IpAddress *address);

G_ALWAYS_INLINE static inline void
exporter_fetch_lines(const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64)
        __builtin_prefetch((const uint8_t *)from + at);
}

G_ALWAYS_INLINE static inline void
exporter_fetch_domain(const Exporter *self)
{
    if (self != NULL && self->last_domain != NULL) {
        __builtin_prefetch(&self->last_domain->templates);
        __builtin_prefetch(&self->last_domain->sequence);
        __builtin_prefetch(self->domains);
    }
}

G_ALWAYS_INLINE static inline void
exporter_fetch_template(const Exporter *self)
{
    if (self != NULL && self->last_domain != NULL && self->last_domain->templates.last != NULL)
        __builtin_prefetch(&self->last_domain->templates.last->plan);
}

G_ALWAYS_INLINE static inline void
exporter_fetch_all(const Exporter *self)
{
    const Domain *domain = self == NULL ? NULL : self->last_domain;

    if (domain == NULL)
        return;
    exporter_fetch_lines(self, offsetof(Exporter, quirks.seen));
    exporter_fetch_lines(&self->books, offsetof(Books, refused));
    exporter_fetch_lines(domain, offsetof(Domain, sequence.readings));
    exporter_fetch_lines(&domain->sequence.readings[domain->sequence.unit],
                         offsetof(SequenceReading, sequence.gaps));
    exporter_fetch_lines(&domain->sampling, sizeof *domain - offsetof(Domain, sampling));
    const Template *tmpl = domain->templates.last;
    if (tmpl == NULL)
        return;
    exporter_fetch_lines(tmpl, offsetof(Template, plan.steps));
    if (tmpl->plan.shuffle != NULL)
        exporter_fetch_lines(tmpl->plan.shuffle, EXPORTER_MASKS_USUAL);
}

/* Borrows @directory, which may be NULL. */
ExporterTable *exporter_table_new(const ExporterLimits *limits, uint64_t seed, ExporterDirectory *directory);
void exporter_table_free(ExporterTable *self);
/* Lends the exporter with @address, NULL when it is new. */
Exporter *exporter_table_find(ExporterTable *self, const IpAddress *address);
/* Makes it; NULL when there may be no more of them now. @restored ones do not count for the rate of new ones.
 */
Exporter *exporter_table_add(ExporterTable *self, const IpAddress *address, int64_t now_ms, bool restored);
/* Counts a datagram of one that is no exporter. */
void exporter_table_refuse(ExporterTable *self, const IpAddress *sender, size_t bytes, Refusal reason);

PortPolicy exporter_ports(const Exporter *self);
/*
 * Lends; makes it when it is new; NULL when the exporter may have no more than @most. sFlow's streams are
 * told apart by the agent that is named in them too, for one sender may pass on those of many (sFlow version
 * 5, section 5). The port is no part of the key,
 * for a router may come back from another one after a restart (RFC 3954 section 5.1); but once two ports have
 * been seen to take turns in redefining a template of a domain, or to count each for itself, they are two
 * senders behind one address (NAT), and are kept apart. The operator may decide it.
 */
Domain *exporter_domain(Exporter *self, const StreamKey *key, uint32_t most);
/* From here on @domain is that of @port alone. The others get domains of their own with their next datagram.
 */
void domain_split(Exporter *self, Domain *domain, uint16_t port, PortsSplit why);
/* The same without the reason: it was so before. */
void domain_own_port(Exporter *self, Domain *domain, uint16_t port);
typedef bool (*DomainIsGoing)(const Domain *domain, const void *user);
/* Forgets those that are going; what they hold is given up and counted. How many. */
uint32_t exporter_forget_domains(Exporter *self, DomainIsGoing is_going, const void *user);
/* Forgets senders told by their ports that have been silent since @before_ms. How many. */
uint32_t exporter_retire_ports(Exporter *self, int64_t before_ms);
/* Opens one. Lends: it lives until session_end. */
Session *session_begin(Exporter *exporter, const SessionPeer *peer, int64_t now_ms);
/* Ends it: what it had to tell is over. Its domains go, and what they hold is given up and counted. */
void session_end(Session *self, int64_t now_ms);
void session_free(gpointer self); /* for the exporter that owns it */
/* Names come from the network: cut at the first NUL, bounded, made UTF-8. NULL when nothing is left. */
char *exporter_clean_name(const char *text);
/* What the protocol's standard says that sequence numbers count. */
SequenceUnit domain_standard_unit(Protocol protocol);
/* False when there is no room for another name. */
bool exporter_name_interface(Exporter *self, uint32_t index, const char *name, const char *description);
/* The counters of an interface as they are now, and a sampled packet (sFlow) to be compared with them. */
bool exporter_count_interface(Exporter *self, uint32_t index, const InterfaceCounters *counters,
                              int64_t now_ms);
void exporter_sample_interfaces(Exporter *self, const FlowRecord *record);
/* Several agents have interfaces of the same numbers: from now on none of them are counted. */
void exporter_mix_interfaces(Exporter *self);
bool exporter_name_vrf(Exporter *self, uint32_t id, const char *name);
bool exporter_name_application(Exporter *self, uint64_t id, const char *name, const char *description);
/* The key of an index or id in @interfaces or @vrfs; GPOINTER_TO_UINT gives the number back. */
gpointer exporter_name_key(const Exporter *self, uint32_t number);
/* True when @rates, one of this exporter's maps, may have @key: it has it, or there is room. */
bool exporter_has_room(Exporter *self, const RateMap *rates, uint64_t key);
/* Puts a clean copy of @name into @slot; one that says nothing changes nothing. False when there is no room.
 */
bool exporter_rename(Exporter *self, char **slot, const char *name);
/* What a record of options data tells of enterprise elements; they have these names when they are printed
 * from now on. True when that is news. */
bool exporter_learn_types(Exporter *self, const ElementModel *model, const Template *tmpl,
                          const uint8_t *const *at, const uint16_t *lengths);
/* The last record of a set has another rate than the one before. */
void exporter_rate_changed(Exporter *self, const FlowRecord *last, int64_t now_ms);
/* Writes into the history what options data does not tell: a rate of records, headers or the operator that
 * has stayed. */
void exporter_settle_rate(Exporter *self, int64_t now_ms);
bool exporter_is_rate_mixed(const Exporter *self, int64_t now_ms);
/* Export time against our clock, in the middle of the last datagrams; false when unknown. */
bool exporter_skew(const Exporter *self, int64_t *ms);
void exporter_note_skew(Exporter *self, int64_t ms);
/* Sets @shift_ms to the skew where the operator wants it corrected. It moves only with a skew that lasts. */
void exporter_correct_clock(Exporter *self);
/* Held sets that were given up. */
void exporter_count_given_up(Exporter *self, uint64_t sets);
LossCounts exporter_count_losses(const Exporter *self);
/* Each second: what is lately moves on. */
void exporter_look_at_loss(Exporter *self, int64_t now_ms);
void exporter_note_swapped_rate(Exporter *self, int64_t now_ms);
/* Works out the rates per second from what was counted since the last call, at most each RATE_SECONDS. */
void exporter_pace(Exporter *self, int64_t now_ms);

/* Sums @from into @to. */
void books_add(Books *to, const Books *from);
