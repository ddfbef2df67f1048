/* SPDX-License-Identifier: GPL-3.0-or-later */
/* held.c - see held.h */
#include "collector/decoder.h"
#include "collector/exporter-private.h"

#include <string.h>
#include <xxhash.h>

void
held_store_init(HeldStore *self, size_t *all_bytes, GQueue *due, uint64_t seed)
{
    *self = (HeldStore){ .all_bytes = all_bytes, .due = due, .seed = seed };
}

static GQueue *
bucket_of(HeldStore *self, const Domain *domain, uint16_t id)
{
    const struct {
        uint64_t domain, id; /* no padding: it would be hashed too */
    } key = { (uint64_t)(uintptr_t)domain, id };

    return &self->buckets[XXH3_64bits_withSeed(&key, sizeof key, self->seed) % HELD_BUCKETS];
}

HeldSet *
held_set_new(const uint8_t *bytes, uint32_t length)
{
    HeldSet *self = g_malloc0(sizeof *self + length + DATAGRAM_SLACK);

    self->by_age.data = self->by_id.data = self;
    self->length = length;
    memcpy(self->bytes, bytes, length);
    return self;
}

static size_t
memory_of(const HeldSet *set)
{
    return sizeof *set + set->length + DATAGRAM_SLACK + (set->tmpl == NULL ? 0 : template_bytes(set->tmpl));
}

/* Takes it out of the store; it still counts as memory. */
static void
unlink_set(HeldStore *self, HeldSet *set)
{
    g_queue_unlink(&self->waiting, &set->by_age);
    g_queue_unlink(bucket_of(self, set->domain, set->id), &set->by_id);
    if (--set->domain->held_sets == 0)
        set->domain->missing_since_ms = 0;
}

void
held_set_free(HeldSet *set)
{
    HeldStore *store = &set->exporter->held;

    store->bytes -= set->length;
    *store->all_bytes -= memory_of(set);
    template_unref(set->tmpl);
    g_free(set);
}

static void
give_up_oldest(HeldStore *self)
{
    HeldSet *set = self->waiting.head->data;

    unlink_set(self, set);
    held_set_free(set);
}

void
held_store_clear(HeldStore *self)
{
    while (self->waiting.length > 0)
        give_up_oldest(self);
}

static bool
has_room(const HeldStore *self, const HeldSet *set, size_t most_bytes)
{
    return self->waiting.length < HELD_SETS_MOST && self->bytes + set->length <= most_bytes &&
           *self->all_bytes + memory_of(set) <= ALL_HELD_BYTES;
}

bool
held_store_put(HeldStore *self, HeldSet *set, size_t most_bytes, uint32_t *n_given_up)
{
    *n_given_up = 0;
    for (; self->waiting.length > 0 && set->length <= most_bytes && !has_room(self, set, most_bytes);
         ++*n_given_up)
        give_up_oldest(self);
    if (!has_room(self, set, most_bytes)) {
        g_free(set);
        return false;
    }
    if (set->domain->held_sets++ == 0)
        set->domain->missing_since_ms = set->received_ms;
    self->bytes += set->length;
    *self->all_bytes += memory_of(set);
    g_queue_push_tail_link(&self->waiting, &set->by_age);
    g_queue_push_tail_link(bucket_of(self, set->domain, set->id), &set->by_id);
    return true;
}

void
held_store_release(HeldStore *self, const Domain *domain, Template *tmpl)
{
    GQueue *bucket = bucket_of(self, domain, tmpl->id);

    for (GList *at = bucket->head, *next; at != NULL; at = next) {
        HeldSet *set = at->data;

        next = at->next;
        if (set->domain != domain || set->id != tmpl->id)
            continue;
        unlink_set(self, set);
        *self->all_bytes -= memory_of(set);
        set->tmpl = template_ref(tmpl); /* as it was announced, whatever comes after it */
        *self->all_bytes += memory_of(set);
        g_queue_push_tail_link(self->due, &set->by_age);
    }
}

uint32_t
held_store_forget(HeldStore *self, bool (*is_going)(const Domain *domain, const void *user), const void *user)
{
    uint32_t given_up = 0;

    for (int is_due = 0; is_due <= 1; is_due++) {
        for (GList *at = is_due ? self->due->head : self->waiting.head, *next; at != NULL; at = next) {
            HeldSet *set = at->data;

            next = at->next;
            if (&set->exporter->held != self || !is_going(set->domain, user))
                continue;
            if (is_due)
                g_queue_unlink(self->due, &set->by_age);
            else
                unlink_set(self, set);
            held_set_free(set);
            given_up++;
        }
    }
    return given_up;
}

uint32_t
held_store_expire(HeldStore *self, int64_t before_ms)
{
    uint32_t given_up = 0;

    for (; self->waiting.length > 0 && ((HeldSet *)self->waiting.head->data)->received_ms < before_ms;
         given_up++)
        give_up_oldest(self);
    return given_up;
}
