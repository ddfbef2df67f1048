/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-twin.c - see exporter-twin.h */
#include "collector/exporter-private.h"

#include <stdlib.h>

enum {
    LIVE_MS = 2 * TWIN_EACH_MS,
    SAME_START_MS = 1500,    /* headers have whole seconds */
    TOGETHER = 64,           /* so near are two views of one run */
    PROGRESS_LEAST = 200,    /* in a minute; less says nothing */
    PROGRESS_MOST = 1 << 24, /* more is a restart */
};

typedef struct Candidate {
    Exporter *exporter;
    Protocol protocol;
    uint32_t domain, number;
    int64_t boot_ms;
} Candidate;

static int
compare(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;

    if (x->protocol != y->protocol)
        return x->protocol < y->protocol ? -1 : 1;
    if (x->domain != y->domain)
        return x->domain < y->domain ? -1 : 1;
    return (x->boot_ms > y->boot_ms) - (x->boot_ms < y->boot_ms);
}

/* Its first domain that has a start and a sequence stands for the exporter. */
static bool
candidate_of(Exporter *exporter, int64_t now_ms, Candidate *out)
{
    for (guint i = 0; i < exporter->domains->len; i++) {
        const Domain *domain = g_ptr_array_index(exporter->domains, i);
        const Sequence *sequence = &domain->sequence.readings[domain->sequence.unit].sequence;

        if (domain->boot_ms <= 0 || domain->session != NULL || domain->port != 0 || !sequence->known ||
            now_ms - domain->heard_ms > LIVE_MS)
            continue;
        *out = (Candidate){ .exporter = exporter,
                            .protocol = domain->protocol,
                            .domain = domain->id,
                            .number = sequence->next,
                            .boot_ms = domain->boot_ms };
        return true;
    }
    return false;
}

static bool
is_together(const Candidate *a, const Candidate *b)
{
    int64_t apart = (int32_t)(a->number - b->number); /* its least value has no negative in 32 bits */

    return a->protocol == b->protocol && a->domain == b->domain && b->boot_ms - a->boot_ms <= SAME_START_MS &&
           ABS(apart) <= TOGETHER;
}

/* @other is NULL when it is alone. */
static void
note(const Candidate *self, const Candidate *other)
{
    TwinWatch *watch = &self->exporter->twin;
    uint32_t progress = self->number - watch->number;
    bool is_same = other != NULL && ip_equal(&watch->other, &other->exporter->address);

    watch->number = self->number;
    if (!is_same)
        watch->times = 0;
    if (other == NULL)
        return;
    watch->other = other->exporter->address;
    if (is_same && progress >= PROGRESS_LEAST && progress <= PROGRESS_MOST)
        watch->times++;
}

void
exporter_twins_look(ExporterTable *table, int64_t now_ms)
{
    g_autofree Candidate *all = g_new0(Candidate, table->exporters->len + 1);
    guint n = 0;

    for (guint i = 0; i < table->exporters->len; i++)
        n += candidate_of(g_ptr_array_index(table->exporters, i), now_ms, &all[n]);
    qsort(all, n, sizeof all[0], compare);
    for (guint i = 0; i < n; i++) {
        const Candidate *other = i + 1 < n && is_together(&all[i], &all[i + 1]) ? &all[i + 1]
                                 : i > 0 && is_together(&all[i - 1], &all[i])   ? &all[i - 1]
                                                                                : NULL;
        note(&all[i], other);
    }
}
