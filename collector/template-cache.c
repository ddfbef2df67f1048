/* SPDX-License-Identifier: GPL-3.0-or-later */
/* template-cache.c - see template-cache.h */
#include "collector/template-cache.h"

#include <xxhash.h>

void
template_cache_init(TemplateCache *self, TemplateBudget *budget)
{
    *self = (TemplateCache){ .budget = budget };
}

static void
drop(TemplateCache *self, Template *tmpl)
{
    for (TemplateBudget *budget = self->budget; budget != NULL; budget = budget->all) {
        budget->templates--;
        budget->bytes -= template_bytes(tmpl);
    }
    template_unref(tmpl);
}

void
template_cache_clear(TemplateCache *self)
{
    for (uint32_t i = 0; i < self->n_slots; i++)
        if (self->slots[i] != NULL)
            drop(self, self->slots[i]);
    g_clear_pointer(&self->slots, g_free);
    *self = (TemplateCache){ .budget = self->budget };
}

/* Keyed, so that no sender can choose ids that make each search walk past all he has. */
static uint32_t
slot_of(const TemplateCache *self, uint16_t id)
{
    uint32_t at = (uint32_t)XXH3_64bits_withSeed(&id, sizeof id, self->budget->seed) & (self->n_slots - 1);

    while (self->slots[at] != NULL && self->slots[at]->id != id)
        at = (at + 1) & (self->n_slots - 1);
    return at;
}

static void
rebuild(TemplateCache *self, uint32_t n_slots)
{
    Template **old = self->slots;
    uint32_t n_old = self->n_slots;

    self->slots = g_new0(Template *, n_slots);
    self->n_slots = n_slots;
    for (uint32_t i = 0; i < n_old; i++)
        if (old[i] != NULL)
            self->slots[slot_of(self, old[i]->id)] = old[i];
    g_free(old);
}

Template *
template_cache_find_slow(TemplateCache *self, uint16_t id)
{
    if (self->n == 0)
        return NULL;
    Template *tmpl = self->slots[slot_of(self, id)];
    if (tmpl != NULL)
        self->last = tmpl;
    return tmpl;
}

static bool
fits(const TemplateBudget *budget, const Template *old, const Template *tmpl)
{
    size_t old_bytes = old == NULL ? 0 : template_bytes(old);

    for (; budget != NULL; budget = budget->all)
        if (budget->bytes - old_bytes + template_bytes(tmpl) > budget->most_bytes ||
            (old == NULL && budget->templates >= budget->most_templates))
            return false;
    return true;
}

TemplatePut
template_cache_put(TemplateCache *self, Template *tmpl, int64_t now_ms)
{
    Template *old = template_cache_find_slow(self, tmpl->id);

    tmpl->heard_ms = now_ms;
    if (!fits(self->budget, old, tmpl)) {
        template_unref(tmpl);
        return TEMPLATE_PUT_FULL;
    }
    if ((self->n + 1) * 2 > self->n_slots)
        rebuild(self, self->n_slots == 0 ? 8 : self->n_slots * 2);
    uint32_t at = slot_of(self, tmpl->id);
    self->slots[at] = tmpl;
    self->last = tmpl;
    for (TemplateBudget *budget = self->budget; budget != NULL; budget = budget->all) {
        budget->bytes += template_bytes(tmpl);
        budget->templates++;
    }
    if (old == NULL) {
        self->n++;
        return TEMPLATE_PUT_NEW;
    }
    drop(self, old);
    return TEMPLATE_PUT_CHANGED;
}

void
template_cache_share(TemplateCache *self, const TemplateCache *from)
{
    for (uint32_t i = 0; i < from->n_slots; i++)
        if (from->slots[i] != NULL && template_cache_find_slow(self, from->slots[i]->id) == NULL)
            template_cache_put(self, template_ref(from->slots[i]), from->slots[i]->heard_ms);
}

/* Empties the slot @at. What stands behind it without a gap moves up, so that it is still found. */
static void
empty_slot(TemplateCache *self, uint32_t at)
{
    uint32_t mask = self->n_slots - 1;

    drop(self, g_steal_pointer(&self->slots[at]));
    self->n--;
    self->last = NULL;
    for (at = (at + 1) & mask; self->slots[at] != NULL; at = (at + 1) & mask) {
        Template *tmpl = g_steal_pointer(&self->slots[at]);

        self->slots[slot_of(self, tmpl->id)] = tmpl;
    }
}

static uint32_t
forget(TemplateCache *self, bool (*is_over)(const Template *tmpl, int64_t limit), int64_t limit)
{
    uint32_t n_dropped = 0;

    for (uint32_t i = 0; i < self->n_slots; i++)
        if (self->slots[i] != NULL && is_over(self->slots[i], limit)) {
            drop(self, self->slots[i]);
            self->slots[i] = NULL;
            n_dropped++;
        }
    if (n_dropped > 0) {
        self->n -= n_dropped;
        self->last = NULL;
        rebuild(self, self->n_slots);
    }
    return n_dropped;
}

static bool
is_older(const Template *tmpl, int64_t before_ms)
{
    return MAX(tmpl->heard_ms, tmpl->used_ms) < before_ms;
}

static bool
is_of_another_port(const Template *tmpl, int64_t port)
{
    return tmpl->port != port;
}

static bool
is_of_kind(const Template *tmpl, int64_t is_options)
{
    return tmpl->is_options == (is_options != 0);
}

bool
template_cache_drop(TemplateCache *self, uint16_t id, bool is_options)
{
    const Template *tmpl = template_cache_find_slow(self, id);

    if (tmpl == NULL || tmpl->is_options != is_options)
        return false;
    empty_slot(self, slot_of(self, id));
    return true;
}

uint32_t
template_cache_drop_kind(TemplateCache *self, bool is_options)
{
    return forget(self, is_of_kind, is_options);
}

uint32_t
template_cache_expire(TemplateCache *self, int64_t before_ms)
{
    return forget(self, is_older, before_ms);
}

void
template_cache_keep_port(TemplateCache *self, uint16_t port)
{
    forget(self, is_of_another_port, port);
}
