/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis.c - see diagnosis.h */
#include "collector/diagnosis.h"

enum {
    SILENT_MS = 5 * 60 * 1000,
    SKEW_MS = 5 * 1000,
    SKEW_GRAVE_MS = 5 * 60 * 1000,
};

typedef enum Severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR } Severity;

typedef struct Findings {
    json_t *out;
    Severity worst;
} Findings;

/* @fix may be NULL. */
static void G_GNUC_PRINTF(5, 6)
    find(Findings *self, Severity severity, const char *code, const char *fix, const char *format, ...)
{
    static const char *const names[] = { "ok", "info", "warning", "error" };
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    json_t *finding = json_object();
    json_object_set_new(finding, "severity", json_string(names[severity]));
    json_object_set_new(finding, "code", json_string(code));
    json_object_set_new(finding, "text", json_string(text));
    json_object_set_new(finding, "fix", fix == NULL ? json_null() : json_string(fix));
    json_array_append_new(self->out, finding);
    self->worst = MAX(self->worst, severity);
}

/* A distance in time as one number and its unit. */
static char *
distance(int64_t ms)
{
    ms = ms < 0 ? -ms : ms;
    if (ms < 120 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT " s", (ms + 500) / 1000);
    if (ms < 120 * 60 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT " min", ms / 60000);
    if (ms < INT64_C(48) * 3600 * 1000)
        return g_strdup_printf("%" G_GINT64_FORMAT " h", ms / 3600000);
    return g_strdup_printf("%" G_GINT64_FORMAT " days", ms / 86400000);
}

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

static bool
find_silence(Findings *findings, const Exporter *exporter, WallTime now)
{
    int64_t age = now.ms - exporter->last_ms;

    if (age < SILENT_MS)
        return false;
    g_autofree char *since = distance(age);
    find(
        findings, SEVERITY_WARNING, "silent",
        "See whether the router is up, still has this collector as its export destination, and can reach it.",
        "Nothing has come from it for %s.", since);
    return true;
}

/* Over TCP an exporter that is there has a connection, whether it has anything to tell or not. */
static void
find_no_session(Findings *findings, const Exporter *exporter, WallTime now)
{
    if (exporter->transport == TRANSPORT_UDP || exporter->sessions->len > 0)
        return;
    g_autofree char *since = distance(now.ms - exporter->session_ended_ms);
    find(findings, SEVERITY_INFO, "disconnected",
         "Most routers connect again by themselves; see under Status why connections were refused or ended.",
         "It has no connection open; the last one, over %s, ended %s ago.",
         transport_name(exporter->transport), since);
}

static void
find_missing_templates(Findings *findings, const Exporter *exporter, WallTime now)
{
    static const char fix[] = "Wait for the router to repeat its templates, or let it do so more often "
                              "(Cisco: template data timeout 60).";
    const Books *books = &exporter->books;

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);

        if (domain->held_sets == 0)
            continue;
        g_autofree char *since = distance(now.ms - domain->missing_since_ms);
        find(findings, domain->records == 0 ? SEVERITY_ERROR : SEVERITY_WARNING, "no_template", fix,
             "%u data sets of domain %u are held: their template has not come yet, for %s.",
             domain->held_sets, domain->id, since);
    }
    if (books->held_dropped_sets > 0)
        find(findings, SEVERITY_WARNING, "held_dropped", fix,
             "%" G_GUINT64_FORMAT " data sets were given up because their template did not come in time.",
             books->held_dropped_sets);
}

/* Lost in hundredths of a percent, and in which unit. */
static void
find_loss(Findings *findings, const Exporter *exporter)
{
    static const char fix[] = "Look at the kernel's drops under Status; if there are none, the datagrams are "
                              "lost on the way or in the router.";
    uint64_t lost_records = 0, records = 0, lost_datagrams = 0;

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);

        if (domain->sequence.unit == SEQUENCE_DATAGRAMS) {
            lost_datagrams += domain->sequence_lost;
        } else {
            lost_records += domain->sequence_lost;
            records += domain->records;
        }
    }
    const struct {
        uint64_t lost, got;
        const char *unit;
    } units[] = {
        { lost_records, records, "records" },
        { lost_datagrams, exporter->books.decoded, "datagrams" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        double percent = 100.0 * (double)units[i].lost / (double)MAX(units[i].lost + units[i].got, 1);

        if (units[i].lost > 0)
            find(findings,
                 percent >= 5     ? SEVERITY_ERROR
                 : percent >= 0.1 ? SEVERITY_WARNING
                                  : SEVERITY_INFO,
                 "loss", fix, "%" G_GUINT64_FORMAT " %s did not arrive (%.2f %%), by its sequence numbers.",
                 units[i].lost, units[i].unit, percent);
    }
}

