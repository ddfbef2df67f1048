/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis.c - see diagnosis.h: the table of questions that are asked of every exporter, and the answers */
#include "collector/diagnosis-private.h"
#include "collector/diagnosis.h"
#include "collector/finding.h"

enum {
    SILENT_MS = 5 * 60 * 1000,
    SKEW_MS = 5 * 1000,
    SKEW_GRAVE_MS = 5 * 60 * 1000,
    ZONE_MS = 30 * 60 * 1000, /* time zones differ by whole half hours */
    ZONE_TOLERANCE_MS = 60 * 1000,
    REFRESH_SLOW_MS = 10 * 60 * 1000,
    TIMEOUT_LONG_S = 5 * 60,
    DAY_MS = 24 * 3600 * 1000,
    REDEFINED_OFTEN = 3,
    REBOOTS_MANY = 3,
    CONTRADICTION_LEAST = 125000, /* octets a second: of less, samples are few and the rest is chance */
    DATAGRAMS_ENOUGH = 20,        /* to wonder where the flows are */
};

bool
domain_is_provisional(const Domain *domain)
{
    if (domain->provisional)
        return true;
    for (uint32_t i = 0; i < domain->templates.n_slots; i++)
        if (domain->templates.slots[i] != NULL && domain->templates.slots[i]->provisional)
            return true;
    return false;
}

VendorJudgement
exporter_vendor(const Exporter *self)
{
    if (self->rule != NULL && self->rule->vendor != VENDOR_UNKNOWN)
        return (VendorJudgement){ .vendor = self->rule->vendor,
                                  .percent = 100,
                                  .reasons = { "the operator says so" } };
    return vendor_judge(self->evidence);
}

static uint64_t
all_records(const Exporter *exporter)
{
    return exporter->books.records + exporter->books.late_records;
}

static void
find_silence(Findings *findings, const Exporter *exporter)
{
    int64_t age = findings->now_ms - exporter->last_ms;

    if (age < SILENT_MS)
        return;
    g_autofree char *since = distance_words(age);
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_WARNING,
                             .code = "silent",
                             .fix = "See whether the router is up, still has this collector as its export "
                                    "destination, and can reach it.",
                             .remedy = REMEDY_CHECK,
                             .when = { .first_ms = exporter->last_ms, .last_ms = findings->now_ms } },
                 "Nothing has come from it for %s.", since);
}

/* Over TCP an exporter that is there has a connection, whether it has anything to tell or not. */
static void
find_no_session(Findings *findings, const Exporter *exporter)
{
    if (exporter->transport == TRANSPORT_UDP || exporter->sessions->len > 0)
        return;
    g_autofree char *since = distance_words(findings->now_ms - exporter->session_ended_ms);
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_INFO,
                             .code = "disconnected",
                             .fix = "Most routers connect again by themselves; the page Exporters says why "
                                    "connections were refused or ended.",
                             .when = { .first_ms = exporter->session_ended_ms } },
                 "It has no connection open; the last one, over %s, ended %s ago.",
                 transport_name(exporter->transport), since);
}

static const char wait_fix[] =
    "Wait for the router to repeat its templates, or let it do so more often: each minute.";

static void
find_missing_templates(Findings *findings, const Exporter *exporter)
{
    const Books *books = &exporter->books;

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);
        bool is_blind = domain->records == 0;

        if (domain->held_sets == 0)
            continue;
        g_autofree char *since = distance_words(findings->now_ms - domain->missing_since_ms);
        findings_add(findings,
                     &(Finding){ .severity = is_blind ? SEVERITY_ERROR : SEVERITY_WARNING,
                                 .code = "no_template",
                                 .fix = wait_fix,
                                 .remedy = REMEDY_TEMPLATES,
                                 .when = { domain->held_sets, domain->missing_since_ms, exporter->last_ms } },
                     "%u data %s of domain %u %s held: the template has not come yet, for %s.",
                     domain->held_sets, domain->held_sets == 1 ? "set" : "sets", domain->id,
                     domain->held_sets == 1 ? "is" : "are", since);
    }
    if (books->held_dropped_sets > 0)
        findings_add(
            findings,
            &(Finding){ .severity = findings_fade(findings, SEVERITY_WARNING, &exporter->held_dropped),
                        .code = "held_dropped",
                        .fix = wait_fix,
                        .remedy = REMEDY_TEMPLATES,
                        .when = exporter->held_dropped },
            "%" G_GUINT64_FORMAT " data %s given up because the template did not come in time.",
            books->held_dropped_sets, books->held_dropped_sets == 1 ? "set was" : "sets were");
}

