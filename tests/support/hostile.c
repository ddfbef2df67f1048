/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hostile.c - see hostile.h and hostile-private.h: the pen, and the list of classes */
#include "tests/support/hostile-private.h"

#include <stdlib.h>
#include <string.h>

typedef struct Class {
    const char *name;
    HostileWriter write;
} Class;
static const Class classes[] = {
    { "zero-length", hostile_zero_length },
    { "option-sums", hostile_option_sums },
    { "scopes", hostile_scopes },
    { "fields", hostile_fields },
    { "variable", hostile_variable },
    { "replaced", hostile_replaced },
    { "one-id", hostile_one_id },
    { "two-exporters", hostile_two_exporters },
    { "withdrawals", hostile_withdrawals },
    { "sequence", hostile_sequence },
    { "set-length", hostile_set_length },
    { "truncated", hostile_truncated },
    { "trailing", hostile_trailing },
    { "sampling", hostile_sampling },
    { "times", hostile_times },
    { "floods", hostile_floods },
    { "frames", hostile_frames },
    { "lists", hostile_lists },
};

typedef struct Expected {
    const char *key; /* a literal */
    int64_t n;
} Expected;

const char *const *
hostile_classes(void)
{
    static const char *names[G_N_ELEMENTS(classes) + 1];

    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        names[i] = classes[i].name;
    return names;
}

void
hostile_make(HostileTaker take, void *user)
{
    Hostile self = { .take = take, .user = user };

    self.expected = g_array_new(FALSE, FALSE, sizeof(Expected));
    self.out = g_byte_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++) {
        self.class_name = classes[i].name;
        classes[i].write(&self);
    }
    g_array_unref(self.expected);
    g_byte_array_unref(self.out);
}

void
case_begin(Hostile *self, Protocol protocol, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    self->name = g_strdup_vprintf(format, args);
    va_end(args);
    self->file = open_memstream(&self->bytes, &self->length);
    if (self->file == NULL)
        g_error("hostile: no memory for a capture");
    self->capture = capture_writer_to(self->file);
    self->protocol = protocol;
    self->source = 0xc0000201;
    self->port = 50000;
    self->domain = 1;
    self->seconds = HOSTILE_SECONDS;
    self->now_ms = (int64_t)HOSTILE_SECONDS * 1000;
    self->uptime = HOSTILE_UPTIME_MS;
    self->sequence = self->units = 0;
    self->keeps_length = false;
    g_byte_array_set_size(self->out, 0);
}

static int
compare_expected(const void *a, const void *b)
{
    return strcmp(((const Expected *)a)->key, ((const Expected *)b)->key);
}

void
case_end(Hostile *self)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (!capture_writer_close(self->capture))
        g_error("hostile: no memory for a capture");
    g_array_sort(self->expected, compare_expected);
    for (guint i = 0; i < self->expected->len; i++) {
        const Expected *each = &g_array_index(self->expected, Expected, i);

        if (each->n != 0 || g_str_has_prefix(each->key, "last."))
            g_string_append_printf(text, "%s%s=%" G_GINT64_FORMAT, text->len > 0 ? " " : "", each->key,
                                   each->n);
    }
    const HostileCase one = { .class_name = self->class_name,
                              .name = self->name,
                              .capture = self->bytes,
                              .length = self->length,
                              .expected = text->str };
    self->take(self->user, &one);
    g_array_set_size(self->expected, 0);
    g_clear_pointer(&self->name, g_free);
    free(self->bytes); /* open_memstream's */
    self->bytes = NULL;
}

void
expect(Hostile *self, const char *key, int64_t n)
{
    for (guint i = 0; i < self->expected->len; i++) {
        Expected *each = &g_array_index(self->expected, Expected, i);

        if (strcmp(each->key, key) == 0) {
            each->n = g_str_has_prefix(key, "last.") ? n : each->n + n;
            return;
        }
    }
    g_array_append_vals(self->expected, &(const Expected){ .key = key, .n = n }, 1);
}

void
expect_records(Hostile *self, uint32_t n)
{
    self->units += n;
    expect(self, "records", n);
}

void
expect_options(Hostile *self, uint32_t n)
{
    self->units += n;
    expect(self, "optionsRecords", n);
}

void
put(Hostile *self, uint64_t value, size_t length)
{
    put_number(self->out, value, length);
}

void
put_fill(Hostile *self, size_t n)
{
    guint at = self->out->len;

    g_byte_array_set_size(self->out, at + (guint)n);
    memset(self->out->data + at, HOSTILE_FILL, n);
}

void
patch(Hostile *self, size_t at, uint64_t value, size_t length)
{
    for (size_t i = length; i-- > 0; value >>= 8)
        self->out->data[at + i] = (uint8_t)value;
}

void
message_open(Hostile *self)
{
    g_byte_array_set_size(self->out, 0);
    self->units = 0;
    if (self->protocol == PROTOCOL_IPFIX) {
        put(self, 10, 2);
        put(self, 0, 2);
    } else {
        put(self, 9, 2);
        put(self, 1, 2);
        put(self, self->uptime, 4);
    }
    put(self, self->seconds, 4);
    put(self, self->sequence, 4);
    put(self, self->domain, 4);
}