static void
find_clock(Findings *findings, const Exporter *exporter)
{
    int64_t skew;

    if (!exporter_skew(exporter, &skew) || (skew > -SKEW_MS && skew < SKEW_MS))
        return;
    g_autofree char *by = distance(skew);
    find(findings, skew > -SKEW_GRAVE_MS && skew < SKEW_GRAVE_MS ? SEVERITY_WARNING : SEVERITY_ERROR, "clock",
         "Let it take its time from an NTP server.", "Its clock is %s %s ours.", by,
         skew < 0 ? "behind" : "ahead of");
}

static void
find_sampling(Findings *findings, const Exporter *exporter, WallTime now)
{
    if (exporter->rate == 0 && exporter->books.records + exporter->books.late_records > 0)
        find(findings, SEVERITY_INFO, "sampling_unknown",
             "Let it export its sampler table (Cisco: option sampler-table), or set the rate in the "
             "configuration.",
             "It does not say whether it samples; volumes are taken as they are.");
    if (exporter_is_rate_mixed(exporter, now.ms))
        find(findings, SEVERITY_INFO, "sampling_mixed", NULL,
             "Its records have more than one sampling rate.");
}

static void
find_bad(Findings *findings, const Exporter *exporter)
{
    const Books *books = &exporter->books;

    for (int i = 0; i < N_REFUSALS; i++) {
        if (books->refused[i] > 0)
            find(findings, SEVERITY_WARNING, refusal_name((Refusal)i), NULL,
                 "%" G_GUINT64_FORMAT " datagrams were refused: %s.", books->refused[i],
                 refusal_words((Refusal)i));
        if (books->malformed[i] > 0)
            find(findings, i == REFUSED_WITHDRAWAL ? SEVERITY_INFO : SEVERITY_WARNING,
                 refusal_name((Refusal)i), NULL,
                 "%" G_GUINT64_FORMAT " parts of datagrams were passed over: %s.", books->malformed[i],
                 refusal_words((Refusal)i));
    }
}

static void
find_provisional(Findings *findings, const Exporter *exporter)
{
    for (guint i = 0; i < exporter->domains->len; i++)
        if (domain_is_provisional(g_ptr_array_index(exporter->domains, i))) {
            find(findings, SEVERITY_INFO, "provisional", NULL,
                 "Some of its templates are those from before the restart; it has not repeated them yet.");
            return;
        }
}

/* What is found by evidence, and allowed for: told, because other collectors may not allow for it. */
static void
find_quirks(Findings *findings, const Exporter *exporter)
{
    static const char *const units[] = { "datagrams", "records", "flow records without options data",
                                         "flow records, those of the message itself included" };

    if (exporter->swaps_rate)
        find(findings, SEVERITY_INFO, "swapped_rate", NULL,
             "It sends its sampling rate with the bytes the wrong way round; this is allowed for.");
    for (guint i = 0; i < exporter->domains->len; i++)
        if (((const Domain *)g_ptr_array_index(exporter->domains, i))->port != 0) {
            find(findings, SEVERITY_INFO, "shared_address",
                 "If these are several routers behind NAT, give each an address of its own.",
                 "Several senders share this address and its domains; they are told apart by their ports.");
            break;
        }
    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);
        SequenceUnit standard = domain_standard_unit(domain->protocol);

        if (domain->sequence.unit == standard)
            continue;
        find(findings, SEVERITY_INFO, "sequence_unit", NULL,
             "Its sequence numbers count %s, where the standard counts %s; this is allowed for.",
             units[domain->sequence.unit], units[standard]);
        return;
    }
}

const char *
diagnosis_add(const Exporter *exporter, WallTime now, json_t *out)
{
    Findings findings = { .out = out };
    bool is_silent = find_silence(&findings, exporter, now);

    find_no_session(&findings, exporter, now);
    find_missing_templates(&findings, exporter, now);
    find_loss(&findings, exporter);
    find_clock(&findings, exporter);
    find_bad(&findings, exporter);
    find_sampling(&findings, exporter, now);
    find_quirks(&findings, exporter);
    find_provisional(&findings, exporter);
    if (findings.worst <= SEVERITY_INFO)
        find(&findings, SEVERITY_OK, "ok", NULL, "All that it sends is understood.");
    return is_silent ? "silent" : findings.worst >= SEVERITY_WARNING ? "warning" : "ok";
}