static void
find_no_flows(Findings *findings, const Exporter *exporter)
{
    const Books *books = &exporter->books;
    bool is_sflow = exporter->protocol == PROTOCOL_SFLOW;

    if (all_records(exporter) > 0 || books->missing_template_sets > 0 || books->decoded < DATAGRAMS_ENOUGH)
        return;
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_WARNING,
                             .code = "no_flows",
                             .fix = is_sflow
                                        ? "Let it sample packets on its interfaces, not only poll counters."
                                        : "Is the flow monitor put on an interface, and does traffic pass "
                                          "there?",
                             .remedy = REMEDY_CHECK,
                             .when = { .first_ms = exporter->first_ms, .last_ms = exporter->last_ms } },
                 is_sflow ? "Only counters come from it, no sampled packets."
                          : "It sends templates or options, but not one flow has come.");
}

/* Loss: where it can have been, as far as this machine can know. */
static const char *
place_of_loss(const Exporter *exporter, const char **fix)
{
    *fix = "This machine's kernel dropped nothing at the time: they are lost on the way (a full link, a rate "
           "limit, fragments) or in the router's own export queue.";
    if (exporter->lost_here == 0)
        return "";
    *fix = "Raise the receive buffer (net.core.rmem_max; the page Exporters says how), or give Talaya more "
           "of the processor.";
    return exporter->lost_here * 2 >= exporter->books.sequence_lost
               ? " Most of it was while this machine's kernel dropped datagrams."
               : " Some of it was while this machine's kernel dropped datagrams.";
}

static void
tell_loss(Findings *findings, const Exporter *exporter, uint64_t lost, uint64_t got, uint64_t recent_lost,
          uint64_t recent_got, const char *unit)
{
    double percent = 100.0 * (double)lost / (double)MAX(lost + got, 1);
    double recent = 100.0 * (double)recent_lost / (double)MAX(recent_lost + recent_got, 1);
    const char *fix, *place = place_of_loss(exporter, &fix);
    Finding finding = { .severity = recent >= 5     ? SEVERITY_ERROR
                                    : recent >= 0.1 ? SEVERITY_WARNING
                                                    : SEVERITY_INFO,
                        .code = "loss",
                        .fix = fix,
                        .when = exporter->lost };

    if (lost == 0)
        return;
    finding.when.count = lost;
    g_autofree char *lately =
        recent_lost == lost
            ? g_strdup("")
            : g_strdup_printf("; %" G_GUINT64_FORMAT " (%.2f %%) of them lately", recent_lost, recent);
    findings_add(findings, &finding,
                 "%" G_GUINT64_FORMAT " %s%s did not arrive (%.2f %%), by its sequence numbers%s.%s", lost,
                 unit, lost == 1 ? "" : "s", percent, lately, place);
}

static void
find_loss(Findings *findings, const Exporter *exporter)
{
    const LossCounts *before = &exporter->loss_before[0];
    LossCounts now = exporter_count_losses(exporter);

    tell_loss(findings, exporter, now.lost_records, now.records,
              now.lost_records - MIN(now.lost_records, before->lost_records),
              now.records - MIN(now.records, before->records), "record");
    tell_loss(findings, exporter, now.lost_datagrams, now.datagrams,
              now.lost_datagrams - MIN(now.lost_datagrams, before->lost_datagrams),
              now.datagrams - MIN(now.datagrams, before->datagrams), "datagram");
}

