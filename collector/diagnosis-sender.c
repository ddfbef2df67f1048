/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diagnosis-sender.c - several senders behind one address, and one behind several. See diagnosis-private.h */
#include "collector/diagnosis-private.h"

void
diagnosis_find_shared_address(Findings *findings, const Exporter *exporter)
{
    static const char *const whys[N_SPLITS] = { [SPLIT_TEMPLATES] = "their templates contradict each other",
                                                [SPLIT_SEQUENCE] = "each counts for itself",
                                                [SPLIT_OPERATOR] = "ports=separate asks for it" };
    g_autoptr(GString) ports = g_string_new(NULL);
    const char *why = NULL;
    int n = 0;

    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);

        if (domain->port == 0)
            continue;
        why = whys[domain->split] != NULL ? whys[domain->split] : whys[SPLIT_TEMPLATES];
        if (n++ < 4)
            g_string_append_printf(ports, "%s%u", n > 1 ? ", " : "", domain->port);
    }
    if (n > 0)
        findings_add(
            findings,
            &(Finding){ .severity = SEVERITY_INFO,
                        .code = "shared_address",
                        .fix = "If these are several routers behind NAT, give each an address of its own.",
                        .when = { .count = (uint64_t)n } },
            "%d senders share this address; they are told apart by their ports (%s%s), since %s.", n,
            ports->str, n > 4 ? ", ..." : "", why);
}

static bool
has_agent(const IpAddress *agents, guint n, const IpAddress *agent)
{
    for (guint i = 0; i < n; i++)
        if (ip_equal(&agents[i], agent))
            return true;
    return false;
}

void
diagnosis_find_agents(Findings *findings, const Exporter *exporter)
{
    enum { TOLD = 4 };
    g_autoptr(GString) words = g_string_new(NULL);
    IpAddress agents[TOLD + 1];
    char text[IP_TEXT];
    guint n = 0;

    if (!exporter->has_agents)
        return;
    for (guint i = 0; i < exporter->domains->len && n <= TOLD; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);

        if (domain->protocol != PROTOCOL_SFLOW || has_agent(agents, n, &domain->agent))
            continue;
        g_string_append_printf(words, "%s%s", n == 0 ? "" : ", ",
                               n < TOLD ? ip_text(&domain->agent, text) : "...");
        agents[n++] = domain->agent;
    }
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_INFO,
                             .code = "several_agents",
                             .fix = "Let each agent send here itself, or let what passes on keep their "
                                    "addresses: each is an exporter of its own then." },
                 "It passes on what several sFlow agents send (%s). Each is counted for itself, but "
                 "interfaces that have the same number are taken for one, and their counters are not used.",
                 words->str);
}

void
diagnosis_find_twin(Findings *findings, const Exporter *exporter)
{
    char other[IP_TEXT];

    if (exporter->twin.times < TWIN_SURE)
        return;
    findings_add(findings,
                 &(Finding){ .severity = SEVERITY_WARNING,
                             .code = "same_router",
                             .fix =
                                 "Let it export from one address (Cisco: source Loopback0), and only once: "
                                 "else its flows may count twice, or seem lost." },
                 "It seems to be the same router as %s: both were started in the same moment, and their "
                 "sequence numbers run together.",
                 ip_text(&exporter->twin.other, other));
}
