/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template-cache.h - remembers what the template ids of one observation domain mean
 *
 * One cache for each exporter, protocol and domain, since another domain's template of the same id is another
 * template (RFC 3954 section 5.1, RFC 7011 section 8). A hash on the id, the last one found first: a
 * datagram's sets mostly use one template. The bound is the exporter's, counted in a TemplateBudget that its
 * domains share.
 */
#pragma once
#include "collector/template.h"

typedef struct TemplateBudget TemplateBudget;
struct TemplateBudget {
    TemplateBudget *all; /* borrowed: that of all exporters together; NULL in itself */
    uint32_t templates, most_templates;
    size_t bytes, most_bytes;
    uint64_t seed; /* keys the hash of ids */
};

typedef struct TemplateCache {
    Template **slots; /* open addressing by id; owned references */
    uint32_t n_slots, n;
    Template *last;         /* lent from a slot */
    TemplateBudget *budget; /* borrowed */
} TemplateCache;

void template_cache_init(TemplateCache *self, TemplateBudget *budget);
void template_cache_clear(TemplateCache *self);

typedef enum TemplatePut { TEMPLATE_PUT_NEW, TEMPLATE_PUT_CHANGED, TEMPLATE_PUT_FULL } TemplatePut;
/* Takes @tmpl; the newest definition wins. When it is FULL, @tmpl is freed and nothing has changed. */
TemplatePut template_cache_put(TemplateCache *self, Template *tmpl, int64_t now_ms);
/* Lends, valid until the next put or expire; take a reference to keep it longer. NULL: not known. */
Template *template_cache_find_slow(TemplateCache *self, uint16_t id);
static inline Template *
template_cache_find(TemplateCache *self, uint16_t id)
{
    return self->last != NULL && self->last->id == id ? self->last : template_cache_find_slow(self, id);
}
/* Takes references to all of @from that fit into the budget; those of the same id stay as they are. */
void template_cache_share(TemplateCache *self, const TemplateCache *from);
/* Forgets one; false when there is none, or it is of the other kind. */
bool template_cache_drop(TemplateCache *self, uint16_t id, bool is_options);
/* Forgets all of one kind; how many. */
uint32_t template_cache_drop_kind(TemplateCache *self, bool is_options);
/* Forgets those that another port than @port announced last. */
void template_cache_keep_port(TemplateCache *self, uint16_t port);
/* Forgets those neither announced nor used since @before_ms; how many. */
uint32_t template_cache_expire(TemplateCache *self, int64_t before_ms);