/* What was lost behind the socket, and before it was sent. */
static void
find_other_loss(Findings *findings, const Exporter *exporter)
{
    if (exporter->queue_full.count > 0)
        findings_add(
            findings,
            &(Finding){ .severity = findings_fade(findings, SEVERITY_ERROR, &exporter->queue_full),
                        .code = "queue_full",
                        .fix = "Scoring does not keep up: raise queue= for bursts, give Talaya more of the "
                               "processor, or let routers sample more coarsely.",
                        .when = exporter->queue_full },
            "%" G_GUINT64_FORMAT " of its records arrived and %s dropped here, because scoring was behind.",
            exporter->queue_full.count, exporter->queue_full.count == 1 ? "was" : "were");
    if (exporter->not_sent_flows > 0)
        findings_add(findings,
                     &(Finding){ .severity = SEVERITY_WARNING,
                                 .code = "not_sent",
                                 .fix = "Its flow cache or export queue is too small: enlarge it, or sample "
                                        "more coarsely.",
                                 .remedy = REMEDY_CHECK,
                                 .when = { .count = exporter->not_sent_flows } },
                     "It says itself that it could not export %" G_GUINT64_FORMAT " flow%s since its start.",
                     exporter->not_sent_flows, exporter->not_sent_flows == 1 ? "" : "s");
    if (exporter->ignored_packets > 0)
        findings_add(findings,
                     &(Finding){ .severity = SEVERITY_INFO,
                                 .code = "ignored_packets",
                                 .when = { .count = exporter->ignored_packets } },
                     "It says itself that it did not look at %" G_GUINT64_FORMAT " packet%s since its start.",
                     exporter->ignored_packets, exporter->ignored_packets == 1 ? "" : "s");
}

static bool
is_of_time_zone(int64_t skew)
{
    int64_t rest = ABS(skew) % ZONE_MS;

    return ABS(skew) > ZONE_MS - ZONE_TOLERANCE_MS && ABS(skew) < DAY_MS &&
           (rest < ZONE_TOLERANCE_MS || rest > ZONE_MS - ZONE_TOLERANCE_MS);
}

static void
find_clock(Findings *findings, const Exporter *exporter)
{
    int64_t skew;

    if (!exporter_skew(exporter, &skew) || ABS(skew) < SKEW_MS)
        return;
    bool is_corrected = exporter->shift_ms != 0;
    g_autofree char *by = distance_words(skew);
    findings_add(
        findings,
        &(Finding){ .severity = is_corrected                ? SEVERITY_INFO
                                : ABS(skew) < SKEW_GRAVE_MS ? SEVERITY_WARNING
                                                            : SEVERITY_ERROR,
                    .code = "clock",
                    .fix = is_of_time_zone(skew)
                               ? "It seems to take local time for UTC: set its time zone, and let it "
                                 "set its clock by an NTP server."
                               : "Let it set its clock by an NTP server, or have its times corrected here: "
                                 "clock=correct in its section [exporter.NAME].",
                    .remedy = REMEDY_CLOCK },
        "Its clock is %s %s ours%s.", by, skew < 0 ? "behind" : "ahead of",
        is_corrected ? "; its times are moved by that" : "");
}

/* What an operator can do about what was refused; NULL where it is the sender's fault alone. */
static const char *
fix_of(Refusal reason)
{
    static const char damaged[] =
        "Datagrams arrive damaged or cut short, or the router has a fault: see whether "
        "its software has an update.";
    static const char *const fixes[N_REFUSALS] = {
        [REFUSED_DOMAIN_QUOTA] = "If the router really has so many line cards, raise max-domains=.",
        [REFUSED_TEMPLATE_QUOTA] = ("If the router really has so many templates, raise max-templates=, "
                                    "max-fields= or max-template-bytes=."),
        [REFUSED_VERSION] =
            ("Let it send NetFlow 5 or 9 (1 and 7 are understood as well), IPFIX, or sFlow 5: "
             "an older sFlow, NetFlow 8 or something else is sent to this port."),
        [REFUSED_TOO_SHORT] = damaged,
        [REFUSED_HEADER_LENGTH] = damaged,
        [REFUSED_HEADER_COUNT] = damaged,
        [REFUSED_SET_LENGTH] = damaged,
        [REFUSED_RECORD_LENGTH] = damaged,
        [REFUSED_SAMPLE_SYNTAX] = damaged,
    };

    return fixes[reason];
}

static void
find_bad(Findings *findings, const Exporter *exporter)
{
    const Books *books = &exporter->books;

    for (int i = 0; i < N_REFUSALS; i++) {
        const Sighting *when = &exporter->refused_at[i];
        Severity severity =
            findings_fade(findings, i == REFUSED_WITHDRAWAL ? SEVERITY_INFO : SEVERITY_WARNING, when);
        Finding finding = {
            .severity = severity, .code = refusal_name((Refusal)i), .fix = fix_of((Refusal)i), .when = *when
        };

        finding.when.count = books->refused[i];
        if (books->refused[i] > 0)
            findings_add(findings, &finding, "%" G_GUINT64_FORMAT " %s refused: %s.", books->refused[i],
                         books->refused[i] == 1 ? "datagram was" : "datagrams were",
                         refusal_words((Refusal)i));
        finding.when.count = books->malformed[i];
        if (books->malformed[i] > 0)
            findings_add(findings, &finding, "%" G_GUINT64_FORMAT " %s passed over: %s.", books->malformed[i],
                         books->malformed[i] == 1 ? "part of a datagram was" : "parts of datagrams were",
                         refusal_words((Refusal)i));
    }
}