void
message_close(Hostile *self)
{
    bool by_records = self->protocol != PROTOCOL_NETFLOW9 && self->protocol != PROTOCOL_SFLOW;

    if (self->protocol == PROTOCOL_IPFIX && !self->keeps_length && self->out->len >= 4)
        patch(self, 2, self->out->len, 2);
    capture_writer_add(self->capture, self->now_ms, self->source, self->port, 0xc00002c8, 2055,
                       self->out->data, self->out->len);
    expect(self, "received", 1);
    self->sequence += by_records ? self->units : 1;
    self->units = 0;
    self->seconds++;
    self->uptime += 1000;
    self->now_ms += 1000;
}

void
set_open(Hostile *self, uint16_t id)
{
    self->set_at = self->out->len;
    put(self, id, 2);
    put(self, 0, 2);
}

void
set_close(Hostile *self)
{
    patch(self, self->set_at + 2, self->out->len - self->set_at, 2);
}

uint16_t
templates_id(const Hostile *self)
{
    return self->protocol == PROTOCOL_IPFIX ? 2 : 0;
}

uint16_t
options_templates_id(const Hostile *self)
{
    return self->protocol == PROTOCOL_IPFIX ? 3 : 1;
}

static void
put_fields(Hostile *self, const TemplateField *fields, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        put(self, fields[i].id | (fields[i].pen != 0 ? 0x8000u : 0), 2);
        put(self, fields[i].length, 2);
        if (fields[i].pen != 0)
            put(self, fields[i].pen, 4);
    }
}

void
put_template(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n)
{
    put(self, id, 2);
    put(self, n, 2);
    put_fields(self, fields, n);
}

void
put_options_template(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n, uint32_t n_scope)
{
    bool ipfix = self->protocol == PROTOCOL_IPFIX;

    put(self, id, 2);
    put(self, ipfix ? n : n_scope * 4, 2);
    put(self, ipfix ? n_scope : (n - n_scope) * 4, 2);
    put_fields(self, fields, n);
}

void
template_set(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n)
{
    set_open(self, templates_id(self));
    put_template(self, id, fields, n);
    set_close(self);
    expect(self, "templates", 1);
}

void
options_template_set(Hostile *self, uint16_t id, const TemplateField *fields, uint32_t n, uint32_t n_scope)
{
    set_open(self, options_templates_id(self));
    put_options_template(self, id, fields, n, n_scope);
    set_close(self);
    expect(self, "optionsTemplates", 1);
}

void
fill_set(Hostile *self, uint16_t id, size_t n)
{
    set_open(self, id);
    put_fill(self, n);
    set_close(self);
}

size_t
legacy_header(Protocol protocol)
{
    return protocol == PROTOCOL_NETFLOW1 ? 16 : 24;
}

size_t
legacy_record(Protocol protocol)
{
    return protocol == PROTOCOL_NETFLOW7 ? 52 : 48;
}

void
legacy_open(Hostile *self, uint32_t count)
{
    static const uint16_t versions[] = {
        [PROTOCOL_NETFLOW1] = 1, [PROTOCOL_NETFLOW5] = 5, [PROTOCOL_NETFLOW7] = 7
    };

    g_byte_array_set_size(self->out, 0);
    self->units = 0;
    put(self, versions[self->protocol], 2);
    put(self, count, 2);
    put(self, self->uptime, 4);
    put(self, self->seconds, 4);
    put(self, 0, 4); /* nanoseconds */
    if (self->protocol == PROTOCOL_NETFLOW1)
        return;
    put(self, self->sequence, 4);
    put(self, 0, 4); /* engine and sampling; reserved in v7 */
}

void
sflow_open(Hostile *self, uint32_t n_samples)
{
    g_byte_array_set_size(self->out, 0);
    self->units = 0;
    put(self, 5, 4);
    put(self, 1, 4); /* the agent: IPv4, its address */
    put(self, self->source, 4);
    put(self, self->domain, 4);
    put(self, self->sequence, 4);
    put(self, self->uptime, 4);
    put(self, n_samples, 4);
}

void
sflow_sample(Hostile *self, size_t length, uint32_t n_records)
{
    put(self, 1, 4);
    put(self, 32 + length, 4);
    put(self, 1, 4); /* the sample's own number, then source, rate, pool, drops, in, out */
    put(self, 1, 4);
    put(self, 100, 4);
    put(self, 0, 4);
    put(self, 0, 4);
    put(self, 1, 4);
    put(self, 2, 4);
    put(self, n_records, 4);
}

void
sflow_header(Hostile *self, uint32_t kind, uint32_t claimed, size_t padded)
{
    put(self, 1, 4);
    put(self, 16 + padded, 4);
    put(self, kind, 4);
    put(self, 1500, 4); /* the packet's length, then what was cut off behind */
    put(self, 4, 4);
    put(self, claimed, 4);
}
