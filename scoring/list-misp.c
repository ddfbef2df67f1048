/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list-misp.c - a MISP feed: manifest.json, which names the events, and one JSON file for each event
 *
 * https://www.misp-project.org/datamodels/ and the "MISP core format" (draft-dulaunoy-misp-core-format): an
 * event has attributes, also inside of objects; those that shall be looked for have to_ids set. Taken are
 * addresses, alone or with a port or a name. What a feed of others says in places is not for the operator to
 * mend, so a value that is no address is left out and counted; only what is no JSON, or no event, is an
 * error.
 */
#include <gio/gio.h>
#include <jansson.h>
#include <string.h>

#include "scoring/list-builder.h"

enum { EVENTS_MOST = 100000, VALUE_MOST = 128 };

static json_t *
parse(const char *name, const char *bytes, size_t length, GError **error)
{
    json_error_t wrong;
    json_t *root = json_loadb(bytes, length, 0, &wrong);

    if (root != NULL && json_is_object(root))
        return root;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%d: %s", name, root != NULL ? 1 : wrong.line,
                root != NULL ? "is no JSON object" : wrong.text);
    json_decref(root);
    return NULL;
}

/* An event's name is that of a file: nothing that could lead out of the folder. */
static bool
is_uuid(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF-");

    return n > 0 && n <= 64 && text[n] == '\0';
}

GPtrArray *
list_read_misp_manifest(const char *name, const char *bytes, size_t length, GError **error)
{
    json_t *root = parse(name, bytes, length, error), *value;
    const char *key;

    if (root == NULL)
        return NULL;
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(g_free);
    json_object_foreach(root, key, value)
    {
        if (is_uuid(key) && events->len < EVENTS_MOST) {
            g_ptr_array_add(events, g_strdup(key));
            continue;
        }
        g_autofree char *valid = g_utf8_make_valid(key, -1);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    is_uuid(key) ? "%s: '%.64s' is one event too many" : "%s: '%.64s' is no event's UUID",
                    name, valid);
        json_decref(root);
        return NULL;
    }
    json_decref(root);
    return g_steal_pointer(&events);
}

/* MISP writes times as numbers in strings. */
static int64_t
time_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    int64_t ms = 0;

    if (json_is_integer(value))
        return CLAMP(json_integer_value(value), 0, (json_int_t)1 << 40) * 1000;
    return json_is_string(value) && list_parse_time(json_string_value(value), &ms) ? ms : 0;
}

/* Where in its value the address stands: of "address|port" the first part, of "name|address" the second. */
static const struct {
    const char *type;
    int part;
} types[] = {
    { "ip-src", 0 }, { "ip-dst", 0 }, { "ip-src|port", 0 }, { "ip-dst|port", 0 }, { "domain|ip", 1 }
};

static int
part_of(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(type, types[i].type) == 0)
            return types[i].part;
    return -1;
}

static bool
read_attribute(ListBuilder *self, const json_t *attribute, const char *info, int64_t event_ms, GError **error)
{
    const char *type = json_string_value(json_object_get(attribute, "type"));
    const char *value = json_string_value(json_object_get(attribute, "value"));
    const char *comment = json_string_value(json_object_get(attribute, "comment"));
    int part = type != NULL ? part_of(type) : -1;
    char text[VALUE_MOST];
    IpPrefix prefix;

    if (part < 0 || value == NULL || json_is_true(json_object_get(attribute, "deleted")) ||
        !json_is_true(json_object_get(attribute, "to_ids")))
        return true;
    const char *bar = strchr(value, '|');
    g_strlcpy(text, part == 1 && bar != NULL ? bar + 1 : value, sizeof text);
    text[strcspn(text, "|")] = '\0';
    if (!ip_prefix_parse(g_strstrip(text), &prefix)) {
        list_builder_skip(self);
        return true;
    }
    int64_t last_ms = time_of(attribute, "last_seen"), said_ms = time_of(attribute, "timestamp");
    ListClaim claim = { .seen_ms = last_ms > 0   ? last_ms
                                   : said_ms > 0 ? said_ms
                                                 : event_ms,
                        .note = comment != NULL && *comment != '\0' ? comment : info,
                        .confidence = -1 };
    return list_builder_add(self, &prefix, &claim, error);
}

static bool
read_attributes(ListBuilder *self, const json_t *holder, const char *info, int64_t event_ms, GError **error)
{
    const json_t *all = json_object_get(holder, "Attribute");

    for (size_t i = 0; i < json_array_size(all); i++)
        if (!read_attribute(self, json_array_get(all, i), info, event_ms, error))
            return false;
    return true;
}

bool
list_read_misp(ListBuilder *self, const char *name, const char *bytes, size_t length, GError **error)
{
    json_t *root = parse(name, bytes, length, error);

    if (root == NULL)
        return false;
    const json_t *event = json_object_get(root, "Event"), *objects = json_object_get(event, "Object");
    const char *info = json_string_value(json_object_get(event, "info"));
    int64_t event_ms = time_of(event, "timestamp");
    bool is_read = json_is_object(event);
    if (!is_read)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:1: has no object \"Event\"", name);
    is_read = is_read && read_attributes(self, event, info, event_ms, error);
    for (size_t i = 0; is_read && i < json_array_size(objects); i++)
        is_read = read_attributes(self, json_array_get(objects, i), info, event_ms, error);
    json_decref(root);
    return is_read;
}