/* NetFlow v1, v5 and v7, and sFlow, can tell nothing beside their records. */
static bool
has_options_data(const Exporter *exporter)
{
    return exporter->protocol == PROTOCOL_NETFLOW9 || exporter->protocol == PROTOCOL_IPFIX;
}

static bool
names_its_sampler(const Exporter *exporter)
{
    for (guint i = 0; i < exporter->domains->len; i++) {
        const TemplateCache *cache = &((const Domain *)g_ptr_array_index(exporter->domains, i))->templates;

        for (uint32_t j = 0; j < cache->n_slots; j++)
            if (cache->slots[j] != NULL && !cache->slots[j]->is_options && cache->slots[j]->plan.has_sampler)
                return true;
    }
    return false;
}

static void
tell_sampling_unknown(Findings *findings, const Exporter *exporter)
{
    static const char set_it[] =
        "Let it export its sampling rate as options data, or set sampling= in its section [exporter.NAME].";
    Finding finding = {
        .severity = SEVERITY_INFO, .code = "sampling_unknown", .fix = set_it, .remedy = REMEDY_SAMPLING
    };

    if (exporter->sampling.samplers.n > 0) {
        bool is_named = names_its_sampler(exporter);

        finding.severity = SEVERITY_WARNING;
        finding.code = is_named ? "sampler_unknown" : "sampler_not_named";
        finding.fix = is_named ? set_it
                               : "Let its records name their sampler (Cisco: collect flow sampler), or set "
                                 "sampling= in its section [exporter.NAME].";
        findings_add(findings, &finding,
                     is_named
                         ? "Its records name a sampler whose rate it has not told; volumes are taken as "
                           "they are."
                         : "It tells the rates of its samplers, but its records do not say which of them "
                           "they went through; volumes are taken as they are.");
    } else if (remedy_never_samples(findings->vendor)) {
        finding.fix = "Say so with sampling=1 in its section [exporter.NAME].";
        finding.remedy = REMEDY_NONE;
        findings_add(findings, &finding,
                     "It does not say whether it samples; devices of this kind see every packet.");
    } else {
        if (!has_options_data(exporter)) {
            finding.fix =
                "Say it with sampling= in its section [exporter.NAME]: 1 where it sees every packet.";
            finding.remedy = REMEDY_NONE;
        }
        findings_add(findings, &finding,
                     "It does not say whether it samples; volumes are taken as they are.");
    }
}

static void
find_sampling(Findings *findings, const Exporter *exporter)
{
    const SamplingChange *change = sampling_history_get(&exporter->sampling_history, 0);

    if (exporter->rate == 0 && all_records(exporter) > 0)
        tell_sampling_unknown(findings, exporter);
    if (exporter_is_rate_mixed(exporter, findings->now_ms))
        findings_add(findings,
                     &(Finding){ .severity = SEVERITY_INFO,
                                 .code = "sampling_mixed",
                                 .when = { .last_ms = exporter->rate_mixed_ms } },
                     "Its records have more than one sampling rate.");
    if (change != NULL && change->before != 0 && findings->now_ms - change->at_ms < DAY_MS)
        findings_add(findings,
                     &(Finding){ .severity = SEVERITY_INFO,
                                 .code = "sampling_changed",
                                 .when = { .first_ms = change->at_ms, .last_ms = change->at_ms } },
                     "Its sampling rate went from 1 in %u to 1 in %u; records have the rate of their time.",
                     change->before, change->rate);
}

/* The longest that a template in use was not repeated. */
static int64_t
slowest_refresh(const Exporter *exporter)
{
    int64_t slowest = exporter->template_gap_ms;

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);

        if (domain->session != NULL) /* RFC 7011 section 8.1: over TCP once is enough */
            continue;
        for (uint32_t j = 0; j < domain->templates.n_slots; j++) {
            const Template *tmpl = domain->templates.slots[j];

            if (tmpl != NULL && !tmpl->provisional)
                slowest = MAX(slowest, tmpl->used_ms - tmpl->heard_ms);
        }
    }
    return slowest;
}

static void
find_templates(Findings *findings, const Exporter *exporter)
{
    int64_t refresh = slowest_refresh(exporter);

    if (refresh > REFRESH_SLOW_MS) {
        g_autofree char *each = distance_words(refresh);
        findings_add(
            findings,
            &(Finding){ .severity = SEVERITY_INFO,
                        .code = "template_refresh",
                        .fix = "Let it repeat them each minute: after a restart of either side its data "
                               "waits for so long.",
                        .remedy = REMEDY_TEMPLATES },
            "It repeats its templates only each %s.", each);
    }
    if (exporter->redefined.count >= REDEFINED_OFTEN)
        findings_add(
            findings,
            &(Finding){ .severity = findings_fade(findings, SEVERITY_WARNING, &exporter->redefined),
                        .code = "templates_change",
                        .fix = "If it is one router whose configuration rests, several senders may share "
                               "its address: see ports= in the configuration.",
                        .when = exporter->redefined },
            "It has given %" G_GUINT64_FORMAT " of its templates a new meaning.", exporter->redefined.count);
}

static void
find_timeout(Findings *findings, const Exporter *exporter)
{
    if (exporter->active_timeout_s <= TIMEOUT_LONG_S)
        return;
    g_autofree char *after = distance_words((int64_t)exporter->active_timeout_s * 1000);
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_INFO,
                             .code = "active_timeout",
                             .fix =
                                 "Let it report flows that go on each minute: what is found is found so much "
                                 "sooner.",
                             .remedy = REMEDY_TIMEOUT },
                 "It reports a flow that goes on only each %s.", after);
}

static void
find_fragments(Findings *findings, const Exporter *exporter)
{
    if (exporter->big.count == 0)
        return;
    findings_add(
        findings,
        &(Finding){ .severity = findings_fade(findings, SEVERITY_INFO, &exporter->big),
                    .code = "fragmented",
                    .fix = "Let it send at most 1,400 octets in a datagram: one lost fragment loses the "
                           "whole of it, and firewalls drop fragments.",
                    .when = exporter->big },
        "%" G_GUINT64_FORMAT " of its datagrams %s larger than an Ethernet frame (up to %u octets), "
        "and came in fragments.",
        exporter->big.count, exporter->big.count == 1 ? "was" : "were", exporter->biggest);
}

static void
find_reboots(Findings *findings, const Exporter *exporter)
{
    Sighting when = { 0 };

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);

        when.count = MAX(when.count, domain->reboots);
        when.last_ms = MAX(when.last_ms, domain->rebooted_ms);
    }
    if (when.count == 0 || findings->now_ms - when.last_ms > DAY_MS)
        return;
    g_autofree char *ago = distance_words(findings->now_ms - when.last_ms);
    findings_add(findings,
                 &(Finding){ .severity = when.count >= REBOOTS_MANY
                                             ? findings_fade(findings, SEVERITY_WARNING, &when)
                                             : SEVERITY_INFO,
                             .code = "rebooted",
                             .when = when },
                 "It was started anew %s ago (seen %" G_GUINT64_FORMAT " time%s in all).", ago, when.count,
                 when.count == 1 ? "" : "s");
}

/* Interfaces count every packet; what the samples make of them must come near it. */
static void
find_contradiction(Findings *findings, const Exporter *exporter)
{
    double counted = 0, sampled = 0;
    GHashTableIter iter;
    gpointer value;

    if (!exporter->has_usage)
        return;
    g_hash_table_iter_init(&iter, exporter->interfaces);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const InterfaceUsage *usage = ((const InterfaceName *)value)->usage;

        if (usage == NULL || !usage->has_rates || usage->in_sampled_per_s <= 0)
            continue; /* an interface that is not sampled contradicts nothing */
        counted += usage->in_octets_per_s;
        sampled += usage->in_sampled_per_s;
    }
    if (counted < CONTRADICTION_LEAST || (sampled < 3 * counted && counted < 3 * sampled))
        return;
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_WARNING,
                             .code = "sampling_contradicted",
                             .fix = "Its sampling rate is probably not what it says: set sampling= in its "
                                    "section [exporter.NAME], "
                                    "or see whether some of its samples are lost." },
                 "By its samples its interfaces take in %.3g bit/s, by their own counters %.3g bit/s.",
                 8 * sampled, 8 * counted);
}

static void
find_provisional(Findings *findings, const Exporter *exporter)
{
    for (guint i = 0; i < exporter->domains->len; i++)
        if (domain_is_provisional(g_ptr_array_index(exporter->domains, i))) {
            findings_add(
                findings, &(Finding){ .severity = SEVERITY_INFO, .code = "provisional" },
                "Some of its templates are those from before the restart; it has not repeated them yet.");
            return;
        }
}

static void
find_sequence_unit(Findings *findings, const Exporter *exporter)
{
    static const char *const units[] = { "datagrams", "records", "flow records without options data",
                                         "flow records, those of the message itself included" };

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);
        SequenceUnit standard = domain_standard_unit(domain->protocol);

        if (domain->sequence.unit == standard)
            continue;
        findings_add(findings, &(Finding){ .severity = SEVERITY_INFO, .code = "sequence_unit" },
                     "Its sequence numbers count %s, where the standard counts %s; this is allowed for.",
                     units[domain->sequence.unit], units[standard]);
        return;
    }
}

static void
find_quirks(Findings *findings, const Exporter *exporter)
{
    const Quirks *quirks = &exporter->quirks;
    uint64_t datagrams = quirks->datagrams_before + exporter->books.datagrams;

    for (int i = 0; i < N_QUIRKS; i++) {
        const QuirkKind *kind = quirk_kind((Quirk)i);
        uint64_t of = kind->share == SHARE_RECORDS ? quirks->looked : datagrams;

        if (!quirk_is_told(quirks, (Quirk)i, datagrams))
            continue;
        const Finding finding = {
            .severity = SEVERITY_INFO, .code = kind->code, .fix = kind->done, .when = quirks->seen[i]
        };
        if (kind->share == SHARE_NONE)
            findings_add(findings, &finding, "%s.", kind->words);
        else
            findings_add(findings, &finding, "%s (%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " %s).",
                         kind->words, quirks->seen[i].count, of,
                         kind->share == SHARE_RECORDS ? "records that were looked at" : "datagrams");
    }
}

static void
find_names(Findings *findings, const Exporter *exporter)
{
    if (all_records(exporter) == 0 || g_hash_table_size(exporter->interfaces) > 0 ||
        exporter->told_interfaces != NULL)
        return;
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_INFO,
                             .code = "interfaces_unnamed",
                             .fix = has_options_data(exporter)
                                        ? "Let it export its interface table as options data, or name them "
                                          "in a file (interfaces=)."
                                        : "Name them in a file (interfaces=).",
                             .remedy = has_options_data(exporter) ? REMEDY_NAMES : REMEDY_NONE },
                 "It does not tell the names of its interfaces.");
}

/* A new question is one more line here; answers of one severity stand in this order. */
static void (*const questions[])(Findings *findings, const Exporter *exporter) = {
    find_silence,
    find_no_session,
    find_missing_templates,
    find_no_flows,
    find_loss,
    find_other_loss,
    find_clock,
    find_bad,
    find_sampling,
    find_templates,
    find_timeout,
    find_fragments,
    find_reboots,
    diagnosis_find_shared_address,
    diagnosis_find_agents,
    diagnosis_find_twin,
    find_contradiction,
    find_quirks,
    find_sequence_unit,
    find_names,
    find_provisional,
};

json_t *
diagnosis_to_json(const Exporter *exporter, WallTime now, const char **state)
{
    Findings findings;

    findings_init(&findings, exporter_vendor(exporter).vendor, now);
    for (size_t i = 0; i < G_N_ELEMENTS(questions); i++)
        questions[i](&findings, exporter);
    if (findings.worst <= SEVERITY_INFO)
        findings_add(&findings, &(Finding){ .severity = SEVERITY_OK, .code = "ok" },
                     "All that it sends is understood.");
    *state = now.ms - exporter->last_ms >= SILENT_MS ? "silent"
             : findings.worst >= SEVERITY_WARNING    ? "warning"
                                                     : "ok";
    json_t *out = findings_to_json(&findings);
    findings_clear(&findings);
    return out;
}
